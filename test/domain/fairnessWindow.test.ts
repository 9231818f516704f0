import { describe, expect, test } from 'vitest';
import type { FairnessWindow, Pool } from '../../src/domain/configuration.ts';
import { attemptIn, earnersOf } from '../../src/domain/decide.ts';
import type { Decision } from '../../src/domain/decision.ts';
import { giveBack, type PastTurn, restart, takeAgain } from '../../src/domain/rotation.ts';
import { earnersIn } from '../../src/domain/routingConfiguration.ts';
import { consideredIn } from '../support/decisions.ts';
import { fractions, reconfigured, rotationOf } from '../support/rotation.ts';
import { lead, type Market, market, pool, rep, type Setting, step } from '../support/routing.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Wednesday. */
const NOON = Date.UTC(2026, 10, 25, 12);

const MEMBERS = ['ada', 'bob', 'cy'];

const windowed = (fairnessWindow: FairnessWindow, timeZone = 'UTC', overrides: Partial<Pool> = {}): Setting => ({
  settings: { timeZone },
  reps: ['boss', ...MEMBERS].map((key) => rep(key)),
  pools: [pool('main', MEMBERS, { fairnessWindow, ...overrides })],
  segments: [{ id: 'icp', key: 'icp', name: 'ICP', condition: { field: 'icp', operator: 'EQUALS', value: true } }],
  plan: { steps: [step('all')] },
});

/** The credits a decision found, those of ada, bob and cy. */
const found = (decision: Decision): number[] => {
  const credits = new Map(consideredIn(decision).map(({ repId, turn }) => [repId, turn?.creditBefore]));
  return MEMBERS.map((key) => credits.get(key) ?? Number.NaN);
};

const pastTurn = (run: Market, decision: Decision, at: number): PastTurn => {
  const [turn] = decision.turns;
  if (!turn) throw new Error('no turn was taken');
  return { ...turn, at, strategy: run.configuration.pools.byId.get('main')?.strategy ?? 'WEIGHTED' };
};

const membersIn = (run: Market) => earnersIn(run.configuration.pools.byId.get('main') as Pool, null);

describe('credits begin at 0 when the window does, and not a moment before', () => {
  test.each<[string, FairnessWindow, string, string]>([
    ['a day', 'DAY', 'UTC', '2026-11-25T00:00Z'],
    ['a day of half an hour’s zone', 'DAY', 'Asia/Kolkata', '2026-11-24T18:30Z'],
    ['the day on which the clocks go forward', 'DAY', 'Europe/Berlin', '2026-03-28T23:00Z'],
    ['the day after, an hour earlier than 24 hours later', 'DAY', 'Europe/Berlin', '2026-03-29T22:00Z'],
    ['the day on which the clocks go back', 'DAY', 'Europe/Berlin', '2026-10-24T22:00Z'],
    ['the day after, an hour later than 24 hours later', 'DAY', 'Europe/Berlin', '2026-10-25T23:00Z'],
    ['a day whose midnight does not exist', 'DAY', 'America/Santiago', '2026-09-06T04:00Z'],
    ['a day on the other side of the date line', 'DAY', 'Pacific/Auckland', '2026-11-24T11:00Z'],
    ['a week, on Monday', 'WEEK', 'UTC', '2026-11-23T00:00Z'],
    ['the week after the clocks went forward', 'WEEK', 'Europe/Berlin', '2026-03-29T22:00Z'],
    ['the week after the clocks went back', 'WEEK', 'America/New_York', '2026-11-02T05:00Z'],
    ['a week over the turn of the year', 'WEEK', 'UTC', '2026-12-28T00:00Z'],
    ['a month', 'MONTH', 'UTC', '2026-12-01T00:00Z'],
    ['the month after the clocks went forward', 'MONTH', 'Europe/Berlin', '2026-03-31T22:00Z'],
    ['the month after February of a leap year', 'MONTH', 'America/New_York', '2028-03-01T05:00Z'],
  ])('%s', (_what, window, zone, begins) => {
    const at = Date.parse(begins);
    const run = market(windowed(window, zone));
    run.decide({}, { at: at - 2 * HOUR });
    const before = run.decide({}, { at: at - 1 });
    const first = run.decide({}, { at });
    const next = run.decide({}, { at: at + 1 });
    expect([before, first, next].map(found)).toEqual([
      [-2 / 3, 1 / 3, 1 / 3],
      [0, 0, 0],
      [1 / 3, 1 / 3, -2 / 3],
    ]);
    expect(first.repId).toBe('cy');
  });

  // In Cairo the clocks go forward on a Friday in April, and back on a Friday in October.
  test.each<[string, string, string, readonly number[]]>([
    [
      'before a week is another week, though the clocks went forward in it',
      '2026-04-19T21:30Z',
      '2026-04-25T12:00Z',
      [0, 0, 0],
    ],
    [
      'in a week is the same week, though the clocks went back in it',
      '2026-10-25T21:30Z',
      '2026-10-31T12:00Z',
      [-2 / 3, 1 / 3, 1 / 3],
    ],
  ])('half an hour %s', (_what, first, then, expected) => {
    const run = market(windowed('WEEK', 'Africa/Cairo'));
    run.decide({}, { at: Date.parse(first) });
    expect(found(run.decide({}, { at: Date.parse(then) }))).toEqual(expected);
  });

  test.each<[FairnessWindow, number]>([
    ['DAY', DAY],
    ['WEEK', 7 * DAY],
    ['MONTH', 31 * DAY],
  ])('%s: also where whole windows went by without a lead', (window, length) => {
    const run = market(windowed(window));
    run.decide({}, { at: NOON });
    expect(found(run.decide({}, { at: NOON + 3 * length }))).toEqual([0, 0, 0]);
  });

  test('never, unless told', () => {
    const run = market(windowed('NEVER'));
    run.decide({}, { at: NOON });
    expect(found(run.decide({}, { at: NOON + 3_650 * DAY }))).toEqual([-2 / 3, 1 / 3, 1 / 3]);
    expect(run.simulation.rotation('main').since).toBeNull();
  });
});

