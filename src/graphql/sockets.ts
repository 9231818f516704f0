import type { IncomingMessage, Server } from 'node:http';
import type { Duplex, Writable } from 'node:stream';
import { type DocumentNode, type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import type { YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Authenticate, Unauthenticated } from '../auth/authenticate.ts';
import type { Principal } from '../auth/principal.ts';
import { reachOf } from '../auth/visibility.ts';
import { type Call, calls, newCall, newRequestId, REQUEST_ID_HEADER, requestIdOf } from '../calls.ts';
import type { Database } from '../db/client.ts';
import { addressOf } from '../limits/address.ts';
import { RateLimited } from '../limits/rateLimits.ts';
import type { Context } from './context.ts';
import { maskError, requestError, socketOf, withCode } from './errors.ts';
import { GRAPHQL_PATH, PROTOCOL_LIMITS } from './protocol.ts';
import { createSignedIn } from './signedIn.ts';
import { type Executed, Subscription, type Subscriptions } from './subscriptions.ts';
import { type CallWatch, codeOf, describe, end, sentBy } from './watch.ts';

/** A socket that has not answered a ping when the next one is due is taken to be dead. */
const PING_EVERY_SECONDS = 12;
/** RFC 6455: try again later. A feed goes on from its cursor. */
const TRY_AGAIN_LATER = 1013;
const GOING_AWAY = 1001;
/** Connecting again heals it: the principal may hear more, or less, than when it signed in. */
const RESTART = 1012;
/** A peer that does not read does not see the close frame either, and must not hold up a stop. */
const TERMINATE_AFTER_MS = 2_000;

/** Characters that go out in one write: what a socket that does not read holds beside the events that are counted. */
const BURST = 65_536;

/** What comes in with an operation of a socket. */
export interface FromSocket {
  readonly principal: Principal | null;
  readonly closeSlow: () => void;
}

export interface Sockets {
  /** Takes WebSocket upgrades of an HTTP server. */
  attach(server: Server): void;
  /** How many are open. */
  count(): number;
  /** Closes them with 1001, so that clients go on elsewhere. */
  dispose(): Promise<void>;
}

/** What is kept of each socket: nothing of the request that opened it, whose headers alone are some kilobytes. */
interface SocketExtra {
  readonly socket: WebSocket;
  readonly request: { readonly socket: Duplex; readonly connectionId: string; readonly address: string };
  principal?: Principal | null;
}

/** graphql-ws is handed arguments and hands them back: what is done with them travels in `rootValue`. */
interface Prepared {
  run(): Promise<ExecutionResult | AsyncIterable<ExecutionResult>>;
}

// Not made where the operation is prepared: graphql-ws keeps them for as long as a subscription lasts, and with them
// everything that stands beside them.
const preparedExecution = (
  execute: (args: ExecutionArgs) => ReturnType<Prepared['run']>,
  args: ExecutionArgs,
  call: Call,
  watch: CallWatch,
): Prepared => ({
  run: () =>
    calls.run(call, async () => {
      try {
        const result = await execute(args);
        if ('errors' in result && result.errors) call.outcome = codeOf(result.errors[0]);
        return result;
      } finally {
        end(call, watch);
      }
    }),
});
const closerOf =
  (socket: WebSocket, { requestId, connectionId }: Call, log: Logger, watch: CallWatch) =>
  (): void => {
    watch.closedSlow();
    log.warn(
      { requestId, ...socketOf({ connectionId }) },
      'a socket that does not read its events is closed; it can resume from its cursor',
    );
    closeSoon(socket, TRY_AGAIN_LATER, 'Too slow; resume from the last cursor');
  };
const preparedStream = (stream: ExecutionResult | AsyncIterable<ExecutionResult>): Prepared => ({
  run: async () => stream,
});

// biome-ignore lint/suspicious/noExplicitAny: whatever else comes with a request is no concern of sockets.
type Yoga = Pick<YogaServerInstance<any, Context>, 'getEnveloped'>;

export function createSockets(options: {
  readonly yoga: Yoga;
  readonly subscriptions: Subscriptions;
  readonly database: Database;
  readonly authenticate: Authenticate;
  /** The same, where failures are counted. @throws RateLimited */
  readonly signIn: Authenticate;
  readonly log: Logger;
  readonly watch: CallWatch;
  /** Proxies in front. */
  readonly trustedProxies: number;
  /** @throws GraphQLError */
  readonly operationText: (sent: SubscribePayload, principal: Principal | null) => string | null | undefined;
}): Sockets {
  const { yoga, subscriptions, database, authenticate, signIn, log, watch, trustedProxies, operationText } = options;
  const signedIn = createSignedIn<WebSocket>({
    database,
    authenticate,
    close: (socket, why) => {
      if (why === 'ended') closeSoon(socket, CloseCode.Forbidden, 'Forbidden');
      else closeSoon(socket, RESTART, 'You may hear more or less than before; resume from the last cursor');
    },
  });
  const server = new WebSocketServer({ noServer: true, maxPayload: PROTOCOL_LIMITS.frameBytes, handleProtocols });

  async function prepare(
    { principal = null, socket, request }: SocketExtra,
    id: string,
    params: SubscribePayload,
  ): Promise<ExecutionArgs> {
    const call = calls.getStore() as Call;
    const closeSlow = closerOf(socket, call, log, watch);
    const fromSocket: FromSocket = { principal, closeSlow };
    const enveloped = yoga.getEnveloped({ socket: fromSocket, params });
    const { schema, execute, contextFactory, parse, validate } = enveloped;
    const document = parseWith(parse, operationText(params, principal) ?? '');
    const errors = validate(schema, document);
    if (errors.length > 0) throw new RefusedOperation(errors.map(withCode));
    const args = {
      schema,
      document,
      operationName: params.operationName ?? null,
      variableValues: params.variables ?? null,
      contextValue: await contextFactory(),
    } as ExecutionArgs;
    if (getOperationAST(document, args.operationName)?.operation !== 'subscription') {
      return { ...args, rootValue: preparedExecution(execute, args, call, watch) };
    }
    describe(args);
    const begun = await subscriptions.subscribe(args);
    if (!(begun instanceof Subscription) && begun.errors) call.outcome = codeOf(begun.errors[0]);
    end(call, watch);
    const stream =
      begun instanceof Subscription
        ? new SocketStream({ subscription: begun, socket, wire: request.socket, id, log })
        : begun;
    return { schema, document, operationName: args.operationName, rootValue: preparedStream(stream) } as ExecutionArgs;
  }

  const protocol = makeServer<Record<string, unknown>, SocketExtra & Record<PropertyKey, unknown>>({
    connectionInitWaitTimeout: PROTOCOL_LIMITS.connectionInitMs,
    onConnect: async (connection) => {
      const { authorization, Authorization } = connection.connectionParams ?? {};
      const given = authorization ?? Authorization;
      const { extra } = connection;
      const { connectionId, address } = extra.request;
      const call = newCall({ requestId: newRequestId(), connectionId, address, traceparent: null });
      try {
        extra.principal = await calls.run(call, () => signIn(typeof given === 'string' ? given : null));
      } catch (error) {
        if (error instanceof Unauthenticated) return false;
        if (!(error instanceof RateLimited)) throw error;
        extra.socket.close(TRY_AGAIN_LATER, `Too many sign-ins that fail; again in ${error.retryAfterSeconds} s`);
        return false;
      }
      if (extra.principal === null) return false;
      const { socket } = extra;
      const reach = await reachOf(database, extra.principal);
      // Who has gone meanwhile is not forgotten a second time.
      if (socket.readyState === socket.OPEN) signedIn.add(socket, { authorization: given as string, reach });
      return true;
    },
    onClose: ({ extra: { socket } }) => {
      signedIn.delete(socket);
      pings.delete(socket);
    },
    onSubscribe: ({ subscriptions: open, extra }, id, params) => {
      const { request, principal = null } = extra;
      const { connectionId, address } = request;
      const call = newCall({ requestId: newRequestId(), connectionId, address, traceparent: null });
      sentBy(call, principal);
      watch.began(call);
      return calls.run(call, async () => {
        try {
          if (Object.keys(open).length > PROTOCOL_LIMITS.subscriptionsPerSocket) {
            const message = `A socket carries at most ${PROTOCOL_LIMITS.subscriptionsPerSocket} operations at a time.`;
            throw new RefusedOperation([requestError('TOO_MANY_SUBSCRIPTIONS', message)]);
          }
          return await prepare(extra, id, params);
        } catch (error) {
          const errors = error instanceof RefusedOperation ? error.errors : [withCode(maskError(error, log))];
          call.outcome = codeOf(errors[0]);
          end(call, watch);
          return errors;
        }
      });
    },
    execute: ({ rootValue }) => (rootValue as Prepared).run(),
    subscribe: ({ rootValue }) => (rootValue as Prepared).run(),
  });

  const pings = startPings();
  const noteBroken = (error: Error): void => log.debug({ err: error }, 'a socket broke');
  // Not by `useServer` of graphql-ws: it writes what a peer does wrong to the console as a fault of ours, and its pings need
  // two timers for each socket.
  server.on('connection', (socket: WebSocket, request: SocketExtra['request']) => {
    socket.on('error', noteBroken);
    pings.add(socket);
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) resolve();
            else socket.send(text, (error) => (error ? reject(error) : resolve()));
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) =>
          socket.on('message', (data) => void handle(String(data)).catch((error) => closeFailed(socket, error, log))),
      },
      { socket, request },
    );
    socket.once('close', (code, reason) => void closed(code, String(reason)));
  });

  return {
    attach: (http) => {
      http.on('upgrade', (request, wire, head) => {
        const refuse = (status: string): void => {
          // Node no longer listens to it, and a peer that is gone already would end the process.
          wire.on('error', () => wire.destroy());
          wire.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
        };
        if (request.url?.split('?')[0] !== GRAPHQL_PATH) return refuse('404 Not Found');
        if (!isSameOrigin(request)) return refuse('403 Forbidden');
        const connectionId = requestIdOf(request.headers[REQUEST_ID_HEADER]);
        server.handleUpgrade(request, wire, head, (socket) =>
          server.emit('connection', socket, {
            socket: wire,
            connectionId,
            address: addressOf(request, trustedProxies),
          }),
        );
      });
    },
    count: () => server.clients.size,
    dispose: async () => {
      pings.stop();
      signedIn.stop();
      for (const socket of server.clients) closeSoon(socket, GOING_AWAY, 'Going away');
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** An operation that does not fit the schema or is beyond a limit. */
class RefusedOperation extends Error {
  override readonly name = 'RefusedOperation';
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super('refused');
    this.errors = errors;
  }
}

/**
 * Writes events straight to their socket, so that their text is not made anew for each of many sockets and a burst goes
 * out in one write; graphql-ws is only told of the end. The next burst follows when the network has taken the last one,
 * so that what a slow socket does not read waits where it is counted.
 */
class SocketStream implements AsyncIterableIterator<ExecutionResult> {
  readonly #subscription: Subscription;
  readonly #socket: WebSocket;
  readonly #wire: Writable;
  readonly #prefix: string;
  readonly #log: Logger;
  #ended = false;

  constructor(options: {
    readonly subscription: Subscription;
    readonly socket: WebSocket;
    readonly wire: Writable;
    readonly id: string;
    readonly log: Logger;
  }) {
    this.#subscription = options.subscription;
    this.#socket = options.socket;
    this.#wire = options.wire;
    this.#prefix = `{"id":${JSON.stringify(options.id)},"type":"next","payload":`;
    this.#log = options.log;
  }

  async next(): Promise<IteratorResult<ExecutionResult>> {
    if (this.#ended) return { done: true, value: undefined };
    // It may have closed while the operation was prepared, when there was nothing to return yet.
    if (this.#socket.readyState !== this.#socket.OPEN) await this.return();
    try {
      for await (const events of this.#subscription) {
        for (let sent = 0; sent < events.length && !this.#ended; ) sent += await this.#sendFrom(events, sent);
      }
    } catch (error) {
      this.#ended = true;
      return { done: false, value: { errors: [maskError(error, this.#log)] } };
    }
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<ExecutionResult>> {
    this.#ended = true;
    return this.#subscription.return().then(() => ({ done: true, value: undefined }));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Writes a burst and waits until the network has taken it. @returns how many events it was */
  async #sendFrom(events: readonly Executed[], first: number): Promise<number> {
    const { promise: taken, resolve } = Promise.withResolvers<void>();
    let count = 0;
    this.#wire.cork();
    for (let length = 0; length < BURST && first + count < events.length; count += 1) {
      const frame = `${this.#prefix}${events[first + count]?.text}}`;
      length += frame.length;
      const isLast = length >= BURST || first + count + 1 === events.length;
      // A socket that is gone calls back as well; its subscription is ended by graphql-ws.
      if (isLast) this.#socket.send(frame, () => resolve());
      else this.#socket.send(frame);
    }
    this.#wire.uncork();
    await taken;
    return count;
  }
}

/**
 * Pings each socket every 12 s, a twelfth of them each second: all of ten thousand at once would hold up the others.
 * Whoever has not answered by the next ping is cut off.
 */
function startPings(): { add(socket: WebSocket): void; delete(socket: WebSocket): void; stop(): void } {
  /** In which second each is pinged. */
  const turns = new Map<WebSocket, number>();
  const silent = new Set<WebSocket>();
  let next = 0;
  let second = 0;
  function answered(this: WebSocket): void {
    silent.delete(this);
  }
  const timer = setInterval(() => {
    second = (second + 1) % PING_EVERY_SECONDS;
    for (const [socket, turn] of turns) {
      if (turn !== second) continue;
      if (silent.has(socket)) {
        socket.terminate();
      } else {
        silent.add(socket);
        socket.ping();
      }
    }
  }, 1_000);
  timer.unref();
  return {
    add: (socket) => {
      next = (next + 1) % PING_EVERY_SECONDS;
      turns.set(socket, next);
      socket.on('pong', answered);
    },
    delete: (socket) => {
      turns.delete(socket);
      silent.delete(socket);
    },
    stop: () => clearInterval(timer),
  };
}

/** Browsers send where a page comes from; other clients send nothing. */
function isSameOrigin({ headers: { origin, host } }: IncomingMessage): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function closeSoon(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), TERMINATE_AFTER_MS).unref();
}

/** Ends a socket whose message could not be handled: by its own fault, or by ours. */
function closeFailed(socket: WebSocket, error: unknown, log: Logger): void {
  // graphql-ws throws this for types of messages that only servers send.
  if (error instanceof Error && error.message.startsWith('Unexpected message of type')) {
    closeSoon(socket, CloseCode.BadRequest, 'Invalid message received');
    return;
  }
  log.error({ err: error }, 'a message of a socket could not be handled');
  closeSoon(socket, CloseCode.InternalServerError, 'Internal server error');
}

/** Over HTTP Yoga gives a syntax error its code; over a socket nobody does. */
function parseWith(parse: (query: string) => DocumentNode, query: string): DocumentNode {
  try {
    return parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError) || error.extensions.code !== undefined) throw error;
    throw requestError('GRAPHQL_PARSE_FAILED', error.message, error);
  }
}
