import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { createSecrets, KEY_BYTES, type SecretKeys, type Secrets, SecretsError } from './seal.ts';

/** `<id>:<32 bytes as base64>`, several with commas between them. */
const KEY = /^([A-Za-z0-9-]{1,32}):([A-Za-z0-9+/]{43}=)$/;

/**
 * Keys as a setting or a file has them; the first encrypts, the others only read.
 * @returns null when it is not like that
 */
export function parseKeys(text: string): SecretKeys | null {
  const keys = new Map<string, Uint8Array>();
  for (const entry of text.split(',')) {
    const [, id, base64] = KEY.exec(entry.trim()) ?? [];
    if (id === undefined || base64 === undefined || keys.has(id)) return null;
    keys.set(id, Buffer.from(base64, 'base64'));
  }
  return keys;
}

/** A new key as text. @param day by which it is named, as 2026-03-02 */
export const newKeyText = (day: string): string =>
  `${day}-${randomBytes(3).toString('hex')}:${randomBytes(KEY_BYTES).toString('base64')}`;

const FILE = 'secret-keys';

/**
 * The keys that lie beside the database that comes along; null before the first start.
 * @throws SecretsError when the file does not hold keys any more
 */
export async function findKeysBeside(dataDir: string): Promise<SecretKeys | null> {
  const path = join(dataDir, FILE);
  const found = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return null;
  });
  if (found === null) return null;
  const keys = parseKeys(found.trim());
  if (!keys) throw new SecretsError(`${path} does not hold keys any more. Put the file back as it was.`);
  return keys;
}

/** As `findKeysBeside`; the first start makes the file, which only its owner reads. */
async function keysBeside(dataDir: string, day: string): Promise<SecretKeys> {
  const found = await findKeysBeside(dataDir);
  if (found) return found;
  const path = join(dataDir, FILE);
  // Made whole under another name first: of two starts at once, one makes it and both read the same.
  await mkdir(dataDir, { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${newKeyText(day)}\n`, { mode: 0o600 });
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return keysBeside(dataDir, day);
}

/** The keys a server works with: those of the setting; else those beside the embedded database; else none. */
export async function openSecrets(
  { secretKeys, databaseUrl, dataDir }: Pick<Config, 'secretKeys' | 'databaseUrl' | 'dataDir'>,
  now: Date,
): Promise<Secrets> {
  const beside = async (): Promise<SecretKeys> =>
    databaseUrl === undefined ? keysBeside(dataDir, now.toISOString().slice(0, 10)) : new Map();
  return createSecrets(secretKeys ?? (await beside()));
}
