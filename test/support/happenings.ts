import fc from 'fast-check';
import { OPEN_LEADS } from '../../src/assignment/attendance.ts';
import { AVAILABILITY_STATUSES } from '../../src/assignment/presence.ts';
import { applyCompany } from '../../src/configuration/company.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import type { TestApp } from './app.ts';
import { type Leaving, offboard, poolId, type Report, reassign, redistribute } from './moves.ts';
import { POOLS, QUEUES, type RandomCompany, REPS, randomCompany, randomLead, randomLeads } from './randomCompany.ts';
import { accept, activity, decline } from './time.ts';
import { say } from './waiting.ts';
import type { TestWorkspace } from './workspace.ts';

/*
 * What happens in a company: leads come in, are claimed, accepted or not, worked on and moved; reps come and go, time goes by,
 * and what is configured changes.
 */

/** A move of many leads. */
export type Move =
  | { readonly kind: 'redistributeRep' | 'toRep'; readonly rep: string }
  | { readonly kind: 'redistributePool' | 'toPool'; readonly pool: string }
  | { readonly kind: 'toPlan' }
  | { readonly kind: 'leave'; readonly rep: string; readonly successor: string | null };

/** Whether a rep is there. */
type Presence =
  | {
      readonly kind: 'availability';
      readonly rep: string;
      readonly status: string;
      /** From now until it begins and ends, in minutes. */
      readonly from: number | null;
      readonly until: number | null;
      readonly delegate: string | null;
      readonly openLeads: string;
    }
  | { readonly kind: 'cancelLeave'; readonly rep: string };

export type Happening =
  | Move
  | { readonly kind: 'submit'; readonly requests: readonly (readonly object[])[] }
  | { readonly kind: 'enter'; readonly rep: string; readonly lead: object }
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'status'; readonly lead: number; readonly status: string }
  | { readonly kind: 'assign'; readonly lead: number; readonly rep: string }
  | Presence
  | { readonly kind: 'claim'; readonly lead: number; readonly rep: string }
  | { readonly kind: 'claimNext'; readonly queue: string; readonly rep: string }
  | { readonly kind: 'accept' | 'decline'; readonly lead: number }
  | { readonly kind: 'activity'; readonly lead: number; readonly activity: string; readonly rep: string | null }
  | { readonly kind: 'change'; readonly to: RandomCompany }
  | { readonly kind: 'atOnce'; readonly all: readonly Happening[] };

const rep = fc.constantFrom(...REPS);
const pool = fc.constantFrom(...POOLS);

export const leaving: fc.Arbitrary<Move> = fc.record({
  kind: fc.constant('leave' as const),
  rep,
  successor: fc.option(rep, { nil: null, freq: 3 }),
});

export const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constantFrom('redistributeRep' as const, 'toRep' as const), rep }),
  fc.record({ kind: fc.constantFrom('redistributePool' as const, 'toPool' as const), pool }),
  fc.constant({ kind: 'toPlan' as const }),
);

export const submission: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constant('submit' as const),
  requests: fc.array(randomLeads(4), { minLength: 1, maxLength: 3 }),
});

const minutes = fc.constantFrom(5, 60, 600, 3_000);

const absence: fc.Arbitrary<Happening> = fc
  .record({
    kind: fc.constant('availability' as const),
    rep,
    status: fc.constantFrom(...AVAILABILITY_STATUSES),
    from: fc.option(minutes),
    until: minutes,
    isOpenEnded: fc.boolean(),
    delegate: fc.option(rep),
    openLeads: fc.constantFrom(...OPEN_LEADS),
  })
  .map(({ from, until, isOpenEnded, delegate, openLeads, ...said }) => {
    const isEndless = said.status === 'AVAILABLE' || (said.status === 'PAUSED' && isOpenEnded);
    const isLong = said.status === 'OUT_OF_OFFICE' || said.status === 'PAUSED';
    return {
      ...said,
      from: said.status === 'OUT_OF_OFFICE' ? from : null,
      // What begins later ends later still.
      until: isEndless ? null : until + (from ?? 0),
      delegate: isLong && delegate !== said.rep ? delegate : null,
      openLeads: isLong ? openLeads : 'KEEP',
    };
  });

const presence: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: absence },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancelLeave' as const), rep }) },
);

