import { type Client, createClient } from 'graphql-ws';

/** An event as the feed gives it, beside what the selection asks for. See docs/feed.md. */
export interface FeedEvent {
  readonly cursor: string;
  readonly number: number;
  readonly previous: number;
  readonly kind: string;
  readonly at: string;
  readonly [field: string]: unknown;
}

export interface FollowOptions {
  /** `wss://leads.example.com/graphql` */
  readonly url: string;
  /** API key or token; a function is asked anew for each connection, so that a token can be fresh. */
  readonly token: string | (() => string | Promise<string>);
  /** `feed` for a rep's own events, `workspaceFeed` for a manager's. */
  readonly feed?: 'feed' | 'workspaceFeed';
  /** Where to go on; the present end of the feed unless told. */
  readonly after?: string | null;
  /** Fields of `Event`, in GraphQL, beside cursor, number, previous, kind and at. */
  readonly selection?: string;
  /** Called for each event, once, in order; the next one waits until it has returned. What it throws ends the feed. */
  onEvent(event: FeedEvent): void | Promise<void>;
  /** Called when the connection comes and goes. */
  onState?(state: 'connected' | 'disconnected'): void;
  /** A WebSocket where the platform has none of its own, such as that of `ws` on Node 20. */
  readonly webSocketImpl?: unknown;
}

export interface Feed {
  /** Behind the last event handled: keep it, and hand it to `after` the next time. Null before `ready`. */
  readonly cursor: string | null;
  /** Resolves when the position is known: nothing that happens from then on is missed. */
  readonly ready: Promise<void>;
  /** Resolves when closed; rejects with what no reconnecting can heal. */
  readonly done: Promise<void>;
  close(): Promise<void>;
}

/** The server has refused: the code tells why. `cursor` is where to start again after CURSOR_EXPIRED. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  readonly code: string;
  readonly cursor: string | null;

  constructor(code: string, message: string, cursor: string | null = null) {
    super(message);
    this.code = code;
    this.cursor = cursor;
  }
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;
/** Silence after which a connection counts as lost, although nothing has closed it. */
const PING_MS = 10_000;
/** How long a server may take to say goodbye. */
const GOODBYE_MS = 1_000;
/** What connecting again will not change: refused for good reason, or this code and the server disagree. */
const FATAL_CLOSE_CODES = new Set([4400, 4401, 4403, 4406]);
/** Refusals that pass: the server is overloaded, or closed us for being slow. */
const PASSING_CODES = new Set(['UNAVAILABLE', 'SLOW_CONSUMER', 'INTERNAL']);

interface Refused {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly cursor?: string };
}

/**
 * Follows a feed for as long as it is open: connects again by itself, with growing waits and jitter, and goes on from
 * the last event, so that `onEvent` sees every event once and in order.
 */
export function followFeed(options: FollowOptions): Feed {
  const { url, token, feed = 'feed', selection = '', onEvent, onState, webSocketImpl } = options;
  let cursor = options.after ?? null;
  let last: number | null = null;
  let closed = false;
  let wake = (): void => {};
  let becomeReady = (): void => {};
  let failReady = (_error: unknown): void => {};
  const ready = new Promise<void>((resolve, reject) => {
    becomeReady = resolve;
    failReady = reject;
  });
  ready.catch(() => {});

  const client: Client = createClient({
    url,
    ...(webSocketImpl === undefined ? {} : { webSocketImpl }),
    lazy: true,
    // Connecting again is done here, where the cursor is known.
    retryAttempts: 0,
    keepAlive: PING_MS,
    connectionParams: async () => ({ authorization: `Bearer ${typeof token === 'function' ? await token() : token}` }),
    on: {
      connected: () => {
        acknowledged = true;
        onState?.('connected');
      },
      closed: () => onState?.('disconnected'),
      ping: () => clearTimeout(silence),
      pong: () => clearTimeout(silence),
    },
  });
  /** A connection that cannot be made just now is no fault of whoever closes the feed. */
  const dispose = (): Promise<void> => Promise.resolve(client.dispose()).catch(() => {});
  /** Whether the server has taken our token on this connection. */
  let acknowledged = false;
  let silence: ReturnType<typeof setTimeout> | undefined;
  client.on('ping', (received) => {
    if (received) return;
    clearTimeout(silence);
    // Without waiting for the other side to agree, which a connection that nobody answers on never brings.
    silence = setTimeout(() => client.terminate(), PING_MS);
  });

  async function* ask(query: string, variables: Record<string, unknown>): AsyncGenerator<Record<string, unknown>> {
    for await (const { data, errors } of client.iterate<Record<string, unknown>>({ query, variables })) {
      if (errors?.[0]) throw errors;
      if (data) yield data;
    }
  }

  /** One connection's worth; returns when it is lost. */
  async function follow(): Promise<void> {
    if (cursor === null) {
      for await (const { feedCursor } of ask('query { feedCursor }', {})) cursor = feedCursor as string;
    }
    becomeReady();
    const query = `subscription ($after: Cursor) { event: ${feed}(after: $after) { cursor number previous kind at ${selection} } }`;
    for await (const data of ask(query, { after: cursor })) {
      const event = data.event as FeedEvent;
      if (last !== null && event.number <= last) continue;
      // Something is missing in between: go on from what is known to be whole.
      if (last !== null && event.previous > last) return;
      await onEvent(event);
      last = event.number;
      cursor = event.cursor;
      attempt = 0;
      if (closed) return;
    }
  }

  let attempt = 0;
  async function run(): Promise<void> {
    while (!closed) {
      acknowledged = false;
      try {
        await follow();
      } catch (error) {
        const fatal = fatalError(error, acknowledged);
        if (fatal) throw fatal;
      }
      if (closed) return;
      const longest = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
      attempt += 1;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.random() * longest);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  const done = run().finally(() => {
    closed = true;
    clearTimeout(silence);
    failReady(new FeedError('CLOSED', 'The feed was closed.'));
    return dispose();
  });
  done.catch((error) => failReady(error));

  return {
    get cursor() {
      return cursor;
    },
    ready,
    done,
    close: async () => {
      closed = true;
      wake();
      const impatience = setTimeout(() => client.terminate(), GOODBYE_MS);
      await dispose();
      await done.catch(() => {});
      clearTimeout(impatience);
    },
  };
}

/** A token that was good and has ended: the next connection asks for a fresh one. */
const FORBIDDEN = 4403;

/** What ends the feed for good; null for what connecting again may heal. */
function fatalError(error: unknown, acknowledged: boolean): Error | null {
  if (Array.isArray(error)) {
    const [{ message, extensions }] = error as [Refused];
    const code = extensions?.code ?? 'BAD_REQUEST';
    return PASSING_CODES.has(code) ? null : new FeedError(code, message, extensions?.cursor ?? null);
  }
  const { code, reason } = (error ?? {}) as { code?: unknown; reason?: unknown };
  if (typeof code === 'number') {
    return FATAL_CLOSE_CODES.has(code) && !(code === FORBIDDEN && acknowledged)
      ? new FeedError(String(code), String(reason))
      : null;
  }
  // A socket that could not be opened gives an event, no error; what is an error came from `onEvent` or `token`.
  return error instanceof Error && !(error as { code?: unknown }).code ? error : null;
}
