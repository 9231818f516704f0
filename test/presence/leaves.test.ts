import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type Crew, expectSound, HOUR, iso, look, MINUTE, open, pass, someone, trail } from '../support/time.ts';
import { claim, expectInOrder, line, say } from '../support/waiting.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const inMs = (milliseconds: number): string => iso(app.clock.now().getTime() + milliseconds);

/** Two leads of rep a, who is about to be away. */
async function owning(
  given: Partial<Crew> = {},
): Promise<{ workspace: TestWorkspace; ids: readonly [string, string] }> {
  const workspace = await open(app, { reps: ['a', 'b', 'c', 'd'], members: ['b', 'c', 'a'], ...given });
  const leads = await workspace.submitAll([someone(), someone()]);
  const ids = leads.map(({ id }) => id) as [string, string];
  for (const id of ids) await workspace.assign(id, 'a');
  return { workspace, ids };
}

const owners = (workspace: TestWorkspace, ids: readonly string[]): Promise<string[]> =>
  Promise.all(ids.map((id) => workspace.owner(id)));

describe('when an absence begins, the open leads', () => {
  test.each([
    ['stay, unless told otherwise', {}, ['a', 'a']],
    ['stay', { openLeads: 'KEEP' }, ['a', 'a']],
    ['go to the delegate', { openLeads: 'DELEGATE', delegate: 'd' }, ['d', 'd']],
    ['go to the backup where no delegate is named', { openLeads: 'DELEGATE' }, ['c', 'c']],
  ])('%s', async (_, { delegate, ...given }: { openLeads?: string; delegate?: string }, expected) => {
    const { workspace, ids } = await owning({ about: { a: { backup: 'c' } } });
    const delegateId = delegate === undefined ? {} : { delegateId: workspace.rep(delegate) };
    expect(await say(workspace, 'a', { status: 'OUT_OF_OFFICE', until: inMs(HOUR), ...given, ...delegateId })).toEqual(
      {},
    );
    await app.sweep();
    expect(await owners(workspace, ids)).toEqual(expected);
    await expectSound(app, workspace);
  });

  test('are given out by the plan, with the reason', async () => {
    const { workspace, ids } = await owning();
    await say(workspace, 'a', { status: 'PAUSED', openLeads: 'REDISTRIBUTE' });
    await app.sweep();
    expect((await owners(workspace, ids)).every((owner) => ['b', 'c'].includes(owner))).toBe(true);
    expect((await look(workspace, ids[0])).present).toMatchObject({
      method: 'REASSIGNMENT',
      by: 'absence',
      reason: 'Rep a is away',
    });
    await expectSound(app, workspace);
  });

  test('are given out by the plan where there is neither delegate nor backup', async () => {
    const { workspace, ids } = await owning({ about: { a: { backup: 'c' } } });
    const leave = { status: 'OUT_OF_OFFICE', from: inMs(HOUR), until: inMs(2 * HOUR), openLeads: 'DELEGATE' };
    expect(await say(workspace, 'a', leave)).toEqual({});
    await workspace.updateRep('a', { backupId: null });
    await pass(app, HOUR);
    expect((await owners(workspace, ids)).every((owner) => ['b', 'c'].includes(owner))).toBe(true);
  });

  test('cannot be promised to a delegate where there is neither delegate nor backup', async () => {
    const { workspace } = await owning();
    const leave = { status: 'OUT_OF_OFFICE', until: inMs(HOUR), openLeads: 'DELEGATE' };
    expect(await say(workspace, 'a', leave)).toMatchObject({
      code: 'INVALID_INPUT',
      message: 'delegateId: is missing: the rep has no backup either',
    });
  });

  test('go to the backup where the delegate has left by then', async () => {
    const { workspace, ids } = await owning({ about: { a: { backup: 'c' } } });
    const leave = { status: 'OUT_OF_OFFICE', openLeads: 'DELEGATE', delegateId: workspace.rep('d') };
    await say(workspace, 'a', { ...leave, from: inMs(HOUR), until: inMs(2 * HOUR) });
    await workspace.updateRep('d', { status: 'LEFT' });
    await pass(app, HOUR);
    expect(await owners(workspace, ids)).toEqual(['c', 'c']);
  });

  test('go to the backup where the delegate is away as well', async () => {
    const { workspace, ids } = await owning({ about: { a: { backup: 'c' } } });
    const until = inMs(HOUR);
    await say(workspace, 'd', { status: 'OUT_OF_OFFICE', until });
    await say(workspace, 'a', {
      status: 'OUT_OF_OFFICE',
      openLeads: 'DELEGATE',
      delegateId: workspace.rep('d'),
      until,
    });
    await app.sweep();
    expect(await owners(workspace, ids)).toEqual(['c', 'c']);
  });

  test('stay until then, where it begins later', async () => {
    const { workspace, ids } = await owning();
    const leave = { status: 'OUT_OF_OFFICE', openLeads: 'DELEGATE', delegateId: workspace.rep('d') };
    await say(workspace, 'a', { ...leave, from: inMs(HOUR), until: inMs(2 * HOUR) });
    await pass(app, HOUR - 1_000);
    expect(await owners(workspace, ids)).toEqual(['a', 'a']);
    await pass(app, 1_000);
    expect(await owners(workspace, ids)).toEqual(['d', 'd']);
  });

  test('stay where it is taken back before', async () => {
    const { workspace, ids } = await owning();
    const leave = { status: 'OUT_OF_OFFICE', openLeads: 'REDISTRIBUTE', from: inMs(HOUR), until: inMs(2 * HOUR) };
    await say(workspace, 'a', leave);
    const { data } = await workspace.send<{ rep: { availability: { leaves: { key: string }[] } } }>(
      'query ($id: ID!) { rep(id: $id) { availability { leaves { key } } } }',
      { id: workspace.rep('a') },
    );
    const input = { repId: workspace.rep('a'), leave: data?.rep.availability.leaves[0]?.key };
    await workspace.send('mutation ($input: CancelLeaveInput!) { cancelLeave(input: $input) { __typename } }', {
      input,
    });
    await pass(app, HOUR);
    expect(await owners(workspace, ids)).toEqual(['a', 'a']);
  });

  test('stay where the rep is back before they were handed over', async () => {
    const { workspace } = await owning();
    const deadlines = () => app.database.prisma.deadline.count({ where: { workspaceId: workspace.id, kind: 'LEAVE' } });
    const at = app.clock.now();
    // A leave that begins in the very moment the rep says that they are there after all.
    await say(workspace, 'a', { status: 'OUT_OF_OFFICE', openLeads: 'REDISTRIBUTE', from: inMs(1), until: inMs(HOUR) });
    expect(await deadlines()).toBe(1);
    app.clock.set(new Date(at.getTime() + 1));
    await say(workspace, 'a', { status: 'AVAILABLE' });
    expect(await deadlines()).toBe(0);
  });
});

