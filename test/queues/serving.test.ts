import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createLog } from '../../src/log.ts';
import { startTestApp, type TestApp, testConfig, until } from '../support/app.ts';
import { type Crew, HOUR, look, MINUTE, pass, someone, trail } from '../support/time.ts';
import { expectCounted, expectInOrder, openWaiting, queueSeen, say } from '../support/waiting.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  // Without a sweep of its own: what happens at once does so without one.
  app = await startTestApp({ config: { role: 'api' } });
});
afterAll(() => app.stop());

const setMembers = async (workspace: TestWorkspace, reps: readonly string[]): Promise<void> => {
  const { data } = await workspace.send<{ pool: { id: string } }>('{ pool(key: "main") { id } }');
  const members = reps.map((rep) => ({ repId: workspace.rep(rep) }));
  await workspace.mutate('setPoolMembers', { poolId: data?.pool.id, members }, '__typename');
};

test('a lead that nobody is there for waits for somebody, with an owner who answers for it', async () => {
  const workspace = await openWaiting(app, { reps: ['a', 'b'] });
  for (const rep of ['a', 'b']) await say(workspace, rep, { status: 'PAUSED' });
  const { id, owner, method } = await workspace.submit(someone());
  expect([owner, method]).toEqual(['boss', 'QUEUE']);
  expect((await queueSeen(workspace)).entries).toMatchObject([{ leadId: id, waitsFor: 'SOMEONE' }]);
  await app.sweep();
  expect(await workspace.owner(id)).toBe('boss');
  await expectInOrder(app, workspace);
});

describe('what waits goes to', () => {
  test.each<
    readonly [string, NonNullable<Crew['about']>, (workspace: TestWorkspace, held: string) => Promise<unknown>, boolean]
  >([
    ['who has closed a lead, at once', { a: { capacity: 1 } }, (workspace, held) => workspace.close(held), true],
    [
      'whose lead is given to another, at once',
      { a: { capacity: 1 } },
      (workspace, held) => workspace.assign(held, 'boss'),
      true,
    ],
    [
      'whose capacity is raised',
      { a: { capacity: 1 } },
      (workspace) => workspace.updateRep('a', { capacity: 2 }),
      false,
    ],
    ['who is new in the pool', { a: { capacity: 1 } }, (workspace) => setMembers(workspace, ['a', 'b']), false],
  ])('%s', async (_, about, happens, isAtOnce) => {
    const workspace = await openWaiting(app, { reps: ['a', 'b'], members: ['a'], about });
    const held = await workspace.submit(someone());
    const waits = await workspace.submit(someone());
    expect([held.owner, waits.owner, waits.method]).toEqual(['a', 'boss', 'QUEUE']);
    await happens(workspace, held.id);
    if (!isAtOnce) await app.sweep();
    await until(async () => (await workspace.owner(waits.id)) !== 'boss', 'somebody has it');
    expect(await trail(workspace, waits.id)).toMatch(/^boss QUEUE, [ab] DEFAULT$/);
    await expectInOrder(app, workspace);
  });

  test('who says that they are there, at once', async () => {
    const workspace = await openWaiting(app, { reps: ['a'] });
    await say(workspace, 'a', { status: 'BUSY', until: new Date(app.clock.now().getTime() + HOUR).toISOString() });
    const { id } = await workspace.submit(someone());
    await say(workspace, 'a', { status: 'AVAILABLE' });
    await until(async () => (await workspace.owner(id)) === 'a', 'a has it');
  });

  test.each([
    ['pause', (workspace: TestWorkspace, end: string) => say(workspace, 'a', { status: 'PAUSED', until: end })],
    ['busy time', (workspace: TestWorkspace, end: string) => say(workspace, 'a', { status: 'BUSY', until: end })],
    ['leave', (workspace: TestWorkspace, end: string) => say(workspace, 'a', { status: 'OUT_OF_OFFICE', until: end })],
  ])('whose %s ends, and not a second before', async (_, declare) => {
    const workspace = await openWaiting(app, { reps: ['a'] });
    const end = app.clock.now().getTime() + 30 * MINUTE;
    expect(await declare(workspace, new Date(end).toISOString())).toEqual({});
    const { id } = await workspace.submit(someone());
    await pass(app, 30 * MINUTE - 1_000);
    expect(await workspace.owner(id)).toBe('boss');
    await pass(app, 1_000);
    expect(await trail(workspace, id)).toBe('boss QUEUE, a DEFAULT');
  });

  test('whose working hours begin', async () => {
    const hour = app.clock.now().getUTCHours();
    const from = `${String((hour + 1) % 24).padStart(2, '0')}:00`;
    const days = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];
    const workingHours = [{ days, from, to: `${String((hour + 3) % 24).padStart(2, '0')}:00` }];
    const workspace = await openWaiting(
      app,
      { reps: ['a'], about: { a: { workingHours, timeZone: 'UTC' } } },
      { deadlineSeconds: 86_400 },
    );
    const { id } = await workspace.submit(someone());
    expect(await workspace.owner(id)).toBe('boss');
    await pass(app, HOUR);
    expect(await workspace.owner(id)).toBe('a');
  });
});

