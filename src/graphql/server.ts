import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { EnvelopArmor } from '@escape.tech/graphql-armor';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  type ValidationRule,
} from 'graphql';
import { CloseCode } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Authenticate, Unauthenticated } from '../auth/authenticate.ts';
import type { Principal } from '../auth/principal.ts';
import { type Context, createContext, type Services } from './context.ts';
import { maskError, type RequestErrorCode, requestError, withCode } from './errors.ts';
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
  /** How deeply lists and objects may be nested in the variables. */
  variablesDepth: 64,
  /** A query or mutation that is not done by then is answered with UNAVAILABLE. */
  requestMs: 10_000,
} as const;

const KEEP_ALIVE_MS = 12_000;
/** How often the keys and tokens behind open sockets are looked at again. */
const RECHECK_MS = 15_000;
/** RFC 6455: try again later. The feed goes on from its cursor. */
const SLOW_CONSUMER = 1013;
const GOING_AWAY = 1001;
/** A peer that does not read does not see the close frame either, and must not hold up a stop. */
const TERMINATE_AFTER_MS = 2_000;

/** What GraphiQL begins with. */
const GRAPHIQL_QUERY = `# Put your key under Headers: { "authorization": "Bearer fl_..." }

{
  me {
    name
    role
  }
}
`;

export interface GraphQLServer {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Takes WebSocket upgrades of an HTTP server. */
  attach(server: Server): void;
  /** Closes sockets, with 1001, and event streams, so that clients go on elsewhere. */
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
        throw requestError('UNAUTHENTICATED', error.message);
      }
    },
    onValidate: ({ context, addValidationRule }) => {
      const { request, socket } = context as { request?: object } & Incoming;
      const principal = socket ? socket.principal : request ? principals.get(request) : null;
      if (production && !principal) addValidationRule(NoSchemaIntrospectionCustomRule);
      const { variables } = (context as { params?: { variables?: unknown } }).params ?? {};
      if (isDeeperThan(variables, PROTOCOL_LIMITS.variablesDepth)) addValidationRule(variablesTooDeep);
    },
  };

  const armor = new EnvelopArmor({
    maxDepth: { n: PROTOCOL_LIMITS.depth, flattenFragments: true },
    maxAliases: { n: PROTOCOL_LIMITS.aliases },
    maxDirectives: { n: PROTOCOL_LIMITS.directives },
    maxTokens: {
      n: PROTOCOL_LIMITS.tokens,
      // It comes as a syntax error, which it is not.
      onReject: [
        (_context, error) => void Object.assign(error.extensions, { code: 'BAD_REQUEST' satisfies RequestErrorCode }),
      ],
    },
    blockFieldSuggestion: { enabled: production },
    // Cost goes by the sizes of the lists asked for, which the schema knows.
    costLimit: { enabled: false },
  }).protect();

  const yoga = createYoga<Incoming, Context>({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    landingPage: false,
    graphiql: production
      ? false
      : {
          title: 'Fairlead',
          headers: '{ "authorization": "" }',
          defaultQuery: GRAPHIQL_QUERY,
          subscriptionsProtocol: 'WS',
        },
    // Its page and script from the package: the other one loads them from somewhere else.
    renderGraphiQL,
    logging: false,
    batching: false,
    multipart: false,
    maxRequestBodySize: PROTOCOL_LIMITS.bodyBytes,
    cors: false,
    maskedErrors: { maskError: (error) => maskError(error, log) },
    plugins: [jsonOnly, authentication, withCodes, deadline, ...(armor.plugins as unknown as Plugin[])],
    context: ({ request, res, socket, params }): Context => {
      if (socket) return createContext(services, socket.principal, socket.closeSlow);
      const principal = principals.get(request) ?? null;
      if (!res || !/\bsubscription\b/.test(params.query ?? '')) return createContext(services, principal, null);
      const authorization = request.headers.get('authorization');
      if (authorization !== null) {
        streams.set(res, authorization);
        res.once('close', () => streams.delete(res));
      }
      return createContext(services, principal, () => void res.destroy());
    },
  });

  /** What each open event stream was asked for with. */
  const streams = new Map<ServerResponse, string>();

  const sockets = new WebSocketServer({ noServer: true, maxPayload: PROTOCOL_LIMITS.frameBytes });
  /** What each open socket signed in with. */
  const signedIn = new Map<WebSocket, string>();
  const recheck = setInterval(() => void closeEnded(), RECHECK_MS);
  recheck.unref();

  /** Whoever's key or token has ended hears nothing more; what cannot be looked up just now is looked up the next time. */
  async function closeEnded(): Promise<void> {
    const isEnded = async (authorization: string): Promise<boolean> =>
      authenticate(authorization).then(
        () => false,
        (error: unknown) => error instanceof Unauthenticated,
      );
    for (const authorization of new Set([...signedIn.values(), ...streams.values()])) {
      if (!(await isEnded(authorization))) continue;
      for (const [socket, given] of signedIn)
        if (given === authorization) socket.close(CloseCode.Forbidden, 'Forbidden');
      for (const [stream, given] of streams) if (given === authorization) stream.destroy();
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
        if (extra.principal === null) return false;
        signedIn.set(extra.socket as WebSocket, given as string);
        return true;
      },
      onClose: ({ extra }) => void signedIn.delete(extra.socket as WebSocket),
      onSubscribe: async ({ subscriptions, extra }, _id, params) => {
        if (Object.keys(subscriptions).length > PROTOCOL_LIMITS.subscriptionsPerSocket) {
          const message = `A socket carries at most ${PROTOCOL_LIMITS.subscriptionsPerSocket} operations at a time.`;
          return [requestError('TOO_MANY_SUBSCRIPTIONS', message)];
        }
        const closeSlow = (): void => closeSlowSocket(extra.socket as WebSocket, log);
        const incoming: Incoming = { socket: { principal: extra.principal ?? null, closeSlow } };
        const {
          schema: enveloped,
          execute,
          subscribe,
          contextFactory,
          parse,
          validate,
        } = yoga.getEnveloped({ ...incoming, params } as never);
        try {
          const document = parseWith(parse, params.query);
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
      execute: (args) =>
        (args.rootValue as { execute(args: ExecutionArgs): ExecutionResult }).execute(args as ExecutionArgs),
      subscribe: (args) =>
        (args.rootValue as { subscribe(args: ExecutionArgs): AsyncIterable<ExecutionResult> }).subscribe(
          args as ExecutionArgs,
        ),
    },
    sockets,
    KEEP_ALIVE_MS,
  );

  // graphql-ws writes what a peer does wrong (a frame too large) to the console as a fault of ours; ws closes by itself.
  sockets.on('connection', (socket) => {
    socket.removeAllListeners('error');
    socket.on('error', (error) => log.debug({ err: error }, 'a socket broke'));
  });

  return {
    handle: (request, response) => {
      void Promise.resolve(yoga(request, response)).catch((error: unknown) => {
        log.error({ err: error }, 'request failed');
        if (!response.headersSent) response.writeHead(500).end();
      });
    },
    attach: (server) => {
      server.on('upgrade', (request, socket, head) => {
        const refuse = (status: string): void => {
          // Node no longer listens to it, and a peer that is gone already would end the process.
          socket.on('error', () => socket.destroy());
          socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
        };
        if (request.url?.split('?')[0] !== GRAPHQL_PATH) return refuse('404 Not Found');
        if (!isSameOrigin(request)) return refuse('403 Forbidden');
        sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket, request));
      });
    },
    dispose: async () => {
      clearInterval(recheck);
      for (const stream of streams.keys()) stream.destroy();
      for (const socket of sockets.clients) closeSoon(socket, GOING_AWAY, 'Going away');
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
  closeSoon(socket, SLOW_CONSUMER, 'Too slow; resume from the last cursor');
}

