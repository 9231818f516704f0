import type { Assignment, Lead } from '../db/generated/client.ts';
import type { Rep } from '../domain/configuration.ts';
import { decideWithoutStep } from '../domain/decide.ts';
import type { Decision } from '../domain/decision.ts';
import { decisionSummary } from '../domain/decisionSummary.ts';
import { Refusal } from '../domain/errors.ts';
import type { RoutableLead } from '../domain/lead.ts';
import { namesIn } from '../domain/routingConfiguration.ts';
import type { Batch, OwnedLead } from './batch.ts';
import { type DecidedBy, type StoredDecision, storeDecision } from './storedDecision.ts';

/*
 * What all operations that give leads to reps have in common.
 */

/** What an operation has to see that looks at no lead. */
export const NOTHING = { size: 1, keys: [], leadIds: [], people: [] } as const;

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

const decidedBy = ({ memory: { counters, configuration } }: Batch): DecidedBy => ({
  configVersion: counters.configVersion,
  settings: configuration.settings,
});

export function carryOut(
  batch: Batch,
  lead: Lead,
  decision: Decision,
  by: Pick<Assignment, 'reason' | 'assignedBy'>,
  firstReceivedAt: Date,
  circumstances: Pick<StoredDecision, 'duplicateOf' | 'exclude' | 'movedTo'> = {},
): Assignment {
  for (const { rotationId, rotation } of decision.turns) batch.setRotation(rotationId, rotation);
  const { repId, method, stepKey, poolId, territoryId, planVersion, value, cost, classes } = decision;
  return batch.assign(
    lead,
    { repId, method, stepKey, poolId, territoryId, planVersion, value, cost, classes: [...classes], ...by },
    storeDecision(decision, decidedBy(batch), circumstances),
    firstReceivedAt,
  );
}

/** A stored lead as routing sees it. */
export const toRoutable = (lead: Lead): RoutableLead => ({
  ...lead,
  attributes: lead.attributes as RoutableLead['attributes'],
});

/** Ends an assignment and begins the next one; both reps hear of it. */
export function handOver(
  batch: Batch,
  former: OwnedLead,
  decision: Decision,
  { reason, by }: { readonly reason: string; readonly by: string },
  circumstances: Pick<StoredDecision, 'exclude' | 'movedTo'> = {},
): void {
  const { reps } = batch.memory.configuration;
  const { id: leadId } = former.lead;
  const { repId, method } = decision;
  batch.end(former);
  const assignment = carryOut(
    batch,
    former.lead,
    decision,
    { reason, assignedBy: by },
    former.firstReceivedAt,
    circumstances,
  );
  const from = reps.byId.get(former.assignment.repId)?.key ?? null;
  const to = reps.byId.get(repId)?.key ?? null;
  batch.emit({
    kind: 'lead.unassigned',
    repId: former.assignment.repId,
    leadId,
    assignmentId: former.assignment.id,
    data: { to, method, reason },
  });
  batch.emit({
    kind: 'lead.reassigned',
    repId,
    leadId,
    assignmentId: assignment.id,
    data: { from, method, reason },
  });
}
