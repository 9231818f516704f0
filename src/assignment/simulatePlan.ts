import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import type { Database } from '../db/client.ts';
import { selectPlanVersion } from '../db/configuration.ts';
import type { Decision } from '../domain/decision.ts';
import { type ErrorCode, InvalidInput, Refusal } from '../domain/errors.ts';
import { gini } from '../domain/fairness.ts';
import type { Plan } from '../domain/plan.ts';
import { compilePlan, type RoutingConfiguration } from '../domain/routingConfiguration.ts';
import { Simulation } from '../domain/simulation.ts';
import type { Holding } from '../domain/standing.ts';
import { Batch } from './batch.ts';
import { toRoutable } from './carryOut.ts';
import { wantedBy } from './lane.ts';
import { load } from './loadLeads.ts';
import { lookAhead } from './lookAhead.ts';
import type { Memory } from './memory.ts';
import { type Closing, type PastLead, selectLastLeads, stateBefore } from './pastLeads.ts';
import { type IncomingLead, type Previewed, preview, submit, type TriedLead } from './submit.ts';

/** Leads of one simulation. */
export const MAX_SIMULATED = 10_000;
/** Decided in one go; then others have their turn. */
const LEADS_AT_ONCE = 100;

/** What one lead would come to, and what it came to. */
export interface SimulatedLead {
  /** Null for a lead that was given. */
  readonly leadId: string | null;
  readonly before: SimulatedOwner | null;
  /** Null for a lead that would be refused. */
  readonly after: SimulatedOwner | null;
  /** Why it would be refused. */
  readonly refused: ErrorCode | null;
}

export interface SimulatedOwner {
  readonly repId: string;
  readonly method: string;
  readonly stepKey: string | null;
  readonly poolId: string | null;
}

export interface SimulatedPool {
  readonly poolId: string;
  readonly before: number;
  readonly after: number;
  /** Of leads per member; null below two members or without leads. */
  readonly giniBefore: number | null;
  readonly giniAfter: number | null;
}

export interface Simulated {
  readonly leads: readonly SimulatedLead[];
  readonly pools: readonly SimulatedPool[];
  /** Leads that would have another owner. */
  readonly changed: number;
  /** Share that went, and would go, to the last resort; null without leads. */
  readonly fallbackRateBefore: number | null;
  readonly fallbackRateAfter: number | null;
}

/** Which leads are tried: the last so many, or these. */
export type Sample =
  | { readonly kind: 'LAST'; readonly count: number }
  | { readonly kind: 'GIVEN'; readonly leads: readonly IncomingLead[] };

/**
 * Tries a version of the plan on leads, one after the other, and changes nothing.
 *
 * Given leads are submitted to the state as it is, which is then thrown away: as publishing the version and submitting
 * them would come to. The last leads are decided again in the order and at the moments they came in, beginning with the
 * state as it was before the first of them; each is closed when it was closed.
 *
 * @param version null for the draft or, where there is none, the published one
 * @throws Refusal NOT_FOUND; InvalidInput (PLAN_INVALID: it has no last resort; or leads that would be refused as such)
 */
export function simulatePlan(
  database: Database,
  workspaceId: string,
  version: number | null,
  sample: Sample,
  now: Date,
): Promise<Simulated> {
  return lookAhead(database, workspaceId, async (client, published) => {
    const memory = await withPlan(client, workspaceId, published, version);
    const leads =
      sample.kind === 'GIVEN'
        ? await submitGiven(client, workspaceId, memory, sample.leads, now)
        : await repeatLast(client, workspaceId, memory, sample.count);
    return summarize(leads, memory.configuration);
  });
}

/**
 * Who would get a lead now by another version of the plan than the published one. Moves nothing.
 * @throws Refusal NOT_FOUND; InvalidInput (PLAN_INVALID; the lead's attributes)
 */
export const previewVersion = (
  database: Database,
  workspaceId: string,
  version: number,
  lead: TriedLead,
  now: Date,
): Promise<Previewed> =>
  lookAhead(database, workspaceId, async (client, published) => {
    const memory = await withPlan(client, workspaceId, published, version);
    const operation = preview(lead);
    const loaded = await load(client, workspaceId, wantedBy([operation]));
    return operation.apply(new Batch(workspaceId, memory, now, loaded));
  });

