import type { OwnedLead } from '../../assignment/batch.ts';
import type { Operation } from '../../assignment/lane.ts';
import {
  acknowledge,
  assignByHand,
  recordActivity,
  type Submitted,
  updateLeadStatus,
} from '../../assignment/operations.ts';
import { readDecision, storeDecision } from '../../assignment/storedDecision.ts';
import { maySee } from '../../auth/visibility.ts';
import { parse } from '../../configuration/inputs.ts';
import type { Activity, Assignment, Lead } from '../../db/generated/client.ts';
import { InvalidInput, Refusal } from '../../domain/errors.ts';
import { LIMITS } from '../../intake/leadInput.ts';
import { previewRouting, type SubmitOutcome, submitLead, submitLeads } from '../../intake/submitLeads.ts';
import { line, multiline } from '../../intake/text.ts';
import { builder } from '../builder.ts';
import { pageArgs, pageComplexity } from '../connection.ts';
import { type Context, signedIn } from '../context.ts';
import { decodeId, decodeOptionalId, encodeId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { decisionOf } from './decision.ts';
import { ActivityKindRef, LeadStatusRef, MethodRef, QualificationRef, RequestKindRef } from './enums.ts';
import { LeadConnectionRef, LeadFilterRef, leadPage } from './leadList.ts';
import { findNode, NodeRef } from './node.ts';
import {
  AccountRef,
  ActivityRef,
  AssignmentRef,
  DecisionRef,
  type DecisionRow,
  LeadRef,
  loadOptional,
  loadRequired,
  PoolRef,
  RepRef,
  TerritoryRef,
} from './refs.ts';

LeadRef.implement({
  description: 'One enquiry by one person, normalised.',
  authScopes: { signedIn: true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('Lead', id) }),
    status: t.expose('status', { type: LeadStatusRef }),
    source: t.exposeString('source'),
    idempotencyKey: t.exposeString('idempotencyKey', { nullable: true }),
    firstName: t.exposeString('firstName', { nullable: true }),
    lastName: t.exposeString('lastName', { nullable: true }),
    email: t.exposeString('email', { nullable: true }),
    phone: t.exposeString('phone', { nullable: true, description: 'E.164.' }),
    jobTitle: t.exposeString('jobTitle', { nullable: true }),
    companyName: t.exposeString('companyName', { nullable: true }),
    companyDomain: t.exposeString('companyDomain', { nullable: true, description: 'Registrable; null for free-mail.' }),
    account: t.field({
      type: AccountRef,
      nullable: true,
      resolve: ({ accountId }, _args, { loaders }) => loadOptional(loaders.account, accountId),
    }),
    country: t.exposeString('country', { nullable: true, description: 'ISO 3166-1 alpha-2.' }),
    region: t.exposeString('region', { nullable: true, description: 'ISO 3166-2.' }),
    city: t.exposeString('city', { nullable: true }),
    metro: t.exposeString('metro', { nullable: true }),
    postalCode: t.exposeString('postalCode', { nullable: true }),
    industry: t.exposeString('industry', { nullable: true }),
    employees: t.exposeInt('employees', { nullable: true, description: 'Company size.' }),
    score: t.exposeFloat('score', { nullable: true, description: '0 to 100.' }),
    requestKind: t.expose('requestKind', { type: RequestKindRef }),
    productInterest: t.exposeString('productInterest', { nullable: true }),
    qualification: t.expose('qualification', { type: QualificationRef }),
    icp: t.exposeBoolean('icp', { description: 'Whether it fits the ideal customer profile.' }),
    timeZone: t.exposeString('timeZone', { nullable: true, description: 'IANA.' }),
    language: t.exposeString('language', { nullable: true, description: 'BCP 47.' }),
    message: t.exposeString('message', { nullable: true }),
    attributes: t.field({ type: 'JSON', resolve: ({ attributes }) => attributes }),
    capturedAt: t.expose('capturedAt', { type: 'DateTime', description: 'As the source says; may be old.' }),
    receivedAt: t.expose('receivedAt', { type: 'DateTime' }),
    firstContactAt: t.expose('firstContactAt', { type: 'DateTime', nullable: true, description: 'By anyone.' }),
    closedAt: t.expose('closedAt', { type: 'DateTime', nullable: true }),
    owner: t.field({
      type: RepRef,
      description: 'Who owns it now; of a closed lead, who owned it last.',
      resolve: async ({ id }, _args, { loaders }) =>
        loadRequired(loaders.rep, (await loadRequired(loaders.presentAssignment, id)).repId),
    }),
    assignment: t.field({
      type: AssignmentRef,
      description: 'The present assignment; of a closed lead, the last.',
      resolve: ({ id }, _args, { loaders }) => loadRequired(loaders.presentAssignment, id),
    }),
    assignments: t.field({
      authScopes: { staff: true },
      type: [AssignmentRef],
      description: 'Oldest first.',
      resolve: ({ id }, _args, { loaders }) => loaders.assignmentsOfLead.load(id),
    }),
    activities: t.field({
      authScopes: { staff: true },
      type: [ActivityRef],
      description: 'Oldest first.',
      resolve: ({ id }, _args, { loaders }) => loaders.activitiesOfLead.load(id),
    }),
  }),
});

