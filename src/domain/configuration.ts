import type { AbsenceReason } from './availability.ts';
import type { Condition } from './condition.ts';
import type { FieldType } from './fields.ts';
import type { Attributes, LeadStatus } from './lead.ts';
import type { Period } from './localTime.ts';
import type { DateHours, WeekStretch } from './workingHours.ts';

/*
 * What a workspace has set up, as plain values: the input of `compile…` in this folder. Ids are
 * UUIDs; keys are the user's own slugs, by which plans refer to things.
 */

/** At most so many leads in a period; to be kept beside the limit of open leads. */
export interface RateCap {
  /** Whole number from 1. */
  readonly leads: number;
  readonly per: Period;
  /** Null: any 60 minutes, 24 hours, 7 days, 30 days. Else the hour, day, week or month of the calendar in this zone. */
  readonly timeZone: string | null;
}

/** What the leads of a segment have that those outside do not. */
export interface SegmentCost {
  readonly segment: string;
  /** How many of the places a rep has such a lead takes, from 1. */
  readonly cost: number;
}

export interface ClassLimit {
  /** A lead class is a segment: hot, warm, cold. */
  readonly segment: string;
  /** The most open leads of it that a rep may have. */
  readonly limit: number;
}

export const SAME_PERSON_ACTIONS = ['ROUTE_TO_OWNER', 'REJECT', 'CREATE'] as const;
export const SAME_PERSON_SCOPES = ['WORKSPACE', 'SOURCE'] as const;

/** What becomes of a lead of a person who has an open lead already. */
export interface SamePersonPolicy {
  readonly action: (typeof SAME_PERSON_ACTIONS)[number];
  /** Days since the first lead, 1 to 3,650. */
  readonly windowDays: number;
  readonly scope: (typeof SAME_PERSON_SCOPES)[number];
  /** Whether `ada+news@` is `ada@`. */
  readonly ignoreTags: boolean;
  /** Whether `a.da@` is `ada@`: at Gmail, where it is so, or everywhere. */
  readonly ignoreDots: 'NEVER' | 'GMAIL' | 'ALWAYS';
}

/** A lead attribute of the workspace's own. */
export interface AttributeDeclaration {
  readonly name: string;
  readonly type: FieldType;
  /** ENUM: what it can be. */
  readonly values: readonly string[];
}

/** How long leads of a status are kept. */
export interface Retention {
  readonly status: LeadStatus;
  /** Since anything last happened with it, 1 to 36,500. */
  readonly days: number;
}

/** What holds for the whole workspace. */
export interface Settings {
  /** Most open leads of a rep who has no capacity of their own. */
  readonly defaultCapacity: number;
  /** In which pools begin their day, week and month. */
  readonly timeZone: string;
  /** The first whose segment matches says what a lead costs; 1 without. */
  readonly leadCosts: readonly SegmentCost[];
  readonly classLimits: readonly ClassLimit[];
  /** Of a rep who has none of their own. */
  readonly rateCaps: readonly RateCap[];
  readonly samePerson: SamePersonPolicy;
  /** Domains that tell no company, beside those that are known for it. */
  readonly freeMailDomains: readonly string[];
  readonly leadAttributes: readonly AttributeDeclaration[];
  /** Working time without a sign of life after which a rep is taken to be away; null for never. */
  readonly notSeenAfterMinutes: number | null;
  /** Whose public holidays reps keep who have no region of their own: `DE`, `DE-BY`; null for none. */
  readonly holidayRegion: string | null;
  /** Whether leads to which no SLA policy applies have the default one. */
  readonly defaultSla: boolean;
  /** After which leads are erased; those of a status that is not named are kept. */
  readonly retention: readonly Retention[];
}

export const DEFAULT_SETTINGS: Settings = {
  defaultCapacity: 50,
  timeZone: 'UTC',
  leadCosts: [],
  classLimits: [],
  rateCaps: [],
  samePerson: {
    action: 'ROUTE_TO_OWNER',
    windowDays: 30,
    scope: 'WORKSPACE',
    ignoreTags: true,
    ignoreDots: 'GMAIL',
  },
  freeMailDomains: [],
  leadAttributes: [],
  notSeenAfterMinutes: 1_440,
  holidayRegion: null,
  defaultSla: true,
  retention: [],
};

export const REP_STATUSES = ['ACTIVE', 'PAUSED', 'LEFT'] as const;
export type RepStatus = (typeof REP_STATUSES)[number];

/** What a rep knows best; proposed by the rep, approved by a manager. An empty list says nothing. */
export interface Specialties {
  /** Labels of any kind. */
  readonly specialties: readonly string[];
  readonly industries: readonly string[];
  readonly regions: readonly string[];
  readonly products: readonly string[];
  /** Company sizes, both ends included. */
  readonly employeesMin: number | null;
  readonly employeesMax: number | null;
}

