import { setTimeout as sleep } from 'node:timers/promises';
import { type Feed, type FeedEvent, followFeed } from '../../../src/client/index.ts';
import { positionOf } from '../../../src/events/cursor.ts';
import type { Company } from './company.ts';
import { createRandom } from './random.ts';
import type { Server } from './server.ts';

/** What a device has made of one event. */
export interface Applied {
  readonly number: number;
  readonly previous: number;
  readonly kind: string;
  /** Of the lead it is about. */
  readonly email: string | null;
  /** From the event's own time to this device. */
  readonly delayMs: number;
}

/** A rep's device: follows the rep's feed, and keeps its cursor together with what it did. */
export interface Device {
  readonly company: Company;
  readonly repId: string;
  /** Number behind which it began. */
  readonly from: number;
  readonly applied: readonly Applied[];
  /** Breaks off and goes on from its cursor, at this server. */
  reconnect(server: Server): Promise<void>;
  /** How often it has been connected. */
  readonly connections: number;
  /** Set where the rep leaves: from then on the server may refuse the device, and events may be missing at its end. */
  mayEnd: boolean;
  /** What ended it. */
  readonly failure: unknown;
  close(): Promise<void>;
}

/** Opens a device of a rep, which begins at the present end of the feed. Breaks are mended by the client itself. */
export async function openDevice(company: Company, rep: Company['reps'][number], server: Server): Promise<Device> {
  const applied: Applied[] = [];
  let cursor: string | null = null;
  let connections = 0;
  let failure: unknown = null;

  function follow(at: Server): Feed {
    const followed = followFeed({
      url: at.feedUrl,
      token: rep.token,
      after: cursor,
      selection: 'lead { email }',
      onEvent: (event: FeedEvent) => {
        const lead = event.lead as { email: string } | null;
        applied.push({
          number: event.number,
          previous: event.previous,
          kind: event.kind,
          email: lead?.email ?? null,
          delayMs: Date.now() - Date.parse(event.at),
        });
        cursor = event.cursor;
      },
      onState: (state) => {
        if (state === 'connected') connections += 1;
      },
    });
    followed.done.catch((error: unknown) => {
      failure = error;
    });
    return followed;
  }

  let feed = follow(server);
  await feed.ready;
  cursor = feed.cursor;
  return {
    company,
    repId: rep.id,
    from: positionOf(company.workspaceId, cursor as unknown as string).number,
    applied,
    reconnect: async (to) => {
      await feed.close();
      feed = follow(to);
    },
    get connections() {
      return connections;
    },
    mayEnd: false,
    get failure() {
      return failure;
    },
    close: () => feed.close(),
  };
}

/** Devices that break off at random, each now and then, and go on at any of the servers. @param everyMs on average */
export function startRestlessness(
  devices: readonly Device[],
  { seed, servers, everyMs }: { seed: number; servers: readonly Server[]; everyMs: number },
): { stop(): Promise<void> } {
  let isOver = false;
  const running = Promise.all(
    devices.map(async (device, index) => {
      const random = createRandom(seed + index);
      while (!isOver) {
        await sleep(random.between(0, 2 * everyMs));
        if (!isOver) await device.reconnect(random.pick(servers));
      }
    }),
  );
  running.catch(() => {});
  return {
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}
