import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { type Call, calls, newRequestId } from '../calls.ts';
import { isRetryable, isUnavailable, Unavailable } from '../db/errors.ts';
import { type ErrorCode, Refusal } from '../domain/errors.ts';
import { CursorRefused } from '../events/cursor.ts';
import { SlowConsumer } from '../events/feedReader.ts';
import { type Limit, RateLimited } from '../limits/rateLimits.ts';

/**
 * Why an operation, or a field of it, was refused as a whole: `extensions.code` of a GraphQL error, with its HTTP
 * status. What a mutation refuses by a rule of the product is in its result instead. docs/errors.md lists the same.
 */
export const REQUEST_ERRORS = {
  GRAPHQL_PARSE_FAILED: { status: 400, description: 'The operation is no GraphQL; the message says where.' },
  GRAPHQL_VALIDATION_FAILED: {
    status: 400,
    description: 'The operation does not fit the schema; the message says what.',
  },
  BAD_REQUEST: {
    status: 400,
    description:
      'A variable does not fit its type, or the operation is beyond a limit of size, depth or cost; the message says which.',
  },
  UNAUTHENTICATED: {
    status: 401,
    description: 'The key or token is missing, unknown, expired or revoked; the message says what to send.',
  },
  FORBIDDEN: {
    status: 200,
    description: 'The key or token may not use this field; the message names the scope it lacks.',
  },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, description: 'The body is not `application/json`.' },
  INVALID_CURSOR: { status: 200, description: 'The cursor is not one of this list or feed. Start without one.' },
  CURSOR_EXPIRED: {
    status: 200,
    description: 'Events that old are no longer kept. Read anew, then go on from `extensions.cursor`.',
  },
  SLOW_CONSUMER: {
    status: 200,
    description:
      'More than 1,000 events waited for this subscription; a socket is closed with 1013. Connect again and go on from the last cursor.',
  },
  RATE_LIMITED: {
    status: 429,
    description:
      'More than one may ask for in a minute; nothing was done. Repeat the call after `extensions.retryAfterSeconds`.',
  },
  PERSISTED_OPERATION_REQUIRED: {
    status: 400,
    description: 'With a token only stored operations may be sent, by their hash.',
  },
  PERSISTED_OPERATION_NOT_FOUND: { status: 400, description: 'No operation with this hash is stored on this server.' },
  TOO_MANY_SUBSCRIPTIONS: { status: 200, description: 'A socket carries at most 50 operations at a time.' },
  UNAVAILABLE: {
    status: 503,
    description:
      'The database does not answer, or not in time. Repeat the call; with an idempotency key nothing is done twice.',
  },
  INTERNAL: {
    status: 200,
    description: 'A fault of the server; `extensions.reference`, the id of the request, finds it in the log.',
  },
} as const;
export type RequestErrorCode = keyof typeof REQUEST_ERRORS;

/** An error with its code, and with its status where that is not 200. */
export function requestError(
  code: RequestErrorCode | ErrorCode,
  message: string,
  options: {
    readonly nodes?: GraphQLError['nodes'];
    readonly path?: GraphQLError['path'];
    readonly extensions?: object;
  } = {},
): GraphQLError {
  const status = code in REQUEST_ERRORS ? REQUEST_ERRORS[code as RequestErrorCode].status : 200;
  const { nodes, path, extensions } = options;
  return new GraphQLError(message, {
    ...(nodes && { nodes }),
    ...(path && { path }),
    extensions: { code, ...(status !== 200 && { http: { status } }), ...extensions },
  });
}

const LIMIT_WORDS: Readonly<Record<Limit, readonly [what: string, setting: string]>> = {
  operations: ['operations', 'FAIRLEAD_OPERATIONS_PER_MINUTE'],
  objects: ['leads and other objects', 'FAIRLEAD_OBJECTS_PER_MINUTE'],
  signIns: ['sign-ins that fail', 'FAIRLEAD_SIGN_INS_PER_MINUTE'],
};

/** For what is beyond a limit of the rate. */
export function rateLimited({ limit, perMinute, retryAfterSeconds }: RateLimited): GraphQLError {
  const [what, setting] = LIMIT_WORDS[limit];
  const { status } = REQUEST_ERRORS.RATE_LIMITED;
  const http = { status, headers: { 'retry-after': String(retryAfterSeconds) } };
  return requestError(
    'RATE_LIMITED',
    `More than ${perMinute.toLocaleString('en')} ${what} in a minute; who runs the server sets ${setting}. Repeat the call in ${retryAfterSeconds} s.`,
    { extensions: { http, retryAfterSeconds } },
  );
}

/** For an operation that was sent without a key or token. */
export const unauthenticated = (): GraphQLError =>
  requestError('UNAUTHENTICATED', 'You are not signed in. Send `Authorization: Bearer <API key or JWT>`.');

/**
 * What was refused before it ran, by a variable's type or a limit, says so in a code, and with 400 in any format
 * (or the status it has, such as 405).
 */
export const withCode = (error: GraphQLError): GraphQLError => {
  const { code = 'BAD_REQUEST', http } = (error.extensions ?? {}) as { code?: string; http?: { status?: number } };
  if (code !== 'BAD_REQUEST') return error;
  const { message, nodes, path } = error;
  const extensions = http?.status === undefined ? {} : { http: { status: http.status } };
  return requestError(code, message, { nodes, path, extensions });
};

/** For log lines of a call over a socket. */
export const socketOf = (call: Pick<Call, 'connectionId'> | undefined): Partial<Pick<Call, 'connectionId'>> =>
  call?.connectionId == null ? {} : { connectionId: call.connectionId };

/** What a caller may know of an error: what they can act on; anything else is an accident with a reference. */
export function maskError(error: unknown, log: Logger): GraphQLError {
  const place = error instanceof GraphQLError ? error : {};
  const original = error instanceof GraphQLError ? error.originalError : error;
  if (error instanceof GraphQLError && (original === undefined || original instanceof GraphQLError)) return error;
  if (original instanceof RateLimited) return rateLimited(original);
  if (original instanceof Refusal) return requestError(original.code, original.message, place);
  if (original instanceof CursorRefused) {
    const { code, message, cursor } = original;
    return requestError(code, message, { ...place, extensions: cursor === null ? {} : { cursor } });
  }
  if (original instanceof SlowConsumer) return requestError(original.code, original.message, place);
  if (isUnavailable(original) || isRetryable(original)) {
    const { message } = original instanceof Unavailable ? original : new Unavailable();
    return requestError('UNAVAILABLE', message, place);
  }
  const call = calls.getStore();
  // An event of a subscription that cannot be read belongs to no call: that ended when the subscription had begun.
  const reference = call?.requestId ?? newRequestId();
  log.error({ err: original, requestId: reference, ...socketOf(call) }, 'masked error');
  const message = `Something went wrong on our side. Tell the operator this reference: ${reference}`;
  return requestError('INTERNAL', message, { ...place, extensions: { reference } });
}
