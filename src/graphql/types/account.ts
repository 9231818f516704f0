import { deleteAccount, type UpsertedAccounts, upsertAccounts } from '../../configuration/accounts.ts';
import { builder } from '../builder.ts';
import { page, pageArgs, pageComplexity } from '../connection.ts';
import { configurationContext, signedIn } from '../context.ts';
import { decodeOptionalId, encodeId } from '../ids.ts';
import { type AccountWithDomains, withDomains } from '../loaders.ts';
import { orRefusal, resultType } from '../results.ts';
import { configurationList } from './configurationQuery.ts';
import { deleteMutation } from './delete.ts';
import { AccountKindRef } from './enums.ts';
import { NodeRef } from './node.ts';
import { AccountRef, loadOptional, RepRef } from './refs.ts';

AccountRef.implement({
  description: 'A company already known.',
  authScopes: { 'configuration:read': true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('Account', id) }),
    key: t.exposeString('key', { description: 'The user’s own, often the id in the CRM.' }),
    name: t.exposeString('name'),
    kind: t.expose('kind', { type: AccountKindRef }),
    aliases: t.stringList({ description: 'Other names it goes by.', resolve: ({ aliases }) => [...aliases] }),
    parent: t.field({
      type: AccountRef,
      nullable: true,
      description: 'The company it belongs to, whose owner it has unless it has one of its own.',
      resolve: ({ parentId }, _args, { loaders }) => loadOptional(loaders.account, parentId),
    }),
    needsOwner: t.boolean({
      description: 'Whether its own owner has left: leads go to the owner’s manager until it is re-owned.',
      resolve: async ({ ownerId }, _args, { loaders }) => (await loadOptional(loaders.rep, ownerId))?.status === 'LEFT',
    }),
    domains: t.stringList({ description: 'Registrable.', resolve: ({ domains }) => [...domains] }),
    owner: t.field({
      type: RepRef,
      nullable: true,
      resolve: ({ ownerId }, _args, { loaders }) => loadOptional(loaders.rep, ownerId),
    }),
  }),
});

const AccountConnectionRef = configurationList({
  type: 'Account',
  ref: AccountRef,
  name: 'accounts',
  list: async (prisma, query) =>
    (await prisma.account.findMany({ ...query, include: { domains: true } })).map(withDomains),
  find: (id, { loaders }) => loaders.account.load(id),
});

builder.queryField('accountsToReown', (t) =>
  t.field({
    type: AccountConnectionRef,
    description: 'Accounts whose owner has left, by key.',
    authScopes: { 'configuration:read': true },
    complexity: pageComplexity,
    args: pageArgs,
    resolve: (_root, args, context) => {
      const { workspaceId } = signedIn(context);
      return page<'key', AccountWithDomains>(args, { workspaceId, field: 'key', direction: 'asc' }, async (query) =>
        (
          await context.database.prisma.account.findMany({
            ...query,
            where: { workspaceId, owner: { status: 'LEFT' }, ...query.where },
            include: { domains: true },
          })
        ).map(withDomains),
      );
    },
  }),
);

const AccountInput = builder.inputType('AccountInput', {
  description: 'What is left out of an account that is there stays; null clears.',
  fields: (t) => ({
    key: t.string({ required: true }),
    name: t.string({ required: true }),
    kind: t.field({ type: AccountKindRef, required: true }),
    domains: t.stringList({ description: 'Never free-mail or disposable ones.' }),
    aliases: t.stringList({ description: 'Other names it goes by, at most 100.' }),
    ownerId: t.id(),
    parentKey: t.string({ description: 'Key of the company it belongs to; it may stand in the same call.' }),
  }),
});

const UpsertAccountsInput = builder.inputType('UpsertAccountsInput', {
  fields: (t) => ({ accounts: t.field({ type: [AccountInput], required: true, description: 'At most 500.' }) }),
});

const UpsertAccountsSuccess = builder.objectRef<UpsertedAccounts>('UpsertAccountsSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    accounts: t.field({
      type: [AccountRef],
      description: 'In the order of the input.',
      resolve: ({ accounts }) => [...accounts],
    }),
    created: t.exposeInt('created'),
    updated: t.exposeInt('updated'),
  }),
});

builder.mutationField('upsertAccounts', (t) =>
  t.field({
    type: resultType('UpsertAccounts', UpsertAccountsSuccess),
    description: 'Creates accounts or, by key, changes them: all or none.',
    authScopes: { 'configuration:write': true },
    args: { input: t.arg({ type: UpsertAccountsInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(() => {
        const accounts = input.accounts.map(({ ownerId, ...account }) => ({
          ...account,
          ownerId: decodeOptionalId('Rep', ownerId),
        }));
        return upsertAccounts(configurationContext(context), accounts);
      }),
  }),
);

deleteMutation('Account', 'Removes an account; its leads stay.', deleteAccount);
