import { v7 } from 'uuid';
import { z } from 'zod';
import { selectPools, selectQueues, selectReps } from '../db/configuration.ts';
import type { Pool, Queue, Rep } from '../domain/configuration.ts';
import { InvalidInput, Refusal } from '../domain/errors.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { duplicates, type Fault, missing, refuseFaults } from './faults.ts';
import { given, key, LIMITS, parse, QUEUE_DEFAULTS, queueFields } from './inputs.ts';

const references = { poolId: z.string(), responsibleId: z.string() };
const createSchema = z
  .strictObject({ key, ...queueFields, ...references })
  .partial()
  .required({ key: true, name: true, poolId: true, responsibleId: true });
const updateSchema = z.strictObject({ ...queueFields, ...references }).partial();

/** @throws InvalidInput; Refusal KEY_TAKEN, NOT_FOUND (pool, rep) */
export async function createQueue(context: ConfigurationContext, input: object): Promise<Queue> {
  const queue = { id: v7(), ...QUEUE_DEFAULTS, ...given(parse(createSchema, given(input))) } as Queue;
  return changeConfiguration(context, 'createQueue', (change) => saveQueue(change, queue));
}

/** Changes what is given; what waits keeps its deadline. @throws as createQueue */
export async function updateQueue(context: ConfigurationContext, id: string, input: object): Promise<Queue> {
  const fields = parse(updateSchema, given(input));
  return changeConfiguration(context, 'updateQueue', async (change) => {
    const before = (await selectQueues(change.client, change.workspaceId)).find((queue) => queue.id === id);
    if (!before) throw new Refusal('NOT_FOUND', 'There is no such queue.');
    return saveQueue(change, { ...before, ...(given(fields) as Partial<Queue>) });
  });
}

async function saveQueue(change: Change, queue: Queue): Promise<Queue> {
  const { client, workspaceId } = change;
  const others = (await selectQueues(client, workspaceId)).filter(({ id }) => id !== queue.id);
  if (others.length >= LIMITS.queues) {
    throw new InvalidInput([{ path: ['key'], message: `would be more than ${LIMITS.queues} queues` }]);
  }
  const reps = await selectReps(client, workspaceId);
  const faults = queueFaults([...others, queue], await selectPools(client, workspaceId), reps);
  refuseFaults(faults.filter(({ id }) => id === queue.id));
  const responsible = reps.find(({ id }) => id === queue.responsibleId);
  if (responsible?.status === 'LEFT') {
    throw new Refusal('REP_LEFT', `${responsible.name} has left and can not answer for a queue.`);
  }
  await change.save('Queue', [{ ...queue }]);
  return queue;
}

/** @throws Refusal NOT_FOUND; IN_USE while leads wait in it, or the published plan leads there */
export async function deleteQueue(context: ConfigurationContext, id: string): Promise<void> {
  await changeConfiguration(context, 'deleteQueue', async (change) => {
    const { client, workspaceId } = change;
    const queue = (await selectQueues(client, workspaceId)).find((each) => each.id === id);
    if (!queue) throw new Refusal('NOT_FOUND', 'There is no such queue.');
    const { rows } = await client.query<{ waiting: boolean; plan: boolean | null }>(
      `SELECT EXISTS (SELECT FROM "QueuedLead" WHERE "workspaceId" = $1 AND "queueId" = $2) AS "waiting",
              (SELECT jsonb_path_exists("steps", '$[*].** ? (@.queue == $key)', jsonb_build_object('key', $3::text))
               FROM "PlanVersion" WHERE "workspaceId" = $1 AND "status" = 'PUBLISHED') AS "plan"`,
      [workspaceId, id, queue.key],
    );
    if (rows[0]?.plan)
      throw new Refusal('IN_USE', 'The published plan leads to this queue. Publish one without it first.');
    if (rows[0]?.waiting)
      throw new Refusal('IN_USE', 'Leads wait in this queue. They are pushed at their deadline; try again then.');
    await change.execute('queues', 'DELETE FROM "QueueState" WHERE "workspaceId" = $1 AND "queueId" = $2', [id]);
    await change.remove('Queue', [id]);
  });
}

/** What queues break among each other, and with pools and reps. */
export function queueFaults(queues: readonly Queue[], pools: readonly Pool[], reps: readonly Rep[]): Fault[] {
  const ids = (things: readonly { readonly id: string }[]) => new Set(things.map(({ id }) => id));
  const poolKeys = new Set(pools.map((pool) => pool.key));
  return [
    ...duplicates(queues, 'key', (queue) => queue.key),
    ...missing(queues, 'poolId', (queue) => queue.poolId, ids(pools), 'pool'),
    ...missing(queues, 'responsibleId', (queue) => queue.responsibleId, ids(reps), 'rep'),
    ...queues.flatMap(({ id, overflow }): Fault[] => {
      if (overflow?.widenTo == null || poolKeys.has(overflow.widenTo)) return [];
      return [{ id, field: 'overflow', code: 'NOT_FOUND', message: `there is no pool "${overflow.widenTo}"` }];
    }),
  ];
}
