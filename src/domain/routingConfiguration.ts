import type { AccountIndex } from './accounts.ts';
import type { AbsenceReason } from './availability.ts';
import { type Condition, compileCondition, type Predicate } from './condition.ts';
import type { Pool, PoolMember, Queue, RateCap, Rep, Segment, Settings } from './configuration.ts';
import type { Names } from './decisionSummary.ts';
import type { RoutableLead } from './lead.ts';
import { isTimeZone, WEEKDAYS } from './localTime.ts';
import type { MetroIndex } from './metros.ts';
import { type Plan, STEP_DEFAULTS, type Step } from './plan.ts';
import { type Compare, compileMatches, compileOrder, type Fit } from './repMatch.ts';
import type { Earner } from './rotation.ts';
import { compileRuleIndex } from './ruleIndex.ts';
import { DEFAULT_POLICY, type SlaPolicy } from './sla.ts';
import { momentsNeeded } from './standing.ts';
import type { TerritoryIndex } from './territories.ts';
import type { WorkingHours } from './workingHours.ts';

export { compileAccounts } from './accounts.ts';
export { compileMetros } from './metros.ts';
export { compileTerritories } from './territories.ts';

/** Things found by id and by the user's own key. */
export interface Named<Thing> {
  readonly byId: ReadonlyMap<string, Thing>;
  readonly byKey: ReadonlyMap<string, Thing>;
}

/** All that `decide` needs to know of a workspace, compiled; each part can be compiled anew by itself. */
export interface RoutingConfiguration {
  readonly settings: CompiledSettings;
  readonly reps: Named<Rep>;
  readonly pools: Named<CompiledPool>;
  readonly metros: MetroIndex;
  readonly territories: TerritoryIndex;
  readonly accounts: AccountIndex;
  readonly segments: Segments;
  readonly queues: Named<Queue>;
  /** When reps work, by their id; who is not in it is always there. */
  readonly hours: ReadonlyMap<string, WorkingHours>;
  readonly sla: SlaPolicies;
  /** The published plan; null before the first. */
  readonly plan: CompiledPlan | null;
}

const named = <Thing extends { readonly id: string; readonly key: string }>(
  things: readonly Thing[],
): Named<Thing> => ({
  byId: new Map(things.map((thing) => [thing.id, thing])),
  byKey: new Map(things.map((thing) => [thing.key, thing])),
});

export const compileReps = (reps: readonly Rep[]): Named<Rep> => named(reps);

export const compileQueues = (queues: readonly Queue[]): Named<Queue> => named(queues);

/** Whether a day, `YYYY-MM-DD`, is a public holiday in a region. */
export type IsHoliday = (region: string, date: string) => boolean;

export function compileHours(
  reps: Iterable<Rep>,
  { timeZone, holidayRegion }: Settings,
  isHoliday: IsHoliday,
): ReadonlyMap<string, WorkingHours> {
  const hours = new Map<string, WorkingHours>();
  for (const rep of reps) {
    const region = rep.holidayRegion ?? holidayRegion;
    if (rep.workingHours === null && rep.dateHours.length === 0 && region === null) continue;
    // A zone that this machine no longer knows would make every decision fail.
    const zone = [rep.timeZone, timeZone, 'UTC'].find((each) => each !== null && isTimeZone(each)) as string;
    hours.set(rep.id, {
      timeZone: zone,
      week: rep.workingHours ?? ALL_WEEK,
      dates: rep.dateHours,
      isHoliday: region === null ? () => false : (date) => isHoliday(region, date),
    });
  }
  return hours;
}

/** Of who has no week of their own, but keeps holidays. */
const ALL_WEEK = [{ days: WEEKDAYS, from: '00:00', to: '24:00' }] as const;

export interface SlaPolicies {
  /** The policy for a lead; null for none. A condition that fails at run time holds for nothing. */
  policyOf(lead: RoutableLead, at: number): SlaPolicy | null;
}

/** @param policies in the order of their position */
export function compileSla(policies: readonly SlaPolicy[], { defaultSla }: Settings, segments: Segments): SlaPolicies {
  const compiled = policies.map((policy) => ({
    policy,
    matches: policy.condition === null ? always : compileCondition(policy.condition, segments.predicate),
  }));
  return {
    policyOf: (lead, at) => {
      for (const { policy, matches } of compiled) {
        try {
          if (matches(lead, at)) return policy;
        } catch {
          // The next policy is asked: intake never fails for one.
        }
      }
      return defaultSla ? DEFAULT_POLICY : null;
    },
  };
}

/** A segment that cannot be asked. */
export class SegmentFault extends Error {
  override readonly name = 'SegmentFault';
  readonly kind: 'UNKNOWN' | 'CIRCLE';
  readonly key: string;

