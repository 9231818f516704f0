import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.ts';
import { verifying } from './statements.ts';

/** One connection pool, used by Prisma and by the hand-written SQL of the commit path alike. */
export interface Database {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Most connections at a time; 10 unless told. */
  readonly max?: number;
  /** Called when an idle connection breaks; without a listener `pg` would end the process. */
  readonly onError: (error: Error) => void;
}

/** A frozen database must not hold requests for ever: each query, by the client's own watch. */
export const QUERY_TIMEOUT_MS = 10_000;
/** A little later, so that the client hears of its own: what it has given up does not go on in the database. */
const STATEMENT_TIMEOUT_MS = QUERY_TIMEOUT_MS + 500;
const CONNECT_TIMEOUT_MS = 5_000;

/** Opens the pool lazily: the first query connects. */
export function openDatabase(url: string, { max = 10, onError }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: 'fairlead',
    query_timeout: QUERY_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    verify: verifying(STATEMENT_TIMEOUT_MS),
    // What is asked at once goes out at once: the lane takes two round trips instead of four.
    pipeline: true,
  });
  pool.on('error', onError);
  // The pool listens to idle connections only; one that breaks while it is lent would end the process.
  pool.on('connect', (client) => client.on('error', onError));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    url,
    pool,
    prisma,
    close: async () => {
      await prisma.$disconnect();
      if (!pool.ended) await pool.end();
    },
  };
}