describe('what begins anew', () => {
  test('credits, not the count of leads received', () => {
    const run = market(windowed('DAY'));
    for (const day of [0, 1, 2]) run.decide({}, { at: NOON + day * DAY });
    expect([...run.simulation.rotation('main').received]).toEqual([
      ['ada', 1],
      ['bob', 1],
      ['cy', 1],
    ]);
  });

  test('each rotation for itself, also those with weights for a segment', () => {
    const run = market(windowed('DAY', 'UTC', { weightSegments: ['icp'] }));
    run.decide({ icp: true }, { at: NOON });
    run.decide({}, { at: NOON });
    const tomorrow = run.decide({}, { at: NOON + DAY });
    expect(found(tomorrow)).toEqual([0, 0, 0]);
    expect(fractions(run.simulation.rotation('main/icp'))).toEqual({ ada: '-2/3', bob: '1/3', cy: '1/3' });
    expect(found(run.decide({ icp: true }, { at: NOON + DAY }))).toEqual([0, 0, 0]);
  });

  test('no turns of pools in a list', () => {
    const target = {
      kind: 'POOLS',
      pools: [
        { pool: 'main', weight: 1 },
        { pool: 'other', weight: 1 },
      ],
      share: 'PER_POOL',
    } as const;
    const setting = windowed('DAY');
    const pools = [...(setting.pools ?? []), pool('other', ['boss'], { fairnessWindow: 'DAY' })];
    const run = market({ ...setting, pools, plan: { steps: [step('list', { target })] } });
    const poolIds = [NOON, NOON + DAY, NOON + 2 * DAY].map((at) => run.decide({}, { at }).poolId);
    expect(poolIds).toEqual(['main', 'other', 'main']);
  });

  test('a look at the pool tells so before the first lead of the window', () => {
    const run = market(windowed('DAY'));
    run.decide({}, { at: NOON });
    const look = (at: number) => {
      const main = run.configuration.pools.byId.get('main');
      if (!main) throw new Error('no pool');
      return fractions(attemptIn(main, null, run.configuration, run.simulation, at).rotation);
    };
    expect([look(NOON + 1), look(NOON + DAY)]).toEqual([{ ada: '-2/3', bob: '1/3', cy: '1/3' }, {}]);
    expect(run.simulation.rotation('main').since).toBe(NOON);
  });

  test('an assignment by hand counts in the present window', () => {
    const run = market(windowed('DAY'));
    run.decide({}, { at: NOON });
    const main = run.configuration.pools.byId.get('main');
    if (!main) throw new Error('no pool');
    const at = NOON + DAY;
    const { rotation } = earnersOf(main, lead(), run.configuration, run.simulation, { at });
    expect([fractions(rotation), rotation.since]).toEqual([{}, at]);
  });
});

