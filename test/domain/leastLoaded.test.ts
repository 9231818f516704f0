import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TieBreak } from '../../src/domain/decision.ts';
import { type Candidate, takeTurn } from '../../src/domain/rotation.ts';
import { owners, reasons } from '../support/decisions.ts';
import { candidate, isWithin, membersOf, rotationOf, running } from '../support/rotation.ts';
import { type Market, market, pool, rep, type Setting, step } from '../support/routing.ts';

const setting = (capacities: Readonly<Record<string, number>>, overrides: Setting = {}): Setting => ({
  reps: [rep('boss'), ...Object.entries(capacities).map(([key, capacity]) => rep(key, { capacity }))],
  pools: [pool('main', Object.keys(capacities), { strategy: 'LEAST_LOADED' })],
  plan: { steps: [step('all')] },
  ...overrides,
});

const loads = (run: Market, keys: readonly string[]): number[] => keys.map((key) => run.simulation.rep(key).load);

describe('the lowest part of the limit in use comes first', () => {
  const at = (load: number, limit: number, overrides: Partial<Candidate> = {}) => ({ load, limit, ...overrides });

  test.each<[string, Partial<Candidate>, Partial<Candidate>, string, TieBreak]>([
    ['in proportion, and not in number', at(5, 10), at(8, 100), 'rep-1', 'LOAD'],
    ['by a hair', at(333, 1_000), at(1, 3), 'rep-0', 'LOAD'],
    ['equal parts of different limits: credit', at(1, 10), at(10, 100, { weight: 2 }), 'rep-1', 'CREDIT'],
    ['nothing in use, whatever the limits: credit', at(0, 1), at(0, 50, { weight: 2 }), 'rep-1', 'CREDIT'],
    ['equal parts and credits: who has waited', at(3, 30, { lastAssignment: 4 }), at(1, 10), 'rep-1', 'WAITED'],
    ['over the limit beside at it', at(12, 10), at(10, 10), 'rep-1', 'LOAD'],
    ['without a place one is as full as can be', at(0, 0), at(99, 10), 'rep-1', 'LOAD'],
    ['nor does it matter on which side', at(99, 10), at(0, 0), 'rep-0', 'LOAD'],
    ['without a place both: credit', at(5, 0), at(0, 0, { weight: 2 }), 'rep-1', 'CREDIT'],
  ])('%s', (_what, a, b, winner, by) => {
    const { line, tieBreak } = takeTurn('LEAST_LOADED', [candidate(0, a), candidate(1, b)], rotationOf({}), 1);
    expect([line[0]?.candidate.id, tieBreak]).toEqual([winner, by]);
  });

  test('whatever the credits', () => {
    const eligible = [candidate(0, at(1, 50)), candidate(1, at(2, 50))];
    const { line } = takeTurn('LEAST_LOADED', eligible, rotationOf({ 'rep-0': -40, 'rep-1': 40 }), 1);
    expect(line[0]?.candidate.id).toBe('rep-0');
  });
});

test('places fill up in proportion to the limits', () => {
  const run = market(setting({ ada: 10, bob: 20, cy: 40 }));
  owners(run, 35);
  expect(loads(run, ['ada', 'bob', 'cy'])).toEqual([5, 10, 20]);
});

test('with equal limits and nothing closed nobody is ever a whole lead ahead', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 1, max: 60 }), (n, leads) => {
      const members = membersOf(Array(n).fill(1));
      const run = running('LEAST_LOADED', members);
      for (let lead = 0; lead < leads; lead += 1) run.take(members);
      return isWithin(run.rotation, n - 1, n);
    }),
    { numRuns: 60 },
  );
});

test('who closes leads gets the next ones', () => {
  const run = market(setting({ ada: 10, bob: 10 }), { ada: 5, bob: 5 });
  const [first, second] = [run.decide(), run.decide()];
  run.simulation.release(second.repId, second);
  expect([first.repId, second.repId, ...owners(run, 1)]).toEqual(['ada', 'bob', 'bob']);
});

test('a lead that costs more counts as more', () => {
  const run = market(
    setting(
      { ada: 10, bob: 10 },
      {
        segments: [
          { id: 'big', key: 'big', name: 'Big', condition: { field: 'employees', operator: 'AT_LEAST', value: 500 } },
        ],
        settings: { leadCosts: [{ segment: 'big', cost: 3 }] },
      },
    ),
  );
  expect(owners(run, 1, { employees: 900 })).toEqual(['ada']);
  expect(owners(run, 3)).toEqual(['bob', 'bob', 'bob']);
  expect(loads(run, ['ada', 'bob'])).toEqual([3, 3]);
});

test('who is nearly full is passed over for a lead that no longer fits', () => {
  const run = market(
    setting(
      { ada: 100, bob: 10 },
      {
        segments: [
          { id: 'big', key: 'big', name: 'Big', condition: { field: 'employees', operator: 'AT_LEAST', value: 500 } },
        ],
        settings: { leadCosts: [{ segment: 'big', cost: 3 }] },
      },
    ),
    { ada: 90, bob: 8 },
  );
  const decision = run.decide({ employees: 900 });
  expect([decision.repId, reasons(decision).bob]).toEqual(['ada', 'AT_CAPACITY']);
  expect(owners(run, 1)).toEqual(['bob']);
});

describe('a pool that only measures', () => {
  const measuring = (capacities: Readonly<Record<string, number>>): Setting =>
    setting(capacities, {
      pools: [pool('main', Object.keys(capacities), { strategy: 'LEAST_LOADED', limitsCapacity: false })],
    });

  test('gives who has no place a lead only when nobody has one', () => {
    const run = market(measuring({ ada: 0, bob: 1 }));
    expect(owners(run, 5)).toEqual(['bob', 'bob', 'bob', 'bob', 'bob']);
    expect(market(measuring({ ada: 0, bob: 0 })).decide()).toMatchObject({ repId: 'ada', beyondCapacity: true });
  });

  test('goes on in proportion beyond the limits', () => {
    const run = market(measuring({ ada: 1, bob: 2 }));
    owners(run, 30);
    expect(loads(run, ['ada', 'bob'])).toEqual([10, 20]);
  });
});
