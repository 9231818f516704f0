import type pg from 'pg';
import { v7 } from 'uuid';
import { stringify } from 'yaml';
import {
  selectAccounts,
  selectMetros,
  selectPools,
  selectQueues,
  selectReps,
  selectSegments,
  selectSettings,
  selectSlaPolicies,
  selectTerritories,
} from '../db/configuration.ts';
import { normalizeCompanyName } from '../domain/accounts.ts';
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
import { InvalidInput, type Issue } from '../domain/errors.ts';
import { STEP_DEFAULTS, type Step } from '../domain/plan.ts';
import { RUNG_DEFAULTS, type SlaPolicy } from '../domain/sla.ts';
import { ACCOUNT_DEFAULTS, accountIssues, saveAccounts } from './accounts.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import type { Fault } from './faults.ts';
import { API_VERSION, type Company, parseCompany } from './file.ts';
import {
  given,
  MEMBER_DEFAULTS,
  METRO_DEFAULTS,
  POOL_DEFAULTS,
  QUEUE_DEFAULTS,
  REP_DEFAULTS,
  SLA_POLICY_DEFAULTS,
  TERRITORY_DEFAULTS,
} from './inputs.ts';
import { metroFaults, type OwnMetro } from './metros.ts';
import { findPlan, type PlanContent, publishContent, toPlan } from './plans.ts';
import { memberFaults, poolFaults, savePools } from './pools.ts';
import { queueFaults } from './queues.ts';
import { refuseEmptyLastResort, repFaults, saveReps } from './reps.ts';
import { segmentFaults } from './segments.ts';
import { saveSettings, settingFaults } from './settings.ts';
import { policyFaults } from './slaPolicies.ts';
import { territoryFaults } from './territories.ts';

/** One thing that applying a file changes. */
export interface CompanyChange {
  readonly kind: (typeof KINDS)[number];
  readonly key: string;
  readonly action: 'create' | 'update';
  /** What is different, in the words of the file. */
  readonly fields: readonly { readonly name: string; readonly before: unknown; readonly after: unknown }[];
}

export interface Applied {
  readonly changes: readonly CompanyChange[];
  /** What is there and not in the file; it stays. */
  readonly notInFile: readonly { readonly kind: CompanyChange['kind']; readonly key: string }[];
  /** The version of the plan that was published; null when it was already so. */
  readonly published: number | null;
}

/** Everything a workspace has set up. */
interface State {
  readonly settings: Settings;
  readonly reps: readonly Rep[];
  readonly pools: readonly Pool[];
  readonly metros: readonly OwnMetro[];
  readonly territories: readonly Territory[];
  readonly accounts: readonly Account[];
  readonly segments: readonly Segment[];
  readonly queues: readonly Queue[];
  readonly slaPolicies: readonly SlaPolicy[];
  readonly plan: PlanContent | null;
}

async function loadState(client: pg.ClientBase, workspaceId: string): Promise<State> {
  const plan = await findPlan({ client, workspaceId }, '"status" = \'PUBLISHED\'');
  return {
    settings: await selectSettings(client, workspaceId),
    reps: await selectReps(client, workspaceId),
    pools: await selectPools(client, workspaceId),
    metros: await selectMetros(client, workspaceId),
    territories: await selectTerritories(client, workspaceId),
    accounts: await selectAccounts(client, workspaceId),
    segments: await selectSegments(client, workspaceId),
    queues: await selectQueues(client, workspaceId),
    slaPolicies: await selectSlaPolicies(client, workspaceId),
    plan: plan && { ...toPlan(plan), note: plan.note, reviewOn: plan.reviewOn },
  };
}

/**
 * Brings the workspace to what a file says, in one transaction; a second time it changes nothing. Things that are not
 * in the file stay.
 *
 * @param text YAML, as `parseCompany` reads it
 * @throws InvalidInput with all faults at once; PLAN_INVALID when the plan cannot be published
 */
export async function applyCompany(
  context: ConfigurationContext,
  text: string,
  { dryRun = false } = {},
): Promise<Applied> {
  const company = parseCompany(text);
  return changeConfiguration(
    context,
    'applyConfiguration',
    async (change) => {
      const before = await loadState(change.client, change.workspaceId);
      return write(change, before, await resolve(company, before, change), company);
    },
    { dryRun },
  );
}

