import { ACCOUNT_DEFAULTS } from '../../src/configuration/accounts.ts';
import {
  MEMBER_DEFAULTS,
  POOL_DEFAULTS,
  QUEUE_DEFAULTS,
  REP_DEFAULTS,
  TERRITORY_DEFAULTS,
} from '../../src/configuration/inputs.ts';
import { normalizeCompanyName } from '../../src/domain/accounts.ts';
import type { Absence } from '../../src/domain/availability.ts';
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
} from '../../src/domain/configuration.ts';
import type { Circumstances } from '../../src/domain/decide.ts';
import type { Decision } from '../../src/domain/decision.ts';
import { type RoutableLead, UNKNOWN_LEAD } from '../../src/domain/lead.ts';
import { METROS } from '../../src/domain/metros.ts';
import { type Plan, STEP_DEFAULTS, type Step } from '../../src/domain/plan.ts';
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
} from '../../src/domain/routingConfiguration.ts';
import { Simulation } from '../../src/domain/simulation.ts';
import type { SlaPolicy } from '../../src/domain/sla.ts';
import { NEW_STANDING, type Standing } from '../../src/domain/standing.ts';

/* Whole valid values; a test changes only what it is about. Ids are the keys, so that expectations can be read. */

export const lead = (overrides: Partial<RoutableLead> = {}): RoutableLead => ({
  ...UNKNOWN_LEAD,
  email: 'carla@brightwave.example',
  firstName: 'Carla',
  lastName: 'Nunez',
  requestKind: 'DEMO',
  ...overrides,
});

export const rep = (key: string, overrides: Partial<Rep> = {}): Rep => ({
  ...REP_DEFAULTS,
  id: key,
  key,
  name: key,
  email: `${key}@fairlead.example`,
  managerId: null,
  backupId: null,
  ...overrides,
});

export const pool = (
  key: string,
  members: readonly (string | Partial<PoolMember>)[],
  overrides: Partial<Pool> = {},
): Pool => ({
  id: key,
  key,
  name: key,
  strategy: 'ROUND_ROBIN',
  ...POOL_DEFAULTS,
  members: members.map((member) => ({
    repId: '',
    ...MEMBER_DEFAULTS,
    ...(typeof member === 'string' ? { repId: member } : member),
  })),
  ...overrides,
});

export const territory = (key: string, overrides: Partial<Territory> = {}): Territory => ({
  ...TERRITORY_DEFAULTS,
  id: key,
  key,
  name: key,
  parentId: null,
  repId: null,
  poolId: null,
  ...overrides,
});

export const account = (key: string, overrides: Partial<Account> = {}): Account => ({
  id: key,
  key,
  name: key,
  normalizedName: normalizeCompanyName(overrides.name ?? key),
  ...ACCOUNT_DEFAULTS,
  kind: 'CUSTOMER',
  ...overrides,
});

export const step = (key: string, overrides: Partial<Step> = {}): Step => ({
  key,
  name: key,
  kind: 'DEFAULT',
  ...STEP_DEFAULTS,
  target: { kind: 'POOL', pool: 'main' },
  ...overrides,
});

export const queue = (key: string, overrides: Partial<Queue> = {}): Queue => ({
  id: key,
  key,
  name: key,
  poolId: 'main',
  responsibleId: 'boss',
  ...QUEUE_DEFAULTS,
  ...overrides,
});

export interface Setting {
  readonly settings?: Partial<Settings>;
  readonly reps?: readonly Rep[];
  readonly pools?: readonly Pool[];
  readonly territories?: readonly Territory[];
  readonly accounts?: readonly Account[];
  readonly segments?: readonly Segment[];
  readonly queues?: readonly Queue[];
  readonly slaPolicies?: readonly SlaPolicy[];
  readonly plan?: Partial<Plan>;
}

export function compile({
  settings = {},
  reps = [],
  pools = [],
  territories = [],
  accounts = [],
  segments = [],
  queues = [],
  slaPolicies = [],
  plan = {},
}: Setting): RoutingConfiguration {
  const compiled = compileSegments(segments);
  return {
    settings: compileSettings({ ...DEFAULT_SETTINGS, ...settings }, reps, compiled),
    reps: compileReps(reps),
    hours: compileHours(reps, { ...DEFAULT_SETTINGS, ...settings }, () => false),
    sla: compileSla(slaPolicies, { ...DEFAULT_SETTINGS, ...settings }, compiled),
    queues: compileQueues(queues),
    pools: compilePools(pools, compiled),
    metros: compileMetros(METROS),
    territories: compileTerritories(territories),
    accounts: compileAccounts(accounts),
    segments: compiled,
    plan: compilePlan({ version: 1, steps: [], lastResort: ['boss'], ...plan }, compiled),
  };
}

/** A moment of no importance: a Tuesday, 10:00 in Berlin. */
export const NOW = Date.UTC(2026, 10, 24, 9);

/** A workspace in memory: decisions move loads and rotations as they do in the database. */
export interface Market {
  readonly configuration: RoutingConfiguration;
  readonly simulation: Simulation;
  decide(given?: Partial<RoutableLead>, circumstances?: Partial<Circumstances>): Decision;
}

/**
 * @param standings of reps, by key: what is not named is empty; a number is the load
 * @param away by key: why a rep is away; who is not named is there
 */
export function market(
  setting: Setting,
  standings: Readonly<Record<string, number | Partial<Standing>>> = {},
  away: Readonly<Record<string, readonly Absence[]>> = {},
): Market {
  const configuration = compile(setting);
  const simulation = new Simulation(configuration, {
    standings: Object.entries(standings).map(([key, given]) => [
      key,
      { ...NEW_STANDING, ...(typeof given === 'number' ? { load: given } : given) },
    ]),
    rotations: [],
    lastAssignment: 0,
    absences: (repId) => away[repId] ?? [],
  });
  return {
    configuration,
    simulation,
    decide: (given, circumstances) => simulation.route(lead(given), { at: NOW, ...circumstances }),
  };
}
