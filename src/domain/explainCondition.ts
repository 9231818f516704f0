import {
  type Comparison,
  type Condition,
  type ConditionValue,
  compileCondition,
  type Operator,
  type Predicate,
} from './condition.ts';
import type { Language } from './decisionSummary.ts';
import { reader, ZONE_OF_LEAD } from './fields.ts';
import type { AttributeValue, RoutableLead } from './lead.ts';
import { SegmentFault, type Segments } from './routingConfiguration.ts';

/** No explanation names more than this many comparisons, nor a comparison more than this many values. */
const MAX_NAMED = 5;
const MAX_LISTED = 4;
/** Of a text that a lead has, or is compared with. */
const MAX_SHOWN = 60;

/**
 * Why a condition does not hold of a lead: the comparisons that failed, with what the lead has: `country is FR, not DE
 * or AT`. Null when it holds.
 */
export function whyNot(
  condition: Condition | null,
  lead: RoutableLead,
  at: number,
  segments: Segments,
  language: Language,
): string | null {
  if (condition === null) return null;
  const words = WORDS[language];
  const seen = new Set<string>();
  const holds = (part: Condition): boolean =>
    compileCondition(part, segments.predicate as (key: string) => Predicate)(lead, at);

  /** What keeps a part from being what it should be. */
  function failures(part: Condition, wanted: boolean): string[] {
    if ('not' in part) return failures(part.not, !wanted);
    const list = 'and' in part ? part.and : 'or' in part ? part.or : null;
    if (list !== null) return list.filter((each) => holds(each) !== wanted).flatMap((each) => failures(each, wanted));
    const comparison = part as Comparison;
    if (comparison.operator !== 'MATCHES_SEGMENT') return [failure(comparison, wanted, lead, at, words)];
    const key = comparison.value as string;
    const inside = segments.condition(key);
    const why = inside && wanted && !seen.has(key) ? failures(inside, wanted) : [];
    seen.add(key);
    return [words.segment(key, !wanted) + (why.length > 0 ? ` (${named(why, words)})` : '')];
  }

  try {
    return holds(condition) ? null : named(failures(condition, true), words);
  } catch (error) {
    if (error instanceof SegmentFault) return words.fault[error.kind](error.key);
    throw error;
  }
}

function named(failures: readonly string[], words: Words): string {
  const distinct = [...new Set(failures)];
  const more = distinct.length - MAX_NAMED;
  return distinct.slice(0, MAX_NAMED).join('; ') + (more > 0 ? `; ${words.andMore(more)}` : '');
}

/** What a lead has instead of what a comparison asks for. */
function failure(
  { field = '', operator, value: asked, timeZone }: Comparison,
  wanted: boolean,
  lead: RoutableLead,
  at: number,
  words: Words,
): string {
  const zone = timeZone === ZONE_OF_LEAD ? lead.timeZone : timeZone;
  if (zone === null) return words.unknown('timeZone');
  const what = zone === undefined ? field : words.shownIn(field, zone);
  const value = reader(field, timeZone)(lead, at);
  if (value === null) return words.unknown(what);
  const has = shown(value, words);
  if (operator === 'EXISTS') return words.known(what, has);
  const [positive, isNegated] = NEGATIONS[operator] ?? [operator, false];
  const telling = words.operators[positive as keyof Words['operators']];
  return words.is(what, has) + telling(listed(asked, positive, words), wanted !== isNegated);
}

/** What must not be one thing, and is, fails like what must be it, and is not. */
const NEGATIONS: Readonly<Partial<Record<Operator, readonly [Operator, boolean]>>> = {
  NOT_EQUALS: ['EQUALS', true],
  NOT_IN: ['IN', true],
};

function listed(asked: ConditionValue, operator: Operator, words: Words): string {
  const all = ((Array.isArray(asked) ? asked : [asked]) as readonly AttributeValue[]).map((each) => shown(each, words));
  if (operator === 'BETWEEN') return all.join(` ${words.and} `);
  const more = all.length - MAX_LISTED;
  const [last, ...before] = (more > 0 ? [...all.slice(0, MAX_LISTED), words.more(more)] : all).toReversed();
  return before.length === 0 ? String(last) : `${before.toReversed().join(', ')} ${words.or} ${last}`;
}

