import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ConfigError, nearest, readConfig, SETTING_NAMES } from '../src/config.ts';

const faultsOf = (env: Record<string, string>): string[] => {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split('\n');
  }
  return [];
};

test('nothing has to be set', () => {
  expect(readConfig({})).toEqual({
    port: 4_000,
    host: '127.0.0.1',
    databaseUrl: undefined,
    redisUrl: undefined,
    dataDir: '.fairlead',
    adminKey: undefined,
    secretKeys: null,
    jwt: { secret: undefined, jwksUrl: undefined, issuer: undefined, audience: undefined },
    role: 'all',
    logLevel: 'info',
    allowPrivateAddresses: false,
    operations: 'any',
    operationsFile: undefined,
    perMinute: { operations: 6_000, objects: 60_000, signIns: 120 },
    trustedProxies: 0,
    metricsPort: undefined,
    tracing: null,
    drainSeconds: 1,
    production: false,
  });
});

test('the table of the README lists the settings there are', () => {
  const table = readFileSync('README.md', 'utf8').matchAll(/^\| `([A-Z_]+)` \|/gm);
  expect(Array.from(table, ([, name]) => name)).toEqual(SETTING_NAMES);
});

test('an empty value is one that was left out', () => {
  const empty = Object.fromEntries(SETTING_NAMES.map((name) => [name, '']));
  expect(readConfig(empty)).toEqual(readConfig({}));
});

test('what has been read cannot be changed', () => {
  const config = readConfig({});
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.jwt)).toBe(true);
});

describe('a value that can be used is taken', () => {
  test.each([
    ['PORT', '0', 'port', 0],
    ['PORT', '65535', 'port', 65_535],
    ['HOST', '0.0.0.0', 'host', '0.0.0.0'],
    ['DATABASE_URL', 'postgres://ada:pw@db:6543/leads', 'databaseUrl', 'postgres://ada:pw@db:6543/leads'],
    [
      'DATABASE_URL',
      'postgresql://localhost/leads?sslmode=require',
      'databaseUrl',
      'postgresql://localhost/leads?sslmode=require',
    ],
    ['FAIRLEAD_REDIS_URL', 'redis://:p%40ss@cache', 'redisUrl', 'redis://:p%40ss@cache'],
    ['FAIRLEAD_REDIS_URL', 'rediss://cache:6380/2', 'redisUrl', 'rediss://cache:6380/2'],
    ['FAIRLEAD_DATA_DIR', '/srv/leads', 'dataDir', '/srv/leads'],
    ['FAIRLEAD_ADMIN_KEY', `fl_abcd1234_${'s'.repeat(32)}`, 'adminKey', `fl_abcd1234_${'s'.repeat(32)}`],
    ['FAIRLEAD_ROLE', 'worker', 'role', 'worker'],
    ['FAIRLEAD_LOG_LEVEL', 'silent', 'logLevel', 'silent'],
    ['FAIRLEAD_METRICS_PORT', '0', 'metricsPort', 0],
    ['FAIRLEAD_DRAIN_SECONDS', '300', 'drainSeconds', 300],
  ] as const)('%s=%s', (name, value, property, expected) => {
    expect(readConfig({ [name]: value })[property]).toBe(expected);
  });
});