/** The memory as it would be if the version were published. @throws Refusal NOT_FOUND; InvalidInput PLAN_INVALID */
async function withPlan(
  client: pg.ClientBase,
  workspaceId: string,
  memory: Memory,
  version: number | null,
): Promise<Memory> {
  const { configuration } = memory;
  const plan = await planToTry(client, workspaceId, version);
  if (!plan.lastResort.some((key) => configuration.reps.byKey.has(key))) {
    const message = 'names nobody who is there; a lead that no step can place would have no owner';
    throw new InvalidInput([{ path: ['lastResort'], message }], 'PLAN_INVALID');
  }
  return { ...memory, configuration: { ...configuration, plan: compilePlan(plan, configuration.segments) } };
}

/** The version asked for; the draft, or else the published one, when none is. @throws Refusal NOT_FOUND */
async function planToTry(client: pg.ClientBase, workspaceId: string, version: number | null): Promise<Plan> {
  const wanted =
    version ??
    (
      await client.query<{ version: number }>(
        `SELECT "version" FROM "PlanVersion" WHERE "workspaceId" = $1 AND "status" IN ('DRAFT', 'PUBLISHED')
         ORDER BY "status" = 'DRAFT' DESC LIMIT 1`,
        [workspaceId],
      )
    ).rows[0]?.version;
  const plan = wanted === undefined ? null : await selectPlanVersion(client, workspaceId, wanted);
  if (!plan)
    throw new Refusal('NOT_FOUND', version === null ? 'There is no plan yet.' : `There is no version ${version}.`);
  return plan;
}

async function submitGiven(
  client: pg.ClientBase,
  workspaceId: string,
  memory: Memory,
  leads: readonly IncomingLead[],
  now: Date,
): Promise<SimulatedLead[]> {
  const operations = leads.map(submit);
  const loaded = await load(client, workspaceId, wantedBy(operations));
  const batch = new Batch(workspaceId, memory, now, loaded);
  const outcomes = operations.map((operation) => operation.apply(batch));
  const faults = outcomes.filter((outcome) => outcome instanceof InvalidInput);
  if (faults.length > 0) throw new InvalidInput(faults.flatMap(({ issues }) => issues));
  return outcomes.map((outcome): SimulatedLead => {
    const given = { leadId: null, before: null };
    if (outcome instanceof Refusal) return { ...given, after: null, refused: outcome.code };
    return { ...given, after: ownerIn(outcome.assignment), refused: null };
  });
}

async function repeatLast(
  client: pg.ClientBase,
  workspaceId: string,
  memory: Memory,
  count: number,
): Promise<SimulatedLead[]> {
  const [first, ...rest] = await selectLastLeads(client, workspaceId, count);
  if (!first) return [];
  const past = [first, ...rest] as const;
  const state = await stateBefore(client, workspaceId, memory, past);
  const { pools } = memory.configuration;
  const attendance = memory.attendance.asPlanned();
  const simulation = new Simulation(memory.configuration, {
    ...state,
    absences: (repId, at) => attendance.absences(repId, at, memory.configuration),
  });
  const closings = [...state.closings];
  const repeated = new Map<string, SimulatedLead>();
  for (const [position, { lead, assignment }] of past.entries()) {
    if (position % LEADS_AT_ONCE === 0) await setImmediate();
    const at = assignment.assignedAt.getTime();
    for (let next = closings[0]; next && next.at <= at; next = closings[0]) {
      simulation.release(next.repId, next.holding);
      simulation.giveBack(next.turns, next.turnedAt);
      closings.shift();
    }
    const outcome = isOfPlan(assignment)
      ? simulation.route(toRoutable(lead), { at })
      : stay(lead, assignment, repeated, simulation);
    repeated.set(lead.id, { leadId: lead.id, before: ownerIn(assignment), after: ownerIn(outcome), refused: null });
    if (lead.closedAt === null) continue;
    const { repId, cost, classes, poolId, turns } = outcome;
    const returned = lead.status === 'DISQUALIFIED' && pools.byId.get(poolId ?? '')?.returnDisqualified;
    const closing: Closing = {
      at: lead.closedAt.getTime(),
      repId,
      holding: { cost, classes, poolId },
      turns: returned ? turns : [],
      turnedAt: at,
    };
    closings.splice(closings.findLastIndex((each) => each.at <= closing.at) + 1, 0, closing);
  }
  return [...repeated.values()];
}

