import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import ScopeAuthPlugin, { type AuthFailure, AuthScopeFailureType } from '@pothos/plugin-scope-auth';
import { SCOPES, type Scope } from '../auth/principal.ts';
import type { Context } from './context.ts';
import { requestError, unauthenticated } from './errors.ts';

/** What one operation may cost: a field is 1, a list counts as many times as it may have entries. */
const MAX_COMPLEXITY = 20_000;
const MAX_DEPTH = 16;
const MAX_BREADTH = 1_000;
/** For lists that are no connections: members of a pool, assignments of a lead. */
const USUAL_LIST = 10;

export const builder = new SchemaBuilder<{
  Context: Context;
  AuthScopes: Record<Scope, boolean> & {
    signedIn: boolean;
    /** Works for the company: everybody but partners, who see of a lead what they know or may know. */
    staff: boolean;
  };
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
      staff: principal !== null && principal.role !== 'PARTNER',
      ...(Object.fromEntries(SCOPES.map((scope) => [scope, principal?.scopes.has(scope) ?? false])) as Record<
        Scope,
        boolean
      >),
    }),
    authorizeOnSubscribe: true,
    unauthorizedError: (_parent, { principal }, info, { failure }) => {
      if (principal === null) return unauthenticated();
      const missing = missingScope(failure);
      const why =
        missing === null || missing === 'staff'
          ? `the role ${principal.role} may not use it`
          : `it needs the scope ${missing}, which this key or token does not have`;
      return requestError('FORBIDDEN', `${info.parentType.name}.${info.fieldName}: ${why}.`);
    },
  },
  complexity: {
    defaultComplexity: 1,
    defaultListMultiplier: USUAL_LIST,
    limit: { complexity: MAX_COMPLEXITY, depth: MAX_DEPTH, breadth: MAX_BREADTH },
  },
});

/** The scope that was wanted; null when a function has decided. */
function missingScope(failure: AuthFailure): string | null {
  if (failure.kind === AuthScopeFailureType.AuthScope) return failure.scope;
  return 'failures' in failure && failure.failures[0] ? missingScope(failure.failures[0]) : null;
}

builder.queryType();
builder.mutationType();
builder.subscriptionType();
