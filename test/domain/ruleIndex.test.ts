import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Comparison, type Condition, compileCondition } from '../../src/domain/condition.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import { compilePlan, compileSegments, type Segments } from '../../src/domain/routingConfiguration.ts';
import { compileRuleIndex } from '../../src/domain/ruleIndex.ts';
import { comparisons, conditionsWith, leads, moments } from '../support/conditions.ts';
import { lead, NOW, step } from '../support/routing.ts';

const segment = (key: string, condition: Condition) => ({ id: key, key, name: key, condition });
const matches = (value: string): Condition => ({ operator: 'MATCHES_SEGMENT', value });

/** Whether a condition holds, asked by itself; false where it fails for a segment. */
function holds(condition: Condition | null, segments: Segments, given: RoutableLead, at: number): boolean {
  if (condition === null) return true;
  try {
    return compileCondition(condition, segments.predicate)(given, at);
  } catch {
    return false;
  }
}

/** Segments of which each may refer to those before it, and rules that refer to all of them. */
const rules = fc
  .tuple(comparisons, conditionsWith(['s0']), conditionsWith(['s0', 's1']))
  .chain(([first, second, third]) =>
    fc.record({
      segments: fc.constant(compileSegments([segment('s0', first), segment('s1', second), segment('s2', third)])),
      conditions: fc.array(fc.option(conditionsWith(['s0', 's1', 's2']), { freq: 15 }), { maxLength: 40 }),
      asked: fc.array(fc.tuple(leads, moments), { minLength: 5, maxLength: 5 }),
    }),
  );

test('the index finds, in order, every step that asking one by one finds', () => {
  let found = 0;
  let spared = 0;
  fc.assert(
    fc.property(rules, ({ segments, conditions, asked }) => {
      const steps = conditions.map((condition, position) => step(`step-${position}`, { condition }));
      const plan = compilePlan({ version: 1, steps, lastResort: [] }, segments);
      for (const [given, at] of asked) {
        const candidates = [...plan.candidates(given, at)];
        expect(candidates).toEqual([...new Set(candidates)].sort((a, b) => a - b));
        const expected = [...conditions.keys()].filter((position) =>
          holds(conditions[position] ?? null, segments, given, at),
        );
        expect(candidates.filter((position) => plan.steps[position]?.matches(given, at))).toEqual(expected);
        found += expected.length;
        spared += conditions.length - candidates.length;
      }
    }),
    { numRuns: 300 },
  );
  expect(found).toBeGreaterThan(1_000);
  expect(spared).toBeGreaterThan(500);
});

test('what is said to be settled holds of every lead that a step is found for', () => {
  let settledParts = 0;
  fc.assert(
    fc.property(rules, ({ segments, conditions, asked }) => {
      const index = compileRuleIndex(conditions, segments.condition);
      expect(index.settled).toHaveLength(conditions.length);
      for (const [given, at] of asked) {
        for (const position of index.candidates(given, at)) {
          const settled = index.settled[position] ?? null;
          if (settled === null) continue;
          settledParts += 1;
          expect([settled, holds(settled, segments, given, at)]).toEqual([settled, true]);
        }
      }
    }),
    { numRuns: 300 },
  );
  expect(settledParts).toBeGreaterThan(200);
});

test('segments that are missing or refer to each other in a circle hide no step that matches', () => {
  const segments = compileSegments([
    segment('a', { or: [{ field: 'icp', operator: 'EQUALS', value: true }, matches('b')] }),
    segment('b', { and: [{ field: 'country', operator: 'EQUALS', value: 'de' }, matches('a')] }),
    segment('c', matches('c')),
  ]);
  let found = 0;
  const conditions = fc.array(conditionsWith(['a', 'b', 'c', 'gone']), { maxLength: 20 });
  fc.assert(
    fc.property(conditions, leads, moments, (given, asked, at) => {
      const candidates = new Set(compileRuleIndex(given, segments.condition).candidates(asked, at));
      for (const [position, condition] of given.entries()) {
        if (!holds(condition, segments, asked, at)) continue;
        found += 1;
        expect([condition, candidates.has(position)]).toEqual([condition, true]);
      }
    }),
    { numRuns: 300 },
  );
  expect(found).toBeGreaterThan(200);
});

test('a step that is found in several ways is asked once, and every word of a text is looked for', () => {
  const bonn: Condition = { or: [is('country', 'DE'), is('city', 'Bonn')] };
  const words = ['sales', 'engineer', 'gin'].map(
    (value): Condition => ({ field: 'jobTitle', operator: 'CONTAINS', value }),
  );
  const { condition } = compileSegments([]);
  const given = lead({ country: 'DE', city: 'Bonn', jobTitle: 'Sales Engineer' });
  for (const count of [1, 5, 20]) {
    const conditions = Array.from({ length: count }, () => [bonn, ...words]).flat();
    expect([...compileRuleIndex(conditions, condition).candidates(given, NOW)]).toEqual([...conditions.keys()]);
  }
});

