import type pg from 'pg';
import type { Assignment, Lead } from '../db/generated/client.ts';
import { type RawAssignment, toAssignment } from '../db/rows.ts';
import { cursorOf } from './cursor.ts';
import type { EventKind } from './kinds.ts';

/** An event as it is handed on, with the rows it is about as they are now. */
export interface FeedEvent {
  readonly number: number;
  /** Number of the event before it in the feed it is read from, 0 for the first. */
  readonly previous: number;
  readonly cursor: string;
  readonly kind: EventKind;
  readonly at: Date;
  readonly repId: string | null;
  readonly leadId: string | null;
  readonly assignmentId: string | null;
  readonly data: object;
  readonly lead: Lead | null;
  readonly assignment: Assignment | null;
}

/** Which events, of one workspace: after one number up to another, both at rest. */
export interface Range {
  readonly workspaceId: string;
  readonly after: number;
  readonly upTo: number;
  readonly limit: number;
  /** Those of these reps alone; null for all. */
  readonly repIds: readonly string[] | null;
}

interface EventRow {
  readonly number: string;
  readonly previous: string;
  readonly kind: EventKind;
  readonly at: Date;
  readonly repId: string | null;
  readonly leadId: string | null;
  readonly assignmentId: string | null;
  readonly data: object;
}

const COLUMNS = '"number", "previous", "kind", "at", "repId", "leadId", "assignmentId", "data"';
const SELECT_ALL = `
  SELECT ${COLUMNS} FROM "Event" WHERE "workspaceId" = $1 AND "number" > $2 AND "number" <= $3
  ORDER BY "number" LIMIT $4`;
const SELECT_OF_REPS = `
  SELECT ${COLUMNS} FROM "Event" WHERE "workspaceId" = $1 AND "number" > $2 AND "number" <= $3 AND "repId" = ANY ($5::uuid[])
  ORDER BY "number" LIMIT $4`;
const SELECT_LEADS = 'SELECT * FROM "Lead" WHERE "workspaceId" = $1 AND "id" = ANY ($2::uuid[])';
const SELECT_ASSIGNMENTS = 'SELECT * FROM "Assignment" WHERE "workspaceId" = $1 AND "id" = ANY ($2::uuid[])';

const distinct = (ids: readonly (string | null)[]): string[] => [...new Set(ids.filter((id) => id !== null))];

/** Reads events in order with their leads and assignments: three queries for however many. */
export async function readEvents(pool: pg.Pool, range: Range): Promise<FeedEvent[]> {
  const { workspaceId, after, upTo, limit, repIds } = range;
  const { rows } =
    repIds === null
      ? await pool.query<EventRow>(SELECT_ALL, [workspaceId, after, upTo, limit])
      : await pool.query<EventRow>(SELECT_OF_REPS, [workspaceId, after, upTo, limit, repIds]);
  if (rows.length === 0) return [];
  const [leads, assignments] = await Promise.all([
    pool.query<Lead>(SELECT_LEADS, [workspaceId, distinct(rows.map(({ leadId }) => leadId))]),
    pool.query<RawAssignment>(SELECT_ASSIGNMENTS, [
      workspaceId,
      distinct(rows.map(({ assignmentId }) => assignmentId)),
    ]),
  ]);
  const leadById = new Map(leads.rows.map((lead) => [lead.id, lead]));
  const assignmentById = new Map(assignments.rows.map((row) => [row.id, toAssignment(row)]));
  return rows.map((row) => {
    const number = Number(row.number);
    return {
      ...row,
      number,
      previous: Number(row.previous),
      cursor: cursorOf(workspaceId, number),
      lead: row.leadId === null ? null : (leadById.get(row.leadId) ?? null),
      assignment: row.assignmentId === null ? null : (assignmentById.get(row.assignmentId) ?? null),
    };
  });
}
