import { describe, expect, test } from 'vitest';
import { ianaZone } from '../../src/calendars/zones.ts';
import { busyWith, event, fault, OWNER, span } from '../support/calendars.ts';

/** As Outlook writes it, with a name of Windows. */
const W_EUROPE = [
  'BEGIN:VTIMEZONE',
  'TZID:W. Europe Standard Time',
  'BEGIN:STANDARD',
  'DTSTART:16010101T030000',
  'TZOFFSETFROM:+0200',
  'TZOFFSETTO:+0100',
  'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10',
  'END:STANDARD',
  'BEGIN:DAYLIGHT',
  'DTSTART:16010101T020000',
  'TZOFFSETFROM:+0100',
  'TZOFFSETTO:+0200',
  'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3',
  'END:DAYLIGHT',
  'END:VTIMEZONE',
].join('\r\n');

const zone = (tzid: string, ...observances: readonly (readonly string[])[]): string =>
  [
    'BEGIN:VTIMEZONE',
    `TZID:${tzid}`,
    ...observances.flatMap((lines) => ['BEGIN:STANDARD', ...lines, 'END:STANDARD']),
    'END:VTIMEZONE',
  ].join('\r\n');

const daily = (tzid: string, start: string): string =>
  event(`DTSTART;TZID=${tzid}:${start}`, 'DURATION:PT10M', 'RRULE:FREQ=DAILY');

const startsWith = (parts: readonly string[], from: string, until: string): string[] =>
  busyWith(parts, span(from, until)).map((busy) => busy.slice('MEETING '.length, busy.indexOf('/')));

