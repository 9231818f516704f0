import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandCalendar } from '../../src/calendars/expand.ts';
import { busyWith, calendar, event, fault, OWNER, span, WEEK } from '../support/calendars.ts';

const expand = (...texts: readonly string[]): unknown => expandCalendar(texts, WEEK, OWNER);
const GOOD = event('DTSTART:20260302T080000Z', 'DURATION:PT1H');
const BUSY = ['MEETING 2026-03-02T08:00Z/2026-03-02T09:00Z'];

describe('a text', () => {
  test.each<[what: string, text: string, says: string]>([
    [
      'that is a web page',
      '<!doctype html>\n<html><title>Sign in</title></html>',
      'web page instead of a calendar.*\\.ics',
    ],
    ['that is empty', '', 'no calendar.*\\.ics'],
    ['that is JSON', '{"error": "not found"}', 'no calendar'],
    ['that is a contact', 'BEGIN:VCARD\r\nEND:VCARD\r\n', 'no calendar'],
  ])('%s is refused', (_, text, says) => {
    expect(() => expand(text)).toThrow(fault('NOT_A_CALENDAR', says));
  });

  test('is refused beyond 5 MB', () => {
    const text = calendar(event(`SUMMARY:${'é'.repeat(2_500_000)}`));
    expect(() => expand(text)).toThrow(fault('TOO_LARGE', '5 MB'));
  });

  test('is refused beyond 10,000 events, also when they come in several', () => {
    const half = calendar(
      ...Array.from({ length: 5_000 }, () => 'BEGIN:VEVENT\r\nDTSTART:20260302T080000Z\r\nEND:VEVENT'),
    );
    expect(expand(half, half)).toEqual([]);
    expect(() => expand(half, half, calendar(GOOD))).toThrow(fault('TOO_LARGE', '10,000 events'));
    expect(() => expand(calendar(...Array.from({ length: 10_001 }, () => GOOD)))).toThrow(
      fault('TOO_LARGE', '10,000 events'),
    );
  });

  test('without events says that nobody is busy', () => {
    expect(expand(calendar())).toEqual([]);
  });

  test('may begin with a byte order mark, and end its lines with line feeds alone', () => {
    expect(expand(`\uFEFF${calendar(GOOD).replaceAll('\r\n', '\n')}`)).toHaveLength(1);
  });

  test('that breaks off counts as far as it goes', () => {
    const text = calendar(GOOD, event('DTSTART:20260303T080000Z'));
    expect(expand(text.slice(0, text.lastIndexOf('DTSTART') + 12))).toHaveLength(1);
  });
});

describe('an event that cannot be read does not hide the others', () => {
  test.each<[what: string, ...lines: string[]]>([
    ['a line without a colon', 'DTSTART:20260302T080000Z', 'nonsense'],
    ['no beginning', 'DURATION:PT1H'],
    ['a beginning that is no date', 'DTSTART:tomorrow', 'DURATION:PT1H'],
    ['a day that does not exist', 'DTSTART;VALUE=DATE:20260230'],
    ['an hour that does not exist', 'DTSTART:20260302T250000Z', 'DURATION:PT1H'],
    ['an unknown frequency', 'DTSTART:20260302T110000Z', 'DURATION:PT1H', 'RRULE:FREQ=FORTNIGHTLY'],
    ['a rule without a frequency', 'DTSTART:20260201T110000Z', 'DURATION:PT1H', 'RRULE:COUNT=3'],
    ['a length that is none', 'DTSTART:20260302T110000Z', 'DURATION:long'],
    ['a rule that contradicts itself', 'DTSTART:20260201T110000Z', 'DURATION:PT1H', 'RRULE:FREQ=MONTHLY;BYYEARDAY=3'],
  ])('%s', (_, ...lines) => {
    expect(busyWith([GOOD, event(...lines), GOOD])).toEqual(BUSY);
  });
});

