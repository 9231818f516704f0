import type { AccountIndex } from './accounts.ts';
import { type Condition, compileCondition, fold, type Predicate } from './condition.ts';
import type { Pool, Rep, Segment } from './configuration.ts';
import { FIELDS, isAttribute, isField, reader } from './fields.ts';
import type { AttributeValue, RoutableLead } from './lead.ts';
import type { Plan, RepMatch, Step } from './plan.ts';
import type { TerritoryIndex } from './territories.ts';

export { compileAccounts } from './accounts.ts';
export { compileTerritories } from './territories.ts';

/** Things found by id and by the user's own key. */
export interface Named<Thing> {
  readonly byId: ReadonlyMap<string, Thing>;
  readonly byKey: ReadonlyMap<string, Thing>;
}

/** All that `decide` needs to know of a workspace, compiled; each part can be compiled anew by itself. */
export interface RoutingConfiguration {
  /** Most open leads of a rep who has no capacity of their own. */
  readonly defaultCapacity: number;
  readonly reps: Named<Rep>;
  readonly pools: Named<Pool>;
  readonly territories: TerritoryIndex;
  readonly accounts: AccountIndex;
  readonly segments: Segments;
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
export const compilePools = (pools: readonly Pool[]): Named<Pool> => named(pools);

export interface Segments {
  readonly byKey: ReadonlyMap<string, Segment>;
  /** @throws Error for a segment that does not exist or refers to itself */
  predicate(key: string): Predicate;
}

export function compileSegments(segments: readonly Segment[]): Segments {
  const byKey = new Map(segments.map((segment) => [segment.key, segment]));
  const predicates = new Map<string, Predicate>();
  function predicate(key: string): Predicate {
    const known = predicates.get(key);
    if (known) return known;
    const segment = byKey.get(key);
    if (!segment) throw new Error(`there is no segment "${key}"`);
    predicates.set(key, () => {
      throw new Error(`segment "${key}" refers to itself`);
    });
    // Segments inside it are looked up when it is asked, so that a circle is met at run time and not here.
    const compiled = compileCondition(segment.condition, predicate);
    // Remembers the last lead: segments that refer to segments twice over would double the work with every level.
    let last: { readonly lead: RoutableLead; readonly result: boolean } | null = null;
    const remembered: Predicate = (lead) => {
      if (last?.lead !== lead) last = { lead, result: compiled(lead) };
      return last.result;
    };
    predicates.set(key, remembered);
    return remembered;
  }
  return { byKey, predicate };
}

/** A step with its condition as a function. */
export interface CompiledStep extends Step {
  readonly matches: Predicate;
  /** Whether a rep fits the lead: the step's dynamic match; null where there is none. */
  readonly fits: ((lead: RoutableLead) => (rep: Rep) => boolean) | null;
}

export interface CompiledPlan {
  readonly version: number;
  readonly lastResort: readonly string[];
  /** The steps that can match a lead, in order; their own condition is still to be asked. */
  candidates(lead: RoutableLead): Iterable<CompiledStep>;
}

/**
 * Steps are found by what their conditions cannot do without: a text or enum field that must have one of a few values.
 * The rest is asked one by one.
 */
export function compilePlan(plan: Plan, segments: Segments): CompiledPlan {
  const steps = plan.steps.map((step) => compileStep(step, segments));
  const index = new Map<
    string,
    { readonly read: (lead: RoutableLead) => AttributeValue | null; readonly at: Map<AttributeValue, number[]> }
  >();
  const unindexed: number[] = [];
  const known = new Map<string, readonly Necessity[]>();
  const needs = choose(steps.map(({ condition }) => (condition ? necessities(condition, segments, known) : [])));
  for (const [position, need] of needs.entries()) {
    if (need === null) {
      unindexed.push(position);
      continue;
    }
    const entry = index.get(need.field) ?? { read: reader(need.field), at: new Map() };
    index.set(need.field, entry);
    for (const value of need.values) {
      const positions = entry.at.get(value) ?? [];
      entry.at.set(value, positions);
      positions.push(position);
    }
  }
  return {
    version: plan.version,
    lastResort: plan.lastResort,
    *candidates(lead) {
      const lists = [unindexed];
      for (const { read, at } of index.values()) {
        const value = read(lead);
        const found = value === null ? undefined : at.get(fold(value));
        if (found) lists.push(found);
      }
      for (const position of inOrder(lists)) yield steps[position] as CompiledStep;
    },
  };
}

/** Merges sorted lists without going further than the consumer does. */
function* inOrder(lists: readonly (readonly number[])[]): Generator<number> {
  if (lists.length === 1) return yield* lists[0] as readonly number[];
  const heads = lists.map(() => 0);
  for (;;) {
    let least = -1;
    for (let list = 0; list < lists.length; list += 1) {
      const head = lists[list]?.[heads[list] as number];
      if (head !== undefined && (least < 0 || head < (lists[least]?.[heads[least] as number] as number))) least = list;
    }
    if (least < 0) return;
    yield lists[least]?.[heads[least] as number] as number;
    (heads[least] as number) += 1;
  }
}

interface Necessity {
  readonly field: string;
  readonly values: ReadonlySet<AttributeValue>;
}

/**
 * Each field that, with the few values listed, a condition cannot be true without; none where there is no such thing.
 *
 * @param known what segments need, so that those that refer to segments twice over are looked through once
 */
function necessities(
  condition: Condition,
  segments: Segments,
  known: Map<string, readonly Necessity[]>,
): readonly Necessity[] {
  if ('and' in condition) return condition.and.flatMap((part) => necessities(part, segments, known));
  if ('or' in condition) {
    const [first = [], ...others] = condition.or.map((part) => necessities(part, segments, known));
    return first.flatMap(({ field, values }): Necessity[] => {
      const same = others.map((needs) => needs.find((need) => need.field === field));
      if (same.includes(undefined)) return [];
      return [{ field, values: new Set([...values, ...same.flatMap((need) => [...(need as Necessity).values])]) }];
    });
  }
  if ('not' in condition) return [];
  const { field, operator, value } = condition;
  if (operator === 'MATCHES_SEGMENT') {
    const key = value as string;
    const before = known.get(key);
    if (before) return before;
    const segment = segments.byKey.get(key);
    // A circle meets the empty list that stands here while its segment is looked through.
    known.set(key, []);
    // One for each field, or they would double with every level as well.
    const needs = segment ? onePerField(necessities(segment.condition, segments, known)) : [];
    known.set(key, needs);
    return needs;
  }
  if (field === undefined || (operator !== 'EQUALS' && operator !== 'IN')) return [];
  return [{ field, values: new Set((Array.isArray(value) ? value : [value]).map(fold)) }];
}

const onePerField = (needs: readonly Necessity[]): readonly Necessity[] => [
  ...new Map(needs.toSorted((a, b) => b.values.size - a.values.size).map((need) => [need.field, need])).values(),
];

/**
 * What each step is found by: of all it needs, what the fewest steps need as well. With the first one at hand, 10,000
 * steps of one country that differ by industry would all be asked: 1,942 decisions a second and not 154,592.
 */
function choose(needs: readonly (readonly Necessity[])[]): (Necessity | null)[] {
  const steps = new Map<string, Map<AttributeValue, number>>();
  for (const { field, values } of needs.flat()) {
    const counts = steps.get(field) ?? new Map<AttributeValue, number>();
    steps.set(field, counts);
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const asked = ({ field, values }: Necessity): number => {
    let most = 0;
    for (const value of values) most = Math.max(most, steps.get(field)?.get(value) ?? 0);
    return most;
  };
  return needs.map((each) => {
    let best: Necessity | null = null;
    let fewest = Number.POSITIVE_INFINITY;
    for (const need of each) {
      const count = asked(need);
      if (count < fewest) [best, fewest] = [need, count];
    }
    return best;
  });
}

const always: Predicate = () => true;

/**
 * One comparison that the index goes by has been made when the step is found. Asking it again would cost a walk through
 * memory that nothing else has touched: with 10,000 steps a sixth of a decision.
 */
const isIndex = (condition: Condition): boolean =>
  'operator' in condition && (condition.operator === 'EQUALS' || condition.operator === 'IN');

const compileStep = (step: Step, segments: Segments): CompiledStep => ({
  ...step,
  matches:
    step.condition === null || isIndex(step.condition) ? always : compileCondition(step.condition, segments.predicate),
  fits: step.match.length === 0 ? null : compileMatches(step.match),
});

function compileMatches(matches: readonly RepMatch[]): (lead: RoutableLead) => (rep: Rep) => boolean {
  const compiled = matches.map(({ repField, operator, leadField }) => ({
    ofRep: repReader(repField),
    contains: operator === 'CONTAINS',
    ofLead: reader(leadField),
  }));
  return (lead) => {
    const wanted = compiled.map(({ ofRep, contains, ofLead }) => {
      const value = ofLead(lead);
      return { ofRep, contains, value: value === null ? null : fold(value) };
    });
    return (rep) =>
      wanted.every(({ ofRep, contains, value }) => {
        const has = ofRep(rep);
        if (value === null || has === null) return false;
        const list = Array.isArray(has)
          ? has
          : contains
            ? String(has)
                .split(',')
                .map((part) => part.trim())
            : [has as AttributeValue];
        return list.some((each) => fold(each) === value);
      });
  };
}

/** The rep's fields that a dynamic match can name, beside `attributes.<name>`. */
export const REP_FIELDS = ['specialties', 'language', 'timeZone'] as const;

export const isRepField = (name: string): boolean => REP_FIELDS.some((field) => field === name) || isAttribute(name);
export const isLeadField = (name: string): boolean => isField(name) || isAttribute(name);
export const LEAD_FIELDS: readonly string[] = Object.keys(FIELDS);

function repReader(name: string): (rep: Rep) => AttributeValue | readonly string[] | null {
  const field = REP_FIELDS.find((each) => each === name);
  if (field !== undefined) return (rep) => rep[field];
  const attribute = name.slice('attributes.'.length);
  return (rep) => (Object.hasOwn(rep.attributes, attribute) ? (rep.attributes[attribute] ?? null) : null);
}
