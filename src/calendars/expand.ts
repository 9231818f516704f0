import type { BusyTime, Span } from '../domain/availability.ts';
import { type Found, toBusyTimes, wholeDays } from './busyTimes.ts';
import { type CalendarEvent, readSeries } from './events.ts';
import { CalendarFault } from './fault.ts';
import { type CalendarText, MAX_EVENTS, parseCalendar } from './jsonCalendar.ts';
import { occurrencesOf } from './occurrences.ts';
import { countSteps } from './recurrence.ts';
import { ianaZone } from './zones.ts';

/** Whose calendar it is. */
export interface CalendarOwner {
  /** IANA: of days, and of times that name no zone. */
  readonly timeZone: string;
  /** What they have declined does not count. */
  readonly email: string;
}

/**
 * When somebody is busy by their calendar.
 *
 * - Cancelled, free, declined and unreadable events do not count; tentative ones do.
 * - Days, and whole days of the owner’s zone that are covered by times, are ALL_DAY; other times are MEETING; what
 *   Outlook marks as out of office is OUT_OF_OFFICE.
 * - A rule that repeats too often to be counted out refuses the whole calendar: half of it would say that somebody is
 *   there who is not.
 *
 * @param texts iCalendar (RFC 5545), together one calendar
 * @param window in ms since 1970
 * @returns in order, overlapping ones of a kind united, the first 1,000
 * @throws CalendarFault NOT_A_CALENDAR, TOO_LARGE, UNKNOWN_TIME_ZONE, TOO_MANY_REPEATS
 */
export function expandCalendar(texts: readonly string[], window: Span, owner: CalendarOwner): BusyTime[] {
  const found: Found & Record<keyof Found, Span[]> = { timed: [], days: [], away: [] };
  const floating = ianaZone(owner.timeZone);
  const within = wholeDays(window, owner.timeZone);
  const steps = countSteps();
  const email = owner.email.trim().toLowerCase();
  for (const series of parseAll(texts).flatMap((text) => readSeries(text, steps))) {
    for (const { event, from, until, isWholeDays } of occurrencesOf(series, within, floating, steps)) {
      if (event.isCancelled || event.isFree || hasDeclined(event, email)) continue;
      const kind = event.isOutOfOffice ? 'away' : isWholeDays ? 'days' : 'timed';
      found[kind].push({ from, until });
    }
  }
  return toBusyTimes(found, window, owner.timeZone);
}

function parseAll(texts: readonly string[]): CalendarText[] {
  const parsed: CalendarText[] = [];
  let events = 0;
  for (const text of texts) {
    const each = parseCalendar(text);
    events += each.events.length;
    if (events > MAX_EVENTS)
      throw new CalendarFault('TOO_LARGE', 'The calendar has more than 10,000 events. Share one with fewer.');
    parsed.push(each);
  }
  return parsed;
}

const hasDeclined = ({ attendees }: CalendarEvent, email: string): boolean =>
  attendees.some((attendee) => attendee.hasDeclined && attendee.address === email);
