import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../src/domain/configuration.ts';
import {
  alignRotation,
  type Candidate,
  charge,
  EMPTY_ROTATION,
  parseRotation,
  type Rotation,
  serializeRotation,
  takeTurn,
} from '../../src/domain/rotation.ts';

const candidate = (position: number, overrides: Partial<Candidate> = {}): Candidate => ({
  id: `rep-${position}`,
  weight: 1,
  position,
  lastAssignment: 0,
  load: 0,
  limit: 1_000_000,
  ...overrides,
});

const pool = (weights: readonly number[]): Candidate[] =>
  weights.map((weight, position) => candidate(position, { weight }));

/** A pool in motion: keeps who was served last, as the assignment numbers do. */
function simulate(strategy: Strategy, members: readonly Candidate[]) {
  let rotation: Rotation = alignRotation(EMPTY_ROTATION, strategy, members);
  const last = new Map<string, number>();
  const load = new Map<string, number>();
  let number = 0;
  return {
    get rotation() {
      return rotation;
    },
    set rotation(next) {
      rotation = next;
    },
    take(eligible: readonly Candidate[], value = 1): string {
      const current = eligible.map((each) => ({
        ...each,
        lastAssignment: last.get(each.id) ?? 0,
        load: load.get(each.id) ?? 0,
      }));
      const turn = takeTurn(strategy, current, rotation, value);
      rotation = turn.rotation;
      const winner = turn.line[0]?.candidate.id as string;
      last.set(winner, ++number);
      load.set(winner, (load.get(winner) ?? 0) + 1);
      return winner;
    },
  };
}

const sum = (rotation: Rotation): bigint =>
  [...rotation.credits.values()].reduce((total, credit) => total + credit, 0n);

/** Whether every credit is within ±(1 − 1/(2n−2)), in whole numbers. */
function isWithinBound({ scale, credits }: Rotation, n: number): boolean {
  const spread = BigInt(2 * n - 2);
  return [...credits.values()].every((credit) => (credit < 0n ? -credit : credit) * spread <= (spread - 1n) * scale);
}

const weightsOf = (most: number) => fc.array(fc.integer({ min: 1, max: most }), { minLength: 2, maxLength: 14 });

