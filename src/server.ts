import { type App, createApp } from './app.ts';
import { ConfigError, readConfig } from './config.ts';
import { EmbeddedPostgresError } from './db/embedded.ts';
import { MigrationError } from './db/migrate.ts';
import { SecretsError } from './secrets/seal.ts';

const FAULTS = [ConfigError, EmbeddedPostgresError, MigrationError, SecretsError] as const;

/**
 * What to tell the person at the keyboard about an error at start, in one line (or one per setting); null for what is
 * an accident and worth a stack.
 */
export function startFault(error: unknown): string | null {
  if (FAULTS.some((fault) => error instanceof fault)) return (error as Error).message;
  const {
    code,
    port,
    address,
    setting = 'PORT',
  } = error as { code?: string; port?: number; address?: string; setting?: string };
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use. Set ${setting} to another one, or to 0 for any that is free.`;
    case 'EACCES':
      return `Port ${port} needs more rights than this user has. Set ${setting} to one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return address === undefined
        ? `DATABASE_URL: the host is not known (${(error as Error).message}).`
        : `HOST ${address} is no address of this machine.`;
    case 'ECONNREFUSED':
      return 'DATABASE_URL: nothing listens there. Is the database running, and are host and port right?';
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
      return 'DATABASE_URL: no answer from there. Is the host right, and is a firewall between?';
    case '53300':
      return 'DATABASE_URL: the database has no connection left. Raise max_connections, or run fewer servers.';
    case '57P03':
      return 'DATABASE_URL: the database is starting or stopping. Try again in a moment.';
    case '25006':
      return 'DATABASE_URL: this database can only be read. Is it a standby? Give the address of the primary.';
    case '28P01':
    case '28000':
      return 'DATABASE_URL: the database refuses this user or password.';
    case '3D000':
      return 'DATABASE_URL: there is no such database. Create it first.';
    case '42501':
      return `DATABASE_URL: the database user lacks a right (${(error as Error).message}). With the URL of the owner of the tables, run: npm run fairlead -- migrate --grant-to ROLE`;
    default:
      return null;
  }
}

/** A stop that takes longer than this, beside the time it goes on serving, is ended: something hangs. */
const STOP_MS = 8_000;

/**
 * Starts a server from the environment and stops it on SIGTERM, after it has gone on serving for a while, or SIGINT, at
 * once. Resolves once it has started.
 */
export async function startServer(env: NodeJS.ProcessEnv): Promise<App> {
  const config = readConfig(env);
  const app = createApp({ config });
  let stopping: Promise<void> | null = null;
  const stop = (signal: NodeJS.Signals): void => {
    // A second signal is one too many: somebody insists.
    if (stopping) process.exit(1);
    setTimeout(
      () => {
        console.error('What is under way does not end; the server stops without it.');
        process.exit(1);
      },
      config.drainSeconds * 1_000 + STOP_MS,
    ).unref();
    stopping = starting
      .catch(() => {})
      .then(() => app.stop(signal === 'SIGTERM' ? config.drainSeconds : 0))
      .then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const starting = app.start();
  await starting;
  return app;
}
