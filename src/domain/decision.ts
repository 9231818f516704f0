import { STEP_KINDS } from './plan.ts';
import type { Rotation } from './rotation.ts';

/** How an assignment came about: by a step of this kind, as the last resort, or by hand. */
export const METHODS = [...STEP_KINDS, 'FALLBACK', 'MANUAL'] as const;
export type Method = (typeof METHODS)[number];

/** Why a rep was taken or passed over; one code per kind of reason. */
export const REASONS = [
  'CHOSEN',
  /** Could take the lead, but it was somebody else's turn. */
  'NOT_THEIR_TURN',
  'LOWER_TIER',
  'AT_CAPACITY',
  'PAUSED',
  'LEFT',
  'WEIGHT_ZERO',
  'DOES_NOT_FIT',
  /** The lead carries the rep's own address. */
  'OWNER_EQUALS_LEAD',
] as const;
export type Reason = (typeof REASONS)[number];

/** What told the chosen rep from the next in line. */
export const TIE_BREAKS = ['ONLY_ONE', 'DEADLINE', 'CREDIT', 'LOAD', 'WEIGHT', 'WAITED', 'POSITION'] as const;
export type TieBreak = (typeof TIE_BREAKS)[number];

export interface Considered {
  readonly repId: string;
  readonly reason: Reason;
  readonly load: number;
  readonly limit: number;
  /** Of the rotation; null where none was involved (a rep as target, an owner). */
  readonly turn: {
    readonly weight: number;
    readonly tier: number;
    /** 0 to 1 of what the eligible members earn; 0 for who is not eligible. */
    readonly share: number;
    /** Leads received from this pool before. */
    readonly received: number;
    /** In leads (VALUE_BALANCED: in value). */
    readonly creditBefore: number;
    readonly creditAfter: number;
    /** Number of the rep's last assignment, 0 for none yet. */
    readonly lastAssignment: number;
    /** 1 for the one chosen; null for who was not eligible. */
    readonly rank: number | null;
  } | null;
}

/** Why a step that matched had nobody to look at. */
export const STEP_CODES = ['POOL_EMPTY', 'OWNER_UNKNOWN', 'OWNER_LEFT', 'TARGET_UNKNOWN', 'STEP_ERROR'] as const;
export type StepCode = (typeof STEP_CODES)[number];

/** Where a look went: the step's own target, what its `whenNobody` turned to, or the last resort. */
export const ATTEMPT_VIAS = ['TARGET', 'BACKUP_POOL', 'ASSIGN_ANYWAY', 'MANAGER', 'LAST_RESORT'] as const;
export type AttemptVia = (typeof ATTEMPT_VIAS)[number];

/** One look at one target: a step's own, or what its `whenNobody` turned to. */
export interface Attempt {
  readonly via: AttemptVia;
  readonly poolId: string | null;
  readonly code: StepCode | null;
  readonly considered: readonly Considered[];
  readonly tieBreak: TieBreak | null;
}

/** A step that matched; the last one, if it yielded, made the decision. */
export interface StepTrace {
  /** Null for the last resort. */
  readonly stepKey: string | null;
  readonly kind: (typeof STEP_KINDS)[number] | null;
  readonly yielded: boolean;
  readonly attempts: readonly Attempt[];
}

export const ACCOUNT_MATCHES = ['KEY', 'DOMAIN', 'NAME'] as const;
export type AccountMatchBy = (typeof ACCOUNT_MATCHES)[number];

/** Who gets the lead, and everything that led there. */
export interface Decision {
  readonly repId: string;
  readonly method: Method;
  readonly planVersion: number;
  readonly stepKey: string | null;
  readonly poolId: string | null;
  readonly territoryId: string | null;
  readonly account: { readonly id: string; readonly by: AccountMatchBy } | null;
  /** Whether the rep was taken although their load had reached the limit (owners and the last resort only). */
  readonly beyondCapacity: boolean;
  /** What the receiver paid in the pool: 1, or the lead's value in VALUE_BALANCED. */
  readonly value: number;
  /** The pool's rotation after this turn; null where no turn was taken. */
  readonly rotation: Rotation | null;
  readonly steps: readonly StepTrace[];
}
