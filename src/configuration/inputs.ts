import { z } from 'zod';
import { ABSENCES, DEFAULT_SKIPS } from '../domain/availability.ts';
import {
  ACCOUNT_KINDS,
  CATCH_UPS,
  FAIRNESS_WINDOWS,
  type Pool,
  type PoolMember,
  type Queue,
  REP_STATUSES,
  type Rep,
  SAME_PERSON_ACTIONS,
  SAME_PERSON_SCOPES,
  STRATEGIES,
  type Territory,
  WEIGHTINGS,
} from '../domain/configuration.ts';
import { InvalidInput } from '../domain/errors.ts';
import { FIELD_TYPES } from '../domain/fields.ts';
import { sectorsOf } from '../domain/industries.ts';
import { LEAD_STATUSES } from '../domain/lead.ts';
import { isTimeZone, PERIODS, WEEKDAYS } from '../domain/localTime.ts';
import type { Metro } from '../domain/metros.ts';
import { RUNG_ACTIONS, RUNG_DEFAULTS, type Rung, SLA_CLOCKS, type SlaPolicy } from '../domain/sla.ts';
import { normalizePostalCode, SECTOR_PREFIXES } from '../domain/territories.ts';
import { isHolidayRegion } from '../holidays.ts';
import { isFreeMail } from '../intake/freeMail.ts';
import {
  ATTRIBUTE_NAME,
  ATTRIBUTE_NAME_FAULT,
  attributesSchema,
  countryCode,
  emailAddress,
  isLanguageTag,
  issuesOf,
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
  /** Lead costs, class limits, segment values, weight segments: each list of segments. */
  segments: 100,
  leadAttributes: 100,
  dates: 400,
  rungs: 20,
  slaPolicies: 1_000,
  queues: 1_000,
  metros: 10_000,
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

const timeZone = required(64).refine(isTimeZone, { error: 'must be an IANA time zone such as Europe/Berlin' });

const holidayRegion = required(20).refine(isHolidayRegion, {
  error: 'must be a country whose holidays are known, or a part of one, such as DE or DE-BY',
});

const TIME_FAULT = 'must be a time of day such as 09:30';
const stretch = {
  from: z.string({ error: TIME_FAULT }).regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: TIME_FAULT }),
  to: z.string({ error: TIME_FAULT }).regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, { error: `${TIME_FAULT} or 24:00` }),
};

const workingHours = z
  .array(
    z.strictObject({
      days: z
        .array(z.enum(WEEKDAYS, { error: `must be one of ${WEEKDAYS.join(', ')}` }))
        .min(1, { error: 'must name at least one day' })
        .transform((days) => WEEKDAYS.filter((day) => days.includes(day))),
      ...stretch,
    }),
  )
  .max(50, { error: 'has more than 50 entries' });

const dateHours = z
  .array(
    z.strictObject({
      date: z.iso.date({ error: 'must be a day that exists, as YYYY-MM-DD' }),
      stretches: z.array(z.strictObject(stretch)).max(10, { error: 'has more than 10 entries' }).default([]),
    }),
  )
  .max(LIMITS.dates, { error: `has more than ${LIMITS.dates} dates` })
  .refine((list) => new Set(list.map(({ date }) => date)).size === list.length, { error: 'names a date twice' })
  .transform((list) => list.toSorted((a, b) => (a.date < b.date ? -1 : 1)));

/** A list with one entry for each segment at most. */
const bySegment = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .array(z.strictObject({ segment: key, ...shape }))
    .max(LIMITS.segments, { error: `has more than ${LIMITS.segments} entries` })
    .refine((list) => new Set(list.map((entry) => (entry as { segment: string }).segment)).size === list.length, {
      error: 'names a segment twice',
    });

const classLimits = bySegment({ limit: whole(0, 100_000) });

const rateCaps = z
  .array(
    z.strictObject({
      leads: whole(1, 10_000),
      per: z.enum(PERIODS, { error: `must be one of ${PERIODS.join(', ')}` }),
      timeZone: timeZone.nullish().transform((zone) => zone ?? null),
    }),
  )
  .max(10, { error: 'has more than 10 rate caps' });

const size = orNull(whole(0, 10_000_000));

/** What a rep knows best, as it is set and as it is proposed. */
export const specialtyFields = {
  specialties: texts(100),
  industries: texts(100, 200),
  regions: texts(LIMITS.listed),
  products: texts(100, 200),
  employeesMin: size,
  employeesMax: size,
} as const;

export const NO_SPECIALTIES = {
  specialties: [],
  industries: [],
  regions: [],
  products: [],
  employeesMin: null,
  employeesMax: null,
} as const;

