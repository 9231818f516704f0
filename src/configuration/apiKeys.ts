import { v7 } from 'uuid';
import { z } from 'zod';
import { newKey, splitKey } from '../auth/keyForm.ts';
import { ROLES, SCOPES } from '../auth/principal.ts';
import type { ApiKey } from '../db/generated/client.ts';
import { InvalidInput, Refusal } from '../domain/errors.ts';
import type { ConfigurationContext } from './change.ts';
import { given, parse, repFields } from './inputs.ts';

const schema = z
  .strictObject({
    name: repFields.name,
    role: z.enum(ROLES),
    scopes: z
      .array(z.enum(SCOPES, { error: `must be one of ${SCOPES.join(', ')}` }))
      .min(1, { error: 'must name at least one; leave it out for all of the role' }),
    repId: z.string().nullable(),
    expiresAt: z.date().nullable(),
  })
  .partial()
  .required({ name: true, role: true });

/**
 * Makes a key. The whole of it is answered this once; only its hash is stored.
 * @throws InvalidInput; Refusal NOT_FOUND (rep)
 */
export async function createApiKey(
  context: ConfigurationContext,
  input: object,
): Promise<{ apiKey: ApiKey; secret: string }> {
  const { name, role, scopes = [], repId = null, expiresAt = null } = parse(schema, given(input));
  const { database, workspaceId, clock } = context;
  if (role === 'REP' && repId === null)
    throw new InvalidInput([{ path: ['repId'], message: 'is needed for the role REP' }]);
  if (expiresAt !== null && expiresAt <= clock.now())
    throw new InvalidInput([{ path: ['expiresAt'], message: 'must be in the future' }]);
  if (repId !== null && (await database.prisma.rep.count({ where: { workspaceId, id: repId } })) === 0) {
    throw new Refusal('NOT_FOUND', 'repId: there is no such rep');
  }
  const secret = newKey();
  const apiKey = await insertKey(context, secret, { name, role, scopes, repId, expiresAt });
  return { apiKey, secret };
}

function insertKey(
  { database, workspaceId, clock }: Pick<ConfigurationContext, 'database' | 'workspaceId' | 'clock'>,
  key: string,
  fields: Pick<ApiKey, 'name' | 'role' | 'scopes' | 'repId' | 'expiresAt'>,
): Promise<ApiKey> {
  const parts = splitKey(key);
  if (!parts) throw new Error('not an API key');
  return database.prisma.apiKey.create({
    data: { workspaceId, id: v7(), ...parts, ...fields, createdAt: clock.now() },
  });
}

/** Ends a key; open feeds that use it are closed within 30 s. Twice is as good as once. @throws Refusal NOT_FOUND */
export async function revokeApiKey(
  { database, workspaceId, clock }: ConfigurationContext,
  id: string,
): Promise<ApiKey> {
  const where = { workspaceId_id: { workspaceId, id } };
  const apiKey = await database.prisma.apiKey.findUnique({ where });
  if (!apiKey) throw new Refusal('NOT_FOUND', 'There is no such API key.');
  if (apiKey.revokedAt !== null) return apiKey;
  return database.prisma.apiKey.update({ where, data: { revokedAt: clock.now() } });
}

/**
 * Makes sure that the workspace has an admin key.
 *
 * @param wanted the key that must work; undefined to have one made when there is none
 * @returns the key that was made, to be shown this once; null when nothing had to be made up
 */
export async function ensureAdminKey(
  context: Pick<ConfigurationContext, 'database' | 'workspaceId' | 'clock'>,
  wanted: string | undefined,
): Promise<string | null> {
  const { database, workspaceId } = context;
  const admin = { name: 'First admin', role: 'ADMIN', scopes: [], repId: null, expiresAt: null } as const;
  if (wanted !== undefined) {
    const parts = splitKey(wanted);
    if (!parts) throw new Error('not an API key');
    await database.pool.query(
      `INSERT INTO "ApiKey" ("workspaceId", "id", "keyId", "name", "secretHash", "role", "scopes", "createdAt")
       VALUES ($1, $2, $3, $4, $5, 'ADMIN', '{}', $6)
       ON CONFLICT ("keyId") DO UPDATE SET "secretHash" = excluded."secretHash"
       WHERE "ApiKey"."workspaceId" = excluded."workspaceId" AND "ApiKey"."revokedAt" IS NULL`,
      [workspaceId, v7(), parts.keyId, admin.name, Buffer.from(parts.secretHash), context.clock.now()],
    );
    return null;
  }
  // The lane's lock: of several servers that start at once, one makes the key.
  return database.prisma.$transaction(async (transaction) => {
    await transaction.$queryRaw`SELECT FROM "Lane" WHERE "workspaceId" = ${workspaceId}::uuid FOR UPDATE`;
    if ((await transaction.apiKey.count({ where: { workspaceId, role: 'ADMIN' } })) > 0) return null;
    const secret = newKey();
    const parts = splitKey(secret);
    if (!parts) throw new Error('not an API key');
    await transaction.apiKey.create({
      data: { workspaceId, id: v7(), ...parts, ...admin, scopes: [], createdAt: context.clock.now() },
    });
    return secret;
  });
}
