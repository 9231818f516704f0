import { describe, expect, test } from 'vitest';
import {
  type Comparison,
  type Condition,
  type ConditionValue,
  compileCondition,
  type Operator,
  parseCondition,
} from '../../src/domain/condition.ts';
import { LEAD_FIELDS } from '../../src/domain/fields.ts';
import type { AttributeValue, RoutableLead } from '../../src/domain/lead.ts';
import { lead } from '../support/routing.ts';

const noSegment = (): never => {
  throw new Error('no segment is expected');
};

/** A Tuesday, 09:30 in Berlin, 17:30 in Tokyo, 02:00 in St. John’s. */
const AT = Date.UTC(2026, 0, 20, 8, 30);

const holds = (condition: Condition, given: RoutableLead): boolean => compileCondition(condition, noSegment)(given, AT);

const leadWith = (field: string, value: AttributeValue | null): RoutableLead => {
  if (!field.startsWith('attributes.')) return lead({ [field]: value });
  return lead({ attributes: value === null ? {} : { [field.slice('attributes.'.length)]: value } });
};

/** What the lead has, what it is compared with, and whether that holds. */
type Row = readonly [field: string, has: AttributeValue | null, asked: ConditionValue, holds: boolean];

const TABLE: Readonly<Partial<Record<Operator, readonly Row[]>>> = {
  EQUALS: [
    ['country', 'DE', 'DE', true],
    ['country', 'DE', 'de', true],
    ['city', 'münchen', 'MÜNCHEN', true],
    ['country', 'DE', 'D', false],
    ['country', null, 'DE', false],
    ['postalCode', '01067', '1067', false],
    ['employees', 50, 50, true],
    ['employees', 0, 0, true],
    ['employees', 51, 50, false],
    ['employees', null, 0, false],
    ['score', 0.1 + 0.2, 0.3, false],
    ['icp', true, true, true],
    ['icp', false, false, true],
    ['icp', false, true, false],
    ['requestKind', 'DEMO', 'DEMO', true],
    ['requestKind', 'DEMO', 'TRIAL', false],
    ['qualification', 'MQL', 'MQL', true],
    ['attributes.plan', 'Gold', 'gOLD', true],
    ['attributes.plan', null, 'gold', false],
    ['attributes.size', 42, 42, true],
    ['attributes.size', '42', 42, false],
    ['attributes.size', 42, '42', false],
    ['attributes.vip', true, true, true],
    ['attributes.vip', 'true', true, false],
    ['attributes.vip', 0, false, false],
    ['attributes.toString', null, 'function', false],
  ],
  IN: [
    ['country', 'at', ['DE', 'AT'], true],
    ['country', 'CH', ['DE', 'AT'], false],
    ['country', 'DE', ['de'], true],
    ['country', null, ['DE', 'AT'], false],
    ['employees', 3, [1, 2, 3], true],
    ['employees', 4, [1, 2, 3], false],
    ['icp', false, [true, false], true],
    ['requestKind', 'PRICING', ['DEMO', 'PRICING'], true],
    ['attributes.mixed', 1, ['1', true], false],
    ['attributes.mixed', true, ['1', true], true],
    ['attributes.mixed', null, ['1', true], false],
  ],
  LESS_THAN: [
    ['employees', 49, 50, true],
    ['employees', 50, 50, false],
    ['employees', 51, 50, false],
    ['employees', null, 50, false],
    ['score', 49.9, 50, true],
    ['attributes.size', -1, 0, true],
    ['attributes.size', '1', 50, false],
    ['attributes.size', false, 50, false],
    ['attributes.size', null, 50, false],
  ],
  AT_MOST: [
    ['employees', 50, 50, true],
    ['employees', 51, 50, false],
    ['employees', null, 50, false],
    ['attributes.size', '50', 50, false],
  ],
  GREATER_THAN: [
    ['employees', 51, 50, true],
    ['employees', 50, 50, false],
    ['employees', null, -1, false],
    ['attributes.size', '51', 50, false],
    ['attributes.size', true, 0, false],
  ],
  AT_LEAST: [
    ['employees', 50, 50, true],
    ['employees', 49, 50, false],
    ['employees', null, 0, false],
    ['score', 50, 50, true],
  ],
  BETWEEN: [
    ['employees', 49, [50, 499], false],
    ['employees', 50, [50, 499], true],
    ['employees', 499, [50, 499], true],
    ['employees', 500, [50, 499], false],
    ['employees', 7, [7, 7], true],
    ['employees', null, [0, 499], false],
    ['attributes.size', '60', [50, 499], false],
  ],
  CONTAINS: [
    ['jobTitle', 'Deputy VP of Sales', 'vp', true],
    ['jobTitle', 'vp', 'VP', true],
    ['jobTitle', 'V.P.', 'vp', false],
    ['jobTitle', null, 'vp', false],
    ['industry', 'IT & software', '& ', true],
    ['attributes.tags', 'Red,Blue', 'd,b', true],
    ['attributes.tags', 15, '5', false],
    ['attributes.tags', true, 'true', false],
  ],
  STARTS_WITH: [
    ['postalCode', '01067', '010', true],
    ['postalCode', '10115', '010', false],
    ['jobTitle', 'Head of Sales', 'HEAD', true],
    ['jobTitle', 'Head', 'Head of', false],
    ['phone', '+4930123', '+49', true],
    ['phone', null, '+49', false],
    ['attributes.size', 100, '1', false],
  ],
  DOMAIN_OF: [
    ['email', 'ada@acme.example', 'acme.example', true],
    ['email', 'ada@acme.example', 'ACME.example', true],
    ['email', 'ada@mail.acme.example', 'acme.example', true],
    ['email', 'ada@acme.example', 'mail.acme.example', false],
    ['email', 'ada@notacme.example', 'acme.example', false],
    ['email', 'acme.example@evil.example', 'acme.example', false],
    ['email', 'ada@acme.example', 'example', true],
    ['email', null, 'acme.example', false],
    ['companyDomain', 'acme.example', 'acme.example', true],
    ['companyDomain', 'shop.acme.example', 'acme.example', true],
    ['attributes.site', 'ACME.example', 'acme.example', true],
    ['attributes.site', 7, 'acme.example', false],
  ],
  EXISTS: [
    ['phone', '+4930123', true, true],
    ['phone', null, true, false],
    ['phone', '+4930123', false, false],
    ['phone', null, false, true],
    ['employees', 0, true, true],
    ['icp', false, true, true],
    ['qualification', 'NONE', true, true],
    ['attributes.plan', '', true, true],
    ['attributes.plan', null, true, false],
    ['attributes.vip', false, true, true],
    ['attributes.constructor', null, true, false],
    ['attributes.constructor', null, false, true],
  ],
};

