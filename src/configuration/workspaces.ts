import { v7 } from 'uuid';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { DEFAULT_SETTINGS } from '../domain/configuration.ts';

/** The id of a workspace, made if there is none with this key. Ten servers may ask at once. */
export async function ensureWorkspace(database: Database, clock: Clock, key = 'default'): Promise<string> {
  const { rows } = await database.pool.query<{ id: string }>(
    `WITH workspace AS (
       INSERT INTO "Workspace" SELECT * FROM json_populate_record(NULL::"Workspace", $1)
       ON CONFLICT ("key") DO NOTHING RETURNING "id"
     ), lane AS (
       INSERT INTO "Lane" ("workspaceId", "batch", "configVersion", "lastEvent", "lastAssignment", "prunedEvent")
       SELECT "id", 0, 0, 0, 0, 0 FROM workspace
     )
     SELECT "id" FROM workspace`,
    [JSON.stringify({ ...DEFAULT_SETTINGS, id: v7(), key, name: key, createdAt: clock.now() })],
  );
  if (rows[0]) return rows[0].id;
  const existing = await database.prisma.workspace.findUniqueOrThrow({ where: { key } });
  return existing.id;
}
