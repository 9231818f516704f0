import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { isRetryable, isUnavailable } from '../../src/db/errors.ts';
import { startTestApp, type TestApp, until } from '../support/app.ts';

/* The conflicts that PostgreSQL tells of, as they arrive here: by node-postgres and by Prisma. */

let app: TestApp;
let database: Database;
beforeAll(async () => {
  app = await startTestApp();
  database = openDatabase(app.testDatabase.url, { onError: () => {} });
  await app.testDatabase.asOwner(
    'CREATE TABLE "Thing" ("id" int PRIMARY KEY, "value" int); GRANT ALL ON "Thing" TO PUBLIC',
  );
  await database.pool.query('INSERT INTO "Thing" VALUES (1, 0), (2, 0)');
});
afterAll(async () => {
  await database.close();
  await app.stop();
});

const update = (id: number): string => `UPDATE "Thing" SET "value" = "value" + 1 WHERE "id" = ${id}`;

/** What a query is refused with. */
const refusalOf = (query: Promise<unknown>): Promise<unknown> =>
  query.then(
    () => null,
    (error: unknown) => error,
  );

/** Runs the statements in order, each at one of two clients that are in the middle of a transaction. */
async function between(
  begin: string,
  work: (one: pg.ClientBase, other: pg.ClientBase) => Promise<unknown>,
): Promise<unknown> {
  const clients = await Promise.all([database.pool.connect(), database.pool.connect()]);
  const [one, other] = clients as [pg.PoolClient, pg.PoolClient];
  for (const client of clients) await client.query(begin);
  const error = await work(one, other);
  for (const client of clients) {
    await client.query('ROLLBACK');
    client.release();
  }
  return error;
}

/** Whether somebody waits for a lock. */
const isWaiting = async (): Promise<boolean> => {
  const { rows } = await app.database.pool.query(
    `SELECT FROM pg_stat_activity WHERE "wait_event_type" = 'Lock' AND "datname" = current_database()`,
  );
  return rows.length > 0;
};

const CONFLICTS: readonly (readonly [code: string, what: string, meet: () => Promise<unknown>])[] = [
  [
    '40001',
    'of two transactions one has read what the other has changed',
    () =>
      between('BEGIN ISOLATION LEVEL REPEATABLE READ', async (one, other) => {
        await one.query('SELECT FROM "Thing"');
        await other.query(update(1));
        await other.query('COMMIT');
        return refusalOf(one.query(update(1)));
      }),
  ],
  [
    '40P01',
    'two transactions wait for each other',
    () =>
      between('BEGIN', async (one, other) => {
        await one.query(update(1));
        await other.query(update(2));
        const waiting = refusalOf(one.query(update(2)));
        await until(isWaiting, 'the first one waits');
        const refusals = await Promise.all([waiting, refusalOf(other.query(update(1)))]);
        return refusals.find((refusal) => refusal !== null);
      }),
  ],
  [
    '55P03',
    'a lock is not given in time',
    () =>
      between(`BEGIN; SET LOCAL lock_timeout = '20ms'`, async (one, other) => {
        await one.query(update(1));
        return refusalOf(other.query(update(1)));
      }),
  ],
];

test.each(CONFLICTS)('SQLSTATE %s, where %s, may be tried again', async (code, _what, meet) => {
  const error = await meet();
  expect(error).toMatchObject({ code });
  expect([isRetryable(error), isUnavailable(error)]).toEqual([true, false]);
});

test('so may what Prisma makes of it', async () => {
  const conflict = database.prisma.$transaction(
    async (transaction) => {
      await transaction.$queryRawUnsafe('SELECT * FROM "Thing"');
      await app.database.pool.query(update(1));
      await transaction.$executeRawUnsafe(update(1));
    },
    { isolationLevel: 'RepeatableRead' },
  );
  expect(isRetryable(await refusalOf(conflict))).toBe(true);
  // By its models Prisma has a code of its own.
  const workspace = { where: { id: app.workspaceId }, data: { name: 'Other' } };
  const other = database.prisma.$transaction(
    async (transaction) => {
      await transaction.workspace.findMany();
      await app.database.prisma.workspace.update(workspace);
      await transaction.workspace.update(workspace);
    },
    { isolationLevel: 'RepeatableRead' },
  );
  const error = await refusalOf(other);
  expect(error).toMatchObject({ code: 'P2034' });
  expect([isRetryable(error), isUnavailable(error)]).toEqual([true, false]);
});

test('what a statement does wrong is neither tried again nor taken for an absence of the database', async () => {
  const error = await refusalOf(database.pool.query('SELECT 1 / 0'));
  expect([isRetryable(error), isUnavailable(error)]).toEqual([false, false]);
});
