import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { applyCompany } from '../../src/configuration/company.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { ADMIN_KEY, until } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type ServerProcess, startProcess } from '../support/serverProcess.ts';

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { max: 3, onError: () => {} });
});
const servers: ServerProcess[] = [];
const start = async (): Promise<ServerProcess> => {
  const server = await startProcess(testDatabase.url);
  servers.push(server);
  return server;
};

afterAll(async () => {
  for (const { child } of servers) child.kill('SIGKILL');
  await database.close();
  await testDatabase.drop();
});

let count = 0;
async function submit({ url }: ServerProcess): Promise<string | null> {
  count += 1;
  const query = `mutation { submitLead(input: { lead: { email: "lead-${count}@example.com" } }) { __typename } }`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}` };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  const { data } = (await response.json()) as { data?: { submitLead: { __typename: string } } };
  return data?.submitLead.__typename ?? null;
}

/** Whether somebody is in the middle of a transaction and silent. */
const holdsLane = async (): Promise<boolean> => {
  const { rows } = await database.pool.query(
    `SELECT FROM pg_locks l JOIN pg_stat_activity a USING ("pid")
     WHERE l."relation" = '"Lane"'::regclass AND l."mode" = 'RowShareLock' AND a."state" = 'idle in transaction'
       AND a."datname" = current_database()`,
  );
  return rows.length > 0;
};

test('a server that is frozen with the lane in its hands does not hold up the others', async () => {
  const first = await start();
  const second = await start();
  const workspaceId = await ensureWorkspace(database, systemClock);
  const context = { database, workspaceId, by: 'test', clock: systemClock, committed: () => {} };
  await applyCompany(context, onePool(3));
  expect(await submit(second)).toBe('SubmitLeadSuccess');

  let isOver = false;
  const load = Array.from({ length: 20 }, async () => {
    while (!isOver) await submit(first).catch(() => {});
  });
  // Frozen at one moment or another until it is in the middle of a batch.
  await until(async () => {
    first.child.kill('SIGSTOP');
    if (await holdsLane()) return true;
    first.child.kill('SIGCONT');
    return false;
  }, 'the first server is frozen with the lane');
  isOver = true;
  await until(async () => (await submit(second).catch(() => null)) === 'SubmitLeadSuccess', 'the second one goes on');
  expect(await holdsLane()).toBe(false);

  first.child.kill('SIGCONT');
  await until(
    async () => (await submit(first).catch(() => null)) === 'SubmitLeadSuccess',
    'the first one goes on, too',
  );
  await Promise.all(load);
});
