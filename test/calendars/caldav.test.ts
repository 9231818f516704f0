import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCalendar } from '../../src/calendars/readers.ts';
import type { CaldavSource, ReadOptions } from '../../src/calendars/sources.ts';
import { serve, type TestServer } from '../support/calendarServers.ts';
import { calendar, event, fault, OWNER, show, WEEK } from '../support/calendars.ts';
import { hasRadicale, type Radicale, startRadicale, USER } from '../support/radicale.ts';

const OPTIONS: ReadOptions = { ...OWNER, allowPrivate: true, previousTag: null };

async function read(url: string, credentials: Partial<CaldavSource> = {}): Promise<string[]> {
  const reading = await readCalendar({ kind: 'CALDAV', url, ...USER, ...credentials }, WEEK, OPTIONS);
  return reading === 'UNCHANGED' ? [reading] : show(reading.busy);
}

const mustRun = process.env.CI === 'true';
if (!hasRadicale && !mustRun)
  console.warn('CalDAV is not tested: install the package radicale (apt-get install radicale).');

describe.skipIf(!hasRadicale && !mustRun)('a CalDAV server', () => {
  let radicale: Radicale;
  let work: string;
  let home: string;
  beforeAll(async () => {
    radicale = await startRadicale();
    work = await radicale.addCalendar('work');
    home = await radicale.addCalendar('home');
    await radicale.addCalendar('tasks', 'VTODO');
    await radicale.put(
      work,
      calendar(
        event(
          'UID:daily',
          'DTSTART;TZID=Europe/Berlin:20250106T090000',
          'DTEND;TZID=Europe/Berlin:20250106T100000',
          'RRULE:FREQ=WEEKLY;BYDAY=MO,TU',
          'SUMMARY:Straße & <Plan> \\, "now"',
        ),
        event(
          'UID:daily',
          'RECURRENCE-ID;TZID=Europe/Berlin:20260303T090000',
          'DTSTART;TZID=Europe/Berlin:20260303T140000',
          'DTEND;TZID=Europe/Berlin:20260303T150000',
        ),
      ),
    );
    await radicale.put(work, calendar(event('UID:past', 'DTSTART:20250302T080000Z', 'DURATION:PT1H')));
    await radicale.put(home, calendar(event('UID:leave', 'DTSTART;VALUE=DATE:20260305')));
    await radicale.put(home, calendar(event('UID:late', 'DTSTART:20260308T235500', 'DURATION:PT5M')));
  });
  afterAll(() => radicale?.[Symbol.asyncDispose]());

  const AT_WORK = ['MEETING 2026-03-02T08:00Z/2026-03-02T09:00Z', 'MEETING 2026-03-03T13:00Z/2026-03-03T14:00Z'];
  const AT_HOME = ['ALL_DAY 2026-03-04T23:00Z/2026-03-05T23:00Z', 'MEETING 2026-03-08T22:55Z/2026-03-08T23:00Z'];

  test('is asked for one calendar', async () => {
    expect(await read(work)).toEqual(AT_WORK);
    expect(await read(home)).toEqual(AT_HOME);
  });

  test('is asked for all calendars by its own address, or the user’s', async () => {
    expect(await read(radicale.url)).toEqual([...AT_WORK, ...AT_HOME]);
    expect(await read(`${radicale.url}/${USER.username}/`)).toEqual([...AT_WORK, ...AT_HOME]);
  });

  test('of an empty calendar says that nobody is busy', async () => {
    expect(await read(await radicale.addCalendar('empty'))).toEqual([]);
  });

  test('refuses a wrong password', async () => {
    for (const url of [radicale.url, work])
      await expect(read(url, { password: 'wrong' })).rejects.toEqual(fault('UNAUTHORIZED', 'app password'));
  });

  test('in a private network is refused unless that is allowed', async () => {
    const source = { kind: 'CALDAV', url: radicale.url, ...USER } as const;
    await expect(readCalendar(source, WEEK, { ...OPTIONS, allowPrivate: false })).rejects.toEqual(
      fault('ADDRESS_REFUSED', 'https://'),
    );
  });
});

