import { type Comparison, type Condition, compileTest, type Operator, segmentsIn } from './condition.ts';
import { covers, isEmpty, type Space, spaceOf, witnessOf } from './conditionSpace.ts';
import type { AttributeDeclaration } from './configuration.ts';
import type { Issue } from './errors.ts';
import {
  attributeName,
  isAttribute,
  isTimeField,
  qualifiedName,
  type Reader,
  reader,
  type TimeFieldName,
} from './fields.ts';
import { type AttributeValue, type RoutableLead, UNKNOWN_LEAD } from './lead.ts';
import type { Plan, Step } from './plan.ts';
import { REP_FIELDS } from './repMatch.ts';
import type { CompiledPool, RoutingConfiguration } from './routingConfiguration.ts';
import { compileRuleIndex } from './ruleIndex.ts';
import { criteriaOf } from './territories.ts';
import { territoryReport } from './territoryReport.ts';

/** What may be wrong with a plan; one code per kind of fault. */
export const FINDINGS = [
  'KEY_TWICE',
  'UNKNOWN_REP',
  'REP_LEFT',
  'UNKNOWN_POOL',
  'UNKNOWN_QUEUE',
  'UNKNOWN_SEGMENT',
  'POOL_EMPTY',
  'POOL_UNREACHABLE',
  'BACKUP_CIRCLE',
  'LAST_RESORT_MISSING',
  'CONTRADICTION',
  'SHADOWED',
  'PARTLY_SHADOWED',
  'UNKNOWN_ATTRIBUTE',
  'FIELD_NOT_FILLED',
  'WRONG_TYPE',
  'TERRITORY_OVERLAP',
  'TERRITORY_GAP',
  'TERRITORY_REP_LEFT',
  'REVIEW_DUE',
] as const;

export interface Finding extends Issue {
  readonly code: (typeof FINDINGS)[number];
}

