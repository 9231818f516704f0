import { describe, expect, test } from 'vitest';
import type { Pool, PoolMember, Rep, Segment, Settings } from '../../src/domain/configuration.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Bound, Reason } from '../../src/domain/decision.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import type { Standing } from '../../src/domain/standing.ts';
import { lookAt, owners, reasons, tally } from '../support/decisions.ts';
import { compile, lead, market, NOW, pool, rep, type Setting, step } from '../support/routing.ts';

const segment = (key: string, field: string, value: number): Segment => ({
  id: key,
  key,
  name: key,
  condition: { field, operator: 'AT_LEAST', value },
});

const SEGMENTS = [segment('huge', 'employees', 5_000), segment('big', 'employees', 500), segment('hot', 'score', 80)];
const BIG: Partial<RoutableLead> = { employees: 500 };
const HOT: Partial<RoutableLead> = { score: 80 };

interface Limits {
  readonly settings?: Partial<Settings>;
  readonly ada?: Partial<Rep>;
  readonly main?: Partial<Pool>;
  readonly member?: Partial<PoolMember>;
}

/** Ada alone in a pool; what she cannot take goes to the last resort. */
const alone = ({ settings = {}, ada = {}, main = {}, member = {} }: Limits): Setting => ({
  settings,
  reps: [rep('boss'), rep('ada', ada)],
  pools: [pool('main', [{ repId: 'ada', ...member }], main)],
  segments: SEGMENTS,
  plan: { steps: [step('all')] },
});

const hotIs = (limit: number) => [{ segment: 'hot', limit }];

const bound = (count: number, of: string | null): Bound => ({ count, limit: count, of });

const leadCosts = (big: number, huge = big): Limits => ({
  settings: {
    leadCosts: [
      { segment: 'huge', cost: huge },
      { segment: 'big', cost: big },
    ],
  },
});

const ofPool = (memberCapacity: number | null, own: number | null = null): Limits => ({
  main: { memberCapacity },
  member: { capacity: own },
});

const measuring: Limits = { main: { limitsCapacity: false } };

describe('a lead fits while what is taken and what it costs are within the limit', () => {
  test.each<[string, Limits, Partial<Standing>, Partial<RoutableLead>, Reason, Bound | null]>([
    ['one place is left', {}, { load: 49 }, {}, 'CHOSEN', null],
    ['50 of 50 is full', {}, { load: 50 }, {}, 'AT_CAPACITY', null],
    ['the workspace says how many', { settings: { defaultCapacity: 3 } }, { load: 3 }, {}, 'AT_CAPACITY', null],
    ['the rep’s own limit replaces a lower one', { ada: { capacity: 60 } }, { load: 55 }, {}, 'CHOSEN', null],
    ['the rep’s own limit replaces a higher one', { ada: { capacity: 2 } }, { load: 2 }, {}, 'AT_CAPACITY', null],
    ['a limit of 0 takes nothing', { ada: { capacity: 0 } }, {}, {}, 'AT_CAPACITY', null],
    ['3 places fit into 3', leadCosts(3), { load: 47 }, BIG, 'CHOSEN', null],
    ['3 places do not fit into 2', leadCosts(3), { load: 48 }, BIG, 'AT_CAPACITY', null],
    ['other leads still cost 1', leadCosts(3), { load: 49 }, {}, 'CHOSEN', null],
    ['the first segment that matches says the cost', leadCosts(3, 9), { load: 47 }, BIG, 'CHOSEN', null],
    [
      'a lead of both segments costs by the first',
      leadCosts(3, 9),
      { load: 42 },
      { employees: 5_000 },
      'AT_CAPACITY',
      null,
    ],
    ['more than all places never fits', { ...leadCosts(3), ada: { capacity: 2 } }, {}, BIG, 'AT_CAPACITY', null],
    ['the pool’s limit is not reached', ofPool(2), { held: { main: 1 } }, {}, 'CHOSEN', null],
    ['the pool’s limit is reached', ofPool(2), { held: { main: 2 } }, {}, 'AT_POOL_CAPACITY', bound(2, null)],
    ['leads from another pool do not count', ofPool(2), { held: { other: 9 } }, {}, 'CHOSEN', null],
    ['a member’s own limit replaces the pool’s', ofPool(2, 5), { held: { main: 4 } }, {}, 'CHOSEN', null],
    ['a member’s own limit may be lower', ofPool(2, 1), { held: { main: 1 } }, {}, 'AT_POOL_CAPACITY', bound(1, null)],
    [
      'a member without the pool’s limit',
      ofPool(null, 1),
      { held: { main: 1 } },
      {},
      'AT_POOL_CAPACITY',
      bound(1, null),
    ],
    ['the pool’s limit does not replace the rep’s', ofPool(90), { load: 50 }, {}, 'AT_CAPACITY', null],
    ['a pool that measures takes who is full', measuring, { load: 50 }, {}, 'CHOSEN', null],
    [
      'a pool that measures keeps its own limit',
      { main: { limitsCapacity: false, memberCapacity: 1 } },
      { held: { main: 1 } },
      {},
      'AT_POOL_CAPACITY',
      bound(1, null),
    ],
    [
      'a pool that measures keeps class limits',
      { ...measuring, settings: { classLimits: hotIs(1) } },
      { classes: { hot: 1 } },
      HOT,
      'AT_CLASS_LIMIT',
      bound(1, 'hot'),
    ],
    [
      'a pool that measures keeps rate caps',
      { ...measuring, settings: { rateCaps: [{ leads: 1, per: 'HOUR', timeZone: null }] } },
      { recent: [NOW] },
      {},
      'RATE_CAPPED',
      bound(1, 'HOUR'),
    ],
  ])('%s', (_what, limits, standing, given, reason, told) => {
    const decision = market(alone(limits), { ada: standing }).decide(given);
    expect([decision.repId, lookAt(decision, 'ada')]).toMatchObject([
      reason === 'CHOSEN' ? 'ada' : 'boss',
      { reason, bound: told, standing },
    ]);
  });

  test('the rep’s limit is told beside the load', () => {
    const decision = market(alone({ ada: { capacity: 2 } }), { ada: 2 }).decide();
    expect(lookAt(decision, 'ada')).toMatchObject({ limit: 2, standing: { load: 2 } });
  });
});

