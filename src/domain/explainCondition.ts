import { type Comparison, type Condition, type ConditionValue, compileCondition, type Predicate } from './condition.ts';
import type { Language } from './decisionSummary.ts';
import { reader } from './fields.ts';
import type { AttributeValue, RoutableLead } from './lead.ts';
import type { Segments } from './routingConfiguration.ts';

/** No explanation names more than this many comparisons. */
const MAX_NAMED = 5;

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
    if (comparison.operator === 'MATCHES_SEGMENT') {
      const key = comparison.value as string;
      const inside = segments.condition(key);
      const why = inside && wanted && !seen.has(key) ? failures(inside, wanted) : [];
      seen.add(key);
      return [words.segment(key, wanted) + (why.length > 0 ? ` (${why.slice(0, MAX_NAMED).join(', ')})` : '')];
    }
    const { field = '', timeZone } = comparison;
    const value = reader(field, timeZone)(lead, at);
    return [words.comparison(field, value, comparison.operator, listed(comparison.value, words.or), wanted)];
  }

  try {
    if (holds(condition)) return null;
    const found = [...new Set(failures(condition, true))];
    const more = found.length - MAX_NAMED;
    return `${found.slice(0, MAX_NAMED).join('; ')}${more > 0 ? words.more(more) : ''}`;
  } catch (error) {
    return words.failed((error as Error).message);
  }
}

const MAX_LISTED = 4;

function listed(value: ConditionValue, or: string): string {
  if (!Array.isArray(value)) return String(value);
  const shown = value.slice(0, MAX_LISTED).map(String);
  if (value.length > MAX_LISTED) return `${shown.join(', ')}, …`;
  return shown.length === 1 ? (shown[0] as string) : `${shown.slice(0, -1).join(', ')} ${or} ${shown.at(-1)}`;
}

interface Words {
  readonly or: string;
  segment(key: string, wanted: boolean): string;
  comparison(
    field: string,
    value: AttributeValue | null,
    operator: Comparison['operator'],
    wanted: string,
    toHold: boolean,
  ): string;
  more(count: number): string;
  failed(message: string): string;
}

const EN: Readonly<Partial<Record<Comparison['operator'], string>>> = {
  EQUALS: 'not',
  IN: 'not',
  LESS_THAN: 'not below',
  AT_MOST: 'not at most',
  GREATER_THAN: 'not above',
  AT_LEAST: 'not at least',
  BETWEEN: 'not between',
  CONTAINS: 'without',
  STARTS_WITH: 'not beginning with',
  DOMAIN_OF: 'not at',
};

const DE: Readonly<Partial<Record<Comparison['operator'], string>>> = {
  EQUALS: 'nicht',
  IN: 'nicht',
  LESS_THAN: 'nicht unter',
  AT_MOST: 'nicht höchstens',
  GREATER_THAN: 'nicht über',
  AT_LEAST: 'nicht mindestens',
  BETWEEN: 'nicht zwischen',
  CONTAINS: 'ohne',
  STARTS_WITH: 'beginnt nicht mit',
  DOMAIN_OF: 'nicht bei',
};

const WORDS: Readonly<Record<Language, Words>> = {
  EN: {
    or: 'or',
    segment: (key, wanted) => (wanted ? `not in the segment ${key}` : `in the segment ${key}`),
    comparison: (field, value, operator, wanted, toHold) => {
      if (operator === 'EXISTS') return value === null ? `${field} is not known` : `${field} is ${value}`;
      if (value === null) return `${field} is not known`;
      const word = EN[operator];
      return toHold && word ? `${field} is ${value}, ${word} ${wanted}` : `${field} is ${value}`;
    },
    more: (count) => `; and ${count} more`,
    failed: (message) => `the condition failed: ${message}`,
  },
  DE: {
    or: 'oder',
    segment: (key, wanted) => (wanted ? `nicht im Segment ${key}` : `im Segment ${key}`),
    comparison: (field, value, operator, wanted, toHold) => {
      if (operator === 'EXISTS') return value === null ? `${field} ist nicht bekannt` : `${field} ist ${value}`;
      if (value === null) return `${field} ist nicht bekannt`;
      const word = DE[operator];
      return toHold && word ? `${field} ist ${value}, ${word} ${wanted}` : `${field} ist ${value}`;
    },
    more: (count) => `; und ${count} weitere`,
    failed: (message) => `die Bedingung ist fehlgeschlagen: ${message}`,
  },
};
