import type pg from 'pg';
import { serializeRotation } from '../domain/rotation.ts';
import type { Batch } from './batch.ts';

/*
 * The whole batch is written by at most two statements, whatever its size. Rows travel as JSON with the tables' own
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
  )
  UPDATE "Assignment" AS a SET
    "acknowledgedAt" = n."acknowledgedAt", "firstContactAt" = n."firstContactAt", "endedAt" = n."endedAt",
    "turnReturned" = n."turnReturned"
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
  )
  INSERT INTO "Rotation" SELECT * FROM json_populate_recordset(NULL::"Rotation", $11)
  ON CONFLICT ("workspaceId", "id") DO UPDATE SET
    "scale" = excluded."scale", "credits" = excluded."credits", "received" = excluded."received",
    "since" = excluded."since", "batch" = excluded."batch"`;

/** Writes everything the batch has collected, as Lane.batch number `counters.batch`. */
export async function write(client: pg.ClientBase, batch: Batch): Promise<void> {
  const { workspaceId, writes, memory } = batch;
  const { counters } = memory;
  if (writes.updatedLeads.size > 0 || writes.updatedAssignments.size > 0) {
    await client.query(UPDATE, [
      workspaceId,
      toJson(writes.updatedLeads.values()),
      toJson(writes.updatedAssignments.values()),
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
  ]);
}
