import {
  basisOf,
  type Decided,
  type LoadConfiguration,
  type Replay,
  replayDecision,
  type Unmatched,
  unmatchedSteps,
} from '../../assignment/explain.ts';
import { readDecision, type StoredDecision } from '../../assignment/storedDecision.ts';
import type { Assignment } from '../../db/generated/client.ts';
import type { Bound, Considered, PoolPlace } from '../../domain/decision.ts';
import { decisionSummary, type Names, reasonText } from '../../domain/decisionSummary.ts';
import { Refusal } from '../../domain/errors.ts';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { decodeId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { visibleLead } from '../visibleLead.ts';
import {
  AccountMatchByRef,
  AttemptViaRef,
  LanguageRef,
  MethodRef,
  ReasonRef,
  StepCodeRef,
  StepKindRef,
  StrategyRef,
  TieBreakRef,
} from './enums.ts';
import {
  AccountRef,
  AttemptRef,
  DecisionRef,
  type DecisionRow,
  LeadRef,
  loadOptional,
  loadRequired,
  PoolRef,
  RepRef,
  StepTraceRef,
  TerritoryRef,
} from './refs.ts';

const BoundRef = builder.objectRef<Bound>('Bound').implement({
  description: 'A limit beside that of open leads which kept a rep from a lead.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    count: t.exposeInt('count'),
    limit: t.exposeInt('limit'),
    of: t.exposeString('of', {
      nullable: true,
      description:
        'AT_CLASS_LIMIT: the segment’s key; RATE_CAPPED: HOUR, DAY, WEEK or MONTH; null for AT_POOL_CAPACITY.',
    }),
  }),
});

const ConsideredRef = builder.objectRef<Considered>('Considered').implement({
  description: 'One rep who was looked at. The fields from `weight` on are null where no rotation was involved.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    rep: t.field({ type: RepRef, resolve: ({ repId }, _args, { loaders }) => loadRequired(loaders.rep, repId) }),
    reason: t.expose('reason', { type: ReasonRef }),
    reasonText: t.string({
      description: 'The reason in a few words, with its numbers.',
      args: { language: t.arg({ type: LanguageRef }) },
      resolve: (considered, { language }) => reasonText(considered, language ?? 'EN'),
    }),
    load: t.int({ description: 'Places taken before this lead.', resolve: ({ standing }) => standing.load }),
    limit: t.exposeInt('limit', { description: 'The most places there are.' }),
    bound: t.expose('bound', {
      type: BoundRef,
      nullable: true,
      description: 'Another limit, where that was the reason.',
    }),
    until: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Who is away: when that ends, as far as was known.',
      resolve: ({ until }) => (until === null ? null : new Date(until)),
    }),
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
      resolve: ({ turn, standing }) => (turn === null ? null : standing.lastAssignment),
    }),
    rank: t.int({
      nullable: true,
      description: '1 for the one chosen; null for who was not eligible.',
      resolve: ({ turn }) => turn?.rank,
    }),
  }),
});

const PoolPlaceRef = builder.objectRef<PoolPlace>('PoolPlace').implement({
  description: 'A pool’s place among those of a list.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    pool: t.field({
      type: PoolRef,
      nullable: true,
      resolve: ({ poolId }, _args, { loaders }) => loaders.pool.load(poolId),
    }),
    weight: t.exposeInt('weight'),
    eligible: t.exposeInt('eligible', { description: 'Members who could take the lead.' }),
    share: t.exposeFloat('share'),
    creditBefore: t.exposeFloat('creditBefore'),
    creditAfter: t.exposeFloat('creditAfter'),
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
    strategy: t.expose('strategy', { type: StrategyRef, nullable: true }),
    weightSegment: t.exposeString('weightSegment', {
      nullable: true,
      description: 'Key of the segment whose weights counted in the pool; null for the base weights.',
    }),
    pools: t.field({
      type: [PoolPlaceRef],
      nullable: true,
      description: 'The pools of a list in line, the one whose turn it was first; null without a list.',
      resolve: ({ list }) => (list ? [...list.line] : null),
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

const UnmatchedRef = builder.objectRef<Unmatched>('UnmatchedStep').implement({
  description: 'A step before the deciding one that did not match.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    stepKey: t.exposeString('stepKey'),
    why: t.exposeString('why', { description: '`country is FR, not DE or AT`.' }),
  }),
});

/** What was known of the lead, and where from. */
interface Fact {
  readonly field: string;
  readonly value: string;
  /** What it was worked out of; null for what came with the lead. */
  readonly from: string | null;
}

const FactRef = builder.objectRef<Fact>('Fact').implement({
  description: 'Something the lead was routed by that was worked out, or recognised.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    field: t.exposeString('field'),
    value: t.exposeString('value'),
    from: t.exposeString('from', { nullable: true, description: 'What it was worked out of.' }),
  }),
});

