import type { Database } from '../../../src/db/client.ts';
import { openDatabase } from '../../../src/db/client.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { type Held, openServer, type Server } from './server.ts';
import { waitFor } from './waitFor.ts';

/** A PostgreSQL and server processes on it, for the scenarios of one file. */
export interface Stage {
  readonly postgres: Postgres;
  readonly servers: readonly Server[];
  /** Straight to PostgreSQL, past the links. */
  readonly database: Database;
  /** Mends all links and lets go on what is frozen. */
  release(): Promise<void>;
  /** Does that, and starts what is down, until every server is ready. */
  mend(): Promise<void>;
  /** Waits until the servers hold no more than before the first scenario. @returns what they still hold too much */
  restlessness(): Promise<string[]>;
  close(): Promise<void>;
}

/** pg's pool lets go of idle connections after 10 s, Node's server of idle clients after 5 s. */
const REST_MS = 30_000;
/** Beside the sockets of the start, the last heartbeat's and sweep's. */
const SPARE_SOCKETS = 4;
/** Heap that has grown to its limit, and what lies beside it. */
const SPARE_MEGABYTES = 250;

export async function openStage(servers = 2): Promise<Stage> {
  const postgres = await startPostgres();
  const opened = await Promise.all(Array.from({ length: servers }, () => openServer(postgres.url)));
  const database = openDatabase(postgres.url, { max: 4, onError: () => {} });
  let atStart: Held | null = null;

  const stage: Stage = {
    postgres,
    servers: opened,
    database,
    release: async () => {
      await postgres.thaw();
      for (const server of opened) {
        server.thaw();
        for (const link of [server.fromClients, server.toDatabase]) {
          link.latencyMs = 0;
          link.bytesPerSecond = 0;
          link.holdBefore(null);
          link.unsilence();
        }
      }
    },
    mend: async () => {
      await stage.release();
      await postgres.start();
      for (const server of opened) if (!server.isAlive) await server.start();
      for (const [index, server] of opened.entries()) {
        await waitFor(`server ${index} is ready`, 30_000, async () => (await server.readiness()).status === 200);
      }
    },
    restlessness: async () => {
      const most = atStart as Held;
      const tooMuch = async (): Promise<string[]> => {
        const held = await Promise.all(opened.map((server) => server.held()));
        const { rows } = await database.pool.query<{ state: string }>(
          `SELECT "state" FROM pg_stat_activity WHERE "application_name" LIKE 'fairlead%' AND "pid" <> pg_backend_pid()
             AND "state" <> 'idle' AND now() - "state_change" > interval '2 s'`,
        );
        return [
          ...held.flatMap(({ sockets }, index) =>
            sockets > most.sockets + SPARE_SOCKETS
              ? [`server ${index} holds ${sockets} sockets, ${most.sockets} at the start`]
              : [],
          ),
          ...held.flatMap(({ rssMegabytes }, index) =>
            rssMegabytes > most.rssMegabytes + SPARE_MEGABYTES
              ? [`server ${index} holds ${rssMegabytes} MB, ${most.rssMegabytes} at the start`]
              : [],
          ),
          ...rows.map(({ state }) => `a connection to the database is ${state}`),
        ];
      };
      let last: string[] = [];
      await waitFor('the servers are at rest', REST_MS, async () => {
        last = await tooMuch();
        return last.length === 0;
      }).catch(() => {});
      return last;
    },
    close: async () => {
      for (const server of opened) await server.close();
      await database.close();
      await postgres.close();
    },
  };
  try {
    // One after the other: the first migrates.
    for (const server of opened) await server.start();
    const held = await Promise.all(opened.map((server) => server.held()));
    atStart = {
      sockets: Math.max(...held.map(({ sockets }) => sockets)),
      rssMegabytes: Math.max(...held.map(({ rssMegabytes }) => rssMegabytes)),
    };
  } catch (error) {
    await stage.close();
    throw error;
  }
  return stage;
}
