import { describe, expect, test } from 'vitest';
import { isTimeZone, localDay, localTime, PERIODS, type Period, WEEKDAYS } from '../../src/domain/localTime.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What a wall clock shows, by another way: `Intl` instead of `Temporal`. */
interface Shown {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly weekday: string;
  readonly hour: number;
  /** From UTC, such as `GMT+01:00`. */
  readonly offset: string;
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

function shownAt(at: number, timeZone: string): Shown {
  const format =
    FORMATS.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      weekday: 'long',
      hour: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'longOffset',
    });
  FORMATS.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    date: `${parts.year}-${parts.month}-${parts.day}`,
    weekday: `${parts.weekday}`.toUpperCase(),
    hour: Number(parts.hour),
    offset: `${parts.timeZoneName}`,
  };
}

/** The day on which the period began that a day lies in. */
function firstDayOf(period: Period, date: string): string {
  const day = new Date(`${date}T00:00:00Z`);
  if (period === 'WEEK') day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  if (period === 'MONTH') day.setUTCDate(1);
  return day.toISOString().slice(0, 10);
}

/** Around each of these something is out of the ordinary; the last ones stand for the ordinary. */
const CASES: readonly (readonly [what: string, timeZone: string, around: number])[] = [
  ['clocks put forward from 2 to 3', 'Europe/Berlin', Date.UTC(2026, 2, 29, 1)],
  ['clocks put back from 3 to 2', 'Europe/Berlin', Date.UTC(2026, 9, 25, 1)],
  ['a day that begins at 1', 'America/Sao_Paulo', Date.UTC(2017, 9, 15, 3)],
  ['clocks put back at midnight to the day before', 'America/Sao_Paulo', Date.UTC(2018, 1, 18, 2)],
  ['clocks put back by half an hour', 'Australia/Lord_Howe', Date.UTC(2026, 3, 4, 15)],
  ['clocks put forward by half an hour', 'Australia/Lord_Howe', Date.UTC(2026, 9, 3, 15, 30)],
  ['a Friday that never was', 'Pacific/Apia', Date.UTC(2011, 11, 30, 10)],
  ['five hours and a half', 'Asia/Kolkata', Date.UTC(2026, 0, 31, 18, 30)],
  ['five hours and three quarters', 'Asia/Kathmandu', Date.UTC(2026, 0, 31, 18, 15)],
  ['three hours and a half behind, clocks put forward', 'America/St_Johns', Date.UTC(2026, 2, 8, 5, 30)],
  ['nine hours and a half, clocks put back', 'Australia/Adelaide', Date.UTC(2026, 3, 4, 16, 30)],
  ['twelve hours and three quarters, clocks put forward', 'Pacific/Chatham', Date.UTC(2026, 8, 26, 14)],
  ['fourteen hours ahead', 'Pacific/Kiritimati', Date.UTC(2025, 11, 31, 10)],
  ['an offset instead of a name', '-03:30', Date.UTC(2026, 0, 1, 3, 30)],
  ['the turn of a year', 'UTC', Date.UTC(2026, 11, 31, 24)],
  ['a 29th of February', 'Europe/Berlin', Date.UTC(2028, 1, 29, 23)],
  ['a time before 1970', 'Europe/Berlin', Date.UTC(1969, 11, 31, 23)],
];

/** Every quarter of an hour of a day, and the last moment before each. */
const momentsAround = (around: number): readonly number[] =>
  Array.from({ length: 24 * 4 }, (_, index) => around - 12 * HOUR + index * 15 * MINUTE).flatMap((at) => [at - 1, at]);

describe.each(CASES)('%s (%s)', (_what, timeZone, around) => {
  test('shows the weekday, the hour and the day that a wall clock shows', () => {
    for (const at of momentsAround(around)) {
      const { weekday, hour, date } = shownAt(at, timeZone);
      const local = localTime(at, timeZone);
      expect([at, local.weekday, local.hour, localDay(at, timeZone)]).toEqual([at, weekday, hour, date]);
    }
  });

  test('knows when the hour, the day, the week and the month began', () => {
    for (const at of momentsAround(around)) {
      const now = shownAt(at, timeZone);
      const { began } = localTime(at, timeZone);
      expect(began.HOUR).toBeLessThanOrEqual(at);
      expect(shownAt(began.HOUR, timeZone)).toMatchObject({ date: now.date, hour: now.hour });
      // The hour before shows another hour, or the same one before the clocks were put back.
      const before = shownAt(began.HOUR - 1, timeZone);
      expect([before.hour, before.offset]).not.toEqual([now.hour, now.offset]);
      for (const period of ['DAY', 'WEEK', 'MONTH'] as const) {
        const first = firstDayOf(period, now.date);
        expect(began[period]).toBeLessThanOrEqual(at);
        const dates = [began[period] - 1, began[period]].map((moment) => shownAt(moment, timeZone).date);
        // No moment of that day lies before, and there is one at it; a day that never was begins with the next.
        expect((dates[0] as string) < first && first <= (dates[1] as string)).toBe(true);
      }
    }
  });
});

