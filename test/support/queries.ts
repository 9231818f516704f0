import type pg from 'pg';

/** Counts what a pool sends to the database from now on. */
export function countQueries(pool: pg.Pool): () => number {
  let queries = 0;
  pool.on('connect', (client) => {
    const send = client.query.bind(client) as (...given: unknown[]) => unknown;
    client.query = ((...given: unknown[]) => {
      queries += 1;
      return send(...given);
    }) as typeof client.query;
  });
  return () => queries;
}