export const settingFields = {
  defaultCapacity: whole(0, 100_000),
  timeZone,
  leadCosts: bySegment({ cost: whole(1, 1_000) }),
  classLimits,
  rateCaps,
  samePerson: z.strictObject({
    action: z.enum(SAME_PERSON_ACTIONS),
    windowDays: whole(1, 3_650),
    scope: z.enum(SAME_PERSON_SCOPES),
    ignoreTags: z.boolean(),
    ignoreDots: z.enum(['NEVER', 'GMAIL', 'ALWAYS']),
  }),
  freeMailDomains: recognised(registrableDomain, 'is no domain: write example.com'),
  leadAttributes: z
    .array(
      z
        .strictObject({
          name: z.string().regex(ATTRIBUTE_NAME, { error: ATTRIBUTE_NAME_FAULT }),
          type: z.enum(FIELD_TYPES, { error: `must be one of ${FIELD_TYPES.join(', ')}` }),
          values: texts(LIMITS.listed, 200).default([]),
        })
        .refine(({ type, values }) => (type === 'ENUM') === values.length > 0, {
          error: 'has values if, and only if, the type is ENUM',
          path: ['values'],
        }),
    )
    .max(LIMITS.leadAttributes, { error: `has more than ${LIMITS.leadAttributes} attributes` })
    .refine((list) => new Set(list.map((each) => each.name)).size === list.length, {
      error: 'declares an attribute twice',
    }),
  notSeenAfterMinutes: orNull(whole(5, 527_040)),
  holidayRegion: orNull(holidayRegion),
  defaultSla: z.boolean(),
  retention: z
    .array(
      z.strictObject({
        status: z.enum(LEAD_STATUSES, { error: `must be one of ${LEAD_STATUSES.join(', ')}` }),
        days: whole(1, 36_500),
      }),
    )
    .refine((list) => new Set(list.map(({ status }) => status)).size === list.length, {
      error: 'names a status twice',
    }),
} as const;

export const repFields = {
  name,
  email: required(400).transform((text, context) => {
    const address = emailAddress(text);
    if (address === null) context.addIssue({ code: 'custom', message: 'must be an address such as ada@example.com' });
    return address ?? text;
  }),
  capacity: orNull(whole(0, 100_000)),
  rateCaps: orNull(rateCaps),
  classLimits,
  status: z.enum(REP_STATUSES),
  timeZone: orNull(timeZone),
  workingHours: orNull(workingHours),
  dateHours,
  holidayRegion: orNull(holidayRegion),
  language: orNull(required(35).refine(isLanguageTag, { error: 'must be a BCP 47 language tag such as de or en-GB' })),
  ...specialtyFields,
  attributes: attributesSchema,
} as const;

export const REP_DEFAULTS = {
  capacity: null,
  rateCaps: null,
  classLimits: [],
  status: 'ACTIVE',
  timeZone: null,
  workingHours: null,
  dateHours: [],
  holidayRegion: null,
  language: null,
  ...NO_SPECIALTIES,
  attributes: {},
} as const satisfies Partial<Rep>;

export const poolFields = {
  name,
  strategy: z.enum(STRATEGIES, { error: `must be one of ${STRATEGIES.join(', ')}` }),
  defaultValue: whole(1, 1_000_000),
  segmentValues: bySegment({ value: whole(1, 1_000_000) }),
  countManual: z.boolean(),
  returnDisqualified: z.boolean(),
  maxAhead: orNull(whole(1, 1_000_000)),
  fairnessWindow: z.enum(FAIRNESS_WINDOWS, { error: `must be one of ${FAIRNESS_WINDOWS.join(', ')}` }),
  memberCapacity: orNull(whole(0, 100_000)),
  limitsCapacity: z.boolean(),
  weightSegments: z
    .array(key)
    .max(LIMITS.segments, { error: `has more than ${LIMITS.segments} entries` })
    .transform((list) => [...new Set(list)]),
  weighting: z
    .strictObject({
      by: z.enum(WEIGHTINGS, { error: `must be one of ${WEIGHTINGS.join(', ')}` }),
      floor: whole(0, 10_000).default(1),
      ceiling: whole(1, 10_000).default(1_000),
      days: whole(1, 3_650).default(90),
    })
    .refine(({ floor, ceiling }) => floor <= ceiling, { error: 'is below the floor', path: ['ceiling'] }),
  skips: z
    .array(z.enum(ABSENCES, { error: `must be one of ${ABSENCES.join(', ')}` }))
    .transform((skips) => ABSENCES.filter((reason) => skips.includes(reason))),
  catchUp: z.enum(CATCH_UPS, { error: `must be one of ${CATCH_UPS.join(', ')}` }),
  catchUpLeads: whole(1, 1_000),
  horizonHours: orNull(whole(1, 8_784)),
} as const;

