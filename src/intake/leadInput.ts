import { createHash } from 'node:crypto';
import i18nCountries from 'i18n-iso-countries';
import { iso31662 } from 'iso-3166';
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js';
import { parse as parseDomain } from 'tldts';
import { z } from 'zod';
import { InvalidInput, type Issue } from '../domain/errors.ts';
import { sectorsOf } from '../domain/industries.ts';
import {
  type Attributes,
  LEAD_STATUSES,
  type LeadStatus,
  QUALIFICATIONS,
  REQUEST_KINDS,
  type RoutableLead,
} from '../domain/lead.ts';
import { isTimeZone } from '../domain/localTime.ts';
import { isFreeMail } from './freeMail.ts';
import { line, multiline } from './text.ts';

/** Limits of a lead's fields, named in the errors. */
export const LIMITS = {
  attributes: 100,
  attributeName: 64,
  attributeText: 1_000,
  message: 10_000,
  /** Of one call of submitLeads. */
  leads: 500,
  /** How far a source's clock may run ahead, in milliseconds. */
  capturedAheadMs: 5 * 60_000,
} as const;

const optional = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? null);

export const ATTRIBUTE_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
export const ATTRIBUTE_NAME_FAULT = 'a name is a letter followed by up to 63 letters, digits or underscores';

/** A lead's or rep's own attributes: at most 100 of text, numbers and booleans. */
export const attributesSchema = z
  .record(
    z.string().regex(ATTRIBUTE_NAME, { error: ATTRIBUTE_NAME_FAULT }),
    z.union([line(LIMITS.attributeText), z.number(), z.boolean()], {
      error: `must be one line of text of at most ${LIMITS.attributeText} characters, a number, true or false`,
    }),
  )
  .refine((attributes) => Object.keys(attributes).length <= LIMITS.attributes, {
    error: `has more than ${LIMITS.attributes} attributes`,
  })
  .transform(
    (attributes): Attributes =>
      Object.fromEntries(
        Object.entries(attributes).filter((entry): entry is [string, string | number | boolean] => entry[1] !== null),
      ),
  );

const degrees = (most: number) => {
  const error = `must be from −${most} to ${most} degrees`;
  return z.number({ error }).min(-most, { error }).max(most, { error });
};

const PRIORITY_FAULT = 'must be a whole number from -1,000 to 1,000';

const leadSchema = z.strictObject({
  firstName: optional(line(100)),
  lastName: optional(line(100)),
  email: optional(line(400)),
  phone: optional(line(60)),
  jobTitle: optional(line(200)),
  companyName: optional(line(300)),
  companyDomain: optional(line(300)),
  accountKey: optional(line(200)),
  country: optional(line(100)),
  region: optional(line(100)),
  city: optional(line(200)),
  metro: optional(line(200)),
  postalCode: optional(line(20)),
  latitude: optional(degrees(90)),
  longitude: optional(degrees(180)),
  industry: optional(line(200)),
  employees: optional(
    z
      .number()
      .int({ error: 'must be a whole number' })
      .min(0, { error: 'must be 0 or more' })
      .max(10_000_000, { error: 'must be at most 10,000,000' }),
  ),
  score: optional(
    z
      .number({ error: 'must be a number from 0 to 100' })
      .min(0, { error: 'must be from 0 to 100' })
      .max(100, { error: 'must be from 0 to 100' }),
  ),
  priority: z
    .number({ error: PRIORITY_FAULT })
    .int({ error: PRIORITY_FAULT })
    .min(-1_000, { error: PRIORITY_FAULT })
    .max(1_000, { error: PRIORITY_FAULT })
    .nullish()
    .transform((priority) => priority ?? 0),
  requestKind: z
    .enum(REQUEST_KINDS)
    .nullish()
    .transform((kind) => kind ?? 'OTHER'),
  productInterest: optional(line(200)),
  qualification: z
    .enum(QUALIFICATIONS)
    .nullish()
    .transform((qualification) => qualification ?? 'NONE'),
  icp: z
    .boolean()
    .nullish()
    .transform((icp) => icp ?? false),
  timeZone: optional(
    line(64).refine((zone) => zone === null || isTimeZone(zone), {
      error: 'must be an IANA time zone such as Europe/Berlin',
    }),
  ),
  language: optional(
    line(35).refine((tag) => tag === null || isLanguageTag(tag), {
      error: 'must be a BCP 47 language tag such as de or en-GB',
    }),
  ),
  message: optional(multiline(LIMITS.message)),
  attributes: attributesSchema.nullish().transform((attributes) => attributes ?? {}),
  source: line(100)
    .nullish()
    .transform((source) => source ?? 'api'),
  capturedAt: optional(z.date()),
  ownerKey: optional(line(63)),
  status: z
    .enum(LEAD_STATUSES)
    .refine((status) => status !== 'NEW', { error: 'must not be NEW: a lead that has an owner is ASSIGNED' })
    .nullish()
    .transform((status) => status ?? null),
});