function closeSoon(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), TERMINATE_AFTER_MS).unref();
}

/** A form in some web page can send text, forms and multipart on its own, JSON only where it is allowed to. */
const jsonOnly: Plugin = {
  onRequest: ({ request, fetchAPI, endResponse }) => {
    if (request.method !== 'POST') return;
    const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
    if (type === 'application/json' || type === 'application/graphql-response+json') return;
    const errors = [
      {
        message: 'Send the operation as application/json.',
        extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' satisfies RequestErrorCode },
      },
    ];
    endResponse(fetchAPI.Response.json({ errors }, { status: 415 }));
  },
};

/** Over HTTP Yoga gives a syntax error its code; over a socket nobody does. */
function parseWith(parse: (query: string) => DocumentNode, query: string): DocumentNode {
  try {
    return parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError) || error.extensions.code !== undefined) throw error;
    throw requestError('GRAPHQL_PARSE_FAILED', error.message, error);
  }
}

/** Whether lists and objects are nested more than `limit` deep; without recursion, since that is the attack. */
function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

const variablesTooDeep: ValidationRule = (context) => {
  context.reportError(
    requestError('BAD_REQUEST', `The variables are nested more than ${PROTOCOL_LIMITS.variablesDepth} deep.`),
  );
  return {};
};

/** Answers in time, whatever a query waits for: the caller has long given up otherwise. */
const deadline: Plugin = {
  onExecute: ({ executeFn, setExecuteFn }) => {
    setExecuteFn(async (args) => {
      const late = Promise.withResolvers<ExecutionResult>();
      const message = `This was not done within ${PROTOCOL_LIMITS.requestMs / 1_000} s; it may still happen. Repeat the call; with an idempotency key nothing is done twice.`;
      const timer = setTimeout(
        () => late.resolve({ errors: [requestError('UNAVAILABLE', message)] }),
        PROTOCOL_LIMITS.requestMs,
      );
      try {
        return await Promise.race([executeFn(args), late.promise]);
      } finally {
        clearTimeout(timer);
      }
    });
  },
};

/** An operation that was refused before it ran: 400, and a code. */
const withCodes: Plugin = {
  onResultProcess: ({ result, setResult }) => {
    if (Array.isArray(result) || !('errors' in result) || !result.errors || ('data' in result && result.data != null))
      return;
    setResult({ ...result, errors: result.errors.map(withCode) });
  },
};