DecisionRef.implement({
  description: 'Why a lead went where it went.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    summary: t.string({
      description: 'One sentence that says who, by which step, and why.',
      args: { language: t.arg({ type: LanguageRef, description: 'English unless told.' }) },
      resolve: async (decision, { language }, context) =>
        decisionSummary(decision, await namesFor(decision, context), language ?? 'EN'),
    }),
    unmatched: t.field({
      type: [UnmatchedRef],
      description: 'The steps before the deciding one that did not match, in order, and why; worked out on request.',
      args: {
        first: t.arg.int({ description: '1 to 200; 50 unless told.' }),
        language: t.arg({ type: LanguageRef }),
      },
      complexity: { field: 50 },
      resolve: async (decision, { first, language }) => {
        const limit = Math.min(Math.max(first ?? 50, 1), 200);
        return [...(await unmatchedSteps(decision.basis, decision, language ?? 'EN', limit))];
      },
    }),
    facts: t.field({
      type: [FactRef],
      description: 'What of the lead was worked out, and the account it was recognised by.',
      resolve: (decision) => factsOf(decision),
    }),
    duplicateOf: t.field({
      type: LeadRef,
      nullable: true,
      description: 'The same person’s open lead, to whose owner it went; null where it is no longer yours to see.',
      resolve: ({ duplicateOf }, _args, context) => (duplicateOf === null ? null : visibleLead(duplicateOf, context)),
    }),
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

const configurationLoader =
  ({ loaders }: Context): LoadConfiguration =>
  (configVersion, planVersion) =>
    loaders.configurationAsOf.load({ configVersion, planVersion });

/** The decision behind an assignment. */
export async function decisionOf(assignment: Assignment, context: Context): Promise<DecisionRow> {
  const { loaders } = context;
  const [{ data }, lead] = await Promise.all([
    loadRequired(loaders.decision, assignment.id),
    loadRequired(loaders.lead, assignment.leadId),
  ]);
  const { repId, planVersion, stepKey, poolId, territoryId, method } = assignment;
  const stored = data as unknown as StoredDecision;
  const decided = { lead, assignment, stored };
  return {
    decided,
    basis: basisOf(decided, configurationLoader(context)),
    ...readDecision(stored, method),
    repId,
    planVersion,
    stepKey,
    poolId,
    territoryId,
  };
}

/** The names that a decision's sentence needs, read together. */
async function namesFor(decision: DecisionRow, { loaders }: Context): Promise<Names> {
  const { steps, repId, territoryId, account } = decision;
  const last = steps.at(-1)?.attempts ?? [];
  const repIds = [...new Set([repId, ...last.flatMap(({ considered }) => considered.map((each) => each.repId))])];
  const poolIds = [...new Set(last.flatMap(({ poolId }) => (poolId === null ? [] : [poolId])))];
  const [reps, pools, territory, ofAccount] = await Promise.all([
    Promise.all(repIds.map((id) => loaders.rep.load(id))),
    Promise.all(poolIds.map((id) => loaders.pool.load(id))),
    loadOptional(loaders.territory, territoryId),
    loadOptional(loaders.account, account?.id ?? null),
  ]);
  const names = new Map([...reps, ...pools].flatMap((row) => (row ? [[row.id, row.name] as const] : [])));
  const nameOf = (id: string): string | null => names.get(id) ?? null;
  return {
    rep: nameOf,
    pool: nameOf,
    territory: () => territory?.name ?? null,
    account: () => ofAccount?.name ?? null,
  };
}

function factsOf({ account, basis: { lead, derived } }: DecisionRow): Fact[] {
  const facts = Object.entries(derived).map(
    ([field, from]): Fact => ({ field, value: String(lead[field as keyof typeof lead] ?? ''), from }),
  );
  const of = { KEY: 'accountKey', DOMAIN: 'companyDomain', NAME: 'companyName' } as const;
  if (account)
    facts.push({ field: 'account', value: String(lead[of[account.by]] ?? account.by), from: of[account.by] });
  return facts;
}

/** The present decision on a lead, if it is the caller's to see. */
async function visibleDecision(leadId: string, context: Context): Promise<DecisionRow | null> {
  const id = decodeId('Lead', leadId);
  const [lead, assignment] = await Promise.all([visibleLead(id, context), context.loaders.presentAssignment.load(id)]);
  return lead && assignment ? decisionOf(assignment, context) : null;
}

builder.queryField('decision', (t) =>
  t.field({
    type: DecisionRef,
    nullable: true,
    description: 'The decision behind the present assignment of a lead.',
    authScopes: { 'leads:read': true },
    args: { leadId: t.arg.id({ required: true }) },
    resolve: (_root, { leadId }, context) => visibleDecision(leadId, context),
  }),
);

const ReplayRef = builder.objectRef<Replay & { readonly decided: Decided }>('ReplayDecisionSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    replayed: t.exposeBoolean('replayed', {
      description: 'Whether there was anything to decide: by hand, and with the same person’s owner, there is not.',
    }),
    same: t.exposeBoolean('same'),
    differences: t.exposeStringList('differences', { description: 'Empty when it is the same.' }),
    decision: t.field({
      type: DecisionRef,
      description: 'As it was decided again.',
      resolve: ({ decision, decided }, _args, context) => ({
        ...decision,
        decided,
        basis: basisOf(decided, configurationLoader(context)),
      }),
    }),
  }),
});

builder.queryField('replayDecision', (t) =>
  t.field({
    type: resultType('ReplayDecision', ReplayRef),
    description:
      'Decides a lead again from what was kept: the lead, the plan and configuration of that time, the state that was looked at. Changes nothing.',
    authScopes: { $all: { 'configuration:read': true, 'leads:read': true } },
    complexity: { field: 50 },
    args: { leadId: t.arg.id({ required: true }) },
    resolve: (_root, { leadId }, context) =>
      orRefusal(async () => {
        const { decided } = (await visibleDecision(leadId, context)) ?? {};
        const replay = decided && (await replayDecision(decided, configurationLoader(context)));
        if (!replay) throw new Refusal('NOT_FOUND', 'There is no such lead.');
        return { ...replay, decided };
      }),
  }),
);
