import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newKeyText, openSecrets, parseKeys } from '../../src/secrets/keys.ts';
import { createSecrets, keyIdOf, type SecretKeys, SecretsError } from '../../src/secrets/seal.ts';

const keysOf = (...texts: string[]): SecretKeys => parseKeys(texts.join(',')) as SecretKeys;
const [OLD, NEW] = [newKeyText('2026-01-01'), newKeyText('2026-02-01')];
const idOf = (text: string): string => text.split(':')[0] as string;

describe('what is sealed', () => {
  const secrets = createSecrets(keysOf(NEW, OLD));

  test('comes out as it went in, and is never twice the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, place) => {
        const [one, other] = [secrets.seal(text, place), secrets.seal(text, place)];
        expect(one).not.toBe(other);
        expect(secrets.open(one, place)).toBe(text);
        expect(keyIdOf(one)).toBe(idOf(NEW));
      }),
    );
  });

  test('cannot be opened in another place, after a byte was changed, or with another key of the same name', () => {
    const sealed = secrets.seal('password', 'here');
    const [name, data = ''] = [sealed.slice(0, sealed.lastIndexOf(':') + 1), sealed.split(':')[2]];
    for (let index = 0; index < Buffer.from(data, 'base64url').length; index += 1) {
      const bytes = Buffer.from(data, 'base64url');
      bytes[index] = (bytes[index] as number) ^ 1;
      expect(() => secrets.open(name + bytes.toString('base64url'), 'here')).toThrow(SecretsError);
    }
    expect(() => secrets.open(sealed, 'there')).toThrow(SecretsError);
    const other = createSecrets(keysOf(`${idOf(NEW)}:${newKeyText('2026-03-01').split(':')[1]}`));
    expect(() => other.open(sealed, 'here')).toThrow(`The key "${idOf(NEW)}" of FAIRLEAD_SECRET_KEYS is not the one`);
  });

  test('is opened by a key that is no longer the first, and names the one that is missing', () => {
    const sealed = createSecrets(keysOf(OLD)).seal('password', 'here');
    expect(secrets.open(sealed, 'here')).toBe('password');
    expect(() => createSecrets(keysOf(NEW)).open(sealed, 'here')).toThrow(`lacks the key "${idOf(OLD)}"`);
  });

  test('without keys is nothing', () => {
    expect(() => createSecrets(new Map()).seal('password', 'here')).toThrow(/FAIRLEAD_SECRET_KEYS/);
  });
});

test.each(['', 'x', 'a:short', `${OLD},${OLD}`, `${OLD};${NEW}`, `a b:${OLD.split(':')[1]}`, `${OLD},`])(
  '%j is no list of keys',
  (text) => {
    expect(parseKeys(text)).toBeNull();
  },
);

describe('the keys of the database that comes along', () => {
  const settings = (dataDir: string) => ({ secretKeys: null, databaseUrl: undefined, dataDir });
  const now = new Date('2026-03-02T09:00:00Z');

  test('are made once, by whichever of several starts is first, for its owner’s eyes', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-keys-'));
    const opened = await Promise.all(Array.from({ length: 8 }, () => openSecrets(settings(dataDir), now)));
    const sealed = opened[0]?.seal('x', 'y') ?? '';
    for (const secrets of opened) expect(secrets.open(sealed, 'y')).toBe('x');
    expect((await stat(join(dataDir, 'secret-keys'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(dataDir, 'secret-keys'), 'utf8')).toMatch(/^2026-03-02-[0-9a-f]{6}:\S{44}\n$/);
    await writeFile(join(dataDir, 'secret-keys'), 'lost');
    await expect(openSecrets(settings(dataDir), now)).rejects.toThrow(/does not hold keys any more/);
    await rm(dataDir, { recursive: true });
  });

  test('are not looked for where a setting has some, nor beside another database', async () => {
    const dataDir = join(tmpdir(), 'fairlead-keys-not-there');
    const set = await openSecrets({ ...settings(dataDir), secretKeys: keysOf(NEW) }, now);
    const other = await openSecrets({ ...settings(dataDir), databaseUrl: 'postgresql://x' }, now);
    expect([set.keyId, other.keyId]).toEqual([idOf(NEW), null]);
    await expect(stat(dataDir)).rejects.toThrow('ENOENT');
  });
});
