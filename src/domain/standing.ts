import type { RateCap } from './configuration.ts';
import { localTime, type Period } from './localTime.ts';

/** What changes with every lead a rep receives or is rid of. */
export interface Standing {
  /** Places taken: open leads, each by its cost. */
  readonly load: number;
  /** Number of the last assignment from anywhere, 0 for none yet: who has waited longest has the lowest. */
  readonly lastAssignment: number;
  /** Open leads held from each pool, and by claims from each queue, by its id. */
  readonly held: Readonly<Record<string, number>>;
  /** Open leads of each lead class, by the segment's key. */
  readonly classes: Readonly<Record<string, number>>;
  /**
   * When leads were received, in ms since 1970, the last ones: as many as the rep's rate caps ask for. In what was kept of
   * a decision only those are there that a cap looks at.
   */
  readonly recent: readonly (number | undefined)[];
}

/** What one open lead takes up. */
export interface Holding {
  readonly cost: number;
  /** Keys of the segments that are lead classes. */
  readonly classes: readonly string[];
  readonly poolId: string | null;
  /** The queue it was claimed from. */
  readonly claimedFrom?: string | null;
}

export const NEW_STANDING: Standing = { load: 0, lastAssignment: 0, held: {}, classes: {}, recent: [] };

/** With one more open lead. */
export const withLead = (standing: Standing, { cost, classes, ...from }: Holding): Standing => ({
  ...standing,
  load: standing.load + cost,
  held: count(standing.held, sourcesOf(from), 1),
  classes: count(standing.classes, classes, 1),
});

/** With one open lead less. */
export const withoutLead = (standing: Standing, { cost, classes, ...from }: Holding): Standing => ({
  ...standing,
  load: standing.load - cost,
  held: count(standing.held, sourcesOf(from), -1),
  classes: count(standing.classes, classes, -1),
});

const sourcesOf = ({ poolId, claimedFrom = null }: Pick<Holding, 'poolId' | 'claimedFrom'>): string[] =>
  [poolId, claimedFrom].filter((id) => id !== null);

/**
 * With an assignment received.
 *
 * @param number of the assignment
 * @param at when, in ms since 1970
 * @param remembered how many moments the rep's rate caps ask for
 */
export const withAssignment = (standing: Standing, number: number, at: number, remembered: number): Standing => ({
  ...standing,
  lastAssignment: number,
  recent: remembered === 0 ? NONE : [...standing.recent, at].slice(-remembered),
});

const NONE: readonly number[] = [];

/** A moment that a rate cap looks at: so many assignments ago. */
export type CapMoment = readonly [ago: number, moment: number];

/** What of the moments it takes to ask the caps again: one for each, however many leads it allows. */
export const capMoments = (caps: readonly RateCap[], { recent }: Standing): readonly CapMoment[] =>
  caps.flatMap(({ leads }) => {
    const moment = recent.at(-leads);
    return moment === undefined ? [] : [[leads, moment]];
  });

/** Moments of which only these are known. */
export function recentOf(moments: readonly CapMoment[]): Standing['recent'] {
  const recent = new Array<number | undefined>(Math.max(0, ...moments.map(([ago]) => ago)));
  for (const [ago, moment] of moments) recent[recent.length - ago] = moment;
  return recent;
}

/** Of a name that is not counted yet there are none, whatever every object has under it. */
export const countOf = (counts: Readonly<Record<string, number>>, name: string): number =>
  Object.hasOwn(counts, name) ? (counts[name] as number) : 0;

function count(
  counts: Readonly<Record<string, number>>,
  names: readonly string[],
  change: number,
): Readonly<Record<string, number>> {
  if (names.length === 0) return counts;
  const next = { ...counts };
  for (const name of names) {
    const value = countOf(next, name) + change;
    if (value > 0) next[name] = value;
    else delete next[name];
  }
  return next;
}

/** How many of the last moments rate caps need. */
export const momentsNeeded = (caps: readonly RateCap[]): number =>
  caps.reduce((most, { leads }) => Math.max(most, leads), 0);

const ROLLING_MS: Readonly<Record<Period, number>> = {
  HOUR: 3_600_000,
  DAY: 86_400_000,
  WEEK: 7 * 86_400_000,
  MONTH: 30 * 86_400_000,
};

/** The first cap that one more lead would break; null for none. */
export const reachedCap = (caps: readonly RateCap[], { recent }: Standing, at: number): RateCap | null =>
  caps.find((cap) => {
    // The cap is reached when so many leads ago is still within the period.
    const earliest = recent.at(-cap.leads);
    if (earliest === undefined) return false;
    return cap.timeZone === null
      ? earliest > at - ROLLING_MS[cap.per]
      : earliest >= localTime(at, cap.timeZone).began[cap.per];
  }) ?? null;
