import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { ADMIN_KEY, until } from '../support/app.ts';
import { serve, type TestServer } from '../support/calendarServers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startProcess } from '../support/serverProcess.ts';

let testDatabase: TestDatabase;
let database: Database;
let silent: TestServer;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { max: 2, onError: () => {} });
  // Never answers: whoever asks is in the middle of a job.
  silent = await serve(() => null);
});
afterAll(async () => {
  await silent[Symbol.asyncDispose]();
  await database.close();
  await testDatabase.drop();
});

test('what a server was doing when it was killed another one does again, within 15 s', async () => {
  const env = { FAIRLEAD_ADMIN_KEY: ADMIN_KEY, FAIRLEAD_PRIVATE_ADDRESSES: 'allow' };
  const first = await startProcess(testDatabase.url, env);
  const workspaceId = await ensureWorkspace(database, systemClock);
  const now = systemClock.now();
  await database.prisma.calendar.create({
    data: {
      ...{
        workspaceId,
        id: v7(),
        name: 'HR',
        kind: 'HR',
        source: JSON.stringify({ kind: 'HR', url: `${silent.url}/hr.ics` }),
      },
      ...{ attempt: 0, unmatched: 0, alerted: false, nextSyncAt: now, createdAt: now, updatedAt: now },
    },
  });
  await until(() => silent.asked.length === 1, 'the first server reads the calendar');
  const second = await startProcess(testDatabase.url, env);
  first.child.kill('SIGKILL');
  const killedAt = Date.now();
  await until(() => silent.asked.length === 2, 'the second server reads it');
  expect(Date.now() - killedAt).toBeLessThan(15_000);
  expect(await database.prisma.process.count()).toBe(1);
  expect(await database.prisma.calendar.findFirst()).toMatchObject({ attempt: 2 });
  second.child.kill('SIGKILL');
  await second.ended;
});
