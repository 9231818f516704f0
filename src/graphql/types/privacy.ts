import { InvalidInput } from '../../domain/errors.ts';
import { emailAddress } from '../../intake/leadInput.ts';
import { eraseLead } from '../../privacy/erase.ts';
import { type Erasure, exportPerson, findErasures } from '../../privacy/person.ts';
import { builder } from '../builder.ts';
import { configurationContext } from '../context.ts';
import { decodeId, encodeId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';

const erase = { 'people:erase': true } as const;
const exporting = { 'people:export': true } as const;

const EraseLeadInput = builder.inputType('EraseLeadInput', {
  fields: (t) => ({
    leadId: t.id({ required: true }),
    onlyThis: t.boolean({ description: 'Leaves the other leads of the same person as they are.' }),
  }),
});

const EraseLeadSuccess = builder.objectRef<{ readonly erased: number }>('EraseLeadSuccess').implement({
  authScopes: erase,
  fields: (t) => ({ erased: t.exposeInt('erased', { description: 'How many leads.' }) }),
});

builder.mutationField('eraseLead', (t) =>
  t.field({
    type: resultType('EraseLead', EraseLeadSuccess),
    description:
      'Removes for ever who a lead’s person was: name, addresses, company, place, message, what was sent, notes and reasons. The lead stays as a number in what is counted; an open one is closed as DISQUALIFIED first. The other leads of the person, by address or found the same when they came in, are erased with it.',
    authScopes: erase,
    args: { input: t.arg({ type: EraseLeadInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const privacy = { ...configurationContext(context), lanes: context.intake.lanes };
        const onlyThis = input.onlyThis ?? false;
        return { erased: await eraseLead(privacy, decodeId('Lead', input.leadId), { onlyThis }) };
      }),
  }),
);

const ExportPersonInput = builder.inputType('ExportPersonInput', {
  fields: (t) => ({ leadId: t.id({ required: true, description: 'Any lead of the person.' }) }),
});

const ExportPersonSuccess = builder.objectRef<{ readonly leads: readonly object[] }>('ExportPersonSuccess').implement({
  authScopes: exporting,
  fields: (t) => ({
    leads: t.field({
      type: 'JSON',
      description: 'A list: each lead, at most a thousand, with what was sent, who owned it, and what was done.',
      resolve: ({ leads }) => leads,
    }),
  }),
});

builder.mutationField('exportPerson', (t) =>
  t.field({
    type: resultType('ExportPerson', ExportPersonSuccess),
    description: 'Tells everything that is kept of one person, for their own reading. Noted in the audit log.',
    authScopes: exporting,
    args: { input: t.arg({ type: ExportPersonInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        return { leads: await exportPerson(configurationContext(context), decodeId('Lead', input.leadId)) };
      }),
  }),
);

const ErasureRef = builder.objectRef<Erasure>('Erasure').implement({
  description: 'A lead that has been erased.',
  authScopes: exporting,
  fields: (t) => ({
    leadId: t.id({ resolve: ({ leadId }) => encodeId('Lead', leadId) }),
    receivedAt: t.expose('receivedAt', { type: 'DateTime' }),
    erasedAt: t.expose('erasedAt', { type: 'DateTime' }),
  }),
});

builder.queryField('erasures', (t) =>
  t.field({
    type: resultType(
      'Erasures',
      builder.objectRef<{ readonly erasures: readonly Erasure[] }>('ErasuresSuccess').implement({
        authScopes: exporting,
        fields: (f) => ({ erasures: f.field({ type: [ErasureRef], resolve: ({ erasures }) => [...erasures] }) }),
      }),
    ),
    description: 'The erased leads of whoever has an e-mail address: nothing is kept of it but a salted hash.',
    authScopes: exporting,
    args: { email: t.arg.string({ required: true }) },
    resolve: (_root, { email }, context) =>
      orRefusal(async () => {
        const address = emailAddress(email);
        if (address === null) {
          throw new InvalidInput([{ path: ['email'], message: 'must be an address such as ada@example.com' }]);
        }
        return { erasures: await findErasures(configurationContext(context), address) };
      }),
  }),
);
