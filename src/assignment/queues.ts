import type { Assignment, QueuedLead } from '../db/generated/client.ts';
import type { Queue } from '../domain/configuration.ts';
import { type Exclusion, obstacleIn, push, whoCanTakeAny } from '../domain/decide.ts';
import type { Decision, Reason } from '../domain/decision.ts';
import { Refusal } from '../domain/errors.ts';
import { isOpen } from '../domain/lead.ts';
import type { CompiledPool, RoutingConfiguration } from '../domain/routingConfiguration.ts';
import { countOf } from '../domain/standing.ts';
import type { Batch, OwnedLead } from './batch.ts';
import { canOwn, handOver, NOTHING, summaryOf, takeAlong, toRoutable, turnsFor, withoutStep } from './carryOut.ts';
import type { Operation } from './lane.ts';
import { type Memory, stateIn } from './memory.ts';
import { decideMove } from './moveLeads.ts';
import { keepExclusions } from './storedDecision.ts';
import { poolsOf, setQueueDeadline, tellQueued } from './waiting.ts';

/*
 * Leads that wait. A queue holds two kinds: those that nobody was there for, which go to the first who is, and those
 * that are offered to whoever claims them. Both have an owner meanwhile, who answers for them.
 */

/** Leads of one queue that are looked at in one transaction. */
export const SERVED_AT_ONCE = 200;
/** Of each kind, looked at for one claim: those in front that the rep may not own are passed by. */
const CLAIM_CANDIDATES = 20;

/** Who could take a lead for which others wait, by queue, as a text to be compared; empty for nobody. */
export function whoCouldBeServed(memory: Memory, now: Date): string {
  const { configuration, queues } = memory;
  const at = now.getTime();
  const state = stateIn(memory);
  const able = [...queues].flatMap(([queueId, { someone }]) => {
    if (someone === 0) return [];
    const queue = configuration.queues.byId.get(queueId);
    const pools = poolsOf(queue, { overflowed: true }, configuration);
    const ids = pools.flatMap((pool) => whoCanTakeAny(pool, configuration, state, at));
    return ids.length === 0 ? [] : [`${queueId}: ${ids.sort().join()}`];
  });
  return able.sort().join('; ');
}

/**
 * Gives what waits for somebody to those who are there and have room, the highest priority and then the oldest first.
 * @returns whether there may be more to give before anything else has its turn
 */
export const serve = ({ queues }: Pick<RoutingConfiguration, 'queues'>): Operation<boolean> => {
  const queueIds = new Set(queues.byId.keys());
  return {
    ...NOTHING,
    waiting: Array.from(queueIds, (queueId) => ({ queueId, waitsFor: 'SOMEONE', limit: SERVED_AT_ONCE }) as const),
    apply: (batch) => {
      const lookedAt = new Map<string, number>();
      let hasServed = false;
      for (const { leadId, queueId, waitsFor } of batch.waitingIn(queueIds)) {
        if (waitsFor !== 'SOMEONE') continue;
        lookedAt.set(queueId, (lookedAt.get(queueId) ?? 0) + 1);
        if (pushOne(batch, batch.lead(leadId))) hasServed = true;
      }
      return hasServed && Math.max(...lookedAt.values()) >= SERVED_AT_ONCE;
    },
  };
};

/** Lets what waits be served although nothing else arrives: that is done in front of a batch. */
export const serveQueues: Operation<void> = { ...NOTHING, apply: () => {} };

/** Gives leads that wait for somebody, in the order given, to those who are there and have room. */
export const serveLeads = (leadIds: readonly string[]): Operation<void> => ({
  ...NOTHING,
  size: leadIds.length,
  leadIds,
  apply: (batch) => {
    if (whoCouldBeServed(batch.memory, batch.now) === '') return;
    for (const leadId of leadIds) {
      if (batch.hasLead(leadId) && batch.lead(leadId).queued?.waitsFor === 'SOMEONE')
        pushOne(batch, batch.lead(leadId));
    }
  },
});

/** Gives a waiting lead to a member of its pools. Whether there was one. */
function pushOne(batch: Batch, owned: OwnedLead): boolean {
  const { queued } = owned;
  if (!queued) return false;
  const { configuration } = batch.memory;
  const queue = configuration.queues.byId.get(queued.queueId);
  const exclude = new Map(owned.formerOwners.map(({ repId, why }) => [repId, why]));
  for (const pool of poolsOf(queue, queued, configuration)) {
    const decision = pushTo(batch, owned, pool, exclude);
    if (decision === null) continue;
    const reason = summaryOf(batch, decision);
    const kept = { ...keepExclusions(exclude), pushedTo: pool.id };
    const { territoryId } = owned.assignment;
    takeFromQueue(batch, owned, { ...decision, territoryId }, { reason, by: 'queue' }, kept, 'lead.assigned');
    return true;
  }
  return false;
}

