import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCalendar, readHr } from '../../src/calendars/readers.ts';
import type { CalendarReading, CalendarSource, ReadOptions } from '../../src/calendars/sources.ts';
import { type FeedServer, serve, serveFeed } from '../support/calendarServers.ts';
import { calendar, event, fault, OWNER, show, span, WEEK } from '../support/calendars.ts';

const NINE = event('DTSTART:20260302T080000Z', 'DURATION:PT1H', 'SUMMARY:Ada Lovelace');
const TEN = event('DTSTART:20260302T090000Z', 'DURATION:PT1H');

const HOUR_MS = 3_600_000;

let feed: FeedServer;
beforeEach(async () => {
  feed = await serveFeed(calendar(NINE));
});
afterEach(() => feed[Symbol.asyncDispose]());

const source = (path = '/calendar.ics'): CalendarSource => ({ kind: 'ICS', url: `${feed.url}${path}` });
const options = (previousTag: string | null = null): ReadOptions => ({ ...OWNER, allowPrivate: true, previousTag });

async function read(previousTag: string | null = null, window = WEEK, more: Partial<ReadOptions> = {}) {
  return readCalendar(source(), window, { ...options(previousTag), ...more });
}
const reading = async (...args: Parameters<typeof read>): Promise<CalendarReading> => {
  const read1 = await read(...args);
  if (read1 === 'UNCHANGED') throw new Error('unchanged');
  return read1;
};

describe('a feed', () => {
  test('tells when its owner is busy', async () => {
    const { busy } = await reading();
    expect(show(busy)).toEqual(['MEETING 2026-03-02T08:00Z/2026-03-02T09:00Z']);
    expect(feed.asked).toMatchObject([{ method: 'GET', path: '/calendar.ics', headers: { 'user-agent': 'Fairlead' } }]);
  });

  test('that has not changed is not sent again', async () => {
    const { tag } = await reading();
    expect(await read(tag)).toBe('UNCHANGED');
    expect(feed.asked[1]?.headers['if-none-match']).toBe('"1"');
  });

  test('that has changed is', async () => {
    const { tag } = await reading();
    feed.text = calendar(NINE, TEN);
    feed.etag = '"2"';
    const { busy } = await reading(tag);
    expect(show(busy)).toEqual(['MEETING 2026-03-02T08:00Z/2026-03-02T10:00Z']);
  });

  test('may tell by date whether it has changed', async () => {
    feed.etag = null;
    feed.modified = 'Mon, 02 Mar 2026 08:00:00 GMT';
    const { tag } = await reading();
    expect(await read(tag)).toBe('UNCHANGED');
  });

  test('that does not tell whether it has changed is read each time', async () => {
    feed.etag = null;
    const { tag } = await reading();
    expect(tag).toBeNull();
  });

  test('is read once a day for a window that goes on with the clock', async () => {
    const later = (ms: number) => ({ from: WEEK.from + ms, until: WEEK.until + ms });
    const { tag } = await reading();
    expect(await read(tag, later(HOUR_MS))).toBe('UNCHANGED');
    expect(await read(tag, later(HOUR_MS + 1))).not.toBe('UNCHANGED');
  });

  test('says when its owner is busy until the end of the day, for what is asked later on', async () => {
    feed.text = calendar(event('DTSTART:20260308T233000Z', 'DURATION:PT1H'));
    const { busy } = await reading();
    expect(show(busy)).toEqual(['MEETING 2026-03-08T23:30Z/2026-03-09T00:00Z']);
  });

  test.each<[what: string, window: typeof WEEK, more: Partial<ReadOptions>]>([
    ['the window goes further', { ...WEEK, until: WEEK.until + HOUR_MS + 1 }, {}],
    ['the window begins earlier', { ...WEEK, from: WEEK.from - 24 * HOUR_MS }, {}],
    ['its owner has moved', WEEK, { timeZone: 'America/New_York' }],
    ['its owner has another address', WEEK, { email: 'countess@example.com' }],
    ['the tag is none', WEEK, { previousTag: '"1"' }],
  ])('is read anew where %s', async (_, window, more) => {
    const { tag } = await reading();
    await reading(tag, window, more);
    expect(feed.asked[1]?.headers).not.toHaveProperty('if-none-match');
  });

  test.each<[path: string, ...expected: Parameters<typeof fault>]>([
    ['/private', 'UNAUTHORIZED', 'secret address in iCal format'],
    ['/missing', 'NOT_FOUND', 'Copy the calendar’s address'],
    ['/throttled', 'THROTTLED', 'in 120 s'],
    ['/broken', 'SERVER_ERROR', 'with status 500'],
    ['/moved?to=http://169.254.169.254/', 'REDIRECTED', 'http://169.254.169.254, which is not followed'],
    ['/page', 'NOT_A_CALENDAR', 'web page instead'],
    ['/huge', 'TOO_LARGE', '5 MB'],
  ])('at %s says what to do', async (path, ...expected) => {
    const asked = readCalendar(source(path), WEEK, options());
    await expect(asked).rejects.toEqual(fault(...expected));
    await expect(asked).rejects.not.toThrow('a secret');
  });

  test('that is throttled says when to ask again', async () => {
    await expect(readCalendar(source('/throttled'), WEEK, options())).rejects.toMatchObject({ retryAfterSeconds: 120 });
  });

  test('at a webcal address is read encrypted', async () => {
    await expect(
      readCalendar({ kind: 'ICS', url: 'webcal://127.0.0.1/a.ics' }, WEEK, { ...options(), allowPrivate: false }),
    ).rejects.toEqual(fault('ADDRESS_REFUSED', 'private network'));
  });

  test('in a private network is refused unless that is allowed', async () => {
    await expect(read(null, WEEK, { allowPrivate: false })).rejects.toEqual(fault('ADDRESS_REFUSED'));
    expect(feed.asked).toEqual([]);
  });

  test('of a server that says unchanged without being asked whether is no answer', async () => {
    await using server = await serve(() => ({ status: 304 }));
    await expect(readCalendar({ kind: 'ICS', url: server.url }, WEEK, options())).rejects.toEqual(
      fault('SERVER_ERROR', 'status 304'),
    );
  });

  test.each([
    ['ends before it begins', span('2026-03-02T00:00Z', '2026-03-01T00:00Z')],
    ['is longer than a year', span('2026-03-02T00:00Z', '2027-03-04T00:00Z')],
    ['is none', { from: Number.NaN, until: Number.NaN }],
  ])('is not asked about a window that %s', async (_, window) => {
    await expect(read(null, window)).rejects.toThrow(RangeError);
  });
});

test('the feed of a personnel department is read in the same way', async () => {
  const people = [{ repId: 'ada', name: 'Ada Lovelace', ...OWNER }];
  const hr = { kind: 'HR', url: `${feed.url}/calendar.ics` } as const;
  const first = await readHr(hr, WEEK, people, options());
  if (first === 'UNCHANGED') throw new Error('unchanged');
  expect([...first.byRep].map(([repId, busy]) => [repId, show(busy)])).toEqual([
    ['ada', ['OUT_OF_OFFICE 2026-03-02T08:00Z/2026-03-02T09:00Z']],
  ]);
  expect(await readHr(hr, WEEK, people, options(first.tag))).toBe('UNCHANGED');
  expect(await readHr(hr, WEEK, [...people, { ...people[0], repId: 'other' }] as never, options(first.tag))).not.toBe(
    'UNCHANGED',
  );
});
