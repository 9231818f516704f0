import { v7 } from 'uuid';
import { z } from 'zod';
import { selectPools, selectReps } from '../db/configuration.ts';
import type { Pool, PoolMember } from '../domain/configuration.ts';
import { InvalidInput, Refusal } from '../domain/errors.ts';
import {
  alignRotation,
  EMPTY_ROTATION,
  parseRotation,
  type Rotation,
  type StoredRotation,
  serializeRotation,
} from '../domain/rotation.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { duplicates, type Fault, refuseFaults } from './faults.ts';
import { given, key, LIMITS, MEMBER_DEFAULTS, memberFields, POOL_DEFAULTS, parse, poolFields } from './inputs.ts';

const memberSchema = z
  .strictObject({ repId: z.string(), ...memberFields })
  .partial()
  .required({ repId: true });
const membersSchema = z
  .array(memberSchema)
  .max(LIMITS.poolMembers, { error: `has more than ${LIMITS.poolMembers.toLocaleString('en')} members` });
const createSchema = z
  .strictObject({ key, ...poolFields, members: membersSchema })
  .partial()
  .required({ key: true, name: true, strategy: true });
const updateSchema = z.strictObject(poolFields).partial();

const toMembers = (input: z.output<typeof membersSchema>): PoolMember[] =>
  input.map((member) => ({ ...MEMBER_DEFAULTS, ...given(member) }) as PoolMember);

/** @throws InvalidInput; Refusal KEY_TAKEN, NOT_FOUND (a member) */
export async function createPool(context: ConfigurationContext, input: object): Promise<Pool> {
  const { members = [], ...fields } = parse(createSchema, given(input));
  const pool = { id: v7(), ...POOL_DEFAULTS, ...given(fields), members: toMembers(members) } as Pool;
  return changeConfiguration(context, async (change) => {
    const pools = await selectPools(change.client, change.workspaceId);
    refuseFaults(duplicates([...pools, pool], 'key', (each) => each.key));
    await refuseMemberFaults(change, pool.members);
    await savePools(change, [pool], []);
    return pool;
  });
}

/** Changes what is given. @throws InvalidInput; Refusal NOT_FOUND */
export async function updatePool(context: ConfigurationContext, id: string, input: object): Promise<Pool> {
  const fields = parse(updateSchema, given(input));
  return changeConfiguration(context, async (change) => {
    const before = await findPool(change, id);
    const pool = { ...before, ...given(fields) } as Pool;
    await savePools(change, [pool], [before]);
    return pool;
  });
}

/**
 * Replaces the members. A newcomer starts at credit 0; who leaves hands the credit to the others by weight.
 * @throws InvalidInput; Refusal NOT_FOUND
 */
export async function setPoolMembers(context: ConfigurationContext, poolId: string, input: unknown): Promise<Pool> {
  const members = toMembers(parse(membersSchema, input, ['members']));
  return changeConfiguration(context, async (change) => {
    const before = await findPool(change, poolId);
    await refuseMemberFaults(change, members);
    const pool = { ...before, members };
    await savePools(change, [pool], [before]);
    return pool;
  });
}

/** @throws Refusal NOT_FOUND; IN_USE while a territory or the published plan points at it */
export async function deletePool(context: ConfigurationContext, id: string): Promise<void> {
  await changeConfiguration(context, async (change) => {
    const { key: poolKey } = await findPool(change, id);
    const { rows } = await change.execute(
      'pools',
      `SELECT (SELECT min("key") FROM "Territory" WHERE "workspaceId" = $1 AND "poolId" = $2) AS "territory",
              (SELECT jsonb_path_exists("steps", '$[*].** ? (@.pool == $key)', jsonb_build_object('key', $3::text))
               FROM "PlanVersion" WHERE "workspaceId" = $1 AND "status" = 'PUBLISHED') AS "plan"`,
      [id, poolKey],
    );
    const { territory, plan } = rows[0];
    if (territory)
      throw new Refusal('IN_USE', `The territory "${territory}" points at this pool. Point it elsewhere first.`);
    if (plan) throw new Refusal('IN_USE', 'The published plan points at this pool. Publish one without it first.');
    await change.execute('pools', 'DELETE FROM "Rotation" WHERE "workspaceId" = $1 AND "poolId" = $2', [id]);
    await change.remove('Pool', [id]);
  });
}