/** The state the file describes: what it names with the ids they have or get, what it does not name as it is. */
async function resolve(company: Company, before: State, change: Change): Promise<State> {
  const issues: Issue[] = [];
  const ids = <Thing extends { readonly id: string; readonly key: string }>(
    known: readonly Thing[],
    entries: readonly { readonly key: string }[],
  ): Map<string, string> => {
    const byKey = new Map(known.map((thing) => [thing.key, thing.id]));
    for (const entry of entries) if (!byKey.has(entry.key)) byKey.set(entry.key, v7());
    return byKey;
  };
  const repIds = ids(before.reps, company.reps);
  const poolIds = ids(before.pools, company.pools);
  const metroIds = ids(before.metros, company.metros);
  const territoryIds = ids(before.territories, company.territories);
  const accountIds = ids(before.accounts, company.accounts);
  const segmentIds = ids(before.segments, company.segments);
  const queueIds = ids(before.queues, company.queues);
  const policyIds = ids(before.slaPolicies, company.slaPolicies);

  const refer = (
    known: Map<string, string>,
    key: string | null | undefined,
    path: Issue['path'],
    what: string,
  ): string | null => {
    if (key == null) return null;
    const id = known.get(key);
    if (id === undefined) issues.push({ path, message: `there is no ${what} "${key}"` });
    return id ?? null;
  };
  const idOf = (known: Map<string, string>, key: string): string => known.get(key) as string;
  const statusBefore = new Map(before.reps.map(({ key, status }) => [key, status]));

  const reps = company.reps.map(({ manager, backup, ...fields }, index): Rep => {
    const path = ['reps', index];
    return {
      ...REP_DEFAULTS,
      // Who is paused stays so, unless the file says otherwise.
      status: statusBefore.get(fields.key) ?? 'ACTIVE',
      ...given(fields),
      id: idOf(repIds, fields.key),
      managerId: refer(repIds, manager, [...path, 'manager'], 'rep'),
      backupId: refer(repIds, backup, [...path, 'backup'], 'rep'),
    } as Rep;
  });
  const pools = company.pools.map(({ members = [], ...fields }, index): Pool => {
    const resolved = members.map(({ rep, ...member }, position): PoolMember => {
      const repId = refer(repIds, rep, ['pools', index, 'members', position, 'rep'], 'rep') ?? '';
      return { ...MEMBER_DEFAULTS, ...given(member), repId } as PoolMember;
    });
    return { ...POOL_DEFAULTS, ...given(fields), id: idOf(poolIds, fields.key), members: resolved } as Pool;
  });
  const metros = company.metros.map(
    (fields): OwnMetro => ({ ...METRO_DEFAULTS, ...given(fields), id: idOf(metroIds, fields.key) }) as OwnMetro,
  );
  const territories = company.territories.map(({ parent, rep, pool, ...fields }, index): Territory => {
    const path = ['territories', index];
    return {
      ...TERRITORY_DEFAULTS,
      ...given(fields),
      id: idOf(territoryIds, fields.key),
      parentId: refer(territoryIds, parent, [...path, 'parent'], 'territory'),
      repId: refer(repIds, rep, [...path, 'rep'], 'rep'),
      poolId: refer(poolIds, pool, [...path, 'pool'], 'pool'),
    } as Territory;
  });
  const accounts = company.accounts.map(
    ({ owner, parent, ...fields }, index): Account =>
      ({
        ...ACCOUNT_DEFAULTS,
        ...given(fields),
        id: idOf(accountIds, fields.key),
        key: fields.key,
        name: fields.name,
        kind: fields.kind,
        normalizedName: normalizeCompanyName(fields.name),
        ownerId: refer(repIds, owner, ['accounts', index, 'owner'], 'rep'),
        parentId: refer(accountIds, parent, ['accounts', index, 'parent'], 'account'),
      }) as Account,
  );
  const segments = company.segments.map((segment): Segment => ({ ...segment, id: idOf(segmentIds, segment.key) }));
  const queues = company.queues.map(
    ({ pool, responsible, ...fields }, index): Queue =>
      ({
        ...QUEUE_DEFAULTS,
        ...given(fields),
        id: idOf(queueIds, fields.key),
        poolId: refer(poolIds, pool, ['queues', index, 'pool'], 'pool') ?? '',
        responsibleId: refer(repIds, responsible, ['queues', index, 'responsible'], 'rep') ?? '',
      }) as Queue,
  );
  const slaPolicies = company.slaPolicies.map(
    (policy): SlaPolicy => ({ ...SLA_POLICY_DEFAULTS, ...given(policy), id: idOf(policyIds, policy.key) }) as SlaPolicy,
  );

  const after: State = {
    settings: { ...before.settings, ...(given(company.workspace) as Partial<Settings>) },
    reps: merge(before.reps, reps),
    pools: merge(before.pools, pools),
    metros: merge(before.metros, metros),
    territories: merge(before.territories, territories),
    accounts: merge(before.accounts, accounts),
    segments: merge(before.segments, segments),
    queues: merge(before.queues, queues),
    slaPolicies: merge(before.slaPolicies, slaPolicies),
    plan: company.plan
      ? {
          steps: company.plan.steps as readonly Step[],
          lastResort: company.plan.lastResort,
          note: company.plan.note ?? null,
          reviewOn: company.plan.reviewOn ?? null,
        }
      : before.plan,
  };
  const segmentKeys = new Set(after.segments.map(({ key }) => key));
  issues.push(
    ...settingFaults(after.settings, segmentKeys).map(
      ({ field, message }): Issue => ({ path: ['workspace', field], message }),
    ),
    ...located('reps', reps, [...twice(company.reps), ...repFaults(after.reps, segmentKeys)]),
    ...located('pools', pools, [
      ...twice(company.pools),
      ...pools.flatMap(({ id, members }) => memberFaults(id, members)),
      ...poolFaults(pools, segmentKeys),
    ]),
    ...located('metros', metros, [...twice(company.metros), ...metroFaults(after.metros)]),
    ...located('territories', territories, [
      ...twice(company.territories),
      ...territoryFaults(after.territories, after.reps, after.pools),
    ]),
    ...located('segments', segments, [...twice(company.segments), ...segmentFaults(after.segments)]),
    // What refers to nothing is told above.
    ...located('queues', queues, [
      ...twice(company.queues),
      ...queueFaults(after.queues, after.pools, after.reps).filter(({ field }) => !field.endsWith('Id')),
    ]),
    ...located('slaPolicies', slaPolicies, [
      ...twice(company.slaPolicies),
      ...policyFaults(after.slaPolicies, segmentKeys),
    ]),
  );
  if (issues.length === 0) issues.push(...(await accountIssues(change, accounts, ['accounts'], after.reps)));
  if (issues.length > 0) throw new InvalidInput(issues);
  return after;
}

