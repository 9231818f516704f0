import { visibleLeads } from '../../auth/visibility.ts';
import type { Lead, Prisma } from '../../db/generated/client.ts';
import { builder } from '../builder.ts';
import { connectionType, type Page, type PageArgs, page } from '../connection.ts';
import { type Context, signedIn } from '../context.ts';
import { decodeId } from '../ids.ts';
import { LeadStatusRef, MethodRef, OfferStatusRef, SlaStatusRef } from './enums.ts';
import { LeadRef } from './refs.ts';

export const LeadConnectionRef = connectionType('Lead', LeadRef);

export const LeadFilterRef = builder.inputType('LeadFilter', {
  description: 'All that is given must hold.',
  fields: (t) => ({
    open: t.boolean({ description: 'Open or closed ones.' }),
    status: t.field({ type: [LeadStatusRef] }),
    ownerId: t.id({ description: 'Who owns it now.' }),
    poolId: t.id({ description: 'Which pool routed it to its present owner.' }),
    method: t.field({ type: [MethodRef], description: 'Of the present assignment.' }),
    acknowledged: t.boolean({ description: 'Whether the owner has acknowledged the present assignment.' }),
    slaStatus: t.field({ type: [SlaStatusRef], description: 'Of the present assignment.' }),
    offerStatus: t.field({ type: [OfferStatusRef], description: 'Of the present assignment.' }),
    source: t.string(),
    search: t.string({ description: 'The beginning of an e-mail address, or a company’s domain.' }),
    receivedFrom: t.field({ type: 'DateTime', description: 'Included.' }),
    receivedTo: t.field({ type: 'DateTime', description: 'Not included.' }),
  }),
});

type LeadFilter = NonNullable<typeof LeadFilterRef.$inferInput>;

/** A page of the leads that the caller may see, newest first. @param ownerId only this rep's */
export async function leadPage(
  context: Context,
  args: PageArgs,
  filter: LeadFilter | null | undefined,
  ownerId: string | null = null,
): Promise<Page<Lead>> {
  const principal = signedIn(context);
  const visible = visibleLeads(principal, await context.visibility());
  const conditions = [visible, filterWhere(filter ?? {}), ...(ownerId === null ? [] : [present({ repId: ownerId })])];
  return page(args, { workspaceId: principal.workspaceId, field: 'id', direction: 'desc' }, ({ where, ...query }) =>
    context.database.prisma.lead.findMany({
      where: { workspaceId: principal.workspaceId, AND: [...conditions, where] },
      ...query,
    }),
  );
}

const present = (where: Prisma.AssignmentWhereInput): Prisma.LeadWhereInput => ({
  assignments: { some: { endedAt: null, ...where } },
});

const NOTHING: Prisma.LeadWhereInput = { id: { in: [] } };

export function filterWhere(filter: LeadFilter): Prisma.LeadWhereInput {
  const { acknowledged, slaStatus, offerStatus } = filter;
  const { open, status, ownerId, poolId, method, source, search, receivedFrom, receivedTo } = filter;
  const conditions: Prisma.LeadWhereInput[] = [];
  if (open != null) conditions.push({ closedAt: open ? null : { not: null } });
  if (status != null) conditions.push({ status: { in: [...status] } });
  if (method != null) conditions.push(present({ method: { in: [...method] } }));
  if (acknowledged != null) conditions.push(present({ acknowledgedAt: acknowledged ? { not: null } : null }));
  if (slaStatus != null) conditions.push(present({ slaStatus: { in: [...slaStatus] } }));
  if (offerStatus != null) conditions.push(present({ offerStatus: { in: [...offerStatus] } }));
  if (ownerId != null) conditions.push(present({ repId: decodeId('Rep', ownerId) }));
  if (poolId != null) conditions.push(present({ poolId: decodeId('Pool', poolId) }));
  // No stored text has a NUL or half a surrogate pair, and PostgreSQL refuses to be asked for one.
  for (const text of [source, search]) {
    if (text != null && (text.includes('\u0000') || !text.isWellFormed())) return NOTHING;
  }
  if (source != null) conditions.push({ source });
  if (search != null) {
    // Prisma hands LIKE's wildcards on as they are.
    const word = search.trim().toLowerCase();
    conditions.push({ OR: [{ email: { startsWith: word.replace(/[\\%_]/g, '\\$&') } }, { companyDomain: word }] });
  }
  if (receivedFrom != null || receivedTo != null) {
    conditions.push({
      receivedAt: {
        ...(receivedFrom == null ? {} : { gte: receivedFrom }),
        ...(receivedTo == null ? {} : { lt: receivedTo }),
      },
    });
  }
  return { AND: conditions };
}
