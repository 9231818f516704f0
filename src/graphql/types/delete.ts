import type { ConfigurationContext } from '../../configuration/change.ts';
import { builder } from '../builder.ts';
import { configurationContext } from '../context.ts';
import { decodeId, type NodeType } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';

const DeleteInput = builder.inputType('DeleteInput', { fields: (t) => ({ id: t.id({ required: true }) }) });

const DeleteSuccess = builder.objectRef<{ readonly id: string }>('DeleteSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({ id: t.exposeID('id', { description: 'Of what is no more.' }) }),
});

const DeleteResult = resultType('Delete', DeleteSuccess);

/** `delete<Type>`: removes what nothing refers to any more. */
export const deleteMutation = (
  type: NodeType,
  description: string,
  remove: (context: ConfigurationContext, id: string) => Promise<void>,
): void => {
  builder.mutationField(`delete${type}`, (t) =>
    t.field({
      type: DeleteResult,
      description,
      authScopes: { 'configuration:write': true },
      args: { input: t.arg({ type: DeleteInput, required: true }) },
      resolve: (_root, { input }, context) =>
        orRefusal(async () => {
          await remove(configurationContext(context), decodeId(type, input.id));
          return { id: input.id };
        }),
    }),
  );
};
