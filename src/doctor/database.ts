import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { CONNECTIONS_PER_SERVER } from '../app.ts';
import { checkServerVersion, MigrationError, missingMigrations } from '../db/migrate.ts';
import { startFault } from '../server.ts';
import { type Finding, fault, ok, plural, warning } from './finding.ts';

/* Whether the database can be used, and how much of it. */

const CONNECT_MS = 5_000;
const QUERY_MS = 10_000;
const APPLICATION = 'fairlead doctor';
/** The session by which a server hears of wake-ups. */
export const LISTENER = 'fairlead listener';
/** Of the sessions in a server's pool. */
export const SERVER = 'fairlead';

/** @throws what kept it from connecting */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: APPLICATION,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** @param error what kept us from connecting */
export function unreachable(error: unknown): Finding {
  const { message } = error as Error;
  const known =
    message === 'timeout expired'
      ? `DATABASE_URL: no answer within ${CONNECT_MS / 1_000} s. Is a firewall between, or the database frozen?`
      : null;
  return fault('database', known ?? startFault(error) ?? `DATABASE_URL: ${message}.`);
}

/** The version, and whether anything and every letter can be stored. */
export async function checkDatabase(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query(
    `SELECT current_setting('server_version_num')::int AS "number", current_setting('server_version') AS "version",
       current_setting('server_encoding') AS "encoding", current_setting('transaction_read_only')::bool AS "readOnly", pg_size_pretty(pg_database_size(current_database())) AS "size"`,
  );
  const { number, version, encoding, readOnly, size } = rows[0];
  try {
    checkServerVersion(number);
  } catch (error) {
    return fault('database', (error as MigrationError).message);
  }
  if (readOnly) return unreachable({ code: '25006' });
  if (encoding !== 'UTF8') {
    return fault(
      'database',
      `The database's encoding is ${encoding}: names would be refused or mutilated. Create one with ENCODING 'UTF8' TEMPLATE template0, and move the data there with pg_dump.`,
    );
  }
  return ok('database', `PostgreSQL ${version}, ${size}`);
}

/** Whether the migrations are those of this program; `complete` only where they are. */
export async function checkMigrations(client: pg.Client): Promise<{ finding: Finding; complete: boolean }> {
  try {
    const { missing, applied } = await missingMigrations(client);
    if (missing.length === 0) return { finding: ok('migrations', `all ${applied} applied`), complete: true };
    const finding =
      applied === 0
        ? ok('migrations', 'the database is empty; the first start sets it up')
        : warning('migrations', `Not applied yet: ${missing.join(', ')}. The next start of this version applies them.`);
    return { finding, complete: false };
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    return { finding: fault('migrations', error.message), complete: false };
  }
}

/**
 * Whether our user may do what servers do: use every table, and at a start make new ones, unless the tables belong to
 * somebody else, who migrates them.
 */
