import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/client.ts';
import { queryPlanned, verifying } from '../../src/db/statements.ts';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { onePool } from '../support/companies.ts';

let testApp: TestApp;
beforeAll(async () => {
  testApp = await startTestApp();
  await testApp.apply(onePool(3));
});
afterAll(() => testApp.stop());

test('a statement under a name is prepared once in a session, and answers for other values', async () => {
  const { pool, close } = openDatabase(testApp.testDatabase.ownerUrl, { max: 1, onError: () => {} });
  const multiply = async (...values: number[]): Promise<number | undefined> => {
    const text = 'SELECT $1::int * $2::int AS "product"';
    return (await queryPlanned<{ product: number }>(pool, { name: 'product', text, values })).rows[0]?.product;
  };
  expect([await multiply(6, 7), await multiply(2, 3)]).toEqual([42, 6]);
  const { rows } = await pool.query('SELECT "name" FROM pg_prepared_statements');
  expect(rows).toEqual([{ name: 'product' }]);
  await close();
});

test('a statement that was given up is ended by PostgreSQL itself, and does not go on there', async () => {
  const connectionString = testApp.testDatabase.ownerUrl;
  const pool = new pg.Pool({ connectionString, max: 2, query_timeout: 100, verify: verifying(400) });
  pool.on('error', () => {});
  await expect(pool.query("SELECT pg_sleep(60), 'given up'")).rejects.toThrow('Query read timeout');
  const running = async (): Promise<number> => {
    const text = `SELECT FROM pg_stat_activity WHERE "state" = 'active' AND "query" LIKE '%''given up''%' AND "pid" <> pg_backend_pid()`;
    return (await testApp.database.pool.query(text)).rows.length;
  };
  await until(async () => (await running()) === 0, 'it is ended');
  await pool.end();
});

test('plans that a running server keeps survive a column that a newer one adds', async () => {
  const submit = (name: string): Promise<unknown> =>
    testApp
      .send(
        `mutation { submitLead(input: { lead: { email: "${name}@example.org" } }) {
          __typename ... on SubmitLeadSuccess { repeated } } }`,
      )
      .then(({ data, errors }) => data ?? errors);
  const stored = { submitLead: { __typename: 'SubmitLeadSuccess', repeated: false } };
  // The same person again has the lead and its assignment read.
  for (const name of ['one', 'two', 'one']) expect(await submit(name)).toEqual(stored);
  for (const table of ['Lead', 'Assignment', 'Event', 'RepState', 'Rotation', 'Deadline', 'QueuedLead'])
    await testApp.testDatabase.asOwner(`ALTER TABLE "${table}" ADD COLUMN "newer" text`);
  for (const name of ['three', 'one', 'two']) expect(await submit(name)).toEqual(stored);
});
