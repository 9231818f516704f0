import { type CountingSocket, openCounting } from './frames.ts';

/* A process of devices: opens sockets as it is told, and tells what they have received. */

export type ToDevices =
  | {
      readonly do: 'open';
      readonly url: string;
      /** One for each socket; for a bare server any. */
      readonly keys: readonly string[];
      /** The subscription's document; null for a server that sends by itself. */
      readonly query: string | null;
    }
  /** Forgets what has come so far; `keepTimes` to remember when which event came. */
  | { readonly do: 'begin'; readonly keepTimes: boolean }
  | { readonly do: 'tell' }
  | { readonly do: 'close' };

export interface Received {
  readonly messages: number;
  /** Milliseconds since 1970, of the last message; 0 for none. */
  readonly lastAt: number;
  /** The last message as it came. */
  readonly sample: string;
  /** `[event number, when it came]` */
  readonly times: readonly (readonly [number, number])[];
}

/** Sockets that open at the same time. */
const AT_ONCE = 100;

const now = (): number => performance.timeOrigin + performance.now();

let sockets: CountingSocket[] = [];
let messages = 0;
let last: Buffer | null = null;
let lastAt = 0;
let times: [number, number][] | null = null;

function received(payload: Buffer): void {
  messages += 1;
  lastAt = now();
  if (times !== null) {
    const number = /"number":(\d+)/.exec(payload.toString('latin1'))?.[1];
    times.push([Number(number), lastAt]);
  } else if (last === null) {
    last = Buffer.from(payload);
  }
}

async function openOne(url: URL, key: string, query: string | null): Promise<CountingSocket> {
  if (query === null) return openCounting(url, 'bare', received);
  const acknowledged = Promise.withResolvers<void>();
  const socket = await openCounting(url, 'graphql-transport-ws', (payload) => {
    if (payload.includes('"type":"next"')) received(payload);
    else if (payload.includes('connection_ack')) acknowledged.resolve();
    else acknowledged.reject(new Error(payload.toString()));
  });
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }));
  await acknowledged.promise;
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  return socket;
}

process.on('message', async (message: ToDevices) => {
  switch (message.do) {
    case 'open': {
      const url = new URL(message.url);
      for (let from = 0; from < message.keys.length; from += AT_ONCE) {
        const some = message.keys.slice(from, from + AT_ONCE).map((key) => openOne(url, key, message.query));
        sockets.push(...(await Promise.all(some)));
      }
      process.send?.({ opened: sockets.length });
      return;
    }
    case 'begin':
      messages = 0;
      last = null;
      lastAt = 0;
      times = message.keepTimes ? [] : null;
      process.send?.({});
      return;
    case 'tell':
      process.send?.({ messages, lastAt, sample: last?.toString() ?? '', times: times ?? [] } satisfies Received);
      return;
    case 'close':
      for (const socket of sockets) socket.close();
      sockets = [];
      process.send?.({});
  }
});
process.on('disconnect', () => process.exit(0));
