import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type App, createApp } from '../../src/app.ts';
import { type Config, ConfigError } from '../../src/config.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { openDatabase } from '../../src/db/client.ts';
import { createRateLimits, forgetRates, RateLimited } from '../../src/limits/rateLimits.ts';
import { createLog } from '../../src/log.ts';
import { ADMIN_KEY, startTestApp, type TestApp, testConfig, until } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { countQueries } from '../support/queries.ts';

const JWT_SECRET = 'for the tests of limits: 32 characters or more';
const OFF = { operations: 0, objects: 0, signIns: 0 };

let app: TestApp;
let folder: string;
beforeAll(async () => {
  app = await startTestApp({ config: { role: 'api' } });
  await app.apply(onePool(2));
  folder = await mkdtemp(join(tmpdir(), 'fairlead-operations-'));
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});

const others: App[] = [];
afterEach(async () => {
  for (const other of others.splice(0)) await other.stop();
  await app.database.pool.query('DELETE FROM "RateLimit"');
});

/** Another server on the same database. */
async function start(config: Partial<Config>): Promise<string> {
  const base = testConfig(app.testDatabase.url, { role: 'api', ...config });
  const other = createApp({
    config: { ...base, jwt: { ...base.jwt, secret: JWT_SECRET } },
    log: createLog('silent'),
    clock: app.clock,
  });
  await other.start();
  others.push(other);
  return other.url;
}

interface Sent {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly code: string;
  readonly message: string;
  readonly data: unknown;
}
async function send(url: string, body: object, headers: Record<string, string> = {}): Promise<Sent> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}`, ...headers },
    body: JSON.stringify(body),
  });
  const { data, errors } = (await answer.json()) as {
    data?: unknown;
    errors?: { message: string; extensions: { code: string; retryAfterSeconds?: number } }[];
  };
  const [error] = errors ?? [];
  const retryAfter = answer.headers.get('retry-after');
  if (retryAfter !== null) expect(error?.extensions.retryAfterSeconds).toBe(Number(retryAfter));
  return {
    status: answer.status,
    retryAfter,
    code: error?.extensions.code ?? 'OK',
    message: error?.message ?? '',
    data,
  };
}
const codes = (sent: readonly Sent[]): string[] => sent.map(({ code }) => code);
const times = <Result>(count: number, work: () => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, work));
const ME = { query: '{ me { name } }' };
const tokenFor = (claims: object): Promise<string> =>
  new SignJWT({ role: 'ADMIN', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ada')
    .setExpirationTime(Math.floor(app.clock.now().getTime() / 1_000) + 3_600)
    .sign(new TextEncoder().encode(JWT_SECRET));

describe('operations of one principal', () => {
  test('beyond the limit are refused with 429, when to repeat them, and which setting it is; another’s are not', async () => {
    const url = await start({ perMinute: { ...OFF, operations: 5 } });
    expect(codes(await times(5, () => send(url, ME)))).toEqual(Array(5).fill('OK'));
    const refused = await send(url, ME);
    expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED', data: undefined });
    expect(Number(refused.retryAfter)).toBeGreaterThan(50);
    expect(refused.message).toMatch(/More than 5 operations in a minute.*FAIRLEAD_OPERATIONS_PER_MINUTE.*in \d+ s/);
    const other = await app.keyFor('PARTNER');
    expect(await send(url, ME, { authorization: `Bearer ${other}` })).toMatchObject({ code: 'OK' });
  });

  test('of the same name in another workspace are counted apart', async () => {
    await ensureWorkspace(app.database, app.clock, 'other');
    const url = await start({ perMinute: { ...OFF, operations: 1 } });
    const [mine, theirs] = [await tokenFor({}), await tokenFor({ workspace: 'other' })];
    const as = (token: string) => send(url, ME, { authorization: `Bearer ${token}` });
    expect(codes([await as(mine), await as(theirs), await as(mine)])).toEqual(['OK', 'OK', 'RATE_LIMITED']);
  });

  test('are counted over all servers of the database', async () => {
    const perMinute = { ...OFF, operations: 10 };
    const [one, two] = [await start({ perMinute }), await start({ perMinute })];
    expect(codes(await times(8, () => send(one, ME)))).toEqual(Array(8).fill('OK'));
    await until(async () => (await storedPoints()) === 8, 'the first server has told');
    // What it does itself lets the second one hear of the others.
    expect(await send(two, ME)).toMatchObject({ code: 'OK' });
    await until(async () => (await storedPoints()) === 9, 'the second server has told');
    expect(codes([await send(two, ME), await send(two, ME)])).toEqual(['OK', 'RATE_LIMITED']);
  });

  test('over a socket are counted like those over HTTP, and refused one by one', async () => {
    const url = await start({ perMinute: { ...OFF, operations: 3 } });
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${ADMIN_KEY}` },
      retryAttempts: 0,
    });
    const ask = async (): Promise<unknown> => {
      for await (const result of client.iterate(ME)) return result.errors?.[0]?.extensions?.code ?? 'OK';
    };
    const answers: unknown[] = [];
    for (let index = 0; index < 4; index += 1) {
      answers.push(await ask().catch((errors: { extensions: { code: string } }[]) => errors[0]?.extensions.code));
    }
    expect(answers).toEqual(['OK', 'OK', 'OK', 'RATE_LIMITED']);
    expect((await send(url, ME)).code).toBe('RATE_LIMITED');
    await client.dispose();
  });
});

