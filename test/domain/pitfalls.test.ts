import { describe, expect, test } from 'vitest';
import { STRATEGIES } from '../../src/domain/configuration.ts';
import { decide } from '../../src/domain/decide.ts';
import {
  alignRotation,
  EMPTY_ROTATION,
  parseRotation,
  type Rotation,
  serializeRotation,
} from '../../src/domain/rotation.ts';
import { Simulation } from '../../src/domain/simulation.ts';
import type { Standing } from '../../src/domain/standing.ts';
import { owners, tally } from '../support/decisions.ts';
import { compile, lead, market, NOW, pool, rep, type Setting, step } from '../support/routing.ts';

/* What routers are known to get wrong. */

const KEYS = ['senior', 'ada', 'bob', 'cy', 'dan'];

const team = (overrides: Setting = {}): Setting => ({
  reps: ['boss', ...KEYS].map((key) => rep(key)),
  pools: [pool('main', KEYS)],
  plan: { steps: [step('all')] },
  ...overrides,
});

/** Keeps only what a database would, as text, and starts anew before every lead. */
function restarting(setting: Setting) {
  let stored = { standings: '[]', rotation: JSON.stringify(serializeRotation(EMPTY_ROTATION)) };
  let number = 0;
  return {
    decide: (): string => {
      const simulation = new Simulation(compile(setting), {
        standings: JSON.parse(stored.standings) as [string, Standing][],
        rotations: [['main', parseRotation({ ...JSON.parse(stored.rotation), since: null })]],
        lastAssignment: number,
      });
      const { repId } = simulation.route(lead(), { at: NOW + number });
      number += 1;
      stored = {
        standings: JSON.stringify(KEYS.map((key) => [key, simulation.rep(key)])),
        rotation: JSON.stringify(serializeRotation(simulation.rotation('main'))),
      };
      return repId;
    },
  };
}

describe('thirty leads, each by itself', () => {
  test.each(STRATEGIES)('do not all go to one senior rep: %s', (strategy) => {
    const run = restarting(team({ pools: [pool('main', KEYS, { strategy })] }));
    const all = Array.from({ length: 30 }, () => run.decide());
    expect(tally(all)).toEqual(Object.fromEntries(KEYS.map((key) => [key, 6])));
  });

  test('go by weight however heavy one is', () => {
    const members = KEYS.map((repId) => ({ repId, weight: repId === 'senior' ? 6 : 1 }));
    const run = restarting(team({ pools: [pool('main', members, { strategy: 'WEIGHTED' })] }));
    const all = Array.from({ length: 30 }, () => run.decide());
    expect(tally(all)).toEqual({ senior: 18, ada: 3, bob: 3, cy: 3, dan: 3 });
  });

  test('go on where they stood after a restart, and do not begin with the first rep again', () => {
    const setting = team();
    const [run, steady] = [restarting(setting), market(setting)];
    const all = Array.from({ length: 30 }, () => run.decide());
    expect(all).toEqual(owners(steady, 30));
    expect(all.slice(0, 6)).toEqual([...KEYS, 'senior']);
  });
});

describe('a newcomer', () => {
  /** New, after the others have had so many leads. */
  function joined(strategy: (typeof STRATEGIES)[number], leads: number) {
    const before = market(team({ pools: [pool('main', KEYS, { strategy })] }));
    owners(before, leads);
    const keys = [...KEYS, 'new'];
    const after = team({ reps: ['boss', ...keys].map((key) => rep(key)), pools: [pool('main', keys, { strategy })] });
    const aligned: Rotation = alignRotation(
      before.simulation.rotation('main'),
      strategy,
      keys.map((id) => ({ id, weight: 1 })),
    );
    const simulation = new Simulation(compile(after), {
      standings: KEYS.map((key) => [key, before.simulation.rep(key)] as const),
      rotations: [['main', aligned]],
      lastAssignment: leads,
    });
    return Array.from({ length: 60 }, () => simulation.route(lead(), { at: NOW }).repId);
  }

  test.each(['ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED'] as const)(
    'is served like the others from the first day on: %s',
    (strategy) => {
      for (const leads of [0, 1, 2, 3, 4, 100]) {
        const all = joined(strategy, leads);
        expect(all.slice(0, 6)).toContain('new');
        // Never a whole lead away from a sixth.
        const counts = all.map((_, index) => all.slice(0, index + 1).filter((key) => key === 'new').length);
        expect(counts.every((count, index) => Math.abs(count - (index + 1) / 6) < 1)).toBe(true);
      }
    },
  );

  test('fills up first where the least loaded come first, up to the level of the others and no further', () => {
    const all = joined('LEAST_LOADED', 50);
    expect(all.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'new'));
    expect(tally(all.slice(10))).toMatchObject({ new: 8 });
  });

  test('who was never served comes before who was, whatever the position', () => {
    const run = market(
      team(),
      Object.fromEntries(KEYS.filter((key) => key !== 'dan').map((key, index) => [key, { lastAssignment: index + 1 }])),
    );
    expect(run.decide().repId).toBe('dan');
  });
});

describe('closed leads', () => {
  test.each(STRATEGIES)('keep nobody from new ones: %s', (strategy) => {
    const setting = team({ settings: { defaultCapacity: 1 }, pools: [pool('main', KEYS, { strategy })] });
    const run = market(setting);
    const all: string[] = [];
    for (let count = 0; count < 30; count += 1) {
      const decision = run.decide();
      all.push(decision.repId);
      run.simulation.release(decision.repId, decision);
    }
    expect(tally(all)).toEqual(Object.fromEntries(KEYS.map((key) => [key, 6])));
  });
});

describe('members who are away', () => {
  test('do not leave their turns to the backup they share', () => {
    const reps = [
      rep('boss'),
      ...KEYS.map((key) =>
        key === 'bob' || key === 'cy' ? rep(key, { status: 'PAUSED', backupId: 'dan' }) : rep(key),
      ),
    ];
    expect(tally(owners(market(team({ reps })), 30))).toEqual({ senior: 10, ada: 10, dan: 10 });
  });

  test('do not leave their turns to whoever stands behind them', () => {
    const reps = [rep('boss'), ...KEYS.map((key) => rep(key, key === 'ada' ? { status: 'PAUSED' } : {}))];
    const run = market(team({ reps }));
    expect(tally(owners(run, 40))).toEqual({ senior: 10, bob: 10, cy: 10, dan: 10 });
  });

  test('are not flooded when they are back', () => {
    const away = team({ reps: ['boss', ...KEYS].map((key) => rep(key, key === 'ada' ? { status: 'PAUSED' } : {})) });
    const before = market(away);
    owners(before, 40);
    const back = compile(team());
    const rotation = before.simulation.rotation('main');
    expect(rotation.credits.get('ada') ?? 0n).toBe(0n);
    const simulation = new Simulation(back, {
      standings: KEYS.map((key) => [key, before.simulation.rep(key)] as const),
      rotations: [['main', rotation]],
      lastAssignment: 40,
    });
    const all = Array.from({ length: 25 }, () => simulation.route(lead(), { at: NOW }).repId);
    expect(tally(all)).toEqual(Object.fromEntries(KEYS.map((key) => [key, 5])));
  });
});

test('asking who would be next moves nothing', () => {
  const run = market(team());
  const ask = () => decide(lead(), run.configuration, run.simulation, { at: NOW }).repId;
  expect([ask(), ask(), ask(), run.decide().repId, ask()]).toEqual(['senior', 'senior', 'senior', 'senior', 'ada']);
});
