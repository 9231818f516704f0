import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pool } from '../../src/domain/configuration.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import { isWithin, membersOf, random, running, sumOf } from '../support/rotation.ts';
import { market, pool, rep, type Setting, step } from '../support/routing.ts';

const SEGMENTS: NonNullable<Setting['segments']> = [
  { id: 'big', key: 'big', name: 'Big', condition: { field: 'employees', operator: 'AT_LEAST', value: 500 } },
  { id: 'icp', key: 'icp', name: 'ICP', condition: { field: 'icp', operator: 'EQUALS', value: true } },
];

const valued = (overrides: Partial<Pool> = {}): Setting => ({
  reps: ['boss', 'ada', 'bob'].map((key) => rep(key)),
  pools: [pool('main', ['ada', 'bob'], { strategy: 'VALUE_BALANCED', ...overrides })],
  segments: SEGMENTS,
  plan: { steps: [step('all')] },
});

describe('the value of a lead', () => {
  const both = {
    segmentValues: [
      { segment: 'big', value: 200 },
      { segment: 'icp', value: 90 },
    ],
  };

  test.each<[string, Partial<Pool>, Partial<RoutableLead>, number]>([
    ['is its score', {}, { score: 80 }, 80],
    ['is its score, to the nearest whole number', {}, { score: 49.5 }, 50],
    ['is at least 1, also at score 0', { defaultValue: 30 }, { score: 0 }, 1],
    ['is at least 1, also where rounding would make it 0', {}, { score: 0.4 }, 1],
    ['is the pool’s default without a score', { defaultValue: 30 }, {}, 30],
    ['is 1 where the pool says nothing', {}, {}, 1],
    ['is what the segment says, before the score', both, { employees: 500, score: 80 }, 200],
    ['is what the segment says, also below the score', both, { icp: true, score: 100 }, 90],
    ['is what the first segment of the list says', both, { icp: true, employees: 500 }, 200],
    ['is the score where no segment matches', both, { employees: 499, score: 70 }, 70],
    ['goes past a segment that is gone', { segmentValues: [{ segment: 'gone', value: 9 }] }, { score: 70 }, 70],
    ['is 1 in turns', { strategy: 'ROUND_ROBIN', ...both }, { employees: 500, score: 80 }, 1],
    ['is 1 by weight', { strategy: 'WEIGHTED', ...both }, { employees: 500, score: 80 }, 1],
    ['is 1 by load', { strategy: 'LEAST_LOADED', ...both }, { employees: 500, score: 80 }, 1],
  ])('%s', (_what, ofPool, given, value) => {
    const decision = market(valued(ofPool)).decide(given);
    expect(decision).toMatchObject({ value, turns: [{ value }] });
    const { credits, scale } = decision.turns[0]?.rotation ?? { credits: new Map(), scale: 0n };
    expect([credits.get('ada'), credits.get('bob')].map((credit) => Number(credit) / Number(scale))).toEqual([
      -value / 2,
      value / 2,
    ]);
  });

  test('is not asked for where nobody takes a turn', () => {
    expect(market(valued({ members: [] })).decide({ score: 80 })).toMatchObject({ repId: 'boss', value: 1, turns: [] });
  });
});

test('a lead worth as much as four others is one rep’s share, and the four are the other’s', () => {
  const run = market(valued());
  const scores = [80, 20, 20, 20, 20, 10];
  expect(scores.map((score) => run.decide({ score }).repId)).toEqual(['ada', 'bob', 'bob', 'bob', 'bob', 'ada']);
});

describe('how far members of a pool that stands still can stray', () => {
  /** 1/2 + 1/3 + … + 1/n, as numerator and denominator. */
  const harmonic = (n: number): [bigint, bigint] =>
    Array.from({ length: n - 1 }, (_, index) => BigInt(index + 2)).reduce<[bigint, bigint]>(
      ([p, q], k) => [p * k + q, q * k],
      [0n, 1n],
    );

  // The k members with the most credit have on average at most 1/(k+1) more than k + 1 of them had: who takes a lead has
  // as much as any of them. All n have 0. Up to ten members that is less than twice the value.
  test('never so far ahead as the largest value, nor behind by more than 1/2 + 1/3 + … + 1/n times that', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 2, maxLength: 30 });
    const values = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(weights, values, fc.integer(), (list, kinds, seed) => {
        const next = random(seed);
        const members = membersOf(list);
        const run = running('VALUE_BALANCED', members);
        const largest = BigInt(Math.max(...kinds));
        const [p, q] = harmonic(list.length);
        for (let lead = 0; lead < 150; lead += 1) {
          run.take(members, kinds[Math.floor(next() * kinds.length)]);
          const { scale, credits } = run.rotation;
          for (const credit of credits.values()) {
            if (credit * q > largest * p * scale || -credit >= largest * scale) return false;
          }
        }
        return sumOf(run.rotation) === 0n;
      }),
      { numRuns: 60 },
    );
  });

  test('further than twice the largest value in a large pool of very different weights', () => {
    const groups = [44, 24, 10, 10, 4].map((count, index) =>
      Array<number>(count).fill([1, 3, 11, 45, 381][index] ?? 0),
    );
    const members = membersOf(groups.flat());
    const run = running('VALUE_BALANCED', members);
    let isWithinTwice = true;
    for (let lead = 0; lead < 1_500; lead += 1) {
      run.take(members, 100);
      isWithinTwice &&= isWithin(run.rotation, 200);
    }
    expect([members.length, isWithinTwice]).toEqual([92, false]);
  });
});
