import { randomUUID } from 'node:crypto';
import { makeWorkerUtils, type WorkerUtils } from 'graphile-worker';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/doctor/database.ts';
import { checkDeadlines, checkJobs, checkLastResort, checkServers } from '../../src/doctor/work.ts';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startProcess } from '../support/serverProcess.ts';

// A server that carries nothing out, so that what is put into its database stays.
let app: TestApp;
let client: pg.Client;
beforeAll(async () => {
  app = await startTestApp({ config: { role: 'api' } });
  client = await connect(app.testDatabase.url);
});
afterAll(async () => {
  await client.end();
  await app.stop();
});

test('servers: one that works, none, one that died, and one that does not carry out what is due', async () => {
  const database: TestDatabase = await createTestDatabase();
  const looker = await connect(database.url);
  expect(await checkServers(looker)).toMatchObject({ level: 'ok', text: 'none is connected' });

  const server = await startProcess(database.url);
  expect(await checkServers(looker)).toMatchObject({
    level: 'ok',
    text: '1 server connected, 1 of them carry out what is due',
  });
  server.child.kill('SIGKILL');
  await server.ended;
  // Its heartbeat is taken for alive for ten seconds.
  await looker.query(`UPDATE "Process" SET "seenAt" = "seenAt" - interval '11 seconds'`);
  await until(async () => (await checkServers(looker)).level === 'warning', 'its sessions are gone');
  expect(await checkServers(looker)).toMatchObject({ text: expect.stringContaining('1 server died') });
  await looker.end();
  await database.drop();

  expect(await checkServers(client)).toMatchObject({ level: 'fault', text: expect.stringContaining('FAIRLEAD_ROLE') });
});

test('deadlines: one overdue for more than a minute is a warning', async () => {
  const insert = (seconds: number) =>
    client.query(
      `INSERT INTO "Deadline" ("workspaceId", "kind", "subjectId", "dueAt", "data")
       VALUES ($1, 'SLA', $2, now() - make_interval(secs => $3), '{}')`,
      [app.workspaceId, randomUUID(), seconds],
    );
  await insert(30);
  expect(await checkDeadlines(client)).toMatchObject({ level: 'ok' });
  await insert(600);
  expect(await checkDeadlines(client)).toMatchObject({
    level: 'warning',
    text: expect.stringMatching(/^1 deadline overdue, the oldest by 10 min/),
  });
});

test('jobs: those that failed, wait or hang are named by their task', async () => {
  const utils: WorkerUtils = await makeWorkerUtils({ pgPool: app.database.pool });
  for (const task of ['fails', 'waits', 'hangs', 'is fresh']) await utils.addJob(task, {}, { maxAttempts: 1 });
  expect(await checkJobs(client)).toMatchObject({ level: 'ok', text: 'none is stuck' });
  await client.query(
    `UPDATE graphile_worker._private_jobs j SET
       "attempts" = CASE t."identifier" WHEN 'fails' THEN 1 ELSE 0 END,
       "run_at" = CASE t."identifier" WHEN 'waits' THEN now() - interval '2 minutes' ELSE j."run_at" END,
       "locked_at" = CASE t."identifier" WHEN 'hangs' THEN now() - interval '16 minutes' END
     FROM graphile_worker._private_tasks t WHERE t."id" = j."task_id"`,
  );
  const { level, text } = await checkJobs(client);
  expect(level).toBe('warning');
  expect(text).toMatch(/1 × fails failed for good.*; 1 × hangs under way.*; 1 × waits waits for/);
  expect(text).not.toContain('fresh');
  await utils.release();
});

test('last resort: no plan is a warning, nobody left in it is a fault', async () => {
  expect(await checkLastResort(client)).toMatchObject({
    level: 'warning',
    text: expect.stringContaining('workspace default'),
  });
  await app.apply(onePool(2));
  expect(await checkLastResort(client)).toMatchObject({ level: 'ok' });
  await client.query(`UPDATE "Rep" SET "status" = 'LEFT' WHERE "key" = 'boss'`);
  expect(await checkLastResort(client)).toMatchObject({
    level: 'fault',
    text: expect.stringContaining('workspace default'),
  });
});
