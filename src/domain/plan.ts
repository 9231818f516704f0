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

export const TARGET_KINDS = ['REP', 'POOL', 'POOLS', 'ACCOUNT_OWNER', 'TERRITORY', 'QUEUE'] as const;

export const POOL_LIST_SHARES = ['PER_HEAD', 'PER_POOL'] as const;

/** A pool in a list of pools. */
export interface ListedPool {
  readonly pool: string;
  /** PER_POOL: from 1; PER_HEAD does not look at it. */
  readonly weight: number;
}

export type Target =
  | { readonly kind: 'REP'; readonly rep: string }
  | { readonly kind: 'POOL'; readonly pool: string }
  /** Pools take turns, then the reps of the pool whose turn it is. */
  | {
      readonly kind: 'POOLS';
      readonly pools: readonly ListedPool[];
      /** PER_HEAD: a pool weighs what its eligible members weigh together; PER_POOL: what the list says. */
      readonly share: (typeof POOL_LIST_SHARES)[number];
    }
  /** The matched account's owner. ACCOUNT_OWNER steps take accounts of kind CUSTOMER, NAMED_ACCOUNT steps those of kind NAMED. */
  | { readonly kind: 'ACCOUNT_OWNER' }
  /** The matched territory's rep or pool. */
  | { readonly kind: 'TERRITORY' }
  /** Waits until a member claims it. */
  | { readonly kind: 'QUEUE'; readonly queue: string };

export const WHEN_NOBODY_KINDS = ['NEXT_STEP', 'BACKUP_POOL', 'ASSIGN_ANYWAY', 'QUEUE', 'MANAGER'] as const;

export type WhenNobody =
  | { readonly kind: 'NEXT_STEP' }
  | { readonly kind: 'BACKUP_POOL'; readonly pool: string }
  /** Ignores availability (never takes who has left), keeps capacity. */
  | { readonly kind: 'ASSIGN_ANYWAY' }
  /** Waits until a member of the queue's pool is there and has room. */
  | { readonly kind: 'QUEUE'; readonly queue: string }
  /** The manager of the first who was considered, and on up the chain. */
  | { readonly kind: 'MANAGER' };

/**
 * The rep's value stands on the left: `employeesMin AT_MOST employees`. Where the rep has several (a list, or text with
 * commas) one of them is enough. CONTAINS is EQUALS by another name for lists; PREFIX_OF: the lead's value begins with
 * the rep's.
 */
export const MATCH_OPERATORS = ['EQUALS', 'NOT_EQUALS', 'CONTAINS', 'AT_LEAST', 'AT_MOST', 'PREFIX_OF'] as const;

/** A dynamic match between lead and rep. */
export interface RepMatch {
  /** One of REP_FIELDS or `attributes.<name>` of the rep. */
  readonly repField: string;
  readonly operator: (typeof MATCH_OPERATORS)[number];
  /** A lead's field, or `attributes.<name>`. */
  readonly leadField: string;
}

export const DIRECTIONS = ['HIGHEST', 'LOWEST'] as const;

/** Which members stand before the others: those with the highest or lowest value; who has none stands last. */
export interface RepOrder {
  readonly repField: string;
  readonly first: (typeof DIRECTIONS)[number];
}

export const OWNER_AWAY = ['DELEGATE', 'KEEP', 'WHEN_NOBODY'] as const;

export interface Step {
  /** Unique in the plan. */
  readonly key: string;
  readonly name: string;
  readonly kind: StepKind;
  /** Null matches every lead. */
  readonly condition: Condition | null;
  /** All must hold: who does not fit is passed over with DOES_NOT_FIT. */
  readonly match: readonly RepMatch[];
  /** Who fits all of these stands a tier above for the lead; the others take it when none of those can. */
  readonly prefer: readonly RepMatch[];
  /** Within a tier, before the rotation. */
  readonly order: readonly RepOrder[];
  readonly target: Target;
  readonly whenNobody: WhenNobody;
  /** Target ACCOUNT_OWNER: to whom a lead goes whose owner is away as declared. */
  readonly ownerAway: (typeof OWNER_AWAY)[number];
  /** Target ACCOUNT_OWNER: whether owners take their own accounts' leads beyond their limits. */
  readonly ownerBeyondCapacity: boolean;
  /** Whether a rep who entered the lead keeps it, if they can take it. */
  readonly keepWithSubmitter: boolean;
  /** Within how many seconds whoever it gives a lead to must accept it; null for no such offer. */
  readonly offerSeconds: number | null;
  /** When somebody is to look at it again: `YYYY-MM-DD`; null for never. */
  readonly reviewOn: string | null;
}

/** What a step has that says nothing else. */
export const STEP_DEFAULTS = {
  condition: null,
  match: [],
  prefer: [],
  order: [],
  whenNobody: { kind: 'NEXT_STEP' },
  ownerAway: 'DELEGATE',
  ownerBeyondCapacity: true,
  keepWithSubmitter: false,
  offerSeconds: null,
  reviewOn: null,
} as const satisfies Partial<Step>;

export interface Plan {
  readonly version: number;
  readonly steps: readonly Step[];
  /** Rep keys in order; the first who has not left takes the lead, whatever their availability or load. */
  readonly lastResort: readonly string[];
}
