import { readDecision, type StoredDecision } from '../../assignment/storedDecision.ts';
import { maySee } from '../../auth/visibility.ts';
import type { Assignment } from '../../db/generated/client.ts';
import type { Considered } from '../../domain/decision.ts';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { decodeId } from '../ids.ts';
import {
  AccountMatchByRef,
  AttemptViaRef,
  MethodRef,
  ReasonRef,
  StepCodeRef,
  StepKindRef,
  TieBreakRef,
} from './enums.ts';
import {
  AccountRef,
  AttemptRef,
  DecisionRef,
  type DecisionRow,
  loadOptional,
  loadRequired,
  PoolRef,
  RepRef,
  StepTraceRef,
  TerritoryRef,
} from './refs.ts';

const ConsideredRef = builder.objectRef<Considered>('Considered').implement({
  description: 'One rep who was looked at. The fields from `weight` on are null where no rotation was involved.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    rep: t.field({ type: RepRef, resolve: ({ repId }, _args, { loaders }) => loadRequired(loaders.rep, repId) }),
    reason: t.expose('reason', { type: ReasonRef }),
    load: t.exposeInt('load', { description: 'Open leads before this one.' }),
    limit: t.exposeInt('limit', { description: 'The most there may be.' }),
    weight: t.int({ nullable: true, resolve: ({ turn }) => turn?.weight }),
    tier: t.int({ nullable: true, resolve: ({ turn }) => turn?.tier }),
    share: t.float({
      nullable: true,
      description: 'What the weight earns of each lead among those eligible, 0 to 1.',
      resolve: ({ turn }) => turn?.share,
    }),
    received: t.int({
      nullable: true,
      description: 'Leads received from this pool before.',
      resolve: ({ turn }) => turn?.received,
    }),
    creditBefore: t.float({
      nullable: true,
      description: 'In leads (VALUE_BALANCED: in value).',
      resolve: ({ turn }) => turn?.creditBefore,
    }),
    creditAfter: t.float({ nullable: true, resolve: ({ turn }) => turn?.creditAfter }),
    lastAssignment: t.field({
      type: 'SequenceNumber',
      nullable: true,
      description: 'Number of the last assignment from anywhere, 0 for none: the lowest has waited longest.',
      resolve: ({ turn }) => turn?.lastAssignment,
    }),
    rank: t.int({
      nullable: true,
      description: '1 for the one chosen; null for who was not eligible.',
      resolve: ({ turn }) => turn?.rank,
    }),
  }),
});

AttemptRef.implement({
  description: 'One look at one target: a step’s own, or what its `whenNobody` turned to.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    via: t.expose('via', { type: AttemptViaRef }),
    pool: t.field({
      type: PoolRef,
      nullable: true,
      resolve: ({ poolId }, _args, { loaders }) => loadOptional(loaders.pool, poolId),
    }),
    code: t.expose('code', { type: StepCodeRef, nullable: true, description: 'Why there was nobody to look at.' }),
    tieBreak: t.expose('tieBreak', { type: TieBreakRef, nullable: true }),
    considered: t.field({
      type: [ConsideredRef],
      description: 'At most 100, those next in line first.',
      resolve: ({ considered }) => [...considered],
    }),
    omitted: t.field({
      type: 'JSON',
      description: 'How many more were passed over, by reason.',
      resolve: ({ omitted }) => omitted,
    }),
  }),
});

StepTraceRef.implement({
  description: 'A step that matched.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    stepKey: t.exposeString('stepKey', { nullable: true, description: 'Null for the last resort.' }),
    kind: t.expose('kind', { type: StepKindRef, nullable: true }),
    yielded: t.exposeBoolean('yielded', { description: 'Whether it gave the lead its owner.' }),
    attempts: t.field({
      type: [AttemptRef],
      complexity: { field: 1, multiplier: 2 },
      resolve: ({ attempts }) => [...attempts],
    }),
  }),
});

DecisionRef.implement({
  description: 'Why a lead went where it went.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    summary: t.exposeString('summary', { description: 'One sentence that says who, by which step, and why.' }),
    method: t.expose('method', { type: MethodRef }),
    planVersion: t.exposeInt('planVersion', { nullable: true }),
    stepKey: t.exposeString('stepKey', { nullable: true }),
    rep: t.field({ type: RepRef, resolve: ({ repId }, _args, { loaders }) => loadRequired(loaders.rep, repId) }),
    pool: t.field({
      type: PoolRef,
      nullable: true,
      resolve: ({ poolId }, _args, { loaders }) => loadOptional(loaders.pool, poolId),
    }),
    territory: t.field({
      type: TerritoryRef,
      nullable: true,
      resolve: ({ territoryId }, _args, { loaders }) => loadOptional(loaders.territory, territoryId),
    }),
    account: t.field({
      type: AccountRef,
      nullable: true,
      resolve: ({ account }, _args, { loaders }) => loadOptional(loaders.account, account?.id ?? null),
    }),
    accountMatchedBy: t.field({ type: AccountMatchByRef, nullable: true, resolve: ({ account }) => account?.by }),
    beyondCapacity: t.exposeBoolean('beyondCapacity', {
      description: 'Taken although the load had reached the limit.',
    }),
    steps: t.field({
      type: [StepTraceRef],
      complexity: { field: 1, multiplier: 3 },
      description: 'The steps that matched, in order; the last one yielded.',
      resolve: ({ steps }) => [...steps],
    }),
  }),
});

/** The decision behind an assignment. */
export async function decisionOf(assignment: Assignment, { loaders }: Context): Promise<DecisionRow> {
  const { data } = await loadRequired(loaders.decision, assignment.id);
  const { repId, planVersion, stepKey, poolId, territoryId, method } = assignment;
  return {
    ...readDecision(data as unknown as StoredDecision, method),
    repId,
    planVersion,
    stepKey,
    poolId,
    territoryId,
  };
}

builder.queryField('decision', (t) =>
  t.field({
    type: DecisionRef,
    nullable: true,
    description: 'The decision behind the present assignment of a lead.',
    authScopes: { 'leads:read': true },
    args: { leadId: t.arg.id({ required: true }) },
    resolve: async (_root, { leadId }, context) => {
      const id = decodeId('Lead', leadId);
      const [lead, assignment] = await Promise.all([
        context.loaders.lead.load(id),
        context.loaders.presentAssignment.load(id),
      ]);
      if (!lead || !assignment || !maySee(await context.visibility(), lead, assignment)) return null;
      return decisionOf(assignment, context);
    },
  }),
);
