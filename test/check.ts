import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';

// npm test: types, lint, generated files, then every test. Arguments go to vitest (npm test -- test/domain).

const TOOLS = join(import.meta.dirname, '..', 'node_modules', '.bin');

interface Finished {
  readonly ok: boolean;
  readonly output: string;
}

const children = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const child of children) child.kill(signal);
    process.exit(1);
  });
}

/** @param output `show` to let it through as it comes */
const run = (command: string, args: readonly string[], output: 'show' | 'keep'): Promise<Finished> =>
  new Promise((resolve) => {
    const stdio = output === 'show' ? 'inherit' : 'pipe';
    const child = spawn(command, args, { stdio: ['ignore', stdio, stdio] });
    children.add(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk));
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (code) => {
      children.delete(child);
      resolve({ ok: code === 0, output: text });
    });
  });

const CHECKS: readonly (readonly [what: string, command: string, args: readonly string[]])[] = [
  ['types', 'tsc', ['--noEmit']],
  ['types of fairlead/client', 'tsc', ['-p', 'tsconfig.client.json', '--noEmit']],
  ['lint and format', 'biome', ['ci', '--error-on-warnings', '.']],
  ['typed documents are as schema.graphql says', 'graphql-codegen', ['--config', 'codegen.ts', '--check']],
];

let passed = 0;
let failed = 0;
await Promise.all(
  CHECKS.map(async ([what, command, args]) => {
    const start = performance.now();
    const { ok, output } = await run(join(TOOLS, command), args, 'keep');
    const seconds = ((performance.now() - start) / 1_000).toFixed(1);
    console.log(`${ok ? styleText('green', '✓') : styleText('red', '✗')} ${what} (${seconds} s)`);
    if (ok) passed += 1;
    else failed += 1;
    if (!ok) console.log(output.trim());
  }),
);

const folder = await mkdtemp(join(tmpdir(), 'fairlead-results-'));
const file = join(folder, 'results.json');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
const { ok } = await run(join(TOOLS, 'vitest'), ['run', ...reporters, ...process.argv.slice(2)], 'show');
const results = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Record<string, number | undefined>;
await rm(folder, { recursive: true });
const { numPassedTests = 0, numFailedTests = 0, numPendingTests: skipped = 0 } = results;
passed += numPassedTests;
failed += numFailedTests;
// A file that could not be run has no failed test.
if (!ok && numFailedTests === 0) failed += 1;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
