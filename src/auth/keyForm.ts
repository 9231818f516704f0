import { createHash, randomBytes, randomInt } from 'node:crypto';

const KEY_ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const KEY_ID_LENGTH = 12;

/** A new key, of 256 random bits: to be shown once, and stored as its hash. */
export const newKey = (): string => {
  const keyId = Array.from({ length: KEY_ID_LENGTH }, () => KEY_ID_LETTERS[randomInt(KEY_ID_LETTERS.length)]).join('');
  return `fl_${keyId}_${randomBytes(32).toString('base64url')}`;
};

/** `fl_<keyId>_<secret>` taken apart; null for what is no key. */
export function splitKey(
  text: string,
): { readonly keyId: string; readonly secretHash: Uint8Array<ArrayBuffer> } | null {
  const parts = /^fl_([a-z0-9]{8,32})_([A-Za-z0-9_-]{32,128})$/.exec(text);
  if (!parts) return null;
  // The secret has 256 random bits: a fast hash is enough, there is nothing to guess.
  const hash = createHash('sha256')
    .update(parts[2] as string)
    .digest();
  return { keyId: parts[1] as string, secretHash: new Uint8Array(hash) };
}