async function findPool(change: Change, id: string): Promise<Pool> {
  const pool = (await selectPools(change.client, change.workspaceId)).find((each) => each.id === id);
  if (!pool) throw new Refusal('NOT_FOUND', 'There is no such pool.');
  return pool;
}

/** Members named twice. */
export const memberFaults = (poolId: string, members: readonly PoolMember[]): Fault[] => {
  const seen = new Set<string>();
  return members.flatMap(({ repId }, index): Fault[] => {
    if (!seen.has(repId)) {
      seen.add(repId);
      return [];
    }
    return [
      { id: poolId, field: `members[${index}]`, code: 'INVALID_INPUT', message: 'names a rep who is a member already' },
    ];
  });
};

async function refuseMemberFaults(change: Change, members: readonly PoolMember[]): Promise<void> {
  const [twice] = memberFaults('', members);
  if (twice) throw new InvalidInput([{ path: [twice.field], message: twice.message }]);
  const reps = new Set((await selectReps(change.client, change.workspaceId)).map(({ id }) => id));
  const unknown = members.findIndex(({ repId }) => !reps.has(repId));
  if (unknown >= 0) throw new Refusal('NOT_FOUND', `members[${unknown}].repId: there is no such rep`);
}

const sameMembers = (a: readonly PoolMember[], b: readonly PoolMember[]): boolean =>
  a.length === b.length &&
  a.every(({ repId, weight, tier }, index) => {
    const other = b[index];
    return other?.repId === repId && other.weight === weight && other.tier === tier;
  });

/** Writes pools and, where members or strategy have changed, members and rotations. */
export async function savePools(change: Change, pools: readonly Pool[], before: readonly Pool[]): Promise<void> {
  await change.save(
    'Pool',
    pools.map(({ members: _, ...pool }) => pool),
  );
  const known = new Map(before.map((pool) => [pool.id, pool]));
  const changed = pools.filter((pool) => {
    const old = known.get(pool.id);
    return !old || old.strategy !== pool.strategy || !sameMembers(old.members, pool.members);
  });
  if (changed.length === 0) return;
  const ids = changed.map(({ id }) => id);
  await change.execute('pools', 'DELETE FROM "PoolMember" WHERE "workspaceId" = $1 AND "poolId" = ANY ($2::uuid[])', [
    ids,
  ]);
  await change.execute(
    'pools',
    `INSERT INTO "PoolMember" SELECT $1::uuid, m."poolId", m."repId", m."weight", m."tier", m."position"
     FROM json_populate_recordset(NULL::"PoolMember", $2) AS m`,
    [
      JSON.stringify(
        changed.flatMap((pool) => pool.members.map((member, position) => ({ ...member, poolId: pool.id, position }))),
      ),
    ],
  );
  const { rows } = await change.client.query<StoredRotation & { poolId: string }>(
    'SELECT "poolId", "scale", "credits", "received" FROM "Rotation" WHERE "workspaceId" = $1 AND "poolId" = ANY ($2::uuid[])',
    [change.workspaceId, ids],
  );
  const rotations = new Map(rows.map((row) => [row.poolId, parseRotation(row)]));
  /** Credits in value say nothing about number: another strategy starts at 0. */
  const formerRotation = (pool: Pool): Rotation => {
    const rotation = rotations.get(pool.id) ?? EMPTY_ROTATION;
    return known.get(pool.id)?.strategy === pool.strategy
      ? rotation
      : { ...EMPTY_ROTATION, received: rotation.received };
  };
  const aligned = changed.map((pool) => ({
    poolId: pool.id,
    workspaceId: change.workspaceId,
    batch: change.batch,
    ...serializeRotation(alignRotation(formerRotation(pool), pool.members)),
  }));
  await change.client.query(
    `INSERT INTO "Rotation" SELECT * FROM json_populate_recordset(NULL::"Rotation", $1)
     ON CONFLICT ("workspaceId", "poolId") DO UPDATE SET
       "scale" = excluded."scale", "credits" = excluded."credits", "received" = excluded."received",
       "batch" = excluded."batch"`,
    [JSON.stringify(aligned)],
  );
}
