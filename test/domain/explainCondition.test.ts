import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Comparison, type Condition, type ConditionValue, compileCondition } from '../../src/domain/condition.ts';
import { whyNot } from '../../src/domain/explainCondition.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import { compileSegments } from '../../src/domain/routingConfiguration.ts';
import { conditionsWith, leads, moments } from '../support/conditions.ts';
import { lead } from '../support/routing.ts';

const is = (field: string, operator: Comparison['operator'], value: ConditionValue): Comparison => ({
  field,
  operator,
  value,
});
const not = (condition: Condition): Condition => ({ not: condition });
const matches = (value: string): Condition => ({ operator: 'MATCHES_SEGMENT', value });

const SEGMENTS = compileSegments(
  Object.entries<Condition>({
    big: is('employees', 'AT_LEAST', 500),
    dach: is('country', 'IN', ['DE', 'AT', 'CH']),
    'big-in-dach': { and: [matches('big'), matches('dach')] },
    'not-big': not(matches('big')),
    twice: { and: [matches('big'), { or: [matches('big'), is('icp', 'EQUALS', true)] }] },
    circle: matches('circle'),
  }).map(([key, condition]) => ({ id: key, key, name: key, condition })),
);

/** A Tuesday, 09:30 in Berlin. */
const AT = Date.UTC(2026, 0, 20, 8, 30);

const LEAD = lead({
  email: 'ada@mail.acme.example',
  country: 'FR',
  jobTitle: 'Head of Sales',
  phone: '+33140000000',
  employees: 12,
  score: 49.5,
  icp: false,
  timeZone: 'Asia/Tokyo',
  attributes: { plan: 'gold', seats: 1_250_000, vip: true },
});

const why = (condition: Condition, given: RoutableLead = LEAD) =>
  (['EN', 'DE'] as const).map((language) => whyNot(condition, given, AT, SEGMENTS, language));

