import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** Something about the database that a person has to put right; shown as one line. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

export const MIGRATIONS_DIR = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));
const OLDEST_POSTGRES = 15;
/** So that ten servers that start at once migrate once. */
export const MIGRATION_LOCK = 0x0fa1_0001;

/* Prisma's own table, so that `prisma migrate deploy` and this applier can take turns. */
const TABLE = `
  CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
  )`;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** What the code knows, in order. */
export type KnownMigrations = readonly Pick<Migration, 'name' | 'checksum'>[];

/** @throws Error for a directory that cannot be read */
export async function readMigrations(directory: string = MIGRATIONS_DIR): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(directory, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings the database to the code's migrations, each in a transaction of its own.
 *
 * @param pool tells which database
 * @returns the names of those applied now
 * @throws MigrationError in one line: PostgreSQL too old, database newer than the code, a migration edited afterwards
 */
export async function migrate(pool: pg.Pool, directory: string = MIGRATIONS_DIR): Promise<string[]> {
  const migrations = await readMigrations(directory);
  // A connection of its own: the pool's query timeout is for a server that answers people, not for a table rewritten
  // or for the wait while another server does that.
  const client = new pg.Client({ ...pool.options, query_timeout: 0 });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query("SELECT current_setting('server_version_num')::int AS version");
    checkServerVersion(rows[0].version);
    // With nothing to do no right to do it is needed: servers may run as a user who owns no table.
    const known = await readApplied(client, migrations);
    if (migrations.every(({ name }) => known.has(name))) return [];
    await inTransaction(client, () => client.query(TABLE));
    const applied: string[] = [];
    for (const migration of migrations) {
      const isNew = await inTransaction(client, () => apply(client, migration, migrations));
      if (isNew) applied.push(migration.name);
    }
    return applied;
  } finally {
    await client.end();
  }
}

/** @param version as `server_version_num` gives it: 150018 is 15.18 */
export function checkServerVersion(version: number): void {
  if (version < OLDEST_POSTGRES * 10_000) {
    throw new MigrationError(
      `The database is PostgreSQL ${Math.floor(version / 10_000)}; Fairlead needs ${OLDEST_POSTGRES} or later. Upgrade it, or unset DATABASE_URL to use the one that comes along.`,
    );
  }
}

/** A transaction that holds the migration lock: not a session's lock, which a pooler in transaction mode would lose. */
async function inTransaction<Result>(client: pg.ClientBase, work: () => Promise<Result>): Promise<Result> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

interface AppliedRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

const SELECT_APPLIED =
  'SELECT "migration_name", "checksum", "finished_at" FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL ORDER BY "migration_name"';

/** Why the code cannot go on with what is applied; null if it can. */
function faultOf(applied: readonly AppliedRow[], known: KnownMigrations): string | null {
  for (const { migration_name: name, checksum, finished_at } of applied) {
    const own = known.find((migration) => migration.name === name);
    if (!own) {
      return `The database has the migration ${name}, which this version of Fairlead does not know: it is newer. Start the newer version.`;
    }
    if (finished_at === null) {
      return `The migration ${name} was begun by another tool and did not finish. Mend the database, then say so with prisma migrate resolve.`;
    }
    if (own.checksum !== checksum) {
      return `The migration ${name} was changed after it had been applied. Restore the file; changes go into a new migration.`;
    }
  }
  return null;
}

/**
 * Why a running server does not fit its database, in one line; null if it has exactly the migrations that the code knows.
 * @throws Error when the database does not answer
 */
export async function migrationFault(pool: Pick<pg.Pool, 'query'>, known: KnownMigrations): Promise<string | null> {
  const { rows } = await pool.query<AppliedRow>(SELECT_APPLIED);
  const missing = known.find(({ name }) => !rows.some((row) => row.migration_name === name));
  const fault = faultOf(rows, known);
  if (fault !== null || !missing) return fault;
  return `The database lacks the migration ${missing.name}: it was restored to an earlier point. Start the server anew.`;
}

/** The names in the database. @throws MigrationError when one of them is not as in the code */
async function readApplied(client: pg.ClientBase, all: KnownMigrations): Promise<ReadonlySet<string>> {
  const { rows: found } = await client.query(`SELECT to_regclass('"_prisma_migrations"') IS NOT NULL AS "there"`);
  if (!found[0].there) return new Set();
  const { rows } = await client.query<AppliedRow>(SELECT_APPLIED);
  const fault = faultOf(rows, all);
  if (fault !== null) throw new MigrationError(fault);
  return new Set(rows.map(({ migration_name }) => migration_name));
}

/**
 * What a start would apply. Changes nothing.
 *
 * @throws MigrationError when a start would refuse the database
 */
export async function missingMigrations(
  client: pg.ClientBase,
  directory: string = MIGRATIONS_DIR,
): Promise<{ readonly missing: readonly string[]; readonly applied: number }> {
  const all = await readMigrations(directory);
  const applied = await readApplied(client, all);
  return { missing: all.map(({ name }) => name).filter((name) => !applied.has(name)), applied: applied.size };
}

/** Unless another server has applied it meanwhile. */
async function apply(client: pg.ClientBase, migration: Migration, all: KnownMigrations): Promise<boolean> {
  if ((await readApplied(client, all)).has(migration.name)) return false;
  await client.query(migration.sql);
  await client.query(
    `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "finished_at", "applied_steps_count")
     VALUES ($1, $2, $3, now(), 1)`,
    [randomUUID(), migration.checksum, migration.name],
  );
  return true;
}
