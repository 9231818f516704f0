import type { Issue } from './errors.ts';
import { FIELD_NAMES, fieldNamed, isAttribute, isTimeField, reader, ZONE_OF_LEAD } from './fields.ts';
import type { AttributeValue, RoutableLead } from './lead.ts';
import { isTimeZone } from './localTime.ts';

/** Operators by field type. Text is compared without regard to case. */
export const OPERATORS = [
  'EQUALS',
  'NOT_EQUALS',
  'IN',
  'NOT_IN',
  'LESS_THAN',
  'AT_MOST',
  'GREATER_THAN',
  'AT_LEAST',
  'BETWEEN',
  'CONTAINS',
  'STARTS_WITH',
  'DOMAIN_OF',
  'EXISTS',
  'MATCHES_SEGMENT',
] as const;
export type Operator = (typeof OPERATORS)[number];

export type ConditionValue = AttributeValue | readonly AttributeValue[];

export interface Comparison {
  /** A lead's field, `attributes.<name>`, `weekday` or `hour`; absent for MATCHES_SEGMENT alone. */
  readonly field?: string;
  readonly operator: Operator;
  /** BETWEEN: two numbers, both included. IN, NOT_IN: a list. EXISTS: true or false. MATCHES_SEGMENT: the segment's key. */
  readonly value: ConditionValue;
  /** With `weekday` and `hour`, and only there: IANA, or LEAD for the lead's own. */
  readonly timeZone?: string;
}

/** Structured data, not a string language: a form can edit it and the engine can index it. */
export type Condition =
  | { readonly and: readonly Condition[] }
  | { readonly or: readonly Condition[] }
  | { readonly not: Condition }
  | Comparison;

/** @param at milliseconds since 1970: when it is asked */
export type Predicate = (lead: RoutableLead, at: number) => boolean;

/** Limits of one condition. */
export const CONDITION_LIMITS = { depth: 10, comparisons: 200, listed: 1_000, text: 500 } as const;

const PARTS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'field', 'operator', 'value', 'timeZone']);
const NUMERIC: ReadonlySet<Operator> = new Set(['LESS_THAN', 'AT_MOST', 'GREATER_THAN', 'AT_LEAST', 'BETWEEN']);
const TEXTUAL: ReadonlySet<Operator> = new Set(['CONTAINS', 'STARTS_WITH', 'DOMAIN_OF']);

/**
 * Checks a value of any form for being a condition, and gives it back without empty parts. Never throws, however deep
 * the value is nested.
 */
export function parseCondition(
  value: unknown,
  path: readonly (string | number)[],
): { readonly condition: Condition | null; readonly issues: readonly Issue[] } {
  const issues: Issue[] = [];
  let comparisons = 0;
  const refuse = (at: readonly (string | number)[], message: string): null => {
    issues.push({ path: at, message });
    return null;
  };

  function parse(part: unknown, at: readonly (string | number)[], depth: number): Condition | null {
    // One fault too many has been told; the 40,000 that may follow in a wide value would say no more.
    if (issues.length >= CONDITION_LIMITS.comparisons || comparisons > CONDITION_LIMITS.comparisons) return null;
    if (depth > CONDITION_LIMITS.depth) return refuse(at, `is nested more than ${CONDITION_LIMITS.depth} deep`);
    if (part === null || typeof part !== 'object' || Array.isArray(part)) {
      return refuse(at, 'must have `and`, `or`, `not`, or `field`, `operator` and `value`');
    }
    const given = Object.fromEntries(Object.entries(part).filter(([, entry]) => entry !== null && entry !== undefined));
    const unknown = Object.keys(given).find((name) => !PARTS.has(name));
    if (unknown !== undefined) return refuse(at, `has an unknown part "${unknown}"`);
    const forms = ['and', 'or', 'not', 'operator'].filter((name) => name in given);
    if (
      forms.length !== 1 ||
      (!('operator' in given) && ['field', 'value', 'timeZone'].some((name) => name in given))
    ) {
      return refuse(at, 'must have exactly one of `and`, `or`, `not`, or a comparison with `operator`');
    }
    if ('not' in given) {
      const inner = parse(given.not, [...at, 'not'], depth + 1);
      return inner && { not: inner };
    }
    for (const form of ['and', 'or'] as const) {
      if (!(form in given)) continue;
      const list = given[form];
      if (!Array.isArray(list) || list.length === 0)
        return refuse([...at, form], 'must be a list of at least one condition');
      if (list.length > CONDITION_LIMITS.comparisons) {
        return refuse([...at, form], `has more than ${CONDITION_LIMITS.comparisons} conditions`);
      }
      const parts = list.map((entry, index) => parse(entry, [...at, form, index], depth + 1));
      if (parts.includes(null)) return null;
      return form === 'and' ? { and: parts as Condition[] } : { or: parts as Condition[] };
    }
    comparisons += 1;
    if (comparisons === CONDITION_LIMITS.comparisons + 1) {
      return refuse(at, `is comparison number ${comparisons}; ${CONDITION_LIMITS.comparisons} are the most`);
    }
    return parseComparison(given, at, refuse);
  }

  const condition = parse(value, path, 1);
  return { condition: issues.length > 0 ? null : condition, issues };
}

