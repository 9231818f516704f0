import { v7 } from 'uuid';
import type { Activity, Assignment, Lead } from '../db/generated/client.ts';
import { normalizeCompanyName } from '../domain/accounts.ts';
import type { Rep } from '../domain/configuration.ts';
import { decide, decideWithoutStep, earnersOf, type RoutingState } from '../domain/decide.ts';
import type { Decision, Method, Turned } from '../domain/decision.ts';
import { decisionSummary } from '../domain/decisionSummary.ts';
import { InvalidInput, type Issue, Refusal } from '../domain/errors.ts';
import { type ActivityKind, isContact, isOpen, type LeadStatus, type RoutableLead } from '../domain/lead.ts';
import { returnTurn } from '../domain/returnedTurns.ts';
import { charge, effectiveWeight } from '../domain/rotation.ts';
import { namesIn, planOfPool, type RoutingConfiguration } from '../domain/routingConfiguration.ts';
import { type KnownLead, personKey, samePerson } from '../domain/samePerson.ts';
import { accountOwner, type Settled, settleLead } from '../domain/settleLead.ts';
import { type Standing, withoutLead } from '../domain/standing.ts';
import type { Batch, OwnedLead } from './batch.ts';
import type { Operation } from './lane.ts';
import { type DecidedBy, readDecision, type StoredDecision, storeDecision } from './storedDecision.ts';

const NOTHING = { size: 1, keys: [], leadIds: [], people: [] } as const;

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
  const known = knownLeadOf(batch, settled.lead);
  const { action } = configuration.settings.samePerson;
  if (known && action === 'REJECT') return duplicateLead();
  if (known?.mayKeep && action === 'ROUTE_TO_OWNER') return joinOwner(batch, incoming, settled, known);

  const decision = decide(settled.lead, configuration, batch, { at: batch.now.getTime() });
  const lead = insertLead(batch, incoming, settled, decision, known);
  const firstReceivedAt = known?.owned.firstReceivedAt ?? lead.receivedAt;
  const assignment = carryOut(batch, lead, decision, { reason: null, assignedBy: null }, firstReceivedAt);
  const summary = summaryOf(batch, decision);
  batch.emit({
    kind: 'lead.assigned',
    repId: assignment.repId,
    leadId: lead.id,
    assignmentId: assignment.id,
    data: { method: assignment.method, stepKey: assignment.stepKey, reason: summary },
  });
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

/** The person's open lead whose owner gets this one too; null where it is routed. @throws Refusal DUPLICATE_LEAD */
function keeperOf(batch: Batch, lead: RoutableLead): Known | null {
  const known = knownLeadOf(batch, lead);
  const { action } = batch.memory.configuration.settings.samePerson;
  if (known && action === 'REJECT') throw duplicateLead();
  return known?.mayKeep && action === 'ROUTE_TO_OWNER' ? known : null;
}

const duplicateLead = (): Refusal =>
  new Refusal('DUPLICATE_LEAD', 'This person has an open lead already. Nothing was stored.');

/** Nobody owns a lead after having left, or one with their own address. */
const canOwn = (rep: Rep | undefined, { email }: Pick<RoutableLead, 'email'>): boolean =>
  rep !== undefined && rep.status !== 'LEFT' && rep.email !== email;

/** An assignment that no step makes, as the batch stands. */
const withoutStep = (batch: Batch, lead: RoutableLead, made: Parameters<typeof decideWithoutStep>[4]): Decision =>
  decideWithoutStep(lead, batch.memory.configuration, batch, { at: batch.now.getTime() }, made);

