import type { ServerResponse } from 'node:http';
import { type ExecutionArgs, type GraphQLError, getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Principal } from '../auth/principal.ts';
import { type Call, calls } from '../calls.ts';
import type { RequestErrorCode } from './errors.ts';

/** Hears of calls, for logs, metrics and traces. A subscription's call ends when it has begun. */
export interface CallWatch {
  began(call: Call): void;
  ended(call: Call): void;
  /** A socket or stream that did not read its events was closed. */
  closedSlow(): void;
}

export const UNWATCHED: CallWatch = { began: () => {}, ended: () => {}, closedSlow: () => {} };

/** Notes who a call comes from. */
export function sentBy(call: Call | undefined, principal: Principal | null): void {
  if (!call || !principal) return;
  call.workspaceId = principal.workspaceId;
  call.principal = principal.name;
}

/** Ends a call, once, whoever is first to know. */
export function end(call: Call, watch: CallWatch): void {
  if (call.endedAt !== null) return;
  call.endedAt = performance.now();
  watch.ended(call);
}

/** What an error says of itself, for counting. */
export const codeOf = (error: GraphQLError | undefined): string => {
  const { code = (error?.originalError as { code?: unknown } | undefined)?.code } = error?.extensions ?? {};
  return typeof code === 'string' ? code : ('INTERNAL' satisfies RequestErrorCode);
};

/** Of an answer that came from no operation: what was refused before there was one. */
export function outcomeOf({ writableFinished, statusCode }: ServerResponse): string {
  if (!writableFinished) return 'ABORTED';
  if (statusCode < 400) return 'OK';
  const known = {
    401: 'UNAUTHENTICATED',
    415: 'UNSUPPORTED_MEDIA_TYPE',
    429: 'RATE_LIMITED',
    503: 'UNAVAILABLE',
  } as const;
  const code = known[statusCode as keyof typeof known] ?? (statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL');
  return code satisfies RequestErrorCode;
}

/** Notes what the operation of the call under way is. */
export function describe({ document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>): void {
  const [call, operation] = [calls.getStore(), getOperationAST(document, operationName)];
  if (!call || !operation) return;
  call.operation = operation.operation;
  call.operationName = operation.name?.value ?? null;
}

/** Notes what an operation is and what becomes of it. A subscription's call ends when it has begun. */
export const observed = (watch: CallWatch): Plugin => {
  return {
    onExecute: ({ args }) => describe(args),
    onSubscribe: ({ args }) => {
      describe(args);
      return {
        onSubscribeResult: ({ result }) => {
          const call = calls.getStore();
          if (!call) return;
          if ('errors' in result && result.errors) call.outcome = codeOf(result.errors[0]);
          end(call, watch);
        },
      };
    },
    onResultProcess: ({ result }) => {
      const call = calls.getStore();
      if (call && 'errors' in result && result.errors) call.outcome = codeOf(result.errors[0]);
    },
  };
};
