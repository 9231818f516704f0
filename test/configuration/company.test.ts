import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConfigurationContext } from '../../src/configuration/change.ts';
import { applyCompany, exportCompany } from '../../src/configuration/company.ts';
import type { Database } from '../../src/db/client.ts';
import { formatPath, InvalidInput } from '../../src/domain/errors.ts';
import { onePool } from '../support/companies.ts';
import { type Contexts, openContexts } from '../support/contexts.ts';

let contexts: Contexts;
let database: Database;
beforeAll(async () => {
  contexts = await openContexts();
  ({ database } = contexts);
});
afterAll(() => contexts.close());

const demo = (name: string): Promise<string> =>
  readFile(join(import.meta.dirname, '..', '..', 'demo', `${name}.yaml`), 'utf8');

const configVersion = async ({ workspaceId }: ConfigurationContext): Promise<bigint> =>
  (await database.prisma.lane.findUniqueOrThrow({ where: { workspaceId } })).configVersion;

describe.each(['geographic', 'verticals', 'segments'])('demo/%s.yaml', (name) => {
  test('applies; a second time it changes nothing; its export is a file that changes nothing', async () => {
    const context = await contexts.open();
    const first = await applyCompany(context, await demo(name));
    expect(first).toMatchObject({ published: 1, notInFile: [] });
    const version = await configVersion(context);
    expect(await applyCompany(context, await demo(name))).toMatchObject({ changes: [], published: null });
    const exported = await exportCompany(context);
    expect(await applyCompany(context, exported)).toMatchObject({ changes: [], published: null });
    expect(await exportCompany(context)).toBe(exported);
    expect(await configVersion(context)).toBe(version);
  });
});

test('an export brings an empty workspace to the same state', async () => {
  const [from, to] = [await contexts.open(), await contexts.open()];
  await applyCompany(from, await demo('segments'));
  const exported = await exportCompany(from);
  await applyCompany(to, exported);
  expect(await exportCompany(to)).toBe(exported);
});

test('tells what it changes, field by field, and a dry run changes nothing', async () => {
  const context = await contexts.open();
  await applyCompany(context, onePool(3));
  const before = await exportCompany(context);
  const dry = await applyCompany(context, onePool(4, { capacity: 7 }), { dryRun: true });
  expect(dry.changes.map(({ kind, key, action }) => `${action} ${kind} ${key}`)).toEqual([
    'update workspace workspace',
    'create rep rep-4',
    'update pool main',
  ]);
  expect(dry.changes[0]?.fields).toEqual([{ name: 'defaultCapacity', before: 100_000, after: 7 }]);
  expect(await exportCompany(context)).toBe(before);
});

test('what is not in the file stays, and is named', async () => {
  const context = await contexts.open();
  await applyCompany(context, onePool(3));
  const { notInFile } = await applyCompany(context, onePool(2));
  expect(notInFile).toEqual([{ kind: 'rep', key: 'rep-3' }]);
});

const HEAD = 'apiVersion: fairlead/v1\nkind: Company\n';
const REP = '{ key: ada, name: Ada, email: ada@fairlead.example }';

test('addresses may go over from one rep to another, and round', async () => {
  const context = await contexts.open();
  const file = (one: string, two: string, more = ''): string =>
    `${HEAD}reps:\n  - { key: ada, name: Ada, email: ${one}@x.example }\n  - { key: bob, name: Bob, email: ${two}@x.example }\n${more}`;
  await applyCompany(context, file('sales', 'bob'));
  expect((await applyCompany(context, file('bob', 'sales'))).changes.map(({ key }) => key)).toEqual(['ada', 'bob']);
  await applyCompany(context, file('ada', 'bob', '  - { key: abe, name: Abe, email: sales@x.example }\n'));
  const reps = await database.prisma.rep.findMany({
    where: { workspaceId: context.workspaceId },
    orderBy: { key: 'asc' },
  });
  expect(reps.map(({ key, email }) => `${key} ${email}`)).toEqual([
    'abe sales@x.example',
    'ada ada@x.example',
    'bob bob@x.example',
  ]);
});

