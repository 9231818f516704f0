import { type ConfigurationContext, recordAction } from '../configuration/change.ts';
import type { Database } from '../db/client.ts';
import { Refusal } from '../domain/errors.ts';
import { personKey } from '../domain/samePerson.ts';

/** Leads of one person that are looked for or told in one go. */
export const MAX_LEADS = 1_000;

/* Index by index, rather than one OR. A person is who has the same address, or was found to be the same when it came in. */
const LEADS_OF = `
  WITH given AS (
    SELECT "id", "email", coalesce("firstLeadId", "id") AS "firstId" FROM "Lead"
    WHERE "workspaceId" = $1 AND "id" = $2 AND "erasedAt" IS NULL
  ), of_person AS (
    SELECT "id" FROM given
    UNION SELECT l."id" FROM given JOIN "Lead" l ON l."workspaceId" = $1 AND l."email" = given."email"
    UNION SELECT l."id" FROM given JOIN "Lead" l ON l."workspaceId" = $1 AND l."firstLeadId" = given."firstId"
    UNION SELECT l."id" FROM given JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = given."firstId"
  )
  SELECT l."id" FROM of_person JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = of_person."id"
  WHERE l."erasedAt" IS NULL ORDER BY l."id" = $2, l."id" LIMIT $3`;

/**
 * The ids of the other leads of a lead's person and, last, its own; none where it is not there or erased.
 *
 * @param limit the most that are looked for
 */
export async function leadsOfPerson(
  { pool }: Pick<Database, 'pool'>,
  workspaceId: string,
  leadId: string,
  limit = MAX_LEADS,
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ id: string }>(LEADS_OF, [workspaceId, leadId, limit]);
  return rows.map(({ id }) => id);
}

/* All that is kept of a person's leads; what only the server needs is left out. */
const TOLD = `
  SELECT to_jsonb(l) - ARRAY['workspaceId', 'payloadHash', 'personKey', 'personHash', 'normalizedCompany', 'erasedAt']
    || jsonb_build_object(
      'assignments', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
          'rep', r."name", 'method', a."method", 'reason', a."reason", 'assignedAt', a."assignedAt", 'endedAt', a."endedAt",
          'acknowledgedAt', a."acknowledgedAt", 'firstContactAt', a."firstContactAt", 'offerReason', a."offerReason"
        ) ORDER BY a."number"), '[]')
        FROM "Assignment" a JOIN "Rep" r ON r."workspaceId" = $1 AND r."id" = a."repId"
        WHERE a."workspaceId" = $1 AND a."leadId" = l."id"),
      'activities', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('kind', c."kind", 'note', c."note", 'at', c."at") ORDER BY c."at", c."id"), '[]')
        FROM "Activity" c WHERE c."workspaceId" = $1 AND c."leadId" = l."id")
    ) AS "lead"
  FROM "Lead" l WHERE l."workspaceId" = $1 AND l."id" = ANY ($2::uuid[]) ORDER BY l."receivedAt", l."id"`;

/** Nothing to erase or to tell. */
export const noLead = (): Refusal => new Refusal('NOT_FOUND', 'There is no such lead, or it has been erased.');

/**
 * Everything that is kept of the person of a lead: their leads, at most a thousand, with what was sent, who owned them
 * and what was done. Noted in the audit log.
 * @throws Refusal NOT_FOUND
 */
export async function exportPerson(context: ConfigurationContext, leadId: string): Promise<readonly object[]> {
  const { database, workspaceId } = context;
  const ids = await leadsOfPerson(database, workspaceId, leadId);
  if (ids.length === 0) throw noLead();
  const { rows } = await database.pool.query<{ lead: object }>(TOLD, [workspaceId, ids]);
  await recordAction(context, 'exportPerson', { lead: leadId, leads: rows.length });
  return rows.map(({ lead }) => lead);
}

/** A lead that has been erased. */
export interface Erasure {
  readonly leadId: string;
  readonly receivedAt: Date;
  readonly erasedAt: Date;
}

const ERASED = `
  SELECT l."id" AS "leadId", l."receivedAt", l."erasedAt" FROM "Lane" n
  JOIN "Lead" l ON l."workspaceId" = $1 AND l."personHash" = sha256(convert_to(n."salt"::text || $2, 'UTF8'))
  WHERE n."workspaceId" = $1 ORDER BY l."erasedAt", l."id" LIMIT ${MAX_LEADS}`;

/** The leads of whoever has an address that were erased: what is left of them is a salted hash of the address. */
export async function findErasures(
  { database, workspaceId }: Pick<ConfigurationContext, 'database' | 'workspaceId'>,
  email: string,
): Promise<readonly Erasure[]> {
  return (await database.pool.query<Erasure>(ERASED, [workspaceId, personKey(email)])).rows;
}
