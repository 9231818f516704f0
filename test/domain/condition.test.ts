import { describe, expect, test } from 'vitest';
import { CONDITION_LIMITS, parseCondition, segmentsIn } from '../../src/domain/condition.ts';
import { formatPath } from '../../src/domain/errors.ts';

const IS_ICP = { field: 'icp', operator: 'EQUALS', value: true };

/** Each fault with its place, such as `c.value: must be a number`. */
const faultsOf = (value: unknown): string[] => {
  const { condition, issues } = parseCondition(value, ['c']);
  expect(condition === null).toBe(issues.length > 0);
  return issues.map(({ path, message }) => `${formatPath(path)}: ${message}`);
};

const FORM = 'c: must have exactly one of `and`, `or`, `not`, or a comparison with `operator`';
const NO_CONDITION = 'c: must have `and`, `or`, `not`, or `field`, `operator` and `value`';
const NO_TEXT = 'c.value: must be text of 1 to 500 characters, on one line';
const NO_ZONE = 'c.timeZone: must be an IANA time zone such as Europe/Berlin, or LEAD for the lead’s own';
const compare = (field: string, operator: string, value: unknown, more: object = {}): object => ({
  field,
  operator,
  value,
  ...more,
});

describe('a condition that is none is refused with its place', () => {
  test.each<[unknown, string]>([
    ['country = DE', NO_CONDITION],
    [null, NO_CONDITION],
    [42, NO_CONDITION],
    [[IS_ICP], NO_CONDITION],
    [{}, FORM],
    [{ and: null, or: undefined }, FORM],
    [{ and: [IS_ICP], not: IS_ICP }, FORM],
    [{ and: [IS_ICP], operator: 'EQUALS' }, FORM],
    [{ not: IS_ICP, value: true }, FORM],
    [{ field: 'icp', value: true }, FORM],
    [{ and: [IS_ICP], comment: 'x' }, 'c: has an unknown part "comment"'],
    [JSON.parse('{"__proto__": {}, "not": {}}'), 'c: has an unknown part "__proto__"'],
    [{ and: [] }, 'c.and: must be a list of at least one condition'],
    [{ or: {} }, 'c.or: must be a list of at least one condition'],
    [{ and: [IS_ICP, 7] }, NO_CONDITION.replace('c:', 'c.and[1]:')],
    [{ not: { or: [IS_ICP, { not: [] }] } }, NO_CONDITION.replace('c:', 'c.not.or[1].not:')],
    [compare('shoeSize', 'EQUALS', 1), 'c.field: must be a field of the lead'],
    [compare('__proto__', 'EXISTS', true), 'c.field: must be a field of the lead'],
    [compare('enteredById', 'EXISTS', true), 'c.field: must be a field of the lead'],
    [compare('attributes.', 'EXISTS', true), 'c.field: must be a field of the lead'],
    [compare('attributes.1st', 'EXISTS', true), 'c.field: must be a field of the lead'],
    [compare('attributes.a.b', 'EXISTS', true), 'c.field: must be a field of the lead'],
    [compare(`attributes.${'a'.repeat(65)}`, 'EXISTS', true), 'c.field: must be a field of the lead'],
    [{ operator: 'EXISTS', value: true }, 'c.field: must be a field of the lead'],
    [compare('country', 'LIKE', 'D%'), 'c.operator: must be one of EQUALS, NOT_EQUALS, IN'],
    [compare('country', 'toString', 'D'), 'c.operator: must be one of EQUALS, NOT_EQUALS, IN'],
    [compare('country', 'AT_LEAST', 1), 'c.operator: AT_LEAST compares numbers, and country is none'],
    [compare('icp', 'BETWEEN', [0, 1]), 'c.operator: BETWEEN compares numbers, and icp is none'],
    [compare('employees', 'CONTAINS', '5'), 'c.operator: CONTAINS compares text, and employees is none'],
    [compare('requestKind', 'STARTS_WITH', 'D'), 'c.operator: STARTS_WITH compares text, and requestKind is none'],
    [compare('country', 'EQUALS', 49), NO_TEXT],
    [compare('country', 'EQUALS', ['DE']), NO_TEXT],
    [compare('country', 'EQUALS', ''), NO_TEXT],
    [compare('country', 'EQUALS', 'a'.repeat(501)), NO_TEXT],
    [compare('country', 'EQUALS', 'D\u0000E'), NO_TEXT],
    [compare('country', 'EQUALS', 'D\nE'), NO_TEXT],
    [compare('country', 'CONTAINS', '\ud83d'), NO_TEXT],
    [compare('country', 'EQUALS', undefined), NO_TEXT],
    [compare('attributes.x', 'EQUALS', 'D\u0000E'), 'c.value: must be text, a number, true or false'],
    [compare('attributes.x', 'EQUALS', {}), 'c.value: must be text, a number, true or false'],
    [compare('attributes.x', 'AT_LEAST', '5'), 'c.value: must be a number'],
    [compare('employees', 'EQUALS', '50-499'), 'c.value: must be a number'],
    [compare('employees', 'AT_LEAST', Number.NaN), 'c.value: must be a number'],
    [compare('employees', 'AT_LEAST', Number.POSITIVE_INFINITY), 'c.value: must be a number'],
    [compare('employees', 'BETWEEN', [9, 1]), 'c.value: must be two numbers, the lower first'],
    [compare('employees', 'BETWEEN', [1]), 'c.value: must be two numbers, the lower first'],
    [compare('employees', 'BETWEEN', [1, 2, 3]), 'c.value: must be two numbers, the lower first'],
    [compare('employees', 'BETWEEN', [1, Number.NaN]), 'c.value: must be two numbers, the lower first'],
    [compare('icp', 'EQUALS', 'yes'), 'c.value: must be true or false'],
    [compare('phone', 'EXISTS', 'yes'), 'c.value: must be true or false'],
    [compare('requestKind', 'EQUALS', 'PARTY'), 'c.value: must be one of DEMO, CONTACT_SALES'],
    [compare('country', 'IN', []), 'c.value: must be a list of 1 to 1000 values'],
    [compare('country', 'IN', 'DE'), 'c.value: must be a list of 1 to 1000 values'],
    [compare('country', 'NOT_IN', Array(1_001).fill('DE')), 'c.value: must be a list of 1 to 1000 values'],
    [compare('country', 'IN', ['DE', 7]), 'c.value: has 7, which must be text of 1 to 500 characters, on one line'],
    [compare('country', 'IN', ['DE', { a: 1 }]), 'c.value: has an object, which must be text'],
    [compare('email', 'DOMAIN_OF', '@acme.example'), 'c.value: must be a domain such as example.com'],
    [compare('email', 'DOMAIN_OF', 'https://acme.example/x'), 'c.value: must be a domain such as example.com'],
    [compare('email', 'DOMAIN_OF', 'acme.example:443'), 'c.value: must be a domain such as example.com'],
    [compare('email', 'DOMAIN_OF', '.acme.example'), 'c.value: must be a domain such as example.com'],
    [compare('email', 'DOMAIN_OF', 'acme.example.'), 'c.value: must be a domain such as example.com'],
    [compare('weekday', 'EQUALS', 'MONDAY'), NO_ZONE],
    [compare('weekday', 'EQUALS', 'MONDAY', { timeZone: 'Mars/Phobos' }), NO_ZONE],
    [compare('weekday', 'EQUALS', 'MONDAY', { timeZone: 'PST' }), NO_ZONE],
    [compare('hour', 'EQUALS', 9, { timeZone: 'lead' }), NO_ZONE],
    [compare('hour', 'EQUALS', 9, { timeZone: '2026-01-01T00:00[Europe/Berlin]' }), NO_ZONE],
    [compare('weekday', 'EQUALS', 'monday', { timeZone: 'UTC' }), 'c.value: must be one of MONDAY, TUESDAY'],
    [compare('hour', 'EQUALS', 'nine', { timeZone: 'UTC' }), 'c.value: must be a number'],
    [compare('hour', 'CONTAINS', '9', { timeZone: 'UTC' }), 'c.operator: CONTAINS compares text, and hour is none'],
    [compare('country', 'EQUALS', 'DE', { timeZone: 'UTC' }), 'c.timeZone: is used with weekday and hour alone'],
    [{ operator: 'MATCHES_SEGMENT', value: 7 }, 'c.value: must be the key of a segment'],
    [{ operator: 'MATCHES_SEGMENT', value: '' }, 'c.value: must be the key of a segment'],
    [{ operator: 'MATCHES_SEGMENT', value: 'a\u0000b' }, 'c.value: must be the key of a segment'],
    [{ operator: 'MATCHES_SEGMENT', value: 'a'.repeat(65_536) }, 'c.value: must be the key of a segment'],
    [compare('country', 'MATCHES_SEGMENT', 'big'), 'c.field: is not used with MATCHES_SEGMENT'],
    [{ operator: 'MATCHES_SEGMENT', value: 'big', timeZone: 'UTC' }, 'c.timeZone: is not used with MATCHES_SEGMENT'],
  ])('%j', (value, expected) => {
    const faults = faultsOf(value);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(expected);
  });

  test('together with all others in it', () => {
    const faults = faultsOf({ and: [compare('icp', 'EQUALS', 1), { or: [IS_ICP, compare('city', 'EQUALS', 1)] }] });
    expect(faults).toEqual([
      'c.and[0].value: must be true or false',
      NO_TEXT.replace('c.value', 'c.and[1].or[1].value'),
    ]);
  });

  test('and a long text in the message is cut short', () => {
    const [fault] = faultsOf(compare('requestKind', 'IN', ['x'.repeat(65_536)]));
    expect(fault).toContain(`has "${'x'.repeat(50)}…", which must be one of DEMO`);
  });
});

