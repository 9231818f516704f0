import { systemClock } from '../clock.ts';
import { readConfig } from '../config.ts';
import { newKeyText, openSecrets } from '../secrets/keys.ts';
import { NO_KEYS } from '../secrets/seal.ts';
import { checkSecrets, resealAll } from '../secrets/stored.ts';
import { withWorkspace } from './config.ts';

export const summary = 'new | rotate: makes a key for FAIRLEAD_SECRET_KEYS; encrypts what is kept with the first one';

/** May be run while servers run; @throws SecretsError naming the key that is missing or wrong */
export async function run(args: readonly string[]): Promise<number> {
  const [verb] = args;
  const now = systemClock.now();
  if (verb === 'new') {
    console.log(newKeyText(now.toISOString().slice(0, 10)));
    return 0;
  }
  if (verb !== 'rotate') {
    console.error('Say what to do: secrets new, or secrets rotate');
    return 1;
  }
  const secrets = await openSecrets(readConfig(process.env), now);
  if (secrets.keyId === null) {
    console.error(`Nothing can be encrypted: ${NO_KEYS}.`);
    return 1;
  }
  const { done, counts } = await withWorkspace(async ({ database }) => {
    await checkSecrets(database.pool, secrets);
    return { done: await resealAll(database, secrets), counts: await checkSecrets(database.pool, secrets) };
  });
  const others = [...counts.keys()].filter((keyId) => keyId !== secrets.keyId);
  console.log(`${done} encrypted again; with the key "${secrets.keyId}" are now ${counts.get(secrets.keyId) ?? 0}.`);
  // A server that still has another key first may have kept something meanwhile.
  if (others.length === 0) console.log('No other key is used: take them out once all servers have this one first.');
  else console.log(`Still used: ${others.join(', ')}. Put the new key first at all servers, then repeat this.`);
  return others.length === 0 ? 0 : 1;
}
