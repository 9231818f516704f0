import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../src/domain/configuration.ts';
import {
  alignRotation,
  type Candidate,
  charge,
  type Earner,
  EMPTY_ROTATION,
  giveBack,
  type PastTurn,
  type Rotation,
  takeAgain,
  takeTurn,
} from '../../src/domain/rotation.ts';
import { ALL_STRATEGIES, candidate, fractions, membersOf, rotationOf, running, sumOf } from '../support/rotation.ts';

const AT = Date.UTC(2026, 10, 24, 9);
const NO_OTHERS = { count: 0, weight: 0 };

const turnOf = (
  strategy: Strategy,
  listed: readonly Earner[],
  paidBy: string,
  value: number,
  overrides: Partial<PastTurn> = {},
): PastTurn => ({ strategy, earners: { listed, others: NO_OTHERS }, paidBy, value, at: AT, ...overrides });

describe('an assignment by hand that counts', () => {
  const level = rotationOf({ a: 0, b: 0, c: 0 });
  const members: readonly Earner[] = [
    { id: 'a', weight: 3 },
    { id: 'b', weight: 2 },
    { id: 'c', weight: 1 },
  ];
  const [a, b, c] = members as [Earner, Earner, Earner];

  test.each<[string, Strategy, readonly Earner[], string, number, Record<string, string>]>([
    ['all earn by weight, and the receiver pays', 'WEIGHTED', members, 'b', 1, { a: '1/2', b: '-2/3', c: '1/6' }],
    ['in turns all earn alike', 'ROUND_ROBIN', members, 'b', 1, { a: '1/3', b: '-2/3', c: '1/3' }],
    ['by value, what the lead is worth', 'VALUE_BALANCED', members, 'b', 60, { a: '30', b: '-40', c: '10' }],
    ['by load, as by weight', 'LEAST_LOADED', members, 'b', 1, { a: '1/2', b: '-2/3', c: '1/6' }],
    [
      'who could not have taken it earns nothing, and pays',
      'WEIGHTED',
      [a, c],
      'b',
      1,
      { a: '3/4', b: '-1', c: '1/4' },
    ],
    ['one other who could: that one is owed a lead', 'WEIGHTED', [a], 'b', 1, { a: '1', b: '-1' }],
    ['the receiver alone could: nobody earns or pays', 'WEIGHTED', [b], 'b', 1, {}],
    ['nobody could: nobody earns or pays', 'WEIGHTED', [], 'b', 1, {}],
    ['weight 0 earns nothing', 'WEIGHTED', [{ ...a, weight: 0 }, b, c], 'a', 1, { a: '-1', b: '2/3', c: '1/3' }],
  ])('%s', (_what, strategy, earners, receiver, value, expected) => {
    const charged = charge(strategy, earners, level, receiver, value);
    expect(fractions(charged)).toEqual(expected);
    expect(Object.fromEntries(charged.received)).toEqual({ [receiver]: 1 });
    const returned = giveBack(turnOf(strategy, earners, receiver, value), charged, members);
    expect([fractions(returned), returned.received.get(receiver)]).toEqual([{}, 0]);
  });

  test('brings its receiver’s next turn later, and the others’ earlier', () => {
    const pool = membersOf([1, 1, 1]);
    const run = running('ROUND_ROBIN', pool);
    run.rotation = charge('ROUND_ROBIN', pool, run.rotation, 'rep-0', 1);
    expect([run.take(pool), run.take(pool), run.take(pool), run.take(pool)]).toEqual([
      'rep-1',
      'rep-2',
      'rep-0',
      'rep-1',
    ]);
  });

  test('moves the same credits as a turn that falls to the same member', () => {
    const strategies = fc.constantFrom(...ALL_STRATEGIES);
    const weights = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(strategies, weights, fc.integer({ min: 1, max: 90 }), (strategy, list, value) => {
        const pool = membersOf(list);
        const { line, rotation } = takeTurn(strategy, pool, EMPTY_ROTATION, value);
        const charged = charge(strategy, pool, EMPTY_ROTATION, line[0]?.candidate.id as string, value);
        expect([fractions(charged), charged.received]).toEqual([fractions(rotation), rotation.received]);
      }),
      { numRuns: 60 },
    );
  });
});

/** What can happen to a pool. Members are named by a number, modulo how many there are. */
const action = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('lead' as const), mask: fc.integer({ min: 1, max: 255 }) }) },
  fc.record({ kind: fc.constant('byHand' as const), mask: fc.integer({ min: 0, max: 255 }), member: fc.nat(9) }),
  fc.record({ kind: fc.constant('join' as const), weight: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ kind: fc.constant('leave' as const), member: fc.nat(9) }),
  fc.record({ kind: fc.constant('weigh' as const), member: fc.nat(9), weight: fc.integer({ min: 0, max: 9 }) }),
);
const history = fc.record({
  strategy: fc.constantFrom(...ALL_STRATEGIES),
  weights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 }),
  value: fc.integer({ min: 1, max: 9 }),
});

