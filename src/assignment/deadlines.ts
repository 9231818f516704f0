import type { Deadline } from '../db/generated/client.ts';
import { escalate } from '../domain/decide.ts';
import type { Decision } from '../domain/decision.ts';
import { isOpen } from '../domain/lead.ts';
import type { Rung } from '../domain/sla.ts';
import type { Batch, OwnedLead } from './batch.ts';
import {
  handOver,
  type KeptLadder,
  NOTHING,
  startLadder,
  summaryOf,
  takeAlong,
  toRoutable,
  turnsFor,
} from './carryOut.ts';
import { setStatus } from './changeLead.ts';
import type { Operation } from './lane.ts';
import { without } from './moveLeads.ts';
import { moveOn } from './offers.ts';
import { queueDue } from './queues.ts';
import { keepExclusions } from './storedDecision.ts';

/*
 * What is due, carried out under the lane: each deadline is looked at again there, so one that has become pointless, or
 * that another server was quicker with, does nothing.
 */

/** Fired in one transaction, so that new leads come in between. */
export const FIRED_AT_ONCE = 250;

/**
 * Carries out what is due at a moment.
 *
 * @param now by the clock that all servers share
 * @param subjectId only those of this one
 * @returns how many deadlines there were: as many as FIRED_AT_ONCE means that there may be more
 */
export const fireDue = (now: Date, subjectId: string | null = null): Operation<number> => ({
  ...NOTHING,
  size: FIRED_AT_ONCE,
  due: { now, limit: FIRED_AT_ONCE, subjectId },
  apply: (batch) => {
    const due = batch.takeDue();
    for (const deadline of due) fire(batch, deadline, now);
    return due.length;
  },
});

function fire(batch: Batch, deadline: Deadline, now: Date): void {
  const { kind, subjectId, leadId } = deadline;
  const owned = leadId !== null && batch.hasLead(leadId) ? batch.lead(leadId) : null;
  // An earlier one of this batch may have moved the lead on.
  if (!owned || owned.assignment.id !== subjectId || !isOpen(owned.lead.status)) {
    batch.cancelDeadline(kind, subjectId);
  } else if (kind === 'SLA') {
    climb(batch, owned, deadline.data as unknown as KeptLadder, now);
  } else if (kind === 'QUEUE') {
    queueDue(batch, owned, deadline.dueAt);
  } else if (owned.assignment.offerStatus === 'OPEN') {
    moveOn(batch, owned, 'TIMED_OUT', null);
  } else batch.cancelDeadline(kind, subjectId);
}

/** Reaches all rungs that are due, one after the other, and waits for the next. */
function climb(batch: Batch, { assignment, lead }: OwnedLead, ladder: KeptLadder, now: Date): void {
  const { rungs, dueAts, dueRung } = ladder;
  let { next } = ladder;
  for (; next < rungs.length && (dueAts[next] as number) <= now.getTime(); next += 1) {
    if (next === dueRung) batch.updateAssignment(lead.id, { slaStatus: 'FAILED' });
    reach(batch, batch.lead(lead.id), rungs[next] as Rung, next);
    const current = batch.lead(lead.id);
    if (current.assignment.id !== assignment.id) return;
    if (!isOpen(current.lead.status)) break;
  }
  if (next < rungs.length && isOpen(batch.lead(lead.id).lead.status)) startLadder(batch, assignment, ladder, next);
  else batch.cancelDeadline('SLA', assignment.id);
}

function reach(batch: Batch, owned: OwnedLead, rung: Rung, position: number): void {
  const { lead, assignment } = owned;
  const { repId } = assignment;
  const about = { repId, leadId: lead.id, assignmentId: assignment.id };
  const { channel, afterSeconds } = rung;
  const told = { policy: assignment.slaPolicy, rung: position + 1, afterSeconds, dueAt: assignment.slaDueAt };
  switch (rung.action) {
    case 'REMIND':
      batch.emit({ kind: 'assignment.reminded', ...about, data: { ...told, channel } });
      break;
    case 'SET_STATUS':
      if (rung.status !== null) setStatus(batch, lead.id, rung.status);
      break;
    case 'PAUSE_REP':
      pause(batch, repId, rung, assignment.slaPolicy ?? '');
      break;
    case 'REASSIGN':
      escalateLead(batch, owned, rung, told);
      break;
  }
}

function pause(batch: Batch, repId: string, { pauseSeconds }: Rung, policy: string): void {
  const presence = batch.memory.attendance.presence(repId);
  const until = pauseSeconds === null ? null : batch.now.getTime() + pauseSeconds * 1_000;
  // A pause that lasts longer is not cut short.
  const lasts = presence.pause && (presence.pause.until ?? Number.POSITIVE_INFINITY);
  if (lasts !== null && lasts >= (until ?? Number.POSITIVE_INFINITY)) return;
  batch.setPresence(repId, { ...presence, pause: { until, by: `sla:${policy}` } });
  const data = { to: 'PAUSED', until: until === null ? null : new Date(until), by: `sla:${policy}` };
  batch.emit({ kind: 'rep.availability', repId, leadId: null, assignmentId: null, data });
}

/** Gives a lead upon which its owner has not acted to the next; where nobody is left who has not had it, it stays. */
function escalateLead(batch: Batch, owned: OwnedLead, { backupFirst }: Rung, told: object): void {
  const { lead, assignment, formerOwners } = owned;
  const { configuration } = batch.memory;
  const about = { leadId: lead.id, assignmentId: assignment.id };
  const exclude = new Map(formerOwners.map(({ repId, why }) => [repId, why]));
  exclude.set(assignment.repId, 'ALREADY_HAD');
  const { stepKey, poolId, repId: ownerId } = assignment;
  const escalation = { stepKey, poolId, ownerId, backupFirst };
  const circumstances = { at: batch.now.getTime(), exclude };
  const state = without(batch, [owned]);
  const decision = escalate(toRoutable(lead), configuration, state, circumstances, escalation);
  const to = configuration.reps.byId.get(decision?.repId ?? '')?.key ?? null;
  batch.emit({ kind: 'assignment.escalated', repId: assignment.repId, ...about, data: { ...told, to } });
  if (decision === null) {
    const data = { alert: 'ESCALATION_EXHAUSTED', ...told };
    batch.emit({ kind: 'alert.raised', repId: assignment.repId, ...about, data });
    return;
  }
  const by = { reason: summaryOf(batch, decision), by: `sla:${assignment.slaPolicy ?? ''}` };
  const kept = { ...keepExclusions(exclude), escalation };
  const companions = batch.companionsOf(owned);
  handOver(batch, owned, counted(batch, owned, decision), by, kept);
  takeAlong(batch, companions, decision, by);
}

/** Who got it past the rotation pays in the pool that routed it, where it counts such leads. */
function counted(batch: Batch, { lead, assignment }: OwnedLead, decision: Decision): Decision {
  if (decision.turns.length > 0) return decision;
  const pool = batch.memory.configuration.pools.byId.get(assignment.poolId ?? '');
  const turned = turnsFor(batch, pool, toRoutable(lead), decision.repId);
  return turned.turns.length === 0 ? decision : { ...decision, ...turned };
}
