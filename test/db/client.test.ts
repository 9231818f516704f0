import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { until } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let testDatabase: TestDatabase;
let other: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  other = openDatabase(testDatabase.url, { max: 1, onError: () => {} });
});
afterAll(async () => {
  await other.close();
  await testDatabase.drop();
});

/** Ends a backend as a database does that restarts. */
const terminate = (pid: number) => other.pool.query('SELECT pg_terminate_backend($1)', [pid]);

test('a connection that the database ends is told of, and costs neither the process nor the next query', async () => {
  const told: string[] = [];
  const { pool, close } = openDatabase(testDatabase.url, { max: 1, onError: ({ message }) => told.push(message) });
  const pidOf = async (): Promise<number> => (await pool.query('SELECT pg_backend_pid() AS "pid"')).rows[0].pid;

  const idle = await pidOf();
  await terminate(idle);
  await until(() => told.length > 0 && pool.totalCount === 0, 'the end of the idle connection');
  const lent = await pool.connect();
  const { rows } = await lent.query('SELECT pg_backend_pid() AS "pid"');
  const before = told.length;
  await terminate(rows[0].pid);
  await until(() => told.length > before, 'the end of the lent connection');
  await expect(lent.query('SELECT 1')).rejects.toThrow();
  lent.release(true);

  expect([idle, rows[0].pid]).not.toContain(await pidOf());
  await close();
});
