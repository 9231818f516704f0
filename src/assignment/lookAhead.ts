import type pg from 'pg';
import type { Database } from '../db/client.ts';
import { readLane } from '../db/lane.ts';
import { type Memory, refresh } from './memory.ts';

/**
 * Runs `work` on the state as it is committed now, read in one snapshot: nobody waits for it, and it can change nothing.
 */
export async function lookAhead<Result>(
  database: Database,
  workspaceId: string,
  work: (client: pg.ClientBase, memory: Memory) => Promise<Result>,
): Promise<Result> {
  const client = await database.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const memory = await refresh(client, workspaceId, null, await readLane(client, workspaceId));
    const result = await work(client, memory);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    client.release(broken);
  }
}
