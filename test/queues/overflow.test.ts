import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fireDue } from '../../src/assignment/deadlines.ts';
import { createLanes } from '../../src/assignment/lanes.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { MINUTE, pass, someone, trail } from '../support/time.ts';
import {
  claim,
  claimNext,
  expectCounted,
  expectInOrder,
  openClaims,
  openWaiting,
  queueSeen,
  say,
} from '../support/waiting.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** Rep a is in the queue's own pool, b in the wider one. */
const CREW = {
  reps: ['a', 'b'],
  members: ['a'],
  pools: [{ key: 'wide', name: 'Wide', strategy: 'ROUND_ROBIN', members: [{ rep: 'b' }] }],
};

const submitIds = async (workspace: TestWorkspace, count: number): Promise<string[]> =>
  (await workspace.submitAll(Array.from({ length: count }, () => someone()))).map(({ id }) => id);

const places = async (workspace: TestWorkspace, key?: string): Promise<string[]> =>
  (await queueSeen(workspace, key)).entries.map(
    ({ leadId, priority, overflowed }) => `${leadId} ${priority}${overflowed ? ' overflowed' : ''}`,
  );

describe('a queue that is too long', () => {
  const LONG = { overflow: { length: 2, raisePriority: 10, widenTo: 'wide' } };

  test('lets the next ones overflow: in front, and for a wider pool too; nothing is dropped', async () => {
    const workspace = await openClaims(app, CREW, LONG);
    const [one, two, three, four] = await submitIds(workspace, 4);
    expect(await places(workspace)).toEqual([
      `${three} 10 overflowed`,
      `${four} 10 overflowed`,
      `${one} 0`,
      `${two} 0`,
    ]);
    expect((await queueSeen(workspace)).waiting).toBe(4);
    await expectCounted(app, workspace);
  });

  test('shows the wider pool only what has overflowed, and lets it claim only that', async () => {
    const workspace = await openClaims(app, CREW, LONG);
    const [one, two, three, four] = (await submitIds(workspace, 4)) as [string, string, string, string];
    const b = await workspace.keyFor('REP', 'b');
    expect(await places(workspace, b)).toEqual([`${three} 10 overflowed`, `${four} 10 overflowed`]);
    expect(await claim(workspace, one, b)).toMatchObject({ code: 'NOT_A_MEMBER' });
    expect(await claimNext(workspace, b)).toMatchObject({ id: three, owner: 'b' });
    expect(await claim(workspace, four, b)).toMatchObject({ owner: 'b', method: 'CLAIM' });
    expect(await claimNext(workspace, b)).toMatchObject({ code: 'QUEUE_EMPTY' });
    expect(await workspace.owner(two)).toBe('boss');
    expect(await workspace.credits('wide')).toEqual({ b: 0 });
    await expectInOrder(app, workspace);
  });

  test('lets the wider pool find what has overflowed behind whatever has not', async () => {
    const workspace = await openClaims(app, CREW, { overflow: { length: 30, widenTo: 'wide' } });
    const ids = await submitIds(workspace, 31);
    const next = await claimNext(workspace, await workspace.keyFor('REP', 'b'));
    expect(next).toMatchObject({ id: ids[30], owner: 'b' });
  });

  test('tells the wider pool of what has overflowed', async () => {
    const workspace = await openClaims(app, CREW, { overflow: { length: 1, widenTo: 'wide' } });
    const [, second] = await submitIds(workspace, 2);
    const told = (await workspace.events('LEAD_QUEUED')).filter(({ rep }) => rep === 'b');
    expect(told.map(({ leadId }) => leadId)).toEqual([second]);
  });

  test('lets what nobody was there for go to the wider pool, where the own one has nobody', async () => {
    const workspace = await openWaiting(app, CREW, { overflow: { length: 1, widenTo: 'wide' } });
    await say(workspace, 'a', { status: 'PAUSED' });
    const [first, second] = (await submitIds(workspace, 2)) as [string, string];
    await app.sweep();
    expect([await trail(workspace, first), await trail(workspace, second)]).toEqual([
      'boss QUEUE',
      'boss QUEUE, b DEFAULT',
    ]);
    await expectInOrder(app, workspace);
  });
});

