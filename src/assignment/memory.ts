import type pg from 'pg';
import { loadConfiguration } from '../db/configuration.ts';
import type { Counters } from '../db/lane.ts';
import { parseRotation, type Rotation, type StoredRotation } from '../domain/rotation.ts';
import type { RoutingConfiguration } from '../domain/routingConfiguration.ts';
import type { Standing } from '../domain/standing.ts';

/** What changes with every lead, of one rep. */
export interface RepState extends Standing {
  /** Number of the last event in the rep's feed, 0 for none yet. */
  readonly lastEvent: number;
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
  /** Steps of the present plan whose failure has been told. */
  readonly failedSteps: Set<string>;
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
  const isConfigured = memory !== null && known.configVersion === counters.configVersion;
  const configuration = isConfigured
    ? memory.configuration
    : await loadConfiguration(client, workspaceId, memory?.configuration ?? null, known.configVersion);
  const samePlan = memory?.configuration.plan?.version === configuration.plan?.version;
  const current: Memory = {
    counters,
    configuration,
    reps: memory?.reps ?? new Map(),
    rotations: memory?.rotations ?? new Map(),
    failedSteps: memory !== null && samePlan ? memory.failedSteps : new Set(),
  };
  const changed = await readStandings(client, workspaceId, known.batch, current.reps);
  for (const [id, rotation] of await readRotations(client, workspaceId, known.batch)) {
    current.rotations.set(id, rotation);
  }
  // With a new configuration anybody may have been given a rate cap.
  await readRecent(client, workspaceId, current, isConfigured ? changed : null);
  return current;
}

/** Reads what has changed since a batch, everything since −1. */
async function readStandings(
  client: pg.ClientBase,
  workspaceId: string,
  since: number,
  reps: Map<string, RepState>,
): Promise<readonly string[]> {
  const { rows } = await client.query(
    `SELECT "repId", "load", "held", "classes", "lastAssignment", "lastEvent" FROM "RepState"
     WHERE "workspaceId" = $1 AND "batch" > $2`,
    [workspaceId, since],
  );
  for (const row of rows) {
    reps.set(row.repId, {
      load: row.load,
      held: row.held,
      classes: row.classes,
      lastAssignment: Number(row.lastAssignment),
      lastEvent: Number(row.lastEvent),
      recent: reps.get(row.repId)?.recent ?? [],
    });
  }
  return rows.map(({ repId }) => repId);
}

async function readRotations(
  client: pg.ClientBase,
  workspaceId: string,
  since: number,
): Promise<(readonly [string, Rotation])[]> {
  const { rows } = await client.query<StoredRotation & { id: string }>(
    `SELECT "id", "scale", "credits", "received", "since" FROM "Rotation" WHERE "workspaceId" = $1 AND "batch" > $2`,
    [workspaceId, since],
  );
  return rows.map((row) => [row.id, parseRotation(row)]);
}

/** Reads, for reps with rate caps, when they last received leads: one query, none where nobody has any. */
async function readRecent(
  client: pg.ClientBase,
  workspaceId: string,
  { configuration, reps }: Pick<Memory, 'configuration' | 'reps'>,
  changed: readonly string[] | null,
): Promise<void> {
  const { settings, reps: all } = configuration;
  const wanted = (changed ?? [...all.byId.keys()]).flatMap((repId) => {
    const moments = settings.momentsOf(repId);
    return moments > 0 ? [{ repId, moments }] : [];
  });
  if (wanted.length === 0) return;
  const { rows } = await client.query<{ repId: string; recent: Date[] }>(
    `SELECT r."repId", array(
       SELECT a."assignedAt" FROM "Assignment" a WHERE a."workspaceId" = $1 AND a."repId" = r."repId" AND a."planVersion" IS NOT NULL
       ORDER BY a."number" DESC LIMIT r."moments"
     ) AS "recent"
     FROM json_to_recordset($2) AS r("repId" uuid, "moments" int)`,
    [workspaceId, JSON.stringify(wanted)],
  );
  for (const { repId, recent } of rows) {
    const state = reps.get(repId);
    if (state) reps.set(repId, { ...state, recent: recent.map((moment) => moment.getTime()).reverse() });
  }
}
