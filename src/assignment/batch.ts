import { v7 } from 'uuid';
import type { Activity, Assignment, Deadline, Lead, QueuedLead } from '../db/generated/client.ts';
import type { Absence } from '../domain/availability.ts';
import type { Exclusion, RoutingState } from '../domain/decide.ts';
import { Refusal } from '../domain/errors.ts';
import { isOpen } from '../domain/lead.ts';
import { EMPTY_ROTATION, type Rotation } from '../domain/rotation.ts';
import { type Holding, NEW_STANDING, withAssignment, withLead, withoutLead } from '../domain/standing.ts';
import type { EventKind, NewEvent } from '../events/kinds.ts';
import type { KnownPresence } from './attendance.ts';
import type { PersonKeys } from './loadLeads.ts';
import type { Memory, QueueCount, RepState } from './memory.ts';
import type { StoredDecision } from './storedDecision.ts';

export interface LeadKey {
  readonly source: string;
  readonly idempotencyKey: string;
}

/** A lead with its present assignment, as read under the lane or made in this batch. */
export interface OwnedLead {
  readonly lead: Lead;
  readonly assignment: Assignment;
  /** Behind the assignment; null where no operation asked for the lead itself. */
  readonly decision: StoredDecision | null;
  /** When the person's first lead came in. */
  readonly firstReceivedAt: Date;
  /** Its place in a queue; null for one that does not wait. */
  readonly queued: QueuedLead | null;
  /** Who had it before, and how they were rid of it; known where an operation asked for the lead itself. */
  readonly formerOwners: readonly FormerOwner[];
}

export interface FormerOwner {
  readonly repId: string;
  readonly why: Exclusion;
}

/** What was read under the lane for the operations of a batch. */
export interface Loaded {
  readonly leads: readonly OwnedLead[];
  /** Deadlines that are due, the earliest first. */
  readonly due: readonly Deadline[];
  /** Places in queues that operations asked for, those to be served first in front; their leads are among `leads`. */
  readonly waiting: readonly QueuedLead[];
}

/** An event as it is stored. */
export interface EventRow {
  readonly number: number;
  readonly kind: EventKind;
  readonly at: Date;
  readonly repId: string | null;
  readonly previous: number;
  readonly leadId: string | null;
  readonly assignmentId: string | null;
  readonly data: object;
}

/** What is to be written of leads. */
export interface Writes {
  readonly insertedLeads: Lead[];
  readonly updatedLeads: Map<string, Lead>;
  readonly insertedAssignments: Assignment[];
  readonly updatedAssignments: Map<string, Assignment>;
  readonly decisions: { readonly assignmentId: string; readonly data: StoredDecision }[];
  readonly activities: Activity[];
  readonly events: EventRow[];
  /** By lead; null for one that waits no longer. */
  readonly queued: Map<string, QueuedLead | null>;
  /** By kind and subject; null for one that is cancelled. */
  readonly deadlines: Map<string, Pick<Deadline, 'kind' | 'subjectId'> & { readonly row: Deadline | null }>;
}

const newWrites = (): Writes => ({
  insertedLeads: [],
  updatedLeads: new Map(),
  insertedAssignments: [],
  updatedAssignments: new Map(),
  decisions: [],
  activities: [],
  events: [],
  queued: new Map(),
  deadlines: new Map(),
});

const addTo = (sets: Map<string, Set<string>>, name: string, id: string): void => {
  sets.set(name, (sets.get(name) ?? new Set()).add(id));
};

/** What an assignment takes up of its owner's limits. */
export const holdingOf = ({
  cost,
  classes,
  poolId,
  method,
  queueId,
}: Pick<Assignment, 'cost' | 'classes' | 'poolId' | 'method' | 'queueId'>): Holding => ({
  cost,
  classes,
  poolId,
  claimedFrom: method === 'CLAIM' ? queueId : null,
});

/** Why an owner is not to get the lead again. */
export const exclusionOf = ({ offerStatus }: Pick<Assignment, 'offerStatus'>): Exclusion =>
  offerStatus === 'DECLINED' || offerStatus === 'TIMED_OUT' ? offerStatus : 'ALREADY_HAD';

const NEW_STATE: RepState = { ...NEW_STANDING, lastEvent: 0 };

const keyOf = (key: LeadKey): string => `${key.source}\u0000${key.idempotencyKey}`;

