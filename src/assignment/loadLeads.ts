import type pg from 'pg';
import { type Deadline, type Lead, Prisma, type QueuedLead } from '../db/generated/client.ts';
import { type RawAssignment, toAssignment } from '../db/rows.ts';
import { planned, type Statement } from '../db/statements.ts';
import { exclusionOf, type LeadKey, type Loaded, type OwnedLead } from './batch.ts';
import type { StoredDecision } from './storedDecision.ts';

/** By what the leads of one person are found. */
export interface PersonKeys {
  readonly personKey: string | null;
  /** E.164. */
  readonly phone: string | null;
}

/** Which leads to read. */
export interface Wanted {
  readonly keys: readonly LeadKey[];
  /** With these come the other open leads of the same person. */
  readonly leadIds: readonly string[];
  /** Open leads of these. */
  readonly people: readonly PersonKeys[];
  /** Deadlines that are due at a moment, with their leads. */
  readonly due: Due | null;
  /** The foremost of those that wait in queues, with their leads. */
  readonly waiting: readonly Waiting[];
}

export interface Due {
  readonly now: Date;
  readonly limit: number;
  /** Only those of this one; null for all. */
  readonly subjectId: string | null;
}

export interface Waiting {
  readonly queueId: string;
  /** Null for either. */
  readonly waitsFor: QueuedLead['waitsFor'] | null;
  /** Only those that have overflowed. */
  readonly overflowed?: boolean;
  /** Of each kind. What several operations ask for of one queue is added up, since each may take its own. */
  readonly limit: number;
}

/** The latest of one person; more are of no use, since each knows when the first came in. */
const MAX_OF_PERSON = 100;

/* Look-ups by index, one for each way, rather than one with OR, which would be a scan. */
const BY_KEY = `
    SELECT l."id" FROM keys k
    JOIN "Lead" l ON l."workspaceId" = $1 AND l."source" = k."source" AND l."idempotencyKey" = k."idempotencyKey"`;

const BY_ID = `
    SELECT "id" FROM named
    UNION SELECT o."id" FROM named CROSS JOIN LATERAL (
      SELECT l."id" FROM "Lead" l WHERE l."workspaceId" = $1 AND l."id" = named."firstId" AND l."closedAt" IS NULL
      LIMIT 1) AS o
    UNION SELECT o."id" FROM (SELECT DISTINCT "firstId" FROM named) AS n CROSS JOIN LATERAL (
      SELECT l."id" FROM "Lead" l WHERE l."workspaceId" = $1 AND l."firstLeadId" = n."firstId" AND l."closedAt" IS NULL
      ORDER BY l."id" DESC LIMIT ${MAX_OF_PERSON}) AS o`;

const byPerson = (column: keyof PersonKeys): string => `
    SELECT o."id" FROM people p CROSS JOIN LATERAL (
      SELECT l."id" FROM "Lead" l WHERE l."workspaceId" = $1 AND l."${column}" = p."${column}" AND l."closedAt" IS NULL
      ORDER BY l."id" DESC LIMIT ${MAX_OF_PERSON}) AS o`;

const WAYS = { key: BY_KEY, id: BY_ID, personKey: byPerson('personKey'), phone: byPerson('phone') } as const;

/* By name: a plan that is kept must not see other columns come, in a newer version's migration. */
const LEAD_COLUMNS = Object.keys(Prisma.LeadScalarFieldEnum).map((name) => `l."${name}"`);
const ASSIGNMENT_COLUMNS = Object.keys(Prisma.AssignmentScalarFieldEnum).map((name) => `a."${name}"`);

/** Only the ways that are wanted: what is not there need not be looked for. */
function selectLeads(
  workspaceId: string,
  { keys, leadIds, people }: Pick<Wanted, 'keys' | 'leadIds' | 'people'>,
): Statement {
  const ways = [
    ...(keys.length > 0 ? (['key'] as const) : []),
    ...(leadIds.length > 0 ? (['id'] as const) : []),
    ...(['personKey', 'phone'] as const).filter((column) => people.some((person) => person[column] !== null)),
  ];
  const text = `
  WITH named AS (
    SELECT "id", coalesce("firstLeadId", "id") AS "firstId", "closedAt" FROM "Lead"
    WHERE "workspaceId" = $1 AND "id" = ANY ($3::uuid[])
  ), keys AS (
    SELECT * FROM json_to_recordset($2) AS k("source" text, "idempotencyKey" text)
  ), people AS (
    SELECT DISTINCT "personKey", "phone" FROM json_to_recordset($4) AS p("personKey" text, "phone" text)
  ), wanted AS (${ways.map((way) => WAYS[way]).join('\n    UNION')}
  )
  SELECT ${LEAD_COLUMNS}, f."receivedAt" AS "firstReceivedAt"
  FROM wanted
  CROSS JOIN LATERAL (SELECT * FROM "Lead" l WHERE l."workspaceId" = $1 AND l."id" = wanted."id" LIMIT 1) AS l
  LEFT JOIN LATERAL (
    SELECT f."receivedAt" FROM "Lead" f WHERE f."workspaceId" = $1 AND f."id" = l."firstLeadId" LIMIT 1) AS f ON true`;
  const values = [workspaceId, JSON.stringify(keys), leadIds, JSON.stringify(people)];
  return { name: `leads by ${ways.join(', ')}`, text, values };
}

