import type { Assignment, Lead } from '../db/generated/client.ts';
import { normalizeCompanyName } from '../domain/accounts.ts';
import { decide } from '../domain/decide.ts';
import type { Decision } from '../domain/decision.ts';
import { InvalidInput, type Issue, Refusal } from '../domain/errors.ts';
import { isOpen, type LeadStatus, type RoutableLead } from '../domain/lead.ts';
import type { RoutingConfiguration } from '../domain/routingConfiguration.ts';
import { type KnownLead, personKey, samePerson } from '../domain/samePerson.ts';
import { accountOwner, type Settled, settleLead } from '../domain/settleLead.ts';
import type { Batch, OwnedLead } from './batch.ts';
import { canOwn, carryOut, NOTHING, noPlan, ownAddress, repLeft, summaryOf, withoutStep } from './carryOut.ts';
import type { Operation } from './lane.ts';
import { tellAssigned, tellQueued } from './waiting.ts';

/** A lead as it came in: validated and normalised, not yet stored. */
export interface IncomingLead {
  readonly id: string;
  readonly routable: RoutableLead;
  /** Fields that were worked out, with what they were worked out of. */
  readonly derived: Readonly<Record<string, string>>;
  /** Its owner and status, where it has them already. */
  readonly broughtIn: { readonly ownerKey: string; readonly status: Exclude<LeadStatus, 'NEW'> } | null;
  /** Where it stands in the caller's input. */
  readonly path: Issue['path'];
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

const keysOf = ({ email, phone }: Pick<RoutableLead, 'email' | 'phone'>) => ({
  personKey: email === null ? null : personKey(email),
  phone,
});

/** By what the person's other leads are found; nothing where nothing is known of the person. */
const peopleOf = (lead: Pick<RoutableLead, 'email' | 'phone'>) => {
  const keys = keysOf(lead);
  return keys.personKey === null && keys.phone === null ? [] : [keys];
};

/**
 * Gives a lead its owner and stores both. One whose key was used before gets the first answer again, or
 * IDEMPOTENCY_MISMATCH for another payload.
 */
export const submit = (incoming: IncomingLead): Operation<Submitted | Refusal> => ({
  ...NOTHING,
  keys:
    incoming.idempotencyKey === null
      ? []
      : [{ source: incoming.routable.source, idempotencyKey: incoming.idempotencyKey }],
  people: peopleOf(incoming.routable),
  apply: (batch) => submitOne(batch, incoming),
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
  const settled = settleLead(routable, configuration, incoming.derived);
  if (settled.issues.length > 0) {
    return new InvalidInput(settled.issues.map((issue) => ({ ...issue, path: [...incoming.path, ...issue.path] })));
  }
  if (incoming.broughtIn !== null) return bringIn(batch, incoming, settled, incoming.broughtIn);
  const { known, becomes } = personOf(batch, settled.lead);
  if (becomes === 'REFUSED') return duplicateLead();
  if (known && becomes === 'JOINED') return joinOwner(batch, incoming, settled, known);

  const decision = decide(settled.lead, configuration, batch, { at: batch.now.getTime() });
  const lead = insertLead(batch, incoming, settled, decision, known);
  const firstReceivedAt = known?.owned.firstReceivedAt ?? lead.receivedAt;
  const past = { firstReceivedAt, formerOwners: [] };
  const assignment = carryOut(batch, lead, decision, { reason: null, assignedBy: null }, past);
  const summary = summaryOf(batch, decision);
  if (decision.queue !== null) tellQueued(batch, lead.id, summary);
  else tellAssigned(batch, assignment, summary);
  tellRelated(batch, settled.lead, lead, assignment, known);
  warnOfFailures(batch, decision);
  return { ...batch.lead(lead.id), repeated: false };
}

/** An open lead of the same person, and what there is to know of it. */
interface Known extends KnownLead {
  readonly owned: OwnedLead;
  /** Whether its owner can own the person's next lead too. */
  readonly mayKeep: boolean;
}

/** The earliest open lead of the same person: of those whose owner can own this one too, or else of all. */
function knownLeadOf(batch: Batch, lead: RoutableLead): Known | null {
  const { reps, settings } = batch.memory.configuration;
  const candidates = batch.openLeadsOf(keysOf(lead)).map(
    (owned): Known => ({
      id: owned.lead.id,
      firstId: owned.lead.firstLeadId ?? owned.lead.id,
      firstReceivedAt: owned.firstReceivedAt.getTime(),
      source: owned.lead.source,
      email: owned.lead.email,
      phone: owned.lead.phone,
      owned,
      mayKeep: canOwn(reps.byId.get(owned.assignment.repId), lead),
    }),
  );
  const earliest = (among: readonly Known[]): Known | null =>
    samePerson(lead, among, settings.samePerson, batch.now.getTime());
  return earliest(candidates.filter(({ mayKeep }) => mayKeep)) ?? earliest(candidates);
}

/** The person's open lead, if there is one, and what becomes of this one. */
function personOf(batch: Batch, lead: RoutableLead): { known: Known | null; becomes: 'ROUTED' | 'JOINED' | 'REFUSED' } {
  const known = knownLeadOf(batch, lead);
  const { action } = batch.memory.configuration.settings.samePerson;
  if (known && action === 'REJECT') return { known, becomes: 'REFUSED' };
  return { known, becomes: known?.mayKeep && action === 'ROUTE_TO_OWNER' ? 'JOINED' : 'ROUTED' };
}

const duplicateLead = (): Refusal =>
  new Refusal('DUPLICATE_LEAD', 'This person has an open lead already. Nothing was stored.');

/** The same person again: the owner keeps the person, and hears of it as of a change. No turn is taken. */
function joinOwner(batch: Batch, incoming: IncomingLead, settled: Settled, known: Known): Submitted {
  const { repId } = known.owned.assignment;
  const joined = withoutStep(batch, settled.lead, { repId, method: 'DUPLICATE' });
  // Beside a lead that waits it takes no place either of whoever answers for both.
  const decision = known.owned.queued === null ? joined : { ...joined, cost: 0, classes: [] };
  const lead = insertLead(batch, incoming, settled, decision, known);
  const by = { reason: null, assignedBy: null };
  const past = { firstReceivedAt: known.owned.firstReceivedAt, formerOwners: [] };
  const assignment = carryOut(batch, lead, decision, by, past, { duplicateOf: known.id });
  batch.emit({
    kind: 'lead.updated',
    repId,
    leadId: lead.id,
    assignmentId: assignment.id,
    data: { samePerson: true, source: lead.source, requestKind: lead.requestKind },
  });
  tellRelated(batch, settled.lead, lead, assignment, null);
  return { ...batch.lead(lead.id), repeated: false };
}

/** A lead that comes with its owner stays so and takes no turn; nobody is told of what has long been theirs. */
function bringIn(
  batch: Batch,
  incoming: IncomingLead,
  settled: Settled,
  { ownerKey, status }: NonNullable<IncomingLead['broughtIn']>,
): Submitted | Refusal {
  const owner = batch.memory.configuration.reps.byKey.get(ownerKey);
  if (!owner) {
    return new InvalidInput([{ path: [...incoming.path, 'ownerKey'], message: `there is no rep "${ownerKey}"` }]);
  }
  // What was closed may be of somebody who has left since.
  if (owner.status === 'LEFT' && isOpen(status)) return repLeft(owner);
  if (owner.email === settled.lead.email) return ownAddress(owner);
  const decision = withoutStep(batch, settled.lead, { repId: owner.id, method: 'MANUAL', planVersion: null });
  const lead = insertLead(batch, incoming, settled, decision, null, status);
  const past = { firstReceivedAt: lead.receivedAt, formerOwners: [] };
  carryOut(batch, lead, decision, { reason: 'Brought in', assignedBy: incoming.submittedBy }, past);
  return { ...batch.lead(lead.id), repeated: false };
}

function insertLead(
  batch: Batch,
  incoming: IncomingLead,
  { lead: settled, derived }: Settled,
  decision: Decision,
  known: Known | null,
  status: LeadStatus = 'ASSIGNED',
): Lead {
  const normalizedCompany = settled.companyName === null ? '' : normalizeCompanyName(settled.companyName);
  const lead: Lead = {
    workspaceId: batch.workspaceId,
    id: incoming.id,
    status,
    idempotencyKey: incoming.idempotencyKey,
    payloadHash: incoming.payloadHash,
    payload: incoming.payload as Lead['payload'],
    submittedBy: incoming.submittedBy,
    ...settled,
    ...keysOf(settled),
    attributes: settled.attributes as Lead['attributes'],
    derived,
    message: incoming.message,
    accountId: decision.account?.id ?? null,
    firstLeadId: known?.firstId ?? null,
    normalizedCompany: normalizedCompany || null,
    capturedAt: incoming.capturedAt ?? incoming.receivedAt,
    receivedAt: incoming.receivedAt,
    firstContactAt: null,
    erasedAt: null,
    personHash: null,
    closedAt: isOpen(status) ? null : batch.now,
  };
  batch.insertLead(lead);
  return lead;
}

/** The account's owner, and the owner of the person's other lead, hear of a lead that went to somebody else. */
function tellRelated(
  batch: Batch,
  routable: RoutableLead,
  lead: Lead,
  assignment: Assignment,
  known: Known | null,
): void {
  const { configuration } = batch.memory;
  const because = new Map<string, string>();
  const owner = accountOwner(routable, configuration);
  if (owner !== null) because.set(owner, 'ACCOUNT_OWNER');
  const last = known && configuration.reps.byId.get(known.owned.assignment.repId);
  if (last && last.status !== 'LEFT') because.set(last.id, 'LAST_OWNER');
  because.delete(assignment.repId);
  const to = configuration.reps.byId.get(assignment.repId)?.key ?? null;
  for (const [repId, why] of because) {
    batch.emit({
      kind: 'lead.related',
      repId,
      leadId: lead.id,
      assignmentId: assignment.id,
      data: { because: why, to },
    });
  }
}

/** A step that failed is told once for each version of the plan, in each process: a warning, and not a flood. */
function warnOfFailures(batch: Batch, { steps, planVersion }: Decision): void {
  for (const { stepKey, attempts } of steps) {
    if (stepKey === null || batch.memory.failedSteps.has(stepKey)) continue;
    if (!attempts.some(({ code }) => code === 'STEP_ERROR')) continue;
    batch.memory.failedSteps.add(stepKey);
    batch.emit({
      kind: 'alert.raised',
      repId: null,
      leadId: null,
      assignmentId: null,
      data: { alert: 'STEP_ERROR', planVersion, stepKey },
    });
  }
}

/** What a decision was made of, as far as it takes to explain it. */
export interface Basis {
  readonly lead: RoutableLead;
  /** Fields of the lead that were worked out, with what they were worked out of. */
  readonly derived: Readonly<Record<string, string>>;
  /** When it was decided, in ms since 1970. */
  readonly at: number;
  /** Null when no plan has decided, or that version of it is no more. */
  configuration(): Promise<RoutingConfiguration | null>;
}

export interface Previewed {
  readonly decision: Decision;
  readonly basis: Basis;
}

/** A lead that is only tried: as it came in, with what was worked out already. */
export type TriedLead = Pick<IncomingLead, 'routable' | 'derived'>;

/** Who would get the lead now. Moves nothing. @throws Refusal NO_PLAN, DUPLICATE_LEAD; InvalidInput (its attributes) */
export const preview = ({ routable, derived: before }: TriedLead): Operation<Previewed> => ({
  ...NOTHING,
  people: peopleOf(routable),
  apply: (batch) => {
    const { configuration } = batch.memory;
    if (configuration.plan === null) throw noPlan();
    const { lead, derived, issues } = settleLead(routable, configuration, before);
    if (issues.length > 0) throw new InvalidInput(issues);
    const at = batch.now.getTime();
    const { known, becomes } = personOf(batch, lead);
    if (becomes === 'REFUSED') throw duplicateLead();
    const basis = { lead, derived, at };
    if (known && becomes === 'JOINED') {
      const decision = withoutStep(batch, lead, { repId: known.owned.assignment.repId, method: 'DUPLICATE' });
      return { decision, basis: { ...basis, configuration: async () => null } };
    }
    const decision = decide(lead, configuration, batch, { at });
    return { decision, basis: { ...basis, configuration: async () => configuration } };
  },
});
