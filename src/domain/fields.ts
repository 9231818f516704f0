import { type AttributeValue, QUALIFICATIONS, REQUEST_KINDS, type RoutableLead } from './lead.ts';

export type FieldType = 'TEXT' | 'NUMBER' | 'BOOLEAN' | 'ENUM';

export interface Field {
  readonly type: FieldType;
  /** ENUM: what it can be. */
  readonly values?: readonly string[];
}

const text: Field = { type: 'TEXT' };
const number: Field = { type: 'NUMBER' };

/** The lead's fields that conditions and dynamic matches can name, beside `attributes.<name>`. */
export const FIELDS = {
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
  employees: number,
  score: number,
  source: text,
  requestKind: { type: 'ENUM', values: REQUEST_KINDS },
  productInterest: text,
  qualification: { type: 'ENUM', values: QUALIFICATIONS },
  icp: { type: 'BOOLEAN' },
  timeZone: text,
  language: text,
} as const satisfies Readonly<Record<string, Field>>;
export type FieldName = keyof typeof FIELDS;

const ATTRIBUTE = /^attributes\.[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Whether a name is `attributes.<name>`, of whatever type. */
export const isAttribute = (name: string): boolean => ATTRIBUTE.test(name);

export const isField = (name: string): name is FieldName => Object.hasOwn(FIELDS, name);

/** A function that reads a field or attribute of a lead; null where nothing is known. */
export function reader(name: string): (lead: RoutableLead) => AttributeValue | null {
  if (isField(name)) return (lead) => lead[name];
  const attribute = name.slice('attributes.'.length);
  return (lead) => (Object.hasOwn(lead.attributes, attribute) ? (lead.attributes[attribute] ?? null) : null);
}
