import type { OwnedLead } from '../../assignment/batch.ts';
import { claimLead, claimNextLead } from '../../assignment/queues.ts';
import { createQueue, deleteQueue, updateQueue } from '../../configuration/queues.ts';
import type { QueuedLead } from '../../db/generated/client.ts';
import type { QueueOverflow } from '../../domain/configuration.ts';
import { Refusal } from '../../domain/errors.ts';
import { builder } from '../builder.ts';
import { type Context, signedIn } from '../context.ts';
import { requestError } from '../errors.ts';
import { decodeId, decodeOptionalId, encodeId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { teamRep } from '../teamRep.ts';
import { visibleLead } from '../visibleLead.ts';
import { configurationMutation } from './configurationMutation.ts';
import { configurationItem, configurationList } from './configurationQuery.ts';
import { deleteMutation } from './delete.ts';
import { RequestKindRef, WaitsForRef } from './enums.ts';
import { runOnLead } from './lead.ts';
import { NodeRef } from './node.ts';
import { AssignmentRef, LeadRef, loadRequired, PoolRef, QueueRef, type QueueRow, RepRef } from './refs.ts';

const QueueOverflowRef = builder.objectRef<QueueOverflow>('QueueOverflow').implement({
  description: 'What becomes of leads that wait in too long a queue, or for too long. Nothing is ever dropped.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    length: t.exposeInt('length', { nullable: true, description: 'A lead that finds so many waiting overflows.' }),
    waitSeconds: t.exposeInt('waitSeconds', {
      nullable: true,
      description: 'So does one that has waited for so long.',
    }),
    raisePriority: t.exposeInt('raisePriority', { description: 'Added to its priority.' }),
    widenTo: t.exposeString('widenTo', {
      nullable: true,
      description:
        'Key of a pool whose members may claim it too, and to whom it goes when nobody in the queue’s own can.',
    }),
  }),
});

/** What waits, as members of the queue see it: enough to choose by, nothing of the person. */
const QueueEntryRef = builder.objectRef<QueuedLead>('QueueEntry').implement({
  description: 'A lead that waits. Members see what there is to choose by, and the person once they have claimed it.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    leadId: t.id({ description: 'For `claimLead`.', resolve: ({ leadId }) => encodeId('Lead', leadId) }),
    lead: t.field({
      type: LeadRef,
      nullable: true,
      description: 'Null where it is not yours to see.',
      resolve: ({ leadId }, _args, context) => visibleLead(leadId, context),
    }),
    waitsFor: t.expose('waitsFor', { type: WaitsForRef }),
    priority: t.exposeInt('priority', { description: 'Higher is served first, then the oldest.' }),
    capturedAt: t.expose('capturedAt', { type: 'DateTime' }),
    queuedAt: t.expose('queuedAt', { type: 'DateTime' }),
    dueAt: t.expose('dueAt', { type: 'DateTime', description: 'When it is pushed unless somebody has claimed it.' }),
    overflowed: t.exposeBoolean('overflowed', { description: 'Whether the queue’s overflow applies to it.' }),
    companyName: t.string({
      nullable: true,
      resolve: async (entry, _args, context) => (await leadOf(entry, context)).companyName,
    }),
    country: t.string({
      nullable: true,
      resolve: async (entry, _args, context) => (await leadOf(entry, context)).country,
    }),
    region: t.string({
      nullable: true,
      resolve: async (entry, _args, context) => (await leadOf(entry, context)).region,
    }),
    industry: t.string({
      nullable: true,
      resolve: async (entry, _args, context) => (await leadOf(entry, context)).industry,
    }),
    employees: t.int({
      nullable: true,
      resolve: async (entry, _args, context) => (await leadOf(entry, context)).employees,
    }),
    score: t.float({ nullable: true, resolve: async (entry, _args, context) => (await leadOf(entry, context)).score }),
    requestKind: t.field({
      type: RequestKindRef,
      resolve: async (entry, _args, context) => (await leadOf(entry, context)).requestKind,
    }),
    source: t.string({ resolve: async (entry, _args, context) => (await leadOf(entry, context)).source }),
  }),
});

const leadOf = ({ leadId }: QueuedLead, { loaders }: Context) => loadRequired(loaders.lead, leadId);

/** A page of one queue. */
const MAX_ENTRIES = 100;

/** Which of a queue's entries a rep may claim: all, those that have overflowed, or none. */
type Reach = 'ALL' | 'OVERFLOWED' | 'NONE';

