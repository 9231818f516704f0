import type pg from 'pg';
import type { Assignment, Lead } from '../db/generated/client.ts';
import { planned, type Statement } from '../db/statements.ts';
import { serializeRotation } from '../domain/rotation.ts';
import type { Batch, Writes } from './batch.ts';

/*
 * A portion of a batch is written by at most three statements, whatever its size. Rows travel as JSON with the tables' own
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

const updateLane = (batch: string, lastEvent: string, lastAssignment: string): string => `
  UPDATE "Lane" SET "batch" = ${batch}, "lastEvent" = ${lastEvent}, "lastAssignment" = ${lastAssignment}
  WHERE "workspaceId" = $1`;

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

const upsertRotations = (
  ids: string,
  scales: string,
  credits: string,
  received: string,
  since: string,
  batch: string,
): string => `
  INSERT INTO "Rotation" ("workspaceId", "id", "scale", "credits", "received", "since", "batch")
  SELECT $1::uuid, r."id", r."scale", r."credits"::json, r."received"::json, r."since", ${batch}::bigint
  FROM unnest(${ids}::text[], ${scales}::text[], ${credits}::text[], ${received}::text[], ${since}::timestamptz[])
    AS r("id", "scale", "credits", "received", "since")
  ON CONFLICT ("workspaceId", "id") DO UPDATE SET
    "scale" = excluded."scale", "credits" = excluded."credits", "received" = excluded."received",
    "since" = excluded."since", "batch" = excluded."batch"`;

type Table = keyof typeof INSERTS | 'Decision' | 'Rotation' | 'Lane';
/** For names of statements, which may be no longer than 63 letters. */
const LETTERS: Readonly<Record<Table, string>> = {
  Lead: 'l',
  Assignment: 'a',
  Activity: 'c',
  Event: 'e',
  RepState: 's',
  Deadline: 't',
  Decision: 'd',
  Rotation: 'r',
  Lane: 'n',
};

/**
 * One statement for all tables that have something to be written: what is not there need not be planned.
 *
 * @param ended the batch, where nothing comes after this portion
 * @returns null where there is nothing
 */
function insertion(
  workspaceId: string,
  { insertedLeads, insertedAssignments, activities, events, decisions, deadlines }: Writes,
  ended: Batch | null,
): Statement | null {
  const values: unknown[] = [workspaceId];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const parts: string[] = [];
  let name = 'insert ';
  const add = (table: Table, part: string): void => {
    name += LETTERS[table];
    parts.push(`"in${table}" AS (${part})`);
  };
  const addRows = (table: keyof typeof INSERTS, rows: readonly object[]): void => {
    if (rows.length > 0) add(table, INSERTS[table](parameter(toJson(rows))));
  };
  addRows('Lead', insertedLeads.map(leadRow));
  addRows('Assignment', insertedAssignments.map(assignmentRow));
  addRows('Activity', activities);
  addRows(
    'Event',
    events.map((event) => ({ workspaceId, ...event })),
  );
  addRows(
    'Deadline',
    [...deadlines.values()].flatMap(({ row }) => (row === null ? [] : [row])),
  );
  if (decisions.length > 0) {
    const ids = parameter(decisions.map(({ assignmentId }) => assignmentId));
    const data = parameter(decisions.map((decision) => JSON.stringify(decision.data)));
    add('Decision', insertDecisions(ids, data));
  }
  if (ended === null)
    return parts.length === 0 ? null : { name, text: `WITH ${parts.join(', ')} SELECT $1::uuid`, values };

  const { counters } = ended.memory;
  const stamp = { workspaceId, batch: counters.batch };
  // Moments of assignments are read from those.
  addRows(
    'RepState',
    Array.from(ended.changed.reps, (repId) => ({ repId, ...ended.rep(repId), recent: undefined, ...stamp })),
  );
  const batch = parameter(counters.batch);
  if (ended.changed.rotations.size > 0) {
    const ids = [...ended.changed.rotations];
    const rotations = ids.map((id) => serializeRotation(ended.rotation(id)));
    const upsert = upsertRotations(
      parameter(ids),
      parameter(rotations.map(({ scale }) => scale)),
      parameter(rotations.map(({ credits }) => JSON.stringify(credits))),
      parameter(rotations.map(({ received }) => JSON.stringify(received))),
      parameter(rotations.map(({ since }) => since)),
      batch,
    );
    add('Rotation', upsert);
  }
  name += LETTERS.Lane;
  const lane = updateLane(batch, parameter(counters.lastEvent), parameter(counters.lastAssignment));
  return { name, text: `${parts.length > 0 ? `WITH ${parts.join(', ')}` : ''} ${lane}`, values };
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

/**
 * Writes a portion of a batch: what its operations have brought so far, while it goes on deciding. All of it is sent before
 * this returns: of what fails the first is the cause, since nothing else is done in the transaction after it.
 *
 * @param ended the batch, where nothing comes after this portion: then what stands for the whole workspace is written
 *   too, as Lane.batch number `counters.batch`
 */
export async function write(
  client: pg.ClientBase,
  workspaceId: string,
  writes: Writes,
  ended: Batch | null,
): Promise<void> {
  const sent: Promise<unknown>[] = [];
  const cancelled = [...writes.deadlines.values()].filter(({ row }) => row === null);
  const unqueued = [...writes.queued].flatMap(([leadId, place]) => (place === null ? [leadId] : []));
  const updates = writes.updatedLeads.size + writes.updatedAssignments.size + cancelled.length + unqueued.length;
  if (updates > 0) {
    const values = [
      workspaceId,
      toJson(Array.from(writes.updatedLeads.values(), leadRow)),
      toJson(Array.from(writes.updatedAssignments.values(), assignmentRow)),
      toJson(cancelled),
      unqueued,
    ];
    sent.push(client.query(planned(client, { name: 'update leads', text: UPDATE, values })));
  }
  const rows = insertion(workspaceId, writes, ended);
  if (rows !== null) sent.push(client.query(planned(client, rows)));
  const queued = [...writes.queued.values()].filter((place) => place !== null);
  const presences = ended?.changed.presences ?? new Set();
  const queues = ended?.changed.queues ?? new Set();
  if (presences.size + queues.size + queued.length > 0) {
    const stamp = { workspaceId, batch: ended?.memory.counters.batch };
    const values = [
      workspaceId,
      toJson(ended ? [...presences].map((repId) => ({ ...presenceRow(ended, repId), ...stamp })) : []),
      toJson(ended ? [...queues].map((queueId) => ({ queueId, ...ended.queue(queueId), ...stamp })) : []),
      toJson(queued),
    ];
    sent.push(client.query(planned(client, { name: 'upsert presences', text: INSERT_PRESENCE, values })));
  }
  await Promise.all(sent);
}

function presenceRow({ memory }: Batch, repId: string): object {
  const { busyUntil, lastSeenAt, ...presence } = memory.attendance.presence(repId);
  const toDate = (moment: number | null): Date | null => (moment === null ? null : new Date(moment));
  return { repId, ...presence, busyUntil: toDate(busyUntil), lastSeenAt: toDate(lastSeenAt) };
}
