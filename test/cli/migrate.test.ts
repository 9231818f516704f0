import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { runCommand, startProcess } from '../support/serverProcess.ts';

let database: TestDatabase;
/** The same database, as a user who owns nothing there. */
let serverUrl: URL;
let dropRole: (() => Promise<void>) | null = null;
beforeAll(async () => {
  database = await createTestDatabase({ template: false });
  serverUrl = new URL(database.ownerUrl);
  const given = new URL(inject('appUrl'));
  if (given.username !== serverUrl.username) {
    serverUrl.username = given.username;
    serverUrl.password = given.password;
    return;
  }
  const [role, password] = [`server-${randomBytes(4).toString('hex')}`, randomBytes(9).toString('hex')];
  await database.asOwner(`CREATE ROLE "${role}" LOGIN PASSWORD '${password}'`);
  dropRole = () => database.asOwner(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
  serverUrl.username = role;
  serverUrl.password = password;
});
afterAll(async () => {
  await dropRole?.();
  await database.drop();
});

const migrate = async (url: string, ...args: string[]): Promise<{ code: number | null; output: string }> => {
  const { ended, output } = runCommand(['migrate', ...args], url === '' ? {} : { DATABASE_URL: url });
  return { code: await ended, output: output() };
};

/** @returns the SQLSTATE with which it is refused */
async function refusal(text: string): Promise<string | null> {
  const client = new pg.Client({ connectionString: serverUrl.href });
  await client.connect();
  try {
    await client.query(text);
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.end();
  }
}

test('a server whose user may not make the tables says who can and how, and ends with 1', async () => {
  const { ended, output } = runCommand(['start'], { PORT: '0', DATABASE_URL: serverUrl.href });
  expect(await ended).toBe(1);
  expect(output().trim().split('\n')).toHaveLength(1);
  expect(output()).toContain('npm run fairlead -- migrate --grant-to ROLE');
});

test('after migrate --grant-to, once or again, it starts, carries out jobs and can change no table', async () => {
  const role = serverUrl.username;
  const first = await migrate(database.ownerUrl, '--grant-to', role);
  expect(first.output).toContain('Migrated: ');
  expect(first.code).toBe(0);
  const again = await migrate(database.ownerUrl, '--grant-to', role);
  expect(again.output).toContain('Nothing to migrate.');
  expect(again.code).toBe(0);

  const server = await startProcess(serverUrl.href);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
  expect(server.output()).not.toMatch(/"level":[456]0/);

  expect(await refusal(`SELECT graphile_worker.add_job('none')`)).toBeNull();
  for (const text of [
    'CREATE TABLE "mine" ()',
    'ALTER TABLE "Lead" ADD COLUMN "mine" int',
    'TRUNCATE "Event"',
    'DELETE FROM "_prisma_migrations"',
    'DELETE FROM "AuditEntry"',
    'DELETE FROM "ConfigurationHistory"',
    'DROP SCHEMA graphile_worker CASCADE',
  ]) {
    expect(await refusal(text), text).toBe('42501');
  }
  // Not only by the trigger, which the owner could switch off.
  const rights = `SELECT 1 / (NOT has_table_privilege('"AuditEntry"', 'UPDATE, DELETE, TRUNCATE'))::int`;
  expect(await refusal(rights)).toBeNull();
});

test('a role that does not exist, or no database, is answered with what to do', async () => {
  const unknown = await migrate(database.ownerUrl, '--grant-to', 'nobody-here');
  expect(unknown.output).toContain('There is no role nobody-here. Create it first: CREATE ROLE "nobody-here"');
  expect(unknown.code).toBe(1);
  const nowhere = await migrate('');
  expect(nowhere.output).toContain('Set DATABASE_URL');
  expect(nowhere.code).toBe(1);
});
