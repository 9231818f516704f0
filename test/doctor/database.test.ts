import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  checkConnections,
  checkDatabase,
  checkMigrations,
  checkRights,
  checkWakeUps,
  connect,
  unreachable,
} from '../../src/doctor/database.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { startTestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const clients: pg.Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end();
});

/** A connection that the test need not close. */
async function open(url: string): Promise<pg.Client> {
  const client = await connect(url);
  clients.push(client);
  return client;
}

const changed = (url: string, change: (url: URL) => void): string => {
  const copy = new URL(url);
  change(copy);
  return copy.href;
};

describe('a database that cannot be reached is a fault, by its cause', () => {
  const reach = (url: string): Promise<Finding | null> =>
    connect(url).then(
      async (client) => {
        await client.end();
        return null;
      },
      (error) => unreachable(error),
    );

  test.each<[string, (url: URL) => void, string]>([
    ['nothing listens', (url) => (url.port = '1'), 'nothing listens there'],
    ['the password is wrong', (url) => (url.password = 'hunter2'), 'refuses this user or password'],
    ['the user is unknown', (url) => (url.username = 'nobody-here'), 'refuses this user or password'],
    ['the name is unknown', (url) => (url.pathname = '/not_there'), 'there is no such database'],
    ['the host is unknown', (url) => (url.hostname = 'fairlead.invalid'), 'the host is not known'],
    ['it does not talk TLS', (url) => url.searchParams.set('sslmode', 'require'), 'does not support SSL'],
  ])('%s', async (_what, change, text) => {
    const finding = await reach(changed(database.url, change));
    expect(finding).toMatchObject({ check: 'database', level: 'fault', text: expect.stringContaining(text) });
    expect(finding?.text).not.toContain('hunter2');
  });

  test('it says nothing', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    const { port } = silent.address() as { port: number };
    expect(await reach(changed(database.url, (url) => (url.port = String(port))))).toMatchObject({
      level: 'fault',
      text: expect.stringContaining('no answer within 5 s'),
    });
    silent.close();
  });

  test('it lets no more in', async () => {
    const admin = await open(inject('serverUrl'));
    const full = await createTestDatabase({ template: false });
    await admin.query(`ALTER DATABASE ${new URL(full.url).pathname.slice(1)} CONNECTION LIMIT 0`);
    const { user, url } = await createUser(full.url);
    expect(await reach(url)).toMatchObject({ level: 'fault', text: expect.stringContaining('no connection left') });
    await full.drop();
    await admin.query(`DROP ROLE ${user}`);
  });
});

/** A user with no rights of its own. */
async function createUser(url: string): Promise<{ user: string; url: string }> {
  const user = `doctor_${randomBytes(4).toString('hex')}`;
  const admin = await open(inject('serverUrl'));
  await admin.query(`CREATE ROLE ${user} LOGIN PASSWORD 'secret'`);
  return {
    user,
    url: changed(url, (copy) => {
      copy.username = user;
      copy.password = 'secret';
    }),
  };
}

test('the version and the size are shown', async () => {
  expect(await checkDatabase(await open(database.url))).toMatchObject({
    level: 'ok',
    text: expect.stringMatching(/^PostgreSQL \d+\.\d+.*, \d+ .B$/),
  });
});

test('a database that can only be read is a fault', async () => {
  const url = changed(database.url, ({ searchParams }) =>
    searchParams.set('options', '-c default_transaction_read_only=on'),
  );
  expect(await checkDatabase(await open(url))).toMatchObject({
    level: 'fault',
    text: expect.stringContaining('standby'),
  });
});

test('a database that does not store every letter is a fault', async () => {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = await open(inject('serverUrl'));
  await admin.query(`CREATE DATABASE ${name} ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`);
  const client = await connect(changed(database.url, (url) => (url.pathname = `/${name}`)));
  expect(await checkDatabase(client)).toMatchObject({ level: 'fault', text: expect.stringContaining('SQL_ASCII') });
  await client.end();
  await admin.query(`DROP DATABASE ${name}`);
});

