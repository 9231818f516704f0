import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PoolMember, Strategy } from '../../src/domain/configuration.ts';
import { earnersOf, poolRotation } from '../../src/domain/decide.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import { returnTurn } from '../../src/domain/returnedTurns.ts';
import { charge } from '../../src/domain/rotation.ts';
import { earnersIn } from '../../src/domain/routingConfiguration.ts';
import { lookAt, owners, reasons, tally } from '../support/decisions.ts';
import { fractions, isWithinShare, rotationOf, sumOf } from '../support/rotation.ts';
import { compile, lead, market, NOW, pool, rep, type Setting, step } from '../support/routing.ts';

const SEGMENTS: NonNullable<Setting['segments']> = [
  { id: 'icp', key: 'icp', name: 'ICP', condition: { field: 'icp', operator: 'EQUALS', value: true } },
  { id: 'big', key: 'big', name: 'Big', condition: { field: 'employees', operator: 'AT_LEAST', value: 500 } },
];
const ICP: Partial<RoutableLead> = { icp: true };
const BIG: Partial<RoutableLead> = { employees: 900 };
const NEITHER: Partial<RoutableLead> = {};

type Member = Partial<PoolMember> & { readonly repId: string };

const weighted = (
  members: readonly Member[],
  weightSegments: readonly string[] = ['icp', 'big'],
  strategy: Strategy = 'WEIGHTED',
  segments = SEGMENTS,
): Setting => ({
  settings: { defaultCapacity: 10_000 },
  reps: [rep('boss'), ...members.map(({ repId }) => rep(repId))],
  pools: [pool('main', members, { strategy, weightSegments })],
  segments,
  plan: { steps: [step('all')] },
});

const weighing = (repId: string, weight: number, segmentWeights: Readonly<Record<string, number>> = {}): Member => ({
  repId,
  weight,
  segmentWeights,
});

describe('which weights a lead goes by', () => {
  const members = [weighing('ada', 1, { icp: 7 }), weighing('bob', 2, { icp: 0, big: 5 }), weighing('cy', 3)];

  test.each<[string, Partial<RoutableLead>, readonly string[], string | null, Record<string, number>]>([
    ['those of its segment', BIG, ['icp', 'big'], 'big', { ada: 1, bob: 5, cy: 3 }],
    ['the base weight of who has none for it', ICP, ['icp', 'big'], 'icp', { ada: 7, bob: 0, cy: 3 }],
    ['the base weights in no segment', NEITHER, ['icp', 'big'], null, { ada: 1, bob: 2, cy: 3 }],
    ['the first segment of the list', { ...ICP, ...BIG }, ['icp', 'big'], 'icp', { ada: 7, bob: 0, cy: 3 }],
    ['the first of the list, in its order', { ...ICP, ...BIG }, ['big', 'icp'], 'big', { ada: 1, bob: 5, cy: 3 }],
    ['the base weights where the pool does not name the segment', ICP, ['big'], null, { ada: 1, bob: 2, cy: 3 }],
    ['the base weights where the segment is gone', ICP, ['gone'], null, { ada: 1, bob: 2, cy: 3 }],
    ['the next segment where the first is gone', ICP, ['gone', 'icp'], 'icp', { ada: 7, bob: 0, cy: 3 }],
  ])('%s', (_what, given, weightSegments, segment, weights) => {
    const run = market(weighted(members, weightSegments));
    const decision = run.decide(given);
    const attempt = decision.steps[0]?.attempts[0];
    expect(attempt?.weightSegment).toBe(segment);
    expect(Object.fromEntries(['ada', 'bob', 'cy'].map((key) => [key, lookAt(decision, key)?.turn?.weight]))).toEqual(
      weights,
    );
    expect(decision.turns[0]?.rotationId).toBe(segment === null ? 'main' : `main/${segment}`);
    const main = run.configuration.pools.byId.get('main');
    expect(main && earnersIn(main, segment)).toEqual(Object.entries(weights).map(([id, weight]) => ({ id, weight })));
  });

  test('a segment may be called like anything that every object has', () => {
    const segments = SEGMENTS.map((segment) => ({ ...segment, key: 'constructor' })).slice(0, 1);
    const run = market(weighted([weighing('ada', 3), weighing('bob', 1)], ['constructor'], 'WEIGHTED', segments));
    expect(tally(owners(run, 8, ICP))).toEqual({ ada: 6, bob: 2 });
  });
});