/** A pool with a past, that keeps its turns and what it looked like before the last one. */
class Past {
  readonly #strategy: Strategy;
  readonly #value: number;
  members: Candidate[];
  rotation: Rotation;
  readonly turns: PastTurn[] = [];
  #joined = 0;

  constructor({ strategy, weights, value }: { strategy: Strategy; weights: readonly number[]; value: number }) {
    this.#strategy = strategy;
    this.#value = strategy === 'VALUE_BALANCED' ? value : 1;
    this.members = membersOf(weights);
    this.rotation = alignRotation(EMPTY_ROTATION, strategy, this.members);
  }

  /** @returns the turn that was taken or charged, if any was */
  do(what: typeof action extends fc.Arbitrary<infer Action> ? Action : never): PastTurn | null {
    const { members } = this;
    const at = (index: number): Candidate => members[index % members.length] as Candidate;
    switch (what.kind) {
      case 'lead':
      case 'byHand': {
        const earners = members.filter(({ weight }, index) => weight > 0 && (what.mask >> (index % 8)) & 1);
        if (what.kind === 'lead' && earners.length === 0) return null;
        const turned =
          what.kind === 'lead'
            ? takeTurn(this.#strategy, earners, this.rotation, this.#value)
            : {
                line: [{ candidate: at(what.member) }],
                rotation: charge(this.#strategy, earners, this.rotation, at(what.member).id, this.#value),
              };
        this.rotation = turned.rotation;
        const turn = turnOf(this.#strategy, earners, turned.line[0]?.candidate.id as string, this.#value);
        this.turns.push(turn);
        return turn;
      }
      case 'join':
        this.#align([...members, candidate(100 + ++this.#joined, { weight: what.weight })]);
        return null;
      case 'leave':
        if (members.length > 1) this.#align(members.filter((member) => member !== at(what.member)));
        return null;
      case 'weigh':
        this.#align(
          members.map((member) => (member === at(what.member) ? { ...member, weight: what.weight } : member)),
        );
        return null;
    }
  }

  #align(members: Candidate[]): void {
    this.members = members;
    this.rotation = alignRotation(this.rotation, this.#strategy, members);
  }
}

const receivedBy = ({ received }: Rotation): Record<string, number> =>
  Object.fromEntries([...received].filter(([, count]) => count > 0));

describe('a turn given back', () => {
  test('leaves credits and leads received as they were before it, exactly, whatever came before', () => {
    fc.assert(
      fc.property(history, fc.array(action, { maxLength: 12 }), action, (given, before, last) => {
        const past = new Past(given);
        for (const each of before) past.do(each);
        const { rotation } = past;
        const turn = past.do(last);
        fc.pre(turn !== null);
        const returned = giveBack(turn, past.rotation, past.members);
        expect([fractions(returned), receivedBy(returned)]).toEqual([fractions(rotation), receivedBy(rotation)]);
      }),
      { numRuns: 200 },
    );
  });

  test('and taken again leaves them as they are, exactly, whatever came after it', () => {
    fc.assert(
      fc.property(history, fc.array(action, { minLength: 1, maxLength: 14 }), fc.nat(), (given, actions, which) => {
        const past = new Past(given);
        for (const each of actions) past.do(each);
        fc.pre(past.turns.length > 0);
        const turn = past.turns[which % past.turns.length] as PastTurn;
        const { rotation, members } = past;
        const returned = giveBack(turn, rotation, members);
        const again = takeAgain(turn, returned, members);
        expect([fractions(again), receivedBy(again)]).toEqual([fractions(rotation), receivedBy(rotation)]);
        for (const each of [returned, again]) {
          expect(sumOf(each)).toBe(0n);
          expect([...each.credits.keys()]).toEqual(members.map(({ id }) => id));
        }
      }),
      { numRuns: 200 },
    );
  });

  test('is as if it had never been, also after others have left: they handed on what they had of it', () => {
    const leads = fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 6 });
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 255 }), leads, fc.nat(3), (given, mask, later, gone) => {
        const past = new Past(given);
        const turn = past.do({ kind: 'lead', mask });
        fc.pre(turn !== null);
        const without = new Past(given);
        for (const each of later) {
          const taken = past.do({ kind: 'lead', mask: each });
          if (taken === null) continue;
          // The same leads for the same members, which they might not be served without the first.
          without.rotation = charge(taken.strategy, taken.earners.listed, without.rotation, taken.paidBy, taken.value);
        }
        for (let count = 0; count < gone; count += 1) {
          for (const each of [past, without]) each.do({ kind: 'leave', member: count });
        }
        const returned = giveBack(turn, past.rotation, past.members);
        expect(fractions(returned)).toEqual(fractions(without.rotation));
      }),
      { numRuns: 150 },
    );
  });

  test('asks nothing of who has joined since, while all who earned are still there', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 255 }), (given, mask) => {
        const past = new Past(given);
        const turn = past.do({ kind: 'lead', mask });
        fc.pre(turn !== null);
        past.do({ kind: 'join', weight: 5 });
        expect(fractions(giveBack(turn, past.rotation, past.members))).toEqual({});
      }),
      { numRuns: 60 },
    );
  });

  test('goes by the weights of then', () => {
    const earners = membersOf([3, 1]);
    const { rotation } = takeTurn('WEIGHTED', earners, rotationOf({}), 1);
    expect(fractions(rotation)).toEqual({ 'rep-0': '-1/4', 'rep-1': '1/4' });
    const reweighed = membersOf([1, 50]);
    const aligned = alignRotation(rotation, 'WEIGHTED', reweighed);
    expect(fractions(giveBack(turnOf('WEIGHTED', earners, 'rep-0', 1), aligned, reweighed))).toEqual({});
  });

  test('of who has left goes to those who have their credit', () => {
    const members = membersOf([1, 1, 2]);
    const [earners, staying] = [members.slice(0, 2), members.slice(1)];
    const { rotation } = takeTurn('WEIGHTED', earners, rotationOf({ 'rep-0': 1, 'rep-1': -1, 'rep-2': 0 }), 1);
    expect(fractions(rotation)).toEqual({ 'rep-0': '1/2', 'rep-1': '-1/2' });
    const without = alignRotation(rotation, 'WEIGHTED', staying);
    expect(fractions(without)).toEqual({ 'rep-1': '-1/3', 'rep-2': '1/3' });
    // Without the turn rep-0 would have left with 1 and not 1/2: a third of that to the one, two thirds to the other.
    const returned = giveBack(turnOf('WEIGHTED', earners, 'rep-0', 1), without, staying);
    expect(fractions(returned)).toEqual({ 'rep-1': '-2/3', 'rep-2': '2/3' });
    expect([...returned.received.keys()]).toEqual(['rep-1', 'rep-2']);
  });

  test('gives the next lead to who paid for it', () => {
    const members = membersOf([1, 1, 1, 1]);
    const run = running('ROUND_ROBIN', members);
    const [first] = [run.take(members), run.take(members)];
    run.rotation = giveBack(turnOf('ROUND_ROBIN', members, first, 1), run.rotation, members);
    expect(fractions(run.rotation)).toEqual({ 'rep-0': '1/4', 'rep-1': '-3/4', 'rep-2': '1/4', 'rep-3': '1/4' });
    expect([run.take(members), run.take(members), run.take(members)]).toEqual(['rep-2', 'rep-3', 'rep-0']);
  });
});

