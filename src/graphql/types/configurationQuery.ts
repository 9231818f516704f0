import type { ObjectRef } from '@pothos/core';
import type { PrismaClient } from '../../db/generated/client.ts';
import { builder } from '../builder.ts';
import { connectionType, type Page, type PageQuery, page, pageArgs, pageComplexity } from '../connection.ts';
import { type Context, signedIn } from '../context.ts';
import { decodeId, type NodeType } from '../ids.ts';
import { findNode } from './node.ts';

/** What things of the configuration have in common: an id, and a key by which they are listed. */
interface Keyed {
  readonly id: string;
  readonly key: string;
}

type Schema = typeof builder.$inferSchemaTypes;

/**
 * Lets things of one type be listed by key, and found by `node(id)`: both need `configuration:read`.
 *
 * @param list reads a page of the workspace's rows
 * @param find null for what is not in the caller's workspace
 * @returns the connection's type
 */
export function configurationList<Row extends Keyed>(options: {
  readonly type: NodeType;
  readonly ref: ObjectRef<Schema, Row>;
  /** `reps`. */
  readonly name: string;
  readonly list: (prisma: PrismaClient, query: PageQuery) => Promise<readonly Row[]>;
  readonly find: (id: string, context: Context, workspaceId: string) => Promise<Row | null>;
}): ObjectRef<Schema, Page<Row>> {
  const { type, ref, name, list, find } = options;
  findNode(type, async (id, context) =>
    context.principal?.scopes.has('configuration:read') ? find(id, context, context.principal.workspaceId) : null,
  );
  const connection = connectionType<Row>(type, ref);
  builder.queryField(name, (t) =>
    t.field({
      type: connection,
      description: 'By key.',
      authScopes: { 'configuration:read': true },
      complexity: pageComplexity,
      args: pageArgs,
      resolve: (_root, args, context) => {
        const { workspaceId } = signedIn(context);
        return page<'key', Row>(args, { workspaceId, field: 'key', direction: 'asc' }, ({ where, ...query }) =>
          list(context.database.prisma, { where: { workspaceId, ...where }, ...query }),
        );
      },
    }),
  );
  return connection;
}

/**
 * Lets one thing be asked for by id or by key.
 *
 * @param byKey the row with the workspace's key
 */
export function configurationItem<Row extends Keyed>(options: {
  readonly type: NodeType;
  readonly ref: ObjectRef<Schema, Row>;
  /** `rep`. */
  readonly name: string;
  readonly byId: (id: string, context: Context) => Promise<Row | null>;
  readonly byKey: (
    prisma: PrismaClient,
    key: { readonly workspaceId: string; readonly key: string },
  ) => Promise<Row | null>;
}): void {
  const { type, ref, name, byId, byKey } = options;
  builder.queryField(name, (t) =>
    t.field({
      type: ref as unknown as ObjectRef<Schema, Keyed>,
      nullable: true,
      description: 'By id or by key.',
      authScopes: { 'configuration:read': true },
      args: { id: t.arg.id(), key: t.arg.string() },
      resolve: async (_root, { id, key }, context) => {
        const { workspaceId } = signedIn(context);
        if (key != null && !key.includes('\u0000')) return byKey(context.database.prisma, { workspaceId, key });
        return id == null ? null : byId(decodeId(type, id), context);
      },
    }),
  );
}
