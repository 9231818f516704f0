import { EnvelopArmor } from '@escape.tech/graphql-armor';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { GraphQLError, NoSchemaIntrospectionCustomRule, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { CloseCode } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Authenticate, Unauthenticated } from '../auth/authenticate.ts';
import type { Principal } from '../auth/principal.ts';
import { Unavailable, isUnavailable } from '../db/errors.ts';
import { Refusal } from '../domain/errors.ts';
import { CursorRefused } from '../events/cursor.ts';
import { SlowConsumer } from '../events/hub.ts';
import { type Context, createContext, type Services } from './context.ts';
import { schema } from './schema.ts';

export const GRAPHQL_PATH = '/graphql';

/** Limits of the protocol; what is beyond them is refused with a code. */
export const PROTOCOL_LIMITS = {
  bodyBytes: 1_048_576,
  frameBytes: 65_536,
  tokens: 5_000,
  depth: 16,
  aliases: 30,
  directives: 30,
  subscriptionsPerSocket: 50,
  connectionInitMs: 3_000,
} as const;

const KEEP_ALIVE_MS = 12_000;
/** How often the keys and tokens behind open sockets are looked at again. */
const RECHECK_MS = 15_000;
/** RFC 6455: try again later. The feed goes on from its cursor. */
const SLOW_CONSUMER = 1013;
const GOING_AWAY = 1001;
/** A peer that does not read does not see the close frame either. */
const TERMINATE_AFTER_MS = 2_000;

export interface GraphQLServer {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Takes WebSocket upgrades of an HTTP server. */
  attach(server: Server): void;
  /** Closes the sockets, with 1001, so that clients go on elsewhere. */
  dispose(): Promise<void>;
}

export interface GraphQLServerOptions {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly log: Logger;
  /** Closes introspection, suggestions and GraphiQL to who is not signed in. */
  readonly production: boolean;
}

/** What comes in with an operation: over HTTP Node's pair, over a socket who is signed in on it. */
interface Incoming {
  readonly res?: ServerResponse;
  readonly socket?: { readonly principal: Principal | null; readonly closeSlow: () => void };
}

export function createGraphQLServer({ services, authenticate, log, production }: GraphQLServerOptions): GraphQLServer {
  /** Who sent each request, from before it is validated. */
  const principals = new WeakMap<object, Principal | null>();

  const authentication: Plugin = {
    onRequestParse: async ({ request }) => {
      try {
        principals.set(request, await authenticate(request.headers.get('authorization')));
      } catch (error) {
        if (!(error instanceof Unauthenticated)) throw error;
        throw new GraphQLError(error.message, { extensions: { code: error.code, http: { status: 401 } } });
      }
    },
    onValidate: ({ context, addValidationRule }) => {
      const { request, socket } = context as { request?: object } & Incoming;
      const principal = socket ? socket.principal : request ? principals.get(request) : null;
      if (production && !principal) addValidationRule(NoSchemaIntrospectionCustomRule);
    },
  };

  const armor = new EnvelopArmor({
    maxDepth: { n: PROTOCOL_LIMITS.depth, flattenFragments: true },
    maxAliases: { n: PROTOCOL_LIMITS.aliases },
    maxDirectives: { n: PROTOCOL_LIMITS.directives },
    maxTokens: { n: PROTOCOL_LIMITS.tokens },
    blockFieldSuggestion: { enabled: production },
    // Cost goes by the sizes of the lists asked for, which the schema knows.
    costLimit: { enabled: false },
  }).protect();

  const yoga = createYoga<Incoming, Context>({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    landingPage: false,
    graphiql: production ? false : { title: 'Fairlead', headers: '{ "authorization": "Bearer fl_…" }', subscriptionsProtocol: 'WS' },
    logging: false,
    batching: false,
    multipart: false,
    maxRequestBodySize: PROTOCOL_LIMITS.bodyBytes,
    cors: false,
    maskedErrors: { maskError: (error) => maskError(error, log) },
    plugins: [jsonOnly, authentication, withCodes, ...(armor.plugins as unknown as Plugin[])],
    context: ({ request, res, socket, params }): Context => {
      if (socket) return createContext(services, socket.principal, socket.closeSlow);
      const subscription = /\bsubscription\b/.test(params.query ?? '') ? () => void res?.destroy() : null;
      return createContext(services, principals.get(request) ?? null, subscription);
    },
  });

  const sockets = new WebSocketServer({ noServer: true, maxPayload: PROTOCOL_LIMITS.frameBytes });
  /** What each open socket signed in with. */
  const signedIn = new Map<WebSocket, string>();
  const recheck = setInterval(() => void closeEnded(), RECHECK_MS);
  recheck.unref();

  async function closeEnded(): Promise<void> {
    const byToken = Map.groupBy(signedIn, ([, authorization]) => authorization);
    for (const [authorization, ofToken] of byToken) {
      try {
        await authenticate(authorization);
      } catch (error) {
        if (!(error instanceof Unauthenticated)) continue;
        for (const [socket] of ofToken) socket.close(CloseCode.Forbidden, 'Forbidden');
      }
    }
  }

  type SocketExtra = Extra & Record<PropertyKey, unknown> & { principal?: Principal | null };
  const disposable = useServer<Record<string, unknown>, SocketExtra>(
    {
      connectionInitWaitTimeout: PROTOCOL_LIMITS.connectionInitMs,
      onConnect: async ({ connectionParams, extra }) => {
        const { authorization, Authorization } = connectionParams ?? {};
        const given = authorization ?? Authorization;
        try {
          extra.principal = await authenticate(typeof given === 'string' ? given : null);
        } catch (error) {
          if (error instanceof Unauthenticated) return false;
          throw error;
        }
        if (typeof given === 'string') signedIn.set(extra.socket as WebSocket, given);
        return true;
      },
      onClose: ({ extra }) => void signedIn.delete(extra.socket as WebSocket),
      onSubscribe: async ({ subscriptions, extra }, _id, params) => {
        if (Object.keys(subscriptions).length > PROTOCOL_LIMITS.subscriptionsPerSocket) {
          const message = `A socket carries at most ${PROTOCOL_LIMITS.subscriptionsPerSocket} operations at a time.`;
          return [new GraphQLError(message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } })];
        }
        const closeSlow = (): void => closeSlowSocket(extra.socket as WebSocket, log);
        const incoming: Incoming = { socket: { principal: extra.principal ?? null, closeSlow } };
        const { schema: enveloped, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({ ...incoming, params } as never);
        try {
          const document = parse(params.query);
          const errors = validate(enveloped, document);
          if (errors.length > 0) return errors.map(withCode);
          const contextValue = await contextFactory();
          return {
            schema: enveloped,
            document,
            operationName: params.operationName,
            variableValues: params.variables,
            contextValue,
            rootValue: { execute, subscribe },
          } as unknown as ExecutionArgs;
        } catch (error) {
          return [withCode(maskError(error, log))];
        }
      },
      execute: (args) => (args.rootValue as { execute(args: ExecutionArgs): ExecutionResult }).execute(args as ExecutionArgs),
      subscribe: (args) => (args.rootValue as { subscribe(args: ExecutionArgs): AsyncIterable<ExecutionResult> }).subscribe(args as ExecutionArgs),
    },
    sockets,
    KEEP_ALIVE_MS,
  );

  return {
    handle: (request, response) => {
      void Promise.resolve(yoga(request, response)).catch((error: unknown) => {
        log.error({ err: error }, 'request failed');
        if (!response.headersSent) response.writeHead(500).end();
      });
    },
    attach: (server) => {
      server.on('upgrade', (request, socket, head) => {
        const { pathname } = new URL(request.url ?? '/', 'http://localhost');
        if (pathname !== GRAPHQL_PATH) return void socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
        if (!isSameOrigin(request)) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
        sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket, request));
      });
    },
    dispose: async () => {
      clearInterval(recheck);
      for (const socket of sockets.clients) socket.close(GOING_AWAY, 'Going away');
      await disposable.dispose();
    },
  };
}

