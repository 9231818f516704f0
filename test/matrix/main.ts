import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { endWithThis, runTests, type Totals, totalsLine } from '../support/runTests.ts';
import { LEGS, type Leg, missing, QUICK, TOGETHER } from './legs.ts';

// npm run test:matrix: the suite on other databases than the one of npm test, and with Redis. --quick: what comes nearest to
// the database, on everything at once. --leg: only that one, by the beginning of its name. Other arguments go to vitest.

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, leg: { type: 'string', default: '' } },
  allowPositionals: true,
});

async function runLeg(leg: Leg, files: readonly string[]): Promise<Totals> {
  const lacking = missing(leg);
  if (lacking.length > 0) {
    console.log(`\n${leg.name} is not tested: apt-get install ${lacking.join(' ')}`);
    return { passed: 0, failed: process.env.CI === 'true' ? 1 : 0, skipped: process.env.CI === 'true' ? 0 : 1 };
  }
  console.log(`\n${leg.name}`);
  // In a process and session of its own: what it has started ends also when Ctrl-C or kill -9 ends this one.
  const services: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, 'services.ts'), JSON.stringify(leg)],
    { detached: true, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = once(services, 'exit');
  const lines = createInterface(services.stdout as NodeJS.ReadableStream);
  const line = await Promise.race([once(lines, 'line').then(([text]) => text as string), ended.then(() => null)]);
  if (line === null) return { passed: 0, failed: 1, skipped: 0 };
  try {
    const args = [...files, ...(leg.without ?? []).map((pattern) => `--exclude=${pattern}`)];
    return await runTests(args, JSON.parse(line) as Record<string, string>);
  } finally {
    services.stdin?.end();
    await ended;
  }
}

endWithThis();
const legs = (values.quick ? [TOGETHER] : [...LEGS, TOGETHER]).filter(({ name }) => name.startsWith(values.leg));
const files = positionals.length > 0 ? positionals : values.quick ? QUICK : [];
const totals = { passed: 0, failed: 0, skipped: 0 };
for (const leg of legs) {
  const { passed, failed, skipped } = await runLeg(leg, files);
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
}
console.log(totalsLine(totals));
process.exitCode = totals.failed > 0 ? 1 : 0;
