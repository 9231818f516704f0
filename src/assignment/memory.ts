import type pg from 'pg';
import { loadConfiguration } from '../db/configuration.ts';
import type { Counters } from '../db/lane.ts';
import { parseRotation, type Rotation, type StoredRotation } from '../domain/rotation.ts';
import type { RoutingConfiguration } from '../domain/routingConfiguration.ts';

/** What changes with every lead, of one rep. */
export interface RepState {
  /** Open leads owned now. */
  load: number;
  /** Number of the last assignment received, 0 for none yet. */
  lastAssignment: number;
  /** Number of the last event in the rep's feed, 0 for none yet. */
  lastEvent: number;
}

/**
 * What deciding needs, kept in memory between batches. It is current as long as no other process has
 * committed in between: the lane's batch number tells.
 */
export interface Memory {
  counters: Counters;
  configuration: RoutingConfiguration;
  readonly reps: Map<string, RepState>;
  readonly rotations: Map<string, Rotation>;
}

/**
 * Brings the memory up to the counters just read under the lock: only what other commits have changed since is
 * read. Without a memory everything is read.
 */
export async function refresh(
  client: pg.ClientBase,
  workspaceId: string,
  memory: Memory | null,
  counters: Counters,
): Promise<Memory> {
  if (memory !== null && memory.counters.batch === counters.batch) return memory;
  const known = memory?.counters ?? { batch: -1, configVersion: -1 };
  const configuration =
    memory !== null && known.configVersion === counters.configVersion
      ? memory.configuration
      : await loadConfiguration(client, workspaceId, memory?.configuration ?? null, known.configVersion);
  const current: Memory = {
    counters,
    configuration,
    reps: memory?.reps ?? new Map(),
    rotations: memory?.rotations ?? new Map(),
  };
  const states = await client.query(
    'SELECT "repId", "load", "lastAssignment", "lastEvent" FROM "RepState" WHERE "workspaceId" = $1 AND "batch" > $2',
    [workspaceId, known.batch],
  );
  for (const row of states.rows) {
    current.reps.set(row.repId, {
      load: row.load,
      lastAssignment: Number(row.lastAssignment),
      lastEvent: Number(row.lastEvent),
    });
  }
  const rotations = await client.query(
    'SELECT "poolId", "scale", "credits", "received" FROM "Rotation" WHERE "workspaceId" = $1 AND "batch" > $2',
    [workspaceId, known.batch],
  );
  for (const row of rotations.rows) current.rotations.set(row.poolId, parseRotation(row as StoredRotation));
  return current;
}