/** What keeps a plan from being published, and what may be wrong with it. */
export interface PlanReport {
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** What is known beside the configuration. */
export interface Knowledge {
  /** Fields that some of the last leads had; null where there are too few to tell. */
  readonly filled: ReadonlySet<string> | null;
  /** The regions of a country, in lower case. */
  readonly regionsOf: (country: string) => readonly string[];
}

/** Of errors, and of warnings; who has so many knows where to begin. */
const MAX_FINDINGS = 500;
/** Of what concerns no step: pools, territories. */
const MAX_LISTED = 20;

/** Looks a plan up and down against the configuration it would be published into. */
export function checkPlan(
  plan: Pick<Plan, 'steps' | 'lastResort'>,
  configuration: RoutingConfiguration,
  knowledge: Knowledge = { filled: null, regionsOf: () => [] },
): PlanReport {
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  const spaces = plan.steps.map(({ condition }) => spaceOf(condition, configuration.segments.condition));
  const context: Check = { plan, configuration, knowledge, spaces, errors, warnings };
  checkSteps(context);
  checkLastResort(context);
  checkConditions(context);
  checkFields(context);
  checkPools(context);
  if (plan.steps.some(hasTerritory)) checkTerritories(context);
  return { errors: errors.slice(0, MAX_FINDINGS), warnings: warnings.slice(0, MAX_FINDINGS) };
}

interface Check {
  readonly plan: Pick<Plan, 'steps' | 'lastResort'>;
  readonly configuration: RoutingConfiguration;
  readonly knowledge: Knowledge;
  /** By position: the leads that a step's condition matches; null where that is not known. */
  readonly spaces: readonly (Space | null)[];
  readonly errors: Finding[];
  readonly warnings: Finding[];
}

const hasTerritory = ({ target }: Step): boolean => target.kind === 'TERRITORY';

function checkSteps({ plan, configuration, errors, warnings }: Check): void {
  const { reps, pools, territories } = configuration;
  const ofTerritories = new Set(Array.from(territories.byId.values(), ({ poolId }) => poolId));
  const checkRep = (key: string, path: Issue['path']): void => {
    const rep = reps.byKey.get(key);
    if (!rep) errors.push({ code: 'UNKNOWN_REP', path, message: `there is no rep "${key}"` });
    else if (rep.status === 'LEFT') errors.push({ code: 'REP_LEFT', path, message: `${rep.name} has left` });
  };
  const checkPool = (key: string, path: Issue['path']): void => {
    const pool = pools.byKey.get(key);
    if (!pool) errors.push({ code: 'UNKNOWN_POOL', path, message: `there is no pool "${key}"` });
    else if (!canReceive(pool, configuration)) warnings.push(poolEmpty(pool, path));
  };
  const checkQueue = (key: string, path: Issue['path']): void => {
    const queue = configuration.queues.byKey.get(key);
    const rep = reps.byId.get(queue?.responsibleId ?? '');
    if (!queue) errors.push({ code: 'UNKNOWN_QUEUE', path, message: `there is no queue "${key}"` });
    else if (!rep || rep.status === 'LEFT') {
      const message = `nobody answers for queue "${key}": ${rep?.name ?? 'the rep'} has left`;
      errors.push({ code: 'REP_LEFT', path, message });
    }
  };
  /** Whether a pool has been asked whenever nobody in the step's target could take a lead. */
  const isOwnPool = (step: Step, key: string): boolean =>
    hasTerritory(step)
      ? ofTerritories.size === 1 && ofTerritories.has(pools.byKey.get(key)?.id ?? '')
      : poolsOf(step).includes(key);
  const positions = new Map<string, number>();
  for (const [position, step] of plan.steps.entries()) {
    const path = ['steps', position];
    const first = positions.get(step.key);
    if (first !== undefined) {
      const message = `"${step.key}" is the key of steps[${first}] as well`;
      errors.push({ code: 'KEY_TWICE', path: [...path, 'key'], message });
    }
    positions.set(step.key, position);
    const { target, whenNobody } = step;
    if (target.kind === 'REP') checkRep(target.rep, [...path, 'target', 'rep']);
    if (target.kind === 'POOL') checkPool(target.pool, [...path, 'target', 'pool']);
    if (target.kind === 'POOLS') {
      for (const [index, { pool }] of target.pools.entries()) {
        checkPool(pool, [...path, 'target', 'pools', index, 'pool']);
      }
    }
    if (target.kind === 'QUEUE') checkQueue(target.queue, [...path, 'target', 'queue']);
    if (whenNobody.kind === 'QUEUE') checkQueue(whenNobody.queue, [...path, 'whenNobody', 'queue']);
    if (whenNobody.kind !== 'BACKUP_POOL') continue;
    checkPool(whenNobody.pool, [...path, 'whenNobody', 'pool']);
    // A backup is asked without the step's `match`, so a step that has one asks the same pool for something else.
    if (step.match.length === 0 && isOwnPool(step, whenNobody.pool)) {
      const message = `pool "${whenNobody.pool}" is its own backup: who could not take the lead is asked again`;
      warnings.push({ code: 'BACKUP_CIRCLE', path: [...path, 'whenNobody', 'pool'], message });
    }
  }
}

const canReceive = (pool: CompiledPool, { reps }: RoutingConfiguration): boolean =>
  pool.members.some(
    ({ repId, weight, segmentWeights }) =>
      (weight > 0 || Object.values(segmentWeights).some((each) => each > 0)) && reps.byId.get(repId)?.status !== 'LEFT',
  );

const poolEmpty = ({ key }: CompiledPool, path: Issue['path']): Finding => ({
  code: 'POOL_EMPTY',
  path,
  message: `pool "${key}" has nobody who could receive a lead`,
});

/** Keys of the pools that a step's own target names. */
const poolsOf = ({ target }: Step): readonly string[] =>
  target.kind === 'POOL' ? [target.pool] : target.kind === 'POOLS' ? target.pools.map(({ pool }) => pool) : [];

/** By the keys of pools that territories point at: the key of the first such territory. */
function poolsOfTerritories({ pools, territories }: RoutingConfiguration): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const { key, poolId } of territories.byId.values()) {
    const pool = pools.byId.get(poolId ?? '');
    if (pool && !first.has(pool.key)) first.set(pool.key, key);
  }
  return first;
}

function checkLastResort({ plan, configuration: { reps }, errors, warnings }: Check): void {
  if (plan.lastResort.length === 0) {
    errors.push({
      code: 'LAST_RESORT_MISSING',
      path: ['lastResort'],
      message: 'is missing: name at least one rep who takes what no step can place',
    });
    return;
  }
  for (const [position, key] of plan.lastResort.entries()) {
    const path = ['lastResort', position];
    const rep = reps.byKey.get(key);
    if (!rep) errors.push({ code: 'UNKNOWN_REP', path, message: `there is no rep "${key}"` });
    else if (rep.status === 'LEFT') warnings.push({ code: 'REP_LEFT', path, message: `${rep.name} has left` });
  }
  const known = plan.lastResort.map((key) => reps.byKey.get(key)).filter((rep) => rep !== undefined);
  if (known.length > 0 && known.every(({ status }) => status === 'LEFT')) {
    errors.push({ code: 'LAST_RESORT_MISSING', path: ['lastResort'], message: 'names only reps who have left' });
  }
}

