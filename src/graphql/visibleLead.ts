import { maySee } from '../auth/visibility.ts';
import type { Lead } from '../db/generated/client.ts';
import { Refusal } from '../domain/errors.ts';
import type { Context } from './context.ts';
import { decodeId } from './ids.ts';

/** A lead, if it exists and is the caller's to see. */
export async function visibleLead(id: string, context: Context): Promise<Lead | null> {
  const [lead, present] = await Promise.all([
    context.loaders.lead.load(id),
    context.loaders.presentAssignment.load(id),
  ]);
  return lead && present && maySee(await context.visibility(), lead, present) ? lead : null;
}

/** The UUID of a lead that the caller may see. @throws Refusal NOT_FOUND */
export async function requireLead(id: string, context: Context): Promise<string> {
  const lead = await visibleLead(decodeId('Lead', id), context);
  if (!lead) throw new Refusal('NOT_FOUND', 'There is no such lead.');
  return lead.id;
}
