import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../src/domain/configuration.ts';
import { alignRotation, type Candidate, type Earner, type Rotation } from '../../src/domain/rotation.ts';
import {
  ALL_STRATEGIES,
  candidate,
  fractions,
  isWithin,
  membersOf,
  random,
  rotationOf,
  running,
  sumOf,
} from '../support/rotation.ts';

const WEIGHTS = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 10 });
const BY_NUMBER = fc.constantFrom<Strategy>('ROUND_ROBIN', 'WEIGHTED');

/** Whether a member has received more than so many leads beyond what was earned since the credit stood at `since`. */
const isAheadBy = (leads: number, { scale, credits }: Rotation, id: string, since: Rotation): boolean =>
  (since.credits.get(id) ?? 0n) * scale - (credits.get(id) ?? 0n) * since.scale > BigInt(leads) * scale * since.scale;

describe('who leaves', () => {
  const credits = { a: 6, b: -3, c: -3 };

  test.each<[string, Strategy, Record<string, number>, readonly Earner[], Record<string, string>]>([
    [
      'hands credit on by weight',
      'WEIGHTED',
      credits,
      [
        { id: 'b', weight: 2 },
        { id: 'c', weight: 1 },
      ],
      { b: '1', c: '-1' },
    ],
    [
      'hands debt on by weight',
      'WEIGHTED',
      { a: -6, b: 6, c: 0 },
      [
        { id: 'b', weight: 2 },
        { id: 'c', weight: 1 },
      ],
      { b: '2', c: '-2' },
    ],
    [
      'alike in turns',
      'ROUND_ROBIN',
      { a: 4, b: -4, c: 0 },
      [
        { id: 'b', weight: 2 },
        { id: 'c', weight: 1 },
      ],
      { b: '-2', c: '2' },
    ],
    [
      'by weight when sharing value',
      'VALUE_BALANCED',
      credits,
      [
        { id: 'b', weight: 2 },
        { id: 'c', weight: 1 },
      ],
      { b: '1', c: '-1' },
    ],
    [
      'nothing to weight 0',
      'WEIGHTED',
      credits,
      [
        { id: 'b', weight: 2 },
        { id: 'c', weight: 0 },
      ],
      { b: '3', c: '-3' },
    ],
    [
      'alike where all have weight 0',
      'WEIGHTED',
      { a: 6, b: -4, c: -2 },
      [
        { id: 'b', weight: 0 },
        { id: 'c', weight: 0 },
      ],
      { b: '-1', c: '1' },
    ],
    ['all to the last one, who is level then', 'WEIGHTED', credits, [{ id: 'b', weight: 5 }], {}],
    [
      'not to who has just joined',
      'WEIGHTED',
      { a: 6, b: -8, c: 2 },
      [
        { id: 'b', weight: 1 },
        { id: 'c', weight: 1 },
        { id: 'd', weight: 2 },
      ],
      { b: '-5', c: '5' },
    ],
    [
      'to who joins, where nobody stays and not all who left are told',
      'WEIGHTED',
      { a: 6 },
      [
        { id: 'd', weight: 1 },
        { id: 'e', weight: 2 },
      ],
      { d: '2', e: '4' },
    ],
    [
      'several at once',
      'WEIGHTED',
      { a: 6, b: -3, c: -3 },
      [
        { id: 'd', weight: 1 },
        { id: 'c', weight: 2 },
      ],
      {},
    ],
    [
      'a level one nothing',
      'WEIGHTED',
      { a: 0, b: 2, c: -2 },
      [
        { id: 'b', weight: 1 },
        { id: 'c', weight: 1 },
      ],
      { b: '2', c: '-2' },
    ],
  ])('%s', (_what, strategy, before, members, expected) => {
    const aligned = alignRotation(rotationOf(before), strategy, members);
    expect(fractions(aligned)).toEqual(expected);
    expect([...aligned.credits.keys()]).toEqual(members.map(({ id }) => id));
  });

  test('the last one of all takes credits and leads received along', () => {
    const rotation = rotationOf({ a: 0 }, 7, { received: new Map([['a', 9]]), since: 5 });
    expect(alignRotation(rotation, 'WEIGHTED', [])).toEqual(rotationOf({}, 1, { since: 5 }));
  });

  test('and comes back begins as a newcomer', () => {
    const members = membersOf([1, 1, 1]);
    const run = running('ROUND_ROBIN', members);
    run.take(members);
    const without = alignRotation(run.rotation, 'ROUND_ROBIN', members.slice(1));
    const back = alignRotation(without, 'ROUND_ROBIN', members);
    expect([fractions(back), back.received.get('rep-0')]).toEqual([{}, 0]);
  });

  test('leaves the order of those who stay as it is, in turns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 10 }), fc.nat(40), fc.nat(9), (n, leads, gone) => {
        // Weights that count for nothing.
        const members = membersOf(Array.from({ length: n }, (_, index) => 1 + 5 * index));
        const run = running('ROUND_ROBIN', members);
        for (let lead = 0; lead < leads; lead += 1) run.take(members);
        const staying = members.filter((_, index) => index !== gone % n);
        const order = (rotation: Rotation) =>
          staying
            .map(({ id }) => id)
            .sort((a, b) => Number((rotation.credits.get(b) ?? 0n) - (rotation.credits.get(a) ?? 0n)));
        expect(order(alignRotation(run.rotation, 'ROUND_ROBIN', staying))).toEqual(order(run.rotation));
      }),
      { numRuns: 60 },
    );
  });
});

