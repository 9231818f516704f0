import { createRep, deleteRep, updateRep } from '../../configuration/reps.ts';
import type { ClassLimit, RateCap } from '../../domain/configuration.ts';
import type { DateHours, WeekStretch } from '../../domain/workingHours.ts';
import { builder } from '../builder.ts';
import { pageArgs, pageComplexity } from '../connection.ts';
import { decodeId, decodeOptionalId, encodeId } from '../ids.ts';
import { AvailabilityRef } from './availability.ts';
import { configurationMutation } from './configurationMutation.ts';
import { configurationItem, configurationList } from './configurationQuery.ts';
import { deleteMutation } from './delete.ts';
import { RepStatusRef } from './enums.ts';
import { LeadConnectionRef, LeadFilterRef, leadPage } from './leadList.ts';
import { ClassLimitInput, ClassLimitRef, RateCapInput, RateCapRef } from './limits.ts';
import { NodeRef } from './node.ts';
import { loadOptional, loadRequired, PoolRef, RepRef } from './refs.ts';
import { DateHoursInput, DateHoursRef, WeekStretchInput, WeekStretchRef } from './workingHours.ts';

// Who sees a lead sees whose it is; the rest is configuration.
const configuration = { 'configuration:read': true } as const;

RepRef.implement({
  description: 'A person who can own leads.',
  authScopes: { signedIn: true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('Rep', id) }),
    key: t.exposeString('key', { description: 'Slug of the user’s own: what plans and files refer to.' }),
    name: t.exposeString('name'),
    email: t.exposeString('email', { authScopes: configuration }),
    status: t.expose('status', { type: RepStatusRef }),
    manager: t.field({
      authScopes: configuration,
      type: RepRef,
      nullable: true,
      resolve: (rep, _args, { loaders }) => loadOptional(loaders.rep, rep.managerId),
    }),
    backup: t.field({
      authScopes: configuration,
      type: RepRef,
      nullable: true,
      resolve: (rep, _args, { loaders }) => loadOptional(loaders.rep, rep.backupId),
    }),
    capacity: t.exposeInt('capacity', {
      authScopes: configuration,
      nullable: true,
      description: 'Most open leads at a time; null for the workspace’s default.',
    }),
    rateCaps: t.field({
      authScopes: configuration,
      type: [RateCapRef],
      nullable: true,
      description: 'Null for the workspace’s.',
      resolve: ({ rateCaps }) => rateCaps as RateCap[] | null,
    }),
    classLimits: t.field({
      authScopes: configuration,
      type: [ClassLimitRef],
      description: 'Instead of the workspace’s, segment by segment.',
      resolve: ({ classLimits }) => classLimits as ClassLimit[],
    }),
    load: t.int({
      authScopes: configuration,
      description: 'Places taken by the open leads owned now.',
      resolve: async ({ id }, _args, { loaders }) => (await loaders.repState.load(id))?.load ?? 0,
    }),
    timeZone: t.exposeString('timeZone', { authScopes: configuration, nullable: true, description: 'IANA.' }),
    workingHours: t.field({
      authScopes: configuration,
      type: [WeekStretchRef],
      nullable: true,
      description: 'The week; null for always there.',
      resolve: ({ workingHours }) => workingHours as WeekStretch[] | null,
    }),
    dateHours: t.field({
      authScopes: configuration,
      type: [DateHoursRef],
      description: 'Days that are not like their weekday.',
      resolve: ({ dateHours }) => dateHours as DateHours[],
    }),
    holidayRegion: t.exposeString('holidayRegion', {
      authScopes: configuration,
      nullable: true,
      description: 'Whose public holidays the rep keeps, as `DE-BY`; null for the workspace’s.',
    }),
    availability: t.field({
      authScopes: configuration,
      type: AvailabilityRef,
      description: 'Whether the rep is there now.',
      resolve: ({ id }, _args, { loaders }) => loadRequired(loaders.availability, id),
    }),
    language: t.exposeString('language', { authScopes: configuration, nullable: true, description: 'BCP 47.' }),
    specialties: t.stringList({
      authScopes: configuration,
      description: 'Labels of any kind.',
      resolve: ({ specialties }) => [...specialties],
    }),
    industries: t.stringList({ authScopes: configuration, resolve: ({ industries }) => [...industries] }),
    regions: t.stringList({ authScopes: configuration, resolve: ({ regions }) => [...regions] }),
    products: t.stringList({ authScopes: configuration, resolve: ({ products }) => [...products] }),
    employeesMin: t.exposeInt('employeesMin', {
      authScopes: configuration,
      nullable: true,
      description: 'Company size the rep knows best, included.',
    }),
    employeesMax: t.exposeInt('employeesMax', { authScopes: configuration, nullable: true, description: 'Included.' }),
    attributes: t.field({
      authScopes: configuration,
      type: 'JSON',
      description: 'The rep’s own attributes, by name.',
      resolve: ({ attributes }) => attributes,
    }),
    pools: t.field({
      authScopes: configuration,
      type: [PoolRef],
      resolve: ({ id }, _args, { loaders }) => loaders.poolsOfRep.load(id),
    }),
    leads: t.field({
      type: LeadConnectionRef,
      authScopes: { 'leads:read': true },
      description: 'The leads owned now, as far as they are yours to see; newest first.',
      complexity: pageComplexity,
      args: { ...pageArgs, filter: t.arg({ type: LeadFilterRef }) },
      resolve: ({ id }, { filter, ...args }, context) => leadPage(context, args, filter, id),
    }),
  }),
});

