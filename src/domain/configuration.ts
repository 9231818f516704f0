import type { Condition } from './condition.ts';
import type { Attributes } from './lead.ts';

/*
 * What a workspace has set up, as plain values: the input of `compile…` in this folder. Ids are
 * UUIDs; keys are the user's own slugs, by which plans refer to things.
 */

export const REP_STATUSES = ['ACTIVE', 'PAUSED', 'LEFT'] as const;
export type RepStatus = (typeof REP_STATUSES)[number];

export interface Rep {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  /** Lower case. */
  readonly email: string;
  readonly managerId: string | null;
  readonly backupId: string | null;
  /** Most open leads at a time; null for the workspace's default. */
  readonly capacity: number | null;
  readonly status: RepStatus;
  readonly timeZone: string | null;
  readonly language: string | null;
  readonly specialties: readonly string[];
  readonly attributes: Attributes;
}

export const STRATEGIES = ['ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED', 'LEAST_LOADED'] as const;
export type Strategy = (typeof STRATEGIES)[number];

export interface PoolMember {
  readonly repId: string;
  /** Whole number from 0; only ratios matter, 0 receives nothing. ROUND_ROBIN takes every weight above 0 as 1. */
  readonly weight: number;
  /** Higher is served first. */
  readonly tier: number;
}

export interface Pool {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly strategy: Strategy;
  /** VALUE_BALANCED: the value of a lead without a score, at least 1. */
  readonly defaultValue: number;
  /** Whether assignments by hand count toward the receiver's share. */
  readonly countManual: boolean;
  /** In the order of their position. */
  readonly members: readonly PoolMember[];
}

export interface Territory {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly parentId: string | null;
  readonly position: number;
  /** Each empty list means: any. */
  readonly countries: readonly string[];
  readonly regions: readonly string[];
  readonly metros: readonly string[];
  readonly postalPrefixes: readonly string[];
  readonly industries: readonly string[];
  readonly employeesMin: number | null;
  readonly employeesMax: number | null;
  /** At most one of the two; with neither, the parent's target counts. */
  readonly repId: string | null;
  readonly poolId: string | null;
}

export const ACCOUNT_KINDS = ['CUSTOMER', 'NAMED'] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

export interface Account {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  /** As `normalizeCompanyName` gives it. */
  readonly normalizedName: string;
  readonly kind: AccountKind;
  readonly ownerId: string | null;
  /** Registrable, lower case. */
  readonly domains: readonly string[];
}

export interface Segment {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly condition: Condition;
}
