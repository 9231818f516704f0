import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createLanes, type Lanes } from './assignment/lanes.ts';
import { createSeen, type Seen } from './assignment/seen.ts';
import { type Authenticate, createAuthenticate } from './auth/authenticate.ts';
import { dueCalendars, SYNC_TASK, syncCalendar } from './calendars/sync.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { ensureAdminKey } from './configuration/apiKeys.ts';
import { ensureWorkspace } from './configuration/workspaces.ts';
import { type Database, openDatabase } from './db/client.ts';
import { type EmbeddedPostgres, startEmbedded } from './db/embedded.ts';
import { migrate } from './db/migrate.ts';
import { createHub, type Hub } from './events/hub.ts';
import { GRAPHQL_PATH } from './graphql/protocol.ts';
import { createGraphQLServer, type GraphQLServer } from './graphql/server.ts';
import { type Jobs, startJobs } from './jobs/runner.ts';
import { createLog } from './log.ts';
import { databaseNow, type SweepOptions, startSweep, sweep } from './sweep.ts';
import { startUpkeep } from './upkeep.ts';

export interface App {
  /** Where it listens, once started: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** The admin key that the first start has made, to be shown this once; null when there was one. */
  readonly newAdminKey: string | null;
  start(): Promise<void>;
  /** Writes who was seen and carries out what is due, as a server does each second. */
  sweep(): Promise<void>;
  /**
   * Drains: stops listening, closes sockets, finishes what is under way, then the database.
   *
   * @param noticeMs how long it goes on before that, no longer ready, so that load balancers turn to others; 0 unless told
   */
  stop(noticeMs?: number): Promise<void>;
}

export interface AppOptions {
  readonly config: Config;
  /** Where the time comes from; the machine unless told. */
  readonly clock?: Clock;
  readonly log?: Logger;
  /** Most leads in one transaction; for measuring what group commit brings. */
  readonly batchSize?: number;
}

/** What runs between start and stop. */
interface Running {
  readonly embedded: EmbeddedPostgres | null;
  readonly database: Database;
  readonly hub: Hub;
  readonly lanes: Lanes;
  readonly seen: Seen;
  readonly graphql: GraphQLServer | null;
  readonly server: Server | null;
  readonly jobs: Jobs | null;
  /** What goes on by itself. */
  readonly background: readonly { stop(): Promise<void> }[];
}

/** Connections of one server's pool: one commits, one waits for jobs, the others read. */
const POOL_SIZE = 20;
/** The most that one server takes: its pool, and who listens for wake-ups. */
export const CONNECTIONS_PER_SERVER = POOL_SIZE + 1;
/** A database that does not answer within this time cannot serve. */
const READY_WITHIN_MS = 2_000;
/** How often connections without a request are closed meanwhile. */
const IDLE_MS = 50;
/** After this a request that is still under way is cut off. */
const DRAIN_MS = 7_000;

