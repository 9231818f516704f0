import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLanes } from '../../src/assignment/lanes.ts';
import { setCalendarCopies } from '../../src/assignment/presence.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  accept,
  activity,
  type Crew,
  decline,
  expectSound,
  HOUR,
  iso,
  look,
  offered,
  open,
  pass,
  trail,
} from '../support/time.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const SECOND = 1_000;
const OFFER = { offerSeconds: 60 };
const OTHERS = [{ key: 'others', name: 'Others', strategy: 'ROUND_ROBIN', members: [{ rep: 'x' }] }];

const offering = (given: Partial<Crew> = {}): Promise<TestWorkspace> =>
  open(app, { reps: ['a', 'b', 'c'], step: OFFER, ...given });

/** Lets the present owner decline, until somebody is not asked. */
async function declineAll(workspace: TestWorkspace, id: string): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const { present } = await look(workspace, id);
    if (present.offer?.status !== 'OPEN') return;
    expect(await decline(workspace, present.id)).not.toHaveProperty('code');
  }
  throw new Error('somebody is asked again and again');
}

const setAvailability = async (workspace: TestWorkspace, rep: string, input: object): Promise<void> => {
  const { data, errors } = await workspace.send<{ setAvailability: { message?: string } }>(
    'mutation ($input: SetAvailabilityInput!) { setAvailability(input: $input) { ... on Error { message } } }',
    { input: { ...input, repId: workspace.rep(rep) } },
  );
  expect(data?.setAvailability.message ?? errors[0]?.message).toBeUndefined();
};

test('who is offered a lead owns it at once; accepted, it is theirs and counts as acknowledged', async () => {
  const workspace = await offering();
  const { id, assignmentId } = await offered(workspace);
  const until = iso(app.clock.now().getTime() + 60 * SECOND);
  expect(await look(workspace, id)).toMatchObject({
    owner: 'a',
    present: { offer: { until, status: 'OPEN', reason: null } },
  });
  expect(await accept(workspace, assignmentId)).toEqual({
    assignment: { offer: { status: 'ACCEPTED' }, acknowledgedAt: iso(app.clock.now().getTime()) },
  });
  await pass(app, HOUR);
  expect(await trail(workspace, id)).toBe('a DEFAULT');
  expect(await workspace.events('ASSIGNMENT_ACCEPTED')).toMatchObject([{ rep: 'a', leadId: id }]);
});

test('accepting twice is as good as once', async () => {
  const workspace = await offering();
  const { assignmentId } = await offered(workspace);
  const first = await accept(workspace, assignmentId);
  app.clock.advance(SECOND);
  expect(await accept(workspace, assignmentId)).toEqual(first);
  expect(await workspace.events('ASSIGNMENT_ACCEPTED')).toHaveLength(1);
});

