import { describe, expect, test } from 'vitest';
import { type Exclusion, escalate, obstacleIn, push, whoCanTakeAny } from '../../src/domain/decide.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { CompiledPool } from '../../src/domain/routingConfiguration.ts';
import { reasons } from '../support/decisions.ts';
import { lead, market, NOW, pool, queue, rep, step } from '../support/routing.ts';

/** Ada and bob are in the pool; vera stands in for ada, mia is above her, boss above mia. */
const company = (loads: Readonly<Record<string, number>> = {}, offerSeconds: number | null = null) =>
  market(
    {
      reps: [
        rep('boss'),
        rep('mia', { managerId: 'boss' }),
        rep('vera'),
        rep('ada', { managerId: 'mia', backupId: 'vera' }),
        rep('bob'),
      ],
      pools: [pool('main', ['ada', 'bob'])],
      queues: [queue('inbound')],
      plan: {
        steps: [
          step('first', { offerSeconds, whenNobody: { kind: 'QUEUE', queue: 'inbound' } }),
          step('waits', { target: { kind: 'QUEUE', queue: 'inbound' } }),
        ],
      },
    },
    loads,
  );
const had = (...ids: string[]): ReadonlyMap<string, Exclusion> => new Map(ids.map((id) => [id, 'ALREADY_HAD']));
type Company = ReturnType<typeof company>;
const circumstances = (...ids: string[]) => ({ at: NOW, exclude: had(...ids) });
const main = ({ configuration }: Company) => configuration.pools.byKey.get('main') as CompiledPool;

describe('an escalation', () => {
  test.each<[string, readonly string[], boolean, string | null, Record<string, number>, string | null]>([
    ['stays in the step that routed it', ['ada'], false, 'first', {}, 'bob'],
    ['goes to the backup first where the rung says so', ['ada'], true, 'first', {}, 'vera'],
    ['goes to the backup when the step has nobody', ['ada', 'bob'], false, 'first', {}, 'vera'],
    ['comes back to the step when the backup cannot', ['ada'], true, 'first', { vera: 50 }, 'bob'],
    ['goes to the manager after the backup', ['ada', 'bob', 'vera'], false, 'first', {}, 'mia'],
    ['goes up the chain', ['ada', 'bob', 'vera', 'mia'], true, 'first', {}, 'boss'],
    ['stays where nobody is left', ['ada', 'bob', 'vera', 'mia', 'boss'], false, 'first', {}, null],
    ['asks those who could have claimed it', ['ada'], false, 'waits', {}, 'bob'],
    ['goes to the backup where the step is no more', ['ada'], false, 'gone', {}, 'vera'],
    ['goes to the backup where there was no step', ['ada'], false, null, {}, 'vera'],
  ])('%s', (_what, excluded, backupFirst, stepKey, loads, owner) => {
    const run = company(loads, 60);
    const from = { stepKey, ownerId: 'ada', backupFirst, poolId: null };
    const decision = escalate(lead(), run.configuration, run.simulation, circumstances(...excluded), from);
    expect(decision?.repId ?? null).toBe(owner);
    if (decision) expect(decision).toMatchObject({ method: 'ESCALATION', offerSeconds: null });
  });
});

describe('a queue', () => {
  test.each<[string, string | undefined, string]>([
    ['as what nobody of the step could take', undefined, 'SOMEONE'],
    ['as a target', 'waits', 'CLAIM'],
  ])('is held by who answers for it, at no cost and as nothing received: %s', (_what, fromStep, waitsFor) => {
    const run = company({ ada: 50, bob: 50, boss: 50 });
    const decision = run.decide({}, fromStep === undefined ? {} : { fromStep });
    const waiting: Partial<Decision> = { repId: 'boss', method: 'QUEUE', cost: 0, beyondCapacity: false, turns: [] };
    expect(decision).toMatchObject({ ...waiting, queue: { id: 'inbound', waitsFor } });
    expect(run.simulation.rep('boss')).toMatchObject({ load: 50, lastAssignment: 0 });
  });

  test('gives what waits to the pool by its turn; nobody, where none can take it', () => {
    const run = company();
    const pushed = push(lead(), main(run), 'first', run.configuration, run.simulation, circumstances('ada'));
    expect(pushed).toMatchObject({ repId: 'bob', method: 'DEFAULT', stepKey: 'first', poolId: 'main', queue: null });
    expect(push(lead(), main(run), 'first', run.configuration, run.simulation, circumstances('ada', 'bob'))).toBeNull();
    const later = push(lead(), main(run), 'gone', run.configuration, run.simulation, { at: NOW });
    expect(later).toMatchObject({ method: 'REASSIGNMENT', stepKey: null });
  });

  test.each([
    ['ada', {}, [], null],
    ['ada', { ada: 50 }, [], 'AT_CAPACITY'],
    ['ada', {}, ['ada'], 'ALREADY_HAD'],
    ['vera', {}, [], 'DOES_NOT_FIT'],
  ] as const)('says what keeps %s from a claim: %j %j', (repId, loads, excluded, reason) => {
    const run = company(loads);
    const obstacle = obstacleIn(
      main(run),
      repId,
      lead(),
      run.configuration,
      run.simulation,
      circumstances(...excluded),
    );
    expect(obstacle).toBe(reason);
  });

  test('is looked at while anybody of its pool can take a lead, of a segment too', () => {
    const able = (run: Company, of = main(run)) => whoCanTakeAny(of, run.configuration, run.simulation, NOW).join();
    expect([able(company()), able(company({ ada: 50 })), able(company({ ada: 50, bob: 50 }))]).toEqual([
      'ada,bob',
      'bob',
      '',
    ]);
    const run = company();
    const members = main(run).members.map((each) => ({ ...each, weight: 0, segmentWeights: { hot: 1 } }));
    expect(able(run, { ...main(run), members, weightSegments: ['hot'] })).toBe('ada,bob');
    expect(able(run, { ...main(run), members })).toBe('');
  });
});

test('only whoever the step asks is offered a lead', () => {
  expect(company({}, 60).decide()).toMatchObject({ repId: 'ada', offerSeconds: 60 });
  expect(company({ ada: 50, bob: 50 }, 60).decide()).toMatchObject({ repId: 'boss', offerSeconds: null });
  expect(company().decide()).toMatchObject({ offerSeconds: null });
});

test('what was declined or let pass is said so, and a decision begins at the step it is told', () => {
  const exclude = new Map<string, Exclusion>([
    ['ada', 'DECLINED'],
    ['bob', 'TIMED_OUT'],
  ]);
  const run = company();
  const decision = run.decide({}, { exclude, fromStep: 'first' });
  expect(reasons(decision)).toMatchObject({ ada: 'DECLINED', bob: 'TIMED_OUT', boss: 'CHOSEN' });
  expect(run.decide({}, { fromStep: 'waits' }).stepKey).toBe('waits');
  expect(run.decide({}, { fromStep: 'gone' }).stepKey).toBe('first');
});
