import { ABSENCES } from './availability.ts';
import type { Strategy } from './configuration.ts';
import type { StepKind } from './plan.ts';
import { STEP_KINDS } from './plan.ts';
import type { Earners, Rotation } from './rotation.ts';
import type { Standing } from './standing.ts';

/** How an assignment came about: by a step of this kind, or by what follows it here. */
export const METHODS = [
  ...STEP_KINDS,
  /** The last resort. */
  'FALLBACK',
  /** The same person has an open lead. */
  'DUPLICATE',
  /** Waits in a queue; the rep answers for it and has not received it. */
  'QUEUE',
  'CLAIM',
  'MANUAL',
  'ESCALATION',
  'REASSIGNMENT',
  'OFFBOARDING',
] as const;
export type Method = (typeof METHODS)[number];

/** Why a rep was taken or passed over; one code per kind of reason. */
export const REASONS = [
  'CHOSEN',
  /** Could take the lead, but it was somebody else's turn. */
  'NOT_THEIR_TURN',
  'LOWER_TIER',
  /** Others are preferred for this lead. */
  'NOT_PREFERRED',
  /** Others come first by the step's order. */
  'ORDERED_BEHIND',
  /** Too little credit beside the first: `maxAhead` of the pool. */
  'TOO_FAR_AHEAD',
  'AT_CAPACITY',
  /** Holds as many leads from this pool as they may. */
  'AT_POOL_CAPACITY',
  /** Holds as many leads of this class as they may. */
  'AT_CLASS_LIMIT',
  'RATE_CAPPED',
  ...ABSENCES,
  'LEFT',
  'WEIGHT_ZERO',
  'DOES_NOT_FIT',
  /** The lead carries the rep's own address. */
  'OWNER_EQUALS_LEAD',
  /** The lead is being taken from them. */
  'ALREADY_HAD',
  /** Has declined it, or let the offer pass. */
  'DECLINED',
  'TIMED_OUT',
] as const;
export type Reason = (typeof REASONS)[number];

/** What told the chosen rep from the next in line. */
export const TIE_BREAKS = [
  'ONLY_ONE',
  'DEADLINE',
  'CREDIT',
  'LOAD',
  'WEIGHT',
  'WAITED',
  'POSITION',
  /** Somebody who catches up has just received a lead, and lets the next in line have this one. */
  'GAVE_WAY',
] as const;
export type TieBreak = (typeof TIE_BREAKS)[number];

/** A limit beside that of open leads which kept a rep from a lead. */
export interface Bound {
  readonly count: number;
  readonly limit: number;
  /** AT_CLASS_LIMIT: the segment; RATE_CAPPED: HOUR, DAY, WEEK or MONTH; null for AT_POOL_CAPACITY. */
  readonly of: string | null;
}

export interface Considered {
  readonly repId: string;
  readonly reason: Reason;
  /** As the rep stood before this lead. */
  readonly standing: Standing;
  /** The most places the rep has. */
  readonly limit: number;
  readonly bound: Bound | null;
  /** Who is absent: when that ends, in ms since 1970, where it is known. */
  readonly until: number | null;
  /** Of the rotation; null where none was involved (a rep as target, an owner). */
  readonly turn: {
    readonly weight: number;
    /** A preferred rep stands one above their own. */
    readonly tier: number;
    /** 0 to 1 of what is earned; 0 for who earns nothing. */
    readonly share: number;
    /** Leads received in this rotation before. */
    readonly received: number;
    /** In leads (VALUE_BALANCED: in value). */
    readonly creditBefore: number;
    readonly creditAfter: number;
    /** 1 for the one chosen; null for who was not eligible. */
    readonly rank: number | null;
  } | null;
}

/** Why a step that matched had nobody to look at. */
export const STEP_CODES = ['POOL_EMPTY', 'OWNER_UNKNOWN', 'OWNER_LEFT', 'TARGET_UNKNOWN', 'STEP_ERROR'] as const;
export type StepCode = (typeof STEP_CODES)[number];

