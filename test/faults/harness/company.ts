import { systemClock } from '../../../src/clock.ts';
import { createApiKey } from '../../../src/configuration/apiKeys.ts';
import { applyCompany } from '../../../src/configuration/company.ts';
import { ensureWorkspace } from '../../../src/configuration/workspaces.ts';
import type { Database } from '../../../src/db/client.ts';
import { encodeId } from '../../../src/graphql/ids.ts';

export interface CompanyOptions {
  /** Weights of the pool `main`, a rep each: `m1`, `m2`, …. */
  readonly weights?: readonly number[];
  /** The owner is reminded so long after the assignment; null for no policy. */
  readonly remindAfterSeconds?: number | null;
}

/** A company on the server under test, and the keys to it. */
export interface Company {
  readonly workspaceId: string;
  /** An admin's. */
  readonly key: string;
  /** Key of each rep of the pool `main`: what its device signs in with. */
  readonly reps: readonly {
    readonly id: string;
    readonly globalId: string;
    readonly key: string;
    readonly token: string;
  }[];
  readonly weights: ReadonlyMap<string, number>;
  readonly mainPoolId: string;
  /** E-mail domain of all of its leads: what else turns up is another workspace's. */
  readonly domain: string;
}

/** Leads of this source go to three reps who have room for a few, and then to the pool `main`. */
export const LIMITED_SOURCE = 'limited';
const LIMITED_CAPACITY = 5;
const WEIGHTS = [5, 3, 2, 1, 1, 1, 1];

let companies = 0;

/** Two pools: `main`, by weight and without a limit, and `limited`, whose reps are full after 15 leads. */
export async function openCompany(
  database: Database,
  { weights = WEIGHTS, remindAfterSeconds = null }: CompanyOptions = {},
): Promise<Company> {
  companies += 1;
  const domain = `company-${companies}.example`;
  const workspaceId = await ensureWorkspace(database, systemClock, `company-${companies}`);
  const context = { database, workspaceId, by: 'faults', clock: systemClock, committed: () => {} };
  const main = weights.map((weight, index) => ({ rep: `m${index + 1}`, weight }));
  const limited = ['l1', 'l2', 'l3'].map((rep) => ({ rep }));
  const rep = (key: string, more: object): object => ({
    key,
    name: `Rep ${key}`,
    email: `${key}@fairlead.example`,
    ...more,
  });
  const file = {
    apiVersion: 'fairlead/v1',
    kind: 'Company',
    workspace: { defaultCapacity: 100_000 },
    reps: [
      rep('boss', {}),
      ...main.map(({ rep: key }) => rep(key, { manager: 'boss' })),
      ...limited.map(({ rep: key }) => rep(key, { manager: 'boss', capacity: LIMITED_CAPACITY })),
    ],
    pools: [
      { key: 'main', name: 'Main', strategy: 'WEIGHTED', members: main },
      { key: 'limited', name: 'Limited', strategy: 'ROUND_ROBIN', members: limited },
    ],
    slaPolicies:
      remindAfterSeconds === null
        ? []
        : [{ key: 'remind', name: 'Remind', rungs: [{ afterSeconds: remindAfterSeconds, action: 'REMIND' }] }],
    plan: {
      steps: [
        {
          key: 'limited',
          kind: 'SEGMENT',
          condition: { field: 'source', operator: 'EQUALS', value: LIMITED_SOURCE },
          target: { kind: 'POOL', pool: 'limited' },
        },
        { key: 'everyone', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'main' } },
      ],
      lastResort: ['boss'],
    },
  };
  await applyCompany(context, JSON.stringify(file));
  const { secret: key } = await createApiKey(context, { name: 'admin', role: 'ADMIN' });
  const stored = await database.prisma.rep.findMany({ where: { workspaceId }, orderBy: { createdAt: 'asc' } });
  const reps = [];
  for (const { key: repKey } of main.map((member) => ({ key: member.rep }))) {
    const { id } = stored.find((each) => each.key === repKey) ?? { id: '' };
    const { secret: token } = await createApiKey(context, { name: repKey, role: 'REP', repId: id });
    reps.push({ id, globalId: encodeId('Rep', id), key: repKey, token });
  }
  const pool = await database.prisma.pool.findFirstOrThrow({ where: { workspaceId, key: 'main' } });
  return {
    workspaceId,
    key,
    reps,
    weights: new Map(reps.map(({ id }, index) => [id, weights[index] as number])),
    mainPoolId: pool.id,
    domain,
  };
}
