import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TOOLS = join(import.meta.dirname, '..', '..', 'node_modules', '.bin');

export interface Finished {
  readonly ok: boolean;
  readonly output: string;
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const children = new Set<ChildProcess>();

/** Lets a signal that ends this process end what it has started. */
export function endWithThis(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      for (const child of children) child.kill(signal);
      process.exit(1);
    });
  }
}

/**
 * Runs a development tool of the project's.
 *
 * @param output `show` to let it through as it comes
 * @param env beside that of this process
 */
export const runTool = (
  name: string,
  args: readonly string[],
  output: 'show' | 'keep',
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> =>
  new Promise((resolve) => {
    const stdio = output === 'show' ? 'inherit' : 'pipe';
    const child = spawn(join(TOOLS, name), args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', stdio, stdio],
    });
    children.add(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk));
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (code) => {
      children.delete(child);
      resolve({ ok: code === 0, output: text });
    });
  });

/** Runs vitest, which shows what it does. @param args as vitest's */
export async function runTests(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Totals> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-results-'));
  const file = join(folder, 'results.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { ok } = await runTool('vitest', ['run', ...reporters, ...args], 'show', env);
  const results = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Record<string, number | undefined>;
  await rm(folder, { recursive: true });
  const { numPassedTests: passed = 0, numFailedTests: failed = 0, numPendingTests: skipped = 0 } = results;
  // A file that could not be run has no failed test.
  return { passed, failed: !ok && failed === 0 ? 1 : failed, skipped };
}

/** What a run ends with; `.ci/run` adds these lines up. */
export const totalsLine = ({ passed, failed, skipped }: Totals): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
