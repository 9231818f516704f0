import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { activity, HOUR, iso, look, MINUTE, open, policy, someone } from '../support/time.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  // A Monday.
  app = await startTestApp();
});
afterAll(() => app.stop());

const REASSIGN = (afterSeconds: number) => [{ afterSeconds, action: 'REASSIGN' as const }];
const when = (field: string, operator: string, value: unknown, more = {}) => ({
  condition: { field, operator, value, ...more },
});

describe('which policy holds for a lead', () => {
  const BY_ALL = [
    policy('hot', REASSIGN(300), { position: 1, ...when('priority', 'AT_LEAST', 5) }),
    policy('enterprise', REASSIGN(600), { position: 2, condition: { operator: 'MATCHES_SEGMENT', value: 'large' } }),
    policy('event', REASSIGN(900), { position: 3, ...when('source', 'EQUALS', 'fair') }),
    policy('monday', REASSIGN(1_200), { position: 4, ...when('weekday', 'IN', ['MONDAY'], { timeZone: 'UTC' }) }),
    policy('evening', REASSIGN(1_500), { position: 5, ...when('hour', 'AT_LEAST', 18, { timeZone: 'UTC' }) }),
  ];
  let workspace: TestWorkspace;
  beforeAll(async () => {
    workspace = await open(app, {
      reps: ['a', 'b'],
      segments: [
        { key: 'large', name: 'Large', condition: { field: 'employees', operator: 'AT_LEAST', value: 1_000 } },
      ],
      slaPolicies: BY_ALL.toReversed(),
    });
  });

  test.each([
    ['the first in position of several that hold', { priority: 9, employees: 5_000, source: 'fair' }, 'hot', 300],
    ['by priority', { priority: 5 }, 'hot', 300],
    ['by segment', { priority: 4, employees: 1_000 }, 'enterprise', 600],
    ['by source', { source: 'fair' }, 'event', 900],
    ['by weekday', {}, 'monday', 1_200],
    ['by hour', {}, 'evening', 1_500, '2026-03-03T18:00:00Z'],
    ['by none: the default', {}, 'default', 7_200, '2026-03-04T17:59:59Z'],
  ])('%s', async (_name, given, key, seconds, at = iso(app.clock.now().getTime())) => {
    app.clock.set(new Date(at));
    const { id } = await workspace.submit(someone(given));
    const { sla } = (await look(workspace, id)).present;
    expect(sla).toEqual({ policy: key, dueAt: iso(Date.parse(at) + seconds * 1_000), status: 'DUE' });
  });

  test('a condition that cannot be evaluated holds for nothing, and the next policy is asked', async () => {
    await workspace.mutate('updateWorkspace', { defaultSla: false }, '__typename');
    const { id } = await workspace.submit(someone());
    expect((await look(workspace, id)).present.sla).toBeNull();
    await workspace.mutate('updateWorkspace', { defaultSla: true }, '__typename');
    const { id: later } = await workspace.submit(someone());
    expect((await look(workspace, later)).present.sla).toMatchObject({ policy: 'default' });
  });
});

