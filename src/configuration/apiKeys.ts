import { v7 } from 'uuid';
import { z } from 'zod';
import { newKey, splitKey } from '../auth/keyForm.ts';
import { ROLES, SCOPES } from '../auth/principal.ts';
import type { ApiKey } from '../db/generated/client.ts';
import { InvalidInput, Refusal } from '../domain/errors.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
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
  const fields = { name, role, scopes, repId, expiresAt };
  const apiKey = await changeConfiguration(context, 'createApiKey', (change) => insertKey(change, secret, fields));
  return { apiKey, secret };
}

type KeyFields = Pick<ApiKey, 'name' | 'role' | 'scopes' | 'repId' | 'expiresAt'>;

const INSERT = `
  INSERT INTO "ApiKey" ("workspaceId", "id", "keyId", "name", "secretHash", "role", "scopes", "repId", "expiresAt", "createdAt")
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT ("keyId") DO NOTHING RETURNING *`;

/** Keys are no part of what plans are made of; the audit log says of them all but the secret. */
async function insertKey({ client, workspaceId, now, note }: Change, key: string, fields: KeyFields): Promise<ApiKey> {
  const { keyId, secretHash } = partsOf(key);
  const { name, role, scopes, repId, expiresAt } = fields;
  const values = [v7(), keyId, name, Buffer.from(secretHash), role, scopes, repId, expiresAt, now];
  const { rows } = await client.query<ApiKey>(INSERT, [workspaceId, ...values]);
  if (!rows[0]) throw new Error(`the key ${keyId} is another workspace's`);
  note({ keyId, ...fields });
  return rows[0];
}

function partsOf(key: string): { readonly keyId: string; readonly secretHash: Uint8Array } {
  const parts = splitKey(key);
  if (!parts) throw new Error('not an API key');
  return parts;
}

/** Ends a key; open feeds that use it are closed within 30 s. Twice is as good as once. @throws Refusal NOT_FOUND */
export const revokeApiKey = (context: ConfigurationContext, id: string): Promise<ApiKey> =>
  changeConfiguration(context, 'revokeApiKey', async ({ client, workspaceId, now, note }) => {
    const { rows } = await client.query<ApiKey>('SELECT * FROM "ApiKey" WHERE "workspaceId" = $1 AND "id" = $2', [
      workspaceId,
      id,
    ]);
    const [apiKey] = rows;
    if (!apiKey) throw new Refusal('NOT_FOUND', 'There is no such API key.');
    if (apiKey.revokedAt !== null) return apiKey;
    await client.query('UPDATE "ApiKey" SET "revokedAt" = $3 WHERE "workspaceId" = $1 AND "id" = $2', [
      workspaceId,
      id,
      now,
    ]);
    note({ keyId: apiKey.keyId, name: apiKey.name });
    return { ...apiKey, revokedAt: now };
  });

/**
 * Makes sure that the workspace has an admin key. Of several servers that start at once, one makes it.
 *
 * @param wanted the key that must work; undefined to have one made when there is none
 * @returns the key that was made, to be shown this once; null when nothing had to be made up
 */
export async function ensureAdminKey(
  given: Pick<ConfigurationContext, 'database' | 'workspaceId' | 'clock'>,
  wanted: string | undefined,
): Promise<string | null> {
  const admin: KeyFields = { name: 'First admin', role: 'ADMIN', scopes: [], repId: null, expiresAt: null };
  const context = { ...given, by: 'start', committed: () => {} };
  return changeConfiguration(context, 'ensureAdminKey', async (change) => {
    const { client, workspaceId } = change;
    if (wanted === undefined) {
      const text = `SELECT FROM "ApiKey" WHERE "workspaceId" = $1 AND "role" = 'ADMIN' LIMIT 1`;
      if ((await client.query(text, [workspaceId])).rows.length > 0) return null;
      const secret = newKey();
      await insertKey(change, secret, admin);
      return secret;
    }
    const { keyId, secretHash } = partsOf(wanted);
    const text = 'SELECT "workspaceId", "secretHash", "revokedAt" FROM "ApiKey" WHERE "keyId" = $1';
    const { rows } = await client.query<ApiKey>(text, [keyId]);
    const [known] = rows;
    if (!known) await insertKey(change, wanted, admin);
    else if (known.workspaceId === workspaceId && known.revokedAt === null && !same(known.secretHash, secretHash)) {
      await client.query('UPDATE "ApiKey" SET "secretHash" = $2 WHERE "keyId" = $1', [keyId, Buffer.from(secretHash)]);
      change.note({ keyId, name: admin.name, secret: 'replaced' });
    }
    return null;
  });
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b);