function parseComparison(
  given: Readonly<Record<string, unknown>>,
  at: readonly (string | number)[],
  refuse: (at: readonly (string | number)[], message: string) => null,
): Comparison | null {
  const { field, value, timeZone } = given;
  const operator = OPERATORS.find((name) => name === given.operator);
  if (!operator) return refuse([...at, 'operator'], `must be one of ${OPERATORS.join(', ')}`);
  if (operator === 'MATCHES_SEGMENT') {
    const extra = ['field', 'timeZone'].find((name) => given[name] !== undefined);
    if (extra !== undefined) return refuse([...at, extra], 'is not used with MATCHES_SEGMENT');
    return isText(value) ? { operator, value } : refuse([...at, 'value'], 'must be the key of a segment');
  }
  if (typeof field !== 'string' || !(fieldNamed(field) || isAttribute(field))) {
    return refuse([...at, 'field'], `must be a field of the lead (${FIELD_NAMES.join(', ')}) or attributes.<name>`);
  }
  const fault = valueFault(field, operator, value);
  if (fault !== null) return refuse([...at, ...fault.at], fault.message);
  if (!isTimeField(field)) {
    if (timeZone !== undefined) return refuse([...at, 'timeZone'], 'is used with weekday and hour alone');
    return { field, operator, value: value as ConditionValue };
  }
  if (typeof timeZone !== 'string' || !(timeZone === ZONE_OF_LEAD || isTimeZone(timeZone))) {
    return refuse(
      [...at, 'timeZone'],
      `must be an IANA time zone such as Europe/Berlin, or ${ZONE_OF_LEAD} for the lead’s own`,
    );
  }
  return { field, operator, value: value as ConditionValue, timeZone };
}

/** What is wrong with an operator and its value for a field, or null. */
function valueFault(field: string, operator: Operator, value: unknown): { at: [string]; message: string } | null {
  const fault = (message: string, at: 'value' | 'operator' = 'value'): { at: [string]; message: string } => ({
    at: [at],
    message,
  });
  const known = fieldNamed(field) ?? null;
  if (operator === 'EXISTS') return typeof value === 'boolean' ? null : fault('must be true or false');
  if (NUMERIC.has(operator)) {
    if (known !== null && known.type !== 'NUMBER')
      return fault(`${operator} compares numbers, and ${field} is none`, 'operator');
    if (operator === 'BETWEEN') {
      const isRange =
        Array.isArray(value) &&
        value.length === 2 &&
        value.every((end) => Number.isFinite(end)) &&
        value[0] <= value[1];
      return isRange ? null : fault('must be two numbers, the lower first');
    }
    return Number.isFinite(value) ? null : fault('must be a number');
  }
  if (TEXTUAL.has(operator)) {
    if (known !== null && known.type !== 'TEXT')
      return fault(`${operator} compares text, and ${field} is none`, 'operator');
    if (!isText(value)) return fault(TEXT_FAULT);
    return operator !== 'DOMAIN_OF' || DOMAIN.test(value) ? null : fault('must be a domain such as example.com');
  }
  if (operator === 'IN' || operator === 'NOT_IN') {
    if (!Array.isArray(value) || value.length === 0 || value.length > CONDITION_LIMITS.listed) {
      return fault(`must be a list of 1 to ${CONDITION_LIMITS.listed} values`);
    }
    for (const entry of value) {
      const wrong = typeFault(field, entry);
      if (wrong !== null) return fault(`has ${shown(entry)}, which ${wrong}`);
    }
    return null;
  }
  const wrong = typeFault(field, value);
  return wrong === null ? null : fault(wrong);
}

/** A value of any form in a message: whole lists and long texts are only named, since writing out deep ones overflows the stack. */
const shown = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.length > 50 ? `${value.slice(0, 50)}…` : value);
  return value !== null && typeof value === 'object' ? (Array.isArray(value) ? 'a list' : 'an object') : String(value);
};

/** PostgreSQL refuses NUL and lone surrogates; a lead has no other controls that could be compared. */
const CONTROL = /[\u0000-\u001F\u007F]/;
const TEXT_FAULT = `must be text of 1 to ${CONDITION_LIMITS.text} characters, on one line`;