/** Wires everything from a configuration; nothing happens before `start`. */
export function createApp({ config, clock: givenClock, log = createLog(config.logLevel), batchSize }: AppOptions): App {
  const clock = givenClock ?? systemClock;
  let running: Running | null = null;
  let draining = false;
  let url = '';
  let newAdminKey: string | null = null;

  async function start(): Promise<void> {
    const embedded =
      config.databaseUrl === undefined ? await startEmbedded({ dataDir: config.dataDir, log, mode: 'own' }) : null;
    const database = openDatabase(config.databaseUrl ?? (embedded as EmbeddedPostgres).url, {
      max: POOL_SIZE,
      onError: (error) => log.warn({ err: error }, 'a database connection broke'),
    });
    try {
      const applied = await migrate(database.pool);
      if (applied.length > 0) log.info({ migrations: applied }, 'migrated the database');
      const workspaceId = await ensureWorkspace(database, clock);
      newAdminKey = await ensureAdminKey({ database, workspaceId, clock }, config.adminKey);
      const hub = createHub({ database, redisUrl: config.redisUrl, log });
      const lanes = createLanes({
        database,
        clock,
        committed: hub.committed,
        ...(batchSize === undefined ? {} : { batchSize }),
      });
      await hub.start();
      const seen = createSeen({ lanes, clock, log });
      const graphql =
        config.role === 'worker'
          ? null
          : createGraphQLServer({
              services: { database, clock, hub, intake: { lanes, clock } },
              authenticate: noting(createAuthenticate({ database, clock, log, jwt: config.jwt }), seen),
              log,
              production: config.production,
            });
      const server = createHttpServer(graphql, {
        isReady: () => isReady(database),
        isDraining: () => draining,
      });
      running = {
        embedded,
        database,
        hub,
        lanes,
        seen,
        graphql,
        server,
        jobs: null,
        background: [{ stop: seen.flush }],
      };
      await listen(server, config);
      // Last: a server that cannot listen closes its database at once.
      if (config.role !== 'api') {
        const upkeep = startUpkeep({ database, clock, now: nowOf(database), log, committed: hub.committed });
        const jobs = await startJobs({ database, log, tasks: tasksOf({ database, lanes }) });
        running = { ...running, jobs };
        const sweeping = startSweep(sweepOptions(running));
        running = { ...running, background: [sweeping, upkeep, ...running.background, jobs] };
      }
      const { address, port, family } = server.address() as AddressInfo;
      url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
    } catch (error) {
      running = null;
      await database.close().catch(() => {});
      await embedded?.stop();
      throw error;
    }
  }

  /** The time by which what is due fires: the database's unless told. */
  const nowOf = (database: Database) => (givenClock ? async () => givenClock.now() : () => databaseNow(database));

  /** What jobs do. */
  const tasksOf = ({ database, lanes }: Pick<Running, 'database' | 'lanes'>) => ({
    [SYNC_TASK]: (payload: unknown) => {
      const { workspaceId, id } = payload as { workspaceId: string; id: string };
      const allowPrivate = config.allowPrivateAddresses;
      return syncCalendar({ database, lanes, clock, log, allowPrivate }, workspaceId, id);
    },
  });

  const sweepOptions = ({ database, lanes, jobs }: Running): SweepOptions => ({
    database,
    lanes,
    clock,
    log,
    addDueJobs: async (now) => {
      if (jobs !== null) await jobs.add(await dueCalendars(database, now));
    },
    now: nowOf(database),
  });

  /** Without wake-ups as well: events come by polling then. One question at a time, or those of a minute would take up all connections to a database that stands still. */
  let asking: Promise<boolean> | null = null;
  async function isReady(database: Database): Promise<boolean> {
    if (draining) return false;
    asking ??= database.pool
      .query('SELECT 1')
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        asking = null;
      });
    return Promise.race([asking, sleep(READY_WITHIN_MS, false)]);
  }

  async function stop(noticeMs = 0): Promise<void> {
    if (running === null || draining) return;
    draining = true;
    if (noticeMs > 0) await sleep(noticeMs);
    const { embedded, database, hub, lanes, graphql, server, background } = running;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    // Those that were busy a moment ago stay open for five seconds else.
    const idle = setInterval(() => server?.closeIdleConnections(), IDLE_MS);
    const cut = setTimeout(() => server?.closeAllConnections(), DRAIN_MS);
    await graphql?.dispose();
    await closed;
    clearInterval(idle);
    clearTimeout(cut);
    for (const each of background) await each.stop();
    await lanes.close();
    await hub.stop();
    await database.close();
    await embedded?.stop();
    running = null;
    draining = false;
  }

  return {
    get url() {
      return url;
    },
    get newAdminKey() {
      return newAdminKey;
    },
    start,
    sweep: async () => {
      if (running === null) return;
      await running.seen.flush();
      await sweep(sweepOptions(running));
    },
    stop,
  };
}

/** Whoever signs in as a rep has been seen; so has whose open socket or stream is looked at again. */
const noting =
  (authenticate: Authenticate, seen: Seen): Authenticate =>
  async (authorization) => {
    const principal = await authenticate(authorization);
    if (principal?.repId != null) seen.note(principal.workspaceId, principal.repId);
    return principal;
  };

function createHttpServer(
  graphql: GraphQLServer | null,
  { isReady, isDraining }: { readonly isReady: () => Promise<boolean>; readonly isDraining: () => boolean },
): Server {
  const server = createServer((request, response) => {
    // A connection kept open by who sends one request after the other would otherwise be cut in the end.
    if (isDraining()) response.setHeader('connection', 'close');
    // Not by `new URL`, which throws for `//`.
    const pathname = request.url?.split('?')[0];
    const answer = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
    };
    if (pathname === '/healthz') return answer(200, 'ok');
    if (pathname === '/readyz')
      return void isReady().then((ready) => answer(ready ? 200 : 503, ready ? 'ready' : 'not ready'));
    if (pathname === GRAPHQL_PATH && graphql) return graphql.handle(request, response);
    answer(404, `There is nothing here. The API is at ${GRAPHQL_PATH}.`);
  });
  graphql?.attach(server);
  return server;
}

const listen = (server: Server, { port, host }: Config): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
