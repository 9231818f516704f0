import type { OwnedLead } from '../../assignment/batch.ts';
import { acknowledge, recordActivity, updateLeadStatus } from '../../assignment/changeLead.ts';
import { assignByHand } from '../../assignment/moveLeads.ts';
import { accept, decline } from '../../assignment/offers.ts';
import { parse } from '../../configuration/inputs.ts';
import type { Activity, Assignment, Lead } from '../../db/generated/client.ts';
import { InvalidInput, Refusal } from '../../domain/errors.ts';
import { LIMITS } from '../../intake/leadInput.ts';
import { line, multiline } from '../../intake/text.ts';
import { builder } from '../builder.ts';
import { type Context, signedIn } from '../context.ts';
import { decodeId, decodeOptionalId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { requireLead, visibleLead } from '../visibleLead.ts';
import { ActivityKindRef, LeadStatusRef } from './enums.ts';
import { runOnLead } from './lead.ts';
import { ActivityRef, AssignmentRef, LeadRef, loadRequired } from './refs.ts';

const RecordActivityInput = builder.inputType('RecordActivityInput', {
  fields: (t) => ({
    leadId: t.id({ required: true }),
    kind: t.field({ type: ActivityKindRef, required: true }),
    note: t.string({ description: 'At most 10,000 characters.' }),
    at: t.field({ type: 'DateTime', description: 'Now unless told; not in the future.' }),
    repId: t.id({ description: 'Whose activity it was; the caller’s own unless told.' }),
  }),
});

const RecordActivitySuccess = builder
  .objectRef<{ readonly activity: Activity; readonly lead: Lead }>('RecordActivitySuccess')
  .implement({
    authScopes: { signedIn: true },
    fields: (t) => ({
      activity: t.field({ type: ActivityRef, resolve: ({ activity }) => activity }),
      lead: t.field({ type: LeadRef, resolve: ({ lead }) => lead }),
    }),
  });

const noteSchema = multiline(LIMITS.message)
  .nullish()
  .transform((note) => note ?? null);

builder.mutationField('recordActivity', (t) =>
  t.field({
    type: resultType('RecordActivity', RecordActivitySuccess),
    description:
      'Records what was done. A contact by the present owner is the response, and stops the clock; anyone’s is the lead’s first contact. Who is no rep names the one who acted in `repId`: without, it stops no clock.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: RecordActivityInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const principal = signedIn(context);
        const now = context.clock.now().getTime();
        if (input.at != null && input.at.getTime() > now + LIMITS.capturedAheadMs) {
          throw new InvalidInput([{ path: ['at'], message: 'must not be in the future' }]);
        }
        const repId = input.repId == null ? principal.repId : await actingRep(input.repId, context);
        const note = parse(noteSchema, input.note, ['note']);
        const leadId = await requireOwnLead(input.leadId, context);
        const activity = { leadId, kind: input.kind, note, at: input.at ?? null, repId };
        return runOnLead(context, leadId, recordActivity(activity));
      }),
  }),
);

/** A lead the caller may see; who has had it is told who owns it now. @throws Refusal NOT_FOUND, NOT_THE_OWNER */
async function requireOwnLead(id: string, context: Context): Promise<string> {
  const leadId = decodeId('Lead', id);
  const { repId } = signedIn(context);
  const hadIt = async (): Promise<boolean> =>
    repId !== null && (await context.loaders.assignmentsOfLead.load(leadId)).some((each) => each.repId === repId);
  if ((await visibleLead(leadId, context)) === null && (await hadIt())) {
    const present = await context.loaders.presentAssignment.load(leadId);
    const owner = present && (await context.loaders.rep.load(present.repId));
    throw new Refusal('NOT_THE_OWNER', `The lead has moved on; ${owner?.name ?? 'somebody else'} owns it now.`);
  }
  return requireLead(id, context);
}

/** A rep may act for themselves alone; who sees more may record for others. @throws Refusal NOT_FOUND */
async function actingRep(id: string, context: Context): Promise<string> {
  const { role, repId: own } = signedIn(context);
  const repId = decodeId('Rep', id);
  const allowed = repId === own || (role !== 'REP' && (await context.loaders.rep.load(repId)) !== null);
  if (!allowed) throw new Refusal('NOT_FOUND', 'There is no such rep.');
  return repId;
}

const leadSuccess = (name: string) =>
  builder.objectRef<{ readonly lead: Lead }>(name).implement({
    authScopes: { signedIn: true },
    fields: (t) => ({ lead: t.field({ type: LeadRef, resolve: ({ lead }) => lead }) }),
  });

const UpdateLeadStatusInput = builder.inputType('UpdateLeadStatusInput', {
  fields: (t) => ({
    leadId: t.id({ required: true }),
    status: t.field({ type: LeadStatusRef, required: true, description: 'Not NEW.' }),
  }),
});

builder.mutationField('updateLeadStatus', (t) =>
  t.field({
    type: resultType('UpdateLeadStatus', leadSuccess('UpdateLeadStatusSuccess')),
    description: 'Moves a lead along. Closing it frees its owner’s capacity, opening it again takes it back.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: UpdateLeadStatusInput, required: true }) },
    resolve: (_root, { input: { leadId, status } }, context) =>
      orRefusal(async () => {
        if (status === 'NEW')
          throw new InvalidInput([
            { path: ['status'], message: 'must not be NEW: a lead that has an owner is ASSIGNED' },
          ]);
        const id = await requireLead(leadId, context);
        return { lead: await runOnLead(context, id, updateLeadStatus(id, status)) };
      }),
  }),
);