describe('a turn of so many that not all who earned were kept by name', () => {
  const members = membersOf([4, 3, 2, 1, 1]);
  const listed = members.slice(0, 2);
  const others = { count: 3, weight: 4 };
  const { rotation, line } = takeTurn('WEIGHTED', members, rotationOf({}), 1);
  const turn: PastTurn = turnOf('WEIGHTED', listed, line[0]?.candidate.id as string, 1, {
    earners: { listed, others },
  });

  test('is given back exactly by who is named, and by the others together', () => {
    expect(fractions(rotation)).toEqual({
      'rep-0': '-7/11',
      'rep-1': '3/11',
      'rep-2': '2/11',
      'rep-3': '1/11',
      'rep-4': '1/11',
    });
    const returned = giveBack(turn, rotation, members);
    // 4/11 are returned by three alike: 2/11 − 4/33, 1/11 − 4/33.
    expect(fractions(returned)).toEqual({ 'rep-2': '2/33', 'rep-3': '-1/33', 'rep-4': '-1/33' });
    expect(returned.received.get('rep-0')).toBe(0);
  });

  test('is taken again exactly as it was', () => {
    const again = takeAgain(turn, giveBack(turn, rotation, members), members);
    expect([fractions(again), receivedBy(again)]).toEqual([fractions(rotation), receivedBy(rotation)]);
  });

  test('is returned by who paid where nobody else is left', () => {
    const staying = members.slice(0, 2);
    const returned = giveBack(turn, alignRotation(rotation, 'WEIGHTED', staying), staying);
    expect(sumOf(returned)).toBe(0n);
    expect(fractions(takeAgain(turn, returned, staying))).toEqual(
      fractions(alignRotation(rotation, 'WEIGHTED', staying)),
    );
  });

  test('in turns, counts everyone as 1', () => {
    const equal = takeTurn('ROUND_ROBIN', members, rotationOf({}), 1);
    const ofAll = { listed, others: { count: 3, weight: 3 } };
    const past = turnOf('ROUND_ROBIN', listed, equal.line[0]?.candidate.id as string, 1, { earners: ofAll });
    expect(fractions(giveBack(past, equal.rotation, members))).toEqual({});
  });
});

test('a turn that one took alone moves nothing when it is given back', () => {
  const members = membersOf([1, 1]);
  const before = rotationOf({ 'rep-0': 1, 'rep-1': -1 }, 2);
  const { rotation } = takeTurn('WEIGHTED', members.slice(0, 1), before, 1);
  const returned = giveBack(turnOf('WEIGHTED', members.slice(0, 1), 'rep-0', 1), rotation, members);
  expect([fractions(rotation), fractions(returned), receivedBy(returned)]).toEqual([
    fractions(before),
    fractions(before),
    {},
  ]);
});
