import { type Comparison, type Condition, compileTest, fold, type Test } from './condition.ts';
import { type Field, fieldNamed, qualifiedName, ZONE_OF_LEAD } from './fields.ts';
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

/** Beyond this many boxes or parts a condition is not looked through. */
const MAX_BOXES = 256;
/** Those of segments count each time: ones that refer to others twice over double with every level. */
const MAX_PARTS = 5_000;
const MAX_DEPTH = 50;

class TooLarge extends Error {}

/**
 * The leads a condition matches. Null when that is not known: it has too many parts, or its segments go round in a
 * circle or are not there.
 *
 * @param condition null for every lead
 */
export function spaceOf(condition: Condition | null, segment: (key: string) => Condition | undefined): Space | null {
  let parts = 0;
  function boxes(part: Condition, wanted: boolean, depth: number): Space {
    parts += 1;
    if (depth > MAX_DEPTH || parts > MAX_PARTS) throw new TooLarge();
    if ('not' in part) return boxes(part.not, !wanted, depth + 1);
    const list = 'and' in part ? part.and : 'or' in part ? part.or : null;
    if (list !== null) {
      const spaces = list.map((each) => boxes(each, wanted, depth + 1));
      // Not all is any not: the two change places under a negation.
      return 'and' in part === wanted ? spaces.reduce(intersect, [new Map()]) : limited(spaces.flat());
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

const nameOf = ({ field = '', timeZone }: Comparison): string => qualifiedName(field, timeZone);

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
export function covers(outer: Space, inner: Space): boolean {
  let left = MAX_BOXES;
  /** Whether nothing of a box lies outside of all of the outer ones from a position on. */
  const isWithin = (box: Box, position: number): boolean => {
    const wider = outer[position];
    if (!wider || left === 0) return false;
    left -= 1;
    return literalsOf(wider).every((literal) => {
      const name = nameOf(literal.comparison);
      const outside = [...(box.get(name) ?? []), opposite(literal)];
      return isImpossible(outside) || isWithin(new Map(box).set(name, outside), position + 1);
    });
  };
  return inner.every((box) => outer.some((wider) => lacks(box, literalsOf(wider))) || isWithin(box, 0));
}

const literalsOf = (box: Box): readonly Literal[] => [...box.values()].flat();
const opposite = ({ comparison, holds }: Literal): Literal => ({ comparison, holds: !holds });

/** Whether a box has none of what is outside of these, one by one. */
const lacks = (box: Box, literals: readonly Literal[]): boolean =>
  literals.every((literal) => isImpossible([...(box.get(nameOf(literal.comparison)) ?? []), opposite(literal)]));

/**
 * A value for each field that a condition speaks of, by its name (and time zone), such that they meet it together; null
 * where none was found. Whatever covers the condition is met by them too.
 */
export function witnessOf([box]: Space): ReadonlyMap<string, AttributeValue | null> | null {
  if (!box) return null;
  const values = new Map<string, AttributeValue | null>();
  for (const [name, literals] of box) {
    const value = candidates(literals).find(testOf(literals));
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
    ...(fieldOf(first.comparison)?.type === 'TEXT' ? [] : witnesses(literals)),
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
  if (values !== null) return !values.some((value) => passes(value) && isInRange(value, first.comparison));
  // Nothing may be there, which null did not pass.
  if (literals.some(({ comparison, holds }) => comparison.operator === 'EXISTS' && comparison.value !== holds))
    return true;

  const positive = literals.filter(({ holds }) => holds);
  const isNumber =
    fieldOf(first.comparison)?.type === 'NUMBER' || positive.some(({ comparison }) => NUMERIC.has(comparison.operator));
  const textual = positive.filter(({ comparison }) => TEXTUAL.has(comparison.operator));
  if (isNumber) return textual.length > 0 || !witnesses(literals).some(passes);
  // What only must not be this or that is anything else.
  return textual.length > 0 && isTextImpossible(textual, literals);
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
const NEVER_NULL: ReadonlySet<string> = new Set(['source', 'priority', 'requestKind', 'qualification', 'icp']);

const isNullable = ({ field = '', timeZone }: Comparison): boolean =>
  timeZone === undefined ? !NEVER_NULL.has(field) : timeZone === ZONE_OF_LEAD;

const fieldOf = ({ field = '' }: Comparison): Field | undefined => fieldNamed(field);

/** All that a field can be; null where there is no end of it. */
function domainOf(comparison: Comparison): readonly AttributeValue[] | null {
  const known = fieldOf(comparison);
  if (known?.type === 'BOOLEAN') return [true, false];
  return known?.values ?? null;
}

/** Whether a number is one that the field can be. */
function isInRange(value: AttributeValue, comparison: Comparison): boolean {
  const range = fieldOf(comparison)?.range;
  if (!range || typeof value !== 'number') return true;
  return value >= range.least && value <= range.most && (!range.whole || Number.isInteger(value));
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

/** Numbers, such as the field can be, of which one lies in every stretch that the literals tell apart. */
function witnesses(literals: readonly Literal[]): readonly number[] {
  const [{ comparison }] = literals as readonly [Literal];
  const { least, most, whole } = fieldOf(comparison)?.range ?? ANY_NUMBER;
  const ends = literals
    .flatMap(({ comparison: { value } }) => (Array.isArray(value) ? value : [value]))
    .filter((value): value is number => typeof value === 'number');
  const sorted = [...new Set([least, ...ends, most])].sort((a, b) => a - b);
  const between = whole
    ? sorted.flatMap((end) => [Math.ceil(end) - 1, Math.floor(end) + 1])
    : sorted.slice(1).map((end, index) => (sorted[index] as number) / 2 + end / 2);
  return [...sorted, ...between].filter((value) => isInRange(value, comparison));
}

/** The ends stand for whatever lies beyond all that a condition names. */
const ANY_NUMBER = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY, whole: false };

/** Two beginnings or domains that do not go together, or something that must not be and follows from what must be. */
function isTextImpossible(positive: readonly Literal[], all: readonly Literal[]): boolean {
  const textOf = ({ comparison }: Literal): string => String(comparison.value).toLowerCase();
  const of = (operator: string): string[] =>
    positive.filter(({ comparison }) => comparison.operator === operator).map(textOf);
  const [beginnings, domains, pieces] = [of('STARTS_WITH'), of('DOMAIN_OF'), of('CONTAINS')];
  const clash = (list: readonly string[], goTogether: (a: string, b: string) => boolean): boolean =>
    list.some((a) => list.some((b) => !goTogether(a, b)));
  if (clash(beginnings, (a, b) => a.startsWith(b) || b.startsWith(a))) return true;
  if (clash(domains, (a, b) => isBelow(a, b) || isBelow(b, a))) return true;
  return all.some((literal) => {
    if (literal.holds) return false;
    const text = textOf(literal);
    switch (literal.comparison.operator) {
      case 'STARTS_WITH':
        return beginnings.some((beginning) => beginning.startsWith(text));
      case 'DOMAIN_OF':
        return domains.some((domain) => isBelow(domain, text));
      case 'CONTAINS':
        return [...beginnings, ...domains, ...pieces].some((part) => part.includes(text));
      default:
        return false;
    }
  });
}

const isBelow = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);
