import { InvalidInput, Refusal } from '../domain/errors.ts';
import { type Context, signedIn } from './context.ts';
import { decodeId } from './ids.ts';

/**
 * The UUID of the rep for whom the caller acts: themselves, one of a manager's team, anybody for an admin.
 *
 * @param id left out for the caller
 * @throws Refusal NOT_FOUND; InvalidInput where the caller is no rep and names none
 */
export async function teamRep(id: string | null | undefined, context: Context): Promise<string> {
  const { repId: own } = signedIn(context);
  const repId = id == null ? own : decodeId('Rep', id);
  if (repId === null) throw new InvalidInput([{ path: ['repId'], message: 'is missing: this key is no rep’s' }]);
  if (repId === own) return repId;
  const visibility = await context.visibility();
  const isTheirs = visibility.of === 'all' || (visibility.of === 'reps' && visibility.repIds.includes(repId));
  if (!isTheirs || (await context.loaders.rep.load(repId)) === null) {
    throw new Refusal('NOT_FOUND', 'There is no such rep.');
  }
  return repId;
}
