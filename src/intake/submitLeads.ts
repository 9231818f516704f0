import { v7 } from 'uuid';
import type { Lanes } from '../assignment/lanes.ts';
import { previewVersion } from '../assignment/simulatePlan.ts';
import { type IncomingLead, type Previewed, preview, type Submitted, submit } from '../assignment/submit.ts';
import type { Principal } from '../auth/principal.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { isUnavailable } from '../db/errors.ts';
import { type ErrorCode, InvalidInput, Refusal } from '../domain/errors.ts';
import { contentHash, issuesOf, LIMITS, type ParsedLead, parseLead } from './leadInput.ts';
import { line } from './text.ts';

/** One lead as a caller sends it. */
export interface Submission {
  readonly lead: object;
  readonly idempotencyKey?: string | null | undefined;
}

export type SubmitOutcome = Submitted | Refusal;

const idempotencyKeySchema = line(200)
  .nullish()
  .transform((key) => key ?? null);

export interface Intake {
  readonly lanes: Lanes;
  readonly clock: Clock;
  /** Told what became of each lead, for who counts. */
  readonly received?: (outcome: Received) => void;
}

/** Stored, answered before under the same idempotency key, or why it was not stored. */
export type Received = 'STORED' | 'REPEATED' | 'UNAVAILABLE' | ErrorCode;

/**
 * Gives each lead an owner, in order: bulk equals single. Each has its own outcome; one that is refused leaves nothing
 * behind and hinders no other.
 *
 * @throws InvalidInput for more than 500 leads; Unavailable
 */
export async function submitLeads(
  intake: Intake,
  principal: Principal,
  submissions: readonly Submission[],
  path: readonly (string | number)[] = ['leads'],
): Promise<SubmitOutcome[]> {
  if (submissions.length > LIMITS.leads) {
    throw new InvalidInput([
      { path: [...path], message: `has ${submissions.length} leads; ${LIMITS.leads} are the most in one call` },
    ]);
  }
  const receivedAt = intake.clock.now();
  const parsed = submissions.map((submission, index) =>
    parseSubmission(submission, principal, receivedAt, [...path, index]),
  );
  return Promise.all(parsed.map((lead) => receive(intake, principal, lead)));
}

/** One lead. @throws Refusal, Unavailable */
export async function submitLead(intake: Intake, principal: Principal, submission: Submission): Promise<Submitted> {
  const lead = parseSubmission(submission, principal, intake.clock.now(), []);
  const outcome = await receive(intake, principal, lead);
  if (outcome instanceof Refusal) throw outcome;
  return outcome;
}

/** Puts a lead in line, unless it was refused already. */
async function receive(
  { lanes, received }: Intake,
  { workspaceId }: Principal,
  lead: IncomingLead | Refusal,
): Promise<SubmitOutcome> {
  try {
    const outcome = lead instanceof Refusal ? lead : await lanes.run(workspaceId, submit(lead));
    received?.(outcome instanceof Refusal ? outcome.code : outcome.repeated ? 'REPEATED' : 'STORED');
    return outcome;
  } catch (error) {
    if (isUnavailable(error)) received?.('UNAVAILABLE');
    throw error;
  }
}

/**
 * Who would get the lead now. Moves nothing.
 * @param version of the plan; null for the published one
 * @throws Refusal NOT_FOUND (the version), InvalidInput, Unavailable
 */
export async function previewRouting(
  { lanes, clock }: Intake,
  database: Database,
  { workspaceId, repId }: Principal,
  lead: object,
  version: number | null,
): Promise<Previewed> {
  const now = clock.now();
  const { routable, derived } = parseLead(lead, now, []);
  const tried = { routable: { ...routable, enteredById: repId }, derived };
  if (version !== null) return previewVersion(database, workspaceId, version, tried, now);
  return lanes.run(workspaceId, preview(tried));
}

/** @throws InvalidInput for an owner named by who may not assign */
function withSubmitter(
  parsed: ParsedLead,
  { repId, scopes }: Principal,
  path: readonly (string | number)[],
): ParsedLead {
  if (parsed.broughtIn !== null && !scopes.has('leads:assign')) {
    throw new InvalidInput([{ path: [...path, 'lead', 'ownerKey'], message: 'needs the scope leads:assign' }]);
  }
  return { ...parsed, routable: { ...parsed.routable, enteredById: repId } };
}

function parseSubmission(
  { lead, idempotencyKey }: Submission,
  principal: Principal,
  receivedAt: Date,
  path: readonly (string | number)[],
): IncomingLead | Refusal {
  const key = idempotencyKeySchema.safeParse(idempotencyKey);
  if (!key.success) return new InvalidInput(issuesOf(key.error, [...path, 'idempotencyKey']));
  try {
    return {
      ...withSubmitter(parseLead(lead, receivedAt, [...path, 'lead']), principal, path),
      path: [...path, 'lead'],
      id: v7(),
      idempotencyKey: key.data,
      payloadHash: contentHash(lead),
      payload: lead,
      submittedBy: principal.name,
      receivedAt,
    };
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