AssignmentRef.implement({
  description: 'One ownership of one lead by one rep, from when to when, by which method.',
  authScopes: { signedIn: true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('Assignment', id) }),
    number: t.expose('number', { type: 'SequenceNumber', description: 'In commit order, without gaps.' }),
    lead: t.field({
      type: LeadRef,
      nullable: true,
      description: 'Null where the lead is no longer yours to see.',
      resolve: ({ leadId }, _args, context) => visibleLead(leadId, context),
    }),
    rep: t.field({ type: RepRef, resolve: ({ repId }, _args, { loaders }) => loadRequired(loaders.rep, repId) }),
    method: t.expose('method', { type: MethodRef }),
    stepKey: t.exposeString('stepKey', { nullable: true }),
    pool: t.field({
      type: PoolRef,
      nullable: true,
      resolve: ({ poolId }, _args, { loaders }) => loadOptional(loaders.pool, poolId),
    }),
    territory: t.field({
      type: TerritoryRef,
      nullable: true,
      resolve: ({ territoryId }, _args, { loaders }) => loadOptional(loaders.territory, territoryId),
    }),
    planVersion: t.exposeInt('planVersion', { nullable: true }),
    reason: t.exposeString('reason', {
      authScopes: { staff: true },
      nullable: true,
      description: 'By hand: the reason given.',
    }),
    assignedBy: t.exposeString('assignedBy', {
      authScopes: { staff: true },
      nullable: true,
      description: 'By hand: by whom.',
    }),
    assignedAt: t.expose('assignedAt', { type: 'DateTime' }),
    acknowledgedAt: t.expose('acknowledgedAt', { type: 'DateTime', nullable: true }),
    firstContactAt: t.expose('firstContactAt', { type: 'DateTime', nullable: true, description: 'By this owner.' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true }),
    responseTimeSeconds: t.int({
      nullable: true,
      description: 'From the assignment to its owner’s first contact.',
      resolve: ({ assignedAt, firstContactAt }) =>
        firstContactAt === null ? null : Math.round((firstContactAt.getTime() - assignedAt.getTime()) / 1_000),
    }),
    decision: t.field({ type: DecisionRef, resolve: (assignment, _args, context) => decisionOf(assignment, context) }),
  }),
});

ActivityRef.implement({
  description: 'Something that was done about a lead.',
  authScopes: { staff: true },
  fields: (t) => ({
    kind: t.expose('kind', { type: ActivityKindRef }),
    note: t.exposeString('note', { nullable: true }),
    at: t.expose('at', { type: 'DateTime' }),
    rep: t.field({
      type: RepRef,
      nullable: true,
      resolve: ({ repId }, _args, { loaders }) => loadOptional(loaders.rep, repId),
    }),
  }),
});

/** A lead, if it exists and is the caller's to see. */
async function visibleLead(id: string, context: Context): Promise<Lead | null> {
  const [lead, present] = await Promise.all([
    context.loaders.lead.load(id),
    context.loaders.presentAssignment.load(id),
  ]);
  return lead && present && maySee(await context.visibility(), lead, present) ? lead : null;
}

/** The UUID of a lead that the caller may see. @throws Refusal NOT_FOUND */
async function requireLead(id: string, context: Context): Promise<string> {
  const lead = await visibleLead(decodeId('Lead', id), context);
  if (!lead) throw new Refusal('NOT_FOUND', 'There is no such lead.');
  return lead.id;
}

/** Carries out an operation on one lead; what was read of it before is read anew. */
async function runOnLead<Result>(context: Context, leadId: string, operation: Operation<Result>): Promise<Result> {
  const result = await context.intake.lanes.run(signedIn(context).workspaceId, operation);
  const { lead, assignment, presentAssignment, assignmentsOfLead, activitiesOfLead, repState } = context.loaders;
  for (const loader of [lead, presentAssignment, assignmentsOfLead, activitiesOfLead]) loader.clear(leadId);
  assignment.clearAll();
  repState.clearAll();
  return result;
}

findNode('Lead', async (id, context) =>
  context.principal?.scopes.has('leads:read') ? visibleLead(id, context) : null,
);
findNode('Assignment', async (id, context) => {
  if (!context.principal?.scopes.has('leads:read')) return null;
  const assignment = await context.loaders.assignment.load(id);
  return assignment && (await visibleLead(assignment.leadId, context)) ? assignment : null;
});

