import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema, GraphQLError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Feed, type FeedEvent, type FollowOptions, followFeed } from '../../src/client/index.ts';
import { until } from '../support/app.ts';

/*
 * A real socket server with the feed's contract and faults that the real one does not have: it repeats, it leaves gaps,
 * it falls silent.
 */

const schema = buildSchema(`
  scalar Cursor
  type Event { cursor: Cursor! number: Int! previous: Int! kind: String! at: String! }
  type Query { feedCursor: Cursor! }
  type Subscription { feed(after: Cursor): Event! }
`);

const LAST = 1_000;
const event = (number: number) => ({
  cursor: String(number),
  number,
  previous: number - 1,
  kind: 'LEAD_UPDATED',
  at: '',
});

interface FaultyServer {
  readonly url: string;
  /** What the next subscriptions deliver, after a cursor. */
  deliver: (after: number) => AsyncGenerator<{ feed: object }>;
  /** Whether a token is good. */
  accepts: (token: unknown) => boolean;
  readonly sockets: Set<WebSocket>;
  listen(): Promise<void>;
  stop(): Promise<void>;
}

function faultyServer(): FaultyServer {
  let http: Server;
  let port = 0;
  const sockets = new Set<WebSocket>();
  const server: FaultyServer = {
    get url() {
      return `ws://127.0.0.1:${port}/graphql`;
    },
    deliver: async function* (after) {
      for (let number = after + 1; number <= LAST; number += 1) yield { feed: event(number) };
    },
    accepts: () => true,
    sockets,
    listen: async () => {
      http = createServer();
      const webSockets = new WebSocketServer({ server: http, path: '/graphql' });
      webSockets.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
      });
      useServer(
        {
          schema,
          roots: {
            query: { feedCursor: () => '0' },
            subscription: {
              feed: ({ after }: { after: string }) => {
                if (after === 'old')
                  throw new GraphQLError('too old', { extensions: { code: 'CURSOR_EXPIRED', cursor: '7' } });
                return server.deliver(Number(after));
              },
            },
          },
          onConnect: ({ connectionParams }) => server.accepts(connectionParams?.authorization),
        },
        webSockets,
      );
      await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
      port = (http.address() as AddressInfo).port;
    },
    stop: async () => {
      for (const socket of sockets) socket.terminate();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}

let server: FaultyServer;
let feed: Feed | null = null;
beforeEach(async () => {
  server = faultyServer();
  await server.listen();
});
afterEach(async () => {
  await feed?.close();
  await server.stop();
});

const ALL = Array.from({ length: LAST }, (_, index) => index + 1);

/** Follows, and gives the numbers seen so far. */
function follow(options: Partial<FollowOptions> = {}): number[] {
  const seen: number[] = [];
  feed = followFeed({
    url: server.url,
    token: 'good',
    onEvent: ({ number }: FeedEvent) => void seen.push(number),
    ...options,
  });
  feed.done.catch(() => {});
  return seen;
}

describe('every event comes once and in order', () => {
  test('over sockets that are cut at random', async () => {
    const seen = follow();
    let cuts = 0;
    await until(() => {
      if (seen.length > 0 && cuts < 50 && Math.random() < 0.5) {
        for (const socket of server.sockets) socket.terminate();
        cuts += 1;
      }
      return seen.length >= LAST;
    }, 'all events');
    expect(seen).toEqual(ALL);
  });

  test('from a server that ends each stream after some, and begins again a few too early', async () => {
    server.deliver = async function* (after) {
      for (let number = Math.max(1, after - 5); number <= Math.min(LAST, after + 60); number += 1)
        yield { feed: event(number) };
    };
    const seen = follow();
    await until(() => seen.length >= LAST, 'all events');
    expect(seen).toEqual(ALL);
  });

  test('from a server that leaves one out now and then', async () => {
    server.deliver = async function* (after) {
      for (let number = after + 1; number <= LAST; number += 1) {
        if (number % 300 !== 0 || number === after + 1) yield { feed: event(number) };
      }
    };
    const seen = follow();
    await until(() => seen.length >= LAST, 'all events');
    expect(seen).toEqual(ALL);
  });

  test('over a server that is stopped and comes back', async () => {
    const seen: number[] = [];
    follow({
      onEvent: async ({ number }) => {
        seen.push(number);
        if (number === 400) await server.stop();
      },
    });
    await until(() => seen.length >= 400, 'the first events');
    await server.listen();
    await until(() => seen.length >= LAST, 'the rest');
    expect(seen).toEqual(ALL);
  });

  test('to a handler that takes its time: the next waits for it', async () => {
    let under = 0;
    let most = 0;
    const seen: number[] = [];
    follow({
      after: String(LAST - 50),
      onEvent: async ({ number }) => {
        most = Math.max(most, ++under);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(number);
        under -= 1;
      },
    });
    await until(() => seen.length >= 50, 'all events');
    expect([most, seen]).toEqual([1, ALL.slice(-50)]);
  });
});

describe('what no reconnecting can heal ends the feed', () => {
  test('an expired cursor, with the fresh one', async () => {
    follow({ after: 'old' });
    await expect(feed?.done).rejects.toMatchObject({ code: 'CURSOR_EXPIRED', cursor: '7' });
  });

  test('a key that is refused', async () => {
    server.accepts = () => false;
    follow();
    await expect(feed?.done).rejects.toMatchObject({ code: '4403' });
    await expect(feed?.ready).rejects.toThrow();
  });

  test('what the handler throws', async () => {
    follow({
      onEvent: () => {
        throw new Error('disk full');
      },
    });
    await expect(feed?.done).rejects.toThrow('disk full');
  });
});

test('a token that has ended is asked for anew', async () => {
  let current = 'first';
  server.accepts = (authorization) => authorization === `Bearer ${current}`;
  server.deliver = async function* (after) {
    for (let number = after + 1; number <= Math.min(LAST, after + 100); number += 1) yield { feed: event(number) };
    if (after < LAST - 100) {
      current = `after-${after}`;
      for (const socket of server.sockets) socket.close(4403, 'Forbidden');
    }
  };
  const seen = follow({ token: () => current });
  await until(() => seen.length >= LAST, 'all events');
  expect(seen).toEqual(ALL);
});

test('closing ends it, and the cursor is where to go on', async () => {
  const seen = follow();
  await until(() => seen.length >= 10, 'some events');
  await feed?.close();
  expect(feed?.cursor).toBe(String(seen.at(-1)));
  await expect(feed?.done).resolves.toBeUndefined();
});

test('the JavaScript that others import runs without the project’s own Node, and needs nothing newer than ES2022', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-client-'));
  const root = join(import.meta.dirname, '..', '..');
  const compile = ['-p', join(root, 'tsconfig.client.json'), '--outDir', folder];
  await promisify(execFile)(join(root, 'node_modules', '.bin', 'tsc'), compile);
  const text = await readFile(join(folder, 'index.js'), 'utf8');
  expect(text).not.toMatch(/withResolvers|groupBy|toSorted|\.ts'/);
  await rm(folder, { recursive: true });
});

test('while no server is there, a feed is closed at any moment without a fault', async () => {
  await server.stop();
  const feeds = Array.from({ length: 60 }, () => followFeed({ url: server.url, token: 'good', onEvent: () => {} }));
  const closed = feeds.map(async ({ close, done }, index) => {
    await new Promise((resolve) => setTimeout(resolve, index));
    await close();
    await done;
  });
  expect(await Promise.all(closed)).toHaveLength(feeds.length);
  await server.listen();
});
