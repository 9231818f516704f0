import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs, styleText } from 'node:util';
import { systemClock } from '../clock.ts';
import { readConfig } from '../config.ts';
import { type Applied, applyCompany, type CompanyChange, exportCompany } from '../configuration/company.ts';
import { ensureWorkspace } from '../configuration/workspaces.ts';
import { openDatabase } from '../db/client.ts';
import { startEmbedded } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { formatPath, InvalidInput, Refusal } from '../domain/errors.ts';
import { createLog } from '../log.ts';
import { differences } from './differences.ts';

export const summary = 'apply FILE.yaml [--dry-run] | diff FILE.yaml | export [FILE.yaml]: a whole company as a file';

/** Works on the database itself: DATABASE_URL, or the embedded one, also while a server has it running. */
export async function run(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    options: { 'dry-run': { type: 'boolean' } },
    allowPositionals: true,
  });
  const [verb, file] = positionals;
  if (verb === 'apply' && file !== undefined) return apply(file, values['dry-run'] ?? false);
  if (verb === 'diff' && file !== undefined) return apply(file, true);
  if (verb === 'export') return exportTo(file);
  console.error(
    'Say what to do: config apply FILE.yaml [--dry-run], config diff FILE.yaml, or config export [FILE.yaml]',
  );
  return 1;
}

async function apply(file: string, dryRun: boolean): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) {
    console.error(`There is no file ${file}.`);
    return 1;
  }
  try {
    const applied = await withWorkspace((context) => applyCompany(context, text, { dryRun }));
    console.log(describeApplied(applied, dryRun));
    return 0;
  } catch (error) {
    return reportRefusal(`${file} was not applied`, error);
  }
}

/** A line per fault, with its place. @returns the exit code. @throws what is no refusal */
export function reportRefusal(what: string, error: unknown): number {
  if (!(error instanceof Refusal)) throw error;
  console.error(`${what}:`);
  if (!(error instanceof InvalidInput)) console.error(`  ${error.message}`);
  else for (const { path, message } of error.issues) console.error(`  ${formatPath(path)}: ${message}`);
  return 1;
}

async function exportTo(file: string | undefined): Promise<number> {
  const text = await withWorkspace(exportCompany);
  if (file === undefined) process.stdout.write(text);
  else await writeFile(file, text);
  return 0;
}

type Context = Parameters<typeof applyCompany>[0];

/** Works on the default workspace of the configured database, started for it where it is the embedded one. */
export async function withWorkspace<Result>(work: (context: Context) => Promise<Result>): Promise<Result> {
  const { databaseUrl, dataDir } = readConfig(process.env);
  const log = createLog('warn');
  const embedded = databaseUrl === undefined ? await startEmbedded({ dataDir, log, mode: 'borrow' }) : null;
  const database = openDatabase(databaseUrl ?? embedded?.url ?? '', { max: 2, onError: () => {} });
  try {
    await migrate(database.pool);
    const workspaceId = await ensureWorkspace(database, systemClock);
    return await work({
      database,
      workspaceId,
      by: 'command line',
      clock: systemClock,
      // Servers hear of it when they poll.
      committed: () => {},
    });
  } finally {
    await database.close();
    await embedded?.stop();
  }
}

/** What a person wants to read of it: a line per thing, a line per field. */
export function describeApplied({ changes, notInFile, published }: Applied, dryRun: boolean): string {
  const lines = changes.flatMap(describeChange);
  const created = changes.filter(({ action }) => action === 'create').length;
  const counts = `${created} created, ${changes.length - created} changed`;
  lines.push(changes.length === 0 ? 'Nothing to change.' : dryRun ? `Would be: ${counts}.` : `Applied: ${counts}.`);
  if (published !== null && !dryRun) lines.push(`The plan is published as version ${published}.`);
  if (notInFile.length > 0) {
    lines.push(
      `Not in the file, and left as they are: ${notInFile.map(({ kind, key }) => `${kind} ${key}`).join(', ')}.`,
    );
  }
  return lines.join('\n');
}

function describeChange({ kind, key, action, fields }: CompanyChange): string[] {
  const name = kind === key ? kind : `${kind} ${key}`;
  if (action === 'create') return [styleText('green', `+ ${name}`)];
  const lines = fields
    .flatMap(({ name: field, before, after }) => [...differences(field, before, after)])
    .map(({ path, before, after }) => `    ${path}: ${shown(before, after)}`);
  return [styleText('yellow', `~ ${name}`), ...lines];
}

/** Lists up to this are shown whole. */
const MAX_SHOWN = 60;

const asText = (value: unknown): string => (value === undefined ? '(none)' : JSON.stringify(value));

/** Of long lists, what comes and what goes. */
function shown(before: unknown, after: unknown): string {
  const [was, is] = [asText(before), asText(after)];
  if (!Array.isArray(before) || !Array.isArray(after) || Math.max(was.length, is.length) <= MAX_SHOWN) {
    return `${was} → ${is}`;
  }
  const [old, now] = [before.map(asText), after.map(asText)];
  const gone = old.filter((entry) => !now.includes(entry));
  const added = now.filter((entry) => !old.includes(entry));
  const parts = [
    ...(gone.length > 0 ? [`without ${gone.join(', ')}`] : []),
    ...(added.length > 0 ? [`with ${added.join(', ')}`] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : `in another order: ${is}`;
}
