import type pg from 'pg';
import type { Lead } from '../db/generated/client.ts';
import { type RawAssignment, toAssignment } from '../db/rows.ts';
import { poolRotation } from '../domain/decide.ts';
import type { Turned } from '../domain/decision.ts';
import { isOpen } from '../domain/lead.ts';
import { alignRotation, type Rotation } from '../domain/rotation.ts';
import { earnersIn, type RoutingConfiguration } from '../domain/routingConfiguration.ts';
import { type Holding, NEW_STANDING, type Standing, withLead, withoutLead } from '../domain/standing.ts';
import type { Memory } from './memory.ts';
import { readDecision, rotationsIn, type StoredDecision } from './storedDecision.ts';

/*
 * The last leads, and the state as it was before they came: what it takes to try them again.
 */

export interface PastLead {
  readonly lead: Lead;
  /** The first one. */
  readonly assignment: ReturnType<typeof toAssignment>;
  /** Who owns it now, and what it takes up there. */
  readonly present: Holding & { readonly repId: string };
}

/** The last so many leads, in the order in which they were given out. */
export async function selectLastLeads(client: pg.ClientBase, workspaceId: string, count: number): Promise<PastLead[]> {
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
     ORDER BY f."number"`,
    [workspaceId, count],
  );
  return rows.map(({ lead, first, present }) => ({
    lead: { ...lead, closedAt: lead.closedAt === null ? null : new Date(lead.closedAt) },
    assignment: toAssignment({ ...first, assignedAt: new Date(first.assignedAt) }),
    present,
  }));
}

/** A lead that is closed, and what is free from then on. */
export interface Closing {
  readonly at: number;
  readonly repId: string;
  readonly holding: Holding;
  /** Given back, since the lead was disqualified. */
  readonly turns: readonly Omit<Turned, 'rotation'>[];
  /** When they were taken. */
  readonly turnedAt: number;
}

export interface StateBefore {
  readonly standings: ReadonlyMap<string, Standing>;
  readonly rotations: ReadonlyMap<string, Rotation>;
  readonly lastAssignment: number;
  /** Of older leads that have been closed since, by time. */
  readonly closings: readonly Closing[];
}

/**
 * The state as it was before the first of these leads: places and classes as their present owners have them, without
 * these leads and with the older ones that were still open; credits, who has waited longest and the moments for rate caps
 * as they stood. Four queries for however many.
 */
export async function stateBefore(
  client: pg.ClientBase,
  workspaceId: string,
  { configuration, reps, rotations }: Memory,
  past: readonly [PastLead, ...PastLead[]],
): Promise<StateBefore> {
  const [{ assignment: first }] = past;
  const leadIds = past.map(({ lead }) => lead.id);
  const closings = await closedSince(client, workspaceId, first.assignedAt, leadIds);
  const standings = new Map<string, Standing>(reps);
  const hold = (repId: string, holding: Holding, move: typeof withLead): void =>
    void standings.set(repId, move(standings.get(repId) ?? NEW_STANDING, holding));
  for (const { lead, present } of past) if (isOpen(lead.status)) hold(present.repId, present, withoutLead);
  for (const { repId, holding } of closings) hold(repId, holding, withLead);
  for (const { repId, ...received } of await receivedBefore(client, workspaceId, first.number, configuration)) {
    standings.set(repId, { ...(standings.get(repId) ?? NEW_STANDING), ...received });
  }
  const before = await rotationsBefore(client, workspaceId, past, configuration);
  return {
    standings,
    rotations: new Map([...rotations, ...Array.from(before, ([id, { rotation }]) => [id, rotation] as const)]),
    lastAssignment: Number(first.number) - 1,
    closings: closings.map((closing) => ({
      ...closing,
      // What a rotation had been given back when it was first looked at, it has.
      turns: closing.turns.filter(({ rotationId }) => (before.get(rotationId)?.at ?? closing.at) < closing.at),
    })),
  };
}

/** The closings of other leads than these since a moment. */
async function closedSince(
  client: pg.ClientBase,
  workspaceId: string,
  since: Date,
  except: readonly string[],
): Promise<Closing[]> {
  const { rows } = await client.query<
    RawAssignment & { readonly closedAt: Date; readonly decision: StoredDecision | null }
  >(
    `SELECT a.*, l."closedAt", CASE WHEN a."turnReturned" THEN (
              SELECT d."data" FROM "Decision" d WHERE d."workspaceId" = $1 AND d."assignmentId" = a."id"
            ) END AS "decision"
     FROM "Lead" l JOIN "Assignment" a ON a."workspaceId" = $1 AND a."leadId" = l."id" AND a."endedAt" IS NULL
     WHERE l."workspaceId" = $1 AND l."closedAt" > $2 AND l."id" <> ALL ($3::uuid[]) ORDER BY l."closedAt"`,
    [workspaceId, since, except],
  );
  return rows.map(({ repId, cost, classes, poolId, method, assignedAt, closedAt, decision }) => ({
    at: closedAt.getTime(),
    repId,
    holding: { cost, classes, poolId },
    turns: decision === null ? [] : readDecision(decision, method).turns,
    turnedAt: assignedAt.getTime(),
  }));
}

/** When each rep had received leads before an assignment. */
async function receivedBefore(
  client: pg.ClientBase,
  workspaceId: string,
  number: bigint,
  { settings, reps }: RoutingConfiguration,
): Promise<readonly (Pick<Standing, 'lastAssignment' | 'recent'> & { readonly repId: string })[]> {
  const wanted = Array.from(reps.byId.keys(), (repId) => ({ repId, moments: settings.momentsOf(repId) }));
  const { rows } = await client.query<{ repId: string; lastAssignment: string; recent: Date[] }>(
    `SELECT r."repId",
            (SELECT coalesce(max(a."number"), 0) FROM "Assignment" a
             WHERE a."workspaceId" = $1 AND a."repId" = r."repId" AND a."number" < $2 AND a."planVersion" IS NOT NULL AND a."method" <> 'QUEUE'
            ) AS "lastAssignment",
            array(SELECT a."assignedAt" FROM "Assignment" a
                  WHERE a."workspaceId" = $1 AND a."repId" = r."repId" AND a."number" < $2 AND a."planVersion" IS NOT NULL AND a."method" <> 'QUEUE'
                  ORDER BY a."number" DESC LIMIT r."moments") AS "recent"
     FROM json_to_recordset($3) AS r("repId" uuid, "moments" int)`,
    [workspaceId, number.toString(), JSON.stringify(wanted)],
  );
  return rows.map(({ repId, lastAssignment, recent }) => ({
    repId,
    lastAssignment: Number(lastAssignment),
    recent: recent.map((moment) => moment.getTime()).reverse(),
  }));
}

/** Each rotation as the first of these leads that looked at it found it, and when that was. */
async function rotationsBefore(
  client: pg.ClientBase,
  workspaceId: string,
  past: readonly PastLead[],
  { pools }: RoutingConfiguration,
): Promise<ReadonlyMap<string, { readonly rotation: Rotation; readonly at: number }>> {
  const { rows } = await client.query<{ id: string; place: string; data: StoredDecision }>(
    `SELECT DISTINCT ON (r."id") r."id", a."place", d."data"
     FROM unnest($2::uuid[]) WITH ORDINALITY AS a("id", "place")
     JOIN "Decision" d ON d."workspaceId" = $1 AND d."assignmentId" = a."id"
     CROSS JOIN LATERAL (SELECT json_array_elements(d."data" -> 'rotations') ->> 'id' AS "id") AS r
     ORDER BY r."id", a."place"`,
    [workspaceId, past.map(({ assignment }) => assignment.id)],
  );
  return new Map(
    rows.flatMap(({ id, place, data }) => {
      const rotation = wholeRotation(id, data, pools);
      const at = past[Number(place) - 1]?.assignment.assignedAt.getTime();
      return rotation === null || at === undefined ? [] : [[id, { rotation, at }] as const];
    }),
  );
}

/**
 * A rotation as a decision found it, with the pool's present members. Null where credits by number would have to go on by
 * value, or only a part was kept, the pool being large.
 */
function wholeRotation(id: string, data: StoredDecision, pools: RoutingConfiguration['pools']): Rotation | null {
  const rotation = rotationsIn(data).get(id) ?? null;
  const attempt = data.steps
    .flatMap(({ attempts }) => attempts)
    .find(({ poolId, weightSegment }) => poolId !== null && poolRotation(poolId, weightSegment) === id);
  // A list of pools is brought in line with the plan when it is next used.
  if (rotation === null || !attempt) return rotation;
  const pool = pools.byId.get(attempt.poolId ?? '');
  if (!pool || pool.strategy !== attempt.strategy || attempt.omitted !== undefined) return null;
  return alignRotation(rotation, pool.strategy, earnersIn(pool, attempt.weightSegment));
}
