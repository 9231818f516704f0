import { describe, expect, test } from 'vitest';
import { busyWith, event, OWNER, span } from '../support/calendars.ts';

/** Monday, nine to ten in Berlin. */
const NINE = ['DTSTART;TZID=Europe/Berlin:20260302T090000', 'DTEND;TZID=Europe/Berlin:20260302T100000'];
const AT_NINE = '2026-03-02T08:00Z/2026-03-02T09:00Z';

describe('an event', () => {
  test.each<[what: string, lines: readonly string[], expected: readonly string[]]>([
    ['is a meeting', [], [`MEETING ${AT_NINE}`]],
    ['that is cancelled does not count', ['STATUS:CANCELLED'], []],
    ['that is tentative counts', ['STATUS:TENTATIVE'], [`MEETING ${AT_NINE}`]],
    ['that is confirmed counts', ['STATUS:CONFIRMED'], [`MEETING ${AT_NINE}`]],
    ['that blocks no time does not count', ['TRANSP:TRANSPARENT'], []],
    ['that blocks time counts', ['TRANSP:OPAQUE'], [`MEETING ${AT_NINE}`]],
    ['that Outlook shows as free does not count', ['X-MICROSOFT-CDO-BUSYSTATUS:FREE'], []],
    ['that Outlook shows as working elsewhere does not count', ['X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE'], []],
    ['that Outlook shows as tentative counts', ['X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE'], [`MEETING ${AT_NINE}`]],
    ['that Outlook shows as busy counts', ['X-MICROSOFT-CDO-BUSYSTATUS:BUSY'], [`MEETING ${AT_NINE}`]],
    ['that Outlook shows as away is an absence', ['X-MICROSOFT-CDO-BUSYSTATUS:OOF'], [`OUT_OF_OFFICE ${AT_NINE}`]],
    ['that is away but blocks no time does not count', ['X-MICROSOFT-CDO-BUSYSTATUS:OOF', 'TRANSP:TRANSPARENT'], []],
    ['its owner has declined does not count', ['ATTENDEE;PARTSTAT=DECLINED:mailto:Ada@Example.com'], []],
    [
      'its owner has declined does not count, the address being a parameter',
      ['ATTENDEE;PARTSTAT=DECLINED;EMAIL=ada@example.com:urn:uuid:1'],
      [],
    ],
    ['its owner has accepted counts', ['ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.com'], [`MEETING ${AT_NINE}`]],
    [
      'somebody else has declined counts',
      ['ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.com', 'ATTENDEE:mailto:ada@example.com'],
      [`MEETING ${AT_NINE}`],
    ],
    ['may be folded, and written in small letters', ['transp:TRANS', ' PARENT'], []],
  ])('%s', (_, lines, expected) => {
    expect(busyWith([event(...NINE, ...lines)])).toEqual(expected);
  });

  test.each<[what: string, lines: readonly string[], expected: readonly string[]]>([
    ['in UTC', ['DTSTART:20260302T090000Z', 'DTEND:20260302T100000Z'], ['MEETING 2026-03-02T09:00Z/2026-03-02T10:00Z']],
    [
      'without a zone is by its owner’s clock',
      ['DTSTART:20260302T090000', 'DTEND:20260302T100000'],
      [`MEETING ${AT_NINE}`],
    ],
    [
      'in another zone than its owner',
      ['DTSTART;TZID=America/New_York:20260302T090000', 'DTEND;TZID=America/New_York:20260302T100000'],
      ['MEETING 2026-03-02T14:00Z/2026-03-02T15:00Z'],
    ],
    [
      'that begins in one zone and ends in another, as flights do',
      ['DTSTART;TZID=Europe/Berlin:20260302T090000', 'DTEND;TZID=America/New_York:20260302T120000'],
      ['MEETING 2026-03-02T08:00Z/2026-03-02T17:00Z'],
    ],
    [
      'that ends on another day by another clock, and lasts less than a day',
      ['DTSTART;TZID=America/Los_Angeles:20260302T080000', 'DTEND;TZID=Asia/Tokyo:20260303T090000'],
      ['MEETING 2026-03-02T16:00Z/2026-03-03T00:00Z'],
    ],
    [
      'with a program’s own name before the zone',
      ['DTSTART;TZID=/mozilla.org/20050126_1/Europe/Berlin:20260302T090000', 'DURATION:PT1H'],
      [`MEETING ${AT_NINE}`],
    ],
    [
      'with a length',
      ['DTSTART:20260302T080000Z', 'DURATION:PT1H30M'],
      ['MEETING 2026-03-02T08:00Z/2026-03-02T09:30Z'],
    ],
    ['with a negative length takes no time', ['DTSTART:20260302T080000Z', 'DURATION:-PT1H'], []],
    ['with an end before its beginning takes no time', ['DTSTART:20260302T080000Z', 'DTEND:20260302T070000Z'], []],
    ['without an end takes no time', ['DTSTART:20260302T080000Z'], []],
    [
      'past midnight',
      ['DTSTART;TZID=Europe/Berlin:20260302T220000', 'DTEND;TZID=Europe/Berlin:20260303T060000'],
      ['MEETING 2026-03-02T21:00Z/2026-03-03T05:00Z'],
    ],
    [
      'on a day is all day, by its owner’s clock',
      ['DTSTART;VALUE=DATE:20260302', 'DTEND;VALUE=DATE:20260303'],
      ['ALL_DAY 2026-03-01T23:00Z/2026-03-02T23:00Z'],
    ],
    ['on a day without an end', ['DTSTART;VALUE=DATE:20260302'], ['ALL_DAY 2026-03-01T23:00Z/2026-03-02T23:00Z']],
    [
      'on a day that ends on the day it begins',
      ['DTSTART;VALUE=DATE:20260302', 'DTEND;VALUE=DATE:20260302'],
      ['ALL_DAY 2026-03-01T23:00Z/2026-03-02T23:00Z'],
    ],
    [
      'on several days',
      ['DTSTART;VALUE=DATE:20260302', 'DURATION:P3D'],
      ['ALL_DAY 2026-03-01T23:00Z/2026-03-04T23:00Z'],
    ],
    ['on the days of a week', ['DTSTART;VALUE=DATE:20260223', 'DURATION:P1W'], []],
    [
      'on the days of two weeks',
      ['DTSTART;VALUE=DATE:20260223', 'DURATION:P2W'],
      ['ALL_DAY 2026-03-01T23:00Z/2026-03-08T23:00Z'],
    ],
    [
      'on days that Outlook shows as away is an absence',
      ['DTSTART;VALUE=DATE:20260302', 'DTEND;VALUE=DATE:20260304', 'X-MICROSOFT-CDO-BUSYSTATUS:OOF'],
      ['OUT_OF_OFFICE 2026-03-01T23:00Z/2026-03-03T23:00Z'],
    ],
    [
      'from midnight to midnight is all day',
      ['DTSTART;TZID=Europe/Berlin:20260302T000000', 'DTEND;TZID=Europe/Berlin:20260304T000000'],
      ['ALL_DAY 2026-03-01T23:00Z/2026-03-03T23:00Z'],
    ],
    [
      'that covers a day and parts of others is all day on that one',
      ['DTSTART;TZID=Europe/Berlin:20260302T140000', 'DTEND;TZID=Europe/Berlin:20260304T100000'],
      [
        'MEETING 2026-03-02T13:00Z/2026-03-02T23:00Z',
        'ALL_DAY 2026-03-02T23:00Z/2026-03-03T23:00Z',
        'MEETING 2026-03-03T23:00Z/2026-03-04T09:00Z',
      ],
    ],
    [
      'that began before the window and goes on after it is cut off there',
      ['DTSTART;VALUE=DATE:20260101', 'DTEND;VALUE=DATE:20270101'],
      ['ALL_DAY 2026-03-01T23:00Z/2026-03-08T23:00Z'],
    ],
    ['outside the window', ['DTSTART:20260309T080000Z', 'DURATION:PT1H'], []],
  ])('%s', (_, lines, expected) => {
    expect(busyWith([event(...lines)])).toEqual(expected);
  });
});

