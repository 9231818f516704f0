import { describe, expect, test } from 'vitest';
import type { PoolMember, Rep } from '../../src/domain/configuration.ts';
import type { Reason } from '../../src/domain/decision.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import type { RepMatch, RepOrder, Step } from '../../src/domain/plan.ts';
import { lookAt, owners, reasons, tally } from '../support/decisions.ts';
import { market, pool, rep, type Setting, step } from '../support/routing.ts';

type Member = Partial<PoolMember> & { readonly repId: string };

/** A pool of these, by a step of this kind; boss takes what they cannot. */
const pooled = (
  members: readonly (string | Member)[],
  overrides: Partial<Step> = {},
  ofRep: Readonly<Record<string, Partial<Rep>>> = {},
): Setting => ({
  reps: [
    rep('boss'),
    ...members.map((member) => {
      const key = typeof member === 'string' ? member : member.repId;
      return rep(key, ofRep[key]);
    }),
  ],
  pools: [pool('main', members)],
  plan: { steps: [step('all', overrides)] },
});

const tiered = (tiers: Readonly<Record<string, number | null>>): Member[] =>
  Object.entries(tiers).map(([repId, tier]) => (tier === null ? { repId } : { repId, tier }));

describe('tiers', () => {
  test.each<[string, Readonly<Record<string, number | null>>, readonly string[], readonly string[]]>([
    ['a higher one is served first', { ada: 0, bob: 1 }, [], ['bob', 'bob', 'bob']],
    ['one that is not set is the middle', { ada: null, bob: 0 }, [], ['ada', 'bob', 'ada']],
    ['a negative one stands below the middle', { ada: -1, bob: null }, [], ['bob', 'bob', 'bob']],
    ['a positive one stands above the middle', { ada: null, bob: 1 }, [], ['bob', 'bob', 'bob']],
    ['within one the turns go round', { ada: 2, bob: 1, cy: 2 }, [], ['ada', 'cy', 'ada']],
    ['when all of the higher are out, the next takes over', { ada: 2, bob: 1, cy: 0 }, ['ada'], ['bob', 'bob', 'bob']],
    ['and the one below that', { ada: 2, bob: 1, cy: -5 }, ['ada', 'bob'], ['cy', 'cy', 'cy']],
    ['one of the higher who is in keeps it', { ada: 2, bob: 2, cy: 1 }, ['ada'], ['bob', 'bob', 'bob']],
    ['when all are out nobody is', { ada: 1, bob: 0 }, ['ada', 'bob'], ['boss', 'boss', 'boss']],
  ])('%s', (_what, tiers, full, expected) => {
    const run = market(pooled(tiered(tiers)), Object.fromEntries(full.map((key) => [key, 50])));
    expect(owners(run, 3)).toEqual(expected);
  });

  test('who waits below earns nothing meanwhile', () => {
    const run = market(pooled(tiered({ ada: 1, bob: 0, cy: 0 })));
    const first = run.decide();
    owners(run, 9);
    expect(reasons(first)).toEqual({ ada: 'CHOSEN', bob: 'LOWER_TIER', cy: 'LOWER_TIER' });
    const { credits } = run.simulation.rotation('main');
    expect(['bob', 'cy'].map((key) => credits.get(key) ?? 0n)).toEqual([0n, 0n]);
    expect(lookAt(first, 'bob')?.turn).toMatchObject({ tier: 0, share: 0, rank: null });
  });

  test('the higher one is back in front as soon as it has room', () => {
    const run = market(pooled(tiered({ ada: 1, bob: 0 })), { ada: 49 });
    const first = run.decide();
    expect([first.repId, ...owners(run, 2)]).toEqual(['ada', 'bob', 'bob']);
    run.simulation.release('ada', first);
    expect(owners(run, 2)).toEqual(['ada', 'bob']);
  });
});

