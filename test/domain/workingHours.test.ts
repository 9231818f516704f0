import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WEEKDAYS } from '../../src/domain/localTime.ts';
import { afterWorkingTime, type WorkingHours, workingMoment } from '../../src/domain/workingHours.ts';

const HOUR = 3_600_000;
const WORKDAYS = WEEKDAYS.slice(0, 5);

const hours = (timeZone: string, from: string, to: string, overrides: Partial<WorkingHours> = {}): WorkingHours => ({
  timeZone,
  week: [{ days: WORKDAYS, from, to }],
  dates: [],
  isHoliday: () => false,
  ...overrides,
});

const at = (text: string): number => Date.parse(text);
const show = (moment: number): string => (Number.isFinite(moment) ? new Date(moment).toISOString() : 'never');

/** How much working time lies between two moments, in ms, going from one change to the next. */
function workingTimeBetween(of: WorkingHours, from: number, to: number): number {
  let sum = 0;
  for (let moment = from; moment < to; ) {
    const { working, until } = workingMoment(of, moment);
    const end = Math.min(until, to);
    if (working) sum += end - moment;
    moment = end;
  }
  return sum;
}

describe('nine to five in Berlin', () => {
  const berlin = hours('Europe/Berlin', '09:00', '17:00');
  test.each([
    ['a Tuesday at ten', '2026-11-24T09:00:00Z', true, '2026-11-24T16:00:00.000Z'],
    ['the first moment', '2026-11-24T08:00:00Z', true, '2026-11-24T16:00:00.000Z'],
    ['the moment before', '2026-11-24T07:59:59.999Z', false, '2026-11-24T08:00:00.000Z'],
    ['the end', '2026-11-24T16:00:00Z', false, '2026-11-25T08:00:00.000Z'],
    ['a Friday evening, until Monday', '2026-11-27T18:00:00Z', false, '2026-11-30T08:00:00.000Z'],
    [
      'the Saturday before summer time, until Monday an hour earlier',
      '2026-03-28T12:00:00Z',
      false,
      '2026-03-30T07:00:00.000Z',
    ],
  ])('%s', (_, moment, working, until) => {
    const found = workingMoment(berlin, at(moment));
    expect([found.working, show(found.until)]).toEqual([working, until]);
  });
});

describe('working time', () => {
  const berlin = hours('Europe/Berlin', '09:00', '17:00');
  test.each([
    ['within the day', '2026-11-24T09:00:00Z', 2, '2026-11-24T11:00:00.000Z'],
    ['into the next day', '2026-11-24T15:00:00Z', 2, '2026-11-25T09:00:00.000Z'],
    ['exactly to the end of the day', '2026-11-24T15:00:00Z', 1, '2026-11-24T16:00:00.000Z'],
    ['from before the day', '2026-11-24T03:00:00Z', 2, '2026-11-24T10:00:00.000Z'],
    ['over the weekend', '2026-11-27T15:30:00Z', 1, '2026-11-30T08:30:00.000Z'],
    ['over ten days', '2026-11-24T08:00:00Z', 80, '2026-12-07T16:00:00.000Z'],
  ])('%s', (_, from, duration, expected) => {
    const deadline = afterWorkingTime(berlin, at(from), duration * HOUR);
    expect(show(deadline)).toBe(expected);
    expect(workingTimeBetween(berlin, at(from), deadline)).toBe(duration * HOUR);
  });

  test('that never comes is never over', () => {
    expect(afterWorkingTime({ ...berlin, week: [] }, at('2026-11-24T08:00:00Z'), HOUR)).toBe(Number.POSITIVE_INFINITY);
    expect(workingMoment({ ...berlin, week: [] }, 0)).toEqual({ working: false, holiday: false, until: Infinity });
  });
});

describe('a night shift', () => {
  const night = hours('America/New_York', '22:00', '06:00');
  test('goes on past midnight, also into a Saturday', () => {
    const found = workingMoment(night, at('2026-11-28T08:00:00Z')); // Saturday, 03:00
    expect([found.working, show(found.until)]).toEqual([true, '2026-11-28T11:00:00.000Z']);
  });
  test('does not begin on a Saturday evening', () => {
    expect(workingMoment(night, at('2026-11-29T04:00:00Z')).working).toBe(false); // Saturday, 23:00
  });
  test('that touches the next is one stretch', () => {
    const always = { ...night, week: [{ days: WEEKDAYS, from: '00:00', to: '24:00' }] };
    const found = workingMoment(always, at('2026-11-24T08:00:00Z'));
    expect(found).toEqual({ working: true, holiday: false, until: Number.POSITIVE_INFINITY });
    expect(workingTimeBetween(always, at('2026-03-01T00:00:00Z'), at('2026-04-01T00:00:00Z'))).toBe(31 * 24 * HOUR);
  });
});