/**
 * The operations of one transaction work on this: what was read under the lane's lock, and what is to be written. An
 * operation that refuses must do so before it changes anything here.
 */
export class Batch implements RoutingState {
  readonly workspaceId: string;
  /** The moment of this batch: all its rows carry it. */
  readonly now: Date;
  readonly memory: Memory;
  /** What has been handed over to be written, in portions. */
  readonly #handedOver: Writes[] = [];
  #writes = newWrites();
  /** Whose state has changed: it is written once, at the end, as it is then. */
  readonly changed = {
    reps: new Set<string>(),
    rotations: new Set<string>(),
    presences: new Set<string>(),
    queues: new Set<string>(),
  } as const;
  readonly #due: Deadline[];
  /** Deadlines that it has taken. */
  readonly fired: Deadline[] = [];
  readonly #waiting: readonly QueuedLead[];
  #freed = false;
  readonly #byKey = new Map<string, OwnedLead>();
  readonly #byId = new Map<string, OwnedLead>();
  /** Ids of leads by `personKey` and by phone. */
  readonly #byPerson = new Map<string, Set<string>>();
  /** Ids of leads by that of the person's first lead. */
  readonly #byFirst = new Map<string, Set<string>>();

  constructor(workspaceId: string, memory: Memory, now: Date, { leads, due, waiting }: Loaded) {
    this.workspaceId = workspaceId;
    this.memory = memory;
    this.now = now;
    this.#due = [...due];
    this.#waiting = waiting;
    for (const owned of leads) this.#remember(owned);
  }

  /** What is to be written beside what has been handed over. */
  get writes(): Writes {
    return this.#writes;
  }

  /** Hands over what is to be written so far; what comes later may change it again. */
  takeWrites(): Writes {
    const writes = this.#writes;
    this.#handedOver.push(writes);
    this.#writes = newWrites();
    return writes;
  }

  /** Everything of a kind that the batch writes, in order. */
  all<Name extends 'insertedLeads' | 'insertedAssignments' | 'decisions' | 'activities' | 'events'>(
    name: Name,
  ): readonly Writes[Name][number][] {
    return [...this.#handedOver, this.#writes].flatMap((writes): readonly Writes[Name][number][] => writes[name]);
  }

  /** Deadlines that are due and that no operation of this batch has taken yet. */
  takeDue(): readonly Deadline[] {
    const due = this.#due.splice(0);
    this.fired.push(...due);
    return due;
  }

  /** The leads that wait in these queues, as far as they were read, those to be served first in front. */
  waitingIn(queueIds: ReadonlySet<string>): readonly QueuedLead[] {
    return this.#waiting.filter(({ queueId, leadId }) => queueIds.has(queueId) && this.lead(leadId).queued !== null);
  }

  /** Whether somebody may have room now, or be there, who was not before it was last asked. */
  takeFreed(): boolean {
    const freed = this.#freed;
    this.#freed = false;
    return freed;
  }

  absences(repId: string, at: number): readonly Absence[] {
    return this.memory.attendance.absences(repId, at, this.memory.configuration);
  }

  setPresence(repId: string, presence: KnownPresence): void {
    this.memory.attendance.set(repId, presence);
    this.changed.presences.add(repId);
    this.#freed = true;
  }

  queue(queueId: string): QueueCount {
    return this.memory.queues.get(queueId) ?? { someone: 0, claim: 0 };
  }

  /** Gives a lead a place in a queue, or changes it. */
  enqueue(place: QueuedLead): void {
    const owned = this.lead(place.leadId);
    if (owned.queued) {
      this.#countQueued(owned.queued, -1);
      // In another place others may take it.
      this.#freed = true;
    }
    this.#countQueued(place, 1);
    this.writes.queued.set(place.leadId, place);
    this.#remember({ ...owned, queued: place });
  }

  #dequeue(owned: OwnedLead): OwnedLead {
    if (!owned.queued) return owned;
    this.#countQueued(owned.queued, -1);
    this.writes.queued.set(owned.lead.id, null);
    this.cancelDeadline('QUEUE', owned.assignment.id);
    return { ...owned, queued: null };
  }

