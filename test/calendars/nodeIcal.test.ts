import fc from 'fast-check';
import ical from 'node-ical';
import { describe, expect, test } from 'vitest';
import { expandCalendar } from '../../src/calendars/expand.ts';
import type { BusyTime } from '../../src/domain/availability.ts';
import { calendar, event, OWNER, show, span } from '../support/calendars.ts';

/*
 * What repeats, counted out by two libraries that have nothing in common. The generated rules are those that people’s
 * calendars write.
 */

const WINDOW = span('2025-12-01T00:00Z', '2027-02-01T00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'];
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/** `20260302T083000` */
const wallTime = (at: number): string => new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');

const weekdays = fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 5 });
const ruleBody = fc.oneof(
  fc.constant('FREQ=DAILY'),
  weekdays.map((days) => `FREQ=WEEKLY;BYDAY=${days.join(',')}`),
  fc.constant('FREQ=WEEKLY'),
  fc.constant('FREQ=MONTHLY'),
  fc.integer({ min: 1, max: 28 }).map((day) => `FREQ=MONTHLY;BYMONTHDAY=${day}`),
  fc.constant('FREQ=MONTHLY;BYMONTHDAY=-1'),
  fc
    .tuple(fc.constantFrom(1, 2, 3, 4, -1), fc.constantFrom(...WEEKDAYS))
    .map(([position, day]) => `FREQ=MONTHLY;BYDAY=${position}${day}`),
  fc.constant('FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1'),
  fc.constant('FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1'),
  fc.constant('FREQ=MONTHLY;BYMONTHDAY=1,2,3;BYSETPOS=1,-1'),
  fc.constant('FREQ=YEARLY'),
);

const series = fc
  .record({
    zone: fc.constantFrom(...ZONES),
    // From years before the window to within it; the first 28 days are in every month.
    startDay: fc
      .tuple(fc.integer({ min: 2021, max: 2026 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
      .map(([year, month, day]) => Date.UTC(year, month - 1, day)),
    // At three in the night clocks are changed.
    hour: fc.integer({ min: 4, max: 22 }),
    minute: fc.constantFrom(0, 15, 30),
    hours: fc.integer({ min: 1, max: 3 }),
    body: ruleBody,
    interval: fc.integer({ min: 1, max: 4 }),
    end: fc.oneof(
      fc.constant(''),
      fc.integer({ min: 1, max: 400 }).map((count) => `;COUNT=${count}`),
      fc.integer({ min: 0, max: 400 }).map((days) => `;UNTIL=${wallTime(Date.UTC(2025, 11, 15) + days * DAY_MS)}Z`),
    ),
    // Of the occurrences, which one is left out or moved, and by how far.
    leftOut: fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 3 }),
    moved: fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 2 }),
    // Not as far as the next one of a day’s: what touches is united.
    movedByHours: fc.integer({ min: -18, max: 18 }),
  })
  .map(({ zone, startDay, hour, minute, hours, body, interval, end, leftOut, moved, movedByHours }) => {
    const start = firstOf(body, startDay) + hour * HOUR_MS + minute * 60_000;
    return { zone, start, hours, rule: `${body};INTERVAL=${interval}${end}`, leftOut, moved, movedByHours };
  });

/** A beginning that its own rule yields: of others the standard leaves open what they mean. */
function firstOf(body: string, day: number): number {
  for (let at = day; ; at += DAY_MS) {
    const date = new Date(at);
    const weekday = WEEKDAYS[(date.getUTCDay() + 6) % 7] ?? '';
    const isLastOfMonth = new Date(at + DAY_MS).getUTCDate() === 1;
    const byDay = /BYDAY=([^;]+)/.exec(body)?.[1]?.split(',');
    const byMonthDay = /BYMONTHDAY=(-?\d+)/.exec(body)?.[1];
    if (
      byMonthDay !== undefined &&
      !(Number(byMonthDay) === -1 ? isLastOfMonth : date.getUTCDate() === Number(byMonthDay))
    )
      continue;
    if (body.includes('BYSETPOS=-1')) {
      const next = [1, 2, 3]
        .map((days) => new Date(at + days * DAY_MS))
        .filter((each) => each.getUTCMonth() === date.getUTCMonth());
      if (weekday.startsWith('S') || next.some((each) => each.getUTCDay() % 6 !== 0)) continue;
    } else if (byDay !== undefined) {
      const position = Number(/^-?\d/.exec(byDay[0] ?? '')?.[0] ?? 0);
      if (!byDay.some((each) => each.endsWith(weekday))) continue;
      if (body.includes('BYSETPOS=1') && weekday !== byDay[0]) continue;
      if (position > 0 && Math.ceil(date.getUTCDate() / 7) !== position) continue;
      if (position < 0 && new Date(at + 7 * DAY_MS).getUTCMonth() === date.getUTCMonth()) continue;
    }
    return at;
  }
}

type Series = ReturnType<typeof series.generate>['value'];

const property = (name: string, zone: string, at: number): string =>
  zone === 'UTC' ? `${name}:${wallTime(at)}Z` : `${name};TZID=${zone}:${wallTime(at)}`;

/** Occurrences of a plain rule as wall times, for what is left out and moved. */
function wallsOf({ start, rule }: Series): number[] {
  const text = calendar(event(property('DTSTART', 'UTC', start), 'DURATION:PT1H', `RRULE:${rule}`));
  return byNodeIcal(text).map(({ from }) => from);
}

function byNodeIcal(text: string): BusyTime[] {
  const parsed = ical.sync.parseICS(text);
  return Object.values(parsed)
    .filter((each) => each?.type === 'VEVENT')
    .flatMap((each) =>
      ical.expandRecurringEvent(each as ical.VEvent, {
        from: new Date(WINDOW.from),
        to: new Date(WINDOW.until),
        expandOngoing: true,
      }),
    )
    .map(({ start, end }) => ({ kind: 'MEETING', from: start.getTime(), until: end.getTime() }) as const);
}

describe('what repeats', () => {
  test('takes place when another library says it does', () => {
    let compared = 0;
    fc.assert(
      fc.property(series, (each) => {
        const uid = 'series@example.com';
        const walls = wallsOf(each);
        const { zone, start, hours, rule, leftOut, moved, movedByHours } = each;
        const length = `DURATION:PT${hours}H`;
        const excluded = leftOut.flatMap((index) => walls[index] ?? []);
        const exceptions = moved.flatMap((index) => walls[index] ?? []).filter((wall) => !excluded.includes(wall));
        const text = calendar(
          event(
            `UID:${uid}`,
            property('DTSTART', zone, start),
            length,
            `RRULE:${rule}`,
            ...excluded.map((wall) => property('EXDATE', zone, wall)),
          ),
          ...exceptions.map((wall) =>
            event(
              `UID:${uid}`,
              property('RECURRENCE-ID', zone, wall),
              property('DTSTART', zone, wall + movedByHours * HOUR_MS),
              length,
            ),
          ),
        );
        const inside = ({ from, until }: BusyTime): boolean =>
          from >= WINDOW.from + 3 * DAY_MS && until <= WINDOW.until - 3 * DAY_MS;
        const ours = expandCalendar([text], WINDOW, OWNER).filter(inside);
        const theirs = byNodeIcal(text).filter(inside);
        expect(show(ours)).toEqual(show(theirs));
        compared += ours.length;
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(1_000);
  });
});
