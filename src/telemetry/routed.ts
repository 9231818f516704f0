import type { Commit } from '../assignment/lane.ts';
import type { StoredDecision } from '../assignment/storedDecision.ts';
import type { Assignment, Lead } from '../db/generated/client.ts';
import { REASONS, STEP_CODES } from '../domain/decision.ts';
import { isContact } from '../domain/lead.ts';

/*
 * What a commit tells of leads, as the metrics of the API count it.
 */

/** Leads of a commit that have their first owner by it, through the plan; who only answers for one that waits is none. */
export function firstGiven({
  batch,
}: Pick<Commit, 'batch'>): { readonly lead: Lead; readonly assignment: Assignment }[] {
  const fresh = new Set(batch.all('insertedLeads').map(({ id }) => id));
  const given = new Map<string, { lead: Lead; assignment: Assignment }>();
  for (const assignment of batch.all('insertedAssignments')) {
    const { leadId, method, planVersion } = assignment;
    if (method === 'QUEUE' || planVersion === null || given.has(leadId)) continue;
    const { lead, formerOwners } = batch.lead(leadId);
    if (fresh.has(leadId) || formerOwners.length === 0) given.set(leadId, { lead, assignment });
  }
  return [...given.values()];
}

/** Leads that had their first contact by a commit. */
export function firstAnswered({ batch }: Pick<Commit, 'batch'>): Lead[] {
  const answered = new Map<string, Lead>();
  for (const { leadId, kind, at } of batch.all('activities')) {
    const { lead } = batch.lead(leadId);
    // The same object: of several contacts at the same moment the first has set it.
    if (isContact(kind) && lead.firstContactAt === at) answered.set(leadId, lead);
  }
  return [...answered.values()];
}

/** NO_STEP: no step of the plan matched. OTHER: an older decision, of which that is not known. */
export const FALLBACK_REASONS = ['NO_STEP', 'OTHER', ...STEP_CODES, ...REASONS] as const;
export type FallbackReason = (typeof FALLBACK_REASONS)[number];

/** Why a lead came to the last resort: why the last step that matched had nobody, or what passed over most of its reps. */
export function fallbackReason({ steps }: Pick<StoredDecision, 'steps'>): FallbackReason {
  const step = steps.findLast(({ stepKey }) => stepKey !== null);
  if (!step) return 'NO_STEP';
  const attempt = step.attempts.at(-1);
  if (!attempt) return 'OTHER';
  if (attempt.code !== null) return attempt.code;
  const counts = new Map(Object.entries(attempt.omitted ?? {}));
  for (const [, reason] of attempt.considered) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const countOf = (reason: FallbackReason): number => counts.get(reason) ?? 0;
  return FALLBACK_REASONS.reduce((most, reason) => (countOf(reason) > countOf(most) ? reason : most), 'OTHER');
}
