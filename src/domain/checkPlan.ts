import { type Condition, segmentsIn } from './condition.ts';
import { covers, isEmpty, type Space, spaceOf, witnessOf } from './conditionSpace.ts';
import type { AttributeDeclaration } from './configuration.ts';
import type { Issue } from './errors.ts';
import { attributeName, isAttribute } from './fields.ts';
import { type AttributeValue, type RoutableLead, UNKNOWN_LEAD } from './lead.ts';
import type { Plan, Step } from './plan.ts';
import {
  type CompiledPlan,
  type CompiledPool,
  compilePlan,
  type RoutingConfiguration,
} from './routingConfiguration.ts';
import { criteriaOf } from './territories.ts';
import { territoryReport } from './territoryReport.ts';

/** What may be wrong with a plan; one code per kind of fault. */
export const FINDINGS = [
  'KEY_TWICE',
  'UNKNOWN_REP',
  'REP_LEFT',
  'UNKNOWN_POOL',
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
  const context: Check = { plan, configuration, knowledge, errors, warnings };
  checkSteps(context);
  checkLastResort(context);
  checkConditions(context);
  checkPools(context);
  if (plan.steps.some(({ target }) => target.kind === 'TERRITORY')) checkTerritories(context);
  return { errors: errors.slice(0, MAX_FINDINGS), warnings: warnings.slice(0, MAX_FINDINGS) };
}

interface Check {
  readonly plan: Pick<Plan, 'steps' | 'lastResort'>;
  readonly configuration: RoutingConfiguration;
  readonly knowledge: Knowledge;
  readonly errors: Finding[];
  readonly warnings: Finding[];
}

function checkSteps({ plan, configuration, errors, warnings }: Check): void {
  const { reps, pools, segments } = configuration;
  const checkRep = (key: string, path: Issue['path']): void => {
    const rep = reps.byKey.get(key);
    if (!rep) errors.push({ code: 'UNKNOWN_REP', path, message: `there is no rep "${key}"` });
    else if (rep.status === 'LEFT') errors.push({ code: 'REP_LEFT', path, message: `${rep.name} has left` });
  };
  const checkPool = (key: string, path: Issue['path']): void => {
    const pool = pools.byKey.get(key);
    if (!pool) {
      errors.push({ code: 'UNKNOWN_POOL', path, message: `there is no pool "${key}"` });
    } else if (!canReceive(pool, configuration)) {
      const message = `pool "${key}" has nobody who could receive a lead; leads go on to whenNobody`;
      warnings.push({ code: 'POOL_EMPTY', path, message });
    }
  };
  const positions = new Map<string, number>();
  for (const [position, step] of plan.steps.entries()) {
    const path = ['steps', position];
    const first = positions.get(step.key);
    if (first !== undefined) {
      const message = `"${step.key}" is the key of step ${first} as well`;
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
    if (whenNobody.kind === 'BACKUP_POOL') {
      checkPool(whenNobody.pool, [...path, 'whenNobody', 'pool']);
      if (poolsOf(step).includes(whenNobody.pool)) {
        const message = `pool "${whenNobody.pool}" is its own backup: who could not take the lead is asked again`;
        warnings.push({ code: 'BACKUP_CIRCLE', path: [...path, 'whenNobody', 'pool'], message });
      }
    }
    for (const key of step.condition === null ? [] : segmentsIn(step.condition)) {
      if (!segments.byKey.has(key)) {
        errors.push({ code: 'UNKNOWN_SEGMENT', path: [...path, 'condition'], message: `there is no segment "${key}"` });
      }
    }
  }
}

const canReceive = (pool: CompiledPool, { reps }: RoutingConfiguration): boolean =>
  pool.members.some(
    ({ repId, weight, segmentWeights }) =>
      (weight > 0 || Object.values(segmentWeights).some((each) => each > 0)) && reps.byId.get(repId)?.status !== 'LEFT',
  );

/** Keys of the pools that a step's own target names. */
const poolsOf = ({ target }: Step): readonly string[] =>
  target.kind === 'POOL' ? [target.pool] : target.kind === 'POOLS' ? target.pools.map(({ pool }) => pool) : [];

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

/** Conditions that nothing can meet, that an earlier step takes everything from, or that go by what leads do not have. */
function checkConditions(context: Check): void {
  const { plan, configuration, errors } = context;
  const { segments } = configuration;
  const { condition: segment } = segments;
  const compiled = compilePlan({ version: 0, ...plan }, segments);
  const spaces = plan.steps.map(({ condition }) => spaceOf(condition, segment));
  for (const [position, step] of plan.steps.entries()) {
    const path = ['steps', position, 'condition'];
    const space = spaces[position] ?? null;
    if (step.condition !== null) checkFields(step.condition, path, context);
    if (space === null) continue;
    if (isEmpty(space)) {
      errors.push({ code: 'CONTRADICTION', path, message: 'no lead can meet it: it contradicts itself' });
      continue;
    }
    const shadow = shadowOf(position, space, spaces, compiled);
    if (shadow !== null) reportShadow(step, shadow, ['steps', position], context);
  }
}

/**
 * The first earlier step that takes every lead of this one. Whatever takes them all takes one that is made up for it, so
 * only the steps that the index finds for that one are compared: 10,000 steps are not 50 million pairs.
 */
function shadowOf(
  position: number,
  space: Space,
  spaces: readonly (Space | null)[],
  { steps, candidates }: CompiledPlan,
): Step | null {
  const step = steps[position] as Step;
  const values = witnessOf(space);
  if (values === null) return null;
  for (const index of candidates(leadWith(values), 0)) {
    if (index >= position) return null;
    const earlier = steps[index] as Step;
    const outer = spaces[index] ?? null;
    // An owner or a territory takes only leads that have one.
    if (outer === null || (isOfMatch(earlier) && !isSameMatch(earlier, step))) continue;
    if (covers(outer, space)) return earlier;
  }
  return null;
}

/** A lead that has these, and nothing else. */
function leadWith(values: ReadonlyMap<string, AttributeValue | null>): RoutableLead {
  const fields: Record<string, AttributeValue | null> = {};
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of values) {
    if (!isAttribute(name)) fields[name] = value;
    else if (value !== null) attributes[attributeName(name)] = value;
  }
  return { ...UNKNOWN_LEAD, ...fields, attributes };
}

