import type pg from 'pg';
import { serializeRotation } from '../domain/rotation.ts';
import type { Batch } from './batch.ts';

/*
 * The whole batch is written by at most three statements, whatever its size. Rows travel as JSON with the tables' own
 * column names (json_populate_recordset), so that no column list is repeated here.
 */

const toJson = (rows: Iterable<object>): string =>
  JSON.stringify([...rows], (_key, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
    return value;
  });

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

const INSERT = `
  WITH lane AS (
    UPDATE "Lane" SET "batch" = $2, "lastEvent" = $3, "lastAssignment" = $4 WHERE "workspaceId" = $1
  ), leads AS (
    INSERT INTO "Lead" SELECT * FROM json_populate_recordset(NULL::"Lead", $5)
  ), assignments AS (
    INSERT INTO "Assignment" SELECT * FROM json_populate_recordset(NULL::"Assignment", $6)
  ), decisions AS (
    INSERT INTO "Decision" SELECT * FROM json_populate_recordset(NULL::"Decision", $7)
  ), activities AS (
    INSERT INTO "Activity" SELECT * FROM json_populate_recordset(NULL::"Activity", $8)
  ), events AS (
    INSERT INTO "Event" SELECT * FROM json_populate_recordset(NULL::"Event", $9)
  ), reps AS (
    INSERT INTO "RepState" SELECT * FROM json_populate_recordset(NULL::"RepState", $10)
    ON CONFLICT ("workspaceId", "repId") DO UPDATE SET
      "load" = excluded."load", "held" = excluded."held", "classes" = excluded."classes",
      "lastAssignment" = excluded."lastAssignment", "lastEvent" = excluded."lastEvent", "batch" = excluded."batch"
  ), deadlines AS (
    INSERT INTO "Deadline" SELECT * FROM json_populate_recordset(NULL::"Deadline", $12)
    ON CONFLICT ("workspaceId", "kind", "subjectId") DO UPDATE SET "dueAt" = excluded."dueAt", "data" = excluded."data"
  )
  INSERT INTO "Rotation" SELECT * FROM json_populate_recordset(NULL::"Rotation", $11)
  ON CONFLICT ("workspaceId", "id") DO UPDATE SET
    "scale" = excluded."scale", "credits" = excluded."credits", "received" = excluded."received",
    "since" = excluded."since", "batch" = excluded."batch"`;

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
      toJson(writes.updatedLeads.values()),
      toJson(writes.updatedAssignments.values()),
      toJson(cancelled),
      unqueued,
    ]);
  }
  const stamp = { workspaceId, batch: counters.batch };
  await client.query(INSERT, [
    workspaceId,
    counters.batch,
    counters.lastEvent,
    counters.lastAssignment,
    toJson(writes.insertedLeads),
    toJson(writes.insertedAssignments),
    toJson(writes.decisions.map((decision) => ({ workspaceId, ...decision }))),
    toJson(writes.activities),
    toJson(writes.events.map((event) => ({ workspaceId, ...event }))),
    // Moments of assignments are read from those.
    toJson([...writes.reps].map((repId) => ({ repId, ...batch.rep(repId), recent: undefined, ...stamp }))),
    toJson([...writes.rotations].map((id) => ({ id, ...serializeRotation(batch.rotation(id)), ...stamp }))),
    toJson(deadlines.flatMap(({ row }) => (row === null ? [] : [row]))),
  ]);
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
