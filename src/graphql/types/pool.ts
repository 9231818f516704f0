import { createPool, deletePool, setPoolMembers, updatePool } from '../../configuration/pools.ts';
import type { AbsenceReason } from '../../domain/availability.ts';
import type { Weighting } from '../../domain/configuration.ts';
import { creditOf, parseRotation, type StoredRotation } from '../../domain/rotation.ts';
import { builder } from '../builder.ts';
import { decodeId, encodeId } from '../ids.ts';
import type { Member } from '../loaders.ts';
import { configurationMutation } from './configurationMutation.ts';
import { configurationItem, configurationList } from './configurationQuery.ts';
import { deleteMutation } from './delete.ts';
import { AbsenceReasonRef, CatchUpRef, FairnessWindowRef, StrategyRef, WeightingByRef } from './enums.ts';
import { SegmentValueInput, SegmentValueRef } from './limits.ts';
import { NodeRef } from './node.ts';
import { loadRequired, PoolRef, RepRef } from './refs.ts';

const PoolMemberRef = builder.objectRef<Member>('PoolMember').implement({
  description: 'A rep in a pool, with their place in its rotation.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    rep: t.field({ type: RepRef, resolve: ({ repId }, _args, { loaders }) => loadRequired(loaders.rep, repId) }),
    weight: t.exposeInt('weight', { description: '0 to 10,000. Only ratios matter; 0 receives nothing.' }),
    tier: t.exposeInt('tier', { description: '−100 to 100. Higher is served first.' }),
    capacity: t.exposeInt('capacity', {
      nullable: true,
      description: 'Most open leads held from this pool; null for the pool’s.',
    }),
    segmentWeights: t.field({
      type: 'JSON',
      description: 'Weights instead, by the keys of the pool’s weight segments.',
      resolve: ({ segmentWeights }) => segmentWeights,
    }),
    credit: t.float({
      description:
        'By the base weights, in leads (VALUE_BALANCED: in value): what the weight has earned minus what was received.',
      resolve: async ({ poolId, repId }, _args, { loaders }) => {
        const rotation = await loadRequired(loaders.rotation, poolId);
        return creditOf(parseRotation(rotation as unknown as StoredRotation), repId);
      },
    }),
    received: t.int({
      description: 'Leads received from this pool.',
      resolve: async ({ poolId, repId }, _args, { loaders }) => {
        const { received } = await loadRequired(loaders.rotation, poolId);
        return (received as Record<string, number>)[repId] ?? 0;
      },
    }),
  }),
});

const WeightingRef = builder.objectRef<Weighting>('Weighting').implement({
  description: 'Where the weights of a pool’s members come from.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    by: t.expose('by', { type: WeightingByRef }),
    floor: t.exposeInt('floor', { description: 'No derived weight is below.' }),
    ceiling: t.exposeInt('ceiling', { description: 'No derived weight is above.' }),
    days: t.exposeInt('days', { description: 'WIN_RATE: leads closed in the last so many days count.' }),
  }),
});

// Who sees a lead sees which pool it came by; the rest is configuration.
const configuration = { 'configuration:read': true } as const;