const merge = <Thing extends { readonly id: string }>(before: readonly Thing[], named: readonly Thing[]): Thing[] => {
  const inFile = new Set(named.map(({ id }) => id));
  return [...before.filter(({ id }) => !inFile.has(id)), ...named];
};

/** Entries of one list with the same key. */
const twice = (entries: readonly { readonly key: string }[]): Fault[] => {
  const seen = new Set<string>();
  return entries.flatMap(({ key }): Fault[] => {
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ id: key, field: 'key', code: 'KEY_TAKEN', message: `"${key}" stands here twice` }];
  });
};

/** Faults of rows as issues at their places in the file; a reference in the file is called without its "Id". */
const located = (
  list: string,
  rows: readonly { readonly id: string; readonly key: string }[],
  faults: readonly Fault[],
): Issue[] =>
  faults.flatMap(({ id, field, message }) => {
    const index = rows.findLastIndex((row) => row.id === id || row.key === id);
    return index < 0 ? [] : [{ path: [list, index, field.replace(/Id$/, '')], message }];
  });

async function write(change: Change, before: State, after: State, company: Company): Promise<Applied> {
  const [old, now] = [describe(before), describe(after)];
  const changes = KINDS.flatMap((kind) => differences(kind, old[kind], now[kind]));
  const changed = (kind: CompanyChange['kind']): ReadonlySet<string> =>
    new Set(changes.filter((each) => each.kind === kind).map(({ key }) => key));
  const pick = <Thing extends { readonly key: string }>(
    kind: CompanyChange['kind'],
    things: readonly Thing[],
  ): Thing[] => {
    const keys = changed(kind);
    return things.filter(({ key }) => keys.has(key));
  };

  if (changed('workspace').size > 0) await saveSettings(change, after.settings);
  await freeAddresses(change, before.reps, after.reps);
  await saveReps(change, pick('rep', after.reps), before.reps);
  await savePools(change, pick('pool', after.pools), before.pools);
  await change.save(
    'Metro',
    pick('metro', after.metros).map((metro) => ({ ...metro })),
  );
  await change.save(
    'Territory',
    pick('territory', after.territories).map((territory) => ({ ...territory })),
  );
  const accounts = pick('account', after.accounts);
  const places = new Map(company.accounts.map(({ key }, index) => [key, index]));
  await saveAccounts(change, accounts, (index) => [
    'accounts',
    places.get(accounts[index]?.key ?? '') ?? index,
    'parent',
  ]);
  await change.save(
    'Segment',
    pick('segment', after.segments).map((segment) => ({ ...segment })),
  );
  await change.save(
    'Queue',
    pick('queue', after.queues).map((queue) => ({ ...queue })),
  );
  await change.save(
    'SlaPolicy',
    pick('slaPolicy', after.slaPolicies).map((policy) => ({ ...policy })),
  );
  const publishes = changed('plan').size > 0 && after.plan !== null;
  const plan = publishes ? await publishContent(change, after.plan as PlanContent) : null;
  await refuseEmptyLastResort(change, after.reps);
  return { changes, notInFile: notInFile(company, before), published: plan?.version ?? null };
}

