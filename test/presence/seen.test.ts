import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { HOUR, MINUTE, open, someone } from '../support/time.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const WORKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'];

async function read(workspace: TestWorkspace, rep: string): Promise<{ lastSeenAt: string | null; reasons: string[] }> {
  const { data } = await workspace.send<{
    rep: { availability: { lastSeenAt: string | null; absences: { reason: string }[] } };
  }>('query ($id: ID!) { rep(id: $id) { availability { lastSeenAt absences { reason } } } }', {
    id: workspace.rep(rep),
  });
  const { lastSeenAt = null, absences = [] } = data?.rep.availability ?? {};
  return { lastSeenAt, reasons: absences.map(({ reason }) => reason) };
}

/** Resolves when it is noted that a rep has been seen at the clock's present moment. */
const noted = (workspace: TestWorkspace, rep: string): Promise<void> => {
  const now = app.clock.now().toISOString();
  return until(async () => (await read(workspace, rep)).lastSeenAt === now, `${rep} was seen at ${now}`);
};

const call = (workspace: TestWorkspace, key: string) => workspace.send('{ me { name } }', {}, key);

describe('a rep who is not seen', () => {
  test('for as long as the workspace allows is passed over from then on, and is back with the next call', async () => {
    const workspace = await open(app, { reps: ['a', 'b'], workspace: { notSeenAfterMinutes: 30 } });
    const key = await workspace.keyFor('REP', 'a');
    await call(workspace, key);
    await noted(workspace, 'a');
    app.clock.advance(30 * MINUTE - 1);
    expect((await read(workspace, 'a')).reasons).toEqual([]);
    expect((await workspace.submit(someone())).owner).toBe('a');
    app.clock.advance(1);
    expect((await read(workspace, 'a')).reasons).toEqual(['NOT_SEEN']);
    const later = await workspace.submitAll([someone(), someone(), someone()]);
    expect(later.map(({ owner }) => owner)).toEqual(['b', 'b', 'b']);
    await call(workspace, key);
    await noted(workspace, 'a');
    expect((await read(workspace, 'a')).reasons).toEqual([]);
    const back = await workspace.submitAll([someone(), someone()]);
    expect(back.map(({ owner }) => owner)).toContain('a');
  });

  test('is noted again after a fifth of that, and not with each call', async () => {
    const workspace = await open(app, { reps: ['a', 'b'], workspace: { notSeenAfterMinutes: 30 } });
    const [first, other] = [await workspace.keyFor('REP', 'a'), await workspace.keyFor('REP', 'b')];
    await call(workspace, first);
    await noted(workspace, 'a');
    const { lastSeenAt } = await read(workspace, 'a');
    app.clock.advance(6 * MINUTE - 1);
    await call(workspace, first);
    await call(workspace, other);
    await noted(workspace, 'b');
    expect((await read(workspace, 'a')).lastSeenAt).toBe(lastSeenAt);
    app.clock.advance(MINUTE);
    await call(workspace, first);
    await noted(workspace, 'a');
  });

  test('never was, is there', async () => {
    const workspace = await open(app, { reps: ['a'], workspace: { notSeenAfterMinutes: 5 } });
    app.clock.advance(48 * HOUR);
    expect(await read(workspace, 'a')).toEqual({ lastSeenAt: null, reasons: [] });
    expect((await workspace.submit(someone())).owner).toBe('a');
  });

  test('over a weekend is there on Monday: only working time counts', async () => {
    const workingHours = [{ days: WORKDAYS, from: '09:00', to: '17:00' }];
    const about = { a: { workingHours, timeZone: 'UTC' } };
    const workspace = await open(app, { reps: ['a', 'b'], about, workspace: { notSeenAfterMinutes: 60 } });
    app.clock.set(new Date('2026-06-05T16:30:00Z'));
    await call(workspace, await workspace.keyFor('REP', 'a'));
    await noted(workspace, 'a');
    app.clock.set(new Date('2026-06-08T09:29:59Z'));
    expect((await read(workspace, 'a')).reasons).toEqual([]);
    app.clock.set(new Date('2026-06-08T09:30:00Z'));
    expect((await read(workspace, 'a')).reasons).toEqual(['NOT_SEEN']);
  });

  test('is away for none where the workspace does not look', async () => {
    const workspace = await open(app, { reps: ['a'], workspace: { notSeenAfterMinutes: null } });
    await call(workspace, await workspace.keyFor('REP', 'a'));
    await noted(workspace, 'a');
    app.clock.advance(1_000 * HOUR);
    expect((await read(workspace, 'a')).reasons).toEqual([]);
  });

  test('is there to a server that has known nothing of it, as to the one that has', async () => {
    const workspace = await open(app, { reps: ['a'], workspace: { notSeenAfterMinutes: 5 } });
    await call(workspace, await workspace.keyFor('REP', 'a'));
    await noted(workspace, 'a');
    const { rows } = await app.database.pool.query<{ lastSeenAt: Date }>(
      'SELECT "lastSeenAt" FROM "RepPresence" WHERE "workspaceId" = $1',
      [workspace.id],
    );
    expect(rows).toEqual([{ lastSeenAt: app.clock.now() }]);
  });
});

describe('a rep is seen', () => {
  test('for as long as a socket is open, and a dropped one is no absence', async () => {
    const workspace = await open(app, { reps: ['a'], workspace: { notSeenAfterMinutes: 5 } });
    const client = createClient({
      url: `${app.app.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${await workspace.keyFor('REP', 'a')}` },
      lazy: false,
    });
    await noted(workspace, 'a');
    app.clock.advance(10 * MINUTE);
    // Open sockets are looked at four times a minute.
    await noted(workspace, 'a');
    await client.dispose();
    app.clock.advance(MINUTE);
    expect((await read(workspace, 'a')).reasons).toEqual([]);
    app.clock.advance(4 * MINUTE);
    expect((await read(workspace, 'a')).reasons).toEqual(['NOT_SEEN']);
  }, 60_000);

  test('by nothing that others do', async () => {
    const workspace = await open(app, { reps: ['a', 'b'] });
    await call(workspace, await workspace.keyFor('REP', 'b'));
    await call(workspace, await workspace.keyFor('MANAGER'));
    await noted(workspace, 'b');
    expect((await read(workspace, 'a')).lastSeenAt).toBeNull();
  });
});
