import { type Comparison, type Condition, compileTest, fold, type Test } from './condition.ts';
import { fieldNamed, ZONE_OF_LEAD } from './fields.ts';
import type { AttributeValue } from './lead.ts';

/*
 * What a condition can match, as a set: a disjunction of boxes, each of which says of some fields what must hold. Whether
 * one condition covers another is asked by refutation: nothing may be in the one and not in the other.
 */

/** A comparison that must hold, or must not. */
interface Literal {
  readonly comparison: Comparison;
  readonly holds: boolean;
}

/** What must hold of each field, by its name (and time zone). */
type Box = ReadonlyMap<string, readonly Literal[]>;
export type Space = readonly Box[];

/** Beyond this many boxes a condition is not looked through. */
const MAX_BOXES = 256;
const MAX_DEPTH = 50;

class TooLarge extends Error {}

/**
 * The leads a condition matches. Null when that is not known: it has too many parts, or its segments go round in a
 * circle or are not there.
 *
 * @param condition null for every lead
 */
export function spaceOf(condition: Condition | null, segment: (key: string) => Condition | undefined): Space | null {
  function boxes(part: Condition, wanted: boolean, depth: number): Space {
    if (depth > MAX_DEPTH) throw new TooLarge();
    if ('not' in part) return boxes(part.not, !wanted, depth + 1);
    const list = 'and' in part ? part.and : 'or' in part ? part.or : null;
    if (list !== null) {
      const parts = list.map((each) => boxes(each, wanted, depth + 1));
      // Not all is any not: the two change places under a negation.
      return 'and' in part === wanted ? parts.reduce(intersect, [new Map()]) : limited(parts.flat());
    }
    const comparison = part as Comparison;
    if (comparison.operator === 'MATCHES_SEGMENT') {
      const inside = segment(comparison.value as string);
      if (!inside) throw new TooLarge();
      return boxes(inside, wanted, depth + 1);
    }
    return [new Map([[nameOf(comparison), [{ comparison, holds: wanted }]]])];
  }
  if (condition === null) return [new Map()];
  try {
    return boxes(condition, true, 0).filter((box) => !isEmptyBox(box));
  } catch (error) {
    if (error instanceof TooLarge) return null;
    throw error;
  }
}

const nameOf = ({ field = '', timeZone }: Comparison): string =>
  timeZone === undefined ? field : `${field}@${timeZone}`;

function limited(space: Space): Space {
  if (space.length > MAX_BOXES) throw new TooLarge();
  return space;
}

const intersect = (a: Space, b: Space): Space => {
  if (a.length * b.length > MAX_BOXES) throw new TooLarge();
  return a.flatMap((one) => b.map((other) => both(one, other)));
};

function both(a: Box, b: Box): Box {
  const box = new Map(a);
  for (const [name, literals] of b) box.set(name, [...(box.get(name) ?? []), ...literals]);
  return box;
}

/** Whether no lead can match. */
export const isEmpty = (space: Space): boolean => space.length === 0;

/** Whether every lead that matches `inner` matches `outer`; never true wrongly. */
export const covers = (outer: Space, inner: Space): boolean =>
  inner.every((box) =>
    outer.some((wider) => Array.from(wider).every(([name, literals]) => implies(box, name, literals))),
  );

const implies = (box: Box, name: string, literals: readonly Literal[]): boolean =>
  literals.every(({ comparison, holds }) => isImpossible([...(box.get(name) ?? []), { comparison, holds: !holds }]));

/** Whether no lead matches both; never true wrongly. */
export const disjoint = (a: Space, b: Space): boolean =>
  a.every((one) => b.every((other) => isEmptyBox(both(one, other))));

/**
 * A value for each field that a condition speaks of, such that they meet it together; null where none was found, and for
 * conditions over the time. Whatever covers the condition is met by them too.
 */
export function witnessOf([box]: Space): ReadonlyMap<string, AttributeValue | null> | null {
  if (!box) return null;
  const values = new Map<string, AttributeValue | null>();
  for (const [name, literals] of box) {
    const value = name.includes('@') ? undefined : candidates(literals).find(testOf(literals));
    if (value === undefined) return null;
    values.set(name, value);
  }
  return values;
}

/** Values of which one is likely to make all of these true. */
function candidates(literals: readonly Literal[]): readonly (AttributeValue | null)[] {
  const [first] = literals;
  if (!first) return [null];
  const known = domainOf(first.comparison) ?? allowedBy(literals);
  if (known !== null) return known;
  const textsOf = (operator: string): string[] =>
    literals
      .filter(({ comparison, holds }) => holds && comparison.operator === operator)
      .map(({ comparison }) => String(comparison.value).toLowerCase())
      .sort((a, b) => b.length - a.length);
  const [beginning = ''] = textsOf('STARTS_WITH');
  const [domain = ''] = textsOf('DOMAIN_OF');
  const text = [beginning, ...textsOf('CONTAINS')].join(' ');
  return [
    ...(isNullable(first.comparison) ? [null] : []),
    ...witnesses(literals),
    domain === '' ? text : `${text}@${domain}`,
    beginning,
    'something else',
  ];
}

