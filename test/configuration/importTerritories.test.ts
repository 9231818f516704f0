import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ConfigurationContext } from '../../src/configuration/change.ts';
import { applyCompany, exportCompany } from '../../src/configuration/company.ts';
import { importTerritories, type TERRITORY_FORMATS } from '../../src/configuration/importTerritories.ts';
import type { Database } from '../../src/db/client.ts';
import { formatPath, InvalidInput } from '../../src/domain/errors.ts';
import { checksums } from '../support/checksums.ts';
import { onePool } from '../support/companies.ts';
import { type Contexts, openContexts } from '../support/contexts.ts';

let contexts: Contexts;
let database: Database;
let context: ConfigurationContext;
beforeAll(async () => {
  contexts = await openContexts();
  ({ database } = contexts);
});
afterAll(() => contexts.close());

/** A workspace with the reps `rep-1` to `rep-3` and the pool `main`. */
beforeEach(async () => {
  context = await contexts.open();
  await applyCompany(context, onePool(3));
});

type Format = (typeof TERRITORY_FORMATS)[number];

/** What is wrong with a table, a line per fault. */
async function faults(text: string, format: Format = 'CSV'): Promise<string[]> {
  const error = await importTerritories(context, format, text).catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(InvalidInput);
  return (error as InvalidInput).issues.map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

/** The territories as a file has them. */
const territories = async (): Promise<string> =>
  /^territories:\n((?: .*\n)*)/m.exec(await exportCompany(context))?.[1] ?? '';

const GERMANY = `  - key: germany
    name: Germany, "all"
    countries:
      - DE
      - AT
    postalPrefixes:
      - "01"
      - "1"
    employeesMin: 0
    employeesMax: 500
    pool: main
`;

describe('a table comes in the same, however it is written', () => {
  const rows = [
    ['key', 'name', 'countries', 'postalPrefixes', 'employeesMin', 'employeesMax', 'pool', 'rep'],
    ['germany', 'Germany, "all"', 'DE|AT', '01|1', '0', '500', 'main', ''],
  ];
  const quoted = (cell: string): string => (/[",;\t]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const csv = (separator: string, end = '\n'): string =>
    rows.map((cells) => cells.map(quoted).join(separator) + end).join('');

  test.each<[string, string]>([
    ['separated by commas', csv(',')],
    ['separated by semicolons', csv(';')],
    ['separated by tabs', csv('\t')],
    ['with a byte order mark', `\uFEFF${csv(',')}`],
    ['with a byte order mark and a quoted header', `\uFEFF${csv(';').replace('key', '"key"')}`],
    ['with the line ends of Windows', csv(';', '\r\n')],
    ['with those of old Macs', csv(',', '\r')],
    ['with line ends of both kinds', csv(',').replace('\n', '\r\n')],
    ['without the last line end', csv(',').trimEnd()],
    ['with empty lines', `\n\n${csv(';')}\n\n`],
    ['with spaces around cells', csv(',').replaceAll(',', ' , ').replace('Germany ,  ', 'Germany, ')],
    ['with countries by name', csv(',').replace('DE|AT', 'germany| Österreich |')],
    [
      'with the columns in another order',
      csv(',').replace(/^key,name,(.*)\ngermany,("[^,]*, ""all"""),(.*)\n$/, 'name,key,$1\n$2,germany,$3\n'),
    ],
  ])('%s', async (_how, text) => {
    expect(await importTerritories(context, 'CSV', text)).toEqual({ created: 1, updated: 0, unchanged: 0 });
    expect(await territories()).toBe(GERMANY);
  });

  test('as YAML', async () => {
    const text = `- { key: germany, name: 'Germany, "all"', countries: [DE, AT], postalPrefixes: ["01", "1"], employeesMin: 0, employeesMax: 500, pool: main }`;
    expect(await importTerritories(context, 'YAML', text)).toEqual({ created: 1, updated: 0, unchanged: 0 });
    expect(await territories()).toBe(GERMANY);
  });
});

test('every field of a territory can be given', async () => {
  const header =
    'key;name;parent;position;countries;regions;metros;postalPrefixes;industries;industryKeywords;employeesMin;employeesMax;rep;pool';
  await importTerritories(
    context,
    'CSV',
    `${header}\nchild;Child;parent;7;US;US-CA|US-NY;boston;02|10;naics:51|nace:J|Toys;cloud|data;5;50;rep-2;\nparent;Parent;;;;;;;;;;;;main`,
  );
  expect(await territories()).toBe(`  - key: child
    name: Child
    position: 7
    countries:
      - US
    regions:
      - US-CA
      - US-NY
    metros:
      - boston
    postalPrefixes:
      - "02"
      - "10"
    industries:
      - naics:51
      - nace:J
      - Toys
    industryKeywords:
      - cloud
      - data
    employeesMin: 5
    employeesMax: 50
    parent: parent
    rep: rep-2
  - key: parent
    name: Parent
    pool: main
`);
});

describe('a second table', () => {
  const first = 'key,name,countries,pool\na,A,DE,main\nb,B,FR,main\nc,C,IT,main\n';

  test('changes the territories whose key is there: what it leaves out has its default; the others stay', async () => {
    await importTerritories(context, 'CSV', first);
    const second = 'key,name,countries,parent\na,A,DE,b\nd,D,US,a\nc,C,IT,\n';
    expect(await importTerritories(context, 'CSV', second)).toEqual({ created: 1, updated: 2, unchanged: 0 });
    expect((await territories()).match(/key: .|pool: main|parent: ./g)).toEqual([
      'key: a',
      'parent: b',
      'key: b',
      'pool: main',
      'key: c',
      'key: d',
      'parent: a',
    ]);
  });

  test('that is the first one again changes nothing', async () => {
    await importTerritories(context, 'CSV', first);
    const before = await checksums(database);
    expect(await importTerritories(context, 'CSV', first)).toEqual({ created: 0, updated: 0, unchanged: 3 });
    expect(await checksums(database)).toEqual(before);
  });

  test('that is only tried says what it would come to, and changes nothing', async () => {
    await importTerritories(context, 'CSV', first);
    const before = await checksums(database);
    const text = `${first.replace('FR', 'ES')}d,D,US,main\n`;
    expect(await importTerritories(context, 'CSV', text, { dryRun: true })).toEqual({
      created: 1,
      updated: 1,
      unchanged: 2,
    });
    expect(await checksums(database)).toEqual(before);
  });
});

describe('a faulty table is refused whole, each fault with the line it stands on', () => {
  const HEAD = 'key,name,countries,parent,rep,pool,employeesMin,employeesMax\n';

  test.each<[string, string, string[]]>([
    [
      'an unknown column',
      'key,name,land\na,A,DE',
      ['rows[1]: has columns that are none of a territory: land. There are key, name, parent'],
    ],
    ['an unknown column without any row', 'key,name,land', ['rows[1]: has columns that are none of a territory: land']],
    ['no key and no name', 'countries\nDE\nFR', ['rows[1]: has no column key and none name. There are key']],
    ['a column twice', 'key,name,name\na,A,B', ['rows[1]: has a column twice: name']],
    [
      'ragged rows',
      'key,name,countries\na,A,DE\nb,B\nc,C,FR,x\nd,D,FR',
      ['rows[3]: has 2 cells, the header has 3', 'rows[4]: has 4 cells, the header has 3'],
    ],
    [
      'a ragged row among other faults',
      'key,name\nA,a\nb\n',
      ['rows[2].key: must be a key', 'rows[3]: has 1 cells, the header has 2'],
    ],
    [
      'a quote that is never closed',
      'key,name\na,A\nb,"B\nc,C\nd,D\n',
      ['rows[3]: opens a quote (") that is never closed'],
    ],
    ['a quote inside a cell', 'key,name\na,A\nb,B "x"\n', ['rows[3]: has a quote (") inside a cell']],
    ['text behind a quote', 'key,name\na,A\nb,"B"x\n', ['rows[3]: goes on behind a closing quote']],
    [
      'a line break in a name',
      'key,name,countries\na,"A\nB",DE\nb,B,Atlantis',
      ['rows[3].name: must be one line', 'rows[4].countries: "Atlantis" is no country'],
    ],
    ['a key twice', `${HEAD}a,A,,,,,,\nb,B,,,,,,\na,A,,,,,,`, ['rows[4].key: "a" stands in row 2 as well']],
    [
      'a key that is none, and no name',
      `${HEAD}A B,,,,,,,`,
      ['rows[2].key: must be a key', 'rows[2].name: is missing'],
    ],
    [
      'empty lines, counted',
      `${HEAD}\n\na,A,Atlantis,,,,,\n\nb,B,Mordor,,,,,`,
      ['rows[4].countries: "Atlantis"', 'rows[6].countries: "Mordor"'],
    ],
    [
      'parents round in a circle, told of the rows in it alone',
      'key,name,parent\nleaf,Leaf,a\na,A,b\nb,B,a\n',
      ['rows[3].parent: leads round in a circle', 'rows[4].parent: leads round in a circle'],
    ],
    [
      'lines of both kinds, counted',
      `${HEAD}a,A,,,,,,\nb,B,Mordor,,,,,`.replace('\n', '\r\n'),
      ['rows[3].countries: "Mordor"'],
    ],
    [
      'lines of Windows, counted',
      `${HEAD}a,A,,,,,,\nb,B,Mordor,,,,,`.replaceAll('\n', '\r\n'),
      ['rows[3].countries: "Mordor"'],
    ],
    [
      'a rep and a pool who are not there',
      `${HEAD}a,A,,,zoe,,,\nb,B,,,,gone,,`,
      ['rows[2].rep: there is no rep "zoe"', 'rows[3].pool: there is no pool "gone"'],
    ],
    ['both a rep and a pool', `${HEAD}a,A,,,rep-1,main,,`, ['rows[2].pool: stands beside a rep']],
    ['a parent who is not there', `${HEAD}a,A,,b,,,,`, ['rows[2].parent: there is no territory "b"']],
    ['itself as parent', `${HEAD}a,A,,a,,,,`, ['rows[2].parent: leads round in a circle']],
    ['sizes the wrong way round', `${HEAD}a,A,,,,,50,5`, ['rows[2].employeesMax: is below employeesMin, which is 50']],
    [
      'thousands with a point',
      `${HEAD}a,A,,,,,1.000,`,
      ['rows[2].employeesMin: must be a whole number from 0 to 10,000,000'],
    ],
    ['thousands with a comma', `${HEAD}a,A,,,,,"1,000",`, ['rows[2].employeesMin: must be a whole number']],
    [
      'numbers of programmers',
      `${HEAD}a,A,,,,,0x10,1e3`,
      ['rows[2].employeesMin: must be a whole number', 'rows[2].employeesMax: must be a whole number'],
    ],
    ['a negative number', `${HEAD}a,A,,,,,-5,`, ['rows[2].employeesMin: must be a whole number from 0']],
    [
      'characters that were lost',
      'key,name\na,A\nb,M\uFFFDnchen\n',
      ['text: is not UTF-8: line 3 has a character that could not be read. Save the file as UTF-8'],
    ],
    ['two bytes a character', '\uFFFD\uFFFDk\0e\0y\0', ['text: is not UTF-8: line 1']],
    ['nothing', '', ['text: has no territory']],
    ['nothing but a header', 'key,name\n', ['text: has no territory']],
  ])('%s', async (_what, text, expected) => {
    const before = await checksums(database);
    const told = await faults(text);
    expect(told).toHaveLength(expected.length);
    for (const [index, line] of expected.entries()) expect(told[index]).toContain(line);
    expect(await checksums(database)).toEqual(before);
  });

  test('one fault among good rows leaves none of them', async () => {
    await faults('key,name,countries\na,A,DE\nb,B,FR\nc,C,Atlantis\n');
    expect(await territories()).toBe('');
  });

  test('a circle may lead through what is there already', async () => {
    await importTerritories(context, 'CSV', 'key,name,parent\ntop,Top,\nmiddle,Middle,top\n');
    expect(await faults('key,name,parent\nleaf,Leaf,bottom\nbottom,Bottom,middle\ntop,Top,bottom\n')).toEqual([
      'rows[3].parent: leads round in a circle back to the territory itself',
      'rows[4].parent: leads round in a circle back to the territory itself',
    ]);
  });

  test.each<[string, string, string[]]>([
    ['no list', 'key: a', ['text: must be a list of territories']],
    ['nothing', '', ['text: must be a list of territories']],
    ['an empty list', '[]', ['text: has no territory']],
    [
      'faults, by their number in the list',
      '- { key: a, name: A }\n- { key: b, size: 3 }\n- { name: C, postalPrefixes: [01] }',
      [
        'rows[2].name: is missing',
        'rows[2]: has no field "size"',
        'rows[3].key: is missing',
        'rows[3].postalPrefixes[0]: must be text: put 1 in quotes',
      ],
    ],
    ['no YAML', '- { key: a, key: b }\n- [', ['text: Map keys must be unique at line 1, column 13', 'text: ']],
    [
      'a bomb',
      `- &a [x]\n${'- [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n'.repeat(20)}`,
      ['text: Excessive alias count'],
    ],
    ['characters that were lost', '- { key: a, name: M\uFFFDnchen }', ['text: is not UTF-8: line 1']],
  ])('YAML with %s', async (_what, text, expected) => {
    const told = await faults(text, 'YAML');
    for (const [index, line] of expected.entries()) expect(told[index]).toContain(line);
  });
});

test('parents may come after their children, ten thousand in a row', async () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => `t${index},T,${index === 9_999 ? '' : `t${index + 1}`}\n`);
  const text = `key,name,parent\n${rows.join('')}`;
  expect(await importTerritories(context, 'CSV', text, { dryRun: true })).toMatchObject({ created: 10_000 });
});

describe('limits', () => {
  test('50,000 rows are read, 50,001 are not', async () => {
    const rows = Array.from({ length: 50_000 }, (_, index) => `${index === 0 ? 'A' : `t${index}`},T\n`).join('');
    expect(await faults(`key,name\n${rows}`)).toEqual([expect.stringContaining('rows[2].key: must be a key')]);
    expect(await faults(`key,name\n${rows}z,Z\n`)).toEqual(['text: has 50,001 territories; 50,000 are the most']);
  });

  test('5 MiB come in, a byte more does not', async () => {
    const table = 'key,name\na,A\n';
    const padded = (bytes: number): string => table + '\n'.repeat(bytes - table.length);
    expect(await importTerritories(context, 'CSV', padded(5 * 1024 * 1024))).toMatchObject({ created: 1 });
    expect(await faults(padded(5 * 1024 * 1024 + 1))).toEqual(['text: is larger than 5 MiB']);
  });
});