describe('several events', () => {
  const meeting = (from: string, until: string): string => event(`DTSTART:202603${from}00Z`, `DTEND:202603${until}00Z`);

  test('that overlap or touch are one busy time', () => {
    const events = [meeting('02T0800', '02T0900'), meeting('02T0830', '02T1000'), meeting('02T1000', '02T1100')];
    expect(busyWith(events)).toEqual(['MEETING 2026-03-02T08:00Z/2026-03-02T11:00Z']);
  });

  test('that leave no gap in a day make it busy all day', () => {
    const events = [meeting('01T2300', '02T1200'), meeting('02T1200', '02T2300')];
    expect(busyWith(events)).toEqual(['ALL_DAY 2026-03-01T23:00Z/2026-03-02T23:00Z']);
  });

  test('of different kinds stand beside each other', () => {
    const events = [event('DTSTART;VALUE=DATE:20260302'), meeting('02T0800', '02T0900')];
    expect(busyWith(events)).toEqual([
      'ALL_DAY 2026-03-01T23:00Z/2026-03-02T23:00Z',
      'MEETING 2026-03-02T08:00Z/2026-03-02T09:00Z',
    ]);
  });

  test('a day that has begun before the window is still busy as a whole', () => {
    const noon = span('2026-03-02T11:00Z', '2026-03-02T15:00Z');
    const day = event('DTSTART;TZID=Europe/Berlin:20260302T000000', 'DURATION:P1D');
    expect(busyWith([day], noon)).toEqual(['ALL_DAY 2026-03-02T11:00Z/2026-03-02T15:00Z']);
  });

  test('the same day is another span for who lives elsewhere', () => {
    const owner = { ...OWNER, timeZone: 'America/Los_Angeles' };
    expect(busyWith([event('DTSTART;VALUE=DATE:20260303')], undefined, owner)).toEqual([
      'ALL_DAY 2026-03-03T08:00Z/2026-03-04T08:00Z',
    ]);
  });

  test('the first thousand busy times are kept', () => {
    const events = Array.from({ length: 1_100 }, (_, index) => {
      const at = new Date(Date.UTC(2026, 2, 2) + index * 300_000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
      return event(`DTSTART:${at}Z`, 'DURATION:PT1M');
    });
    const busy = busyWith(events.toReversed());
    expect(busy).toHaveLength(1_000);
    expect(busy[0]).toBe('MEETING 2026-03-02T00:00Z/2026-03-02T00:01Z');
  });
});