describe('days that are different', () => {
  const berlin = hours('Europe/Berlin', '09:00', '17:00', {
    dates: [
      { date: '2026-12-24', stretches: [{ from: '09:00', to: '12:00' }] },
      { date: '2026-12-28', stretches: [] },
      { date: '2026-12-26', stretches: [{ from: '10:00', to: '11:00' }] },
    ],
    isHoliday: (date) => date === '2026-12-25' || date === '2026-12-26',
  });
  test.each([
    ['a half day ends at noon; then holidays', '2026-12-24T11:00:00Z', false, false, '2026-12-26T09:00:00.000Z'],
    ['a holiday is told as such', '2026-12-25T10:00:00Z', false, true, '2026-12-26T09:00:00.000Z'],
    [
      'the night of a holiday is no holiday of anybody',
      '2026-12-25T22:00:00Z',
      false,
      false,
      '2026-12-26T09:00:00.000Z',
    ],
    ['a day of one’s own beats the holiday', '2026-12-26T09:30:00Z', true, false, '2026-12-26T10:00:00.000Z'],
    ['a day off is passed over', '2026-12-27T12:00:00Z', false, false, '2026-12-29T08:00:00.000Z'],
  ])('%s', (_, moment, working, holiday, until) => {
    const found = workingMoment(berlin, at(moment));
    expect([found.working, found.holiday, show(found.until)]).toEqual([working, holiday, until]);
  });
});

/* Both changes of the clock, asked every five minutes of another library: whether the clock on the wall shows working time. */
describe.each([
  ['Europe/Berlin', '2026-03-28T12:00:00Z'],
  ['Europe/Berlin', '2026-10-24T12:00:00Z'],
  ['America/Sao_Paulo', '2018-11-03T12:00:00Z'],
  ['America/Sao_Paulo', '2019-02-16T12:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T00:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T00:00:00Z'],
])('around the change of the clock in %s from %s', (timeZone, from) => {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  test.each([
    ['01:15', '02:45'],
    ['00:30', '03:10'],
    ['22:00', '01:50'],
    ['02:00', '03:00'],
    ['23:30', '00:30'],
  ])('%s to %s is what the clock shows', (begin, end) => {
    const daily = { ...hours(timeZone, begin, end), week: [{ days: WEEKDAYS, from: begin, to: end }] };
    const isShown = (moment: number): boolean => {
      const time = clock.format(moment);
      return begin < end ? time >= begin && time < end : time >= begin || time < end;
    };
    let last = isShown(at(from));
    let inside = 0;
    for (let minute = 0; minute < 36 * 60; minute += 5) {
      const moment = at(from) + minute * 60_000;
      const { working, until } = workingMoment(daily, moment);
      expect(until).toBeGreaterThan(moment);
      // A time that comes twice: a stretch that has begun goes on until the clock has shown its end for the last time.
      const shown = isShown(moment) || (working && last);
      expect([clock.format(moment), working]).toEqual([clock.format(moment), shown]);
      if (working) inside += 5 * 60_000;
      last = working;
    }
    const total = workingTimeBetween(daily, at(from), at(from) + 36 * HOUR);
    expect(Math.abs(total - inside)).toBeLessThanOrEqual(5 * 60_000);
    expect(workingTimeBetween(daily, at(from), afterWorkingTime(daily, at(from), total))).toBe(total);
  });
});

test('the moments at which it changes are those at which it changes', () => {
  const time = fc
    .integer({ min: 0, max: 47 })
    .map((half) => `${String(half >> 1).padStart(2, '0')}:${half % 2 ? '30' : '00'}`);
  const week = fc.array(
    fc
      .record({ days: fc.subarray([...WEEKDAYS], { minLength: 1 }), from: time, to: time })
      .filter(({ from, to }) => from !== to),
    { minLength: 1, maxLength: 4 },
  );
  const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC');
  fc.assert(
    fc.property(
      week,
      zone,
      fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true }),
      (stretches, timeZone, start) => {
        const some: WorkingHours = { timeZone, week: stretches, dates: [], isHoliday: () => false };
        let moment = start.getTime();
        for (let step = 0; step < 4; step += 1) {
          const { working, until } = workingMoment(some, moment);
          if (until === Number.POSITIVE_INFINITY) return;
          expect(until).toBeGreaterThan(moment);
          expect(workingMoment(some, until - 1).working).toBe(working);
          expect(workingMoment(some, until).working).toBe(!working);
          if (working) expect(afterWorkingTime(some, moment, until - moment)).toBe(until);
          moment = until;
        }
      },
    ),
    { numRuns: 40 },
  );
});
