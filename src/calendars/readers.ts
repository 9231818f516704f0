import type { Span } from '../domain/availability.ts';
import { readCaldav } from './caldav.ts';
import { expandCalendar } from './expand.ts';
import { expandHr, type HrAbsences, type Person } from './expandHr.ts';
import { readGoogle } from './google.ts';
import { fetchFeed } from './ics.ts';
import { readMicrosoft } from './microsoft.ts';
import type { CalendarReading, CalendarSource, HrSource, ReadOptions } from './sources.ts';

const DAY_MS = 86_400_000;
/** Longer windows are of no use to anybody who is to take leads. */
const MAX_WINDOW_MS = 366 * DAY_MS;

/**
 * When somebody is busy, as their calendar says now. A feed is read for whole days (UTC), and so may say somewhat more
 * than was asked for.
 *
 * @param window in ms since 1970, at most a year
 * @returns UNCHANGED where what the reading with the previous tag gave still holds, for all of the window
 * @throws CalendarFault
 */
export async function readCalendar(
  source: CalendarSource,
  window: Span,
  options: ReadOptions,
): Promise<CalendarReading | 'UNCHANGED'> {
  checkWindow(window);
  switch (source.kind) {
    case 'ICS': {
      const days = inDays(window);
      const feed = await fetchFeed(source.url, days, [options.timeZone, options.email], options);
      return feed === 'UNCHANGED' ? feed : { busy: expandCalendar([feed.text], days, options), tag: feed.tag };
    }
    case 'CALDAV':
      return { busy: await readCaldav(source, window, options), tag: null };
    case 'GOOGLE':
      return { busy: await readGoogle(source, window, options), tag: null };
    case 'MICROSOFT':
      return { busy: await readMicrosoft(source, window, options), tag: null };
  }
}

export interface HrReading extends HrAbsences {
  readonly tag: string | null;
}

/** The same for the feed of a personnel department, which tells of many. */
export async function readHr(
  source: HrSource,
  window: Span,
  people: readonly Person[],
  options: Pick<ReadOptions, 'allowPrivate' | 'previousTag'>,
): Promise<HrReading | 'UNCHANGED'> {
  checkWindow(window);
  const days = inDays(window);
  const feed = await fetchFeed(source.url, days, [people], options);
  return feed === 'UNCHANGED' ? feed : { ...expandHr(feed.text, days, people), tag: feed.tag };
}

/** A window that goes on with the clock stays the same for a day, in which a feed that has not changed is not read. */
const inDays = ({ from, until }: Span): Span => ({
  from: Math.floor(from / DAY_MS) * DAY_MS,
  until: Math.ceil(until / DAY_MS) * DAY_MS,
});

function checkWindow({ from, until }: Span): void {
  if (!(from < until && until - from <= MAX_WINDOW_MS))
    throw new RangeError('The window has to be above 0 and at most a year.');
}
