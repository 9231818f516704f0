import { Temporal } from 'temporal-polyfill';
import { WEEKDAYS, type Weekday } from './localTime.ts';

/*
 * When somebody works: a week by the clock on the wall of a time zone, days that differ from it, public holidays. A
 * stretch begins the first time the clock shows its beginning and ends the last time it shows its end; what a change of
 * the clock leaves out is passed over.
 */

/** Of a day, as `HH:MM`; up to `24:00`. An end at or before the beginning is that of the next day. */
export interface DayStretch {
  readonly from: string;
  readonly to: string;
}

export interface WeekStretch extends DayStretch {
  readonly days: readonly Weekday[];
}

/** A day that is not like its weekday; without stretches nobody works. */
export interface DateHours {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly stretches: readonly DayStretch[];
}

export interface WorkingHours {
  readonly timeZone: string;
  readonly week: readonly WeekStretch[];
  readonly dates: readonly DateHours[];
  /** Whether a day, `YYYY-MM-DD`, is a public holiday: nobody works unless `dates` says so. */
  readonly isHoliday: (date: string) => boolean;
}

/** From when to when, in ms since 1970; the end is not part of it. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Whether it is working time. */
export interface WorkingMoment {
  readonly working: boolean;
  /** Why not, when the week alone would say so. */
  readonly holiday: boolean;
  /** When that changes, in ms since 1970; infinite where it never does. */
  readonly until: number;
}

/** Who has no stretch within so many days is taken to have none any more: longer than any run of holidays or leave. */
const HORIZON_DAYS = 400;

/** @param at in ms since 1970 */
export function workingMoment(hours: WorkingHours, at: number): WorkingMoment {
  const today = dayOf(at, hours.timeZone);
  for (const { start, end } of stretchesFrom(hours, at)) {
    if (start <= at) return { working: true, holiday: false, until: end };
    return { working: false, holiday: isHolidayStretch(hours, today, at), until: start };
  }
  return { working: false, holiday: isHolidayStretch(hours, today, at), until: Number.POSITIVE_INFINITY };
}

/**
 * The moment at which so much working time will have passed.
 *
 * @param at in ms since 1970
 * @param duration in ms, above 0
 * @returns infinite where there is not so much working time to come
 */
export function afterWorkingTime(hours: WorkingHours, at: number, duration: number): number {
  let left = duration;
  for (const { start, end } of stretchesFrom(hours, at)) {
    const from = Math.max(start, at);
    if (end - from >= left) return from + left;
    left -= end - from;
  }
  return Number.POSITIVE_INFINITY;
}

/** The stretches that end after a moment, in order and apart from each other. */
function* stretchesFrom(hours: WorkingHours, at: number): Generator<Stretch> {
  // Yesterday's may go on past midnight.
  let day = dayOf(at, hours.timeZone).subtract({ days: 1 });
  let open: Stretch | null = null;
  for (let count = 0; count < HORIZON_DAYS; count += 1) {
    for (const stretch of stretchesOn(hours, day)) {
      if (open !== null && stretch.start <= open.end) {
        open = { start: open.start, end: Math.max(open.end, stretch.end) };
        continue;
      }
      if (open !== null && open.end > at) yield open;
      open = stretch;
    }
    // Nothing that begins on a later day touches what ended before this one was over.
    if (
      open !== null &&
      open.end > at &&
      open.end < instantOf(day.add({ days: 1 }), '00:00', hours.timeZone, 'start')
    ) {
      yield open;
      open = null;
    }
    day = day.add({ days: 1 });
  }
  if (open === null || open.end <= at) return;
  const isEndless = open.end >= instantOf(day, '00:00', hours.timeZone, 'start');
  yield isEndless ? { ...open, end: Number.POSITIVE_INFINITY } : open;
}

/** The stretches that begin on a day, in order. */
function stretchesOn(hours: WorkingHours, day: Temporal.PlainDate): Stretch[] {
  const date = day.toString();
  const special = hours.dates.find((each) => each.date === date);
  if (special === undefined && hours.isHoliday(date)) return [];
  return toStretches(special?.stretches ?? ofWeekday(hours, day), day, hours.timeZone);
}

const ofWeekday = ({ week }: WorkingHours, day: Temporal.PlainDate): readonly DayStretch[] => {
  const weekday = WEEKDAYS[day.dayOfWeek - 1] as Weekday;
  return week.filter(({ days }) => days.includes(weekday));
};

const toStretches = (list: readonly DayStretch[], day: Temporal.PlainDate, timeZone: string): Stretch[] =>
  list
    .map(({ from, to }): Stretch => {
      const lastDay = to > from ? day : day.add({ days: 1 });
      return { start: instantOf(day, from, timeZone, 'start'), end: instantOf(lastDay, to, timeZone, 'end') };
    })
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start);

/** Whether somebody would be working by the week, were this day, or yesterday's night, no holiday. */
const isHolidayStretch = (hours: WorkingHours, today: Temporal.PlainDate, at: number): boolean =>
  [today.subtract({ days: 1 }), today].some((day) => {
    const date = day.toString();
    if (!hours.isHoliday(date) || hours.dates.some((each) => each.date === date)) return false;
    return toStretches(ofWeekday(hours, day), day, hours.timeZone).some(({ start, end }) => start <= at && at < end);
  });

const dayOf = (at: number, timeZone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate();

/**
 * When the clock of a zone shows a time: of two moments the first as a start and the second as an end; of a time that is
 * left out, the moment at which it is.
 */
function instantOf(day: Temporal.PlainDate, time: string, timeZone: string, as: 'start' | 'end'): number {
  const local = time === '24:00' ? day.add({ days: 1 }).toPlainDateTime() : day.toPlainDateTime(time);
  const earlier = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  const later = local.toZonedDateTime(timeZone, { disambiguation: 'later' });
  const isLeftOut = !earlier.toPlainDateTime().equals(local);
  if (isLeftOut) return (earlier.getTimeZoneTransition('next') ?? later).epochMilliseconds;
  return (as === 'start' ? earlier : later).epochMilliseconds;
}
