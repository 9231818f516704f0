import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { findPlace } from '../../../src/db/embeddedPlace.ts';
import { createLog } from '../../../src/log.ts';
import type { EmbeddedUser } from '../../support/embeddedUser.ts';
import { waitFor } from './waitFor.ts';

const run = promisify(execFile);

/** A PostgreSQL of a run's own that writes to the disk as in earnest, and can be mistreated. */
export interface Postgres {
  readonly url: string;
  readonly port: number;
  /** All processes at once, as in a power cut: nothing is finished. */
  stopImmediately(): Promise<void>;
  /** On the same data and port, where it does not run; recovers first. */
  start(): Promise<void>;
  /** All of its processes stand still: connections are taken by the kernel, and nobody answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  close(): Promise<void>;
}

const SETTINGS = ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on'];

export async function startPostgres(): Promise<Postgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-faults-'));
  const user: EmbeddedUser = { dataDir, mode: 'own', settings: SETTINGS, remove: true };
  // In a process and session of its own: it stops the database also when this one is killed.
  const program: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, '..', '..', 'support', 'embeddedUser.ts'), JSON.stringify(user)],
    { detached: true, stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const [line] = (await once(createInterface(program.stdout as NodeJS.ReadableStream), 'line')) as [string];
  const { url, message } = JSON.parse(line) as { url?: string; message?: string };
  if (url === undefined) throw new Error(message);
  const port = Number(new URL(url).port);
  const { binaries, data, substitute } = await findPlace(dataDir, createLog('silent'));
  const folder = await realpath(data);

  async function postmaster(): Promise<number | null> {
    const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '');
    const pid = Number(text.split('\n')[0]);
    return pid && (await stat(`/proc/${pid}`).catch(() => null)) ? pid : null;
  }

  let frozen: number[] = [];
  async function thaw(): Promise<void> {
    for (const pid of frozen) signal(pid, 'SIGCONT');
    frozen = [];
  }

  return {
    url,
    port,
    stopImmediately: async () => {
      const pid = await postmaster();
      if (pid === null) return;
      signal(pid, 'SIGQUIT');
      await waitFor('PostgreSQL has stopped', 30_000, async () => (await postmaster()) === null);
    },
    start: async () => {
      if ((await postmaster()) !== null) return;
      const options = [
        `-p ${port}`,
        ...['listen_addresses=127.0.0.1', "unix_socket_directories=''", 'max_connections=200', ...SETTINGS].map(
          (setting) => `-c ${setting}`,
        ),
      ].join(' ');
      const args = ['-D', folder, '-s', 'start', '-w', '-t', '60', '-l', join(folder, 'server.log'), '-o', options];
      await run(binaries.pg_ctl, args, { ...substitute, cwd: '/', env: { LC_ALL: 'C', TZ: 'UTC' } });
    },
    freeze: async () => {
      const pid = await postmaster();
      if (pid === null) throw new Error('PostgreSQL does not run');
      signal(pid, 'SIGSTOP');
      frozen = [pid, ...(await childrenOf(pid))];
      for (const child of frozen) signal(child, 'SIGSTOP');
    },
    thaw,
    close: async () => {
      await thaw();
      program.stdin?.end();
      if (program.exitCode === null) await once(program, 'exit');
    },
  };
}

/** One that has gone meanwhile is no fault. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      // After the name in brackets, which may hold anything: state and parent.
      return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === parent ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}
