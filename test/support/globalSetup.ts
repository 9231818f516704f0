import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/db/client.ts';
import { grantTo } from '../../src/db/grant.ts';
import { migrate } from '../../src/db/migrate.ts';
import { installJobs } from '../../src/jobs/runner.ts';
import { createLog } from '../../src/log.ts';
import type { EmbeddedUser } from './embeddedUser.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A database server whose user may create databases, and owns the tables in them. */
    serverUrl: string;
    /** As whom, and by which way, servers reach it: perhaps by a pooler, or as a user who owns nothing. */
    appUrl: string;
  }
}

/** The database that every test file's own is a copy of. */
export const TEMPLATE = 'fairlead_template';

/**
 * One PostgreSQL for the whole run, migrated once. The matrix gives another one by TEST_DATABASE_URL, and another way to it
 * for servers by TEST_APP_URL.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url: serverUrl, stop } = await startServer();
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${TEMPLATE}`);
  await admin.end();
  const appUrl = process.env.TEST_APP_URL || serverUrl;
  const url = new URL(serverUrl);
  url.pathname = `/${TEMPLATE}`;
  const database = openDatabase(url.href, { onError: () => {} });
  await migrate(database.pool);
  await installJobs(database, createLog('silent'));
  const { username } = new URL(appUrl);
  if (username !== url.username) await grantTo(database.pool, username);
  await database.close();
  project.provide('serverUrl', serverUrl);
  project.provide('appUrl', appUrl);
  return stop;
}

async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const external = process.env.TEST_DATABASE_URL;
  if (external) return { url: external, stop: async () => {} };
  const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-test-'));
  const settings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
  const user: EmbeddedUser = { dataDir, mode: 'own', settings, remove: true };
  // In a process and session of its own: it stops the database also when Ctrl-C or kill -9 ends this one.
  const program: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, 'embeddedUser.ts'), JSON.stringify(user)],
    { detached: true, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(program.stdout as NodeJS.ReadableStream).once('line', resolve);
    program.once('error', reject);
  });
  const { url, message } = JSON.parse(line) as { url?: string; message?: string };
  if (url === undefined) throw new Error(message);
  return {
    url,
    stop: async () => {
      program.stdin?.end();
      await once(program, 'exit');
    },
  };
}
