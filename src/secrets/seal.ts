import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/*
 * What has to be kept so that it can be used again (addresses and passwords of calendars) is kept encrypted: AES-256-GCM
 * under a key from outside the database, named beside each value, so that keys can be changed while servers run.
 */

/** Names a key beside what it has encrypted: letters, digits and dashes. */
export type KeyId = string;

/** The keys there are, 32 bytes each; the first encrypts. */
export type SecretKeys = ReadonlyMap<KeyId, Uint8Array>;

export interface Secrets {
  /** The key that encrypts; null for none: nothing can be kept then. */
  readonly keyId: KeyId | null;
  /** @param place where it is kept: what is copied to another place cannot be opened there */
  seal(text: string, place: string): string;
  /** @throws SecretsError when its key is not there, or it is not what was sealed */
  open(sealed: string, place: string): string;
}

/** A secret that cannot be kept or read with the keys there are; the message says which key, and what to do. */
export class SecretsError extends Error {
  override readonly name = 'SecretsError';
}

const ALGORITHM = 'aes-256-gcm';
export const KEY_BYTES = 32;
/** As NIST SP 800-38D recommends for random ones. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** `v1:<key id>:<IV, tag and ciphertext as base64url>`. */
const SEALED = /^v1:([A-Za-z0-9-]{1,32}):([A-Za-z0-9_-]+)$/;

/** With which key something was sealed; null for what was never sealed. */
export const keyIdOf = (sealed: string): KeyId | null => SEALED.exec(sealed)?.[1] ?? null;

export function createSecrets(keys: SecretKeys): Secrets {
  const [current] = keys;
  return {
    keyId: current?.[0] ?? null,
    seal: (text, place) => {
      if (!current) throw new SecretsError(NO_KEYS);
      const [keyId, key] = current;
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(place));
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `v1:${keyId}:${Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64url')}`;
    },
    open: (sealed, place) => {
      const [, keyId = '', data = ''] = SEALED.exec(sealed) ?? [];
      const key = keys.get(keyId);
      if (!key) throw new SecretsError(`FAIRLEAD_SECRET_KEYS lacks the key "${keyId}".`);
      const bytes = Buffer.from(data, 'base64url');
      try {
        const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
          .setAAD(Buffer.from(place))
          .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        );
      } catch (cause) {
        throw new SecretsError(`The key "${keyId}" of FAIRLEAD_SECRET_KEYS is not the one it was encrypted with.`, {
          cause,
        });
      }
    },
  };
}

export const NO_KEYS =
  'this server has no keys to encrypt secrets with; who runs it sets FAIRLEAD_SECRET_KEYS (`npm run fairlead -- secrets new` makes one)';