describe('the order', () => {
  test('is priority, then age, and all of it before what arrives', async () => {
    const workspace = await openWaiting(app, { reps: ['a'], about: { a: { capacity: 4 } } });
    await say(workspace, 'a', { status: 'PAUSED' });
    const at = (minute: number): string => `2026-03-01T09:${String(minute).padStart(2, '0')}:00Z`;
    const leads = [
      someone({ message: 'third', capturedAt: at(30) }),
      someone({ message: 'second', capturedAt: at(10) }),
      someone({ message: 'first', capturedAt: at(50), priority: 5 }),
      someone({ message: 'last', capturedAt: at(1), priority: -1 }),
    ];
    await workspace.submitAll(leads);
    await say(workspace, 'a', { status: 'AVAILABLE' });
    const arriving = await workspace.submit(someone({ priority: 1_000 }));
    // The places are taken by those who have waited.
    expect([arriving.owner, arriving.method]).toEqual(['boss', 'QUEUE']);
    const { rows } = await app.database.pool.query<{ message: string }>(
      `SELECT l."message" FROM "Assignment" a JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = a."leadId"
       WHERE a."workspaceId" = $1 AND a."method" = 'DEFAULT' ORDER BY a."number"`,
      [workspace.id],
    );
    expect(rows.map(({ message }) => message)).toEqual(['first', 'second', 'third', 'last']);
  });

  test('holds whatever comes and goes: nothing that could be served is overtaken', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('come' as const), priority: fc.nat(2), age: fc.nat(5) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const), which: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const), rep: fc.constantFrom('a', 'b') }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('return' as const), rep: fc.constantFrom('a', 'b') }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const about = { a: { capacity: 2 }, b: { capacity: 1 } };
        const workspace = await openWaiting(app, { reps: ['a', 'b'], about });
        for (const each of steps) {
          const before = (await queueSeen(workspace)).entries.map(({ leadId }) => leadId);
          let arrived: string | null = null;
          if (each.kind === 'come') {
            const capturedAt = new Date(app.clock.now().getTime() - each.age * MINUTE).toISOString();
            const { id, method } = await workspace.submit(someone({ priority: each.priority, capturedAt }));
            arrived = method === 'QUEUE' ? null : id;
          } else if (each.kind === 'close') {
            const open = await openOf(workspace);
            if (open.length > 0) await workspace.close(open[each.which % open.length] as string);
          } else await say(workspace, each.rep, { status: each.kind === 'pause' ? 'PAUSED' : 'AVAILABLE' });
          await app.sweep();
          const after = new Set((await queueSeen(workspace)).entries.map(({ leadId }) => leadId));
          // Those that went were the foremost, and while any is left nothing new was given out.
          const left = before.filter((id) => after.has(id));
          expect(left).toEqual(before.slice(before.length - left.length));
          if (arrived !== null) expect(left).toEqual([]);
        }
        await expectInOrder(app, workspace);
      }),
      { numRuns: 8 },
    );
  }, 60_000);
});

const openOf = async ({ id }: TestWorkspace): Promise<string[]> => {
  const { rows } = await app.database.pool.query<{ leadId: string }>(
    `SELECT a."leadId" FROM "Assignment" a JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = a."leadId"
     WHERE a."workspaceId" = $1 AND a."endedAt" IS NULL AND l."closedAt" IS NULL AND a."method" <> 'QUEUE' ORDER BY 1`,
    [id],
  );
  return rows.map(({ leadId }) => Buffer.from(`Lead:${leadId}`).toString('base64url'));
};

