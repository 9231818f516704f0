import type pg from 'pg';
import type { Database } from '../db/client.ts';
import { selectPlanVersion } from '../db/configuration.ts';
import type { Lead } from '../db/generated/client.ts';
import { type RawAssignment, toAssignment } from '../db/rows.ts';
import { Refusal } from '../domain/errors.ts';
import { gini } from '../domain/fairness.ts';
import { isOpen, type RoutableLead } from '../domain/lead.ts';
import type { Plan } from '../domain/plan.ts';
import { compilePlan, type RoutingConfiguration } from '../domain/routingConfiguration.ts';
import { settleLead } from '../domain/settleLead.ts';
import type { Holding } from '../domain/standing.ts';
import { lookAhead, simulationOf } from './lookAhead.ts';
import { decideOnly, type Previewed, type TriedLead, toRoutable } from './operations.ts';

/** Leads of one simulation. */
export const MAX_SIMULATED = 10_000;

/** What one lead would come to, and what it came to. */
export interface SimulatedLead {
  /** Null for a lead that was given. */
  readonly leadId: string | null;
  readonly before: SimulatedOwner | null;
  readonly after: SimulatedOwner;
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
  | { readonly kind: 'GIVEN'; readonly leads: readonly RoutableLead[] };

/**
 * Tries a version of the plan on leads, one after the other, and changes nothing.
 *
 * Given leads are decided now, on the state as it is: as publishing the version and submitting them would. The last
 * leads are decided again in the order and at the moments they came in; what they take up now is set free first, and
 * each is closed when it was closed.
 *
 * @param version null for the draft, else the published one
 * @throws Refusal NOT_FOUND
 */
export function simulatePlan(
  database: Database,
  workspaceId: string,
  version: number | null,
  sample: Sample,
  now: Date,
): Promise<Simulated> {
  return lookAhead(database, workspaceId, async (client, memory) => {
    const plan = await planToTry(client, workspaceId, version);
    const { configuration: published } = memory;
    const configuration = { ...published, plan: compilePlan(plan, published.segments) };
    const simulation = simulationOf(memory, configuration);
    if (sample.kind === 'GIVEN') {
      const leads = sample.leads.map((given): SimulatedLead => {
        const { lead } = settleLead(given, configuration);
        return { leadId: null, before: null, after: ownerIn(simulation.route(lead, { at: now.getTime() })) };
      });
      return summarize(leads, configuration);
    }
    const past = await selectLastLeads(client, workspaceId, sample.count);
    for (const { lead, present } of past) {
      if (isOpen(lead.status)) simulation.release(present.repId, present);
    }
    const closing: { readonly at: number; readonly repId: string; readonly holding: Holding }[] = [];
    const leads = past.map(({ lead, assignment }): SimulatedLead => {
      const at = assignment.assignedAt.getTime();
      for (let first = closing[0]; first && first.at <= at; first = closing[0]) {
        simulation.release(first.repId, first.holding);
        closing.shift();
      }
      const decision = simulation.route(toRoutable(lead), { at });
      if (lead.closedAt !== null) {
        const closed = { at: lead.closedAt.getTime(), repId: decision.repId, holding: decision };
        const position = closing.findLastIndex((each) => each.at <= closed.at) + 1;
        closing.splice(position, 0, closed);
      }
      return { leadId: lead.id, before: ownerIn(assignment), after: ownerIn(decision) };
    });
    return summarize(leads, configuration);
  });
}

/**
 * Who would get a lead now by another version of the plan than the published one. Moves nothing.
 * @throws Refusal NOT_FOUND; InvalidInput (the lead's attributes)
 */
export const previewVersion = (
  database: Database,
  workspaceId: string,
  version: number,
  lead: TriedLead,
  now: Date,
): Promise<Previewed> =>
  lookAhead(database, workspaceId, async (client, memory) => {
    const { configuration } = memory;
    const plan = compilePlan(await planToTry(client, workspaceId, version), configuration.segments);
    return decideOnly(lead, { ...configuration, plan }, simulationOf(memory), now);
  });

/** The version asked for; the draft, or else the published one, when none is. @throws Refusal NOT_FOUND */
async function planToTry(client: pg.ClientBase, workspaceId: string, version: number | null): Promise<Plan> {
  const wanted =
    version ??
    (
      await client.query<{ version: number }>(
        `SELECT "version" FROM "PlanVersion" WHERE "workspaceId" = $1 AND "status" IN ('DRAFT', 'PUBLISHED')
         ORDER BY "version" DESC LIMIT 1`,
        [workspaceId],
      )
    ).rows[0]?.version;
  const plan = wanted === undefined ? null : await selectPlanVersion(client, workspaceId, wanted);
  if (!plan)
    throw new Refusal('NOT_FOUND', version === null ? 'There is no plan yet.' : `There is no version ${version}.`);
  return plan;
}

const ownerIn = ({ repId, method, stepKey, poolId }: SimulatedOwner): SimulatedOwner => ({
  repId,
  method,
  stepKey,
  poolId,
});

interface PastLead {
  readonly lead: Lead;
  /** The first one, which routed it. */
  readonly assignment: ReturnType<typeof toAssignment>;
  /** Who owns it now, and what it takes up there. */
  readonly present: Holding & { readonly repId: string };
}

/** The last leads that a plan has routed, oldest first. */
async function selectLastLeads(client: pg.ClientBase, workspaceId: string, count: number): Promise<PastLead[]> {
  const { rows } = await client.query<{
    lead: Lead;
    first: RawAssignment;
    present: Holding & { repId: string };
  }>(
    `WITH last AS (
       SELECT "id" FROM "Lead" WHERE "workspaceId" = $1 ORDER BY "receivedAt" DESC, "id" DESC LIMIT $2
     )
     SELECT to_jsonb(l) - 'payload' - 'payloadHash' AS "lead", to_jsonb(f) AS "first",
            jsonb_build_object('repId', p."repId", 'cost', p."cost", 'classes', p."classes", 'poolId', p."poolId") AS "present"
     FROM last
     JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = last."id"
     JOIN "Assignment" p ON p."workspaceId" = $1 AND p."leadId" = l."id" AND p."endedAt" IS NULL
     CROSS JOIN LATERAL (
       SELECT * FROM "Assignment" a WHERE a."workspaceId" = $1 AND a."leadId" = l."id" ORDER BY a."number" LIMIT 1
     ) AS f
     WHERE f."stepKey" IS NOT NULL OR f."method" = 'FALLBACK'
     ORDER BY f."number"`,
    [workspaceId, count],
  );
  return rows.map(({ lead, first, present }) => ({
    lead: { ...lead, closedAt: lead.closedAt === null ? null : new Date(lead.closedAt) },
    assignment: toAssignment({ ...first, assignedAt: new Date(first.assignedAt) }),
    present,
  }));
}

function summarize(leads: readonly SimulatedLead[], { pools }: RoutingConfiguration): Simulated {
  const isFallback = (owner: SimulatedOwner | null): boolean => owner?.method === 'FALLBACK';
  const known = leads.filter(({ before }) => before !== null);
  const rate = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
  const counts = (pick: (lead: SimulatedLead) => SimulatedOwner | null) => {
    const byPool = new Map<string, Map<string, number>>();
    for (const lead of leads) {
      const owner = pick(lead);
      if (!owner || owner.poolId === null) continue;
      const byRep = byPool.get(owner.poolId) ?? new Map<string, number>();
      byPool.set(owner.poolId, byRep.set(owner.repId, (byRep.get(owner.repId) ?? 0) + 1));
    }
    return byPool;
  };
  const [before, after] = [counts((lead) => lead.before), counts((lead) => lead.after)];
  const inPool = (byRep: ReadonlyMap<string, number> | undefined, members: readonly string[]) => ({
    leads: [...(byRep?.values() ?? [])].reduce((sum, count) => sum + count, 0),
    gini: gini(members.map((repId) => byRep?.get(repId) ?? 0)),
  });
  return {
    leads,
    changed: known.filter((lead) => lead.before?.repId !== lead.after.repId).length,
    fallbackRateBefore: rate(known.filter((lead) => isFallback(lead.before)).length, known.length),
    fallbackRateAfter: rate(leads.filter((lead) => isFallback(lead.after)).length, leads.length),
    pools: [...new Set([...before.keys(), ...after.keys()])].flatMap((poolId): SimulatedPool[] => {
      const pool = pools.byId.get(poolId);
      if (!pool) return [];
      const members = pool.members.filter(({ weight }) => weight > 0).map(({ repId }) => repId);
      const [was, would] = [inPool(before.get(poolId), members), inPool(after.get(poolId), members)];
      return [{ poolId, before: was.leads, after: would.leads, giniBefore: was.gini, giniAfter: would.gini }];
    }),
  };
}
