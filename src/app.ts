import { createServer, type Server, type ServerResponse } from 'node:http';
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
import { migrate, readMigrations } from './db/migrate.ts';
import { createHub, type Hub } from './events/hub.ts';
import { GRAPHQL_PATH } from './graphql/protocol.ts';
import { createGraphQLServer, type GraphQLServer } from './graphql/server.ts';
import { readStoredOperations } from './graphql/storedOperations.ts';
import { type Jobs, startJobs } from './jobs/runner.ts';
import { createRateLimits, type RateLimits } from './limits/rateLimits.ts';
import { createLog } from './log.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { openSecrets } from './secrets/keys.ts';
import type { Secrets } from './secrets/seal.ts';
import { checkSecrets } from './secrets/stored.ts';
import { databaseNow, type SweepOptions, startSweep, sweep } from './sweep.ts';
import { METRICS_PATH } from './telemetry/metricsServer.ts';
import { startTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { startUpkeep } from './upkeep.ts';

export interface App {
  /** Where it listens, once started: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Where Prometheus is answered, once started; null where it is not. */
  readonly metricsUrl: string | null;
  /** The admin key that the first start has made, to be shown this once; null when there was one. */
  readonly newAdminKey: string | null;
  start(): Promise<void>;
  /** Writes who was seen and carries out what is due, as a server does each second. */
  sweep(): Promise<void>;
  /**
   * Drains: stops listening, closes sockets, finishes what is under way, then the database.
   *
   * @param noticeSeconds how long it goes on before that, no longer ready, so that load balancers turn to others; 0 unless told
   */
  stop(noticeSeconds?: number): Promise<void>;
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
  readonly secrets: Secrets;
  readonly limits: RateLimits;
  readonly graphql: GraphQLServer | null;
  readonly http: HttpServer;
  readonly jobs: Jobs | null;
  readonly telemetry: Telemetry;
  /** What goes on by itself. */
  readonly background: readonly { stop(): Promise<void> }[];
}

/** Connections of one server's pool: one commits, one waits for jobs, the others read. */
const POOL_SIZE = 20;
/** The most that one server takes: its pool, and who listens for wake-ups. */
export const CONNECTIONS_PER_SERVER = POOL_SIZE + 1;
/** How often connections without a request are closed while it stops. */
const IDLE_MS = 50;
/** After this, since it has stopped listening, a request that is still under way is cut off. */
const CUT_OFF_MS = 5_000;

/** Wires everything from a configuration; nothing happens before `start`. */
export function createApp({ config, clock: givenClock, log = createLog(config.logLevel), batchSize }: AppOptions): App {
  const clock = givenClock ?? systemClock;
  let running: Running | null = null;
  let draining = false;
  let url = '';
  let metricsUrl: string | null = null;
  let newAdminKey: string | null = null;

  async function start(): Promise<void> {
    const stored = config.operationsFile === undefined ? new Map() : await readStoredOperations(config.operationsFile);
    const embedded =
      config.databaseUrl === undefined ? await startEmbedded({ dataDir: config.dataDir, log, mode: 'own' }) : null;
    const database = openDatabase(config.databaseUrl ?? (embedded as EmbeddedPostgres).url, {
      max: POOL_SIZE,
      onError: (error) => log.warn({ err: error }, 'a database connection broke'),
    });
    try {
      const applied = await migrate(database.pool);
      if (applied.length > 0) log.info({ migrations: applied }, 'migrated the database');
      const secrets = await openSecrets(config, clock.now());
      await checkSecrets(database.pool, secrets);
      const workspaceId = await ensureWorkspace(database, clock);
      newAdminKey = await ensureAdminKey({ database, workspaceId, clock }, config.adminKey);
      const telemetry = await startTelemetry({ config, clock, log });
      const hub = createHub({ database, redisUrl: config.redisUrl, log });
      const lanes = createLanes({
        database,
        clock,
        committed: hub.committed,
        report: telemetry.committed,
        ...(batchSize === undefined ? {} : { batchSize }),
      });
      await hub.start();
      const seen = createSeen({ lanes, clock, log });
      const limits = createRateLimits({ pool: database.pool, perMinute: config.perMinute, log });
      const graphql =
        config.role === 'worker'
          ? null
          : createGraphQLServer({
              services: { database, clock, hub, secrets, intake: { lanes, clock, received: telemetry.received } },
              authenticate: noting(createAuthenticate({ database, clock, log, jwt: config.jwt }), seen),
              log,
              production: config.production,
              limits,
              trustedProxies: config.trustedProxies,
              operations: { stored, only: config.operations === 'persisted' },
              watch: telemetry.calls,
            });
      const isReady = createReadiness({
        pool: database.pool,
        migrations: await readMigrations(),
        isListening: () => hub.listening,
        isDraining: () => draining,
      });
      const http = createHttpServer(graphql, isReady);
      running = {
        embedded,
        database,
        hub,
        lanes,
        seen,
        secrets,
        limits,
        graphql,
        http,
        jobs: null,
        telemetry,
        background: [],
      };
      const { host, port, metricsPort = 0 } = config;
      url = await listen(http.server, { host, port, setting: 'PORT' });
      const { metricsServer } = telemetry;
      if (metricsServer) {
        const setting = 'FAIRLEAD_METRICS_PORT';
        metricsUrl = (await listen(metricsServer, { host, port: metricsPort, setting })) + METRICS_PATH;
      }
      // Last: a server that cannot listen closes its database at once.
      if (config.role !== 'api') {
        const upkeep = startUpkeep({
          database,
          secrets,
          lanes,
          clock,
          now: nowOf(database),
          log,
          committed: hub.committed,
        });
        const jobs = await startJobs({
          database,
          log,
          tasks: tasksOf({ database, lanes, secrets }),
          ran: telemetry.ran,
        });
        running = { ...running, jobs };
        const sweeping = startSweep(sweepOptions(running));
        running = { ...running, background: [sweeping, upkeep, jobs] };
      }
      telemetry.look({ database, hub, graphql, jobs: running.jobs });
    } catch (error) {
      running?.http.server.close();
      running = null;
      await database.close().catch(() => {});
      await embedded?.stop();
      throw error;
    }
  }

  /** The time by which what is due fires: the database's unless told. */
  const nowOf = (database: Database) => (givenClock ? async () => givenClock.now() : () => databaseNow(database));

  /** What jobs do. */
  const tasksOf = ({ database, lanes, secrets }: Pick<Running, 'database' | 'lanes' | 'secrets'>) => ({
    [SYNC_TASK]: (payload: unknown, jobLog: Logger) => {
      const { workspaceId, id } = payload as { workspaceId: string; id: string };
      const allowPrivate = config.allowPrivateAddresses;
      return syncCalendar({ database, lanes, secrets, clock, log: jobLog, allowPrivate }, workspaceId, id);
    },
  });

  const sweepOptions = ({ database, lanes, jobs }: Running): SweepOptions => ({
    database,
    lanes,
    clock,
    log,
    addDueJobs: async (now, requestId) => {
      if (jobs !== null) await jobs.add(await dueCalendars(database, now), requestId);
    },
    now: nowOf(database),
  });

  async function stop(noticeSeconds = 0): Promise<void> {
    if (running === null || draining) return;
    draining = true;
    const { embedded, database, hub, lanes, seen, limits, graphql, http, background, telemetry } = running;
    const { metricsServer } = telemetry;
    // Whoever sends requests here hears first that there are to be no more.
    http.drain();
    if (noticeSeconds > 0) await sleep(noticeSeconds * 1_000);
    const closed = new Promise<void>((resolve) => http.server.close(() => resolve()));
    // Those that were busy a moment ago stay open for five seconds else.
    const idle = setInterval(() => http.server.closeIdleConnections(), IDLE_MS);
    const cut = setTimeout(() => http.server.closeAllConnections(), CUT_OFF_MS);
    const stopped = Promise.all(background.map((each) => each.stop()));
    await graphql?.dispose();
    await closed;
    clearInterval(idle);
    clearTimeout(cut);
    await stopped;
    await seen.flush();
    limits.stop();
    await lanes.close();
    await hub.stop();
    await telemetry.stop();
    await database.close();
    metricsServer?.close();
    metricsServer?.closeAllConnections();
    await embedded?.stop();
    running = null;
    draining = false;
  }

  return {
    get url() {
      return url;
    },
    get metricsUrl() {
      return metricsUrl;
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

interface HttpServer {
  readonly server: Server;
  /** From now on each answer ends its connection, so that the client's next request finds another server. */
  drain(): void;
}

function createHttpServer(graphql: GraphQLServer | null, isReady: () => Promise<Readiness>): HttpServer {
  /** Answers under way. */
  const open = new Set<ServerResponse>();
  let draining = false;
  const server = createServer((request, response) => {
    // Not by `new URL`, which throws for `//`.
    const pathname = request.url?.split('?')[0];
    const answer = (status: number, text: string, type = 'text/plain'): void => {
      response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(`${text}\n`);
    };
    // A connection kept open by who sends one request after the other would otherwise be cut in the end.
    if (draining) response.setHeader('connection', 'close');
    open.add(response);
    response.once('close', () => open.delete(response));
    if (pathname === '/healthz') return answer(200, 'ok');
    if (pathname === '/readyz') {
      return void isReady().then((readiness) =>
        answer(readiness.ready ? 200 : 503, JSON.stringify(readiness), 'application/json'),
      );
    }
    if (pathname === GRAPHQL_PATH && graphql) return graphql.handle(request, response);
    answer(404, `There is nothing here. The API is at ${GRAPHQL_PATH}.`);
  });
  graphql?.attach(server);
  return {
    server,
    drain: () => {
      draining = true;
      for (const response of open) if (!response.headersSent) response.setHeader('connection', 'close');
    },
  };
}

interface Listening {
  readonly host: string;
  readonly port: number;
  /** What to change where the port is not to be had. */
  readonly setting: string;
}

/** Resolves to where it listens. */
const listen = (server: Server, { host, port, setting }: Listening): Promise<string> =>
  new Promise((resolve, reject) => {
    const refused = (error: Error): void => reject(Object.assign(error, { setting }));
    server.once('error', refused);
    server.listen(port, host, () => {
      server.off('error', refused);
      const { address, port: taken, family } = server.address() as AddressInfo;
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`);
    });
  });
