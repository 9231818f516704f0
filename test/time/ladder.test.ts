import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  activity,
  expectSound,
  HOUR,
  happened,
  iso,
  look,
  MINUTE,
  open,
  pass,
  policy,
  type RungInput,
  someone,
  trail,
} from '../support/time.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const remind = (afterSeconds: number, channel?: string): RungInput => ({ afterSeconds, action: 'REMIND', channel });
const reassign = (afterSeconds: number): RungInput => ({ afterSeconds, action: 'REASSIGN' });

/** The sla's events: kind, rep, rung and what else they say. */
const climbed = async (workspace: TestWorkspace) =>
  (await workspace.events())
    .filter(({ data }) => 'rung' in data)
    .map(({ kind, rep, data: { rung, channel } }) => [kind, rep, rung, ...(channel == null ? [] : [channel])]);

const submit = async (workspace: TestWorkspace, given: object = {}): Promise<string> =>
  (await workspace.submit(someone(given))).id;

test('a sweep one millisecond early does nothing; on time it fires, and once only', async () => {
  const workspace = await open(app, { reps: ['a', 'b'], slaPolicies: [policy('p', [remind(60, 'sms')])] });
  const id = await submit(workspace);
  const dueAt = iso(app.clock.now().getTime() + MINUTE);
  await pass(app, MINUTE - 1);
  expect(await climbed(workspace)).toEqual([]);
  expect((await look(workspace, id)).present.sla?.status).toBe('DUE');
  await pass(app, 1);
  expect(await workspace.events('ASSIGNMENT_REMINDED')).toEqual([
    {
      kind: 'ASSIGNMENT_REMINDED',
      rep: 'a',
      leadId: id,
      data: { policy: 'p', rung: 1, afterSeconds: 60, dueAt, channel: 'sms' },
    },
  ]);
  expect((await look(workspace, id)).present.sla?.status).toBe('FAILED');
  for (const wait of [0, 1, HOUR]) await pass(app, wait);
  expect(await climbed(workspace)).toHaveLength(1);
  expect(await trail(workspace, id)).toBe('a DEFAULT');
});

test('rungs fire one after the other, each at its time', async () => {
  const rungs = [
    remind(60, 'slack'),
    remind(120),
    { afterSeconds: 180, action: 'SET_STATUS', status: 'QUALIFIED' } as const,
    reassign(240),
  ];
  const workspace = await open(app, { reps: ['a', 'b'], slaPolicies: [policy('p', rungs)] });
  const id = await submit(workspace);
  const seen: unknown[] = [];
  for (let minute = 1; minute <= 4; minute += 1) {
    await pass(app, MINUTE - 1);
    await pass(app, 1);
    const { owner, status, all } = await look(workspace, id);
    seen.push([(await climbed(workspace)).length, owner, status, all[0]?.sla?.status]);
  }
  expect(seen).toEqual([
    [1, 'a', 'ASSIGNED', 'DUE'],
    [2, 'a', 'ASSIGNED', 'DUE'],
    [2, 'a', 'QUALIFIED', 'DUE'],
    [3, 'b', 'QUALIFIED', 'FAILED'],
  ]);
  expect(await climbed(workspace)).toEqual([
    ['ASSIGNMENT_REMINDED', 'a', 1, 'slack'],
    ['ASSIGNMENT_REMINDED', 'a', 2],
    ['ASSIGNMENT_ESCALATED', 'a', 4],
  ]);
  await expectSound(app, workspace);
});

test('of several that are overdue all fire, in order; the next owner’s clock begins when the lead came to them', async () => {
  const rungs = [reassign(180), remind(60), { afterSeconds: 120, action: 'PAUSE_REP', pauseSeconds: 600 } as const];
  const workspace = await open(app, { reps: ['a', 'b'], slaPolicies: [policy('p', rungs)] });
  const id = await submit(workspace);
  await pass(app, 24 * HOUR);
  const told = await happened(workspace, ['ASSIGNMENT_REMINDED', 'REP_AVAILABILITY', 'ASSIGNMENT_ESCALATED']);
  expect(told).toEqual(['ASSIGNMENT_REMINDED a', 'REP_AVAILABILITY a', 'ASSIGNMENT_ESCALATED a']);
  expect(await trail(workspace, id)).toBe('a DEFAULT, b ESCALATION');
  const dueAt = iso(app.clock.now().getTime() + 3 * MINUTE);
  expect((await look(workspace, id)).present.sla).toEqual({ policy: 'p', dueAt, status: 'DUE' });
});

