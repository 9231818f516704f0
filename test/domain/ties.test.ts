import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../src/domain/configuration.ts';
import type { TieBreak } from '../../src/domain/decision.ts';
import { type Candidate, type Rotation, takeTurn } from '../../src/domain/rotation.ts';
import { lookAt, owners } from '../support/decisions.ts';
import { ALL_STRATEGIES, candidate, fractions, membersOf, rotationOf, running } from '../support/rotation.ts';
import { account, market, pool, rep, type Setting, step } from '../support/routing.ts';

/** Who of two is served, and what told them apart. */
const between = (
  strategy: Strategy,
  [a, b]: readonly [Partial<Candidate>, Partial<Candidate>],
  rotation: Rotation = rotationOf({}),
  value = 1,
): [string | undefined, TieBreak] => {
  const { line, tieBreak } = takeTurn(strategy, [candidate(0, a), candidate(1, b)], rotation, value);
  return [line[0]?.candidate.id, tieBreak];
};

describe.each(ALL_STRATEGIES)('two who are level, %s', (strategy) => {
  test.each<[string, Partial<Candidate>, Partial<Candidate>, string, TieBreak]>([
    ['who has waited longer is served', { lastAssignment: 9 }, { lastAssignment: 3 }, 'rep-1', 'WAITED'],
    ['who was never assigned has waited longest', { lastAssignment: 1 }, { lastAssignment: 0 }, 'rep-1', 'WAITED'],
    ['never assigned both, the first in the pool', { lastAssignment: 0 }, { lastAssignment: 0 }, 'rep-0', 'POSITION'],
    ['position and not the order they are named in', { position: 7 }, { position: 3 }, 'rep-1', 'POSITION'],
    ['the position counts after the wait', { lastAssignment: 2 }, { lastAssignment: 1 }, 'rep-1', 'WAITED'],
  ])('%s', (_what, a, b, winner, by) => {
    expect(between(strategy, [a, b])).toEqual([winner, by]);
  });
});

describe('who is level whatever the weight', () => {
  // Of a lead the light one earns 1/4, the heavy one 3/4; both stand at the same credit, or deadline, afterwards.
  const light = { weight: 1, lastAssignment: 0 };
  const heavy = { weight: 3, lastAssignment: 9 };

  test.each<[string, Strategy, Rotation, number]>([
    ['equal deadlines', 'WEIGHTED', rotationOf({ 'rep-0': 1, 'rep-1': -1 }, 4), 1],
    ['nobody due, equal credits', 'WEIGHTED', rotationOf({ 'rep-0': -2, 'rep-1': -4, away: 6 }, 4), 1],
    ['equal credits in value', 'VALUE_BALANCED', rotationOf({ 'rep-0': 2, 'rep-1': -2 }, 4), 2],
    ['equal loads and credits', 'LEAST_LOADED', rotationOf({ 'rep-0': 1, 'rep-1': -1 }, 4), 1],
  ])('the heavier is served, before the longer wait: %s', (_what, strategy, rotation, value) => {
    expect(between(strategy, [light, heavy], rotation, value)).toEqual(['rep-1', 'WEIGHT']);
  });

  test('taking turns, weights above 0 are all the same', () => {
    expect(between('ROUND_ROBIN', [light, heavy])).toEqual(['rep-0', 'WAITED']);
  });
});

describe('what comes before a tie', () => {
  test.each<[string, Strategy, Rotation, readonly [Partial<Candidate>, Partial<Candidate>], string, TieBreak]>([
    // d = 1/2: rep-0 has 1/4 + 1/4, rep-1 has −1/4 + 3/4.
    ['only one is due', 'WEIGHTED', rotationOf({ 'rep-0': -1, 'rep-1': 1 }, 4), [{}, {}], 'rep-1', 'CREDIT'],
    [
      'nobody due: the most credit',
      'WEIGHTED',
      rotationOf({ 'rep-0': -3, 'rep-1': -2, away: 5 }, 4),
      [{}, {}],
      'rep-1',
      'CREDIT',
    ],
    [
      'the most credit in value',
      'VALUE_BALANCED',
      rotationOf({ 'rep-0': -1, 'rep-1': 1 }),
      [{}, {}],
      'rep-1',
      'CREDIT',
    ],
  ])('%s, %s', (_what, strategy, rotation, pair, winner, by) => {
    expect(between(strategy, pair, rotation)).toEqual([winner, by]);
  });
});

