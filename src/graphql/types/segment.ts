import { createSegment, deleteSegment, updateSegment } from '../../configuration/segments.ts';
import { builder } from '../builder.ts';
import { connectionType, page, pageArgs, pageComplexity } from '../connection.ts';
import { signedIn } from '../context.ts';
import { decodeId, encodeId } from '../ids.ts';
import { ConditionInput } from './condition.ts';
import { configurationMutation } from './configurationMutation.ts';
import { deleteMutation } from './delete.ts';
import { findNode, NodeRef } from './node.ts';
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

const SegmentConnection = connectionType('Segment', SegmentRef);

findNode('Segment', async (id, { database, principal }) =>
  principal?.scopes.has('configuration:read')
    ? database.prisma.segment.findUnique({ where: { workspaceId_id: { workspaceId: principal.workspaceId, id } } })
    : null,
);

builder.queryField('segments', (t) =>
  t.field({
    type: SegmentConnection,
    description: 'By key.',
    authScopes: { 'configuration:read': true },
    complexity: pageComplexity,
    args: pageArgs,
    resolve: (_root, args, context) => {
      const { workspaceId } = signedIn(context);
      return page(args, { workspaceId, field: 'key', direction: 'asc' }, ({ where, ...query }) =>
        context.database.prisma.segment.findMany({ where: { workspaceId, ...where }, ...query }),
      );
    },
  }),
);

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
