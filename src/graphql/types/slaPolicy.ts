import { createSlaPolicy, deleteSlaPolicy, updateSlaPolicy } from '../../configuration/slaPolicies.ts';
import type { Rung } from '../../domain/sla.ts';
import { builder } from '../builder.ts';
import { decodeId, encodeId } from '../ids.ts';
import { ConditionInput } from './condition.ts';
import { configurationMutation } from './configurationMutation.ts';
import { configurationItem, configurationList } from './configurationQuery.ts';
import { deleteMutation } from './delete.ts';
import { LeadStatusRef, RungActionRef, SlaClockRef } from './enums.ts';
import { NodeRef } from './node.ts';
import { SlaPolicyRef } from './refs.ts';

const RungRef = builder.objectRef<Rung>('Rung').implement({
  description: 'What happens when the owner has not been in contact for so long.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    afterSeconds: t.exposeInt('afterSeconds', { description: 'Since the lead got its owner, by the policy’s clock.' }),
    action: t.expose('action', { type: RungActionRef }),
    channel: t.exposeString('channel', { nullable: true, description: 'REMIND: by which channel; null for all.' }),
    status: t.expose('status', { type: LeadStatusRef, nullable: true, description: 'SET_STATUS.' }),
    pauseSeconds: t.exposeInt('pauseSeconds', {
      nullable: true,
      description: 'PAUSE_REP: for how long; null until further notice.',
    }),
    backupFirst: t.exposeBoolean('backupFirst', {
      description: 'REASSIGN: whether the owner’s backup comes before the others of the step that routed the lead.',
    }),
  }),
});

SlaPolicyRef.implement({
  description: 'How long a lead may wait for its owner’s first contact, and what happens then.',
  authScopes: { signedIn: true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('SlaPolicy', id) }),
    key: t.exposeString('key'),
    name: t.exposeString('name'),
    position: t.exposeInt('position', { description: 'The first whose condition holds counts.' }),
    condition: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Null matches every lead.',
      resolve: ({ condition }) => condition,
    }),
    clock: t.expose('clock', { type: SlaClockRef }),
    rungs: t.field({ type: [RungRef], resolve: ({ rungs }) => rungs as Rung[] }),
  }),
});

configurationList({
  type: 'SlaPolicy',
  ref: SlaPolicyRef,
  name: 'slaPolicies',
  list: (prisma, query) => prisma.slaPolicy.findMany(query),
  find: (id, { database }, workspaceId) =>
    database.prisma.slaPolicy.findUnique({ where: { workspaceId_id: { workspaceId, id } } }),
});

configurationItem({
  type: 'SlaPolicy',
  ref: SlaPolicyRef,
  name: 'slaPolicy',
  byId: (id, { database, principal }) =>
    database.prisma.slaPolicy.findUnique({
      where: { workspaceId_id: { workspaceId: principal?.workspaceId ?? '', id } },
    }),
  byKey: (prisma, key) => prisma.slaPolicy.findUnique({ where: { workspaceId_key: key } }),
});

const RungInput = builder.inputType('RungInput', {
  fields: (t) => ({
    afterSeconds: t.int({ required: true, description: '1 to 31,622,400.' }),
    action: t.field({ type: RungActionRef, required: true }),
    channel: t.string({ description: 'With REMIND; all channels unless told.' }),
    status: t.field({ type: LeadStatusRef, description: 'With SET_STATUS, and only there.' }),
    pauseSeconds: t.int({ description: 'With PAUSE_REP: 60 to 31,622,400; until further notice unless told.' }),
    backupFirst: t.boolean({ description: 'With REASSIGN; false unless told.' }),
  }),
});

const CreateSlaPolicyInput = builder.inputType('CreateSlaPolicyInput', {
  fields: (t) => ({
    key: t.string({ required: true }),
    name: t.string({ required: true }),
    position: t.int({ description: '0 unless told.' }),
    condition: t.field({ type: ConditionInput, description: 'Every lead unless told.' }),
    clock: t.field({ type: SlaClockRef, description: 'REAL unless told.' }),
    rungs: t.field({ type: [RungInput], required: true, description: '1 to 20.' }),
  }),
});

const UpdateSlaPolicyInput = builder.inputType('UpdateSlaPolicyInput', {
  description: 'What is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    position: t.int(),
    condition: t.field({ type: ConditionInput, description: 'Null for every lead.' }),
    clock: t.field({ type: SlaClockRef }),
    rungs: t.field({ type: [RungInput] }),
  }),
});

configurationMutation({
  name: 'createSlaPolicy',
  description: 'Adds a policy; leads that get their owner from now on go by it.',
  input: CreateSlaPolicyInput,
  field: 'slaPolicy',
  type: SlaPolicyRef,
  change: createSlaPolicy,
});

configurationMutation({
  name: 'updateSlaPolicy',
  description: 'Changes a policy; deadlines that are set stay.',
  input: UpdateSlaPolicyInput,
  field: 'slaPolicy',
  type: SlaPolicyRef,
  change: (context, { id, ...fields }) => updateSlaPolicy(context, decodeId('SlaPolicy', id), fields),
});

deleteMutation('SlaPolicy', 'Removes a policy; deadlines that are set stay.', deleteSlaPolicy);
