import type { Operation } from '../../assignment/lane.ts';
import type { Assignment } from '../../db/generated/client.ts';
import { builder } from '../builder.ts';
import { pageArgs, pageComplexity } from '../connection.ts';
import { type Context, signedIn } from '../context.ts';
import { decodeId, encodeId } from '../ids.ts';
import type { AccountSuggestion } from '../leadLookups.ts';
import { visibleLead } from '../visibleLead.ts';
import { decisionOf } from './decision.ts';
import {
  ActivityKindRef,
  LeadStatusRef,
  MethodRef,
  OfferStatusRef,
  QualificationRef,
  RequestKindRef,
  SlaStatusRef,
} from './enums.ts';
import { LeadConnectionRef, LeadFilterRef, leadPage } from './leadList.ts';
import { findNode, NodeRef } from './node.ts';
import {
  AccountRef,
  ActivityRef,
  AssignmentRef,
  DecisionRef,
  LeadRef,
  loadOptional,
  loadRequired,
  PoolRef,
  QueueRef,
  RepRef,
  TerritoryRef,
} from './refs.ts';

const AccountSuggestionRef = builder.objectRef<AccountSuggestion>('AccountSuggestion').implement({
  description: 'An account that a lead may belong to, by the likeness of names. Nothing is routed by it.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    account: t.field({
      type: AccountRef,
      resolve: ({ accountId }, _args, { loaders }) => loadRequired(loaders.account, accountId),
    }),
    score: t.exposeFloat('score', { description: 'Trigram similarity, from the threshold 0.6 to 1.' }),
  }),
});

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
    metro: t.exposeString('metro', { nullable: true, description: 'Key of a known metro area, else as it came.' }),
    postalCode: t.exposeString('postalCode', { nullable: true }),
    latitude: t.exposeFloat('latitude', { nullable: true }),
    longitude: t.exposeFloat('longitude', { nullable: true }),
    industry: t.exposeString('industry', { nullable: true }),
    naicsSector: t.exposeString('naicsSector', { nullable: true, description: 'NAICS 2022, from the industry.' }),
    naceSection: t.exposeString('naceSection', { nullable: true, description: 'NACE Rev. 2, from the industry.' }),
    employees: t.exposeInt('employees', { nullable: true, description: 'Company size.' }),
    score: t.exposeFloat('score', { nullable: true, description: '0 to 100.' }),
    priority: t.exposeInt('priority', { description: 'What waits with a higher one is served first.' }),
    requestKind: t.expose('requestKind', { type: RequestKindRef }),
    productInterest: t.exposeString('productInterest', { nullable: true }),
    qualification: t.expose('qualification', { type: QualificationRef }),
    icp: t.exposeBoolean('icp', { description: 'Whether it fits the ideal customer profile.' }),
    timeZone: t.exposeString('timeZone', { nullable: true, description: 'IANA.' }),
    language: t.exposeString('language', { nullable: true, description: 'BCP 47.' }),
    message: t.exposeString('message', { nullable: true }),
    attributes: t.field({ type: 'JSON', resolve: ({ attributes }) => attributes }),
    derived: t.field({
      type: 'JSON',
      description: 'Fields that were worked out, with what they were worked out of.',
      resolve: ({ derived }) => derived,
    }),
    firstLead: t.field({
      type: LeadRef,
      nullable: true,
      description: 'The same person’s first lead, where this is a later one that is yours to see too.',
      resolve: ({ firstLeadId }, _args, context) => (firstLeadId === null ? null : visibleLead(firstLeadId, context)),
    }),
    related: t.field({
      type: [LeadRef],
      authScopes: { staff: true },
      description:
        'Other leads of the same company, by domain or name, that are yours to see; newest first, at most 25.',
      complexity: { field: 1, multiplier: 25 },
      resolve: async ({ id }, _args, { loaders }) => {
        const related = await loaders.relatedLeads.load(id);
        return Promise.all(related.map((each) => loadRequired(loaders.lead, each.id)));
      },
    }),
    accountSuggestions: t.field({
      type: [AccountSuggestionRef],
      authScopes: { 'configuration:read': true },
      description: 'Accounts with a similar name, where none was recognised; the most similar first, at most 5.',
      complexity: { field: 5, multiplier: 5 },
      resolve: ({ id }, _args, { loaders }) => loaders.accountSuggestions.load(id),
    }),
    capturedAt: t.expose('capturedAt', { type: 'DateTime', description: 'As the source says; may be old.' }),
    receivedAt: t.expose('receivedAt', { type: 'DateTime' }),
    erasedAt: t.expose('erasedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since then nothing says who the person was.',
    }),
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

const SlaRef = builder.objectRef<Assignment>('Sla').implement({
  description: 'How long an owner has for the first contact.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    policy: t.string({
      description: 'Key of the policy; `default` for the one that holds where there is no other.',
      resolve: ({ slaPolicy }) => slaPolicy ?? '',
    }),
    dueAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ slaDueAt }) => slaDueAt }),
    status: t.field({
      type: SlaStatusRef,
      nullable: true,
      description: 'Null where the lead moved on, or was closed, before it was due.',
      resolve: ({ slaStatus }) => slaStatus,
    }),
  }),
});

const OfferRef = builder.objectRef<Assignment>('Offer').implement({
  description: 'Whether an owner accepts a lead.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    until: t.field({ type: 'DateTime', nullable: true, resolve: ({ offerUntil }) => offerUntil }),
    status: t.field({ type: OfferStatusRef, nullable: true, resolve: ({ offerStatus }) => offerStatus }),
    reason: t.string({
      authScopes: { staff: true },
      nullable: true,
      description: 'DECLINED: why.',
      resolve: ({ offerReason }) => offerReason,
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
    stepKey: t.exposeString('stepKey', {
      nullable: true,
      description: 'Key of the step that routed the lead; kept when it goes on by hand or by a claim.',
    }),
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
    sla: t.field({
      type: SlaRef,
      nullable: true,
      description: 'How long the owner has for the first contact; null where no policy applies.',
      resolve: (assignment) => (assignment.slaPolicy === null ? null : assignment),
    }),
    offer: t.field({
      type: OfferRef,
      nullable: true,
      description: 'Null where the lead was given and not offered.',
      resolve: (assignment) => (assignment.offerStatus === null ? null : assignment),
    }),
    queue: t.field({
      type: QueueRef,
      nullable: true,
      authScopes: { 'configuration:read': true },
      description: 'Where the lead waits (method QUEUE), or was claimed or pushed from.',
      resolve: ({ queueId }, _args, { loaders }) => loadOptional(loaders.queue, queueId),
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

/** Carries out an operation on one lead; what was read of it before is read anew. */
export async function runOnLead<Result>(
  context: Context,
  leadId: string,
  operation: Operation<Result>,
): Promise<Result> {
  const result = await context.intake.lanes.run(signedIn(context).workspaceId, operation);
  const { lead, assignment, presentAssignment, assignmentsOfLead, activitiesOfLead, queuedLead, repState } =
    context.loaders;
  for (const loader of [lead, presentAssignment, assignmentsOfLead, activitiesOfLead, queuedLead]) loader.clear(leadId);
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
