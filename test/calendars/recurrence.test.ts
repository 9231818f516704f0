import { describe, expect, test } from 'vitest';
import { busyWith, event } from '../support/calendars.ts';

/** Every day at nine in Berlin, for an hour; the week that is looked at begins with Monday, 2 March. */
const DAILY = [
  'UID:daily',
  'DTSTART;TZID=Europe/Berlin:20260202T090000',
  'DTEND;TZID=Europe/Berlin:20260202T100000',
  'RRULE:FREQ=DAILY;BYDAY=MO,TU,WE',
];
const at = (day: number, hour = 8): string =>
  `MEETING 2026-03-0${day}T${String(hour).padStart(2, '0')}:00Z/2026-03-0${day}T${String(hour + 1).padStart(2, '0')}:00Z`;

const exception = (day: number, ...lines: readonly string[]): string =>
  event('UID:daily', `RECURRENCE-ID;TZID=Europe/Berlin:2026030${day}T090000`, ...lines);
const moved = (day: number, hour: number): readonly string[] => [
  `DTSTART;TZID=Europe/Berlin:2026030${day}T${hour}0000`,
  `DTEND;TZID=Europe/Berlin:2026030${day}T${hour + 1}0000`,
];

describe('a series', () => {
  test.each<[what: string, parts: readonly string[], expected: readonly string[]]>([
    ['takes place as its rule says', [event(...DAILY)], [at(2), at(3), at(4)]],
    [
      'leaves out what is excluded',
      [event(...DAILY, 'EXDATE;TZID=Europe/Berlin:20260302T090000,20260304T090000')],
      [at(3)],
    ],
    ['leaves out what is excluded in another zone', [event(...DAILY, 'EXDATE:20260303T080000Z')], [at(2), at(4)]],
    ['leaves out an excluded day', [event(...DAILY, 'EXDATE;VALUE=DATE:20260303')], [at(2), at(4)]],
    [
      'is not changed by an exclusion at another time',
      [event(...DAILY, 'EXDATE:20260303T090000Z')],
      [at(2), at(3), at(4)],
    ],
    [
      'takes place on further dates',
      [event(...DAILY, 'RDATE;TZID=Europe/Berlin:20260306T090000,20260307T090000')],
      [at(2), at(3), at(4), at(6), at(7)],
    ],
    [
      'takes place in further periods of their own length',
      [event(...DAILY, 'RDATE;VALUE=PERIOD:20260306T080000Z/PT2H,20260307T080000Z/20260307T083000Z')],
      [
        at(2),
        at(3),
        at(4),
        'MEETING 2026-03-06T08:00Z/2026-03-06T10:00Z',
        'MEETING 2026-03-07T08:00Z/2026-03-07T08:30Z',
      ],
    ],
    [
      'of dates alone takes place on its first one too',
      [event('DTSTART:20260302T080000Z', 'DURATION:PT1H', 'RDATE:20260305T080000Z')],
      [at(2), at(5)],
    ],
    ['has a moved occurrence', [event(...DAILY), exception(3, ...moved(3, 14))], [at(2), at(3, 13), at(4)]],
    [
      'has an occurrence moved to another day',
      [event(...DAILY), exception(3, ...moved(6, 14))],
      [at(2), at(4), at(6, 13)],
    ],
    [
      'has an occurrence moved into the week',
      [event(...DAILY), event('UID:daily', 'RECURRENCE-ID;TZID=Europe/Berlin:20260324T090000', ...moved(6, 14))],
      [at(2), at(3), at(4), at(6, 13)],
    ],
    [
      'has an occurrence moved out of the week',
      [
        event(...DAILY),
        exception(3, 'DTSTART;TZID=Europe/Berlin:20260324T140000', 'DTEND;TZID=Europe/Berlin:20260324T150000'),
      ],
      [at(2), at(4)],
    ],
    [
      'has a cancelled occurrence',
      [event(...DAILY), exception(3, ...moved(3, 10), 'STATUS:CANCELLED')],
      [at(2), at(4)],
    ],
    [
      'has a declined occurrence',
      [event(...DAILY), exception(3, ...moved(3, 10), 'ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.com')],
      [at(2), at(4)],
    ],
    [
      'has an occurrence that is named in UTC',
      [event(...DAILY), event('UID:daily', 'RECURRENCE-ID:20260303T080000Z', ...moved(3, 14))],
      [at(2), at(3, 13), at(4)],
    ],
    [
      'is not changed by what stands for an excluded occurrence',
      [event(...DAILY, 'EXDATE;TZID=Europe/Berlin:20260303T090000'), exception(3, ...moved(3, 14))],
      [at(2), at(4)],
    ],
    [
      'is changed from an occurrence on',
      [
        event(...DAILY),
        event('UID:daily', 'RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260303T090000', ...moved(3, 14)),
      ],
      [at(2), at(3, 13), at(4, 13)],
    ],
    [
      'is cancelled from an occurrence on',
      [
        event(...DAILY),
        event(
          'UID:daily',
          'RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260303T090000',
          ...moved(3, 14),
          'STATUS:CANCELLED',
        ),
      ],
      [at(2)],
    ],
    [
      'of another UID is not touched by an exception',
      [event(...DAILY), event('UID:other', 'RECURRENCE-ID:20260303T080000Z', ...moved(3, 14))],
      [at(2), at(3), at(3, 13), at(4)],
    ],
    ['without its rule counts by its exceptions alone', [exception(3, ...moved(3, 14))], [at(3, 13)]],
    [
      'ends with the last occurrence that is not after UNTIL',
      [event('DTSTART;TZID=Europe/Berlin:20260202T090000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;UNTIL=20260303T080000Z')],
      [at(2), at(3)],
    ],
    [
      'ends with the last occurrence before UNTIL',
      [event('DTSTART;TZID=Europe/Berlin:20260202T090000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;UNTIL=20260303T075959Z')],
      [at(2)],
    ],
    [
      'ends with the day of UNTIL',
      [event('DTSTART;TZID=Europe/Berlin:20260202T090000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;UNTIL=20260303')],
      [at(2), at(3)],
    ],
    [
      'ends after so many occurrences, excluded ones among them',
      [
        event(
          'DTSTART;TZID=Europe/Berlin:20260226T090000',
          'DURATION:PT1H',
          'RRULE:FREQ=DAILY;COUNT=6',
          'EXDATE;TZID=Europe/Berlin:20260227T090000',
        ),
      ],
      [at(2), at(3)],
    ],
    [
      'of days',
      [event('DTSTART;VALUE=DATE:20250303', 'RRULE:FREQ=WEEKLY;BYDAY=TU,SA', 'EXDATE;VALUE=DATE:20260307')],
      ['ALL_DAY 2026-03-02T23:00Z/2026-03-03T23:00Z'],
    ],
    [
      'of days with an exclusion that has a time',
      [event('DTSTART;VALUE=DATE:20250303', 'RRULE:FREQ=WEEKLY;BYDAY=TU,SA', 'EXDATE:20260307T000000')],
      ['ALL_DAY 2026-03-02T23:00Z/2026-03-03T23:00Z'],
    ],
    [
      'of long events that began before the week',
      [
        event(
          'DTSTART;VALUE=DATE:20260104',
          'DURATION:P10D',
          'RRULE:FREQ=MONTHLY;BYMONTHDAY=25',
          'X-MICROSOFT-CDO-BUSYSTATUS:OOF',
        ),
      ],
      ['OUT_OF_OFFICE 2026-03-01T23:00Z/2026-03-06T23:00Z'],
    ],
    [
      'on some days of each week, of which one that lies before its beginning is the first',
      [event('DTSTART:20260304T080000Z', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY;BYDAY=TU,WE,TH;BYSETPOS=1,3')],
      [at(5)],
    ],
    [
      'on so many of some days of each week',
      [event('DTSTART:20260224T080000Z', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY;BYDAY=TU,WE,TH;BYSETPOS=1,3;COUNT=3')],
      [at(3)],
    ],
    [
      'on the last of some days of each second month',
      [
        event(
          'DTSTART:20240102T080000Z',
          'DURATION:PT1H',
          'RRULE:FREQ=MONTHLY;BYMONTHDAY=1,2,3;BYSETPOS=-1;INTERVAL=2',
        ),
        event(
          'DTSTART:20240202T080000Z',
          'DURATION:PT1H',
          'RRULE:FREQ=MONTHLY;BYMONTHDAY=1,2,4;BYSETPOS=-1;INTERVAL=2',
        ),
      ],
      [at(3)],
    ],
    [
      'at a position that no week has',
      [event('DTSTART:20260225T080000Z', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY;BYDAY=TU,WE;BYSETPOS=3')],
      [],
    ],
    [
      'on the last of the month and every second month',
      [
        event('DTSTART:20200131T080000Z', 'DURATION:PT1H', 'RRULE:FREQ=MONTHLY;BYMONTHDAY=-1'),
        event('DTSTART:20200103T080000Z', 'DURATION:PT1H', 'RRULE:FREQ=MONTHLY;INTERVAL=2'),
        event('DTSTART:20200204T080000Z', 'DURATION:PT1H', 'RRULE:FREQ=MONTHLY;INTERVAL=2'),
      ],
      [at(3)],
    ],
  ])('%s', (_, parts, expected) => {
    expect(busyWith(parts)).toEqual(expected);
  });
});