describe('much that waits', () => {
  test('is served to the last, however much it is, before what arrives', async () => {
    const workspace = await openWaiting(app, { reps: ['a', 'b', 'c'], workspace: { defaultCapacity: 1_000 } });
    for (const rep of ['a', 'b', 'c']) await say(workspace, rep, { status: 'PAUSED' });
    await workspace.submitAll(Array.from({ length: 450 }, () => someone()));
    expect((await queueSeen(workspace)).waiting).toBe(450);
    await say(workspace, 'b', { status: 'AVAILABLE' });
    const arriving = await workspace.submit(someone());
    expect(arriving).toMatchObject({ owner: 'b', method: 'DEFAULT' });
    expect((await queueSeen(workspace)).waiting).toBe(0);
    expect(await workspace.loads()).toEqual({ boss: 0, a: 0, b: 451, c: 0 });
    await expectCounted(app, workspace);
  });

  test('is shared by the pool’s rotation, each once, with two servers at it', async () => {
    const other = createApp({ config: testConfig(app.testDatabase.url), clock: app.clock, log: createLog('silent') });
    await other.start();
    try {
      const workspace = await openWaiting(app, { reps: ['a', 'b', 'c'], workspace: { defaultCapacity: 1_000 } });
      for (const rep of ['a', 'b', 'c']) await workspace.updateRep(rep, { status: 'PAUSED' });
      const ids = (await workspace.submitAll(Array.from({ length: 90 }, () => someone()))).map(({ id }) => id);
      for (const rep of ['a', 'b', 'c']) await workspace.updateRep(rep, { status: 'ACTIVE' });
      await Promise.all([app.sweep(), other.sweep(), app.sweep(), other.sweep()]);
      await until(async () => (await queueSeen(workspace)).waiting === 0, 'nothing waits');
      const { boss, ...loads } = await workspace.loads();
      expect([boss, Object.values(loads).reduce((sum, load) => sum + load, 0)]).toEqual([0, 90]);
      expect((await look(workspace, ids[0] as string)).all).toHaveLength(2);
      await expectInOrder(app, workspace);
    } finally {
      await other.stop();
    }
  });
});

describe('a lead that nobody who is there may own', () => {
  test('waits on, and holds up neither those behind it nor what arrives', async () => {
    const workspace = await openWaiting(app, { reps: ['a', 'b'] });
    for (const rep of ['a', 'b']) await say(workspace, rep, { status: 'PAUSED' });
    const own = await workspace.submit({ email: 'a@fairlead.example', priority: 9 });
    const behind = await workspace.submit(someone());
    await say(workspace, 'a', { status: 'AVAILABLE' });
    await until(async () => (await workspace.owner(behind.id)) === 'a', 'a has the one behind');
    expect(await workspace.submit(someone())).toMatchObject({ owner: 'a', method: 'DEFAULT' });
    expect(await workspace.owner(own.id)).toBe('boss');
    await say(workspace, 'b', { status: 'AVAILABLE' });
    await until(async () => (await workspace.owner(own.id)) === 'b', 'b has it');
  });

  test('since they have declined it, is not pushed to them, and goes to the next who comes', async () => {
    const workspace = await openWaiting(app, { reps: ['a', 'b'], members: ['a'], step: { offerSeconds: 60 } });
    const { id } = await workspace.submit(someone());
    const assignmentId = (await look(workspace, id)).present.id;
    await workspace.mutate('declineAssignment', { assignmentId, reason: 'Not mine' }, '__typename');
    await app.sweep();
    expect(await trail(workspace, id)).toBe('a DEFAULT, boss QUEUE');
    await setMembers(workspace, ['a', 'b']);
    await app.sweep();
    expect(await trail(workspace, id)).toBe('a DEFAULT, boss QUEUE, b DEFAULT');
    await expectInOrder(app, workspace);
  });

  test('is looked at again with what happens and not for ever', async () => {
    const workspace = await openWaiting(app, { reps: ['a'] });
    await say(workspace, 'a', { status: 'PAUSED' });
    await workspace.submit({ email: 'a@fairlead.example' });
    await say(workspace, 'a', { status: 'AVAILABLE' });
    const given = await workspace.submitAll([someone(), someone()]);
    await workspace.close(given[0]?.id ?? '');
    for (let count = 0; count < 3; count += 1) await app.sweep();
    const batch = async (): Promise<bigint> =>
      (await app.database.prisma.lane.findUniqueOrThrow({ where: { workspaceId: workspace.id } })).batch;
    const before = await batch();
    for (let count = 0; count < 3; count += 1) await app.sweep();
    // Looking changes nothing.
    expect(await batch()).toBe(before);
    await expectInOrder(app, workspace);
  });
});
