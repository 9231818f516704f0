import { createPool, deletePool, setPoolMembers, updatePool } from '../../configuration/pools.ts';
import { creditOf, parseRotation, type StoredRotation } from '../../domain/rotation.ts';
import { builder } from '../builder.ts';
import { decodeId, encodeId } from '../ids.ts';
import type { Member } from '../loaders.ts';
import { configurationMutation } from './configurationMutation.ts';
import { configurationItem, configurationList } from './configurationQuery.ts';
import { deleteMutation } from './delete.ts';
import { StrategyRef } from './enums.ts';
import { NodeRef } from './node.ts';
import { loadRequired, PoolRef, RepRef } from './refs.ts';

const PoolMemberRef = builder.objectRef<Member>('PoolMember').implement({
  description: 'A rep in a pool, with their place in its rotation.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    rep: t.field({ type: RepRef, resolve: ({ repId }, _args, { loaders }) => loadRequired(loaders.rep, repId) }),
    weight: t.exposeInt('weight', { description: '0 to 10,000. Only ratios matter; 0 receives nothing.' }),
    tier: t.exposeInt('tier', { description: '−100 to 100. Higher is served first.' }),
    credit: t.float({
      description: 'In leads (VALUE_BALANCED: in value): what the weight has earned minus what was received.',
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
      description: 'VALUE_BALANCED: the value of a lead without a score.',
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
  }),
});

const poolFields = { defaultValue: 'VALUE_BALANCED: 1 to 1,000,000; 1 unless told.', countManual: 'True unless told.' };

const CreatePoolInput = builder.inputType('CreatePoolInput', {
  fields: (t) => ({
    key: t.string({ required: true }),
    name: t.string({ required: true }),
    strategy: t.field({ type: StrategyRef, required: true }),
    defaultValue: t.int({ description: poolFields.defaultValue }),
    countManual: t.boolean({ description: poolFields.countManual }),
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
    countManual: t.boolean({ description: poolFields.countManual }),
  }),
});

const SetPoolMembersInput = builder.inputType('SetPoolMembersInput', {
  fields: (t) => ({
    poolId: t.id({ required: true }),
    members: t.field({ type: [PoolMemberInput], required: true, description: 'At most 10,000, each rep once.' }),
  }),
});

type MemberInput = { readonly repId: string };
const decodeMembers = <M extends MemberInput>(members: readonly M[]): M[] =>
  members.map((member) => ({ ...member, repId: decodeId('Rep', member.repId) }));

configurationMutation({
  name: 'createPool',
  description: 'Adds a pool.',
  input: CreatePoolInput,
  field: 'pool',
  type: PoolRef,
  change: (context, { members, ...fields }) =>
    createPool(context, members == null ? fields : { ...fields, members: decodeMembers(members) }),
});

configurationMutation({
  name: 'updatePool',
  description: 'Changes a pool. The credits stay, unless the strategy changes: then all start at 0.',
  input: UpdatePoolInput,
  field: 'pool',
  type: PoolRef,
  change: (context, { id, ...fields }) => updatePool(context, decodeId('Pool', id), fields),
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