function shown(value: AttributeValue, words: Words): string {
  if (typeof value === 'number') return words.number.format(value);
  const text = String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** What follows on what a lead has: of a comparison that should hold and does not, or should not and does. */
type Telling = (asked: string, shouldHold: boolean) => string;

interface Words {
  readonly number: Intl.NumberFormat;
  readonly and: string;
  readonly or: string;
  more(count: number): string;
  andMore(count: number): string;
  shownIn(field: string, timeZone: string): string;
  unknown(field: string): string;
  known(field: string, value: string): string;
  is(field: string, value: string): string;
  segment(key: string, isIn: boolean): string;
  readonly operators: Readonly<
    Record<Exclude<Operator, 'NOT_EQUALS' | 'NOT_IN' | 'EXISTS' | 'MATCHES_SEGMENT'>, Telling>
  >;
  readonly fault: Readonly<Record<SegmentFault['kind'], (key: string) => string>>;
}

const PLAIN = { useGrouping: false, maximumFractionDigits: 20 } as const;

const notEn =
  (phrase: (asked: string) => string): Telling =>
  (asked, shouldHold) =>
    `, ${shouldHold ? 'not' : 'which is'} ${phrase(asked)}`;

const notDe =
  (phrase: (asked: string) => string): Telling =>
  (asked, shouldHold) =>
    `, ${shouldHold ? 'nicht' : 'also'} ${phrase(asked)}`;

const equalsEn: Telling = (asked, shouldHold) => (shouldHold ? `, not ${asked}` : '');
const equalsDe: Telling = (asked, shouldHold) => (shouldHold ? `, nicht ${asked}` : '');

const WORDS: Readonly<Record<Language, Words>> = {
  EN: {
    number: new Intl.NumberFormat('en', PLAIN),
    and: 'and',
    or: 'or',
    more: (count) => `${count} more`,
    andMore: (count) => `and ${count} more`,
    shownIn: (field, timeZone) => `${field} in ${timeZone}`,
    unknown: (field) => `${field} is not known`,
    known: (field, value) => `${field} is known: ${value}`,
    is: (field, value) => `${field} is ${value}`,
    segment: (key, isIn) => (isIn ? `in the segment ${key}` : `not in the segment ${key}`),
    operators: {
      EQUALS: equalsEn,
      IN: equalsEn,
      LESS_THAN: notEn((asked) => `below ${asked}`),
      AT_MOST: notEn((asked) => `${asked} or less`),
      GREATER_THAN: notEn((asked) => `above ${asked}`),
      AT_LEAST: notEn((asked) => `${asked} or more`),
      BETWEEN: notEn((asked) => `between ${asked}`),
      CONTAINS: (asked, shouldHold) => `, which ${shouldHold ? 'does not contain' : 'contains'} “${asked}”`,
      STARTS_WITH: (asked, shouldHold) => `, which ${shouldHold ? 'does not begin' : 'begins'} with “${asked}”`,
      DOMAIN_OF: notEn((asked) => `at ${asked}`),
    },
    fault: {
      UNKNOWN: (key) => `there is no segment ${key}`,
      CIRCLE: (key) => `the segment ${key} refers to itself`,
    },
  },
  DE: {
    number: new Intl.NumberFormat('de', PLAIN),
    and: 'und',
    or: 'oder',
    more: (count) => `${count} weitere`,
    andMore: (count) => `und ${count} weitere`,
    shownIn: (field, timeZone) => `${field} in ${timeZone}`,
    unknown: (field) => `${field} ist nicht bekannt`,
    known: (field, value) => `${field} ist bekannt: ${value}`,
    is: (field, value) => `${field} ist ${value}`,
    segment: (key, isIn) => (isIn ? `im Segment ${key}` : `nicht im Segment ${key}`),
    operators: {
      EQUALS: equalsDe,
      IN: equalsDe,
      LESS_THAN: notDe((asked) => `unter ${asked}`),
      AT_MOST: notDe((asked) => `${asked} oder weniger`),
      GREATER_THAN: notDe((asked) => `über ${asked}`),
      AT_LEAST: notDe((asked) => `${asked} oder mehr`),
      BETWEEN: notDe((asked) => `zwischen ${asked}`),
      CONTAINS: (asked, shouldHold) => ` und enthält ${shouldHold ? 'nicht ' : ''}„${asked}“`,
      STARTS_WITH: (asked, shouldHold) => ` und beginnt ${shouldHold ? 'nicht ' : ''}mit „${asked}“`,
      DOMAIN_OF: notDe((asked) => `bei ${asked}`),
    },
    fault: {
      UNKNOWN: (key) => `es gibt kein Segment ${key}`,
      CIRCLE: (key) => `das Segment ${key} verweist auf sich selbst`,
    },
  },
};
