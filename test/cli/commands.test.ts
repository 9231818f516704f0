import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { runCommand, startProcess } from '../support/serverProcess.ts';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'fairlead-cli-'));
  // Started by root, PostgreSQL runs as somebody else, who has to come in here.
  await chmod(dataDir, 0o755);
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

describe('start', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const start = () => startProcess(database.url, {});

  test('prints the admin key at the first start alone, and ends with 0 when told to', async () => {
    const first = await start();
    const key = /fl_\S+/.exec(first.output())?.[0];
    const me = await fetch(`${first.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: '{"query":"{ me { role } }"}',
    });
    expect(await me.json()).toEqual({ data: { me: { role: 'ADMIN' } } });
    expect(await first.stop()).toBe(0);
    const second = await start();
    expect(second.output()).not.toContain('fl_');
    expect(await second.stop()).toBe(0);
  });

  test('says in one line that the port is in use', async () => {
    const first = await start();
    const { port } = new URL(first.url);
    const second = runCommand(['start'], { PORT: port, DATABASE_URL: database.url });
    expect(await second.ended).toBe(1);
    expect(second.output().trim().split('\n').at(-1)).toBe(
      `Port ${port} is in use. Set PORT to another one, or to 0 for any that is free.`,
    );
    await first.stop();
  });
});

test.each<[string, Record<string, string>, string[]]>([
  [
    'faulty settings, all at once',
    { PORT: 'x', FAIRLEAD_ROLE: 'boss', FAIRLEAD_DATADIR: '/tmp' },
    [
      'FAIRLEAD_DATADIR is no setting; did you mean FAIRLEAD_DATA_DIR?',
      'PORT must be',
      'FAIRLEAD_ROLE must be one of all, api, worker',
    ],
  ],
  [
    'a database that is not there',
    { DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/x' },
    ['DATABASE_URL: nothing listens there.'],
  ],
])('start says what to do about %s, and ends with 1', async (_what, env, lines) => {
  const { ended, output } = runCommand(['start'], env);
  expect(await ended).toBe(1);
  expect(output().trim().split('\n')).toHaveLength(lines.length);
  for (const line of lines) expect(output()).toContain(line);
});

test.each(['geographic', 'verticals', 'segments'])(
  'demo -- --once --company %s gives every lead an owner whose device hears of it, and ends with 0',
  async (company) => {
    const { ended, output } = runCommand(['demo', '--once', '--company', company], { FAIRLEAD_DATA_DIR: dataDir });
    const code = await ended;
    expect(output()).toContain('Every lead has an owner, and every owner’s device has heard of it.');
    expect(code).toBe(0);
  },
);

test('an unknown command is answered with the nearest known one', async () => {
  const { ended, output } = runCommand(['strat']);
  expect(await ended).toBe(1);
  expect(output()).toContain('did you mean start?');
});

test('help names every command', async () => {
  const { ended, output } = runCommand(['help']);
  expect(await ended).toBe(0);
  for (const name of ['start', 'demo', 'config', 'doctor']) expect(output()).toContain(`  ${name}`);
});
