import { v7 } from 'uuid';
import type { Activity, Assignment, Lead } from '../db/generated/client.ts';
import { InvalidInput, Refusal } from '../domain/errors.ts';
import { type ActivityKind, isContact, isOpen, type LeadStatus } from '../domain/lead.ts';
import { returnTurn } from '../domain/returnedTurns.ts';
import type { Batch, OwnedLead } from './batch.ts';
import { canOwn, handOver, NOTHING, noPlan, restartLadder } from './carryOut.ts';
import type { Operation } from './lane.ts';
import { decideMove } from './moveLeads.ts';
import { keepExclusions, readDecision } from './storedDecision.ts';
import { tellTaken } from './waiting.ts';

export interface NewActivity {
  readonly leadId: string;
  readonly kind: ActivityKind;
  readonly note: string | null;
  /** Null for now. */
  readonly at: Date | null;
  /** The rep who acted; null for somebody who is none. */
  readonly repId: string | null;
}

/** Records what was done. A contact by the present owner is the response; anyone's is the lead's first contact. */
export const recordActivity = (input: NewActivity): Operation<{ activity: Activity; lead: Lead }> => ({
  ...NOTHING,
  leadIds: [input.leadId],
  apply: (batch) => {
    const { leadId, kind, note, repId } = input;
    const { lead: before, assignment } = batch.lead(leadId);
    refuseErased(before);
    const at = input.at ?? batch.now;
    const began = before.capturedAt < before.receivedAt ? before.capturedAt : before.receivedAt;
    if (at < began) throw new InvalidInput([{ path: ['at'], message: 'must not be before the lead was captured' }]);
    const activity: Activity = { workspaceId: batch.workspaceId, id: v7(), leadId, repId, kind, note, at };
    batch.insertActivity(activity);
    let lead = before;
    const isOwners = assignment.repId === repId;
    // Who has been in contact, or says so, has seen it.
    if (isOwners && (isContact(kind) || kind === 'ACKNOWLEDGED') && assignment.acknowledgedAt === null) {
      batch.updateAssignment(leadId, { acknowledgedAt: batch.now });
    }
    if (isContact(kind)) {
      if (isOwners && assignment.firstContactAt === null) {
        const { slaStatus, slaDueAt } = assignment;
        const inTime = slaDueAt === null || at <= slaDueAt ? 'FULFILLED' : 'FAILED';
        // A call made before the lead changed hands answers at once.
        batch.updateAssignment(leadId, {
          firstContactAt: at < assignment.assignedAt ? assignment.assignedAt : at,
          slaStatus: slaStatus === 'DUE' ? inTime : slaStatus,
          // Who has called has accepted.
          offerStatus: assignment.offerStatus === 'OPEN' ? 'ACCEPTED' : assignment.offerStatus,
        });
        if (slaStatus !== null) batch.cancelDeadline('SLA', assignment.id);
        if (assignment.offerStatus === 'OPEN') batch.cancelDeadline('OFFER', assignment.id);
      }
      lead = batch.updateLead(leadId, {
        firstContactAt: before.firstContactAt ?? at,
        status: before.status === 'ASSIGNED' ? 'CONTACTED' : before.status,
      });
    }
    batch.emit({
      kind: 'lead.updated',
      repId: assignment.repId,
      leadId,
      assignmentId: assignment.id,
      data: { activity: kind, ...(lead.status === before.status ? {} : { from: before.status, to: lead.status }) },
    });
    return { activity, lead };
  },
});

/**
 * Moves a lead along. Closing it frees its owner's capacity, opening it again takes it back; a disqualified one gives
 * its turn back, and takes it again when it turns out to be none. One that is opened again whose owner has left is decided
 * again.
 * @throws Refusal NOT_FOUND, NO_PLAN, LEAD_ERASED
 */
export const updateLeadStatus = (leadId: string, status: Exclude<LeadStatus, 'NEW'>): Operation<Lead> => ({
  ...NOTHING,
  leadIds: [leadId],
  apply: (batch) => setStatus(batch, leadId, status),
});

