import ICAL from 'ical.js';
import { CalendarFault } from './fault.ts';
import { parseWall, type Wall } from './jsonCalendar.ts';

const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  SECONDLY: 1_000,
  MINUTELY: 60_000,
  HOURLY: 3_600_000,
  DAILY: DAY_MS,
  WEEKLY: 7 * DAY_MS,
};

/** How much may be counted out for one calendar: about a second's work. */
const MAX_STEPS = 600_000;

/** What is left to be counted out; shared by all events of a calendar. */
export interface Steps {
  /** @throws CalendarFault TOO_MANY_REPEATS */
  spend(count: number): void;
}

export function countSteps(max = MAX_STEPS): Steps {
  let left = max;
  return {
    spend: (count) => {
      left -= count;
      if (left >= 0) return;
      throw new CalendarFault(
        'TOO_MANY_REPEATS',
        'The calendar’s events repeat too often to be counted out. Look for events that repeat every second or minute, or by a rule that never comes true, and end or delete them.',
      );
    },
  };
}

/** The part of a series that is asked for, as wall times. */
export interface WallWindow {
  readonly from: number;
  readonly until: number;
  /** Where the rule’s zone reads a wall time, in ms since 1970. */
  readonly toInstant: (wall: number) => number;
}

/**
 * The wall times a rule yields, those before the window not necessarily among them.
 *
 * @param value the rule as jCal writes it; one that cannot be read yields nothing
 */
export function* wallsOf(value: unknown, start: Wall, window: WallWindow, steps: Steps): Generator<number> {
  if (typeof value !== 'object' || value === null) return;
  const { until: last, bysetpos, ...rest } = value as Rule;
  const until = parseWall(last);
  if (until && until.wall + 2 * DAY_MS < window.from) return;
  const walls =
    bysetpos === undefined
      ? countOut(rest, start.wall, window.from, steps)
      : pick([bysetpos].flat(), rest, start.wall, window, steps);
  for (const wall of walls) {
    // Also at the end of what a date can be, where it is no number any more.
    if (!(wall < window.until) || (until && isPast(until, wall, window))) return;
    yield wall;
  }
}

/** As jCal writes it; the rest is read by the library. */
interface Rule {
  readonly freq?: unknown;
  readonly count?: unknown;
  readonly until?: unknown;
  readonly bysetpos?: unknown;
}

/** A rule ends with its UNTIL: a day, or a moment in UTC or by the event’s own clock. */
function isPast(until: Wall, wall: number, { toInstant }: WallWindow): boolean {
  if (until.isDate) return wall >= until.wall + DAY_MS;
  // Only near the end does it matter how far the zone is from UTC.
  if (until.isUtc && Math.abs(wall - until.wall) < 2 * DAY_MS) return toInstant(wall) > until.wall;
  return wall > until.wall;
}

/** All wall times of a rule, or those from some time before a moment. */
function* countOut(data: Rule, start: number, from: number, steps: Steps): Generator<number> {
  let iterator: BoundedIterator;
  try {
    const rule = ICAL.Recur.fromData(data as object);
    const wall = rule.count === null ? forward(start, rule, from) : start;
    iterator = new BoundedIterator({ rule, dtstart: toTime(wall), steps } as never);
  } catch (error) {
    if (error instanceof CalendarFault) throw error;
    return;
  }
  for (let time = iterator.next(); time; time = iterator.next())
    yield Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute, time.second);
}

/**
 * Of what a rule yields in each of its periods, those at some positions (BYSETPOS), which the library knows in a few
 * cases only. A period counts as a whole, also what of it lies before the beginning.
 */
function* pick(
  positions: readonly unknown[],
  { count, ...rest }: Rule,
  start: number,
  window: WallWindow,
  steps: Steps,
): Generator<number> {
  const periodOf = periodsOf(rest);
  const isDayNamed = ['byday', 'bymonthday', 'byyearday'].some((part) => part in rest);
  const begin = isDayNamed ? periodOf(start) + modulo(start, DAY_MS) : start;
  let left = typeof count === 'number' ? count : Number.POSITIVE_INFINITY;
  let period: number[] = [];
  for (const wall of countOut(rest, begin, count === undefined ? window.from : Number.NEGATIVE_INFINITY, steps)) {
    const isNext = period[0] !== undefined && periodOf(wall) !== periodOf(period[0]);
    if (isNext) {
      const picked = period.filter(
        (_, index) => positions.includes(index + 1) || positions.includes(index - period.length),
      );
      for (const each of picked.filter((one) => one >= start)) {
        if (left === 0) return;
        left -= 1;
        yield each;
      }
      period = [];
      if (!(periodOf(wall) < window.until)) return;
    }
    period.push(wall);
  }
}

