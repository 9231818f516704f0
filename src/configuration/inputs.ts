import { z } from 'zod';
import { ACCOUNT_KINDS, REP_STATUSES, STRATEGIES } from '../domain/configuration.ts';
import { InvalidInput } from '../domain/errors.ts';
import { normalizePostalCode } from '../domain/territories.ts';
import { isFreeMail } from '../intake/freeMail.ts';
import {
  attributesSchema,
  countryCode,
  emailAddress,
  isLanguageTag,
  issuesOf,
  isTimeZone,
  regionCode,
  registrableDomain,
} from '../intake/leadInput.ts';
import { line } from '../intake/text.ts';

/*
 * What may stand in each field, once for mutations and files alike. References to other things are keys in files and
 * ids in mutations, so they are not here.
 */

export const LIMITS = {
  poolMembers: 10_000,
  accountsPerCall: 500,
  steps: 10_000,
  listed: 1_000,
} as const;

const whole = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most.toLocaleString('en')}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
};

const required = (max: number) =>
  line(max)
    .refine((text) => text !== null, { error: 'must not be empty' })
    .transform((text) => text as string);

/** The user's own slug: what files and URLs refer to. */
export const key = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
  error: 'must be a key: 1 to 63 of a–z, 0–9, - and _, not beginning with - or _',
});
const name = required(200);
const orNull = <Schema extends z.ZodType>(schema: Schema) => schema.nullable();

/** A list of distinct texts. */
const texts = (max: number, length = 100) =>
  z
    .array(required(length))
    .max(max, { error: `has more than ${max} entries` })
    .transform((list) => [...new Set(list)]);

/** A list in which each text is recognised by `normalize` or refused with `message`. */
const recognised = (normalize: (text: string) => string | null, message: string) =>
  z
    .array(required(300))
    .max(LIMITS.listed, { error: `has more than ${LIMITS.listed} entries` })
    .transform((list, context) => {
      const normalized = list.map((text) => {
        const value = normalize(text);
        if (value === null) context.addIssue({ code: 'custom', message: `"${text}" ${message}` });
        return value ?? text;
      });
      return [...new Set(normalized)];
    });

export const repFields = {
  name,
  email: required(400).transform((text, context) => {
    const address = emailAddress(text);
    if (address === null) context.addIssue({ code: 'custom', message: 'must be an address such as ada@example.com' });
    return address ?? text;
  }),
  capacity: orNull(whole(0, 100_000)),
  status: z.enum(REP_STATUSES),
  timeZone: orNull(required(64).refine(isTimeZone, { error: 'must be an IANA time zone such as Europe/Berlin' })),
  language: orNull(required(35).refine(isLanguageTag, { error: 'must be a BCP 47 language tag such as de or en-GB' })),
  specialties: texts(100),
  attributes: attributesSchema,
} as const;

export const REP_DEFAULTS = {
  capacity: null,
  status: 'ACTIVE',
  timeZone: null,
  language: null,
  specialties: [],
  attributes: {},
} as const;

export const poolFields = {
  name,
  strategy: z.enum(STRATEGIES, { error: `must be one of ${STRATEGIES.join(', ')}` }),
  defaultValue: whole(1, 1_000_000),
  countManual: z.boolean(),
} as const;

export const POOL_DEFAULTS = { defaultValue: 1, countManual: true } as const;

export const memberFields = { weight: whole(0, 10_000), tier: whole(-100, 100) } as const;

export const MEMBER_DEFAULTS = { weight: 1, tier: 0 } as const;

export const territoryFields = {
  name,
  position: whole(0, 1_000_000),
  countries: recognised(countryCode, 'is no country of ISO 3166-1'),
  regions: recognised((text) => regionCode(text, null), 'is no region of ISO 3166-2, such as US-CA'),
  metros: texts(LIMITS.listed, 200),
  postalPrefixes: recognised((text) => normalizePostalCode(text) || null, 'is no beginning of a postal code'),
  industries: texts(LIMITS.listed, 200),
  employeesMin: orNull(whole(0, 10_000_000)),
  employeesMax: orNull(whole(0, 10_000_000)),
} as const;

export const TERRITORY_DEFAULTS = {
  position: 0,
  countries: [],
  regions: [],
  metros: [],
  postalPrefixes: [],
  industries: [],
  employeesMin: null,
  employeesMax: null,
} as const;

const BARE_DOMAIN = /^[^\s/:@?#]+[^\s/:@?#.]$/;

function accountDomain(text: string): string | null {
  const domain = BARE_DOMAIN.test(text) ? registrableDomain(text) : null;
  return domain === null || isFreeMail(domain) ? null : domain;
}

export const accountFields = {
  name,
  kind: z.enum(ACCOUNT_KINDS),
  domains: recognised(
    accountDomain,
    'is no domain of one company: write example.com, without scheme, port, path or trailing dot, and no free-mail or disposable one',
  ),
} as const;

/** @throws InvalidInput with all faults, each with its path */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  path: readonly (string | number)[] = [],
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new InvalidInput(issuesOf(parsed.error, path));
  return parsed.data;
}

/** What was given of an input: a field left out and one that is undefined are the same. */
export const given = <Input extends object>(input: Input): Partial<Input> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as Partial<Input>;
