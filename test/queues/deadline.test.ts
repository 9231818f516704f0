import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { offboard } from '../support/moves.ts';
import { HOUR, look, pass, someone, trail } from '../support/time.ts';
import { claim, expectInOrder, openClaims, openWaiting, queueSeen, say } from '../support/waiting.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const one = async (workspace: TestWorkspace): Promise<string> => (await workspace.submit(someone())).id;

describe('what nobody has claimed by the deadline', () => {
  test('is pushed, by the rotation, then and not before; the members hear that it waits no longer', async () => {
    const workspace = await openClaims(app, { reps: ['a', 'b'] }, { deadlineSeconds: 600 });
    const ids = (await workspace.submitAll([someone(), someone(), someone()])).map(({ id }) => id);
    await pass(app, 599_000);
    expect((await queueSeen(workspace)).waiting).toBe(3);
    await pass(app, 1_000);
    const trails = await Promise.all(ids.map((id) => trail(workspace, id)));
    expect(trails.sort()).toEqual(['boss QUEUE, a DEFAULT', 'boss QUEUE, a DEFAULT', 'boss QUEUE, b DEFAULT']);
    const { present } = await look(workspace, ids[0] as string);
    expect(present).toMatchObject({ by: 'queue', sla: { status: 'DUE' } });
    const claimed = await workspace.events('LEAD_CLAIMED');
    expect(claimed.map(({ rep, data }) => [rep, data.to].join()).sort()).toEqual(['a,b', 'b,a', 'b,a']);
    await expectInOrder(app, workspace);
  });

  test('goes to whoever has answered for it, where nobody is there', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const id = await one(workspace);
    await say(workspace, 'a', { status: 'PAUSED' });
    await pass(app, HOUR);
    const { all, present } = await look(workspace, id);
    expect(all.map(({ rep, method }) => `${rep} ${method}`)).toEqual(['boss QUEUE', 'boss FALLBACK']);
    expect(present.reason).toBe('Nobody had claimed it at the deadline, and nobody was there');
    expect(await workspace.loads()).toEqual({ boss: 1, a: 0 });
    await expectInOrder(app, workspace);
  });

  test('goes there with what else the person has asked, which takes a place from then on', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const person = someone();
    const [, second] = [await workspace.submit(person), await workspace.submit(person)];
    await say(workspace, 'a', { status: 'PAUSED' });
    await pass(app, HOUR);
    expect(await trail(workspace, second.id)).toBe('boss DUPLICATE, boss DUPLICATE');
  });

  test('goes on by the plan where whoever has answered for it has left', async () => {
    const workspace = await openClaims(app, { reps: ['a', 'c'], members: ['a'], about: {} }, { responsible: 'c' });
    const id = await one(workspace);
    await say(workspace, 'a', { status: 'PAUSED' });
    await workspace.updateRep('c', { status: 'LEFT' });
    await pass(app, HOUR);
    expect(await trail(workspace, id)).toBe('c QUEUE, boss REASSIGNMENT');
    await expectInOrder(app, workspace);
  });
});

describe('a lead that waits is out of the queue, with nothing due,', () => {
  const leaves: readonly (readonly [string, (workspace: TestWorkspace, id: string) => Promise<unknown>, string])[] = [
    ['when it is closed', (workspace, id) => workspace.close(id, 'LOST'), 'boss QUEUE'],
    ['when it is disqualified', (workspace, id) => workspace.close(id, 'DISQUALIFIED'), 'boss QUEUE'],
    ['when it is given to somebody by hand', (workspace, id) => workspace.assign(id, 'b'), 'boss QUEUE, b MANUAL'],
    [
      'when it is given by hand to whoever answers for it',
      (workspace, id) => workspace.assign(id, 'boss'),
      'boss QUEUE, boss MANUAL',
    ],
    ['when it is claimed', (workspace, id) => claim(workspace, id, undefined, 'a'), 'boss QUEUE, a CLAIM'],
  ];
  test.each(leaves)('%s', async (_, happens, expected) => {
    const workspace = await openClaims(app, { reps: ['a', 'b'], members: ['a'] });
    const id = await one(workspace);
    await happens(workspace, id);
    expect(await queueSeen(workspace)).toMatchObject({ waiting: 0, entries: [] });
    expect(await trail(workspace, id)).toBe(expected);
    await expectInOrder(app, workspace);
    await pass(app, 2 * HOUR);
    expect((await queueSeen(workspace)).waiting).toBe(0);
    await expectInOrder(app, workspace);
  });

  test('when whoever answers for it leaves: the plan decides again', async () => {
    const workspace = await openClaims(app, { reps: ['a', 'c'], members: ['a'] }, { responsible: 'c' });
    const id = await one(workspace);
    await offboard(workspace, { repId: workspace.rep('c') });
    expect(await trail(workspace, id)).toBe('c QUEUE, boss OFFBOARDING');
    expect((await queueSeen(workspace)).waiting).toBe(0);
    await expectInOrder(app, workspace);
  });
});

describe('a lead that was closed while it waited and is opened again', () => {
  test('waits again, from now on', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const id = await one(workspace);
    await workspace.close(id);
    await pass(app, 2 * HOUR);
    await workspace.close(id, 'QUALIFIED');
    const dueAt = new Date(app.clock.now().getTime() + HOUR).toISOString();
    expect((await queueSeen(workspace)).entries).toMatchObject([{ leadId: id, waitsFor: 'CLAIM', dueAt }]);
    expect(await claim(workspace, id, undefined, 'a')).toMatchObject({ owner: 'a' });
    await expectInOrder(app, workspace);
  });

  test('goes to somebody where somebody is there by now', async () => {
    const workspace = await openWaiting(app, { reps: ['a'] });
    await say(workspace, 'a', { status: 'PAUSED' });
    const id = await one(workspace);
    await workspace.close(id);
    await say(workspace, 'a', { status: 'AVAILABLE' });
    await workspace.close(id, 'QUALIFIED');
    expect(await workspace.owner(id)).toBe('a');
    expect(await workspace.loads()).toEqual({ boss: 0, a: 1 });
    await expectInOrder(app, workspace);
  });
});
