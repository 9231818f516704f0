import { afterAll, beforeAll, expect, test } from 'vitest';
import { outgrows } from '../../src/db/statistics.ts';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** How many rows PostgreSQL takes a table to have; −1 where it has never looked. */
async function knownRows(table: string): Promise<number> {
  const { rows } = await app.database.pool.query<{ count: number }>(
    `SELECT "reltuples" AS "count" FROM pg_class WHERE "oid" = $1::regclass`,
    [`"${table}"`],
  );
  return rows[0]?.count ?? -1;
}

test('with the 500th lead of a new workspace PostgreSQL looks at what there is, before autovacuum comes by', async () => {
  const workspace = await openWorkspace(app, onePool(3));
  const leads = Array.from({ length: 500 }, (_, index) => ({ email: `person-${index}@x.example` }));
  await workspace.submitAll(leads.slice(1));
  expect(await knownRows('Lead')).toBeLessThan(499);
  await workspace.submitAll(leads.slice(0, 1));
  for (const table of ['Lead', 'Assignment', 'Decision']) {
    await until(async () => (await knownRows(table)) >= 500, `it has looked at "${table}"`);
  }
});

test('it looks again with the 5,000th, and with no other', () => {
  expect([outgrows(499, 500), outgrows(300, 700), outgrows(4_999, 5_000)]).toEqual([true, true, true]);
  expect([outgrows(0, 499), outgrows(500, 501), outgrows(500, 4_999), outgrows(5_000, 1_000_000)]).toEqual(
    Array(4).fill(false),
  );
});