describe('switched on, off and over', () => {
  const after = (former: FairnessWindow, at: number, window: FairnessWindow, then: number): number[] => {
    const run = market(windowed(former));
    run.decide({}, { at: at - 1 });
    run.decide({}, { at });
    return found(reconfigured(run, windowed(window)).decide({}, { at: then }));
  };
  const KEPT = [-1 / 3, -1 / 3, 2 / 3];
  const LEVEL = [0, 0, 0];

  test.each<[string, FairnessWindow, FairnessWindow, number, number[]]>([
    ['switched on, credits begin at 0 at once', 'NEVER', 'DAY', HOUR, LEVEL],
    ['switched on for the month, too', 'NEVER', 'MONTH', HOUR, LEVEL],
    ['switched off, they go on', 'DAY', 'NEVER', 90 * DAY, KEPT],
    ['from day to week, they go on until the week is over', 'DAY', 'WEEK', DAY, KEPT],
    ['and begin at 0 then', 'DAY', 'WEEK', 5 * DAY, LEVEL],
    ['from week to day, they begin at 0 with the next day', 'WEEK', 'DAY', DAY, LEVEL],
    ['and go on within the day they began in', 'WEEK', 'DAY', HOUR, KEPT],
  ])('%s', (_what, former, window, later, expected) => {
    expect(after(former, NOON, window, NOON + later)).toEqual(expected);
  });

  test('another time zone lets them begin at 0 when the day has begun there since', () => {
    const run = market(windowed('DAY', 'Asia/Tokyo'));
    run.decide({}, { at: NOON });
    // 12:00 UTC is 21:00 in Tokyo and 7:00 in New York; at 16:00 UTC it is tomorrow in Tokyo.
    const [moved, stayed] = ['America/New_York', 'Asia/Tokyo'].map((zone) => reconfigured(run, windowed('DAY', zone)));
    expect([moved, stayed].map((each) => each && found(each.decide({}, { at: NOON + 4 * HOUR })))).toEqual([
      [-2 / 3, 1 / 3, 1 / 3],
      LEVEL,
    ]);
  });
});

describe('a turn from before credits began at 0', () => {
  test.each<[string, number, object]>([
    ['is not given back', NOON, { bob: '-2/3', ada: '1/3', cy: '1/3' }],
    ['is given back when it is of this window', NOON + DAY, {}],
  ])('%s', (_what, at, expected) => {
    const run = market(windowed('DAY'));
    const decisions = new Map([NOON, NOON + DAY].map((moment) => [moment, run.decide({}, { at: moment })]));
    const turn = pastTurn(run, decisions.get(at) as Decision, at);
    const rotation = run.simulation.rotation('main');
    const returned = giveBack(turn, rotation, membersIn(run));
    expect(fractions(returned)).toEqual(expected);
    expect(returned.received.get(turn.paidBy)).toBe(0);
    const again = takeAgain(turn, returned, membersIn(run));
    expect([fractions(again), again.received.get(turn.paidBy)]).toEqual([fractions(rotation), 1]);
  });

  test('is not given back either when it is of the same day, but from before the window was switched on', () => {
    const former = market(windowed('NEVER'));
    const turn = pastTurn(former, former.decide({}, { at: NOON }), NOON);
    const run = reconfigured(former, windowed('DAY'));
    const later = run.decide({}, { at: NOON + HOUR });
    const rotation = run.simulation.rotation('main');
    expect(fractions(giveBack(turn, rotation, membersIn(run)))).toEqual(fractions(rotation));
    const laterTurn = pastTurn(run, later, NOON + HOUR);
    expect(fractions(giveBack(laterTurn, rotation, membersIn(run)))).toEqual({});
  });

  test('is forgotten with another strategy as well', () => {
    const rotation = rotationOf({ a: 1, b: -1 }, 2, { received: new Map([['b', 4]]) });
    const restarted = restart(rotation, NOON);
    expect([fractions(restarted), restarted.received.get('b'), restarted.since]).toEqual([{}, 4, NOON]);
    const turn = (at: number): PastTurn => ({
      strategy: 'VALUE_BALANCED',
      earners: {
        listed: [
          { id: 'a', weight: 1 },
          { id: 'b', weight: 1 },
        ],
        others: { count: 0, weight: 0 },
      },
      paidBy: 'b',
      value: 80,
      at,
    });
    const members = [
      { id: 'a', weight: 1 },
      { id: 'b', weight: 1 },
    ];
    expect(fractions(giveBack(turn(NOON - 1), restarted, members))).toEqual({});
    expect(fractions(giveBack(turn(NOON), restarted, members))).toEqual({ a: '-40', b: '40' });
  });
});
