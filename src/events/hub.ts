import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import { CursorRefused, cursorOf, positionOf } from './cursor.ts';
import { type FeedEvent, readEvents } from './readEvents.ts';
import { createWakeUps } from './wakeUps.ts';

/** The reader fell too far behind: its socket is closed and may resume from its cursor. */
export class SlowConsumer extends Error {
  override readonly name = 'SlowConsumer';
  readonly code = 'SLOW_CONSUMER';
}

/** Live events that may wait for one subscription: about 1 MB. */
const MAX_QUEUED = 1_000;
const PAGE = 500;
/** A wake-up may be lost; this is the longest an event waits then. */
const POLL_MS = 1_000;

export interface FeedRequest {
  readonly workspaceId: string;
  /** Whose events; null for the whole workspace's. */
  readonly repIds: readonly string[] | null;
  /** Null to begin at the present end. */
  readonly after: string | null;
  /** Called at once when too much waits: a consumer that has stopped reading would never see the error. */
  readonly overflowed?: () => void;
}

export interface Hub {
  /**
   * Every event after the cursor, in order, once; then live until the consumer stops.
   * @throws CursorRefused; later, when more than 1,000 live events wait, the iteration ends with SlowConsumer
   */
  feed(request: FeedRequest): Promise<AsyncIterableIterator<FeedEvent>>;
  /** The present end of a workspace's stream. */
  cursor(workspaceId: string): Promise<string>;
  /** Tells this process and the others that events up to `number` are there. */
  committed(workspaceId: string, number: number): void;
  /** Whether the wake-up connection stands; events come by polling while it does not. */
  readonly listening: boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Subscriber {
  readonly repIds: ReadonlySet<string> | null;
  push(event: FeedEvent): void;
}

/** What this process knows of one workspace's stream while somebody here listens. */
interface Channel {
  /** All events up to here have been handed to the subscribers. */
  position: number;
  /** Subscriptions here, catching up or live. */
  open: number;
  readonly ofRep: Map<string, Set<Subscriber>>;
  readonly ofAll: Set<Subscriber>;
  reading: Promise<void> | null;
  again: boolean;
}

/** Reads new events once per wake-up, for all who listen in this process, and hands them out. The table is the truth. */
export function createHub({ database, log }: { readonly database: Database; readonly log: Logger }): Hub {
  const channels = new Map<string, Promise<Channel>>();
  const wakeUps = createWakeUps({ database, log, onWakeUp: (workspaceId, number) => void wake(workspaceId, number) });
  let poll: NodeJS.Timeout | undefined;

  async function ends(workspaceId: string): Promise<{ last: number; pruned: number }> {
    const { rows } = await database.pool.query(
      'SELECT "lastEvent", "prunedEvent" FROM "Lane" WHERE "workspaceId" = $1',
      [workspaceId],
    );
    return { last: Number(rows[0]?.lastEvent ?? 0), pruned: Number(rows[0]?.prunedEvent ?? 0) };
  }

  async function openChannel(workspaceId: string): Promise<Channel> {
    const { last } = await ends(workspaceId);
    return { position: last, open: 0, ofRep: new Map(), ofAll: new Set(), reading: null, again: false };
  }

  async function enter(workspaceId: string): Promise<Channel> {
    let opening = channels.get(workspaceId);
    if (!opening) {
      opening = openChannel(workspaceId);
      channels.set(workspaceId, opening);
      opening.catch(() => channels.delete(workspaceId));
    }
    const channel = await opening;
    channel.open += 1;
    return channel;
  }

  function leave(workspaceId: string, channel: Channel): void {
    channel.open -= 1;
    if (channel.open === 0) channels.delete(workspaceId);
  }

  /** Reads on from the channel's position; a wake-up that comes meanwhile leads to one more round. */
  async function wake(workspaceId: string, number = Number.POSITIVE_INFINITY): Promise<void> {
    const channel = await channels.get(workspaceId)?.catch(() => undefined);
    if (!channel || channel.position >= number) return;
    if (channel.reading) {
      channel.again = true;
      return;
    }
    channel.reading = readOn(workspaceId, channel)
      .catch((error: unknown) => log.warn({ err: error }, 'reading events failed; the next poll tries again'))
      .finally(() => {
        channel.reading = null;
      });
    await channel.reading;
  }

  async function readOn(workspaceId: string, channel: Channel): Promise<void> {
    do {
      channel.again = false;
      for (;;) {
        const range = {
          workspaceId,
          after: channel.position,
          upTo: Number.MAX_SAFE_INTEGER,
          limit: PAGE,
          repIds: null,
        };
        const events = await readEvents(database.pool, range);
        for (const event of events) {
          for (const subscriber of channel.ofAll) subscriber.push(event);
          if (event.repId !== null)
            for (const subscriber of channel.ofRep.get(event.repId) ?? []) subscriber.push(event);
          channel.position = event.number;
        }
        if (events.length < PAGE) break;
      }
    } while (channel.again);
  }

  function attach(channel: Channel, subscriber: Subscriber): () => void {
    if (subscriber.repIds === null) {
      channel.ofAll.add(subscriber);
      return () => channel.ofAll.delete(subscriber);
    }
    for (const repId of subscriber.repIds) {
      const set = channel.ofRep.get(repId) ?? new Set();
      channel.ofRep.set(repId, set.add(subscriber));
    }
    return () => {
      for (const repId of subscriber.repIds ?? []) {
        const set = channel.ofRep.get(repId);
        set?.delete(subscriber);
        if (set?.size === 0) channel.ofRep.delete(repId);
      }
    };
  }

  async function startOf({ workspaceId, after }: FeedRequest, channel: Channel): Promise<number> {
    if (after === null) return channel.position;
    const position = positionOf(workspaceId, after);
    const { last, pruned } = await ends(workspaceId);
    if (position < pruned) {
      throw new CursorRefused(
        'CURSOR_EXPIRED',
        'Events that old are no longer kept. Read your leads anew, then go on from the cursor in this error.',
        cursorOf(workspaceId, last),
      );
    }
    if (position > last) {
      throw new CursorRefused(
        'INVALID_CURSOR',
        'This cursor is ahead of the feed: the server’s data were restored to an earlier point. Read your leads anew and start without a cursor.',
      );
    }
    return position;
  }

  /** One subscription: ended from outside, since a generator's own `return()` waits for the event it waits for. */
  interface Subscription {
    ended: boolean;
    /** Ends the wait for the next event. */
    wake(): void;
    detach(): void;
  }

  async function feed(request: FeedRequest): Promise<AsyncIterableIterator<FeedEvent>> {
    const channel = await enter(request.workspaceId);
    const subscription: Subscription = { ended: false, wake: () => {}, detach: () => {} };
    const end = (): void => {
      if (subscription.ended) return;
      subscription.ended = true;
      subscription.detach();
      subscription.wake();
      leave(request.workspaceId, channel);
    };
    try {
      const events = follow(request, channel, await startOf(request, channel), subscription);
      return {
        next: async () => {
          try {
            return await events.next();
          } catch (error) {
            end();
            throw error;
          }
        },
        return: () => {
          end();
          return events.return(undefined);
        },
        [Symbol.asyncIterator]() {
          return this as AsyncIterableIterator<FeedEvent>;
        },
      };
    } catch (error) {
      end();
      throw error;
    }
  }

  async function* follow(
    { workspaceId, repIds, overflowed }: FeedRequest,
    channel: Channel,
    start: number,
    subscription: Subscription,
  ): AsyncGenerator<FeedEvent, undefined> {
    let at = start;
    // What a feed of several reps has passed last; one rep's and the whole workspace's events know their predecessor.
    let passed = start;
    const relink = (event: FeedEvent): FeedEvent => {
      const previous = repIds === null ? event.number - 1 : repIds.length === 1 ? event.previous : passed;
      passed = event.number;
      return previous === event.previous ? event : { ...event, previous };
    };

    // Catch up page by page, at the consumer's own pace, until level with the channel …
    while (at < channel.position) {
      const upTo = channel.position;
      const events = await readEvents(database.pool, { workspaceId, after: at, upTo, limit: PAGE, repIds });
      for (const event of events) yield relink(event);
      at = events.length < PAGE ? upTo : (events.at(-1) as FeedEvent).number;
    }
    if (subscription.ended) return undefined;

    // … then go live. Nothing can come between: no await since the comparison.
    const queue: FeedEvent[] = [];
    let overflown = false;
    subscription.detach = attach(channel, {
      repIds: repIds === null ? null : new Set(repIds),
      push: (event) => {
        if (event.number <= at || overflown) return;
        if (queue.length < MAX_QUEUED) {
          queue.push(event);
        } else {
          overflown = true;
          queue.length = 0;
          overflowed?.();
        }
        subscription.wake();
      },
    });
    while (!subscription.ended) {
      if (overflown) throw new SlowConsumer(`More than ${MAX_QUEUED} events wait for this subscription.`);
      const event = queue.shift();
      if (event) {
        yield relink(event);
      } else {
        await new Promise<void>((resolve) => {
          subscription.wake = resolve;
        });
      }
    }
    return undefined;
  }

  return {
    feed,
    cursor: async (workspaceId) => cursorOf(workspaceId, (await ends(workspaceId)).last),
    committed: (workspaceId, number) => {
      void wake(workspaceId, number);
      wakeUps.send(workspaceId, number);
    },
    get listening() {
      return wakeUps.listening;
    },
    start: async () => {
      poll = setInterval(() => {
        for (const workspaceId of channels.keys()) void wake(workspaceId);
      }, POLL_MS);
      await wakeUps.start();
    },
    stop: async () => {
      clearInterval(poll);
      await wakeUps.stop();
    },
  };
}
