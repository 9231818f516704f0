import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Principal } from '../auth/principal.ts';
import { ConfigError } from '../config.ts';
import { requestError } from './errors.ts';

/** Operations by a hash of their text, in hexadecimal: what the apps of a company send. */
export type StoredOperations = ReadonlyMap<string, string>;

const schema = z.record(z.string().regex(/^(sha256:)?[0-9a-f]{40,64}$/), z.string().min(1));

/**
 * Reads them from a file as the client preset of GraphQL codegen writes it: an object of hashes and operations.
 * @throws ConfigError
 */
export async function readStoredOperations(path: string): Promise<StoredOperations> {
  const fault = (why: string): ConfigError => new ConfigError(`FAIRLEAD_OPERATIONS_FILE: ${path} ${why}`);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw fault(`cannot be read (${error.code})`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw fault('is no JSON');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw fault('must be an object of hashes (40 to 64 hexadecimal digits) and operations');
  return new Map(Object.entries(parsed.data).map(([hash, operation]) => [hash.replace('sha256:', ''), operation]));
}

/** An operation as it is sent: its text, or the hash of a stored one. */
export interface Sent {
  readonly query?: string | null | undefined;
  readonly extensions?: unknown;
}

const hashIn = (extensions: unknown): string | null => {
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } };
  const hash = persistedQuery?.sha256Hash;
  return typeof hash === 'string' ? hash.replace('sha256:', '') : null;
};

/** Whose operations are not known beforehand: integrations, which have a key. People sign in with a token, by an app. */
const sendsAnything = (principal: Principal | null): boolean => principal?.name.startsWith('key:') ?? false;

/**
 * The text of an operation that was sent.
 *
 * @param only whether those who sign in with a token, or not at all, may send stored ones alone
 * @throws GraphQLError PERSISTED_OPERATION_REQUIRED, PERSISTED_OPERATION_NOT_FOUND
 */
export function operationText(
  { query, extensions }: Sent,
  principal: Principal | null,
  { stored, only }: { readonly stored: StoredOperations; readonly only: boolean },
): string | null | undefined {
  if (query) {
    if (!only || sendsAnything(principal)) return query;
    throw requestError(
      'PERSISTED_OPERATION_REQUIRED',
      'Only stored operations may be sent with a token: send the hash of one as extensions.persistedQuery.sha256Hash.',
    );
  }
  const hash = hashIn(extensions);
  if (hash === null) return query;
  const text = stored.get(hash);
  if (text === undefined) {
    throw requestError('PERSISTED_OPERATION_NOT_FOUND', 'No operation with this hash is stored on this server.');
  }
  return text;
}