export interface Rep extends Specialties {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  /** Lower case. */
  readonly email: string;
  readonly managerId: string | null;
  readonly backupId: string | null;
  /** Most open leads at a time; null for the workspace's default. */
  readonly capacity: number | null;
  /** Instead of the workspace's; null for those. */
  readonly rateCaps: readonly RateCap[] | null;
  /** Instead of the workspace's, segment by segment. */
  readonly classLimits: readonly ClassLimit[];
  readonly status: RepStatus;
  /** Of the working hours; null for the workspace's. */
  readonly timeZone: string | null;
  /** The week; null for always there. */
  readonly workingHours: readonly WeekStretch[] | null;
  /** Days that are not like their weekday. */
  readonly dateHours: readonly DateHours[];
  /** Instead of the workspace's; null for that. */
  readonly holidayRegion: string | null;
  readonly language: string | null;
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
  /** Most open leads held from this pool; null for the pool's. */
  readonly capacity: number | null;
  /** Weights instead, by the keys of the pool's weight segments. */
  readonly segmentWeights: Readonly<Record<string, number>>;
}

export const FAIRNESS_WINDOWS = ['NEVER', 'DAY', 'WEEK', 'MONTH'] as const;
export type FairnessWindow = (typeof FAIRNESS_WINDOWS)[number];

export const WEIGHTINGS = ['FIXED', 'WIN_RATE', 'QUOTA'] as const;

/** Where the weights of a pool's members come from. */
export interface Weighting {
  /** FIXED: as they are set. WIN_RATE, QUOTA: worked out each day. */
  readonly by: (typeof WEIGHTINGS)[number];
  /** No derived weight is below or above. */
  readonly floor: number;
  readonly ceiling: number;
  /** WIN_RATE: leads closed in the last so many days count. */
  readonly days: number;
}

export const CATCH_UPS = ['NONE', 'BOUNDED', 'FULL'] as const;

export interface Pool {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly strategy: Strategy;
  /** VALUE_BALANCED: the value of a lead that has neither a segment's value nor a score, at least 1. */
  readonly defaultValue: number;
  /** VALUE_BALANCED: the first whose segment matches says the value, before the score. */
  readonly segmentValues: readonly { readonly segment: string; readonly value: number }[];
  /** Whether assignments by hand count toward the receiver's share. */
  readonly countManual: boolean;
  /** Whether a disqualified lead gives its turn back. */
  readonly returnDisqualified: boolean;
  /** Who is more than so much credit behind the first is passed over; null for no such guard. */
  readonly maxAhead: number | null;
  /** How often all credits begin at 0 again. */
  readonly fairnessWindow: FairnessWindow;
  /** Most open leads a member holds from this pool, beside the rep's own limit; null for none. */
  readonly memberCapacity: number | null;
  /** Whether a rep's own limit of open leads keeps them from a lead here, or is only measured. */
  readonly limitsCapacity: boolean;
  /** Segments whose leads have weights of their own; the first that matches counts. Each opens a rotation of its own. */
  readonly weightSegments: readonly string[];
  readonly weighting: Weighting;
  /** The absences for which members are passed over. */
  readonly skips: readonly AbsenceReason[];
  /**
   * What members who were away as declared (paused, out of office, not seen) catch up with: NONE, their credit stands
   * still; BOUNDED, they go on earning up to `catchUpLeads`; FULL, without a bound.
   */
  readonly catchUp: (typeof CATCH_UPS)[number];
  readonly catchUpLeads: number;
  /** Where all are away, who is back first within so many hours takes the lead; null for nobody. */
  readonly horizonHours: number | null;
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
  /** Texts as the leads have them, `naics:51`, `nace:J`. */
  readonly industries: readonly string[];
  /** Words of which one must occur in the lead's industry: an alternative to `industries`. */
  readonly industryKeywords: readonly string[];
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
  /** Other names it goes by. */
  readonly aliases: readonly string[];
  readonly kind: AccountKind;
  /** The company it belongs to, whose owner it has unless it has one of its own. */
  readonly parentId: string | null;
  readonly ownerId: string | null;
  /** Registrable, lower case. */
  readonly domains: readonly string[];
}

/** What becomes of leads that wait in too long a queue, or for too long. Nothing is ever dropped. */
export interface QueueOverflow {
  /** A lead that finds so many waiting overflows; null for any number. */
  readonly length: number | null;
  /** So does one that has waited for so long; null for any time. */
  readonly waitSeconds: number | null;
  /** Added to its priority. */
  readonly raisePriority: number;
  /** Key of a pool whose members may claim it too, and to whom it goes when nobody in the queue's own pool can. */
  readonly widenTo: string | null;
}

/** Where leads wait until a member of the pool claims them, or has room. */
export interface Queue {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  /** Whose members may claim, and among whom what is not claimed is shared. */
  readonly poolId: string;
  /** Who answers for what waits; it takes none of their capacity. */
  readonly responsibleId: string;
  /** After so long what waits is pushed. */
  readonly deadlineSeconds: number;
  /** Most open leads that a rep may hold by claims from here; null for any number. */
  readonly claimLimit: number | null;
  readonly overflow: QueueOverflow | null;
}

export interface Segment {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly condition: Condition;
}
