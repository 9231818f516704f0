import { styleText } from 'node:util';
import { endWithThis, runTests, runTool, totalsLine } from './support/runTests.ts';

// npm test: types, lint, generated files, then every test. Arguments go to vitest (npm test -- test/domain).

const CHECKS: readonly (readonly [what: string, tool: string, args: readonly string[]])[] = [
  ['types', 'tsc', ['--noEmit']],
  ['types of fairlead/client', 'tsc', ['-p', 'tsconfig.client.json', '--noEmit']],
  ['lint and format', 'biome', ['ci', '--error-on-warnings', '.']],
  ['typed documents are as schema.graphql says', 'graphql-codegen', ['--config', 'codegen.ts', '--check']],
];

endWithThis();
let passed = 0;
let failed = 0;
await Promise.all(
  CHECKS.map(async ([what, tool, args]) => {
    const start = performance.now();
    const { ok, output } = await runTool(tool, args, 'keep');
    const seconds = ((performance.now() - start) / 1_000).toFixed(1);
    console.log(`${ok ? styleText('green', '✓') : styleText('red', '✗')} ${what} (${seconds} s)`);
    if (ok) passed += 1;
    else failed += 1;
    if (!ok) console.log(output.trim());
  }),
);

const tests = await runTests(process.argv.slice(2));
passed += tests.passed;
failed += tests.failed;
console.log(totalsLine({ passed, failed, skipped: tests.skipped }));
process.exitCode = failed > 0 ? 1 : 0;
