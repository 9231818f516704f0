import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import type { RateCap, Rep } from '../../src/domain/configuration.ts';
import { PERIODS, type Period } from '../../src/domain/localTime.ts';
import { lookAt, owners } from '../support/decisions.ts';
import { type Market, market, NOW, pool, rep, step } from '../support/routing.ts';

const cap = (leads: number, per: Period, timeZone: string | null = null): RateCap => ({ leads, per, timeZone });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Ada alone in a pool; what she cannot take goes to the last resort. */
const alone = (rateCaps: readonly RateCap[], ada: Partial<Rep> = {}, recent: readonly number[] = []): Market =>
  market(
    {
      settings: { rateCaps },
      reps: [rep('boss'), rep('ada', ada)],
      pools: [pool('main', ['ada'])],
      plan: { steps: [step('all')] },
    },
    { ada: { recent } },
  );

const reason = (run: Market, at: number): string | undefined => lookAt(run.decide({}, { at }), 'ada')?.reason;

describe('any so many hours', () => {
  test.each<[Period, number]>([
    ['HOUR', HOUR],
    ['DAY', DAY],
    ['WEEK', 7 * DAY],
    ['MONTH', 30 * DAY],
  ])('a lead counts for the whole %s after it and not a millisecond longer', (per, length) => {
    expect(reason(alone([cap(1, per)], {}, [NOW - length + 1]), NOW)).toBe('RATE_CAPPED');
    expect(reason(alone([cap(1, per)], {}, [NOW - length]), NOW)).toBe('CHOSEN');
  });

  test('the window moves on with each lead', () => {
    const run = alone([cap(2, 'HOUR')]);
    const minutes = [0, 40, 50, 60, 61, 99, 100, 120];
    expect(minutes.map((minute) => reason(run, NOW + minute * MINUTE))).toEqual([
      'CHOSEN',
      'CHOSEN',
      'RATE_CAPPED',
      'CHOSEN',
      'RATE_CAPPED',
      'RATE_CAPPED',
      'CHOSEN',
      'CHOSEN',
    ]);
  });
});