describe('the hours of a day on which clocks are put', () => {
  const hoursOf = (timeZone: string, from: number, minutes: number): string =>
    Array.from({ length: minutes / 30 }, (_, index) => localTime(from + index * 30 * MINUTE, timeZone).hour).join(' ');

  test.each<[string, string, number, string]>([
    ['are left out', 'Europe/Berlin', Date.UTC(2026, 2, 29, 0), '1 1 3 3'],
    ['come twice', 'Europe/Berlin', Date.UTC(2026, 9, 24, 23, 30), '1 2 2 2 2 3'],
    ['are left out at midnight', 'America/Sao_Paulo', Date.UTC(2017, 9, 15, 2), '23 23 1 1'],
    ['come twice before midnight', 'America/Sao_Paulo', Date.UTC(2018, 1, 18, 1), '23 23 23 23 0 0'],
    ['are longer by half of one', 'Australia/Lord_Howe', Date.UTC(2026, 3, 4, 14), '1 1 1 2 2'],
    ['are shorter by half of one', 'Australia/Lord_Howe', Date.UTC(2026, 9, 3, 14, 30), '1 1 2 3 3'],
  ])('%s in %s', (_what, timeZone, from, hours) => {
    expect(hoursOf(timeZone, from, hours.split(' ').length * 30)).toBe(hours);
  });

  test.each<[Period, string, number, number, number]>([
    ['DAY', 'Europe/Berlin', Date.UTC(2026, 2, 29, 12), Date.UTC(2026, 2, 28, 23), 23],
    ['DAY', 'Europe/Berlin', Date.UTC(2026, 9, 25, 12), Date.UTC(2026, 9, 24, 22), 25],
    ['DAY', 'America/Sao_Paulo', Date.UTC(2017, 9, 15, 12), Date.UTC(2017, 9, 15, 3), 23],
    ['DAY', 'America/Sao_Paulo', Date.UTC(2018, 1, 18, 2, 30), Date.UTC(2018, 1, 17, 2), 25],
    ['DAY', 'Australia/Lord_Howe', Date.UTC(2026, 3, 5, 0), Date.UTC(2026, 3, 4, 13), 24.5],
    ['DAY', 'Australia/Lord_Howe', Date.UTC(2026, 9, 4, 0), Date.UTC(2026, 9, 3, 13, 30), 23.5],
    ['WEEK', 'Europe/Berlin', Date.UTC(2026, 9, 25, 12), Date.UTC(2026, 9, 18, 22), 7 * 24 + 1],
    ['MONTH', 'Europe/Berlin', Date.UTC(2026, 2, 31, 12), Date.UTC(2026, 1, 28, 23), 31 * 24 - 1],
    ['HOUR', 'Europe/Berlin', Date.UTC(2026, 9, 25, 0, 40), Date.UTC(2026, 9, 25, 0), 1],
    ['HOUR', 'Europe/Berlin', Date.UTC(2026, 9, 25, 1, 40), Date.UTC(2026, 9, 25, 1), 1],
    ['HOUR', 'Australia/Lord_Howe', Date.UTC(2026, 3, 4, 14, 40), Date.UTC(2026, 3, 4, 14), 1],
    ['HOUR', 'Australia/Lord_Howe', Date.UTC(2026, 3, 4, 15, 10), Date.UTC(2026, 3, 4, 15), 0.5],
    ['HOUR', 'Pacific/Chatham', Date.UTC(2026, 8, 26, 14, 10), Date.UTC(2026, 8, 26, 14), 0.25],
    ['HOUR', 'Asia/Kathmandu', Date.UTC(2026, 0, 1, 0, 10), Date.UTC(2025, 11, 31, 23, 15), 1],
  ])('make the %s in %s as long as it is', (period, timeZone, at, began, hours) => {
    expect(localTime(at, timeZone).began[period]).toBe(began);
    expect(localTime(began + hours * HOUR - 1, timeZone).began[period]).toBe(began);
    expect(localTime(began + hours * HOUR, timeZone).began[period]).toBe(began + hours * HOUR);
  });
});

test('a moment in between is the minute it lies in, also after many others', () => {
  const at = Date.UTC(2026, 5, 1, 10, 59, 59, 999);
  const first = localTime(at, 'UTC');
  expect(first).toEqual(localTime(Date.UTC(2026, 5, 1, 10, 59), 'UTC'));
  expect(localTime(at + 1, 'UTC').hour).toBe(11);
  for (let minute = 0; minute < 3_000; minute += 1) localTime(minute * MINUTE, 'Asia/Tokyo');
  expect(localTime(at, 'UTC')).toEqual(first);
  expect(Object.keys(first.began)).toEqual([...PERIODS]);
});

describe('a time zone', () => {
  test('is whatever clocks can be read in, and nothing else', () => {
    const known = [...Intl.supportedValuesOf('timeZone'), 'UTC', 'europe/berlin', 'Asia/Calcutta', 'EST', '+05:30'];
    for (const zone of known) {
      expect([zone, isTimeZone(zone)]).toEqual([zone, true]);
      expect(WEEKDAYS).toContain(localTime(Date.UTC(2026, 0, 1), zone).weekday);
    }
  });

  test.each([
    '',
    'LEAD',
    'PST',
    'IST',
    'BST',
    'GMT+1',
    'Mars/Phobos',
    'Europe/Berlin ',
    '2026-01-01T00:00[Europe/Berlin]',
    'a'.repeat(10_000),
  ])('%j is none', (zone) => {
    expect(isTimeZone(zone)).toBe(false);
  });
});
