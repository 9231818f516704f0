import type { Assignment, Lead } from '../db/generated/client.ts';
import type { Rep } from '../domain/configuration.ts';
import { decideWithoutStep, earnersOf } from '../domain/decide.ts';
import type { Decision, Turned } from '../domain/decision.ts';
import { decisionSummary } from '../domain/decisionSummary.ts';
import { Refusal } from '../domain/errors.ts';
import { isOpen, type RoutableLead } from '../domain/lead.ts';
import { charge, effectiveWeight } from '../domain/rotation.ts';
import { type CompiledPool, namesIn } from '../domain/routingConfiguration.ts';
import { type Ladder, ladderOf } from '../domain/sla.ts';
import type { EventKind } from '../events/kinds.ts';
import type { Batch, OwnedLead } from './batch.ts';
import { type DecidedBy, type KeptCircumstances, storeDecision } from './storedDecision.ts';
import { enqueue, offerIn, tellQueued, tellTaken } from './waiting.ts';

/*
 * What all operations that give leads to reps have in common.
 */

/** What an operation has to see that looks at no lead. */
export const NOTHING = { size: 1, keys: [], leadIds: [], people: [], due: null, waiting: [] } as const;

/** Nobody owns a lead after having left, or one with their own address. */
export const canOwn = (rep: Rep | undefined, { email }: Pick<RoutableLead, 'email'>): boolean =>
  rep !== undefined && rep.status !== 'LEFT' && rep.email !== email;

/** An assignment that no step makes, as the batch stands. */
export const withoutStep = (
  batch: Batch,
  lead: RoutableLead,
  made: Parameters<typeof decideWithoutStep>[4],
): Decision => decideWithoutStep(lead, batch.memory.configuration, batch, { at: batch.now.getTime() }, made);

export const noPlan = (): Refusal =>
  new Refusal('NO_PLAN', 'No plan is published, so nobody could own the lead. Publish a plan, then submit again.');

export const repLeft = ({ name }: Rep): Refusal => new Refusal('REP_LEFT', `${name} has left and can own nothing.`);

export const ownAddress = ({ name }: Rep): Refusal =>
  new Refusal('OWNER_EQUALS_LEAD', `The lead carries ${name}’s own address.`);

export const summaryOf = (batch: Batch, decision: Decision): string =>
  decisionSummary(decision, namesIn(batch.memory.configuration));

const decidedBy = (batch: Batch): DecidedBy => {
  const { counters, configuration } = batch.memory;
  const at = batch.now.getTime();
  return {
    configVersion: counters.configVersion,
    settings: configuration.settings,
    absences: (repId) => batch.absences(repId, at),
  };
};

/** How an assignment comes to be, beside the decision. */
export interface Made extends Pick<Assignment, 'reason' | 'assignedBy'> {
  /** The queue it was claimed from. */
  readonly queueId?: string;
}

/** Gives a lead to whom the decision says, with the clocks that begin to run by it. */
export function carryOut(
  batch: Batch,
  lead: Lead,
  decision: Decision,
  made: Made,
  past: Pick<OwnedLead, 'firstReceivedAt' | 'formerOwners'>,
  circumstances: KeptCircumstances = {},
): Assignment {
  for (const { rotationId, rotation } of decision.turns) batch.setRotation(rotationId, rotation);
  const { repId, method, stepKey, poolId, territoryId, planVersion, value, cost, classes, queue } = decision;
  // What waits, for itself or beside another one, takes no place and has no clock of its owner's.
  const isRunning = isOpen(lead.status) && cost > 0 && planVersion !== null;
  const sla = isRunning ? ladderFor(batch, toRoutable(lead), repId) : null;
  const offerUntil =
    decision.offerSeconds === null ? null : new Date(batch.now.getTime() + decision.offerSeconds * 1_000);
  const assignment = batch.assign(
    lead,
    {
      ...{ repId, method, stepKey, poolId, territoryId, planVersion, value, cost, classes: [...classes] },
      reason: made.reason,
      assignedBy: made.assignedBy,
      queueId: queue?.id ?? made.queueId ?? null,
      offerUntil,
      offerStatus: offerUntil === null ? null : 'OPEN',
      slaPolicy: sla?.key ?? null,
      slaDueAt: sla && new Date(sla.ladder.dueAt),
      slaStatus: sla && 'DUE',
    },
    storeDecision(decision, decidedBy(batch), circumstances),
    past,
  );
  if (sla) startLadder(batch, assignment, sla.ladder);
  if (offerUntil !== null) {
    const { id: subjectId, leadId } = assignment;
    batch.setDeadline({ kind: 'OFFER', subjectId, leadId, repId, dueAt: offerUntil, data: {} });
  }
  if (queue !== null) enqueue(batch, lead, assignment, queue);
  return assignment;
}