/** Lets go of addresses that have gone over from one rep to another, which no order of writing would allow. */
async function freeAddresses(change: Change, before: readonly Rep[], after: readonly Rep[]): Promise<void> {
  const owners = new Map(after.map(({ email, id }) => [email, id]));
  const former = before.filter(({ id, email }) => (owners.get(email) ?? id) !== id);
  if (former.length === 0) return;
  await change.execute(
    'reps',
    'UPDATE "Rep" SET "email" = "id"::text WHERE "workspaceId" = $1 AND "id" = ANY ($2::uuid[])',
    [former.map(({ id }) => id)],
  );
}

const KINDS = [
  'workspace',
  'rep',
  'pool',
  'metro',
  'territory',
  'account',
  'segment',
  'queue',
  'slaPolicy',
  'plan',
] as const;
type Kind = (typeof KINDS)[number];

/** Things by key, in the words of the file: without ids, and without what has its default. */
type Described = Readonly<Record<Kind, ReadonlyMap<string, Readonly<Record<string, unknown>>>>>;

function describe(state: State): Described {
  const keys = new Map(
    [...state.reps, ...state.pools, ...state.territories, ...state.accounts].map(({ id, key }) => [id, key]),
  );
  const keyOf = (id: string | null): string | null => (id === null ? null : (keys.get(id) ?? null));
  // In an order of their own: that of the database depends on its locale.
  const entries = <Thing extends { readonly key: string }>(
    things: readonly Thing[],
    toFile: (thing: Thing) => object,
  ) => new Map(things.toSorted(byKey).map((thing) => [thing.key, withoutNulls(toFile(thing))]));
  return {
    workspace: new Map([
      [
        'workspace',
        { defaultCapacity: state.settings.defaultCapacity, ...unlessDefault(state.settings, { ...DEFAULT_SETTINGS }) },
      ],
    ]),
    rep: entries(state.reps, ({ id: _, managerId, backupId, ...rep }) => ({
      ...unlessDefault({ ...rep, ...hoursToFile(rep) }, REP_DEFAULTS),
      manager: keyOf(managerId),
      backup: keyOf(backupId),
    })),
    pool: entries(state.pools, ({ id: _, members, ...pool }) => ({
      ...unlessDefault(pool, POOL_DEFAULTS),
      members: members.map(({ repId, ...member }) => ({
        rep: keyOf(repId),
        ...unlessDefault(member, MEMBER_DEFAULTS),
      })),
    })),
    metro: entries(state.metros, ({ id: _, ...metro }) => unlessDefault(metro, METRO_DEFAULTS)),
    territory: entries(state.territories, ({ id: _, parentId, repId, poolId, ...territory }) => ({
      ...unlessDefault(territory, TERRITORY_DEFAULTS),
      parent: keyOf(parentId),
      rep: keyOf(repId),
      pool: keyOf(poolId),
    })),
    account: entries(state.accounts, ({ id: _, normalizedName: __, ownerId, parentId, domains, ...account }) => ({
      ...unlessDefault({ ...account, domains: domains.toSorted() }, ACCOUNT_DEFAULTS),
      owner: keyOf(ownerId),
      parent: keyOf(parentId),
    })),
    segment: entries(state.segments, ({ id: _, ...segment }) => segment),
    queue: entries(state.queues, ({ id: _, poolId, responsibleId, overflow, ...queue }) => ({
      ...unlessDefault(queue, QUEUE_DEFAULTS),
      pool: keyOf(poolId),
      responsible: keyOf(responsibleId),
      overflow: overflow && withoutNulls(overflow),
    })),
    slaPolicy: entries(state.slaPolicies, ({ id: _, rungs, ...policy }) => ({
      ...unlessDefault(policy, SLA_POLICY_DEFAULTS),
      rungs: rungs.map(({ afterSeconds, action, ...rung }) => ({
        afterSeconds,
        action,
        ...unlessDefault(rung, RUNG_DEFAULTS),
      })),
    })),
    plan: new Map(
      state.plan
        ? [
            [
              'plan',
              withoutNulls({
                steps: state.plan.steps.map(stepToFile),
                lastResort: state.plan.lastResort,
                reviewOn: state.plan.reviewOn,
              }),
            ],
          ]
        : [],
    ),
  };
}