configurationList({
  type: 'Rep',
  ref: RepRef,
  name: 'reps',
  list: (prisma, query) => prisma.rep.findMany(query),
  find: (id, { loaders }) => loaders.rep.load(id),
});

configurationItem({
  type: 'Rep',
  ref: RepRef,
  name: 'rep',
  byId: (id, { loaders }) => loaders.rep.load(id),
  byKey: (prisma, key) => prisma.rep.findUnique({ where: { workspaceId_key: key } }),
});

const CreateRepInput = builder.inputType('CreateRepInput', {
  fields: (t) => ({
    key: t.string({ required: true, description: '1 to 63 of a–z, 0–9, - and _.' }),
    name: t.string({ required: true }),
    email: t.string({ required: true }),
    managerId: t.id(),
    backupId: t.id(),
    capacity: t.int({ description: '0 to 100,000 places; null for the workspace’s default.' }),
    rateCaps: t.field({ type: [RateCapInput], description: 'At most 10; null for the workspace’s.' }),
    classLimits: t.field({ type: [ClassLimitInput] }),
    timeZone: t.string({ description: 'IANA, of the working hours.' }),
    workingHours: t.field({ type: [WeekStretchInput], description: 'At most 50; null for always there.' }),
    dateHours: t.field({ type: [DateHoursInput], description: 'At most 400, each date once.' }),
    holidayRegion: t.string({ description: '`DE`, `DE-BY`; null for the workspace’s.' }),
    language: t.string(),
    specialties: t.stringList(),
    industries: t.stringList(),
    regions: t.stringList(),
    products: t.stringList(),
    employeesMin: t.int(),
    employeesMax: t.int(),
    attributes: t.field({ type: 'JSON', description: 'At most 100 of text, numbers and booleans.' }),
  }),
});

const UpdateRepInput = builder.inputType('UpdateRepInput', {
  description: 'What is left out stays; null clears.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    email: t.string(),
    status: t.field({ type: RepStatusRef }),
    managerId: t.id(),
    backupId: t.id(),
    capacity: t.int(),
    rateCaps: t.field({ type: [RateCapInput] }),
    classLimits: t.field({ type: [ClassLimitInput] }),
    timeZone: t.string({ description: 'IANA, of the working hours.' }),
    workingHours: t.field({ type: [WeekStretchInput], description: 'At most 50; null for always there.' }),
    dateHours: t.field({ type: [DateHoursInput], description: 'At most 400, each date once.' }),
    holidayRegion: t.string({ description: '`DE`, `DE-BY`; null for the workspace’s.' }),
    language: t.string(),
    specialties: t.stringList(),
    industries: t.stringList(),
    regions: t.stringList(),
    products: t.stringList(),
    employeesMin: t.int(),
    employeesMax: t.int(),
    attributes: t.field({ type: 'JSON' }),
  }),
});

configurationMutation({
  name: 'createRep',
  description: 'Adds a rep.',
  input: CreateRepInput,
  field: 'rep',
  type: RepRef,
  change: (context, { managerId, backupId, ...fields }) =>
    createRep(context, {
      ...fields,
      managerId: decodeOptionalId('Rep', managerId),
      backupId: decodeOptionalId('Rep', backupId),
    }),
});

configurationMutation({
  name: 'updateRep',
  description: 'Changes a rep. PAUSED and LEFT receive nothing; the leads they own stay with them.',
  input: UpdateRepInput,
  field: 'rep',
  type: RepRef,
  change: (context, { id, managerId, backupId, ...fields }) =>
    updateRep(context, decodeId('Rep', id), {
      ...fields,
      managerId: decodeOptionalId('Rep', managerId),
      backupId: decodeOptionalId('Rep', backupId),
    }),
});

deleteMutation('Rep', 'Removes a rep who never owned a lead and to whom nothing refers.', deleteRep);
