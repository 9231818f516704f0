import { recordAction } from '../../configuration/change.ts';
import { InvalidInput, Refusal } from '../../domain/errors.ts';
import { emailAddress } from '../../intake/leadInput.ts';
import { eraseLeads } from '../../privacy/erase.ts';
import { type Erasure, findErasures, leadsOfPerson, readPerson } from '../../privacy/person.ts';
import { builder } from '../builder.ts';
import { configurationContext, signedIn } from '../context.ts';
import { decodeId, encodeId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';

const erase = { 'people:erase': true } as const;
const exporting = { 'people:export': true } as const;

const noLead = (): Refusal => new Refusal('NOT_FOUND', 'There is no such lead, or it has been erased.');

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
        const { workspaceId } = signedIn(context);
        const leadId = decodeId('Lead', input.leadId);
        const ofPerson = await leadsOfPerson(context.database, workspaceId, leadId);
        if (ofPerson.length === 0) throw noLead();
        const privacy = { ...configurationContext(context), lanes: context.intake.lanes };
        return { erased: await eraseLeads(privacy, 'eraseLead', input.onlyThis ? [leadId] : ofPerson) };
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
      description: 'A list: each lead with what was sent, who owned it, and what was done.',
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
        const configuration = configurationContext(context);
        const leadId = decodeId('Lead', input.leadId);
        const leads = await readPerson(configuration, leadId);
        if (leads.length === 0) throw noLead();
        await recordAction(configuration, 'exportPerson', { lead: leadId, leads: leads.length });
        return { leads };
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
