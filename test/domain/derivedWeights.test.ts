import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Weighting } from '../../src/domain/configuration.ts';
import { deriveWeights, type WeightStep } from '../../src/domain/derivedWeights.ts';
import type { AttributeValue } from '../../src/domain/lead.ts';
import { pool, rep } from '../support/routing.ts';

/** Name, weight, leads won and lost. */
type Outcome = readonly [repId: string, weight: number, won: number, lost: number];

const weighting = (overrides: Partial<Weighting>): Weighting => ({
  by: 'WIN_RATE',
  floor: 1,
  ceiling: 1_000,
  days: 90,
  ...overrides,
});

const byWinRate = (outcomes: readonly Outcome[], overrides: Partial<Weighting> = {}): readonly WeightStep[] =>
  deriveWeights(
    pool(
      'main',
      outcomes.map(([repId, weight]) => ({ repId, weight })),
    ).members,
    weighting(overrides),
    // Who has closed nothing is not counted at all.
    new Map(outcomes.flatMap(([repId, , won, lost]) => (won + lost === 0 ? [] : [[repId, { won, lost }]]))),
    new Map(),
  );

const byQuota = (
  attainments: Readonly<Record<string, AttributeValue | undefined>>,
  overrides: Partial<Weighting> = {},
  weight = 7,
): readonly WeightStep[] =>
  deriveWeights(
    pool(
      'main',
      Object.keys(attainments).map((repId) => ({ repId, weight })),
    ).members,
    weighting({ by: 'QUOTA', ...overrides }),
    new Map(),
    new Map(
      Object.entries(attainments).map(([key, quotaAttainment]) => [
        key,
        rep(key, { attributes: quotaAttainment === undefined ? {} : { quotaAttainment } }),
      ]),
    ),
  );

const weights = (steps: readonly WeightStep[]): number[] => steps.map(({ after }) => after);

describe('by win rate', () => {
  test.each<[string, readonly Outcome[], Partial<Weighting>, readonly number[]]>([
    // m = 30/100. Rates (20 + 3)/60 and (10 + 3)/60; their mean is 18/60: 100 × 23/18 = 127.8 and 72.2.
    [
      '100 is the mean of the pool',
      [
        ['ada', 1, 20, 30],
        ['bob', 1, 10, 40],
      ],
      {},
      [128, 72],
    ],
    [
      'who are alike have 100',
      [
        ['ada', 5, 3, 7],
        ['bob', 9, 3, 7],
      ],
      {},
      [100, 100],
    ],
    // m = 12/22. Rates (2 + 5.4545)/12 = 0.6212, (10 + 5.4545)/30 = 0.5152: mean 0.5682.
    [
      'two leads won out of two say little',
      [
        ['ada', 1, 2, 0],
        ['bob', 1, 10, 10],
      ],
      {},
      [109, 91],
    ],
    // m = 1/2. Rates (5 + 5)/20, and 5/10 for who has closed nothing.
    [
      'who has closed nothing is taken for the pool’s rate',
      [
        ['ada', 1, 5, 5],
        ['bob', 1, 0, 0],
      ],
      {},
      [100, 100],
    ],
    // m = 1/20. Rates (0 + 0.5)/20 = 0.025, (1 + 0.5)/20 = 0.075: mean 0.05.
    [
      'who has won nothing is not at 0',
      [
        ['ada', 1, 0, 10],
        ['bob', 1, 1, 9],
      ],
      {},
      [50, 150],
    ],
    [
      'no weight is below the floor',
      [
        ['ada', 1, 0, 10],
        ['bob', 1, 1, 9],
      ],
      { floor: 60 },
      [60, 150],
    ],
    [
      'no weight is above the ceiling',
      [
        ['ada', 1, 0, 10],
        ['bob', 1, 1, 9],
      ],
      { ceiling: 120 },
      [50, 120],
    ],
    [
      'floor and ceiling may be the same',
      [
        ['ada', 1, 0, 10],
        ['bob', 1, 1, 9],
      ],
      { floor: 80, ceiling: 80 },
      [80, 80],
    ],
    [
      'weight 0 stays',
      [
        ['ada', 0, 9, 1],
        ['bob', 4, 9, 1],
      ],
      {},
      [0, 100],
    ],
    [
      'without any closed lead all stay',
      [
        ['ada', 3, 0, 0],
        ['bob', 8, 0, 0],
      ],
      { floor: 50 },
      [3, 8],
    ],
    [
      'without any lead won all stay',
      [
        ['ada', 3, 0, 9],
        ['bob', 8, 0, 2],
      ],
      { floor: 50 },
      [3, 8],
    ],
    [
      'all won, all alike',
      [
        ['ada', 1, 9, 0],
        ['bob', 1, 1, 0],
      ],
      {},
      [100, 100],
    ],
    ['one alone has 100', [['ada', 3, 4, 4]], {}, [100]],
    ['nobody, nothing', [], {}, []],
  ])('%s', (_what, outcomes, overrides, expected) => {
    expect(weights(byWinRate(outcomes, overrides))).toEqual(expected);
  });

  test('says what it goes by: leads won and lost, and the rate as it was evened out', () => {
    const steps = byWinRate([
      ['ada', 2, 20, 30],
      ['bob', 0, 10, 40],
    ]);
    expect(steps).toEqual([
      { repId: 'ada', before: 2, after: 128, basis: { won: 20, lost: 30, value: 23 / 60 } },
      { repId: 'bob', before: 0, after: 0, basis: { won: 10, lost: 40, value: 13 / 60 } },
    ]);
    expect(byWinRate([['ada', 2, 0, 3]])).toEqual([
      { repId: 'ada', before: 2, after: 2, basis: { won: 0, lost: 3, value: null } },
    ]);
  });
});