describe('it moves on', () => {
  test('when it is declined: the reason is kept, both hear of it, and the next decision names who declined', async () => {
    const workspace = await offering();
    const { id, assignmentId } = await offered(workspace);
    expect(await decline(workspace, assignmentId, 'On a train')).toEqual({
      assignment: { offer: { status: 'DECLINED', reason: 'On a train' } },
    });
    const { all } = await look(workspace, id);
    expect(all).toMatchObject([
      { rep: 'a', ended: true, offer: { status: 'DECLINED' } },
      { rep: 'b', method: 'REASSIGNMENT', by: 'offer', ended: false, offer: { status: 'OPEN' } },
    ]);
    expect(all[1]?.reason).toContain('Declined: On a train.');
    const { data } = await workspace.send<Record<string, unknown>>(
      `query ($id: ID!) {
         decision(leadId: $id) { steps { attempts { considered { rep { key } reason } } } }
         replayDecision(leadId: $id) { ... on ReplayDecisionSuccess { same } } }`,
      { id },
    );
    expect(JSON.stringify(data)).toContain('{"rep":{"key":"a"},"reason":"DECLINED"}');
    expect(data?.replayDecision).toEqual({ same: true });
    const told = (await workspace.events()).slice(-2).map(({ kind, rep }) => `${kind} ${rep}`);
    expect(told).toEqual(['LEAD_UNASSIGNED a', 'LEAD_REASSIGNED b']);
    await expectSound(app, workspace);
  });

  test('when time is up, and not a millisecond before; the next has as long again', async () => {
    const workspace = await offering();
    const { id } = await offered(workspace);
    await pass(app, 60 * SECOND - 1);
    expect(await trail(workspace, id)).toBe('a DEFAULT');
    await pass(app, 1);
    const until = iso(app.clock.now().getTime() + 60 * SECOND);
    expect((await look(workspace, id)).all).toMatchObject([
      { rep: 'a', offer: { status: 'TIMED_OUT' } },
      { rep: 'b', offer: { status: 'OPEN', until } },
    ]);
    await pass(app, 59 * SECOND);
    expect(await trail(workspace, id)).toBe('a DEFAULT, b REASSIGNMENT');
    await expectSound(app, workspace);
  });

  test.each([
    ['busy', { status: 'BUSY' }],
    ['paused', { status: 'PAUSED' }],
    ['out of office', { status: 'OUT_OF_OFFICE' }],
  ])('within a sweep when the rep becomes %s', async (_name, given) => {
    const availability = { ...given, until: iso(app.clock.now().getTime() + HOUR) };
    const workspace = await offering();
    const [taken, { id }] = [await offered(workspace), await offered(workspace)];
    await accept(workspace, taken.assignmentId);
    await setAvailability(workspace, 'b', availability);
    await setAvailability(workspace, 'a', availability);
    await app.sweep();
    expect((await look(workspace, id)).all).toMatchObject([
      { rep: 'b', offer: { status: 'WITHDRAWN' } },
      { rep: 'c', method: 'REASSIGNMENT', offer: { status: 'OPEN' } },
    ]);
    // What was accepted stays.
    expect(await trail(workspace, taken.id)).toBe('a DEFAULT');
    await expectSound(app, workspace);
  });

  test('when the status of the rep is set to paused', async () => {
    const workspace = await offering();
    const { id } = await offered(workspace);
    await workspace.updateRep('a', { status: 'PAUSED' });
    await app.sweep();
    expect(await trail(workspace, id)).toBe('a DEFAULT, b REASSIGNMENT');
  });

  test('when a meeting begins, where the pool minds', async () => {
    const workspace = await offering({ main: { skips: ['IN_MEETING'] } });
    const { id } = await offered(workspace);
    const begins = app.clock.now().getTime() + 30 * SECOND;
    const { id: repId } = await app.database.prisma.rep.findFirstOrThrow({
      where: { workspaceId: workspace.id, key: 'a' },
    });
    const lanes = createLanes({ database: app.database, clock: app.clock, committed: () => {} });
    const meeting = { from: begins, until: begins + HOUR, kind: 'MEETING' } as const;
    await lanes.run(workspace.id, setCalendarCopies(v7(), app.clock.now(), new Map([[repId, [meeting]]])));
    await lanes.close();
    await pass(app, 29 * SECOND);
    expect(await trail(workspace, id)).toBe('a DEFAULT');
    await pass(app, SECOND);
    expect(await trail(workspace, id)).toBe('a DEFAULT, b REASSIGNMENT');
  });
});

test('it stays within its step, although somebody of an earlier one is back', async () => {
  const workspace = await open(app, {
    reps: ['a', 'x'],
    members: ['x'],
    about: { x: { status: 'PAUSED' } },
    pools: [{ key: 'late', name: 'Late', strategy: 'ROUND_ROBIN', members: [{ rep: 'a' }, { rep: 'boss' }] }],
    steps: [{ key: 'late', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'late' }, ...OFFER }],
  });
  const { id, assignmentId } = await offered(workspace);
  await workspace.updateRep('x', { status: 'ACTIVE' });
  await decline(workspace, assignmentId);
  expect(await trail(workspace, id)).toBe('a DEFAULT, boss REASSIGNMENT');
  await expectSound(app, workspace);
});

describe('who was away already when asked is asked all the same', () => {
  const NIGHTS = { workingHours: [{ days: ['SUNDAY'], from: '01:00', to: '02:00' }] };

  test.each([
    ['working hours', ['PAUSED'], NIGHTS],
    ['a pause', ['OUTSIDE_HOURS'], { status: 'PAUSED' }],
  ])('where the pool does not mind %s', async (_, skips, away) => {
    const workspace = await offering({ main: { skips }, about: { a: away, b: away, c: away } });
    const { id } = await offered(workspace);
    await app.sweep();
    expect(await trail(workspace, id)).toBe('a DEFAULT');
    await pass(app, 60 * SECOND);
    expect(await trail(workspace, id)).toBe('a DEFAULT, b REASSIGNMENT');
  });

  test('where the step assigns anyway', async () => {
    const step = { ...OFFER, whenNobody: { kind: 'ASSIGN_ANYWAY' } };
    const workspace = await offering({ step, about: { a: NIGHTS, b: NIGHTS, c: { status: 'PAUSED' } } });
    const { id } = await offered(workspace);
    const [first] = (await look(workspace, id)).all;
    await app.sweep();
    expect((await look(workspace, id)).all).toEqual([first]);
  });
});

