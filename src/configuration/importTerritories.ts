import { CsvError, parse as parseCsv } from 'csv-parse/sync';
import { v7 } from 'uuid';
import { z } from 'zod';
import { selectPools, selectReps, selectTerritories } from '../db/configuration.ts';
import type { Territory } from '../domain/configuration.ts';
import { InvalidInput, type Issue } from '../domain/errors.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { readYaml, refuseUnreadable, territorySchema } from './file.ts';
import { given, parse, TERRITORY_DEFAULTS } from './inputs.ts';
import { territoryFaults } from './territories.ts';

export const TERRITORY_FORMATS = ['CSV', 'YAML'] as const;

const MAX_ROWS = 50_000;

/** One territory of a file, and the line it stands on (YAML: its number in the list, from 1). */
interface Row {
  readonly row: number;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Why it cannot be read. */
  readonly fault?: string;
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
export async function importTerritories(
  context: ConfigurationContext,
  format: (typeof TERRITORY_FORMATS)[number],
  text: string,
  { dryRun = false } = {},
): Promise<ImportedTerritories> {
  refuseUnreadable(text, ['text']);
  const rows = format === 'CSV' ? readCsv(text) : readList(text);
  if (rows.length === 0) throw new InvalidInput([{ path: ['text'], message: 'has no territory' }]);
  if (rows.length > MAX_ROWS) {
    const message = `has ${rows.length.toLocaleString('en')} territories; ${MAX_ROWS.toLocaleString('en')} are the most`;
    throw new InvalidInput([{ path: ['text'], message }]);
  }
  const entries = parseRows(rows);
  return changeConfiguration(context, 'importTerritories', (change) => save(change, entries), { dryRun });
}

type Entry = z.output<typeof territorySchema> & { readonly row: number };

function parseRows(rows: readonly Row[]): Entry[] {
  const issues: Issue[] = [];
  const entries = rows.flatMap(({ row, fields, fault }): Entry[] => {
    if (fault !== undefined) {
      issues.push({ path: ['rows', row], message: fault });
      return [];
    }
    try {
      return [{ ...parse(territorySchema, fields, ['rows', row]), row }];
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      issues.push(...error.issues);
      return [];
    }
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

const REQUIRED = ['key', 'name'];

function readCsv(text: string): Row[] {
  const header = /^\uFEFF?[\r\n]*([^\r\n]*)/.exec(text)?.[1] ?? '';
  const delimiter = [',', ';', '\t'].reduce((best, each) =>
    header.split(each).length > header.split(best).length ? each : best,
  );
  let columns: readonly string[] = [];
  let lastLine = 0;
  let records: { record: Readonly<Record<string, string>>; info: { lines: number; error?: CsvError } }[];
  try {
    records = parseCsv(text, {
      bom: true,
      columns: (names: string[]) => {
        columns = names.map((name) => name.trim());
        refuseColumns(columns);
        return [...columns];
      },
      delimiter,
      info: true,
      on_record: (record, { lines }) => {
        lastLine = lines;
        return record;
      },
      record_delimiter: ['\r\n', '\n', '\r'],
      // Told with the other faults instead of being the only one.
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InvalidInput([csvFault(error, lastLine)]);
  }
  return records.map(({ record, info: { lines, error } }): Row => {
    const cells = Array.isArray(error?.record) ? error.record.length : columns.length;
    const row = { row: lines, fields: fromCsv(record) };
    return error ? { ...row, fault: `has ${cells} cells, the header has ${columns.length}` } : row;
  });
}

/** @throws InvalidInput for columns that are none, stand there twice, or are missing */
function refuseColumns(columns: readonly string[]): void {
  const unknown = columns.filter((name) => !COLUMNS.includes(name));
  const twice = columns.filter((name, index) => columns.indexOf(name) !== index);
  const missing = REQUIRED.filter((name) => !columns.includes(name));
  const faults = [
    ...(unknown.length > 0 ? [`has columns that are none of a territory: ${unknown.join(', ')}`] : []),
    ...(missing.length > 0 ? [`has no column ${missing.join(' and none ')}`] : []),
    ...(twice.length > 0 ? [`has a column twice: ${twice.join(', ')}`] : []),
  ];
  if (faults.length === 0) return;
  const message = `${faults.join('; ')}. There are ${COLUMNS.join(', ')}`;
  throw new InvalidInput([{ path: ['rows', 1], message }]);
}

/** @param lastLine of the last record that could be read */
function csvFault({ code, lines, message }: CsvError, lastLine: number): Issue {
  const row = typeof lines === 'number' ? lines : 1;
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return { path: ['rows', lastLine + 1], message: 'opens a quote (") that is never closed' };
    case 'INVALID_OPENING_QUOTE':
      return {
        path: ['rows', row],
        message: 'has a quote (") inside a cell: quote the whole cell, and double those inside',
      };
    case 'CSV_INVALID_CLOSING_QUOTE':
      return {
        path: ['rows', row],
        message: 'goes on behind a closing quote ("): double quotes that are part of the text',
      };
    default:
      return { path: ['rows', row], message };
  }
}

/** Empty cells are left out; what is no whole number, such as `1.000`, stays text and is refused as such. */
const fromCsv = (record: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, cell]): [string, unknown][] => {
      if (cell === '') return [];
      if (LISTS.has(name)) {
        const values = cell.split('|').map((value) => value.trim());
        return [[name, values.filter((value) => value !== '')]];
      }
      return [[name, NUMBERS.has(name) && /^-?\d+$/.test(cell) ? Number(cell) : cell]];
    }),
  );

function readList(text: string): Row[] {
  const list = z.array(z.record(z.string(), z.unknown())).safeParse(readYaml(text, ['text']));
  if (!list.success) throw new InvalidInput([{ path: ['text'], message: 'must be a list of territories' }]);
  return list.data.map((fields, index) => ({ row: index + 1, fields }));
}