const isText = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= CONDITION_LIMITS.text &&
  value.isWellFormed() &&
  !CONTROL.test(value);

/** No address, scheme, port or path, and no dot at either end: nothing would be of that domain. */
const DOMAIN = /^[^\s.@:/]+(\.[^\s.@:/]+)*$/;

function typeFault(field: string, value: unknown): string | null {
  const known = fieldNamed(field);
  if (known === undefined) {
    return isText(value) || Number.isFinite(value) || typeof value === 'boolean'
      ? null
      : 'must be text, a number, true or false';
  }
  switch (known.type) {
    case 'NUMBER':
      return Number.isFinite(value) ? null : 'must be a number';
    case 'BOOLEAN':
      return typeof value === 'boolean' ? null : 'must be true or false';
    case 'ENUM':
      return known.values?.includes(value as string) ? null : `must be one of ${known.values?.join(', ')}`;
    default:
      return isText(value) ? null : TEXT_FAULT;
  }
}

/** The keys of the segments a condition refers to. */
export function segmentsIn(condition: Condition): string[] {
  if ('and' in condition) return condition.and.flatMap(segmentsIn);
  if ('or' in condition) return condition.or.flatMap(segmentsIn);
  if ('not' in condition) return segmentsIn(condition.not);
  return condition.operator === 'MATCHES_SEGMENT' ? [condition.value as string] : [];
}

/** Text without regard to case; anything else as it is. */
export const fold = (value: AttributeValue): AttributeValue =>
  typeof value === 'string' ? value.toLowerCase() : value;

/**
 * A condition as a function. A comparison with what is not known is false, except NOT_EQUALS and NOT_IN.
 *
 * @param segment the predicate of a segment; throws for an unknown one, which the step that uses it reports
 */
export function compileCondition(condition: Condition, segment: (key: string) => Predicate): Predicate {
  if ('and' in condition) {
    const parts = condition.and.map((part) => compileCondition(part, segment));
    return (lead, at) => parts.every((part) => part(lead, at));
  }
  if ('or' in condition) {
    const parts = condition.or.map((part) => compileCondition(part, segment));
    return (lead, at) => parts.some((part) => part(lead, at));
  }
  if ('not' in condition) {
    const part = compileCondition(condition.not, segment);
    return (lead, at) => !part(lead, at);
  }
  if (condition.operator === 'MATCHES_SEGMENT') {
    const key = condition.value as string;
    return (lead, at) => segment(key)(lead, at);
  }
  const read = reader(condition.field as string, condition.timeZone);
  const test = compileTest(condition.operator, condition.value);
  return (lead, at) => test(read(lead, at));
}

export type Test = (value: AttributeValue | null) => boolean;

/** Whether a value, null where nothing is known, fulfils a comparison. */
export function compileTest(operator: Operator, value: ConditionValue): Test {
  const values = (Array.isArray(value) ? value : [value]).map(fold);
  const list = values.length > 1 ? new Set(values) : null;
  const [only] = values;
  const equals: Test = (given) => {
    if (given === null) return false;
    return list === null ? fold(given) === only : list.has(fold(given));
  };
  const numeric =
    (compare: (given: number) => boolean): Test =>
    (given) =>
      typeof given === 'number' && compare(given);
  const textual =
    (compare: (given: string) => boolean): Test =>
    (given) =>
      typeof given === 'string' && compare(given.toLowerCase());
  const limit = value as number;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  switch (operator) {
    case 'EQUALS':
    case 'IN':
      return equals;
    case 'NOT_EQUALS':
    case 'NOT_IN':
      return (given) => !equals(given);
    case 'LESS_THAN':
      return numeric((given) => given < limit);
    case 'AT_MOST':
      return numeric((given) => given <= limit);
    case 'GREATER_THAN':
      return numeric((given) => given > limit);
    case 'AT_LEAST':
      return numeric((given) => given >= limit);
    case 'BETWEEN': {
      const [low, high] = value as readonly [number, number];
      return numeric((given) => given >= low && given <= high);
    }
    case 'CONTAINS':
      return textual((given) => given.includes(word));
    case 'STARTS_WITH':
      return textual((given) => given.startsWith(word));
    case 'DOMAIN_OF':
      return textual((given) => {
        const domain = given.slice(given.lastIndexOf('@') + 1);
        return domain === word || domain.endsWith(`.${word}`);
      });
    case 'EXISTS':
      return (given) => (given !== null) === value;
    case 'MATCHES_SEGMENT':
      throw new TypeError('MATCHES_SEGMENT has no field to test');
  }
}
