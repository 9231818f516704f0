import { v7 } from 'uuid';
import { z } from 'zod';
import { selectPools, selectReps, selectTerritories } from '../db/configuration.ts';
import type { Pool, Rep, Territory } from '../domain/configuration.ts';
import { Refusal } from '../domain/errors.ts';
import { criteriaOf } from '../domain/territories.ts';
import { type TerritoryReport, territoryReport } from '../domain/territoryReport.ts';
import { regionsOf } from '../intake/leadInput.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { brokenChains, duplicates, type Fault, missing, refuseFaults, sizeFaults } from './faults.ts';
import { given, key, parse, TERRITORY_DEFAULTS, territoryFields } from './inputs.ts';

const references = { parentId: z.string().nullable(), repId: z.string().nullable(), poolId: z.string().nullable() };
const NO_REFERENCES = { parentId: null, repId: null, poolId: null };
const createSchema = z
  .strictObject({ key, ...territoryFields, ...references })
  .partial()
  .required({ key: true, name: true });
const updateSchema = z.strictObject({ ...territoryFields, ...references }).partial();

/** @throws InvalidInput; Refusal KEY_TAKEN, NOT_FOUND (parent, rep, pool) */
export async function createTerritory(context: ConfigurationContext, input: object): Promise<Territory> {
  const fields = parse(createSchema, given(input));
  const territory = { id: v7(), ...NO_REFERENCES, ...TERRITORY_DEFAULTS, ...given(fields) } as Territory;
  return changeConfiguration(context, 'createTerritory', (change) => saveTerritory(change, territory));
}

/** Changes what is given; null clears. @throws as createTerritory */
export async function updateTerritory(context: ConfigurationContext, id: string, input: object): Promise<Territory> {
  const fields = parse(updateSchema, given(input));
  return changeConfiguration(context, 'updateTerritory', async (change) => {
    const before = (await selectTerritories(change.client, change.workspaceId)).find((each) => each.id === id);
    if (!before) throw new Refusal('NOT_FOUND', 'There is no such territory.');
    return saveTerritory(change, { ...before, ...given(fields) } as Territory);
  });
}

async function saveTerritory(change: Change, territory: Territory): Promise<Territory> {
  const { client, workspaceId } = change;
  const others = (await selectTerritories(client, workspaceId)).filter(({ id }) => id !== territory.id);
  const faults = territoryFaults(
    [...others, territory],
    await selectReps(client, workspaceId),
    await selectPools(client, workspaceId),
  );
  refuseFaults(faults.filter(({ id }) => id === territory.id));
  await change.save('Territory', [{ ...territory }]);
  return territory;
}

/** What the territories leave to chance. */
export async function reportTerritories({
  database,
  workspaceId,
}: Pick<ConfigurationContext, 'database' | 'workspaceId'>): Promise<TerritoryReport> {
  const client = await database.pool.connect();
  try {
    const territories = await selectTerritories(client, workspaceId);
    const byId = new Map(territories.map((territory) => [territory.id, territory]));
    return territoryReport(
      territories.map((territory) => criteriaOf(territory, byId)),
      regionsOf,
    );
  } finally {
    client.release();
  }
}

/** @throws Refusal NOT_FOUND; IN_USE while it is a parent */
export async function deleteTerritory(context: ConfigurationContext, id: string): Promise<void> {
  await changeConfiguration(context, 'deleteTerritory', async (change) => {
    const territories = await selectTerritories(change.client, change.workspaceId);
    if (!territories.some((each) => each.id === id)) throw new Refusal('NOT_FOUND', 'There is no such territory.');
    const child = territories.find(({ parentId }) => parentId === id);
    if (child)
      throw new Refusal(
        'IN_USE',
        `It is the parent of the territory "${child.key}". Give that one another parent first.`,
      );
    await change.remove('Territory', [id]);
  });
}

/** What territories break among each other and with reps and pools. */
export const territoryFaults = (
  territories: readonly Territory[],
  reps: readonly Pick<Rep, 'id'>[],
  pools: readonly Pick<Pool, 'id'>[],
): Fault[] => [
  ...duplicates(territories, 'key', (each) => each.key),
  ...brokenChains(territories, 'parentId', (each) => each.parentId, 'territory'),
  ...missing(territories, 'repId', (each) => each.repId, new Set(reps.map(({ id }) => id)), 'rep'),
  ...missing(territories, 'poolId', (each) => each.poolId, new Set(pools.map(({ id }) => id)), 'pool'),
  ...territories.flatMap((each): Fault[] => {
    const { id } = each;
    const faults = sizeFaults(each);
    if (each.repId !== null && each.poolId !== null) {
      faults.push({
        id,
        field: 'poolId',
        code: 'INVALID_INPUT',
        message: 'stands beside a rep; a territory points at one of the two',
      });
    }
    return faults;
  }),
];