const storedPoints = async (): Promise<number> => {
  const { rows } = await app.database.pool.query('SELECT coalesce(sum("points"), 0)::int AS "points" FROM "RateLimit"');
  return rows[0].points;
};

describe('objects', () => {
  const submit = (count: number) => ({
    query: 'mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { __typename } }',
    variables: { input: { leads: Array(count).fill({ lead: {} }) } },
  });

  test('are counted and not requests: a batch too many is refused as a whole, a small one is not', async () => {
    const url = await start({ perMinute: { ...OFF, objects: 100 } });
    const count = () => app.database.prisma.lead.count();
    const before = await count();
    expect((await send(url, submit(60))).code).toBe('OK');
    const refused = await send(url, submit(60));
    expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(refused.message).toContain('FAIRLEAD_OBJECTS_PER_MINUTE');
    expect(await count()).toBe(before + 60);
    expect((await send(url, submit(30))).code).toBe('OK');
    expect((await send(url, ME)).code).toBe('OK');
  });
});

describe('sign-ins that fail', () => {
  test('are limited by address, and a key that is good is let in all the same', async () => {
    const url = await start({ perMinute: { ...OFF, signIns: 4 } });
    const wrong = () => send(url, ME, { authorization: `Bearer fl_nobodyhere_${'x'.repeat(43)}` });
    expect(codes(await times(4, wrong))).toEqual(Array(4).fill('UNAUTHENTICATED'));
    expect(await wrong()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect((await send(url, ME)).code).toBe('OK');
    // Over a socket it is the same address.
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = new Promise<[number, string]>((resolve) =>
      socket.once('close', (code, reason) => resolve([code, String(reason)])),
    );
    socket.once('open', () => socket.send('{"type":"connection_init","payload":{"authorization":"Bearer wrong"}}'));
    expect(await closed).toEqual([1013, expect.stringMatching(/^Too many sign-ins that fail; again in \d+ s$/)]);
  });

  test('go by what the proxy in front has told, where one is trusted', async () => {
    const url = await start({ perMinute: { ...OFF, signIns: 1 }, trustedProxies: 1 });
    const from = (address: string) => send(url, ME, { authorization: '', 'x-forwarded-for': `6.6.6.6, ${address}` });
    expect(codes([await from('203.0.113.1'), await from('203.0.113.2'), await from('203.0.113.1')])).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      'RATE_LIMITED',
    ]);
  });
});

describe('a count', () => {
  // On one connection everything goes in order.
  const database = () => openDatabase(app.testDatabase.url, { max: 1, onError: () => {} });
  const log = createLog('silent');

  test('goes on by itself while the database does not answer, and is told when it does again', async () => {
    const { pool, close } = database();
    const limits = createRateLimits({ pool, perMinute: { ...OFF, operations: 5 }, log });
    await app.testDatabase.asOwner('ALTER TABLE "RateLimit" RENAME TO "Hidden"');
    for (let count = 0; count < 5; count += 1) limits.count('operations', 'w/ada', 1);
    await limits.flush();
    expect(() => limits.count('operations', 'w/ada', 1)).toThrow(RateLimited);
    await app.testDatabase.asOwner('ALTER TABLE "Hidden" RENAME TO "RateLimit"');
    await limits.flush();
    expect(await storedPoints()).toBe(5);
    expect(() => limits.count('operations', 'w/ada', 1)).toThrow(RateLimited);
    limits.stop();
    await close();
  });

  test('holds up no stop, and asks nothing afterwards: what was not told yet is forgotten', async () => {
    const { pool, close } = database();
    const asked = countQueries(pool);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const limits = createRateLimits({ pool, perMinute: { ...OFF, operations: 5 }, log });
      limits.count('operations', 'w/ada', 1);
      limits.stop();
      limits.count('operations', 'w/ada', 1);
      await vi.advanceTimersByTimeAsync(1_000);
    } finally {
      vi.useRealTimers();
    }
    // What was asked before this one has come first.
    await pool.query('SELECT 1');
    expect(asked()).toBe(1);
    await close();
  });

  test('asks the database once for whoever has done something, however much it was', async () => {
    const { pool, close } = database();
    const asked = countQueries(pool);
    const limits = createRateLimits({ pool, perMinute: { ...OFF, objects: 1_000_000 }, log });
    for (let count = 0; count < 1_000; count += 1) limits.count('objects', `w/${count % 3}`, 2);
    await limits.flush();
    limits.stop();
    expect([asked(), await storedPoints()]).toEqual([3, 2_000]);
    await close();
  });

  test('of a name of any length has room, and what is long over is forgotten', async () => {
    const { pool, close } = database();
    const limits = createRateLimits({ pool, perMinute: { ...OFF, operations: 5 }, log });
    limits.count('operations', `w/user:${'x'.repeat(5_000)}`, 5);
    expect(() => limits.count('operations', `w/user:${'x'.repeat(5_000)}`, 1)).toThrow(RateLimited);
    await limits.flush();
    limits.stop();
    expect(await forgetRates(pool, new Date())).toBe(0);
    expect(await forgetRates(pool, new Date(Date.now() + 3_700_000))).toBe(1);
    await close();
  });
});

