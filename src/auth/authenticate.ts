import { timingSafeEqual } from 'node:crypto';
import DataLoader from 'dataloader';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/client.ts';
import { Unavailable } from '../db/errors.ts';
import type { ApiKey, RepStatus } from '../db/generated/client.ts';
import { splitKey } from './keyForm.ts';
import { type Principal, ROLE_SCOPES, ROLES, type Role, SCOPES, type Scope } from './principal.ts';

/** The token is missing, malformed, unknown, expired or revoked; the message says what to send. */
export class Unauthenticated extends Error {
  override readonly name = 'Unauthenticated';
  readonly code = 'UNAUTHENTICATED';
}

/**
 * Who calls, by the value of an `Authorization` header; null when there is none. The same for HTTP, SSE and the
 * payload of `connection_init`.
 * @throws Unauthenticated; Unavailable when it cannot be found out just now
 */
export type Authenticate = (authorization: string | null | undefined) => Promise<Principal | null>;

/** How long a key that was found good is not looked up again, so that a revocation acts soon. */
const KEY_CACHE_MS = 5_000;
const MAX_CACHED = 10_000;
/** `lastUsedAt` is for people to see; this exact is enough. */
const LAST_USED_MS = 60_000;
/** With the look that is taken at open sockets every 15 s, those of a token that has ended are closed within 30 s. */
const CLOCK_TOLERANCE_SECONDS = 10;
/** How soon after a look at the issuer's keys an unknown one leads to another look: a rotated key is good after this. */
const JWKS_COOLDOWN_MS = 2_000;
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const WHAT_TO_SEND = 'Send `Authorization: Bearer <API key or JWT>`.';
const ASK_AN_ADMIN = 'Ask an admin for another.';

type ApiKeyOfRep = ApiKey & { readonly repStatus: RepStatus | null };
const SELECT_KEYS = `
  SELECT k.*, r."status"::text AS "repStatus"
  FROM "ApiKey" k LEFT JOIN "Rep" r ON r."workspaceId" = k."workspaceId" AND r."id" = k."repId"
  WHERE k."keyId" = ANY ($1)`;