test('of those who are due the earliest deadline comes first, though somebody has more credit', () => {
  // d = 1/4. After earning: 1/2 at 1/10 of the leads, 2/5 at 8/10, and 1/10, which is not due.
  const { line, tieBreak } = takeTurn('WEIGHTED', membersOf([1, 8, 1]), rotationOf({ 'rep-0': 4, 'rep-1': -4 }, 10), 1);
  expect([...line.map(({ candidate: { id } }) => id), tieBreak]).toEqual(['rep-1', 'rep-0', 'rep-2', 'DEADLINE']);
});

test('a longer line stands in the order of all that breaks ties', () => {
  const eligible = [
    candidate(0, { weight: 1, lastAssignment: 5 }),
    candidate(1, { weight: 1, lastAssignment: 0 }),
    candidate(2, { weight: 2, lastAssignment: 8 }),
    candidate(3, { weight: 1, lastAssignment: 0 }),
    candidate(4, { weight: 2, lastAssignment: 7 }),
  ];
  // Of a lead worth 7 the heavy ones earn 2 and the others 1: all stand at 2 then.
  const credits = { 'rep-0': 1, 'rep-1': 1, 'rep-2': 0, 'rep-3': 1, 'rep-4': 0, away: -3 };
  const { line } = takeTurn('VALUE_BALANCED', eligible, rotationOf(credits), 7);
  expect(line.map(({ candidate: { id } }) => id)).toEqual(['rep-4', 'rep-2', 'rep-1', 'rep-3', 'rep-0']);
});

describe('waiting is counted over everything a rep receives', () => {
  const setting: Setting = {
    reps: ['boss', 'ada', 'bob'].map((key) => rep(key)),
    pools: [pool('main', ['ada', 'bob']), pool('other', ['ada'])],
    accounts: [account('known', { domains: ['known.example'], ownerId: 'ada' })],
    plan: {
      steps: [
        step('owner', { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } }),
        step('other', {
          condition: { field: 'requestKind', operator: 'EQUALS', value: 'TRIAL' },
          target: { kind: 'POOL', pool: 'other' },
        }),
        step('rest'),
      ],
    },
  };

  test.each([
    ['another pool', { requestKind: 'TRIAL' }],
    ['an account of theirs', { companyDomain: 'known.example' }],
  ] as const)('a lead from %s breaks a tie, and moves no credit', (_what, given) => {
    expect(owners(market(setting), 1)).toEqual(['ada']);
    const run = market(setting);
    run.decide(given);
    expect(fractions(run.simulation.rotation('main'))).toEqual({});
    const decision = run.decide();
    expect(decision.repId).toBe('bob');
    expect(decision.steps.at(-1)?.attempts[0]?.tieBreak).toBe('WAITED');
    expect(lookAt(decision, 'ada')?.turn).toMatchObject({ creditBefore: 0, creditAfter: 0.5 });
  });

  test('a lead from elsewhere costs no turn where credits differ', () => {
    const run = market(setting);
    expect(owners(run, 1)).toEqual(['ada']);
    run.simulation.give('bob', { cost: 1, classes: [], poolId: null }, 0);
    expect(owners(run, 2)).toEqual(['bob', 'ada']);
  });
});

test('equal reps who are level again are served in the order in which they were served before', () => {
  const members = membersOf([1, 1, 1, 1]).map((member, index) => ({ ...member, lastAssignment: 4 - index }));
  const run = running('ROUND_ROBIN', members);
  const round = () => Array.from({ length: 4 }, () => run.take(members));
  expect(round()).toEqual(['rep-3', 'rep-2', 'rep-1', 'rep-0']);
});