/* The decision and former owners are read where an operation may have to give the turn back, or the lead on. */
const SELECT_ASSIGNMENTS = `
  SELECT ${ASSIGNMENT_COLUMNS}, d."data" AS "decision", to_jsonb(q) AS "queued",
    CASE WHEN d."data" IS NOT NULL THEN (
      SELECT json_agg(json_build_object('repId', f."repId", 'offerStatus', f."offerStatus")) FROM "Assignment" f
      WHERE f."workspaceId" = $1 AND f."leadId" = a."leadId" AND f."endedAt" IS NOT NULL AND f."method" <> 'QUEUE'
    ) END AS "formerOwners"
  FROM "Assignment" a
  LEFT JOIN "Decision" d ON d."workspaceId" = $1 AND d."assignmentId" = a."id" AND a."leadId" = ANY ($3::uuid[])
  LEFT JOIN "QueuedLead" q ON q."workspaceId" = $1 AND q."leadId" = a."leadId" AND a."method" = 'QUEUE'
  WHERE a."workspaceId" = $1 AND a."leadId" = ANY ($2::uuid[]) AND a."endedAt" IS NULL`;

/* What is held by somebody else right now is left for the next sweep. */
const SELECT_DUE = `
  SELECT * FROM "Deadline" WHERE "workspaceId" = $1 AND "dueAt" <= $2 AND "kind" <> 'LEAVE'
    AND ($4::uuid IS NULL OR "subjectId" = $4)
  ORDER BY "dueAt", "kind", "subjectId" LIMIT $3 FOR UPDATE SKIP LOCKED`;

const SELECT_WAITING = `
  SELECT DISTINCT q.* FROM (
    SELECT w."queueId", kind, coalesce(w."overflowed", false) AS "overflowed", sum(w."limit") AS "limit"
    FROM json_to_recordset($2) AS w("queueId" uuid, "waitsFor" "WaitsFor", "overflowed" boolean, "limit" int)
    JOIN unnest(enum_range(NULL::"WaitsFor")) AS kind ON kind = coalesce(w."waitsFor", kind)
    GROUP BY 1, 2, 3
  ) AS w
  CROSS JOIN LATERAL (
    SELECT * FROM "QueuedLead" q
    WHERE q."workspaceId" = $1 AND q."queueId" = w."queueId" AND q."waitsFor" = w.kind
      AND (q."overflowed" OR NOT w."overflowed")
    ORDER BY q."priority" DESC, q."capturedAt", q."leadId" LIMIT w."limit"
  ) AS q
  ORDER BY q."priority" DESC, q."capturedAt", q."leadId"`;

/** Reads all that operations have to see: a constant number of queries, none for what nobody wants. */
export async function load(client: pg.ClientBase, workspaceId: string, wanted: Wanted): Promise<Loaded> {
  const due =
    wanted.due === null
      ? []
      : (
          await client.query<Deadline>(SELECT_DUE, [
            workspaceId,
            wanted.due.now,
            wanted.due.limit,
            wanted.due.subjectId,
          ])
        ).rows;
  const waiting =
    wanted.waiting.length === 0
      ? []
      : (await client.query<QueuedLead>(SELECT_WAITING, [workspaceId, JSON.stringify(wanted.waiting)])).rows;
  const named = [...due.map(({ leadId }) => leadId), ...waiting.map(({ leadId }) => leadId)];
  const leadIds = [...wanted.leadIds, ...named.filter((leadId) => leadId !== null)];
  const leads = await loadLeads(client, workspaceId, { ...wanted, leadIds });
  const loaded = new Set(leads.map(({ lead }) => lead.id));
  return { leads, due, waiting: waiting.filter(({ leadId }) => loaded.has(leadId)) };
}

/** Reads leads with their present assignments: two queries for however many, none if nothing is wanted. */
async function loadLeads(
  client: pg.ClientBase,
  workspaceId: string,
  { keys, leadIds, people }: Pick<Wanted, 'keys' | 'leadIds' | 'people'>,
): Promise<OwnedLead[]> {
  if (keys.length + leadIds.length + people.length === 0) return [];
  const leads = await client.query<Lead & { firstReceivedAt: Date | null }>(
    planned(client, selectLeads(workspaceId, { keys, leadIds, people })),
  );
  if (leads.rows.length === 0) return [];
  const values = [workspaceId, leads.rows.map(({ id }) => id), leadIds];
  const assignments = await client.query<OwnedRow>(
    planned(client, { name: 'present assignments', text: SELECT_ASSIGNMENTS, values }),
  );
  const byLead = new Map(assignments.rows.map((row) => [row.leadId, row]));
  return leads.rows.flatMap(({ firstReceivedAt, ...lead }) => {
    const row = byLead.get(lead.id);
    if (!row) return [];
    const { decision, queued, formerOwners, ...assignment } = row;
    return [
      {
        lead,
        assignment: toAssignment(assignment),
        decision,
        firstReceivedAt: firstReceivedAt ?? lead.receivedAt,
        queued: queued && toQueued(queued),
        formerOwners: (formerOwners ?? []).map((former) => ({ repId: former.repId, why: exclusionOf(former) })),
      },
    ];
  });
}

interface OwnedRow extends RawAssignment {
  readonly decision: StoredDecision | null;
  readonly queued: StoredPlace | null;
  readonly formerOwners: readonly Pick<RawAssignment, 'repId' | 'offerStatus'>[] | null;
}

/** A place in a queue as PostgreSQL writes it into JSON. */
type StoredPlace = Omit<QueuedLead, 'capturedAt' | 'queuedAt' | 'dueAt'> &
  Readonly<Record<'capturedAt' | 'queuedAt' | 'dueAt', string>>;

const toQueued = (place: StoredPlace): QueuedLead => ({
  ...place,
  capturedAt: new Date(place.capturedAt),
  queuedAt: new Date(place.queuedAt),
  dueAt: new Date(place.dueAt),
});