export function createAuthenticate(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly jwt: Config['jwt'];
}): Authenticate {
  const { database, clock, log, jwt } = options;
  const cache = new Map<string, { readonly apiKey: ApiKeyOfRep; readonly readAt: number }>();
  const verify = createVerify(jwt, clock);
  /** One query for all who come at the same time, as after a restart. */
  const keys = new DataLoader<string, ApiKeyOfRep | null>(
    async (keyIds) => {
      const { rows } = await database.pool.query<ApiKeyOfRep>(SELECT_KEYS, [keyIds]);
      const byKeyId = new Map(rows.map((row) => [row.keyId, row]));
      return keyIds.map((keyId) => byKeyId.get(keyId) ?? null);
    },
    { cache: false, maxBatchSize: 1_000 },
  );

  async function ofKey(keyId: string, secretHash: Uint8Array): Promise<Principal> {
    const now = clock.now();
    const cached = cache.get(keyId);
    let apiKey = cached && performance.now() - cached.readAt < KEY_CACHE_MS ? cached.apiKey : null;
    if (!apiKey) {
      apiKey = await keys.load(keyId);
      if (!apiKey) throw new Unauthenticated(`There is no such API key. ${WHAT_TO_SEND}`);
      // The oldest first; what is no longer good is not kept for those who come back in hours.
      for (const [id, { readAt }] of cache) {
        if (performance.now() - readAt < KEY_CACHE_MS && cache.size < MAX_CACHED) break;
        cache.delete(id);
      }
      cache.delete(keyId);
      cache.set(keyId, { apiKey, readAt: performance.now() });
    }
    if (!timingSafeEqual(apiKey.secretHash, secretHash))
      throw new Unauthenticated(`There is no such API key. ${WHAT_TO_SEND}`);
    if (apiKey.revokedAt !== null) throw new Unauthenticated(`The API key has been revoked. ${ASK_AN_ADMIN}`);
    if (apiKey.expiresAt !== null && apiKey.expiresAt <= now)
      throw new Unauthenticated(`The API key has expired. ${ASK_AN_ADMIN}`);
    if (apiKey.repStatus === 'LEFT') throw new Unauthenticated(`The rep of the API key has left. ${ASK_AN_ADMIN}`);
    noteUse(apiKey, now);
    return {
      workspaceId: apiKey.workspaceId,
      name: `key:${keyId}`,
      role: apiKey.role,
      scopes: scopesOf(apiKey.role, apiKey.scopes),
      repId: apiKey.repId,
      expiresAt: apiKey.expiresAt,
    };
  }

  function noteUse(apiKey: ApiKey, now: Date): void {
    if (apiKey.lastUsedAt !== null && now.getTime() - apiKey.lastUsedAt.getTime() < LAST_USED_MS) return;
    apiKey.lastUsedAt = now;
    database.prisma.apiKey
      .updateMany({ where: { workspaceId: apiKey.workspaceId, id: apiKey.id }, data: { lastUsedAt: now } })
      .catch((error: unknown) => log.debug({ err: error }, 'lastUsedAt not noted'));
  }

  async function ofToken(token: string): Promise<Principal> {
    if (!verify) throw new Unauthenticated(`This server takes API keys only. ${WHAT_TO_SEND}`);
    let claims: JWTPayload;
    try {
      claims = await verify(token);
    } catch (error) {
      if (!isTokenFault(error))
        throw new Unavailable(
          'The keys that tokens are checked with cannot be fetched at the moment. Repeat the call.',
          { cause: error },
        );
      throw new Unauthenticated(`The token is not valid: ${error.message}. ${WHAT_TO_SEND}`, { cause: error });
    }
    const role = ROLES.find((name) => name === claims.role);
    if (!role) throw new Unauthenticated(`The token's claim "role" must be one of ${ROLES.join(', ')}.`);
    const workspace = await database.prisma.workspace.findUnique({
      where: { key: keyIn(claims.workspace ?? 'default') },
    });
    if (!workspace) throw new Unauthenticated('The token names no workspace of this server in its claim "workspace".');
    const rep =
      claims.rep == null
        ? null
        : await database.prisma.rep.findUnique({
            where: { workspaceId_key: { workspaceId: workspace.id, key: keyIn(claims.rep) } },
          });
    if (!rep && (role === 'REP' || claims.rep != null)) {
      throw new Unauthenticated('The token names no rep of this workspace in its claim "rep".');
    }
    if (rep?.status === 'LEFT') throw new Unauthenticated('The rep that the token names has left.');
    // What a partner may read back goes by the name; without a subject all partners would have one name.
    if (role === 'PARTNER' && !claims.sub) throw new Unauthenticated('The token of a partner needs the claim "sub".');
    return {
      workspaceId: workspace.id,
      name: `user:${claims.sub ?? rep?.key ?? 'unknown'}`,
      role,
      scopes: scopesOf(role, []),
      repId: rep?.id ?? null,
      expiresAt: claims.exp === undefined ? null : new Date(claims.exp * 1_000),
    };
  }

  return async (authorization) => {
    if (authorization === null || authorization === undefined || authorization === '') return null;
    const [scheme, token, ...rest] = authorization.trim().split(/\s+/);
    if (scheme?.toLowerCase() !== 'bearer' || !token || rest.length > 0) throw new Unauthenticated(WHAT_TO_SEND);
    const key = splitKey(token);
    return key ? ofKey(key.keyId, key.secretHash) : ofToken(token);
  };
}

/** Whether the token itself is at fault; otherwise its issuer could not be asked for the keys. */
const isTokenFault = (error: unknown): error is errors.JOSEError =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) &&
  error.code !== 'ERR_JOSE_GENERIC';

/** A claim as the key of something; what is no text, or none that PostgreSQL takes, is nobody's key. */
const keyIn = (claim: unknown): string => (typeof claim === 'string' && !claim.includes('\u0000') ? claim : '');

/** A key's own scopes narrow its role; none means all of the role. */
function scopesOf(role: Role, own: readonly string[]): ReadonlySet<Scope> {
  const ofRole = ROLE_SCOPES[role];
  return own.length === 0 ? ofRole : new Set(SCOPES.filter((scope) => ofRole.has(scope) && own.includes(scope)));
}

function createVerify(jwt: Config['jwt'], clock: Clock): ((token: string) => Promise<JWTPayload>) | null {
  if (jwt.secret === undefined && jwt.jwksUrl === undefined) return null;
  const options = {
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['exp'],
    ...(jwt.issuer === undefined ? {} : { issuer: jwt.issuer }),
    ...(jwt.audience === undefined ? {} : { audience: jwt.audience }),
  };
  if (jwt.secret !== undefined) {
    const secret = new TextEncoder().encode(jwt.secret);
    return async (token) =>
      (await jwtVerify(token, secret, { ...options, algorithms: ['HS256'], currentDate: clock.now() })).payload;
  }
  const keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(jwt.jwksUrl as string), {
    timeoutDuration: 5_000,
    cooldownDuration: JWKS_COOLDOWN_MS,
  });
  return async (token) =>
    (await jwtVerify(token, keys, { ...options, algorithms: ALGORITHMS, currentDate: clock.now() })).payload;
}
