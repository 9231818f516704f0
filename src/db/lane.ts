import type pg from 'pg';

/** The counters of the lane row. */
export interface Counters {
  batch: number;
  configVersion: number;
  lastEvent: number;
  lastAssignment: number;
}

/**
 * Begins a transaction that is going to hold a lane. A server that is frozen meanwhile must not hold up the others: after
 * so long without a word from it PostgreSQL takes the lane back.
 *
 * @param silentMs more than there is ever to be worked out between two statements
 */
export const beginLane = async (client: pg.ClientBase, silentMs: number): Promise<void> => {
  await client.query(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${Math.trunc(silentMs)}`);
};

/** Locks the workspace's lane for the transaction and reads its counters. */
export const lockLane = (client: pg.ClientBase, workspaceId: string): Promise<Counters> =>
  readLane(client, workspaceId, 'FOR UPDATE');

/** Reads the counters as they stand, without waiting for anybody. */
export async function readLane(
  client: pg.ClientBase,
  workspaceId: string,
  lock: 'FOR UPDATE' | '' = '',
): Promise<Counters> {
  const { rows } = await client.query(
    `SELECT "batch", "configVersion", "lastEvent", "lastAssignment" FROM "Lane" WHERE "workspaceId" = $1 ${lock}`,
    [workspaceId],
  );
  const row = rows[0];
  if (!row) throw new Error(`workspace ${workspaceId} has no lane`);
  // pg gives int8 as text, since it may be beyond 2^53; these stay far below.
  return {
    batch: Number(row.batch),
    configVersion: Number(row.configVersion),
    lastEvent: Number(row.lastEvent),
    lastAssignment: Number(row.lastAssignment),
  };
}
