import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type FeedEvent, followFeed } from '../../src/client/index.ts';
import { systemClock } from '../../src/clock.ts';
import { createApiKey } from '../../src/configuration/apiKeys.ts';
import { applyCompany } from '../../src/configuration/company.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { ADMIN_KEY, until } from '../support/app.ts';
import { serve, type TestServer } from '../support/calendarServers.ts';
import { onePool } from '../support/companies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { PGBOUNCER, type Pgbouncer, startPgbouncer } from '../support/pgbouncer.ts';
import { canTest } from '../support/program.ts';
import { type ServerProcess, startProcess } from '../support/serverProcess.ts';

/** Fewer sessions than the servers would like: a transaction is in another one than the last. */
const POOL_SIZE = 4;

describe.skipIf(!canTest(PGBOUNCER, 'pgbouncer'))('two servers behind pgbouncer in transaction mode', () => {
  let bouncer: Pgbouncer;
  let testDatabase: TestDatabase;
  let database: Database;
  let servers: ServerProcess[] = [];
  let calendars: TestServer;
  beforeAll(async () => {
    testDatabase = await createTestDatabase({ template: false });
    bouncer = await startPgbouncer({ urls: [inject('serverUrl')], poolSize: POOL_SIZE });
    const url = bouncer.through(testDatabase.ownerUrl);
    const env = { FAIRLEAD_ADMIN_KEY: ADMIN_KEY, FAIRLEAD_PRIVATE_ADDRESSES: 'allow', FAIRLEAD_REDIS_URL: '' };
    servers = await Promise.all([startProcess(url, env), startProcess(url, env)]);
    database = openDatabase(url, { max: POOL_SIZE, onError: () => {} });
    calendars = await serve(() => ({ status: 404, body: '' }));
  });
  afterAll(async () => {
    for (const { child } of servers) child.kill('SIGKILL');
    await calendars[Symbol.asyncDispose]();
    await database.close();
    await bouncer[Symbol.asyncDispose]();
    await testDatabase.drop();
  });

  test('migrate an empty database together, say once that they poll, and are ready', async () => {
    for (const { output, url } of servers) {
      await until(() => output().includes('leads to a pooler'), 'the warning');
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
    }
  });

  test('take in leads at once, and a feed has every event once and in order', async () => {
    const workspaceId = await ensureWorkspace(database, systemClock);
    const context = { database, workspaceId, by: 'test', clock: systemClock, committed: () => {} };
    await applyCompany(context, onePool(3));
    const { secret } = await createApiKey(context, { name: 'manager', role: 'MANAGER', repId: null });
    const [one, other] = servers as [ServerProcess, ServerProcess];
    const events: FeedEvent[] = [];
    const following = followFeed({
      url: `${other.url.replace('http', 'ws')}/graphql`,
      token: secret,
      feed: 'workspaceFeed',
      onEvent: (event) => void events.push(event),
    });
    await following.ready;
    const submit = async (url: string, index: number): Promise<string> => {
      const query = `mutation { submitLead(input: { lead: { email: "p${index}@example.org" } }) { __typename } }`;
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}` };
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
      return JSON.stringify(await response.json());
    };
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, index) => submit((index % 2 === 0 ? one : other).url, index)),
    );
    expect(new Set(answers)).toEqual(new Set(['{"data":{"submitLead":{"__typename":"SubmitLeadSuccess"}}}']));
    await until(() => events.filter(({ kind }) => kind === 'LEAD_ASSIGNED').length >= 120, 'every event');
    await following.close();
    const numbers = events.map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] as number) + index));
  });

  test('carry out jobs', async () => {
    const workspaceId = await ensureWorkspace(database, systemClock);
    const now = systemClock.now();
    const ids = Array.from({ length: 20 }, (_, index) => `0192f3c4-0000-7000-8000-0000000000${index + 10}`);
    await database.prisma.calendar.createMany({
      data: ids.map((id) => ({
        ...{
          workspaceId,
          id,
          name: id,
          kind: 'HR',
          source: JSON.stringify({ kind: 'HR', url: `${calendars.url}/${id}.ics` }),
        },
        ...{ attempt: 0, unmatched: 0, alerted: false, nextSyncAt: now, createdAt: now, updatedAt: now },
      })),
    });
    await until(() => new Set(calendars.asked.map(({ path }) => path)).size === 20, 'each calendar has been read');
    const waiting = () => database.pool.query('SELECT FROM graphile_worker.jobs WHERE "locked_at" IS NOT NULL');
    await until(async () => (await waiting()).rows.length === 0, 'each job is done');
  });

  test('have prepared nothing under a name, which the next transaction would miss in its session', async () => {
    const text = 'SELECT ARRAY(SELECT "name" FROM pg_prepared_statements) AS "names", pg_sleep(0.5)';
    // As many at once as there are sessions.
    const sessions = await Promise.all(Array.from({ length: POOL_SIZE }, () => database.pool.query(text)));
    expect(sessions.map(({ rows }) => rows[0].names)).toEqual(Array(POOL_SIZE).fill([]));
  });
});