describe('until when', () => {
  const HOURS = [{ days: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'], from: '09:00', to: '17:00' }];
  const about = { a: { workingHours: HOURS, timeZone: 'Europe/Berlin' } };

  test.each([
    ['REAL', 'day and night', '2026-03-06T15:30:00Z', '2026-03-06T17:30:00Z'],
    ['WORKING', 'within the day', '2026-03-06T08:30:00Z', '2026-03-06T10:30:00Z'],
    // Berlin closes at 16:00 UTC on Friday, and opens at 08:00 UTC on Monday.
    ['WORKING', 'over the week-end', '2026-03-06T15:30:00Z', '2026-03-09T09:30:00Z'],
    ['WORKING', 'from the next morning, for what comes at night', '2026-03-10T01:00:00Z', '2026-03-10T10:00:00Z'],
    // From 29 March on Berlin opens at 07:00 UTC.
    ['WORKING', 'over the change to summer time', '2026-03-27T15:00:00Z', '2026-03-30T08:00:00Z'],
  ])('%s: %s', async (clock, _name, at, dueAt) => {
    const reps = ['a'];
    const main = { skips: ['PAUSED'] };
    const slaPolicies = [policy('two-hours', REASSIGN(7_200), { clock })];
    const workspace = await open(app, { reps, about, main, slaPolicies });
    app.clock.set(new Date(at));
    const { id, owner } = await workspace.submit(someone());
    expect(owner).toBe('a');
    expect((await look(workspace, id)).present.sla?.dueAt).toBe(iso(Date.parse(dueAt)));
  });

  test('it is due with the first rung that takes the lead away, or else with the last', async () => {
    app.clock.set(new Date('2026-04-01T09:00:00Z'));
    const remind = (afterSeconds: number) => ({ afterSeconds, action: 'REMIND' as const });
    const taking = [remind(60), ...REASSIGN(120), remind(180), ...REASSIGN(240)];
    const workspace = await open(app, {
      reps: ['a'],
      slaPolicies: [
        policy('taking', taking, when('source', 'EQUALS', 'x')),
        policy('reminding', [remind(300), remind(60)], { position: 1 }),
      ],
    });
    const dueOf = async (source: string) => {
      const { id } = await workspace.submit(someone({ source }));
      return Date.parse((await look(workspace, id)).present.sla?.dueAt ?? '') - app.clock.now().getTime();
    };
    expect([await dueOf('x'), await dueOf('y')]).toEqual([2 * MINUTE, 5 * MINUTE]);
  });

  test('what is set stays, although the policy is changed or deleted, the default switched off, or the hours', async () => {
    app.clock.set(new Date('2026-04-06T09:00:00Z'));
    const reps = ['a'];
    const slaPolicies = [policy('slow', REASSIGN(7_200), { clock: 'WORKING', ...when('source', 'EQUALS', 'x') })];
    const workspace = await open(app, { reps, about, slaPolicies });
    const slow = await workspace.submit(someone({ source: 'x' }));
    const usual = await workspace.submit(someone());
    const before = [await look(workspace, slow.id), await look(workspace, usual.id)];
    expect(before.map(({ present }) => present.sla?.policy)).toEqual(['slow', 'default']);

    const { data } = await workspace.send<{ slaPolicy: { id: string } }>('{ slaPolicy(key: "slow") { id } }');
    const { id } = data?.slaPolicy ?? {};
    await workspace.mutate('updateSlaPolicy', { id, clock: 'REAL', rungs: REASSIGN(60) }, '__typename');
    await workspace.updateRep('a', { workingHours: [{ days: ['SUNDAY'], from: '09:00', to: '10:00' }] });
    await workspace.updateSettings({ defaultSla: false });
    const after = [await look(workspace, slow.id), await look(workspace, usual.id)];
    expect(after).toEqual(before);
    const quick = await workspace.submit(someone({ source: 'x' }));
    const dueAt = iso(app.clock.now().getTime() + MINUTE);
    expect((await look(workspace, quick.id)).present.sla).toEqual({ policy: 'slow', dueAt, status: 'DUE' });

    const deleted = await workspace.send(
      'mutation ($id: ID!) { deleteSlaPolicy(input: { id: $id }) { __typename ... on Error { message } } }',
      { id },
    );
    expect(deleted.errors).toEqual([]);
    expect(await look(workspace, slow.id)).toEqual(before[0]);
  });
});

describe('what has no clock, and where it begins', () => {
  test('a lead that was brought in with an owner or a status has none; by hand to somebody else it begins', async () => {
    const workspace = await open(app, { reps: ['a', 'b'] });
    const { id: owned } = await workspace.submit(someone({ ownerKey: 'a' }));
    const { id: won } = await workspace.submit(someone({ ownerKey: 'b', status: 'WON' }));
    expect((await look(workspace, owned)).present.sla).toBeNull();
    expect((await look(workspace, won)).present.sla).toBeNull();
    await workspace.assign(owned, 'b');
    const dueAt = iso(app.clock.now().getTime() + 2 * HOUR);
    expect((await look(workspace, owned)).present.sla).toEqual({ policy: 'default', dueAt, status: 'DUE' });
  });

  test('closing stops it, opening again begins it anew; after a contact there is none any more', async () => {
    const workspace = await open(app, { reps: ['a', 'b'] });
    const { id } = await workspace.submit(someone());
    await workspace.close(id);
    expect((await look(workspace, id)).present.sla?.status).toBeNull();
    app.clock.advance(24 * HOUR);
    await app.sweep();
    expect(await look(workspace, id)).toMatchObject({ owner: 'a', status: 'LOST', all: [{ rep: 'a' }] });

    await workspace.close(id, 'ASSIGNED');
    const dueAt = iso(app.clock.now().getTime() + 2 * HOUR);
    expect((await look(workspace, id)).present.sla).toEqual({ policy: 'default', dueAt, status: 'DUE' });
    await activity(workspace, id, 'CALL', { repId: workspace.rep('a') });
    await workspace.close(id);
    await workspace.close(id, 'CONTACTED');
    expect((await look(workspace, id)).present.sla?.status).toBe('FULFILLED');
    app.clock.advance(24 * HOUR);
    await app.sweep();
    expect(await look(workspace, id)).toMatchObject({ owner: 'a', all: [{ rep: 'a' }] });
  });
});

describe('what is refused', () => {
  const create = (workspace: TestWorkspace, given: object) =>
    workspace.mutate(
      'createSlaPolicy',
      { key: 'p', name: 'P', rungs: REASSIGN(60), ...given },
      'slaPolicy { key position clock condition rungs { afterSeconds action channel status pauseSeconds backupFirst } }',
    );
  let workspace: TestWorkspace;
  beforeAll(async () => {
    workspace = await open(app, { reps: ['a'], slaPolicies: [policy('taken', REASSIGN(60))] });
  });

  test.each([
    [{ rungs: [] }, 'rungs: must have at least one rung'],
    [{ rungs: Array(21).fill(REASSIGN(60)[0]) }, 'rungs: has more than 20 rungs'],
    [{ rungs: REASSIGN(0) }, 'rungs[0].afterSeconds: '],
    [{ rungs: REASSIGN(315_360_000) }, 'rungs[0].afterSeconds: '],
    [{ rungs: [{ afterSeconds: 60, action: 'SET_STATUS' }] }, 'rungs[0].status: '],
    [{ rungs: [{ afterSeconds: 60, action: 'REASSIGN', channel: 'sms' }] }, 'rungs[0].channel: goes with REMIND'],
    [{ rungs: [{ afterSeconds: 60, action: 'REMIND', pauseSeconds: 60 }] }, 'rungs[0].pauseSeconds: goes with PAUSE_'],
    [{ rungs: [{ afterSeconds: 60, action: 'REMIND', backupFirst: true }] }, 'rungs[0].backupFirst: goes with REASS'],
    [{ rungs: [{ afterSeconds: 60, action: 'REMIND', status: 'LOST' }] }, 'rungs[0].status: '],
    [{ rungs: [{ afterSeconds: 60, action: 'SET_STATUS', status: 'NEW' }] }, 'rungs[0].status: '],
    [{ rungs: [{ afterSeconds: 60, action: 'PAUSE_REP', pauseSeconds: 59 }] }, 'rungs[0].pauseSeconds: '],
    [{ position: -1 }, 'position: '],
    [{ key: 'Not a slug' }, 'key: '],
    [{ name: ' ' }, 'name: '],
    [{ condition: { field: 'colour', operator: 'EQUALS', value: 'red' } }, 'condition'],
  ])('%j', async (given, issue) => {
    const refused = await create(workspace, given);
    expect(refused).toMatchObject({ code: 'INVALID_INPUT' });
    expect((refused.issues as string[])[0]).toContain(issue);
  });

  test.each([
    [{ key: 'taken' }, 'KEY_TAKEN'],
    [{ condition: { operator: 'MATCHES_SEGMENT', value: 'nowhere' } }, 'NOT_FOUND'],
  ])('%j: %s', async (given, code) => {
    expect(await create(workspace, given)).toMatchObject({ code });
  });

  test('rungs are kept in the order in which they are reached, what takes the lead away last of those at one time', async () => {
    const rungs = [
      { afterSeconds: 60, action: 'REASSIGN', backupFirst: true },
      { afterSeconds: 60, action: 'PAUSE_REP', pauseSeconds: 60 },
      { afterSeconds: 30, action: 'REMIND', channel: 'sms' },
    ];
    const usual = { channel: null, status: null, pauseSeconds: null, backupFirst: false };
    expect(await create(workspace, { key: 'ladder', rungs })).toEqual({
      slaPolicy: {
        ...{ key: 'ladder', position: 0, clock: 'REAL', condition: null },
        rungs: [rungs[2], rungs[1], rungs[0]].map((rung) => ({ ...usual, ...rung })),
      },
    });
  });
});
