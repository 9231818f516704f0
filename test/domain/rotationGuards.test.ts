import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pool } from '../../src/domain/configuration.ts';
import { type Candidate, takeTurn } from '../../src/domain/rotation.ts';
import { lookAt, tally } from '../support/decisions.ts';
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
import { market, pool, rep, type Setting, step } from '../support/routing.ts';

const names = (places: readonly { readonly candidate: { readonly id: string } }[]): string[] =>
  places.map(({ candidate: { id } }) => id);

describe('who is passed over', () => {
  test.each<[string, Record<string, number>, number, readonly string[]]>([
    ['exactly so much below the most credit is not too far', { 'rep-0': 2, 'rep-1': 0, 'rep-2': -2 }, 2, []],
    ['any more is', { 'rep-0': 2, 'rep-1': 1, 'rep-2': -3 }, 2, ['rep-2']],
    ['several at once', { 'rep-0': 7, 'rep-1': -3, 'rep-2': -4 }, 4, ['rep-1', 'rep-2']],
    ['half a lead is no lead', { 'rep-0': 2, 'rep-1': -1, 'rep-2': -1 }, 1, ['rep-1', 'rep-2']],
    ['the credit of somebody absent does not count', { 'rep-0': 1, 'rep-1': 0, 'rep-2': -1, away: 90 }, 1, []],
    ['nobody, where all are level', {}, 1, []],
  ])('%s', (_what, credits, maxAhead, expected) => {
    // In halves of a lead.
    const { line, ahead } = takeTurn('WEIGHTED', membersOf([1, 1, 1]), rotationOf(credits, 2), 1, maxAhead);
    expect(names(ahead)).toEqual(expected);
    expect(names(line).toSorted()).toEqual(['rep-0', 'rep-1', 'rep-2'].filter((id) => !expected.includes(id)));
  });

  test('takes the lead all the same when nobody else can', () => {
    const { line, ahead, tieBreak } = takeTurn('WEIGHTED', [candidate(0)], rotationOf({ 'rep-0': -9, away: 9 }), 1, 1);
    expect([names(line), ahead, tieBreak]).toEqual([['rep-0'], [], 'ONLY_ONE']);
  });

  test('waits for who comes back with more credit, and no longer than needed', () => {
    const members = membersOf([1, 1, 1]);
    const run = running('WEIGHTED', members, { maxAhead: 2 });
    run.rotation = rotationOf({ 'rep-0': 2, 'rep-1': -1, 'rep-2': -1 });
    const turn = (present: readonly Candidate[]) => {
      const { line, ahead } = run.turn(present);
      return [names(line)[0], ...names(ahead)];
    };
    expect(turn(members.slice(1))).toEqual(['rep-1']);
    expect([turn(members), turn(members), turn(members)]).toEqual([
      ['rep-0', 'rep-1', 'rep-2'],
      ['rep-0', 'rep-1'],
      ['rep-0'],
    ]);
  });

  test('earns of the lead like everyone who could have taken it', () => {
    const { rotation, ahead, line } = takeTurn(
      'WEIGHTED',
      membersOf([1, 3]),
      rotationOf({ 'rep-0': 3, 'rep-1': -3 }),
      1,
      1,
    );
    expect(ahead).toMatchObject([{ share: 0.75, creditBefore: -3, creditAfter: -2.25 }]);
    expect(line).toMatchObject([{ share: 0.25, creditBefore: 3, creditAfter: 2.25 }]);
    expect(fractions(rotation)).toEqual({ 'rep-0': '9/4', 'rep-1': '-9/4' });
  });
});

test('with each strategy: only who is too far below the most credit, never who has it; all earn, and the sum stays 0', () => {
  const history = fc.record({
    strategy: fc.constantFrom(...ALL_STRATEGIES),
    weights: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 9 }),
    maxAhead: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer(),
  });
  let passedOver = 0;
  fc.assert(
    fc.property(history, ({ strategy, weights, maxAhead, seed }) => {
      const next = random(seed);
      const members = membersOf(weights);
      const run = running(strategy, members, { maxAhead });
      for (let lead = 0; lead < 60; lead += 1) {
        const present = members.filter(() => next() < 0.6);
        if (present.length === 0) continue;
        const { scale, credits } = run.rotation;
        const most = present.map(({ id }) => credits.get(id) ?? 0n).reduce((a, b) => (a > b ? a : b));
        const isTooFar = ({ id }: { id: string }) => most - (credits.get(id) ?? 0n) > BigInt(maxAhead) * scale;
        const { ahead, line } = run.turn(present, strategy === 'VALUE_BALANCED' ? 1 + Math.floor(next() * 9) : 1);
        expect(names(ahead)).toEqual(present.filter(isTooFar).map(({ id }) => id));
        expect(line.length + ahead.length).toBe(present.length);
        for (const { creditBefore, creditAfter } of ahead) expect(creditAfter).toBeGreaterThan(creditBefore);
        expect(sumOf(run.rotation)).toBe(0n);
        passedOver += ahead.length;
      }
    }),
    { numRuns: 100 },
  );
  expect(passedOver).toBeGreaterThan(100);
});