PoolRef.implement({
  description: 'Reps among whom leads rotate. Every step that points here shares the one rotation.',
  authScopes: { signedIn: true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('Pool', id) }),
    key: t.exposeString('key'),
    name: t.exposeString('name'),
    strategy: t.expose('strategy', { authScopes: configuration, type: StrategyRef }),
    defaultValue: t.exposeInt('defaultValue', {
      authScopes: configuration,
      description: 'VALUE_BALANCED: the value of a lead that has neither a segment’s nor a score.',
    }),
    segmentValues: t.field({
      authScopes: configuration,
      type: [SegmentValueRef],
      description: 'VALUE_BALANCED: the first whose segment matches says the value, before the score.',
      resolve: ({ segmentValues }) => segmentValues as { segment: string; value: number }[],
    }),
    returnDisqualified: t.exposeBoolean('returnDisqualified', {
      authScopes: configuration,
      description: 'Whether a disqualified lead gives its turn back.',
    }),
    maxAhead: t.exposeInt('maxAhead', {
      authScopes: configuration,
      nullable: true,
      description: 'Who is more than so much credit behind the first is passed over; null for no such guard.',
    }),
    fairnessWindow: t.expose('fairnessWindow', { authScopes: configuration, type: FairnessWindowRef }),
    memberCapacity: t.exposeInt('memberCapacity', {
      authScopes: configuration,
      nullable: true,
      description: 'Most open leads a member holds from this pool, beside the rep’s own limit.',
    }),
    limitsCapacity: t.exposeBoolean('limitsCapacity', {
      authScopes: configuration,
      description: 'Whether a rep’s own limit keeps them from a lead here, or is only measured.',
    }),
    weightSegments: t.stringList({
      authScopes: configuration,
      description: 'Keys of segments whose leads have weights, and a rotation, of their own.',
      resolve: ({ weightSegments }) => [...weightSegments],
    }),
    weighting: t.field({
      authScopes: configuration,
      type: WeightingRef,
      resolve: ({ weighting }) => weighting as Weighting,
    }),
    skips: t.field({
      authScopes: configuration,
      type: [AbsenceReasonRef],
      description: 'The absences for which members are passed over.',
      resolve: ({ skips }) => [...(skips as AbsenceReason[])],
    }),
    catchUp: t.expose('catchUp', { authScopes: configuration, type: CatchUpRef }),
    catchUpLeads: t.exposeInt('catchUpLeads', { authScopes: configuration, description: 'With BOUNDED.' }),
    horizonHours: t.exposeInt('horizonHours', {
      authScopes: configuration,
      nullable: true,
      description: 'Where all are away, who is back first within so many hours takes the lead; null for nobody.',
    }),
    countManual: t.exposeBoolean('countManual', {
      authScopes: configuration,
      description: 'Whether assignments by hand count toward the receiver’s share.',
    }),
    members: t.field({
      authScopes: configuration,
      type: [PoolMemberRef],
      resolve: ({ id }, _args, { loaders }) => loaders.membersOfPool.load(id),
    }),
  }),
});

configurationList({
  type: 'Pool',
  ref: PoolRef,
  name: 'pools',
  list: (prisma, query) => prisma.pool.findMany(query),
  find: (id, { loaders }) => loaders.pool.load(id),
});

configurationItem({
  type: 'Pool',
  ref: PoolRef,
  name: 'pool',
  byId: (id, { loaders }) => loaders.pool.load(id),
  byKey: (prisma, key) => prisma.pool.findUnique({ where: { workspaceId_key: key } }),
});

const PoolMemberInput = builder.inputType('PoolMemberInput', {
  fields: (t) => ({
    repId: t.id({ required: true }),
    weight: t.int({ description: '0 to 10,000; 1 unless told.' }),
    tier: t.int({ description: '−100 to 100; 0 unless told.' }),
    capacity: t.int({ description: '0 to 100,000 open leads from this pool; the pool’s unless told.' }),
    segmentWeights: t.field({
      type: 'JSON',
      description: 'Weights instead, by the keys of the pool’s weight segments.',
    }),
  }),
});

const WeightingInput = builder.inputType('WeightingInput', {
  fields: (t) => ({
    by: t.field({ type: WeightingByRef, required: true }),
    floor: t.int({ description: '0 to 10,000; 1 unless told.' }),
    ceiling: t.int({ description: '1 to 10,000; 1,000 unless told.' }),
    days: t.int({ description: '1 to 3,650; 90 unless told.' }),
  }),
});

const poolFields = {
  defaultValue: 'VALUE_BALANCED: 1 to 1,000,000; 1 unless told.',
  countManual: 'True unless told.',
  segmentValues: 'At most 100.',
  returnDisqualified: 'True unless told.',
  maxAhead: '1 or more, in credit; none unless told.',
  memberCapacity: '0 to 100,000; none unless told.',
  limitsCapacity: 'True unless told.',
  weightSegments: 'Keys, at most 100; the first that matches counts.',
} as const;