describe('a preference', () => {
  const prefer: RepMatch[] = [{ repField: 'language', operator: 'EQUALS', leadField: 'language' }];
  const GERMAN = { language: 'de' };

  test.each<
    [string, Readonly<Record<string, number>>, readonly string[], readonly string[], string, Record<string, Reason>]
  >([
    ['puts who fits in front', { ada: 0, bob: 0 }, ['bob'], [], 'bob', { ada: 'NOT_PREFERRED' }],
    ['leaves the others when none of those can', { ada: 0, bob: 0 }, ['bob'], ['bob'], 'ada', { bob: 'AT_CAPACITY' }],
    ['asks nothing when nobody fits', { ada: 0, bob: 0 }, [], [], 'ada', { bob: 'NOT_THEIR_TURN' }],
    ['lets those who fit take turns', { ada: 0, bob: 0, cy: 0 }, ['bob', 'cy'], [], 'bob', { cy: 'NOT_THEIR_TURN' }],
    [
      'lifts to the tier above, level with who stands there',
      { ada: 1, bob: 0 },
      ['bob'],
      [],
      'ada',
      { bob: 'NOT_THEIR_TURN' },
    ],
    ['lifts by one tier and no more', { ada: 2, bob: 0 }, ['bob'], [], 'ada', { bob: 'LOWER_TIER' }],
    [
      'lifts within the higher tier',
      { ada: 1, bob: 1, cy: 0 },
      ['bob', 'cy'],
      [],
      'bob',
      { ada: 'NOT_PREFERRED', cy: 'LOWER_TIER' },
    ],
    ['lifts from below the middle', { ada: -1, bob: -1 }, ['bob'], [], 'bob', { ada: 'NOT_PREFERRED' }],
    ['is no reason where nobody is preferred', { ada: 1, bob: 0 }, [], [], 'ada', { bob: 'LOWER_TIER' }],
    ['is no reason for who stands below anyway', { ada: 1, bob: 0, cy: 0 }, ['cy'], [], 'ada', { bob: 'LOWER_TIER' }],
  ])('%s', (_what, tiers, german, full, owner, expected) => {
    const ofRep = Object.fromEntries(german.map((key) => [key, GERMAN]));
    const run = market(pooled(tiered(tiers), { prefer }, ofRep), Object.fromEntries(full.map((key) => [key, 50])));
    const decision = run.decide(GERMAN);
    expect(decision.repId).toBe(owner);
    expect(reasons(decision)).toMatchObject({ [owner]: 'CHOSEN', ...expected });
  });

  test('tells the tier it lifted to', () => {
    const decision = market(pooled(['ada', 'bob'], { prefer }, { bob: GERMAN })).decide(GERMAN);
    expect(['ada', 'bob'].map((key) => lookAt(decision, key)?.turn?.tier)).toEqual([0, 1]);
  });

  test('costs the others no turn: they earn only of leads that they could have had', () => {
    const run = market(pooled(['ada', 'bob'], { prefer }, { bob: GERMAN }));
    owners(run, 5, GERMAN);
    expect(owners(run, 4)).toEqual(['ada', 'bob', 'ada', 'bob']);
  });

  test('means all of its comparisons', () => {
    const both: RepMatch[] = [...prefer, { repField: 'products', operator: 'CONTAINS', leadField: 'productInterest' }];
    const ofRep = { ada: GERMAN, bob: { ...GERMAN, products: ['cloud'] } };
    const run = market(pooled(['ada', 'bob'], { prefer: both }, ofRep));
    expect(owners(run, 3, { ...GERMAN, productInterest: 'cloud' })).toEqual(['bob', 'bob', 'bob']);
    expect(tally(owners(run, 4, GERMAN))).toEqual({ ada: 2, bob: 2 });
  });
});

