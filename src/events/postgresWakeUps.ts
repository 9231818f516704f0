import pg from 'pg';
import type { Database } from '../db/client.ts';
import { isDirect } from '../db/statements.ts';
import type { WakeUpDriver } from './wakeUps.ts';

const CHANNEL = 'fairlead_events';
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Wake-ups by LISTEN on a connection of its own and NOTIFY on one of the pool's. Never inside the commit: NOTIFY takes a
 * lock on the whole database there, which cut commits from 4,958 to 696 a second at 32 connections.
 */
export const postgresWakeUps = ({ url, pool }: Database): WakeUpDriver => ({
  connect: (heard, lost) => {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'fairlead listener',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    client.on('error', lost);
    client.on('end', () => lost(new Error('the connection has ended')));
    client.on('notification', ({ payload = '' }) => heard(payload));
    const check = async (): Promise<void> => {
      // There LISTEN would succeed in some session that was lent for it, whose notifications nobody gets.
      if (!(await isDirect(client))) throw new Error(BEHIND_POOLER);
    };
    return {
      open: async () => {
        await client.connect();
        await check();
        await client.query(`LISTEN ${CHANNEL}`);
      },
      check,
      close: () => void client.end().catch(() => {}),
    };
  },
  send: (messages) =>
    pool.query('SELECT pg_notify($1, "message") FROM unnest($2::text[]) AS "message"', [CHANNEL, messages]),
});

const BEHIND_POOLER =
  'DATABASE_URL leads to a pooler (such as pgbouncer), where LISTEN would hear nothing. Set FAIRLEAD_REDIS_URL for wake-ups, or leave it at polling.';
