import { builder } from '../builder.ts';
import { type Context, signedIn } from '../context.ts';
import { type NodeType, parseId } from '../ids.ts';

/** What `node(id)` has found, with the type it is to be shown as. */
interface Found {
  readonly type: NodeType;
}

export const NodeRef = builder.interfaceRef<{ readonly id: string }>('Node').implement({
  description: 'Anything with a global id.',
  authScopes: { signedIn: true },
  // Each type answers with its own global id.
  fields: (t) => ({ id: t.exposeID('id') }),
  resolveType: (value) => (value as unknown as Found).type,
});

/** How each type is found by its UUID: the same look-up, and the same policy, as by its own field. */
const finders = new Map<NodeType, (id: string, context: Context) => Promise<{ readonly id: string } | null>>();

/** Lets `node(id)` find a type. @param find null for what does not exist and for what the caller may not see alike */
export const findNode = (
  type: NodeType,
  find: (id: string, context: Context) => Promise<{ readonly id: string } | null>,
): void => {
  finders.set(type, find);
};

builder.queryField('node', (t) =>
  t.field({
    type: NodeRef,
    description: 'Anything by its global id; null for what does not exist or is not yours to see.',
    nullable: true,
    authScopes: { signedIn: true },
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, context) => {
      signedIn(context);
      const parsed = parseId(id);
      if (!parsed) return null;
      const found = await finders.get(parsed.type)?.(parsed.id, context);
      return found ? { ...found, type: parsed.type } : null;
    },
  }),
);
