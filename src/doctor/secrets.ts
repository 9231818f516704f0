import type pg from 'pg';
import type { Config } from '../config.ts';
import { findKeysBeside } from '../secrets/keys.ts';
import { createSecrets, NO_KEYS, SecretsError } from '../secrets/seal.ts';
import { checkSecrets as countSecrets } from '../secrets/stored.ts';
import { type Finding, fault, ok, plural, warning } from './finding.ts';

type Keys = Pick<Config, 'secretKeys' | 'databaseUrl' | 'dataDir'>;

/** Whether what is kept encrypted can be read, and is encrypted with the key that it should be. */
export async function checkSecrets(client: pg.Client, { secretKeys, databaseUrl, dataDir }: Keys): Promise<Finding> {
  try {
    const keys = secretKeys ?? (databaseUrl === undefined ? await findKeysBeside(dataDir) : null);
    const secrets = createSecrets(keys ?? new Map());
    const counts = await countSecrets(client, secrets);
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const current = counts.get(secrets.keyId) ?? 0;
    if (secrets.keyId === null) return warning('secrets', `No calendar can be kept: ${NO_KEYS}.`);
    if (current === all) return ok('secrets', `${plural(all, 'calendar')} encrypted with the key "${secrets.keyId}"`);
    const rest = `${all - current} of ${plural(all, 'calendar')}`;
    return warning(
      'secrets',
      `${rest} not encrypted with the first key, "${secrets.keyId}", yet. A server does it within the hour; npm run fairlead -- secrets rotate does it now.`,
    );
  } catch (error) {
    if (!(error instanceof SecretsError)) throw error;
    return fault('secrets', error.message);
  }
}
