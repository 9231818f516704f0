import { z } from 'zod';
import type { PerMinute } from './limits/rateLimits.ts';
import { parseKeys } from './secrets/keys.ts';
import type { SecretKeys } from './secrets/seal.ts';

const ROLES = ['all', 'api', 'worker'] as const;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const wholeNumber = (from: number, to: number, range: string) =>
  z.coerce
    .number({ error: `must be a number ${range}` })
    .int({ error: 'must be a whole number' })
    .min(from, { error: `must be ${range}` })
    .max(to, { error: `must be ${range}` });
const perMinute = wholeNumber(0, 1_000_000_000, 'from 0 (no limit) to 1,000,000,000');
const oneOf = <Value extends string>(values: readonly [Value, ...Value[]]) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });
const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `must be a URL such as ${example}` });

/** What the client of Redis takes: a path is the number of a database. */
const isRedisUrl = (text: string): boolean => {
  try {
    const { protocol, username, password, pathname } = new URL(text);
    decodeURIComponent(username + password);
    return /^rediss?:$/.test(protocol) && /^(\/\d*)?$/.test(pathname);
  } catch {
    return false;
  }
};

/** Every setting: what it may be, and what it is without being set. The README's table lists the same. */
const SETTINGS = {
  PORT: wholeNumber(0, 65_535, 'from 0 (any free port) to 65535').default(4_000),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATABASE_URL: url(/^postgres(ql)?$/, 'postgresql://user:password@host:5432/database').optional(),
  FAIRLEAD_REDIS_URL: z
    .string()
    .refine(isRedisUrl, { error: 'must be a URL such as redis://:password@host:6379' })
    .optional(),
  FAIRLEAD_DATA_DIR: z.string().min(1).default('.fairlead'),
  FAIRLEAD_ADMIN_KEY: z
    .string()
    .regex(/^fl_[a-z0-9]{8,32}_[A-Za-z0-9_-]{32,128}$/, {
      error:
        'must look like fl_<8 to 32 lower-case letters or digits>_<32 or more characters of A–Z, a–z, 0–9, _ and ->',
    })
    .optional(),
  FAIRLEAD_JWT_SECRET: z.string().min(32, { error: 'must have at least 32 characters' }).optional(),
  FAIRLEAD_JWKS_URL: url(/^https?$/, 'https://login.example.com/.well-known/jwks.json').optional(),
  FAIRLEAD_JWT_ISSUER: z.string().min(1).optional(),
  FAIRLEAD_JWT_AUDIENCE: z.string().min(1).optional(),
  FAIRLEAD_SECRET_KEYS: z
    .string()
    .refine((text) => parseKeys(text) !== null, {
      error:
        'must be keys as `npm run fairlead -- secrets new` makes them, of different names, with commas between them',
    })
    .optional(),
  FAIRLEAD_ROLE: oneOf(ROLES).default('all'),
  FAIRLEAD_LOG_LEVEL: oneOf(LOG_LEVELS).default('info'),
  FAIRLEAD_PRIVATE_ADDRESSES: oneOf(['refuse', 'allow']).default('refuse'),
  FAIRLEAD_OPERATIONS: oneOf(['any', 'persisted']).default('any'),
  FAIRLEAD_OPERATIONS_FILE: z.string().min(1).optional(),
  FAIRLEAD_OPERATIONS_PER_MINUTE: perMinute.default(6_000),
  FAIRLEAD_OBJECTS_PER_MINUTE: perMinute.default(60_000),
  FAIRLEAD_SIGN_INS_PER_MINUTE: perMinute.default(120),
  FAIRLEAD_TRUST_PROXY: wholeNumber(0, 10, 'from 0 to 10').default(0),
  FAIRLEAD_METRICS_PORT: wholeNumber(0, 65_535, 'from 0 (any free port) to 65535').optional(),
  FAIRLEAD_DRAIN_SECONDS: wholeNumber(0, 300, 'from 0 to 300').optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(/^https?$/, 'http://localhost:4318').optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url(/^https?$/, 'http://localhost:4318/v1/traces').optional(),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number({ error: 'must be a number from 0 to 1' })
    .min(0, { error: 'must be from 0 to 1' })
    .max(1, { error: 'must be from 0 to 1' })
    .default(1),
};

export const SETTING_NAMES = Object.keys(SETTINGS);

export interface Config {
  readonly port: number;
  readonly host: string;
  /** Undefined: the embedded database in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Undefined: wake-ups between servers go through PostgreSQL. */
  readonly redisUrl: string | undefined;
  readonly dataDir: string;
  readonly adminKey: string | undefined;
  readonly jwt: {
    readonly secret: string | undefined;
    readonly jwksUrl: string | undefined;
    readonly issuer: string | undefined;
    readonly audience: string | undefined;
  };
  /** What secrets are kept encrypted with, the first for new ones; null for the file beside the embedded database, or none. */
  readonly secretKeys: SecretKeys | null;
  readonly role: (typeof ROLES)[number];
  readonly logLevel: string;
  /** Whether addresses that users enter (calendars) may lead into private networks, and be http. */
  readonly allowPrivateAddresses: boolean;
  /** Of those who sign in with a token: any, or only those in `operationsFile`. */
  readonly operations: 'any' | 'persisted';
  /** Stored operations; undefined for none. */
  readonly operationsFile: string | undefined;
  /** How much one may ask for in a minute; 0 for as much as one likes. */
  readonly perMinute: PerMinute;
  /** Proxies in front, each of which tells in `X-Forwarded-For` whom it has a request from. */
  readonly trustedProxies: number;
  /** Where Prometheus is answered; undefined for nowhere. */
  readonly metricsPort: number | undefined;
  /** Where traces are sent (OTLP/HTTP), and which share of those that begin here, 0 to 1; null for none. */
  readonly tracing: { readonly url: string; readonly share: number } | null;
  /** How long a server that is told to stop by SIGTERM goes on serving, while /readyz says that it is stopping. */
  readonly drainSeconds: number;
  /** Closes introspection, suggestions and GraphiQL to who is not signed in. */
  readonly production: boolean;
}

