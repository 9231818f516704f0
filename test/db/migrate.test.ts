import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { openDatabase } from '../../src/db/client.ts';
import { checkServerVersion, MIGRATIONS_DIR, migrate } from '../../src/db/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let pool: pg.Pool;
beforeEach(async () => {
  database = await createTestDatabase({ template: false });
  pool = new pg.Pool({ connectionString: database.url, max: 12 });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

test('an empty database is migrated, and a second time there is nothing to do', async () => {
  expect(await migrate(pool)).not.toHaveLength(0);
  expect(await migrate(pool)).toEqual([]);
});

test('of ten servers that start at once one migrates and none fails', async () => {
  const applied = await Promise.all(Array.from({ length: 10 }, () => migrate(pool)));
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
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

test.each([
  [140_012, 'PostgreSQL 14; Fairlead needs 15 or later'],
  [90_624, 'PostgreSQL 9;'],
])('PostgreSQL of version number %i is too old, and the message says what to do', (version, message) => {
  expect(() => checkServerVersion(version)).toThrow(message);
});