describe('a value that cannot be used is refused by the name of its setting', () => {
  test.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', 'http'],
    ['DATABASE_URL', 'localhost:5432'],
    ['DATABASE_URL', 'mysql://localhost/leads'],
    ['FAIRLEAD_REDIS_URL', 'cache:6379'],
    ['FAIRLEAD_REDIS_URL', 'http://cache:6379'],
    ['FAIRLEAD_REDIS_URL', 'redis://cache/events'],
    ['FAIRLEAD_REDIS_URL', 'redis://:%ff@cache'],
    ['FAIRLEAD_ADMIN_KEY', 'secret'],
    ['FAIRLEAD_ADMIN_KEY', `fl_short_${'s'.repeat(32)}`],
    ['FAIRLEAD_ADMIN_KEY', `fl_ABCD1234_${'s'.repeat(32)}`],
    ['FAIRLEAD_ADMIN_KEY', `fl_abcd1234_${'s'.repeat(31)}`],
    ['FAIRLEAD_ADMIN_KEY', `fl_abcd1234_${'s'.repeat(32)}!`],
    ['FAIRLEAD_JWT_SECRET', 's'.repeat(31)],
    ['FAIRLEAD_JWKS_URL', 'file:///etc/passwd'],
    ['FAIRLEAD_ROLE', 'boss'],
    ['FAIRLEAD_LOG_LEVEL', 'loud'],
    ['FAIRLEAD_METRICS_PORT', '65536'],
    ['FAIRLEAD_DRAIN_SECONDS', '301'],
    ['FAIRLEAD_DRAIN_SECONDS', '-1'],
    ['FAIRLEAD_DRAIN_SECONDS', '2.5'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'grpc://localhost:4317'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
  ])('%s=%s', (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name} must `));
  });
});

test('all faults come together, a line each', () => {
  const faults = faultsOf({ PORT: 'x', FAIRLEAD_ROLE: 'x', FAIRLEAD_JWT_ISSUER: 'x', FAIRLEAD_COLOUR: 'x' });
  expect(faults.map((line) => line.split(' ')[0])).toEqual(
    expect.arrayContaining(['PORT', 'FAIRLEAD_ROLE', 'FAIRLEAD_JWT_ISSUER', 'FAIRLEAD_COLOUR']),
  );
  expect(faults).toHaveLength(4);
});

test('no fault repeats a secret', () => {
  const faults = faultsOf({
    FAIRLEAD_ADMIN_KEY: 'hunter2',
    FAIRLEAD_JWT_SECRET: 'hunter2',
    DATABASE_URL: 'pg://ada:hunter2@db',
  });
  expect(faults).toHaveLength(3);
  expect(faults.join()).not.toContain('hunter2');
});

describe('a name that is no setting is refused with the nearest', () => {
  test.each([
    ['FAIRLEAD_DATADIR', 'FAIRLEAD_DATA_DIR'],
    ['FAIRLEAD_JWT_SECRETS', 'FAIRLEAD_JWT_SECRET'],
    ['FAIRLEAD_ROLES', 'FAIRLEAD_ROLE'],
    ['FAIRLEAD_PORT', 'PORT'],
    ['FAIRLEAD_HOST', 'HOST'],
    ['FAIRLEAD_DATABASE_URL', 'DATABASE_URL'],
  ])('%s → %s', (name, expected) => {
    expect(faultsOf({ [name]: 'x' })).toEqual([`${name} is no setting; did you mean ${expected}?`]);
  });
});

test('names of other programs are none of our business', () => {
  expect(faultsOf({ PATH: '/bin', FAIR: 'x', fairlead_port: 'x' })).toEqual([]);
});

describe('production', () => {
  test.each([
    [{}, false],
    [{ NODE_ENV: 'development' }, false],
    [{ NODE_ENV: 'production' }, true],
    [{ HOST: 'localhost' }, false],
    [{ HOST: '::1' }, false],
    [{ HOST: '0.0.0.0' }, true],
    [{ HOST: '::' }, true],
    [{ HOST: '192.168.1.5' }, true],
  ])('%j → %s', (env, expected) => {
    expect(readConfig(env).production).toBe(expected);
  });
});

describe('traces', () => {
  test.each([
    [{}, null],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318' }, { url: 'http://otel:4318/v1/traces', share: 1 }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel/in/' }, { url: 'http://otel/in/v1/traces', share: 1 }],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://tempo/t' },
      { url: 'http://tempo/t', share: 1 },
    ],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://tempo/t', OTEL_TRACES_SAMPLER_ARG: '0.1' },
      { url: 'http://tempo/t', share: 0.1 },
    ],
  ])('%j → %j', (env, expected) => {
    expect(readConfig(env).tracing).toEqual(expected);
  });
});

test('a server that is told to stop goes on serving for three seconds in production, and for one elsewhere', () => {
  expect(readConfig({ NODE_ENV: 'production' }).drainSeconds).toBe(3);
  expect(readConfig({ NODE_ENV: 'production', FAIRLEAD_DRAIN_SECONDS: '0' }).drainSeconds).toBe(0);
  expect(readConfig({}).drainSeconds).toBe(1);
});

describe('tokens', () => {
  test('an issuer or audience without a way to check a token is a fault', () => {
    expect(faultsOf({ FAIRLEAD_JWT_AUDIENCE: 'leads' })).toHaveLength(1);
    expect(faultsOf({ FAIRLEAD_JWT_AUDIENCE: 'leads', FAIRLEAD_JWT_SECRET: 's'.repeat(32) })).toEqual([]);
  });

  test('a secret and a key set exclude each other', () => {
    const jwksUrl = 'https://login.example.com/jwks.json';
    expect(faultsOf({ FAIRLEAD_JWKS_URL: jwksUrl })).toEqual([]);
    expect(faultsOf({ FAIRLEAD_JWKS_URL: jwksUrl, FAIRLEAD_JWT_SECRET: 's'.repeat(32) })).toHaveLength(1);
  });
});

describe('the nearest word', () => {
  test.each([
    ['strat', ['demo', 'start', 'config'], 'start'],
    ['conf', ['demo', 'start', 'config'], 'config'],
    ['', ['demo', 'go'], 'go'],
    ['same', ['name', 'same'], 'same'],
    ['x', [], ''],
  ])('of %j', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });
});
