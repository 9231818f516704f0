import { z } from 'zod';
import { selectReps, selectSettings } from '../db/configuration.ts';
import type { Settings } from '../domain/configuration.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { type Fault, refuseFaults, unknownSegments } from './faults.ts';
import { given, parse, settingFields } from './inputs.ts';
import { segmentKeys } from './reps.ts';

const schema = z.strictObject(settingFields).partial();

/**
 * Changes what is given of the workspace's settings. A limit that is lowered below what somebody has takes nothing away.
 * @throws InvalidInput; Refusal NOT_FOUND (a segment)
 */
export async function updateSettings(context: ConfigurationContext, input: object): Promise<Settings> {
  const fields = parse(schema, given(input));
  return changeConfiguration(context, 'updateWorkspace', async (change) => {
    const before = await selectSettings(change.client, change.workspaceId);
    const settings = { ...before, ...(given(fields) as Partial<Settings>) };
    refuseFaults(settingFaults(settings, await segmentKeys(change)));
    await saveSettings(change, settings);
    return settings;
  });
}

/** Segments the settings refer to and that are not there. */
export const settingFaults = (settings: Settings, segments: ReadonlySet<string>): Fault[] =>
  (['leadCosts', 'classLimits'] as const).flatMap((field) =>
    unknownSegments(
      'workspace',
      field,
      settings[field].map(({ segment }) => segment),
      segments,
    ),
  );

export async function saveSettings(change: Change, settings: Settings): Promise<void> {
  const columns = Object.keys(settingFields).map((name) => `"${name}"`);
  await change.execute(
    'workspace',
    `UPDATE "Workspace" AS w SET ${columns.map((name) => `${name} = n.${name}`).join(', ')}
     FROM json_populate_record(NULL::"Workspace", $2) AS n WHERE w."id" = $1`,
    [JSON.stringify(settings)],
  );
}

/** What refers to a segment, in a few words; null for nothing. */
export async function useOfSegment({ client, workspaceId }: Change, key: string): Promise<string | null> {
  const settings = await selectSettings(client, workspaceId);
  if (settings.leadCosts.some(({ segment }) => segment === key)) return 'The workspace’s lead costs refer to it.';
  if (settings.classLimits.some(({ segment }) => segment === key)) return 'The workspace’s class limits refer to it.';
  const rep = (await selectReps(client, workspaceId)).find(({ classLimits }) =>
    classLimits.some(({ segment }) => segment === key),
  );
  if (rep) return `The class limits of ${rep.name} refer to it.`;
  const { rows } = await client.query<{ key: string }>(
    `SELECT "key" FROM "Pool" WHERE "workspaceId" = $1
     AND ($2 = ANY ("weightSegments") OR jsonb_path_exists("segmentValues", '$[*] ? (@.segment == $key)', jsonb_build_object('key', $2::text)))
     LIMIT 1`,
    [workspaceId, key],
  );
  return rows[0] ? `The pool "${rows[0].key}" refers to it.` : null;
}
