import { lintPlan, publishPlan, restorePlan, savePlanDraft, toPlan } from '../../configuration/plans.ts';
import type { PlanReport } from '../../domain/checkPlan.ts';
import type { RepMatch, Step, Target, WhenNobody } from '../../domain/plan.ts';
import { builder } from '../builder.ts';
import { connectionType, page, pageArgs, pageComplexity } from '../connection.ts';
import { signedIn } from '../context.ts';
import { encodeId } from '../ids.ts';
import { IssueRef } from '../results.ts';
import { ConditionInput } from './condition.ts';
import { configurationMutation } from './configurationMutation.ts';
import { MatchOperatorRef, PlanStatusRef, StepKindRef, TargetKindRef, WhenNobodyKindRef } from './enums.ts';
import { findNode, NodeRef } from './node.ts';
import { PlanRef } from './refs.ts';

const RepMatchRef = builder.objectRef<RepMatch>('RepMatch').implement({
  description: 'A dynamic match between lead and rep.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    repField: t.exposeString('repField', {
      description: '`specialties`, `language`, `timeZone` or `attributes.<name>`.',
    }),
    operator: t.expose('operator', { type: MatchOperatorRef }),
    leadField: t.exposeString('leadField'),
  }),
});

const TargetRef = builder.objectRef<Target>('Target').implement({
  description: 'To whom a step leads.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    kind: t.expose('kind', { type: TargetKindRef }),
    rep: t.string({ nullable: true, description: 'Key.', resolve: (target) => ('rep' in target ? target.rep : null) }),
    pool: t.string({
      nullable: true,
      description: 'Key.',
      resolve: (target) => ('pool' in target ? target.pool : null),
    }),
  }),
});

const WhenNobodyRef = builder.objectRef<WhenNobody>('WhenNobody').implement({
  description: 'What a step does when nobody in its target can take the lead.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    kind: t.expose('kind', { type: WhenNobodyKindRef }),
    pool: t.string({ nullable: true, description: 'Key.', resolve: (each) => ('pool' in each ? each.pool : null) }),
  }),
});

const StepRef = builder.objectRef<Step>('Step').implement({
  description: 'One line of a plan. The first step that matches and yields a rep wins.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    key: t.exposeString('key'),
    name: t.exposeString('name'),
    kind: t.expose('kind', { type: StepKindRef }),
    condition: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Null matches every lead.',
      resolve: ({ condition }) => condition,
    }),
    match: t.field({ type: [RepMatchRef], resolve: ({ match }) => [...match] }),
    target: t.field({ type: TargetRef, resolve: ({ target }) => target }),
    whenNobody: t.field({ type: WhenNobodyRef, resolve: ({ whenNobody }) => whenNobody }),
  }),
});

PlanRef.implement({
  description: 'A version of the plan: the ordered steps and the last resort.',
  authScopes: { signedIn: true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('Plan', id) }),
    version: t.exposeInt('version'),
    status: t.expose('status', { type: PlanStatusRef }),
    steps: t.field({ type: [StepRef], resolve: (plan) => [...toPlan(plan).steps] }),
    lastResort: t.exposeStringList('lastResort', {
      description: 'Rep keys; the first who has not left takes what no step can place.',
    }),
    note: t.exposeString('note', { nullable: true }),
    savedBy: t.exposeString('savedBy'),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    publishedAt: t.expose('publishedAt', { type: 'DateTime', nullable: true }),
  }),
});

const PlanConnection = connectionType('Plan', PlanRef);

findNode('Plan', async (id, { database, principal }) =>
  principal?.scopes.has('configuration:read')
    ? database.prisma.planVersion.findUnique({ where: { workspaceId_id: { workspaceId: principal.workspaceId, id } } })
    : null,
);

builder.queryField('plan', (t) =>
  t.field({
    type: PlanRef,
    nullable: true,
    description: 'The published plan, or the version asked for.',
    authScopes: { 'configuration:read': true },
    args: { version: t.arg.int() },
    resolve: (_root, { version }, context) => {
      const { workspaceId } = signedIn(context);
      return context.database.prisma.planVersion.findFirst({
        where: { workspaceId, ...(version == null ? { status: 'PUBLISHED' } : { version }) },
      });
    },
  }),
);

builder.queryField('planDraft', (t) =>
  t.field({
    type: PlanRef,
    nullable: true,
    description: 'The draft, if there is one.',
    authScopes: { 'configuration:read': true },
    resolve: (_root, _args, context) => {
      const { workspaceId } = signedIn(context);
      return context.database.prisma.planVersion.findFirst({ where: { workspaceId, status: 'DRAFT' } });
    },
  }),
);

