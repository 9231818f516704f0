import { calendarQuery, createAccount, fetchCalendars, propfind } from 'tsdav';
import type { BusyTime, Span } from '../domain/availability.ts';
import { expandCalendar } from './expand.ts';
import { CalendarFault } from './fault.ts';
import { faultOf, guardedFetch, serverError } from './fetch.ts';
import { MAX_TEXT_BYTES } from './jsonCalendar.ts';
import type { CaldavSource, ReadOptions } from './sources.ts';

/*
 * CalDAV (RFC 4791). Servers differ in whether and how they count out what repeats, so that they are asked for the
 * events of the window as they are.
 */

/** A server’s calendars are found with a few requests, and read with one each. */
const MAX_REQUESTS = 100;
/** For all of them, and for one. */
const TOTAL_MS = 60_000;
const REQUEST_MS = 20_000;
const DAY_MS = 86_400_000;
/** XML around the events. */
const MAX_BYTES = 3 * MAX_TEXT_BYTES;

const WHAT_TO_DO = {
  unauthorized: 'The server refuses user name and password. Many want a password made for this one use (app password).',
  notFound: 'There is no calendar at the address. Enter that of the calendar, or that of the server.',
};

type Fetch = typeof fetch;

export async function readCaldav(source: CaldavSource, window: Span, options: ReadOptions): Promise<BusyTime[]> {
  const { url, username, password } = source;
  const access = {
    headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` },
    fetch: countedFetch(options.allowPrivate),
  };
  try {
    const texts: string[] = [];
    for (const calendar of await findCalendars(url, access))
      texts.push(...(await fetchTexts(calendar, window, access)));
    return expandCalendar(texts, window, options);
  } catch (error) {
    if (error instanceof CalendarFault) throw error;
    // The library’s messages repeat what the server sent.
    throw serverError('in a way that CalDAV does not provide for');
  }
}

interface Access {
  readonly headers: Record<string, string>;
  readonly fetch: Fetch;
}

async function findCalendars(url: string, access: Access): Promise<string[]> {
  const [itself] = await propfind({ url, props: { 'd:resourcetype': {} }, depth: '0', ...access }).catch(
    unlessElsewhere,
  );
  if (Object.keys(itself?.props?.resourcetype ?? {}).includes('calendar')) return [url];
  const account = await createAccount({ account: { serverUrl: url, accountType: 'caldav' }, ...access }).catch(
    (error: unknown) => {
      throw error instanceof CalendarFault ? error : new CalendarFault('NOT_FOUND', WHAT_TO_DO.notFound);
    },
  );
  const calendars = await fetchCalendars({ account, ...access });
  return calendars
    .filter(({ components = [] }) => components.length === 0 || components.includes('VEVENT'))
    .map((calendar) => calendar.url);
}

/** A server’s own address may know nothing of calendars, and yet the server tell where they are. */
function unlessElsewhere(error: unknown): never[] {
  if (error instanceof CalendarFault && ['NOT_FOUND', 'SERVER_ERROR', 'REDIRECTED'].includes(error.code)) return [];
  throw error;
}

async function fetchTexts(url: string, { from, until }: Span, access: Access): Promise<string[]> {
  // A server may read times without a zone by another clock than the owner’s.
  const range = { start: utcTime(from - 2 * DAY_MS), end: utcTime(until + 2 * DAY_MS) };
  const responses = await calendarQuery({
    url,
    props: { 'c:calendar-data': {} },
    filters: {
      'comp-filter': {
        _attributes: { name: 'VCALENDAR' },
        'comp-filter': { _attributes: { name: 'VEVENT' }, 'time-range': { _attributes: range } },
      },
    },
    depth: '1',
    ...access,
  });
  return responses.flatMap(({ props }) => {
    const data: unknown = props?.calendarData?._cdata ?? props?.calendarData;
    return typeof data === 'string' ? [data] : [];
  });
}

/** As CalDAV writes it: `20260131T080000Z`. */
const utcTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

/** The library’s way to ask, guarded as any other, and bounded in all. */
function countedFetch(allowPrivate: boolean): Fetch {
  const deadline = performance.now() + TOTAL_MS;
  let requests = 0;
  let bytes = 0;
  return async (input, init = {}) => {
    requests += 1;
    if (requests > MAX_REQUESTS)
      throw new CalendarFault('TOO_LARGE', 'The server has too many calendars. Enter the address of one of them.');
    const isDiscovery = init.redirect === 'manual';
    const answer = await guardedFetch(String(input), {
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(typeof init.body === 'string' ? { body: init.body } : {}),
      allowPrivate,
      timeoutMs: Math.min(REQUEST_MS, Math.max(1, Math.floor(deadline - performance.now()))),
      maxBytes: MAX_BYTES - bytes,
      tellsRedirects: isDiscovery,
    });
    bytes += Buffer.byteLength(answer.text);
    const fault = isDiscovery ? null : faultOf(answer, WHAT_TO_DO);
    if (fault) throw fault;
    return new Response(answer.text === '' ? null : answer.text, { status: answer.status, headers: answer.headers });
  };
}