/** Where a look went: the step's own target, what stood in for it, what its `whenNobody` turned to, or the last resort. */
export const ATTEMPT_VIAS = [
  'TARGET',
  'SUBMITTER',
  'DELEGATE',
  /** Who of the pool is back first. */
  'HORIZON',
  'BACKUP_POOL',
  'ASSIGN_ANYWAY',
  'QUEUE',
  /** The stand-in of an owner from whom the lead is taken. */
  'BACKUP',
  'MANAGER',
  'LAST_RESORT',
] as const;
export type AttemptVia = (typeof ATTEMPT_VIAS)[number];

/** A pool's place among those of a list. */
export interface PoolPlace {
  readonly poolId: string;
  readonly weight: number;
  /** Members who could take the lead and earn of it. */
  readonly eligible: number;
  readonly share: number;
  readonly creditBefore: number;
  readonly creditAfter: number;
}

/** One look at one target: a step's own, or what its `whenNobody` turned to. */
export interface Attempt {
  readonly via: AttemptVia;
  readonly poolId: string | null;
  /** Of the pool; null where there is none. */
  readonly strategy: Strategy | null;
  /** Key of the segment whose weights counted in the pool; null for the base weights. */
  readonly weightSegment: string | null;
  /** The pool's rotation before the turn; null where there is no pool. */
  readonly rotation: Rotation | null;
  /** The list of pools whose turn came before; null where there is none. */
  readonly list: { readonly rotation: Rotation; readonly line: readonly PoolPlace[] } | null;
  readonly code: StepCode | null;
  readonly considered: readonly Considered[];
  readonly tieBreak: TieBreak | null;
}

/** A step that matched; the last one, if it yielded, made the decision. */
export interface StepTrace {
  /** Null for the last resort. */
  readonly stepKey: string | null;
  readonly kind: StepKind | null;
  readonly yielded: boolean;
  readonly attempts: readonly Attempt[];
}

export const ACCOUNT_MATCHES = ['KEY', 'DOMAIN', 'NAME'] as const;
export type AccountMatchBy = (typeof ACCOUNT_MATCHES)[number];

/** A turn that was taken, or an assignment by hand that counts as one. */
export interface Turned {
  readonly rotationId: string;
  /** As it stands afterwards. */
  readonly rotation: Rotation;
  /** The rep, or for a list the pool, that paid. */
  readonly paidBy: string;
  /** 1, or in VALUE_BALANCED the lead's value. */
  readonly value: number;
  readonly earners: Earners;
}

/** SOMEONE: nobody was there; it goes to the first who is. CLAIM: it is offered to whoever claims it. */
export const WAITS_FOR = ['SOMEONE', 'CLAIM'] as const;
export type WaitsFor = (typeof WAITS_FOR)[number];

/** Who gets the lead, and everything that led there. */
export interface Decision {
  readonly repId: string;
  readonly method: Method;
  /** Null for a lead that came with its owner: no plan had a part in it, and it counts as no lead received. */
  readonly planVersion: number | null;
  readonly stepKey: string | null;
  readonly poolId: string | null;
  readonly territoryId: string | null;
  readonly account: { readonly id: string; readonly by: AccountMatchBy } | null;
  /** Whether the rep was taken although a limit was reached (owners, the last resort and assignments by hand only). */
  readonly beyondCapacity: boolean;
  /** What the receiver paid in the pool: 1, or the lead's value in VALUE_BALANCED. */
  readonly value: number;
  /** Places the lead takes of its owner's capacity. */
  readonly cost: number;
  /** Lead classes it belongs to: keys of segments. */
  readonly classes: readonly string[];
  /** The pool's turn and, before it, that of the list of pools; empty where no turn was taken. */
  readonly turns: readonly Turned[];
  /** The queue in which the lead waits, and for what; null for one that does not. */
  readonly queue: { readonly id: string; readonly waitsFor: WaitsFor } | null;
  /** Within how many seconds the rep must accept it; null where that is not asked. */
  readonly offerSeconds: number | null;
  readonly steps: readonly StepTrace[];
}