/** As `updateLeadStatus`, in an operation that has asked for the lead. */
export function setStatus(batch: Batch, leadId: string, status: Exclude<LeadStatus, 'NEW'>): Lead {
  const owned = batch.lead(leadId);
  const { lead: before, assignment } = owned;
  if (before.status === status) return before;
  refuseErased(before);
  const { reps, plan } = batch.memory.configuration;
  const isReopened = isOpen(status) && !isOpen(before.status);
  const hasWaited = assignment.method === 'QUEUE';
  const isOrphan = isReopened && (hasWaited || !canOwn(reps.byId.get(assignment.repId), before));
  if (isOrphan && plan === null) throw noPlan();
  const closedAt = isOpen(status) ? null : (before.closedAt ?? batch.now);
  const lead = batch.updateLead(leadId, { status, closedAt });
  if (!isOpen(status)) {
    stopWaiting(batch, batch.lead(leadId));
    tellTaken(batch, owned, null);
  }
  if ((before.status === 'DISQUALIFIED') !== (status === 'DISQUALIFIED')) returnTurns(batch, batch.lead(leadId));
  batch.emit({
    kind: 'lead.updated',
    repId: assignment.repId,
    leadId,
    assignmentId: assignment.id,
    data: { from: before.status, to: status },
  });
  if (isOrphan) {
    const again = { destination: { kind: 'PLAN' }, method: 'REASSIGNMENT', mayStay: hasWaited } as const;
    const decision = decideMove(batch, batch.lead(leadId), [], again);
    const reason = hasWaited ? 'Opened again after it had waited' : 'Opened again after its owner had left';
    const exclude = new Map(hasWaited ? [] : [[assignment.repId, 'ALREADY_HAD'] as const]);
    handOver(batch, batch.lead(leadId), decision, { reason, by: 'plan' }, keepExclusions(exclude));
  } else if (isReopened) restartLadder(batch, leadId);
  return lead;
}

/** @throws Refusal LEAD_ERASED */
function refuseErased({ erasedAt }: Pick<Lead, 'erasedAt'>): void {
  if (erasedAt !== null)
    throw new Refusal('LEAD_ERASED', 'The lead has been erased; nothing more can be done with it.');
}

/** Nobody has to do anything more about a lead that is closed. */
function stopWaiting(batch: Batch, { lead, assignment: { slaStatus, offerStatus } }: OwnedLead): void {
  if (slaStatus !== 'DUE' && offerStatus !== 'OPEN') return;
  batch.updateAssignment(lead.id, {
    slaStatus: slaStatus === 'DUE' ? null : slaStatus,
    offerStatus: offerStatus === 'OPEN' ? 'WITHDRAWN' : offerStatus,
  });
}

/**
 * Who earned of a lead that is disqualified returns it, and its owner gets back what was paid; the other way round when
 * it is qualified after all.
 */
function returnTurns(batch: Batch, { lead, assignment, decision }: OwnedLead): void {
  const isReturned = lead.status === 'DISQUALIFIED';
  const pool = batch.memory.configuration.pools.byId.get(assignment.poolId ?? '');
  if (assignment.turnReturned === isReturned || decision === null || !pool?.returnDisqualified) return;
  const { turns } = readDecision(decision, assignment.method);
  for (const turn of turns) {
    const rotation = batch.rotation(turn.rotationId);
    const way = isReturned ? 'GIVE_BACK' : 'TAKE_AGAIN';
    const { configuration } = batch.memory;
    batch.setRotation(turn.rotationId, returnTurn(turn, assignment.assignedAt.getTime(), rotation, configuration, way));
  }
  if (turns.length > 0) batch.updateAssignment(lead.id, { turnReturned: isReturned });
}

/**
 * Notes that the owner has seen the assignment. Twice is as good as once.
 * @throws Refusal NOT_FOUND; NOT_THE_OWNER when the lead has moved on
 */
export const acknowledge = (leadId: string, assignmentId: string): Operation<Assignment> => ({
  ...NOTHING,
  leadIds: [leadId],
  apply: (batch) => {
    const { assignment } = batch.lead(leadId);
    if (assignment.id !== assignmentId) {
      const owner = batch.memory.configuration.reps.byId.get(assignment.repId);
      throw new Refusal('NOT_THE_OWNER', `The lead has moved on; ${owner?.name ?? 'somebody else'} owns it now.`);
    }
    if (assignment.acknowledgedAt !== null) return assignment;
    const acknowledged = batch.updateAssignment(leadId, { acknowledgedAt: batch.now });
    batch.emit({ kind: 'assignment.acknowledged', repId: assignment.repId, leadId, assignmentId, data: {} });
    return acknowledged;
  },
});
