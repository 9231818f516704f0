import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from './harness/scenario.ts';

/*
 * npm run test:faults: the scenarios of test/faults with all their faults, one after the other, and then a table of what
 * came out, in Markdown. `npm run test:faults -- NAME` runs those whose name contains NAME; FAULTS_SEED=… chooses the
 * faults of an earlier run again.
 */

const VITEST = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'vitest');

const folder = await mkdtemp(join(tmpdir(), 'fairlead-results-'));
const file = join(folder, 'results.jsonl');
const names = process.argv.slice(2).flatMap((name) => ['-t', name]);
const options = ['--reporter=verbose', '--maxWorkers=1', '--no-file-parallelism'];
const vitest = spawn(VITEST, ['run', 'test/faults', ...options, ...names], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, FAULTS: 'long', FAULTS_RESULTS: file },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => vitest.kill(signal));
const [code] = (await once(vitest, 'exit')) as [number | null];

const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
await rm(folder, { recursive: true });
const list = (entries: Readonly<Record<string, string | number>>): string =>
  Object.entries(entries)
    .map(([what, figure]) => `${what} ${figure}`)
    .join(', ') || '–';
console.log('\n| Scenario | Result | Seed | Leads | Time | Measured | Errors that clients saw |');
console.log('|---|---|---|---|---|---|---|');
for (const line of lines) {
  const { scenario, seed, leads, seconds, figures, errors, passed }: Result = JSON.parse(line);
  const result = passed ? 'passed' : '**failed**';
  console.log(
    `| ${scenario} | ${result} | ${seed} | ${leads.toLocaleString('en')} | ${seconds} s | ${list(figures)} | ${list(errors)} |`,
  );
}
process.exitCode = code ?? 1;
