import type { ObjectRef } from '@pothos/core';
import { calls } from '../calls.ts';
import { ERROR_CODES, type ErrorCode, formatPath, InvalidInput, type Issue, Refusal } from '../domain/errors.ts';
import { builder } from './builder.ts';

export const ErrorCodeRef = builder.enumType('ErrorCode', {
  description: 'Every refusal a caller can act on.',
  values: Object.fromEntries(
    Object.entries(ERROR_CODES).map(([code, description]) => [code, { value: code, description }]),
  ) as Record<ErrorCode, { value: ErrorCode; description: string }>,
});

/** A refusal as a result: not the error itself, since graphql-js takes a returned error for a thrown one. */
export interface Refused<R extends Refusal = Refusal> {
  readonly refusal: R;
}

const ErrorInterface = builder.interfaceRef<Refused>('Error').implement({
  description: 'A refusal: what was wrong and what to do next.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    message: t.string({ resolve: ({ refusal }) => refusal.message }),
    code: t.field({ type: ErrorCodeRef, resolve: ({ refusal }) => refusal.code }),
  }),
});

export const IssueRef = builder.objectRef<Issue>('Issue').implement({
  description: 'One fault of an input or of a plan.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    path: t.string({ description: 'Where, such as `leads[3].score`.', resolve: ({ path }) => formatPath(path) }),
    message: t.exposeString('message', { description: 'What was expected, with the limit.' }),
  }),
});

const InvalidInputError = builder.objectRef<Refused<InvalidInput>>('InvalidInputError').implement({
  description: 'Values are missing, malformed or beyond a limit: each is named.',
  authScopes: { signedIn: true },
  interfaces: [ErrorInterface],
  fields: (t) => ({ issues: t.field({ type: [IssueRef], resolve: ({ refusal }) => [...refusal.issues] }) }),
});

const RefusedError = builder.objectRef<Refused>('RefusedError').implement({
  description: 'A rule of the product says no; `code` says which.',
  authScopes: { signedIn: true },
  interfaces: [ErrorInterface],
});

/** `<name>Result`: the success type or one of the errors. */
export const resultType = <Success extends object>(
  name: string,
  success: ObjectRef<typeof builder.$inferSchemaTypes, Success>,
) =>
  builder.unionType(`${name}Result`, {
    description: 'What became of it, or why not.',
    types: [success, InvalidInputError, RefusedError],
    resolveType: (value) => {
      if (!isRefused(value)) return success;
      return value.refusal instanceof InvalidInput ? InvalidInputError : RefusedError;
    },
  });

const isRefused = (value: object): value is Refused => 'refusal' in value;

/** Answers with a refusal as a result; anything else that is thrown stays an accident. */
export async function orRefusal<Success>(work: () => Promise<Success>): Promise<Success | Refused> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const call = calls.getStore();
    if (call) call.outcome = error.code;
    return { refusal: error };
  }
}