describe('migrations', () => {
  const withRows = async (sql: string): Promise<Awaited<ReturnType<typeof checkMigrations>>> => {
    const client = await open(database.ownerUrl);
    await client.query('BEGIN');
    await client.query(sql);
    return checkMigrations(client);
  };

  test('all of them applied is fine', async () => {
    expect(await withRows('SELECT 1')).toMatchObject({ finding: { level: 'ok' }, complete: true });
  });

  test('an empty database is fine, and is not looked into any further', async () => {
    const empty = await createTestDatabase({ template: false });
    const client = await connect(empty.url);
    expect(await checkMigrations(client)).toMatchObject({
      finding: { level: 'ok', text: expect.stringContaining('empty') },
      complete: false,
    });
    const { rows } = await client.query(`SELECT to_regclass('"_prisma_migrations"') AS "table"`);
    expect(rows).toEqual([{ table: null }]);
    await client.end();
    await empty.drop();
  });

  test.each([
    [
      'missing',
      'DELETE FROM "_prisma_migrations" WHERE "migration_name" LIKE \'%_time\'',
      'warning',
      /Not applied yet: \d+_time\./,
    ],
    [
      'of a newer program',
      `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name") VALUES ('x', 'x', '29990101000000_future')`,
      'fault',
      /29990101000000_future.* newer/,
    ],
    ['failed half-way', 'UPDATE "_prisma_migrations" SET "finished_at" = NULL', 'fault', /did not finish/],
    ['changed afterwards', 'UPDATE "_prisma_migrations" SET "checksum" = \'x\'', 'fault', /was changed after/],
  ])('%s', async (_what, sql, level, text) => {
    expect(await withRows(sql)).toEqual({
      finding: { check: 'migrations', level, text: expect.stringMatching(text) },
      complete: false,
    });
  });
});

describe('rights', () => {
  test('the owner of the tables has them', async () => {
    expect(await checkRights(await open(database.url))).toMatchObject({ level: 'ok' });
  });

  test('what a user lacks is named, one thing after the other', async () => {
    const own = await createTestDatabase();
    const { user, url } = await createUser(own.url);
    const owner = await connect(own.ownerUrl);
    const client = await connect(url);
    const name = new URL(own.url).pathname.slice(1);
    expect(await checkRights(client)).toMatchObject({
      level: 'fault',
      text: expect.stringContaining('read and write'),
    });
    await owner.query(`GRANT USAGE ON SCHEMA graphile_worker TO ${user}`);
    await owner.query(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public, graphile_worker TO ${user}`);
    expect(await checkRights(client)).toMatchObject({ level: 'fault', text: expect.stringContaining('--grant-to') });
    await owner.query(`GRANT DELETE ON ALL TABLES IN SCHEMA public, graphile_worker TO ${user}`);
    await owner.query(`REVOKE INSERT, UPDATE, DELETE ON "_prisma_migrations", graphile_worker.migrations FROM ${user}`);
    expect(await checkRights(client)).toMatchObject({
      level: 'ok',
      text: expect.stringContaining('except to migrate'),
    });
    await owner.query('DROP SCHEMA graphile_worker CASCADE');
    expect(await checkRights(client)).toMatchObject({
      level: 'fault',
      text: expect.stringContaining('schema of the jobs'),
    });
    await owner.query(`GRANT CREATE ON DATABASE ${name} TO ${user}`);
    expect(await checkRights(client)).toMatchObject({ level: 'ok' });
    await owner.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    expect(await checkRights(client)).toMatchObject({ level: 'fault', text: expect.stringContaining('make tables') });
    await owner.query(`GRANT CREATE, USAGE ON SCHEMA public TO ${user}`);
    expect(await checkRights(client)).toMatchObject({
      level: 'ok',
      text: expect.stringMatching(/all that a server does$/),
    });
    await client.end();
    await owner.end();
    await own.drop();
    await (await open(inject('serverUrl'))).query(`DROP ROLE ${user}`);
  });
});

test('connections: room for more servers is fine, too little for one is a warning', async () => {
  const client = await open(database.url);
  expect(await checkConnections(client, 1)).toMatchObject({
    level: 'ok',
    text: expect.stringMatching(/room for \d+ more/),
  });
  expect(await checkConnections(client, 10_000)).toMatchObject({
    level: 'warning',
    text: expect.stringContaining('too few left for 1 server of'),
  });
});

test('connections that a server has not opened yet are counted as its own', async () => {
  const { stop, testDatabase } = await startTestApp();
  const client = await connect(testDatabase.url);
  expect(await checkConnections(client, 10_000)).toMatchObject({ level: 'warning' });
  for (const perServer of [50, 60, 70]) {
    const { text } = await checkConnections(client, perServer);
    const [used, most, room] = (text.match(/\d+/g) ?? []).map(Number) as [number, number, number];
    // It has at most 21 so far.
    expect(room * perServer + perServer - 21).toBeLessThanOrEqual(most - used);
  }
  await client.end();
  await stop();
});

test('wake-ups: what is told arrives; through something that does not pass it on, it is a warning', async () => {
  const [listener, teller] = [await open(database.url), await open(database.url)];
  expect(await checkWakeUps(listener, teller)).toMatchObject({ level: 'ok' });
  // Of another database nothing is heard, as with a pooler in transaction mode.
  const elsewhere = await open(inject('serverUrl'));
  expect(await checkWakeUps(listener, elsewhere, 200)).toMatchObject({
    level: 'warning',
    text: expect.stringContaining('pooler'),
  });
});
