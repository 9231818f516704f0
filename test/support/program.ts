import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

/* Servers that no npm package brings: they are the system's, and run in the foreground, each in a folder of its own. */

/** Debian keeps servers where only root looks for them. */
const PATH = `${process.env.PATH}:/usr/sbin`;

export const has = (command: string): boolean => spawnSync(command, ['--version'], { env: { PATH } }).status === 0;

/** Whether to test what needs a program: without it, unless in CI, it is left out, with a line that says so. */
export function canTest(command: string, what: string): boolean {
  if (has(command)) return true;
  console.warn(`${what} is not tested: install the package ${command} (apt-get install ${command}).`);
  return process.env.CI === 'true';
}

export interface Program extends AsyncDisposable {
  readonly port: number;
  readonly child: ChildProcess;
  /** Ends it without a word. */
  kill(): Promise<void>;
}

export interface ProgramOptions {
  readonly command: string;
  /** Its arguments, to listen on this port of 127.0.0.1; may write into the folder, which is taken away in the end. */
  readonly prepare: (folder: string, port: number) => Promise<readonly string[]>;
  readonly port?: number | undefined;
  /** Whether it serves already; that it takes connections unless told. */
  readonly isReady?: (port: number) => Promise<boolean>;
  /** What ends it without waiting for its clients. */
  readonly stopSignal?: NodeJS.Signals;
  /** Whom it runs as, instead of root. */
  readonly as?: { readonly uid: number; readonly gid: number };
}

/** Resolves when it answers. @throws Error with what it has printed when it ends before */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { command, prepare, port: givenPort, isReady = answers, stopSignal = 'SIGTERM', as } = options;
  const port = givenPort ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), `fairlead-${command.replace(/.*\//, '')}-`));
  // Started by root, some run as somebody else, who has to come in here.
  await chmod(folder, 0o755);
  const args = await prepare(folder, port);
  const child = spawn(command, args, {
    ...as,
    cwd: '/',
    env: { PATH, LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output += String(error);
      resolve();
    });
    child.once('close', () => resolve());
  });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  await until(() => {
    if (isOver) throw new Error(`${command} ended: ${output}`);
    return isReady(port);
  }, `${command} answers`);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill('SIGCONT');
    child.kill(signal);
    await ended;
  };
  return {
    port,
    child,
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      await end(stopSignal);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    for (const event of ['connect', 'error']) socket.once(event, () => socket.destroy());
  });

/** One that is free now; the system gives another one out next time. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
