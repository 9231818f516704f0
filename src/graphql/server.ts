import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { EnvelopArmor } from '@escape.tech/graphql-armor';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { type DocumentNode, type ExecutionArgs, type ExecutionResult, NoSchemaIntrospectionCustomRule } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { type Authenticate, Unauthenticated } from '../auth/authenticate.ts';
import type { Principal } from '../auth/principal.ts';
import { reachOf } from '../auth/visibility.ts';
import { calls, newCall, REQUEST_ID_HEADER, requestIdOf } from '../calls.ts';
import { addressOf } from '../limits/address.ts';
import { measure, objectsOf } from '../limits/measure.ts';
import { RateLimited, type RateLimits } from '../limits/rateLimits.ts';
import { type Context, createContext, type Services } from './context.ts';
import { maskError, type RequestErrorCode, rateLimited, requestError, withCode } from './errors.ts';
import { GRAPHQL_PATH, PROTOCOL_LIMITS } from './protocol.ts';
import { schema } from './schema.ts';
import { createSignedIn } from './signedIn.ts';
import { createSockets, type FromSocket } from './sockets.ts';
import { operationText, type StoredOperations } from './storedOperations.ts';
import { createSubscriptions, Subscription, type Subscriptions } from './subscriptions.ts';
import { type CallWatch, end, observed, outcomeOf, sentBy, UNWATCHED } from './watch.ts';

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
  /** Open sockets and event streams. */
  clients(): { readonly websocket: number; readonly sse: number };
  /** Closes sockets, with 1001, and event streams, so that clients go on elsewhere. */
  dispose(): Promise<void>;
}

export interface GraphQLServerOptions {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly log: Logger;
  /** Closes introspection, suggestions and GraphiQL to who is not signed in. */
  readonly production: boolean;
  readonly watch?: CallWatch;
  readonly limits: RateLimits;
  /** Proxies in front. */
  readonly trustedProxies: number;
  readonly operations: { readonly stored: StoredOperations; readonly only: boolean };
}

/** What comes in with an operation: over HTTP Node's pair, over a socket who is signed in on it. */
interface Incoming {
  readonly res?: ServerResponse;
  readonly socket?: FromSocket;
}