describe('rules that never end', () => {
  test.each([
    'FREQ=SECONDLY',
    'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;BYMONTH=2',
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;BYDAY=MO',
    'FREQ=DAILY;INTERVAL=9000000000000000',
    'FREQ=MONTHLY;INTERVAL=9000000000000000',
    'FREQ=WEEKLY;INTERVAL=9000000000000000;BYDAY=MO',
    `FREQ=YEARLY;BYDAY=${Array.from({ length: 53 }, (_, index) => `${index + 1}MO,${index + 1}TU,-${index + 1}WE`)}`,
  ])('%s is either counted out or refused, and soon', (rule) => {
    const parts = [event('DTSTART:20260101T080000Z', 'DURATION:PT1S', `RRULE:${rule}`)];
    try {
      expect(busyWith(parts).length).toBeLessThanOrEqual(1_000);
    } catch (error) {
      expect(error).toEqual(fault('TOO_MANY_REPEATS', 'end or delete'));
    }
  });

  test('every second is refused', () => {
    const parts = [event('DTSTART:20260101T080000Z', 'DURATION:PT1S', 'RRULE:FREQ=SECONDLY'), GOOD];
    expect(() => busyWith(parts)).toThrow(fault('TOO_MANY_REPEATS', 'every second'));
  });

  test('many rules together are refused as one that is too much', () => {
    const hourly = event('DTSTART:20260101T080000Z', 'DURATION:PT1S', 'RRULE:FREQ=HOURLY');
    expect(busyWith([hourly])).toHaveLength(168);
    expect(() => busyWith(Array.from({ length: 600 }, () => hourly))).toThrow(fault('TOO_MANY_REPEATS'));
  });

  test('thousands that began years ago are not followed from their beginning', () => {
    const weekly = event('DTSTART;TZID=Europe/Berlin:19990104T090000', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY');
    const monthly = event(
      'DTSTART;TZID=Europe/Berlin:19990131T090000',
      'DURATION:PT1H',
      'RRULE:FREQ=MONTHLY;BYDAY=1MO',
    );
    const ended = event('DTSTART:19990104T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;UNTIL=20250101T000000Z');
    const parts = [weekly, monthly, ended].flatMap((each) => Array.from({ length: 1_000 }, () => each));
    expect(busyWith(parts)).toEqual(BUSY);
  });

  test('so many single dates that they take long are refused', () => {
    const dates = Array.from(
      { length: 200_000 },
      (_, index) => `202603${String((index % 7) + 1).padStart(2, '0')}T080000Z`,
    );
    expect(() => busyWith([event('DTSTART:20260302T080000Z', 'DURATION:PT1H', `RDATE:${dates}`)])).toThrow(
      fault('TOO_MANY_REPEATS'),
    );
    expect(() =>
      busyWith([event('DTSTART:20260302T080000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY', `EXDATE:${dates}`)]),
    ).toThrow(fault('TOO_MANY_REPEATS'));
  });

  test('a time zone that changes its clock every second is refused', () => {
    const zone = [
      'BEGIN:VTIMEZONE',
      'TZID:Own',
      'BEGIN:STANDARD',
      'DTSTART:20200101T000000',
      'TZOFFSETFROM:+0100',
      'TZOFFSETTO:+0200',
      'RRULE:FREQ=SECONDLY',
      'END:STANDARD',
      'END:VTIMEZONE',
    ].join('\r\n');
    expect(() => busyWith([zone, event('DTSTART;TZID=Own:20260302T090000', 'DURATION:PT1H')])).toThrow(
      fault('TOO_MANY_REPEATS'),
    );
  });
});

describe('whatever is written', () => {
  const line = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('DTSTART', 'DTEND', 'RDATE', 'EXDATE', 'RECURRENCE-ID', 'DURATION', 'RRULE', 'UID', 'ATTENDEE'),
        fc.constantFrom('', ';TZID=Europe/Berlin', ';VALUE=DATE', ';VALUE=PERIOD', ';RANGE=THISANDFUTURE', ';X="'),
        fc.oneof(
          fc.constantFrom(
            '20260302T080000Z',
            '20260302',
            '20260302T080000Z/PT1H',
            '00000000T000000',
            '99991231T235959Z',
            'PT1H',
            'P9999999999D',
            'FREQ=DAILY;COUNT=0',
            'FREQ=DAILY;UNTIL=x',
            'FREQ=WEEKLY;BYDAY=XX',
            'FREQ=YEARLY;BYYEARDAY=400;BYSETPOS=0',
            'FREQ=MONTHLY;BYMONTHDAY=0',
            'FREQ=DAILY;INTERVAL=-3;BYHOUR=99',
          ),
          fc.string({ maxLength: 30 }),
        ),
      )
      .map(([name, parameters, value]) => `${name}${parameters}:${value}`),
    fc.string({ maxLength: 40 }),
  );

  test('comes to busy times in order, or to a fault that is known', () => {
    fc.assert(
      fc.property(fc.array(fc.array(line, { maxLength: 8 }), { maxLength: 4 }), (events) => {
        const text = calendar(...events.map((lines) => event('DTSTART:20260302T080000Z', ...lines)));
        try {
          const busy = expandCalendar([text], span('2026-03-01T00:00Z', '2026-03-09T00:00Z'), OWNER);
          for (const [index, { from, until }] of busy.entries()) {
            expect(from).toBeLessThan(until);
            expect(from).toBeGreaterThanOrEqual(busy[index - 1]?.from ?? 0);
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'CalendarFault' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
