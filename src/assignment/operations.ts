import { v7 } from 'uuid';
import type { Activity, Assignment, Lead } from '../db/generated/client.ts';
import { decide, earnersOf } from '../domain/decide.ts';
import type { Decision } from '../domain/decision.ts';
import { decisionSummary } from '../domain/decisionSummary.ts';
import { Refusal } from '../domain/errors.ts';
import { type ActivityKind, isContact, isOpen, type LeadStatus, type RoutableLead } from '../domain/lead.ts';
import { charge } from '../domain/rotation.ts';
import type { Batch, OwnedLead } from './batch.ts';
import type { Operation } from './lane.ts';
import { storeDecision } from './storedDecision.ts';

const NOTHING = { size: 1, keys: [], leadIds: [] } as const;

/** A lead as it came in: validated and normalised, not yet stored. */
export interface IncomingLead {
  readonly id: string;
  readonly routable: RoutableLead;
  readonly idempotencyKey: string | null;
  /** SHA-256 of what was sent. */
  readonly payloadHash: Uint8Array<ArrayBuffer>;
  /** What was sent. */
  readonly payload: object;
  readonly submittedBy: string;
  readonly message: string | null;
  readonly capturedAt: Date | null;
  readonly receivedAt: Date;
}

export interface Submitted extends OwnedLead {
  /** Whether the idempotency key was answered before. */
  readonly repeated: boolean;
}

/**
 * Decides the leads one after the other, in order, as if each had come alone.
 * A lead whose key was used before gets the first answer again, or IDEMPOTENCY_MISMATCH for another payload.
 */
export const submit = (leads: readonly IncomingLead[]): Operation<(Submitted | Refusal)[]> => ({
  ...NOTHING,
  size: leads.length,
  keys: leads.flatMap(({ routable: { source }, idempotencyKey }) =>
    idempotencyKey === null ? [] : [{ source, idempotencyKey }],
  ),
  apply: (batch) => leads.map((lead) => submitOne(batch, lead)),
});

function submitOne(batch: Batch, incoming: IncomingLead): Submitted | Refusal {
  const { routable, idempotencyKey } = incoming;
  const first = idempotencyKey === null ? undefined : batch.leadByKey({ source: routable.source, idempotencyKey });
  if (first) {
    if (Buffer.compare(first.lead.payloadHash, incoming.payloadHash) === 0) return { ...first, repeated: true };
    return new Refusal(
      'IDEMPOTENCY_MISMATCH',
      `The idempotency key "${idempotencyKey}" was used before for another payload. Send the same payload, or a new key.`,
    );
  }
  const { configuration } = batch.memory;
  if (configuration.plan === null) return noPlan();
  const decision = decide(routable, configuration, batch);
  const { accountKey: _, ...fields } = routable;
  const lead: Lead = {
    workspaceId: batch.workspaceId,
    id: incoming.id,
    status: 'ASSIGNED',
    idempotencyKey,
    payloadHash: incoming.payloadHash,
    payload: incoming.payload as Lead['payload'],
    submittedBy: incoming.submittedBy,
    ...fields,
    attributes: fields.attributes as Lead['attributes'],
    message: incoming.message,
    accountId: decision.account?.id ?? null,
    capturedAt: incoming.capturedAt ?? incoming.receivedAt,
    receivedAt: incoming.receivedAt,
    firstContactAt: null,
    closedAt: null,
  };
  batch.insertLead(lead);
  const assignment = carryOut(batch, lead, decision, { reason: null, assignedBy: null });
  batch.emit({
    kind: 'lead.assigned',
    repId: assignment.repId,
    leadId: lead.id,
    assignmentId: assignment.id,
    data: { method: assignment.method, stepKey: assignment.stepKey, reason: summaryOf(batch, decision) },
  });
  return { lead, assignment, repeated: false };
}

const noPlan = (): Refusal =>
  new Refusal('NO_PLAN', 'No plan is published, so nobody could own the lead. Publish a plan, then submit again.');

const summaryOf = (batch: Batch, decision: Decision): string => decisionSummary(decision, batch.memory.configuration);

