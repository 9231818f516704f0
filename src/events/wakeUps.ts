import pg from 'pg';
import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';

/** Wake-ups between the processes on one database: they only say "look"; a lost one costs up to a second. */
export interface WakeUps {
  /** Says that events up to `number` are there; several in a row become one. */
  send(workspaceId: string, number: number): void;
  /** Sends at once what waits to be sent. */
  flush(): Promise<void>;
  readonly listening: boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const CHANNEL = 'fairlead_events';
/**
 * Never inside the commit: NOTIFY takes a lock on the whole database there, which cut commits from 4,958 to 696 a
 * second at 32 connections. Sent after it, and this far apart at most.
 */
const COALESCE_MS = 15;
const RECONNECT_MS = 500;
/** A connection that has died without a word looks alive for hours: it is asked this often, and has as long to answer. */
const CHECK_MS = 5_000;

export function createWakeUps(options: {
  readonly database: Database;
  readonly log: Logger;
  readonly onWakeUp: (workspaceId: string, number: number) => void;
}): WakeUps {
  const { database, log, onWakeUp } = options;
  const pending = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let listener: pg.Client | null = null;
  let reconnect: NodeJS.Timeout | undefined;
  let check: NodeJS.Timeout | undefined;
  let stopped = false;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (pending.size === 0) return;
    const payloads = [...pending].map(([workspaceId, number]) => `${workspaceId}:${number}`);
    pending.clear();
    try {
      await database.pool.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [
        CHANNEL,
        payloads,
      ]);
    } catch (error) {
      log.debug({ err: error }, 'wake-up not sent; others will poll');
    }
  }

  async function listen(): Promise<void> {
    const client = new pg.Client({
      connectionString: database.url,
      application_name: 'fairlead listener',
      keepAlive: true,
      connectionTimeoutMillis: CHECK_MS,
      query_timeout: CHECK_MS,
    });
    const lost = (): void => {
      if (listener === client) listener = null;
      clearInterval(check);
      client.removeAllListeners();
      client.on('error', () => {});
      client.end().catch(() => {});
      if (!stopped && reconnect === undefined) {
        reconnect = setTimeout(() => {
          reconnect = undefined;
          void listen();
        }, RECONNECT_MS);
      }
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', ({ payload = '' }) => {
      const [workspaceId = '', number] = payload.split(':');
      onWakeUp(workspaceId, Number(number));
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      if (stopped) return lost();
      listener = client;
      check = setInterval(() => void client.query('SELECT 1').catch(lost), CHECK_MS);
    } catch (error) {
      log.warn({ err: error }, 'no wake-up connection; events come by polling until there is one');
      lost();
    }
  }

  return {
    send: (workspaceId, number) => {
      if (stopped) return;
      pending.set(workspaceId, number);
      timer ??= setTimeout(() => void flush(), COALESCE_MS);
    },
    flush,
    get listening() {
      return listener !== null;
    },
    start: listen,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(reconnect);
      clearInterval(check);
      const client = listener;
      listener = null;
      client?.removeAllListeners();
      client?.on('error', () => {});
      await client?.end();
    },
  };
}
