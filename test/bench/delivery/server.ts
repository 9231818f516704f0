import { createHash } from 'node:crypto';
import pg from 'pg';
import { createApp } from '../../../src/app.ts';
import { systemClock } from '../../../src/clock.ts';
import { readConfig } from '../../../src/config.ts';
import { applyCompany } from '../../../src/configuration/company.ts';
import { ensureWorkspace } from '../../../src/configuration/workspaces.ts';
import { openDatabase } from '../../../src/db/client.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { createLog } from '../../../src/log.ts';
import { UNLIMITED } from '../../support/unlimited.ts';
import { ADMIN_KEY } from '../company.ts';
import { COUNTRIES, DELIVERY_COMPANY, keyOf, REPS, RESTING } from './company.ts';
import { settledRss } from './memory.ts';

/* A complete server with 10,000 reps, a thousand of them in fifty pools, which counts its own queries. */

export type ToServer =
  | { readonly do: 'memory' }
  /** Commits copies of an event that has happened: all at once, or each by itself. */
  | { readonly do: 'emit'; readonly events: number; readonly paced: boolean }
  | { readonly do: 'queries' }
  /** When each event was committed, by the database, from one number on. */
  | { readonly do: 'commits'; readonly after: number };

let queries = 0;
const send = pg.Client.prototype.query as (...given: unknown[]) => unknown;
pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
  queries += 1;
  return send.apply(this, given);
} as typeof pg.Client.prototype.query;

const databaseUrl = process.env.DATABASE_URL as string;
const database = openDatabase(databaseUrl, { max: 4, onError: () => {} });
await migrate(database.pool);
const workspaceId = await ensureWorkspace(database, systemClock);
await applyCompany({ database, workspaceId, by: 'bench', clock: systemClock, committed: () => {} }, DELIVERY_COMPANY);
for (const [table, id, more] of [
  ['Rep', 'id', `, 'key', 'resting-' || i, 'email', 'resting-' || i || '@fairlead.example'`],
  ['RepState', 'repId', ''],
] as const) {
  await database.pool.query(
    `INSERT INTO "${table}" SELECT (jsonb_populate_record(t, jsonb_build_object('${id}', md5('rep' || i)::uuid ${more}))).*
     FROM "${table}" t JOIN "Rep" r ON r."id" = t."${id}" AND r."key" = 'rep-0', generate_series(1, $1) AS i`,
    [RESTING],
  );
}
const { rows: reps } = await database.pool.query<{ id: string; key: string }>(
  `SELECT "id", "key" FROM "Rep" WHERE "key" <> 'boss' ORDER BY "key" LIKE 'resting-%', "key"`,
);
const keys = reps.map((rep, index) => ({ rep, keyId: keyOf(index).keyId, secret: keyOf(index).secret }));
await database.pool.query(
  `INSERT INTO "ApiKey" ("workspaceId", "id", "keyId", "name", "secretHash", "role", "scopes", "repId", "lastUsedAt", "createdAt")
   SELECT $1, md5('key' || k."keyId")::uuid, k."keyId", k."keyId", decode(k."hash", 'hex'), 'REP', '{}', k."repId"::uuid, now() + interval '1 hour', now()
   FROM json_to_recordset($2) AS k("keyId" text, "hash" text, "repId" text)`,
  [
    workspaceId,
    JSON.stringify(
      keys.map(({ rep, keyId, secret }) => ({
        keyId,
        hash: createHash('sha256').update(secret).digest('hex'),
        repId: rep.id,
      })),
    ),
  ],
);
await database.pool.query('ANALYZE');

const app = createApp({
  config: readConfig({
    PORT: '0',
    DATABASE_URL: databaseUrl,
    FAIRLEAD_ADMIN_KEY: ADMIN_KEY,
    FAIRLEAD_LOG_LEVEL: 'warn',
    ...UNLIMITED,
  }),
  log: createLog('warn'),
});
await app.start();

const EMIT = `
  WITH lane AS (UPDATE "Lane" SET "lastEvent" = "lastEvent" + $2, "batch" = "batch" + 1 WHERE "workspaceId" = $1 RETURNING "lastEvent"),
    copies AS (
      INSERT INTO "Event" SELECT (jsonb_populate_record(e, jsonb_build_object('number', "lastEvent" - $2 + i, 'at', now()))).*
      FROM lane, generate_series(1, $2) AS i, "Event" e
      WHERE e."workspaceId" = $1 AND e."number" = (SELECT min("number") FROM "Event" WHERE "workspaceId" = $1 AND "kind" = 'lead.assigned'))
  SELECT "lastEvent" FROM lane`;

async function emit(count: number): Promise<void> {
  const { rows } = await database.pool.query(EMIT, [workspaceId, count]);
  await database.pool.query(`SELECT pg_notify('fairlead_events', $1)`, [`${workspaceId}:${rows[0].lastEvent}`]);
}

process.on('message', async (message: ToServer) => {
  switch (message.do) {
    case 'memory':
      process.send?.({ rss: await settledRss() });
      return;
    case 'queries':
      process.send?.({ queries });
      return;
    case 'emit':
      if (message.paced) for (let event = 0; event < message.events; event += 1) await emit(1);
      else await emit(message.events);
      process.send?.({});
      return;
    case 'commits': {
      const { rows } = await database.pool.query(
        `SELECT "number"::int, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 * 1000 AS "at" FROM "Event" WHERE "number" > $1`,
        [message.after],
      );
      process.send?.({ commits: rows.map(({ number, at }) => [number, at]) });
    }
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: app.url, keys: keys.map((_, index) => keyOf(index).token), reps: REPS, countries: COUNTRIES });