const AcknowledgeAssignmentInput = builder.inputType('AcknowledgeAssignmentInput', {
  fields: (t) => ({ assignmentId: t.id({ required: true }) }),
});

const AcknowledgeAssignmentSuccess = builder
  .objectRef<{ readonly assignment: Assignment }>('AcknowledgeAssignmentSuccess')
  .implement({
    authScopes: { signedIn: true },
    fields: (t) => ({ assignment: t.field({ type: AssignmentRef, resolve: ({ assignment }) => assignment }) }),
  });

builder.mutationField('acknowledgeAssignment', (t) =>
  t.field({
    type: resultType('AcknowledgeAssignment', AcknowledgeAssignmentSuccess),
    description: 'Notes that the owner has seen the assignment. Twice is as good as once.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: AcknowledgeAssignmentInput, required: true }) },
    resolve: (_root, { input: { assignmentId } }, context) =>
      orRefusal(async () => {
        const { id, leadId } = await requireAssignment(assignmentId, context);
        return { assignment: await runOnLead(context, leadId, acknowledge(leadId, id)) };
      }),
  }),
);

/** Who had the assignment may learn that it has moved on; to others it does not exist. @throws Refusal NOT_FOUND */
async function requireAssignment(globalId: string, context: Context): Promise<Assignment> {
  const assignment = await context.loaders.assignment.load(decodeId('Assignment', globalId));
  const { repId } = signedIn(context);
  const known = assignment && (assignment.repId === repId || (await visibleLead(assignment.leadId, context)));
  if (!known) throw new Refusal('NOT_FOUND', 'There is no such assignment.');
  return assignment;
}

const reasonSchema = line(500).refine((reason) => reason !== null, { error: 'must not be empty' });

const AcceptAssignmentInput = builder.inputType('AcceptAssignmentInput', {
  fields: (t) => ({ assignmentId: t.id({ required: true }) }),
});

builder.mutationField('acceptAssignment', (t) =>
  t.field({
    type: resultType(
      'AcceptAssignment',
      builder.objectRef<{ readonly assignment: Assignment }>('AcceptAssignmentSuccess').implement({
        authScopes: { signedIn: true },
        fields: (f) => ({ assignment: f.field({ type: AssignmentRef, resolve: ({ assignment }) => assignment }) }),
      }),
    ),
    description: 'Accepts a lead that is offered; it counts as acknowledged. Twice is as good as once.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: AcceptAssignmentInput, required: true }) },
    resolve: (_root, { input: { assignmentId } }, context) =>
      orRefusal(async () => {
        const { id, leadId } = await requireAssignment(assignmentId, context);
        return { assignment: await runOnLead(context, leadId, accept(leadId, id)) };
      }),
  }),
);

const DeclineAssignmentInput = builder.inputType('DeclineAssignmentInput', {
  fields: (t) => ({
    assignmentId: t.id({ required: true }),
    reason: t.string({ required: true, description: 'At most 500 characters.' }),
  }),
});

builder.mutationField('declineAssignment', (t) =>
  t.field({
    type: resultType(
      'DeclineAssignment',
      builder.objectRef<{ readonly former: Assignment }>('DeclineAssignmentSuccess').implement({
        authScopes: { signedIn: true },
        fields: (f) => ({
          assignment: f.field({
            type: AssignmentRef,
            description: 'The one that was declined. It stays where nobody else can take the lead.',
            resolve: ({ former }, _args, { loaders }) => loadRequired(loaders.assignment, former.id),
          }),
        }),
      }),
    ),
    description: 'Declines a lead that is offered: it goes to the next of the step, who has not had it.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: DeclineAssignmentInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const reason = parse(reasonSchema, input.reason, ['reason']) as string;
        const former = await requireAssignment(input.assignmentId, context);
        await runOnLead(context, former.leadId, decline(former.leadId, former.id, reason));
        return { former };
      }),
  }),
);

const AssignLeadInput = builder.inputType('AssignLeadInput', {
  fields: (t) => ({
    leadId: t.id({ required: true }),
    repId: t.id({ required: true }),
    reason: t.string({ required: true, description: 'At most 500 characters.' }),
    poolId: t.id({ description: 'Pool whose rotation counts it; the one that routed the lead unless told.' }),
  }),
});

const AssignLeadSuccess = builder.objectRef<OwnedLead>('AssignLeadSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    lead: t.field({ type: LeadRef, resolve: ({ lead }) => lead }),
    assignment: t.field({ type: AssignmentRef, resolve: ({ assignment }) => assignment }),
  }),
});

builder.mutationField('assignLead', (t) =>
  t.field({
    type: resultType('AssignLead', AssignLeadSuccess),
    description:
      'Gives an open lead to a rep by hand, beyond capacity if need be. To the present owner it changes nothing.',
    authScopes: { 'leads:assign': true },
    args: { input: t.arg({ type: AssignLeadInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const { name } = signedIn(context);
        const reason = parse(reasonSchema, input.reason, ['reason']) as string;
        const repId = decodeId('Rep', input.repId);
        const poolId = decodeOptionalId('Pool', input.poolId) ?? null;
        const visibility = await context.visibility();
        if (visibility.of === 'reps' && !visibility.repIds.includes(repId))
          throw new Refusal('NOT_FOUND', 'There is no such rep.');
        const leadId = await requireLead(input.leadId, context);
        return runOnLead(context, leadId, assignByHand({ leadId, repId, reason, poolId, by: name }));
      }),
  }),
);
