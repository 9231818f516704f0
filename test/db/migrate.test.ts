import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { openDatabase } from '../../src/db/client.ts';
import { checkServerVersion, MIGRATION_LOCK, MIGRATIONS_DIR, migrate } from '../../src/db/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let pool: pg.Pool;
beforeEach(async () => {
  database = await createTestDatabase({ template: false });
  pool = openPool({ max: 12 });
});
/** Its connections may be ended by the drop of the database before they have ended by themselves. */
function openPool(options: pg.PoolConfig): pg.Pool {
  const opened = new pg.Pool({ connectionString: database.url, ...options });
  opened.on('error', () => {}).on('connect', (client) => client.on('error', () => {}));
  return opened;
}

afterEach(async () => {
  await pool.end();
  await database.drop();
});

test('an empty database is migrated, and a second time there is nothing to do', async () => {
  expect(await migrate(pool)).not.toHaveLength(0);
  expect(await migrate(pool)).toEqual([]);
});

test('of ten servers that start at once each migration is applied by one, and none fails', async () => {
  const applied = await Promise.all(Array.from({ length: 10 }, () => migrate(pool)));
  const { rows } = await pool.query('SELECT "migration_name" FROM "_prisma_migrations" ORDER BY "migration_name"');
  expect(applied.flat().sort()).toEqual(rows.map((row) => row.migration_name));
  const opened = openDatabase(database.url, { onError: () => {} });
  const ids = await Promise.all(Array.from({ length: 10 }, () => ensureWorkspace(opened, systemClock)));
  await opened.close();
  expect(new Set(ids).size).toBe(1);
});

test('a migration that was changed after it had been applied is refused by name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-migrations-'));
  await cp(MIGRATIONS_DIR, folder, { recursive: true });
  const [name] = await migrate(pool, folder);
  await writeFile(join(folder, name as string, 'migration.sql'), 'SELECT 1');
  await expect(migrate(pool, folder)).rejects.toThrow(`${name} was changed after it had been applied`);
  await rm(folder, { recursive: true });
});

test('a database that is newer than the code is refused', async () => {
  await migrate(pool);
  await pool.query(
    `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name") VALUES ('x', 'x', '29990101000000_future')`,
  );
  await expect(migrate(pool)).rejects.toThrow('it is newer');
});

test('a migration that fails leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-migrations-'));
  await cp(MIGRATIONS_DIR, folder, { recursive: true });
  await cp(join(MIGRATIONS_DIR, (await migrate(pool, folder))[0] as string), join(folder, '29990101000000_broken'), {
    recursive: true,
  });
  await writeFile(join(folder, '29990101000000_broken', 'migration.sql'), 'CREATE TABLE half (); SELECT 1 / 0;');
  await expect(migrate(pool, folder)).rejects.toThrow('division by zero');
  expect((await pool.query(`SELECT to_regclass('half') AS half`)).rows[0].half).toBeNull();
  await rm(folder, { recursive: true });
});

test('a migration that another tool began and did not finish is refused by name', async () => {
  const [name] = await migrate(pool);
  await pool.query('UPDATE "_prisma_migrations" SET "finished_at" = NULL');
  await expect(migrate(pool)).rejects.toThrow(`${name} was begun`);
});

test('waiting for another server that migrates may take longer than a query of the running server', async () => {
  const hasty = openPool({ query_timeout: 100 });
  const other = await pool.connect();
  await other.query(`BEGIN; SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
  const waiting = migrate(hasty);
  await new Promise((later) => setTimeout(later, 300));
  await other.query('ROLLBACK');
  other.release();
  expect(await waiting.finally(() => hasty.end())).not.toHaveLength(0);
});

test('a function with semicolons in it arrives in one piece, and the row is as Prisma writes it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-migrations-'));
  await mkdir(join(folder, '1_function'));
  const sql = 'CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END; $$;\n';
  await writeFile(join(folder, '1_function', 'migration.sql'), sql);
  await migrate(pool, folder);
  await rm(folder, { recursive: true });
  expect((await pool.query('SELECT f()')).rows).toEqual([{ f: 1 }]);
  expect((await pool.query('SELECT * FROM "_prisma_migrations"')).rows).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      // As sha256sum prints it.
      checksum: 'ed510742e10411754bd7849228e26a6c9da758d3f429c4fe144d86af17cef0ca',
      migration_name: '1_function',
      started_at: expect.any(Date),
      finished_at: expect.any(Date),
      applied_steps_count: 1,
      logs: null,
      rolled_back_at: null,
    },
  ]);
});

test.each([
  [140_012, 'PostgreSQL 14; Fairlead needs 15 or later'],
  [90_624, 'PostgreSQL 9;'],
])('PostgreSQL of version number %i is too old, and the message says what to do', (version, message) => {
  expect(() => checkServerVersion(version)).toThrow(message);
});
