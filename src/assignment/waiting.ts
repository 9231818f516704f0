import type { Assignment, Lead, QueuedLead } from '../db/generated/client.ts';
import type { Queue } from '../domain/configuration.ts';
import type { Decision } from '../domain/decision.ts';
import type { CompiledPool, RoutingConfiguration } from '../domain/routingConfiguration.ts';
import type { Batch, OwnedLead } from './batch.ts';

/*
 * Places in queues: how a lead gets one, when that is looked at again, and who hears of it.
 */

/** Members of a queue's pool who hear of what comes and goes; all see it in `queue`. */
const MEMBERS_TOLD = 100;

/** Gives a lead that was just assigned to whoever answers for a queue its place there. */
export function enqueue(
  batch: Batch,
  lead: Pick<Lead, 'id' | 'priority' | 'capturedAt'>,
  assignment: Assignment,
  { id: queueId, waitsFor }: NonNullable<Decision['queue']>,
): void {
  const queue = batch.memory.configuration.queues.byId.get(queueId) as Queue;
  const { someone, claim } = batch.queue(queueId);
  const { overflow } = queue;
  const overflowed = overflow?.length != null && someone + claim >= overflow.length;
  const now = batch.now.getTime();
  const dueAt = new Date(now + queue.deadlineSeconds * 1_000);
  const place: QueuedLead = {
    workspaceId: batch.workspaceId,
    leadId: lead.id,
    queueId,
    assignmentId: assignment.id,
    waitsFor,
    priority: lead.priority + (overflowed ? (overflow?.raisePriority ?? 0) : 0),
    capturedAt: lead.capturedAt,
    queuedAt: batch.now,
    dueAt,
    overflowed,
  };
  batch.enqueue(place);
  const waitSeconds = overflowed ? null : (overflow?.waitSeconds ?? null);
  const overflowsAt = waitSeconds === null ? null : now + waitSeconds * 1_000;
  const isBefore = overflowsAt !== null && overflowsAt < dueAt.getTime();
  setQueueDeadline(batch, place, isBefore ? new Date(overflowsAt) : dueAt);
}

export const setQueueDeadline = (batch: Batch, { assignmentId, leadId }: QueuedLead, dueAt: Date): void =>
  batch.setDeadline({ kind: 'QUEUE', subjectId: assignmentId, leadId, repId: null, dueAt, data: {} });

/** The owner who answers for it and the members of the queue hear that a lead waits. */
export function tellQueued(batch: Batch, leadId: string, reason: string): void {
  const { assignment, queued } = batch.lead(leadId);
  if (!queued) return;
  const { configuration } = batch.memory;
  const queue = configuration.queues.byId.get(queued.queueId);
  const { waitsFor, priority, dueAt } = queued;
  const data = { queue: queue?.key ?? null, waitsFor, priority, dueAt, reason };
  const told = new Set([assignment.repId, ...membersOf(queue, queued, configuration)]);
  for (const repId of told) batch.emit({ kind: 'lead.queued', repId, leadId, assignmentId: assignment.id, data });
}

export const tellAssigned = (batch: Batch, assignment: Assignment, reason: string): void => {
  const { id: assignmentId, repId, leadId, method, stepKey } = assignment;
  const data = { method, stepKey, reason, ...offerIn(assignment) };
  batch.emit({ kind: 'lead.assigned', repId, leadId, assignmentId, data });
};

/** Until when the owner is to accept, for who is told of the assignment. */
export const offerIn = ({ offerUntil }: Pick<Assignment, 'offerUntil'>): { readonly offerUntil?: Date } =>
  offerUntil === null ? {} : { offerUntil };

/** The pools whose members may take what waits: the queue's own, and a wider one for what has overflowed. */
export function poolsOf(
  queue: Queue | undefined,
  { overflowed }: Pick<QueuedLead, 'overflowed'>,
  { pools }: RoutingConfiguration,
): CompiledPool[] {
  const wider = overflowed ? pools.byKey.get(queue?.overflow?.widenTo ?? '') : undefined;
  return [pools.byId.get(queue?.poolId ?? ''), wider].filter((pool) => pool !== undefined);
}

export const membersOf = (
  queue: Queue | undefined,
  queued: Pick<QueuedLead, 'overflowed'>,
  configuration: RoutingConfiguration,
): string[] =>
  poolsOf(queue, queued, configuration)
    .flatMap(({ members }) => members.map(({ repId }) => repId))
    .slice(0, MEMBERS_TOLD);

/**
 * The members hear that a lead waits no longer.
 *
 * @param owned as it was while it waited
 * @param assignment of whoever has it now; null where it was closed
 */
export function tellTaken(batch: Batch, owned: OwnedLead, assignment: Assignment | null): void {
  const { lead, queued } = owned;
  if (!queued) return;
  const { configuration } = batch.memory;
  const queue = configuration.queues.byId.get(queued.queueId);
  const to = configuration.reps.byId.get(assignment?.repId ?? '')?.key ?? null;
  const data = { queue: queue?.key ?? null, to, method: assignment?.method ?? null };
  const members = new Set(membersOf(queue, queued, configuration));
  members.delete(assignment?.repId ?? '');
  const assignmentId = (assignment ?? owned.assignment).id;
  for (const repId of members) batch.emit({ kind: 'lead.claimed', repId, leadId: lead.id, assignmentId, data });
}
