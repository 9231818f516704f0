import type { Strategy } from '../../src/domain/configuration.ts';
import {
  alignRotation,
  type Candidate,
  EMPTY_ROTATION,
  parseRotation,
  type Rotation,
  serializeRotation,
  type Turn,
  takeTurn,
} from '../../src/domain/rotation.ts';
import { Simulation } from '../../src/domain/simulation.ts';
import { compile, lead, type Market, NOW, type Setting } from './routing.ts';

/* Rotations in motion, and what is asked of them in whole numbers. */

export const ALL_STRATEGIES: readonly Strategy[] = ['ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED', 'LEAST_LOADED'];

/** Named `rep-0`, `rep-1` … by position. */
export const candidate = (position: number, overrides: Partial<Candidate> = {}): Candidate => ({
  id: `rep-${position}`,
  weight: 1,
  position,
  lastAssignment: 0,
  load: 0,
  limit: 1_000_000,
  ...overrides,
});

export const membersOf = (weights: readonly number[]): Candidate[] =>
  weights.map((weight, position) => candidate(position, { weight }));

/** A rotation with these credits, in parts of `scale`. */
export const rotationOf = (
  credits: Readonly<Record<string, number>>,
  scale = 1,
  overrides: Partial<Rotation> = {},
): Rotation => ({
  scale: BigInt(scale),
  credits: new Map(Object.entries(credits).map(([id, credit]) => [id, BigInt(credit)])),
  received: new Map(),
  since: null,
  ...overrides,
});

/** As it comes back from the database. */
export const stored = (rotation: Rotation): Rotation => {
  const { since, ...rest } = serializeRotation(rotation);
  return parseRotation({ ...JSON.parse(JSON.stringify(rest)), since });
};

/** A pool in motion: keeps who was served last, as the assignment numbers do, and closes no lead. */
export interface Running {
  rotation: Rotation;
  turn(eligible: readonly Candidate[], value?: number): Turn;
  /** Gives a lead to one of these. */
  take(eligible: readonly Candidate[], value?: number): string;
}

/** @param between what becomes of the rotation between leads */
export function running(
  strategy: Strategy,
  members: readonly Candidate[],
  {
    maxAhead = null,
    between = (rotation: Rotation) => rotation,
  }: { readonly maxAhead?: number | null; readonly between?: (rotation: Rotation) => Rotation } = {},
): Running {
  const last = new Map<string, number>();
  const load = new Map<string, number>();
  let number = 0;
  const run: Running = {
    rotation: alignRotation(EMPTY_ROTATION, strategy, members),
    turn(eligible, value = 1) {
      const current = eligible.map((each) => ({
        ...each,
        lastAssignment: last.get(each.id) ?? each.lastAssignment,
        load: load.get(each.id) ?? each.load,
      }));
      const turn = takeTurn(strategy, current, run.rotation, value, maxAhead);
      run.rotation = between(turn.rotation);
      const winner = turn.line[0]?.candidate.id as string;
      number += 1;
      last.set(winner, number);
      load.set(winner, (load.get(winner) ?? 0) + 1);
      return turn;
    },
    take: (eligible, value) => run.turn(eligible, value).line[0]?.candidate.id as string,
  };
  return run;
}

export const sumOf = ({ credits }: Rotation): bigint => [...credits.values()].reduce((sum, credit) => sum + credit, 0n);

const absolute = (number: bigint): bigint => (number < 0n ? -number : number);

/** Whether no credit, or none of these members', is beyond ±p/q. */
export const isWithin = (
  { scale, credits }: Rotation,
  p: number | bigint,
  q: number | bigint = 1,
  ids: Iterable<string> = credits.keys(),
): boolean => {
  for (const id of ids) if (absolute(credits.get(id) ?? 0n) * BigInt(q) > BigInt(p) * scale) return false;
  return true;
};

/** Whether every credit is within ±(1 − 1/(2n−2)). */
export const isWithinShare = (rotation: Rotation, n: number): boolean => isWithin(rotation, 2 * n - 3, 2 * n - 2);

/** Each credit that is not 0 as a fraction in lowest terms, `-2/3`: equal for equal rotations, whatever their scale. */
export const fractions = ({ scale, credits }: Rotation): Record<string, string> =>
  Object.fromEntries(
    [...credits]
      .filter(([, credit]) => credit !== 0n)
      .map(([id, credit]): [string, string] => {
        const divisor = greatestCommonDivisor(absolute(credit), scale);
        const [numerator, denominator] = [credit / divisor, scale / divisor];
        return [id, denominator === 1n ? `${numerator}` : `${numerator}/${denominator}`];
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const greatestCommonDivisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : greatestCommonDivisor(b, a % b));

/** Numbers from 0 to 1 that really are random: fast-check's own prefer extremes, which absences at random are not. */
export function random(seed: number): () => number {
  // Mulberry32, by Tommy Ettinger (public domain).
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The credits of a market under another configuration, where no rep has an open lead. */
export function reconfigured(run: Market, setting: Setting, rotationIds: readonly string[] = ['main']): Market {
  const configuration = compile(setting);
  const rotations = rotationIds.map((id): [string, Rotation] => [id, run.simulation.rotation(id)]);
  const simulation = new Simulation(configuration, { standings: [], rotations, lastAssignment: 0 });
  return {
    configuration,
    simulation,
    decide: (given, circumstances) => simulation.route(lead(given), { at: NOW, ...circumstances }),
  };
}
