import { nearest } from '../config.ts';
import { startFault } from '../server.ts';

/** A command: its exit code, or null when it keeps running. */
interface Command {
  readonly summary: string;
  run(args: readonly string[]): Promise<number | null>;
}

/** Loaded when asked for: `help` must not wait for a database driver. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: () => import('./start.ts'),
  demo: () => import('./demo.ts'),
  migrate: () => import('./migrate.ts'),
  config: () => import('./config.ts'),
  territories: () => import('./territories.ts'),
  secrets: () => import('./secrets.ts'),
  doctor: () => import('./doctor.ts'),
};

async function help(): Promise<number> {
  console.log('npm run fairlead -- COMMAND\n');
  for (const [name, load] of Object.entries(COMMANDS)) console.log(`  ${name.padEnd(11)} ${(await load()).summary}`);
  return 0;
}

async function main([name = 'help', ...args]: readonly string[]): Promise<number | null> {
  if (name === 'help' || name === '--help') return help();
  const load = COMMANDS[name];
  if (!load) {
    console.error(`There is no command "${name}"; did you mean ${nearest(name, Object.keys(COMMANDS))}?`);
    return 1;
  }
  return (await load()).run(args);
}

// Whoever reads only the first lines (`| head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
try {
  const code = await main(process.argv.slice(2));
  if (code !== null) process.exit(code);
} catch (error) {
  const isMistyped = String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS');
  const fault = isMistyped ? (error as Error).message : startFault(error);
  console.error(fault ?? error);
  process.exit(1);
}