describe('a lead class has a limit of its own', () => {
  const EVERYONE = { classLimits: [...hotIs(2), { segment: 'big', limit: 4 }] };
  const OWN: Partial<Rep> = { classLimits: [{ segment: 'hot', limit: 3 }] };

  test.each<[string, Limits, Record<string, number>, Partial<RoutableLead>, Bound | null]>([
    ['below it', { settings: EVERYONE }, { hot: 1 }, HOT, null],
    ['at it', { settings: EVERYONE }, { hot: 2 }, HOT, bound(2, 'hot')],
    ['a lead outside the class', { settings: EVERYONE }, { hot: 9 }, { score: 79 }, null],
    [
      'a lead of two classes needs room in both',
      { settings: EVERYONE },
      { big: 4 },
      { ...HOT, ...BIG },
      bound(4, 'big'),
    ],
    ['the rep’s own limit, higher', { settings: EVERYONE, ada: OWN }, { hot: 2 }, HOT, null],
    ['the rep’s own limit, reached', { settings: EVERYONE, ada: OWN }, { hot: 3 }, HOT, bound(3, 'hot')],
    [
      'the rep’s own limit leaves the other class as it is',
      { settings: EVERYONE, ada: OWN },
      { big: 4 },
      BIG,
      bound(4, 'big'),
    ],
    ['the rep’s own limit where the workspace has none', { ada: OWN }, { hot: 3 }, HOT, bound(3, 'hot')],
    ['a limit of 0', { settings: { classLimits: hotIs(0) } }, {}, HOT, bound(0, 'hot')],
  ])('%s', (_what, limits, classes, given, told) => {
    const decision = market(alone(limits), { ada: { classes } }).decide(given);
    expect(lookAt(decision, 'ada')).toMatchObject({ reason: told === null ? 'CHOSEN' : 'AT_CLASS_LIMIT', bound: told });
  });

  test('a class whose segment is gone changes nothing of the others', () => {
    const classLimits = [{ segment: 'gone', limit: 0 }, ...hotIs(9)];
    const decision = market(alone({ settings: { ...leadCosts(3).settings, classLimits } })).decide({ ...HOT, ...BIG });
    expect(decision).toMatchObject({ repId: 'ada', classes: ['hot'], cost: 3 });
  });

  test('counts the leads that are given out', () => {
    const run = market(alone({ settings: { classLimits: hotIs(2) } }));
    expect(owners(run, 3, HOT)).toEqual(['ada', 'ada', 'boss']);
    expect(run.decide({ score: 10 }).repId).toBe('ada');
  });

  test.each([0, 2])('binds whatever the segment is called: at most %i', (limit) => {
    const setting = alone({ settings: { classLimits: [{ segment: 'constructor', limit }] } });
    const run = market({ ...setting, segments: [segment('constructor', 'score', 80)] });
    expect(owners(run, 3, HOT).filter((owner) => owner === 'ada')).toHaveLength(limit);
  });

  test('counts each lead as one, whatever places it takes', () => {
    const run = market(alone({ settings: { classLimits: hotIs(2), leadCosts: [{ segment: 'big', cost: 10 }] } }));
    expect(owners(run, 3, { ...HOT, ...BIG })).toEqual(['ada', 'ada', 'boss']);
    expect(run.simulation.rep('ada').load).toBe(20);
  });
});