/** Which of a queue's entries the caller may see. */
async function entriesSeen(queue: QueueRow, context: Context): Promise<Reach> {
  const { repId, role } = signedIn(context);
  if (role === 'ADMIN' || role === 'MANAGER' || queue.responsibleId === repId) return 'ALL';
  return repId === null ? 'NONE' : reachOf(queue, repId, context);
}

async function reachOf(queue: QueueRow, repId: string, context: Context): Promise<Reach> {
  const pools = await context.loaders.poolsOfRep.load(repId);
  if (pools.some(({ id }) => id === queue.poolId)) return 'ALL';
  const widenTo = (queue.overflow as QueueOverflow | null)?.widenTo;
  return pools.some(({ key }) => key === widenTo) ? 'OVERFLOWED' : 'NONE';
}

QueueRef.implement({
  description: 'Where leads wait until a member of the pool claims them, or is there and has room.',
  authScopes: { signedIn: true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('Queue', id) }),
    key: t.exposeString('key'),
    name: t.exposeString('name'),
    pool: t.field({
      type: PoolRef,
      description: 'Whose members may claim, and among whom what is not claimed is shared.',
      resolve: ({ poolId }, _args, { loaders }) => loadRequired(loaders.pool, poolId),
    }),
    responsible: t.field({
      type: RepRef,
      description: 'Who answers for what waits; it takes none of their capacity.',
      resolve: ({ responsibleId }, _args, { loaders }) => loadRequired(loaders.rep, responsibleId),
    }),
    deadlineSeconds: t.exposeInt('deadlineSeconds', { description: 'After so long what waits is pushed.' }),
    claimLimit: t.exposeInt('claimLimit', {
      nullable: true,
      description: 'Most open leads that a rep may hold by claims from here.',
    }),
    overflow: t.field({
      type: QueueOverflowRef,
      nullable: true,
      resolve: ({ overflow }) => overflow as QueueOverflow | null,
    }),
    waiting: t.int({
      description: 'How many leads wait.',
      resolve: ({ id }, _args, context) =>
        context.database.prisma.queuedLead.count({
          where: { workspaceId: signedIn(context).workspaceId, queueId: id },
        }),
    }),
    entries: t.field({
      type: [QueueEntryRef],
      description:
        'What waits, in the order in which it is served; for members, whoever answers for it, managers and admins.',
      args: { first: t.arg.int({ description: '1 to 100; 25 unless told.' }) },
      complexity: ({ first }) => ({ field: 1, multiplier: Math.min(Math.max(first ?? 25, 1), MAX_ENTRIES) }),
      resolve: async (queue, { first }, context) => {
        const seen = await entriesSeen(queue, context);
        const size = first ?? 25;
        if (size < 1 || size > MAX_ENTRIES) {
          throw requestError('INVALID_INPUT', `first must be from 1 to ${MAX_ENTRIES}; this is ${size}.`);
        }
        if (seen === 'NONE') return [];
        return context.database.prisma.queuedLead.findMany({
          where: {
            workspaceId: signedIn(context).workspaceId,
            queueId: queue.id,
            ...(seen === 'OVERFLOWED' ? { overflowed: true } : {}),
          },
          orderBy: [{ priority: 'desc' }, { capturedAt: 'asc' }, { leadId: 'asc' }],
          take: size,
        });
      },
    }),
  }),
});

configurationList({
  type: 'Queue',
  ref: QueueRef,
  name: 'queues',
  list: (prisma, query) => prisma.queue.findMany(query),
  find: (id, { loaders }) => loaders.queue.load(id),
});

configurationItem({
  type: 'Queue',
  ref: QueueRef,
  name: 'queue',
  byId: (id, { loaders }) => loaders.queue.load(id),
  byKey: (prisma, key) => prisma.queue.findUnique({ where: { workspaceId_key: key } }),
});

const QueueOverflowInput = builder.inputType('QueueOverflowInput', {
  fields: (t) => ({
    length: t.int({ description: '1 to 1,000,000.' }),
    waitSeconds: t.int({ description: '1 to 31,622,400.' }),
    raisePriority: t.int({ description: '0 to 1,000; 0 unless told.' }),
    widenTo: t.string({ description: 'Key of a pool.' }),
  }),
});

const CreateQueueInput = builder.inputType('CreateQueueInput', {
  fields: (t) => ({
    key: t.string({ required: true }),
    name: t.string({ required: true }),
    poolId: t.id({ required: true }),
    responsibleId: t.id({ required: true }),
    deadlineSeconds: t.int({ description: '1 to 31,622,400; an hour unless told.' }),
    claimLimit: t.int({ description: '1 to 100,000; none unless told.' }),
    overflow: t.field({ type: QueueOverflowInput }),
  }),
});