describe('when clocks are changed', () => {
  test.each<[what: string, timeZone: string, start: string, around: [string, string], expected: readonly string[]]>([
    [
      'an event stays at its hour in spring',
      'Europe/Berlin',
      '20260301T090000',
      ['2026-03-28T00:00Z', '2026-03-30T00:00Z'],
      ['2026-03-28T08:00Z', '2026-03-29T07:00Z'],
    ],
    [
      'an event stays at its hour in autumn',
      'Europe/Berlin',
      '20260301T090000',
      ['2026-10-24T00:00Z', '2026-10-26T00:00Z'],
      ['2026-10-24T07:00Z', '2026-10-25T08:00Z'],
    ],
    [
      'an event at an hour that is left out is later by what is left out',
      'Europe/Berlin',
      '20260301T023000',
      ['2026-03-28T00:00Z', '2026-03-31T00:00Z'],
      ['2026-03-28T01:30Z', '2026-03-29T01:30Z', '2026-03-30T00:30Z'],
    ],
    [
      'an event at an hour that comes twice takes place the first time',
      'Europe/Berlin',
      '20260301T023000',
      ['2026-10-24T00:00Z', '2026-10-26T23:00Z'],
      ['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    [
      'an event at a midnight that is left out takes place at one',
      'America/Sao_Paulo',
      '20171001T000000',
      ['2017-10-14T00:00Z', '2017-10-17T00:00Z'],
      ['2017-10-14T03:00Z', '2017-10-15T03:00Z', '2017-10-16T02:00Z'],
    ],
    [
      'an event stays at its hour where clocks are put by half an hour',
      'Australia/Lord_Howe',
      '20260301T090000',
      ['2026-04-03T12:00Z', '2026-04-06T00:00Z'],
      ['2026-04-03T22:00Z', '2026-04-04T22:30Z', '2026-04-05T22:30Z'],
    ],
    [
      'an event at a half hour that comes twice takes place the first time',
      'Australia/Lord_Howe',
      '20260301T014500',
      ['2026-04-04T00:00Z', '2026-04-05T23:00Z'],
      ['2026-04-04T14:45Z', '2026-04-05T15:15Z'],
    ],
  ])('%s', (_, timeZone, start, [from, until], expected) => {
    expect(startsWith([daily(timeZone, start)], from, until)).toEqual(expected);
  });

  test.each<[timeZone: string, day: string, expected: string]>([
    ['Europe/Berlin', '20260329', '2026-03-28T23:00Z/2026-03-29T22:00Z'],
    ['Europe/Berlin', '20261025', '2026-10-24T22:00Z/2026-10-25T23:00Z'],
    ['America/Sao_Paulo', '20171015', '2017-10-15T03:00Z/2017-10-16T02:00Z'],
    ['America/Sao_Paulo', '20180217', '2018-02-17T02:00Z/2018-02-18T03:00Z'],
    ['Australia/Lord_Howe', '20260405', '2026-04-04T13:00Z/2026-04-05T13:30Z'],
    ['Australia/Lord_Howe', '20261004', '2026-10-03T13:30Z/2026-10-04T13:00Z'],
  ])('a day in %s, %s, is as long as it is', (timeZone, day, expected) => {
    const year = day.slice(0, 4);
    const around = span(`${year}-01-01T00:00Z`, `${year}-12-31T00:00Z`);
    const owner = { ...OWNER, timeZone };
    expect(busyWith([event(`DTSTART;VALUE=DATE:${day}`)], around, owner)).toEqual([`ALL_DAY ${expected}`]);
    const timed = event(`DTSTART;TZID=${timeZone}:${day}T000000`, 'DURATION:P1D');
    expect(busyWith([timed], around, owner)).toEqual([`ALL_DAY ${expected}`]);
  });

  test('a night shift lasts as long by the stopwatch in each night, and whole days stay whole', () => {
    const shift = event(
      'DTSTART;TZID=Europe/Berlin:20260301T220000',
      'DTEND;TZID=Europe/Berlin:20260302T060000',
      'RRULE:FREQ=DAILY',
    );
    expect(busyWith([shift], span('2026-03-28T12:00Z', '2026-03-29T12:00Z'))).toEqual([
      'MEETING 2026-03-28T21:00Z/2026-03-29T05:00Z',
    ]);
    const short = shift.replaceAll('20260301', '20260328').replaceAll('20260302', '20260329');
    expect(busyWith([short], span('2026-03-28T12:00Z', '2026-03-30T12:00Z'))).toEqual([
      'MEETING 2026-03-28T21:00Z/2026-03-29T04:00Z',
      'MEETING 2026-03-29T20:00Z/2026-03-30T03:00Z',
    ]);
    const weekend = event(
      'DTSTART;TZID=Europe/Berlin:20260307T000000',
      'DTEND;TZID=Europe/Berlin:20260309T000000',
      'RRULE:FREQ=WEEKLY',
    );
    expect(busyWith([weekend], span('2026-03-27T12:00Z', '2026-03-31T12:00Z'))).toEqual([
      'ALL_DAY 2026-03-27T23:00Z/2026-03-29T22:00Z',
    ]);
  });
});

describe('a time zone that the calendar defines', () => {
  test('is read as it is defined, all year', () => {
    const own = daily('W. Europe Standard Time', '20200101T000000');
    const window = ['2026-01-01T12:00Z', '2026-12-31T12:00Z'] as const;
    const expected = startsWith([daily('Europe/Berlin', '20200101T000000')], ...window);
    expect(startsWith([W_EUROPE, own], ...window)).toEqual(expected);
  });

  test('reads hours that are left out and that come twice like any other', () => {
    const berlin = ianaZone('Europe/Berlin');
    for (const [day, hour] of [
      ['29', '023000'],
      ['29', '020000'],
      ['29', '030000'],
      ['28', '235900'],
    ] as const) {
      const own = event(`DTSTART;TZID="W. Europe Standard Time":202603${day}T${hour}`, 'DURATION:PT1M');
      const from = berlin.toInstant(Date.parse(`2026-03-${day}T${hour.slice(0, 2)}:${hour.slice(2, 4)}:00Z`));
      expect(startsWith([W_EUROPE, own], '2026-03-01T00:00Z', '2026-04-30T00:00Z')).toEqual([
        new Date(from).toISOString().replace(':00.000Z', 'Z'),
      ]);
    }
    for (const hour of ['015900', '020000', '025900', '030000']) {
      const own = event(`DTSTART;TZID=W. Europe Standard Time:20261025T${hour}`, 'DURATION:PT1M');
      const from = berlin.toInstant(Date.parse(`2026-10-25T${hour.slice(0, 2)}:${hour.slice(2, 4)}:00Z`));
      expect(startsWith([W_EUROPE, own], '2026-10-01T00:00Z', '2026-11-30T00:00Z')).toEqual([
        new Date(from).toISOString().replace(':00.000Z', 'Z'),
      ]);
    }
  });

  test.each<[what: string, observances: readonly (readonly string[])[], expected: string]>([
    ['of one offset', [['DTSTART:19700101T000000', 'TZOFFSETFROM:+0300', 'TZOFFSETTO:+0300']], '2026-03-02T06:00Z'],
    [
      'whose last change is long past',
      [
        ['DTSTART:19700101T000000', 'TZOFFSETFROM:+0000', 'TZOFFSETTO:+0500'],
        [
          'DTSTART:19801001T000000',
          'TZOFFSETFROM:+0500',
          'TZOFFSETTO:+0600',
          'RRULE:FREQ=YEARLY;UNTIL=19841101T000000Z',
        ],
        [
          'DTSTART:19800401T000000',
          'TZOFFSETFROM:+0600',
          'TZOFFSETTO:+0500',
          'RRULE:FREQ=YEARLY;UNTIL=19851001T000000Z',
        ],
      ],
      '2026-03-02T04:00Z',
    ],
    [
      'of an offset with seconds, as they were long ago',
      [['DTSTART:18700101T000000', 'TZOFFSETFROM:-005328', 'TZOFFSETTO:-005328']],
      '2026-03-02T09:53:28Z',
    ],
    [
      'with changes on named dates',
      [
        ['DTSTART:19700101T000000', 'TZOFFSETFROM:+0000', 'TZOFFSETTO:+0200', 'RDATE:20260101T000000,20260301T000000'],
        ['DTSTART:20260201T000000', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100'],
      ],
      '2026-03-02T07:00Z',
    ],
    [
      'before its first change',
      [['DTSTART:20300101T000000', 'TZOFFSETFROM:-0300', 'TZOFFSETTO:-0400']],
      '2026-03-02T12:00Z',
    ],
  ])('%s', (_, observances, expected) => {
    const parts = [zone('Own', ...observances), event('DTSTART;TZID=Own:20260302T090000', 'DURATION:PT1H')];
    expect(startsWith(parts, '2026-03-01T00:00Z', '2026-03-08T00:00Z')).toEqual([expected]);
  });

  test('comes before the zone of the same name', () => {
    const parts = [
      zone('Europe/Berlin', ['DTSTART:19700101T000000', 'TZOFFSETFROM:+0500', 'TZOFFSETTO:+0500']),
      event('DTSTART;TZID=Europe/Berlin:20260302T090000', 'DURATION:PT1H'),
    ];
    expect(startsWith(parts, '2026-03-01T00:00Z', '2026-03-08T00:00Z')).toEqual(['2026-03-02T04:00Z']);
  });

  test.each<[what: string, ...observances: (readonly string[])[]]>([
    ['that says nothing'],
    ['with an empty offset', ['DTSTART:19700101T000000', 'TZOFFSETFROM:', 'TZOFFSETTO:']],
    ['with an offset of days', ['DTSTART:19700101T000000', 'TZOFFSETFROM:+9900', 'TZOFFSETTO:+9900']],
    ['with an offset that is no number', ['DTSTART:19700101T000000', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:one']],
  ])('%s gives way to the zone of its name', (_, ...observances) => {
    const parts = [
      zone('Europe/Berlin', ...observances),
      event('DTSTART;TZID=Europe/Berlin:20260302T090000', 'DURATION:PT1H'),
    ];
    expect(startsWith(parts, '2026-03-01T00:00Z', '2026-03-08T00:00Z')).toEqual(['2026-03-02T08:00Z']);
  });
});

describe('a time zone that nobody knows', () => {
  const lost = (start: string): string => event(`DTSTART;TZID=Middle-earth/Shire:${start}`, 'DURATION:PT1H');

  test('refuses the calendar, naming the zone and what to do', () => {
    expect(() => busyWith([lost('20260302T090000')])).toThrow(
      fault('UNKNOWN_TIME_ZONE', '"Middle-earth/Shire".*Europe/Berlin'),
    );
  });

  test('of an event that is long past does not', () => {
    expect(busyWith([lost('20250302T090000')])).toEqual([]);
  });
});