const answer: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constant('claim' as const), lead: fc.nat(), rep }),
  fc.record({ kind: fc.constant('claimNext' as const), queue: fc.constantFrom(...QUEUES), rep }),
  fc.record({ kind: fc.constantFrom('accept' as const, 'decline' as const, 'decline' as const), lead: fc.nat() }),
  fc.record({
    kind: fc.constant('activity' as const),
    lead: fc.nat(),
    activity: fc.constantFrom('CALL', 'CALL', 'NOTE', 'ACKNOWLEDGED'),
    rep: fc.option(rep, { nil: null, freq: 1 }),
  }),
);

const work: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    kind: fc.constant('status' as const),
    lead: fc.nat(),
    status: fc.constantFrom('WON', 'LOST', 'DISQUALIFIED', 'DISQUALIFIED', 'QUALIFIED'),
  }),
  fc.record({ kind: fc.constant('assign' as const), lead: fc.nat(), rep }),
  fc.record({ kind: fc.constant('enter' as const), rep, lead: randomLead }),
  fc.record({ kind: fc.constant('wait' as const), minutes: fc.constantFrom(2, 6, 90, 150, 1_500) }),
);

/** Leads that come in and are worked on, by reps who come and go. */
export const everyday: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: submission },
  { weight: 3, arbitrary: work },
  { weight: 2, arbitrary: answer },
  { weight: 1, arbitrary: presence },
);

const oneThing: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 7, arbitrary: submission },
  { weight: 7, arbitrary: work },
  { weight: 7, arbitrary: answer },
  { weight: 4, arbitrary: presence },
  { weight: 4, arbitrary: move },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('change' as const), to: randomCompany }) },
  { weight: 1, arbitrary: leaving },
);

export const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 9, arbitrary: oneThing },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('atOnce' as const),
      all: fc.array(oneThing, { minLength: 2, maxLength: 4 }),
    }),
  },
);

/** Carries out a move, or says what it would come to. */
export async function carryOut(workspace: TestWorkspace, step: Move, dryRun = false): Promise<Report | Leaving> {
  switch (step.kind) {
    case 'redistributeRep':
      return redistribute(workspace, { repId: workspace.rep(step.rep), dryRun });
    case 'redistributePool':
      return redistribute(workspace, { poolId: await poolId(workspace, step.pool), dryRun });
    case 'toRep':
      return reassign(workspace, { filter: { source: 'web' }, repId: workspace.rep(step.rep), dryRun });
    case 'toPool':
      return reassign(workspace, { filter: { source: 'web' }, poolId: await poolId(workspace, step.pool), dryRun });
    case 'toPlan':
      return reassign(workspace, { filter: { open: true }, dryRun });
    case 'leave': {
      const successor = step.successor === null ? {} : { successorId: workspace.rep(step.successor) };
      return offboard(workspace, { repId: workspace.rep(step.rep), ...successor, dryRun });
    }
  }
}

/** Lets something happen, or be refused, and all that follows of it. */
export async function happen(app: TestApp, workspace: TestWorkspace, step: Happening): Promise<void> {
  await begin(app, workspace, step);
  await comeToRest(app);
}

/** Carries out what is due, and what follows of that, until nothing more does in any workspace. */
export async function comeToRest({ database, sweep }: TestApp): Promise<void> {
  const events = async (): Promise<bigint | null> =>
    (await database.prisma.lane.aggregate({ _sum: { lastEvent: true } }))._sum.lastEvent;
  for (let sweeps = 0; sweeps < MOST_SWEEPS; sweeps += 1) {
    const before = await events();
    await sweep();
    if ((await events()) === before) return;
  }
  throw new Error(`something goes on happening after ${MOST_SWEEPS} sweeps`);
}

/** More than there are reps to whom a lead can be offered, one after the other. */
const MOST_SWEEPS = 20;