export function createGraphQLServer(options: GraphQLServerOptions): GraphQLServer {
  const { services, authenticate, log, production, limits, trustedProxies, operations, watch = UNWATCHED } = options;
  const signIn = limited(authenticate, limits);
  const { database } = services;
  const signedIn = createSignedIn<ServerResponse>({
    database,
    authenticate,
    close: (stream) => void stream.destroy(),
  });
  const subscriptions = createSubscriptions({ services, log });
  /** Event streams that lie open. */
  const streams = new Set<ServerResponse>();
  /** Who sent each request, from before it is validated. */
  const principals = new WeakMap<object, Principal | null>();

  const principalOf = (context: object): Principal | null => {
    const { request, socket } = context as { request?: object } & Incoming;
    if (socket) return socket.principal;
    return request ? (principals.get(request) ?? null) : null;
  };

  const authentication: Plugin = {
    onRequestParse: async ({ request }) => {
      try {
        const principal = await signIn(request.headers.get('authorization'));
        principals.set(request, principal);
        sentBy(calls.getStore(), principal);
      } catch (error) {
        if (error instanceof Unauthenticated) throw requestError('UNAUTHENTICATED', error.message);
        throw error instanceof RateLimited ? rateLimited(error) : error;
      }
    },
    onParams: ({ request, params, setParams }) => {
      const query = operationText(params, principals.get(request) ?? null, operations);
      if (query !== params.query) setParams({ ...params, query: query as string });
    },
    // Not with the rules: of a document that is known already they are not asked again, but its variables are others.
    onParse:
      () =>
      ({ context, result }) => {
        if (result === null || result instanceof Error) return;
        const { variables } = (context as { params?: { variables?: unknown } }).params ?? {};
        const measured = measure(variables, PROTOCOL_LIMITS.variablesDepth);
        if (measured.depth > PROTOCOL_LIMITS.variablesDepth) {
          const message = `The variables are nested more than ${PROTOCOL_LIMITS.variablesDepth} deep.`;
          throw requestError('BAD_REQUEST', message);
        }
        const principal = principalOf(context);
        if (!principal) return;
        const who = `${principal.workspaceId}/${principal.name}`;
        try {
          limits.count('operations', who, 1);
          limits.count('objects', who, objectsOf(result as DocumentNode, measured));
        } catch (error) {
          throw error instanceof RateLimited ? rateLimited(error) : error;
        }
      },
    onValidate: ({ context, addValidationRule }) => {
      if (production && !principalOf(context)) addValidationRule(NoSchemaIntrospectionCustomRule);
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
    plugins: [
      jsonOnly,
      authentication,
      withCodes,
      observed(watch),
      deadline,
      eventStreams(subscriptions),
      ...(armor.plugins as unknown as Plugin[]),
      // Last, so that it is around what the others put in place.
      withinStack,
    ],
    context: async ({ request, res, socket, params }): Promise<Context> => {
      if (socket) return createContext(services, socket.principal, socket.closeSlow);
      const principal = principals.get(request) ?? null;
      if (!res || !/\bsubscription\b/.test(params.query ?? '')) return createContext(services, principal, null);
      const close = (): void => {
        watch.closedSlow();
        res.destroy();
      };
      const authorization = request.headers.get('authorization');
      streams.add(res);
      res.once('close', () => {
        streams.delete(res);
        signedIn.delete(res);
      });
      if (authorization !== null && principal !== null) {
        const reach = await reachOf(database, principal);
        // Who has gone meanwhile is not forgotten a second time.
        if (!res.closed) signedIn.add(res, { authorization, reach });
      }
      return createContext(services, principal, close);
    },
  });

  const sockets = createSockets({
    ...{ yoga, subscriptions, database, authenticate, signIn, log, watch, trustedProxies },
    operationText: (sent, principal) => operationText(sent, principal, operations),
  });

  return {
    handle: (request, response) => {
      const requestId = requestIdOf(request.headers[REQUEST_ID_HEADER]);
      response.setHeader(REQUEST_ID_HEADER, requestId);
      const { traceparent } = request.headers;
      const call = newCall({
        requestId,
        connectionId: null,
        address: addressOf(request, trustedProxies),
        traceparent: typeof traceparent === 'string' ? traceparent : null,
      });
      watch.began(call);
      response.once('close', () => {
        if (call.outcome === 'OK') call.outcome = outcomeOf(response);
        end(call, watch);
      });
      void calls
        .run(call, async () => yoga(request, response))
        .catch((error: unknown) => {
          log.error({ err: error, requestId }, 'request failed');
          if (!response.headersSent) response.writeHead(500).end();
        });
    },
    clients: () => ({ websocket: sockets.count(), sse: streams.size }),
    attach: sockets.attach,
    dispose: async () => {
      signedIn.stop();
      for (const stream of streams) stream.destroy();
      await sockets.dispose();
    },
  };
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

/**
 * Counts who fails to sign in, or does not, by the address of the call under way. A key that is good is always let in:
 * nobody guesses one, and neighbours behind one address are not to shut each other out.
 */
const limited =
  (authenticate: Authenticate, limits: RateLimits): Authenticate =>
  async (authorization) => {
    const failed = (): void => limits.count('signIns', calls.getStore()?.address ?? 'unknown', 1);
    try {
      const principal = await authenticate(authorization);
      if (principal === null) failed();
      return principal;
    } catch (error) {
      if (error instanceof Unauthenticated) failed();
      throw error;
    }
  };

/**
 * Lists and objects in a document may be nested thousands deep within the limit of tokens. Parser and rules go down by
 * recursion, until the stack ends: after 5 ms, with nothing done.
 */
const withinStack: Plugin = {
  onParse: ({ parseFn, setParseFn }) => setParseFn(refusingEndlessDepth(parseFn)),
  onValidate: ({ validateFn, setValidationFn }) => setValidationFn(refusingEndlessDepth(validateFn)),
};

const refusingEndlessDepth =
  <Given extends unknown[], Result>(step: (...given: Given) => Result) =>
  (...given: Given): Result => {
    try {
      return step(...given);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw requestError(
        'BAD_REQUEST',
        'Lists or objects in the operation are nested too deeply. Ask for it in fewer levels.',
      );
    }
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

/** Server-Sent Events: what sockets get, an event at a time. */
const eventStreams = ({ subscribe }: Subscriptions): Plugin => ({
  onSubscribe: ({ setSubscribeFn }) => {
    setSubscribeFn(async (args: ExecutionArgs) => {
      const begun = await subscribe(args);
      return begun instanceof Subscription ? oneByOne(begun) : begun;
    });
  },
});

/** Not a generator, whose `return()` would wait for the portion that it waits for. */
function oneByOne(subscription: Subscription): AsyncIterableIterator<ExecutionResult> {
  let portion: ExecutionResult[] = [];
  return {
    next: async () => {
      if (portion.length === 0) {
        const { done, value } = await subscription.next();
        if (done) return { done, value: undefined };
        portion = value.map(({ result }) => result).reverse();
      }
      return { done: false, value: portion.pop() as ExecutionResult };
    },
    return: async () => {
      await subscription.return();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** An operation that was refused before it ran: 400, and a code. */
const withCodes: Plugin = {
  onResultProcess: ({ result, setResult }) => {
    if (Array.isArray(result) || !('errors' in result) || !result.errors || ('data' in result && result.data != null))
      return;
    setResult({ ...result, errors: result.errors.map(withCode) });
  },
};