export const POOL_DEFAULTS = {
  defaultValue: 1,
  segmentValues: [],
  countManual: true,
  returnDisqualified: true,
  maxAhead: null,
  fairnessWindow: 'NEVER',
  memberCapacity: null,
  limitsCapacity: true,
  weightSegments: [],
  weighting: { by: 'FIXED', floor: 1, ceiling: 1_000, days: 90 },
  skips: DEFAULT_SKIPS,
  catchUp: 'NONE',
  catchUpLeads: 2,
  horizonHours: null,
} as const satisfies Partial<Pool>;

/** A rule of several fields speaks up only once each of them is right by itself. */
const isFaultless = ({ issues }: { readonly issues: readonly unknown[] }): boolean => issues.length === 0;

/** A year. */
const MAX_SECONDS = 31_622_400;

export const queueFields = {
  name,
  deadlineSeconds: whole(1, MAX_SECONDS),
  claimLimit: orNull(whole(1, 100_000)),
  overflow: orNull(
    z
      .strictObject({
        length: orNull(whole(1, 1_000_000)).default(null),
        waitSeconds: orNull(whole(1, MAX_SECONDS)).default(null),
        raisePriority: whole(0, 1_000).default(0),
        widenTo: orNull(key).default(null),
      })
      .refine(({ length, waitSeconds }) => length !== null || waitSeconds !== null, {
        error: 'never comes: give length, waitSeconds or both',
        when: isFaultless,
      })
      .refine(({ raisePriority, widenTo }) => raisePriority > 0 || widenTo !== null, {
        error: 'changes nothing: give raisePriority, widenTo or both',
        when: isFaultless,
      }),
  ),
} as const;

export const QUEUE_DEFAULTS = {
  deadlineSeconds: 3_600,
  claimLimit: null,
  overflow: null,
} as const satisfies Partial<Queue>;

const rung = z
  .strictObject({
    afterSeconds: whole(1, MAX_SECONDS),
    action: z.enum(RUNG_ACTIONS, { error: `must be one of ${RUNG_ACTIONS.join(', ')}` }),
    channel: orNull(required(50)),
    status: orNull(z.enum(LEAD_STATUSES).exclude(['NEW'], { error: 'must be a status other than NEW' })),
    pauseSeconds: orNull(whole(60, MAX_SECONDS)),
    backupFirst: z.boolean(),
  })
  .partial()
  .required({ afterSeconds: true, action: true })
  .transform(
    (given) =>
      ({ ...RUNG_DEFAULTS, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value != null)) }) as Rung,
  )
  .refine(({ action, channel }) => action === 'REMIND' || channel === null, {
    error: 'goes with REMIND alone',
    path: ['channel'],
  })
  .refine(({ action, pauseSeconds }) => action === 'PAUSE_REP' || pauseSeconds === null, {
    error: 'goes with PAUSE_REP alone',
    path: ['pauseSeconds'],
  })
  .refine(({ action, backupFirst }) => action === 'REASSIGN' || !backupFirst, {
    error: 'goes with REASSIGN alone',
    path: ['backupFirst'],
  })
  .refine(({ action, status }) => (action === 'SET_STATUS') === (status !== null), {
    error: 'is set if, and only if, the action is SET_STATUS',
    path: ['status'],
  });

export const slaPolicyFields = {
  name,
  position: whole(0, 1_000_000),
  clock: z.enum(SLA_CLOCKS, { error: `must be one of ${SLA_CLOCKS.join(', ')}` }),
  rungs: z
    .array(rung)
    .min(1, { error: 'must have at least one rung' })
    .max(LIMITS.rungs, { error: `has more than ${LIMITS.rungs} rungs` })
    // Of those that are due together, the one that takes the lead away comes last: it ends the ladder.
    .transform((rungs) =>
      rungs.toSorted(
        (a, b) => a.afterSeconds - b.afterSeconds || Number(a.action === 'REASSIGN') - Number(b.action === 'REASSIGN'),
      ),
    ),
} as const;

export const SLA_POLICY_DEFAULTS = {
  position: 0,
  condition: null,
  clock: 'REAL',
} as const satisfies Partial<SlaPolicy>;

