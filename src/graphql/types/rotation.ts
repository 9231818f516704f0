import { readDecision, type StoredDecision } from '../../assignment/storedDecision.ts';
import { type RotationView, viewRotation } from '../../assignment/viewRotation.ts';
import type { Assignment } from '../../db/generated/client.ts';
import type { Considered } from '../../domain/decision.ts';
import { reasonText } from '../../domain/decisionSummary.ts';
import { Refusal } from '../../domain/errors.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { decodeId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { LanguageRef, ReasonRef } from './enums.ts';
import { loadRequired, PoolRef, RepRef } from './refs.ts';

type Place = RotationView['places'][number];

const RotationPlaceRef = builder.objectRef<Place>('RotationPlace').implement({
  description: 'Where one member stands, were a lead to come now that anybody could take.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    rep: t.field({ type: RepRef, resolve: ({ repId }, _args, { loaders }) => loadRequired(loaders.rep, repId) }),
    position: t.int({
      nullable: true,
      description: '1 for whose turn it is; null for who could not take it.',
      resolve: ({ considered }) => considered?.turn?.rank,
    }),
    reason: t.field({ type: ReasonRef, resolve: ({ considered }) => considered?.reason ?? 'NOT_THEIR_TURN' }),
    reasonText: t.string({
      description: 'The reason in a few words, with its numbers.',
      args: { language: t.arg({ type: LanguageRef }) },
      resolve: ({ considered }, { language }) => (considered ? reasonText(considered, language ?? 'EN') : ''),
    }),
    load: t.int({ description: 'Places taken.', resolve: ({ considered }) => considered?.standing.load ?? 0 }),
    limit: t.int({ description: 'Places there are.', resolve: ({ considered }) => considered?.limit ?? 0 }),
    weight: t.exposeInt('weight'),
    expectedShare: t.exposeFloat('expectedShare', {
      description: 'What the weight comes to among all members, 0 to 1.',
    }),
    actualShare: t.exposeFloat('actualShare', {
      nullable: true,
      description: 'Of the leads this rotation has given, 0 to 1; null before the first.',
    }),
    received: t.exposeInt('received', { description: 'Leads received in this rotation.' }),
    credit: t.exposeFloat('credit', {
      description: 'What the weight has earned beyond what was received, in leads (VALUE_BALANCED: in value).',
    }),
  }),
});

/** A lead that somebody else got, as it was for one rep. */
interface PassedOver {
  readonly assignment: Assignment;
  readonly considered: Considered | null;
}

const WhyNotMeRef = builder.objectRef<PassedOver>('WhyNotMe').implement({
  description: 'One of the pool’s last leads, and why it went to whom it went.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    assignedAt: t.field({ type: 'DateTime', resolve: ({ assignment }) => assignment.assignedAt }),
    to: t.field({
      type: RepRef,
      resolve: ({ assignment }, _args, { loaders }) => loadRequired(loaders.rep, assignment.repId),
    }),
    reason: t.field({
      type: ReasonRef,
      nullable: true,
      description:
        'CHOSEN where it was yours; null where you were no member yet, where it was given by hand, or among more than 100 passed over.',
      resolve: ({ considered }) => considered?.reason,
    }),
    reasonText: t.string({
      nullable: true,
      args: { language: t.arg({ type: LanguageRef }) },
      resolve: ({ considered }, { language }) => considered && reasonText(considered, language ?? 'EN'),
    }),
    rank: t.int({
      nullable: true,
      description: 'Your place in line.',
      resolve: ({ considered }) => considered?.turn?.rank,
    }),
    creditBefore: t.float({ nullable: true, resolve: ({ considered }) => considered?.turn?.creditBefore }),
  }),
});

const RotationRef = builder.objectRef<RotationView & { readonly poolId: string }>('Rotation').implement({
  description: 'How a pool stands now.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    pool: t.field({ type: PoolRef, resolve: ({ poolId }, _args, { loaders }) => loadRequired(loaders.pool, poolId) }),
    segment: t.exposeString('segment', {
      nullable: true,
      description: 'Key of the segment whose weights count; null for the base weights.',
    }),
    places: t.field({
      type: [RotationPlaceRef],
      description: 'Who is next first; then who could not take a lead now.',
      resolve: ({ places }) => [...places],
    }),
    mine: t.field({
      type: RotationPlaceRef,
      nullable: true,
      description: 'The caller’s own place; null for who is no member.',
      resolve: ({ places }, _args, context) => places.find(({ repId }) => repId === signedIn(context).repId),
    }),
    whyNotMe: t.field({
      type: [WhyNotMeRef],
      description: 'The pool’s last leads, newest first, as they were for the caller as a rep.',
      args: { last: t.arg.int({ description: '1 to 50; 10 unless told.' }) },
      complexity: { field: 1, multiplier: 10 },
      resolve: async ({ poolId }, { last }, context): Promise<PassedOver[]> => {
        const { workspaceId, repId } = signedIn(context);
        if (repId === null) return [];
        const rows = await context.database.prisma.assignment.findMany({
          where: { workspaceId, poolId, decision: { isNot: null } },
          orderBy: { number: 'desc' },
          take: Math.min(Math.max(last ?? 10, 1), 50),
          include: { decision: true },
        });
        return rows.flatMap(({ decision, ...assignment }) => {
          if (!decision) return [];
          const { steps } = readDecision(decision.data as unknown as StoredDecision, assignment.method);
          const attempt = steps.at(-1)?.attempts.at(-1);
          return [{ assignment, considered: attempt?.considered.find((each) => each.repId === repId) ?? null }];
        });
      },
    }),
  }),
});

const RotationSuccess = builder
  .objectRef<{ readonly rotation: RotationView & { readonly poolId: string } }>('RotationSuccess')
  .implement({
    authScopes: { signedIn: true },
    fields: (t) => ({ rotation: t.field({ type: RotationRef, resolve: ({ rotation }) => rotation }) }),
  });

builder.queryField('rotation', (t) =>
  t.field({
    type: resultType('Rotation', RotationSuccess),
    description: 'Who of a pool is next, and what everybody has had beside what they should have had.',
    authScopes: { 'configuration:read': true },
    args: {
      poolId: t.arg.id({ required: true }),
      segment: t.arg.string({ description: 'Of the pool’s weight segments; the base weights without.' }),
    },
    resolve: (_root, { poolId, segment }, context) =>
      orRefusal(async () => {
        const id = decodeId('Pool', poolId);
        const { workspaceId } = signedIn(context);
        const view = await context.intake.lanes.run(workspaceId, viewRotation(id, segment ?? null));
        if (!view) throw new Refusal('NOT_FOUND', 'There is no such pool, or it has no weights for this segment.');
        return { rotation: { ...view, poolId: id } };
      }),
  }),
);
