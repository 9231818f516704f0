import pg from 'pg';
import { MigrationError } from './migrate.ts';

/** What a server reads and never writes: which migrations there are. */
const READ_ONLY: ReadonlySet<string> = new Set(['_prisma_migrations', 'migrations']);

/**
 * Gives a role what a server needs, and nothing more: reading and writing the rows of the caller's tables. To be repeated
 * after each migration. The tables of graphile-worker are closed row by row; so the role gets a policy there that opens them.
 *
 * @param pool as the owner of the tables
 * @throws MigrationError when there is no such role
 */
export async function grantTo(pool: pg.Pool, role: string): Promise<void> {
  const { rows: roles } = await pool.query('SELECT FROM pg_roles WHERE "rolname" = $1', [role]);
  const grantee = pg.escapeIdentifier(role);
  if (roles.length === 0) {
    throw new MigrationError(`There is no role ${role}. Create it first: CREATE ROLE ${grantee} LOGIN PASSWORD '…'`);
  }
  const { rows: tables } = await pool.query<{ schema: string; table: string; byRow: boolean }>(
    `SELECT n."nspname" AS "schema", c."relname" AS "table", c."relrowsecurity" AS "byRow"
     FROM pg_class c JOIN pg_namespace n ON n."oid" = c."relnamespace"
     WHERE c."relkind" = 'r' AND pg_get_userbyid(c."relowner") = current_user
       AND n."nspname" IN (current_schema(), 'graphile_worker')`,
  );
  const schemas = new Set(tables.map(({ schema }) => pg.escapeIdentifier(schema)));
  const statements = tables.flatMap(({ schema, table, byRow }) => {
    const name = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
    const rights = READ_ONLY.has(table) ? 'SELECT' : 'SELECT, INSERT, UPDATE, DELETE';
    return [
      `GRANT ${rights} ON ${name} TO ${grantee}`,
      ...(byRow
        ? [
            `DROP POLICY IF EXISTS ${grantee} ON ${name}`,
            `CREATE POLICY ${grantee} ON ${name} TO ${grantee} USING (true)`,
          ]
        : []),
    ];
  });
  // Several statements in one query are one transaction.
  await pool.query(
    [...[...schemas].map((schema) => `GRANT USAGE ON SCHEMA ${schema} TO ${grantee}`), ...statements].join(';\n'),
  );
}
