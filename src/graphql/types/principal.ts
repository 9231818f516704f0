import type { Principal } from '../../auth/principal.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { RoleRef } from './enums.ts';
import { loadOptional, RepRef } from './refs.ts';
import { WorkspaceRef } from './workspace.ts';

const PrincipalRef = builder.objectRef<Principal>('Principal').implement({
  description: 'Whoever calls.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    name: t.exposeString('name'),
    role: t.expose('role', { type: RoleRef }),
    scopes: t.stringList({
      description: 'What the caller may do, as resource:verb.',
      resolve: ({ scopes }) => [...scopes],
    }),
    workspace: t.field({
      type: WorkspaceRef,
      resolve: ({ workspaceId }, _args, { database }) =>
        database.prisma.workspace.findUniqueOrThrow({ where: { id: workspaceId } }),
    }),
    rep: t.field({
      type: RepRef,
      nullable: true,
      description: 'The rep the caller is, if they are one.',
      resolve: ({ repId }, _args, { loaders }) => loadOptional(loaders.rep, repId),
    }),
  }),
});

builder.queryField('me', (t) =>
  t.field({
    type: PrincipalRef,
    description: 'Who calls, and what they may do.',
    authScopes: { signedIn: true },
    resolve: (_root, _args, context) => signedIn(context),
  }),
);