/** Operators that hold wherever another one does not, also of what is not known. */
const OPPOSITES = { EQUALS: 'NOT_EQUALS', IN: 'NOT_IN' } as const;

const ROWS = Object.entries(TABLE).flatMap(([operator, rows]) =>
  rows.map(([field, has, value, expected]) => ({
    comparison: { field, operator: operator as Operator, value } satisfies Comparison,
    has,
    given: leadWith(field, has),
    expected,
  })),
);

describe('a comparison', () => {
  test.each(ROWS)('$comparison.field $comparison.operator $comparison.value of $has is $expected', (row) => {
    expect(holds(row.comparison, row.given)).toBe(row.expected);
    expect(holds({ not: row.comparison }, row.given)).toBe(!row.expected);
    // Whatever the table says is something that a plan can say.
    expect(parseCondition(row.comparison, []).condition).toEqual(row.comparison);
  });

  const negated = ROWS.filter(({ comparison }) => comparison.operator in OPPOSITES);
  test.each(negated)('$comparison.field $comparison.operator $comparison.value of $has has an opposite', (row) => {
    const operator = OPPOSITES[row.comparison.operator as keyof typeof OPPOSITES];
    expect(holds({ ...row.comparison, operator }, row.given)).toBe(!row.expected);
  });
});

