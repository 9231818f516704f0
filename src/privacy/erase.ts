import { NOTHING } from '../assignment/carryOut.ts';
import { setStatus } from '../assignment/changeLead.ts';
import type { Operation } from '../assignment/lane.ts';
import type { Lanes } from '../assignment/lanes.ts';
import type { AuditAction } from '../audit/actions.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from '../configuration/change.ts';
import { Refusal } from '../domain/errors.ts';
import { isOpen } from '../domain/lead.ts';
import { leadsOfPerson, MAX_LEADS, noLead } from './person.ts';

/*
 * A lead that is erased stays as a number in all that is counted: when it came, who owned it, how it ended. Nothing in it
 * says any more who the person was.
 */

export interface PrivacyContext extends ConfigurationContext {
  readonly lanes: Lanes;
}

/** Erased in one transaction. */
const AT_ONCE = 200;
/** How often a lead that is opened again at the same moment is closed again. */
const MAX_TRIES = 5;

/**
 * Erases a lead and, unless told otherwise, all other leads of its person.
 *
 * @param portion leads looked for at a time
 * @returns how many were erased
 * @throws Refusal NOT_FOUND
 */
export async function eraseLead(
  context: PrivacyContext,
  leadId: string,
  { onlyThis = false, portion = MAX_LEADS } = {},
): Promise<number> {
  let erased = 0;
  for (;;) {
    const ofPerson = await leadsOfPerson(context.database, context.workspaceId, leadId, portion);
    if (ofPerson.length === 0 && erased === 0) throw noLead();
    erased += await eraseLeads(context, 'eraseLead', onlyThis ? [leadId] : ofPerson);
    if (onlyThis || ofPerson.length < portion) return erased;
  }
}

/**
 * Erases leads: open ones are closed as DISQUALIFIED first, so that whoever works on them is told and gets their turn back.
 * Each lead is erased whole or not at all; repeated, it goes on with the rest.
 *
 * @returns how many were erased
 */
export async function eraseLeads(
  context: PrivacyContext,
  action: Extract<AuditAction, 'eraseLead' | 'eraseExpired'>,
  leadIds: readonly string[],
): Promise<number> {
  let erased = 0;
  for (let from = 0; from < leadIds.length; from += AT_ONCE) {
    erased += await erasePart(context, action, leadIds.slice(from, from + AT_ONCE));
  }
  return erased;
}

async function erasePart(context: PrivacyContext, action: AuditAction, leadIds: readonly string[]): Promise<number> {
  for (let tried = 1; ; tried += 1) {
    await context.lanes.run(context.workspaceId, closeAll(leadIds));
    const erased = await changeConfiguration(context, action, (change) => eraseClosed(change, leadIds));
    if (erased !== 'OPENED') return erased;
    if (tried === MAX_TRIES) throw new Refusal('VERSION_CONFLICT', 'The lead is opened again and again. Try again.');
  }
}

const closeAll = (leadIds: readonly string[]): Operation<void> => ({
  ...NOTHING,
  leadIds,
  apply: (batch) => {
    for (const id of leadIds) {
      if (batch.hasLead(id) && isOpen(batch.lead(id).lead.status)) setStatus(batch, id, 'DISQUALIFIED');
    }
  },
});

/** The leads that are not erased yet, with who owns them. */
const SELECT = `
  SELECT l."id", l."closedAt", a."id" AS "assignmentId", a."repId" FROM "Lead" l
  JOIN "Assignment" a ON a."workspaceId" = $1 AND a."leadId" = l."id" AND a."endedAt" IS NULL
  WHERE l."workspaceId" = $1 AND l."id" = ANY ($2::uuid[]) AND l."erasedAt" IS NULL
  ORDER BY l."id" FOR UPDATE OF l`;

/* What stays of a lead: what is counted. Whoever wrote a text may have named the person in it. */
const ERASE = `
  WITH assignments AS (
    UPDATE "Assignment" SET "reason" = CASE WHEN "assignedBy" IS NULL THEN "reason" END, "offerReason" = NULL
    WHERE "workspaceId" = $1 AND "leadId" = ANY ($2::uuid[]) RETURNING "id"
  ), decisions AS (
    UPDATE "Decision" d SET "data" = (d."data"::jsonb - 'duplicateOf' || '{"account": null}')::json
    FROM assignments a WHERE d."workspaceId" = $1 AND d."assignmentId" = a."id"
  ), activities AS (
    UPDATE "Activity" SET "note" = NULL WHERE "workspaceId" = $1 AND "leadId" = ANY ($2::uuid[])
  ), events AS (
    UPDATE "Event" SET "data" = "data" - 'reason'
    WHERE "workspaceId" = $1 AND "leadId" = ANY ($2::uuid[]) AND "data" ? 'reason'
  )
  UPDATE "Lead" l SET
    "erasedAt" = $3,
    "personHash" = CASE WHEN l."personKey" IS NOT NULL
      THEN sha256(convert_to(n."salt"::text || l."personKey", 'UTF8')) END,
    "idempotencyKey" = NULL, "payloadHash" = '', "payload" = '{}', "firstName" = NULL, "lastName" = NULL,
    "email" = NULL, "personKey" = NULL, "phone" = NULL, "jobTitle" = NULL, "companyName" = NULL,
    "companyDomain" = NULL, "normalizedCompany" = NULL, "city" = NULL, "metro" = NULL, "postalCode" = NULL,
    "latitude" = NULL, "longitude" = NULL, "timeZone" = NULL, "message" = NULL, "attributes" = '{}',
    "derived" = '{}', "accountKey" = NULL, "accountId" = NULL, "firstLeadId" = NULL
  FROM "Lane" n
  WHERE n."workspaceId" = $1 AND l."workspaceId" = $1 AND l."id" = ANY ($2::uuid[])`;

async function eraseClosed(
  { client, workspaceId, now, emit, note }: Change,
  leadIds: readonly string[],
): Promise<number | 'OPENED'> {
  const { rows } = await client.query<{
    id: string;
    closedAt: Date | null;
    assignmentId: string;
    repId: string;
  }>(SELECT, [workspaceId, leadIds]);
  if (rows.some(({ closedAt }) => closedAt === null)) return 'OPENED';
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  await client.query(ERASE, [workspaceId, ids, now]);
  for (const { id: leadId, assignmentId, repId } of rows) {
    emit({ kind: 'lead.erased', repId, leadId, assignmentId, data: {} });
  }
  note({ leads: ids });
  return ids.length;
}
