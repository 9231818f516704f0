import { v7 } from 'uuid';
import type { Activity, Assignment, Lead } from '../db/generated/client.ts';
import type { RoutingState } from '../domain/decide.ts';
import { Refusal } from '../domain/errors.ts';
import { isOpen } from '../domain/lead.ts';
import { EMPTY_ROTATION, type Rotation } from '../domain/rotation.ts';
import { type Holding, NEW_STANDING, withAssignment, withLead, withoutLead } from '../domain/standing.ts';
import type { EventKind, NewEvent } from '../events/kinds.ts';
import type { PersonKeys } from './loadLeads.ts';
import type { Memory, RepState } from './memory.ts';
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

/** What the batch will write, in one go, when all its operations have been applied. */
export interface Writes {
  readonly insertedLeads: Lead[];
  readonly updatedLeads: Map<string, Lead>;
  readonly insertedAssignments: Assignment[];
  readonly updatedAssignments: Map<string, Assignment>;
  readonly decisions: { readonly assignmentId: string; readonly data: StoredDecision }[];
  readonly activities: Activity[];
  readonly events: EventRow[];
  readonly reps: Set<string>;
  readonly rotations: Set<string>;
}

const addTo = (sets: Map<string, Set<string>>, name: string, id: string): void => {
  sets.set(name, (sets.get(name) ?? new Set()).add(id));
};

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
  readonly writes: Writes = {
    insertedLeads: [],
    updatedLeads: new Map(),
    insertedAssignments: [],
    updatedAssignments: new Map(),
    decisions: [],
    activities: [],
    events: [],
    reps: new Set(),
    rotations: new Set(),
  };
  readonly #byKey = new Map<string, OwnedLead>();
  readonly #byId = new Map<string, OwnedLead>();
  /** Ids of leads by `personKey` and by phone. */
  readonly #byPerson = new Map<string, Set<string>>();
  /** Ids of leads by that of the person's first lead. */
  readonly #byFirst = new Map<string, Set<string>>();

  constructor(workspaceId: string, memory: Memory, now: Date, loaded: readonly OwnedLead[]) {
    this.workspaceId = workspaceId;
    this.memory = memory;
    this.now = now;
    for (const owned of loaded) this.#remember(owned);
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
    this.writes.reps.add(repId);
  }

  rotation(id: string): Rotation {
    return this.memory.rotations.get(id) ?? EMPTY_ROTATION;
  }

  setRotation(id: string, rotation: Rotation): void {
    this.memory.rotations.set(id, rotation);
    this.writes.rotations.add(id);
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
      | 'acknowledgedAt'
      | 'firstContactAt'
      | 'endedAt'
    >,
    decision: StoredDecision,
    firstReceivedAt: Date,
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
      assignedAt: this.now,
      acknowledgedAt: null,
      firstContactAt: null,
      endedAt: null,
    };
    this.writes.insertedAssignments.push(row);
    this.writes.decisions.push({ assignmentId: row.id, data: decision });
    const moments = configuration.settings.momentsOf(row.repId);
    const state = this.rep(row.repId);
    const held = isOpen(lead.status) ? withLead(state, row) : state;
    const isReceived = row.planVersion !== null;
    this.#setRep(row.repId, {
      ...state,
      ...(isReceived ? withAssignment(held, number, this.now.getTime(), moments) : held),
    });
    this.#remember({ lead, assignment: row, decision, firstReceivedAt });
    return row;
  }

  /** Ends the present assignment of an open lead; a new one must follow in the same operation. */
  end(owned: OwnedLead): void {
    this.#updateAssignment(owned, { ...owned.assignment, endedAt: this.now });
    this.#hold(owned.assignment, false);
  }

  /** Changes fields of a lead; opening and closing it moves its owner's load. */
  updateLead(id: string, changes: Partial<Lead>): Lead {
    const owned = this.lead(id);
    const lead = { ...owned.lead, ...changes };
    const inserted = this.writes.insertedLeads.indexOf(owned.lead);
    if (inserted >= 0) this.writes.insertedLeads[inserted] = lead;
    else this.writes.updatedLeads.set(id, lead);
    const wasOpen = isOpen(owned.lead.status);
    if (wasOpen !== isOpen(lead.status)) this.#hold(owned.assignment, !wasOpen);
    this.#remember({ ...owned, lead });
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
  #hold(assignment: Holding & { readonly repId: string }, more: boolean): void {
    const state = this.rep(assignment.repId);
    this.#setRep(assignment.repId, { ...state, ...(more ? withLead : withoutLead)(state, assignment) });
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

  /** Whether nothing is to be written: a batch of retries and previews. */
  get isEmpty(): boolean {
    const { writes } = this;
    return (
      writes.events.length === 0 &&
      writes.insertedLeads.length === 0 &&
      writes.updatedLeads.size === 0 &&
      writes.insertedAssignments.length === 0 &&
      writes.updatedAssignments.size === 0 &&
      writes.activities.length === 0 &&
      writes.rotations.size === 0
    );
  }
}
