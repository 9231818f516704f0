import { updateSettings } from '../../configuration/settings.ts';
import type { Workspace } from '../../db/generated/client.ts';
import type {
  AttributeDeclaration,
  ClassLimit,
  RateCap,
  Retention,
  SamePersonPolicy,
  SegmentCost,
} from '../../domain/configuration.ts';
import { builder } from '../builder.ts';
import { type Context, signedIn } from '../context.ts';
import { configurationMutation } from './configurationMutation.ts';
import { FieldTypeRef, IgnoreDotsRef, LeadStatusRef, SamePersonActionRef, SamePersonScopeRef } from './enums.ts';
import {
  ClassLimitInput,
  ClassLimitRef,
  RateCapInput,
  RateCapRef,
  SegmentCostInput,
  SegmentCostRef,
} from './limits.ts';

const SamePersonPolicyRef = builder.objectRef<SamePersonPolicy>('SamePersonPolicy').implement({
  description: 'What becomes of a lead of a person who has an open lead already.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    action: t.expose('action', { type: SamePersonActionRef }),
    windowDays: t.exposeInt('windowDays', { description: 'Since the person’s first lead.' }),
    scope: t.expose('scope', { type: SamePersonScopeRef }),
    ignoreTags: t.exposeBoolean('ignoreTags', { description: 'Whether `ada+news@` is `ada@`.' }),
    ignoreDots: t.expose('ignoreDots', { type: IgnoreDotsRef }),
  }),
});

const LeadAttributeRef = builder.objectRef<AttributeDeclaration>('LeadAttribute').implement({
  description: 'A lead attribute of the workspace’s own. Leads bring it with this type or are refused.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    name: t.exposeString('name'),
    type: t.expose('type', { type: FieldTypeRef }),
    values: t.stringList({ description: 'ENUM: what it can be.', resolve: ({ values }) => [...values] }),
  }),
});

const RetentionRef = builder.objectRef<Retention>('Retention').implement({
  description: 'How long leads of a status are kept.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    status: t.expose('status', { type: LeadStatusRef }),
    days: t.exposeInt('days', { description: 'Since anything last happened with the lead.' }),
  }),
});

// Everybody sees which workspace they work in; the rest is configuration.
const configuration = { 'configuration:read': true } as const;

export const WorkspaceRef = builder.objectRef<Workspace>('Workspace').implement({
  description: 'One company using the server, and what holds for all of it.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    key: t.exposeString('key'),
    name: t.exposeString('name'),
    defaultCapacity: t.exposeInt('defaultCapacity', {
      description: 'Places of a rep who has no capacity of their own.',
    }),
    timeZone: t.exposeString('timeZone', {
      authScopes: configuration,
      description: 'IANA; in which pools begin their day, week and month.',
    }),
    leadCosts: t.field({
      authScopes: configuration,
      type: [SegmentCostRef],
      description: 'The first whose segment matches says what a lead costs; 1 without.',
      resolve: ({ leadCosts }) => leadCosts as unknown as SegmentCost[],
    }),
    classLimits: t.field({
      authScopes: configuration,
      type: [ClassLimitRef],
      description: 'Most open leads of each lead class that a rep may have.',
      resolve: ({ classLimits }) => classLimits as unknown as ClassLimit[],
    }),
    rateCaps: t.field({
      authScopes: configuration,
      type: [RateCapRef],
      description: 'Of a rep who has none of their own.',
      resolve: ({ rateCaps }) => rateCaps as unknown as RateCap[],
    }),
    samePerson: t.field({
      authScopes: configuration,
      type: SamePersonPolicyRef,
      resolve: ({ samePerson }) => samePerson as unknown as SamePersonPolicy,
    }),
    freeMailDomains: t.exposeStringList('freeMailDomains', {
      authScopes: configuration,
      description: 'Domains that tell no company, beside those that are known for it.',
    }),
    leadAttributes: t.field({
      authScopes: configuration,
      type: [LeadAttributeRef],
      resolve: ({ leadAttributes }) => leadAttributes as unknown as AttributeDeclaration[],
    }),
    notSeenAfterMinutes: t.exposeInt('notSeenAfterMinutes', {
      authScopes: configuration,
      nullable: true,
      description: 'Working time without a sign of life after which a rep is taken to be away; null for never.',
    }),
    holidayRegion: t.exposeString('holidayRegion', {
      authScopes: configuration,
      nullable: true,
      description: 'Whose public holidays reps keep who have no region of their own, as `DE-BY`.',
    }),
    defaultSla: t.exposeBoolean('defaultSla', {
      authScopes: configuration,
      description: 'Whether leads to which no SLA policy applies go to the backup after two hours without contact.',
    }),
    retention: t.field({
      authScopes: configuration,
      type: [RetentionRef],
      description: 'After which leads are erased, as by `eraseLead`; those of a status that is not named are kept.',
      resolve: ({ retention }) => retention as unknown as Retention[],
    }),
  }),
});

