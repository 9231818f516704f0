import { v7 } from 'uuid';
import { z } from 'zod';
import { selectMetros } from '../db/configuration.ts';
import { Refusal } from '../domain/errors.ts';
import type { Metro } from '../domain/metros.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { duplicates, type Fault, refuseFaults } from './faults.ts';
import { given, key, METRO_DEFAULTS, metroFields, parse } from './inputs.ts';

/** A metro area of the workspace's own. */
export type OwnMetro = Metro & { readonly id: string };

const createSchema = z
  .strictObject({ key, ...metroFields })
  .partial()
  .required({ key: true, name: true, country: true });
const updateSchema = z.strictObject(metroFields).partial();

/** @throws InvalidInput; Refusal KEY_TAKEN */
export async function createMetro(context: ConfigurationContext, input: object): Promise<OwnMetro> {
  const fields = parse(createSchema, given(input));
  const metro = { id: v7(), ...METRO_DEFAULTS, ...given(fields) } as OwnMetro;
  return changeConfiguration(context, 'createMetro', (change) => saveMetro(change, metro));
}

/** Changes what is given; null clears. @throws InvalidInput; Refusal NOT_FOUND */
export async function updateMetro(context: ConfigurationContext, id: string, input: object): Promise<OwnMetro> {
  const fields = parse(updateSchema, given(input));
  return changeConfiguration(context, 'updateMetro', async (change) => {
    const before = (await selectMetros(change.client, change.workspaceId)).find((metro) => metro.id === id);
    if (!before) throw new Refusal('NOT_FOUND', 'There is no such metro area.');
    return saveMetro(change, { ...before, ...(given(fields) as Partial<OwnMetro>) });
  });
}

async function saveMetro(change: Change, metro: OwnMetro): Promise<OwnMetro> {
  const others = (await selectMetros(change.client, change.workspaceId)).filter(({ id }) => id !== metro.id);
  refuseFaults(metroFaults([...others, metro]).filter(({ id }) => id === metro.id));
  await change.save('Metro', [{ ...metro }]);
  return metro;
}

/** Territories that name it go on comparing with what leads call their metro. @throws Refusal NOT_FOUND */
export async function deleteMetro(context: ConfigurationContext, id: string): Promise<void> {
  await changeConfiguration(context, 'deleteMetro', async (change) => {
    const metros = await selectMetros(change.client, change.workspaceId);
    if (!metros.some((metro) => metro.id === id)) throw new Refusal('NOT_FOUND', 'There is no such metro area.');
    await change.remove('Metro', [id]);
  });
}

/** Keys twice, and circles of which something is missing. */
export const metroFaults = (metros: readonly OwnMetro[]): Fault[] => [
  ...duplicates(metros, 'key', (metro) => metro.key),
  ...metros.flatMap(({ id, latitude, longitude, radiusKm }): Fault[] => {
    const missing = [latitude, longitude, radiusKm].filter((value) => value === null).length;
    if (missing === 0 || missing === 3) return [];
    return [
      {
        id,
        field: 'radiusKm',
        code: 'INVALID_INPUT',
        message: 'goes with latitude and longitude: give all three or none',
      },
    ];
  }),
];