describe('only a contact by the present owner stops the clock', () => {
  const POLICY = [policy('p', [reassign(60)])];

  test.each([
    ['a note', 'NOTE', 'a', 'b', 'FAILED'],
    ['an acknowledgement', 'ACKNOWLEDGED', 'a', 'b', 'FAILED'],
    ['a call by somebody else', 'CALL', 'b', 'b', 'FAILED'],
    ['a call by nobody who is known', 'CALL', null, 'b', 'FAILED'],
    ['their call', 'CALL', 'a', 'a', 'FULFILLED'],
    ['their e-mail', 'EMAIL', 'a', 'a', 'FULFILLED'],
    ['their meeting', 'MEETING', 'a', 'a', 'FULFILLED'],
    ['their message', 'MESSAGE', 'a', 'a', 'FULFILLED'],
  ])('%s', async (_name, kind, rep, owner, status) => {
    const workspace = await open(app, { reps: ['a', 'b'], slaPolicies: POLICY });
    const id = await submit(workspace);
    const by = rep === null ? {} : { repId: workspace.rep(rep) };
    await activity(workspace, id, kind, by);
    await pass(app, MINUTE);
    const now = await look(workspace, id);
    expect([now.owner, now.all[0]?.sla?.status]).toEqual([owner, status]);
  });

  test('the assignment acknowledged is no contact either', async () => {
    const workspace = await open(app, { reps: ['a', 'b'], slaPolicies: POLICY });
    const id = await submit(workspace);
    const assignmentId = (await look(workspace, id)).present.id;
    await workspace.mutate('acknowledgeAssignment', { assignmentId }, 'assignment { acknowledgedAt }');
    await pass(app, MINUTE);
    expect(await trail(workspace, id)).toBe('a DEFAULT, b ESCALATION');
  });

  test.each([
    ['on the last millisecond', 0, 'FULFILLED'],
    ['one later, before anything was done about it', 1, 'FAILED'],
  ])('a contact %s', async (_name, late, status) => {
    const slaPolicies = [policy('p', [remind(60)])];
    const workspace = await open(app, { reps: ['a', 'b'], slaPolicies });
    const id = await submit(workspace);
    const at = iso(app.clock.now().getTime() + MINUTE + late);
    expect(await activity(workspace, id, 'CALL', { repId: workspace.rep('a'), at })).not.toHaveProperty('code');
    expect((await look(workspace, id)).present.sla?.status).toBe(status);
    await pass(app, 2 * MINUTE);
    expect(await climbed(workspace)).toEqual([]);
  });

  test('after it was due it stops what would follow, and the failure stays', async () => {
    const slaPolicies = [policy('p', [remind(60), remind(120)])];
    const workspace = await open(app, { reps: ['a'], slaPolicies });
    const id = await submit(workspace);
    await pass(app, 2 * MINUTE);
    await activity(workspace, id, 'CALL', { repId: workspace.rep('a') });
    await pass(app, HOUR);
    expect((await look(workspace, id)).present.sla?.status).toBe('FAILED');
    expect(await climbed(workspace)).toHaveLength(2);
  });
});

describe('what a rung does', () => {
  test('a status that closes the lead ends the ladder', async () => {
    const rungs = [{ afterSeconds: 60, action: 'SET_STATUS', status: 'DISQUALIFIED' } as const, reassign(120)];
    const workspace = await open(app, { reps: ['a', 'b'], slaPolicies: [policy('p', rungs)] });
    const id = await submit(workspace);
    await pass(app, HOUR);
    expect(await look(workspace, id)).toMatchObject({ owner: 'a', status: 'DISQUALIFIED', all: [{ rep: 'a' }] });
    // The turn was given back.
    expect(await workspace.credits()).toEqual({ a: 0, b: 0 });
    expect(await workspace.loads()).toMatchObject({ a: 0 });
    await expectSound(app, workspace);
  });

  test('who is paused gets nothing, and resumes by themselves', async () => {
    const rungs = [{ afterSeconds: 60, action: 'PAUSE_REP', pauseSeconds: 600 } as const];
    const workspace = await open(app, { reps: ['a', 'b'], slaPolicies: [policy('p', rungs)] });
    const first = await workspace.submit(someone());
    await pass(app, MINUTE);
    const reps = async (count: number) =>
      (await workspace.submitAll(Array.from({ length: count }, () => someone({ source: 'x' })))).map(
        ({ owner }) => owner,
      );
    expect(first.owner).toBe('a');
    expect(await reps(2)).toEqual(['b', 'b']);
    const until = iso(app.clock.now().getTime() + 10 * MINUTE);
    expect(await workspace.events('REP_AVAILABILITY')).toMatchObject([
      { rep: 'a', data: { to: 'PAUSED', until, by: 'sla:p' } },
    ]);
    app.clock.advance(10 * MINUTE - 1);
    expect(await reps(1)).toEqual(['b']);
    app.clock.advance(1);
    expect(await reps(2)).toContain('a');
  });

  test.each([
    ['until further notice', { status: 'PAUSED' }],
    ['for longer', { status: 'PAUSED', until: '2030-01-01T00:00:00Z' }],
  ])('it does not cut a pause short that is %s', async (_name, availability) => {
    const rungs = [{ afterSeconds: 60, action: 'PAUSE_REP', pauseSeconds: 600 } as const];
    const workspace = await open(app, { reps: ['a', 'b'], slaPolicies: [policy('p', rungs)] });
    await submit(workspace);
    const { errors } = await workspace.send(
      `mutation ($input: SetAvailabilityInput!) { setAvailability(input: $input) { ... on Error { message } } }`,
      { input: { ...availability, repId: workspace.rep('a') } },
    );
    expect(errors).toEqual([]);
    await pass(app, MINUTE);
    expect(await workspace.events('REP_AVAILABILITY')).toHaveLength(1);
    app.clock.advance(HOUR);
    expect((await workspace.submit(someone())).owner).toBe('b');
  });

  test('a pause without an end lasts', async () => {
    const rungs = [{ afterSeconds: 60, action: 'PAUSE_REP' } as const];
    const workspace = await open(app, { reps: ['a', 'b'], slaPolicies: [policy('p', rungs)] });
    await submit(workspace);
    await pass(app, MINUTE);
    app.clock.advance(1_000 * HOUR);
    const all = await workspace.submitAll([someone(), someone(), someone()]);
    expect(all.map(({ owner }) => owner)).toEqual(['b', 'b', 'b']);
  });
});

