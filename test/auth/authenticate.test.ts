import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Authenticate, createAuthenticate } from '../../src/auth/authenticate.ts';
import type { Role } from '../../src/auth/principal.ts';
import type { Config } from '../../src/config.ts';
import { createApiKey, revokeApiKey } from '../../src/configuration/apiKeys.ts';
import { applyCompany } from '../../src/configuration/company.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { createLog } from '../../src/log.ts';
import { type SettableClock, settableClock, until } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const SECRET = 'a shared secret of more than 32 characters';
const ISSUER = 'https://login.fairlead.example';
const AUDIENCE = 'fairlead';
const NO_JWT: Config['jwt'] = { secret: undefined, jwksUrl: undefined, issuer: undefined, audience: undefined };

let testDatabase: TestDatabase;
let database: Database;
let workspaceId: string;
let repId: string;
let clock: SettableClock;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { max: 4, onError: () => {} });
  workspaceId = await ensureWorkspace(database, settableClock());
  const context = { database, workspaceId, by: 'test', clock: settableClock(), committed: () => {} };
  await applyCompany(context, onePool(2));
  const where = { workspaceId_key: { workspaceId, key: 'rep-1' } };
  repId = (await database.prisma.rep.findUniqueOrThrow({ where })).id;
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(() => {
  clock = settableClock();
});

const authenticator = (jwt: Partial<Config['jwt']> = {}): Authenticate =>
  createAuthenticate({ database, clock, log: createLog('silent'), jwt: { ...NO_JWT, ...jwt } });
const bearer = (token: string): string => `Bearer ${token}`;
const makeKey = (input: { role: Role; scopes?: string[]; repId?: string | null; expiresAt?: Date | null }) =>
  createApiKey({ database, workspaceId, by: 'test', clock, committed: () => {} }, { name: 'test', ...input });

describe('an API key', () => {
  test('makes a principal of its workspace with the scopes of its role', async () => {
    const { secret, apiKey } = await makeKey({ role: 'REP', repId });
    const principal = await authenticator()(bearer(secret));
    expect(principal).toEqual({
      workspaceId,
      name: `key:${apiKey.keyId}`,
      role: 'REP',
      scopes: new Set([
        'leads:submit',
        'leads:read',
        'leads:write',
        'configuration:read',
        'feed:read',
        'specialties:propose',
      ]),
      repId,
      expiresAt: null,
    });
  });

  test('has its role narrowed by its own scopes, never widened', async () => {
    const { secret } = await makeKey({ role: 'PARTNER', scopes: ['leads:submit', 'configuration:write'] });
    expect((await authenticator()(bearer(secret)))?.scopes).toEqual(new Set(['leads:submit']));
  });

  test('that is none, or is not sent as a bearer token, is refused with a message that says what to send', async () => {
    const { secret } = await makeKey({ role: 'ADMIN' });
    const authenticate = authenticator();
    const altered = `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`;
    const wrong = [
      bearer(altered),
      bearer(secret.replace(/^fl_[a-z0-9]+/, 'fl_aaaaaaaaaaaa')),
      bearer(`${secret} x`),
      secret,
      `Basic ${secret}`,
      'Bearer',
      bearer('fl_short_key'),
    ];
    for (const authorization of wrong) {
      const refused = authenticate(authorization);
      await expect(refused, authorization).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      await expect(refused).rejects.toThrow('Authorization: Bearer');
    }
    expect(await authenticate(null)).toBeNull();
    expect(await authenticate('')).toBeNull();
    expect((await authenticate(`bearer   ${secret}`))?.role).toBe('ADMIN');
  });

  test('ends at its moment of expiry, by the clock, even when it was good just before', async () => {
    const { secret } = await makeKey({ role: 'ADMIN', expiresAt: new Date(clock.now().getTime() + 60_000) });
    const authenticate = authenticator();
    clock.advance(59_999);
    expect((await authenticate(bearer(secret)))?.role).toBe('ADMIN');
    clock.advance(1);
    await expect(authenticate(bearer(secret))).rejects.toThrow('expired');
  });

  test('that is revoked ends within 6 s in a process that has just seen it', async () => {
    const { secret, apiKey } = await makeKey({ role: 'ADMIN' });
    const authenticate = authenticator();
    await authenticate(bearer(secret));
    await revokeApiKey({ database, workspaceId, by: 'test', clock, committed: () => {} }, apiKey.id);
    const start = performance.now();
    const isEnded = () =>
      authenticate(bearer(secret)).then(
        () => false,
        () => true,
      );
    await until(isEnded, 'the revocation');
    expect(performance.now() - start).toBeLessThan(6_000);
    await expect(authenticate(bearer(secret))).rejects.toThrow('revoked');
  });

  test('has its last use noted, at most once a minute', async () => {
    const { secret, apiKey } = await makeKey({ role: 'ADMIN' });
    const authenticate = authenticator();
    const lastUsedAt = async () =>
      (await database.prisma.apiKey.findUniqueOrThrow({ where: { keyId: apiKey.keyId } })).lastUsedAt;
    const first = clock.now();
    await authenticate(bearer(secret));
    await until(async () => (await lastUsedAt()) !== null, 'the first use to be noted');
    clock.advance(59_000);
    await authenticate(bearer(secret));
    clock.advance(1_000);
    const second = clock.now();
    await authenticate(bearer(secret));
    await until(async () => (await lastUsedAt())?.getTime() !== first.getTime(), 'the second use to be noted');
    expect(await lastUsedAt()).toEqual(second);
  });

  test('is compared by hash: the database holds no key', async () => {
    const { secret } = await makeKey({ role: 'ADMIN' });
    const { rows } = await database.pool.query('SELECT k::text AS row FROM "ApiKey" k');
    const part = secret.split('_').slice(2).join('_');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ row }) => row.includes(part) || row.includes(Buffer.from(part).toString('hex')))).toEqual([]);
  });
});

