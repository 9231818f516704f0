import type pg from 'pg';
import type { Assignment, Lead } from '../db/generated/client.ts';
import { serializeRotation } from '../domain/rotation.ts';
import type { Batch } from './batch.ts';

/*
 * The whole batch is written by at most three statements, whatever its size. Rows travel as JSON with the tables' own
 * column names (json_populate_recordset), so that no column list is repeated here.
 */

/** Without a function that looks at each value: it took a tenth of the server's work. */
const toJson = (rows: Iterable<object>): string => JSON.stringify([...rows]);

/* What JSON cannot say. */
const leadRow = (lead: Lead): object => ({
  ...lead,
  payloadHash: `\\x${Buffer.from(lead.payloadHash).toString('hex')}`,
});
const assignmentRow = (assignment: Assignment): object => ({ ...assignment, number: Number(assignment.number) });

/* Former assignments end before new ones begin: the index of current owners is checked row by row. */
const UPDATE = `
  WITH leads AS (
    UPDATE "Lead" AS l SET
      "status" = n."status", "firstContactAt" = n."firstContactAt", "closedAt" = n."closedAt"
    FROM json_populate_recordset(NULL::"Lead", $2) AS n
    WHERE l."workspaceId" = $1 AND l."id" = n."id"
  ), cancelled AS (
    DELETE FROM "Deadline" AS d USING json_to_recordset($4) AS n("kind" "DeadlineKind", "subjectId" uuid)
    WHERE d."workspaceId" = $1 AND d."kind" = n."kind" AND d."subjectId" = n."subjectId"
  ), unqueued AS (
    DELETE FROM "QueuedLead" WHERE "workspaceId" = $1 AND "leadId" = ANY ($5::uuid[])
  )
  UPDATE "Assignment" AS a SET
    "acknowledgedAt" = n."acknowledgedAt", "firstContactAt" = n."firstContactAt", "endedAt" = n."endedAt",
    "turnReturned" = n."turnReturned", "offerStatus" = n."offerStatus", "offerReason" = n."offerReason",
    "slaPolicy" = n."slaPolicy", "slaDueAt" = n."slaDueAt", "slaStatus" = n."slaStatus"
  FROM json_populate_recordset(NULL::"Assignment", $3) AS n
  WHERE a."workspaceId" = $1 AND a."id" = n."id"`;

const UPDATE_LANE = `
  UPDATE "Lane" SET "batch" = $2, "lastEvent" = $3, "lastAssignment" = $4 WHERE "workspaceId" = $1`;

/* By table, each with its rows as a parameter of its own. */
const INSERTS = {
  Lead: (rows: string) => `INSERT INTO "Lead" SELECT * FROM json_populate_recordset(NULL::"Lead", ${rows})`,
  Assignment: (rows: string) =>
    `INSERT INTO "Assignment" SELECT * FROM json_populate_recordset(NULL::"Assignment", ${rows})`,
  Activity: (rows: string) => `INSERT INTO "Activity" SELECT * FROM json_populate_recordset(NULL::"Activity", ${rows})`,
  Event: (rows: string) => `INSERT INTO "Event" SELECT * FROM json_populate_recordset(NULL::"Event", ${rows})`,
  RepState: (rows: string) => `
    INSERT INTO "RepState" SELECT * FROM json_populate_recordset(NULL::"RepState", ${rows})
    ON CONFLICT ("workspaceId", "repId") DO UPDATE SET
      "load" = excluded."load", "held" = excluded."held", "classes" = excluded."classes",
      "lastAssignment" = excluded."lastAssignment", "lastEvent" = excluded."lastEvent", "batch" = excluded."batch"`,
  Deadline: (rows: string) => `
    INSERT INTO "Deadline" SELECT * FROM json_populate_recordset(NULL::"Deadline", ${rows})
    ON CONFLICT ("workspaceId", "kind", "subjectId") DO UPDATE SET "dueAt" = excluded."dueAt", "data" = excluded."data"`,
} as const;

/* What is large comes one by one: as part of a larger JSON PostgreSQL would read it twice. */
const insertDecisions = (ids: string, data: string): string => `
  INSERT INTO "Decision" ("workspaceId", "assignmentId", "data")
  SELECT $1::uuid, d."assignmentId", d."data"::json FROM unnest(${ids}::uuid[], ${data}::text[]) AS d("assignmentId", "data")`;

const upsertRotations = (ids: string, scales: string, credits: string, received: string, since: string): string => `
  INSERT INTO "Rotation" ("workspaceId", "id", "scale", "credits", "received", "since", "batch")
  SELECT $1::uuid, r."id", r."scale", r."credits"::json, r."received"::json, r."since", $2::bigint
  FROM unnest(${ids}::text[], ${scales}::text[], ${credits}::text[], ${received}::text[], ${since}::timestamptz[])
    AS r("id", "scale", "credits", "received", "since")
  ON CONFLICT ("workspaceId", "id") DO UPDATE SET
    "scale" = excluded."scale", "credits" = excluded."credits", "received" = excluded."received",
    "since" = excluded."since", "batch" = excluded."batch"`;