/** Browsers send where a page comes from; other clients send nothing. */
function isSameOrigin({ headers: { origin, host } }: IncomingMessage): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function closeSlowSocket(socket: WebSocket, log: Logger): void {
  log.warn('a socket that does not read its events is closed; it can resume from its cursor');
  socket.close(SLOW_CONSUMER, 'Too slow; resume from the last cursor');
  setTimeout(() => socket.terminate(), TERMINATE_AFTER_MS).unref();
}

/** A form in some web page can send text, forms and multipart on its own, JSON only where it is allowed to. */
const jsonOnly: Plugin = {
  onRequest: ({ request, fetchAPI, endResponse }) => {
    if (request.method !== 'POST') return;
    const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
    if (type === 'application/json' || type === 'application/graphql-response+json') return;
    const errors = [{ message: 'Send the operation as application/json.', extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' } }];
    endResponse(fetchAPI.Response.json({ errors }, { status: 415 }));
  },
};

/** An operation that was refused before it ran: 400, and a code. */
const withCodes: Plugin = {
  onResultProcess: ({ result, setResult }) => {
    if (Array.isArray(result) || !('errors' in result) || !result.errors || 'data' in result && result.data != null) return;
    if (result.errors.every(({ extensions }) => extensions?.code !== undefined)) return;
    setResult({ ...result, errors: result.errors.map(withCode) });
  },
};

const withCode = (error: GraphQLError): GraphQLError =>
  error.extensions?.code !== undefined
    ? error
    : new GraphQLError(error.message, { ...placeOf(error), extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });

const placeOf = ({ nodes, path }: GraphQLError) => ({ ...(nodes && { nodes }), ...(path && { path }) });

/** What a caller may know of an error: what they can act on; anything else is an accident with a reference. */
function maskError(error: unknown, log: Logger): GraphQLError {
  const original = error instanceof GraphQLError ? error.originalError : error;
  const place = error instanceof GraphQLError ? placeOf(error) : {};
  if (error instanceof GraphQLError && (original === undefined || original instanceof GraphQLError)) return error;
  if (original instanceof Refusal) {
    return new GraphQLError(original.message, { ...place, extensions: { code: original.code } });
  }
  if (original instanceof CursorRefused) {
    const { code, cursor } = original;
    return new GraphQLError(original.message, { ...place, extensions: cursor === null ? { code } : { code, cursor } });
  }
  if (original instanceof SlowConsumer) {
    return new GraphQLError(original.message, { ...place, extensions: { code: original.code } });
  }
  if (isUnavailable(original)) {
    const { message, code } = original instanceof Unavailable ? original : new Unavailable();
    return new GraphQLError(message, { ...place, extensions: { code, http: { status: 503 } } });
  }
  const reference = randomUUID();
  log.error({ err: original, reference }, 'masked error');
  return new GraphQLError(`Something went wrong on our side. Tell the operator this reference: ${reference}`, {
    ...place,
    extensions: { code: 'INTERNAL', reference },
  });
}