describe('a rotation of its own', () => {
  test('has its ratios exactly, and moves nobody else’s credit', () => {
    const run = market(weighted([weighing('ada', 1, { icp: 3 }), weighing('bob', 1, { icp: 2 }), weighing('cy', 1)]));
    run.decide(NEITHER);
    run.decide(BIG);
    const [base, big] = ['main', 'main/big'].map((id) => run.simulation.rotation(id));
    expect(tally(owners(run, 60, ICP))).toEqual({ ada: 30, bob: 20, cy: 10 });
    expect(fractions(run.simulation.rotation('main/icp'))).toEqual({});
    expect(['main', 'main/big'].map((id) => run.simulation.rotation(id))).toEqual([base, big]);
  });

  test('keeps every credit within ±(1 − 1/(2n−2)) whatever leads come in between', () => {
    const weight = fc.integer({ min: 1, max: 50 });
    const members = fc.array(fc.record({ weight, icp: weight, big: weight }), { minLength: 2, maxLength: 8 });
    const leads = fc.array(fc.constantFrom(ICP, BIG, NEITHER), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(members, leads, (list, given) => {
        const run = market(
          weighted(list.map(({ weight: base, icp, big }, index) => weighing(`rep-${index}`, base, { icp, big }))),
        );
        for (const each of given) {
          run.decide(each);
          for (const id of ['main', 'main/icp', 'main/big']) {
            const rotation = run.simulation.rotation(id);
            if (!isWithinShare(rotation, list.length) || sumOf(rotation) !== 0n) return false;
          }
        }
        return true;
      }),
      { numRuns: 40 },
    );
  });

  test('counts the leads received in it by themselves', () => {
    const run = market(weighted([weighing('ada', 1, { icp: 0 }), weighing('bob', 1)]));
    owners(run, 3, ICP);
    owners(run, 2);
    expect(Object.fromEntries(run.simulation.rotation('main/icp').received)).toEqual({ bob: 3 });
    expect(Object.fromEntries(run.simulation.rotation('main').received)).toEqual({ ada: 1, bob: 1 });
  });

  test('breaks ties by waiting all the same, which is counted over all rotations', () => {
    const run = market(weighted([weighing('ada', 1), weighing('bob', 1)]));
    expect([...owners(run, 1), ...owners(run, 1, ICP), ...owners(run, 1, BIG)]).toEqual(['ada', 'bob', 'ada']);
  });

  test('takes turns where the pool does, whatever the weights above 0', () => {
    const run = market(
      weighted(
        [weighing('ada', 1, { icp: 9 }), weighing('bob', 1), weighing('cy', 1, { icp: 0 })],
        ['icp'],
        'ROUND_ROBIN',
      ),
    );
    expect(owners(run, 4, ICP)).toEqual(['ada', 'bob', 'ada', 'bob']);
    expect(owners(run, 3)).toEqual(['cy', 'ada', 'bob']);
  });
});

describe('weight 0', () => {
  test('inside a segment keeps a member from its leads alone', () => {
    const run = market(weighted([weighing('ada', 1, { icp: 0 }), weighing('bob', 1), weighing('cy', 1)]));
    const decision = run.decide(ICP);
    expect(reasons(decision)).toMatchObject({ ada: 'WEIGHT_ZERO' });
    expect(tally([decision.repId, ...owners(run, 9, ICP)])).toEqual({ bob: 5, cy: 5 });
    expect(tally(owners(run, 9))).toEqual({ ada: 3, bob: 3, cy: 3 });
  });

  test('beside a weight inside a segment gives that segment’s leads alone', () => {
    const run = market(weighted([weighing('ada', 0, { icp: 1 }), weighing('bob', 1)]));
    expect(tally(owners(run, 10, ICP))).toEqual({ ada: 5, bob: 5 });
    expect(tally(owners(run, 10))).toEqual({ bob: 10 });
  });

  test('inside a segment for all of them leaves its leads to the next step', () => {
    const run = market(weighted([weighing('ada', 1, { icp: 0 }), weighing('bob', 1, { icp: 0 })]));
    const decision = run.decide(ICP);
    expect([decision.method, decision.turns]).toEqual(['FALLBACK', []]);
    expect(decision.steps[0]?.attempts[0]?.code).toBeNull();
    expect(owners(run, 2)).toEqual(['ada', 'bob']);
  });
});

test('an assignment by hand counts in the rotation of the lead’s segment, by its weights', () => {
  const run = market(weighted([weighing('ada', 1, { icp: 3 }), weighing('bob', 1), weighing('cy', 1, { icp: 0 })]));
  const main = run.configuration.pools.byId.get('main');
  if (!main) throw new Error('no pool');
  const earners = (given: Partial<RoutableLead>) =>
    earnersOf(main, lead(given), run.configuration, run.simulation, { at: 0 });
  const { rotationId, rotation, eligible } = earners(ICP);
  expect([rotationId, eligible.map(({ id, weight }) => [id, weight])]).toEqual([
    'main/icp',
    [
      ['ada', 3],
      ['bob', 1],
    ],
  ]);
  expect(fractions(charge('WEIGHTED', eligible, rotation, 'cy', 1))).toEqual({ ada: '3/4', bob: '1/4', cy: '-1' });
  expect([earners(NEITHER).rotationId, fractions(rotationOf({}))]).toEqual(['main', {}]);
});

test('a turn of a segment that is given back goes by the segment’s weights where who paid has left', () => {
  const big = (repId: string, weight: number) => ({ repId, weight: 1, segmentWeights: { big: weight } });
  const { pools } = compile({
    reps: [rep('b'), rep('c')],
    pools: [pool('main', [big('b', 3), big('c', 1)], { strategy: 'WEIGHTED', weightSegments: ['big'] })],
  });
  const turn = {
    rotationId: poolRotation('main', 'big'),
    paidBy: 'a',
    value: 1,
    earners: { listed: [{ id: 'b', weight: 3 }], others: { count: 0, weight: 0 } },
  };
  const returned = returnTurn(turn, NOW, rotationOf({ b: 0, c: 0 }), { pools }, 'GIVE_BACK');
  // b returns the lead; what a gets back goes to b and c, three to one.
  expect(fractions(returned)).toEqual({ b: '-1/4', c: '1/4' });
});
