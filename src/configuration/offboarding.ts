import type { KnownLeave } from '../assignment/attendance.ts';
import type { Memory } from '../assignment/memory.ts';
import type { Move, Moved } from '../assignment/moveLeads.ts';
import { carryOutMove, type MoveContext, openLeadsOf } from '../assignment/moves.ts';
import { loadConfiguration, selectPools, selectReps } from '../db/configuration.ts';
import type { Pool, Rep } from '../domain/configuration.ts';
import { poolRotation } from '../domain/decide.ts';
import { Refusal } from '../domain/errors.ts';
import { alignRotation } from '../domain/rotation.ts';
import { earnersIn, type RoutingConfiguration } from '../domain/routingConfiguration.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { savePools } from './pools.ts';
import { refuseEmptyLastResort, saveReps } from './reps.ts';

/** What leaving has moved, or would move. */
export interface Offboarded {
  readonly rep: Rep;
  readonly leads: readonly Moved[];
  /** Ids of what has the successor now, or is left without an owner who is there. */
  readonly accounts: readonly string[];
  readonly territories: readonly string[];
  readonly reowned: boolean;
  /** Ids of the pools the rep was a member of. */
  readonly pools: readonly string[];
  readonly keysRevoked: number;
}

/**
 * Lets a rep leave: no lead goes there from the same moment on, the pools are left (the credits go to the others by
 * weight), accounts, territories and queues go to the successor or stay to be re-owned, the rep's keys are revoked, their
 * calendars are removed, and the open leads are decided again by the plan, unless told otherwise. Repeated, it goes on with
 * what was not moved yet.
 *
 * @throws Refusal NOT_FOUND, REP_LEFT (the successor), IN_USE (the last one of the last resort)
 */
export async function offboardRep(
  context: ConfigurationContext & MoveContext,
  input: {
    readonly repId: string;
    readonly successorId: string | null;
    /** DELEGATE: to the successor, or else the rep's backup; where there is neither, by the plan. */
    readonly openLeads: KnownLeave['openLeads'];
    readonly reason: string;
    readonly dryRun: boolean;
  },
): Promise<Offboarded> {
  const { repId, successorId, openLeads, reason, dryRun } = input;
  // Too many are refused before anything has changed.
  await openLeadsOf(context, { repId });
  const { report, after } = await changeConfiguration(
    context,
    'offboardRep',
    async (change) => {
      const left = await leave(change, repId, successorId);
      // What a dry run goes by; afterwards everybody reads it for themselves.
      return {
        report: left,
        after: dryRun ? await loadConfiguration(change.client, change.workspaceId, null, -1) : null,
      };
    },
    { dryRun },
  );
  if (openLeads === 'KEEP') return { ...report, leads: [] };
  const toId = openLeads === 'DELEGATE' ? (successorId ?? report.rep.backupId) : null;
  const move: Move = {
    leadIds: await openLeadsOf(context, { repId }),
    destination: toId === null ? { kind: 'PLAN' } : { kind: 'REP', repId: toId },
    method: 'OFFBOARDING',
    from: new Set([repId]),
    mayStay: false,
    reason,
    by: context.by,
  };
  const leads = await carryOutMove(context, move, dryRun, (memory) => after && letGo(memory, after));
  return { ...report, leads };
}

/** Where it is said whose things are. */
const OWNED = {
  accounts: ['Account', 'ownerId'],
  territories: ['Territory', 'repId'],
  queues: ['Queue', 'responsibleId'],
} as const;

/** What leaving comes to in the configuration. */
async function leave(change: Change, repId: string, successorId: string | null): Promise<Omit<Offboarded, 'leads'>> {
  const { client, workspaceId, now } = change;
  const reps = await selectReps(client, workspaceId);
  const before = reps.find(({ id }) => id === repId);
  if (!before) throw new Refusal('NOT_FOUND', 'There is no such rep.');
  const successor = successorId === null ? null : reps.find(({ id }) => id === successorId);
  if (successor === undefined || successorId === repId)
    throw new Refusal('NOT_FOUND', 'successorId: there is no such rep');
  if (successor?.status === 'LEFT') throw new Refusal('REP_LEFT', `${successor.name} has left and can own nothing.`);
  const rep: Rep = { ...before, status: 'LEFT' };
  const after = reps.map((each) => (each.id === repId ? rep : each));
  await refuseEmptyLastResort(change, after);
  if (before.status !== 'LEFT') await saveReps(change, [rep], [before]);

  const pools = await selectPools(client, workspaceId);
  const joined = pools.filter(({ members }) => members.some((member) => member.repId === repId));
  const without = (pool: Pool): Pool => ({ ...pool, members: pool.members.filter((member) => member.repId !== repId) });
  await savePools(change, joined.map(without), joined);

  const reown = async (kind: 'accounts' | 'territories' | 'queues'): Promise<string[]> => {
    const [table, column] = OWNED[kind];
    const where = `WHERE "workspaceId" = $1 AND "${column}" = $2`;
    const { rows } = successor
      ? await change.execute(kind, `UPDATE "${table}" SET "${column}" = $3 ${where} RETURNING "id"`, [
          repId,
          successor.id,
        ])
      : await client.query(`SELECT "id" FROM "${table}" ${where}`, [workspaceId, repId]);
    return rows.map(({ id }) => id);
  };
  const accounts = await reown('accounts');
  const territories = await reown('territories');
  await reown('queues');
  // What they were read with is theirs.
  const { rowCount: calendars } = await client.query(
    'DELETE FROM "Calendar" WHERE "workspaceId" = $1 AND "repId" = $2',
    [workspaceId, repId],
  );
  const { rowCount: keys } = await client.query(
    'UPDATE "ApiKey" SET "revokedAt" = $3 WHERE "workspaceId" = $1 AND "repId" = $2 AND "revokedAt" IS NULL',
    [workspaceId, repId, now],
  );
  const keysRevoked = keys ?? 0;
  // Neither are rows of the configuration.
  if (keysRevoked > 0 || calendars) change.note({ rep: repId, keysRevoked, calendarsRemoved: calendars ?? 0 });
  return {
    rep,
    accounts,
    territories,
    reowned: successor !== null,
    pools: joined.map(({ id }) => id),
    keysRevoked,
  };
}

/** Brings a copy of the state to what leaving would make of it. */
function letGo(memory: Memory, after: RoutingConfiguration): void {
  memory.configuration = after;
  for (const pool of after.pools.byId.values()) {
    for (const segment of [null, ...pool.weightSegments]) {
      const id = poolRotation(pool.id, segment);
      const rotation = memory.rotations.get(id);
      if (rotation) memory.rotations.set(id, alignRotation(rotation, pool.strategy, earnersIn(pool, segment)));
    }
  }
}