describe('a hand-over', () => {
  test('does not happen after the absence, where no server lived in the course of it', async () => {
    const { workspace, ids } = await owning();
    const leave = { status: 'OUT_OF_OFFICE', from: inMs(MINUTE), until: inMs(2 * MINUTE), openLeads: 'REDISTRIBUTE' };
    await say(workspace, 'a', leave);
    await pass(app, 2 * MINUTE);
    expect(await owners(workspace, ids)).toEqual(['a', 'a']);
    expect(await app.database.prisma.deadline.count({ where: { workspaceId: workspace.id, kind: 'LEAVE' } })).toBe(0);
  });

  test('that fails holds up no other, and is tried again a minute later', async () => {
    const { workspace, ids } = await owning();
    await workspace.assign(ids[1], 'b');
    const away = {
      status: 'OUT_OF_OFFICE',
      until: inMs(2 * HOUR),
      openLeads: 'DELEGATE',
      delegateId: workspace.rep('d'),
    };
    await say(workspace, 'a', { ...away, from: inMs(HOUR) });
    await say(workspace, 'b', { ...away, from: inMs(HOUR + 1) });
    const { prisma } = app.database;
    const { subjectId, data } = await prisma.deadline.findFirstOrThrow({
      where: { workspaceId: workspace.id, kind: 'LEAVE' },
      orderBy: { dueAt: 'asc' },
    });
    await prisma.$executeRaw`UPDATE "Deadline" SET "data" = 'null' WHERE "subjectId" = ${subjectId}::uuid`;
    await pass(app, HOUR + 1);
    expect(await owners(workspace, ids)).toEqual(['a', 'd']);
    await prisma.deadline.updateMany({ where: { subjectId }, data: { data: data as object } });
    await pass(app, MINUTE);
    expect(await owners(workspace, ids)).toEqual(['d', 'd']);
  });

  test('that was cut short goes on with what is left, and moves nothing twice', async () => {
    const { workspace, ids } = await owning();
    await say(workspace, 'a', {
      status: 'OUT_OF_OFFICE',
      until: inMs(2 * HOUR),
      from: inMs(HOUR),
      openLeads: 'DELEGATE',
      delegateId: workspace.rep('d'),
    });
    const where = { workspaceId: workspace.id, kind: 'LEAVE' as const };
    const deadline = await app.database.prisma.deadline.findFirstOrThrow({ where });
    await pass(app, HOUR);
    expect(await app.database.prisma.deadline.count({ where })).toBe(0);
    // As if it had crashed before it was noted that the leads had been handed over, one of them having come back.
    await app.database.prisma.deadline.create({ data: { ...deadline, data: deadline.data as object } });
    await workspace.assign(ids[0], 'a');
    await app.sweep();
    expect(await app.database.prisma.deadline.count({ where })).toBe(0);
    expect(await owners(workspace, ids)).toEqual(['d', 'd']);
    expect((await trail(workspace, ids[1])).match(/d REASSIGNMENT/g)).toHaveLength(1);
    await expectSound(app, workspace);
  });

  test('leaves what waits in the queue that the rep answers for', async () => {
    const step = { target: { kind: 'QUEUE', queue: 'line' } };
    const workspace = await open(app, { reps: ['a', 'b', 'd'], queues: [line({ responsible: 'a' })], step });
    const { id } = await workspace.submit(someone());
    await say(workspace, 'a', { status: 'PAUSED', openLeads: 'DELEGATE', delegateId: workspace.rep('d') });
    await app.sweep();
    expect(await trail(workspace, id)).toBe('a QUEUE');
    expect(await claim(workspace, id, undefined, 'b')).toMatchObject({ owner: 'b' });
    await expectInOrder(app, workspace);
  });
});
