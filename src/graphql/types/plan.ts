import { lintPlan, publishPlan, restorePlan, savePlanDraft, toPlan } from '../../configuration/plans.ts';
import type { Finding, PlanReport } from '../../domain/checkPlan.ts';
import { formatPath } from '../../domain/errors.ts';
import type { ListedPool, RepMatch, RepOrder, Step, Target, WhenNobody } from '../../domain/plan.ts';
import { builder } from '../builder.ts';
import { connectionType, page, pageArgs, pageComplexity } from '../connection.ts';
import { signedIn } from '../context.ts';
import { encodeId } from '../ids.ts';
import { ConditionInput } from './condition.ts';
import { configurationMutation } from './configurationMutation.ts';
import {
  DirectionRef,
  FindingCodeRef,
  MatchOperatorRef,
  OwnerAwayRef,
  PlanStatusRef,
  PoolListShareRef,
  StepKindRef,
  TargetKindRef,
  WhenNobodyKindRef,
} from './enums.ts';
import { findNode, NodeRef } from './node.ts';
import { PlanRef } from './refs.ts';

const RepMatchRef = builder.objectRef<RepMatch>('RepMatch').implement({
  description: 'A dynamic match between lead and rep.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    repField: t.exposeString('repField', {
      description:
        '`specialties`, `industries`, `regions`, `products`, `employeesMin`, `employeesMax`, `language`, `timeZone` or `attributes.<name>`.',
    }),
    operator: t.expose('operator', { type: MatchOperatorRef }),
    leadField: t.exposeString('leadField'),
  }),
});

const RepOrderRef = builder.objectRef<RepOrder>('RepOrder').implement({
  description: 'Which members stand before the others; who has no value stands last.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    repField: t.exposeString('repField'),
    first: t.expose('first', { type: DirectionRef }),
  }),
});

const ListedPoolRef = builder.objectRef<ListedPool>('ListedPool').implement({
  description: 'A pool in a list of pools.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    pool: t.exposeString('pool', { description: 'Key.' }),
    weight: t.exposeInt('weight', { description: 'Counts PER_POOL.' }),
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
    pools: t.field({
      type: [ListedPoolRef],
      nullable: true,
      resolve: (target) => ('pools' in target ? [...target.pools] : null),
    }),
    queue: t.string({
      nullable: true,
      description: 'Key.',
      resolve: (target) => ('queue' in target ? target.queue : null),
    }),
    share: t.field({
      type: PoolListShareRef,
      nullable: true,
      resolve: (target) => ('pools' in target ? target.share : null),
    }),
  }),
});

const WhenNobodyRef = builder.objectRef<WhenNobody>('WhenNobody').implement({
  description: 'What a step does when nobody in its target can take the lead.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    kind: t.expose('kind', { type: WhenNobodyKindRef }),
    pool: t.string({ nullable: true, description: 'Key.', resolve: (each) => ('pool' in each ? each.pool : null) }),
    queue: t.string({ nullable: true, description: 'Key.', resolve: (each) => ('queue' in each ? each.queue : null) }),
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
    match: t.field({
      type: [RepMatchRef],
      description: 'All must hold; who does not fit is passed over.',
      resolve: ({ match }) => [...match],
    }),
    prefer: t.field({
      type: [RepMatchRef],
      description: 'Who fits all of these stands a tier above for the lead.',
      resolve: ({ prefer }) => [...prefer],
    }),
    order: t.field({
      type: [RepOrderRef],
      description: 'Within a tier, before the rotation.',
      resolve: ({ order }) => [...order],
    }),
    ownerAway: t.expose('ownerAway', { type: OwnerAwayRef }),
    ownerBeyondCapacity: t.exposeBoolean('ownerBeyondCapacity', {
      description: 'Whether owners take their own accounts’ leads beyond their limits.',
    }),
    keepWithSubmitter: t.exposeBoolean('keepWithSubmitter', {
      description: 'Whether a rep who entered the lead keeps it, if they can take it.',
    }),
    offerSeconds: t.exposeInt('offerSeconds', {
      nullable: true,
      description: 'Within how many seconds whoever it gives a lead to must accept it; null for no such offer.',
    }),
    reviewOn: t.exposeString('reviewOn', {
      nullable: true,
      description: 'When somebody is to look at it again: YYYY-MM-DD. An alert is raised then.',
    }),
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
    revision: t.exposeInt('revision', {
      description:
        'Goes up with each draft that is saved and each version restored or applied: what `expectedRevision` takes.',
    }),
    reviewOn: t.exposeString('reviewOn', { nullable: true, description: 'When the whole is to be looked at again.' }),
    savedBy: t.exposeString('savedBy'),
    publishedBy: t.exposeString('publishedBy', { nullable: true }),
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

const FindingRef = builder.objectRef<Finding>('Finding').implement({
  description: 'Something that is, or may be, wrong with a plan.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    code: t.expose('code', { type: FindingCodeRef }),
    path: t.string({ description: 'Where, such as `steps[3].condition`.', resolve: ({ path }) => formatPath(path) }),
    message: t.exposeString('message'),
  }),
});

