import { v7 } from 'uuid';
import { selectPools, selectReps, selectSettings } from '../db/configuration.ts';
import type { WeightChange } from '../db/generated/client.ts';
import type { Pool } from '../domain/configuration.ts';
import { deriveWeights, type WeightStep } from '../domain/derivedWeights.ts';
import { Refusal } from '../domain/errors.ts';
import { localTime } from '../domain/localTime.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { savePools } from './pools.ts';

/** What deriving came to for one pool. */
export interface DerivedWeights {
  readonly pool: Pool;
  readonly steps: readonly WeightStep[];
}

/**
 * Derives the weights of every pool that wants it and has not had it today, by the workspace's time zone. Weights that
 * come out as they are leave no record.
 * @returns the pools whose weights have changed
 */
export function deriveDueWeights(context: ConfigurationContext): Promise<readonly DerivedWeights[]> {
  return changeConfiguration(context, 'deriveWeights', async (change) => {
    const { client, workspaceId, now } = change;
    const { timeZone } = await selectSettings(client, workspaceId);
    const today = new Date(localTime(now.getTime(), timeZone).began.DAY);
    const { rows } = await client.query<{ id: string }>(
      `SELECT "id" FROM "Pool" WHERE "workspaceId" = $1 AND "weighting" ->> 'by' <> 'FIXED'
       AND ("weightsDerivedAt" IS NULL OR "weightsDerivedAt" < $2)`,
      [workspaceId, today],
    );
    if (rows.length === 0) return [];
    const due = new Set(rows.map(({ id }) => id));
    const pools = (await selectPools(client, workspaceId)).filter(({ id }) => due.has(id));
    const derived: DerivedWeights[] = [];
    for (const pool of pools) derived.push(await derive(change, pool));
    await client.query(
      'UPDATE "Pool" SET "weightsDerivedAt" = $3 WHERE "workspaceId" = $1 AND "id" = ANY ($2::uuid[])',
      [workspaceId, [...due], now],
    );
    return derived.filter(({ steps }) => steps.some(({ before, after }) => before !== after));
  });
}

/**
 * Derives one pool's weights at once.
 * @throws Refusal NOT_FOUND, WEIGHTS_FIXED
 */
export function derivePoolWeights(
  context: ConfigurationContext,
  poolId: string,
  { dryRun = false } = {},
): Promise<DerivedWeights> {
  return changeConfiguration(
    context,
    'deriveWeights',
    async (change) => {
      const pool = await findPool(change, poolId);
      if (pool.weighting.by === 'FIXED') {
        throw new Refusal(
          'WEIGHTS_FIXED',
          'The weights of this pool are set by hand. Give it another weighting first.',
        );
      }
      return derive(change, pool);
    },
    { dryRun },
  );
}

async function findPool({ client, workspaceId }: Change, id: string): Promise<Pool> {
  const pool = (await selectPools(client, workspaceId)).find((each) => each.id === id);
  if (!pool) throw new Refusal('NOT_FOUND', 'There is no such pool.');
  return pool;
}

async function derive(change: Change, pool: Pool): Promise<DerivedWeights> {
  const { client, workspaceId, now } = change;
  const since = new Date(now.getTime() - pool.weighting.days * 86_400_000);
  const { rows } = await client.query<{ repId: string; won: number; lost: number }>(
    `SELECT a."repId", count(*) FILTER (WHERE l."status" = 'WON')::int AS "won",
            count(*) FILTER (WHERE l."status" = 'LOST')::int AS "lost"
     FROM "Lead" l
     JOIN "Assignment" a ON a."workspaceId" = $1 AND a."leadId" = l."id" AND a."endedAt" IS NULL
     WHERE l."workspaceId" = $1 AND l."closedAt" >= $2 AND l."status" IN ('WON', 'LOST') AND a."repId" = ANY ($3::uuid[])
     GROUP BY a."repId"`,
    [workspaceId, since, pool.members.map(({ repId }) => repId)],
  );
  const reps = new Map((await selectReps(client, workspaceId)).map((rep) => [rep.id, rep]));
  const outcomes = new Map(rows.map(({ repId, won, lost }) => [repId, { won, lost }]));
  const steps = deriveWeights(pool.members, pool.weighting, outcomes, reps);
  await setWeights(change, pool, steps, pool.weighting.by);
  return { pool, steps };
}

/** Writes weights that have changed, with a record of what they go by. */
async function setWeights(change: Change, pool: Pool, steps: readonly WeightStep[], by: string): Promise<void> {
  if (steps.every(({ before, after }) => before === after)) return;
  const after = new Map(steps.map((step) => [step.repId, step.after]));
  const members = pool.members.map((member) => ({ ...member, weight: after.get(member.repId) ?? member.weight }));
  await savePools(change, [{ ...pool, members }], [pool]);
  await change.client.query(
    `INSERT INTO "WeightChange" ("workspaceId", "id", "poolId", "changes", "by", "changedBy", "at")
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [change.workspaceId, v7(), pool.id, JSON.stringify(steps), by, change.by, change.now],
  );
}

/**
 * Takes back derived weights: the members have the weights from before, and the pool's weights are fixed from then on,
 * or the next day would derive them again.
 * @throws Refusal NOT_FOUND; ALREADY_REVERTED
 */
export function revertWeights(context: ConfigurationContext, changeId: string): Promise<Pool> {
  return changeConfiguration(context, 'revertWeights', async (change) => {
    const { client, workspaceId, now } = change;
    const { rows } = await client.query<WeightChange>(
      'SELECT * FROM "WeightChange" WHERE "workspaceId" = $1 AND "id" = $2',
      [workspaceId, changeId],
    );
    const [record] = rows;
    if (!record) throw new Refusal('NOT_FOUND', 'There is no such change of weights.');
    if (record.revertedAt !== null) throw new Refusal('ALREADY_REVERTED', 'These weights have been taken back before.');
    const pool = await findPool(change, record.poolId);
    const former = new Map((record.changes as unknown as WeightStep[]).map(({ repId, before }) => [repId, before]));
    const steps = pool.members.map(({ repId, weight }): WeightStep => {
      const basis = { won: 0, lost: 0, value: null };
      return { repId, before: weight, after: former.get(repId) ?? weight, basis };
    });
    const fixed: Pool = { ...pool, weighting: { ...pool.weighting, by: 'FIXED' } };
    await savePools(change, [fixed], [pool]);
    await setWeights(change, fixed, steps, 'REVERTED');
    await client.query('UPDATE "WeightChange" SET "revertedAt" = $3 WHERE "workspaceId" = $1 AND "id" = $2', [
      workspaceId,
      changeId,
      now,
    ]);
    return findPool(change, pool.id);
  });
}