describe('a lead that waits too long', () => {
  const SLOW = { deadlineSeconds: 3_600, overflow: { waitSeconds: 600, raisePriority: 3, widenTo: 'wide' } };

  test('overflows then and not before, once, and keeps its deadline', async () => {
    const workspace = await openClaims(app, CREW, SLOW);
    const [id] = (await submitIds(workspace, 1)) as [string];
    const dueAt = (await queueSeen(workspace)).entries[0]?.dueAt;
    await pass(app, 10 * MINUTE - 1_000);
    expect(await places(workspace)).toEqual([`${id} 0`]);
    await pass(app, 1_000);
    expect(await places(workspace)).toEqual([`${id} 3 overflowed`]);
    await pass(app, 20 * MINUTE);
    expect((await queueSeen(workspace)).entries).toMatchObject([{ leadId: id, priority: 3, dueAt }]);
    const told = (await workspace.events('LEAD_QUEUED')).map(({ rep, data }) => `${rep} ${data.reason}`);
    expect(told.filter((each) => each.endsWith('Has waited too long')).sort()).toEqual([
      'a Has waited too long',
      'b Has waited too long',
      'boss Has waited too long',
    ]);
    await expectCounted(app, workspace);
    await pass(app, 30 * MINUTE);
    expect(await trail(workspace, id)).toBe('boss QUEUE, a DEFAULT');
  });

  test('goes to the wider pool at once where it waits for somebody', async () => {
    const workspace = await openWaiting(app, CREW, SLOW);
    await say(workspace, 'a', { status: 'PAUSED' });
    const [id] = (await submitIds(workspace, 1)) as [string];
    await app.sweep();
    expect(await workspace.owner(id)).toBe('boss');
    await pass(app, 10 * MINUTE);
    await app.sweep();
    expect(await trail(workspace, id)).toBe('boss QUEUE, b DEFAULT');
  });

  test('is pushed to the wider pool at the deadline, where the own one has nobody', async () => {
    const workspace = await openClaims(app, CREW, SLOW);
    const [id] = (await submitIds(workspace, 1)) as [string];
    await say(workspace, 'a', { status: 'PAUSED' });
    await pass(app, 10 * MINUTE);
    await pass(app, 50 * MINUTE);
    expect(await trail(workspace, id)).toBe('boss QUEUE, b DEFAULT');
    await expectInOrder(app, workspace);
  });

  test('is pushed all the same by a server whose clock is behind the one that says what is due', async () => {
    const workspace = await openClaims(app, CREW, { deadlineSeconds: 600, overflow: { length: 9, raisePriority: 3 } });
    const [id] = (await submitIds(workspace, 1)) as [string];
    const { database, clock } = app;
    const lanes = createLanes({ database, clock, committed: () => {} });
    const due = new Date(clock.now().getTime() + 600_000);
    await lanes.run(workspace.id, fireDue(due));
    await lanes.close();
    expect(await trail(workspace, id)).toBe('boss QUEUE, a DEFAULT');
    // It has not overflowed on the way.
    expect(await workspace.events('LEAD_QUEUED')).toHaveLength(2);
  });

  test('waits on where the overflow has been taken away meanwhile', async () => {
    const workspace = await openClaims(app, CREW, SLOW);
    const [id] = (await submitIds(workspace, 1)) as [string];
    const { id: queueId } = await queueSeen(workspace);
    expect(
      await workspace.mutate('updateQueue', { id: queueId, overflow: null }, 'queue { overflow { length } }'),
    ).toEqual({
      queue: { overflow: null },
    });
    await pass(app, 10 * MINUTE);
    expect(await places(workspace)).toEqual([`${id} 0 overflowed`]);
    await pass(app, 50 * MINUTE);
    expect(await workspace.owner(id)).toBe('a');
  });
});