export const memberFields = {
  weight: whole(0, 10_000),
  tier: whole(-100, 100),
  capacity: orNull(whole(0, 100_000)),
  segmentWeights: z.record(key, whole(0, 10_000)).refine((weights) => Object.keys(weights).length <= LIMITS.segments, {
    error: `has more than ${LIMITS.segments} entries`,
  }),
} as const;

export const MEMBER_DEFAULTS = {
  weight: 1,
  tier: 0,
  capacity: null,
  segmentWeights: {},
} as const satisfies Partial<PoolMember>;

const degrees = (most: number) => {
  const error = `must be from −${most} to ${most} degrees`;
  return orNull(z.number({ error }).min(-most, { error }).max(most, { error }));
};

const country = required(100).transform((text, context) => {
  const code = countryCode(text);
  if (code === null) context.addIssue({ code: 'custom', message: `"${text}" is no country of ISO 3166-1` });
  return code ?? text;
});

const postalPrefixes = recognised((text) => normalizePostalCode(text) || null, 'is no beginning of a postal code');

export const metroFields = {
  name,
  country,
  postalPrefixes,
  cities: texts(LIMITS.listed, 200),
  latitude: degrees(90),
  longitude: degrees(180),
  radiusKm: orNull(z.number().positive({ error: 'must be above 0' }).max(2_000, { error: 'must be at most 2,000 km' })),
} as const;

export const METRO_DEFAULTS = {
  postalPrefixes: [],
  cities: [],
  latitude: null,
  longitude: null,
  radiusKm: null,
} as const satisfies Partial<Metro>;

/** `naics:33` → `naics:31`, the code by which leads are known to be of the sector; other text as it is. */
function industry(text: string): string | null {
  const { naics, nace } = SECTOR_PREFIXES;
  const lower = text.toLowerCase();
  if (!lower.startsWith(naics) && !lower.startsWith(nace)) return text;
  const sectors = sectorsOf(text);
  const [prefix, code] = lower.startsWith(naics) ? [naics, sectors.naicsSector] : [nace, sectors.naceSection];
  return code === null ? null : prefix + code;
}

export const territoryFields = {
  name,
  position: whole(0, 1_000_000),
  countries: recognised(countryCode, 'is no country of ISO 3166-1'),
  regions: recognised((text) => regionCode(text, null), 'is no region of ISO 3166-2, such as US-CA'),
  metros: texts(LIMITS.listed, 200),
  postalPrefixes,
  industries: recognised(industry, 'is no sector of NAICS or section of NACE, such as naics:51 or nace:J'),
  industryKeywords: texts(LIMITS.listed, 200),
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
  industryKeywords: [],
  employeesMin: null,
  employeesMax: null,
} as const satisfies Partial<Territory>;

const BARE_DOMAIN = /^[^\s/:@?#]+[^\s/:@?#.]$/;

function accountDomain(text: string): string | null {
  const domain = BARE_DOMAIN.test(text) ? registrableDomain(text) : null;
  return domain === null || isFreeMail(domain) ? null : domain;
}

export const accountFields = {
  name,
  aliases: texts(100, 300),
  kind: z.enum(ACCOUNT_KINDS),
  domains: recognised(
    accountDomain,
    'is no domain of one company: write example.com, without scheme, port, path or trailing dot, and no free-mail or disposable one',
  )
    // As they are read back, so that the same domains in another order are no change.
    .transform((domains) => domains.toSorted()),
} as const;

/** What a value is called that is to be of a type. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a thing with fields',
  record: 'a thing with fields',
};

/** What is said of a fault for which the schema has no words of its own. */
const wording: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return 'is missing';
      const type = TYPES[issue.expected] ?? issue.expected;
      const quotes = issue.expected === 'string' && ['number', 'boolean'].includes(typeof issue.input);
      return `must be ${type}${quotes ? `: put ${issue.input} in quotes` : ''}`;
    }
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `must be one of ${issue.values.join(', ')}`;
    case 'invalid_union':
      if (!Array.isArray(issue.options)) return undefined;
      return issue.input === undefined ? 'is missing' : `must be one of ${issue.options.join(', ')}`;
    case 'unrecognized_keys':
      return `has no field ${issue.keys.map((name) => `"${name}"`).join(', ')}`;
    default:
      return undefined;
  }
};

/** @throws InvalidInput with all faults, each with its path */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  path: readonly (string | number)[] = [],
): z.output<Schema> {
  const parsed = schema.safeParse(input, { error: wording });
  if (!parsed.success) throw new InvalidInput(issuesOf(parsed.error, path));
  return parsed.data;
}

/** What was given of an input: a field left out and one that is undefined are the same. */
export const given = <Input extends object>(input: Input): Partial<Input> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as Partial<Input>;
