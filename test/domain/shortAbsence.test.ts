import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../src/domain/configuration.ts';
import { owners } from '../support/decisions.ts';
import { fractions, membersOf, random, running } from '../support/rotation.ts';
import { market, pool, rep, step } from '../support/routing.ts';

const WEIGHTS = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 10 });
const BY_NUMBER = fc.constantFrom<Strategy>('ROUND_ROBIN', 'WEIGHTED');

describe('a short absence', () => {
  const KEYS = ['ada', 'bob', 'cy'];
  const three = () =>
    market({
      reps: ['boss', ...KEYS].map((key) => rep(key)),
      pools: [pool('main', KEYS)],
      plan: { steps: [step('all')] },
    });
  const place = { cost: 50, classes: [], poolId: null };

  test.each<[string, string, number, number, readonly string[], readonly string[]]>([
    ['whose turn it was is next when back', 'bob', 1, 1, ['cy'], ['bob', 'ada']],
    ['also after several leads', 'bob', 1, 4, ['cy', 'ada', 'cy', 'ada'], ['bob', 'cy', 'ada']],
    ['whose turn was to come later comes as soon', 'cy', 1, 2, ['bob', 'ada'], ['cy', 'bob']],
    ['who has just had one is not served twice', 'ada', 1, 2, ['bob', 'cy'], ['bob', 'cy']],
  ])('%s', (_what, away, before, during, meanwhile, then) => {
    const run = three();
    owners(run, before);
    const { credits: stood } = run.simulation.rotation('main');
    const credit = Number(stood.get(away)) / Number(run.simulation.rotation('main').scale);
    run.simulation.give(away, place, 0);
    expect(owners(run, during)).toEqual(meanwhile);
    run.simulation.release(away, place);
    const { credits, scale } = run.simulation.rotation('main');
    expect(Number(credits.get(away)) / Number(scale)).toBeCloseTo(credit, 12);
    expect(owners(run, then.length)).toEqual(then);
  });

  test('costs no credit', () => {
    fc.assert(
      fc.property(BY_NUMBER, WEIGHTS, fc.nat(30), fc.nat(30), (strategy, weights, before, during) => {
        const members = membersOf(weights);
        const run = running(strategy, members);
        for (let lead = 0; lead < before; lead += 1) run.take(members);
        const left = fractions(run.rotation);
        for (let lead = 0; lead < during; lead += 1) run.take(members.slice(1));
        expect(fractions(run.rotation)['rep-0']).toBe(left['rep-0']);
      }),
      { numRuns: 60 },
    );
  });

  test('leaves who has the most credit of those there next, taking turns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10 }), fc.integer(), (n, seed) => {
        const next = random(seed);
        const members = membersOf(Array(n).fill(1));
        const run = running('ROUND_ROBIN', members);
        for (let lead = 0; lead < 60; lead += 1) {
          const present = members.filter(() => next() < 0.6);
          if (present.length === 0) continue;
          const { credits } = run.rotation;
          const of = (id: string) => credits.get(id) ?? 0n;
          const most = present.map(({ id }) => of(id)).reduce((a, b) => (a > b ? a : b));
          expect(of(run.take(present))).toBe(most);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('is made up for without a flood: nobody is served on beyond a lead ahead', () => {
    fc.assert(
      fc.property(BY_NUMBER, WEIGHTS, fc.integer(), (strategy, weights, seed) => {
        const next = random(seed);
        const members = membersOf(weights);
        const run = running(strategy, members);
        for (let lead = 0; lead < 60; lead += 1) {
          const present = members.filter((_, index) => (lead < 30 || index !== 0) && next() < 0.5);
          if (present.length > 0) run.take(present);
        }
        const kept = run.rotation;
        const credit = kept.credits.get('rep-0') ?? 0n;
        for (let lead = 0; lead < 5 * weights.length; lead += 1) {
          run.take(members);
          const { scale, credits } = run.rotation;
          const now = credits.get('rep-0') ?? 0n;
          expect(now >= -scale || now * kept.scale >= credit * scale).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('who was first in line when they went, taking turns, has a lead before a round is over', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10 }), fc.nat(40), fc.integer({ min: 1, max: 30 }), (n, before, during) => {
        const members = membersOf(Array(n).fill(1));
        const [run, ahead] = [running('ROUND_ROBIN', members), running('ROUND_ROBIN', members)];
        for (let lead = 0; lead < before; lead += 1) for (const each of [run, ahead]) each.take(members);
        const first = ahead.take(members);
        const others = members.filter(({ id }) => id !== first);
        for (let lead = 0; lead < during; lead += 1) run.take(others);
        expect(Array.from({ length: n }, () => run.take(members))).toContain(first);
      }),
      { numRuns: 150 },
    );
  });
});
