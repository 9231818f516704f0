import { createClient } from '@redis/client';
import type { WakeUpDriver } from './wakeUps.ts';

const CHANNEL = 'fairlead_events';
const CONNECT_TIMEOUT_MS = 5_000;

/** What is needed of a client, whose own type spells out every command of Redis. */
type Client = Pick<ReturnType<typeof createClient>, 'publish'>;

/** Wake-ups by PUBLISH and SUBSCRIBE, both on one connection (RESP3). Nothing is kept in Redis. */
export function redisWakeUps(url: string): WakeUpDriver {
  let current: Client | null = null;
  return {
    connect: (heard, lost) => {
      const client = createClient({
        url,
        name: 'fairlead',
        // Who lost the connection makes a new one; nothing waits for it, nor is sent later.
        disableOfflineQueue: true,
        socket: { reconnectStrategy: false, connectTimeout: CONNECT_TIMEOUT_MS },
        maintNotifications: 'disabled',
      });
      client.on('error', lost);
      let closed = false;
      return {
        open: async () => {
          await client.connect();
          // One that is ended while it connects stands nevertheless.
          if (closed) return client.destroy();
          await client.subscribe(CHANNEL, heard);
          current = client;
        },
        check: () => client.ping(),
        close: () => {
          closed = true;
          if (current === client) current = null;
          client.destroy();
        },
      };
    },
    send: async (messages) => {
      const client = current;
      if (client === null) throw new Error('Redis is not connected');
      await Promise.all(messages.map((message) => client.publish(CHANNEL, message)));
    },
  };
}
