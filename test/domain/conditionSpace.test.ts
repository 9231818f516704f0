import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Comparison, type Condition, type ConditionValue, compileCondition } from '../../src/domain/condition.ts';
import { covers, isEmpty, type Space, spaceOf, witnessOf } from '../../src/domain/conditionSpace.ts';
import type { AttributeValue, RoutableLead } from '../../src/domain/lead.ts';
import { compileSegments } from '../../src/domain/routingConfiguration.ts';
import { comparisons, conditionsWith, leads, moments } from '../support/conditions.ts';
import { lead } from '../support/routing.ts';

const is = (field: string, operator: Comparison['operator'], value: ConditionValue): Comparison => ({
  field,
  operator,
  value,
});
const at = (field: string, operator: Comparison['operator'], value: ConditionValue, timeZone = 'UTC'): Comparison => ({
  ...is(field, operator, value),
  timeZone,
});
const matches = (value: string): Condition => ({ operator: 'MATCHES_SEGMENT', value });

const SEGMENTS = compileSegments(
  Object.entries<Condition>({
    enterprise: is('employees', 'AT_LEAST', 500),
    'mid-market': is('employees', 'BETWEEN', [50, 499]),
    dach: is('country', 'IN', ['DE', 'AT', 'CH']),
    circle: { and: [is('icp', 'EQUALS', true), matches('circle')] },
  }).map(([key, condition]) => ({ id: key, key, name: key, condition })),
);

const space = (condition: Condition | null): Space => {
  const found = spaceOf(condition, SEGMENTS.condition);
  if (found === null) throw new Error('the condition is too large');
  return found;
};

const holds = (condition: Condition, given: RoutableLead, moment: number): boolean =>
  compileCondition(condition, SEGMENTS.predicate)(given, moment);