describe('who joins', () => {
  /** A pool with a past, in which anybody but the newcomer may be absent. */
  const withNewcomer = (strategy: Strategy, weights: readonly number[], seed: number, absence: number) => {
    const next = random(seed);
    const there = (members: readonly Candidate[]) => members.filter(() => next() >= absence);
    const all = membersOf(weights);
    const [former, newcomer] = [all.slice(0, -1), all.at(-1) as Candidate];
    const run = running(strategy, former);
    for (let lead = 0; lead < 40; lead += 1) {
      const present = there(former);
      if (present.length > 0) run.take(present);
    }
    run.rotation = alignRotation(run.rotation, strategy, all);
    return { run, newcomer, take: () => run.take([...there(former), newcomer]) };
  };

  test.each(ALL_STRATEGIES)('begins at 0, and moves nobody: %s', (strategy) => {
    const members = membersOf([3, 2, 1]);
    const run = running(strategy, members);
    for (let lead = 0; lead < 4; lead += 1) run.take(members);
    const joined = alignRotation(run.rotation, strategy, [...members, candidate(3)]);
    expect([fractions(joined), joined.credits.get('rep-3'), joined.received.get('rep-3')]).toEqual([
      fractions(run.rotation),
      0n,
      0,
    ]);
  });

  test.each([
    ['while nobody is absent', 0, 1],
    ['with others absent at random', 0.7, 2],
  ])('is not flooded: never more leads ahead of the share in the first five rounds, %s', (_how, absence, bound) => {
    fc.assert(
      fc.property(BY_NUMBER, WEIGHTS, fc.integer(), (strategy, weights, seed) => {
        const { run, newcomer, take } = withNewcomer(strategy, weights, seed, absence);
        const joined = run.rotation;
        for (let lead = 0; lead < 5 * weights.length; lead += 1) {
          take();
          expect(isAheadBy(bound, run.rotation, newcomer.id, joined)).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('is not left out: has a lead before two rounds are over, taking turns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10 }), fc.integer(), (n, seed) => {
        const { newcomer, take } = withNewcomer('ROUND_ROBIN', Array(n).fill(1), seed, 0);
        expect(Array.from({ length: 2 * n }, take)).toContain(newcomer.id);
      }),
      { numRuns: 60 },
    );
  });
});

describe('weights that change', () => {
  test('move no credit, and count from the next lead on', () => {
    const run = running('WEIGHTED', membersOf([1, 1]));
    for (let lead = 0; lead < 3; lead += 1) run.take(membersOf([1, 1]));
    const before = run.rotation;
    const members = membersOf([4, 1]);
    run.rotation = alignRotation(before, 'WEIGHTED', members);
    expect(run.rotation).toEqual(before);
    const taken = Array.from({ length: 50 }, () => run.take(members));
    expect(taken.filter((id) => id === 'rep-0')).toHaveLength(40);
  });

  test('however often, keep everyone within two leads of what was earned', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10 }), fc.integer(), (n, seed) => {
        const next = random(seed);
        const weights = () => membersOf(Array.from({ length: n }, () => Math.ceil(1_000 ** next())));
        let members = weights();
        const run = running('WEIGHTED', members);
        for (let lead = 0; lead < 120; lead += 1) {
          if (next() < 0.2) members = weights();
          run.take(members);
          if (!isWithin(run.rotation, 2)) return false;
        }
        return sumOf(run.rotation) === 0n;
      }),
      { numRuns: 80 },
    );
  });

  test('to 0 keep the credit for when it is above 0 again', () => {
    const members = membersOf([1, 1, 1]);
    const run = running('WEIGHTED', members);
    run.take(members);
    const resting = members.slice(0, 2);
    for (let lead = 0; lead < 9; lead += 1) run.take(resting);
    expect(fractions(run.rotation)['rep-2']).toBe('1/3');
    expect(run.take(members)).toBe('rep-2');
  });
});
