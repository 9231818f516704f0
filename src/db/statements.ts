import type pg from 'pg';

/*
 * Statements whose plans PostgreSQL keeps: to plan the insertion of a batch takes longer than to carry it out for one lead.
 * A prepared statement belongs to one session of the database, so there are none behind a pooler such as pgbouncer, which
 * lends another one for each transaction.
 */

/** A statement under a name. The same name always has the same text. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Connections whose other side is PostgreSQL itself. */
const direct = new WeakSet<pg.ClientBase>();

/**
 * The process that the other side said it is, at connect; a pooler says a number of its own. (Not in the types of `pg`,
 * which cancels queries by it.)
 */
const saidAtConnect = (client: pg.ClientBase): number | null =>
  (client as unknown as { readonly processID: number | null }).processID;

/** Whether the other side is PostgreSQL itself and no pooler: one round trip. */
export async function isDirect(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS "pid"');
  return rows[0]?.pid === saidAtConnect(client);
}

/**
 * For the `verify` of a pool: finds out what a new connection leads to, and lets PostgreSQL end statements itself that take
 * longer than so long. A pooler lends sessions to others as well, so nothing is set there.
 */
export const verifying =
  (statementTimeoutMs: number) =>
  (client: pg.ClientBase, done: (error?: Error) => void): void => {
    const verified = async (): Promise<void> => {
      if (!(await isDirect(client))) return;
      direct.add(client);
      await client.query(`SET statement_timeout = ${Math.trunc(statementTimeoutMs)}`);
    };
    verified().then(() => done(), done);
  };

/** What to ask a connection of a pool with `verify`: by name, where a plan can be kept. */
export const planned = (client: pg.ClientBase, { name, text, values }: Statement): pg.QueryConfig =>
  direct.has(client) ? { name, text, values } : { text, values };

/** The same on some connection of a pool. */
export async function queryPlanned<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  statement: Statement,
): Promise<pg.QueryResult<Row>> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    return await client.query<Row>(planned(client, statement));
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    client.release(broken);
  }
}