/** Null where nobody of the pool can take it. A segment that fails at run time must not hold up all that arrives. */
function pushTo(
  batch: Batch,
  { lead, assignment }: OwnedLead,
  pool: CompiledPool,
  exclude: ReadonlyMap<string, Exclusion>,
): Decision | null {
  const circumstances = { at: batch.now.getTime(), exclude };
  try {
    return push(toRoutable(lead), pool, assignment.stepKey, batch.memory.configuration, batch, circumstances);
  } catch {
    return null;
  }
}

/** Ends the waiting of a lead; the person's other leads that whoever answered for it has go along. */
function takeFromQueue(
  batch: Batch,
  owned: OwnedLead,
  decision: Decision,
  by: { readonly reason: string; readonly by: string },
  kept: Parameters<typeof handOver>[4],
  kind: 'lead.assigned' | 'lead.claimed',
): Assignment {
  const { queued, assignment: before } = owned;
  const isOther = decision.repId !== before.repId;
  const companions = batch
    .companionsOf(owned)
    .filter(({ queued: waits, assignment: { cost } }) => waits === null && (isOther || cost === 0));
  const assignment = handOver(batch, owned, decision, { ...by, queueId: queued?.queueId as string }, kept, kind);
  const { repId } = decision;
  takeAlong(batch, companions, { repId, method: 'DUPLICATE' }, by);
  return assignment;
}

export interface Claim {
  readonly repId: string;
  /** Whether the rep claims in person, and so has seen the lead. */
  readonly isOwn: boolean;
  /** Name of the principal. */
  readonly by: string;
}

/**
 * Lets a rep have a lead that waits: the first who asks has it.
 * @throws Refusal NOT_FOUND, LEAD_CLOSED, NOT_QUEUED, NOT_A_MEMBER, CLAIM_LIMIT, CANNOT_TAKE
 */
export const claimLead = (leadId: string, claim: Claim): Operation<OwnedLead> => ({
  ...NOTHING,
  leadIds: [leadId],
  apply: (batch) => {
    const owned = batch.lead(leadId);
    const { configuration } = batch.memory;
    if (!isOpen(owned.lead.status)) throw new Refusal('LEAD_CLOSED', `The lead is ${owned.lead.status}.`);
    if (owned.queued === null) {
      const owner = configuration.reps.byId.get(owned.assignment.repId);
      throw new Refusal('NOT_QUEUED', `The lead does not wait; ${owner?.name ?? 'somebody else'} owns it.`);
    }
    const fault = claimFault(batch, owned, claim.repId);
    if (fault) throw fault;
    return claimOne(batch, owned, claim);
  },
});

/**
 * Lets a rep have the lead that is first in a queue, of those that they may own.
 * @param overflowed only those that have overflowed: all that the rep may claim who is a member of the wider pool alone
 * @throws Refusal NOT_FOUND, NOT_A_MEMBER, CLAIM_LIMIT, CANNOT_TAKE, QUEUE_EMPTY
 */
export const claimNextLead = (queueId: string, overflowed: boolean, claim: Claim): Operation<OwnedLead> => ({
  ...NOTHING,
  size: CLAIM_CANDIDATES,
  waiting: [{ queueId, waitsFor: null, overflowed, limit: CLAIM_CANDIDATES }],
  apply: (batch) => {
    const { configuration } = batch.memory;
    const queue = configuration.queues.byId.get(queueId);
    if (!queue) throw new Refusal('NOT_FOUND', 'There is no such queue.');
    if (!claimPool(queue, { overflowed: true }, configuration, claim.repId))
      throw notAMember(batch, queue, claim.repId);
    let first: Refusal | null = null;
    for (const { leadId } of batch.waitingIn(new Set([queueId]))) {
      const owned = batch.lead(leadId);
      const fault = claimFault(batch, owned, claim.repId);
      if (fault === null) return claimOne(batch, owned, claim);
      first ??= fault;
    }
    throw first ?? new Refusal('QUEUE_EMPTY', `Nothing waits in ${queue.name}.`);
  },
});

