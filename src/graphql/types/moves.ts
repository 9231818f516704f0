import type { Destination, Move, Moved } from '../../assignment/moveLeads.ts';
import { carryOutMove, MAX_MOVED, type MoveContext, openLeadsOf } from '../../assignment/moves.ts';
import { visibleLeads } from '../../auth/visibility.ts';
import { recordAction } from '../../configuration/change.ts';
import { parse } from '../../configuration/inputs.ts';
import { type Offboarded, offboardRep } from '../../configuration/offboarding.ts';
import { type MovedMembers, movePoolMembers } from '../../configuration/pools.ts';
import { InvalidInput, Refusal } from '../../domain/errors.ts';
import { line } from '../../intake/text.ts';
import { builder } from '../builder.ts';
import { type Context, configurationContext, signedIn } from '../context.ts';
import { decodeId, decodeOptionalId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { visibleLead } from '../visibleLead.ts';
import { MethodRef, OpenLeadsRef } from './enums.ts';
import { filterWhere, LeadFilterRef } from './leadList.ts';
import { AccountRef, LeadRef, loadRequired, PoolRef, RepRef, TerritoryRef } from './refs.ts';
import { countBy, RepCountRef } from './submission.ts';

/** What moving leads came to, or would. */
interface MoveReport {
  readonly dryRun: boolean;
  readonly moved: readonly Moved[];
}

/** Moved leads that a report lists one by one. */
const MAX_LISTED = 500;

const MovedLeadRef = builder.objectRef<Moved>('MovedLead').implement({
  description: 'Where one lead went, or would go.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    lead: t.field({
      type: LeadRef,
      nullable: true,
      description: 'Null where it is no longer yours to see.',
      resolve: ({ leadId }, _args, context) => visibleLead(leadId, context),
    }),
    from: t.field({ type: RepRef, resolve: ({ fromId }, _args, { loaders }) => loadRequired(loaders.rep, fromId) }),
    to: t.field({
      type: RepRef,
      description: 'The same as `from` where it stays.',
      resolve: ({ toId }, _args, { loaders }) => loadRequired(loaders.rep, toId),
    }),
    method: t.expose('method', { type: MethodRef }),
    stepKey: t.exposeString('stepKey', { nullable: true, description: 'The step that yielded the new owner.' }),
  }),
});

const MoveReportRef = builder.objectRef<MoveReport>('MoveReport').implement({
  description: 'What moving leads came to, or would come to.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    dryRun: t.exposeBoolean('dryRun', { description: 'Whether nothing was moved.' }),
    concerned: t.int({ description: 'Leads that were looked at.', resolve: ({ moved }) => moved.length }),
    moved: t.int({
      description: 'Leads that have, or would have, another owner.',
      resolve: ({ moved }) => moved.filter(({ fromId, toId }) => fromId !== toId).length,
    }),
    perRep: t.field({
      type: [RepCountRef],
      description: 'How many each rep receives, most first.',
      resolve: ({ moved }) => countBy(moved.map(({ fromId, toId }) => (fromId === toId ? null : toId))),
    }),
    leads: t.field({
      type: [MovedLeadRef],
      description: `Those that move, in their order; at most ${MAX_LISTED}.`,
      resolve: ({ moved }) => moved.filter(({ fromId, toId }) => fromId !== toId).slice(0, MAX_LISTED),
    }),
  }),
});

const moveContext = (context: Context): MoveContext & ReturnType<typeof configurationContext> => ({
  ...configurationContext(context),
  lanes: context.intake.lanes,
});

const reasonSchema = line(500).refine((reason) => reason !== null, { error: 'must not be empty' });

const dryRunArg = 'Only says where the leads would go; the same code, on a copy of the state.';

const RedistributeLeadsInput = builder.inputType('RedistributeLeadsInput', {
  description: 'Either a rep or a pool.',
  fields: (t) => ({
    repId: t.id({ description: 'The open leads of this rep, who gets none of them back.' }),
    poolId: t.id({ description: 'The open leads that this pool has routed to their owners, who may keep them.' }),
    reason: t.string({ required: true, description: 'At most 500 characters.' }),
    dryRun: t.boolean({ description: dryRunArg }),
  }),
});

