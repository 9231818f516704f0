import type { Turned } from './decision.ts';
import { giveBack, type Rotation, takeAgain } from './rotation.ts';
import { earnersIn, type RoutingConfiguration } from './routingConfiguration.ts';

/** A turn as it was kept. */
export type KeptTurn = Omit<Turned, 'rotation'>;

/**
 * A turn's rotation without it, or with it again: in the pool as it is by now.
 *
 * @param at when the turn was taken, in ms since 1970
 * @param rotation as it stands
 */
export function returnTurn(
  { rotationId, ...turn }: KeptTurn,
  at: number,
  rotation: Rotation,
  { pools }: Pick<RoutingConfiguration, 'pools'>,
  way: 'GIVE_BACK' | 'TAKE_AGAIN',
): Rotation {
  // As `poolRotation` and `listRotation` name it.
  const [poolId = '', segment = null] = rotationId.split('/');
  const pool = pools.byId.get(poolId);
  // In a list of pools the members are whoever has credit there; the next turn brings them in line with the plan.
  const members = pool ? earnersIn(pool, segment) : [...rotation.credits.keys()].map((id) => ({ id, weight: 1 }));
  const past = { ...turn, strategy: pool?.strategy ?? 'WEIGHTED', at };
  return way === 'GIVE_BACK' ? giveBack(past, rotation, members) : takeAgain(past, rotation, members);
}
