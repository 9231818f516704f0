import { v7 } from 'uuid';
import { z } from 'zod';
import { selectReps } from '../db/configuration.ts';
import type { SpecialtyProposal } from '../db/generated/client.ts';
import type { Specialties } from '../domain/configuration.ts';
import { Refusal } from '../domain/errors.ts';
import { multiline } from '../intake/text.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { refuseFaults, sizeFaults } from './faults.ts';
import { given, parse, specialtyFields } from './inputs.ts';
import { saveReps } from './reps.ts';

const proposalSchema = z.strictObject({ ...specialtyFields, note: multiline(2_000) }).partial();

/**
 * Proposes what a rep would like to be known for. What is left out stays as it is; an open proposal is replaced.
 * @throws InvalidInput
 */
export function proposeSpecialties(
  context: ConfigurationContext,
  repId: string,
  input: object,
): Promise<SpecialtyProposal> {
  const { note = null, ...fields } = parse(proposalSchema, given(input));
  const proposed = given(fields) as Partial<Specialties>;
  return changeConfiguration(context, 'proposeSpecialties', async (change) => {
    refuseFaults(sizeFaults({ ...(await findRep(change, repId)), ...proposed }));
    const { client, workspaceId, now } = change;
    await client.query(
      `DELETE FROM "SpecialtyProposal" WHERE "workspaceId" = $1 AND "repId" = $2 AND "status" = 'OPEN'`,
      [workspaceId, repId],
    );
    const { rows } = await client.query<SpecialtyProposal>(
      `INSERT INTO "SpecialtyProposal" ("workspaceId", "id", "repId", "status", "specialties", "note", "createdAt")
       VALUES ($1, $2, $3, 'OPEN', $4, $5, $6) RETURNING *`,
      [workspaceId, v7(), repId, JSON.stringify(proposed), note, now],
    );
    return rows[0] as SpecialtyProposal;
  });
}

/**
 * Approves a proposal, so that dynamic matches go by it from the next lead on, or refuses it.
 * @param mayDecide whether the caller is over this rep
 * @throws Refusal NOT_FOUND, PROPOSAL_DECIDED; InvalidInput (no longer possible beside what the rep is known for by now)
 */
export function decideSpecialties(
  context: ConfigurationContext,
  id: string,
  { approve, reason, mayDecide }: { approve: boolean; reason: string | null; mayDecide: (repId: string) => boolean },
): Promise<SpecialtyProposal> {
  return changeConfiguration(context, 'decideSpecialties', async (change) => {
    const { client, workspaceId, by, now } = change;
    const { rows } = await client.query<SpecialtyProposal>(
      'SELECT * FROM "SpecialtyProposal" WHERE "workspaceId" = $1 AND "id" = $2',
      [workspaceId, id],
    );
    const [proposal] = rows;
    if (!proposal || !mayDecide(proposal.repId)) throw new Refusal('NOT_FOUND', 'There is no such proposal.');
    if (proposal.status !== 'OPEN') {
      throw new Refusal('PROPOSAL_DECIDED', `${proposal.decidedBy} has decided it already: ${proposal.status}.`);
    }
    if (approve) {
      const before = await findRep(change, proposal.repId);
      // What the proposal does not name may have changed since.
      const rep = { ...before, ...(proposal.specialties as Partial<Specialties>) };
      refuseFaults(sizeFaults(rep));
      await saveReps(change, [rep], [before]);
    }
    const decided = await client.query<SpecialtyProposal>(
      `UPDATE "SpecialtyProposal" SET "status" = $3::"ProposalStatus", "decidedBy" = $4, "reason" = $5, "decidedAt" = $6
       WHERE "workspaceId" = $1 AND "id" = $2 RETURNING *`,
      [workspaceId, id, approve ? 'APPROVED' : 'REFUSED', by, reason, now],
    );
    return decided.rows[0] as SpecialtyProposal;
  });
}

async function findRep({ client, workspaceId }: Change, id: string) {
  const rep = (await selectReps(client, workspaceId)).find((each) => each.id === id);
  if (!rep) throw new Refusal('NOT_FOUND', 'There is no such rep.');
  return rep;
}
