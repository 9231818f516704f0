import type pg from 'pg';
import { type KnownMigrations, migrationFault } from './db/migrate.ts';

/**
 * Why a server is or is not ready, check by check: null for what is as it should be, else what is wrong. Without its
 * listener a server is ready all the same: events come by polling then, and Redis or a pooler must not take out all servers.
 */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<'database' | 'migrations' | 'listener' | 'draining', string | null>>;
}

/** Whoever asks has a time limit of their own, mostly two or more seconds. */
const ANSWER_MS = 1_500;

export interface ReadinessOptions {
  readonly pool: pg.Pool;
  readonly migrations: KnownMigrations;
  readonly isListening: () => boolean;
  readonly isDraining: () => boolean;
}

/** Never fails, and answers within 1.5 s, also while the database says nothing. */
export function createReadiness(options: ReadinessOptions): () => Promise<Readiness> {
  const { pool, migrations, isListening, isDraining } = options;
  type Asked = Pick<Readiness['checks'], 'database' | 'migrations'>;
  const unknown = (database: string): Asked => ({
    database,
    migrations: 'not known while the database does not answer',
  });
  // Whoever asks while an answer is awaited gets the same: many must not take all connections from a slow database.
  let asking: Promise<Asked> | null = null;
  const ask = (): Promise<Asked> => {
    asking ??= migrationFault(pool, migrations)
      .then(
        (fault): Asked => ({ database: null, migrations: fault }),
        (error: Error) => unknown(`does not answer (${(error as { code?: string }).code ?? error.message})`),
      )
      .finally(() => {
        asking = null;
      });
    return asking;
  };
  return async () => {
    const late = Promise.withResolvers<Asked>();
    const timer = setTimeout(() => late.resolve(unknown(`did not answer within ${ANSWER_MS} ms`)), ANSWER_MS);
    const asked = await Promise.race([ask(), late.promise]);
    clearTimeout(timer);
    const checks = {
      ...asked,
      listener: isListening() ? null : 'wake-ups do not come; events come by polling, up to a second later',
      draining: isDraining() ? 'the server is stopping' : null,
    };
    const { listener: _, ...needed } = checks;
    return { ready: Object.values(needed).every((fault) => fault === null), checks };
  };
}