function carryOut(
  batch: Batch,
  lead: Lead,
  decision: Decision,
  by: Pick<Assignment, 'reason' | 'assignedBy'>,
): Assignment {
  if (decision.rotation !== null && decision.poolId !== null) batch.setRotation(decision.poolId, decision.rotation);
  const { repId, method, stepKey, poolId, territoryId, planVersion, value } = decision;
  return batch.assign(
    lead,
    { repId, method, stepKey, poolId, territoryId, planVersion, value, ...by },
    storeDecision(decision, summaryOf(batch, decision)),
  );
}

/** Who would get the lead now. Moves nothing. */
export const preview = (lead: RoutableLead): Operation<{ decision: Decision; summary: string }> => ({
  ...NOTHING,
  apply: (batch) => {
    if (batch.memory.configuration.plan === null) throw noPlan();
    const decision = decide(lead, batch.memory.configuration, batch);
    return { decision, summary: summaryOf(batch, decision) };
  },
});

/** A stored lead as routing sees it. */
const toRoutable = (lead: Lead): RoutableLead => ({
  ...lead,
  attributes: lead.attributes as RoutableLead['attributes'],
  accountKey: null,
});

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
 * Gives an open lead to a rep by hand, beyond capacity if need be. To the present owner it changes nothing.
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
    if (rep.status === 'LEFT') throw new Refusal('REP_LEFT', `${rep.name} has left and can own nothing.`);
    if (former.lead.email !== null && former.lead.email === rep.email) {
      throw new Refusal('OWNER_EQUALS_LEAD', `The lead carries ${rep.name}’s own address.`);
    }
    if (former.assignment.repId === repId) return former;

    const value = former.assignment.value;
    const counts = pool?.countManual === true && pool.members.some((member) => member.repId === repId);
    const earners = counts ? earnersOf(pool, toRoutable(former.lead), configuration, batch) : [];
    const rotation = counts ? charge(pool.strategy, earners, batch.rotation(pool.id), repId, value) : null;
    const state = batch.rep(repId);
    const limit = rep.capacity ?? configuration.defaultCapacity;
    batch.end(former);
    const decision: Decision = {
      repId,
      method: 'MANUAL',
      planVersion: configuration.plan?.version ?? 0,
      stepKey: null,
      poolId: pool?.id ?? null,
      territoryId: former.assignment.territoryId,
      account: null,
      beyondCapacity: state.load + 1 > limit,
      value,
      rotation,
      steps: [],
    };
    const assignment = carryOut(batch, former.lead, decision, { reason, assignedBy: by });
    const formerRep = configuration.reps.byId.get(former.assignment.repId);
    batch.emit({
      kind: 'lead.unassigned',
      repId: former.assignment.repId,
      leadId,
      assignmentId: former.assignment.id,
      data: { to: rep.key, method: 'MANUAL', reason },
    });
    batch.emit({
      kind: 'lead.reassigned',
      repId,
      leadId,
      assignmentId: assignment.id,
      data: { from: formerRep?.key ?? null, method: 'MANUAL', reason },
    });
    return { lead: former.lead, assignment };
  },
});

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
    const at = input.at ?? batch.now;
    const activity: Activity = { workspaceId: batch.workspaceId, id: v7(), leadId, repId, kind, note, at };
    batch.insertActivity(activity);
    let lead = before;
    if (isContact(kind)) {
      if (assignment.repId === repId && assignment.firstContactAt === null) {
        // A call made before the lead changed hands answers at once.
        batch.updateAssignment(leadId, { firstContactAt: at < assignment.assignedAt ? assignment.assignedAt : at });
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

/** Moves a lead along. Closing it frees its owner's capacity, opening it again takes it back. */
export const updateLeadStatus = (leadId: string, status: Exclude<LeadStatus, 'NEW'>): Operation<Lead> => ({
  ...NOTHING,
  leadIds: [leadId],
  apply: (batch) => {
    const { lead: before, assignment } = batch.lead(leadId);
    if (before.status === status) return before;
    const closedAt = isOpen(status) ? null : (before.closedAt ?? batch.now);
    const lead = batch.updateLead(leadId, { status, closedAt });
    batch.emit({
      kind: 'lead.updated',
      repId: assignment.repId,
      leadId,
      assignmentId: assignment.id,
      data: { from: before.status, to: status },
    });
    return lead;
  },
});

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