async function begin(app: TestApp, workspace: TestWorkspace, step: Happening): Promise<void> {
  const { clock } = app;
  const later = (after: number | null): Date | null =>
    after === null ? null : new Date(clock.now().getTime() + after * 60_000);
  switch (step.kind) {
    case 'submit':
      await Promise.all(step.requests.map((leads) => workspace.submitAll(leads)));
      return;
    case 'enter':
      try {
        await workspace.submit(step.lead, { key: await workspace.keyFor('REP', step.rep) });
      } catch (error) {
        if (!/rep of the API key has left/.test((error as Error).message)) throw error;
      }
      return;
    case 'atOnce':
      await Promise.all(step.all.map((each) => begin(app, workspace, each)));
      return;
    case 'wait':
      clock.advance(step.minutes * 60_000);
      return;
    case 'availability': {
      const { status, delegate, openLeads, rep: key } = step;
      const delegateId = delegate === null ? {} : { delegateId: workspace.rep(delegate) };
      const said = { from: later(step.from), until: later(step.until), ...delegateId, openLeads };
      await say(workspace, key, { status, ...said });
      return;
    }
    case 'cancelLeave': {
      const leave = await lastLeave(app, workspace, step.rep);
      const repId = workspace.rep(step.rep);
      if (leave !== null) await ask(workspace, 'cancelLeave', { repId, leave });
      return;
    }
    case 'claimNext': {
      const where = { workspaceId_key: { workspaceId: workspace.id, key: step.queue } };
      const { id } = await app.database.prisma.queue.findUniqueOrThrow({ where, select: { id: true } });
      const queueId = encodeId('Queue', id);
      await ask(workspace, 'claimNextLead', { queueId, repId: workspace.rep(step.rep) });
      return;
    }
    case 'claim':
    case 'accept':
    case 'decline':
    case 'status':
    case 'activity':
    case 'assign':
      await workOn(workspace, step, await someLead(app, workspace, step));
      return;
    case 'change':
      try {
        await applyCompany(workspace.context, step.to.text);
      } catch (error) {
        // Its plan may name somebody who has left meanwhile.
        if (!(error instanceof InvalidInput)) throw error;
      }
      return;
    default:
      await carryOut(workspace, step);
  }
}

type Work = Extract<Happening, { readonly lead: number }>;

interface Chosen {
  readonly leadId: string;
  readonly assignmentId: string;
  readonly ownerId: string;
}

/** One of the leads with which it can be done, by its position among them. */
async function someLead({ database }: TestApp, { id }: TestWorkspace, { kind, lead }: Work): Promise<Chosen | null> {
  const with_ = {
    claim: { method: 'QUEUE' },
    accept: { offerStatus: 'OPEN' },
    decline: { offerStatus: 'OPEN' },
  } as const;
  const assignments = await database.prisma.assignment.findMany({
    where: { workspaceId: id, endedAt: null, ...(kind in with_ ? with_[kind as keyof typeof with_] : {}) },
    select: { id: true, leadId: true, repId: true },
    orderBy: { leadId: 'asc' },
  });
  const chosen = assignments[lead % assignments.length];
  if (!chosen) return null;
  return {
    leadId: encodeId('Lead', chosen.leadId),
    assignmentId: encodeId('Assignment', chosen.id),
    ownerId: encodeId('Rep', chosen.repId),
  };
}

async function workOn(workspace: TestWorkspace, step: Work, chosen: Chosen | null): Promise<void> {
  if (chosen === null) return;
  const { leadId, assignmentId, ownerId } = chosen;
  switch (step.kind) {
    case 'claim':
      await ask(workspace, 'claimLead', { leadId, repId: workspace.rep(step.rep) });
      return;
    case 'accept':
      await accept(workspace, assignmentId);
      return;
    case 'decline':
      await decline(workspace, assignmentId);
      return;
    case 'status':
      await workspace.mutate('updateLeadStatus', { leadId, status: step.status }, '__typename');
      return;
    case 'activity':
      await activity(workspace, leadId, step.activity, {
        repId: step.rep === null ? ownerId : workspace.rep(step.rep),
      });
      return;
    case 'assign':
      await workspace.mutate('assignLead', { leadId, repId: workspace.rep(step.rep), reason: 'r' }, '__typename');
  }
}

/** Calls a mutation, whatever it answers. @throws Error where it was not carried out at all */
async function ask({ send }: TestWorkspace, name: string, input: object): Promise<void> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const { data, errors } = await send(`mutation ($input: ${type}!) { ${name}(input: $input) { __typename } }`, {
    input,
  });
  if (!data) throw new Error(errors.map(({ message }) => message).join('; '));
}

/** The id of the leave that was declared last; null for none. */
async function lastLeave({ database }: TestApp, { id }: TestWorkspace, key: string): Promise<string | null> {
  const { rows } = await database.pool.query<{ id: string | null }>(
    `SELECT p."leaves" -> -1 ->> 'id' AS "id" FROM "RepPresence" p
     JOIN "Rep" r ON r."workspaceId" = $1 AND r."id" = p."repId" AND r."key" = $2 WHERE p."workspaceId" = $1`,
    [id, key],
  );
  return rows[0]?.id ?? null;
}