const is = (field: string, value: string | number): Comparison => ({ field, operator: 'EQUALS', value });
const pad = (number: number): string => String(number).padStart(5, '0');

describe('of 10,000 steps few are asked', () => {
  const inBerlin = { timeZone: 'Europe/Berlin' };
  const nowHere: readonly Condition[] = [
    { field: 'weekday', operator: 'NOT_IN', value: ['SATURDAY', 'SUNDAY'], ...inBerlin },
    { field: 'hour', operator: 'BETWEEN', value: [9, 17], ...inBerlin },
  ];
  test.each<[string, (index: number) => Condition, Parameters<typeof lead>[0]]>([
    ['one value', (index) => is('city', `city ${index}`), { city: 'City 7' }],
    [
      'one of several values',
      (index) => ({ ...is('city', ''), operator: 'IN', value: [pad(index), pad(-1)] }),
      { city: pad(7) },
    ],
    [
      'a value beside what all have in common',
      (index) => ({ and: [is('country', 'DE'), is('industry', `industry ${index}`), ...nowHere] }),
      { country: 'DE', industry: 'industry 7' },
    ],
    [
      'a range',
      (index) => ({ field: 'employees', operator: 'BETWEEN', value: [index * 10, index * 10 + 9] }),
      { employees: 75 },
    ],
    [
      'a beginning',
      (index) => ({ field: 'postalCode', operator: 'STARTS_WITH', value: pad(index) }),
      { postalCode: '00007X' },
    ],
    [
      'a domain',
      (index) => ({ field: 'email', operator: 'DOMAIN_OF', value: `c${index}.example` }),
      { email: 'a@mail.c7.example' },
    ],
    [
      'a word',
      (index) => ({ field: 'jobTitle', operator: 'CONTAINS', value: `level ${pad(index)}` }),
      { jobTitle: 'Chief, level 00007' },
    ],
    ['an attribute', (index) => is('attributes.plan', index), { attributes: { plan: 7, other: 8 } }],
    [
      'an attribute of their own',
      (index) => ({ field: `attributes.a${index}`, operator: 'EXISTS', value: true }),
      { attributes: { a7: 'x' } },
    ],
    ['a segment', (index) => ({ and: [is('country', 'DE'), matches(`s${index}`)] }), { country: 'DE', city: 'city 7' }],
    [
      'one of two things',
      (index) => ({ or: [is('city', `city ${index}`), { and: [is('country', 'DE'), is('postalCode', pad(index))] }] }),
      { country: 'DE', postalCode: '00007', city: 'city 8' },
    ],
    ['something twice negated', (index) => ({ not: { not: is('city', `city ${index}`) } }), { city: 'city 7' }],
  ])('when they differ by %s', (_what, conditionOf, given) => {
    const conditions = Array.from({ length: 10_000 }, (_, index) => conditionOf(index));
    const segments = Array.from({ length: 10_000 }, (_, index) => segment(`s${index}`, is('city', `city ${index}`)));
    const { condition } = compileSegments(segments);
    const candidates = [...compileRuleIndex(conditions, condition).candidates(lead(given), NOW)];
    expect(candidates).toContain(7);
    expect(candidates.length).toBeLessThanOrEqual(3);
  });
});

describe('what a step was found by is not asked again', () => {
  const country = is('country', 'DE');
  const big: Comparison = { field: 'employees', operator: 'AT_LEAST', value: 500 };
  const title: Comparison = { field: 'jobTitle', operator: 'CONTAINS', value: 'engineer' };
  const either: Condition = { or: [country, big] };
  test.each<[string, Condition, Condition | null]>([
    ['a value', country, country],
    ['a range with its end', big, big],
    ['a range without its end', { ...big, operator: 'GREATER_THAN' }, null],
    ['a piece of text', title, null],
    ['one of a list', { and: [country, title] }, country],
    ['either of two', either, either],
    ['either of two, of which one is not exact', { or: [country, title] }, null],
    ['a segment', matches('german'), matches('german')],
    ['something that must not be', { not: country }, null],
  ])('%s', (_what, condition, expected) => {
    const { condition: inside } = compileSegments([segment('german', country)]);
    // Twice: what is known of a segment holds for whoever refers to it.
    expect(compileRuleIndex([condition, structuredClone(condition)], inside).settled).toEqual([expected, expected]);
  });

  test('and the rest is', () => {
    const segments: Segments = {
      ...compileSegments([segment('german', country)]),
      predicate: () => {
        throw new Error('the segment is asked');
      },
    };
    const steps = [step('a', { condition: { and: [matches('german'), big] } })];
    const { steps: compiled } = compilePlan({ version: 1, steps, lastResort: [] }, segments);
    expect(compiled[0]?.matches(lead({ country: 'DE', employees: 500 }), NOW)).toBe(true);
    expect(compiled[0]?.matches(lead({ country: 'DE', employees: 499 }), NOW)).toBe(false);
  });
});
