import pg from 'pg';
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { ensureWorkspace } from '../src/configuration/workspaces.ts';
import { openDatabase } from '../src/db/client.ts';
import { ADMIN_KEY, startTestApp, type TestApp, until } from './support/app.ts';
import { serve } from './support/calendarServers.ts';
import { createTestDatabase } from './support/database.ts';
import { startProcess } from './support/serverProcess.ts';

let app: TestApp;
beforeAll(async () => {
  // Its wake-ups come through PostgreSQL, also where those of others come through Redis.
  app = await startTestApp({ config: { redisUrl: undefined } });
});
afterAll(() => app.stop());

interface Probe {
  readonly status: number;
  readonly checks: Readonly<Record<string, string | null>>;
  readonly ms: number;
}
async function probe(url = app.app.url): Promise<Probe> {
  const began = performance.now();
  const answer = await fetch(`${url}/readyz`);
  const { checks } = (await answer.json()) as Pick<Probe, 'checks'>;
  return { status: answer.status, checks, ms: performance.now() - began };
}
const sql = (text: string, values: unknown[] = []) => app.database.pool.query(text, values);
const GOOD = { database: null, migrations: null, listener: null, draining: null };

test('a server that can serve says so, check by check, to GET and HEAD', async () => {
  expect(await probe()).toMatchObject({ status: 200, checks: GOOD });
  for (const path of ['/readyz', '/healthz']) {
    const answer = await fetch(`${app.app.url}${path}`, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  }
  expect(await (await fetch(`${app.app.url}/healthz`)).text()).toBe('ok\n');
});

test('on a database that a newer version has migrated, or that lacks or has only half of a migration, it is not ready', async () => {
  const insert = `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "finished_at") VALUES ('x', 'x', $1, $2)`;
  const cases: [string, unknown[], RegExp][] = [
    [insert, ['29990101000000_later', new Date()], /29990101000000_later, which this version .* does not know/],
    [insert, ['29990101000000_later', null], /29990101000000_later/],
    [
      `UPDATE "_prisma_migrations" SET "finished_at" = NULL WHERE "migration_name" LIKE '%_time'`,
      [],
      /_time was begun .* did not finish/,
    ],
    [
      `UPDATE "_prisma_migrations" SET "rolled_back_at" = now() WHERE "migration_name" LIKE '%_time'`,
      [],
      /lacks the migration \d+_time/,
    ],
  ];
  for (const [statement, values, fault] of cases) {
    await app.testDatabase.asOwner(statement, values);
    const { status, checks } = await probe();
    expect([status, checks]).toEqual([503, { ...GOOD, migrations: expect.stringMatching(fault) }]);
    await app.testDatabase.asOwner(`DELETE FROM "_prisma_migrations" WHERE "id" = 'x'`);
    await app.testDatabase.asOwner(
      'UPDATE "_prisma_migrations" SET "finished_at" = coalesce("finished_at", now()), "rolled_back_at" = NULL',
    );
  }
  expect((await probe()).status).toBe(200);
});

test('without its wake-up connection it says so, and is ready all the same, since events come by polling', async () => {
  await sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fairlead listener' AND datname = current_database()`,
  );
  const statuses = new Set<number>();
  const listener = async (): Promise<string | null | undefined> => {
    const { status, checks } = await probe();
    statuses.add(status);
    return checks.listener;
  };
  await until(async () => (await listener()) !== null, 'the check names it');
  await until(async () => (await listener()) === null, 'the connection is back');
  expect([...statuses]).toEqual([200]);
});

test('while the database says nothing it answers within 2 s that it is not ready, however often it is asked', async () => {
  const client = new pg.Client({ connectionString: app.testDatabase.ownerUrl });
  await client.connect();
  await client.query('BEGIN; LOCK TABLE "_prisma_migrations" IN ACCESS EXCLUSIVE MODE');
  try {
    for (let round = 0; round < 2; round += 1) {
      const probes = await Promise.all(Array.from({ length: 40 }, () => probe()));
      expect(Math.max(...probes.map(({ ms }) => ms))).toBeLessThan(2_000);
      expect(new Set(probes.map(({ status }) => status))).toEqual(new Set([503]));
      expect(probes[0]?.checks.database).toMatch(/did not answer within/);
    }
    const { rows } = await client.query(
      `SELECT count(*)::int AS "asking" FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%_prisma_migrations%'`,
    );
    expect(rows[0].asking).toBe(1);
  } finally {
    await client.query('ROLLBACK');
    await client.end();
  }
  await until(async () => (await probe()).status === 200, 'it is ready again');
});

