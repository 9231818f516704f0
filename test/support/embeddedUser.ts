import { rm } from 'node:fs/promises';
import { startEmbedded } from '../../src/db/embedded.ts';
import { createLog } from '../../src/log.ts';

/** What the program is told, as JSON. */
export interface EmbeddedUser {
  readonly dataDir: string;
  readonly mode: 'own' | 'borrow';
  readonly settings?: readonly string[];
  /** Octal. */
  readonly umask?: string;
  /** Takes the folder away in the end. */
  readonly remove?: boolean;
}

// A program that uses the embedded database until its input ends, as it does when who started it dies. Prints one line
// of JSON.

const { dataDir, mode, settings = [], umask, remove = false }: EmbeddedUser = JSON.parse(process.argv[2] ?? '');
if (umask !== undefined) process.umask(Number.parseInt(umask, 8));
try {
  const { url, stop } = await startEmbedded({ dataDir, log: createLog('silent'), mode, settings });
  console.log(JSON.stringify({ url }));
  process.stdin
    .on('end', async () => {
      await stop();
      if (remove) await rm(dataDir, { recursive: true, force: true });
      process.exit(0);
    })
    .resume();
} catch (error) {
  console.log(JSON.stringify({ name: (error as Error).name, message: (error as Error).message }));
  process.exitCode = 1;
}
