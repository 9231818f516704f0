import type { Span } from '../domain/availability.ts';
import { readCaldav } from './caldav.ts';
import { expandCalendar } from './expand.ts';
import { expandHr, type HrAbsences, type Person } from './expandHr.ts';
import { readGoogle } from './google.ts';
import { fetchFeed } from './ics.ts';
import { readMicrosoft } from './microsoft.ts';
import type { CalendarReading, CalendarSource, HrSource, ReadOptions } from './sources.ts';

/** Longer windows are of no use to anybody who is to take leads. */
const MAX_WINDOW_MS = 366 * 86_400_000;

/**
 * When somebody is busy, as their calendar says now.
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
      const feed = await fetchFeed(source.url, window, [options.timeZone, options.email], options);
      return feed === 'UNCHANGED' ? feed : { busy: expandCalendar([feed.text], window, options), tag: feed.tag };
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
  const feed = await fetchFeed(source.url, window, [people], options);
  return feed === 'UNCHANGED' ? feed : { ...expandHr(feed.text, window, people), tag: feed.tag };
}

function checkWindow({ from, until }: Span): void {
  if (!(from < until && until - from <= MAX_WINDOW_MS))
    throw new RangeError('The window has to be above 0 and at most a year.');
}