describe('what is just within a limit is taken', () => {
  const nested = (depth: number): object => (depth === 1 ? IS_ICP : { not: nested(depth - 1) });
  test.each<[string, unknown, string[]]>([
    ['10 levels', nested(10), []],
    ['11 levels', nested(11), [`c${'.not'.repeat(10)}: is nested more than 10 deep`]],
    ['200 comparisons', { and: [{ or: Array(100).fill(IS_ICP) }, { or: Array(100).fill(IS_ICP) }] }, []],
    [
      '201 comparisons',
      { and: [{ or: Array(100).fill(IS_ICP) }, { or: Array(101).fill(IS_ICP) }] },
      ['c.and[1].or[100]: is comparison number 201; 200 are the most'],
    ],
    ['a list of 201', { or: Array(201).fill(IS_ICP) }, ['c.or: has more than 200 conditions']],
    ['1,000 values', compare('country', 'IN', Array(1_000).fill('DE')), []],
    ['500 characters', compare('city', 'EQUALS', 'a'.repeat(500)), []],
    ['an attribute of 64 letters', compare(`attributes.${'a'.repeat(64)}`, 'EXISTS', true), []],
  ])('%s', (_what, value, expected) => {
    expect(faultsOf(value)).toEqual(expected);
  });

  test('and what is far beyond one is refused with few faults, not a stack overflow', () => {
    let deep: object = IS_ICP;
    for (let depth = 0; depth < 100_000; depth += 1) deep = { not: deep };
    expect(faultsOf(deep)).toEqual([`c${'.not'.repeat(10)}: is nested more than 10 deep`]);

    let list: unknown = 'DE';
    for (let depth = 0; depth < 100_000; depth += 1) list = [list];
    expect(faultsOf(compare('country', 'IN', [list]))[0]).toMatch(/^c\.value: has a list, which must be text/);

    const wide = { and: Array(200).fill({ or: Array(200).fill({}) }) };
    expect(faultsOf(wide).length).toBeLessThanOrEqual(CONDITION_LIMITS.comparisons);
  });
});

test('a condition is given back without its empty parts, and its segments are known', () => {
  const given = {
    and: [
      { field: 'hour', operator: 'BETWEEN', value: [9, 17], timeZone: 'LEAD', and: null },
      { not: { operator: 'MATCHES_SEGMENT', value: 'big', field: undefined, timeZone: null } },
      { or: [{ operator: 'MATCHES_SEGMENT', value: 'hot' }, IS_ICP] },
    ],
  };
  const { condition } = parseCondition(given, []);
  expect(condition).toStrictEqual({
    and: [
      { field: 'hour', operator: 'BETWEEN', value: [9, 17], timeZone: 'LEAD' },
      { not: { operator: 'MATCHES_SEGMENT', value: 'big' } },
      { or: [{ operator: 'MATCHES_SEGMENT', value: 'hot' }, IS_ICP] },
    ],
  });
  expect(condition && segmentsIn(condition)).toEqual(['big', 'hot']);
});
