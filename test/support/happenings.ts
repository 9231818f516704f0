import fc from 'fast-check';
import { applyCompany } from '../../src/configuration/company.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import type { TestApp } from './app.ts';
import { type Leaving, offboard, poolId, type Report, reassign, redistribute } from './moves.ts';
import { POOLS, type RandomCompany, REPS, randomCompany, randomLead, randomLeads } from './randomCompany.ts';
import type { TestWorkspace } from './workspace.ts';

/* What happens in a company: leads come in, are worked on and moved, and what is configured changes. */

/** A move of many leads. */
export type Move =
  | { readonly kind: 'redistributeRep' | 'toRep'; readonly rep: string }
  | { readonly kind: 'redistributePool' | 'toPool'; readonly pool: string }
  | { readonly kind: 'toPlan' }
  | { readonly kind: 'leave'; readonly rep: string; readonly successor: string | null };

export type Happening =
  | Move
  | { readonly kind: 'submit'; readonly requests: readonly (readonly object[])[] }
  | { readonly kind: 'enter'; readonly rep: string; readonly lead: object }
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'status'; readonly lead: number; readonly status: string }
  | { readonly kind: 'assign'; readonly lead: number; readonly rep: string }
  | { readonly kind: 'change'; readonly to: RandomCompany };

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

const submission: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constant('submit' as const),
  requests: fc.array(randomLeads(4), { minLength: 1, maxLength: 3 }),
});

const work: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    kind: fc.constant('status' as const),
    lead: fc.nat(),
    status: fc.constantFrom('WON', 'LOST', 'DISQUALIFIED', 'DISQUALIFIED', 'QUALIFIED'),
  }),
  fc.record({ kind: fc.constant('assign' as const), lead: fc.nat(), rep }),
  fc.record({ kind: fc.constant('enter' as const), rep, lead: randomLead }),
  fc.record({ kind: fc.constant('wait' as const), minutes: fc.constantFrom(10, 90, 1_500) }),
);

/** Leads that come in and are worked on. */
export const everyday: fc.Arbitrary<Happening> = fc.oneof(submission, work);

export const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 7, arbitrary: submission },
  { weight: 7, arbitrary: work },
  { weight: 4, arbitrary: move },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('change' as const), to: randomCompany }) },
  { weight: 1, arbitrary: leaving },
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

/** Lets something happen, or be refused. */
export async function happen(
  { clock, database, sweep }: TestApp,
  workspace: TestWorkspace,
  step: Happening,
): Promise<void> {
  switch (step.kind) {
    case 'submit':
      await Promise.all(step.requests.map((leads) => workspace.submitAll(leads)));
      return;
    case 'enter':
      await workspace.submit(step.lead, { key: await workspace.keyFor('REP', step.rep) });
      return;
    case 'wait':
      clock.advance(step.minutes * 60_000);
      // What is due by then is done, and not some time later by the server itself.
      await sweep();
      return;
    case 'status':
    case 'assign': {
      const where = { workspaceId: workspace.id };
      const leads = await database.prisma.lead.findMany({ where, select: { id: true }, orderBy: { id: 'asc' } });
      const lead = leads[step.lead % leads.length];
      if (!lead) return;
      const leadId = Buffer.from(`Lead:${lead.id}`).toString('base64url');
      if (step.kind === 'status')
        await workspace.mutate('updateLeadStatus', { leadId, status: step.status }, '__typename');
      else await workspace.mutate('assignLead', { leadId, repId: workspace.rep(step.rep), reason: 'r' }, '__typename');
      return;
    }
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
