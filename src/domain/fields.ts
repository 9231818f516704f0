import { type AttributeValue, QUALIFICATIONS, REQUEST_KINDS, type RoutableLead } from './lead.ts';
import { localTime, WEEKDAYS } from './localTime.ts';

export const FIELD_TYPES = ['TEXT', 'NUMBER', 'BOOLEAN', 'ENUM'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

export interface Field {
  readonly type: FieldType;
  /** ENUM: what it can be. */
  readonly values?: readonly string[];
  /** NUMBER: what it can be, both ends included. */
  readonly range?: { readonly least: number; readonly most: number; readonly whole: boolean };
}

const text: Field = { type: 'TEXT' };

/** The lead's fields that conditions and dynamic matches can name, beside `attributes.<name>`. */
export const LEAD_FIELDS = {
  email: text,
  phone: text,
  firstName: text,
  lastName: text,
  jobTitle: text,
  companyName: text,
  companyDomain: text,
  country: text,
  region: text,
  city: text,
  metro: text,
  postalCode: text,
  industry: text,
  naicsSector: text,
  naceSection: text,
  employees: { type: 'NUMBER', range: { least: 0, most: 10_000_000, whole: true } },
  score: { type: 'NUMBER', range: { least: 0, most: 100, whole: false } },
  priority: { type: 'NUMBER', range: { least: -1_000, most: 1_000, whole: true } },
  source: text,
  requestKind: { type: 'ENUM', values: REQUEST_KINDS },
  productInterest: text,
  qualification: { type: 'ENUM', values: QUALIFICATIONS },
  icp: { type: 'BOOLEAN' },
  timeZone: text,
  language: text,
  accountKey: text,
} as const satisfies Readonly<Record<string, Field>>;
export type LeadFieldName = keyof typeof LEAD_FIELDS;

/** The moment of the decision, in the time zone that the comparison names. */
export const TIME_FIELDS = {
  weekday: { type: 'ENUM', values: WEEKDAYS },
  /** 0 to 23. */
  hour: { type: 'NUMBER', range: { least: 0, most: 23, whole: true } },
} as const satisfies Readonly<Record<string, Field>>;
export type TimeFieldName = keyof typeof TIME_FIELDS;

/** As the `timeZone` of a comparison: the lead's own. */
export const ZONE_OF_LEAD = 'LEAD';

const FIELDS: ReadonlyMap<string, Field> = new Map(Object.entries({ ...LEAD_FIELDS, ...TIME_FIELDS }));

/** The names of all that a condition can compare, apart from attributes. */
export const FIELD_NAMES: readonly string[] = [...FIELDS.keys()];

/** A field that a condition can compare; undefined for attributes and for what is none. */
export const fieldNamed = (name: string): Field | undefined => FIELDS.get(name);

const ATTRIBUTE = /^attributes\.[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Whether a name is `attributes.<name>`, of whatever type. */
export const isAttribute = (name: string): boolean => ATTRIBUTE.test(name);

/** `attributes.plan` → `plan`. */
export const attributeName = (name: string): string => name.slice('attributes.'.length);

export const isLeadField = (name: string): name is LeadFieldName => Object.hasOwn(LEAD_FIELDS, name);
export const isTimeField = (name: string): name is TimeFieldName => Object.hasOwn(TIME_FIELDS, name);

/** A field, and the time zone where it has one: `hour@Europe/Berlin`. */
export const qualifiedName = (field: string, timeZone: string | undefined): string =>
  timeZone === undefined ? field : `${field}@${timeZone}`;

/** What a comparison compares; null where nothing is known. `at`: milliseconds since 1970. */
export type Reader = (lead: RoutableLead, at: number) => AttributeValue | null;

/** What the clock shows in a zone; null in one that this server does not know: intake never fails for it. */
function shownIn(zone: string, at: number, name: TimeFieldName): AttributeValue | null {
  try {
    return localTime(at, zone)[name];
  } catch {
    return null;
  }
}

/** @param timeZone of weekday and hour alone: IANA, or LEAD */
export function reader(name: string, timeZone: string | undefined): Reader {
  if (isTimeField(name)) {
    return (lead, at) => {
      const zone = timeZone === ZONE_OF_LEAD ? lead.timeZone : (timeZone ?? 'UTC');
      return zone === null ? null : shownIn(zone, at, name);
    };
  }
  if (isLeadField(name)) return (lead) => lead[name];
  const attribute = attributeName(name);
  return (lead) => (Object.hasOwn(lead.attributes, attribute) ? (lead.attributes[attribute] ?? null) : null);
}