describe('weekday and hour', () => {
  test.each<[Comparison, string | null, boolean]>([
    [{ field: 'weekday', operator: 'EQUALS', value: 'TUESDAY', timeZone: 'UTC' }, null, true],
    [{ field: 'weekday', operator: 'EQUALS', value: 'MONDAY', timeZone: 'UTC' }, null, false],
    [{ field: 'weekday', operator: 'IN', value: ['MONDAY', 'TUESDAY'], timeZone: 'Europe/Berlin' }, null, true],
    [{ field: 'weekday', operator: 'NOT_IN', value: ['MONDAY', 'TUESDAY'], timeZone: 'Europe/Berlin' }, null, false],
    [{ field: 'weekday', operator: 'EQUALS', value: 'MONDAY', timeZone: 'Pacific/Honolulu' }, null, true],
    [{ field: 'hour', operator: 'EQUALS', value: 9, timeZone: 'Europe/Berlin' }, null, true],
    [{ field: 'hour', operator: 'EQUALS', value: 8, timeZone: 'Europe/Berlin' }, null, false],
    [{ field: 'hour', operator: 'BETWEEN', value: [9, 17], timeZone: 'Asia/Tokyo' }, null, true],
    [{ field: 'hour', operator: 'AT_MOST', value: 16, timeZone: 'Asia/Tokyo' }, null, false],
    [{ field: 'hour', operator: 'LESS_THAN', value: 3, timeZone: 'America/St_Johns' }, null, false],
    [{ field: 'hour', operator: 'EQUALS', value: 5, timeZone: 'America/St_Johns' }, null, true],
    [{ field: 'hour', operator: 'EQUALS', value: 14, timeZone: 'Asia/Kolkata' }, null, true],
    [{ field: 'hour', operator: 'EXISTS', value: true, timeZone: 'UTC' }, null, true],
    [{ field: 'hour', operator: 'EQUALS', value: 17, timeZone: 'LEAD' }, 'Asia/Tokyo', true],
    [{ field: 'hour', operator: 'EQUALS', value: 9, timeZone: 'LEAD' }, 'Asia/Tokyo', false],
    [{ field: 'weekday', operator: 'EQUALS', value: 'MONDAY', timeZone: 'LEAD' }, 'Pacific/Honolulu', true],
    // Of a lead whose zone is not known, or that this server does not know, nothing is known.
    [{ field: 'hour', operator: 'BETWEEN', value: [0, 23], timeZone: 'LEAD' }, null, false],
    [{ field: 'hour', operator: 'NOT_EQUALS', value: 9, timeZone: 'LEAD' }, null, true],
    [{ field: 'weekday', operator: 'NOT_IN', value: ['SUNDAY'], timeZone: 'LEAD' }, null, true],
    [{ field: 'weekday', operator: 'EXISTS', value: true, timeZone: 'LEAD' }, null, false],
    [{ field: 'weekday', operator: 'EXISTS', value: true, timeZone: 'LEAD' }, 'PST', false],
    [{ field: 'hour', operator: 'EQUALS', value: 0, timeZone: 'LEAD' }, 'Mars/Phobos', false],
  ])('%j for a lead in %s is %s', (comparison, timeZone, expected) => {
    const given = lead({ timeZone });
    expect(holds(comparison, given)).toBe(expected);
    expect(holds({ not: comparison }, given)).toBe(!expected);
    expect(parseCondition(comparison, []).issues).toEqual([]);
  });
});

describe('and, or, not', () => {
  const yes: Condition = { field: 'icp', operator: 'EQUALS', value: true };
  const no: Condition = { field: 'icp', operator: 'EQUALS', value: false };
  test.each<[Condition, boolean]>([
    [{ and: [yes] }, true],
    [{ and: [yes, yes] }, true],
    [{ and: [yes, no] }, false],
    [{ and: [no, no] }, false],
    [{ or: [no] }, false],
    [{ or: [no, yes] }, true],
    [{ or: [no, no] }, false],
    [{ not: no }, true],
    [{ not: { not: yes } }, true],
    [{ not: { and: [yes, no] } }, true],
    [{ not: { or: [yes, no] } }, false],
    [{ and: [{ or: [no, yes] }, { not: { or: [no, { and: [yes, no] }] } }] }, true],
  ])('%j is %s', (condition, expected) => {
    expect(holds(condition, lead({ icp: true }))).toBe(expected);
  });
});

test('every field of a lead can be compared, by every operator of its type', () => {
  const samples = { TEXT: ['a', 'A'], NUMBER: [1, 1], BOOLEAN: [true, true] } as const;
  for (const [field, { type, values = [] }] of Object.entries<{ type: string; values?: readonly string[] }>(
    LEAD_FIELDS,
  )) {
    const [has, asked] = type === 'ENUM' ? [values[0], values[0]] : samples[type as keyof typeof samples];
    const given = leadWith(field, has as AttributeValue);
    const operators: Operator[] = ['EQUALS', 'IN', 'EXISTS'];
    if (type === 'NUMBER') operators.push('AT_LEAST', 'AT_MOST', 'BETWEEN');
    if (type === 'TEXT') operators.push('CONTAINS', 'STARTS_WITH', 'DOMAIN_OF');
    for (const operator of operators) {
      const value = { EXISTS: true, IN: [asked], BETWEEN: [asked, asked] }[operator as string] ?? asked;
      const { condition, issues } = parseCondition({ field, operator, value }, []);
      expect(issues).toEqual([]);
      expect([field, operator, holds(condition as Condition, given)]).toEqual([field, operator, true]);
    }
  }
});