  #countQueued({ queueId, waitsFor }: QueuedLead, change: 1 | -1): void {
    const { someone, claim } = this.queue(queueId);
    this.memory.queues.set(queueId, {
      someone: someone + (waitsFor === 'SOMEONE' ? change : 0),
      claim: claim + (waitsFor === 'CLAIM' ? change : 0),
    });
    this.changed.queues.add(queueId);
  }

  setDeadline(row: Omit<Deadline, 'workspaceId'>): void {
    const { kind, subjectId } = row;
    const deadline = { ...row, workspaceId: this.workspaceId };
    this.writes.deadlines.set(`${kind}/${subjectId}`, { kind, subjectId, row: deadline });
  }

  cancelDeadline(kind: Deadline['kind'], subjectId: string): void {
    this.writes.deadlines.set(`${kind}/${subjectId}`, { kind, subjectId, row: null });
  }

  #remember(owned: OwnedLead): void {
    const { lead } = owned;
    this.#byId.set(lead.id, owned);
    if (lead.idempotencyKey !== null) {
      this.#byKey.set(keyOf({ source: lead.source, idempotencyKey: lead.idempotencyKey }), owned);
    }
    for (const name of [lead.personKey, lead.phone]) {
      if (name !== null) addTo(this.#byPerson, name, lead.id);
    }
    addTo(this.#byFirst, lead.firstLeadId ?? lead.id, lead.id);
  }

  /** Open leads that have the same `personKey` or phone, in the database or earlier in this batch. */
  openLeadsOf({ personKey, phone }: PersonKeys): OwnedLead[] {
    const ids = new Set(
      [personKey, phone].flatMap((name) => (name === null ? [] : [...(this.#byPerson.get(name) ?? [])])),
    );
    return [...ids].map((id) => this.lead(id)).filter(({ lead }) => isOpen(lead.status));
  }

  /** The other open leads of the same person that have the same owner: they move together. */
  companionsOf({ lead, assignment }: OwnedLead): OwnedLead[] {
    const ids = this.#byFirst.get(lead.firstLeadId ?? lead.id) ?? [];
    return [...ids]
      .filter((id) => id !== lead.id)
      .map((id) => this.lead(id))
      .filter((other) => isOpen(other.lead.status) && other.assignment.repId === assignment.repId);
  }

  /** The lead a key was used for before, in the database or earlier in this batch. */
  leadByKey(key: LeadKey): OwnedLead | undefined {
    return this.#byKey.get(keyOf(key));
  }

  hasLead(id: string): boolean {
    return this.#byId.has(id);
  }

  /** @throws Refusal NOT_FOUND */
  lead(id: string): OwnedLead {
    const owned = this.#byId.get(id);
    if (!owned) throw new Refusal('NOT_FOUND', 'There is no such lead.');
    return owned;
  }

  rep(repId: string): RepState {
    return this.memory.reps.get(repId) ?? NEW_STATE;
  }

  #setRep(repId: string, state: RepState): void {
    this.memory.reps.set(repId, state);
    this.changed.reps.add(repId);
  }

  rotation(id: string): Rotation {
    return this.memory.rotations.get(id) ?? EMPTY_ROTATION;
  }

  setRotation(id: string, rotation: Rotation): void {
    this.memory.rotations.set(id, rotation);
    this.changed.rotations.add(id);
  }

  insertLead(lead: Lead): void {
    this.writes.insertedLeads.push(lead);
  }

  /**
   * Gives a lead to a rep: numbers the assignment, counts the load and keeps the decision.
   * The lead must have been inserted in this batch, or its former assignment ended.
   */
  assign(
    lead: Lead,
    assignment: Omit<
      Assignment,
      | 'workspaceId'
      | 'id'
      | 'number'
      | 'leadId'
      | 'turnReturned'
      | 'assignedAt'
      | 'offerReason'
      | 'acknowledgedAt'
      | 'firstContactAt'
      | 'endedAt'
    >,
    decision: StoredDecision,
    { firstReceivedAt, formerOwners }: Pick<OwnedLead, 'firstReceivedAt' | 'formerOwners'>,
  ): Assignment {
    const { counters, configuration } = this.memory;
    const number = ++counters.lastAssignment;
    const row: Assignment = {
      workspaceId: this.workspaceId,
      id: v7(),
      number: BigInt(number),
      leadId: lead.id,
      ...assignment,
      turnReturned: false,
      offerReason: null,
      assignedAt: this.now,
      acknowledgedAt: null,
      firstContactAt: null,
      endedAt: null,
    };
    this.writes.insertedAssignments.push(row);
    this.writes.decisions.push({ assignmentId: row.id, data: decision });
    const moments = configuration.settings.momentsOf(row.repId);
    const state = this.rep(row.repId);
    const held = isOpen(lead.status) ? withLead(state, holdingOf(row)) : state;
    const isReceived = row.planVersion !== null && row.method !== 'QUEUE';
    this.#setRep(row.repId, {
      ...state,
      ...(isReceived ? withAssignment(held, number, this.now.getTime(), moments) : held),
    });
    this.#remember({ lead, assignment: row, decision, firstReceivedAt, queued: null, formerOwners });
    return row;
  }

  /**
   * Ends the present assignment of an open lead, with what was due in it; a new one must follow in the same operation.
   * @returns who has had the lead so far
   */
  end(owned: OwnedLead): readonly FormerOwner[] {
    const { assignment } = owned;
    this.#updateAssignment(this.#dequeue(owned), {
      ...assignment,
      endedAt: this.now,
      offerStatus: assignment.offerStatus === 'OPEN' ? 'WITHDRAWN' : assignment.offerStatus,
      slaStatus: assignment.slaStatus === 'DUE' ? null : assignment.slaStatus,
    });
    this.#stopClocks(assignment);
    this.#hold(assignment, false);
    // Who only answered for it while it waited may be given it.
    if (assignment.method === 'QUEUE') return owned.formerOwners;
    return [...owned.formerOwners, { repId: assignment.repId, why: exclusionOf(assignment) }];
  }

  /** Cancels what is due in an assignment. */
  #stopClocks({ id, slaStatus, offerStatus }: Assignment): void {
    if (slaStatus !== null) this.cancelDeadline('SLA', id);
    if (offerStatus !== null) this.cancelDeadline('OFFER', id);
  }

  /** Changes fields of a lead; opening and closing it moves its owner's load. */
  updateLead(id: string, changes: Partial<Lead>): Lead {
    const owned = this.lead(id);
    const lead = { ...owned.lead, ...changes };
    const inserted = this.writes.insertedLeads.indexOf(owned.lead);
    if (inserted >= 0) this.writes.insertedLeads[inserted] = lead;
    else this.writes.updatedLeads.set(id, lead);
    const wasOpen = isOpen(owned.lead.status);
    const isClosed = wasOpen && !isOpen(lead.status);
    if (wasOpen !== isOpen(lead.status)) this.#hold(owned.assignment, !wasOpen);
    if (isClosed) this.#stopClocks(owned.assignment);
    this.#remember({ ...(isClosed ? this.#dequeue(owned) : owned), lead });
    return lead;
  }

  updateAssignment(leadId: string, changes: Partial<Assignment>): Assignment {
    const owned = this.lead(leadId);
    return this.#updateAssignment(owned, { ...owned.assignment, ...changes });
  }

  #updateAssignment(owned: OwnedLead, assignment: Assignment): Assignment {
    const inserted = this.writes.insertedAssignments.indexOf(owned.assignment);
    if (inserted >= 0) this.writes.insertedAssignments[inserted] = assignment;
    else this.writes.updatedAssignments.set(assignment.id, assignment);
    this.#remember({ ...owned, assignment });
    return assignment;
  }

  /** Lets an owner have one open lead more or less. */
  #hold(assignment: Assignment, more: boolean): void {
    const state = this.rep(assignment.repId);
    if (!more) this.#freed = true;
    this.#setRep(assignment.repId, { ...state, ...(more ? withLead : withoutLead)(state, holdingOf(assignment)) });
  }

  insertActivity(activity: Activity): void {
    this.writes.activities.push(activity);
  }

  /** Appends to the workspace's stream and, where a rep is named, to that rep's feed. */
  emit(event: NewEvent): void {
    const number = ++this.memory.counters.lastEvent;
    let previous = 0;
    if (event.repId !== null) {
      const state = this.rep(event.repId);
      previous = state.lastEvent;
      this.#setRep(event.repId, { ...state, lastEvent: number });
    }
    this.writes.events.push({ ...event, number, previous, at: this.now });
  }

  /** Whether nothing was and is to be written: a batch of retries and previews. */
  get isEmpty(): boolean {
    return (
      this.#handedOver.length === 0 &&
      Object.values(this.#writes).every((rows) => (Array.isArray(rows) ? rows.length : rows.size) === 0) &&
      Object.values(this.changed).every(({ size }) => size === 0)
    );
  }
}
