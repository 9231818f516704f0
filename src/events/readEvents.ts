import type pg from 'pg';
import { type Assignment, type Lead, Prisma, type Rep } from '../db/generated/client.ts';
import { type RawAssignment, toAssignment } from '../db/rows.ts';
import { queryPlanned } from '../db/statements.ts';
import { cursorOf, type Position } from './cursor.ts';
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
  readonly rep: Rep | null;
  readonly lead: Lead | null;
  readonly assignment: Assignment | null;
}

/** Events that are read at a time. */
export const PAGE = 500;

/** Which events, of one workspace: after one number up to another, both at rest. */
export interface Range {
  readonly workspaceId: string;
  readonly after: number;
  readonly upTo: number;
  readonly limit: number;
  /** Those of these reps alone; null for all. */
  readonly repIds: readonly string[] | null;
}

/** Events, and the stream they were read from. */
export interface EventPage {
  readonly events: readonly FeedEvent[];
  /** When the event at `after` happened; null when there is none any more. */
  readonly afterAt: Date | null;
  /** The stream's last event. */
  readonly end: Position;
  /** Events up to this number have been deleted. */
  readonly pruned: number;
}

interface StreamRow {
  readonly 'stream.last': string | null;
  readonly 'stream.lastAt': Date | null;
  readonly 'stream.pruned': string | null;
  readonly 'stream.afterAt': Date | null;
}

type EventRow = Omit<FeedEvent, 'number' | 'previous' | 'cursor' | 'rep' | 'lead' | 'assignment'> & {
  /** Null in the only row of a page without events. */
  readonly number: string | null;
  readonly previous: string;
};

const EVENT_COLUMNS = ['number', 'previous', 'kind', 'at', 'repId', 'leadId', 'assignmentId', 'data'];
const REP_COLUMNS = Object.keys(Prisma.RepScalarFieldEnum);
const LEAD_COLUMNS = Object.keys(Prisma.LeadScalarFieldEnum);
const ASSIGNMENT_COLUMNS = Object.keys(Prisma.AssignmentScalarFieldEnum);

const columns = (table: string, names: readonly string[]): string =>
  names.map((name) => `${table}."${name}" AS "${table}.${name}"`).join(', ');

/** Always a row: where the stream stands is known also when there is nothing new. */
const select = (ofReps: string): string => `
  SELECT l."lastEvent" AS "stream.last", l."prunedEvent" AS "stream.pruned",
    (SELECT "at" FROM "Event" WHERE "workspaceId" = $1 AND "number" = l."lastEvent") AS "stream.lastAt",
    (SELECT "at" FROM "Event" WHERE "workspaceId" = $1 AND "number" = $2) AS "stream.afterAt",
    ${EVENT_COLUMNS.map((name) => `e."${name}"`).join(', ')},
    ${columns('rep', REP_COLUMNS)}, ${columns('lead', LEAD_COLUMNS)}, ${columns('assignment', ASSIGNMENT_COLUMNS)}
  FROM "Lane" l
  LEFT JOIN (
    SELECT * FROM "Event" WHERE "workspaceId" = $1 AND "number" > $2 AND "number" <= $3 ${ofReps}
    ORDER BY "number" LIMIT $4
  ) e ON true
  LEFT JOIN "Rep" rep ON rep."workspaceId" = $1 AND rep."id" = e."repId"
  LEFT JOIN "Lead" lead ON lead."workspaceId" = $1 AND lead."id" = e."leadId"
  LEFT JOIN "Assignment" assignment ON assignment."workspaceId" = $1 AND assignment."id" = e."assignmentId"
  WHERE l."workspaceId" = $1
  ORDER BY e."number"`;
const SELECT_ALL = select('');
const SELECT_OF_REPS = select('AND "repId" = ANY ($5::uuid[])');

/** Reads events in order with their reps, leads and assignments, and where the stream stands: one query for however many. */
export async function readEvents(pool: pg.Pool, range: Range): Promise<EventPage> {
  const { workspaceId, after, upTo, limit, repIds } = range;
  const values = [workspaceId, after, upTo, limit, ...(repIds === null ? [] : [repIds])];
  const { rows } = await queryPlanned<StreamRow & EventRow>(
    pool,
    repIds === null
      ? { name: 'events of all', text: SELECT_ALL, values }
      : { name: 'events of reps', text: SELECT_OF_REPS, values },
  );
  const stream = rows[0];
  return {
    events: rows.flatMap((row) => (row.number === null ? [] : [toEvent(workspaceId, row, Number(row.number))])),
    afterAt: stream?.['stream.afterAt'] ?? null,
    end: { number: Number(stream?.['stream.last'] ?? 0), at: stream?.['stream.lastAt'] ?? null },
    pruned: Number(stream?.['stream.pruned'] ?? 0),
  };
}

/** Where the stream of a workspace ends. */
export async function readEnd(pool: pg.Pool, workspaceId: string): Promise<Position> {
  return (await readEvents(pool, { workspaceId, after: 0, upTo: 0, limit: 0, repIds: null })).end;
}

function toEvent(workspaceId: string, row: EventRow, number: number): FeedEvent {
  const { previous, kind, at, repId, leadId, assignmentId, data } = row;
  const assignment = joined<RawAssignment>('assignment', ASSIGNMENT_COLUMNS, row);
  return {
    number,
    previous: Number(previous),
    cursor: cursorOf(workspaceId, { number, at }),
    kind,
    at,
    repId,
    leadId,
    assignmentId,
    data,
    rep: joined<Rep>('rep', REP_COLUMNS, row),
    lead: joined<Lead>('lead', LEAD_COLUMNS, row),
    assignment: assignment && toAssignment(assignment),
  };
}

/** The row of a joined table; null where there was none. */
function joined<Row>(table: string, names: readonly string[], row: object): Row | null {
  const values = row as Readonly<Record<string, unknown>>;
  if (values[`${table}.id`] === null) return null;
  return Object.fromEntries(names.map((name) => [name, values[`${table}.${name}`]])) as Row;
}