/** Conditions that nothing can meet, and steps from which an earlier one takes everything. */
function checkConditions(context: Check): void {
  const { plan, spaces, errors, warnings } = context;
  const takesAll = shadows(dealsItself, context);
  const comesFirst = shadows(isForAnyone, context);
  for (const [position, step] of plan.steps.entries()) {
    const space = spaces[position] ?? null;
    if (space === null) continue;
    if (isEmpty(space)) {
      errors.push({
        code: 'CONTRADICTION',
        path: ['steps', position, 'condition'],
        message: 'no lead can ever meet it',
      });
      continue;
    }
    const path = ['steps', position];
    const first = takesAll(position, space);
    if (first !== null) {
      const { key, whenNobody } = first;
      const message = `gets only leads that step "${key}" can place nowhere: that one matches all of them first and deals with them itself (whenNobody ${whenNobody.kind}); put "${step.key}" before it or remove it`;
      errors.push({ code: 'SHADOWED', path, message });
      continue;
    }
    const before = comesFirst(position, space);
    if (before === null) continue;
    const message = `gets only leads that step "${before.key}" does not place: that one matches all of them first`;
    warnings.push({ code: 'PARTLY_SHADOWED', path, message });
  }
}

/** Whether a step is not only for leads that certain reps fit. */
const isForAnyone = ({ match }: Step): boolean => match.length === 0;

/** Whether a step sees to the leads that nobody in its target can take. ASSIGN_ANYWAY keeps to its `match`; a queue takes all. */
const dealsItself = (step: Step): boolean =>
  step.target.kind === 'QUEUE' ||
  (step.whenNobody.kind === 'ASSIGN_ANYWAY' ? isForAnyone(step) : step.whenNobody.kind !== 'NEXT_STEP');

/** Beyond so many comparisons of two steps a plan is not looked through for shadows. */
const MAX_COMPARED = 100_000;

/**
 * Finds the first of certain steps that takes every lead of a later one. Whatever takes them all takes one that is made up
 * for it, so only the steps that an index finds for that one are compared: 10,000 steps are not 50 million pairs.
 */
function shadows(
  isAsked: (step: Step) => boolean,
  { plan, spaces, configuration: { segments } }: Check,
): (position: number, space: Space) => Step | null {
  const positions = [...plan.steps.keys()].filter((position) => isAsked(plan.steps[position] as Step));
  const conditions = positions.map((position) => plan.steps[position]?.condition ?? null);
  const { candidates } = compileRuleIndex(conditions, segments.condition, readerOfMadeUp);
  let compared = 0;
  return (position, space) => {
    const step = plan.steps[position] as Step;
    const values = witnessOf(space);
    if (values === null) return null;
    for (const index of candidates(madeUpLead(values), 0)) {
      const place = positions[index] as number;
      if (place >= position || compared === MAX_COMPARED) return null;
      compared += 1;
      const earlier = plan.steps[place] as Step;
      const outer = spaces[place] ?? null;
      // An owner or a territory takes only leads that have one.
      if (outer === null || (isOfMatch(earlier) && !isSameMatch(earlier, step))) continue;
      if (covers(outer, space)) return earlier;
    }
    return null;
  };
}

/** A lead that has some values and nothing else, at moments at which clocks show some. */
interface MadeUpLead extends RoutableLead {
  readonly clocks: ReadonlyMap<string, AttributeValue | null>;
}

function madeUpLead(values: ReadonlyMap<string, AttributeValue | null>): MadeUpLead {
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of values) {
    if (isAttribute(name) && value !== null) attributes[attributeName(name)] = value;
  }
  return { ...UNKNOWN_LEAD, ...Object.fromEntries(values), attributes, clocks: values };
}

/** Of what a clock shows there is always something. */
const SOME_TIME: Readonly<Record<TimeFieldName, AttributeValue>> = { weekday: 'MONDAY', hour: 0 };