const MoveReportSuccess = builder.objectRef<{ readonly report: MoveReport }>('MoveReportSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({ report: t.field({ type: MoveReportRef, resolve: ({ report }) => report }) }),
});

const MoveReportResult = resultType('MoveReport', MoveReportSuccess);

/** Leads of reps whom the caller does not see are not the caller's to move. */
async function refuseForeignRep(repId: string, context: Context): Promise<void> {
  const visibility = await context.visibility();
  const isVisible = visibility.of === 'all' || (visibility.of === 'reps' && visibility.repIds.includes(repId));
  if (!isVisible || (await context.loaders.rep.load(repId)) === null) {
    throw new Refusal('NOT_FOUND', 'There is no such rep.');
  }
}

/** The reps whose leads the caller may move; null for everybody's. */
async function movableFrom(context: Context): Promise<ReadonlySet<string> | null> {
  const visibility = await context.visibility();
  return visibility.of === 'all' ? null : new Set(visibility.of === 'reps' ? visibility.repIds : []);
}

async function moveAll(
  context: ReturnType<typeof moveContext>,
  action: 'redistributeLeads' | 'reassignLeads',
  move: Move,
  dryRun: boolean,
): Promise<{ report: { dryRun: boolean; moved: readonly Moved[] } }> {
  const { leadIds, destination, reason } = move;
  if (!dryRun && leadIds.length > 0)
    await recordAction(context, action, { leads: leadIds.length, destination, reason });
  return { report: { dryRun, moved: await carryOutMove(context, move, dryRun) } };
}

