import { type ImportedTerritories, importTerritories } from '../../configuration/importTerritories.ts';
import {
  createTerritory,
  deleteTerritory,
  reportTerritories,
  updateTerritory,
} from '../../configuration/territories.ts';
import type { TerritoryGap, TerritoryOverlap, TerritoryReport } from '../../domain/territoryReport.ts';
import { builder } from '../builder.ts';
import { configurationContext, signedIn } from '../context.ts';
import { decodeId, decodeOptionalId, encodeId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { configurationMutation } from './configurationMutation.ts';
import { configurationList } from './configurationQuery.ts';
import { deleteMutation } from './delete.ts';
import { TerritoryFormatRef } from './enums.ts';
import { NodeRef } from './node.ts';
import { loadOptional, PoolRef, RepRef, TerritoryRef } from './refs.ts';

TerritoryRef.implement({
  description:
    'Criteria that a lead can meet; the most specific match wins: postal prefix, metro, region, country, none; more criteria before fewer. What is open here is taken from the parent.',
  authScopes: { 'configuration:read': true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('Territory', id) }),
    key: t.exposeString('key'),
    name: t.exposeString('name'),
    parent: t.field({
      type: TerritoryRef,
      nullable: true,
      resolve: ({ parentId }, _args, { loaders }) => loadOptional(loaders.territory, parentId),
    }),
    position: t.exposeInt('position', { description: 'Breaks a tie: the lower comes first.' }),
    countries: t.stringList({ description: 'ISO 3166-1 alpha-2.', resolve: ({ countries }) => [...countries] }),
    regions: t.stringList({ description: 'ISO 3166-2, such as US-CA.', resolve: ({ regions }) => [...regions] }),
    metros: t.stringList({ resolve: ({ metros }) => [...metros] }),
    postalPrefixes: t.stringList({ resolve: ({ postalPrefixes }) => [...postalPrefixes] }),
    industries: t.stringList({
      description: 'As the leads have them; or `naics:51`, `nace:J` for a whole sector.',
      resolve: ({ industries }) => [...industries],
    }),
    industryKeywords: t.stringList({
      description: 'Words of which one must occur in the lead’s industry: an alternative to `industries`.',
      resolve: ({ industryKeywords }) => [...industryKeywords],
    }),
    employeesMin: t.exposeInt('employeesMin', { nullable: true, description: 'Company size, included.' }),
    employeesMax: t.exposeInt('employeesMax', { nullable: true, description: 'Company size, included.' }),
    rep: t.field({
      type: RepRef,
      nullable: true,
      resolve: ({ repId }, _args, { loaders }) => loadOptional(loaders.rep, repId),
    }),
    pool: t.field({
      type: PoolRef,
      nullable: true,
      resolve: ({ poolId }, _args, { loaders }) => loadOptional(loaders.pool, poolId),
    }),
  }),
});

configurationList({
  type: 'Territory',
  ref: TerritoryRef,
  name: 'territories',
  list: (prisma, query) => prisma.territory.findMany(query),
  find: (id, { loaders }) => loaders.territory.load(id),
});

const CreateTerritoryInput = builder.inputType('CreateTerritoryInput', {
  description: 'An empty list means: any. Points at a rep or at a pool, or takes the parent’s target.',
  fields: (t) => ({
    key: t.string({ required: true }),
    name: t.string({ required: true }),
    parentId: t.id(),
    position: t.int(),
    countries: t.stringList({ description: 'Codes or names.' }),
    regions: t.stringList({ description: 'ISO 3166-2, such as US-CA.' }),
    metros: t.stringList({ description: 'Keys of metro areas.' }),
    postalPrefixes: t.stringList(),
    industries: t.stringList({ description: 'As the leads have them; or `naics:51`, `nace:J` for a whole sector.' }),
    industryKeywords: t.stringList(),
    employeesMin: t.int(),
    employeesMax: t.int(),
    repId: t.id(),
    poolId: t.id(),
  }),
});

const UpdateTerritoryInput = builder.inputType('UpdateTerritoryInput', {
  description: 'What is left out stays; null clears.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    parentId: t.id(),
    position: t.int(),
    countries: t.stringList(),
    regions: t.stringList(),
    metros: t.stringList({ description: 'Keys of metro areas.' }),
    postalPrefixes: t.stringList(),
    industries: t.stringList({ description: 'As the leads have them; or `naics:51`, `nace:J` for a whole sector.' }),
    industryKeywords: t.stringList(),
    employeesMin: t.int(),
    employeesMax: t.int(),
    repId: t.id(),
    poolId: t.id(),
  }),
});