function readerOfMadeUp(field: string, timeZone: string | undefined): Reader {
  if (!isTimeField(field)) return reader(field, timeZone);
  const name = qualifiedName(field, timeZone);
  return (lead) => {
    const shown = (lead as MadeUpLead).clocks.get(name);
    return shown === undefined ? SOME_TIME[field] : shown;
  };
}

const isOfMatch = ({ target }: Step): boolean => target.kind === 'ACCOUNT_OWNER' || target.kind === 'TERRITORY';
const isSameMatch = (a: Step, b: Step): boolean =>
  a.target.kind === b.target.kind && (a.target.kind === 'TERRITORY' || a.kind === b.kind);

/** What steps and the segments they refer to go by: fields that leads or reps do not have, or have of another type. */
function checkFields(context: Check): void {
  const { plan, configuration, errors, warnings } = context;
  const { byKey } = configuration.segments;
  const check = leadFieldCheck(context);
  const ofReps = fieldsOfReps(configuration);
  const checkRepField = (repField: string, path: Issue['path']): void => {
    if (ofReps.has(repField)) return;
    warnings.push({ code: 'FIELD_NOT_FILLED', path: [...path, 'repField'], message: `no rep has ${repField}` });
  };
  const seen = new Set<string>();
  const checkSegments = (condition: Condition, path: Issue['path']): void => {
    for (const key of new Set(segmentsIn(condition))) {
      const segment = byKey.get(key);
      if (!segment) errors.push({ code: 'UNKNOWN_SEGMENT', path, message: `there is no segment "${key}"` });
      if (!segment || seen.has(key)) continue;
      seen.add(key);
      checkCondition(segment.condition, ['segments', key, 'condition']);
    }
  };
  const checkCondition = (condition: Condition, path: Issue['path']): void => {
    check(comparisonsIn(condition), path);
    checkSegments(condition, path);
  };
  for (const [position, { condition, match, prefer, order }] of plan.steps.entries()) {
    if (condition !== null) checkCondition(condition, ['steps', position, 'condition']);
    for (const [part, list] of Object.entries({ match, prefer, order })) {
      for (const [index, compared] of list.entries()) {
        const path = ['steps', position, part, index];
        checkRepField(compared.repField, path);
        if ('leadField' in compared) check([{ field: compared.leadField }], [...path, 'leadField']);
      }
    }
  }
}

/** The comparisons of a condition itself, without those of its segments. */
function comparisonsIn(condition: Condition): readonly Comparison[] {
  if ('and' in condition) return condition.and.flatMap(comparisonsIn);
  if ('or' in condition) return condition.or.flatMap(comparisonsIn);
  if ('not' in condition) return comparisonsIn(condition.not);
  return [condition];
}

const attribute = (name: string): string => `attributes.${name}`;

/** Fields and attributes that somebody has who has not left. */
function fieldsOfReps({ reps }: RoutingConfiguration): ReadonlySet<string> {
  const had = new Set<string>();
  for (const rep of reps.byId.values()) {
    if (rep.status === 'LEFT') continue;
    for (const name of Object.keys(rep.attributes)) had.add(attribute(name));
    for (const field of REP_FIELDS) {
      const value = rep[field];
      if (Array.isArray(value) ? value.length > 0 : value !== null) had.add(field);
    }
  }
  return had;
}

/** Looks at fields of a lead, each of which is told once for one place. */
function leadFieldCheck({ configuration, knowledge, warnings }: Check) {
  const declared = new Map(configuration.settings.leadAttributes.map((each) => [attribute(each.name), each]));
  return (compared: readonly Partial<Comparison>[], path: Issue['path']): void => {
    const seen = new Set<string>();
    for (const { field, operator, value } of compared) {
      if (field === undefined || isTimeField(field)) continue;
      const declaration = declared.get(field);
      const fault = declaration && operator && typeFault(declaration, operator, value);
      if (fault) warnings.push({ code: 'WRONG_TYPE', path, message: `${field} ${fault}` });
      if (seen.has(field)) continue;
      seen.add(field);
      if (isAttribute(field) && !declaration && declared.size > 0) {
        warnings.push({ code: 'UNKNOWN_ATTRIBUTE', path, message: `${field} is not declared in the workspace` });
      } else if (knowledge.filled !== null && !knowledge.filled.has(field)) {
        warnings.push({ code: 'FIELD_NOT_FILLED', path, message: `none of the last leads had ${field}` });
      }
    }
  };
}

