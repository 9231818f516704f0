import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import { cursorOf, positionOf } from './cursor.ts';
import { type Channel, type Feed, FeedReader, type FeedRequest } from './feedReader.ts';
import { PAGE, readEnd, readEvents } from './readEvents.ts';
import { createWakeUps } from './wakeUps.ts';

/** A wake-up may be lost; this is the longest an event waits then. */
const POLL_MS = 1_000;

export interface Hub {
  /**
   * Every event after the cursor, in order, once; then live until the consumer stops. Whoever listens to the same
   * stream in this process gets the same objects.
   * @throws CursorRefused; later, when more than 1,000 live events wait, the iteration ends with SlowConsumer
   */
  feed(request: FeedRequest): Promise<Feed>;
  /** The present end of a workspace's stream. */
  cursor(workspaceId: string): Promise<string>;
  /** Tells this process and the others that events up to `number` are there. */
  committed(workspaceId: string, number: number): void;
  /** Whether the wake-up connection stands; events come by polling while it does not. */
  readonly listening: boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface HubOptions {
  readonly database: Database;
  /** Wake-ups by Redis instead of LISTEN and NOTIFY. */
  readonly redisUrl?: string | undefined;
  readonly log: Logger;
}

/** Reads new events once per wake-up, for all who listen in this process, and hands them out. The table is the truth. */
export function createHub({ database, redisUrl, log }: HubOptions): Hub {
  const { pool } = database;
  const channels = new Map<string, Promise<Channel>>();
  const wakeUps = createWakeUps({
    ...{ database, redisUrl, log },
    onWakeUp: (workspaceId, number) => void wake(workspaceId, number),
  });
  let poll: NodeJS.Timeout | undefined;

  async function openChannel(workspaceId: string): Promise<Channel> {
    const { number } = await readEnd(pool, workspaceId);
    return { workspaceId, position: number, open: 0, ofRep: new Map(), ofAll: new Set(), reading: null, again: false };
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

  function leave(channel: Channel): void {
    channel.open -= 1;
    if (channel.open === 0) channels.delete(channel.workspaceId);
  }

  /** Reads on from the channel's position; a wake-up that comes meanwhile leads to one more round. */
  async function wake(workspaceId: string, number = Number.POSITIVE_INFINITY): Promise<void> {
    const channel = await channels.get(workspaceId)?.catch(() => undefined);
    if (!channel || channel.position >= number) return;
    if (channel.reading) {
      channel.again = true;
      return;
    }
    channel.reading = readOn(channel)
      .catch((error: unknown) => log.warn({ err: error }, 'reading events failed; the next poll tries again'))
      .finally(() => {
        channel.reading = null;
      });
    await channel.reading;
  }

  async function readOn(channel: Channel): Promise<void> {
    const { workspaceId } = channel;
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
        const { events } = await readEvents(pool, range);
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

  async function feed(request: FeedRequest): Promise<Feed> {
    const { workspaceId, after } = request;
    const position = after === null ? null : positionOf(workspaceId, after);
    const channel = await enter(workspaceId);
    const reader = new FeedReader({ request, channel, pool, leave });
    if (position === null) return reader;
    try {
      await reader.resume(position);
      return reader;
    } catch (error) {
      await reader.return();
      throw error;
    }
  }

  return {
    feed,
    cursor: async (workspaceId) => cursorOf(workspaceId, await readEnd(pool, workspaceId)),
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
      wakeUps.start();
    },
    stop: async () => {
      clearInterval(poll);
      wakeUps.stop();
    },
  };
}
