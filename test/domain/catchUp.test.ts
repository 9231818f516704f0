import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Absence } from '../../src/domain/availability.ts';
import type { Pool } from '../../src/domain/configuration.ts';
import { Simulation } from '../../src/domain/simulation.ts';
import { sumOf } from '../support/rotation.ts';
import { compile, lead, NOW, pool, rep, step } from '../support/routing.ts';

const KEYS = ['ada', 'bob', 'cy', 'dee'];
const LEAVE: readonly Absence[] = [{ reason: 'OUT_OF_OFFICE', until: null, delegateId: null }];

/** A pool of four, of whom some are on leave. */
function company(overrides: Partial<Pool>) {
  const away = new Set<string>();
  const configuration = compile({
    settings: { defaultCapacity: 100_000 },
    reps: ['boss', ...KEYS].map((key) => rep(key)),
    pools: [pool('main', KEYS, overrides)],
    plan: { steps: [step('all')] },
  });
  const simulation = new Simulation(configuration, {
    standings: [],
    rotations: [],
    lastAssignment: 0,
    absences: (repId) => (away.has(repId) ? LEAVE : []),
  });
  const route = () => simulation.route(lead(), { at: NOW });
  const creditOf = (id: string): number => {
    const { credits, scale } = simulation.rotation('main');
    return Number(((credits.get(id) ?? 0n) * 1_000_000n) / scale) / 1_000_000;
  };
  return { away, simulation, route, creditOf };
}

describe('catching up after a leave', () => {
  test.each<[string, Partial<Pool>, number]>([
    ['NONE stands still', { catchUp: 'NONE' }, 0],
    ['BOUNDED earns up to one lead', { catchUp: 'BOUNDED', catchUpLeads: 1 }, 1],
    ['BOUNDED earns up to three leads', { catchUp: 'BOUNDED', catchUpLeads: 3 }, 3],
    ['FULL earns a share of every lead', { catchUp: 'FULL' }, 10],
  ])('%s', (_what, overrides, credit) => {
    const run = company(overrides);
    run.away.add('ada');
    for (let count = 0; count < 40; count += 1) run.route();
    expect(run.creditOf('ada')).toBeCloseTo(credit, 5);
    expect(sumOf(run.simulation.rotation('main'))).toBe(0n);
  });

  test.each([null, 1, 3])('floods nobody: never two in a row while catching up (maxAhead %s)', (maxAhead) => {
    const run = company({ catchUp: 'FULL', maxAhead });
    run.away.add('ada');
    for (let count = 0; count < 40; count += 1) run.route();
    run.away.clear();
    const owners: string[] = [];
    while (run.creditOf('ada') >= 1) owners.push(run.route().repId);
    expect(owners.length).toBeGreaterThan(10);
    expect(owners.some((owner, index) => owner === 'ada' && owners[index + 1] === 'ada')).toBe(false);
    expect(owners.filter((owner) => owner === 'ada').length * 2).toBeGreaterThanOrEqual(owners.length - 1);
  });

  const members = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 4, maxLength: 4 });
  const weighted = (weights: readonly number[]): Pick<Pool, 'strategy' | 'members'> => ({
    strategy: 'WEIGHTED',
    members: pool(
      'main',
      KEYS.map((repId, index) => ({ repId, weight: weights[index] as number })),
    ).members,
  });

  test('makes no difference to a pool that stands still', () => {
    fc.assert(
      fc.property(members, fc.constantFrom<Pool['catchUp']>('BOUNDED', 'FULL'), (weights, catchUp) => {
        const [plain, caught] = [company(weighted(weights)), company({ ...weighted(weights), catchUp })];
        for (let count = 0; count < 60; count += 1) expect(caught.route().repId).toBe(plain.route().repId);
      }),
      { numRuns: 40 },
    );
  });

  test('never passes the bound, keeps the sum, and a turn given back leaves nothing behind', () => {
    const absences = fc.array(fc.subarray(KEYS, { maxLength: 3 }), { minLength: 5, maxLength: 40 });
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 3 }), absences, (weights, catchUpLeads, turns) => {
        const run = company({ ...weighted(weights), catchUp: 'BOUNDED', catchUpLeads });
        for (const absent of turns) {
          run.away.clear();
          for (const key of absent) run.away.add(key);
          const before = KEYS.map(run.creditOf);
          const decision = run.route();
          KEYS.forEach((key, index) => {
            if (!run.away.has(key)) return;
            expect(run.creditOf(key)).toBeLessThanOrEqual(Math.max(before[index] as number, catchUpLeads));
          });
          expect(sumOf(run.simulation.rotation('main'))).toBe(0n);
          run.simulation.giveBack(decision.turns, NOW);
          expect(KEYS.map(run.creditOf)).toEqual(before);
          run.route();
        }
      }),
      { numRuns: 60 },
    );
  });
});