/** One statement for all tables that have something to be written: what is not there need not be planned. */
function insertion(batch: Batch, rows: Readonly<Record<keyof typeof INSERTS, readonly object[]>>): pg.QueryConfig {
  const { workspaceId, writes, memory } = batch;
  const { counters } = memory;
  const values: unknown[] = [workspaceId, counters.batch, counters.lastEvent, counters.lastAssignment];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const parts: string[] = [];
  for (const [table, all] of Object.entries(rows) as [keyof typeof INSERTS, readonly object[]][]) {
    if (all.length > 0) parts.push(`"in${table}" AS (${INSERTS[table](parameter(toJson(all)))})`);
  }
  if (writes.decisions.length > 0) {
    const ids = parameter(writes.decisions.map(({ assignmentId }) => assignmentId));
    const data = parameter(writes.decisions.map((decision) => JSON.stringify(decision.data)));
    parts.push(`"inDecision" AS (${insertDecisions(ids, data)})`);
  }
  if (writes.rotations.size > 0) {
    const ids = [...writes.rotations];
    const rotations = ids.map((id) => serializeRotation(batch.rotation(id)));
    const upsert = upsertRotations(
      parameter(ids),
      parameter(rotations.map(({ scale }) => scale)),
      parameter(rotations.map(({ credits }) => JSON.stringify(credits))),
      parameter(rotations.map(({ received }) => JSON.stringify(received))),
      parameter(rotations.map(({ since }) => since)),
    );
    parts.push(`"inRotation" AS (${upsert})`);
  }
  return { text: `${parts.length > 0 ? `WITH ${parts.join(', ')}` : ''} ${UPDATE_LANE}`, values };
}

/* What few batches have. */
const INSERT_PRESENCE = `
  WITH presences AS (
    INSERT INTO "RepPresence" SELECT * FROM json_populate_recordset(NULL::"RepPresence", $2) AS p
    WHERE p."workspaceId" = $1
    ON CONFLICT ("workspaceId", "repId") DO UPDATE SET
      "pause" = excluded."pause", "busyUntil" = excluded."busyUntil", "leaves" = excluded."leaves",
      "calendars" = excluded."calendars", "lastSeenAt" = excluded."lastSeenAt", "batch" = excluded."batch"
  ), queues AS (
    INSERT INTO "QueueState" SELECT * FROM json_populate_recordset(NULL::"QueueState", $3)
    ON CONFLICT ("workspaceId", "queueId") DO UPDATE SET
      "someone" = excluded."someone", "claim" = excluded."claim", "batch" = excluded."batch"
  )
  INSERT INTO "QueuedLead" SELECT * FROM json_populate_recordset(NULL::"QueuedLead", $4)
  ON CONFLICT ("workspaceId", "leadId") DO UPDATE SET
    "queueId" = excluded."queueId", "assignmentId" = excluded."assignmentId", "waitsFor" = excluded."waitsFor",
    "priority" = excluded."priority", "queuedAt" = excluded."queuedAt", "dueAt" = excluded."dueAt",
    "overflowed" = excluded."overflowed"`;

/** Writes everything the batch has collected, as Lane.batch number `counters.batch`. */
export async function write(client: pg.ClientBase, batch: Batch): Promise<void> {
  const { workspaceId, writes, memory } = batch;
  const { counters } = memory;
  const deadlines = [...writes.deadlines.values()];
  const cancelled = deadlines.filter(({ row }) => row === null);
  const unqueued = [...writes.queued].flatMap(([leadId, place]) => (place === null ? [leadId] : []));
  const updates = writes.updatedLeads.size + writes.updatedAssignments.size + cancelled.length + unqueued.length;
  if (updates > 0) {
    await client.query(UPDATE, [
      workspaceId,
      toJson(Array.from(writes.updatedLeads.values(), leadRow)),
      toJson(Array.from(writes.updatedAssignments.values(), assignmentRow)),
      toJson(cancelled),
      unqueued,
    ]);
  }
  const stamp = { workspaceId, batch: counters.batch };
  await client.query(
    insertion(batch, {
      Lead: writes.insertedLeads.map(leadRow),
      Assignment: writes.insertedAssignments.map(assignmentRow),
      Activity: writes.activities,
      Event: writes.events.map((event) => ({ workspaceId, ...event })),
      // Moments of assignments are read from those.
      RepState: Array.from(writes.reps, (repId) => ({ repId, ...batch.rep(repId), recent: undefined, ...stamp })),
      Deadline: deadlines.flatMap(({ row }) => (row === null ? [] : [row])),
    }),
  );
  const queued = [...writes.queued.values()].filter((place) => place !== null);
  if (writes.presences.size + writes.queues.size + queued.length === 0) return;
  await client.query(INSERT_PRESENCE, [
    workspaceId,
    toJson([...writes.presences].map((repId) => ({ ...presenceRow(batch, repId), ...stamp }))),
    toJson([...writes.queues].map((queueId) => ({ queueId, ...batch.queue(queueId), ...stamp }))),
    toJson(queued),
  ]);
}

function presenceRow({ memory }: Batch, repId: string): object {
  const { busyUntil, lastSeenAt, ...presence } = memory.attendance.presence(repId);
  const toDate = (moment: number | null): Date | null => (moment === null ? null : new Date(moment));
  return { repId, ...presence, busyUntil: toDate(busyUntil), lastSeenAt: toDate(lastSeenAt) };
}
