import { parse } from '../../configuration/inputs.ts';
import { decideSpecialties, proposeSpecialties } from '../../configuration/specialties.ts';
import type { SpecialtyProposal } from '../../db/generated/client.ts';
import type { Specialties } from '../../domain/configuration.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { multiline } from '../../intake/text.ts';
import { builder } from '../builder.ts';
import { connectionType, page, pageArgs, pageComplexity } from '../connection.ts';
import { type Context, configurationContext, signedIn } from '../context.ts';
import { decodeId, encodeId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { ProposalStatusRef } from './enums.ts';
import { findNode, NodeRef } from './node.ts';
import { loadRequired, RepRef } from './refs.ts';

const SpecialtiesRef = builder.objectRef<Specialties>('Specialties').implement({
  description: 'What a rep knows best. An empty list says nothing.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    specialties: t.stringList({ description: 'Labels of any kind.', resolve: ({ specialties }) => [...specialties] }),
    industries: t.stringList({ resolve: ({ industries }) => [...industries] }),
    regions: t.stringList({ resolve: ({ regions }) => [...regions] }),
    products: t.stringList({ resolve: ({ products }) => [...products] }),
    employeesMin: t.exposeInt('employeesMin', { nullable: true, description: 'Company size, included.' }),
    employeesMax: t.exposeInt('employeesMax', { nullable: true, description: 'Company size, included.' }),
  }),
});

const SpecialtyProposalRef = builder.objectRef<SpecialtyProposal>('SpecialtyProposal').implement({
  description: 'What a rep would like to be known for, and what became of it.',
  authScopes: { $any: { 'specialties:propose': true, 'specialties:decide': true } },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('SpecialtyProposal', id) }),
    rep: t.field({ type: RepRef, resolve: ({ repId }, _args, { loaders }) => loadRequired(loaders.rep, repId) }),
    status: t.expose('status', { type: ProposalStatusRef }),
    specialties: t.field({
      type: SpecialtiesRef,
      // Only what it names is kept; the rest is as the rep is known now.
      resolve: async ({ repId, specialties }, _args, { loaders }) => ({
        ...(await loadRequired(loaders.rep, repId)),
        ...(specialties as Partial<Specialties>),
      }),
    }),
    note: t.exposeString('note', { nullable: true }),
    decidedBy: t.exposeString('decidedBy', { nullable: true }),
    reason: t.exposeString('reason', { nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    decidedAt: t.expose('decidedAt', { type: 'DateTime', nullable: true }),
  }),
});

/** Whose proposals a caller sees: the same reps as with leads. Null for everybody's. */
async function visibleReps(context: Context): Promise<readonly string[] | null> {
  const visibility = await context.visibility();
  return visibility.of === 'all' ? null : visibility.of === 'reps' ? visibility.repIds : [];
}

findNode('SpecialtyProposal', async (id, context) => {
  const { database, principal } = context;
  if (!principal?.scopes.has('specialties:propose') && !principal?.scopes.has('specialties:decide')) return null;
  const { workspaceId } = principal;
  const proposal = await database.prisma.specialtyProposal.findUnique({
    where: { workspaceId_id: { workspaceId, id } },
  });
  const reps = await visibleReps(context);
  return proposal && (reps === null || reps.includes(proposal.repId)) ? proposal : null;
});

const SpecialtyProposalConnection = connectionType('SpecialtyProposal', SpecialtyProposalRef);

builder.queryField('specialtyProposals', (t) =>
  t.field({
    type: SpecialtyProposalConnection,
    description: 'One’s own, or those of the team; newest first.',
    authScopes: { $any: { 'specialties:propose': true, 'specialties:decide': true } },
    complexity: pageComplexity,
    args: { ...pageArgs, status: t.arg({ type: ProposalStatusRef }) },
    resolve: async (_root, { status, ...args }, context) => {
      const { workspaceId } = signedIn(context);
      const reps = await visibleReps(context);
      return page(args, { workspaceId, field: 'id', direction: 'desc' }, ({ where, ...query }) =>
        context.database.prisma.specialtyProposal.findMany({
          where: {
            workspaceId,
            ...(status == null ? {} : { status }),
            ...(reps === null ? {} : { repId: { in: [...reps] } }),
            ...where,
          },
          ...query,
        }),
      );
    },
  }),
);

const ProposeSpecialtiesInput = builder.inputType('ProposeSpecialtiesInput', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    specialties: t.stringList(),
    industries: t.stringList(),
    regions: t.stringList(),
    products: t.stringList(),
    employeesMin: t.int(),
    employeesMax: t.int(),
    note: t.string({ description: 'At most 2,000 characters.' }),
  }),
});

const proposalSuccess = (name: string) =>
  builder.objectRef<{ readonly proposal: SpecialtyProposal }>(name).implement({
    authScopes: { signedIn: true },
    fields: (t) => ({ proposal: t.field({ type: SpecialtyProposalRef, resolve: ({ proposal }) => proposal }) }),
  });

builder.mutationField('proposeSpecialties', (t) =>
  t.field({
    type: resultType('ProposeSpecialties', proposalSuccess('ProposeSpecialtiesSuccess')),
    description: 'Says what the caller, as a rep, would like to be known for. A manager approves it or not.',
    authScopes: { 'specialties:propose': true },
    args: { input: t.arg({ type: ProposeSpecialtiesInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const { repId } = signedIn(context);
        if (repId === null)
          throw new InvalidInput([{ path: [], message: 'This key is no rep’s: only a rep can propose' }]);
        return { proposal: await proposeSpecialties(configurationContext(context), repId, input) };
      }),
  }),
);

const DecideSpecialtiesInput = builder.inputType('DecideSpecialtiesInput', {
  fields: (t) => ({
    proposalId: t.id({ required: true }),
    approve: t.boolean({ required: true }),
    reason: t.string({ description: 'At most 2,000 characters.' }),
  }),
});

builder.mutationField('decideSpecialties', (t) =>
  t.field({
    type: resultType('DecideSpecialties', proposalSuccess('DecideSpecialtiesSuccess')),
    description:
      'Approves or refuses what a rep of one’s team has proposed. Approved, it counts from the next lead on.',
    authScopes: { 'specialties:decide': true },
    args: { input: t.arg({ type: DecideSpecialtiesInput, required: true }) },
    resolve: (_root, { input: { proposalId, approve, reason } }, context) =>
      orRefusal(async () => {
        const own = signedIn(context).repId;
        const reps = await visibleReps(context);
        // Nobody decides on their own.
        const mayDecide = (repId: string): boolean => repId !== own && (reps === null || reps.includes(repId));
        const checked = parse(multiline(2_000).nullish(), reason, ['reason']) ?? null;
        const decision = { approve, reason: checked, mayDecide };
        const id = decodeId('SpecialtyProposal', proposalId);
        return { proposal: await decideSpecialties(configurationContext(context), id, decision) };
      }),
  }),
);
