import { createSegment, deleteSegment, updateSegment } from '../../configuration/segments.ts';
import { builder } from '../builder.ts';
import { decodeId, encodeId } from '../ids.ts';
import { ConditionInput } from './condition.ts';
import { configurationMutation } from './configurationMutation.ts';
import { configurationList } from './configurationQuery.ts';
import { deleteMutation } from './delete.ts';
import { NodeRef } from './node.ts';
import { SegmentRef } from './refs.ts';

SegmentRef.implement({
  description: 'A named condition, defined once, used by steps and reports.',
  authScopes: { signedIn: true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('Segment', id) }),
    key: t.exposeString('key'),
    name: t.exposeString('name'),
    condition: t.field({
      type: 'JSON',
      description: 'In the form of ConditionInput.',
      resolve: ({ condition }) => condition,
    }),
  }),
});

configurationList({
  type: 'Segment',
  ref: SegmentRef,
  name: 'segments',
  list: (prisma, query) => prisma.segment.findMany(query),
  find: (id, { database }, workspaceId) =>
    database.prisma.segment.findUnique({ where: { workspaceId_id: { workspaceId, id } } }),
});

const CreateSegmentInput = builder.inputType('CreateSegmentInput', {
  fields: (t) => ({
    key: t.string({ required: true }),
    name: t.string({ required: true }),
    condition: t.field({ type: ConditionInput, required: true }),
  }),
});

const UpdateSegmentInput = builder.inputType('UpdateSegmentInput', {
  description: 'What is left out stays.',
  fields: (t) => ({ id: t.id({ required: true }), name: t.string(), condition: t.field({ type: ConditionInput }) }),
});

configurationMutation({
  name: 'createSegment',
  description: 'Adds a segment.',
  input: CreateSegmentInput,
  field: 'segment',
  type: SegmentRef,
  change: createSegment,
});

configurationMutation({
  name: 'updateSegment',
  description: 'Changes a segment; the published plan goes by it at once.',
  input: UpdateSegmentInput,
  field: 'segment',
  type: SegmentRef,
  change: (context, { id, ...fields }) => updateSegment(context, decodeId('Segment', id), fields),
});

deleteMutation('Segment', 'Removes a segment to which nothing refers.', deleteSegment);