builder.queryField('lead', (t) =>
  t.field({
    type: LeadRef,
    nullable: true,
    description: 'Null for what does not exist or is not yours to see.',
    authScopes: { 'leads:read': true },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => visibleLead(decodeId('Lead', id), context),
  }),
);

builder.queryField('leads', (t) =>
  t.field({
    type: LeadConnectionRef,
    description: 'Those that are yours to see, newest first.',
    authScopes: { 'leads:read': true },
    complexity: pageComplexity,
    args: { ...pageArgs, filter: t.arg({ type: LeadFilterRef }) },
    resolve: (_root, { filter, ...args }, context) => leadPage(context, args, filter),
  }),
);

const LeadInput = builder.inputType('LeadInput', {
  description: 'What a source knows. Text is trimmed; empty text is as good as none.',
  fields: (t) => ({
    firstName: t.string({ description: 'At most 100 characters.' }),
    lastName: t.string({ description: 'At most 100 characters.' }),
    email: t.string({ description: '`Ada Stone <ada@example.com>` is taken apart.' }),
    phone: t.string({ description: 'With country code, unless `country` is given.' }),
    jobTitle: t.string(),
    companyName: t.string(),
    companyDomain: t.string({
      description: 'Or a web address; taken from the e-mail address unless that is free-mail.',
    }),
    accountKey: t.string({ description: 'Key of the account the source says the lead belongs to.' }),
    country: t.string({ description: 'Code or name.' }),
    region: t.string({ description: 'ISO 3166-2, or code or name within the country.' }),
    city: t.string(),
    metro: t.string(),
    postalCode: t.string(),
    industry: t.string(),
    employees: t.int({ description: 'Company size, 0 to 10,000,000.' }),
    score: t.float({ description: '0 to 100.' }),
    requestKind: t.field({ type: RequestKindRef }),
    productInterest: t.string(),
    qualification: t.field({ type: QualificationRef }),
    icp: t.boolean(),
    timeZone: t.string({ description: 'IANA.' }),
    language: t.string({ description: 'BCP 47.' }),
    message: t.string({ description: 'At most 10,000 characters.' }),
    attributes: t.field({ type: 'JSON', description: 'At most 100, by name: text, numbers, booleans.' }),
    source: t.string({ description: '`api` unless told.' }),
    capturedAt: t.field({
      type: 'DateTime',
      description: 'When the source captured it; may be old, not in the future.',
    }),
  }),
});

const SubmitLeadInput = builder.inputType('SubmitLeadInput', {
  fields: (t) => ({
    lead: t.field({ type: LeadInput, required: true }),
    idempotencyKey: t.string({
      description: 'Unique per source, at most 200 characters. The same key is answered with the same lead.',
    }),
  }),
});

const SubmitLeadSuccess = builder.objectRef<Submitted>('SubmitLeadSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    lead: t.field({
      type: LeadRef,
      resolve: (result, _args, { loaders }) => {
        // What was just written need not be read again.
        loaders.presentAssignment.prime(result.lead.id, result.assignment);
        return result.lead;
      },
    }),
    assignment: t.field({
      type: AssignmentRef,
      resolve: (result, _args, { loaders }) => {
        loaders.lead.prime(result.lead.id, result.lead);
        loaders.presentAssignment.prime(result.lead.id, result.assignment);
        return result.assignment;
      },
    }),
    repeated: t.exposeBoolean('repeated', { description: 'Whether the idempotency key had been answered before.' }),
  }),
});

const SubmitLeadResult = resultType('SubmitLead', SubmitLeadSuccess);

builder.mutationField('submitLead', (t) =>
  t.field({
    type: SubmitLeadResult,
    description: 'Gives a lead its owner: when this answers, the rep owns it and nothing can lose it.',
    authScopes: { 'leads:submit': true },
    args: { input: t.arg({ type: SubmitLeadInput, required: true }) },
    resolve: (_root, { input }, context) => orRefusal(() => submitLead(context.intake, signedIn(context), input)),
  }),
);

const SubmitLeadsInput = builder.inputType('SubmitLeadsInput', {
  fields: (t) => ({
    leads: t.field({ type: [SubmitLeadInput], required: true, description: `At most ${LIMITS.leads}.` }),
  }),
});

/** What became of one call of submitLeads. */
interface Submissions {
  readonly outcomes: readonly SubmitOutcome[];
  readonly milliseconds: number;
}

const isAccepted = (outcome: SubmitOutcome): outcome is Submitted => !(outcome instanceof Refusal);

interface Count {
  readonly id: string;
  readonly leads: number;
}

const countBy = (ids: readonly (string | null)[]): Count[] => {
  const counts = new Map<string, number>();
  for (const id of ids) if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
  return Array.from(counts, ([id, leads]) => ({ id, leads })).sort((a, b) => b.leads - a.leads);
};

