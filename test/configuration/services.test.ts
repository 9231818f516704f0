import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deleteAccount, upsertAccounts } from '../../src/configuration/accounts.ts';
import type { ConfigurationContext } from '../../src/configuration/change.ts';
import { applyCompany } from '../../src/configuration/company.ts';
import { lintPlan, publishPlan, restorePlan, savePlanDraft } from '../../src/configuration/plans.ts';
import { createPool, deletePool, setPoolMembers, updatePool } from '../../src/configuration/pools.ts';
import { createRep, deleteRep, updateRep } from '../../src/configuration/reps.ts';
import { createSegment, deleteSegment, updateSegment } from '../../src/configuration/segments.ts';
import { createTerritory, deleteTerritory, updateTerritory } from '../../src/configuration/territories.ts';
import type { Database } from '../../src/db/client.ts';
import type { Rep } from '../../src/domain/configuration.ts';
import { Refusal } from '../../src/domain/errors.ts';
import { parseRotation, type StoredRotation } from '../../src/domain/rotation.ts';
import { onePool } from '../support/companies.ts';
import { type Contexts, openContexts } from '../support/contexts.ts';

let contexts: Contexts;
let database: Database;
let context: ConfigurationContext;
let foreign: ConfigurationContext;
beforeAll(async () => {
  contexts = await openContexts();
  ({ database } = contexts);
});
afterAll(() => contexts.close());
beforeEach(async () => {
  [context, foreign] = [await contexts.open(), await contexts.open()];
});

const ada = (overrides: object = {}) =>
  createRep(context, { key: 'ada', name: 'Ada Stone', email: 'Ada@Fairlead.example', ...overrides });

/** The code and message of a refusal. */
const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof Refusal) return `${error.code}: ${error.message}`;
      throw error;
    },
  );

describe('reps', () => {
  test('have defaults, and an address in lower case', async () => {
    expect(await ada()).toMatchObject({
      email: 'ada@fairlead.example',
      status: 'ACTIVE',
      capacity: null,
      specialties: [],
    });
  });

  test('keep what an update leaves out, and null clears', async () => {
    const rep = await ada({ capacity: 5, timeZone: 'Europe/Berlin' });
    expect(await updateRep(context, rep.id, { capacity: null })).toMatchObject({
      capacity: null,
      timeZone: 'Europe/Berlin',
      name: 'Ada Stone',
    });
  });

  test('with a key or an address that is taken are refused, in this workspace alone', async () => {
    await ada();
    expect(await refused(ada({ email: 'other@fairlead.example' }))).toBe('KEY_TAKEN: key: "ada" is taken');
    expect(await refused(ada({ key: 'other' }))).toBe('KEY_TAKEN: email: "ada@fairlead.example" is taken');
    expect(await createRep(foreign, { key: 'ada', name: 'Ada', email: 'ada@fairlead.example' })).toMatchObject({
      key: 'ada',
    });
  });

  test('of another workspace do not exist', async () => {
    const stranger = await createRep(foreign, { key: 'eve', name: 'Eve', email: 'eve@fairlead.example' });
    expect(await refused(ada({ managerId: stranger.id }))).toBe('NOT_FOUND: managerId: there is no such rep');
    expect(await refused(updateRep(context, stranger.id, { name: 'x' }))).toMatch('NOT_FOUND');
    expect(await refused(deleteRep(context, stranger.id))).toMatch('NOT_FOUND');
    expect(
      await refused(
        createPool(context, { key: 'p', name: 'P', strategy: 'WEIGHTED', members: [{ repId: stranger.id }] }),
      ),
    ).toMatch('NOT_FOUND');
    expect(await refused(createTerritory(context, { key: 't', name: 'T', repId: stranger.id }))).toMatch('NOT_FOUND');
  });

  test('tell their feed when their status changes', async () => {
    const rep = await ada();
    await updateRep(context, rep.id, { status: 'PAUSED' });
    await updateRep(context, rep.id, { status: 'PAUSED' });
    const events = await database.prisma.event.findMany({ where: { workspaceId: context.workspaceId } });
    expect(events.map(({ kind, number, previous, data }) => ({ kind, number, previous, data }))).toEqual([
      { kind: 'rep.availability', number: 1n, previous: 0n, data: { from: 'ACTIVE', to: 'PAUSED' } },
    ]);
  });

  test('cannot be deleted while something refers to them, and the message says what', async () => {
    const rep = await ada();
    await createPool(context, { key: 'p', name: 'P', strategy: 'WEIGHTED', members: [{ repId: rep.id }] });
    expect(await refused(deleteRep(context, rep.id))).toBe(
      'IN_USE: Ada Stone is a member of a pool. Set the status to LEFT instead.',
    );
  });

  test('who are the last of the last resort cannot leave', async () => {
    await applyCompany(context, onePool(1));
    const boss = (await database.prisma.rep.findFirstOrThrow({
      where: { workspaceId: context.workspaceId, key: 'boss' },
    })) as unknown as Rep;
    expect(await refused(updateRep(context, boss.id, { status: 'LEFT' }))).toMatch('IN_USE: This rep is the last one');
    expect(await refused(updateRep(context, boss.id, { status: 'PAUSED' }))).toBe('done');
  });
});

