import { describe, expect, test } from 'vitest';
import { expandHr, type Person } from '../../src/calendars/expandHr.ts';
import { calendar, event, fault, show, WEEK } from '../support/calendars.ts';

const person = (repId: string, name: string, timeZone = 'Europe/Berlin'): Person => ({
  repId,
  name,
  email: `${repId}@example.com`,
  timeZone,
});

const PEOPLE = [
  person('ada', 'Ada Lovelace'),
  person('jose', 'José Núñez'),
  person('ann', 'Ann Lee'),
  person('annsmith', 'Ann Lee Smith'),
  person('kim1', 'Kim Park'),
  person('kim2', 'Kim Park'),
  person('cher', 'Cher'),
  person('mei', 'Mei Chen', 'Asia/Shanghai'),
  person('sean', 'Seán O’Neil-Byrne'),
];

const DAY = 'DTSTART;VALUE=DATE:20260303';
const IN_BERLIN = 'OUT_OF_OFFICE 2026-03-02T23:00Z/2026-03-03T23:00Z';

function absences(parts: readonly string[], people = PEOPLE) {
  const { byRep, unmatched } = expandHr(calendar(...parts), WEEK, people);
  return { away: Object.fromEntries([...byRep].map(([repId, busy]) => [repId, show(busy)])), unmatched };
}

describe('an absence is that of', () => {
  test.each<[summary: string, repIds: readonly string[]]>([
    ['Ada Lovelace', ['ada']],
    ['Vacation: ADA LOVELACE (2 days)', ['ada']],
    ['Lovelace, Ada - Urlaub', ['ada']],
    ['Jose Nunez - PTO', ['jose']],
    ['JOSÉ NÚÑEZ', ['jose']],
    ["Sean O'Neil Byrne sick", ['sean']],
    ['Ann Lee off', ['ann']],
    ['Ann Lee Smith off', ['annsmith']],
    ['Ada Lovelaces Hund', []],
    ['Granada Lovelace', []],
    ['Ada Byron Lovelace', []],
    ['Ada', []],
    ['Lovelace', []],
    ['Cher on tour', []],
    ['Kim Park', []],
    ['Ann Lee stands in for Ada Lovelace', []],
    ['Company outing', []],
  ])('"%s": %j', (summary, repIds) => {
    const { away, unmatched } = absences([event(DAY, `SUMMARY:${summary.replaceAll(',', '\\,')}`)]);
    expect(Object.keys(away)).toEqual(repIds);
    expect(unmatched).toBe(repIds.length === 0 ? 1 : 0);
  });

  test.each<[what: string, lines: readonly string[], repIds: readonly string[]]>([
    ['its attendee', ['ATTENDEE:mailto:Cher@Example.com', 'SUMMARY:Ada Lovelace'], ['cher']],
    [
      'each of its attendees, whoever organised it',
      ['ORGANIZER:mailto:jose@example.com', 'ATTENDEE:mailto:cher@example.com', 'ATTENDEE:mailto:ada@example.com'],
      ['cher', 'ada'],
    ],
    ['its organizer', ['ORGANIZER;CN=Ada:mailto:ada@example.com', 'SUMMARY:Ann Lee'], ['ada']],
    [
      'the one who is named where the addresses are of others',
      ['ORGANIZER:mailto:hr@example.com', 'ATTENDEE:mailto:hr@example.com', 'SUMMARY:Ann Lee'],
      ['ann'],
    ],
  ])('%s', (_, lines, repIds) => {
    expect(Object.keys(absences([event(DAY, ...lines)]).away)).toEqual(repIds);
  });
});

describe('an absence', () => {
  test('is one also when it is marked as free', () => {
    const lines = [DAY, 'SUMMARY:Ada Lovelace', 'TRANSP:TRANSPARENT', 'X-MICROSOFT-CDO-BUSYSTATUS:FREE'];
    expect(absences([event(...lines)]).away).toEqual({ ada: [IN_BERLIN] });
  });

  test('that is cancelled is none, nor one of nobody', () => {
    expect(absences([event(DAY, 'SUMMARY:Ada Lovelace', 'STATUS:CANCELLED'), event(DAY, 'STATUS:CANCELLED')])).toEqual({
      away: {},
      unmatched: 0,
    });
  });

  test('is on the days of who is away', () => {
    const both = event(DAY, 'ATTENDEE:mailto:ada@example.com', 'ATTENDEE:mailto:mei@example.com');
    expect(absences([both]).away).toEqual({
      ada: [IN_BERLIN],
      mei: ['OUT_OF_OFFICE 2026-03-02T16:00Z/2026-03-03T16:00Z'],
    });
  });

  test('of half a day is half a day', () => {
    const half = event('DTSTART:20260303T120000', 'DTEND:20260303T180000', 'SUMMARY:Ada Lovelace');
    expect(absences([half]).away).toEqual({ ada: ['OUT_OF_OFFICE 2026-03-03T11:00Z/2026-03-03T17:00Z'] });
  });

  test('that follows another is one with it', () => {
    const days = ['20260303', '20260304', '20260306'].map((day) =>
      event(`DTSTART;VALUE=DATE:${day}`, 'SUMMARY:Ada Lovelace'),
    );
    expect(absences(days).away).toEqual({
      ada: ['OUT_OF_OFFICE 2026-03-02T23:00Z/2026-03-04T23:00Z', 'OUT_OF_OFFICE 2026-03-05T23:00Z/2026-03-06T23:00Z'],
    });
  });

  test('may repeat, and once be somebody else’s', () => {
    const days = event(
      'UID:friday',
      'DTSTART;VALUE=DATE:20260106',
      'RRULE:FREQ=WEEKLY;BYDAY=TU,WE',
      'SUMMARY:Ada Lovelace',
    );
    const other = event(
      'UID:friday',
      'RECURRENCE-ID;VALUE=DATE:20260304',
      'DTSTART;VALUE=DATE:20260304',
      'SUMMARY:Mei Chen',
    );
    expect(absences([days, other]).away).toEqual({
      ada: [IN_BERLIN],
      mei: ['OUT_OF_OFFICE 2026-03-03T16:00Z/2026-03-04T16:00Z'],
    });
  });

  test('of nobody is counted once, and only within the window', () => {
    const parts = [
      event('DTSTART;VALUE=DATE:20260106', 'RRULE:FREQ=DAILY', 'SUMMARY:Somebody'),
      event('DTSTART;VALUE=DATE:20250106', 'SUMMARY:Somebody'),
    ];
    expect(absences(parts)).toEqual({ away: {}, unmatched: 1 });
  });

  test('of thousands of events among thousands of people is found', () => {
    const people = Array.from({ length: 2_000 }, (_, index) => person(`${index}`, `Ada Number${index}`));
    const parts = people.map(({ name }) => event(DAY, `SUMMARY:${name} is away`));
    const { away, unmatched } = absences(parts, people);
    expect([Object.keys(away).length, unmatched]).toEqual([2_000, 0]);
  });
});

test('what is no calendar, or too large a one, is refused', () => {
  expect(() => expandHr('<html>', WEEK, PEOPLE)).toThrow(fault('NOT_A_CALENDAR', 'web page'));
  const large = calendar(...Array.from({ length: 10_001 }, () => event(DAY)));
  expect(() => expandHr(large, WEEK, PEOPLE)).toThrow(fault('TOO_LARGE', '10,000 events'));
});
