import type { PoolMember, Rep, Weighting } from './configuration.ts';

/** What a member's weight was worked out of. */
export interface WeightBasis {
  /** WIN_RATE: leads won and lost in the days that count. */
  readonly won: number;
  readonly lost: number;
  /** WIN_RATE: 0 to 1, drawn toward the pool's where there are few leads. QUOTA: attainment in percent. */
  readonly value: number | null;
}

/** One member's weight, worked out. */
export interface WeightStep {
  readonly repId: string;
  readonly before: number;
  readonly after: number;
  readonly basis: WeightBasis;
}

/** The rep's own attribute with the attainment of the quota in percent. */
export const QUOTA_ATTRIBUTE = 'quotaAttainment';

/** So many leads at the pool's own rate are added to each member's: who has closed two is not judged by them alone. */
const PRIOR_LEADS = 10;

/**
 * Works out the weights of a pool's members.
 *
 * WIN_RATE: 100 × rate / mean rate of the pool, with rate = (won + 10 m) / (won + lost + 10) and m the pool's won /
 * (won + lost). QUOTA: the attainment in percent. Both rounded and kept between floor and ceiling. A weight of 0 was
 * set to receive nothing and stays; who has no attainment keeps the weight; without any lead won all stay.
 *
 * @param outcomes leads won and lost by rep
 */
export function deriveWeights(
  members: readonly PoolMember[],
  { by, floor, ceiling }: Weighting,
  outcomes: ReadonlyMap<string, { readonly won: number; readonly lost: number }>,
  reps: ReadonlyMap<string, Rep>,
): readonly WeightStep[] {
  const none = { won: 0, lost: 0 };
  const counted = members.map(({ repId }) => outcomes.get(repId) ?? none);
  const won = counted.reduce((sum, each) => sum + each.won, 0);
  const closed = counted.reduce((sum, each) => sum + each.won + each.lost, 0);
  const ofPool = closed === 0 ? null : won / closed;
  const measure = ({ repId }: PoolMember, outcome: { won: number; lost: number }): number | null => {
    if (by === 'WIN_RATE') {
      if (ofPool === null || won === 0) return null;
      return (outcome.won + PRIOR_LEADS * ofPool) / (outcome.won + outcome.lost + PRIOR_LEADS);
    }
    const attainment = reps.get(repId)?.attributes[QUOTA_ATTRIBUTE];
    return by === 'QUOTA' && typeof attainment === 'number' ? attainment : null;
  };
  const values = members.map((member, index) => measure(member, counted[index] ?? none));
  const known = values.filter((value) => value !== null);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return members.map((member, index): WeightStep => {
    const { repId, weight: before } = member;
    const value = values[index] ?? null;
    const basis = { ...(counted[index] ?? none), value };
    if (before === 0 || value === null) return { repId, before, after: before, basis };
    const derived = Math.round(by === 'WIN_RATE' ? (100 * value) / mean : value);
    // Never 0, whatever the floor: that would stay, like one that was set to receive nothing.
    return { repId, before, after: Math.min(Math.max(derived, floor, 1), ceiling), basis };
  });
}