export const RepCountRef = builder.objectRef<Count>('RepCount').implement({
  description: 'How many leads a rep received.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    rep: t.field({ type: RepRef, resolve: ({ id }, _args, { loaders }) => loadRequired(loaders.rep, id) }),
    leads: t.exposeInt('leads'),
  }),
});

const PoolCountRef = builder.objectRef<Count>('PoolCount').implement({
  description: 'How many leads a pool routed.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    pool: t.field({ type: PoolRef, resolve: ({ id }, _args, { loaders }) => loadRequired(loaders.pool, id) }),
    leads: t.exposeInt('leads'),
  }),
});

const SubmitLeadsSummary = builder.objectRef<Submissions>('SubmitLeadsSummary').implement({
  description: 'What became of the leads of one call.',
  authScopes: { signedIn: true },
  fields: (t) => {
    const accepted = ({ outcomes }: Submissions): Submitted[] => outcomes.filter(isAccepted);
    const fresh = (submissions: Submissions): Submitted[] => accepted(submissions).filter(({ repeated }) => !repeated);
    return {
      accepted: t.int({ description: 'New leads.', resolve: (all) => fresh(all).length }),
      repeated: t.int({ description: 'Answered before.', resolve: (all) => accepted(all).length - fresh(all).length }),
      refused: t.int({ resolve: (all) => all.outcomes.length - accepted(all).length }),
      perRep: t.field({
        type: [RepCountRef],
        resolve: (all) => countBy(fresh(all).map(({ assignment }) => assignment.repId)),
      }),
      perPool: t.field({
        type: [PoolCountRef],
        resolve: (all) => countBy(fresh(all).map(({ assignment }) => assignment.poolId)),
      }),
      lastResort: t.int({
        description: 'That no step could place.',
        resolve: (all) => fresh(all).filter(({ assignment }) => assignment.method === 'FALLBACK').length,
      }),
      milliseconds: t.exposeInt('milliseconds', { description: 'From the call to its commit.' }),
    };
  },
});

const SubmitLeadsSuccess = builder.objectRef<Submissions>('SubmitLeadsSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    results: t.field({
      type: [SubmitLeadResult],
      description: 'One per lead, in order.',
      resolve: ({ outcomes }) => outcomes.map((outcome) => (isAccepted(outcome) ? outcome : { refusal: outcome })),
    }),
    summary: t.field({ type: SubmitLeadsSummary, resolve: (all) => all }),
  }),
});

builder.mutationField('submitLeads', (t) =>
  t.field({
    type: resultType('SubmitLeads', SubmitLeadsSuccess),
    description: 'As so many calls of submitLead, one after the other. One that is refused hinders no other.',
    authScopes: { 'leads:submit': true },
    args: { input: t.arg({ type: SubmitLeadsInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const start = performance.now();
        const outcomes = await submitLeads(context.intake, signedIn(context), input.leads);
        return { outcomes, milliseconds: Math.round(performance.now() - start) };
      }),
  }),
);

const PreviewRoutingSuccess = builder.objectRef<{ readonly decision: DecisionRow }>('PreviewRoutingSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({ decision: t.field({ type: DecisionRef, resolve: ({ decision }) => decision }) }),
});

builder.queryField('previewRouting', (t) =>
  t.field({
    type: resultType('PreviewRouting', PreviewRoutingSuccess),
    description: 'Who would get this lead now, and why. Moves nothing and stores nothing.',
    authScopes: { 'configuration:read': true },
    args: { input: t.arg({ type: LeadInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const { decision, summary } = await previewRouting(context.intake, signedIn(context), input);
        return { decision: { ...decision, ...readDecision(storeDecision(decision, summary), decision.method) } };
      }),
  }),
);

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
      'Records what was done. A contact by the present owner is the response; anyone’s is the lead’s first contact.',
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
        const leadId = await requireLead(input.leadId, context);
        const activity = { leadId, kind: input.kind, note, at: input.at ?? null, repId };
        return runOnLead(context, leadId, recordActivity(activity));
      }),
  }),
);

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
        const id = decodeId('Assignment', assignmentId);
        const assignment = await context.loaders.assignment.load(id);
        const { repId } = signedIn(context);
        // Who had the assignment may learn that it has moved on; to others it does not exist.
        const known = assignment && (assignment.repId === repId || (await visibleLead(assignment.leadId, context)));
        if (!known) throw new Refusal('NOT_FOUND', 'There is no such assignment.');
        return { assignment: await runOnLead(context, assignment.leadId, acknowledge(assignment.leadId, id)) };
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

const reasonSchema = line(500).refine((reason) => reason !== null, { error: 'must not be empty' });

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
