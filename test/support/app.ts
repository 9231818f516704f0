import { randomBytes } from 'node:crypto';
import { type App, createApp } from '../../src/app.ts';
import type { Clock } from '../../src/clock.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { createApiKey } from '../../src/configuration/apiKeys.ts';
import { applyCompany } from '../../src/configuration/company.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import type { TypedDocumentString } from '../../src/gql/graphql.ts';
import { createLog } from '../../src/log.ts';
import { newKeyText, parseKeys } from '../../src/secrets/keys.ts';
import { createSecrets, type SecretKeys } from '../../src/secrets/seal.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { scannedLog } from './scannedLog.ts';
import { UNLIMITED } from './unlimited.ts';

export { until } from './until.ts';

/** A clock that stands still until it is moved. */
export interface SettableClock extends Clock {
  set(now: Date): void;
  advance(milliseconds: number): void;
}

export function settableClock(start = new Date('2026-03-02T09:00:00Z')): SettableClock {
  let now = start;
  return {
    now: () => now,
    set: (next) => {
      now = next;
    },
    advance: (milliseconds) => {
      now = new Date(now.getTime() + milliseconds);
    },
  };
}

export const ADMIN_KEY = `fl_testadmin_${randomBytes(32).toString('base64url')}`;

/** What the tests' servers keep secrets with. */
export const TEST_SECRET_KEYS = newKeyText('2026-01-01');
export const TEST_SECRETS = createSecrets(parseKeys(TEST_SECRET_KEYS) as SecretKeys);

export const testConfig = (databaseUrl: string, overrides: Partial<Config> = {}): Config => ({
  ...readConfig({
    PORT: '0',
    DATABASE_URL: databaseUrl,
    FAIRLEAD_REDIS_URL: process.env.TEST_REDIS_URL,
    FAIRLEAD_ADMIN_KEY: ADMIN_KEY,
    FAIRLEAD_SECRET_KEYS: TEST_SECRET_KEYS,
    ...UNLIMITED,
    FAIRLEAD_LOG_LEVEL: 'silent',
  }),
  ...overrides,
});

export interface Answer<Data> {
  readonly status: number;
  readonly data: Data | null | undefined;
  readonly errors: readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[];
}

/** A real server on a database of its own, and ways to talk to it. */
export interface TestApp {
  readonly app: App;
  readonly database: Database;
  readonly testDatabase: TestDatabase;
  readonly workspaceId: string;
  readonly clock: SettableClock;
  /** Sends an operation over HTTP, as the admin unless another key is given; null for none. */
  send<Data = Record<string, never>>(query: string, variables?: object, key?: string | null): Promise<Answer<Data>>;
  /** Sends a typed operation. @throws Error when there is no data */
  run<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    key?: string,
  ): Promise<Data>;
  /** Sets up a company from a file's text. */
  apply(text: string): Promise<void>;
  /** A key for a role, and for a rep by its key. */
  /** Carries out what is due by the clock. */
  sweep(): Promise<void>;
  keyFor(role: 'ADMIN' | 'MANAGER' | 'REP' | 'PARTNER' | 'VIEWER', repKey?: string): Promise<string>;
  /** @throws Error when the server has logged what it must not */
  stop(): Promise<void>;
}

export async function startTestApp(
  options: { readonly config?: Partial<Config>; readonly clock?: SettableClock } = {},
): Promise<TestApp> {
  const testDatabase = await createTestDatabase();
  const clock = options.clock ?? settableClock();
  const scanned = scannedLog();
  const app = createApp({
    config: testConfig(testDatabase.url, options.config),
    clock,
    log: process.env.TEST_LOG ? createLog(process.env.TEST_LOG) : scanned.log,
  });
  await app.start();
  const database = openDatabase(testDatabase.url, { max: 4, onError: () => {} });
  const workspaceId = await ensureWorkspace(database, clock);
  const context = { database, workspaceId, by: 'test', clock, committed: () => {} };

  const send = async <Data>(
    query: string,
    variables: object = {},
    key: string | null = ADMIN_KEY,
  ): Promise<Answer<Data>> => {
    const headers = { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors = [] } = (await response.json()) as { data?: Data; errors?: Answer<Data>['errors'] };
    return { status: response.status, data, errors };
  };

  return {
    app,
    database,
    testDatabase,
    workspaceId,
    clock,
    send,
    run: async (document, variables, key = ADMIN_KEY) => {
      const { data, errors } = await send(document.toString(), variables as object, key);
      if (!data) throw new Error(errors.map(({ message }) => message).join('; '));
      return data as never;
    },
    apply: async (text) => void (await applyCompany(context, text)),
    sweep: () => app.sweep(),
    keyFor: async (role, repKey) => {
      const rep =
        repKey === undefined
          ? null
          : await database.prisma.rep.findUniqueOrThrow({ where: { workspaceId_key: { workspaceId, key: repKey } } });
      return (await createApiKey(context, { name: `${role} ${repKey ?? ''}`, role, repId: rep?.id ?? null })).secret;
    },
    stop: async () => {
      await app.stop();
      await database.close();
      await testDatabase.drop();
      scanned.check();
    },
  };
}