/** Why a rep may not claim a lead; null if they may. */
function claimFault(batch: Batch, { lead, queued }: OwnedLead, repId: string): Refusal | null {
  const { configuration } = batch.memory;
  const queue = configuration.queues.byId.get(queued?.queueId ?? '');
  const rep = configuration.reps.byId.get(repId);
  if (!queue || !queued || !rep) return new Refusal('NOT_FOUND', 'There is no such queue.');
  const pool = claimPool(queue, queued, configuration, repId);
  if (!pool) return notAMember(batch, queue, repId);
  const held = countOf(batch.rep(repId).held, queue.id);
  if (queue.claimLimit !== null && held >= queue.claimLimit) {
    return new Refusal('CLAIM_LIMIT', `${rep.name} holds ${held} of ${queue.claimLimit} leads from ${queue.name}.`);
  }
  const circumstances = { at: batch.now.getTime() };
  const reason = obstacleIn(pool, repId, toRoutable(lead), configuration, batch, circumstances);
  return reason === null ? null : new Refusal('CANNOT_TAKE', `${rep.name} cannot take it: ${plain(reason)}.`);
}

function notAMember({ memory }: Batch, queue: Queue, repId: string): Refusal {
  const { configuration } = memory;
  const name = configuration.reps.byId.get(repId)?.name ?? 'The rep';
  const isWider = claimPool(queue, { overflowed: true }, configuration, repId) !== undefined;
  const why = isWider ? 'may only claim what has overflowed from' : 'is no member of';
  return new Refusal('NOT_A_MEMBER', `${name} ${why} ${queue.name}.`);
}

/** A reason in a few words, without its numbers. */
const plain = (reason: Reason): string => reason.toLowerCase().replaceAll('_', ' ');

const claimPool = (
  queue: Queue,
  queued: Pick<QueuedLead, 'overflowed'>,
  configuration: RoutingConfiguration,
  repId: string,
): CompiledPool | undefined =>
  poolsOf(queue, queued, configuration).find(({ members }) => members.some((member) => member.repId === repId));

function claimOne(batch: Batch, owned: OwnedLead, { repId, by, isOwn }: Claim): OwnedLead {
  const { configuration } = batch.memory;
  const { lead, assignment, queued } = owned;
  const queue = configuration.queues.byId.get(queued?.queueId ?? '') as Queue;
  const pool = claimPool(queue, queued as QueuedLead, configuration, repId);
  const routable = toRoutable(lead);
  const turned = { ...turnsFor(batch, pool, routable, repId), poolId: pool?.id ?? null };
  const { stepKey, territoryId } = assignment;
  const decision = withoutStep(batch, routable, { repId, method: 'CLAIM', stepKey, territoryId, ...turned });
  takeFromQueue(batch, owned, decision, { reason: `Claimed from ${queue.name}`, by }, {}, 'lead.claimed');
  if (isOwn) batch.updateAssignment(lead.id, { acknowledgedAt: batch.now });
  return batch.lead(lead.id);
}

/**
 * What happens when a lead has waited long enough: it overflows, and at its deadline it is pushed.
 *
 * @param dueAt of the deadline that has come
 */
export function queueDue(batch: Batch, owned: OwnedLead, dueAt: Date): void {
  const { queued, lead, assignment } = owned;
  if (!queued) return;
  const { configuration } = batch.memory;
  const queue = configuration.queues.byId.get(queued.queueId);
  // By the deadline and not by the time: the clock that says what is due may be ahead of this server's.
  if (!queued.overflowed && dueAt < queued.dueAt) {
    const priority = queued.priority + (queue?.overflow?.raisePriority ?? 0);
    const place = { ...queued, priority, overflowed: true };
    batch.enqueue(place);
    setQueueDeadline(batch, place, queued.dueAt);
    tellQueued(batch, lead.id, 'Has waited too long');
    return;
  }
  // Nobody is there even now: whoever answered for it has it from here on.
  if (pushOne(batch, owned)) return;
  const { repId, stepKey, territoryId } = assignment;
  if (!canOwn(configuration.reps.byId.get(repId), lead)) {
    const again = { destination: { kind: 'PLAN' }, method: 'REASSIGNMENT', mayStay: false } as const;
    const decision = decideMove(batch, owned, [], again);
    const by = { reason: 'Nobody had claimed it at the deadline', by: 'queue' };
    takeFromQueue(batch, owned, decision, by, keepExclusions(new Map([[repId, 'ALREADY_HAD']])), 'lead.assigned');
    return;
  }
  const decision = withoutStep(batch, toRoutable(lead), { repId, method: 'FALLBACK', stepKey, territoryId });
  const by = { reason: 'Nobody had claimed it at the deadline, and nobody was there', by: 'queue' };
  takeFromQueue(batch, owned, decision, by, {}, 'lead.assigned');
}
