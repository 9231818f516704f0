import type pg from 'pg';
import type { Assignment, Lead } from '../db/generated/client.ts';
import { toAssignment } from '../db/rows.ts';
import type { LeadKey, OwnedLead } from './batch.ts';

/** Which leads to read, by either name. */
export interface Wanted {
  readonly keys: readonly LeadKey[];
  readonly leadIds: readonly string[];
}

/* Two look-ups by index rather than one with OR, which would be a scan. */
const SELECT_LEADS = `
  WITH wanted AS (
    SELECT l."id" FROM json_to_recordset($2) AS k("source" text, "idempotencyKey" text)
    JOIN "Lead" l ON l."workspaceId" = $1 AND l."source" = k."source" AND l."idempotencyKey" = k."idempotencyKey"
    UNION SELECT "id" FROM "Lead" WHERE "workspaceId" = $1 AND "id" = ANY ($3::uuid[])
  )
  SELECT l.* FROM wanted JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = wanted."id"`;

const SELECT_ASSIGNMENTS = `
  SELECT * FROM "Assignment" WHERE "workspaceId" = $1 AND "leadId" = ANY ($2::uuid[]) AND "endedAt" IS NULL`;

/** Reads leads with their present assignments: two queries for however many, none if nothing is wanted. */
export async function loadLeads(client: pg.ClientBase, workspaceId: string, wanted: Wanted): Promise<OwnedLead[]> {
  if (wanted.keys.length + wanted.leadIds.length === 0) return [];
  const leads = await client.query<Lead>(SELECT_LEADS, [workspaceId, JSON.stringify(wanted.keys), wanted.leadIds]);
  if (leads.rows.length === 0) return [];
  const assignments = await client.query(SELECT_ASSIGNMENTS, [workspaceId, leads.rows.map(({ id }) => id)]);
  const byLead = new Map<string, Assignment>(assignments.rows.map((row) => [row.leadId, toAssignment(row)]));
  return leads.rows.flatMap((lead) => {
    const assignment = byLead.get(lead.id);
    return assignment ? [{ lead, assignment }] : [];
  });
}
