import { describe, expect, test } from 'vitest';
import { snapshotOf, storeDecision } from '../../src/assignment/storedDecision.ts';
import { ABSENCES, type Absence, type AbsenceReason } from '../../src/domain/availability.ts';
import { decide } from '../../src/domain/decide.ts';
import { compilePools } from '../../src/domain/routingConfiguration.ts';
import { reasons } from '../support/decisions.ts';
import { random } from '../support/rotation.ts';
import { lead, market, NOW, pool, rep, step } from '../support/routing.ts';

const HOUR = 3_600_000;
const away = (reason: AbsenceReason, until: number | null = null): readonly Absence[] => [
  { reason, until, delegateId: null },
];
const setting = (poolOf: Parameters<typeof pool>[2], whenNobody: Parameters<typeof step>[1] = {}) => ({
  reps: ['boss', 'ada', 'bob', 'cy'].map((key) => rep(key, key === 'ada' ? { managerId: 'boss' } : {})),
  pools: [pool('main', ['ada', 'bob', 'cy'], poolOf)],
  plan: { steps: [step('all', whenNobody)] },
});

describe('members who are away', () => {
  test.each(ABSENCES)('%s is passed over where the pool minds it, with its end', (reason) => {
    const until = NOW + HOUR;
    const decision = market(setting({ skips: [reason] }), {}, { ada: away(reason, until) }).decide();
    expect(decision.repId).toBe('bob');
    const considered = decision.steps[0]?.attempts[0]?.considered.find(({ repId }) => repId === 'ada');
    expect(considered).toMatchObject({ reason, until });
  });

  test.each(ABSENCES)('%s is no obstacle where the pool does not mind it', (reason) => {
    expect(market(setting({ skips: [] }), {}, { ada: away(reason) }).decide().repId).toBe('ada');
  });

  test('are all named when everybody is, and then the step says who', () => {
    const all = { ada: away('PAUSED'), bob: away('NOT_SEEN'), cy: away('BUSY') };
    const decision = market(setting({}, { whenNobody: { kind: 'MANAGER' } }), {}, all).decide();
    expect(decision).toMatchObject({ repId: 'boss', stepKey: 'all' });
    expect(reasons(decision)).toEqual({ ada: 'PAUSED', bob: 'NOT_SEEN', cy: 'BUSY', boss: 'CHOSEN' });
  });
});

describe('assigning anyway', () => {
  const anyway = (
    absences: Readonly<Record<string, readonly Absence[]>>,
    loads: Readonly<Record<string, number>> = {},
  ) => market(setting({}, { whenNobody: { kind: 'ASSIGN_ANYWAY' } }), loads, absences).decide();

  test.each(ABSENCES.slice(1).map((reason, index) => [ABSENCES[index] as AbsenceReason, reason] as const))(
    'prefers who is away as %s less than as %s',
    (more, less) => {
      if (less === 'IN_MEETING') return;
      expect(anyway({ ada: away(more), bob: away(less), cy: away(more) }).repId).toBe('bob');
    },
  );

  test('keeps limits', () => {
    const decision = anyway({ ada: away('BUSY'), bob: away('PAUSED'), cy: away('OUT_OF_OFFICE') }, { ada: 50 });
    expect(decision.repId).toBe('bob');
  });
});

describe('who is back first', () => {
  const back = (hours: number) => away('BUSY', NOW + hours * HOUR);
  const whoOf = (
    absences: Readonly<Record<string, readonly Absence[]>>,
    loads: Readonly<Record<string, number>> = {},
  ) => market(setting({ horizonHours: 4 }), loads, absences).decide().repId;

  test.each<[string, string, readonly Absence[], readonly Absence[], readonly Absence[], Record<string, number>]>([
    ['takes it', 'bob', back(3), back(2), back(4), {}],
    ['takes it unless they are full', 'ada', back(3), back(2), back(4), { bob: 50 }],
    ['takes it by the rotation where several are', 'ada', back(2), back(2), back(3), {}],
    ['takes it at the very end of the horizon', 'cy', back(5), back(5), back(4), {}],
    ['is nobody beyond it', 'boss', back(5), back(5), back(4.1), {}],
    ['is nobody whose end is not known', 'boss', away('PAUSED'), away('NOT_SEEN'), away('OUT_OF_OFFICE'), {}],
    [
      'goes by the last of several ends',
      'cy',
      [...back(1), ...away('IN_MEETING', NOW), ...away('OUT_OF_OFFICE', NOW + 9 * HOUR)],
      back(3),
      back(2),
      {},
    ],
    [
      'goes by when work begins after it',
      'bob',
      [{ reason: 'BUSY', until: NOW + HOUR, delegateId: null, backAt: NOW + 4 * HOUR }],
      back(3),
      back(4),
      {},
    ],
    [
      'is nobody who works no more',
      'cy',
      [{ reason: 'BUSY', until: NOW + HOUR, delegateId: null, backAt: null }],
      back(9),
      back(4),
      {},
    ],
  ])('%s', (_what, owner, ada, bob, cy, loads) => {
    expect(whoOf({ ada, bob, cy }, loads)).toBe(owner);
  });
});

test('decisions with absent earners come out the same again, in pools beyond what is kept one by one', () => {
  const keys = Array.from({ length: 130 }, (_, index) => `rep-${index}`);
  const next = random(7);
  const absent: Record<string, readonly Absence[]> = {};
  const absences = (repId: string) => absent[repId] ?? [];
  const run = market(
    {
      settings: { defaultCapacity: 1_000 },
      reps: ['boss', ...keys].map((key) => rep(key)),
      pools: [
        pool(
          'main',
          keys.map((repId, index) => ({ repId, weight: 1 + (index % 5) })),
          { strategy: 'WEIGHTED', catchUp: 'BOUNDED', catchUpLeads: 1, maxAhead: 2 },
        ),
      ],
      plan: { steps: [step('all')] },
    },
    {},
    absent,
  );
  for (let count = 0; count < 150; count += 1) {
    if (count % 20 === 0) {
      for (const key of keys) absent[key] = next() < 0.4 ? away('OUT_OF_OFFICE') : [];
    }
    const decision = run.decide();
    const kept = storeDecision(decision, { configVersion: 1, settings: run.configuration.settings, absences });
    const snapshot = snapshotOf(JSON.parse(JSON.stringify(kept)));
    const pools = compilePools(
      Array.from(run.configuration.pools.byId.values(), (each) => ({
        ...each,
        members: each.members.filter(({ repId }) => snapshot.knows(each.id, repId)),
      })),
      run.configuration.segments,
    );
    const again = decide(lead(), { ...run.configuration, pools }, snapshot, { at: NOW });
    expect(again.repId).toBe(decision.repId);
    const told = (each: typeof decision) =>
      each.steps[0]?.attempts[0]?.considered
        .filter(({ repId }) => snapshot.knows('main', repId))
        .map(({ repId, reason, turn }) => [repId, reason, turn?.rank, turn?.creditAfter.toFixed(6)])
        .sort();
    expect(told(again)).toEqual(told(decision));
  }
});