describe('when all have declined', () => {
  const cases: readonly [string, Partial<Crew>, string][] = [
    [
      'NEXT_STEP',
      { steps: [{ key: 'others', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'others' } }] },
      'a DEFAULT, b REASSIGNMENT, c REASSIGNMENT, x REASSIGNMENT',
    ],
    [
      'BACKUP_POOL',
      { step: { ...OFFER, whenNobody: { kind: 'BACKUP_POOL', pool: 'others' } } },
      // Whom the backup pool gives it is asked too, and then nobody is left.
      'a DEFAULT, b REASSIGNMENT, c REASSIGNMENT, x REASSIGNMENT, boss FALLBACK',
    ],
    [
      'QUEUE',
      {
        step: { ...OFFER, whenNobody: { kind: 'QUEUE', queue: 'room' } },
        queues: [{ key: 'room', name: 'Room', pool: 'others', responsible: 'boss', deadlineSeconds: 600 }],
        about: { x: { status: 'PAUSED' } },
      },
      'a DEFAULT, b REASSIGNMENT, c REASSIGNMENT, boss QUEUE',
    ],
    [
      'MANAGER',
      { step: { ...OFFER, whenNobody: { kind: 'MANAGER' } } },
      'a DEFAULT, b REASSIGNMENT, c REASSIGNMENT, boss REASSIGNMENT',
    ],
    ['the last resort', {}, 'a DEFAULT, b REASSIGNMENT, c REASSIGNMENT, boss FALLBACK'],
  ];

  test.each(cases)('%s', async (_name, given, expected) => {
    const reps = ['a', 'b', 'c', 'x'];
    const workspace = await offering({ reps, members: ['a', 'b', 'c'], pools: OTHERS, ...given });
    const { id } = await offered(workspace);
    await declineAll(workspace, id);
    expect(await trail(workspace, id)).toBe(expected);
    expect(await workspace.owner(id)).toBe(expected.split(', ').at(-1)?.split(' ')[0]);
    expect((await look(workspace, id)).present.offer).toBeNull();
  });

  test('also by letting the time pass: nobody is asked twice', async () => {
    const workspace = await offering();
    const { id } = await offered(workspace);
    for (let round = 0; round < 6; round += 1) await pass(app, 60 * SECOND);
    expect(await trail(workspace, id)).toBe('a DEFAULT, b REASSIGNMENT, c REASSIGNMENT, boss FALLBACK');
    await expectSound(app, workspace);
  });

  test('it stays with the last resort that declined itself, and is not offered again', async () => {
    const workspace = await offering({ reps: ['boss'], lastResort: ['boss'] });
    const { id, assignmentId } = await offered(workspace);
    expect(await decline(workspace, assignmentId)).toEqual({
      assignment: { offer: { status: 'DECLINED', reason: 'No time' } },
    });
    expect(await look(workspace, id)).toMatchObject({ owner: 'boss', all: [{ rep: 'boss', ended: false }] });
    expect(await accept(workspace, assignmentId)).toMatchObject({ code: 'NO_OFFER' });
    await pass(app, HOUR);
    expect((await look(workspace, id)).all).toHaveLength(1);
    await expectSound(app, workspace);
  });
});

describe('contact', () => {
  test('counts as accepting', async () => {
    const workspace = await offering();
    const { id, assignmentId } = await offered(workspace);
    await activity(workspace, id, 'CALL', { repId: workspace.rep('a') });
    expect((await look(workspace, id)).present.offer?.status).toBe('ACCEPTED');
    expect(await decline(workspace, assignmentId)).toMatchObject({ code: 'NO_OFFER' });
    await pass(app, 60 * SECOND);
    expect(await trail(workspace, id)).toBe('a DEFAULT');
  });

  test.each([
    ['a note', 'NOTE', 'a'],
    ['a call by somebody else', 'CALL', 'b'],
  ])('%s does not', async (_name, kind, rep) => {
    const workspace = await offering();
    const { id } = await offered(workspace);
    await activity(workspace, id, kind, { repId: workspace.rep(rep) });
    await pass(app, 60 * SECOND);
    expect(await trail(workspace, id)).toBe('a DEFAULT, b REASSIGNMENT');
  });
});

test('one person’s leads move on together', async () => {
  const workspace = await offering();
  const again = { email: 'again@client.example' };
  const { id, assignmentId } = await offered(workspace, again);
  const { id: second } = await workspace.submit(again);
  await decline(workspace, assignmentId);
  expect(await trail(workspace, id)).toBe('a DEFAULT, b REASSIGNMENT');
  expect(await trail(workspace, second)).toBe('a DUPLICATE, b REASSIGNMENT');
  await expectSound(app, workspace);
});
