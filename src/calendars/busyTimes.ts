import { Temporal } from 'temporal-polyfill';
import type { BusyTime, Span } from '../domain/availability.ts';
import { localTime } from '../domain/localTime.ts';

/** More are of no use to anybody who is to take leads; the earliest are kept. */
export const MAX_BUSY_TIMES = 1_000;

/** What a calendar holds, before whole days are told from parts of them. Spans may overlap. */
export interface Found {
  /** With a time; a day that they cover as a whole counts as one all day. */
  readonly timed: readonly Span[];
  /** Whole days. */
  readonly days: readonly Span[];
  readonly away: readonly Span[];
}

/**
 * Overlapping ones of a kind are united, what lies outside the window is cut off, and the rest is in order.
 *
 * @param timeZone IANA; whole days are days there
 */
export function toBusyTimes({ timed, days, away }: Found, window: Span, timeZone: string): BusyTime[] {
  const split = unite(timed).map((span) => splitAtDays(span, timeZone));
  const kinds = {
    MEETING: split.flatMap(({ parts }) => parts),
    ALL_DAY: [...days, ...split.flatMap(({ whole }) => whole)],
    OUT_OF_OFFICE: away,
  };
  return Object.entries(kinds)
    .flatMap(([kind, spans]) => unite(spans).map((span) => ({ ...span, kind: kind as BusyTime['kind'] })))
    .map((time) => ({ ...time, from: Math.max(time.from, window.from), until: Math.min(time.until, window.until) }))
    .filter(({ from, until }) => from < until)
    .sort((a, b) => a.from - b.from || a.until - b.until)
    .slice(0, MAX_BUSY_TIMES);
}

/**
 * The whole days a window touches: what is asked for, so that a day that has begun can still be told to be busy as a
 * whole.
 */
export function wholeDays({ from, until }: Span, timeZone: string): Span {
  return { from: localTime(from, timeZone).began.DAY, until: dayAtOrAfter(until, timeZone) };
}

function dayAtOrAfter(at: number, timeZone: string): number {
  if (localTime(at, timeZone).began.DAY === at) return at;
  const day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  return day.toPlainDate().add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds;
}

function splitAtDays(span: Span, timeZone: string): { readonly whole: Span[]; readonly parts: Span[] } {
  const from = dayAtOrAfter(span.from, timeZone);
  const until = localTime(span.until, timeZone).began.DAY;
  if (from >= until) return { whole: [], parts: [span] };
  const parts = [
    { from: span.from, until: from },
    { from: until, until: span.until },
  ];
  return { whole: [{ from, until }], parts: parts.filter((part) => part.from < part.until) };
}

/** Those that overlap or touch become one. */
export function unite(spans: readonly Span[]): Span[] {
  const united: { from: number; until: number }[] = [];
  for (const { from, until } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = united.at(-1);
    if (last && from <= last.until) last.until = Math.max(last.until, until);
    else united.push({ from, until });
  }
  return united;
}