/** Whether a plan has decided it: neither came the lead with its owner, nor was it the same person again. */
const isOfPlan = ({ stepKey, method }: PastLead['assignment']): boolean => stepKey !== null || method === 'FALLBACK';

/** What became of one of the last leads. */
type Outcome = SimulatedOwner & Holding & Pick<Decision, 'turns'>;

/** A lead that no plan decides stays with its owner, or goes along with the person's first lead. */
function stay(
  lead: PastLead['lead'],
  assignment: PastLead['assignment'],
  repeated: ReadonlyMap<string, SimulatedLead>,
  simulation: Simulation,
): Outcome {
  const first = repeated.get(lead.firstLeadId ?? '');
  const goesAlong = assignment.method === 'DUPLICATE' && first?.before?.repId === assignment.repId;
  const repId = (goesAlong ? first?.after?.repId : null) ?? assignment.repId;
  // What came with its owner was not received.
  if (assignment.planVersion === null) simulation.hold(repId, assignment);
  else simulation.give(repId, assignment, assignment.assignedAt.getTime());
  return { ...assignment, repId, turns: [] };
}

const ownerIn = ({ repId, method, stepKey, poolId }: SimulatedOwner): SimulatedOwner => ({
  repId,
  method,
  stepKey,
  poolId,
});

function summarize(leads: readonly SimulatedLead[], { pools }: RoutingConfiguration): Simulated {
  const owners = (pick: (lead: SimulatedLead) => SimulatedOwner | null): SimulatedOwner[] =>
    leads.map(pick).filter((owner) => owner !== null);
  const [before, after] = [owners((lead) => lead.before), owners((lead) => lead.after)];
  const [ofPoolBefore, ofPoolAfter] = [countsOf(before), countsOf(after)];
  return {
    leads,
    changed: leads.filter((lead) => lead.before !== null && lead.before.repId !== lead.after?.repId).length,
    fallbackRateBefore: fallbackRate(before),
    fallbackRateAfter: fallbackRate(after),
    pools: [...new Set([...ofPoolBefore.keys(), ...ofPoolAfter.keys()])].flatMap((poolId): SimulatedPool[] => {
      const pool = pools.byId.get(poolId);
      if (!pool) return [];
      const members = pool.members.filter(({ weight }) => weight > 0).map(({ repId }) => repId);
      const inPool = (byRep: ReadonlyMap<string, number> | undefined) => ({
        leads: [...(byRep?.values() ?? [])].reduce((sum, count) => sum + count, 0),
        gini: gini(members.map((repId) => byRep?.get(repId) ?? 0)),
      });
      const [was, would] = [inPool(ofPoolBefore.get(poolId)), inPool(ofPoolAfter.get(poolId))];
      return [{ poolId, before: was.leads, after: would.leads, giniBefore: was.gini, giniAfter: would.gini }];
    }),
  };
}

const fallbackRate = (owners: readonly SimulatedOwner[]): number | null =>
  owners.length === 0 ? null : owners.filter(({ method }) => method === 'FALLBACK').length / owners.length;

/** Leads by pool and rep. */
function countsOf(owners: readonly SimulatedOwner[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const byPool = new Map<string, Map<string, number>>();
  for (const { repId, poolId } of owners) {
    if (poolId === null) continue;
    const byRep = byPool.get(poolId) ?? new Map<string, number>();
    byPool.set(poolId, byRep.set(repId, (byRep.get(repId) ?? 0) + 1));
  }
  return byPool;
}
