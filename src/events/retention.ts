import type { Database } from '../db/client.ts';

/** How long events can be resumed from. */
export const RETENTION_DAYS = 30;
/** Deleted at a time, so that no transaction lasts long. */
const CHUNK = 10_000;

/**
 * Deletes events older than the retention, and notes up to where, so that an old cursor is refused and not answered
 * with a gap.
 * @returns how many were deleted
 */
export async function pruneEvents(database: Database, now: Date): Promise<number> {
  const before = new Date(now.getTime() - RETENTION_DAYS * 86_400_000);
  let deleted = 0;
  for (;;) {
    const { rows } = await database.pool.query<{ deleted: number }>(
      `WITH old AS (
         DELETE FROM "Event" WHERE ("workspaceId", "number") IN (
           SELECT "workspaceId", "number" FROM "Event" WHERE "at" < $1 ORDER BY "at" LIMIT $2)
         RETURNING "workspaceId", "number"
       ), noted AS (
         UPDATE "Lane" l SET "prunedEvent" = greatest(l."prunedEvent", o."number")
         FROM (SELECT "workspaceId", max("number") AS "number" FROM old GROUP BY "workspaceId") AS o
         WHERE l."workspaceId" = o."workspaceId"
       )
       SELECT count(*)::int AS "deleted" FROM old`,
      [before, CHUNK],
    );
    const count = rows[0]?.deleted ?? 0;
    deleted += count;
    if (count < CHUNK) return deleted;
  }
}
