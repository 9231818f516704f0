import { v7 } from 'uuid';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';

/** Open leads a rep has at most, unless workspace or rep say otherwise. */
export const DEFAULT_CAPACITY = 50;

/** The id of a workspace, made if there is none with this key. Ten servers may ask at once. */
export async function ensureWorkspace(database: Database, clock: Clock, key = 'default'): Promise<string> {
  const { rows } = await database.pool.query<{ id: string }>(
    `WITH workspace AS (
       INSERT INTO "Workspace" ("id", "key", "name", "defaultCapacity", "createdAt") VALUES ($1, $2, $2, $3, $4)
       ON CONFLICT ("key") DO NOTHING RETURNING "id"
     ), lane AS (
       INSERT INTO "Lane" ("workspaceId", "batch", "configVersion", "lastEvent", "lastAssignment", "prunedEvent")
       SELECT "id", 0, 0, 0, 0, 0 FROM workspace
     )
     SELECT "id" FROM workspace`,
    [v7(), key, DEFAULT_CAPACITY, clock.now()],
  );
  if (rows[0]) return rows[0].id;
  const existing = await database.prisma.workspace.findUniqueOrThrow({ where: { key } });
  return existing.id;
}