/** The same person again: the owner keeps the person, and hears of it as of a change. No turn is taken. */
function joinOwner(batch: Batch, incoming: IncomingLead, settled: Settled, known: Known): Submitted {
  const { repId } = known.owned.assignment;
  const decision = withoutStep(batch, settled.lead, { repId, method: 'DUPLICATE' });
  const lead = insertLead(batch, incoming, settled, decision, known);
  const by = { reason: null, assignedBy: null };
  const assignment = carryOut(batch, lead, decision, by, known.owned.firstReceivedAt, { duplicateOf: known.id });
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
  carryOut(batch, lead, decision, { reason: 'Brought in', assignedBy: incoming.submittedBy }, lead.receivedAt);
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

const noPlan = (): Refusal =>
  new Refusal('NO_PLAN', 'No plan is published, so nobody could own the lead. Publish a plan, then submit again.');

const repLeft = ({ name }: Rep): Refusal => new Refusal('REP_LEFT', `${name} has left and can own nothing.`);

const ownAddress = ({ name }: Rep): Refusal =>
  new Refusal('OWNER_EQUALS_LEAD', `The lead carries ${name}’s own address.`);

const summaryOf = (batch: Batch, decision: Decision): string =>
  decisionSummary(decision, namesIn(batch.memory.configuration));

const decidedBy = ({ memory: { counters, configuration } }: Batch): DecidedBy => ({
  configVersion: counters.configVersion,
  settings: configuration.settings,
});

function carryOut(
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

/** Who would get the lead now. Moves nothing. */
export const preview = ({ routable, derived: before }: TriedLead): Operation<Previewed> => ({
  ...NOTHING,
  people: peopleOf(routable),
  apply: (batch) => {
    const { configuration } = batch.memory;
    if (configuration.plan === null) throw noPlan();
    const { lead, derived, issues } = settleLead(routable, configuration, before);
    if (issues.length > 0) throw new InvalidInput(issues);
    const at = batch.now.getTime();
    const keeper = keeperOf(batch, lead);
    return {
      decision: keeper
        ? withoutStep(batch, lead, { repId: keeper.owned.assignment.repId, method: 'DUPLICATE' })
        : decide(lead, configuration, batch, { at }),
      basis: { lead, derived, at, configuration: async () => (keeper ? null : configuration) },
    };
  },
});

/** A stored lead as routing sees it. */
export const toRoutable = (lead: Lead): RoutableLead => ({
  ...lead,
  attributes: lead.attributes as RoutableLead['attributes'],
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
 * Gives an open lead to a rep by hand, beyond capacity if need be; the person's other open leads go with it. To the
 * present owner it changes nothing.
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
    if (rep.status === 'LEFT') throw repLeft(rep);
    if (former.lead.email === rep.email) throw ownAddress(rep);
    if (former.assignment.repId === repId) return former;

    const companions = batch.companionsOf(former).filter(({ lead }) => canOwn(rep, lead));
    const routable = toRoutable(former.lead);
    const at = batch.now.getTime();
    const value = pool?.valueOf(routable, at) ?? 1;
    const counts = pool?.countManual === true && pool.members.some((member) => member.repId === repId);
    const turns: Turned[] = [];
    if (counts) {
      const { rotationId, rotation, eligible } = earnersOf(pool, routable, configuration, batch, { at });
      const charged = charge(pool.strategy, eligible, rotation, repId, value);
      const listed = eligible.map(({ id, weight }) => ({ id, weight: effectiveWeight(pool.strategy, weight) }));
      const earners = { listed, others: { count: 0, weight: 0 } };
      turns.push({ rotationId, rotation: charged, paidBy: repId, value, earners });
    }
    const poolOf = { poolId: pool?.id ?? null, territoryId: former.assignment.territoryId };
    const method = 'MANUAL';
    handOver(batch, former, withoutStep(batch, routable, { repId, method, ...poolOf, value, turns }), { reason, by });
    for (const companion of companions) {
      const { territoryId } = companion.assignment;
      const decision = withoutStep(batch, toRoutable(companion.lead), { repId, method, territoryId });
      handOver(batch, companion, decision, { reason, by });
    }
    return batch.lead(leadId);
  },
});

/** Ends an assignment and begins the next one; both reps hear of it. */
function handOver(
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

/** Where leads are moved to: a rep, a pool's rotation, or wherever the plan says. */
export type Destination =
  | { readonly kind: 'PLAN' }
  | { readonly kind: 'REP'; readonly repId: string }
  | { readonly kind: 'POOL'; readonly poolId: string };

export interface Move {
  readonly leadIds: readonly string[];
  readonly destination: Destination;
  readonly method: Extract<Method, 'REASSIGNMENT' | 'OFFBOARDING'>;
  /** Only leads that these reps own; null for any owner. */
  readonly from: ReadonlySet<string> | null;
  /** Whether the present owner may get it again. */
  readonly mayStay: boolean;
  readonly reason: string;
  readonly by: string;
}

/** What became of one lead that was to be moved. */
export interface Moved {
  readonly leadId: string;
  readonly fromId: string;
  /** The same as `fromId` where it stayed. */
  readonly toId: string;
  readonly method: Method;
  readonly stepKey: string | null;
}

/**
 * Gives open leads new owners, in order, each as if it came alone; one person's leads move together. Leads that have
 * been closed or have changed hands meanwhile are left alone.
 */
export const moveLeads = (move: Move): Operation<Moved[]> => ({
  ...NOTHING,
  size: move.leadIds.length,
  leadIds: move.leadIds,
  apply: (batch) => {
    const moved = new Map<string, Moved>();
    for (const leadId of move.leadIds) {
      if (moved.has(leadId) || !batch.hasLead(leadId)) continue;
      const former = batch.lead(leadId);
      const { repId: fromId } = former.assignment;
      if (!isOpen(former.lead.status) || (move.from !== null && !move.from.has(fromId))) continue;
      const companions = batch.companionsOf(former);
      const decision = decideMove(batch, former, companions, move);
      const { repId: toId, method, stepKey } = decision;
      const told = { fromId, toId, method, stepKey };
      const to = batch.memory.configuration.reps.byId.get(toId);
      const along = companions.filter(({ lead }) => canOwn(to, lead));
      for (const { lead } of [former, ...along]) moved.set(lead.id, { leadId: lead.id, ...told });
      if (toId === fromId) {
        // A lead that stays takes its turn all the same, or who has the most leads of a pool would keep all of them.
        for (const { rotationId, rotation } of decision.turns) batch.setRotation(rotationId, rotation);
        continue;
      }
      handOver(batch, former, decision, move, {
        ...(move.mayStay ? {} : { exclude: [fromId] }),
        ...(move.destination.kind === 'POOL' ? { movedTo: move.destination.poolId } : {}),
      });
      for (const companion of along) {
        const routable = toRoutable(companion.lead);
        handOver(batch, companion, withoutStep(batch, routable, { repId: toId, method }), move);
      }
    }
    return [...moved.values()];
  },
});

/**
 * Who gets a lead that is moved; nothing is carried out yet. Who cannot own it, being gone or the lead's own person, does
 * not get it: it stays.
 */
function decideMove(
  batch: Batch,
  former: OwnedLead,
  companions: readonly OwnedLead[],
  { destination, method, mayStay }: Pick<Move, 'destination' | 'method' | 'mayStay'>,
): Decision {
  const { lead, assignment } = former;
  const { configuration } = batch.memory;
  const routable = toRoutable(lead);
  if (destination.kind === 'REP') {
    const mayOwn = canOwn(configuration.reps.byId.get(destination.repId), lead);
    return withoutStep(batch, routable, { repId: mayOwn ? destination.repId : assignment.repId, method });
  }
  const exclude: ReadonlySet<string> = new Set(mayStay ? [] : [assignment.repId]);
  const plan = destination.kind === 'PLAN' ? configuration.plan : planOfPool(configuration, destination.poolId);
  if (plan === null) throw noPlan();
  const state = without(batch, [former, ...companions]);
  const decision = decide(routable, { ...configuration, plan }, state, { at: batch.now.getTime(), exclude });
  return { ...decision, method };
}

/** The state as if leads of one owner were gone: what they take up must not keep them from staying. */
const without = (batch: Batch, leads: readonly OwnedLead[]): RoutingState => ({
  rep: (repId) =>
    leads.reduce<Standing>(
      (standing, { assignment }) => (assignment.repId === repId ? withoutLead(standing, assignment) : standing),
      batch.rep(repId),
    ),
  rotation: (id) => batch.rotation(id),
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

/**
 * Moves a lead along. Closing it frees its owner's capacity, opening it again takes it back; a disqualified one gives
 * its turn back, and takes it again when it turns out to be none. One that is opened again whose owner has left is decided
 * again.
 * @throws Refusal NOT_FOUND, NO_PLAN
 */
export const updateLeadStatus = (leadId: string, status: Exclude<LeadStatus, 'NEW'>): Operation<Lead> => ({
  ...NOTHING,
  leadIds: [leadId],
  apply: (batch) => {
    const { lead: before, assignment } = batch.lead(leadId);
    if (before.status === status) return before;
    const { reps, plan } = batch.memory.configuration;
    const isOrphan = isOpen(status) && !isOpen(before.status) && !canOwn(reps.byId.get(assignment.repId), before);
    if (isOrphan && plan === null) throw noPlan();
    const closedAt = isOpen(status) ? null : (before.closedAt ?? batch.now);
    const lead = batch.updateLead(leadId, { status, closedAt });
    if ((before.status === 'DISQUALIFIED') !== (status === 'DISQUALIFIED')) returnTurns(batch, batch.lead(leadId));
    batch.emit({
      kind: 'lead.updated',
      repId: assignment.repId,
      leadId,
      assignmentId: assignment.id,
      data: { from: before.status, to: status },
    });
    if (isOrphan) {
      const again = { destination: { kind: 'PLAN' }, method: 'REASSIGNMENT', mayStay: false } as const;
      const decision = decideMove(batch, batch.lead(leadId), [], again);
      const by = { reason: 'Opened again after its owner had left', by: 'plan' };
      handOver(batch, batch.lead(leadId), decision, by, { exclude: [assignment.repId] });
    }
    return lead;
  },
});

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
