import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Calendar } from '../../src/db/generated/client.ts';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { type FeedServer, serve, serveFeed, type TestServer } from '../support/calendarServers.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
let feed: FeedServer;
/** Where the redirect leads. */
let inside: TestServer;
let throttling: TestServer;
beforeAll(async () => {
  app = await startTestApp({ config: { allowPrivateAddresses: true } });
  feed = await serveFeed('BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nEND:VCALENDAR\r\n');
  inside = await serve(() => ({ status: 200, body: 'internal' }));
  throttling = await serve(() => ({ status: 429, headers: { 'retry-after': '7200' } }));
});
afterAll(async () => {
  for (const server of [feed, inside, throttling]) await server[Symbol.asyncDispose]();
  await app.stop();
});

/** Calendars that are due; their ids end in 0, 1, …, which is what they are shared out by. */
async function addCalendars({ id: workspaceId }: TestWorkspace, urls: readonly string[]): Promise<void> {
  const now = app.clock.now();
  const rest = { attempt: 0, unmatched: 0, alerted: false, nextSyncAt: now, createdAt: now, updatedAt: now };
  await app.database.prisma.calendar.createMany({
    data: urls.map((url, index) => ({
      ...{ workspaceId, id: `${crypto.randomUUID().slice(0, -1)}${index}`, name: url, kind: 'HR' as const },
      ...{ source: JSON.stringify({ kind: 'HR', url }), ...rest },
    })),
  });
}

const calendarsOf = ({ id: workspaceId }: TestWorkspace): Promise<Calendar[]> =>
  app.database.prisma.calendar.findMany({ where: { workspaceId }, orderBy: { id: 'asc' } });

test('hosts that hang, fail, throttle, redirect and pour disturb neither other calendars nor intake; what they do is noted, with when they are asked again', async () => {
  const [hanging, bad, good] = [
    await openWorkspace(app, onePool(1)),
    await openWorkspace(app, onePool(1)),
    await openWorkspace(app, onePool(1)),
  ];
  const urls = {
    SERVER_ERROR: `${feed.url}/broken`,
    THROTTLED: `${throttling.url}/`,
    REDIRECTED: `${feed.url}/moved?to=${encodeURIComponent(inside.url)}`,
    TOO_LARGE: `${feed.url}/huge`,
  };
  await addCalendars(hanging, Array(6).fill(`${feed.url}/silent`));
  const isHanging = (): boolean => feed.asked.filter(({ path }) => path === '/silent').length === 2;
  await app.sweep();
  await until(isHanging, 'two are read at a time');
  await addCalendars(bad, Object.values(urls));
  await addCalendars(good, [`${feed.url}/calendar.ics`]);
  await app.sweep();

  const leads = await Promise.all(
    Array.from({ length: 20 }, (_, index) => hanging.submit({ email: `p${index}@client.example` })),
  );
  expect(leads.map(({ owner }) => owner)).toEqual(Array(20).fill('rep-1'));
  await until(async () => (await calendarsOf(good)).every(({ syncedAt }) => syncedAt !== null), 'the good one is read');
  await until(
    async () => (await calendarsOf(bad)).every(({ faultCode }) => faultCode !== null),
    'the faults are noted',
  );
  // All the while the others hang.
  expect(isHanging()).toBe(true);
  expect((await calendarsOf(hanging)).map(({ syncedAt, faultCode }) => syncedAt ?? faultCode)).toEqual(
    Array(6).fill(null),
  );

  const noted = new Map((await calendarsOf(bad)).map((calendar) => [calendar.name, calendar]));
  for (const [code, url] of Object.entries(urls)) {
    const calendar = noted.get(url);
    const waitSeconds = ((calendar?.nextSyncAt.getTime() ?? 0) - app.clock.now().getTime()) / 1_000;
    expect([calendar?.faultCode, waitSeconds]).toEqual([code, code === 'THROTTLED' ? 7_200 : 300]);
  }
  expect(inside.asked).toEqual([]);
});

test('a server that stops does not wait for a host that hangs, and leaves the calendar to another', async () => {
  const start = performance.now();
  await app.app.stop();
  expect(performance.now() - start).toBeLessThan(8_000);
  const { rows } = await app.database.pool.query(
    `SELECT "attempts", "locked_at", "last_error" LIKE '%server stops%' AS "isLeft" FROM graphile_worker.jobs WHERE "attempts" > 0`,
  );
  expect(rows).toEqual(Array(2).fill({ attempts: 1, locked_at: null, isLeft: true }));
});
