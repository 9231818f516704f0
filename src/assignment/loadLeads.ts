import type pg from 'pg';
import type { Lead } from '../db/generated/client.ts';
import { type RawAssignment, toAssignment } from '../db/rows.ts';
import type { LeadKey, OwnedLead } from './batch.ts';
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
}

/** The latest of one person; more are of no use, since each knows when the first came in. */
const MAX_OF_PERSON = 100;

/* Look-ups by index, one for each way, rather than one with OR, which would be a scan. */
const SELECT_LEADS = `
  WITH named AS (
    SELECT "id", coalesce("firstLeadId", "id") AS "firstId", "closedAt" FROM "Lead"
    WHERE "workspaceId" = $1 AND "id" = ANY ($3::uuid[])
  ), people AS (
    SELECT DISTINCT "personKey", "phone" FROM json_to_recordset($4) AS p("personKey" text, "phone" text)
  ), wanted AS (
    SELECT l."id" FROM json_to_recordset($2) AS k("source" text, "idempotencyKey" text)
    JOIN "Lead" l ON l."workspaceId" = $1 AND l."source" = k."source" AND l."idempotencyKey" = k."idempotencyKey"
    UNION SELECT "id" FROM named
    UNION SELECT l."id" FROM named JOIN "Lead" l
      ON l."workspaceId" = $1 AND l."id" = named."firstId" AND l."closedAt" IS NULL
    UNION SELECT o."id" FROM (SELECT DISTINCT "firstId" FROM named) AS n CROSS JOIN LATERAL (
      SELECT l."id" FROM "Lead" l WHERE l."workspaceId" = $1 AND l."firstLeadId" = n."firstId" AND l."closedAt" IS NULL
      ORDER BY l."id" DESC LIMIT ${MAX_OF_PERSON}) AS o
    UNION SELECT o."id" FROM people p CROSS JOIN LATERAL (
      SELECT l."id" FROM "Lead" l WHERE l."workspaceId" = $1 AND l."personKey" = p."personKey" AND l."closedAt" IS NULL
      ORDER BY l."id" DESC LIMIT ${MAX_OF_PERSON}) AS o
    UNION SELECT o."id" FROM people p CROSS JOIN LATERAL (
      SELECT l."id" FROM "Lead" l WHERE l."workspaceId" = $1 AND l."phone" = p."phone" AND l."closedAt" IS NULL
      ORDER BY l."id" DESC LIMIT ${MAX_OF_PERSON}) AS o
  )
  SELECT l.*, f."receivedAt" AS "firstReceivedAt"
  FROM wanted
  JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = wanted."id"
  LEFT JOIN "Lead" f ON f."workspaceId" = $1 AND f."id" = l."firstLeadId"`;

/* The decision is read where an operation may have to give its turn back. */
const SELECT_ASSIGNMENTS = `
  SELECT a.*, d."data" AS "decision" FROM "Assignment" a
  LEFT JOIN "Decision" d ON d."workspaceId" = $1 AND d."assignmentId" = a."id" AND a."leadId" = ANY ($3::uuid[])
  WHERE a."workspaceId" = $1 AND a."leadId" = ANY ($2::uuid[]) AND a."endedAt" IS NULL`;

/** Reads leads with their present assignments: two queries for however many, none if nothing is wanted. */
export async function loadLeads(client: pg.ClientBase, workspaceId: string, wanted: Wanted): Promise<OwnedLead[]> {
  const { keys, leadIds, people } = wanted;
  if (keys.length + leadIds.length + people.length === 0) return [];
  const leads = await client.query<Lead & { firstReceivedAt: Date | null }>(SELECT_LEADS, [
    workspaceId,
    JSON.stringify(keys),
    leadIds,
    JSON.stringify(people),
  ]);
  if (leads.rows.length === 0) return [];
  const assignments = await client.query<RawAssignment & { decision: StoredDecision | null }>(SELECT_ASSIGNMENTS, [
    workspaceId,
    leads.rows.map(({ id }) => id),
    leadIds,
  ]);
  const byLead = new Map(assignments.rows.map((row) => [row.leadId, row]));
  return leads.rows.flatMap(({ firstReceivedAt, ...lead }) => {
    const row = byLead.get(lead.id);
    if (!row) return [];
    const { decision, ...assignment } = row;
    return [
      { lead, assignment: toAssignment(assignment), decision, firstReceivedAt: firstReceivedAt ?? lead.receivedAt },
    ];
  });
}
