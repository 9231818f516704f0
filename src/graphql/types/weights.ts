import { type DerivedWeights, derivePoolWeights, revertWeights } from '../../configuration/weights.ts';
import type { WeightChange } from '../../db/generated/client.ts';
import type { WeightStep } from '../../domain/derivedWeights.ts';
import { builder } from '../builder.ts';
import { connectionType, page, pageArgs, pageComplexity } from '../connection.ts';
import { configurationContext, signedIn } from '../context.ts';
import { decodeId, encodeId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { configurationMutation } from './configurationMutation.ts';
import { findNode, NodeRef } from './node.ts';
import { loadRequired, PoolRef, RepRef } from './refs.ts';

const WeightStepRef = builder.objectRef<WeightStep>('WeightStep').implement({
  description: 'One member’s weight, and what it was worked out of.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    rep: t.field({ type: RepRef, resolve: ({ repId }, _args, { loaders }) => loadRequired(loaders.rep, repId) }),
    before: t.exposeInt('before'),
    after: t.exposeInt('after'),
    won: t.int({ description: 'Leads won in the days that count.', resolve: ({ basis }) => basis.won }),
    lost: t.int({ resolve: ({ basis }) => basis.lost }),
    value: t.float({
      nullable: true,
      description: 'WIN_RATE: 0 to 1, drawn toward the pool’s where there are few leads. QUOTA: percent.',
      resolve: ({ basis }) => basis.value,
    }),
  }),
});

const WeightChangeRef = builder.objectRef<WeightChange>('WeightChange').implement({
  description: 'Weights of a pool that were derived, or taken back.',
  authScopes: { 'configuration:read': true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('WeightChange', id) }),
    pool: t.field({ type: PoolRef, resolve: ({ poolId }, _args, { loaders }) => loadRequired(loaders.pool, poolId) }),
    by: t.exposeString('by', { description: 'WIN_RATE, QUOTA or REVERTED.' }),
    changedBy: t.exposeString('changedBy'),
    at: t.expose('at', { type: 'DateTime' }),
    revertedAt: t.expose('revertedAt', { type: 'DateTime', nullable: true }),
    steps: t.field({
      type: [WeightStepRef],
      resolve: ({ changes }) => changes as unknown as WeightStep[],
    }),
  }),
});

findNode('WeightChange', async (id, { database, principal }) =>
  principal?.scopes.has('configuration:read')
    ? database.prisma.weightChange.findUnique({ where: { workspaceId_id: { workspaceId: principal.workspaceId, id } } })
    : null,
);

const WeightChangeConnection = connectionType('WeightChange', WeightChangeRef);

builder.queryField('weightChanges', (t) =>
  t.field({
    type: WeightChangeConnection,
    description: 'Of a pool, newest first.',
    authScopes: { 'configuration:read': true },
    complexity: pageComplexity,
    args: { ...pageArgs, poolId: t.arg.id({ required: true }) },
    resolve: (_root, { poolId, ...args }, context) => {
      const { workspaceId } = signedIn(context);
      return page(args, { workspaceId, field: 'id', direction: 'desc' }, ({ where, ...query }) =>
        context.database.prisma.weightChange.findMany({
          where: { workspaceId, poolId: decodeId('Pool', poolId), ...where },
          ...query,
        }),
      );
    },
  }),
);

const DeriveWeightsInput = builder.inputType('DeriveWeightsInput', {
  fields: (t) => ({
    poolId: t.id({ required: true }),
    dryRun: t.boolean({ description: 'Only says what it would come to.' }),
  }),
});

const DeriveWeightsSuccess = builder.objectRef<DerivedWeights>('DeriveWeightsSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    pool: t.field({ type: PoolRef, resolve: ({ pool }) => pool }),
    steps: t.field({ type: [WeightStepRef], resolve: ({ steps }) => [...steps] }),
  }),
});

builder.mutationField('deriveWeights', (t) =>
  t.field({
    type: resultType('DeriveWeights', DeriveWeightsSuccess),
    description: 'Works out the weights of a pool at once, as it is done each day.',
    authScopes: { 'configuration:write': true },
    args: { input: t.arg({ type: DeriveWeightsInput, required: true }) },
    resolve: (_root, { input: { poolId, dryRun } }, context) =>
      orRefusal(() =>
        derivePoolWeights(configurationContext(context), decodeId('Pool', poolId), { dryRun: dryRun ?? false }),
      ),
  }),
);

const RevertWeightsInput = builder.inputType('RevertWeightsInput', {
  fields: (t) => ({ changeId: t.id({ required: true }) }),
});

configurationMutation({
  name: 'revertWeights',
  description: 'Gives the members the weights from before a change; the pool’s weights are fixed from then on.',
  input: RevertWeightsInput,
  field: 'pool',
  type: PoolRef,
  change: (context, { changeId }) => revertWeights(context, decodeId('WeightChange', changeId)),
});