describe('a pool whose members change', () => {
  test('starts a newcomer at 0 and keeps the sum of credits at 0 when somebody leaves', async () => {
    const reps = await Promise.all(
      ['a', 'b', 'c'].map((key) => createRep(context, { key, name: key, email: `${key}@fairlead.example` })),
    );
    const members = reps.map(({ id }, index) => ({ repId: id, weight: index + 1 }));
    const { id } = await createPool(context, {
      key: 'p',
      name: 'P',
      strategy: 'WEIGHTED',
      members: members.slice(0, 2),
    });
    const where = { workspaceId_id: { workspaceId: context.workspaceId, id: id } };
    const [a, b, c] = reps.map((rep) => rep.id) as [string, string, string];
    await database.prisma.rotation.update({ where, data: { scale: '3', credits: { [a]: '2', [b]: '-2' } } });
    const read = async () =>
      parseRotation((await database.prisma.rotation.findUniqueOrThrow({ where })) as unknown as StoredRotation);
    await setPoolMembers(context, id, members);
    expect((await read()).credits.get(c)).toBe(0n);
    await setPoolMembers(context, id, members.slice(1));
    const { credits } = await read();
    expect(credits.has(a)).toBe(false);
    expect([...credits.values()].reduce((sum, credit) => sum + credit, 0n)).toBe(0n);
    expect(credits.get(b)).not.toBe(0n);
  });

  test('cannot be deleted while a territory or the published plan points at it', async () => {
    await applyCompany(context, onePool(1));
    const pool = await database.prisma.pool.findFirstOrThrow({ where: { workspaceId: context.workspaceId } });
    expect(await refused(deletePool(context, pool.id))).toMatch('IN_USE: The published plan points at this pool');
    const free = await createPool(context, { key: 'free', name: 'Free', strategy: 'ROUND_ROBIN' });
    await createTerritory(context, { key: 't', name: 'T', poolId: free.id });
    expect(await refused(deletePool(context, free.id))).toMatch('IN_USE: The territory "t" points at this pool');
    expect(await refused(deletePool(foreign, free.id))).toMatch('NOT_FOUND');
  });
});

describe('territories', () => {
  test('point at a rep or at a pool, not at both, and never at themselves through parents', async () => {
    const rep = await ada();
    const pool = await createPool(context, { key: 'p', name: 'P', strategy: 'ROUND_ROBIN' });
    expect(await refused(createTerritory(context, { key: 't', name: 'T', repId: rep.id, poolId: pool.id }))).toMatch(
      'one of the two',
    );
    const parent = await createTerritory(context, { key: 'parent', name: 'P', countries: ['germany', 'AUT'] });
    expect(parent.countries).toEqual(['DE', 'AT']);
    const child = await createTerritory(context, { key: 'child', name: 'C', parentId: parent.id });
    expect(await refused(updateTerritory(context, parent.id, { parentId: child.id }))).toMatch(
      'leads round in a circle',
    );
    expect(await refused(deleteTerritory(context, parent.id))).toMatch(
      'IN_USE: It is the parent of the territory "child"',
    );
    await deleteTerritory(context, child.id);
    await deleteTerritory(context, parent.id);
  });
});