  constructor(kind: 'UNKNOWN' | 'CIRCLE', key: string) {
    super(kind === 'UNKNOWN' ? `there is no segment "${key}"` : `segment "${key}" refers to itself`);
    this.kind = kind;
    this.key = key;
  }
}

export interface Segments {
  readonly byKey: ReadonlyMap<string, Segment>;
  /** @throws SegmentFault for one that does not exist; and, when it is asked, for one that refers to itself */
  predicate(key: string): Predicate;
  condition(key: string): Condition | undefined;
}

export function compileSegments(segments: readonly Segment[]): Segments {
  const byKey = new Map(segments.map((segment) => [segment.key, segment]));
  const predicates = new Map<string, Predicate>();
  function predicate(key: string): Predicate {
    const known = predicates.get(key);
    if (known) return known;
    const segment = byKey.get(key);
    if (!segment) throw new SegmentFault('UNKNOWN', key);
    // Segments inside it are looked up when it is asked, so that a circle is met at run time and not here.
    const compiled = compileCondition(segment.condition, predicate);
    // Remembers the last lead: segments that refer to segments twice over would double the work with every level.
    let last: { readonly lead: RoutableLead; readonly at: number; readonly result: boolean } | null = null;
    let isAsked = false;
    const remembered: Predicate = (lead, at) => {
      if (last?.lead === lead && last.at === at) return last.result;
      if (isAsked) throw new SegmentFault('CIRCLE', key);
      isAsked = true;
      try {
        last = { lead, at, result: compiled(lead, at) };
      } finally {
        isAsked = false;
      }
      return last.result;
    };
    predicates.set(key, remembered);
    return remembered;
  }
  return { byKey, predicate, condition: (key) => byKey.get(key)?.condition };
}

/** The first of a list whose segment matches; undefined for none. A segment that is gone matches nothing. */
const firstMatch = <Entry>(
  entries: readonly Entry[],
  segmentOf: (entry: Entry) => string,
  segments: Segments,
  lead: RoutableLead,
  at: number,
): Entry | undefined =>
  entries.find((entry) => {
    const key = segmentOf(entry);
    return segments.byKey.has(key) && segments.predicate(key)(lead, at);
  });

export interface CompiledSettings extends Settings {
  /** Places a lead takes of its owner's capacity. */
  costOf(lead: RoutableLead, at: number): number;
  /** The lead classes a lead belongs to, as keys of segments. */
  classesOf(lead: RoutableLead, at: number): readonly string[];
  /** The rate caps that hold for a rep. */
  capsOf(repId: string): readonly RateCap[];
  /** How many moments a rep's rate caps need to know. */
  momentsOf(repId: string): number;
  readonly freeMail: ReadonlySet<string>;
}

/** A zone that this machine no longer knows would make every decision fail, the last resort's too. */
const known = (caps: readonly RateCap[]): readonly RateCap[] =>
  caps.filter(({ timeZone }) => timeZone === null || isTimeZone(timeZone));

/** @param reps whose own class limits make classes too, and whose own rate caps replace the workspace's */
export function compileSettings(settings: Settings, reps: Iterable<Rep>, segments: Segments): CompiledSettings {
  const classes = new Set(settings.classLimits.map(({ segment }) => segment));
  const ownCaps = new Map<string, readonly RateCap[]>();
  for (const { id, classLimits, rateCaps } of reps) {
    for (const { segment } of classLimits) classes.add(segment);
    if (rateCaps !== null) ownCaps.set(id, known(rateCaps));
  }
  const ofWorkspace = known(settings.rateCaps);
  const capsOf = (repId: string): readonly RateCap[] => ownCaps.get(repId) ?? ofWorkspace;
  const classKeys = [...classes].filter((key) => segments.byKey.has(key)).sort();
  return {
    ...settings,
    costOf: (lead, at) => firstMatch(settings.leadCosts, ({ segment }) => segment, segments, lead, at)?.cost ?? 1,
    classesOf: (lead, at) =>
      classKeys.length === 0 ? classKeys : classKeys.filter((key) => segments.predicate(key)(lead, at)),
    capsOf,
    momentsOf: (repId) => momentsNeeded(capsOf(repId)),
    freeMail: new Set(settings.freeMailDomains),
  };
}

export interface CompiledPool extends Pool {
  readonly skipped: ReadonlySet<AbsenceReason>;
  /** The segment whose weights a lead goes by; null for the base weights. */
  weightSegmentOf(lead: RoutableLead, at: number): string | null;
  /** What whoever takes the lead pays: 1 by number; in VALUE_BALANCED the segment's value, the score, or the default. */
  valueOf(lead: RoutableLead, at: number): number;
}