test('on SIGTERM it first says that it is stopping and goes on serving, then closes; what is sent meanwhile is answered or can be sent elsewhere', async () => {
  const database = await createTestDatabase();
  const env = { FAIRLEAD_ADMIN_KEY: ADMIN_KEY, FAIRLEAD_DRAIN_SECONDS: '2' };
  const servers = [await startProcess(database.url, env), await startProcess(database.url, env)];
  const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]];
  const submitTo = async (url: string): Promise<number> => {
    const body = JSON.stringify({ query: '{ me { name } }' });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}` };
    const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    await answer.text();
    return answer.status;
  };
  /** What each request came to, and whether the server said that it is ready at the time. */
  const seen: { readonly at: number; readonly outcome: number | 'refused' }[] = [];
  const failed: unknown[] = [];
  let running = true;
  const clients = Array.from({ length: 8 }, async () => {
    while (running) {
      const at = Date.now();
      const outcome = await submitTo(first.url).catch(() => 'refused' as const);
      seen.push({ at, outcome });
      // A client that is refused sends the same to the other server.
      if (outcome === 'refused') {
        await submitTo(second.url).then(
          (status) => status === 200 || failed.push(status),
          (error: unknown) => failed.push(error),
        );
      } else if (outcome !== 200) failed.push(outcome);
    }
  });
  await until(() => seen.length > 50, 'there is load');
  first.child.kill('SIGTERM');
  const signalledAt = Date.now();
  await until(async () => (await probe(first.url)).status === 503, 'it says that it is stopping');
  const saidAt = Date.now();
  expect((await probe(first.url)).checks.draining).toBe('the server is stopping');
  const { headers } = await fetch(`${first.url}/healthz`);
  expect(headers.get('connection')).toBe('close');
  expect(await first.ended).toBe(0);
  const endedAt = Date.now();
  running = false;
  await Promise.all(clients);
  expect(failed).toEqual([]);
  const refused = seen.filter(({ outcome }) => outcome === 'refused');
  expect(refused.length).toBeGreaterThan(0);
  expect(Math.min(...refused.map(({ at }) => at))).toBeGreaterThan(saidAt);
  expect(seen.some(({ at, outcome }) => at > saidAt && outcome === 200)).toBe(true);
  expect(endedAt - signalledAt).toBeGreaterThanOrEqual(2_000);
  expect(endedAt - signalledAt).toBeLessThan(10_000);
  expect((await probe(second.url)).status).toBe(200);

  second.child.kill('SIGTERM');
  await until(async () => (await probe(second.url)).status === 503, 'the second one is stopping');
  const insistedAt = Date.now();
  second.child.kill('SIGINT');
  expect(await second.ended).toBe(1);
  expect(Date.now() - insistedAt).toBeLessThan(1_000);
  await database.drop();
});

test('a server without time to drain stops at once', async () => {
  const database = await createTestDatabase();
  const server = await startProcess(database.url, { FAIRLEAD_ADMIN_KEY: ADMIN_KEY, FAIRLEAD_DRAIN_SECONDS: '0' });
  const began = Date.now();
  expect(await server.stop()).toBe(0);
  expect(Date.now() - began).toBeLessThan(3_000);
  await database.drop();
});

test('a job that does not end holds up no stop beyond ten seconds', async () => {
  await using silent = await serve(() => null);
  const database = await createTestDatabase();
  const server = await startProcess(database.url, {
    FAIRLEAD_ADMIN_KEY: ADMIN_KEY,
    FAIRLEAD_PRIVATE_ADDRESSES: 'allow',
  });
  const client = openDatabase(database.url, { max: 1, onError: () => {} });
  const workspaceId = await ensureWorkspace(client, systemClock);
  const now = systemClock.now();
  await client.prisma.calendar.create({
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
  await until(() => silent.asked.length === 1, 'the job is under way');
  const began = Date.now();
  expect(await server.stop()).toBe(0);
  expect(Date.now() - began).toBeLessThan(10_000);
  await client.close();
  await database.drop();
});
