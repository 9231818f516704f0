import { Temporal } from 'temporal-polyfill';

/*
 * What the clock on the wall shows in a time zone. Zones differ from UTC by whole minutes, so each minute is worked out
 * once per zone.
 */

export const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export const PERIODS = ['HOUR', 'DAY', 'WEEK', 'MONTH'] as const;
/** A week begins on Monday (ISO 8601). */
export type Period = (typeof PERIODS)[number];

export interface LocalTime {
  readonly weekday: Weekday;
  /** 0 to 23. */
  readonly hour: number;
  /** Since 1970, in milliseconds: when the hour, day, week and month began there. */
  readonly began: Readonly<Record<Period, number>>;
}

const MINUTE_MS = 60_000;
/** Zones times minutes; more are of no use, since time goes on. */
const MAX_REMEMBERED = 1_000;
const remembered = new Map<string, LocalTime>();

/**
 * @param at milliseconds since 1970
 * @param timeZone IANA
 * @throws RangeError for a zone that does not exist
 */
export function localTime(at: number, timeZone: string): LocalTime {
  const minute = Math.floor(at / MINUTE_MS);
  const key = `${timeZone}/${minute}`;
  const known = remembered.get(key);
  if (known) return known;
  const local = workOut(minute * MINUTE_MS, timeZone);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(key, local);
  return local;
}

function workOut(at: number, timeZone: string): LocalTime {
  const zoned = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  const day = zoned.startOfDay();
  return {
    weekday: WEEKDAYS[zoned.dayOfWeek - 1] as Weekday,
    hour: zoned.hour,
    began: {
      HOUR: hourBegan(zoned).epochMilliseconds,
      DAY: day.epochMilliseconds,
      WEEK: day.subtract({ days: zoned.dayOfWeek - 1 }).startOfDay().epochMilliseconds,
      MONTH: day.with({ day: 1 }).startOfDay().epochMilliseconds,
    },
  };
}

/** Where clocks are put in the middle of an hour, it begins (again) with that: in Chatham at 3:45. */
function hourBegan(zoned: Temporal.ZonedDateTime): Temporal.ZonedDateTime {
  let began = zoned.subtract({ minutes: zoned.minute, seconds: zoned.second });
  while (began.offsetNanoseconds !== zoned.offsetNanoseconds) began = began.add({ minutes: 1 });
  return began;
}

/** The day in a time zone, as `YYYY-MM-DD`. */
export const localDay = (at: number, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate().toString();

/** Whether `localTime` knows it. Intl alone takes abbreviations (PST), Temporal alone whole date-times with a zone. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    localDay(0, zone);
    return true;
  } catch {
    return false;
  }
}
