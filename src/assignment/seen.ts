import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Lanes } from './lanes.ts';
import { noteSeen } from './presence.ts';

/** Notes that reps are there: a call, an open socket, a feed. */
export interface Seen {
  note(workspaceId: string, repId: string): void;
  /** Writes what is not written yet. */
  flush(): Promise<void>;
}

/** A rep who is noted again within this time is not written again: a fifth of the shortest limit there can be. */
const NOTED_AGAIN_MS = 60_000;
/** Signs of life that come together are written together. */
const COLLECT_MS = 100;
/** Reps of one transaction, so that leads come in between when all come back at once. */
const AT_ONCE = 200;
/** Reps of one process beyond which it begins anew to know who was noted when. */
const MAX_KNOWN = 100_000;

export function createSeen({
  lanes,
  clock,
  log,
}: {
  readonly lanes: Pick<Lanes, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
}): Seen {
  const noted = new Map<string, number>();
  let waiting = new Map<string, Set<string>>();
  let timer: NodeJS.Timeout | null = null;

  let written = Promise.resolve();

  /** One after the other, so that whoever awaits it awaits all that was noted before. */
  function flush(): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    const batches = waiting;
    waiting = new Map();
    written = written.then(() => writeAll(batches));
    return written;
  }

  async function writeAll(batches: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
    for (const [workspaceId, repIds] of batches) {
      const all = [...repIds];
      for (let from = 0; from < all.length; from += AT_ONCE) await write(workspaceId, all.slice(from, from + AT_ONCE));
    }
  }

  async function write(workspaceId: string, repIds: readonly string[]): Promise<void> {
    try {
      await lanes.run(workspaceId, noteSeen(repIds));
    } catch (error) {
      for (const repId of repIds) noted.delete(`${workspaceId}/${repId}`);
      log.debug({ err: error }, 'could not note who was seen; the next sign of life does');
    }
  }

  return {
    note: (workspaceId, repId) => {
      const key = `${workspaceId}/${repId}`;
      const now = clock.now().getTime();
      const last = noted.get(key);
      if (last !== undefined && Math.abs(now - last) < NOTED_AGAIN_MS) return;
      if (noted.size >= MAX_KNOWN) noted.clear();
      noted.set(key, now);
      const repIds = waiting.get(workspaceId) ?? new Set();
      waiting.set(workspaceId, repIds.add(repId));
      timer ??= setTimeout(() => void flush(), COLLECT_MS);
    },
    flush,
  };
}