describe('why a comparison does not hold', () => {
  test.each<[Condition, string, string]>([
    [is('country', 'EQUALS', 'DE'), 'country is FR, not DE', 'country ist FR, nicht DE'],
    [is('country', 'IN', ['DE']), 'country is FR, not DE', 'country ist FR, nicht DE'],
    [is('country', 'IN', ['DE', 'AT']), 'country is FR, not DE or AT', 'country ist FR, nicht DE oder AT'],
    [
      is('country', 'IN', ['DE', 'AT', 'CH', 'LI']),
      'country is FR, not DE, AT, CH or LI',
      'country ist FR, nicht DE, AT, CH oder LI',
    ],
    [
      is('country', 'IN', ['DE', 'AT', 'CH', 'LI', 'IT', 'BE']),
      'country is FR, not DE, AT, CH, LI or 2 more',
      'country ist FR, nicht DE, AT, CH, LI oder 2 weitere',
    ],
    [is('country', 'NOT_EQUALS', 'FR'), 'country is FR', 'country ist FR'],
    [is('country', 'NOT_IN', ['BE', 'FR']), 'country is FR', 'country ist FR'],
    [is('employees', 'LESS_THAN', 10), 'employees is 12, not below 10', 'employees ist 12, nicht unter 10'],
    [is('employees', 'AT_MOST', 10), 'employees is 12, not 10 or less', 'employees ist 12, nicht 10 oder weniger'],
    [is('employees', 'GREATER_THAN', 50), 'employees is 12, not above 50', 'employees ist 12, nicht über 50'],
    [is('employees', 'AT_LEAST', 500), 'employees is 12, not 500 or more', 'employees ist 12, nicht 500 oder mehr'],
    [
      is('employees', 'BETWEEN', [50, 499]),
      'employees is 12, not between 50 and 499',
      'employees ist 12, nicht zwischen 50 und 499',
    ],
    [is('score', 'AT_LEAST', 50.25), 'score is 49.5, not 50.25 or more', 'score ist 49,5, nicht 50,25 oder mehr'],
    [
      is('jobTitle', 'CONTAINS', 'engineer'),
      'jobTitle is Head of Sales, which does not contain “engineer”',
      'jobTitle ist Head of Sales und enthält nicht „engineer“',
    ],
    [
      is('jobTitle', 'STARTS_WITH', 'VP '),
      'jobTitle is Head of Sales, which does not begin with “VP ”',
      'jobTitle ist Head of Sales und beginnt nicht mit „VP “',
    ],
    [
      is('email', 'DOMAIN_OF', 'other.example'),
      'email is ada@mail.acme.example, not at other.example',
      'email ist ada@mail.acme.example, nicht bei other.example',
    ],
    [is('city', 'EXISTS', true), 'city is not known', 'city ist nicht bekannt'],
    [is('phone', 'EXISTS', false), 'phone is known: +33140000000', 'phone ist bekannt: +33140000000'],
    [is('icp', 'EQUALS', true), 'icp is false, not true', 'icp ist false, nicht true'],
    [
      is('attributes.seats', 'AT_MOST', 1_000_000),
      'attributes.seats is 1250000, not 1000000 or less',
      'attributes.seats ist 1250000, nicht 1000000 oder weniger',
    ],
    [is('attributes.tier', 'EQUALS', 1), 'attributes.tier is not known', 'attributes.tier ist nicht bekannt'],
    [is('city', 'IN', ['Bonn', 'Ulm']), 'city is not known', 'city ist nicht bekannt'],
    [is('city', 'CONTAINS', 'burg'), 'city is not known', 'city ist nicht bekannt'],
    [
      { ...is('hour', 'BETWEEN', [10, 17]), timeZone: 'Europe/Berlin' },
      'hour in Europe/Berlin is 9, not between 10 and 17',
      'hour in Europe/Berlin ist 9, nicht zwischen 10 und 17',
    ],
    [
      { ...is('weekday', 'IN', ['SATURDAY', 'SUNDAY']), timeZone: 'LEAD' },
      'weekday in Asia/Tokyo is TUESDAY, not SATURDAY or SUNDAY',
      'weekday in Asia/Tokyo ist TUESDAY, nicht SATURDAY oder SUNDAY',
    ],
    [
      matches('big'),
      'not in the segment big (employees is 12, not 500 or more)',
      'nicht im Segment big (employees ist 12, nicht 500 oder mehr)',
    ],
    [
      matches('big-in-dach'),
      'not in the segment big-in-dach (not in the segment big (employees is 12, not 500 or more); not in the segment dach (country is FR, not DE, AT or CH))',
      'nicht im Segment big-in-dach (nicht im Segment big (employees ist 12, nicht 500 oder mehr); nicht im Segment dach (country ist FR, nicht DE, AT oder CH))',
    ],
    [
      matches('twice'),
      'not in the segment twice (not in the segment big (employees is 12, not 500 or more); not in the segment big; icp is false, not true)',
      'nicht im Segment twice (nicht im Segment big (employees ist 12, nicht 500 oder mehr); nicht im Segment big; icp ist false, nicht true)',
    ],
    [matches('gone'), 'there is no segment gone', 'es gibt kein Segment gone'],
    [matches('circle'), 'the segment circle refers to itself', 'das Segment circle verweist auf sich selbst'],
  ])('%j', (condition, english, german) => {
    expect(why(condition)).toEqual([english, german]);
  });
});

describe('why something that should not hold does', () => {
  test.each<[Condition, string, string]>([
    [is('country', 'EQUALS', 'fr'), 'country is FR', 'country ist FR'],
    [is('country', 'IN', ['FR', 'BE']), 'country is FR', 'country ist FR'],
    [is('country', 'NOT_EQUALS', 'DE'), 'country is FR, not DE', 'country ist FR, nicht DE'],
    [is('country', 'NOT_IN', ['DE', 'AT']), 'country is FR, not DE or AT', 'country ist FR, nicht DE oder AT'],
    [is('city', 'NOT_EQUALS', 'Bonn'), 'city is not known', 'city ist nicht bekannt'],
    [is('employees', 'LESS_THAN', 50), 'employees is 12, which is below 50', 'employees ist 12, also unter 50'],
    [is('employees', 'AT_MOST', 50), 'employees is 12, which is 50 or less', 'employees ist 12, also 50 oder weniger'],
    [is('employees', 'GREATER_THAN', 5), 'employees is 12, which is above 5', 'employees ist 12, also über 5'],
    [is('employees', 'AT_LEAST', 5), 'employees is 12, which is 5 or more', 'employees ist 12, also 5 oder mehr'],
    [
      is('employees', 'BETWEEN', [5, 49]),
      'employees is 12, which is between 5 and 49',
      'employees ist 12, also zwischen 5 und 49',
    ],
    [
      is('jobTitle', 'CONTAINS', 'sales'),
      'jobTitle is Head of Sales, which contains “sales”',
      'jobTitle ist Head of Sales und enthält „sales“',
    ],
    [
      is('jobTitle', 'STARTS_WITH', 'head'),
      'jobTitle is Head of Sales, which begins with “head”',
      'jobTitle ist Head of Sales und beginnt mit „head“',
    ],
    [
      is('email', 'DOMAIN_OF', 'acme.example'),
      'email is ada@mail.acme.example, which is at acme.example',
      'email ist ada@mail.acme.example, also bei acme.example',
    ],
    [is('phone', 'EXISTS', true), 'phone is known: +33140000000', 'phone ist bekannt: +33140000000'],
    [is('city', 'EXISTS', false), 'city is not known', 'city ist nicht bekannt'],
    [matches('not-big'), 'in the segment not-big', 'im Segment not-big'],
    [
      { ...is('hour', 'LESS_THAN', 9), timeZone: 'UTC' },
      'hour in UTC is 8, which is below 9',
      'hour in UTC ist 8, also unter 9',
    ],
  ])('%j', (condition, english, german) => {
    expect(why(not(condition))).toEqual([english, german]);
  });
});