export const compilePools = (pools: readonly Pool[], segments: Segments): Named<CompiledPool> =>
  named(
    pools.map(
      (pool): CompiledPool => ({
        ...pool,
        skipped: new Set(pool.skips),
        weightSegmentOf: (lead, at) => firstMatch(pool.weightSegments, (key) => key, segments, lead, at) ?? null,
        valueOf: (lead, at) => {
          if (pool.strategy !== 'VALUE_BALANCED') return 1;
          const ofSegment = firstMatch(pool.segmentValues, ({ segment }) => segment, segments, lead, at);
          return ofSegment?.value ?? Math.max(1, Math.round(lead.score ?? pool.defaultValue));
        },
      }),
    ),
  );

/** What a member weighs for the leads of a segment; null for the base weight. */
export const weightIn = ({ weight, segmentWeights }: PoolMember, segment: string | null): number =>
  segment !== null && Object.hasOwn(segmentWeights, segment) ? (segmentWeights[segment] as number) : weight;

/** Members of a pool by the weights that count for the leads of a segment; null for the base weights. */
export const earnersIn = ({ members }: Pool, segment: string | null): Earner[] =>
  members.map((member) => ({ id: member.repId, weight: weightIn(member, segment) }));

/** A plan that leads to one pool, and to the last resort of another plan where nobody there can take the lead. */
export const planOfPool = (
  { plan, pools, segments }: Pick<RoutingConfiguration, 'plan' | 'pools' | 'segments'>,
  poolId: string,
): CompiledPlan | null => {
  const pool = pools.byId.get(poolId);
  if (!plan || !pool) return null;
  const step: Step = {
    ...STEP_DEFAULTS,
    key: pool.key,
    name: pool.name,
    kind: 'DEFAULT',
    target: { kind: 'POOL', pool: pool.key },
  };
  return compilePlan({ version: plan.version, lastResort: plan.lastResort, steps: [step] }, segments);
};

/** A step with its condition and comparisons as functions. */
export interface CompiledStep extends Step {
  readonly matches: Predicate;
  /** Whether a rep fits the lead; null where anyone does. */
  readonly fitsLead: ((lead: RoutableLead, at: number) => Fit) | null;
  readonly prefersForLead: ((lead: RoutableLead, at: number) => Fit) | null;
  readonly compareReps: Compare | null;
}

export interface CompiledPlan extends Plan {
  readonly steps: readonly CompiledStep[];
  /** Positions of the steps that can match a lead, in order; their own condition is still to be asked. */
  candidates(lead: RoutableLead, at: number): Iterable<number>;
}

export function compilePlan(plan: Plan, segments: Segments): CompiledPlan {
  const index = compileRuleIndex(
    plan.steps.map(({ condition }) => condition),
    segments.condition,
  );
  const compile = sharedCompiler(segments);
  const steps = plan.steps.map((step, position) => compileStep(step, index.settled[position] ?? null, compile));
  return { ...plan, steps, candidates: index.candidates };
}

const always: Predicate = () => true;

/**
 * Compiles equal parts of conditions once: what 10,000 steps have in common ("on weekdays") stays in the processor's
 * cache.
 */
function sharedCompiler(segments: Segments): (condition: Condition) => Predicate {
  const known = new Map<string, Predicate>();
  const compile = (condition: Condition): Predicate => {
    if ('and' in condition) {
      const parts = condition.and.map(compile);
      return (lead, at) => parts.every((part) => part(lead, at));
    }
    const text = JSON.stringify(condition);
    const predicate = known.get(text) ?? compileCondition(condition, segments.predicate);
    known.set(text, predicate);
    return predicate;
  };
  return compile;
}

const compileStep = (
  step: Step,
  settled: Condition | null,
  compile: (condition: Condition) => Predicate,
): CompiledStep => ({
  ...step,
  matches: compileRest(step.condition, settled, compile),
  fitsLead: compileMatches(step.match),
  prefersForLead: compileMatches(step.prefer),
  compareReps: compileOrder(step.order),
});

/** What things are called in a configuration. */
export const namesIn = ({ reps, pools, territories, accounts }: RoutingConfiguration): Names => ({
  rep: (id) => reps.byId.get(id)?.name ?? null,
  pool: (id) => pools.byId.get(id)?.name ?? null,
  territory: (id) => territories.byId.get(id)?.name ?? null,
  account: (id) => accounts.byId.get(id)?.name ?? null,
});

/**
 * A condition without the part that the index has settled. Asking that again would cost a walk through memory that
 * nothing else has touched: with 10,000 steps a sixth of a decision.
 */
function compileRest(
  condition: Condition | null,
  settled: Condition | null,
  compile: (condition: Condition) => Predicate,
): Predicate {
  if (condition === null || condition === settled) return always;
  if (settled === null || !('and' in condition)) return compile(condition);
  const rest = condition.and.filter((part) => part !== settled);
  const [only] = rest;
  return rest.length === 1 && only ? compile(only) : compile({ and: rest });
}
