import { v7 } from 'uuid';
import { z } from 'zod';
import { selectPools, selectReps, selectSegments } from '../db/configuration.ts';
import type { Pool, PoolMember } from '../domain/configuration.ts';
import { poolRotation } from '../domain/decide.ts';
import { InvalidInput, Refusal } from '../domain/errors.ts';
import {
  alignRotation,
  EMPTY_ROTATION,
  parseRotation,
  type Rotation,
  restart,
  type StoredRotation,
  serializeRotation,
} from '../domain/rotation.ts';
import { earnersIn } from '../domain/routingConfiguration.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { duplicates, type Fault, refuseFaults, unknownSegments } from './faults.ts';
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
  return changeConfiguration(context, 'createPool', async (change) => {
    const pools = await selectPools(change.client, change.workspaceId);
    refuseFaults(duplicates([...pools, pool], 'key', (each) => each.key));
    await refuseUnknownSegments(change, pool);
    await refuseMemberFaults(change, pool.members);
    await savePools(change, [pool], []);
    return pool;
  });
}

/** Changes what is given. @throws InvalidInput; Refusal NOT_FOUND */
export async function updatePool(context: ConfigurationContext, id: string, input: object): Promise<Pool> {
  const fields = parse(updateSchema, given(input));
  return changeConfiguration(context, 'updatePool', async (change) => {
    const before = await findPool(change, id);
    const pool = { ...before, ...given(fields) } as Pool;
    await refuseUnknownSegments(change, pool);
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
  return changeConfiguration(context, 'setPoolMembers', async (change) => {
    const before = await findPool(change, poolId);
    await refuseMemberFaults(change, members);
    const pool = { ...before, members };
    await savePools(change, [pool], [before]);
    return pool;
  });
}

/** @throws Refusal NOT_FOUND; IN_USE while a territory or the published plan points at it */
export async function deletePool(context: ConfigurationContext, id: string): Promise<void> {
  await changeConfiguration(context, 'deletePool', async (change) => {
    const { key: poolKey } = await findPool(change, id);
    const { rows } = await change.execute(
      'pools',
      `SELECT (SELECT min("key") FROM "Territory" WHERE "workspaceId" = $1 AND "poolId" = $2) AS "territory",
              (SELECT min("key") FROM "Queue" WHERE "workspaceId" = $1
               AND ("poolId" = $2 OR "overflow" ->> 'widenTo' = $3::text)) AS "queue",
              (SELECT jsonb_path_exists("steps", '$[*].** ? (@.pool == $key)', jsonb_build_object('key', $3::text))
               FROM "PlanVersion" WHERE "workspaceId" = $1 AND "status" = 'PUBLISHED') AS "plan"`,
      [id, poolKey],
    );
    const { territory, queue, plan } = rows[0];
    if (queue) throw new Refusal('IN_USE', `The queue "${queue}" points at this pool. Point it elsewhere first.`);
    if (territory)
      throw new Refusal('IN_USE', `The territory "${territory}" points at this pool. Point it elsewhere first.`);
    if (plan) throw new Refusal('IN_USE', 'The published plan points at this pool. Publish one without it first.');
    await change.execute('pools', `DELETE FROM "Rotation" WHERE "workspaceId" = $1 AND split_part("id", '/', 1) = $2`, [
      id,
    ]);
    await change.remove('Pool', [id]);
  });
}

async function findPool(change: Change, id: string): Promise<Pool> {
  const pool = (await selectPools(change.client, change.workspaceId)).find((each) => each.id === id);
  if (!pool) throw new Refusal('NOT_FOUND', 'There is no such pool.');
  return pool;
}

/** Segments that pools refer to and that are not there. */
export const poolFaults = (pools: readonly Pool[], segments: ReadonlySet<string>): Fault[] =>
  pools.flatMap((pool) => [
    ...unknownSegments(pool.id, 'weightSegments', pool.weightSegments, segments),
    ...unknownSegments(
      pool.id,
      'segmentValues',
      pool.segmentValues.map(({ segment }) => segment),
      segments,
    ),
  ]);

async function refuseUnknownSegments(change: Change, pool: Pool): Promise<void> {
  const segments = await selectSegments(change.client, change.workspaceId);
  refuseFaults(poolFaults([pool], new Set(segments.map(({ key: segment }) => segment))));
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

/** Members and rotations of a pool go by this. */
const rotationContent = ({ strategy, weightSegments, members }: Pool): string =>
  JSON.stringify([
    strategy,
    weightSegments,
    members.map((member) => [
      member.repId,
      member.weight,
      member.tier,
      member.capacity,
      Object.entries(member.segmentWeights).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]),
  ]);

/** Writes pools and, where members, strategy or weight segments have changed, members and rotations. */
export async function savePools(change: Change, pools: readonly Pool[], before: readonly Pool[]): Promise<void> {
  await change.save(
    'Pool',
    pools.map(({ members: _, ...pool }) => pool),
  );
  const known = new Map(before.map((pool) => [pool.id, pool]));
  const changed = pools.filter((pool) => {
    const old = known.get(pool.id);
    return !old || rotationContent(old) !== rotationContent(pool);
  });
  if (changed.length === 0) return;
  const ids = changed.map(({ id }) => id);
  await change.execute('pools', 'DELETE FROM "PoolMember" WHERE "workspaceId" = $1 AND "poolId" = ANY ($2::uuid[])', [
    ids,
  ]);
  await change.execute(
    'pools',
    `INSERT INTO "PoolMember" SELECT m.* FROM json_populate_recordset(NULL::"PoolMember", $2) AS m
     WHERE m."workspaceId" = $1`,
    [
      JSON.stringify(
        changed.flatMap((pool) =>
          pool.members.map((member, position) => ({
            ...member,
            workspaceId: change.workspaceId,
            poolId: pool.id,
            position,
          })),
        ),
      ),
    ],
  );
  await alignRotations(change, changed, known);
}

/** The rotations of a pool: of the base weights, and one for each segment with weights of its own. */
const rotationsOf = (pool: Pool): { readonly id: string; readonly segment: string | null }[] =>
  [null, ...pool.weightSegments].map((segment) => ({ id: poolRotation(pool.id, segment), segment }));

async function alignRotations(
  change: Change,
  changed: readonly Pool[],
  known: ReadonlyMap<string, Pool>,
): Promise<void> {
  const ids = changed.flatMap((pool) => rotationsOf(pool).map(({ id }) => id));
  const { rows } = await change.client.query<StoredRotation & { id: string }>(
    'SELECT "id", "scale", "credits", "received", "since" FROM "Rotation" WHERE "workspaceId" = $1 AND "id" = ANY ($2)',
    [change.workspaceId, ids],
  );
  const rotations = new Map(rows.map((row) => [row.id, parseRotation(row)]));
  /** Credits in value say nothing about number: another strategy starts at 0. */
  const formerRotation = (pool: Pool, id: string): Rotation => {
    const rotation = rotations.get(id) ?? EMPTY_ROTATION;
    const isAnotherStrategy = (known.get(pool.id)?.strategy ?? pool.strategy) !== pool.strategy;
    return isAnotherStrategy ? restart(rotation, change.now.getTime()) : rotation;
  };
  const aligned = changed.flatMap((pool) =>
    rotationsOf(pool).map(({ id, segment }) => ({
      id,
      workspaceId: change.workspaceId,
      batch: change.batch,
      ...serializeRotation(alignRotation(formerRotation(pool, id), pool.strategy, earnersIn(pool, segment))),
    })),
  );
  await change.client.query(
    `INSERT INTO "Rotation" SELECT * FROM json_populate_recordset(NULL::"Rotation", $1)
     ON CONFLICT ("workspaceId", "id") DO UPDATE SET
       "scale" = excluded."scale", "credits" = excluded."credits", "received" = excluded."received",
       "since" = excluded."since", "batch" = excluded."batch"`,
    [JSON.stringify(aligned)],
  );
}

/** What moving members came to. */
export interface MovedMembers {
  readonly from: Pool;
  readonly to: Pool;
  /** Ids of reps who were moved, and of those who were not members of the one or were members of the other already. */
  readonly moved: readonly string[];
  readonly notMembers: readonly string[];
  readonly alreadyThere: readonly string[];
}

/**
 * Moves members from one pool to another, with their weight and tier. In the pool they leave, the credits go to the
 * others; in the one they join, they begin at 0.
 * @throws Refusal NOT_FOUND; InvalidInput
 */
export function movePoolMembers(
  context: ConfigurationContext,
  input: { readonly fromPoolId: string; readonly toPoolId: string; readonly repIds: readonly string[] },
  { dryRun = false } = {},
): Promise<MovedMembers> {
  const { fromPoolId, toPoolId, repIds } = input;
  if (fromPoolId === toPoolId) throw new InvalidInput([{ path: ['toPoolId'], message: 'must be another pool' }]);
  return changeConfiguration(
    context,
    'movePoolMembers',
    async (change) => {
      const [from, to] = [await findPool(change, fromPoolId), await findPool(change, toPoolId)];
      const wanted = new Set(repIds);
      const leaving = from.members.filter(({ repId }) => wanted.has(repId));
      const joined = new Set(to.members.map(({ repId }) => repId));
      const joining = leaving.filter(({ repId }) => !joined.has(repId));
      const after = [
        { ...from, members: from.members.filter(({ repId }) => !wanted.has(repId)) },
        { ...to, members: [...to.members, ...joining.map((member) => ({ ...member, segmentWeights: {} }))] },
      ] as const;
      if (after[1].members.length > LIMITS.poolMembers) {
        const message = `would give the pool more than ${LIMITS.poolMembers.toLocaleString('en')} members`;
        throw new InvalidInput([{ path: ['repIds'], message }]);
      }
      await savePools(change, after, [from, to]);
      const members = new Set(leaving.map(({ repId }) => repId));
      return {
        from: after[0],
        to: after[1],
        moved: joining.map(({ repId }) => repId),
        notMembers: [...wanted].filter((repId) => !members.has(repId)),
        alreadyThere: leaving.filter(({ repId }) => joined.has(repId)).map(({ repId }) => repId),
      };
    },
    { dryRun },
  );
}
