import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../src/domain/configuration.ts';
import { alignRotation, charge, EMPTY_ROTATION, type Rotation, takeTurn } from '../../src/domain/rotation.ts';
import {
  ALL_STRATEGIES,
  candidate,
  fractions,
  isWithin,
  isWithinShare,
  membersOf,
  random,
  running,
  stored,
  sumOf,
} from '../support/rotation.ts';

const weightsOf = (most: number) => fc.array(fc.integer({ min: 1, max: most }), { minLength: 2, maxLength: 14 });
const byNumber = fc.constantFrom<Strategy>('ROUND_ROBIN', 'WEIGHTED');

describe('a pool that stands still', () => {
  test('serves three equal reps in turn', () => {
    const members = membersOf([1, 1, 1]);
    const { take } = running('ROUND_ROBIN', members);
    expect(Array.from({ length: 6 }, () => take(members))).toEqual([
      'rep-0',
      'rep-1',
      'rep-2',
      'rep-0',
      'rep-1',
      'rep-2',
    ]);
  });

  test('gives leads by weight, spread evenly and not in blocks', () => {
    const members = membersOf([3, 1]);
    const { take } = running('WEIGHTED', members);
    const order = Array.from({ length: 8 }, () => take(members));
    expect(order.filter((rep) => rep === 'rep-0')).toHaveLength(6);
    expect(order.slice(0, 4).filter((rep) => rep === 'rep-1')).toHaveLength(1);
    expect(order.slice(4).filter((rep) => rep === 'rep-1')).toHaveLength(1);
  });

  test.each([
    ['as it is', (rotation: Rotation) => rotation],
    ['stored and read back between all leads', stored],
  ])('keeps every credit within ±(1 − 1/(2n−2)) at every prefix, for any weights, exactly: %s', (_how, between) => {
    fc.assert(
      fc.property(byNumber, weightsOf(300), (strategy, weights) => {
        const members = membersOf(weights);
        const run = running(strategy, members, { between });
        for (let lead = 0; lead < 200; lead += 1) {
          run.take(members);
          if (!isWithinShare(run.rotation, weights.length)) return false;
        }
        return sumOf(run.rotation) === 0n;
      }),
      { numRuns: 100 },
    );
  });

  test('keeps within the bound where the usual most-credit-first rule strays to 1.56 leads', () => {
    const weights = [1, 257, 1, 3, 257, 257, 3, 1, 3, 1, 3, 3, 15];
    const members = membersOf(weights);
    const run = running('WEIGHTED', members);
    for (let lead = 0; lead < 5_000; lead += 1) {
      run.take(members);
      expect(isWithinShare(run.rotation, weights.length)).toBe(true);
    }
  });

  test('is level again after as many leads as the weights add up to, each with as many as the weight says', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 8 }), (weights) => {
        const members = membersOf(weights);
        const run = running('WEIGHTED', members);
        for (let lead = weights.reduce((sum, weight) => sum + weight); lead > 0; lead -= 1) run.take(members);
        expect(fractions(run.rotation)).toEqual({});
        expect(members.map(({ id }) => run.rotation.received.get(id))).toEqual(weights);
      }),
      { numRuns: 60 },
    );
  });

  test.each<[string, Strategy, (weight: number) => number]>([
    ['goes by ratios alone when weighted', 'WEIGHTED', (weight) => weight * 250],
    ['takes every weight above 0 as 1 in turns', 'ROUND_ROBIN', () => 1],
  ])('%s', (_what, strategy, other) => {
    fc.assert(
      fc.property(weightsOf(40), (weights) => {
        const [members, others] = [membersOf(weights), membersOf(weights.map(other))];
        const [run, otherRun] = [running(strategy, members), running(strategy, others)];
        for (let lead = 0; lead < 60; lead += 1) expect(run.take(members)).toBe(otherRun.take(others));
      }),
      { numRuns: 40 },
    );
  });

  test('does not go by the order in which those who could take a lead are named', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ALL_STRATEGIES), weightsOf(9), fc.integer(), (strategy, weights, seed) => {
        const next = random(seed);
        const members = membersOf(weights);
        const [run, shuffled] = [running(strategy, members), running(strategy, members)];
        for (let lead = 0; lead < 30; lead += 1) {
          const mixed = members
            .map((member) => ({ member, key: next() }))
            .sort((a, b) => a.key - b.key)
            .map(({ member }) => member);
          expect(shuffled.take(mixed)).toBe(run.take(members));
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('a pool with absences', () => {
  test.each<[string, Strategy, number]>([
    ['2 leads at equal weights', 'ROUND_ROBIN', 2],
    ['3 leads at mixed weights', 'WEIGHTED', 3],
  ])('keeps an always-available member within %s, with others absent at random', (_what, strategy, bound) => {
    const absence = fc.integer({ min: 0, max: 80 });
    fc.assert(
      fc.property(weightsOf(1_000), absence, fc.integer(), (weights, percent, seed) => {
        const next = random(seed);
        const members = membersOf(weights);
        const run = running(strategy, members);
        for (let lead = 0; lead < 200; lead += 1) {
          run.take(members.filter((_, index) => index === 0 || next() * 100 >= percent));
          if (!isWithin(run.rotation, bound, 1, ['rep-0'])) return false;
        }
        return true;
      }),
      { numRuns: 100 },
    );
  });

  test('can be driven apart to (n − 1)/4 by whoever chooses who is there for each lead', () => {
    const members = membersOf(Array(13).fill(1));
    const run = running('ROUND_ROBIN', members);
    // Two who are level: one takes the lead, and they are a whole lead apart.
    const twoLevel = () =>
      Map.groupBy(members, ({ id }) => fractions(run.rotation)[id] ?? '0')
        .values()
        .find((level) => level.length > 1);
    for (let level = twoLevel(); level !== undefined; level = twoLevel()) run.take(level.slice(0, 2));
    expect([isWithin(run.rotation, 3), isWithin(run.rotation, 299, 100)]).toEqual([true, false]);
  });

  test('keeps the sum at zero and charges nobody who is absent, through joins, leaves and absences at any weights', () => {
    const step = fc.record({
      kind: fc.constantFrom('lead', 'lead', 'lead', 'join', 'leave', 'charge'),
      mask: fc.integer({ min: 1, max: 2 ** 14 - 1 }),
      weight: fc.integer({ min: 1, max: 1_000 }),
      value: fc.integer({ min: 1, max: 100 }),
    });
    const strategies = fc.constantFrom(...ALL_STRATEGIES);
    fc.assert(
      fc.property(strategies, weightsOf(1_000), fc.array(step, { maxLength: 120 }), (kind, weights, steps) => {
        let members = membersOf(weights);
        let next = weights.length;
        const run = running(kind, members);
        for (const { kind: action, mask, weight, value } of steps) {
          const before = run.rotation;
          if (action === 'join') {
            members = [...members, candidate(next, { weight })];
            next += 1;
            run.rotation = alignRotation(run.rotation, kind, members);
            if (run.rotation.credits.get(`rep-${next - 1}`) !== 0n) return false;
          } else if (action === 'leave' && members.length > 1) {
            members = members.slice(1);
            run.rotation = alignRotation(run.rotation, kind, members);
          } else {
            const present = members.filter((_, index) => (mask >> (index % 14)) & 1);
            if (present.length === 0) continue;
            const amount = kind === 'VALUE_BALANCED' ? value : 1;
            const receiver = members[0]?.id as string;
            if (action === 'charge') run.rotation = charge(kind, present, run.rotation, receiver, amount);
            else run.take(present, amount);
            const { scale, credits } = run.rotation;
            const absent = members.filter(
              (member) => !present.includes(member) && (action !== 'charge' || member.id !== receiver),
            );
            // Equal as fractions: the denominator may have grown, or been rounded to 2⁻¹²⁸.
            const unmoved = absent.every(({ id }) => {
              const moved = (credits.get(id) as bigint) * before.scale - (before.credits.get(id) as bigint) * scale;
              return (moved < 0n ? -moved : moved) << 120n <= before.scale * scale;
            });
            if (!unmoved) return false;
          }
          if (sumOf(run.rotation) !== 0n) return false;
        }
        return true;
      }),
      { numRuns: 150 },
    );
  });

  test('keeps the denominator bounded however often the set of those present changes', () => {
    const members = membersOf([997, 991, 983, 977, 971, 967, 953, 947, 941, 937]);
    const run = running('WEIGHTED', members);
    for (let lead = 0; lead < 1_000; lead += 1) {
      run.take(members.filter((_, index) => ((lead + 1) >> index) & 1));
      expect(run.rotation.scale).toBeLessThanOrEqual(1n << 256n);
    }
    expect(sumOf(run.rotation)).toBe(0n);
  });

  test('keeps the denominator bounded however often somebody leaves', () => {
    let members = membersOf(Array.from({ length: 60 }, (_, index) => 9_949 + index));
    const run = running('WEIGHTED', members);
    while (members.length > 2) {
      run.take(members);
      members = members.slice(1);
      run.rotation = alignRotation(run.rotation, 'WEIGHTED', members);
      expect(run.rotation.scale).toBeLessThanOrEqual(1n << 256n);
      expect(sumOf(run.rotation)).toBe(0n);
    }
  });
});

test('a single eligible member takes the lead and pays what they earn', () => {
  const turn = takeTurn('WEIGHTED', [candidate(0, { weight: 7 })], EMPTY_ROTATION, 1);
  expect(turn.tieBreak).toBe('ONLY_ONE');
  expect(turn.rotation.credits.get('rep-0') ?? 0n).toBe(0n);
  expect(turn.rotation.received.get('rep-0')).toBe(1);
});

test('a turn without anybody is a mistake of the caller', () => {
  expect(() => takeTurn('WEIGHTED', [], EMPTY_ROTATION, 1)).toThrow('at least one who is eligible');
});

test('a turn leaves the rotation and the list it was given as they were', () => {
  const members = membersOf([1, 2, 3]);
  const run = running('WEIGHTED', members);
  run.take(members);
  const [before, given] = [stored(run.rotation), stored(run.rotation)];
  const order = [...members].reverse();
  takeTurn('WEIGHTED', order, given, 1);
  expect(given).toEqual(before);
  expect(order).toEqual([...members].reverse());
});

test('a rotation survives being stored', () => {
  const members = membersOf([3, 5, 7]);
  const run = running('WEIGHTED', members);
  for (let lead = 0; lead < 10; lead += 1) run.take(members);
  const rotation = { ...run.rotation, since: Date.UTC(2026, 2, 29) };
  expect(stored(rotation)).toEqual(rotation);
});
