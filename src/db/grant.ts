import pg from 'pg';
import { MigrationError } from './migrate.ts';

/** What a server reads and never writes: which migrations there are. */
const READ_ONLY: ReadonlySet<string> = new Set(['_prisma_migrations', 'migrations']);
/** What a server only appends to; the rows of a change that is not committed yet may still be another's. */
const APPEND_ONLY: ReadonlyMap<string, string> = new Map([
  ['AuditEntry', 'SELECT, INSERT'],
  ['ConfigurationHistory', 'SELECT, INSERT, UPDATE'],
]);

const rightsOf = (table: string, isView: boolean): string =>
  isView || READ_ONLY.has(table) ? 'SELECT' : (APPEND_ONLY.get(table) ?? 'SELECT, INSERT, UPDATE, DELETE');

/**
 * Gives a role what a server needs, and nothing more: reading and writing the rows of the caller's tables, and appending to
 * the audit log. To be repeated
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
  const { rows: tables } = await pool.query<{ schema: string; table: string; byRow: boolean; isView: boolean }>(
    `SELECT n."nspname" AS "schema", c."relname" AS "table", c."relrowsecurity" AS "byRow", c."relkind" = 'v' AS "isView"
     FROM pg_class c JOIN pg_namespace n ON n."oid" = c."relnamespace"
     WHERE c."relkind" IN ('r', 'v') AND pg_get_userbyid(c."relowner") = current_user
       AND n."nspname" IN (current_schema(), 'graphile_worker')`,
  );
  const schemas = new Set(tables.map(({ schema }) => pg.escapeIdentifier(schema)));
  const statements = tables.flatMap(({ schema, table, byRow, isView }) => {
    const name = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
    return [
      `GRANT ${rightsOf(table, isView)} ON ${name} TO ${grantee}`,
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
