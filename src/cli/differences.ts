import { isDeepStrictEqual } from 'node:util';

/** One place at which two values differ. */
export interface Difference {
  /** `steps[low-score].target.pool` */
  readonly path: string;
  /** Undefined for what is not there. */
  readonly before: unknown;
  readonly after: unknown;
}

/** Where two values differ, down to the single one: a plan of a hundred steps is not shown twice for one word. */
export function* differences(path: string, before: unknown, after: unknown): Generator<Difference> {
  if (isDeepStrictEqual(before, after)) return;
  if (isRecord(before) && isRecord(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* differences(`${path}.${name}`, before[name], after[name]);
    }
    return;
  }
  const [was, is] = [byKey(before) ?? byPlace(before, after), byKey(after) ?? byPlace(after, before)];
  if (was === null || is === null) {
    yield { path, before, after };
    return;
  }
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    yield* differences(`${path}[${key}]`, was.get(key), is.get(key));
  }
  const orders = [was, is].map((list) => [...list.keys()].filter((key) => was.has(key) && is.has(key)));
  if (!isDeepStrictEqual(orders[0], orders[1])) {
    yield { path: `${path}, their order`, before: orders[0], after: orders[1] };
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** By their places, where two lists of things without names are as long as each other. */
const byPlace = (list: unknown, other: unknown): ReadonlyMap<string, unknown> | null =>
  Array.isArray(list) && Array.isArray(other) && list.length === other.length && [...list, ...other].every(isRecord)
    ? new Map(list.map((entry, place) => [String(place), entry]))
    : null;

/** By what the entries of a list are called. */
const NAMES = ['key', 'rep', 'pool', 'segment', 'name'] as const;

/** A list's entries by what they are called; null where they have no names of their own. */
function byKey(list: unknown): ReadonlyMap<string, unknown> | null {
  if (!Array.isArray(list) || list.length === 0 || !list.every(isRecord)) return null;
  const name = NAMES.find((each) => list.every((entry) => typeof entry[each] === 'string'));
  const entries = name === undefined ? null : new Map(list.map((entry) => [entry[name] as string, entry]));
  return entries?.size === list.length ? entries : null;
}