/** Why an attribute can never be what it is compared with; null where it can. */
function typeFault({ type, values }: AttributeDeclaration, operator: Operator, value: unknown): string | null {
  if (operator === 'EXISTS') return null;
  const compared = Array.isArray(value) ? value : [value];
  const known = new Set(values.map((each) => each.toLowerCase()));
  const wrong = compared.find((each) => {
    if (type !== 'ENUM') return typeof each !== (type === 'TEXT' ? 'string' : type.toLowerCase());
    if (typeof each !== 'string') return true;
    return EQUALITIES.has(operator) ? !known.has(each.toLowerCase()) : !values.some(compileTest(operator, each));
  });
  if (wrong === undefined) return null;
  const can = type === 'ENUM' ? `one of ${values.join(', ')}` : `of type ${type}`;
  return `is ${can}, so comparing it with ${JSON.stringify(wrong)} tells nothing`;
}

const EQUALITIES: ReadonlySet<Operator> = new Set(['EQUALS', 'NOT_EQUALS', 'IN', 'NOT_IN']);

/** Pools that no step, territory or backup leads to. */
function checkPools({ plan, configuration, spaces, warnings }: Check): void {
  const reached = new Set<string>();
  const reachedInVain = new Set<string>();
  const ofTerritories = [...poolsOfTerritories(configuration).keys()];
  for (const [position, step] of plan.steps.entries()) {
    const space = spaces[position] ?? null;
    const reachable = space !== null && isEmpty(space) ? reachedInVain : reached;
    for (const key of poolsOf(step)) reachable.add(key);
    if (step.whenNobody.kind === 'BACKUP_POOL') reachable.add(step.whenNobody.pool);
    for (const key of poolsOfQueue(step, configuration)) reachable.add(key);
    if (hasTerritory(step)) for (const key of ofTerritories) reachable.add(key);
  }
  const unreached = [...configuration.pools.byKey.keys()].filter((key) => !reached.has(key));
  for (const key of unreached.slice(0, MAX_LISTED)) {
    const message = reachedInVain.has(key)
      ? `only steps that no lead can meet lead to the pool "${key}"`
      : `no step, backup or territory leads to the pool "${key}"`;
    warnings.push({ code: 'POOL_UNREACHABLE', path: ['pools', key], message: message + more(unreached) });
  }
}

/** Keys of the pools in front of which the leads of a step wait. */
function poolsOfQueue({ target, whenNobody }: Step, { queues, pools }: RoutingConfiguration): string[] {
  const keys = [target, whenNobody].flatMap((way) => (way.kind === 'QUEUE' ? [way.queue] : []));
  return keys.flatMap((key) => {
    const queue = queues.byKey.get(key);
    const pool = pools.byId.get(queue?.poolId ?? '');
    return [pool?.key, queue?.overflow?.widenTo].filter((each) => each != null);
  });
}

const more = (all: readonly unknown[]): string =>
  all.length > MAX_LISTED ? ` (${all.length - MAX_LISTED} more are like this)` : '';

function checkTerritories({ configuration, knowledge, warnings }: Check): void {
  const { territories, reps, pools } = configuration;
  const all = [...territories.byId.values()];
  const report = territoryReport(
    all.map((territory) => criteriaOf(territory, territories.byId)),
    knowledge.regionsOf,
  );
  for (const { first, second, on } of report.overlaps.slice(0, MAX_LISTED)) {
    const message = `"${first}" and "${second}" both match ${on}; their position alone decides for "${first}"`;
    warnings.push({ code: 'TERRITORY_OVERLAP', path: ['territories', second], message });
  }
  for (const { where, missing } of report.gaps.slice(0, MAX_LISTED)) {
    const message = `in ${where} nobody has ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ', …' : ''}`;
    warnings.push({ code: 'TERRITORY_GAP', path: ['territories'], message });
  }
  for (const { key, repId } of all) {
    const rep = reps.byId.get(repId ?? '');
    if (rep?.status === 'LEFT') {
      const message = `points at ${rep.name}, who has left`;
      warnings.push({ code: 'TERRITORY_REP_LEFT', path: ['territories', key], message });
    }
  }
  for (const [key, territory] of poolsOfTerritories(configuration)) {
    const pool = pools.byKey.get(key) as CompiledPool;
    if (canReceive(pool, configuration)) continue;
    warnings.push(poolEmpty(pool, ['territories', territory]));
  }
}
