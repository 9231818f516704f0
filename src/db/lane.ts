import type pg from 'pg';

/** The counters of the lane row. */
export interface Counters {
  batch: number;
  configVersion: number;
  lastEvent: number;
  lastAssignment: number;
}

const SELECT_LANE = `SELECT "batch", "configVersion", "lastEvent", "lastAssignment" FROM "Lane" WHERE "workspaceId" =`;

/**
 * Begins a transaction that holds the workspace's lane, and reads its counters, in one round trip. A server that is frozen
 * meanwhile must not hold up the others: after so long without a word from it PostgreSQL takes the lane back.
 *
 * @param silentMs more than there is ever to be worked out between two statements
 */
export async function enterLane(client: pg.ClientBase, workspaceId: string, silentMs: number): Promise<Counters> {
  // Several statements at once take no parameters; each has a result of its own.
  const results: unknown = await client.query(
    `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${Math.trunc(silentMs)};
     ${SELECT_LANE} ${client.escapeLiteral(workspaceId)} FOR UPDATE`,
  );
  return toCounters(workspaceId, (results as pg.QueryResult<LaneRow>[]).at(-1)?.rows[0]);
}

/** Reads the counters as they stand, without waiting for anybody. */
export async function readLane(client: pg.ClientBase, workspaceId: string): Promise<Counters> {
  const { rows } = await client.query<LaneRow>(`${SELECT_LANE} $1`, [workspaceId]);
  return toCounters(workspaceId, rows[0]);
}

/** pg gives int8 as text, since it may be beyond 2^53; these stay far below. */
type LaneRow = Readonly<Record<keyof Counters, string>>;

function toCounters(workspaceId: string, row: LaneRow | undefined): Counters {
  if (!row) throw new Error(`workspace ${workspaceId} has no lane`);
  return {
    batch: Number(row.batch),
    configVersion: Number(row.configVersion),
    lastEvent: Number(row.lastEvent),
    lastAssignment: Number(row.lastAssignment),
  };
}
