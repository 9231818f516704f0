import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ADMIN_KEY, until } from './app.ts';
import { UNLIMITED } from './unlimited.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'fairlead.js');

export interface CommandRun {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

/** Runs a command as npm does, with these settings alone. */
export function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): CommandRun {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(FAIRLEAD_|DATABASE_URL$|PORT$|HOST$|NODE_ENV$)/.test(name)),
  );
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, output: () => text, ended };
}

export interface ServerProcess extends CommandRun {
  readonly url: string;
  /** Asks it to end, and gives its exit code. */
  stop(): Promise<number | null>;
}

/** A server in a process of its own. */
export async function startProcess(
  databaseUrl: string,
  env: Readonly<Record<string, string>> = { FAIRLEAD_ADMIN_KEY: ADMIN_KEY },
): Promise<ServerProcess> {
  const settings = {
    PORT: '0',
    DATABASE_URL: databaseUrl,
    FAIRLEAD_REDIS_URL: process.env.TEST_REDIS_URL ?? '',
    FAIRLEAD_LOG_LEVEL: 'warn',
    ...UNLIMITED,
  };
  const run = runCommand(['start'], { ...settings, ...env });
  await until(() => /listens on/.test(run.output()) || run.child.exitCode !== null, 'the server listens');
  return {
    ...run,
    url: /http:\S+(?=\/graphql)/.exec(run.output())?.[0] ?? '',
    stop: () => {
      run.child.kill('SIGTERM');
      return run.ended;
    },
  };
}