describe('a period of the calendar', () => {
  // Berlin is an hour ahead of UTC, and two from 29 March to 25 October 2026.
  test.each<[string, Period, string, string, string, boolean]>([
    ['an hour goes by the clock', 'HOUR', 'Europe/Berlin', '2026-01-14T08:59:59.999Z', '2026-01-14T09:00:00Z', false],
    ['within the hour', 'HOUR', 'Europe/Berlin', '2026-01-14T09:00:00Z', '2026-01-14T09:59:59.999Z', true],
    ['an hour of a half-hour zone', 'HOUR', 'Asia/Kolkata', '2026-01-14T08:29:59Z', '2026-01-14T08:30:00Z', false],
    [
      'within an hour of a half-hour zone',
      'HOUR',
      'Asia/Kolkata',
      '2026-01-14T08:30:00Z',
      '2026-01-14T09:29:59Z',
      true,
    ],
    [
      'the hour that is skipped in spring',
      'HOUR',
      'Europe/Berlin',
      '2026-03-29T00:59:59Z',
      '2026-03-29T01:00:00Z',
      false,
    ],
    [
      'the hour that comes twice is two hours',
      'HOUR',
      'Europe/Berlin',
      '2026-10-25T00:59:59Z',
      '2026-10-25T01:00:00Z',
      false,
    ],
    ['the second of the two', 'HOUR', 'Europe/Berlin', '2026-10-25T01:00:00Z', '2026-10-25T01:59:59Z', true],
    [
      'a day begins at midnight there',
      'DAY',
      'Europe/Berlin',
      '2026-01-14T22:59:59.999Z',
      '2026-01-14T23:00:00Z',
      false,
    ],
    ['within the day', 'DAY', 'Europe/Berlin', '2026-01-14T23:00:00Z', '2026-01-15T22:59:59.999Z', true],
    [
      'the day elsewhere is another one',
      'DAY',
      'America/New_York',
      '2026-01-14T23:00:00Z',
      '2026-01-15T04:59:59Z',
      true,
    ],
    [
      'the first moment of a day of 23 hours',
      'DAY',
      'Europe/Berlin',
      '2026-03-28T22:59:59Z',
      '2026-03-28T23:00:00Z',
      false,
    ],
    ['a day of 23 hours', 'DAY', 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T21:59:59Z', true],
    ['the day after 23 hours', 'DAY', 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', false],
    ['a day of 25 hours', 'DAY', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', true],
    ['the day after 25 hours', 'DAY', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', false],
    [
      'a day without midnight begins at one',
      'DAY',
      'America/Santiago',
      '2026-09-06T03:59:59Z',
      '2026-09-06T04:00:00Z',
      false,
    ],
    ['a day without midnight', 'DAY', 'America/Santiago', '2026-09-06T04:00:00Z', '2026-09-07T02:59:59Z', true],
    ['a week begins on Monday', 'WEEK', 'Europe/Berlin', '2026-01-11T22:59:59Z', '2026-01-11T23:00:00Z', false],
    [
      'Sunday belongs to the week before',
      'WEEK',
      'Europe/Berlin',
      '2026-01-11T23:00:00Z',
      '2026-01-18T22:59:59Z',
      true,
    ],
    [
      'a week in which the clocks change',
      'WEEK',
      'Europe/Berlin',
      '2026-03-22T23:00:00Z',
      '2026-03-29T21:59:59Z',
      true,
    ],
    [
      'a month begins on its first day',
      'MONTH',
      'Europe/Berlin',
      '2026-01-31T22:59:59Z',
      '2026-01-31T23:00:00Z',
      false,
    ],
    ['a month of 31 days', 'MONTH', 'Europe/Berlin', '2026-02-28T23:00:00Z', '2026-03-31T21:59:59Z', true],
    ['a month that the year ends with', 'MONTH', 'Europe/Berlin', '2026-11-30T23:00:00Z', '2026-12-31T22:59:59Z', true],
    ['a year that begins', 'MONTH', 'Europe/Berlin', '2026-12-31T22:59:59Z', '2026-12-31T23:00:00Z', false],
  ])('%s', (_what, per, zone, received, at, isReached) => {
    const run = alone([cap(1, per, zone)], {}, [Date.parse(received)]);
    expect(reason(run, Date.parse(at))).toBe(isReached ? 'RATE_CAPPED' : 'CHOSEN');
  });
});

describe('whose caps hold', () => {
  const hourly = [cap(2, 'HOUR')];

  test.each<[string, readonly RateCap[], Partial<Rep>, number]>([
    ['nobody’s', [], {}, 9],
    ['the workspace’s', hourly, {}, 2],
    ['the rep’s own, higher', hourly, { rateCaps: [cap(4, 'HOUR')] }, 4],
    ['the rep’s own, lower', hourly, { rateCaps: [cap(1, 'HOUR')] }, 1],
    ['the rep’s own, for another period', hourly, { rateCaps: [cap(5, 'DAY')] }, 5],
    ['none, as the rep’s own', hourly, { rateCaps: [] }, 9],
    ['the rep’s own where the workspace has none', [], { rateCaps: [cap(3, 'DAY')] }, 3],
    ['each of several', [cap(5, 'HOUR'), cap(3, 'DAY')], {}, 3],
  ])('%s', (_what, workspace, ada, most) => {
    expect(owners(alone(workspace, ada), 9).filter((owner) => owner === 'ada')).toHaveLength(most);
  });

  test('the decision tells which is reached', () => {
    const run = alone([cap(5, 'HOUR'), cap(2, 'WEEK', 'Europe/Berlin')]);
    owners(run, 2);
    expect(lookAt(run.decide(), 'ada')).toMatchObject({
      reason: 'RATE_CAPPED',
      bound: { count: 2, limit: 2, of: 'WEEK' },
    });
  });

  test('what the last resort takes beyond its caps counts like any other lead', () => {
    const setting = { settings: { rateCaps: [cap(1, 'HOUR')] }, reps: [rep('ada')], pools: [pool('main', ['ada'])] };
    const run = market({ ...setting, plan: { steps: [step('all')], lastResort: ['ada'] } });
    const minutes = [0, 30, 60, 89, 90];
    expect(minutes.map((minute) => run.decide({}, { at: NOW + minute * MINUTE }).method)).toEqual([
      'DEFAULT',
      'FALLBACK',
      'FALLBACK',
      'FALLBACK',
      'FALLBACK',
    ]);
    expect(run.decide({}, { at: NOW + 150 * MINUTE }).method).toBe('DEFAULT');
  });
});

test('no rep ever receives more than a cap allows, nor is passed over before', () => {
  const zones = [null, 'UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Santiago'];
  const caps = fc.array(
    fc.record({
      leads: fc.integer({ min: 1, max: 4 }),
      per: fc.constantFrom(...PERIODS),
      timeZone: fc.constantFrom(...zones),
    }),
    { minLength: 1, maxLength: 3 },
  );
  const pauses = fc.array(fc.oneof(fc.integer({ min: 0, max: 2 * HOUR }), fc.integer({ min: 0, max: 9 * DAY })), {
    maxLength: 40,
  });
  // From the turn of the clocks on, in spring or in autumn, there or there.
  const start = fc.constantFrom('2026-03-28', '2026-04-04', '2026-09-05', '2026-10-24').map((day) => Date.parse(day));
  // The name of the period that a moment lies in, as the calendar of the zone writes it.
  const named = (at: number, per: Period, zone: string): string => {
    const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
    if (per === 'HOUR') return `${local.toPlainDate()} ${local.hour} ${local.offset}`;
    if (per === 'DAY') return local.toPlainDate().toString();
    return per === 'WEEK' ? `${local.yearOfWeek}/${local.weekOfYear}` : `${local.year}-${local.month}`;
  };
  const LENGTH = { HOUR, DAY, WEEK: 7 * DAY, MONTH: 30 * DAY };
  const countIn = (moments: readonly number[], at: number, { per, timeZone }: RateCap): number =>
    moments.filter((moment) =>
      timeZone === null ? moment > at - LENGTH[per] : named(moment, per, timeZone) === named(at, per, timeZone),
    ).length;

  fc.assert(
    fc.property(caps, start, pauses, (rateCaps, from, waits) => {
      const run = alone(rateCaps);
      const received: number[] = [];
      let at = from;
      for (const wait of waits) {
        at += wait;
        const expected = rateCaps.some((each) => countIn(received, at, each) >= each.leads) ? 'boss' : 'ada';
        const { repId } = run.decide({}, { at });
        if (repId === 'ada') received.push(at);
        if (repId !== expected) return false;
      }
      return true;
    }),
    { numRuns: 200 },
  );
});