describe('a pool that stands still', () => {
  test('serves three equal reps in turn', () => {
    const members = pool([1, 1, 1]);
    const { take } = simulate('ROUND_ROBIN', members);
    expect(Array.from({ length: 6 }, () => take(members))).toEqual([
      'rep-0',
      'rep-1',
      'rep-2',
      'rep-0',
      'rep-1',
      'rep-2',
    ]);
  });

  test('gives leads by weight, spread evenly and not in blocks', () => {
    const members = pool([3, 1]);
    const { take } = simulate('WEIGHTED', members);
    const order = Array.from({ length: 8 }, () => take(members));
    expect(order.filter((rep) => rep === 'rep-0')).toHaveLength(6);
    expect(order.slice(0, 4).filter((rep) => rep === 'rep-1')).toHaveLength(1);
    expect(order.slice(4).filter((rep) => rep === 'rep-1')).toHaveLength(1);
  });

  test('keeps every credit within ±(1 − 1/(2n−2)) at every prefix, for any weights, exactly', () => {
    fc.assert(
      fc.property(fc.constantFrom<Strategy>('ROUND_ROBIN', 'WEIGHTED'), weightsOf(300), (strategy, weights) => {
        const members = pool(weights);
        const run = simulate(strategy, members);
        for (let lead = 0; lead < 300; lead += 1) {
          run.take(members);
          if (!isWithinBound(run.rotation, weights.length)) return false;
        }
        return sum(run.rotation) === 0n;
      }),
      { numRuns: 150 },
    );
  });

  test('keeps within the bound where the usual most-credit-first rule strays to 1.56 leads', () => {
    const weights = [1, 257, 1, 3, 257, 257, 3, 1, 3, 1, 3, 3, 15];
    const members = pool(weights);
    const run = simulate('WEIGHTED', members);
    for (let lead = 0; lead < 5_000; lead += 1) {
      run.take(members);
      expect(isWithinBound(run.rotation, weights.length)).toBe(true);
    }
  });

  test('never lets anyone stray further than twice the largest value when sharing value', () => {
    fc.assert(
      fc.property(
        weightsOf(20),
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 50, maxLength: 200 }),
        (weights, values) => {
          const members = pool(weights);
          const run = simulate('VALUE_BALANCED', members);
          const bound = BigInt(2 * Math.max(...values));
          return values.every((value) => {
            run.take(members, value);
            const { credits, scale } = run.rotation;
            return [...credits.values()].every((credit) => (credit < 0n ? -credit : credit) <= bound * scale);
          });
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a pool with absences', () => {
  test('keeps an always-available member within 2 leads at equal weights, with others absent at random', () => {
    const probability = fc.double({ min: 0, max: 0.8, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 10 }),
        probability,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (n, p, random) => {
          const members = pool(Array(n).fill(1));
          const run = simulate('ROUND_ROBIN', members);
          for (let lead = 0; lead < 200; lead += 1) {
            const present = members.filter((_, index) => index === 0 || (random.next().value as number) >= p);
            run.take(present);
            const credit = run.rotation.credits.get('rep-0') as bigint;
            if ((credit < 0n ? -credit : credit) > 2n * run.rotation.scale) return false;
          }
          return true;
        },
      ),
      { numRuns: 100 },
    );
  });

  test('keeps the sum at zero and charges nobody who is absent, through joins, leaves and absences at any weights', () => {
    const step = fc.record({
      kind: fc.constantFrom('lead', 'lead', 'lead', 'join', 'leave', 'charge'),
      mask: fc.integer({ min: 1, max: 2 ** 14 - 1 }),
      weight: fc.integer({ min: 1, max: 1_000 }),
      value: fc.integer({ min: 1, max: 100 }),
    });
    const strategy = fc.constantFrom<Strategy>('ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED', 'LEAST_LOADED');
    fc.assert(
      fc.property(strategy, weightsOf(1_000), fc.array(step, { maxLength: 120 }), (kind, weights, steps) => {
        let members = pool(weights);
        let next = weights.length;
        const run = simulate(kind, members);
        for (const { kind: action, mask, weight, value } of steps) {
          const before = run.rotation;
          if (action === 'join') {
            members = [...members, candidate(next, { weight })];
            next += 1;
            run.rotation = alignRotation(run.rotation, kind, members);
            if (run.rotation.credits.get(`rep-${next - 1}`) !== 0n) return false;
          } else if (action === 'leave' && members.length > 1) {
            members = members.slice(1);
            run.rotation = alignRotation(run.rotation, kind, members);
          } else {
            const present = members.filter((_, index) => (mask >> (index % 14)) & 1);
            if (present.length === 0) continue;
            const amount = kind === 'VALUE_BALANCED' ? value : 1;
            const receiver = members[0]?.id as string;
            if (action === 'charge') run.rotation = charge(kind, present, run.rotation, receiver, amount);
            else run.take(present, amount);
            const { scale, credits } = run.rotation;
            const absent = members.filter(
              (member) => !present.includes(member) && (action !== 'charge' || member.id !== receiver),
            );
            // Equal as fractions: the denominator may have grown, or been rounded to 2⁻¹²⁸.
            const unmoved = absent.every(({ id }) => {
              const moved = (credits.get(id) as bigint) * before.scale - (before.credits.get(id) as bigint) * scale;
              return (moved < 0n ? -moved : moved) << 120n <= before.scale * scale;
            });
            if (!unmoved) return false;
          }
          if (sum(run.rotation) !== 0n) return false;
        }
        return true;
      }),
      { numRuns: 150 },
    );
  });

  test('keeps the denominator bounded however often the set of those present changes', () => {
    const members = pool([997, 991, 983, 977, 971, 967, 953, 947, 941, 937]);
    const run = simulate('WEIGHTED', members);
    for (let lead = 0; lead < 1_000; lead += 1) {
      run.take(members.filter((_, index) => ((lead + 1) >> index) & 1));
      expect(run.rotation.scale.toString(2).length).toBeLessThan(300);
    }
    expect(sum(run.rotation)).toBe(0n);
  });
});

describe('ties', () => {
  const tie = (a: Partial<Candidate>, b: Partial<Candidate>, strategy: Strategy = 'ROUND_ROBIN') =>
    takeTurn(strategy, [candidate(0, a), candidate(1, b)], EMPTY_ROTATION, 1);

  test.each<[string, Partial<Candidate>, Partial<Candidate>, Strategy, string, string]>([
    ['who has waited longer', { lastAssignment: 9 }, { lastAssignment: 3 }, 'ROUND_ROBIN', 'rep-1', 'WAITED'],
    ['who was never assigned', { lastAssignment: 1 }, { lastAssignment: 0 }, 'ROUND_ROBIN', 'rep-1', 'WAITED'],
    ['the position', {}, {}, 'ROUND_ROBIN', 'rep-0', 'POSITION'],
    ['the lowest load by limit', { load: 5, limit: 10 }, { load: 8, limit: 100 }, 'LEAST_LOADED', 'rep-1', 'LOAD'],
    [
      'the credit at equal loads',
      { load: 1, limit: 10, weight: 1 },
      { load: 10, limit: 100, weight: 2 },
      'LEAST_LOADED',
      'rep-1',
      'CREDIT',
    ],
  ])('are broken by %s', (_what, a, b, strategy, winner, by) => {
    const turn = tie(a, b, strategy);
    expect([turn.line[0]?.candidate.id, turn.tieBreak]).toEqual([winner, by]);
  });

  test('are broken by the heavier weight before the longer wait', () => {
    const rotation: Rotation = {
      scale: 4n,
      credits: new Map([
        ['rep-0', 2n],
        ['rep-1', -2n],
      ]),
      received: new Map(),
      since: null,
    };
    // After earning 1/4 and 3/4 of a value of 2 both stand at 1.
    const turn = takeTurn(
      'VALUE_BALANCED',
      [candidate(0, { weight: 1 }), candidate(1, { weight: 3, lastAssignment: 9 })],
      rotation,
      2,
    );
    expect([turn.line[0]?.candidate.id, turn.tieBreak]).toEqual(['rep-1', 'WEIGHT']);
  });
});

test('a single eligible member takes the lead and pays what they earn', () => {
  const turn = takeTurn('WEIGHTED', [candidate(0, { weight: 7 })], EMPTY_ROTATION, 1);
  expect(turn.tieBreak).toBe('ONLY_ONE');
  expect(turn.rotation.credits.get('rep-0') ?? 0n).toBe(0n);
  expect(turn.rotation.received.get('rep-0')).toBe(1);
});

test('who leaves hands the credit to the others by weight', () => {
  const rotation: Rotation = {
    scale: 3n,
    credits: new Map([
      ['a', 2n],
      ['b', -1n],
      ['c', -1n],
    ]),
    received: new Map(),
    since: null,
  };
  const { credits, scale } = alignRotation(rotation, 'WEIGHTED', [
    { id: 'b', weight: 3 },
    { id: 'c', weight: 1 },
  ]);
  expect(Number(credits.get('b')) / Number(scale)).toBeCloseTo(-1 / 3 + (2 / 3) * (3 / 4), 12);
  expect(Number(credits.get('c')) / Number(scale)).toBeCloseTo(-1 / 3 + (2 / 3) * (1 / 4), 12);
  expect(credits.has('a')).toBe(false);
});

test('a rotation survives being stored', () => {
  const members = pool([3, 5, 7]);
  const run = simulate('WEIGHTED', members);
  for (let lead = 0; lead < 10; lead += 1) run.take(members);
  expect(parseRotation(JSON.parse(JSON.stringify(serializeRotation(run.rotation))))).toEqual(run.rotation);
});