/** What a caller sends as a lead; `LeadInput` of the schema. */
export type LeadInput = z.input<typeof leadSchema>;

/** Fields that were worked out, with what they were worked out of. */
export type Derived = Readonly<Record<string, string>>;

/** A lead that is brought in with an owner: it stays so, and takes no turn. */
export interface BroughtIn {
  /** Key of a rep. */
  readonly ownerKey: string;
  readonly status: Exclude<LeadStatus, 'NEW'>;
}

export interface ParsedLead {
  readonly routable: RoutableLead;
  readonly derived: Derived;
  readonly broughtIn: BroughtIn | null;
  readonly message: string | null;
  readonly capturedAt: Date | null;
}

/**
 * Validates and normalises a lead: the e-mail address out of `Name <address>` in lower case, phone to E.164 (the
 * country is the hint), domain to its registrable part (never a free-mail one), country and region to ISO 3166. What
 * cannot be recognised as a country or region is kept as unknown, since a lead must not be lost for it.
 *
 * @throws InvalidInput with all faults at once; paths begin with `path`
 */
export function parseLead(input: unknown, receivedAt: Date, path: readonly (string | number)[] = ['lead']): ParsedLead {
  const parsed = leadSchema.safeParse(input);
  const issues = parsed.success ? [] : issuesOf(parsed.error, path);
  const refuse = (field: string, message: string): null => {
    issues.push({ path: [...path, field], message });
    return null;
  };
  // Beside a field that is faulty the others are looked at all the same, so that a caller hears of all faults at once.
  const faulty = new Set(parsed.error?.issues.map((issue) => issue.path[0]));
  const given = (parsed.data ?? input) as Readonly<Record<string, unknown>>;
  const textOf = (field: string): string | null => {
    const value = faulty.has(field) ? null : given[field];
    return typeof value === 'string' ? value.trim() || null : null;
  };
  const recognise = (field: string, normalize: (text: string) => string | null, fault: string): string | null => {
    const text = textOf(field);
    return text === null ? null : (normalize(text) ?? refuse(field, fault));
  };
  const namedCountry = textOf('country');
  const country = namedCountry === null ? null : countryCode(namedCountry);
  const email = recognise('email', emailAddress, EMAIL_FAULT);
  const phone = recognise('phone', (text) => phoneNumber(text, country), PHONE_FAULT);
  const companyDomain = recognise('companyDomain', registrableDomain, DOMAIN_FAULT);
  if (((given.latitude ?? null) === null) !== ((given.longitude ?? null) === null)) {
    refuse('longitude', 'goes with latitude: give both or none');
  }
  if (given.status != null && textOf('ownerKey') === null && !faulty.has('ownerKey')) {
    refuse('ownerKey', 'must name the owner of a lead that is brought in with a status');
  }
  const capturedAt = parsed.data?.capturedAt ?? null;
  if (capturedAt !== null && capturedAt.getTime() > receivedAt.getTime() + LIMITS.capturedAheadMs) {
    refuse('capturedAt', `must not be in the future; the server’s time is ${receivedAt.toISOString()}`);
  }
  if (!parsed.success || issues.length > 0) throw new InvalidInput(issues);
  const { message, capturedAt: _, ownerKey, status, ...lead } = parsed.data;

  const domain = companyDomain ?? (email === null ? null : registrableDomain(email.slice(email.indexOf('@') + 1)));
  const ofPhone = phone === null ? null : (parsePhoneNumberFromString(phone)?.country ?? null);
  const resolvedCountry = country ?? (lead.country === null ? ofPhone : null);
  const ofCompany = domain !== null && isFreeMail(domain) ? null : domain;
  const sectors = sectorsOf(lead.industry);
  return {
    message,
    capturedAt,
    broughtIn: ownerKey === null ? null : { ownerKey, status: (status ?? 'ASSIGNED') as Exclude<LeadStatus, 'NEW'> },
    derived: {
      ...(companyDomain === null && ofCompany !== null ? { companyDomain: 'email' } : {}),
      ...(country === null && resolvedCountry !== null ? { country: 'phone' } : {}),
      ...(sectors.naicsSector === null ? {} : { naicsSector: 'industry' }),
      ...(sectors.naceSection === null ? {} : { naceSection: 'industry' }),
    },
    routable: {
      ...lead,
      email,
      phone,
      companyDomain: ofCompany,
      country: resolvedCountry,
      region: lead.region === null ? null : regionCode(lead.region, resolvedCountry),
      postalCode: lead.postalCode?.toUpperCase() ?? null,
      ...sectors,
      enteredById: null,
      source: lead.source ?? 'api',
    },
  };
}

