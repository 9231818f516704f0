import { startEmbedded } from '../../src/db/embedded.ts';
import { createLog } from '../../src/log.ts';

// A program that uses the embedded database until it is killed, or until its input ends.
// node embeddedUser.ts DATA_DIR own|borrow [umask]: prints one line of JSON.

const [dataDir = '', mode, umask] = process.argv.slice(2);
if (umask !== undefined) process.umask(Number.parseInt(umask, 8));
try {
  const { url, stop } = await startEmbedded({
    dataDir,
    log: createLog('silent'),
    mode: mode === 'own' ? 'own' : 'borrow',
  });
  console.log(JSON.stringify({ url }));
  process.stdin.on('end', () => stop().then(() => process.exit(0))).resume();
} catch (error) {
  console.log(JSON.stringify({ name: (error as Error).name, message: (error as Error).message }));
  process.exitCode = 1;
}
