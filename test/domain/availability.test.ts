import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ABSENCES,
  ALWAYS_THERE,
  absencesAt,
  type BusyTime,
  CALENDAR_STALE_MS,
  type Presence,
} from '../../src/domain/availability.ts';
import type { Weekday } from '../../src/domain/localTime.ts';
import type { WorkingHours } from '../../src/domain/workingHours.ts';
import { NOW } from '../support/routing.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK: readonly Weekday[] = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'];
const hours = (holidays: readonly string[] = []): WorkingHours => ({
  timeZone: 'UTC',
  week: [{ days: WEEK, from: '09:00', to: '17:00' }],
  dates: [],
  isHoliday: (date) => holidays.includes(date),
});
const RULES = { notSeenAfterMs: 24 * HOUR };
const SPAN = { from: NOW, until: NOW + HOUR };
const calendar = (kind: BusyTime['kind'], span = SPAN, syncedAt = NOW): Partial<Presence> => ({
  calendars: { work: { syncedAt, busy: [{ ...span, kind }] } },
});
const reasonsAt = (presence: Partial<Presence>, at: number, week: WorkingHours | null = null) =>
  absencesAt({ ...ALWAYS_THERE, ...presence }, week, at, RULES).absences.map(({ reason }) => reason);

describe('why somebody is away', () => {
  test.each<[string, Partial<Presence>]>([
    ['OUT_OF_OFFICE', { leaves: [{ ...SPAN, delegateId: null }] }],
    ['OUT_OF_OFFICE', calendar('OUT_OF_OFFICE')],
    ['BUSY_ALL_DAY', calendar('ALL_DAY')],
    ['IN_MEETING', calendar('MEETING')],
  ])('%s begins with its first and ends before its last moment: %j', (reason, presence) => {
    const seen = [NOW - 1, NOW, NOW + HOUR - 1, NOW + HOUR].map((at) =>
      reasonsAt({ ...presence, calendars: fresh(presence) }, at),
    );
    expect(seen).toEqual([[], [reason], [reason], []]);
  });

  /** Read so late that it says something in every moment asked for. */
  const fresh = ({ calendars = {} }: Partial<Presence>): Presence['calendars'] =>
    Object.fromEntries(Object.entries(calendars).map(([id, copy]) => [id, { ...copy, syncedAt: NOW + HOUR }]));

  test.each<[string, Partial<Presence>]>([
    ['PAUSED', { pause: { until: NOW + HOUR, by: 'mia' } }],
    ['BUSY', { busyUntil: NOW + HOUR }],
  ])('%s ends by itself', (reason, presence) => {
    expect([NOW, NOW + HOUR - 1, NOW + HOUR].map((at) => reasonsAt(presence, at))).toEqual([[reason], [reason], []]);
  });

  test('a calendar that was not read for an hour says nothing', () => {
    const presence = calendar('MEETING', { from: NOW, until: NOW + 5 * HOUR });
    const stale = NOW + CALENDAR_STALE_MS;
    expect([reasonsAt(presence, stale - 1), reasonsAt(presence, stale)]).toEqual([['IN_MEETING'], []]);
  });

  test('several at once are told in their order, and who stands in stays known beside a longer entry', () => {
    const { absences } = absencesAt(
      {
        pause: { until: null, by: 'mia' },
        busyUntil: NOW + HOUR,
        leaves: [{ from: NOW - HOUR, until: NOW + HOUR, delegateId: 'bob' }],
        calendars: {
          work: {
            syncedAt: NOW,
            busy: (['MEETING', 'ALL_DAY', 'OUT_OF_OFFICE'] as const).map((kind) => ({
              kind,
              from: NOW,
              until: NOW + 2 * HOUR,
            })),
          },
        },
        lastSeenAt: NOW - 300 * HOUR,
      },
      hours(['2026-11-24']),
      NOW,
      RULES,
    );
    expect(absences.map(({ reason }) => reason)).toEqual(ABSENCES.filter((each) => each !== 'OUTSIDE_HOURS'));
    expect(absences[0]).toMatchObject({ delegateId: 'bob', until: NOW + 2 * HOUR });
  });

  test('a leave that ends outside working hours says when work begins', () => {
    const until = Date.UTC(2026, 10, 28);
    const leaves = [{ from: NOW, until, delegateId: null }];
    const { absences } = absencesAt({ ...ALWAYS_THERE, leaves }, hours(), NOW, RULES);
    expect(absences).toEqual([{ reason: 'OUT_OF_OFFICE', until, delegateId: null, backAt: Date.UTC(2026, 10, 30, 9) }]);
  });
});

describe('not seen', () => {
  const friday = Date.UTC(2026, 10, 27, 16);
  test('counts working time only: Monday morning is no absence', () => {
    expect(reasonsAt({ lastSeenAt: friday }, Date.UTC(2026, 10, 30, 9), hours())).toEqual([]);
    // An hour on Friday, eight on Monday and Tuesday, seven on Wednesday.
    const due = Date.UTC(2026, 11, 2, 16);
    expect(reasonsAt({ lastSeenAt: friday }, due - 1, hours())).toEqual([]);
    expect(reasonsAt({ lastSeenAt: friday }, due, hours())).toEqual(['NOT_SEEN']);
  });

  test('counts day and night where there are no hours; never seen is not absent', () => {
    expect(reasonsAt({ lastSeenAt: NOW - 24 * HOUR + 1 }, NOW)).toEqual([]);
    expect(reasonsAt({ lastSeenAt: NOW - 24 * HOUR }, NOW)).toEqual(['NOT_SEEN']);
    expect(reasonsAt({ lastSeenAt: null }, NOW)).toEqual([]);
  });
});

test('what was worked out holds for every moment before it says that it may change', () => {
  const moment = fc.integer({ min: -72 * 60, max: 72 * 60 }).map((minutes) => NOW + minutes * MINUTE);
  const span = fc
    .tuple(moment, fc.integer({ min: 1, max: 40 * 60 }))
    .map(([from, minutes]) => ({ from, until: from + minutes * MINUTE }));
  const presence: fc.Arbitrary<Presence> = fc.record({
    pause: fc.option(fc.record({ until: fc.option(moment), by: fc.constant('mia') })),
    busyUntil: fc.option(moment),
    leaves: fc.array(
      fc.tuple(span, fc.constantFrom(null, 'bob')).map(([of, delegateId]) => ({ ...of, delegateId })),
      { maxLength: 3 },
    ),
    calendars: fc.record({
      work: fc.record({
        syncedAt: moment,
        busy: fc.array(
          fc
            .tuple(span, fc.constantFrom<BusyTime['kind']>('MEETING', 'ALL_DAY', 'OUT_OF_OFFICE'))
            .map(([of, kind]) => ({ ...of, kind })),
          { maxLength: 4 },
        ),
      }),
    }),
    lastSeenAt: fc.option(moment),
  });
  const week = fc.constantFrom(null, hours(), hours(['2026-11-25', '2026-11-26']));
  fc.assert(
    fc.property(presence, week, moment, fc.double({ min: 0, max: 1, noNaN: true }), (given, of, at, part) => {
      const { absences, validUntil } = absencesAt(given, of, at, RULES);
      expect(validUntil).toBeGreaterThan(at);
      const end = Math.min(validUntil, at + 200 * HOUR);
      for (const later of [end - 1, Math.floor(at + part * (end - at - 1))]) {
        expect(absencesAt(given, of, later, RULES).absences).toEqual(absences);
      }
    }),
    { numRuns: 300 },
  );
});