const EMAIL_FAULT =
  'must be an address such as ada@example.com: one @, at most 64 characters before it and 254 in all, a domain with a top level';
const PHONE_FAULT = 'must be a phone number, with country code (+49 …) unless `country` is given';
const DOMAIN_FAULT = 'must be a domain such as example.com';

const LOCAL_PART = /^[^\s@<>()[\]\\,;:"\u0000-\u0020]+$/u;

/** `Ada <Ada@Example.com>` → `ada@example.com`; null for what is no address. International domains become punycode. */
export function emailAddress(text: string): string | null {
  const address = (/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text).trim().toLowerCase();
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  if (at < 1 || local.length > 64 || !LOCAL_PART.test(local)) return null;
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) return null;
  const host = hostName(address.slice(at + 1));
  return host === null || local.length + 1 + host.length > 254 ? null : `${local}@${host}`;
}

/** A host name with a known form: at least two labels, not an IP address; null otherwise. Punycode, lower case. */
function hostName(text: string): string | null {
  if (/[\s/:?#@[\]\\%]/.test(text) || text.length > 253) return null;
  const host = URL.canParse(`http://${text}`) ? new URL(`http://${text}`).hostname : '';
  const { hostname, isIp, publicSuffix } = parseDomain(host);
  if (hostname === null || isIp || publicSuffix === null || hostname === publicSuffix || !hostname.includes('.'))
    return null;
  return hostname.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
    ? hostname
    : null;
}

/** `https://www.Example.co.uk/about` → `example.co.uk`; null for an IP address or no domain. */
export function registrableDomain(text: string): string | null {
  const { domain, isIp } = parseDomain(text.trim().toLowerCase());
  if (domain === null || isIp) return null;
  return hostName(domain);
}

function phoneNumber(text: string, country: string | null): string | null {
  const number = parsePhoneNumberFromString(text, country === null ? {} : { defaultCountry: country as CountryCode });
  return number?.isPossible() ? number.number : null;
}

const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl'];

/** `DE`, `deu`, `Germany`, `Deutschland` → `DE`; null for what is no country. */
export function countryCode(text: string): string | null {
  const upper = text.toUpperCase();
  if (i18nCountries.isValid(upper)) return upper.length === 2 ? upper : (i18nCountries.toAlpha2(upper) ?? null);
  if (upper === 'UK') return 'GB';
  for (const language of LANGUAGES) {
    const code = i18nCountries.getAlpha2Code(text, language);
    if (code !== undefined) return code;
  }
  return null;
}

const REGION_CODES = new Set(iso31662.map(({ code }) => code));
/** `US` + name in lower case → code. */
const REGION_NAMES = new Map(iso31662.map(({ code, name }) => [`${code.slice(0, 2)}:${name.toLowerCase()}`, code]));

const REGIONS_BY_COUNTRY = Map.groupBy(
  iso31662.filter(({ parent }) => parent.length === 2),
  ({ code }) => code.slice(0, 2).toLowerCase(),
);

/** The regions of the first level of a country, in lower case: `de` → `de-bb`, `de-be`, … */
export const regionsOf = (country: string): readonly string[] =>
  (REGIONS_BY_COUNTRY.get(country) ?? []).map(({ code }) => code.toLowerCase());

/** `US-CA`; `CA` or `California` with the country `US` → `US-CA`; null for what is no region. */
export function regionCode(text: string, country: string | null): string | null {
  const upper = text.toUpperCase();
  if (REGION_CODES.has(upper)) return upper;
  if (country === null) return null;
  if (REGION_CODES.has(`${country}-${upper}`)) return `${country}-${upper}`;
  return REGION_NAMES.get(`${country}:${text.toLowerCase()}`) ?? null;
}

export function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

/** Zod's faults as issues with paths from the input's root. */
export const issuesOf = (error: z.ZodError, path: readonly (string | number)[] = []): Issue[] =>
  error.issues.map((issue) => ({
    path: [...path, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))],
    // What is wrong with a name stands inside.
    message: (issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined) ?? issue.message,
  }));

/** SHA-256 of a value, the same for the same content in whatever order its names come. */
export const contentHash = (value: unknown): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    createHash('sha256')
      .update(JSON.stringify(sorted(value)))
      .digest(),
  );

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, part]) => [name, sorted(part)]),
  );
}