describe('a decision says that a limit was passed', () => {
  const limits: Limits = {
    settings: { classLimits: hotIs(1), rateCaps: [{ leads: 1, per: 'HOUR', timeZone: null }] },
  };

  test.each<[string, Partial<Standing>, Partial<RoutableLead>, boolean]>([
    ['places', { load: 50 }, {}, true],
    ['a lead class', { classes: { hot: 1 } }, HOT, true],
    ['a rate cap', { recent: [NOW - 1] }, {}, true],
    ['none of them', { load: 49, classes: { hot: 1 }, recent: [NOW - 3_600_000] }, { score: 10 }, false],
  ])('by the last resort: %s', (_what, standing, given, passed) => {
    const setting = alone(limits);
    const plan = { steps: [], lastResort: ['ada'] };
    expect(market({ ...setting, plan }, { ada: standing }).decide(given).beyondCapacity).toBe(passed);
  });

  test.each([
    ['one place left', 49, false],
    ['none left', 50, true],
    ['long past it', 90, true],
  ])('by a pool that only measures: %s', (_what, load, passed) => {
    const decision = market(alone(measuring), { ada: load }).decide();
    expect([decision.repId, decision.beyondCapacity]).toEqual(['ada', passed]);
  });
});

describe('what is given out and closed', () => {
  test('ten reps with one free place each take ten of a hundred leads, and nobody an eleventh', () => {
    const keys = Array.from({ length: 10 }, (_, index) => `rep-${index}`);
    const run = market(
      {
        settings: { defaultCapacity: 5 },
        reps: [rep('boss'), ...keys.map((key) => rep(key))],
        pools: [pool('main', keys)],
        plan: { steps: [step('all')] },
      },
      Object.fromEntries(keys.map((key) => [key, 4])),
    );
    expect(tally(owners(run, 100))).toEqual({ boss: 90, ...Object.fromEntries(keys.map((key) => [key, 1])) });
  });

  test('a closed lead takes no place, in none of its limits', () => {
    const run = market(
      alone({ ada: { capacity: 1 }, settings: { classLimits: hotIs(1) }, main: { memberCapacity: 1 } }),
    );
    const first = run.decide(HOT);
    expect(run.decide(HOT).repId).toBe('boss');
    run.simulation.release(first.repId, first);
    expect(run.simulation.rep('ada')).toMatchObject({ load: 0, held: {}, classes: {} });
    expect(run.decide(HOT).repId).toBe('ada');
  });

  test('a limit that is lowered takes nothing away and binds from then on', () => {
    const before = market(alone({ ada: { capacity: 5 } }));
    const first = before.decide();
    owners(before, 4);
    const lowered = compile(alone({ ada: { capacity: 4 } }));
    const decideNow = () => decide(lead(), lowered, before.simulation, { at: NOW });
    expect(lookAt(decideNow(), 'ada')).toMatchObject({ reason: 'AT_CAPACITY', standing: { load: 5 }, limit: 4 });
    before.simulation.release('ada', first);
    expect(reasons(decideNow())).toMatchObject({ ada: 'AT_CAPACITY' });
    before.simulation.release('ada', first);
    expect(reasons(decideNow())).toEqual({ ada: 'CHOSEN' });
  });
});