const isEmptyBox = (box: Box): boolean => Array.from(box.values()).some(isImpossible);

/** Whether no value of a field makes all of these true. */
function isImpossible(literals: readonly Literal[]): boolean {
  const [first] = literals;
  if (!first) return false;
  const passes = testOf(literals);
  if (isNullable(first.comparison) && passes(null)) return false;

  const values = domainOf(first.comparison) ?? allowedBy(literals);
  if (values !== null) return !values.some(passes);

  const positive = literals.filter(({ holds }) => holds);
  const numeric = positive.filter(({ comparison }) => NUMERIC.has(comparison.operator));
  const textual = positive.filter(({ comparison }) => TEXTUAL.has(comparison.operator));
  if (numeric.length > 0) return textual.length > 0 || !witnesses(literals).some(passes);
  if (textual.length > 0) return isTextImpossible(textual, literals);
  // What only must not be this or that is anything else; unless nothing at all may be there, which null did not pass.
  return literals.some(({ comparison, holds }) => comparison.operator === 'EXISTS' && comparison.value !== holds);
}

/** Whether a value makes all of these true. */
function testOf(literals: readonly Literal[]): Test {
  const tests = literals.map(({ comparison, holds }): Test => {
    const test = compileTest(comparison.operator, comparison.value);
    return (value) => test(value) === holds;
  });
  return (value) => tests.every((test) => test(value));
}

const NUMERIC: ReadonlySet<string> = new Set(['LESS_THAN', 'AT_MOST', 'GREATER_THAN', 'AT_LEAST', 'BETWEEN']);
const TEXTUAL: ReadonlySet<string> = new Set(['CONTAINS', 'STARTS_WITH', 'DOMAIN_OF']);

/** Fields that every lead has. */
const NEVER_NULL: ReadonlySet<string> = new Set(['source', 'requestKind', 'qualification', 'icp']);

const isNullable = ({ field = '', timeZone }: Comparison): boolean =>
  timeZone === undefined ? !NEVER_NULL.has(field) : timeZone === ZONE_OF_LEAD;

/** All that a field can be; null where there is no end of it. */
function domainOf({ field = '' }: Comparison): readonly AttributeValue[] | null {
  const known = fieldNamed(field);
  if (known?.type === 'BOOLEAN') return [true, false];
  return known?.values ?? null;
}

/** The few values that an equality leaves; null where there is none. */
function allowedBy(literals: readonly Literal[]): readonly AttributeValue[] | null {
  for (const { comparison, holds } of literals) {
    const { operator, value } = comparison;
    const isEquality = holds
      ? operator === 'EQUALS' || operator === 'IN'
      : operator === 'NOT_EQUALS' || operator === 'NOT_IN';
    if (isEquality) return ((Array.isArray(value) ? value : [value]) as readonly AttributeValue[]).map(fold);
  }
  return null;
}

/** Numbers of which one lies in every stretch that the literals tell apart. */
function witnesses(literals: readonly Literal[]): readonly number[] {
  const ends = literals
    .flatMap(({ comparison: { value } }) => (Array.isArray(value) ? value : [value]))
    .filter((value): value is number => typeof value === 'number');
  const sorted = [...new Set(ends)].sort((a, b) => a - b);
  const between = sorted.slice(1).map((end, index) => ((sorted[index] as number) + end) / 2);
  return [...sorted, ...between, (sorted[0] ?? 0) - 1, (sorted.at(-1) ?? 0) + 1];
}

/** Two beginnings or domains that do not go together, or something that must not be and follows from what must be. */
function isTextImpossible(positive: readonly Literal[], all: readonly Literal[]): boolean {
  const textOf = ({ comparison }: Literal): string => String(comparison.value).toLowerCase();
  const of = (operator: string): string[] =>
    positive.filter(({ comparison }) => comparison.operator === operator).map(textOf);
  const [beginnings, domains, pieces] = [of('STARTS_WITH'), of('DOMAIN_OF'), of('CONTAINS')];
  const clash = (list: readonly string[], goTogether: (a: string, b: string) => boolean): boolean =>
    list.some((a) => list.some((b) => !goTogether(a, b)));
  if (clash(beginnings, (a, b) => a.startsWith(b) || b.startsWith(a))) return true;
  if (clash(domains, (a, b) => isWithin(a, b) || isWithin(b, a))) return true;
  return all.some((literal) => {
    if (literal.holds) return false;
    const text = textOf(literal);
    switch (literal.comparison.operator) {
      case 'STARTS_WITH':
        return beginnings.some((beginning) => beginning.startsWith(text));
      case 'DOMAIN_OF':
        return domains.some((domain) => isWithin(domain, text));
      case 'CONTAINS':
        return [...beginnings, ...domains, ...pieces].some((part) => part.includes(text));
      case 'EXISTS':
        return literal.comparison.value === true;
      default:
        return false;
    }
  });
}

const isWithin = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);
