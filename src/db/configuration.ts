import type pg from 'pg';
import {
  type Account,
  DEFAULT_SETTINGS,
  type Pool,
  type PoolMember,
  type Queue,
  type Rep,
  type Segment,
  type Settings,
  type Territory,
} from '../domain/configuration.ts';
import { METROS, type Metro } from '../domain/metros.ts';
import { type Plan, STEP_DEFAULTS } from '../domain/plan.ts';
import {
  compileAccounts,
  compileHours,
  compileMetros,
  compilePlan,
  compilePools,
  compileQueues,
  compileReps,
  compileSegments,
  compileSettings,
  compileSla,
  compileTerritories,
  type RoutingConfiguration,
} from '../domain/routingConfiguration.ts';
import type { SlaPolicy } from '../domain/sla.ts';
import { isHoliday } from '../holidays.ts';

/** The kinds of configuration, each with a version of its own: what has not changed is not read again. */
export const KINDS = [
  'workspace',
  'reps',
  'pools',
  'metros',
  'territories',
  'accounts',
  'segments',
  'queues',
  'sla',
  'plan',
] as const;
export type Kind = (typeof KINDS)[number];

/** Which part is compiled anew when one of these has changed. */
const DEPENDS: Readonly<Record<string, readonly Kind[]>> = {
  settings: ['workspace', 'reps', 'segments'],
  hours: ['workspace', 'reps'],
  sla: ['sla', 'workspace', 'segments'],
  pools: ['pools', 'segments'],
  plan: ['plan', 'segments'],
};

/** Reads and compiles the kinds of configuration that changed after version `since`; the others are taken from `old`. */
export async function loadConfiguration(
  client: pg.ClientBase,
  workspaceId: string,
  old: RoutingConfiguration | null,
  since: number,
): Promise<RoutingConfiguration> {
  const changed = await changedKinds(client, workspaceId, old, since);
  const isStale = (part: string): boolean => (DEPENDS[part] ?? [part]).some((kind) => changed.has(kind as Kind));
  const next: { -readonly [Part in keyof RoutingConfiguration]?: RoutingConfiguration[Part] } = { ...old };
  const segments = isStale('segments')
    ? compileSegments(await selectSegments(client, workspaceId))
    : (next.segments as RoutingConfiguration['segments']);
  next.segments = segments;
  if (isStale('reps')) next.reps = compileReps(await selectReps(client, workspaceId));
  const reps = (next.reps as RoutingConfiguration['reps']).byId;
  if (isStale('settings')) {
    next.settings = compileSettings(await selectSettings(client, workspaceId), reps.values(), segments);
  }
  const settings = next.settings as RoutingConfiguration['settings'];
  if (isStale('hours')) next.hours = compileHours(reps.values(), settings, isHoliday);
  if (isStale('sla')) next.sla = compileSla(await selectSlaPolicies(client, workspaceId), settings, segments);
  if (isStale('queues')) next.queues = compileQueues(await selectQueues(client, workspaceId));
  if (isStale('pools')) next.pools = compilePools(await selectPools(client, workspaceId), segments);
  if (isStale('metros')) next.metros = compileMetros(withKnown(await selectMetros(client, workspaceId)));
  if (isStale('territories')) next.territories = compileTerritories(await selectTerritories(client, workspaceId));
  if (isStale('accounts')) next.accounts = compileAccounts(await selectAccounts(client, workspaceId));
  if (isStale('plan')) {
    const plan = await selectPublishedPlan(client, workspaceId);
    next.plan = plan && compilePlan(plan, segments);
  }
  return next as RoutingConfiguration;
}

/**
 * The configuration as it stood at a version of it, with the plan that decided then: what a decision is replayed with.
 *
 * @returns null when that version of the plan is no more
 */
