import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbedded } from '../../src/db/embedded.ts';
import { MIGRATIONS_DIR, migrate } from '../../src/db/migrate.ts';
import { createLog } from '../../src/log.ts';
import { schemaDifference } from './schemaEngine.ts';

// npm run migration -- NAME: writes the step from the migrations so far to prisma/schema.prisma.

const name = process.argv.at(-1) ?? '';
if (!/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error('Name the migration in lower case: npm run migration -- add_queues');
  process.exit(1);
}
await mkdir(MIGRATIONS_DIR, { recursive: true });
const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-migration-'));
const database = await startEmbedded({ dataDir, log: createLog('warn'), mode: 'own', settings: ['fsync=off'] });
try {
  const pool = new pg.Pool({ connectionString: database.url });
  await migrate(pool);
  await pool.end();
  const sql = await schemaDifference(database.url);
  if (sql === '') {
    console.log('The migrations give exactly prisma/schema.prisma; nothing to write.');
  } else {
    const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
    const folder = join(MIGRATIONS_DIR, `${stamp}_${name}`);
    await mkdir(folder);
    await writeFile(join(folder, 'migration.sql'), sql);
    console.log(`Wrote ${folder}/migration.sql. Add to it what Prisma cannot express.`);
  }
} finally {
  await database.stop();
  await rm(dataDir, { recursive: true, force: true });
}
