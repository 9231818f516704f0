import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TEST_SECRET_KEYS } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';
import { runCommand, startProcess } from '../support/serverProcess.ts';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'fairlead-doctor-'));
  // Started by root, PostgreSQL runs as somebody else, who has to come in here.
  await chmod(dataDir, 0o755);
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const ALL =
  'node settings port database rights connections wake-ups clock migrations time zones secrets servers deadlines jobs last resort';

test('beside a running server every check has its line, and the exit code is 0', async () => {
  const database = await createTestDatabase();
  const server = await startProcess(database.url);
  const { port } = new URL(server.url);
  const { ended, output } = runCommand(['doctor'], {
    ...{ PORT: port, DATABASE_URL: database.url, FAIRLEAD_SECRET_KEYS: TEST_SECRET_KEYS },
  });
  expect(await ended).toBe(0);
  const lines = output().trim().split('\n');
  expect(lines.map((line) => line.slice(2, 15).trim()).join(' ')).toBe(ALL);
  // No company is there yet.
  expect(lines.map((line) => line[0]).join('')).toBe(`${'✓'.repeat(lines.length - 1)}!`);
  expect(output()).toContain(`a Fairlead server listens on ${port} and is ready`);
  await server.stop();
  await database.drop();
});

test('with the database that comes along, before the first start, beside a server and after it', async () => {
  const find = async (): Promise<Record<string, { level: string; text: string }>> => {
    const { ended, output } = runCommand(['doctor', '--json'], { PORT: '0', FAIRLEAD_DATA_DIR: dataDir });
    expect(await ended).toBe(0);
    const findings = output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return Object.fromEntries(findings.map((finding) => [finding.check, finding]));
  };
  const before = await find();
  expect(before.database?.text).toContain('the first start makes it');
  expect(before.clock).toBeUndefined();

  const server = await startProcess('', { FAIRLEAD_DATA_DIR: dataDir });
  expect((await find()).servers?.text).toBe('1 server connected, 1 of them carry out what is due');
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
  expect((await find()).servers?.text).toBe('none is connected');
});

test.each<[string, Record<string, string>, string[]]>([
  ['settings', { PORT: 'x', FAIRLEAD_ROLE: 'boss' }, ['✗ settings     PORT must', '✗ settings     FAIRLEAD_ROLE must']],
  [
    'database',
    { PORT: '0', DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/x' },
    ['✗ database     DATABASE_URL: nothing listens there.'],
  ],
])('faults of the %s end with 1', async (_what, env, lines) => {
  const { ended, output } = runCommand(['doctor'], env);
  expect(await ended).toBe(1);
  for (const line of lines) expect(output()).toContain(line);
});