describe('an order', () => {
  const by = (repField: string, first: RepOrder['first']): RepOrder => ({ repField, first });
  const rate = (value: string | number | boolean): Partial<Rep> => ({ attributes: { rate: value } });
  const HIGHEST = [by('attributes.rate', 'HIGHEST')];
  const LOWEST = [by('attributes.rate', 'LOWEST')];

  // Behind the one in front stand those in the row, in whatever order.
  test.each<[string, readonly RepOrder[], Readonly<Record<string, Partial<Rep>>>, readonly string[]]>([
    ['the highest number', HIGHEST, { ada: rate(9), bob: rate(10), cy: rate(-3) }, ['bob']],
    ['the lowest number', LOWEST, { ada: rate(9), bob: rate(10), cy: rate(-3) }, ['cy']],
    ['who has none stands last, highest first', HIGHEST, { ada: {}, bob: rate(-5), cy: {} }, ['bob']],
    ['who has none stands last, lowest first', LOWEST, { ada: {}, bob: rate(900), cy: {} }, ['bob']],
    ['all who are level take turns', HIGHEST, { ada: rate(5), bob: rate(5), cy: rate(4) }, ['ada', 'bob']],
    ['nobody has any', HIGHEST, { ada: {}, bob: {}, cy: {} }, ['ada', 'bob', 'cy']],
    ['true is higher than false', HIGHEST, { ada: rate(false), bob: rate(true), cy: rate(true) }, ['bob', 'cy']],
    ['false is lower than true', LOWEST, { ada: rate(false), bob: rate(true), cy: {} }, ['ada']],
    ['text by the alphabet', LOWEST, { ada: rate('gold'), bob: rate('Bronze'), cy: rate('silver') }, ['bob']],
    ['text, the last first', HIGHEST, { ada: rate('gold'), bob: rate('Bronze'), cy: rate('silver') }, ['cy']],
    [
      'text without regard to case',
      HIGHEST,
      { ada: rate('GOLD'), bob: rate('gold'), cy: rate('Bronze') },
      ['ada', 'bob'],
    ],
    ['numbers stand before text, highest first', HIGHEST, { ada: rate('9'), bob: rate(1), cy: {} }, ['bob']],
    ['numbers stand before text, lowest first', LOWEST, { ada: rate('0'), bob: rate(1), cy: {} }, ['bob']],
    [
      'a field of the rep',
      [by('employeesMax', 'LOWEST')],
      { ada: { employeesMax: 500 }, bob: { employeesMax: 50 }, cy: {} },
      ['bob'],
    ],
    [
      'the longest list',
      [by('specialties', 'HIGHEST')],
      { ada: { specialties: ['z'] }, bob: { specialties: ['a', 'b'] }, cy: { specialties: [] } },
      ['bob'],
    ],
    [
      'the shortest list, an empty one being none',
      [by('specialties', 'LOWEST')],
      { ada: { specialties: ['z'] }, bob: { specialties: ['a', 'b'] }, cy: { specialties: [] } },
      ['ada'],
    ],
    [
      'the second field among those level by the first',
      [by('attributes.rate', 'HIGHEST'), by('employeesMin', 'LOWEST')],
      { ada: rate(4), bob: { ...rate(5), employeesMin: 100 }, cy: { ...rate(5), employeesMin: 10 } },
      ['cy'],
    ],
    [
      'the second field where nobody has the first',
      [by('attributes.rate', 'HIGHEST'), by('employeesMin', 'LOWEST')],
      { ada: {}, bob: { employeesMin: 100 }, cy: { employeesMin: 10 } },
      ['cy'],
    ],
  ])('%s', (_what, order, ofRep, front) => {
    const run = market(pooled(Object.keys(ofRep), { order }, ofRep));
    const first = run.decide();
    expect(new Set([first.repId, ...owners(run, 5)])).toEqual(new Set(front));
    const behind = Object.keys(ofRep).filter((key) => !front.includes(key));
    expect(reasons(first)).toMatchObject(Object.fromEntries(behind.map((key) => [key, 'ORDERED_BEHIND'])));
  });

  test('goes within a tier: a higher tier comes first whatever the value', () => {
    const members = tiered({ ada: 1, bob: 0 });
    const run = market(pooled(members, { order: HIGHEST }, { ada: rate(1), bob: rate(9) }));
    expect(owners(run, 3)).toEqual(['ada', 'ada', 'ada']);
  });

  test('goes among those who can: who is full does not hold the others back', () => {
    const run = market(pooled(['ada', 'bob', 'cy'], { order: HIGHEST }, { ada: rate(1), bob: rate(9), cy: rate(5) }), {
      bob: 50,
    });
    expect(owners(run, 2)).toEqual(['cy', 'cy']);
  });
});

describe('weight 0', () => {
  const zero: readonly (string | Member)[] = [{ repId: 'ada', weight: 0 }, 'bob'];

  test.each(['ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED', 'LEAST_LOADED'] as const)(
    'receives nothing: %s',
    (strategy) => {
      const setting = pooled(zero);
      const run = market({ ...setting, pools: [pool('main', zero, { strategy })] }, { bob: 20 });
      expect(tally(owners(run, 20))).toEqual({ bob: 20 });
    },
  );

  test('receives nothing when all others are out', () => {
    const decision = market(pooled(zero), { bob: 50 }).decide();
    expect(decision.repId).toBe('boss');
    expect(reasons(decision)).toMatchObject({ ada: 'WEIGHT_ZERO', bob: 'AT_CAPACITY' });
  });

  test.each<[string, Partial<RoutableLead>, Partial<PoolMember>, string]>([
    ['0 for a segment, more without', { score: 90 }, { weight: 1, segmentWeights: { hot: 0 } }, 'WEIGHT_ZERO'],
    ['0 for a segment that does not match', { score: 10 }, { weight: 1, segmentWeights: { hot: 0 } }, 'CHOSEN'],
    ['0, but more for a segment', { score: 90 }, { weight: 0, segmentWeights: { hot: 2 } }, 'CHOSEN'],
    [
      '0, with more for a segment that does not match',
      { score: 10 },
      { weight: 0, segmentWeights: { hot: 2 } },
      'WEIGHT_ZERO',
    ],
    ['0, where the segment says nothing', { score: 90 }, { weight: 0, segmentWeights: {} }, 'WEIGHT_ZERO'],
  ])('is that of the lead’s segment: %s', (_what, given, ada, reason) => {
    const setting: Setting = {
      ...pooled(['ada']),
      pools: [pool('main', [{ repId: 'ada', ...ada }], { weightSegments: ['hot'] })],
      segments: [
        { id: 'hot', key: 'hot', name: 'Hot', condition: { field: 'score', operator: 'AT_LEAST', value: 80 } },
      ],
    };
    expect(lookAt(market(setting).decide(given), 'ada')?.reason).toBe(reason);
  });
});