const seconds = (): number => Math.floor(clock.now().getTime() / 1_000);
const CLAIMS = { workspace: 'default', role: 'REP', rep: 'rep-1', sub: 'ada', iss: ISSUER, aud: AUDIENCE };
const signed = (
  claims: object,
  { alg = 'HS256', kid = 'k1', key = new TextEncoder().encode(SECRET) as Parameters<SignJWT['sign']>[0] } = {},
): Promise<string> => new SignJWT({ exp: seconds() + 300, ...claims }).setProtectedHeader({ alg, kid }).sign(key);

describe('a JWT under a shared secret', () => {
  const authenticate = () => authenticator({ secret: SECRET, issuer: ISSUER, audience: AUDIENCE });

  test('makes a principal of its claims', async () => {
    const principal = await authenticate()(bearer(await signed(CLAIMS)));
    expect(principal).toMatchObject({
      workspaceId,
      name: 'user:ada',
      role: 'REP',
      repId,
      expiresAt: new Date((seconds() + 300) * 1_000),
    });
  });

  const cases: readonly [name: string, token: () => Promise<string>, accepted: boolean][] = [
    ['that is sound', () => signed(CLAIMS), true],
    ['of a manager who is no rep', () => signed({ ...CLAIMS, role: 'MANAGER', rep: undefined }), true],
    ['that expired within the clock tolerance of 10 s', () => signed({ ...CLAIMS, exp: seconds() - 9 }), true],
    ['that begins within the clock tolerance', () => signed({ ...CLAIMS, nbf: seconds() + 9 }), true],
    ['under another secret', () => signed(CLAIMS, { key: new TextEncoder().encode(`${SECRET}!`) }), false],
    [
      'without a signature (alg none)',
      async () => new UnsecuredJWT({ ...CLAIMS, exp: seconds() + 300 }).encode(),
      false,
    ],
    [
      'under another algorithm (HS512)',
      () => signed(CLAIMS, { alg: 'HS512', key: new TextEncoder().encode(SECRET) }),
      false,
    ],
    ['for another audience', () => signed({ ...CLAIMS, aud: 'other' }), false],
    ['for no audience', () => signed({ ...CLAIMS, aud: undefined }), false],
    ['of another issuer', () => signed({ ...CLAIMS, iss: 'https://evil.example' }), false],
    ['of no issuer', () => signed({ ...CLAIMS, iss: undefined }), false],
    ['that has expired', () => signed({ ...CLAIMS, exp: seconds() - 11 }), false],
    ['that never expires', () => signed({ ...CLAIMS, exp: undefined }), false],
    ['that is not valid yet', () => signed({ ...CLAIMS, nbf: seconds() + 11 }), false],
    ['with an unknown role', () => signed({ ...CLAIMS, role: 'ROOT' }), false],
    ['without a role', () => signed({ ...CLAIMS, role: undefined }), false],
    ['of an unknown workspace', () => signed({ ...CLAIMS, workspace: 'elsewhere' }), false],
    ['of a workspace that is no text', () => signed({ ...CLAIMS, workspace: ['default'] }), false],
    ['of an unknown rep', () => signed({ ...CLAIMS, rep: 'nobody' }), false],
    ['of a rep that is no text', () => signed({ ...CLAIMS, role: 'MANAGER', rep: 1 }), false],
    ['of the role REP without a rep', () => signed({ ...CLAIMS, rep: undefined }), false],
    ['of a partner', () => signed({ ...CLAIMS, role: 'PARTNER', rep: null }), true],
    ['of a partner without a subject', () => signed({ ...CLAIMS, role: 'PARTNER', rep: null, sub: undefined }), false],
    ['with NUL in the workspace', () => signed({ ...CLAIMS, workspace: 'a\u0000' }), false],
    ['with NUL in the rep', () => signed({ ...CLAIMS, rep: 'a\u0000' }), false],
    [
      'whose claims were altered',
      async () => {
        const [header, , signature] = (await signed(CLAIMS)).split('.');
        const claims = Buffer.from(JSON.stringify({ ...CLAIMS, role: 'ADMIN', exp: seconds() + 300 })).toString(
          'base64url',
        );
        return `${header}.${claims}.${signature}`;
      },
      false,
    ],
    ['that is no token', async () => 'abc.def', false],
  ];
  for (const [name, token, accepted] of cases) {
    test(`${name} is ${accepted ? 'accepted' : 'refused'}`, async () => {
      const answer = authenticate()(bearer(await token()));
      if (accepted) expect(await answer).toMatchObject({ workspaceId });
      else await expect(answer).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    });
  }

  test('is refused where the server takes API keys only', async () => {
    await expect(authenticator()(bearer(await signed(CLAIMS)))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('a JWT under an issuer’s keys', () => {
  let server: Server;
  let jwksUrl: string;
  let published: JWK[];
  let requests = 0;
  beforeEach(async () => {
    published = [];
    requests = 0;
    server = createServer((_request, response) => {
      requests += 1;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function keyPair(alg: string, kid: string) {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    return {
      jwk: { ...(await exportJWK(publicKey)), kid, alg },
      sign: () => signed(CLAIMS, { alg, kid, key: privateKey }),
    };
  }

  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    test(`is accepted with ${alg}`, async () => {
      const { jwk, sign } = await keyPair(alg, 'k1');
      published = [jwk];
      const authenticate = authenticator({ jwksUrl, issuer: ISSUER, audience: AUDIENCE });
      expect(await authenticate(bearer(await sign()))).toMatchObject({ role: 'REP' });
      expect(await authenticate(bearer(await sign()))).toMatchObject({ role: 'REP' });
      expect(requests).toBe(1);
    });
  }

  test('is accepted with a new key soon after the issuer has changed it, and refused with one never published', async () => {
    const [old, next, foreign] = await Promise.all([
      keyPair('ES256', 'k1'),
      keyPair('ES256', 'k2'),
      keyPair('ES256', 'k1'),
    ]);
    published = [old.jwk];
    const authenticate = authenticator({ jwksUrl });
    expect(await authenticate(bearer(await old.sign()))).toMatchObject({ role: 'REP' });
    await expect(authenticate(bearer(await foreign.sign()))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    published = [next.jwk];
    const token = await next.sign();
    await until(
      () =>
        authenticate(bearer(token)).then(
          () => true,
          () => false,
        ),
      'the new key',
    );
    await expect(authenticate(bearer(await old.sign()))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('is refused when it is signed with the public key as a shared secret', async () => {
    const { jwk } = await keyPair('RS256', 'k1');
    published = [jwk];
    const token = await signed(CLAIMS, { key: new TextEncoder().encode(JSON.stringify(jwk)) });
    await expect(authenticator({ jwksUrl })(bearer(token))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('of an issuer that does not answer is no fault of the token: the caller is told to come again', async () => {
    const { sign } = await keyPair('ES256', 'k1');
    const unreachable = authenticator({ jwksUrl: 'http://127.0.0.1:1/jwks.json' });
    await expect(unreachable(bearer(await sign()))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    server.removeAllListeners('request').on('request', (_request, response) => response.writeHead(500).end());
    await expect(authenticator({ jwksUrl })(bearer(await sign()))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