export async function loadConfigurationAsOf(
  client: pg.ClientBase,
  workspaceId: string,
  configVersion: number,
  planVersion: number,
): Promise<RoutingConfiguration | null> {
  const plan = await selectPlanVersion(client, workspaceId, planVersion);
  if (!plan) return null;
  const segments = compileSegments(await selectSegments(client, workspaceId, configVersion));
  const reps = compileReps(await selectReps(client, workspaceId, configVersion));
  const settings = await selectSettings(client, workspaceId, configVersion);
  return {
    segments,
    reps,
    // Who was away is kept with the decision, and deadlines have no part in it.
    hours: new Map(),
    sla: compileSla([], settings, segments),
    queues: compileQueues(await selectQueues(client, workspaceId, configVersion)),
    settings: compileSettings(settings, reps.byId.values(), segments),
    pools: compilePools(await selectPools(client, workspaceId, configVersion), segments),
    metros: compileMetros(withKnown(await selectMetros(client, workspaceId, configVersion))),
    territories: compileTerritories(await selectTerritories(client, workspaceId, configVersion)),
    accounts: compileAccounts(await selectAccounts(client, workspaceId, null, configVersion)),
    plan: compilePlan(plan, segments),
  };
}

/** The workspace's own metro areas stand before those that are known anyway, and instead of them. */
const withKnown = (own: readonly Metro[]): readonly Metro[] => {
  const keys = new Set(own.map(({ key }) => key));
  return [...own, ...METROS.filter(({ key }) => !keys.has(key))];
};

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

/** A version of the configuration; null for as it is now. */
type AsOf = number | null;

/**
 * A table as it stands, or as it stood at a version of the configuration; its rows are those of workspace $1.
 *
 * @param table name from this file, never from an input
 */
const tableAsOf = (table: string, asOf: AsOf): string =>
  asOf === null
    ? `"${table}"`
    : `(SELECT r.* FROM (
         SELECT DISTINCT ON ("id") "row" FROM "ConfigurationHistory"
         WHERE "workspaceId" = $1 AND "kind" = '${table}' AND "version" <= ${Math.trunc(asOf)}
         ORDER BY "id", "version" DESC
       ) AS latest, jsonb_populate_record(NULL::"${table}", latest."row") AS r WHERE latest."row" IS NOT NULL)`;

export async function selectSettings(client: pg.ClientBase, workspaceId: string, asOf: AsOf = null): Promise<Settings> {
  const columns = Object.keys(DEFAULT_SETTINGS).map((name) => `"${name}"`);
  const text = `SELECT ${columns.join(', ')} FROM ${tableAsOf('Workspace', asOf)} AS w WHERE "id" = $1`;
  const [settings] = await select<Settings & pg.QueryResultRow>(client, text, workspaceId);
  return settings ?? DEFAULT_SETTINGS;
}

export const selectReps = (client: pg.ClientBase, workspaceId: string, asOf: AsOf = null): Promise<Rep[]> =>
  select<Rep>(
    client,
    `SELECT "id", "key", "name", "email", "managerId", "backupId", "capacity", "rateCaps", "classLimits", "status",
            "timeZone", "workingHours", "dateHours", "holidayRegion", "language", "specialties", "industries", "regions", "products", "employeesMin", "employeesMax",
            "attributes"
     FROM ${tableAsOf('Rep', asOf)} AS r WHERE "workspaceId" = $1 ORDER BY "key"`,
    workspaceId,
  );

export async function selectPools(client: pg.ClientBase, workspaceId: string, asOf: AsOf = null): Promise<Pool[]> {
  const members = await select<PoolMember & { poolId: string }>(
    client,
    `SELECT "poolId", "repId", "weight", "tier", "capacity", "segmentWeights"
     FROM ${tableAsOf('PoolMember', asOf)} AS m WHERE "workspaceId" = $1 ORDER BY "poolId", "position"`,
    workspaceId,
  );
  const pools = await select<Omit<Pool, 'members'>>(
    client,
    `SELECT "id", "key", "name", "strategy", "defaultValue", "segmentValues", "countManual", "returnDisqualified",
            "maxAhead", "fairnessWindow", "memberCapacity", "limitsCapacity", "weightSegments", "weighting", "skips",
            "catchUp", "catchUpLeads", "horizonHours"
     FROM ${tableAsOf('Pool', asOf)} AS p WHERE "workspaceId" = $1 ORDER BY "key"`,
    workspaceId,
  );
  const ofPool = Map.groupBy(members, ({ poolId }) => poolId);
  return pools.map((pool) => ({
    ...pool,
    members: (ofPool.get(pool.id) ?? []).map(({ poolId: _, ...member }) => member),
  }));
}

