import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeApplied } from '../../src/cli/config.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { EVERYTHING } from '../support/everything.ts';
import { runCommand } from '../support/serverProcess.ts';

/* What is brought in and out as files. */

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'fairlead-files-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a command on the test's database: its exit code, and what it says. */
async function run(...args: string[]): Promise<[code: number | null, output: string]> {
  const { ended, output } = runCommand(args, { DATABASE_URL: database.url });
  const code = await ended;
  return [code, stripVTControlCharacters(output()).replaceAll(`${folder}/`, '')];
}

const file = (name: string): string => join(folder, name);
async function written(name: string, content: string | Buffer): Promise<string> {
  await writeFile(file(name), content);
  return file(name);
}

test('a company goes in, comes out as a file that changes nothing, and what a change would do is told before', async () => {
  const company = await written('company.yaml', EVERYTHING);
  const [applied, told] = await run('config', 'apply', company);
  expect([applied, told]).toEqual([0, expect.stringContaining('Applied: ')]);
  expect(told).toContain('+ rep ada\n');
  expect(told).toContain('The plan is published as version 1.');

  expect(await run('config', 'export', file('export.yaml'))).toEqual([0, '']);
  const exported = await readFile(file('export.yaml'), 'utf8');
  expect(await run('config', 'export')).toEqual([0, exported]);
  expect(await run('config', 'diff', file('export.yaml'))).toEqual([0, 'Nothing to change.\n']);

  const edited = EVERYTHING.replace('defaultCapacity: 40', 'defaultCapacity: 55')
    .replace('{ rep: bob, weight: 3,', '{ rep: bob, weight: 4,')
    .replace('ownerAway: WHEN_NOBODY', 'ownerAway: KEEP')
    .replace(/ {2}- \{ key: north, .*\n/, '');
  expect(await run('config', 'diff', await written('edited.yaml', edited))).toEqual([
    0,
    `~ workspace
    defaultCapacity: 40 → 55
~ pool main
    members[bob].weight: 3 → 4
~ plan
    steps[owner].ownerAway: "WHEN_NOBODY" → "KEEP"
Would be: 0 created, 3 changed.
Not in the file, and left as they are: territory north.
`,
  ]);
  expect(await run('config', 'diff', company)).toEqual([0, 'Nothing to change.\n']);

  const nobody = EVERYTHING.replace('email: berta@fairlead.example', 'email: berta@fairlead.example, status: LEFT')
    .replace('email: bob@fairlead.example', 'email: bob@fairlead.example, status: LEFT')
    .replace(/plan:\n {2}steps:[\s\S]*/, '');
  const [code, refused] = await run('config', 'apply', await written('nobody.yaml', nobody));
  expect([code, refused.split('\n')[0]]).toEqual([1, 'nobody.yaml was not applied:']);
  expect(refused).toContain('last one of the plan’s last resort');
  expect(refused).not.toContain('at ');
});

test('territories come in as a table or as YAML, or each fault is told with its line', async () => {
  const table = await written('table.csv', 'key;name;countries\nnordics;Nordics;NO|SE|DK\nalps;Alps;AT|CH\n');
  expect(await run('territories', 'import', table, '--dry-run')).toEqual([
    0,
    'Would be: 2 created, 0 changed, 0 as they were.\n',
  ]);
  expect(await run('territories', 'import', table)).toEqual([0, 'Imported: 2 created, 0 changed, 0 as they were.\n']);
  const list = await written('list.YML', '- { key: alps, name: Alps, countries: [AT, CH, IT] }\n');
  expect(await run('territories', 'import', list)).toEqual([0, 'Imported: 0 created, 1 changed, 0 as they were.\n']);
  const faulty = await written('faulty.csv', 'key;name;countries\nA;Alps;Atlantis\nb;B\n');
  expect(await run('territories', 'import', faulty)).toEqual([
    1,
    `faulty.csv was not imported:
  rows[2].key: must be a key: 1 to 63 of a–z, 0–9, - and _, not beginning with - or _
  rows[2].countries: "Atlantis" is no country of ISO 3166-1
  rows[3]: has 2 cells, the header has 3
`,
  ]);
});

describe('a file that cannot be read is told in one line', () => {
  const LATIN = Buffer.from('key,name\nswiss,Zürich\n', 'latin1');
  const UTF16 = Buffer.from('\uFEFFkey,name\nswiss,Zürich\n', 'utf16le');

  test.concurrent.each<[string, string[], Buffer | null, string]>([
    ['missing.csv', ['territories', 'import'], null, 'There is no file missing.csv.'],
    ['missing.yaml', ['config', 'apply'], null, 'There is no file missing.yaml.'],
    [
      'latin1.csv',
      ['territories', 'import'],
      LATIN,
      'text: is not UTF-8: line 2 has a character that could not be read.',
    ],
    [
      'utf16.csv',
      ['territories', 'import'],
      UTF16,
      'text: is not UTF-8: line 1 has a character that could not be read.',
    ],
    ['latin1.yaml', ['config', 'diff'], LATIN, 'input: is not UTF-8: line 2 has a character that could not be read.'],
  ])('%s', async (name, command, content, message) => {
    if (content !== null) await written(name, content);
    const [code, output] = await run(...command, file(name));
    expect(code).toBe(1);
    expect(output).toContain(message);
  });
});

test.concurrent.each([
  [['config'], 'Say what to do: config apply FILE.yaml'],
  [['territories', 'export'], 'Say what to do: territories import FILE.csv'],
  [['config', 'apply', 'x', '--force'], "Unknown option '--force'"],
])('%j is answered with what can be said', async (command, message) => {
  const [code, output] = await run(...command);
  expect(code).toBe(1);
  expect(output).toContain(message);
});

describe('a change is told with the value it was and the value it is', () => {
  const prefixes = Array.from({ length: 40 }, (_, index) => String(10 + index));
  const told = (before: unknown, after: unknown): string => {
    const change = {
      kind: 'territory',
      key: 'east',
      action: 'update',
      fields: [{ name: 'f', before, after }],
    } as const;
    const lines = describeApplied({ changes: [change], notInFile: [], published: null }, true).split('\n');
    return stripVTControlCharacters(lines[1] ?? '').trim();
  };

  test.each<[string, unknown, unknown, string]>([
    ['single', 5, undefined, 'f: 5 → (none)'],
    ['a short list', ['DE'], ['DE', 'AT'], 'f: ["DE"] → ["DE","AT"]'],
    ['a long list that grows', prefixes, [...prefixes, '99'], 'f: with "99"'],
    [
      'a long list that changes',
      prefixes,
      [...prefixes.slice(2), '98', '99'],
      'f: without "10", "11"; with "98", "99"',
    ],
    ['a long text, whole', 'x'.repeat(200), 'y', `f: "${'x'.repeat(200)}" → "y"`],
  ])('%s', (_what, before, after, expected) => {
    expect(told(before, after)).toBe(expected);
  });

  test('or as another order', () => {
    expect(told(prefixes, prefixes.toReversed())).toMatch(/^f: in another order: \["49","48"/);
  });
});
