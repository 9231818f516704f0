import type { Database } from '../db/client.ts';
import type { Assignment, Lead, Prisma } from '../db/generated/client.ts';
import { type Principal, ROLE_SCOPES } from './principal.ts';

/**
 * Whose leads a principal sees: `all` of the workspace, those the named `reps` own now, those it `submitted` itself,
 * or none.
 */
export type Visibility =
  | { readonly of: 'all' }
  | { readonly of: 'reps'; readonly repIds: readonly string[] }
  | { readonly of: 'submitted'; readonly by: string }
  | { readonly of: 'none' };

/** A manager who is a rep sees the team, transitively; one who is none sees the workspace. */
export async function visibilityOf(database: Database, principal: Principal): Promise<Visibility> {
  const { role, repId, workspaceId } = principal;
  switch (role) {
    case 'ADMIN':
      return { of: 'all' };
    case 'MANAGER':
      return repId === null ? { of: 'all' } : { of: 'reps', repIds: await teamOf(database, workspaceId, repId) };
    case 'REP':
      return { of: 'reps', repIds: repId === null ? [] : [repId] };
    case 'PARTNER':
      return { of: 'submitted', by: principal.name };
    case 'VIEWER':
      return { of: 'none' };
  }
}

async function teamOf(database: Database, workspaceId: string, managerId: string): Promise<string[]> {
  const rows = await database.prisma.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE team AS (
      SELECT "id" FROM "Rep" WHERE "workspaceId" = ${workspaceId}::uuid AND "id" = ${managerId}::uuid
      UNION
      SELECT r."id" FROM "Rep" r JOIN team ON r."managerId" = team."id" WHERE r."workspaceId" = ${workspaceId}::uuid
    )
    SELECT "id" FROM team`;
  return rows.map(({ id }) => id);
}

/** The condition for reading leads. */
export function visibleLeads(principal: Principal, visibility: Visibility): Prisma.LeadWhereInput {
  const { workspaceId } = principal;
  switch (visibility.of) {
    case 'all':
      return { workspaceId };
    case 'reps':
      return { workspaceId, assignments: { some: { endedAt: null, repId: { in: [...visibility.repIds] } } } };
    case 'submitted':
      return { workspaceId, submittedBy: visibility.by };
    case 'none':
      return { workspaceId, id: { in: [] } };
  }
}

/** Whether a lead whose present assignment is known may be seen; the same rule as `visibleLeads`. */
export function maySee(
  visibility: Visibility,
  lead: Pick<Lead, 'submittedBy'>,
  present: Pick<Assignment, 'repId'>,
): boolean {
  switch (visibility.of) {
    case 'all':
      return true;
    case 'reps':
      return visibility.repIds.includes(present.repId);
    case 'submitted':
      return lead.submittedBy === visibility.by;
    case 'none':
      return false;
  }
}

/** Principals of one class see the same of everything: what one of them was told of an event can be told to the others. */
export const visibilityClass = ({ workspaceId, role, repId, scopes, name }: Principal): string =>
  [
    workspaceId,
    role,
    repId ?? '',
    role === 'PARTNER' ? name : '',
    ...(scopes === ROLE_SCOPES[role] ? [] : [...scopes].sort()),
  ].join(' ');

/** What a principal may do and hear, as a text to be compared: an open connection goes by what it was when it signed in. */
export async function reachOf(database: Database, principal: Principal): Promise<string> {
  const visibility = await visibilityOf(database, principal);
  const repIds = visibility.of === 'reps' ? visibility.repIds.toSorted() : [];
  return [visibilityClass(principal), ...repIds].join(' ');
}
