import { normalizeCompanyName } from '../../src/domain/accounts.ts';
import type { Account, Pool, Rep, Segment, Territory } from '../../src/domain/configuration.ts';
import { decide, type RoutingState } from '../../src/domain/decide.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import type { Plan, Step } from '../../src/domain/plan.ts';
import { alignRotation, EMPTY_ROTATION, type Rotation } from '../../src/domain/rotation.ts';
import {
  compileAccounts,
  compilePlan,
  compilePools,
  compileReps,
  compileSegments,
  compileTerritories,
  type RoutingConfiguration,
} from '../../src/domain/routingConfiguration.ts';

/* Whole valid values; a test changes only what it is about. Ids are the keys, so that expectations can be read. */

export const lead = (overrides: Partial<RoutableLead> = {}): RoutableLead => ({
  email: 'carla@brightwave.example',
  phone: null,
  firstName: 'Carla',
  lastName: 'Nunez',
  jobTitle: null,
  companyName: null,
  companyDomain: null,
  country: null,
  region: null,
  city: null,
  metro: null,
  postalCode: null,
  industry: null,
  employees: null,
  score: null,
  source: 'api',
  requestKind: 'DEMO',
  productInterest: null,
  qualification: 'NONE',
  icp: false,
  timeZone: null,
  language: null,
  accountKey: null,
  attributes: {},
  ...overrides,
});

export const rep = (key: string, overrides: Partial<Rep> = {}): Rep => ({
  id: key,
  key,
  name: key,
  email: `${key}@fairlead.example`,
  managerId: null,
  backupId: null,
  capacity: null,
  status: 'ACTIVE',
  timeZone: null,
  language: null,
  specialties: [],
  attributes: {},
  ...overrides,
});

export const pool = (
  key: string,
  members: readonly (string | Partial<Pool['members'][number]>)[],
  overrides: Partial<Pool> = {},
): Pool => ({
  id: key,
  key,
  name: key,
  strategy: 'ROUND_ROBIN',
  defaultValue: 1,
  countManual: true,
  members: members.map((member) => ({
    repId: '',
    weight: 1,
    tier: 0,
    ...(typeof member === 'string' ? { repId: member } : member),
  })),
  ...overrides,
});

export const territory = (key: string, overrides: Partial<Territory> = {}): Territory => ({
  id: key,
  key,
  name: key,
  parentId: null,
  position: 0,
  countries: [],
  regions: [],
  metros: [],
  postalPrefixes: [],
  industries: [],
  employeesMin: null,
  employeesMax: null,
  repId: null,
  poolId: null,
  ...overrides,
});

export const account = (key: string, overrides: Partial<Account> = {}): Account => ({
  id: key,
  key,
  name: key,
  normalizedName: normalizeCompanyName(overrides.name ?? key),
  kind: 'CUSTOMER',
  ownerId: null,
  domains: [],
  ...overrides,
});

export const step = (key: string, overrides: Partial<Step> = {}): Step => ({
  key,
  name: key,
  kind: 'DEFAULT',
  condition: null,
  match: [],
  target: { kind: 'POOL', pool: 'main' },
  whenNobody: { kind: 'NEXT_STEP' },
  ...overrides,
});

export interface Setting {
  readonly defaultCapacity?: number;
  readonly reps?: readonly Rep[];
  readonly pools?: readonly Pool[];
  readonly territories?: readonly Territory[];
  readonly accounts?: readonly Account[];
  readonly segments?: readonly Segment[];
  readonly plan?: Partial<Plan>;
}

export function compile({
  defaultCapacity = 50,
  reps = [],
  pools = [],
  territories = [],
  accounts = [],
  segments = [],
  plan = {},
}: Setting): RoutingConfiguration {
  const compiled = compileSegments(segments);
  return {
    defaultCapacity,
    reps: compileReps(reps),
    pools: compilePools(pools),
    territories: compileTerritories(territories),
    accounts: compileAccounts(accounts),
    segments: compiled,
    plan: compilePlan({ version: 1, steps: [], lastResort: ['boss'], ...plan }, compiled),
  };
}

/** A workspace in memory: decisions move loads and rotations as they do in the database. */
export interface Market extends RoutingState {
  readonly loads: Map<string, number>;
  decide(given?: Partial<RoutableLead>): Decision;
}

export function market(setting: Setting, loads: Readonly<Record<string, number>> = {}): Market {
  const configuration = compile(setting);
  const rotations = new Map<string, Rotation>(
    (setting.pools ?? []).map(({ id, members }) => [id, alignRotation(EMPTY_ROTATION, members)]),
  );
  const load = new Map(Object.entries(loads));
  const last = new Map<string, number>();
  let number = 0;
  const state: RoutingState = {
    rep: (repId) => ({ load: load.get(repId) ?? 0, lastAssignment: last.get(repId) ?? 0 }),
    rotation: (poolId) => rotations.get(poolId) as Rotation,
  };
  return {
    ...state,
    loads: load,
    decide: (given) => {
      const decision = decide(lead(given), configuration, state);
      if (decision.rotation !== null && decision.poolId !== null) rotations.set(decision.poolId, decision.rotation);
      load.set(decision.repId, (load.get(decision.repId) ?? 0) + 1);
      last.set(decision.repId, ++number);
      return decision;
    },
  };
}
