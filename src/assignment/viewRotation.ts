import { attemptIn } from '../domain/decide.ts';
import type { Considered } from '../domain/decision.ts';
import { creditOf, effectiveWeight } from '../domain/rotation.ts';
import { earnersIn } from '../domain/routingConfiguration.ts';
import { NOTHING } from './carryOut.ts';
import type { Operation } from './lane.ts';

/** How a pool stands. */
export interface RotationView {
  /** Key of the segment whose weights count; null for the base weights. */
  readonly segment: string | null;
  /** Who is next first. */
  readonly places: readonly {
    readonly repId: string;
    readonly weight: number;
    /** 0 to 1 among all members. */
    readonly expectedShare: number;
    /** 0 to 1 of the leads given so far; null before the first. */
    readonly actualShare: number | null;
    readonly received: number;
    readonly credit: number;
    /** As for a lead that anybody could take; null for a rep who is gone. */
    readonly considered: Considered | null;
  }[];
}

/** Looks at a pool as it stands. Moves nothing. Null for a pool, or a weight segment of it, that does not exist. */
export const viewRotation = (poolId: string, segment: string | null): Operation<RotationView | null> => ({
  ...NOTHING,
  apply: (batch) => {
    const { configuration } = batch.memory;
    const pool = configuration.pools.byId.get(poolId);
    if (!pool || (segment !== null && !pool.weightSegments.includes(segment))) return null;
    const { considered, rotation } = attemptIn(pool, segment, configuration, batch, batch.now.getTime());
    const byRep = new Map(considered.map((each) => [each.repId, each]));
    const members = earnersIn(pool, segment);
    const total = members.reduce((sum, { weight }) => sum + effectiveWeight(pool.strategy, weight), 0);
    const given = [...rotation.received.values()].reduce((sum, count) => sum + count, 0);
    const places = members.map(({ id, weight }) => ({
      repId: id,
      weight,
      expectedShare: total === 0 ? 0 : effectiveWeight(pool.strategy, weight) / total,
      actualShare: given === 0 ? null : (rotation.received.get(id) ?? 0) / given,
      received: rotation.received.get(id) ?? 0,
      credit: creditOf(rotation, id),
      considered: byRep.get(id) ?? null,
    }));
    const rankOf = ({ considered: each }: (typeof places)[number]): number => each?.turn?.rank ?? Number.MAX_VALUE;
    return { segment, places: places.sort((a, b) => rankOf(a) - rankOf(b)) };
  },
});