const isOfMatch = ({ target }: Step): boolean => target.kind === 'ACCOUNT_OWNER' || target.kind === 'TERRITORY';
const isSameMatch = (a: Step, b: Step): boolean =>
  a.target.kind === b.target.kind && (a.target.kind === 'TERRITORY' || a.kind === b.kind);

function reportShadow(step: Step, shadow: Step, path: Issue['path'], { errors, warnings }: Check): void {
  const selective = shadow.match.length > 0;
  if (shadow.whenNobody.kind === 'NEXT_STEP' || selective) {
    const message = `gets only leads that nobody in step "${shadow.key}" can take: that one matches all of them first`;
    warnings.push({ code: 'PARTLY_SHADOWED', path, message });
    return;
  }
  const message = `never gets a lead: step "${shadow.key}" matches all of them first and deals with them itself (whenNobody ${shadow.whenNobody.kind}); put "${step.key}" before it or remove it`;
  errors.push({ code: 'SHADOWED', path, message });
}

/** Attributes that are not declared, or compared with what they cannot be; fields that no lead of late has had. */
function checkFields(condition: Condition, path: Issue['path'], context: Check): void {
  const { configuration, knowledge, warnings } = context;
  const declared = new Map(configuration.settings.leadAttributes.map((each) => [each.name, each]));
  const seen = new Set<string>();
  const look = (part: Condition): void => {
    if ('and' in part) part.and.forEach(look);
    else if ('or' in part) part.or.forEach(look);
    else if ('not' in part) look(part.not);
    else if (part.field !== undefined) {
      const { field } = part;
      const declaration = isAttribute(field) ? declared.get(attributeName(field)) : undefined;
      const fault = declaration && typeFault(declaration, part.operator, part.value);
      if (fault) warnings.push({ code: 'WRONG_TYPE', path, message: `${field} ${fault}` });
      if (seen.has(field)) return;
      seen.add(field);
      if (isAttribute(field) && !declaration && declared.size > 0) {
        warnings.push({ code: 'UNKNOWN_ATTRIBUTE', path, message: `${field} is not declared in the workspace` });
      } else if (knowledge.filled !== null && !knowledge.filled.has(field)) {
        warnings.push({ code: 'FIELD_NOT_FILLED', path, message: `none of the last leads had ${field}` });
      }
    }
  };
  look(condition);
}

function typeFault({ type, values }: AttributeDeclaration, operator: string, value: unknown): string | null {
  if (operator === 'EXISTS') return null;
  const given = Array.isArray(value) ? value : [value];
  const wrong = given.find((each) => {
    if (type === 'ENUM') return !values.some((known) => known.toLowerCase() === String(each).toLowerCase());
    return typeof each !== (type === 'TEXT' ? 'string' : type.toLowerCase());
  });
  if (wrong === undefined) return null;
  const can = type === 'ENUM' ? `one of ${values.join(', ')}` : `of type ${type}`;
  return `is ${can}, so it is never compared with ${JSON.stringify(wrong)}`;
}

/** Pools that no step, territory or backup leads to. */
function checkPools({ plan, configuration, warnings }: Check): void {
  const reached = new Set(plan.steps.flatMap(poolsOf));
  for (const { whenNobody } of plan.steps) if (whenNobody.kind === 'BACKUP_POOL') reached.add(whenNobody.pool);
  if (plan.steps.some(({ target }) => target.kind === 'TERRITORY')) {
    for (const { poolId } of configuration.territories.byId.values()) {
      const pool = configuration.pools.byId.get(poolId ?? '');
      if (pool) reached.add(pool.key);
    }
  }
  const unreached = [...configuration.pools.byKey.keys()].filter((key) => !reached.has(key));
  for (const key of unreached.slice(0, MAX_LISTED)) {
    const message = `no step, backup or territory leads to the pool "${key}"${more(unreached)}`;
    warnings.push({ code: 'POOL_UNREACHABLE', path: ['pools', key], message });
  }
}

const more = (all: readonly unknown[]): string =>
  all.length > MAX_LISTED ? ` (${all.length - MAX_LISTED} more are like this)` : '';

function checkTerritories({ configuration, knowledge, warnings }: Check): void {
  const { territories, reps } = configuration;
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
}