describe('accounts', () => {
  test('are created, and changed by key: what is left out stays', async () => {
    const rep = await ada();
    const first = await upsertAccounts(context, [
      { key: 'a1', name: 'Acme GmbH', kind: 'NAMED', domains: ['www.acme.co.uk', 'acme.co.uk'], ownerId: rep.id },
    ]);
    expect(first).toMatchObject({
      created: 1,
      updated: 0,
      accounts: [{ domains: ['acme.co.uk'], normalizedName: 'acme' }],
    });
    const second = await upsertAccounts(context, [{ key: 'a1', name: 'Acme Holding', kind: 'CUSTOMER' }]);
    expect(second).toMatchObject({
      created: 0,
      updated: 1,
      accounts: [{ ownerId: rep.id, domains: ['acme.co.uk'], kind: 'CUSTOMER' }],
    });
  });

  test('that say what is known already change nothing, not even the version of the configuration', async () => {
    const account = {
      key: 'a1',
      name: 'Acme GmbH',
      kind: 'NAMED',
      domains: ['b.example', 'a.example'],
      aliases: ['AC'],
    };
    await upsertAccounts(context, [account, { key: 'a2', name: 'Bolt', kind: 'CUSTOMER', parentKey: 'a1' }]);
    const versions = () => database.prisma.configVersion.findMany({ where: { workspaceId: context.workspaceId } });
    const before = await versions();
    const again = [account, { key: 'a2', name: 'Bolt', kind: 'CUSTOMER', parentKey: 'a1' }];
    expect(await upsertAccounts(context, again)).toMatchObject({ created: 0, updated: 0, accounts: [{}, {}] });
    expect(await versions()).toEqual(before);
    expect(await upsertAccounts(context, [account, { ...again[1], name: 'Bolts' }])).toMatchObject({ updated: 1 });
    expect(await versions()).not.toEqual(before);
  });

  test('are refused all together when one is faulty, with its place', async () => {
    await upsertAccounts(context, [{ key: 'a1', name: 'A', kind: 'NAMED', domains: ['taken.example'] }]);
    const faulty = [
      { key: 'a2', name: 'B', kind: 'NAMED', domains: ['fine.example'] },
      { key: 'a3', name: 'C', kind: 'NAMED', domains: ['taken.example'] },
    ];
    expect(await refused(upsertAccounts(context, faulty))).toBe(
      'INVALID_INPUT: accounts[1].domains: "taken.example" belongs to the account "a1"',
    );
    expect(await database.prisma.account.count({ where: { workspaceId: context.workspaceId } })).toBe(1);
  });

  test('come at most 500 at a time', async () => {
    const many = Array.from({ length: 501 }, (_, index) => ({ key: `a${index}`, name: 'A', kind: 'NAMED' }));
    expect(await refused(upsertAccounts(context, many))).toMatch('accounts: has more than 500 accounts');
    expect(await upsertAccounts(context, many.slice(1))).toMatchObject({ created: 500 });
  });

  test('of another workspace cannot be deleted', async () => {
    const { accounts } = await upsertAccounts(foreign, [{ key: 'a', name: 'A', kind: 'NAMED' }]);
    expect(await refused(deleteAccount(context, accounts[0]?.id as string))).toMatch('NOT_FOUND');
  });
});

describe('segments', () => {
  const condition = { field: 'score', operator: 'AT_LEAST', value: 80 };

  test('may refer to each other, not in a circle, and stay while they are referred to', async () => {
    const hot = await createSegment(context, { key: 'hot', name: 'Hot', condition });
    const both = {
      and: [
        { operator: 'MATCHES_SEGMENT', value: 'hot' },
        { field: 'icp', operator: 'EQUALS', value: true },
      ],
    };
    await createSegment(context, { key: 'best', name: 'Best', condition: both });
    const circle = { condition: { operator: 'MATCHES_SEGMENT', value: 'best' } };
    expect(await refused(updateSegment(context, hot.id, circle))).toMatch('to itself');
    expect(await refused(deleteSegment(context, hot.id))).toBe('IN_USE: The segment "best" refers to it.');
    expect(await updateSegment(context, hot.id, { name: 'Very hot' })).toMatchObject({ name: 'Very hot', condition });
  });
});

