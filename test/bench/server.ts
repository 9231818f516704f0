import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type App, createApp } from '../../src/app.ts';
import { Batch } from '../../src/assignment/batch.ts';
import type { Lanes } from '../../src/assignment/lanes.ts';
import { type Memory, refresh } from '../../src/assignment/memory.ts';
import { createAuthenticate } from '../../src/auth/authenticate.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { createApiKey } from '../../src/configuration/apiKeys.ts';
import { readLane } from '../../src/db/lane.ts';
import { createHub } from '../../src/events/hub.ts';
import { createGraphQLServer } from '../../src/graphql/server.ts';
import { createRateLimits } from '../../src/limits/rateLimits.ts';
import { createLog } from '../../src/log.ts';
import { createSecrets } from '../../src/secrets/seal.ts';
import { UNLIMITED } from '../support/unlimited.ts';
import { startCluster } from './cluster.ts';
import { ADMIN_KEY, BENCH_COMPANY } from './company.ts';
import type { Cpu } from './measure.ts';

/*
 * All that is compared, in one process on one database: the complete server, the same with one lead to a transaction, the
 * same that counts rates, and the same GraphQL server whose lane stops short of the database or does one plain INSERT.
 */

const log = createLog('warn');
const cluster = await startCluster();
const { url, database, context } = await cluster.database('postgres', BENCH_COMPANY);
const { workspaceId } = context;
const config = readConfig({
  ...{ PORT: '0', DATABASE_URL: url, FAIRLEAD_ADMIN_KEY: ADMIN_KEY, FAIRLEAD_LOG_LEVEL: 'warn' },
  ...UNLIMITED,
});

const complete = createApp({ config, log });
await complete.start();
const reps = await database.prisma.rep.findMany({
  where: { workspaceId, NOT: { key: 'boss' } },
  orderBy: { key: 'asc' },
});
const repKeys = await Promise.all(
  reps.map(async ({ id, name }) => (await createApiKey(context, { name, role: 'REP', repId: id })).secret),
);

const oneByOne = createApp({ config, log, batchSize: 1 });
await oneByOne.start();

/** With rate limits that nobody reaches, which count all the same. */
const ENOUGH = 1_000_000_000;
const limited = createApp({
  config: { ...config, perMinute: { operations: ENOUGH, objects: ENOUGH, signIns: ENOUGH } },
  log,
});
await limited.start();

/** The lane's work in memory alone; `after` stands for the database. */
async function shortLanes(after: (batch: Batch) => Promise<void>): Promise<Lanes> {
  const client = await database.pool.connect();
  await client.query('BEGIN');
  const memory: Memory = await refresh(client, workspaceId, null, await readLane(client, workspaceId));
  await client.query('COMMIT');
  client.release();
  return {
    run: async (_workspaceId, operation) => {
      const batch = new Batch(workspaceId, memory, new Date(), { leads: [], due: [], waiting: [] });
      const result = operation.apply(batch);
      await after(batch);
      return result;
    },
    close: async () => {},
  };
}

const hub = createHub({ database, log });
const authenticate = createAuthenticate({ database, clock: systemClock, log, jwt: config.jwt });

async function shortServer(after: (batch: Batch) => Promise<void>): Promise<string> {
  const intake = { lanes: await shortLanes(after), clock: systemClock };
  const graphql = createGraphQLServer({
    services: { database, clock: systemClock, hub, secrets: createSecrets(new Map()), intake },
    authenticate,
    log,
    production: false,
    limits: createRateLimits({ pool: database.pool, perMinute: config.perMinute, log }),
    trustedProxies: 0,
    operations: { stored: new Map(), only: false },
  });
  const server = createServer((request, response) => graphql.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

await database.pool.query(
  'CREATE TABLE "PlainLead" ("id" uuid PRIMARY KEY, "email" text, "country" text, "payload" jsonb, "receivedAt" timestamptz)',
);
const urls = {
  noDatabase: await shortServer(async () => {}),
  plainInsert: await shortServer(async ({ writes }) => {
    const [lead] = writes.insertedLeads;
    await database.pool.query('INSERT INTO "PlainLead" VALUES ($1, $2, $3, $4, $5)', [
      lead?.id,
      lead?.email,
      lead?.country,
      lead?.payload,
      lead?.receivedAt,
    ]);
  }),
  submitLead: complete.url,
  oneByOne: oneByOne.url,
  limited: limited.url,
};

/**
 * Lets the SLA deadlines of 10,000 leads become due in the same second, which both servers sweep.
 *
 * @returns seconds until each has been escalated once
 */
async function storm(): Promise<number> {
  const due = Date.now();
  const { rowCount } = await database.pool.query(
    `UPDATE "Deadline" SET "dueAt" = to_timestamp($2::float8 / 1000), "data" = jsonb_set("data", '{dueAts,0}', to_jsonb($2::bigint))
     WHERE "workspaceId" = $1 AND "subjectId" IN (
       SELECT "subjectId" FROM "Deadline" WHERE "workspaceId" = $1 AND "kind" = 'SLA' ORDER BY "dueAt" LIMIT ${STORM})`,
    [workspaceId, due],
  );
  if (rowCount !== STORM) throw new Error(`only ${rowCount} deadlines are there`);
  const start = performance.now();
  const escalated = async (): Promise<number> =>
    database.prisma.assignment.count({ where: { workspaceId, method: 'ESCALATION' } });
  while ((await database.prisma.deadline.count({ where: { workspaceId, dueAt: { lte: new Date(due) } } })) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const seconds = (performance.now() - start) / 1_000;
  if ((await escalated()) !== STORM) throw new Error(`${await escalated()} escalations of ${STORM} deadlines`);
  return seconds;
}
const STORM = 10_000;

const cpu = (): Cpu => {
  const { user, system } = process.cpuUsage();
  return { server: (user + system) / 1e6, postgres: cluster.cpu() };
};

process.on('message', async (message) => {
  if (message === 'cpu') return void process.send?.(cpu());
  if (message === 'storm') return void process.send?.({ seconds: await storm() });
  for (const app of [complete, oneByOne, limited] satisfies App[]) await app.stop();
  await cluster.stop();
  process.exit(0);
});
process.send?.({ urls, repKeys });
