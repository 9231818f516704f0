import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createLog } from '../../src/log.ts';
import { newKeyText, parseKeys } from '../../src/secrets/keys.ts';
import { createSecrets, type SecretKeys, SecretsError } from '../../src/secrets/seal.ts';
import { openSource, resealAll } from '../../src/secrets/stored.ts';
import { startTestApp, TEST_SECRET_KEYS, type TestApp, testConfig } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { runCommand } from '../support/serverProcess.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

/* What calendars are read with, as it lies in the database. */

const keysOf = (text: string): SecretKeys => parseKeys(text) as SecretKeys;
const NEW = newKeyText('2026-02-01');
const idOf = (text: string): string => text.split(':')[0] as string;

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp({ config: { role: 'api' } });
  workspace = await openWorkspace(app, onePool(2));
});
afterAll(() => app.stop());

const PASSWORD = 'correct horse battery staple';
const caldav = { url: 'https://dav.example.com/ada/', username: 'ada', password: PASSWORD };

// The success type of a calendar's mutations is one for all of them.
const created = async (name: string, key = workspace.key): Promise<{ id: string; host: string }> => {
  const { data, errors } = await workspace.send<{ createCalendar: { calendar: { id: string; host: string } } }>(
    `mutation ($input: CreateCalendarInput!) { createCalendar(input: $input) {
       ... on CalendarSuccess { calendar { id host } } ... on Error { code message } } }`,
    { input: { name, kind: 'CALDAV', repId: workspace.rep('rep-1'), caldav } },
    key,
  );
  if (!data?.createCalendar.calendar) throw new Error(JSON.stringify([data, errors]));
  return data.createCalendar.calendar;
};
const stored = () =>
  app.database.prisma.calendar.findMany({ where: { workspaceId: workspace.id }, orderBy: { id: 'asc' } });
const start = async (secretKeys: string | null): Promise<void> => {
  const config = testConfig(app.testDatabase.url, { secretKeys: secretKeys === null ? null : keysOf(secretKeys) });
  const other = createApp({ config, log: createLog('silent') });
  try {
    await other.start();
  } finally {
    await other.stop();
  }
};

describe('a calendar', () => {
  test('is kept so that its address and password are nowhere in the database, and its host is shown', async () => {
    const { host } = await created('Mine');
    expect(host).toBe('dav.example.com');
    const { rows } = await app.database.pool.query(
      `SELECT string_agg(t, ' ') AS "all" FROM (
         SELECT c::text AS t FROM "Calendar" c UNION ALL SELECT e::text FROM "AuditEntry" e
         UNION ALL SELECT h::text FROM "ConfigurationHistory" h UNION ALL SELECT v::text FROM "Event" v) AS x`,
    );
    expect(rows[0].all).not.toContain(PASSWORD);
    expect(rows[0].all).not.toContain('dav.example.com');
    expect(rows[0].all).toContain(`v1:${idOf(TEST_SECRET_KEYS)}:`);
  });

  test('is not kept by a server that has no keys, which says what is missing', async () => {
    const bare = await startTestApp({ config: { secretKeys: null, role: 'api' } });
    const there = await openWorkspace(bare, onePool(1));
    const input = { name: 'Mine', kind: 'CALDAV', repId: there.rep('rep-1'), caldav };
    const { data } = await there.send<{ createCalendar: { issues: { path: string; message: string }[] } }>(
      'mutation ($input: CreateCalendarInput!) { createCalendar(input: $input) { ... on InvalidInputError { issues { path message } } } }',
      { input },
    );
    expect(data?.createCalendar.issues).toEqual([
      { path: 'caldav', message: expect.stringContaining('FAIRLEAD_SECRET_KEYS') },
    ]);
    expect(await bare.database.prisma.calendar.count()).toBe(0);
    await bare.stop();
  });
});

describe('a server', () => {
  test('does not start without the key that was used, or with another one of its name, and says which', async () => {
    const id = idOf(TEST_SECRET_KEYS);
    await expect(start(NEW)).rejects.toThrow(new RegExp(`lacks the key "${id}".*1 calendar is encrypted with it`));
    await expect(start(null)).rejects.toThrow(SecretsError);
    await expect(start(`${id}:${NEW.split(':')[1]}`)).rejects.toThrow(`The key "${id}"`);
    await start(`${NEW},${TEST_SECRET_KEYS}`);
  });
});

describe('a new key', () => {
  test('takes the place of the old one while calendars are added and changed, and all can be read at every moment', async () => {
    const both = createSecrets(keysOf(`${NEW},${TEST_SECRET_KEYS}`));
    // A server that still has the old one first goes on keeping with that.
    const writing = Array.from({ length: 12 }, (_, index) => created(`Calendar ${index}`));
    const rotating = Array.from({ length: 4 }, () => resealAll(app.database, both));
    const checking = Array.from({ length: 8 }, async () => {
      for (const calendar of await stored()) expect(openSource(both, calendar)).toMatchObject({ kind: 'CALDAV' });
    });
    await Promise.all([...writing, ...rotating, ...checking]);
    await resealAll(app.database, both);
    const calendars = await stored();
    expect(calendars).toHaveLength(13);
    for (const calendar of calendars) {
      expect(calendar.source).toMatch(new RegExp(`^v1:${idOf(NEW)}:`));
      expect(openSource(createSecrets(keysOf(NEW)), calendar)).toMatchObject({ password: PASSWORD });
    }
    expect(await resealAll(app.database, both)).toBe(0);
  });

  test('also for what an older version has kept as it was', async () => {
    const [calendar] = await stored();
    const plain = JSON.stringify({ kind: 'CALDAV', ...caldav });
    await app.database.pool.query('UPDATE "Calendar" SET "source" = $2 WHERE "id" = $1', [calendar?.id, plain]);
    await start(NEW);
    const run = async (...args: string[]): Promise<[number | null, string]> => {
      const env = { DATABASE_URL: app.testDatabase.url, FAIRLEAD_SECRET_KEYS: NEW };
      const { ended, output } = runCommand(['secrets', ...args], env);
      return [await ended, stripVTControlCharacters(output()).trim()];
    };
    const [[code, told], [again, nothing], [made, text], [wrong]] = await Promise.all([
      run('rotate'),
      run('rotate').then(() => run('rotate')),
      run('new'),
      run('turn'),
    ]);
    expect([code, again, made, wrong]).toEqual([0, 0, 0, 1]);
    expect(told).toContain(`with the key "${idOf(NEW)}" are now 13`);
    expect(nothing).toContain('0 encrypted again');
    expect(parseKeys(text)?.size).toBe(1);
    expect((await stored())[0]?.source).toMatch(/^v1:/);
  });
});