test('a plan without steps goes out and comes in again', async () => {
  const [from, to] = [await contexts.open(), await contexts.open()];
  await applyCompany(from, `${HEAD}reps: [${REP}]\nplan: { steps: [], lastResort: [ada] }`);
  await applyCompany(to, await exportCompany(from));
  expect(await exportCompany(to)).toBe(await exportCompany(from));
  expect(await exportCompany(to)).toContain('steps: []');
});

test('who is paused stays so, unless the file says otherwise', async () => {
  const context = await contexts.open();
  await applyCompany(context, onePool(2));
  const { workspaceId } = context;
  await database.prisma.rep.update({
    where: { workspaceId_key: { workspaceId, key: 'rep-1' } },
    data: { status: 'PAUSED' },
  });
  expect((await applyCompany(context, onePool(2))).changes).toEqual([]);
  expect(await exportCompany(context)).toContain('status: PAUSED');
});

describe('a faulty file is refused whole, each fault with its place', () => {
  test.each<[string, string[]]>([
    ['kind: Company', ['apiVersion']],
    [
      `${HEAD}reps: [{ key: ada }, { name: [Bob], email: 7, foo: 1, capacity: many }]
pools: [{ key: p, name: P, strategy: RANDOM, members: ada, countManual: 1 }]
plan: { steps: [{ key: s, kind: X, target: { kind: NOPE } }, { key: t, kind: DEFAULT, target: { kind: REP } }, { key: u, kind: DEFAULT }] }`,
      [
        'reps[0].name: is missing',
        'reps[0].email: is missing',
        'reps[1].key: is missing',
        'reps[1].name: must be text',
        'reps[1].email: must be text: put 7 in quotes',
        'reps[1].capacity: must be a whole number',
        'reps[1]: has no field "foo"',
        'pools[0].strategy: must be one of ROUND_ROBIN',
        'pools[0].members: must be a list',
        'pools[0].countManual: must be true or false',
        'plan.steps[0].kind: must be one of ACCOUNT_OWNER, NAMED_ACCOUNT',
        'plan.steps[0].target.kind: must be one of REP, POOL, POOLS, ACCOUNT_OWNER, TERRITORY',
        'plan.steps[1].target.rep: is missing',
        'plan.steps[2].target: is missing',
        'plan.lastResort: is missing',
      ],
    ],
    [`${HEAD}repz: []`, ['input: has no field "repz"']],
    [
      `${HEAD}reps: [{ key: Ada, name: "", email: nobody }]`,
      ['reps[0].key: must be a key', 'reps[0].name: must not be empty', 'reps[0].email: must be an address'],
    ],
    [`${HEAD}reps: [${REP}, ${REP}]`, ['reps[1].key: "ada" stands here twice']],
    [
      `${HEAD}reps: [{ key: ada, name: A, email: a@b.example, manager: bob }]`,
      ['reps[0].manager: there is no rep "bob"'],
    ],
    [
      `${HEAD}reps: [{ key: a, name: A, email: a@b.example, manager: b }, { key: b, name: B, email: b@b.example, manager: a }]`,
      ['reps[0].manager: leads round in a circle'],
    ],
    [`${HEAD}reps: [{ key: a, name: A, email: a@b.example, backup: a }]`, ['reps[0].backup: leads round in a circle']],
    [
      `${HEAD}reps: [{ key: a, name: A, email: a@b.example, capacity: -1 }]`,
      ['reps[0].capacity: must be a whole number from 0 to 100,000'],
    ],
    [
      `${HEAD}reps: [{ key: a, name: A, email: a@b.example, capacity: 2.5 }]`,
      ['reps[0].capacity: must be a whole number'],
    ],
    [
      `${HEAD}reps: [${REP}]\npools: [{ key: p, name: P, strategy: RANDOM }]`,
      ['pools[0].strategy: must be one of ROUND_ROBIN'],
    ],
    [
      `${HEAD}reps: [${REP}]\npools: [{ key: p, name: P, strategy: WEIGHTED, members: [{ rep: ada, weight: .nan }] }]`,
      ['pools[0].members[0].weight: must be a whole number from 0 to 10,000'],
    ],
    [
      `${HEAD}reps: [${REP}]\npools: [{ key: p, name: P, strategy: WEIGHTED, members: [{ rep: ada }, { rep: ada }] }]`,
      ['pools[0].members[1]: names a rep who is a member already'],
    ],
    [
      `${HEAD}reps: [${REP}]\npools: [{ key: p, name: P, strategy: WEIGHTED, members: [{ rep: bob }] }]`,
      ['pools[0].members[0].rep: there is no rep "bob"'],
    ],
    [
      `${HEAD}territories: [{ key: t, name: T, countries: [Atlantis] }]`,
      ['territories[0].countries: "Atlantis" is no country'],
    ],
    [
      `${HEAD}territories: [{ key: t, name: T, employeesMin: 9, employeesMax: 3 }]`,
      ['territories[0].employeesMax: is below employeesMin, which is 9'],
    ],
    [
      `${HEAD}territories: [{ key: t, name: T, parent: u }, { key: u, name: U, parent: t }]`,
      ['territories[0].parent: leads round in a circle'],
    ],
    [
      `${HEAD}accounts: [{ key: x, name: X, kind: NAMED, domains: [gmail.com] }]`,
      ['accounts[0].domains: "gmail.com" is no domain of one company'],
    ],
    [
      `${HEAD}accounts: [{ key: x, name: X, kind: NAMED, domains: ["https://x.example"] }]`,
      ['accounts[0].domains: "https://x.example" is no domain'],
    ],
    [
      `${HEAD}accounts: [{ key: x, name: X, kind: NAMED, domains: [x.example] }, { key: y, name: Y, kind: NAMED, domains: [x.example] }]`,
      ['accounts[1].domains: "x.example" belongs to the account "x"'],
    ],
    [
      `${HEAD}segments: [{ key: s, name: S, condition: { operator: MATCHES_SEGMENT, value: s } }]`,
      ['segments[0].condition: refers, through segments, to itself'],
    ],
    [
      `${HEAD}segments: [{ key: s, name: S, condition: { field: size, operator: EQUALS, value: 1 } }]`,
      ['segments[0].condition.field: must be a field of the lead'],
    ],
    [`${HEAD}reps: [${REP}]\nplan: { steps: [], lastResort: [] }`, ['lastResort: is missing']],
    [`${HEAD}reps: [${REP}]\nplan: { steps: [], lastResort: [bob] }`, ['lastResort[0]: there is no rep "bob"']],
    [
      `${HEAD}reps: [${REP}]\nplan: { steps: [{ key: s, kind: DEFAULT, target: { kind: POOL, pool: gone } }], lastResort: [ada] }`,
      ['steps[0].target.pool: there is no pool "gone"'],
    ],
    [
      `${HEAD}reps: [${REP}]\nplan: { steps: [{ key: s, kind: DEFAULT, target: { kind: REP } }], lastResort: [ada] }`,
      ['plan.steps[0].target.rep'],
    ],
    ['{ not yaml', ['input: ']],
    [`${HEAD}x: &a [1]\ny: [${Array(200).fill('*a').join(', ')}]`, ['input: ']],
  ])('%s', async (text, expected) => {
    const context = await contexts.open();
    const before = await configVersion(context);
    const error = await applyCompany(context, text).then(
      () => null,
      (refused: unknown) => refused,
    );
    expect(error).toBeInstanceOf(InvalidInput);
    const faults = (error as InvalidInput).issues
      .map(({ path, message }) => `${formatPath(path)}: ${message}`)
      .join('\n');
    for (const line of expected) expect(faults).toContain(line);
    expect(await configVersion(context)).toBe(before);
  });
});
