import type { Condition } from './condition.ts';

export const STEP_KINDS = [
  'ACCOUNT_OWNER',
  'NAMED_ACCOUNT',
  'TERRITORY',
  'SPECIALIZATION',
  'SEGMENT',
  'DEFAULT',
] as const;
/** What a step stands for; the method of the assignments it makes. */
export type StepKind = (typeof STEP_KINDS)[number];

export const TARGET_KINDS = ['REP', 'POOL', 'ACCOUNT_OWNER', 'TERRITORY'] as const;

export type Target =
  | { readonly kind: 'REP'; readonly rep: string }
  | { readonly kind: 'POOL'; readonly pool: string }
  /** The matched account's owner. ACCOUNT_OWNER steps take accounts of kind CUSTOMER, NAMED_ACCOUNT steps those of kind NAMED. */
  | { readonly kind: 'ACCOUNT_OWNER' }
  /** The matched territory's rep or pool. */
  | { readonly kind: 'TERRITORY' };

export const WHEN_NOBODY_KINDS = ['NEXT_STEP', 'BACKUP_POOL', 'ASSIGN_ANYWAY', 'MANAGER'] as const;

export type WhenNobody =
  | { readonly kind: 'NEXT_STEP' }
  | { readonly kind: 'BACKUP_POOL'; readonly pool: string }
  /** Ignores availability (never takes who has left), keeps capacity. */
  | { readonly kind: 'ASSIGN_ANYWAY' }
  /** The manager of the first who was considered, and on up the chain. */
  | { readonly kind: 'MANAGER' };

export const MATCH_OPERATORS = ['EQUALS', 'CONTAINS'] as const;

/** A dynamic match between lead and rep: who does not fit is passed over with DOES_NOT_FIT. */
export interface RepMatch {
  /** `specialties`, `language`, `timeZone` or `attributes.<name>` of the rep. */
  readonly repField: string;
  readonly operator: (typeof MATCH_OPERATORS)[number];
  /** A lead's field, or `attributes.<name>`. */
  readonly leadField: string;
}

export interface Step {
  /** Unique in the plan. */
  readonly key: string;
  readonly name: string;
  readonly kind: StepKind;
  /** Null matches every lead. */
  readonly condition: Condition | null;
  /** All must hold. */
  readonly match: readonly RepMatch[];
  readonly target: Target;
  readonly whenNobody: WhenNobody;
}

export interface Plan {
  readonly version: number;
  readonly steps: readonly Step[];
  /** Rep keys in order; the first who has not left takes the lead, whatever their availability or load. */
  readonly lastResort: readonly string[];
}