describe('stored operations', () => {
  const TEXT = 'query Mine { me { name } }';
  const hash = createHash('sha256').update(TEXT).digest('hex');
  const byHash = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });
  const write = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };

  test('are all that may be sent with a token, where it is set so; a key sends what it likes', async () => {
    const operationsFile = await write('operations.json', JSON.stringify({ [hash]: TEXT }));
    const url = await start({ operations: 'persisted', operationsFile });
    const authorization = `Bearer ${await tokenFor({})}`;
    expect(await send(url, byHash(hash), { authorization })).toMatchObject({
      code: 'OK',
      data: { me: { name: 'user:ada' } },
    });
    expect(await send(url, ME, { authorization })).toMatchObject({ status: 400, code: 'PERSISTED_OPERATION_REQUIRED' });
    expect(await send(url, { query: TEXT }, { authorization: '' })).toMatchObject({
      code: 'PERSISTED_OPERATION_REQUIRED',
    });
    expect(await send(url, byHash('0'.repeat(64)), { authorization })).toMatchObject({
      status: 400,
      code: 'PERSISTED_OPERATION_NOT_FOUND',
    });
    expect((await send(url, ME)).code).toBe('OK');
    expect((await send(url, byHash(hash))).code).toBe('OK');
    const got = await fetch(
      `${url}/graphql?extensions=${encodeURIComponent(JSON.stringify(byHash(hash).extensions))}`,
      { headers: { authorization } },
    );
    expect(await got.json()).toMatchObject({ data: { me: { name: 'user:ada' } } });
  });

  test('over a socket are the same', async () => {
    const operationsFile = await write('operations.json', JSON.stringify({ [`sha256:${hash}`]: TEXT }));
    const url = await start({ operations: 'persisted', operationsFile });
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${await tokenFor({})}` },
      retryAttempts: 0,
    });
    const ask = async (payload: { query: string; extensions?: Record<string, unknown> }): Promise<unknown> => {
      try {
        for await (const result of client.iterate(payload)) return result.data;
      } catch (errors) {
        return (errors as { extensions: { code: string } }[])[0]?.extensions.code;
      }
    };
    expect(await ask({ query: '', ...byHash(hash) })).toEqual({ me: { name: 'user:ada' } });
    expect(await ask(ME)).toBe('PERSISTED_OPERATION_REQUIRED');
    expect(await ask({ query: '', ...byHash('0'.repeat(64)) })).toBe('PERSISTED_OPERATION_NOT_FOUND');
    await client.dispose();
  });

  test.each([
    ['{', 'is no JSON'],
    ['[]', 'must be an object of hashes'],
    ['{"short":"{ me { name } }"}', 'must be an object of hashes'],
    [null, 'cannot be read (ENOENT)'],
  ])('a file with %s is told of in one line', async (content, fault) => {
    const operationsFile = content === null ? join(folder, 'not-there.json') : await write('bad.json', content);
    await expect(start({ operationsFile })).rejects.toThrow(ConfigError);
    await expect(start({ operationsFile })).rejects.toThrow(fault);
  });
});

test('variables nested too deeply are refused, also with a document that is known already', async () => {
  const url = await start({});
  const query = 'mutation ($lead: LeadInput!) { submitLead(input: { lead: $lead }) { __typename } }';
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  const submit = (depth: number) => send(url, { query, variables: { lead: { attributes: { deep: nested(depth) } } } });
  expect((await submit(10)).code).toBe('OK');
  expect(await submit(100)).toMatchObject({
    status: 400,
    code: 'BAD_REQUEST',
    message: expect.stringContaining('64 deep'),
  });
});