describe('what stops it', () => {
  const slaPolicies = [policy('p', [remind(60), reassign(120)])];

  test('by hand to somebody else: their clock begins, and the former is neither kept nor missed', async () => {
    const workspace = await open(app, { reps: ['a', 'b', 'c'], slaPolicies });
    const id = await submit(workspace);
    await pass(app, MINUTE);
    await workspace.assign(id, 'c');
    await pass(app, MINUTE);
    expect((await look(workspace, id)).all.map(({ rep, sla }) => [rep, sla?.status])).toEqual([
      ['a', null],
      ['c', 'DUE'],
    ]);
    await pass(app, MINUTE);
    expect(await climbed(workspace)).toEqual([
      ['ASSIGNMENT_REMINDED', 'a', 1],
      ['ASSIGNMENT_REMINDED', 'c', 1],
      ['ASSIGNMENT_ESCALATED', 'c', 2],
    ]);
  });

  test('a lead that is opened again goes the whole way again', async () => {
    const workspace = await open(app, { reps: ['a', 'b'], slaPolicies });
    const id = await submit(workspace);
    await pass(app, MINUTE);
    await workspace.close(id);
    await pass(app, HOUR);
    await workspace.close(id, 'ASSIGNED');
    await pass(app, 2 * MINUTE);
    expect(await climbed(workspace)).toEqual([
      ['ASSIGNMENT_REMINDED', 'a', 1],
      ['ASSIGNMENT_REMINDED', 'a', 1],
      ['ASSIGNMENT_ESCALATED', 'a', 2],
    ]);
  });

  test('opened again at another hour it goes by the policy that holds then', async () => {
    const atNight = { field: 'hour', operator: 'AT_LEAST', value: 18, timeZone: 'UTC' };
    const workspace = await open(app, {
      reps: ['a', 'b'],
      slaPolicies: [
        policy('night', [remind(300)], { condition: atNight }),
        policy('day', [remind(60)], { position: 1 }),
      ],
    });
    app.clock.set(new Date('2026-09-01T12:00:00Z'));
    const id = await submit(workspace);
    await workspace.close(id);
    app.clock.set(new Date('2026-09-01T20:00:00Z'));
    await workspace.close(id, 'ASSIGNED');
    expect((await look(workspace, id)).present.sla).toMatchObject({
      policy: 'night',
      dueAt: '2026-09-01T20:05:00.000Z',
    });
  });

  test('the policy deleted meanwhile does not: what was set is carried out', async () => {
    const workspace = await open(app, { reps: ['a', 'b'], slaPolicies });
    const id = await submit(workspace);
    const { data } = await workspace.send<{ slaPolicy: { id: string } }>('{ slaPolicy(key: "p") { id } }');
    await workspace.send('mutation ($id: ID!) { deleteSlaPolicy(input: { id: $id }) { __typename } }', data?.slaPolicy);
    await pass(app, 2 * MINUTE);
    const { all } = await look(workspace, id);
    expect(all.map(({ rep, by, sla }) => [rep, by, sla?.policy])).toEqual([
      ['a', null, 'p'],
      ['b', 'sla:p', 'default'],
    ]);
  });
});
