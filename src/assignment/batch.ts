import { v7 } from 'uuid';
import type { Activity, Assignment, Lead } from '../db/generated/client.ts';
import type { RoutingState } from '../domain/decide.ts';
import { Refusal } from '../domain/errors.ts';
import { isOpen } from '../domain/lead.ts';
import type { Rotation } from '../domain/rotation.ts';
import type { EventKind, NewEvent } from '../events/kinds.ts';
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
  }

  /** The lead a key was used for before, in the database or earlier in this batch. */
  leadByKey(key: LeadKey): OwnedLead | undefined {
    return this.#byKey.get(keyOf(key));
  }

  /** @throws Refusal NOT_FOUND */
  lead(id: string): OwnedLead {
    const owned = this.#byId.get(id);
    if (!owned) throw new Refusal('NOT_FOUND', 'There is no such lead.');
    return owned;
  }

  rep(repId: string): RepState {
    let state = this.memory.reps.get(repId);
    if (!state) {
      state = { load: 0, lastAssignment: 0, lastEvent: 0 };
      this.memory.reps.set(repId, state);
    }
    return state;
  }

  rotation(poolId: string): Rotation {
    const rotation = this.memory.rotations.get(poolId);
    if (!rotation) throw new Error(`pool ${poolId} has no rotation`);
    return rotation;
  }

  setRotation(poolId: string, rotation: Rotation): void {
    this.memory.rotations.set(poolId, rotation);
    this.writes.rotations.add(poolId);
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
    assignment: Pick<
      Assignment,
      'repId' | 'method' | 'stepKey' | 'poolId' | 'territoryId' | 'planVersion' | 'value' | 'reason' | 'assignedBy'
    >,
    decision: StoredDecision,
  ): Assignment {
    const { counters } = this.memory;
    const number = ++counters.lastAssignment;
    const row: Assignment = {
      workspaceId: this.workspaceId,
      id: v7(),
      number: BigInt(number),
      leadId: lead.id,
      ...assignment,
      assignedAt: this.now,
      acknowledgedAt: null,
      firstContactAt: null,
      endedAt: null,
    };
    this.writes.insertedAssignments.push(row);
    this.writes.decisions.push({ assignmentId: row.id, data: decision });
    const state = this.rep(row.repId);
    state.lastAssignment = number;
    state.load += 1;
    this.writes.reps.add(row.repId);
    this.#remember({ lead, assignment: row });
    return row;
  }

  /** Ends the present assignment of an open lead; a new one must follow in the same operation. */
  end(owned: OwnedLead): void {
    this.#updateAssignment(owned, { ...owned.assignment, endedAt: this.now });
    this.#addLoad(owned.assignment.repId, -1);
  }

  /** Changes fields of a lead; opening and closing it moves its owner's load. */
  updateLead(id: string, changes: Partial<Lead>): Lead {
    const owned = this.lead(id);
    const lead = { ...owned.lead, ...changes };
    const inserted = this.writes.insertedLeads.indexOf(owned.lead);
    if (inserted >= 0) this.writes.insertedLeads[inserted] = lead;
    else this.writes.updatedLeads.set(id, lead);
    const wasOpen = isOpen(owned.lead.status);
    if (wasOpen !== isOpen(lead.status)) this.#addLoad(owned.assignment.repId, wasOpen ? -1 : 1);
    this.#remember({ lead, assignment: owned.assignment });
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
    this.#remember({ lead: owned.lead, assignment });
    return assignment;
  }

  #addLoad(repId: string, leads: number): void {
    this.rep(repId).load += leads;
    this.writes.reps.add(repId);
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
      state.lastEvent = number;
      this.writes.reps.add(event.repId);
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
      writes.activities.length === 0
    );
  }
}