/** In an order that can be read: the database has its own. */
const hoursToFile = ({ workingHours, dateHours }: Pick<Rep, 'workingHours' | 'dateHours'>) => ({
  workingHours: workingHours?.map(({ days, from, to }) => ({ days, from, to })) ?? null,
  dateHours: dateHours.map(({ date, stretches }) => ({
    date,
    stretches: stretches.map(({ from, to }) => ({ from, to })),
  })),
});

const stepToFile = ({ key, name, kind, condition, match, prefer, order, target, ...step }: Step): object => ({
  key,
  ...(name === key ? {} : { name }),
  kind,
  ...unlessDefault({ condition, match, prefer, order }, STEP_DEFAULTS),
  target,
  ...unlessDefault(step, STEP_DEFAULTS),
});

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : 1);

const withoutNulls = (thing: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(thing).filter(([, value]) => value !== null && value !== undefined));

const unlessDefault = (thing: object, defaults: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(thing).filter(([name, value]) => canonical(value) !== canonical(defaults[name])));

/** JSON with the names in order, so that equal values are equal text. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? 'undefined';

function differences(kind: Kind, before: Described[Kind], after: Described[Kind]): CompanyChange[] {
  return Array.from(after).flatMap(([key, thing]): CompanyChange[] => {
    const old = before.get(key);
    const names = [...new Set([...Object.keys(old ?? {}), ...Object.keys(thing)])].filter((name) => name !== 'key');
    const fields = names
      .filter((name) => canonical(old?.[name]) !== canonical(thing[name]))
      .map((name) => ({ name, before: old?.[name], after: thing[name] }));
    if (old && fields.length === 0) return [];
    return [{ kind, key, action: old ? 'update' : 'create', fields }];
  });
}

function notInFile(company: Company, before: State): Applied['notInFile'] {
  const absent = (
    kind: Kind,
    known: readonly { readonly key: string }[],
    entries: readonly { readonly key: string }[],
  ) => {
    const keys = new Set(entries.map(({ key }) => key));
    return known.filter(({ key }) => !keys.has(key)).map(({ key }) => ({ kind, key }));
  };
  return [
    ...absent('rep', before.reps, company.reps),
    ...absent('pool', before.pools, company.pools),
    ...absent('metro', before.metros, company.metros),
    ...absent('territory', before.territories, company.territories),
    ...absent('account', before.accounts, company.accounts),
    ...absent('segment', before.segments, company.segments),
    ...absent('queue', before.queues, company.queues),
    ...absent('slaPolicy', before.slaPolicies, company.slaPolicies),
  ];
}

/** The workspace as a file: applying it changes nothing. The same state gives the same text. */
export async function exportCompany({
  database,
  workspaceId,
}: Pick<ConfigurationContext, 'database' | 'workspaceId'>): Promise<string> {
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const described = describe(await loadState(client, workspaceId));
    await client.query('COMMIT');
    const list = (kind: Kind): unknown[] | null => (described[kind].size === 0 ? null : [...described[kind].values()]);
    return stringify(
      withoutNulls({
        apiVersion: API_VERSION,
        kind: 'Company',
        workspace: described.workspace.get('workspace'),
        reps: list('rep'),
        pools: list('pool'),
        metros: list('metro'),
        territories: list('territory'),
        accounts: list('account'),
        segments: list('segment'),
        queues: list('queue'),
        slaPolicies: list('slaPolicy'),
        plan: described.plan.get('plan'),
      }),
      // Times of day and dates in quotes: tools that know YAML 1.1 alone would take them for numbers.
      { lineWidth: 120, aliasDuplicateObjects: false, compat: 'yaml-1.1' },
    );
  } finally {
    client.release();
  }
}