export async function checkRights(client: pg.Client): Promise<Finding> {
  // The lists of migrations are only read by who does not migrate, and the audit log is only appended to.
  const { rows } = await client.query(
    `SELECT current_user AS "user", has_schema_privilege('public', 'CREATE') AS "mayMakeTables",
       has_database_privilege(current_database(), 'CREATE') AS "mayMakeSchemas",
       to_regnamespace('graphile_worker') IS NOT NULL AS "hasJobs",
       count(t."oid") FILTER (WHERE NOT (has_schema_privilege(t."schema", 'USAGE') AND has_table_privilege(t."oid", 'SELECT')
         AND (t."name" IN ('_prisma_migrations', 'migrations') OR t."isView" OR has_table_privilege(t."oid", 'INSERT')
           AND (t."name" = 'AuditEntry' OR has_table_privilege(t."oid", 'UPDATE'))
           AND (t."name" IN ('AuditEntry', 'ConfigurationHistory') OR has_table_privilege(t."oid", 'DELETE')))))::int AS "closed",
       count(t."oid") FILTER (WHERE NOT pg_has_role(t."owner", 'USAGE'))::int AS "foreign"
     FROM (VALUES (1)) AS one LEFT JOIN (
       SELECT c."oid", c."relowner" AS "owner", n."oid" AS "schema", c."relname" AS "name", c."relkind" = 'v' AS "isView"
       FROM pg_class c JOIN pg_namespace n ON n."oid" = c."relnamespace"
       WHERE n."nspname" IN ('public', 'graphile_worker') AND c."relkind" IN ('r', 'p', 'v')) AS t ON true`,
  );
  const { user, mayMakeTables, mayMakeSchemas, hasJobs, closed, foreign } = rows[0];
  const byOwner = `DATABASE_URL=<the owner's> npm run fairlead -- migrate --grant-to ${user}`;
  if (closed > 0) {
    return fault(
      'rights',
      `The user ${user} may not read and write ${plural(closed, 'table')}. As their owner: ${byOwner}`,
    );
  }
  if (!hasJobs && !mayMakeSchemas) {
    return fault(
      'rights',
      `The user ${user} may not make the schema of the jobs. As the owner of the tables: ${byOwner}`,
    );
  }
  if (foreign > 0) {
    return ok(
      'rights',
      `${user} may do all that a server does, except to migrate: that is up to the owner of the tables`,
    );
  }
  if (!mayMakeTables) {
    return fault(
      'rights',
      `The user ${user} may not make tables, which a start does. GRANT CREATE, USAGE ON SCHEMA public TO "${user}";`,
    );
  }
  return ok('rights', `${user} may do all that a server does`);
}

/**
 * Whether the connections left are enough for the servers there are, or for the first.
 *
 * @param perServer what one takes at most
 */
export async function checkConnections(client: pg.Client, perServer = CONNECTIONS_PER_SERVER): Promise<Finding> {
  const { rows } = await client.query(
    `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0) AS "most",
       count(*)::int AS "used",
       count(*) FILTER (WHERE "datname" = current_database() AND "application_name" IN ($2, $3))::int AS "ours",
       count(*) FILTER (WHERE "datname" = current_database() AND "application_name" = $2)::int AS "listening"
     FROM pg_stat_activity WHERE "backend_type" = 'client backend' AND "application_name" <> $1`,
    [APPLICATION, LISTENER, SERVER],
  );
  const { most, used, ours, listening } = rows[0];
  // With Redis nobody listens here: then it is known that there are servers, and not how many.
  const servers = Math.max(listening, Math.min(ours, 1));
  const yetToCome = Math.max(servers * perServer - ours, 0);
  const room = Math.floor((most - used - yetToCome) / perServer);
  if (room > 0 || (room === 0 && servers > 0)) {
    return ok('connections', `${used} of ${most} in use, room for ${plural(room, 'more server')}`);
  }
  return warning(
    'connections',
    `${used} of ${most} in use, too few left for ${plural(Math.max(servers, 1), 'server')} of up to ${perServer} each. Raise max_connections, or run fewer servers.`,
  );
}

/**
 * Whether what one session tells comes to another that listens. It does not through a pooler in transaction mode.
 *
 * @param withinMs how long to wait for it
 */
export async function checkWakeUps(listener: pg.Client, teller: pg.Client, withinMs = 2_000): Promise<Finding> {
  const channel = `fairlead_doctor_${randomUUID().replaceAll('-', '')}`;
  const { promise: heard, resolve: hear } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => hear(false), withinMs);
  const onNotification = (message: pg.Notification): void => {
    if (message.channel === channel) hear(true);
  };
  listener.on('notification', onNotification);
  try {
    await listener.query(`LISTEN ${channel}`);
    const began = performance.now();
    await teller.query('SELECT pg_notify($1, $2)', [channel, '']);
    if (await heard) return ok('wake-ups', `NOTIFY arrives after ${(performance.now() - began).toFixed(0)} ms`);
    return warning(
      'wake-ups',
      'NOTIFY does not arrive: a pooler in transaction mode? Events of other servers come by polling, up to a second later. Connect to PostgreSQL itself, or in session mode.',
    );
  } finally {
    clearTimeout(timer);
    listener.off('notification', onNotification);
    await listener.query(`UNLISTEN ${channel}`);
  }
}