const workspaceOf = ({ database }: Pick<Context, 'database'>, id: string): Promise<Workspace> =>
  database.prisma.workspace.findUniqueOrThrow({ where: { id } });

builder.queryField('workspace', (t) =>
  t.field({
    type: WorkspaceRef,
    description: 'The settings of the caller’s workspace.',
    authScopes: { 'configuration:read': true },
    resolve: (_root, _args, context) => workspaceOf(context, signedIn(context).workspaceId),
  }),
);

const SamePersonPolicyInput = builder.inputType('SamePersonPolicyInput', {
  fields: (t) => ({
    action: t.field({ type: SamePersonActionRef, required: true }),
    windowDays: t.int({ required: true, description: '1 to 3,650.' }),
    scope: t.field({ type: SamePersonScopeRef, required: true }),
    ignoreTags: t.boolean({ required: true }),
    ignoreDots: t.field({ type: IgnoreDotsRef, required: true }),
  }),
});

const LeadAttributeInput = builder.inputType('LeadAttributeInput', {
  fields: (t) => ({
    name: t.string({ required: true, description: 'A letter, then up to 63 letters, digits or underscores.' }),
    type: t.field({ type: FieldTypeRef, required: true }),
    values: t.stringList({ description: 'With ENUM, and only there.' }),
  }),
});

const RetentionInput = builder.inputType('RetentionInput', {
  fields: (t) => ({
    status: t.field({ type: LeadStatusRef, required: true }),
    days: t.int({ required: true, description: '1 to 36,500.' }),
  }),
});

const UpdateWorkspaceInput = builder.inputType('UpdateWorkspaceInput', {
  description: 'What is left out stays.',
  fields: (t) => ({
    defaultCapacity: t.int({ description: '0 to 100,000.' }),
    timeZone: t.string(),
    leadCosts: t.field({ type: [SegmentCostInput], description: 'At most 100, each segment once.' }),
    classLimits: t.field({ type: [ClassLimitInput], description: 'At most 100, each segment once.' }),
    rateCaps: t.field({ type: [RateCapInput], description: 'At most 10.' }),
    samePerson: t.field({ type: SamePersonPolicyInput }),
    freeMailDomains: t.stringList({ description: 'At most 1,000.' }),
    leadAttributes: t.field({ type: [LeadAttributeInput], description: 'At most 100.' }),
    notSeenAfterMinutes: t.int({ description: '5 to 527,040; null for never.' }),
    holidayRegion: t.string({ description: '`DE`, `DE-BY`; null for none.' }),
    defaultSla: t.boolean(),
    retention: t.field({ type: [RetentionInput], description: 'Each status once.' }),
  }),
});

configurationMutation({
  name: 'updateWorkspace',
  description:
    'Changes the workspace’s settings. A limit lowered below what somebody has takes nothing away. Leads count in a class from when they are given out after it was declared.',
  input: UpdateWorkspaceInput,
  field: 'workspace',
  type: WorkspaceRef,
  change: async (context, input) => {
    await updateSettings(context, input);
    return workspaceOf(context, context.workspaceId);
  },
});
