import type { Operator } from '../../domain/condition.ts';
import { builder } from '../builder.ts';
import { OperatorRef } from './enums.ts';

/** As nested as its sender likes; the domain checks it. */
interface ConditionShape {
  and?: ConditionShape[] | null | undefined;
  or?: ConditionShape[] | null | undefined;
  not?: ConditionShape | null | undefined;
  field?: string | null | undefined;
  operator?: Operator | null | undefined;
  // biome-ignore lint/complexity/noBannedTypes: any value but null
  value?: {} | null | undefined;
  timeZone?: string | null | undefined;
}

export const ConditionInput = builder.inputRef<ConditionShape>('ConditionInput').implement({
  description: 'Exactly one of `and`, `or`, `not`, or a comparison. At most 10 deep and 200 comparisons.',
  fields: (t) => ({
    and: t.field({ type: [ConditionInput] }),
    or: t.field({ type: [ConditionInput] }),
    not: t.field({ type: ConditionInput }),
    field: t.string({
      description:
        'A field of the lead, `attributes.<name>`, `weekday` (MONDAY …) or `hour` (0 to 23); none with MATCHES_SEGMENT.',
    }),
    operator: t.field({ type: OperatorRef }),
    value: t.field({
      type: 'JSON',
      description:
        'BETWEEN: two numbers, both included. IN, NOT_IN: a list. EXISTS: true or false. MATCHES_SEGMENT: the segment’s key.',
    }),
    timeZone: t.string({ description: 'With weekday and hour: IANA, or LEAD for the lead’s own.' }),
  }),
});
