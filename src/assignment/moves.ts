import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { Refusal } from '../domain/errors.ts';
import { Batch, type OwnedLead } from './batch.ts';
import { NOTHING } from './carryOut.ts';
import type { Lanes } from './lanes.ts';
import { load } from './loadLeads.ts';
import { lookAhead } from './lookAhead.ts';
import type { Memory } from './memory.ts';
import { type Move, type Moved, moveLeads } from './moveLeads.ts';

/** Leads of one call. */
export const MAX_MOVED = 10_000;
/** The lane takes this many at a time, so that new leads come in between. */
const CHUNK = 250;

const partsOf = (leadIds: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(leadIds.length / CHUNK) }, (_, part) =>
    leadIds.slice(part * CHUNK, (part + 1) * CHUNK),
  );

/** Where leads are moved. */
export interface MoveContext {
  readonly database: Database;
  readonly workspaceId: string;
  readonly lanes: Lanes;
  readonly clock: Clock;
}

/**
 * Moves leads, or says where they would go: the same code, on a copy of the state that is thrown away.
 *
 * @param ahead changes the copy before a dry run
 * @throws Unavailable; Refusal NO_PLAN
 */
export async function carryOutMove(
  context: MoveContext,
  move: Move,
  dryRun: boolean,
  ahead: (memory: Memory) => void = () => {},
): Promise<Moved[]> {
  const { database, workspaceId, lanes, clock } = context;
  if (move.leadIds.length === 0) return [];
  if (dryRun) {
    return lookAhead(database, workspaceId, async (client, memory) => {
      ahead(memory);
      const loaded: OwnedLead[] = [];
      // In parts too: for many at once PostgreSQL may choose a plan that is quadratic while the tables are not analysed.
      for (const leadIds of partsOf(move.leadIds)) {
        loaded.push(...(await load(client, workspaceId, { ...NOTHING, leadIds })).leads);
      }
      return moveLeads(move).apply(
        new Batch(workspaceId, memory, clock.now(), { leads: loaded, due: [], waiting: [] }),
      );
    });
  }
  const moved = new Map<string, Moved>();
  for (const part of partsOf(move.leadIds)) {
    // Who has moved along with a lead of an earlier part is not decided again.
    const leadIds = part.filter((leadId) => !moved.has(leadId));
    for (const each of await lanes.run(workspaceId, moveLeads({ ...move, leadIds }))) moved.set(each.leadId, each);
  }
  return [...moved.values()];
}

/** The open leads that a rep owns, or that a pool has routed to their present owners; oldest first. */
export async function openLeadsOf(
  { database, workspaceId }: Pick<MoveContext, 'database' | 'workspaceId'>,
  of: { readonly repId: string } | { readonly poolId: string },
): Promise<readonly string[]> {
  const [column, id] = 'repId' in of ? ['repId', of.repId] : ['poolId', of.poolId];
  // Lead by lead: where the statistics know of one row and 10,000 have come since, a join took more than 10 s, this 3 s.
  const { rows } = await database.pool.query<{ leadId: string }>(
    `SELECT a."leadId" FROM "Assignment" a
     CROSS JOIN LATERAL (
       SELECT l."closedAt" FROM "Lead" l WHERE l."workspaceId" = $1 AND l."id" = a."leadId" LIMIT 1) AS l
     WHERE a."workspaceId" = $1 AND a."${column}" = $2 AND a."endedAt" IS NULL AND l."closedAt" IS NULL ORDER BY a."number" LIMIT $3`,
    [workspaceId, id, MAX_MOVED + 1],
  );
  if (rows.length > MAX_MOVED) {
    throw new Refusal('TOO_MANY_LEADS', `More than ${MAX_MOVED.toLocaleString('en')} open leads are concerned.`);
  }
  return rows.map(({ leadId }) => leadId);
}