test('who was passed over is back: once the pool stands still everyone has a lead within five rounds', () => {
  const strategy = fc.constantFrom(...ALL_STRATEGIES);
  fc.assert(
    fc.property(strategy, fc.integer({ min: 2, max: 9 }), fc.integer(), (kind, n, seed) => {
      const next = random(seed);
      const members = membersOf(Array(n).fill(1));
      const run = running(kind, members, { maxAhead: 1 });
      for (let lead = 0; lead < 60; lead += 1) {
        const present = members.filter(() => next() < 0.5);
        if (present.length > 0) run.take(present);
      }
      const served = new Set(Array.from({ length: 5 * n }, () => run.take(members)));
      expect(served.size).toBe(n);
    }),
    { numRuns: 100 },
  );
});

test('a guard from 2 on never bites in a pool that stands still; one of 1 may, and nobody is a whole lead away', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 2, maxLength: 12 }), (weights) => {
      const members = membersOf(weights);
      const [guarded, strict] = [2, 1].map((maxAhead) => running('WEIGHTED', members, { maxAhead }));
      for (let lead = 0; lead < 150; lead += 1) {
        expect(guarded?.turn(members).ahead).toEqual([]);
        strict?.turn(members);
        expect(strict && isWithin(strict.rotation, 1)).toBe(true);
      }
    }),
    { numRuns: 40 },
  );
  const members = membersOf([21, 321, 7_521]);
  const strict = running('WEIGHTED', members, { maxAhead: 1 });
  const turns = Array.from({ length: 200 }, () => strict.turn(members));
  expect(turns.some(({ ahead }) => ahead.length > 0)).toBe(true);
});

describe('in a pool', () => {
  const setting = (overrides: Partial<Pool>): Setting => ({
    reps: ['boss', 'ada', 'bob', 'cy'].map((key) => rep(key)),
    pools: [pool('main', ['ada', 'bob', 'cy'], overrides)],
    plan: { steps: [step('all')] },
  });

  test('by load, who closes leads fast does not get all of them', () => {
    const received = (maxAhead: number | null) => {
      const run = market(setting({ strategy: 'LEAST_LOADED', maxAhead }));
      return tally(
        Array.from({ length: 30 }, () => {
          const decision = run.decide();
          if (decision.repId === 'ada') run.simulation.release('ada', decision);
          return decision.repId;
        }),
      );
    };
    expect(received(null)).toEqual({ ada: 28, bob: 1, cy: 1 });
    // Three leads more than the others, and one at a time from then on.
    expect(received(3)).toEqual({ ada: 12, bob: 9, cy: 9 });
  });

  test('by load, at equal weights nobody is further than the guard and one lead away, whoever closes what', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 8 }), fc.integer(), (maxAhead, n, seed) => {
        const next = random(seed);
        const members = membersOf(Array(n).fill(1));
        const run = running('LEAST_LOADED', members, { maxAhead });
        for (let lead = 0; lead < 80; lead += 1) {
          run.rotation = takeTurn(
            'LEAST_LOADED',
            members.map((member) => ({ ...member, load: Math.floor(next() * 9) })),
            run.rotation,
            1,
            maxAhead,
          ).rotation;
          if (!isWithin(run.rotation, maxAhead + 1)) return false;
        }
        return true;
      }),
      { numRuns: 80 },
    );
  });

  test('by value, a large lead keeps its owner out of line until the others have come near', () => {
    const run = market(setting({ strategy: 'VALUE_BALANCED', maxAhead: 50 }));
    expect(run.decide({ score: 90 }).repId).toBe('ada');
    const seen = Array.from({ length: 8 }, () => {
      const decision = run.decide({ score: 15 });
      const ada = lookAt(decision, 'ada');
      return `${decision.repId} ${ada?.reason} ${ada?.turn?.creditBefore} ${ada?.turn?.rank}`;
    });
    // Beside 30, 35, 25, 30, 20, 25, 15 and 20.
    expect(seen).toEqual([
      'bob TOO_FAR_AHEAD -60 null',
      'cy TOO_FAR_AHEAD -55 null',
      'bob TOO_FAR_AHEAD -50 null',
      'cy TOO_FAR_AHEAD -45 null',
      'bob TOO_FAR_AHEAD -40 null',
      'cy TOO_FAR_AHEAD -35 null',
      'bob NOT_THEIR_TURN -30 3',
      'cy NOT_THEIR_TURN -25 3',
    ]);
  });

  test('by value, it never changes who is served: the most credit takes it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 40 }), (scores) => {
        const [free, guarded] = [null, 1].map((maxAhead) => market(setting({ strategy: 'VALUE_BALANCED', maxAhead })));
        for (const score of scores) expect(guarded?.decide({ score }).repId).toBe(free?.decide({ score }).repId);
      }),
      { numRuns: 40 },
    );
  });
});
