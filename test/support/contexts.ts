import type { ConfigurationContext } from '../../src/configuration/change.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { settableClock } from './app.ts';
import { createTestDatabase } from './database.ts';

/** A database of a test file's own, without a server: for the services that work on it. */
export interface Contexts {
  readonly database: Database;
  /** A workspace that nobody else has. */
  open(): Promise<ConfigurationContext>;
  close(): Promise<void>;
}

export async function openContexts(): Promise<Contexts> {
  const testDatabase = await createTestDatabase();
  const database = openDatabase(testDatabase.url, { onError: () => {} });
  let workspaces = 0;
  return {
    database,
    open: async () => {
      const clock = settableClock();
      workspaces += 1;
      const workspaceId = await ensureWorkspace(database, clock, `workspace-${workspaces}`);
      return { database, workspaceId, by: 'test', clock, committed: () => {} };
    },
    close: async () => {
      await database.close();
      await testDatabase.drop();
    },
  };
}