/** All faults of the settings, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Long enough for a load balancer that asks each second; with what follows, a stop stays within ten seconds. */
const PRODUCTION_DRAIN_SECONDS = 3;
const DRAIN_SECONDS = 1;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);

/**
 * Reads the settings once.
 *
 * @param env as `process.env`
 * @throws ConfigError with all faults together
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  for (const name of Object.keys(env)) {
    if (!name.startsWith('FAIRLEAD_') || SETTING_NAMES.includes(name)) continue;
    // Without what they have in common: FAIRLEAD_PORT is nearer to PORT than to FAIRLEAD_ROLE.
    const near = nearest(bareName(name), SETTING_NAMES.map(bareName));
    const meant = SETTING_NAMES.find((setting) => bareName(setting) === near);
    faults.push(`${name} is no setting; did you mean ${meant}?`);
  }
  // An empty value is one that was left out.
  const given = Object.fromEntries(SETTING_NAMES.map((name) => [name, env[name] || undefined]));
  const parsed = z.object(SETTINGS).safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) faults.push(`${issue.path.join('.')} ${issue.message}`);
  }
  const hasToken = env.FAIRLEAD_JWT_SECRET || env.FAIRLEAD_JWKS_URL;
  for (const name of ['FAIRLEAD_JWT_ISSUER', 'FAIRLEAD_JWT_AUDIENCE']) {
    if (env[name] && !hasToken) faults.push(`${name} needs FAIRLEAD_JWT_SECRET or FAIRLEAD_JWKS_URL beside it`);
  }
  if (env.FAIRLEAD_JWT_SECRET && env.FAIRLEAD_JWKS_URL) {
    faults.push('FAIRLEAD_JWT_SECRET and FAIRLEAD_JWKS_URL exclude each other');
  }
  if (env.FAIRLEAD_OPERATIONS === 'persisted' && !env.FAIRLEAD_OPERATIONS_FILE) {
    faults.push(
      'FAIRLEAD_OPERATIONS=persisted needs FAIRLEAD_OPERATIONS_FILE beside it: the operations that may be sent',
    );
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults.join('\n'));
  const { data } = parsed;
  const production = env.NODE_ENV === 'production' || !LOOPBACK.has(data.HOST);
  return Object.freeze({
    port: data.PORT,
    host: data.HOST,
    databaseUrl: data.DATABASE_URL,
    redisUrl: data.FAIRLEAD_REDIS_URL,
    dataDir: data.FAIRLEAD_DATA_DIR,
    adminKey: data.FAIRLEAD_ADMIN_KEY,
    jwt: Object.freeze({
      secret: data.FAIRLEAD_JWT_SECRET,
      jwksUrl: data.FAIRLEAD_JWKS_URL,
      issuer: data.FAIRLEAD_JWT_ISSUER,
      audience: data.FAIRLEAD_JWT_AUDIENCE,
    }),
    secretKeys: data.FAIRLEAD_SECRET_KEYS === undefined ? null : parseKeys(data.FAIRLEAD_SECRET_KEYS),
    role: data.FAIRLEAD_ROLE,
    logLevel: data.FAIRLEAD_LOG_LEVEL,
    allowPrivateAddresses: data.FAIRLEAD_PRIVATE_ADDRESSES === 'allow',
    operations: data.FAIRLEAD_OPERATIONS,
    operationsFile: data.FAIRLEAD_OPERATIONS_FILE,
    perMinute: Object.freeze({
      operations: data.FAIRLEAD_OPERATIONS_PER_MINUTE,
      objects: data.FAIRLEAD_OBJECTS_PER_MINUTE,
      signIns: data.FAIRLEAD_SIGN_INS_PER_MINUTE,
    }),
    trustedProxies: data.FAIRLEAD_TRUST_PROXY,
    metricsPort: data.FAIRLEAD_METRICS_PORT,
    tracing: tracingOf(data),
    drainSeconds: data.FAIRLEAD_DRAIN_SECONDS ?? (production ? PRODUCTION_DRAIN_SECONDS : DRAIN_SECONDS),
    production,
  });
}

/** The general endpoint is a root under which each kind of signal has its path; the particular one is taken as it is. */
function tracingOf(settings: {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined;
  readonly OTEL_TRACES_SAMPLER_ARG: number;
}): Config['tracing'] {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: root, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: exact } = settings;
  const url = exact ?? (root === undefined ? undefined : `${root.replace(/\/$/, '')}/v1/traces`);
  return url === undefined ? null : Object.freeze({ url, share: settings.OTEL_TRACES_SAMPLER_ARG });
}

const bareName = (name: string): string => name.replace(/^FAIRLEAD_/, '');

/** The candidate with the fewest letters to change, add or drop (Levenshtein); of several the first. */
export function nearest(word: string, candidates: readonly string[]): string {
  const distance = (other: string): number => {
    let row = Array.from({ length: other.length + 1 }, (_, index) => index);
    for (const [i, letter] of [...word].entries()) {
      const next = [i + 1];
      for (const [j, otherLetter] of [...other].entries()) {
        const replaced = (row[j] as number) + (letter === otherLetter ? 0 : 1);
        next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
      }
      row = next;
    }
    return row.at(-1) as number;
  };
  return candidates.toSorted((a, b) => distance(a) - distance(b))[0] ?? '';
}