const PlanReportRef = builder.objectRef<PlanReport>('PlanReport').implement({
  description: 'What is wrong with a plan. Errors keep it from being published, warnings do not.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    publishable: t.boolean({ resolve: ({ errors }) => errors.length === 0 }),
    errors: t.field({
      type: [FindingRef],
      description: 'These keep it from being published.',
      resolve: ({ errors }) => [...errors],
    }),
    warnings: t.field({ type: [FindingRef], resolve: ({ warnings }) => [...warnings] }),
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
      return lintPlan({ database: context.database, clock: context.clock, workspaceId }, version ?? null);
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
const RepOrderInput = builder.inputType('RepOrderInput', {
  fields: (t) => ({
    repField: t.string({ required: true }),
    first: t.field({ type: DirectionRef, required: true }),
  }),
});
const ListedPoolInput = builder.inputType('ListedPoolInput', {
  fields: (t) => ({
    pool: t.string({ required: true, description: 'Key.' }),
    weight: t.int({ description: '1 to 10,000; 1 unless told. Counts PER_POOL.' }),
  }),
});
const TargetInput = builder.inputType('TargetInput', {
  fields: (t) => ({
    kind: t.field({ type: TargetKindRef, required: true }),
    rep: t.string({ description: 'With REP.' }),
    pool: t.string({ description: 'With POOL.' }),
    pools: t.field({ type: [ListedPoolInput], description: 'With POOLS: 1 to 100.' }),
    share: t.field({ type: PoolListShareRef, description: 'With POOLS: PER_HEAD unless told.' }),
    queue: t.string({ description: 'With QUEUE.' }),
  }),
});
const WhenNobodyInput = builder.inputType('WhenNobodyInput', {
  fields: (t) => ({
    kind: t.field({ type: WhenNobodyKindRef, required: true }),
    pool: t.string({ description: 'With BACKUP_POOL.' }),
    queue: t.string({ description: 'With QUEUE.' }),
  }),
});
const StepInput = builder.inputType('StepInput', {
  fields: (t) => ({
    key: t.string({ required: true }),
    name: t.string({ description: 'The key unless told.' }),
    kind: t.field({ type: StepKindRef, required: true }),
    condition: t.field({ type: ConditionInput }),
    match: t.field({ type: [RepMatchInput], description: 'All must hold; who does not fit is passed over.' }),
    prefer: t.field({ type: [RepMatchInput], description: 'Who fits all of these stands a tier above for the lead.' }),
    order: t.field({ type: [RepOrderInput], description: 'Within a tier, before the rotation. At most 5.' }),
    target: t.field({ type: TargetInput, required: true }),
    whenNobody: t.field({ type: WhenNobodyInput, description: 'NEXT_STEP unless told.' }),
    ownerAway: t.field({ type: OwnerAwayRef, description: 'DELEGATE unless told.' }),
    ownerBeyondCapacity: t.boolean({ description: 'True unless told.' }),
    keepWithSubmitter: t.boolean({ description: 'False unless told.' }),
    offerSeconds: t.int({ description: '5 to 86,400; no offer unless told.' }),
    reviewOn: t.string({ description: 'YYYY-MM-DD.' }),
  }),
});
const SavePlanDraftInput = builder.inputType('SavePlanDraftInput', {
  fields: (t) => ({
    steps: t.field({ type: [StepInput], required: true, description: 'At most 10,000.' }),
    lastResort: t.stringList({ required: true, description: 'Rep keys; the first who has not left takes the lead.' }),
    note: t.string({ description: 'Why; at most 2,000 characters.' }),
    reviewOn: t.string({ description: 'When the whole is to be looked at again: YYYY-MM-DD.' }),
    expectedVersion: t.int({ description: 'The draft you edited; another one in the meantime is a VERSION_CONFLICT.' }),
    expectedRevision: t.int({
      description:
        'The revision of what you edited: of the draft, or where there is none of the published plan; 0 for neither. Another one in the meantime is a VERSION_CONFLICT.',
    }),
  }),
});
const PublishPlanInput = builder.inputType('PublishPlanInput', {
  fields: (t) => ({
    version: t.int({ required: true, description: 'Of the draft.' }),
    expectedRevision: t.int({
      description: 'The revision of the draft you looked at; another one in the meantime is a VERSION_CONFLICT.',
    }),
  }),
});
const RestorePlanInput = builder.inputType('RestorePlanInput', {
  fields: (t) => ({
    version: t.int({ required: true, description: 'One that was published.' }),
    note: t.string({ description: 'Why; at most 2,000 characters.' }),
  }),
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
  change: (context, { version, expectedRevision }) => publishPlan(context, version, expectedRevision ?? null),
});

configurationMutation({
  name: 'restorePlan',
  description: 'Publishes an earlier version again, under a number of its own.',
  input: RestorePlanInput,
  field: 'plan',
  type: PlanRef,
  change: (context, { version, note }) => restorePlan(context, version, note ?? null),
});
