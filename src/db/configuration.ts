import type pg from 'pg';
import type { Account, Pool, PoolMember, Rep, Segment, Territory } from '../domain/configuration.ts';
import type { Plan } from '../domain/plan.ts';
import {
  compileAccounts,
  compilePlan,
  compilePools,
  compileReps,
  compileSegments,
  compileTerritories,
  type RoutingConfiguration,
} from '../domain/routingConfiguration.ts';

/** The kinds of configuration, each with a version of its own: what has not changed is not read again. */
export const KINDS = ['workspace', 'reps', 'pools', 'territories', 'accounts', 'segments', 'plan'] as const;
export type Kind = (typeof KINDS)[number];

/** Reads and compiles the kinds of configuration that changed after version `since`; the others are taken from `old`. */
export async function loadConfiguration(
  client: pg.ClientBase,
  workspaceId: string,
  old: RoutingConfiguration | null,
  since: number,
): Promise<RoutingConfiguration> {
  const changed = await changedKinds(client, workspaceId, old, since);
  const next: { -readonly [Part in keyof RoutingConfiguration]?: RoutingConfiguration[Part] } = { ...old };
  if (changed.has('workspace')) next.defaultCapacity = await selectDefaultCapacity(client, workspaceId);
  if (changed.has('reps')) next.reps = compileReps(await selectReps(client, workspaceId));
  if (changed.has('pools')) next.pools = compilePools(await selectPools(client, workspaceId));
  if (changed.has('territories')) next.territories = compileTerritories(await selectTerritories(client, workspaceId));
  if (changed.has('accounts')) next.accounts = compileAccounts(await selectAccounts(client, workspaceId));
  if (changed.has('segments')) next.segments = compileSegments(await selectSegments(client, workspaceId));
  if (changed.has('plan') || changed.has('segments')) {
    const plan = await selectPublishedPlan(client, workspaceId);
    next.plan = plan && compilePlan(plan, next.segments as RoutingConfiguration['segments']);
  }
  return next as RoutingConfiguration;
}

async function changedKinds(
  client: pg.ClientBase,
  workspaceId: string,
  old: RoutingConfiguration | null,
  since: number,
): Promise<ReadonlySet<Kind>> {
  if (old === null) return new Set(KINDS);
  const { rows } = await client.query<{ kind: Kind }>(
    'SELECT "kind" FROM "ConfigVersion" WHERE "workspaceId" = $1 AND "version" > $2',
    [workspaceId, since],
  );
  return new Set(rows.map(({ kind }) => kind));
}

async function select<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  text: string,
  workspaceId: string,
): Promise<Row[]> {
  return (await client.query<Row>(text, [workspaceId])).rows;
}

export async function selectDefaultCapacity(client: pg.ClientBase, workspaceId: string): Promise<number> {
  const text = 'SELECT "defaultCapacity" FROM "Workspace" WHERE "id" = $1';
  const [workspace] = await select<{ defaultCapacity: number }>(client, text, workspaceId);
  return workspace?.defaultCapacity ?? 0;
}

export const selectReps = (client: pg.ClientBase, workspaceId: string): Promise<Rep[]> =>
  select<Rep>(
    client,
    `SELECT "id", "key", "name", "email", "managerId", "backupId", "capacity", "status", "timeZone", "language",
            "specialties", "attributes"
     FROM "Rep" WHERE "workspaceId" = $1 ORDER BY "key"`,
    workspaceId,
  );

export async function selectPools(client: pg.ClientBase, workspaceId: string): Promise<Pool[]> {
  const members = await select<PoolMember & { poolId: string }>(
    client,
    'SELECT "poolId", "repId", "weight", "tier" FROM "PoolMember" WHERE "workspaceId" = $1 ORDER BY "poolId", "position"',
    workspaceId,
  );
  const pools = await select<Omit<Pool, 'members'>>(
    client,
    'SELECT "id", "key", "name", "strategy", "defaultValue", "countManual" FROM "Pool" WHERE "workspaceId" = $1 ORDER BY "key"',
    workspaceId,
  );
  const ofPool = Map.groupBy(members, ({ poolId }) => poolId);
  return pools.map((pool) => ({
    ...pool,
    members: (ofPool.get(pool.id) ?? []).map(({ repId, weight, tier }) => ({ repId, weight, tier })),
  }));
}

export const selectTerritories = (client: pg.ClientBase, workspaceId: string): Promise<Territory[]> =>
  select<Territory>(
    client,
    `SELECT "id", "key", "name", "parentId", "position", "countries", "regions", "metros", "postalPrefixes", "industries",
            "employeesMin", "employeesMax", "repId", "poolId"
     FROM "Territory" WHERE "workspaceId" = $1 ORDER BY "position", "key"`,
    workspaceId,
  );

/** @param keys only those with these keys; null for all */
export async function selectAccounts(
  client: pg.ClientBase,
  workspaceId: string,
  keys: readonly string[] | null = null,
): Promise<Account[]> {
  const { rows } = await client.query<Account>(
    `SELECT a."id", a."key", a."name", a."normalizedName", a."kind", a."ownerId",
            coalesce(array_agg(d."domain" ORDER BY d."domain") FILTER (WHERE d."domain" IS NOT NULL), '{}') AS "domains"
     FROM "Account" a
     LEFT JOIN "AccountDomain" d ON d."workspaceId" = a."workspaceId" AND d."accountId" = a."id"
     WHERE a."workspaceId" = $1 AND ($2::text[] IS NULL OR a."key" = ANY ($2))
     GROUP BY a."workspaceId", a."id" ORDER BY a."key"`,
    [workspaceId, keys],
  );
  return rows;
}

export const selectSegments = (client: pg.ClientBase, workspaceId: string): Promise<Segment[]> =>
  select<Segment>(
    client,
    'SELECT "id", "key", "name", "condition" FROM "Segment" WHERE "workspaceId" = $1 ORDER BY "key"',
    workspaceId,
  );

export async function selectPublishedPlan(client: pg.ClientBase, workspaceId: string): Promise<Plan | null> {
  const text = `
    SELECT "version", "steps", "lastResort" FROM "PlanVersion" WHERE "workspaceId" = $1 AND "status" = 'PUBLISHED'`;
  const [plan] = await select<Plan>(client, text, workspaceId);
  return plan ?? null;
}