type Reference = string | null | undefined;
type References = { readonly parentId?: Reference; readonly repId?: Reference; readonly poolId?: Reference };
const decodeReferences = <Input extends References>({ parentId, repId, poolId, ...fields }: Input) => ({
  ...fields,
  parentId: decodeOptionalId('Territory', parentId),
  repId: decodeOptionalId('Rep', repId),
  poolId: decodeOptionalId('Pool', poolId),
});

configurationMutation({
  name: 'createTerritory',
  description: 'Adds a territory.',
  input: CreateTerritoryInput,
  field: 'territory',
  type: TerritoryRef,
  change: (context, input) => createTerritory(context, decodeReferences(input)),
});

configurationMutation({
  name: 'updateTerritory',
  description: 'Changes a territory.',
  input: UpdateTerritoryInput,
  field: 'territory',
  type: TerritoryRef,
  change: (context, { id, ...fields }) => updateTerritory(context, decodeId('Territory', id), decodeReferences(fields)),
});

deleteMutation('Territory', 'Removes a territory that is no parent.', deleteTerritory);

const ImportTerritoriesInput = builder.inputType('ImportTerritoriesInput', {
  fields: (t) => ({
    format: t.field({ type: TerritoryFormatRef, required: true }),
    text: t.string({
      required: true,
      description:
        'At most 5 MiB (a request has its own limit) and 50,000 territories. CSV: a header with the fields’ names, separated by commas, semicolons or tabs; several values of one field by `|`. YAML: a list of territories as in a company’s file. What is left out has its default, also where the key is there already.',
    }),
    dryRun: t.boolean({ description: 'Only says what it would come to.' }),
  }),
});

const ImportTerritoriesSuccess = builder.objectRef<ImportedTerritories>('ImportTerritoriesSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    created: t.exposeInt('created'),
    updated: t.exposeInt('updated'),
    unchanged: t.exposeInt('unchanged'),
  }),
});

builder.mutationField('importTerritories', (t) =>
  t.field({
    type: resultType('ImportTerritories', ImportTerritoriesSuccess),
    description: 'Creates territories, or changes those whose key is there: all or none. Faults name the row.',
    authScopes: { 'configuration:write': true },
    args: { input: t.arg({ type: ImportTerritoriesInput, required: true }) },
    resolve: (_root, { input: { format, text, dryRun } }, context) =>
      orRefusal(() => importTerritories(configurationContext(context), format, text, { dryRun: dryRun ?? false })),
  }),
);

const TerritoryOverlapRef = builder.objectRef<TerritoryOverlap>('TerritoryOverlap').implement({
  description: 'Two territories that match the same leads equally well, so that position alone decides.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    first: t.exposeString('first', { description: 'Key of the one that wins.' }),
    second: t.exposeString('second', { description: 'Key.' }),
    on: t.exposeString('on', { description: 'What both match.' }),
  }),
});

const TerritoryGapRef = builder.objectRef<TerritoryGap>('TerritoryGap').implement({
  description: 'Leads that no territory takes, beside others that one does.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    where: t.exposeString('where'),
    missing: t.exposeStringList('missing', { description: 'Regions, or ranges of company sizes.' }),
  }),
});

const TerritoryReportRef = builder.objectRef<TerritoryReport>('TerritoryReport').implement({
  description: 'What the territories leave to chance.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    overlaps: t.field({
      type: [TerritoryOverlapRef],
      description: 'At most 100.',
      resolve: ({ overlaps }) => [...overlaps],
    }),
    overlapCount: t.exposeInt('overlapCount', { description: 'Counted up to 10,000.' }),
    gaps: t.field({ type: [TerritoryGapRef], description: 'At most 100.', resolve: ({ gaps }) => [...gaps] }),
    gapCount: t.exposeInt('gapCount'),
  }),
});

builder.queryField('territoryReport', (t) =>
  t.field({
    type: TerritoryReportRef,
    description: 'Overlaps and gaps of all territories.',
    authScopes: { 'configuration:read': true },
    complexity: { field: 50 },
    resolve: (_root, _args, context) =>
      reportTerritories({ database: context.database, workspaceId: signedIn(context).workspaceId }),
  }),
);
