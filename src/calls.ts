import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/*
 * A call is one operation of a client. Its id stands in its log lines, in the reference of an error that is masked, and
 * in the header of the answer.
 */

export const REQUEST_ID_HEADER = 'x-request-id';

/** The type of its operation is null, and who sent it, as long as that is not known: maybe for ever. */
export interface Call {
  readonly requestId: string;
  /** Of the socket it came over; null over HTTP. */
  readonly connectionId: string | null;
  /** From whose address it came, as in src/limits/address.ts. */
  readonly address: string;
  /** W3C `traceparent`, as it was sent. */
  readonly traceparent: string | null;
  /** By `performance.now()`. */
  readonly beganAt: number;
  /** By the same clock; null as long as it lasts. */
  endedAt: number | null;
  operation: 'query' | 'mutation' | 'subscription' | null;
  operationName: string | null;
  workspaceId: string | null;
  principal: string | null;
  /** `OK`, or a code of docs/errors.md; `ABORTED` where nobody was left to hear the answer. */
  outcome: string;
}

/** Of the operation that is under way here; undefined for what the server does by itself. */
export const calls = new AsyncLocalStorage<Call>();

export const newCall = (given: Pick<Call, 'requestId' | 'connectionId' | 'address' | 'traceparent'>): Call => ({
  ...given,
  beganAt: performance.now(),
  endedAt: null,
  operation: null,
  operationName: null,
  workspaceId: null,
  principal: null,
  outcome: 'OK',
});

export const newRequestId = (): string => randomUUID();

/** What somebody sent as an id; a new one for what could forge a log line or is none. */
export const requestIdOf = (given: string | readonly string[] | undefined): string =>
  typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : newRequestId();
