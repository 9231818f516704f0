import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { printedSchema } from '../../src/graphql/schema.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** In a process of its own: the schema engine is WebAssembly, which the test runner's module loader does not take. */
const drift = async (): Promise<string> => {
  const args = ['--no-warnings', 'prisma/dev/drift.ts', database.ownerUrl];
  return promisify(execFile)(process.execPath, args).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout || stderr,
  );
};

test('the migrations give exactly what prisma/schema.prisma says', async () => {
  expect(await drift()).toBe('');
});

test('the check notices a column that is missing', async () => {
  await database.asOwner('ALTER TABLE "Lead" DROP COLUMN "metro"');
  expect(await drift()).toContain('ADD COLUMN     "metro"');
});

test('the code prints exactly schema.graphql', () => {
  expect(printedSchema()).toBe(readFileSync('schema.graphql', 'utf8'));
});
