import type pg from 'pg';
import type {
  Account,
  Pool,
  PoolMember,
  Rep,
  Segment,
  Territory,
} from '../domain/configuration.ts';
import type { Plan, Step } from '../domain/plan.ts';
import { parseRotation, type Rotation, type StoredRotation } from '../domain/rotation.ts';
import {
  compileAccounts,
  compilePlan,
  compilePools,
  compileReps,
  compileSegments,
  compileTerritories,
  type RoutingConfiguration,
} from '../domain/routingConfiguration.ts';

/** What changes with every lead, of one rep. */
export interface RepState {
  /** Open leads owned now. */
  load: number;
  /** Number of the last assignment received, 0 for none yet. */
  lastAssignment: number;
  /** Number of the last event in the rep's feed, 0 for none yet. */
  lastEvent: number;
}

/** The counters of the lane row. */
export interface Counters {
  batch: number;
  configVersion: number;
  lastEvent: number;
  lastAssignment: number;
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

/** pg gives int8 as text, since it may be beyond 2^53; counters here stay far below. */
const toNumber = (value: unknown): number => Number(value);

/** Locks the workspace's lane for the transaction and reads its counters. */
export async function lockLane(client: pg.ClientBase, workspaceId: string): Promise<Counters> {
  const { rows } = await client.query(
    'SELECT "batch", "configVersion", "lastEvent", "lastAssignment" FROM "Lane" WHERE "workspaceId" = $1 FOR UPDATE',
    [workspaceId],
  );
  const row = rows[0];
  if (!row) throw new Error(`workspace ${workspaceId} has no lane`);
  return {
    batch: toNumber(row.batch),
    configVersion: toNumber(row.configVersion),
    lastEvent: toNumber(row.lastEvent),
    lastAssignment: toNumber(row.lastAssignment),
  };
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
      lastAssignment: toNumber(row.lastAssignment),
      lastEvent: toNumber(row.lastEvent),
    });
  }
  const rotations = await client.query(
    'SELECT "poolId", "scale", "credits", "received" FROM "Rotation" WHERE "workspaceId" = $1 AND "batch" > $2',
    [workspaceId, known.batch],
  );
  for (const row of rotations.rows) current.rotations.set(row.poolId, parseRotation(row as StoredRotation));
  return current;
}

const KINDS = ['workspace', 'reps', 'pools', 'territories', 'accounts', 'segments', 'plan'] as const;
type Kind = (typeof KINDS)[number];

/** Reads and compiles the kinds of configuration that changed after version `since`; the others are taken from `old`. */
export async function loadConfiguration(
  client: pg.ClientBase,
  workspaceId: string,
  old: RoutingConfiguration | null,
  since: number,
): Promise<RoutingConfiguration> {
  const select = async <Row extends pg.QueryResultRow>(text: string): Promise<Row[]> =>
    (await client.query<Row>(text, [workspaceId])).rows;
  const changed = new Set<Kind>(KINDS);
  if (old !== null) {
    const { rows } = await client.query<{ kind: Kind }>(
      'SELECT "kind" FROM "ConfigVersion" WHERE "workspaceId" = $1 AND "version" > $2',
      [workspaceId, since],
    );
    changed.clear();
    for (const row of rows) changed.add(row.kind);
  }
  const next: { -readonly [Part in keyof RoutingConfiguration]?: RoutingConfiguration[Part] } = { ...old };
  if (changed.has('workspace')) {
    const [workspace] = await select<{ defaultCapacity: number }>(
      'SELECT "defaultCapacity" FROM "Workspace" WHERE "id" = $1',
    );
    next.defaultCapacity = workspace?.defaultCapacity ?? 0;
  }
  if (changed.has('reps')) next.reps = compileReps(await select<Rep>(SELECT_REPS));
  if (changed.has('pools')) {
    const members = Map.groupBy(await select<PoolMember & { poolId: string }>(SELECT_MEMBERS), (row) => row.poolId);
    const pools = await select<Omit<Pool, 'members'>>(SELECT_POOLS);
    next.pools = compilePools(pools.map((pool) => ({ ...pool, members: members.get(pool.id) ?? [] })));
  }
  if (changed.has('territories')) next.territories = compileTerritories(await select<Territory>(SELECT_TERRITORIES));
  if (changed.has('accounts')) next.accounts = compileAccounts(await select<Account>(SELECT_ACCOUNTS));
  if (changed.has('segments')) next.segments = compileSegments(await select<Segment>(SELECT_SEGMENTS));
  if (changed.has('plan') || changed.has('segments')) {
    const [plan] = await select<Plan>(SELECT_PLAN);
    next.plan = plan ? compilePlan(plan, next.segments as RoutingConfiguration['segments']) : null;
  }
  return next as RoutingConfiguration;
}

const SELECT_REPS = `
  SELECT "id", "key", "name", "email", "managerId", "backupId", "capacity", "status", "timeZone", "language",
         "specialties", "attributes"
  FROM "Rep" WHERE "workspaceId" = $1`;
const SELECT_POOLS = `
  SELECT "id", "key", "name", "strategy", "defaultValue", "countManual" FROM "Pool" WHERE "workspaceId" = $1`;
const SELECT_MEMBERS = `
  SELECT "poolId", "repId", "weight", "tier" FROM "PoolMember" WHERE "workspaceId" = $1 ORDER BY "poolId", "position"`;
const SELECT_TERRITORIES = `
  SELECT "id", "key", "name", "parentId", "position", "countries", "regions", "metros", "postalPrefixes", "industries",
         "employeesMin", "employeesMax", "repId", "poolId"
  FROM "Territory" WHERE "workspaceId" = $1 ORDER BY "position", "key"`;
const SELECT_ACCOUNTS = `
  SELECT a."id", a."key", a."name", a."normalizedName", a."kind", a."ownerId",
         coalesce(array_agg(d."domain") FILTER (WHERE d."domain" IS NOT NULL), '{}') AS "domains"
  FROM "Account" a
  LEFT JOIN "AccountDomain" d ON d."workspaceId" = a."workspaceId" AND d."accountId" = a."id"
  WHERE a."workspaceId" = $1 GROUP BY a."workspaceId", a."id"`;
const SELECT_SEGMENTS = 'SELECT "id", "key", "name", "condition" FROM "Segment" WHERE "workspaceId" = $1';
const SELECT_PLAN = `
  SELECT "version", "steps", "lastResort" FROM "PlanVersion" WHERE "workspaceId" = $1 AND "status" = 'PUBLISHED'`;