export const selectMetros = (
  client: pg.ClientBase,
  workspaceId: string,
  asOf: AsOf = null,
): Promise<(Metro & { id: string })[]> =>
  select<Metro & { id: string }>(
    client,
    `SELECT "id", "key", "name", "country", "postalPrefixes", "cities", "latitude", "longitude", "radiusKm"
     FROM ${tableAsOf('Metro', asOf)} AS m WHERE "workspaceId" = $1 ORDER BY "key"`,
    workspaceId,
  );

export const selectTerritories = (
  client: pg.ClientBase,
  workspaceId: string,
  asOf: AsOf = null,
): Promise<Territory[]> =>
  select<Territory>(
    client,
    `SELECT "id", "key", "name", "parentId", "position", "countries", "regions", "metros", "postalPrefixes", "industries",
            "industryKeywords", "employeesMin", "employeesMax", "repId", "poolId"
     FROM ${tableAsOf('Territory', asOf)} AS t WHERE "workspaceId" = $1 ORDER BY "position", "key"`,
    workspaceId,
  );

/** @param keys only those with these keys; null for all */
export async function selectAccounts(
  client: pg.ClientBase,
  workspaceId: string,
  keys: readonly string[] | null = null,
  asOf: AsOf = null,
): Promise<Account[]> {
  const { rows } = await client.query<Account>(
    `SELECT a."id", a."key", a."name", a."normalizedName", a."aliases", a."kind", a."parentId", a."ownerId",
            coalesce(d."domains", '{}') AS "domains"
     FROM ${tableAsOf('Account', asOf)} AS a
     LEFT JOIN (
       SELECT "accountId", array_agg("domain" ORDER BY "domain") AS "domains"
       FROM ${tableAsOf('AccountDomain', asOf)} AS d WHERE "workspaceId" = $1 GROUP BY "accountId"
     ) AS d ON d."accountId" = a."id"
     WHERE a."workspaceId" = $1 AND ($2::text[] IS NULL OR a."key" = ANY ($2)) ORDER BY a."key"`,
    [workspaceId, keys],
  );
  return rows;
}

export const selectSegments = (client: pg.ClientBase, workspaceId: string, asOf: AsOf = null): Promise<Segment[]> =>
  select<Segment>(
    client,
    `SELECT "id", "key", "name", "condition"
     FROM ${tableAsOf('Segment', asOf)} AS s WHERE "workspaceId" = $1 ORDER BY "key"`,
    workspaceId,
  );

export const selectQueues = (client: pg.ClientBase, workspaceId: string, asOf: AsOf = null): Promise<Queue[]> =>
  select<Queue>(
    client,
    `SELECT "id", "key", "name", "poolId", "responsibleId", "deadlineSeconds", "claimLimit", "overflow"
     FROM ${tableAsOf('Queue', asOf)} AS q WHERE "workspaceId" = $1 ORDER BY "key"`,
    workspaceId,
  );

export const selectSlaPolicies = (client: pg.ClientBase, workspaceId: string): Promise<SlaPolicy[]> =>
  select<SlaPolicy>(
    client,
    `SELECT "id", "key", "name", "position", "condition", "clock", "rungs" FROM "SlaPolicy"
     WHERE "workspaceId" = $1 ORDER BY "position", "key"`,
    workspaceId,
  );

export async function selectPublishedPlan(client: pg.ClientBase, workspaceId: string): Promise<Plan | null> {
  const text = `
    SELECT "version", "steps", "lastResort" FROM "PlanVersion" WHERE "workspaceId" = $1 AND "status" = 'PUBLISHED'`;
  const [plan] = await select<Plan>(client, text, workspaceId);
  return plan ? withDefaults(plan) : null;
}

export async function selectPlanVersion(
  client: pg.ClientBase,
  workspaceId: string,
  version: number,
): Promise<Plan | null> {
  const { rows } = await client.query<Plan>(
    'SELECT "version", "steps", "lastResort" FROM "PlanVersion" WHERE "workspaceId" = $1 AND "version" = $2',
    [workspaceId, version],
  );
  return rows[0] ? withDefaults(rows[0]) : null;
}

/** Steps are stored with what they say; what they do not say has its default, also in versions older than the default. */
export const withDefaults = (plan: Plan): Plan => ({
  ...plan,
  steps: plan.steps.map((step) => ({ ...STEP_DEFAULTS, ...step })),
});
