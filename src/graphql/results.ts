import type { ObjectRef } from '@pothos/core';
import { ERROR_CODES, type ErrorCode, formatPath, InvalidInput, type Issue, Refusal } from '../domain/errors.ts';
import { builder } from './builder.ts';

export const ErrorCodeRef = builder.enumType('ErrorCode', {
  description: 'Every refusal a caller can act on.',
  values: Object.fromEntries(Object.entries(ERROR_CODES).map(([code, description]) => [code, { value: code, description }])) as Record<
    ErrorCode,
    { value: ErrorCode; description: string }
  >,
});

const ErrorInterface = builder.interfaceRef<Refusal>('Error').implement({
  description: 'A refusal: what was wrong and what to do next.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    message: t.exposeString('message'),
    code: t.field({ type: ErrorCodeRef, resolve: ({ code }) => code }),
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

const InvalidInputError = builder.objectRef<InvalidInput>('InvalidInputError').implement({
  description: 'Values are missing, malformed or beyond a limit: each is named.',
  authScopes: { signedIn: true },
  interfaces: [ErrorInterface],
  fields: (t) => ({ issues: t.field({ type: [IssueRef], resolve: ({ issues }) => [...issues] }) }),
});

const RefusedError = builder.objectRef<Refusal>('RefusedError').implement({
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
    types: [success, InvalidInputError, RefusedError],
    resolveType: (value) => (value instanceof InvalidInput ? InvalidInputError : value instanceof Refusal ? RefusedError : success),
  });

/** Answers with a refusal as a value; anything else that is thrown stays an accident. */
export async function orRefusal<Success>(work: () => Promise<Success>): Promise<Success | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