builder.queryField('planVersions', (t) =>
  t.field({
    type: PlanConnection,
    description: 'All versions, newest first.',
    authScopes: { 'configuration:read': true },
    complexity: pageComplexity,
    args: pageArgs,
    resolve: (_root, args, context) => {
      const { workspaceId } = signedIn(context);
      return page(args, { workspaceId, field: 'version', direction: 'desc' }, ({ where, ...query }) =>
        context.database.prisma.planVersion.findMany({ where: { workspaceId, ...where }, ...query }),
      );
    },
  }),
);

const PlanReportRef = builder.objectRef<PlanReport>('PlanReport').implement({
  description: 'What is wrong with a plan. Errors keep it from being published, warnings do not.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    publishable: t.boolean({ resolve: ({ errors }) => errors.length === 0 }),
    errors: t.field({
      type: [IssueRef],
      description: 'These keep it from being published.',
      resolve: ({ errors }) => [...errors],
    }),
    warnings: t.field({ type: [IssueRef], resolve: ({ warnings }) => [...warnings] }),
  }),
});

builder.queryField('lintPlan', (t) =>
  t.field({
    type: PlanReportRef,
    description: 'What is wrong with a version; the latest unless told.',
    authScopes: { 'configuration:read': true },
    args: { version: t.arg.int() },
    resolve: (_root, { version }, context) => {
      const { workspaceId } = signedIn(context);
      return lintPlan({ database: context.database, workspaceId }, version ?? null);
    },
  }),
);

const RepMatchInput = builder.inputType('RepMatchInput', {
  fields: (t) => ({
    repField: t.string({ required: true }),
    operator: t.field({ type: MatchOperatorRef, required: true }),
    leadField: t.string({ required: true }),
  }),
});
const TargetInput = builder.inputType('TargetInput', {
  fields: (t) => ({ kind: t.field({ type: TargetKindRef, required: true }), rep: t.string(), pool: t.string() }),
});
const WhenNobodyInput = builder.inputType('WhenNobodyInput', {
  fields: (t) => ({ kind: t.field({ type: WhenNobodyKindRef, required: true }), pool: t.string() }),
});
const StepInput = builder.inputType('StepInput', {
  fields: (t) => ({
    key: t.string({ required: true }),
    name: t.string({ description: 'The key unless told.' }),
    kind: t.field({ type: StepKindRef, required: true }),
    condition: t.field({ type: ConditionInput }),
    match: t.field({ type: [RepMatchInput], description: 'All must hold; who does not fit is passed over.' }),
    target: t.field({ type: TargetInput, required: true }),
    whenNobody: t.field({ type: WhenNobodyInput, description: 'NEXT_STEP unless told.' }),
  }),
});
const SavePlanDraftInput = builder.inputType('SavePlanDraftInput', {
  fields: (t) => ({
    steps: t.field({ type: [StepInput], required: true, description: 'At most 10,000.' }),
    lastResort: t.stringList({ required: true, description: 'Rep keys; the first who has not left takes the lead.' }),
    note: t.string(),
    expectedVersion: t.int({ description: 'The draft you edited; another one in the meantime is a VERSION_CONFLICT.' }),
  }),
});
const PublishPlanInput = builder.inputType('PublishPlanInput', {
  fields: (t) => ({ version: t.int({ required: true, description: 'Of the draft.' }) }),
});
const RestorePlanInput = builder.inputType('RestorePlanInput', {
  fields: (t) => ({ version: t.int({ required: true }), note: t.string() }),
});

configurationMutation({
  name: 'savePlanDraft',
  description: 'Saves the draft; it decides nothing before it is published.',
  input: SavePlanDraftInput,
  field: 'plan',
  type: PlanRef,
  change: savePlanDraft,
});

configurationMutation({
  name: 'publishPlan',
  description: 'Publishes the draft: the next lead goes by it. Refused with PLAN_INVALID as `lintPlan` says.',
  input: PublishPlanInput,
  field: 'plan',
  type: PlanRef,
  change: (context, { version }) => publishPlan(context, version),
});

configurationMutation({
  name: 'restorePlan',
  description: 'Publishes an earlier version again, under a number of its own.',
  input: RestorePlanInput,
  field: 'plan',
  type: PlanRef,
  change: (context, { version, note }) => restorePlan(context, version, note ?? null),
});
