import type pg from 'pg';

/** What is asked of each new connection before it is lent (`verify` of src/db/statements.ts). */
const isVerifying = (query: unknown): boolean =>
  typeof query === 'string' && /pg_backend_pid|SET statement_timeout/.test(query);

/** Counts what a pool sends to the database from now on, save what a new connection is asked once. */
export function countQueries(pool: pg.Pool): () => number {
  let queries = 0;
  pool.on('connect', (client) => {
    const send = client.query.bind(client) as (...given: unknown[]) => unknown;
    client.query = ((...given: unknown[]) => {
      if (!isVerifying(given[0])) queries += 1;
      return send(...given);
    }) as typeof client.query;
  });
  return () => queries;
}
