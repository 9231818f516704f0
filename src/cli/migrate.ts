import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/client.ts';
import { grantTo } from '../db/grant.ts';
import { migrate } from '../db/migrate.ts';
import { installJobs } from '../jobs/runner.ts';
import { createLog } from '../log.ts';

export const summary = '[--grant-to ROLE]: makes the tables, for servers whose database user may not';

/** Works as the owner of the tables, whom DATABASE_URL names; a server migrates by itself where its user may. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { 'grant-to': { type: 'string' } } });
  const { databaseUrl } = readConfig(process.env);
  if (databaseUrl === undefined) {
    console.error(
      'Set DATABASE_URL to the URL of the owner of the tables. The database that comes along is migrated by npm start.',
    );
    return 1;
  }
  const database = openDatabase(databaseUrl, { max: 2, onError: () => {} });
  try {
    const applied = await migrate(database.pool);
    await installJobs(database, createLog('warn'));
    console.log(applied.length === 0 ? 'Nothing to migrate.' : `Migrated: ${applied.join(', ')}.`);
    const role = values['grant-to'];
    if (role !== undefined) {
      await grantTo(database.pool, role);
      console.log(`${role} may run servers: it reads and writes rows, and changes no table.`);
    }
    return 0;
  } finally {
    await database.close();
  }
}
