import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { importTerritories } from '../configuration/importTerritories.ts';
import { reportRefusal, withWorkspace } from './config.ts';

export const summary = 'import FILE.csv|FILE.yaml [--dry-run]: territories as a table';

/** Works on the database itself, as `config` does. */
export async function run(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    options: { 'dry-run': { type: 'boolean' } },
    allowPositionals: true,
  });
  const [verb, file] = positionals;
  if (verb !== 'import' || file === undefined) {
    console.error('Say what to do: territories import FILE.csv|FILE.yaml [--dry-run]');
    return 1;
  }
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) {
    console.error(`There is no file ${file}.`);
    return 1;
  }
  const dryRun = values['dry-run'] ?? false;
  const format = /\.ya?ml$/i.test(file) ? 'YAML' : 'CSV';
  try {
    const { created, updated, unchanged } = await withWorkspace((context) =>
      importTerritories(context, format, text, { dryRun }),
    );
    console.log(
      `${dryRun ? 'Would be' : 'Imported'}: ${created} created, ${updated} changed, ${unchanged} as they were.`,
    );
    return 0;
  } catch (error) {
    return reportRefusal(`${file} was not imported`, error);
  }
}
