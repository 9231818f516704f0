import { randomInt } from 'node:crypto';

/** Randomness that comes back with its seed. */
export interface Random {
  readonly seed: number;
  /** From 0 up to, and without, 1. */
  next(): number;
  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number;
  /** From one number of milliseconds to another. */
  between(least: number, most: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

/** That of FAULTS_SEED, to try again what failed; else a new one. */
export const newSeed = (): number => Number(process.env.FAULTS_SEED || randomInt(2 ** 31));

/** Mulberry32: 2^32 numbers before it repeats, which is plenty to choose faults by. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    seed,
    next,
    below,
    between: (least, most) => least + next() * (most - least),
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}