describe('plans', () => {
  const steps = [{ key: 'all', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'main' } }];

  test('are drafted, linted, published, changed and restored', async () => {
    await applyCompany(context, onePool(2).replace(/plan:[\s\S]*/, ''));
    const draft = await savePlanDraft(context, { steps, lastResort: [] });
    expect(draft).toMatchObject({ version: 1, status: 'DRAFT', savedBy: 'test' });
    expect(await lintPlan(context, 1)).toMatchObject({ errors: [{ path: ['lastResort'] }], warnings: [] });
    expect(await refused(publishPlan(context, 1))).toMatch('PLAN_INVALID: lastResort: is missing');
    await savePlanDraft(context, { steps, lastResort: ['boss'], expectedVersion: 1 });
    expect(await publishPlan(context, 1)).toMatchObject({
      version: 1,
      status: 'PUBLISHED',
      publishedAt: context.clock.now(),
    });
    await savePlanDraft(context, { steps: [], lastResort: ['boss'], note: 'nobody' });
    await publishPlan(context, 2);
    const restored = await restorePlan(context, 1, null);
    expect(restored).toMatchObject({
      version: 3,
      status: 'PUBLISHED',
      note: 'Restored version 1',
      steps: [{ key: 'all' }],
    });
    const statuses = await database.prisma.planVersion.findMany({
      where: { workspaceId: context.workspaceId },
      orderBy: { version: 'asc' },
    });
    expect(statuses.map(({ status }) => status)).toEqual(['ARCHIVED', 'ARCHIVED', 'PUBLISHED']);
    const events = await database.prisma.event.findMany({
      where: { workspaceId: context.workspaceId, kind: 'plan.published' },
    });
    expect(events.map(({ data }) => data)).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }]);
  });

  test('edited by two at once: the second is told', async () => {
    await savePlanDraft(context, { steps: [], lastResort: [] });
    expect(await refused(savePlanDraft(context, { steps: [], lastResort: [], expectedVersion: 9 }))).toMatch(
      'VERSION_CONFLICT: The draft is version 1, you edited 9',
    );
    expect(await refused(publishPlan(context, 7))).toMatch('VERSION_CONFLICT: Version 7 is not the draft');
    expect(await refused(restorePlan(context, 7, null))).toMatch('NOT_FOUND');
  });

  test('with an empty pool are published with a warning', async () => {
    await ada();
    await createPool(context, { key: 'main', name: 'Main', strategy: 'ROUND_ROBIN' });
    await savePlanDraft(context, { steps, lastResort: ['ada'] });
    expect(await lintPlan(context, null)).toMatchObject({
      errors: [],
      warnings: [{ path: ['steps', 0, 'target', 'pool'] }],
    });
    expect(await refused(publishPlan(context, 1))).toBe('done');
  });
});

test('changes made at the same time each raise the version once and lose nothing', async () => {
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      createRep(context, { key: `r${index}`, name: 'R', email: `r${index}@fairlead.example` }),
    ),
  );
  const { workspaceId } = context;
  expect(await database.prisma.rep.count({ where: { workspaceId } })).toBe(20);
  expect(await database.prisma.lane.findUniqueOrThrow({ where: { workspaceId } })).toMatchObject({
    configVersion: 20n,
    batch: 20n,
  });
});

test('another strategy starts a pool’s credits at 0, and keeps what was received', async () => {
  const rep = await ada();
  const { id } = await createPool(context, {
    key: 'p',
    name: 'P',
    strategy: 'VALUE_BALANCED',
    members: [{ repId: rep.id }],
  });
  const where = { workspaceId_id: { workspaceId: context.workspaceId, id: id } };
  await database.prisma.rotation.update({ where, data: { credits: { [rep.id]: '80' }, received: { [rep.id]: 3 } } });
  await updatePool(context, id, { name: 'Pool' });
  expect(await database.prisma.rotation.findUniqueOrThrow({ where })).toMatchObject({ credits: { [rep.id]: '80' } });
  await updatePool(context, id, { strategy: 'ROUND_ROBIN' });
  expect(await database.prisma.rotation.findUniqueOrThrow({ where })).toMatchObject({
    credits: { [rep.id]: '0' },
    received: { [rep.id]: 3 },
  });
});