builder.mutationField('redistributeLeads', (t) =>
  t.field({
    type: MoveReportResult,
    description:
      'Decides the open leads of a rep or of a pool again, by the plan, in the order they were assigned in. One person’s leads move together.',
    authScopes: { 'leads:assign': true },
    args: { input: t.arg({ type: RedistributeLeadsInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const { name } = signedIn(context);
        const reason = parse(reasonSchema, input.reason, ['reason']) as string;
        const [repId, poolId] = [decodeOptionalId('Rep', input.repId), decodeOptionalId('Pool', input.poolId)];
        if ((repId == null) === (poolId == null)) {
          throw new InvalidInput([{ path: ['repId'], message: 'or poolId must be given: one of the two' }]);
        }
        if (repId != null) await refuseForeignRep(repId, context);
        else await refuseUnknownPool(poolId as string, context);
        const moving = moveContext(context);
        const leadIds = await openLeadsOf(moving, repId != null ? { repId } : { poolId: poolId as string });
        const from = repId != null ? new Set([repId]) : await movableFrom(context);
        const destination: Destination = { kind: 'PLAN' };
        const move = { leadIds, destination, method: 'REASSIGNMENT', from, mayStay: repId == null, reason } as const;
        const dryRun = input.dryRun ?? false;
        return moveAll(moving, 'redistributeLeads', { ...move, by: name }, dryRun);
      }),
  }),
);

const ReassignLeadsInput = builder.inputType('ReassignLeadsInput', {
  description: 'To a rep, to a pool’s rotation, or, without either, to wherever the plan says.',
  fields: (t) => ({
    filter: t.field({ type: LeadFilterRef, required: true, description: 'Of the open leads that are yours to see.' }),
    repId: t.id(),
    poolId: t.id(),
    reason: t.string({ required: true, description: 'At most 500 characters.' }),
    dryRun: t.boolean({ description: dryRunArg }),
  }),
});

builder.mutationField('reassignLeads', (t) =>
  t.field({
    type: MoveReportResult,
    description: `Gives all open leads that a filter finds new owners, at most ${MAX_MOVED.toLocaleString('en')} at a time. A rep gets them whatever the limits; a pool and the plan keep to them.`,
    authScopes: { 'leads:assign': true },
    args: { input: t.arg({ type: ReassignLeadsInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const principal = signedIn(context);
        const reason = parse(reasonSchema, input.reason, ['reason']) as string;
        const destination = await destinationOf(input, context);
        await refuseVagueFilter(input.filter, context);
        const rows = await context.database.prisma.lead.findMany({
          where: {
            AND: [visibleLeads(principal, await context.visibility()), filterWhere(input.filter), { closedAt: null }],
          },
          select: { id: true },
          orderBy: { id: 'asc' },
          take: MAX_MOVED + 1,
        });
        if (rows.length > MAX_MOVED) {
          throw new Refusal(
            'TOO_MANY_LEADS',
            `The filter finds more than ${MAX_MOVED.toLocaleString('en')} open leads. Narrow it, for instance by when they were received.`,
          );
        }
        const dryRun = input.dryRun ?? false;
        const ownerId = decodeOptionalId('Rep', input.filter.ownerId);
        const move = {
          leadIds: rows.map(({ id }) => id),
          destination,
          method: 'REASSIGNMENT',
          // A lead that the filter found and that has another owner by now is left alone.
          from: ownerId == null ? await movableFrom(context) : new Set([ownerId]),
          mayStay: true,
          reason,
          by: principal.name,
        } as const;
        return moveAll(moveContext(context), 'reassignLeads', move, dryRun);
      }),
  }),
);

/** A filter that says nothing would move every lead there is; one that names nobody was not meant. */
async function refuseVagueFilter(
  filter: { readonly ownerId?: string | null | undefined; readonly poolId?: string | null | undefined },
  context: Context,
): Promise<void> {
  if (Object.values(filter).every((value) => value == null)) {
    throw new InvalidInput([{ path: ['filter'], message: 'must say which leads: give at least one of its fields' }]);
  }
  if (filter.ownerId != null) await refuseForeignRep(decodeId('Rep', filter.ownerId), context);
  if (filter.poolId != null) await refuseUnknownPool(decodeId('Pool', filter.poolId), context);
}

async function refuseUnknownPool(poolId: string, { loaders }: Context): Promise<void> {
  if ((await loaders.pool.load(poolId)) === null) throw new Refusal('NOT_FOUND', 'There is no such pool.');
}

async function destinationOf(
  input: { readonly repId?: string | null | undefined; readonly poolId?: string | null | undefined },
  context: Context,
): Promise<Destination> {
  const [repId, poolId] = [decodeOptionalId('Rep', input.repId), decodeOptionalId('Pool', input.poolId)];
  if (repId != null && poolId != null) {
    throw new InvalidInput([{ path: ['poolId'], message: 'stands beside repId: give one of the two, or none' }]);
  }
  if (repId != null) {
    await refuseForeignRep(repId, context);
    const rep = await context.loaders.rep.load(repId);
    if (rep?.status === 'LEFT') throw new Refusal('REP_LEFT', `${rep.name} has left and can own nothing.`);
    return { kind: 'REP', repId };
  }
  if (poolId == null) return { kind: 'PLAN' };
  await refuseUnknownPool(poolId, context);
  return { kind: 'POOL', poolId };
}

const OffboardRepInput = builder.inputType('OffboardRepInput', {
  fields: (t) => ({
    repId: t.id({ required: true }),
    successorId: t.id({
      description:
        'Who gets the accounts and territories, and answers for the queues; without, they wait to be re-owned.',
    }),
    openLeads: t.field({
      type: OpenLeadsRef,
      description:
        'REDISTRIBUTE unless told; DELEGATE: to the successor, or else the backup. KEEP: they stay until somebody moves them.',
    }),
    reason: t.string({ description: 'At most 500 characters.' }),
    dryRun: t.boolean({ description: dryRunArg }),
  }),
});

const OffboardRepSuccess = builder
  .objectRef<Offboarded & { readonly dryRun: boolean }>('OffboardRepSuccess')
  .implement({
    authScopes: { signedIn: true },
    fields: (t) => ({
      rep: t.field({ type: RepRef, resolve: ({ rep }) => rep }),
      report: t.field({ type: MoveReportRef, resolve: ({ leads, dryRun }) => ({ dryRun, moved: leads }) }),
      accounts: t.field({
        type: [AccountRef],
        description: 'What the rep owned.',
        resolve: ({ accounts }, _args, { loaders }) =>
          Promise.all(accounts.map((id) => loadRequired(loaders.account, id))),
      }),
      territories: t.field({
        type: [TerritoryRef],
        description: 'What pointed at the rep.',
        resolve: ({ territories }, _args, { loaders }) =>
          Promise.all(territories.map((id) => loadRequired(loaders.territory, id))),
      }),
      reowned: t.exposeBoolean('reowned', {
        description: 'Whether the successor has accounts and territories now; else they wait to be re-owned.',
      }),
      pools: t.field({
        type: [PoolRef],
        description: 'Where the rep was a member; the credits go to the others by weight.',
        resolve: ({ pools }, _args, { loaders }) => Promise.all(pools.map((id) => loadRequired(loaders.pool, id))),
      }),
      keysRevoked: t.exposeInt('keysRevoked'),
    }),
  });

builder.mutationField('offboardRep', (t) =>
  t.field({
    type: resultType('OffboardRep', OffboardRepSuccess),
    description:
      'Lets a rep leave: nothing goes there any more, pools are left, accounts and territories re-owned, keys revoked, calendars removed, and the open leads decided again by the plan. Repeated, it goes on with what was not moved yet.',
    authScopes: { $all: { 'configuration:write': true, 'leads:assign': true } },
    args: { input: t.arg({ type: OffboardRepInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const dryRun = input.dryRun ?? false;
        const offboarded = await offboardRep(moveContext(context), {
          repId: decodeId('Rep', input.repId),
          successorId: decodeOptionalId('Rep', input.successorId) ?? null,
          openLeads: input.openLeads ?? 'REDISTRIBUTE',
          reason: parse(line(500).nullish(), input.reason, ['reason']) ?? 'The owner has left',
          dryRun,
        });
        context.loaders.rep.clearAll();
        return { ...offboarded, dryRun };
      }),
  }),
);

const MovePoolMembersInput = builder.inputType('MovePoolMembersInput', {
  fields: (t) => ({
    fromPoolId: t.id({ required: true }),
    toPoolId: t.id({ required: true }),
    repIds: t.idList({ required: true, description: 'At most 1,000.' }),
    dryRun: t.boolean({ description: 'Only says who would be moved.' }),
  }),
});

const repsOf = (ids: readonly string[], { loaders }: Context) =>
  Promise.all(ids.map((id) => loadRequired(loaders.rep, id)));

const MovePoolMembersSuccess = builder.objectRef<MovedMembers>('MovePoolMembersSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    from: t.field({ type: PoolRef, resolve: ({ from }) => from }),
    to: t.field({ type: PoolRef, resolve: ({ to }) => to }),
    moved: t.field({ type: [RepRef], resolve: ({ moved }, _args, context) => repsOf(moved, context) }),
    alreadyThere: t.field({
      type: [RepRef],
      description: 'They have left the one pool and keep their place in the other.',
      resolve: ({ alreadyThere }, _args, context) => repsOf(alreadyThere, context),
    }),
    notMembers: t.int({
      description: 'How many of those named were no members.',
      resolve: ({ notMembers }) => notMembers.length,
    }),
  }),
});

builder.mutationField('movePoolMembers', (t) =>
  t.field({
    type: resultType('MovePoolMembers', MovePoolMembersSuccess),
    description:
      'Moves members from one pool to another, with weight and tier. The credits stay with those they leave; where they join they begin at 0.',
    authScopes: { 'configuration:write': true },
    args: { input: t.arg({ type: MovePoolMembersInput, required: true }) },
    resolve: (_root, { input: { fromPoolId, toPoolId, repIds, dryRun } }, context) =>
      orRefusal(async () => {
        if (repIds.length > 1_000) {
          throw new InvalidInput([
            { path: ['repIds'], message: 'has more than 1,000 reps; send them in several calls' },
          ]);
        }
        return movePoolMembers(
          configurationContext(context),
          {
            fromPoolId: decodeId('Pool', fromPoolId),
            toPoolId: decodeId('Pool', toPoolId),
            repIds: repIds.map((id) => decodeId('Rep', id)),
          },
          { dryRun: dryRun ?? false },
        );
      }),
  }),
);