/** When the period of a rule began that a wall time lies in. */
function periodsOf(rule: Rule): (wall: number) => number {
  const { freq, wkst } = ICAL.Recur.fromData(rule as object);
  return (wall) => {
    const date = new Date(Math.floor(wall / DAY_MS) * DAY_MS);
    if (freq === 'YEARLY') return date.setUTCMonth(0, 1);
    if (freq === 'MONTHLY') return date.setUTCDate(1);
    // The library counts weekdays from 1, beginning with Sunday.
    if (freq === 'WEEKLY') return date.getTime() - modulo(date.getUTCDay() + 1 - wkst, 7) * DAY_MS;
    return date.getTime();
  };
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;

/**
 * A later beginning from which a rule without COUNT goes on as it would have: a whole number of its intervals on, so
 * that it need not be followed from years ago.
 */
function forward(wall: number, { freq, interval, parts }: ICAL.Recur, to: number): number {
  if (!(wall < to) || !Number.isFinite(to)) return wall;
  const unitMs = UNIT_MS[freq];
  if (unitMs !== undefined) return wall + Math.floor((to - wall) / (unitMs * interval)) * unitMs * interval;
  const date = new Date(wall);
  // Not every month has the later days; they do not matter to a rule that names its own.
  if (date.getUTCDate() > 28 && !parts.BYDAY && !parts.BYMONTHDAY) return wall;
  const months = interval * (freq === 'YEARLY' ? 12 : 1);
  const passed =
    (new Date(to).getUTCFullYear() - date.getUTCFullYear()) * 12 + new Date(to).getUTCMonth() - date.getUTCMonth() - 1;
  const intervals = Math.floor(passed / months);
  if (intervals <= 0) return wall;
  return date.setUTCMonth(date.getUTCMonth() + intervals * months, Math.min(28, date.getUTCDate()));
}

function toTime(wall: number): ICAL.Time {
  const date = new Date(wall);
  return new ICAL.Time(
    {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    },
    ICAL.Timezone.localTimezone,
  );
}

/**
 * Rules that never come true (30 February) keep the library’s iterator busy for ever, and ones with many values for
 * long: each part of its work is counted.
 */
class BoundedIterator extends ICAL.RecurIterator {
  // Not set here: the library’s constructor begins to work before it returns.
  declare steps: Steps;

  override fromData(options: Parameters<ICAL.RecurIterator['fromData']>[0]): void {
    this.steps = (options as unknown as { readonly steps: Steps }).steps;
    super.fromData(options);
  }

  override next(again?: boolean): ICAL.Time {
    try {
      return super.next(again);
    } catch (error) {
      if (error instanceof CalendarFault) throw error;
      // The rule contradicts itself: it has no more occurrences.
      return null as never;
    }
  }

  override check_contracting_rules(): boolean {
    this.steps.spend(4);
    return super.check_contracting_rules();
  }

  override increment_monthday(days: number): void {
    this.steps.spend(Math.ceil(days / 10));
    super.increment_monthday(days);
  }

  override increment_month(): void {
    this.steps.spend(1);
    super.increment_month();
  }

  override increment_year(years: number): void {
    this.steps.spend(1);
    super.increment_year(years);
  }

  override is_day_in_byday(day: ICAL.Time): 0 | 1 {
    this.steps.spend(this.rule.parts.BYDAY?.length ?? 1);
    return super.is_day_in_byday(day);
  }

  override expand_year_days(year: number): number {
    this.steps.spend(Object.values(this.rule.parts).flat().length + 12);
    return super.expand_year_days(year);
  }

  override sort_byday_rules(days: string[]): void {
    this.steps.spend(days.length ** 2);
    super.sort_byday_rules(days);
  }
}
