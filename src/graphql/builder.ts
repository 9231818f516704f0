import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { GraphQLError } from 'graphql';
import { SCOPES, type Scope } from '../auth/principal.ts';
import type { Context } from './context.ts';

/** What one operation may cost: a field is 1, a list counts as many times as it may have entries. */
const MAX_COMPLEXITY = 20_000;
const MAX_DEPTH = 16;
const MAX_BREADTH = 1_000;
/** For lists that are no connections: members of a pool, assignments of a lead. */
const USUAL_LIST = 10;

export const builder = new SchemaBuilder<{
  Context: Context;
  AuthScopes: Record<Scope, boolean> & { signedIn: boolean };
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    Cursor: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    // biome-ignore lint/complexity/noBannedTypes: any value but null
    JSON: { Input: {} | null; Output: unknown };
    SequenceNumber: { Input: number; Output: number | bigint };
  };
}>({
  plugins: [ScopeAuthPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    authScopes: ({ principal }) => ({
      signedIn: principal !== null,
      ...(Object.fromEntries(SCOPES.map((scope) => [scope, principal?.scopes.has(scope) ?? false])) as Record<Scope, boolean>),
    }),
    authorizeOnSubscribe: true,
    unauthorizedError: (_parent, { principal }, info) =>
      principal === null
        ? new GraphQLError('You are not signed in. Send `Authorization: Bearer <API key or JWT>`.', {
            extensions: { code: 'UNAUTHENTICATED' },
          })
        : new GraphQLError(`The role ${principal.role} of this key may not use ${info.parentType.name}.${info.fieldName}.`, {
            extensions: { code: 'FORBIDDEN' },
          }),
  },
  complexity: {
    defaultComplexity: 1,
    defaultListMultiplier: USUAL_LIST,
    limit: { complexity: MAX_COMPLEXITY, depth: MAX_DEPTH, breadth: MAX_BREADTH },
  },
});

builder.queryType();
builder.mutationType();
builder.subscriptionType();
