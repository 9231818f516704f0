import type { Assignment } from '../db/generated/client.ts';
import { type AbsenceReason, DEFAULT_SKIPS } from '../domain/availability.ts';
import { decide } from '../domain/decide.ts';
import { Refusal } from '../domain/errors.ts';
import { isOpen } from '../domain/lead.ts';
import { type Batch, exclusionOf, type OwnedLead } from './batch.ts';
import { handOver, NOTHING, noPlan, summaryOf, takeAlong, toRoutable } from './carryOut.ts';
import type { Operation } from './lane.ts';
import { without } from './moveLeads.ts';
import { keepExclusions, snapshotOf } from './storedDecision.ts';

/** The assignment that an answer is to. @throws Refusal NOT_FOUND, NOT_THE_OWNER, NO_OFFER */
function offered(batch: Batch, leadId: string, assignmentId: string): OwnedLead {
  const owned = batch.lead(leadId);
  const { assignment } = owned;
  if (assignment.id !== assignmentId) {
    const owner = batch.memory.configuration.reps.byId.get(assignment.repId);
    throw new Refusal('NOT_THE_OWNER', `The lead has moved on; ${owner?.name ?? 'somebody else'} owns it now.`);
  }
  if (assignment.offerStatus === null) throw new Refusal('NO_OFFER', 'The lead was given and not offered.');
  return owned;
}

/**
 * Accepts an offer. Twice is as good as once.
 * @throws Refusal NOT_FOUND, NOT_THE_OWNER, NO_OFFER, LEAD_CLOSED
 */
export const accept = (leadId: string, assignmentId: string): Operation<Assignment> => ({
  ...NOTHING,
  leadIds: [leadId],
  apply: (batch) => {
    const { assignment, lead } = offered(batch, leadId, assignmentId);
    const { offerStatus } = assignment;
    if (offerStatus === 'ACCEPTED') return assignment;
    if (!isOpen(lead.status)) throw new Refusal('LEAD_CLOSED', `The lead is ${lead.status}.`);
    if (offerStatus !== 'OPEN') throw new Refusal('NO_OFFER', `The offer is ${offerStatus} and can not be accepted.`);
    batch.cancelDeadline('OFFER', assignmentId);
    const accepted = batch.updateAssignment(leadId, {
      offerStatus: 'ACCEPTED',
      acknowledgedAt: assignment.acknowledgedAt ?? batch.now,
    });
    batch.emit({ kind: 'assignment.accepted', repId: assignment.repId, leadId, assignmentId, data: {} });
    return accepted;
  },
});

/**
 * Declines an offer: the lead goes to the next.
 * @throws Refusal NOT_FOUND, NOT_THE_OWNER, NO_OFFER, NO_PLAN, LEAD_CLOSED
 */
export const decline = (leadId: string, assignmentId: string, reason: string): Operation<OwnedLead> => ({
  ...NOTHING,
  leadIds: [leadId],
  apply: (batch) => {
    const owned = offered(batch, leadId, assignmentId);
    const { offerStatus } = owned.assignment;
    if (!isOpen(owned.lead.status)) throw new Refusal('LEAD_CLOSED', `The lead is ${owned.lead.status}.`);
    if (offerStatus !== 'OPEN') throw new Refusal('NO_OFFER', `The offer is ${offerStatus} and can not be declined.`);
    if (batch.memory.configuration.plan === null) throw noPlan();
    moveOn(batch, owned, 'DECLINED', reason);
    return batch.lead(leadId);
  },
});

/** Lets the open offers of a rep who has become busy go to others. How many there were. */
export const withdrawOffers = (leadIds: readonly string[], repId: string): Operation<number> => ({
  ...NOTHING,
  size: leadIds.length,
  leadIds,
  apply: (batch) => {
    let moved = 0;
    for (const leadId of leadIds) {
      if (!batch.hasLead(leadId)) continue;
      const owned = batch.lead(leadId);
      const { assignment, lead } = owned;
      if (assignment.repId !== repId || assignment.offerStatus !== 'OPEN' || !isOpen(lead.status)) continue;
      if (!hasBecomeBusy(batch, owned)) continue;
      moveOn(batch, owned, 'WITHDRAWN', null);
      moved += 1;
    }
    return moved;
  },
});

/** Whether something keeps the owner away that did not when the lead was offered, and that the pool minds. */
function hasBecomeBusy(batch: Batch, { assignment: { repId, poolId }, decision }: OwnedLead): boolean {
  const { pools, reps } = batch.memory.configuration;
  const status = reps.byId.get(repId)?.status;
  const skips = pools.byId.get(poolId ?? '')?.skipped ?? SKIPPED;
  const isAnyway = decision?.steps.at(-1)?.attempts.at(-1)?.via === 'ASSIGN_ANYWAY';
  if (status === 'LEFT' || (status === 'PAUSED' && skips.has('PAUSED') && !isAnyway)) return true;
  const at = batch.now.getTime();
  const before = new Set(
    decision &&
      snapshotOf(decision)
        .absences(repId, at)
        .map(({ reason }) => reason),
  );
  return batch.absences(repId, at).some(({ reason }) => skips.has(reason) && !before.has(reason));
}

const SKIPPED: ReadonlySet<AbsenceReason> = new Set(DEFAULT_SKIPS);

const REASONS = {
  DECLINED: 'Declined',
  TIMED_OUT: 'Not accepted in time',
  WITHDRAWN: 'Became busy before accepting',
} as const;

/**
 * Gives an offered lead to the next of its step who has not had it; when there is none, to whom the step's `whenNobody`
 * leads. Where that is the same rep, who answers for what nobody takes, it stays.
 */
export function moveOn(batch: Batch, owned: OwnedLead, status: keyof typeof REASONS, offerReason: string | null): void {
  const { lead, assignment, formerOwners } = owned;
  const { configuration } = batch.memory;
  batch.cancelDeadline('OFFER', assignment.id);
  const answered = batch.updateAssignment(lead.id, { offerStatus: status, offerReason });
  const exclude = new Map(formerOwners.map(({ repId, why }) => [repId, why]));
  exclude.set(assignment.repId, exclusionOf(answered));
  const fromStep = assignment.stepKey === null ? {} : { fromStep: assignment.stepKey };
  const former = batch.lead(lead.id);
  const circumstances = { at: batch.now.getTime(), exclude, ...fromStep };
  const decision = decide(toRoutable(lead), configuration, without(batch, [former]), circumstances);
  if (decision.repId === assignment.repId && decision.queue === null) return;
  const isRegular = decision.queue === null && decision.method !== 'FALLBACK';
  const moved = isRegular ? ({ ...decision, method: 'REASSIGNMENT' } as const) : decision;
  const reason = offerReason === null ? REASONS[status] : `${REASONS[status]}: ${offerReason}`;
  const by = { reason: `${reason}. ${summaryOf(batch, decision)}`, by: 'offer' };
  const companions = batch.companionsOf(former);
  handOver(batch, former, moved, by, { ...keepExclusions(exclude), ...fromStep });
  takeAlong(batch, companions, { repId: decision.repId, method: 'REASSIGNMENT' }, by);
}
