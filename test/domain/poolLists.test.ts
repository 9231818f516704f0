import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pool, Rep, Strategy } from '../../src/domain/configuration.ts';
import { listRotation } from '../../src/domain/decide.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import type { ListedPool, Step } from '../../src/domain/plan.ts';
import type { Rotation } from '../../src/domain/rotation.ts';
import { Simulation } from '../../src/domain/simulation.ts';
import { lookAt, owners, reasons, tally } from '../support/decisions.ts';
import { compile, lead, type Market, market, NOW, pool, rep, type Setting, step } from '../support/routing.ts';

const list = (pools: readonly ListedPool[], share: 'PER_HEAD' | 'PER_POOL', overrides: Partial<Step> = {}): Step =>
  step('list', { target: { kind: 'POOLS', pools, share }, ...overrides });

const alike = (...keys: readonly string[]): ListedPool[] => keys.map((key) => ({ pool: key, weight: 1 }));

/** Members of a pool named `a` of three: a1, a2, a3. */
const namesIn = (key: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${key}${index + 1}`);

/** Pools of so many members each. */
const pooled = (
  sizes: Readonly<Record<string, number>>,
  steps: readonly Step[],
  ofRep: (key: string) => Partial<Rep> = () => ({}),
  ofPool: Partial<Pool> = {},
): Setting => ({
  reps: [
    rep('boss'),
    ...Object.entries(sizes).flatMap(([key, count]) => namesIn(key, count).map((name) => rep(name, ofRep(name)))),
  ],
  pools: Object.entries(sizes).map(([key, count]) => pool(key, namesIn(key, count), ofPool)),
  plan: { steps },
});

const poolsOf = (run: Market, count: number, given: Partial<RoutableLead> = {}): string[] =>
  Array.from({ length: count }, () => run.decide(given).poolId ?? 'none');

const sumOf = ({ credits }: Rotation): bigint => [...credits.values()].reduce((sum, credit) => sum + credit, 0n);

describe('what each pool of a list gets', () => {
  test('per head: as much as its members together, and each member alike', () => {
    const run = market(pooled({ a: 2, b: 3, c: 5 }, [list(alike('a', 'b', 'c'), 'PER_HEAD')]));
    const all = Array.from({ length: 100 }, () => run.decide());
    expect(tally(all.map(({ poolId }) => poolId ?? ''))).toEqual({ a: 20, b: 30, c: 50 });
    expect(new Set(Object.values(tally(all.map(({ repId }) => repId))))).toEqual(new Set([10]));
  });

  test('per pool: alike, unless the list says otherwise', () => {
    const sizes = { a: 1, b: 4 };
    expect(tally(poolsOf(market(pooled(sizes, [list(alike('a', 'b'), 'PER_POOL')])), 40))).toEqual({ a: 20, b: 20 });
    const weighed = [{ pool: 'a', weight: 3 }, ...alike('b')];
    expect(tally(poolsOf(market(pooled(sizes, [list(weighed, 'PER_POOL')])), 40))).toEqual({ a: 30, b: 10 });
  });

  test('per head: the weights of the list say nothing', () => {
    const run = market(pooled({ a: 1, b: 3 }, [list([{ pool: 'a', weight: 9 }, ...alike('b')], 'PER_HEAD')]));
    expect(tally(poolsOf(run, 40))).toEqual({ a: 10, b: 30 });
  });

  test.each<[Strategy, Record<string, number>]>([
    ['WEIGHTED', { a: 48, b: 12 }],
    ['ROUND_ROBIN', { a: 40, b: 20 }],
  ])('per head: members weigh what they weigh in their pool, %s', (strategy, expected) => {
    const members = [
      { repId: 'a1', weight: 5 },
      { repId: 'a2', weight: 3 },
    ];
    const run = market({
      reps: ['boss', 'a1', 'a2', 'b1'].map((key) => rep(key)),
      pools: [pool('a', members, { strategy }), pool('b', [{ repId: 'b1', weight: 2 }], { strategy })],
      plan: { steps: [list(alike('a', 'b'), 'PER_HEAD')] },
    });
    expect(tally(poolsOf(run, 60))).toEqual(expected);
  });

  test('per head: the weights for the lead’s segment count for its leads', () => {
    const members = [{ repId: 'a1', segmentWeights: { hot: 3 } }];
    const run = market({
      reps: ['boss', 'a1', 'b1'].map((key) => rep(key)),
      pools: [pool('a', members, { strategy: 'WEIGHTED', weightSegments: ['hot'] }), pool('b', ['b1'])],
      segments: [{ id: 'hot', key: 'hot', name: 'Hot', condition: { field: 'icp', operator: 'EQUALS', value: true } }],
      plan: { steps: [list(alike('a', 'b'), 'PER_HEAD')] },
    });
    expect(tally(poolsOf(run, 40, { icp: true }))).toEqual({ a: 30, b: 10 });
    expect(tally(poolsOf(run, 40))).toEqual({ a: 20, b: 20 });
  });

  test('no pool is ever a whole lead away from its share, whatever the sizes', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.constantFrom('PER_HEAD' as const, 'PER_POOL' as const), (counts, share) => {
        const keys = counts.map((_, index) => 'abcdef'[index] as string);
        const weights = counts.map((count, index) => (share === 'PER_HEAD' ? count : 1 + (index % 3)));
        const listed = keys.map((key, index) => ({ pool: key, weight: weights[index] as number }));
        const setting = pooled(Object.fromEntries(keys.map((key, index) => [key, counts[index] as number])), []);
        const run = market({
          ...setting,
          settings: { defaultCapacity: 1_000 },
          plan: { steps: [list(listed, share)] },
        });
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const received = keys.map(() => 0);
        for (let count = 1; count <= 60; count += 1) {
          (received[keys.indexOf(run.decide().poolId as string)] as number) += 1;
          // In whole numbers: |received − count · weight / total| < 1.
          const isFair = received.every(
            (each, index) => Math.abs(each * total - count * (weights[index] as number)) < total,
          );
          if (!isFair) return false;
        }
        return sumOf(run.simulation.rotation(listRotation('list'))) === 0n;
      }),
      { numRuns: 60 },
    );
  });
});

describe('a pool in which nobody can take the lead', () => {
  const paused =
    (away: readonly string[]) =>
    (key: string): Partial<Rep> =>
      away.includes(key) ? { status: 'PAUSED' } : {};

  test.each(['PER_HEAD', 'PER_POOL'] as const)('is passed over, and neither earns nor pays: %s', (share) => {
    const steps = [list(alike('a', 'b', 'c'), share)];
    const run = market(pooled({ a: 1, b: 1, c: 1 }, steps, paused(['b1'])));
    expect(tally(poolsOf(run, 10))).toEqual({ a: 5, c: 5 });
    const rotation = run.simulation.rotation(listRotation('list'));
    expect([rotation.credits.get('b') ?? 0n, sumOf(rotation)]).toEqual([0n, 0n]);
  });

  test('catches up on nothing when it is back', () => {
    const setting = pooled({ a: 1, b: 1 }, [list(alike('a', 'b'), 'PER_POOL')]);
    const run = market(setting, { b1: 50 });
    expect(tally(poolsOf(run, 6))).toEqual({ a: 6 });
    run.simulation.release('b1', { cost: 10, classes: [], poolId: null });
    expect(tally(poolsOf(run, 6))).toEqual({ a: 3, b: 3 });
  });

  test('is named with its reasons before the pool whose turn it is', () => {
    const steps = [list(alike('a', 'b'), 'PER_POOL')];
    const decision = market(pooled({ a: 2, b: 1 }, steps, paused(['a1'])), { a2: 50 }).decide();
    expect(decision.steps[0]?.attempts.map(({ poolId, list: turn }) => [poolId, turn?.line.length])).toEqual([
      ['a', undefined],
      ['b', 1],
    ]);
    expect(reasons(decision)).toEqual({ a1: 'PAUSED', a2: 'AT_CAPACITY', b1: 'CHOSEN' });
  });

  test.each([
    ['that is empty', { a: 0, b: 2 }, 'POOL_EMPTY'],
    ['that does not exist', { b: 2 }, 'TARGET_UNKNOWN'],
  ])('%s leaves all to the others', (_what, sizes, code) => {
    const run = market(pooled(sizes as Record<string, number>, [list(alike('a', 'b'), 'PER_POOL')]));
    expect(run.decide().steps[0]?.attempts[0]?.code).toBe(code);
    expect(tally(poolsOf(run, 9))).toEqual({ b: 9 });
  });

  test('when that is all of them the step has nobody', () => {
    const run = market(pooled({ a: 1, b: 1 }, [list(alike('a', 'b', 'gone'), 'PER_HEAD')]), { a1: 50, b1: 50 });
    const decision = run.decide();
    expect(decision).toMatchObject({ repId: 'boss', method: 'FALLBACK', turns: [] });
    expect(decision.steps[0]?.attempts.map(({ code }) => code)).toEqual([null, null, 'TARGET_UNKNOWN']);
  });
});

describe('per head goes by who could take this lead', () => {
  test.each<[string, (key: string) => Partial<Rep>, Partial<Step>, Record<string, number>]>([
    [
      'who is paused is no head',
      (key) => (['a2', 'a3'].includes(key) ? { status: 'PAUSED' } : {}),
      {},
      { a: 10, b: 30 },
    ],
    ['who has left is no head', (key) => (key === 'a1' ? { status: 'LEFT' } : {}), {}, { a: 16, b: 24 }],
    [
      'who is full is no head',
      (key) => (key.startsWith('b') && key !== 'b1' ? { capacity: 0 } : {}),
      {},
      { a: 30, b: 10 },
    ],
    [
      'who does not fit is no head',
      (key) => (key === 'b1' || key.startsWith('a') ? { language: 'de' } : {}),
      { match: [{ repField: 'language', operator: 'EQUALS', leadField: 'language' }] },
      { a: 30, b: 10 },
    ],
    [
      'who is not preferred in their pool is no head',
      (key) => (key === 'a1' ? { language: 'de' } : {}),
      { prefer: [{ repField: 'language', operator: 'EQUALS', leadField: 'language' }] },
      { a: 10, b: 30 },
    ],
  ])('%s', (_what, ofRep, overrides, expected) => {
    const steps = [list(alike('a', 'b'), 'PER_HEAD', overrides)];
    const run = market(pooled({ a: 3, b: 3 }, steps, ofRep));
    expect(tally(poolsOf(run, 40, { language: 'de' }))).toEqual(expected);
  });

  test('who stands in a lower tier of their pool is no head', () => {
    const members = [{ repId: 'a1', tier: 1 }, 'a2', 'a3'];
    const setting = pooled({ a: 3, b: 3 }, [list(alike('a', 'b'), 'PER_HEAD')]);
    const run = market({ ...setting, pools: [pool('a', members), pool('b', namesIn('b', 3))] });
    expect(tally(poolsOf(run, 40))).toEqual({ a: 10, b: 30 });
  });
});

describe('two rotations', () => {
  test('a decision tells of both: the pools in line, and the turn of each', () => {
    const decision = market(pooled({ a: 1, b: 3 }, [list(alike('a', 'b'), 'PER_HEAD')])).decide();
    expect(decision).toMatchObject({
      poolId: 'b',
      turns: [{ rotationId: 'step/list', paidBy: 'b' }, { rotationId: 'b' }],
    });
    expect(decision.steps[0]?.attempts.at(-1)?.list?.line).toEqual([
      { poolId: 'b', weight: 3, eligible: 3, share: 0.75, creditBefore: 0, creditAfter: -0.25 },
      { poolId: 'a', weight: 1, eligible: 1, share: 0.25, creditBefore: 0, creditAfter: 0.25 },
    ]);
    expect(lookAt(decision, 'b2')?.turn).toMatchObject({ share: 1 / 3, rank: 2 });
  });

  test('each step has a list rotation of its own, and pools one rotation for all steps', () => {
    const onTrial = { condition: { field: 'requestKind', operator: 'EQUALS', value: 'TRIAL' } } as const;
    const target = list(alike('a', 'b'), 'PER_POOL').target;
    const steps = [step('trials', { target, ...onTrial }), step('rest', { target })];
    const run = market(pooled({ a: 2, b: 2 }, steps));
    const [trials, rest] = [owners(run, 1, { requestKind: 'TRIAL' }), owners(run, 1)];
    // Both begin with the first pool; there the second lead is the second member's.
    expect([trials, rest]).toEqual([['a1'], ['a2']]);
  });

  test('the pool whose turn it is keeps its turn in a step that names it alone', () => {
    const steps = [
      step('alone', {
        target: { kind: 'POOL', pool: 'a' },
        condition: { field: 'icp', operator: 'EQUALS', value: true },
      }),
      list(alike('a', 'b'), 'PER_POOL'),
    ];
    const run = market(pooled({ a: 2, b: 1 }, steps));
    expect([run.decide({ icp: true }).repId, run.decide().repId, run.decide({ icp: true }).repId]).toEqual([
      'a1',
      'a2',
      'a1',
    ]);
  });

  /** The credits that the next lead finds when the plan has another list. */
  const afterChange = (before: readonly string[], after: readonly string[]): Record<string, number> => {
    const sizes = { a: 1, b: 1, c: 1 };
    const run = market(pooled(sizes, [list(alike(...before), 'PER_POOL')]));
    run.decide();
    const changed = new Simulation(compile(pooled(sizes, [list(alike(...after), 'PER_POOL')])), {
      standings: [],
      rotations: [[listRotation('list'), run.simulation.rotation(listRotation('list'))]],
      lastAssignment: 1,
    });
    const { steps } = changed.route(lead(), { at: NOW });
    const rotation = changed.rotation(listRotation('list'));
    expect([[...rotation.credits.keys()].toSorted(), sumOf(rotation)]).toEqual([after, 0n]);
    const line = steps[0]?.attempts.at(-1)?.list?.line ?? [];
    return Object.fromEntries(line.map(({ poolId, creditBefore }) => [poolId, creditBefore]));
  };

  test('a pool that leaves the list hands its credit to the others', () => {
    // The first lead went to a: a third each, less one for a.
    expect(afterChange(['a', 'b', 'c'], ['a', 'c'])).toEqual({ a: -1 / 2, c: 1 / 2 });
  });

  test('a pool that joins the list begins with no credit', () => {
    expect(afterChange(['a', 'b'], ['a', 'b', 'c'])).toEqual({ a: -1 / 2, b: 1 / 2, c: 0 });
  });
});