describe('a condition that no lead can meet', () => {
  const de = is('country', 'EQUALS', 'DE');
  test.each<[string, Condition]>([
    ['two values at once', { and: [de, is('country', 'EQUALS', 'AT')] }],
    ['a value and not that value', { and: [de, is('country', 'NOT_EQUALS', 'de')] }],
    [
      'one of a list and none of a longer one',
      { and: [is('country', 'IN', ['DE', 'AT']), is('country', 'NOT_IN', ['AT', 'DE', 'CH'])] },
    ],
    ['a condition and its opposite', { and: [de, { not: de }] }],
    ['a segment and its opposite', { and: [matches('dach'), { not: matches('dach') }] }],
    ['a value outside of a segment', { and: [matches('dach'), is('country', 'EQUALS', 'FR')] }],
    ['two segments that exclude each other', { and: [matches('enterprise'), matches('mid-market')] }],
    ['a value and none', { and: [de, is('country', 'EXISTS', false)] }],
    ['a beginning and none', { and: [is('phone', 'STARTS_WITH', '+49'), is('phone', 'EXISTS', false)] }],
    ['any value and none', { and: [is('phone', 'EXISTS', true), is('phone', 'EXISTS', false)] }],
    ['nothing where there is always something', is('source', 'EXISTS', false)],
    ['above and below', { and: [is('employees', 'GREATER_THAN', 50), is('employees', 'LESS_THAN', 50)] }],
    ['between two whole numbers', { and: [is('employees', 'GREATER_THAN', 49), is('employees', 'LESS_THAN', 50)] }],
    ['two ranges that do not meet', { and: [is('score', 'BETWEEN', [0, 10]), is('score', 'BETWEEN', [11, 20])] }],
    ['a range without its only value', { and: [is('score', 'BETWEEN', [5, 5]), is('score', 'NOT_EQUALS', 5)] }],
    [
      'a number that is neither below nor not',
      {
        and: [
          is('employees', 'EXISTS', true),
          { not: is('employees', 'LESS_THAN', 9) },
          { not: is('employees', 'AT_LEAST', 9) },
        ],
      },
    ],
    ['fewer employees than none', is('employees', 'LESS_THAN', 0)],
    ['half an employee', is('employees', 'EQUALS', 49.5)],
    ['a score above 100', is('score', 'GREATER_THAN', 100)],
    ['the 25th hour', at('hour', 'EQUALS', 24)],
    ['an hour after the last one', at('hour', 'GREATER_THAN', 23, 'LEAD')],
    [
      'no day of the week',
      at('weekday', 'NOT_IN', ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']),
    ],
    ['two kinds of request', { and: [is('requestKind', 'EQUALS', 'DEMO'), is('requestKind', 'EQUALS', 'TRIAL')] }],
    ['neither true nor false', { and: [is('icp', 'NOT_EQUALS', true), is('icp', 'NOT_EQUALS', false)] }],
    ['two beginnings', { and: [is('postalCode', 'STARTS_WITH', '10'), is('postalCode', 'STARTS_WITH', '2')] }],
    [
      'a beginning and not its beginning',
      { and: [is('postalCode', 'STARTS_WITH', '101'), { not: is('postalCode', 'STARTS_WITH', '10') }] },
    ],
    ['two domains', { and: [is('email', 'DOMAIN_OF', 'a.example'), is('email', 'DOMAIN_OF', 'b.example')] }],
    [
      'a domain and not the one above',
      { and: [is('email', 'DOMAIN_OF', 'x.a.example'), { not: is('email', 'DOMAIN_OF', 'a.example') }] },
    ],
    [
      'a word and not a part of it',
      { and: [is('jobTitle', 'CONTAINS', 'engineer'), { not: is('jobTitle', 'CONTAINS', 'ENGINE') }] },
    ],
    ['a value that lacks the word', { and: [is('jobTitle', 'EQUALS', 'Head'), is('jobTitle', 'CONTAINS', 'sales')] }],
    ['text and a number at once', { and: [is('attributes.x', 'CONTAINS', '5'), is('attributes.x', 'AT_LEAST', 5)] }],
    ['a contradiction in each alternative', { or: [{ and: [de, { not: de }] }, is('employees', 'LESS_THAN', 0)] }],
    ['not everything', { not: { or: [is('icp', 'EQUALS', true), is('icp', 'EQUALS', false)] } }],
  ])('%s', (_what, condition) => {
    expect(isEmpty(space(condition))).toBe(true);
  });

  test.each<[string, Condition | null]>([
    ['no condition', null],
    ['a value', de],
    [
      'neither below nor not, where nothing is known',
      { and: [{ not: is('employees', 'LESS_THAN', 9) }, { not: is('employees', 'AT_LEAST', 9) }] },
    ],
    ['nothing, and not a value', { and: [is('country', 'EXISTS', false), is('country', 'NOT_EQUALS', 'DE')] }],
    ['no number of all there are', is('attributes.x', 'GREATER_THAN', 1e300)],
    ['a number between two that are close', { and: [is('score', 'GREATER_THAN', 49), is('score', 'LESS_THAN', 50)] }],
    ['a number beyond what floats count one by one', is('attributes.x', 'GREATER_THAN', 2 ** 53)],
    [
      'numbers whose sum is too large',
      { and: [is('attributes.x', 'GREATER_THAN', 1.6e308), is('attributes.x', 'LESS_THAN', 1.7e308)] },
    ],
    ['another hour in another zone', { and: [at('hour', 'EQUALS', 9), at('hour', 'EQUALS', 10, 'Europe/Berlin')] }],
    [
      'a weekday that a lead without a zone has not',
      at('weekday', 'NOT_IN', ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'], 'LEAD'),
    ],
    ['the same beginning twice', { and: [is('city', 'STARTS_WITH', 'Mün'), is('city', 'STARTS_WITH', 'MÜ')] }],
    [
      'a beginning and not a longer one',
      { and: [is('city', 'STARTS_WITH', 'M'), { not: is('city', 'STARTS_WITH', 'Mü') }] },
    ],
    [
      'a domain and not one below',
      { and: [is('email', 'DOMAIN_OF', 'a.example'), { not: is('email', 'DOMAIN_OF', 'x.a.example') }] },
    ],
    ['one of two alternatives', { or: [{ and: [de, { not: de }] }, is('city', 'EQUALS', 'Bonn')] }],
  ])('is not: %s', (_what, condition) => {
    expect(isEmpty(space(condition))).toBe(false);
  });
});

describe('one condition takes all leads of another', () => {
  const anyDay: Condition = {
    or: [at('weekday', 'IN', ['SATURDAY', 'SUNDAY']), at('weekday', 'NOT_IN', ['SATURDAY', 'SUNDAY'])],
  };
  test.each<[string, Condition | null, Condition | null]>([
    ['nothing asked', null, is('country', 'EQUALS', 'DE')],
    ['nothing asked by either', null, null],
    ['the same', is('country', 'EQUALS', 'DE'), is('country', 'EQUALS', 'de')],
    ['a longer list', is('country', 'IN', ['DE', 'AT']), is('country', 'EQUALS', 'AT')],
    [
      'alternatives instead of a list',
      { or: [is('country', 'EQUALS', 'DE'), is('country', 'EQUALS', 'AT')] },
      is('country', 'IN', ['AT', 'DE']),
    ],
    ['fewer parts', is('country', 'EQUALS', 'DE'), { and: [is('icp', 'EQUALS', true), is('country', 'EQUALS', 'DE')] }],
    [
      'one alternative more',
      { or: [is('icp', 'EQUALS', true), is('score', 'AT_LEAST', 50)] },
      is('score', 'AT_LEAST', 60),
    ],
    ['whatever there is', is('country', 'EXISTS', true), is('country', 'STARTS_WITH', 'D')],
    ['all but some', is('country', 'NOT_IN', ['DE', 'AT']), is('country', 'EQUALS', 'CH')],
    ['all but some, also what is not known', is('country', 'NOT_EQUALS', 'DE'), is('country', 'EXISTS', false)],
    ['a wider range', is('employees', 'AT_LEAST', 50), is('employees', 'BETWEEN', [50, 499])],
    ['a range by whole numbers', is('employees', 'AT_MOST', 49), is('employees', 'LESS_THAN', 50)],
    ['ranges side by side', { or: [matches('mid-market'), matches('enterprise')] }, is('employees', 'AT_LEAST', 100)],
    ['all scores', is('score', 'AT_LEAST', 0), is('score', 'EXISTS', true)],
    ['all hours', at('hour', 'BETWEEN', [0, 23]), null],
    ['all days, in two parts', anyDay, null],
    ['both values', is('icp', 'IN', [true, false]), null],
    ['what every lead has', is('source', 'EXISTS', true), null],
    ['a segment by its condition', matches('dach'), is('country', 'EQUALS', 'CH')],
    ['not a segment', { not: matches('dach') }, is('country', 'EQUALS', 'FR')],
    ['a shorter beginning', is('postalCode', 'STARTS_WITH', '1'), is('postalCode', 'STARTS_WITH', '10')],
    ['the domain above', is('email', 'DOMAIN_OF', 'a.example'), is('email', 'DOMAIN_OF', 'x.a.example')],
    ['a part of the word', is('jobTitle', 'CONTAINS', 'sales'), is('jobTitle', 'STARTS_WITH', 'Sales Engineer')],
    ['a condition that nothing meets', is('country', 'EQUALS', 'DE'), is('employees', 'LESS_THAN', 0)],
  ])('%s', (_what, outer, inner) => {
    expect(covers(space(outer), space(inner))).toBe(true);
  });

  test.each<[string, Condition | null, Condition | null]>([
    ['a shorter list', is('country', 'EQUALS', 'AT'), is('country', 'IN', ['DE', 'AT'])],
    ['another field', is('country', 'EQUALS', 'DE'), is('city', 'EQUALS', 'Bonn')],
    ['something asked, where the other asks nothing', is('country', 'EXISTS', true), null],
    ['all numbers, but not what is not known', is('employees', 'AT_LEAST', 0), null],
    ['all hours of leads, but not of those without a zone', at('hour', 'BETWEEN', [0, 23], 'LEAD'), null],
    [
      'one of two parts',
      { and: [is('icp', 'EQUALS', true), is('country', 'EQUALS', 'DE')] },
      is('country', 'EQUALS', 'DE'),
    ],
    [
      'ranges with a gap',
      { or: [is('score', 'LESS_THAN', 50), is('score', 'GREATER_THAN', 50)] },
      is('score', 'EXISTS', true),
    ],
    ['the hours of another zone', at('hour', 'EQUALS', 9), at('hour', 'EQUALS', 9, 'Europe/Berlin')],
    ['the domain below', is('email', 'DOMAIN_OF', 'x.a.example'), is('email', 'DOMAIN_OF', 'a.example')],
  ])('but not %s', (_what, outer, inner) => {
    expect(covers(space(outer), space(inner))).toBe(false);
  });
});

/** Conditions, and others that are likely to have something to do with them. */
const pairs = fc
  .tuple(conditionsWith(['enterprise', 'dach']), conditionsWith(['mid-market']), comparisons)
  .chain(([one, other, small]) =>
    fc.constantFrom<readonly [Condition, Condition]>(
      [one, other],
      [one, { and: [one, other] }],
      [{ or: [one, small] }, { and: [other, small] }],
      [{ or: [other, { not: other }, one] }, small],
      [{ not: one }, { and: [{ not: small }, { not: one }] }],
      [one, { and: [{ not: one }, small] }],
      [small, one],
    ),
  );

test('no lead ever shows that one of these was wrong', () => {
  const seen = { empty: 0, covers: 0, neither: 0 };
  fc.assert(
    fc.property(pairs, fc.array(fc.tuple(leads, moments), { minLength: 20, maxLength: 20 }), ([one, other], asked) => {
      const [outer, inner] = [one, other].map((each) => spaceOf(each, SEGMENTS.condition));
      if (!outer || !inner) return;
      const said = { empty: isEmpty(outer), covers: covers(outer, inner) };
      for (const [given, moment] of asked) {
        const [isOuter, isInner] = [holds(one, given, moment), holds(other, given, moment)];
        if (said.empty) expect(isOuter).toBe(false);
        if (said.covers && isInner) expect(isOuter).toBe(true);
      }
      if (said.empty) seen.empty += 1;
      else if (!isEmpty(inner)) {
        if (said.covers) seen.covers += 1;
        else seen.neither += 1;
      }
    }),
    { numRuns: 2_000 },
  );
  for (const [what, count] of Object.entries(seen)) expect([what, count > 30]).toEqual([what, true]);
});

test('a lead is made up that meets a condition, and with it whatever takes all of its leads', () => {
  let met = 0;
  fc.assert(
    fc.property(pairs, ([outer, inner]) => {
      const space = spaceOf(inner, SEGMENTS.condition);
      const values = space && witnessOf(space);
      if (!values || [...values.keys()].some((name) => name.includes('@'))) return;
      const fields = [...values].filter(([name]) => !name.startsWith('attributes.'));
      const attributes = [...values].flatMap(([name, value]) =>
        name.startsWith('attributes.') && value !== null ? [[name.slice('attributes.'.length), value]] : [],
      );
      const made = lead({
        ...UNKNOWN,
        ...Object.fromEntries(fields),
        attributes: Object.fromEntries(attributes) as Record<string, AttributeValue>,
      });
      expect(holds(inner, made, 0)).toBe(true);
      met += 1;
      const wider = spaceOf(outer, SEGMENTS.condition);
      if (wider && covers(wider, space)) expect(holds(outer, made, 0)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
  expect(met).toBeGreaterThan(250);
});

const UNKNOWN = { email: null, firstName: null, lastName: null };

describe('what is not looked through', () => {
  const either = (count: number): Condition => ({
    or: Array.from({ length: count }, (_, index) => is('city', 'EQUALS', `${index}`)),
  });
  const doubling = compileSegments(
    Array.from({ length: 45 }, (_, level) => ({
      id: `${level}`,
      key: `s${level}`,
      name: '',
      condition:
        level === 44 ? is('icp', 'EQUALS', true) : { and: [matches(`s${level + 1}`), matches(`s${level + 1}`)] },
    })),
  );
  test.each<[string, Condition, (key: string) => Condition | undefined]>([
    ['segments in a circle', matches('circle'), SEGMENTS.condition],
    ['a segment that is not there', { not: matches('gone') }, SEGMENTS.condition],
    [
      'more alternatives together than 256',
      { and: [either(17), { or: [either(16), is('icp', 'EQUALS', true)] }] },
      SEGMENTS.condition,
    ],
    ['segments that refer to others twice over, 2^22 times', matches('s22'), doubling.condition],
  ])('%s', (_what, condition, segment) => {
    expect(spaceOf(condition, segment)).toBeNull();
  });

  test('and what is a little smaller is', () => {
    expect(space({ and: [either(16), { or: [either(15), is('icp', 'EQUALS', true)] }] })).not.toHaveLength(0);
    expect(isEmpty(spaceOf(matches('s36'), doubling.condition) as Space)).toBe(false);
  });
});
