import { SCOPES } from '../../auth/principal.ts';
import { createApiKey, revokeApiKey } from '../../configuration/apiKeys.ts';
import type { ApiKey } from '../../db/generated/client.ts';
import { builder } from '../builder.ts';
import { connectionType, page, pageArgs, pageComplexity } from '../connection.ts';
import { configurationContext, signedIn } from '../context.ts';
import { decodeId, decodeOptionalId, encodeId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { RoleRef } from './enums.ts';
import { findNode, NodeRef } from './node.ts';
import { ApiKeyRef, loadOptional, RepRef } from './refs.ts';

ApiKeyRef.implement({
  description: 'A key to this API. Only its hash is stored.',
  authScopes: { 'keys:write': true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('ApiKey', id) }),
    name: t.exposeString('name'),
    keyId: t.exposeString('keyId', { description: 'The public part: fl_<keyId>_….' }),
    role: t.expose('role', { type: RoleRef }),
    scopes: t.exposeStringList('scopes', { description: 'What narrows the role; empty for all of it.' }),
    rep: t.field({
      type: RepRef,
      nullable: true,
      resolve: ({ repId }, _args, { loaders }) => loadOptional(loaders.rep, repId),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true, description: 'To the minute.' }),
  }),
});

const ApiKeyConnection = connectionType('ApiKey', ApiKeyRef);

findNode('ApiKey', async (id, { database, principal }) =>
  principal?.scopes.has('keys:write')
    ? database.prisma.apiKey.findUnique({ where: { workspaceId_id: { workspaceId: principal.workspaceId, id } } })
    : null,
);

builder.queryField('apiKeys', (t) =>
  t.field({
    type: ApiKeyConnection,
    description: 'Newest first.',
    authScopes: { 'keys:write': true },
    complexity: pageComplexity,
    args: pageArgs,
    resolve: (_root, args, context) => {
      const { workspaceId } = signedIn(context);
      return page(args, { workspaceId, field: 'id', direction: 'desc' }, ({ where, ...query }) =>
        context.database.prisma.apiKey.findMany({ where: { workspaceId, ...where }, ...query }),
      );
    },
  }),
);

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    role: t.field({ type: RoleRef, required: true }),
    scopes: t.stringList({ description: `Narrows the role: ${SCOPES.join(', ')}.` }),
    repId: t.id({ description: 'Whose key it is; needed for the role REP.' }),
    expiresAt: t.field({ type: 'DateTime' }),
  }),
});

const CreateApiKeySuccess = builder
  .objectRef<{ readonly apiKey: ApiKey; readonly secret: string }>('CreateApiKeySuccess')
  .implement({
    authScopes: { 'keys:write': true },
    fields: (t) => ({
      apiKey: t.field({ type: ApiKeyRef, resolve: ({ apiKey }) => apiKey }),
      secret: t.exposeString('secret', { description: 'The whole key; shown this once.' }),
    }),
  });

builder.mutationField('createApiKey', (t) =>
  t.field({
    type: resultType('CreateApiKey', CreateApiKeySuccess),
    description: 'Makes a key.',
    authScopes: { 'keys:write': true },
    args: { input: t.arg({ type: CreateApiKeyInput, required: true }) },
    resolve: (_root, { input: { repId, ...input } }, context) =>
      orRefusal(() =>
        createApiKey(configurationContext(context), {
          ...input,
          scopes: input.scopes ?? undefined,
          repId: decodeOptionalId('Rep', repId),
        }),
      ),
  }),
);

const RevokeApiKeyInput = builder.inputType('RevokeApiKeyInput', { fields: (t) => ({ id: t.id({ required: true }) }) });

const RevokeApiKeySuccess = builder.objectRef<{ readonly apiKey: ApiKey }>('RevokeApiKeySuccess').implement({
  authScopes: { 'keys:write': true },
  fields: (t) => ({ apiKey: t.field({ type: ApiKeyRef, resolve: ({ apiKey }) => apiKey }) }),
});

builder.mutationField('revokeApiKey', (t) =>
  t.field({
    type: resultType('RevokeApiKey', RevokeApiKeySuccess),
    description: 'Ends a key within seconds; open feeds that use it are closed.',
    authScopes: { 'keys:write': true },
    args: { input: t.arg({ type: RevokeApiKeyInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => ({
        apiKey: await revokeApiKey(configurationContext(context), decodeId('ApiKey', input.id)),
      })),
  }),
);
