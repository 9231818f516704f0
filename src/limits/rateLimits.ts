import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Logger } from 'pino';
import { RateLimiterPostgres } from 'rate-limiter-flexible';

/*
 * How much somebody may ask for in a minute, at all servers of a database together. A round trip for each operation would
 * cost more than many an operation: each server counts for itself and tells the database five times a second, which
 * answers with what all have told. So N servers may together let through what comes in 200 ms beyond the limit.
 */

export const LIMITS = ['operations', 'objects', 'signIns'] as const;
export type Limit = (typeof LIMITS)[number];

/** Points a minute; 0 for no limit. */
export type PerMinute = Readonly<Record<Limit, number>>;

/** Beyond a limit; not counted. */
export class RateLimited extends Error {
  override readonly name = 'RateLimited';
  readonly limit: Limit;
  readonly perMinute: number;
  readonly retryAfterSeconds: number;

  constructor(limit: Limit, perMinute: number, retryAfterSeconds: number) {
    super(`${limit}: more than ${perMinute} in a minute`);
    this.limit = limit;
    this.perMinute = perMinute;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface RateLimits {
  /**
   * Counts points of somebody: a principal of a workspace, or an address.
   * @throws RateLimited
   */
  count(limit: Limit, who: string, points: number): void;
  /** Tells the database what has been counted. */
  flush(): Promise<void>;
  /** What was not told yet is forgotten: a server that stops waits for no database on its account. */
  stop(): void;
}

const WINDOW_SECONDS = 60;
const FLUSH_MS = 200;
/** Told at the same time, so that the pool is left to those who are served. */
const LINES = 4;
/** Whom a server remembers; beyond that the longest remembered are forgotten: 200 bytes each. */
const MAX_KNOWN = 100_000;
/** The table's column holds 255. */
const MAX_KEY = 200;

interface Known {
  readonly limiter: RateLimiterPostgres;
  /** What the database has answered last, all servers together. */
  told: number;
  /** On its way to the database. */
  underWay: number;
  /** Counted here since. */
  since: number;
  /** By `performance.now()`: when the minute is over. */
  endsAt: number;
}

export function createRateLimits(options: {
  readonly pool: pg.Pool;
  readonly perMinute: PerMinute;
  readonly log: Logger;
}): RateLimits {
  const { pool, perMinute, log } = options;
  // Without the names of prepared statements that the library gives, which a pooler may not know.
  const storeClient = { query: ({ text, values }: pg.QueryConfig) => pool.query(text, values) };
  const limiters = Object.fromEntries(
    LIMITS.map((limit) => [
      limit,
      new RateLimiterPostgres({
        storeClient,
        storeType: 'client',
        tableName: 'RateLimit',
        tableCreated: true,
        clearExpiredByTimeout: false,
        keyPrefix: limit,
        points: perMinute[limit],
        duration: WINDOW_SECONDS,
      }),
    ]),
  ) as Record<Limit, RateLimiterPostgres>;
  const known = new Map<string, Known>();
  const waiting = new Set<string>();
  let flushing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;

  const keyOf = (limit: Limit, who: string): string =>
    `${limit}:${who.length <= MAX_KEY ? who : createHash('sha256').update(who).digest('base64url')}`;

  function find(limit: Limit, key: string): Known {
    const now = performance.now();
    let entry = known.get(key);
    if (!entry || now >= entry.endsAt) {
      entry = { limiter: limiters[limit], told: 0, underWay: 0, since: 0, endsAt: now + WINDOW_SECONDS * 1_000 };
      // At the end of the line: the first is the one that began longest ago.
      known.delete(key);
      known.set(key, entry);
      for (const [oldest, { endsAt }] of known) {
        if (known.size <= MAX_KNOWN && endsAt > now) break;
        known.delete(oldest);
      }
    }
    return entry;
  }

  async function tell(key: string): Promise<void> {
    const entry = known.get(key);
    if (!entry || entry.since === 0) return;
    entry.underWay = entry.since;
    entry.since = 0;
    try {
      const { consumedPoints, msBeforeNext } = await entry.limiter.penalty(
        key.slice(key.indexOf(':') + 1),
        entry.underWay,
      );
      entry.told = consumedPoints;
      // The minute began with whoever was first, perhaps at another server.
      entry.endsAt = performance.now() + msBeforeNext;
      entry.underWay = 0;
    } catch (error) {
      log.debug({ err: error }, 'a rate was not told to the database');
      entry.since += entry.underWay;
      entry.underWay = 0;
      if (performance.now() < entry.endsAt) waiting.add(key);
    }
  }

  async function flushAll(): Promise<void> {
    const keys = [...waiting];
    waiting.clear();
    const lines = Array.from({ length: LINES }, async () => {
      for (let key = keys.pop(); key !== undefined; key = keys.pop()) await tell(key);
    });
    await Promise.all(lines);
  }

  async function flush(): Promise<void> {
    while (flushing) await flushing;
    flushing = flushAll().finally(() => {
      flushing = null;
    });
    await flushing;
  }

  function schedule(): void {
    if (isStopped) return;
    timer ??= setTimeout(() => {
      timer = null;
      void flush().then(() => {
        if (waiting.size > 0) schedule();
      });
    }, FLUSH_MS);
  }

  return {
    count: (limit, who, points) => {
      if (perMinute[limit] === 0 || points === 0) return;
      const key = keyOf(limit, who);
      const entry = find(limit, key);
      if (entry.told + entry.underWay + entry.since + points > perMinute[limit]) {
        const waitMs = Math.max(entry.endsAt - performance.now(), 0);
        throw new RateLimited(limit, perMinute[limit], Math.max(Math.ceil(waitMs / 1_000), 1));
      }
      entry.since += points;
      waiting.add(key);
      schedule();
    },
    flush,
    stop: () => {
      isStopped = true;
      if (timer) clearTimeout(timer);
    },
  };
}

/** Forgets minutes that are long over. @returns how many */
export async function forgetRates(pool: pg.Pool, now: Date): Promise<number> {
  const { rowCount } = await pool.query('DELETE FROM "RateLimit" WHERE "expire" < $1', [now.getTime() - 3_600_000]);
  return rowCount ?? 0;
}
