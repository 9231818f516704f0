import { expect, test } from 'vitest';
import { ladderOf, RUNG_DEFAULTS, type SlaClock, type SlaPolicy } from '../../src/domain/sla.ts';
import type { WorkingHours } from '../../src/domain/workingHours.ts';

const MINUTE = 60_000;
const week = (timeZone: string): WorkingHours => ({
  timeZone,
  week: [{ days: ['SATURDAY', 'SUNDAY', 'MONDAY'], from: '00:00', to: '24:00' }],
  dates: [],
  isHoliday: () => false,
});
const policy = (clock: SlaClock, afterSeconds: readonly number[], last: 'REMIND' | 'REASSIGN' = 'REMIND') =>
  ({
    clock,
    rungs: afterSeconds.map((after, index) => ({
      ...RUNG_DEFAULTS,
      afterSeconds: after,
      action: index === 1 ? last : ('REMIND' as const),
    })),
  }) as unknown as SlaPolicy;

/** Minute by minute, by the clock of another library. */
function minuteByMinute(timeZone: string, at: number, minutes: number): number {
  const weekday = new Intl.DateTimeFormat('en', { timeZone, weekday: 'short' });
  let left = minutes;
  let now = at;
  for (; left > 0; now += MINUTE) if (['Sat', 'Sun', 'Mon'].includes(weekday.format(now))) left -= 1;
  return now;
}

test.each([
  ['Europe/Berlin', '2026-03-27T12:00:00Z'],
  ['Europe/Berlin', '2026-10-23T12:00:00Z'],
  ['America/Sao_Paulo', '2018-11-02T12:00:00Z'],
  ['America/Sao_Paulo', '2019-02-15T12:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-03T12:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-02T01:00:00Z'],
])('working time over a change of the clock in %s, from %s', (zone, from) => {
  const at = Date.parse(from);
  const minutes = [1, 60, 1_500, 2_900, 4_000];
  const ladder = ladderOf(
    policy(
      'WORKING',
      minutes.map((each) => each * 60),
    ),
    week(zone),
    at,
  );
  expect(ladder?.dueAts).toEqual(minutes.map((each) => minuteByMinute(zone, at, each)));
});

test('real time goes on over the weekend; contact is due with the rung that takes the lead away', () => {
  const at = Date.parse('2026-11-27T16:00:00Z');
  const dueAts = [60, 7_200, 9_000].map((seconds) => at + seconds * 1_000);
  expect(ladderOf(policy('REAL', [60, 7_200, 9_000]), week('UTC'), at)).toMatchObject({ dueAts, dueRung: 2 });
  const taking = ladderOf(policy('REAL', [60, 7_200, 9_000], 'REASSIGN'), week('UTC'), at);
  expect(taking).toMatchObject({ dueRung: 1, dueAt: dueAts[1] });
});

test.each([
  ['no hours', null],
  ['no working time to come', { ...week('UTC'), week: [] }],
])('an owner with %s has real time', (_what, hours) => {
  expect(ladderOf(policy('WORKING', [60]), hours, 0)?.dueAts).toEqual([60_000]);
});

test('a policy without rungs has no ladder', () => expect(ladderOf(policy('REAL', []), null, 0)).toBeNull());
