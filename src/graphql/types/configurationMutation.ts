import type { InputRef, ObjectRef } from '@pothos/core';
import type { ConfigurationContext } from '../../configuration/change.ts';
import { builder } from '../builder.ts';
import { configurationContext } from '../context.ts';
import { orRefusal, resultType } from '../results.ts';

/** A mutation that changes one thing of the configuration and answers with it as `<Name>Success { <field> }`. */
export function configurationMutation<Input, Row extends object>(options: {
  /** `createRep`. */
  readonly name: string;
  readonly description: string;
  readonly input: InputRef<Input>;
  /** `rep`. */
  readonly field: string;
  readonly type: ObjectRef<typeof builder.$inferSchemaTypes, Row>;
  readonly change: (context: ConfigurationContext, input: Input) => Promise<Row>;
}): void {
  const { name, description, input, field, type, change } = options;
  const typeName = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const Success = builder.objectRef<{ readonly row: Row }>(`${typeName}Success`).implement({
    authScopes: { signedIn: true },
    fields: (t) => ({ [field]: t.field({ type: type as never, resolve: ({ row }) => row as never }) }),
  });
  builder.mutationField(name, (t) =>
    t.field({
      type: resultType(typeName, Success),
      description,
      authScopes: { 'configuration:write': true },
      args: { input: t.arg({ type: input as never, required: true }) },
      resolve: (_root, args, context) =>
        orRefusal(async () => ({
          row: await change(configurationContext(context), (args as { input: Input }).input),
        })) as never,
    }),
  );
}
