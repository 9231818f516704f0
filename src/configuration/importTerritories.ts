import { CsvError, parse as parseCsv } from 'csv-parse/sync';
import { v7 } from 'uuid';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { selectPools, selectReps, selectTerritories } from '../db/configuration.ts';
import type { Territory } from '../domain/configuration.ts';
import { InvalidInput, type Issue } from '../domain/errors.ts';
import { issuesOf } from '../intake/leadInput.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { territorySchema } from './file.ts';
import { given, TERRITORY_DEFAULTS } from './inputs.ts';
import { territoryFaults } from './territories.ts';

export const TERRITORY_FORMATS = ['CSV', 'YAML'] as const;

const MAX_BYTES = 5 * 1024 * 1024;
const MAX_ROWS = 50_000;

/** One territory of a file, and the line it stands on (YAML: its number in the list, from 1). */
interface Row {
  readonly row: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ImportedTerritories {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
}

/**
 * Creates territories, or changes those whose key is there: all or none.
 *
 * CSV: a header with the names of the fields (key, name, parent, position, countries, regions, metros, postalPrefixes,
 * industries, industryKeywords, employeesMin, employeesMax, rep, pool), separated by commas, semicolons or tabs; several
 * values of one field by `|`. YAML: a list of territories as in a company's file. What is left out has its default.
 *
 * @param text at most 5 MiB and 50,000 territories
 * @throws InvalidInput with the row of each fault: `rows[12].countries`
 */
export function importTerritories(
  context: ConfigurationContext,
  format: (typeof TERRITORY_FORMATS)[number],
  text: string,
  { dryRun = false } = {},
): Promise<ImportedTerritories> {
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new InvalidInput([{ path: ['text'], message: 'is larger than 5 MiB' }]);
  const rows = format === 'CSV' ? readCsv(text) : readYaml(text);
  if (rows.length > MAX_ROWS) {
    throw new InvalidInput([{ path: ['text'], message: `has ${rows.length} territories; 50,000 are the most` }]);
  }
  const entries = parseRows(rows);
  return changeConfiguration(context, (change) => save(change, entries), { dryRun });
}

type Entry = z.output<typeof territorySchema> & { readonly row: number };

function parseRows(rows: readonly Row[]): Entry[] {
  const issues: Issue[] = [];
  const entries = rows.flatMap(({ row, fields }): Entry[] => {
    const parsed = territorySchema.safeParse(fields);
    if (parsed.success) return [{ ...parsed.data, row }];
    issues.push(...issuesOf(parsed.error, ['rows', row]));
    return [];
  });
  if (issues.length > 0) throw new InvalidInput(issues);
  return entries;
}

async function save(change: Change, entries: readonly Entry[]): Promise<ImportedTerritories> {
  const { client, workspaceId } = change;
  const [reps, pools] = [await selectReps(client, workspaceId), await selectPools(client, workspaceId)];
  const before = await selectTerritories(client, workspaceId);
  const idsOf = (things: readonly { readonly id: string; readonly key: string }[]): Map<string, string> =>
    new Map(things.map(({ key, id }) => [key, id]));
  const [repIds, poolIds, territoryIds] = [idsOf(reps), idsOf(pools), idsOf(before)];
  for (const { key } of entries) if (!territoryIds.has(key)) territoryIds.set(key, v7());
  const issues: Issue[] = [];
  const refer = (ids: Map<string, string>, key: string | null | undefined, path: Issue['path'], what: string) => {
    const id = key == null ? null : (ids.get(key) ?? null);
    if (key != null && id === null) issues.push({ path, message: `there is no ${what} "${key}"` });
    return id;
  };
  const rowOf = new Map<string, number>();
  const territories = entries.map(({ row, parent, rep, pool, ...fields }): Territory => {
    const first = rowOf.get(fields.key);
    if (first !== undefined) {
      issues.push({ path: ['rows', row, 'key'], message: `"${fields.key}" stands in row ${first} as well` });
    }
    rowOf.set(fields.key, row);
    return {
      ...TERRITORY_DEFAULTS,
      ...given(fields),
      id: territoryIds.get(fields.key) ?? '',
      parentId: refer(territoryIds, parent, ['rows', row, 'parent'], 'territory'),
      repId: refer(repIds, rep, ['rows', row, 'rep'], 'rep'),
      poolId: refer(poolIds, pool, ['rows', row, 'pool'], 'pool'),
    } as Territory;
  });
  const inFile = new Map(territories.map((territory) => [territory.id, territory]));
  const all = [...before.filter(({ id }) => !inFile.has(id)), ...territories];
  for (const { id, field, message } of territoryFaults(all, reps, pools)) {
    const row = rowOf.get(inFile.get(id)?.key ?? '');
    if (row !== undefined) issues.push({ path: ['rows', row, field.replace(/Id$/, '')], message });
  }
  if (issues.length > 0) throw new InvalidInput(issues);

  const known = new Map(before.map((territory) => [territory.id, JSON.stringify(sorted(territory))]));
  const changed = territories.filter((territory) => known.get(territory.id) !== JSON.stringify(sorted(territory)));
  await change.save(
    'Territory',
    changed.map((territory) => ({ ...territory })),
  );
  const created = changed.filter(({ id }) => !known.has(id)).length;
  return { created, updated: changed.length - created, unchanged: territories.length - changed.length };
}

const sorted = (thing: object): [string, unknown][] => Object.entries(thing).sort(([a], [b]) => (a < b ? -1 : 1));

const LISTS: ReadonlySet<string> = new Set([
  'countries',
  'regions',
  'metros',
  'postalPrefixes',
  'industries',
  'industryKeywords',
]);
const NUMBERS: ReadonlySet<string> = new Set(['position', 'employeesMin', 'employeesMax']);
const TEXTS: ReadonlySet<string> = new Set(['key', 'name', 'parent', 'rep', 'pool']);
const COLUMNS = [...TEXTS, ...NUMBERS, ...LISTS];

function readCsv(text: string): Row[] {
  const header = /^\uFEFF?([^\r\n]*)/.exec(text)?.[1] ?? '';
  const delimiter = [',', ';', '\t'].reduce((best, each) =>
    header.split(each).length > header.split(best).length ? each : best,
  );
  let records: { record: Record<string, string>; info: { lines: number } }[];
  try {
    records = parseCsv(text, {
      bom: true,
      columns: (names: string[]) => names.map((name) => name.trim()),
      delimiter,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const row = typeof error.lines === 'number' ? error.lines : 1;
    throw new InvalidInput([{ path: ['rows', row], message: error.message }]);
  }
  const unknown = Object.keys(records[0]?.record ?? {}).filter((name) => !COLUMNS.includes(name));
  if (unknown.length > 0) {
    const message = `has columns that are none of a territory: ${unknown.join(', ')}. There are ${COLUMNS.join(', ')}`;
    throw new InvalidInput([{ path: ['rows', 1], message }]);
  }
  return records.map(({ record, info }) => ({ row: info.lines, fields: fromCsv(record) }));
}

/** Empty cells are left out; numbers that are none stay text, to be refused as such. */
const fromCsv = (record: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, cell]): [string, unknown][] => {
      if (cell === '') return [];
      if (LISTS.has(name)) {
        const values = cell.split('|').map((value) => value.trim());
        return [[name, values.filter((value) => value !== '')]];
      }
      return [[name, NUMBERS.has(name) && Number.isFinite(Number(cell)) ? Number(cell) : cell]];
    }),
  );

function readYaml(text: string): Row[] {
  const document = parseDocument(text, { prettyErrors: true });
  const fault = document.errors[0]?.message.split('\n')[0];
  if (fault !== undefined) throw new InvalidInput([{ path: ['text'], message: fault }]);
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new InvalidInput([{ path: ['text'], message: (error as Error).message }]);
  }
  const list = z.array(z.record(z.string(), z.unknown())).safeParse(content);
  if (!list.success) throw new InvalidInput([{ path: ['text'], message: 'must be a list of territories' }]);
  return list.data.map((fields, index) => ({ row: index + 1, fields }));
}
