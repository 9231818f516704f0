import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

/* What holds in the database, whatever a server does. */

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
  workspace = await openWorkspace(app, onePool(2, { capacity: 1 }));
  const { code } = await workspace.submit({ email: 'one@client.example' }, { idempotencyKey: 'once' });
  expect(code).toBeUndefined();
});
afterAll(() => app.stop());

/** Inserts a row of a table again, but for what is given. */
async function again(table: string, changes: object): Promise<string> {
  const { rows } = await app.database.pool.query(
    `SELECT to_jsonb(t) AS "row" FROM "${table}" t WHERE "workspaceId" = $1 LIMIT 1`,
    [workspace.id],
  );
  const inserted = app.database.pool.query(
    `INSERT INTO "${table}" SELECT * FROM jsonb_populate_record(NULL::"${table}", $1)`,
    [{ ...rows[0].row, id: v7(), ...changes }],
  );
  return inserted.then(
    () => 'stored',
    ({ code, constraint }: { code?: string; constraint?: string }) => `${code} ${constraint}`,
  );
}

test('a lead has one present owner: a second one is refused, a former one is not', async () => {
  expect(await again('Assignment', { number: 1_000 })).toBe('23505 Assignment_current_key');
  expect(await again('Assignment', { number: 1_000, endedAt: app.clock.now() })).toBe('stored');
});

test('an idempotency key of a source stands for one lead', async () => {
  expect(await again('Lead', {})).toBe('23505 Lead_idempotency_key');
});

test.each([
  ['an event', 'Event', {}, '23505 Event_pkey'],
  ['an assignment', 'Assignment', { leadId: v7(), endedAt: new Date() }, '23505 Assignment_workspaceId_number_key'],
])('the number of %s is given once', async (_what, table, changes, refused) => {
  expect(await again(table, changes)).toBe(refused);
});