const xml = (body: string) => ({
  status: 207,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">${body}</d:multistatus>`,
});

describe('what is no CalDAV server', () => {
  const IS_CALENDAR = xml(
    '<d:response><d:href>/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><c:calendar/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>',
  );

  test.each([
    [
      'answers with a page',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>a secret' },
      'NOT_FOUND',
    ],
    ['knows no such address', { status: 404, body: 'a secret' }, 'NOT_FOUND'],
    ['is throttled', { status: 429, headers: { 'retry-after': '60' } }, 'THROTTLED'],
    ['fails', { status: 500, body: 'a secret' }, 'SERVER_ERROR'],
    ['does not know the method', { status: 405 }, 'SERVER_ERROR'],
    ['answers with nothing', { status: 200 }, 'NOT_FOUND'],
    ['leads elsewhere', { status: 301, headers: { location: 'http://169.254.169.254/' } }, 'REDIRECTED'],
  ] as const)('%s', async (_, reply, code) => {
    await using server = await serve(() => reply);
    const asked = read(server.url);
    await expect(asked).rejects.toEqual(fault(code));
    await expect(asked).rejects.not.toThrow('a secret');
  });

  test('does not pass on what a calendar of it holds', async () => {
    await using server = await serve(({ method }) =>
      method === 'PROPFIND' ? IS_CALENDAR : { status: 507, body: 'a secret' },
    );
    await expect(read(server.url)).rejects.toEqual(fault('SERVER_ERROR', 'status 507'));
    await using other = await serve(({ method }) =>
      method === 'PROPFIND'
        ? IS_CALENDAR
        : xml('<d:response><d:href>/a.ics</d:href><d:status>HTTP/1.1 500 a secret</d:status></d:response>'),
    );
    const asked = read(other.url);
    await expect(asked).rejects.toEqual(fault('SERVER_ERROR', 'CalDAV does not provide for'));
    await expect(asked).rejects.not.toThrow('a secret');
  });
});

/** A server whose calendars are found where its address leads to, each with one meeting. */
function serveCalendars(names: readonly string[], component = 'VEVENT') {
  const response = (href: string, found: string): string =>
    `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${found}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;
  const isCalendar = `<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>
    <c:supported-calendar-component-set><c:comp name="${component}"/></c:supported-calendar-component-set>`;
  return serve(({ method, path, headers, body }) => {
    if (path === '/.well-known/caldav') return { status: 301, headers: { location: '/dav/' } };
    if (!path.startsWith('/dav/')) return { status: 404 };
    if (method === 'REPORT') {
      const text = calendar(event('DTSTART:20260302T080000Z', 'DURATION:PT1H'));
      return xml(response('/dav/a.ics', `<c:calendar-data>${text}</c:calendar-data>`));
    }
    if (headers.depth === '1') return xml(names.map((name) => response(`/dav/${name}/`, isCalendar)).join(''));
    if (body.includes('current-user-principal'))
      return xml(response(path, '<d:current-user-principal><d:href>/dav/ada</d:href></d:current-user-principal>'));
    return xml(response(path, '<c:calendar-home-set><d:href>/dav/ada/</d:href></c:calendar-home-set>'));
  });
}
const reports = (server: TestServer): number => server.asked.filter(({ method }) => method === 'REPORT').length;

describe('a server that tells where its calendars are', () => {
  test('is followed there', async () => {
    await using server = await serveCalendars(['work']);
    expect(await read(server.url)).toEqual(['MEETING 2026-03-02T08:00Z/2026-03-02T09:00Z']);
  });

  test('is not asked for lists of tasks', async () => {
    await using server = await serveCalendars(['tasks'], 'VTODO');
    expect(await read(server.url)).toEqual([]);
    expect(reports(server)).toBe(0);
  });

  test('is not asked for ever', async () => {
    await using server = await serveCalendars(Array.from({ length: 120 }, (_, index) => `${index}`));
    await expect(read(server.url)).rejects.toEqual(fault('TOO_LARGE', 'too many calendars'));
    expect(server.asked.length).toBeLessThanOrEqual(100);
  });
});
