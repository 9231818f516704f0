import type { Logger } from 'pino';
import type { Lanes } from './assignment/lanes.ts';
import type { Clock } from './clock.ts';
import { raiseDueReviews } from './configuration/reviews.ts';
import { deriveDueWeights } from './configuration/weights.ts';
import type { Database } from './db/client.ts';
import { pruneEvents } from './events/retention.ts';
import { forgetRates } from './limits/rateLimits.ts';
import { eraseExpired } from './privacy/retention.ts';
import type { Secrets } from './secrets/seal.ts';
import { resealAll } from './secrets/stored.ts';

export interface UpkeepOptions {
  readonly database: Database;
  readonly secrets: Secrets;
  readonly lanes: Lanes;
  readonly clock: Clock;
  /** The database's time, by which old events are deleted: a server whose clock is ahead must not delete new ones. */
  readonly now: () => Promise<Date>;
  readonly log: Logger;
  readonly committed: (workspaceId: string, lastEvent: number) => void;
}

const INTERVAL_MS = 3_600_000;

/**
 * What is to be done now and then, and does no harm when several servers do it: old events deleted, secrets encrypted
 * with the newest key, leads erased that are kept no longer, weights derived once a day, plan reviews told when they are due. What fails is logged, and the next hour tries again.
 */
export async function runUpkeep({
  database,
  secrets,
  lanes,
  clock,
  now,
  log,
  committed,
}: UpkeepOptions): Promise<void> {
  const attempt = async (what: string, work: () => Promise<number>): Promise<void> => {
    try {
      const count = await work();
      if (count > 0) log.info({ count }, what);
    } catch (error) {
      log.warn({ err: error }, `${what}: failed; the next hour tries again`);
    }
  };
  await attempt('deleted events past their retention', async () => pruneEvents(database, await now()));
  await attempt('forgot the rates of minutes long over', async () => forgetRates(database.pool, await now()));
  await attempt('encrypted secrets with the newest key', () => resealAll(database, secrets));
  const workspaceIds: string[] = [];
  await attempt('listed the workspaces', async () => {
    for (const { id } of await database.prisma.workspace.findMany({ select: { id: true } })) workspaceIds.push(id);
    return 0;
  });
  for (const workspaceId of workspaceIds) {
    const context = { database, workspaceId, lanes, by: 'upkeep', clock, committed };
    await attempt('derived the weights of pools', async () => (await deriveDueWeights(context)).length);
    await attempt('erased leads that are kept no longer', async () => eraseExpired(context, await now()));
    await attempt('told of plan reviews that are due', () => raiseDueReviews(context));
  }
}

/** Runs the upkeep at once and then each hour, until stopped. */
export function startUpkeep(options: UpkeepOptions): { stop(): Promise<void> } {
  let running = runUpkeep(options);
  const timer = setInterval(() => {
    running = running.then(() => runUpkeep(options));
  }, INTERVAL_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return running;
    },
  };
}
