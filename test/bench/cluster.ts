import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import type { ConfigurationContext } from '../../src/configuration/change.ts';
import { applyCompany } from '../../src/configuration/company.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { startEmbedded } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { createLog } from '../../src/log.ts';
import { UNLIMITED } from '../support/unlimited.ts';
import { ADMIN_KEY } from './company.ts';
import { cpuOf, cpuOfPostgres, parentOf } from './cpu.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'fairlead.js');

/** A PostgreSQL of the bench's own, as `npm start` would run it: `fsync` on. */
export interface Cluster {
  readonly dataDir: string;
  /** A migrated database with a company in it; `postgres` is there already, and the one that `npm start` takes. */
  database(name: string, company: string): Promise<Prepared>;
  /** Seconds of CPU it has had; null where that is not known. */
  cpu(): number | null;
  /** Stops PostgreSQL; its data stay. */
  pause(): Promise<void>;
  /** Stops PostgreSQL and deletes its data. */
  stop(): Promise<void>;
}

export interface Prepared {
  readonly url: string;
  readonly database: Database;
  readonly context: ConfigurationContext;
  /** Brings it to what another company's file says. */
  apply(company: string): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  // Another user runs PostgreSQL where we are root.
  await chmod(dataDir, 0o755);
  const embedded = await startEmbedded({ dataDir, log: createLog('warn'), mode: 'own' });
  const opened: Database[] = [];
  const open = (url: string): Database => {
    const database = openDatabase(url, { onError: () => {} });
    opened.push(database);
    return database;
  };
  const first = open(embedded.url);
  const { rows } = await first.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS "pid"');
  const postmaster = parentOf(rows[0]?.pid ?? 0) ?? 0;
  let isRunning = true;
  const pause = async (): Promise<void> => {
    if (!isRunning) return;
    isRunning = false;
    for (const database of opened) await database.close();
    await embedded.stop();
  };
  return {
    dataDir,
    async database(name, company) {
      const url = new URL(embedded.url);
      url.pathname = `/${name}`;
      if (name !== 'postgres') await first.pool.query(`CREATE DATABASE "${name}"`);
      const database = name === 'postgres' ? first : open(url.href);
      await migrate(database.pool);
      const workspaceId = await ensureWorkspace(database, systemClock);
      const context = { database, workspaceId, by: 'bench', clock: systemClock, committed: () => {} };
      const apply = async (text: string): Promise<void> => void (await applyCompany(context, text));
      await apply(company);
      return { url: url.href, database, context, apply };
    },
    cpu: () => cpuOfPostgres(postmaster),
    pause,
    stop: async () => {
      await pause();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A complete server, started as `npm start` does. */
export interface ServerProcess {
  readonly url: string;
  /** Seconds from the call to its being ready. */
  readonly seconds: number;
  /** Seconds of CPU it has had; null where that is not known. */
  cpu(): number | null;
  stop(): Promise<void>;
}

/** @param settings of the environment: which database */
export async function startServer(settings: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const start = performance.now();
  const child: ChildProcess = spawn(process.execPath, [BIN, 'start'], {
    env: {
      ...process.env,
      PORT: '0',
      FAIRLEAD_ADMIN_KEY: ADMIN_KEY,
      FAIRLEAD_LOG_LEVEL: 'warn',
      ...UNLIMITED,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A bench that fails leaves no server behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      process.off('exit', kill);
      resolve();
    }),
  );
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk;
      const found = /listens on (http:\S+)\/graphql/.exec(text)?.[1];
      if (found) resolve(found);
    });
    child.once('close', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
  return {
    url,
    seconds: (performance.now() - start) / 1_000,
    cpu: () => cpuOf(child.pid ?? 0),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