describe('why several things together do not hold', () => {
  const de = is('country', 'EQUALS', 'DE');
  const fr = is('country', 'EQUALS', 'FR');
  const big = is('employees', 'AT_LEAST', 500);
  const icp = is('icp', 'EQUALS', true);
  const cities = ['Bonn', 'Ulm', 'Köln', 'Jena', 'Trier', 'Worms', 'Mainz'];
  test.each<[string, Condition, string, string]>([
    ['one of all', { and: [fr, big] }, 'employees is 12, not 500 or more', 'employees ist 12, nicht 500 oder mehr'],
    [
      'all of some alternatives',
      { or: [de, { and: [fr, icp] }] },
      'country is FR, not DE; icp is false, not true',
      'country ist FR, nicht DE; icp ist false, nicht true',
    ],
    [
      'all that should not hold together',
      not({ and: [fr, not(icp)] }),
      'country is FR; icp is false, not true',
      'country ist FR; icp ist false, nicht true',
    ],
    ['one of those of which none should hold', not({ or: [de, fr, big] }), 'country is FR', 'country ist FR'],
    ['something twice negated', not(not(de)), 'country is FR, not DE', 'country ist FR, nicht DE'],
    [
      'the same twice',
      { and: [de, { or: [de, big] }] },
      'country is FR, not DE; employees is 12, not 500 or more',
      'country ist FR, nicht DE; employees ist 12, nicht 500 oder mehr',
    ],
    [
      'more than five things',
      { or: cities.map((city) => is('attributes.plan', 'EQUALS', city)) },
      `${cities
        .slice(0, 5)
        .map((city) => `attributes.plan is gold, not ${city}`)
        .join('; ')}; and 2 more`,
      `${cities
        .slice(0, 5)
        .map((city) => `attributes.plan ist gold, nicht ${city}`)
        .join('; ')}; und 2 weitere`,
    ],
  ])('%s', (_what, condition, english, german) => {
    expect(why(condition)).toEqual([english, german]);
  });

  test('is nothing where they do', () => {
    expect(why({ and: [fr, { or: [icp, not(big)] }] })).toEqual([null, null]);
    expect(whyNot(null, LEAD, AT, SEGMENTS, 'EN')).toBeNull();
  });
});

test('there is an answer exactly where a condition does not hold', () => {
  let answers = 0;
  fc.assert(
    fc.property(conditionsWith(['big', 'twice', 'not-big']), leads, moments, (condition, given, at) => {
      const holds = compileCondition(condition, SEGMENTS.predicate)(given, at);
      for (const language of ['EN', 'DE'] as const) {
        const answer = whyNot(condition, given, at, SEGMENTS, language);
        expect(answer === null).toBe(holds);
        if (answer !== null) answers += 1;
        if (answer !== null) expect(answer).not.toMatch(/undefined|null|NaN|\[object|^$/);
      }
    }),
    { numRuns: 1_000 },
  );
  expect(answers).toBeGreaterThan(300);
});

test('of a lead without a time zone, or with an odd one, no hour is known', () => {
  const late: Condition = { ...is('hour', 'AT_LEAST', 18), timeZone: 'LEAD' };
  expect(why(late, lead({ timeZone: null }))).toEqual(['timeZone is not known', 'timeZone ist nicht bekannt']);
  expect(why(late, lead({ timeZone: 'PST' }))).toEqual(['hour in PST is not known', 'hour in PST ist nicht bekannt']);
});

test('long texts are cut short', () => {
  const [english] = why(is('companyName', 'CONTAINS', 'b'.repeat(500)), lead({ companyName: 'a'.repeat(300) }));
  expect(english).toBe(`companyName is ${'a'.repeat(60)}…, which does not contain “${'b'.repeat(60)}…”`);
});