const CreatePoolInput = builder.inputType('CreatePoolInput', {
  fields: (t) => ({
    key: t.string({ required: true }),
    name: t.string({ required: true }),
    strategy: t.field({ type: StrategyRef, required: true }),
    defaultValue: t.int({ description: poolFields.defaultValue }),
    segmentValues: t.field({ type: [SegmentValueInput], description: poolFields.segmentValues }),
    countManual: t.boolean({ description: poolFields.countManual }),
    returnDisqualified: t.boolean({ description: poolFields.returnDisqualified }),
    maxAhead: t.int({ description: poolFields.maxAhead }),
    fairnessWindow: t.field({ type: FairnessWindowRef, description: 'NEVER unless told.' }),
    memberCapacity: t.int({ description: poolFields.memberCapacity }),
    limitsCapacity: t.boolean({ description: poolFields.limitsCapacity }),
    weightSegments: t.stringList({ description: poolFields.weightSegments }),
    weighting: t.field({ type: WeightingInput, description: 'FIXED unless told.' }),
    skips: t.field({ type: [AbsenceReasonRef], description: 'All but IN_MEETING unless told.' }),
    catchUp: t.field({ type: CatchUpRef, description: 'NONE unless told.' }),
    catchUpLeads: t.int({ description: '1 to 1,000; 2 unless told.' }),
    horizonHours: t.int({ description: '1 to 8,784; none unless told.' }),
    members: t.field({ type: [PoolMemberInput] }),
  }),
});

const UpdatePoolInput = builder.inputType('UpdatePoolInput', {
  description: 'What is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    strategy: t.field({ type: StrategyRef }),
    defaultValue: t.int({ description: poolFields.defaultValue }),
    segmentValues: t.field({ type: [SegmentValueInput], description: poolFields.segmentValues }),
    countManual: t.boolean({ description: poolFields.countManual }),
    returnDisqualified: t.boolean({ description: poolFields.returnDisqualified }),
    maxAhead: t.int({ description: poolFields.maxAhead }),
    fairnessWindow: t.field({ type: FairnessWindowRef }),
    memberCapacity: t.int({ description: poolFields.memberCapacity }),
    limitsCapacity: t.boolean({ description: poolFields.limitsCapacity }),
    weightSegments: t.stringList({ description: poolFields.weightSegments }),
    weighting: t.field({ type: WeightingInput }),
    skips: t.field({ type: [AbsenceReasonRef] }),
    catchUp: t.field({ type: CatchUpRef }),
    catchUpLeads: t.int(),
    horizonHours: t.int({ description: 'Null for none.' }),
  }),
});

const SetPoolMembersInput = builder.inputType('SetPoolMembersInput', {
  fields: (t) => ({
    poolId: t.id({ required: true }),
    members: t.field({ type: [PoolMemberInput], required: true, description: 'At most 10,000, each rep once.' }),
  }),
});

const withoutNulls = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value != null)
      .map(([name, value]) => [name, name === 'weighting' ? withoutNulls(value as object) : value]),
  );

type MemberInput = { readonly repId: string };
/** A member's field that is null is as good as none. */
const decodeMembers = <M extends MemberInput>(members: readonly M[]): object[] =>
  members.map((member) => ({
    ...Object.fromEntries(Object.entries(member).filter(([, value]) => value != null)),
    repId: decodeId('Rep', member.repId),
  }));

configurationMutation({
  name: 'createPool',
  description: 'Adds a pool.',
  input: CreatePoolInput,
  field: 'pool',
  type: PoolRef,
  change: (context, { members, ...fields }) =>
    createPool(context, {
      ...withoutNulls(fields),
      ...(members == null ? {} : { members: decodeMembers(members) }),
    }),
});

configurationMutation({
  name: 'updatePool',
  description: 'Changes a pool. The credits stay, unless the strategy changes: then all start at 0.',
  input: UpdatePoolInput,
  field: 'pool',
  type: PoolRef,
  change: (context, { id, ...fields }) =>
    updatePool(context, decodeId('Pool', id), {
      ...fields,
      ...(fields.weighting == null ? {} : { weighting: withoutNulls(fields.weighting) }),
    }),
});

configurationMutation({
  name: 'setPoolMembers',
  description:
    'Replaces the members. A newcomer starts at credit 0; who leaves hands the credit to the others by weight.',
  input: SetPoolMembersInput,
  field: 'pool',
  type: PoolRef,
  change: (context, { poolId, members }) => setPoolMembers(context, decodeId('Pool', poolId), decodeMembers(members)),
});

deleteMutation('Pool', 'Removes a pool to which no territory and no step of the published plan points.', deletePool);
