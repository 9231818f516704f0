/** A value of a lead's or a rep's own attribute. */
export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export const REQUEST_KINDS = ['DEMO', 'CONTACT_SALES', 'TRIAL', 'PRICING', 'EVENT', 'DOWNLOAD', 'OTHER'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

export const QUALIFICATIONS = ['NONE', 'MQL', 'SQL'] as const;
export type Qualification = (typeof QUALIFICATIONS)[number];

export const LEAD_STATUSES = [
  'NEW',
  'ASSIGNED',
  'CONTACTED',
  'QUALIFIED',
  'OPPORTUNITY',
  'WON',
  'LOST',
  'DISQUALIFIED',
] as const;
export type LeadStatus = (typeof LEAD_STATUSES)[number];

const CLOSED: ReadonlySet<LeadStatus> = new Set(['WON', 'LOST', 'DISQUALIFIED']);

/** Only open leads count as load. */
export const isOpen = (status: LeadStatus): boolean => !CLOSED.has(status);

export const ACTIVITY_KINDS = ['CALL', 'EMAIL', 'MEETING', 'MESSAGE', 'NOTE', 'ACKNOWLEDGED'] as const;
export type ActivityKind = (typeof ACTIVITY_KINDS)[number];

const CONTACT: ReadonlySet<ActivityKind> = new Set(['CALL', 'EMAIL', 'MEETING', 'MESSAGE']);

/** Whether an activity means that the person was spoken or written to. */
export const isContact = (kind: ActivityKind): boolean => CONTACT.has(kind);

/** What routing knows of a lead: normalised, null where nothing is known. */
export interface RoutableLead {
  readonly email: string | null;
  /** E.164. */
  readonly phone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly jobTitle: string | null;
  readonly companyName: string | null;
  /** Registrable domain, lower case; null for free-mail and disposable domains. */
  readonly companyDomain: string | null;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string | null;
  /** ISO 3166-2, such as `US-CA`. */
  readonly region: string | null;
  readonly city: string | null;
  /** Key of a known metro area, else as it was given. */
  readonly metro: string | null;
  /** Upper case, as text: leading zeros count. */
  readonly postalCode: string | null;
  /** Degrees. */
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly industry: string | null;
  /** Two digits of NAICS 2022, worked out of the industry. */
  readonly naicsSector: string | null;
  /** A letter of NACE Rev. 2, worked out of the industry. */
  readonly naceSection: string | null;
  readonly employees: number | null;
  /** 0 to 100. */
  readonly score: number | null;
  /** Who waits in a queue with a higher one is served first. */
  readonly priority: number;
  readonly source: string;
  readonly requestKind: RequestKind;
  readonly productInterest: string | null;
  readonly qualification: Qualification;
  readonly icp: boolean;
  readonly timeZone: string | null;
  readonly language: string | null;
  /** Key of the account the source says the lead belongs to, such as its id in the CRM. */
  readonly accountKey: string | null;
  /** The rep who entered it, if one did. */
  readonly enteredById: string | null;
  readonly attributes: Attributes;
}

/** A lead of which nothing is known. */
export const UNKNOWN_LEAD: RoutableLead = {
  email: null,
  phone: null,
  firstName: null,
  lastName: null,
  jobTitle: null,
  companyName: null,
  companyDomain: null,
  country: null,
  region: null,
  city: null,
  metro: null,
  postalCode: null,
  latitude: null,
  longitude: null,
  industry: null,
  naicsSector: null,
  naceSection: null,
  employees: null,
  score: null,
  priority: 0,
  source: 'api',
  requestKind: 'OTHER',
  productInterest: null,
  qualification: 'NONE',
  icp: false,
  timeZone: null,
  language: null,
  accountKey: null,
  enteredById: null,
  attributes: {},
};