const UpdateQueueInput = builder.inputType('UpdateQueueInput', {
  description: 'What is left out stays; what waits keeps its deadline.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    poolId: t.id(),
    responsibleId: t.id(),
    deadlineSeconds: t.int(),
    claimLimit: t.int({ description: 'Null for none.' }),
    overflow: t.field({ type: QueueOverflowInput, description: 'Null for none.' }),
  }),
});

/** Left out and null are the same within an overflow. */
const withoutNulls = <Given extends object | null | undefined>(given: Given): object | Given =>
  given == null ? given : Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));

configurationMutation({
  name: 'createQueue',
  description: 'Adds a queue.',
  input: CreateQueueInput,
  field: 'queue',
  type: QueueRef,
  change: (context, { poolId, responsibleId, overflow, ...fields }) =>
    createQueue(context, {
      ...fields,
      overflow: withoutNulls(overflow),
      poolId: decodeId('Pool', poolId),
      responsibleId: decodeId('Rep', responsibleId),
    }),
});

configurationMutation({
  name: 'updateQueue',
  description: 'Changes a queue.',
  input: UpdateQueueInput,
  field: 'queue',
  type: QueueRef,
  change: (context, { id, poolId, responsibleId, overflow, ...fields }) =>
    updateQueue(context, decodeId('Queue', id), {
      ...fields,
      overflow: withoutNulls(overflow),
      poolId: decodeOptionalId('Pool', poolId) ?? undefined,
      responsibleId: decodeOptionalId('Rep', responsibleId) ?? undefined,
    }),
});

deleteMutation(
  'Queue',
  'Removes a queue in which nothing waits and to which no step of the published plan leads.',
  deleteQueue,
);

const ClaimLeadInput = builder.inputType('ClaimLeadInput', {
  fields: (t) => ({
    leadId: t.id({ required: true }),
    repId: t.id({ description: 'The caller’s own unless told; a manager’s team, an admin’s anybody.' }),
  }),
});

const ClaimNextLeadInput = builder.inputType('ClaimNextLeadInput', {
  fields: (t) => ({
    queueId: t.id({ required: true }),
    repId: t.id({ description: 'The caller’s own unless told; a manager’s team, an admin’s anybody.' }),
  }),
});

const ClaimSuccess = builder.objectRef<OwnedLead>('ClaimSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    lead: t.field({ type: LeadRef, resolve: ({ lead }) => lead }),
    assignment: t.field({ type: AssignmentRef, resolve: ({ assignment }) => assignment }),
  }),
});
const ClaimResult = resultType('Claim', ClaimSuccess);

/** Who sees neither the lead nor the queue it waits in, or has come from, learns nothing of it. @throws Refusal NOT_FOUND */
async function refuseHidden(leadId: string, context: Context): Promise<void> {
  const present = await context.loaders.presentAssignment.load(leadId);
  const queue = present?.queueId == null ? null : await context.loaders.queue.load(present.queueId);
  if (queue && (await entriesSeen(queue, context)) !== 'NONE') return;
  if (await visibleLead(leadId, context)) return;
  throw new Refusal('NOT_FOUND', 'There is no such lead.');
}

builder.mutationField('claimLead', (t) =>
  t.field({
    type: ClaimResult,
    description: 'Takes a lead that waits: the first who asks has it, the others are told who.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: ClaimLeadInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const { name, repId: own } = signedIn(context);
        const leadId = decodeId('Lead', input.leadId);
        await refuseHidden(leadId, context);
        const repId = await teamRep(input.repId, context);
        return runOnLead(context, leadId, claimLead(leadId, { repId, by: name, isOwn: repId === own }));
      }),
  }),
);

builder.mutationField('claimNextLead', (t) =>
  t.field({
    type: ClaimResult,
    description: 'Takes the lead that is first in a queue, by priority and then age, of those the rep may own.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: ClaimNextLeadInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const { name, workspaceId, repId: own } = signedIn(context);
        const queue = await context.loaders.queue.load(decodeId('Queue', input.queueId));
        if (!queue) throw new Refusal('NOT_FOUND', 'There is no such queue.');
        const repId = await teamRep(input.repId, context);
        const isWider = (await reachOf(queue, repId, context)) === 'OVERFLOWED';
        return context.intake.lanes.run(
          workspaceId,
          claimNextLead(queue.id, isWider, { repId, by: name, isOwn: repId === own }),
        );
      }),
  }),
);
