import type { Visibility } from '../auth/visibility.ts';
import type { Database } from '../db/client.ts';
import { Prisma } from '../db/generated/client.ts';

/* What is looked up beside leads, for as many of them as a list has, in one query each. */

const MAX_RELATED = 25;

/** One lead beside another. */
export interface RelatedLead {
  readonly of: string;
  readonly id: string;
}

/** Other leads of the same company, by domain or name, that may be seen; newest first, at most 25 for each. */
export function findRelatedLeads(
  { prisma }: Database,
  workspaceId: string,
  visibility: Visibility,
  leadIds: readonly string[],
): Promise<RelatedLead[]> {
  // Each way by its own index, which has the ids in order: with OR it would be a scan.
  const by = (column: 'companyDomain' | 'normalizedCompany'): Prisma.Sql => {
    const name = Prisma.raw(`"${column}"`);
    return Prisma.sql`(
      SELECT r."id" FROM "Lead" r
      WHERE r."workspaceId" = l."workspaceId" AND r.${name} = l.${name} AND r."id" <> l."id" AND ${visibleTo(visibility)}
      ORDER BY r."id" DESC LIMIT ${MAX_RELATED})`;
  };
  return prisma.$queryRaw<RelatedLead[]>`
    SELECT l."id" AS "of", r."id" FROM "Lead" l
    CROSS JOIN LATERAL (
      SELECT "id" FROM (${by('companyDomain')} UNION ${by('normalizedCompany')}) AS found ORDER BY "id" DESC LIMIT ${MAX_RELATED}
    ) AS r
    WHERE l."workspaceId" = ${workspaceId}::uuid AND l."id" = ANY (${leadIds}::uuid[])
    ORDER BY l."id", r."id" DESC`;
}

/** The rule of `visibleLeads`, for a lead called r. */
function visibleTo(visibility: Visibility): Prisma.Sql {
  switch (visibility.of) {
    case 'all':
      return Prisma.sql`true`;
    case 'reps':
      return Prisma.sql`EXISTS (
        SELECT FROM "Assignment" a WHERE a."workspaceId" = r."workspaceId" AND a."leadId" = r."id"
        AND a."endedAt" IS NULL AND a."repId" = ANY (${visibility.repIds}::uuid[]))`;
    case 'submitted':
      return Prisma.sql`r."submittedBy" = ${visibility.by}`;
    case 'none':
      return Prisma.sql`false`;
  }
}

/** An account that a lead may belong to. */
export interface AccountSuggestion {
  readonly of: string;
  readonly accountId: string;
  readonly score: number;
}

/** From this similarity on a name is worth a look: `pg_trgm`'s, 0 to 1. */
const SIMILAR = 0.6;
const MAX_SUGGESTED = 5;

/** Accounts with a similar name, for leads of which none was recognised; the most similar first, at most 5 for each. */
export const suggestAccounts = (
  { prisma }: Database,
  workspaceId: string,
  leadIds: readonly string[],
): Promise<AccountSuggestion[]> =>
  // `%` finds by the index whatever is above pg_trgm's own threshold of 0.3; ours comes after.
  prisma.$queryRaw<AccountSuggestion[]>`
    SELECT l."id" AS "of", s."accountId", s."score" FROM "Lead" l
    CROSS JOIN LATERAL (
      SELECT a."id" AS "accountId", similarity(a."normalizedName", l."normalizedCompany")::float8 AS "score"
      FROM "Account" a
      WHERE a."workspaceId" = l."workspaceId" AND a."normalizedName" % l."normalizedCompany"
        AND similarity(a."normalizedName", l."normalizedCompany") >= ${SIMILAR}
      ORDER BY "score" DESC, a."key" LIMIT ${MAX_SUGGESTED}
    ) AS s
    WHERE l."workspaceId" = ${workspaceId}::uuid AND l."id" = ANY (${leadIds}::uuid[]) AND l."accountId" IS NULL
    ORDER BY l."id", s."score" DESC`;