/** The ladder of the policy for a lead; null where there is none. */
function ladderFor(
  batch: Batch,
  lead: RoutableLead,
  repId: string,
): { readonly key: string; readonly ladder: Ladder } | null {
  const { sla, hours } = batch.memory.configuration;
  const at = batch.now.getTime();
  const policy = sla.policyOf(lead, at);
  const ladder = policy && ladderOf(policy, hours.get(repId) ?? null, at);
  return policy && ladder && { key: policy.key, ladder };
}

/** What is kept of a ladder: all of it, since the policy may change and the deadline does not. */
export interface KeptLadder extends Ladder {
  /** The rung that is next. */
  readonly next: number;
}

export function startLadder(batch: Batch, { id, leadId, repId }: Assignment, ladder: Ladder, next = 0): void {
  const dueAt = new Date(ladder.dueAts[next] as number);
  const data = { ...ladder, next } satisfies KeptLadder;
  batch.setDeadline({ kind: 'SLA', subjectId: id, leadId, repId, dueAt, data: { ...data } as object as never });
}

/** Lets the clock run again for a lead that was closed before anybody was in contact. */
export function restartLadder(batch: Batch, leadId: string): void {
  const { lead, assignment } = batch.lead(leadId);
  if (assignment.method === 'QUEUE' || assignment.firstContactAt !== null || assignment.planVersion === null) return;
  const sla = ladderFor(batch, toRoutable(lead), assignment.repId);
  if (sla === null) return;
  const slaDueAt = new Date(sla.ladder.dueAt);
  const started = batch.updateAssignment(leadId, { slaPolicy: sla.key, slaDueAt, slaStatus: 'DUE' });
  startLadder(batch, started, sla.ladder);
}

/** The turn that an assignment past the rotation counts as in a pool; none where it does not count there. */
export function turnsFor(
  batch: Batch,
  pool: CompiledPool | undefined,
  lead: RoutableLead,
  repId: string,
): { readonly value: number; readonly turns: readonly Turned[] } {
  const { configuration } = batch.memory;
  const at = batch.now.getTime();
  const value = pool?.valueOf(lead, at) ?? 1;
  if (!pool?.countManual || !pool.members.some((member) => member.repId === repId)) return { value, turns: [] };
  const { rotationId, rotation, eligible } = earnersOf(pool, lead, configuration, batch, { at });
  const charged = charge(pool.strategy, eligible, rotation, repId, value);
  const listed = eligible.map(({ id, weight }) => ({ id, weight: effectiveWeight(pool.strategy, weight) }));
  const earners = { listed, others: { count: 0, weight: 0 } };
  return { value, turns: [{ rotationId, rotation: charged, paidBy: repId, value, earners }] };
}

/** A stored lead as routing sees it. */
export const toRoutable = (lead: Lead): RoutableLead => ({
  ...lead,
  attributes: lead.attributes as RoutableLead['attributes'],
});

/** Ends an assignment and begins the next one; both reps hear of it. Into a queue, its members do too. */
export function handOver(
  batch: Batch,
  former: OwnedLead,
  decision: Decision,
  { reason, by, queueId }: { readonly reason: string; readonly by: string; readonly queueId?: string },
  circumstances: KeptCircumstances = {},
  kind: EventKind = 'lead.reassigned',
): Assignment {
  const { reps } = batch.memory.configuration;
  const { id: leadId } = former.lead;
  const { repId, method } = decision;
  const formerOwners = batch.end(former);
  const made = { reason, assignedBy: by, ...(queueId === undefined ? {} : { queueId }) };
  const past = { firstReceivedAt: former.firstReceivedAt, formerOwners };
  const assignment = carryOut(batch, former.lead, decision, made, past, circumstances);
  const from = reps.byId.get(former.assignment.repId)?.key ?? null;
  const to = reps.byId.get(repId)?.key ?? null;
  batch.emit({
    kind: 'lead.unassigned',
    repId: former.assignment.repId,
    leadId,
    assignmentId: former.assignment.id,
    data: { to, method, reason },
  });
  if (decision.queue !== null) tellQueued(batch, leadId, reason);
  else {
    const data = { from, method, reason, ...offerIn(assignment) };
    batch.emit({ kind, repId, leadId, assignmentId: assignment.id, data });
    tellTaken(batch, former, assignment);
  }
  return assignment;
}

/** The person's other open leads go along with one that has a new owner. */
export function takeAlong(
  batch: Batch,
  companions: readonly OwnedLead[],
  { repId, method }: Pick<Decision, 'repId' | 'method'>,
  by: { readonly reason: string; readonly by: string },
): void {
  const rep = batch.memory.configuration.reps.byId.get(repId);
  for (const companion of companions) {
    if (!canOwn(rep, companion.lead)) continue;
    const { territoryId } = companion.assignment;
    handOver(batch, companion, withoutStep(batch, toRoutable(companion.lead), { repId, method, territoryId }), by);
  }
}
