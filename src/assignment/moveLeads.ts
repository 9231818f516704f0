import { decide, type RoutingState } from '../domain/decide.ts';
import type { Decision, Method } from '../domain/decision.ts';
import { Refusal } from '../domain/errors.ts';
import { isOpen } from '../domain/lead.ts';
import { planOfPool } from '../domain/routingConfiguration.ts';
import { type Standing, withoutLead } from '../domain/standing.ts';
import { type Batch, holdingOf, type OwnedLead } from './batch.ts';
import {
  canOwn,
  handOver,
  NOTHING,
  noPlan,
  ownAddress,
  repLeft,
  takeAlong,
  toRoutable,
  turnsFor,
  withoutStep,
} from './carryOut.ts';
import type { Operation } from './lane.ts';

export interface HandAssignment {
  readonly leadId: string;
  readonly repId: string;
  readonly reason: string;
  /** Pool whose rotation counts it; null for the one that routed the lead. */
  readonly poolId: string | null;
  /** Name of the principal. */
  readonly by: string;
}

/**
 * Gives an open lead to a rep by hand, beyond capacity if need be; the person's other open leads go with it. To the
 * present owner it changes nothing.
 * @throws Refusal NOT_FOUND, LEAD_CLOSED, REP_LEFT, OWNER_EQUALS_LEAD
 */
export const assignByHand = ({ leadId, repId, reason, poolId, by }: HandAssignment): Operation<OwnedLead> => ({
  ...NOTHING,
  leadIds: [leadId],
  apply: (batch) => {
    const { configuration } = batch.memory;
    const former = batch.lead(leadId);
    const rep = configuration.reps.byId.get(repId);
    if (!rep) throw new Refusal('NOT_FOUND', 'There is no such rep.');
    const pool = configuration.pools.byId.get(poolId ?? former.assignment.poolId ?? '');
    if (poolId !== null && !pool) throw new Refusal('NOT_FOUND', 'There is no such pool.');
    if (!isOpen(former.lead.status)) {
      throw new Refusal('LEAD_CLOSED', `The lead is ${former.lead.status}; only open leads have a new owner.`);
    }
    if (rep.status === 'LEFT') throw repLeft(rep);
    if (former.lead.email === rep.email) throw ownAddress(rep);
    // Who answers for a lead that waits does not have it yet.
    if (former.assignment.repId === repId && former.queued === null) return former;

    const companions = former.assignment.repId === repId ? [] : batch.companionsOf(former);
    const routable = toRoutable(former.lead);
    const { stepKey, territoryId: territory } = former.assignment;
    const turned = { ...turnsFor(batch, pool, routable, repId), poolId: pool?.id ?? null };
    const method = 'MANUAL';
    const made = { repId, method, stepKey, territoryId: territory, ...turned } as const;
    handOver(batch, former, withoutStep(batch, routable, made), { reason, by });
    takeAlong(batch, companions, { repId, method }, { reason, by });
    return batch.lead(leadId);
  },
});

/** Where leads are moved to: a rep, a pool's rotation, or wherever the plan says. */
export type Destination =
  | { readonly kind: 'PLAN' }
  | { readonly kind: 'REP'; readonly repId: string }
  | { readonly kind: 'POOL'; readonly poolId: string };

export interface Move {
  readonly leadIds: readonly string[];
  readonly destination: Destination;
  readonly method: Extract<Method, 'REASSIGNMENT' | 'OFFBOARDING'>;
  /** Only leads that these reps own; null for any owner. */
  readonly from: ReadonlySet<string> | null;
  /** Whether the present owner may get it again. */
  readonly mayStay: boolean;
  readonly reason: string;
  readonly by: string;
}

/** What became of one lead that was to be moved. */
export interface Moved {
  readonly leadId: string;
  readonly fromId: string;
  /** The same as `fromId` where it stayed. */
  readonly toId: string;
  readonly method: Method;
  readonly stepKey: string | null;
}

/**
 * Gives open leads new owners, in order, each as if it came alone; one person's leads move together. Leads that have
 * been closed or have changed hands meanwhile are left alone.
 */
export const moveLeads = (move: Move): Operation<Moved[]> => ({
  ...NOTHING,
  size: move.leadIds.length,
  leadIds: move.leadIds,
  apply: (batch) => {
    const moved = new Map<string, Moved>();
    for (const leadId of move.leadIds) {
      if (moved.has(leadId) || !batch.hasLead(leadId)) continue;
      const former = batch.lead(leadId);
      const { repId: fromId } = former.assignment;
      if (!isOpen(former.lead.status) || (move.from !== null && !move.from.has(fromId))) continue;
      const companions = batch.companionsOf(former);
      const decision = decideMove(batch, former, companions, move);
      const { repId: toId, method, stepKey } = decision;
      const told = { fromId, toId, method, stepKey };
      const to = batch.memory.configuration.reps.byId.get(toId);
      const along = companions.filter(({ lead }) => canOwn(to, lead));
      for (const { lead } of [former, ...along]) moved.set(lead.id, { leadId: lead.id, ...told });
      const isQueued = decision.queue !== null && decision.queue.id !== former.queued?.queueId;
      if (toId === fromId && !isQueued) {
        // A lead that stays takes its turn all the same, or who has the most leads of a pool would keep all of them.
        for (const { rotationId, rotation } of decision.turns) batch.setRotation(rotationId, rotation);
        continue;
      }
      handOver(batch, former, decision, move, {
        ...(move.mayStay ? {} : { exclude: [fromId] }),
        ...(move.destination.kind === 'POOL' ? { movedTo: move.destination.poolId } : {}),
      });
      // Also with a lead that waits: whoever answers for it has the others meanwhile.
      takeAlong(batch, along, { repId: toId, method: move.method }, move);
    }
    return [...moved.values()];
  },
});

/**
 * Who gets a lead that is moved; nothing is carried out yet. Who cannot own it, being gone or the lead's own person, does
 * not get it: it stays.
 */
export function decideMove(
  batch: Batch,
  former: OwnedLead,
  companions: readonly OwnedLead[],
  { destination, method, mayStay }: Pick<Move, 'destination' | 'method' | 'mayStay'>,
): Decision {
  const { lead, assignment } = former;
  const { configuration } = batch.memory;
  const routable = toRoutable(lead);
  if (destination.kind === 'REP') {
    const mayOwn = canOwn(configuration.reps.byId.get(destination.repId), lead);
    return withoutStep(batch, routable, { repId: mayOwn ? destination.repId : assignment.repId, method });
  }
  const exclude = new Map(mayStay ? [] : [[assignment.repId, 'ALREADY_HAD'] as const]);
  const plan = destination.kind === 'PLAN' ? configuration.plan : planOfPool(configuration, destination.poolId);
  if (plan === null) throw noPlan();
  const state = without(batch, [former, ...companions]);
  const decision = decide(routable, { ...configuration, plan }, state, { at: batch.now.getTime(), exclude });
  return decision.queue === null ? { ...decision, method } : decision;
}

/** The state as if leads of one owner were gone: what they take up must not keep them from staying. */
export const without = (batch: Batch, leads: readonly OwnedLead[]): RoutingState => ({
  rep: (repId) =>
    leads.reduce<Standing>(
      (standing, { assignment }) =>
        assignment.repId === repId ? withoutLead(standing, holdingOf(assignment)) : standing,
      batch.rep(repId),
    ),
  rotation: (id) => batch.rotation(id),
  absences: (repId, at) => batch.absences(repId, at),
});
