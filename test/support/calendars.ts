import { expandCalendar } from '../../src/calendars/expand.ts';
import type { CalendarFault, CalendarFaultCode } from '../../src/calendars/fault.ts';
import type { BusyTime, Span } from '../../src/domain/availability.ts';

let made = 0;

/** Lines of an event, with a UID of its own where none is among them. */
export function event(...lines: readonly string[]): string {
  made += 1;
  const uid = lines.some((line) => line.startsWith('UID')) ? [] : [`UID:${made}@example.com`];
  return ['BEGIN:VEVENT', ...uid, 'DTSTAMP:20260101T000000Z', ...lines, 'END:VEVENT'].join('\r\n');
}

/** @param parts events and time zones */
export const calendar = (...parts: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', ...parts, 'END:VCALENDAR', ''].join('\r\n');

export const span = (from: string, until: string): Span => ({ from: Date.parse(from), until: Date.parse(until) });

/** The first week of March 2026, in Berlin Monday to Sunday. */
export const WEEK = span('2026-03-01T23:00Z', '2026-03-08T23:00Z');

export const OWNER = { timeZone: 'Europe/Berlin', email: 'ada@example.com' };

/** Busy times as a table shows them: `MEETING 2026-03-02T08:00Z/2026-03-02T09:00Z`. */
export const show = (busy: readonly BusyTime[]): string[] =>
  busy.map(({ kind, from, until }) => `${kind} ${[from, until].map(shortly).join('/')}`);

const shortly = (at: number): string => new Date(at).toISOString().replace(/(:00)?\.000Z$/, 'Z');

/** What the events of a calendar make of a week. */
export const busyWith = (parts: readonly string[], window: Span = WEEK, owner = OWNER): string[] =>
  show(expandCalendar([calendar(...parts)], window, owner));

/** What was thrown, by its code and what the message has to say. */
export const fault = (code: CalendarFaultCode, says: RegExp | string = '') =>
  ({
    asymmetricMatch: (error: CalendarFault) =>
      error.name === 'CalendarFault' && error.code === code && (says === '' || new RegExp(says).test(error.message)),
    toString: () => `CalendarFault ${code} ${says}`,
    getExpectedType: () => 'CalendarFault',
    toAsymmetricMatcher: () => `CalendarFault ${code} ${says}`,
  }) as unknown as Error;