describe('by quota', () => {
  test.each<[string, Readonly<Record<string, AttributeValue | undefined>>, Partial<Weighting>, readonly number[]]>([
    ['the attainment in percent is the weight', { ada: 80, bob: 120 }, {}, [80, 120]],
    ['to the nearest whole number, halves up', { ada: 80.5, bob: 80.49 }, {}, [81, 80]],
    ['who has none keeps the weight, whatever floor and ceiling', { ada: 80, bob: undefined }, { floor: 50 }, [80, 7]],
    ['text is no attainment', { ada: '80' }, {}, [7]],
    ['true is no attainment', { ada: true }, {}, [7]],
    ['no weight is below the floor', { ada: 3, bob: -40 }, { floor: 20 }, [20, 20]],
    ['no weight is above the ceiling', { ada: 4_000 }, { ceiling: 300 }, [300]],
    ['none is derived to be 0, which would stay, whatever the floor', { ada: 0, bob: 0.4 }, { floor: 0 }, [1, 1]],
  ])('%s', (_what, attainments, overrides, expected) => {
    expect(weights(byQuota(attainments, overrides))).toEqual(expected);
  });

  test('weight 0 stays', () => {
    expect(weights(byQuota({ ada: 80 }, {}, 0))).toEqual([0]);
  });

  test('says the attainment it goes by', () => {
    expect(byQuota({ ada: 80.5 })).toEqual([
      { repId: 'ada', before: 7, after: 81, basis: { won: 0, lost: 0, value: 80.5 } },
    ]);
  });

  test('a rep who is gone keeps the weight', () => {
    const { members } = pool('main', [{ repId: 'gone', weight: 7 }]);
    expect(weights(deriveWeights(members, weighting({ by: 'QUOTA' }), new Map(), new Map()))).toEqual([7]);
  });
});

test('fixed weights stay, whatever there is to go by', () => {
  const { members } = pool('main', [{ repId: 'ada', weight: 7 }]);
  const ada = rep('ada', { attributes: { quotaAttainment: 80 } });
  const outcomes = new Map([['ada', { won: 5, lost: 1 }]]);
  expect(weights(deriveWeights(members, weighting({ by: 'FIXED' }), outcomes, new Map([['ada', ada]])))).toEqual([7]);
});

describe('for any outcomes', () => {
  const outcome = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.nat(200), fc.nat(200));
  const bounds = fc
    .tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 400 }))
    .map(([a, b]) => ({ floor: Math.min(a, b), ceiling: Math.max(a, b) }));
  const derived = (list: readonly (readonly [number, number, number])[], overrides: Partial<Weighting>) =>
    byWinRate(
      list.map(([weight, won, lost], index): Outcome => [`rep-${index}`, weight, won, lost]),
      overrides,
    );

  test('a weight that was worked out lies between floor and ceiling, is whole, and above 0', () => {
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1, maxLength: 12 }), bounds, (list, { floor, ceiling }) => {
        for (const { before, after, basis } of derived(list, { floor, ceiling })) {
          if (before === 0 || basis.value === null) expect(after).toBe(before);
          else {
            expect(Number.isInteger(after)).toBe(true);
            expect([after >= floor, after >= 1, after <= ceiling]).toEqual([true, true, true]);
          }
        }
      }),
    );
  });

  test('a better rate never has the lower weight', () => {
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 2, maxLength: 12 }), bounds, (list, range) => {
        const steps = derived(list, range).filter(({ before, basis }) => before > 0 && basis.value !== null);
        const ranked = steps.toSorted((a, b) => (a.basis.value ?? 0) - (b.basis.value ?? 0));
        expect(weights(ranked)).toEqual(weights(ranked).toSorted((a, b) => a - b));
      }),
    );
  });
});
