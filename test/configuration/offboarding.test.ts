import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { books, IN_ORDER } from '../support/books.ts';
import { checksums } from '../support/checksums.ts';
import { tally } from '../support/decisions.ts';
import { offboard, poolId } from '../support/moves.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** Ann is in a pool with Bob and Cy, weighs 2 there, owns a customer and a territory, and has a manager. */
const COMPANY = JSON.stringify({
  apiVersion: 'fairlead/v1',
  kind: 'Company',
  reps: [
    { key: 'boss', name: 'Boss', email: 'boss@fairlead.example' },
    { key: 'lead', name: 'Team Lead', email: 'lead@fairlead.example', manager: 'boss' },
    ...['ann', 'bob', 'cy', 'dee'].map((key) => ({
      key,
      name: key,
      email: `${key}@fairlead.example`,
      manager: 'lead',
    })),
  ],
  segments: [{ key: 'hot', name: 'Hot', condition: { field: 'score', operator: 'AT_LEAST', value: 80 } }],
  pools: [
    {
      key: 'main',
      name: 'Main',
      strategy: 'WEIGHTED',
      weightSegments: ['hot'],
      members: [
        { rep: 'ann', weight: 2, segmentWeights: { hot: 4 } },
        { rep: 'bob', weight: 2 },
        { rep: 'cy', segmentWeights: { hot: 3 } },
      ],
    },
    { key: 'other', name: 'Other', strategy: 'ROUND_ROBIN', members: [{ rep: 'dee' }, { rep: 'bob' }] },
  ],
  accounts: [
    { key: 'acme', name: 'Acme', kind: 'CUSTOMER', domains: ['acme.example'], owner: 'ann' },
    { key: 'globex', name: 'Globex', kind: 'CUSTOMER', domains: ['globex.example'], owner: 'bob' },
  ],
  territories: [
    { key: 'alps', name: 'Alps', countries: ['AT'], rep: 'ann' },
    { key: 'north', name: 'North', countries: ['NO'], rep: 'bob' },
  ],
  plan: {
    steps: [
      { key: 'customers', kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } },
      { key: 'territory', kind: 'TERRITORY', target: { kind: 'TERRITORY' } },
      { key: 'everyone', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'main' } },
    ],
    lastResort: ['boss'],
  },
});

/** One lead each of Ann's customer, of her territory, and from the pool. */
async function withLeads(): Promise<{
  workspace: TestWorkspace;
  leads: { customer: string; alps: string; pool: string };
}> {
  const workspace = await openWorkspace(app, COMPANY);
  const leads = await workspace.submitAll([{ companyDomain: 'acme.example' }, { country: 'AT' }, {}]);
  expect(leads.map(({ owner, stepKey }) => [owner, stepKey])).toEqual([
    ['ann', 'customers'],
    ['ann', 'territory'],
    // Level with Bob, who has waited longer.
    ['bob', 'everyone'],
  ]);
  const second = await workspace.submit({});
  expect(second.owner).toBe('ann');
  const [customer, alps] = leads;
  return { workspace, leads: { customer: customer?.id ?? '', alps: alps?.id ?? '', pool: second.id } };
}

const leave = (workspace: TestWorkspace, rest: object = {}) =>
  offboard(workspace, { repId: workspace.rep('ann'), ...rest });

const owners = async (workspace: TestWorkspace, leads: object): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(Object.entries(leads).map(async ([name, id]) => [name, await workspace.owner(id)] as const)),
  );

const ofAnn = async ({ send }: TestWorkspace): Promise<object> => {
  const { data } = await send(`{ rep(key: "ann") { status load pools { key } }
    accountsToReown { edges { node { key owner { key } } } }
    territories { edges { node { key rep { key } } } } }`);
  return data ?? {};
};

describe('a rep who leaves', () => {
  test('with a successor hands everything over, and the report says what', async () => {
    const { workspace, leads } = await withLeads();
    const left = await leave(workspace, { successorId: workspace.rep('dee'), reason: 'Moves to Lisbon' });
    expect(left).toMatchObject({
      accounts: ['acme'],
      territories: ['alps'],
      reowned: true,
      pools: ['main'],
      keysRevoked: 0,
      report: { dryRun: false, concerned: 3, moved: 3 },
    });
    expect(left.report.leads).toEqual([
      { id: leads.customer, from: 'ann', to: 'dee', method: 'OFFBOARDING', stepKey: 'customers' },
      { id: leads.alps, from: 'ann', to: 'dee', method: 'OFFBOARDING', stepKey: 'territory' },
      { id: leads.pool, from: 'ann', to: 'cy', method: 'OFFBOARDING', stepKey: 'everyone' },
    ]);
    expect(await owners(workspace, leads)).toEqual({ customer: 'dee', alps: 'dee', pool: 'cy' });
    expect(await ofAnn(workspace)).toEqual({
      rep: { status: 'LEFT', load: 0, pools: [] },
      accountsToReown: { edges: [] },
      territories: {
        edges: [{ node: { key: 'alps', rep: { key: 'dee' } } }, { node: { key: 'north', rep: { key: 'bob' } } }],
      },
    });
    expect((await workspace.submit({ companyDomain: 'acme.example' })).owner).toBe('dee');
    const reasons = (await workspace.events('LEAD_REASSIGNED')).map(({ data }) => data.reason);
    expect(reasons).toEqual(Array(3).fill('Moves to Lisbon'));
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });

  test('without one leaves accounts and territories to be re-owned; their leads go to the manager and by the plan', async () => {
    const { workspace, leads } = await withLeads();
    const left = await leave(workspace);
    expect(left).toMatchObject({ accounts: ['acme'], territories: ['alps'], reowned: false });
    expect(await owners(workspace, leads)).toEqual({ customer: 'lead', alps: 'cy', pool: expect.any(String) });
    expect(await ofAnn(workspace)).toMatchObject({
      accountsToReown: { edges: [{ node: { key: 'acme', owner: { key: 'ann' } } }] },
      territories: {
        edges: [{ node: { key: 'alps', rep: { key: 'ann' } } }, { node: { key: 'north', rep: { key: 'bob' } } }],
      },
    });
    // So too with what comes in later.
    expect(await workspace.submit({ companyDomain: 'acme.example' })).toMatchObject({
      owner: 'lead',
      stepKey: 'customers',
    });
  });

  test('hands the credits in each rotation to the others by weight, whose order stays', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const leads = await workspace.submitAll([{}, {}, {}, {}, {}, {}, {}]);
    expect(tally(leads.map(({ owner }) => owner))).toEqual({ ann: 3, bob: 3, cy: 1 });
    const before = await workspace.credits();
    const hotBefore = await workspace.submitAll([{ score: 90 }, { score: 90 }]);
    for (const { id, owner } of [...leads, ...hotBefore]) if (owner === 'ann') await workspace.close(id);
    await leave(workspace);
    const after = await workspace.credits();
    // No lead was left to be moved, so that only the credits have.
    const share = before.ann as number;
    expect(after).toEqual({
      bob: expect.closeTo((before.bob as number) + (share * 2) / 3, 9),
      cy: expect.closeTo((before.cy as number) + share / 3, 9),
    });
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });

  test('gets no lead any more, however many come in meanwhile', async () => {
    const { workspace } = await withLeads();
    let done = false;
    const leaving = leave(workspace).finally(() => {
      done = true;
    });
    const late: string[] = [];
    while (!done)
      late.push(...(await workspace.submitAll([{}, {}, { companyDomain: 'acme.example' }])).map(({ id }) => id));
    await leaving;
    expect((await ofAnn(workspace)) as object).toMatchObject({ rep: { load: 0, status: 'LEFT' } });
    expect(await Promise.all(late.map((id) => workspace.owner(id)))).not.toContain('ann');
    expect(await workspace.submitAll([{}, {}, {}, {}])).not.toContainEqual(expect.objectContaining({ owner: 'ann' }));
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });

  test('takes one person’s leads along together', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const [first, second] = await workspace.submitAll([
      { email: 'x@one.example', country: 'AT' },
      { email: 'x@one.example' },
    ]);
    await leave(workspace);
    expect(await workspace.owner(first?.id ?? '')).toBe('bob');
    expect(await workspace.owner(second?.id ?? '')).toBe('bob');
  });

  test('can be asked to leave again: what was not moved yet is, and nothing twice', async () => {
    const { workspace, leads } = await withLeads();
    // As if the server had died between the one and the other.
    await workspace.updateRep('ann', { status: 'LEFT' });
    expect(await leave(workspace)).toMatchObject({ pools: ['main'], report: { moved: 3 } });
    const events = await workspace.count('Event');
    expect(await leave(workspace)).toMatchObject({ pools: [], report: { concerned: 0, moved: 0 }, accounts: ['acme'] });
    expect(await leave(workspace, { successorId: workspace.rep('dee') })).toMatchObject({
      reowned: true,
      accounts: ['acme'],
    });
    expect(await workspace.count('Event')).toBe(events);
    expect(await workspace.owner(leads.customer)).toBe('lead');
  });
});

test('the calendars of a rep who leaves are removed, with what they are read with', async () => {
  const { workspace } = await withLeads();
  const { prisma } = app.database;
  for (const rep of ['ann', 'bob']) {
    const ics = { url: 'https://calendar.example.com/secret.ics' };
    const input = { name: rep, kind: 'ICS', repId: workspace.rep(rep), ics };
    const create = 'mutation ($input: CreateCalendarInput!) { createCalendar(input: $input) { __typename } }';
    expect((await workspace.send(create, { input })).data).toEqual({
      createCalendar: { __typename: 'CalendarSuccess' },
    });
  }
  await leave(workspace);
  const left = await prisma.calendar.findMany({ where: { workspaceId: workspace.id } });
  expect(left.map(({ name }) => name)).toEqual(['bob']);
  await prisma.calendar.deleteMany({ where: { workspaceId: workspace.id } });
});

describe('the keys of a rep who leaves', () => {
  test('are refused from then on; those of others stay good', async () => {
    const { workspace } = await withLeads();
    const keys = [
      await workspace.keyFor('REP', 'ann'),
      await workspace.keyFor('MANAGER', 'ann'),
      await workspace.keyFor('REP', 'bob'),
    ];
    expect(await leave(workspace)).toMatchObject({ keysRevoked: 2 });
    const answers = await Promise.all(keys.map((key) => workspace.send('{ me { role } }', {}, key)));
    expect(answers.map(({ data, errors }) => data ?? errors[0]?.extensions?.code)).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      { me: { role: 'REP' } },
    ]);
    expect(await leave(workspace)).toMatchObject({ keysRevoked: 0 });
  });
});

describe('leaving is refused', () => {
  test('to the last one of the last resort, and to a successor who is nobody, gone or the same', async () => {
    const { workspace } = await withLeads();
    const boss = workspace.rep('boss');
    const ann = workspace.rep('ann');
    await workspace.updateRep('cy', { status: 'LEFT' });
    const other = await openWorkspace(app, COMPANY);
    const before = await checksums(app.database);
    expect(await offboard(workspace, { repId: boss })).toMatchObject({ code: 'IN_USE' });
    expect(await offboard(workspace, { repId: boss, dryRun: true })).toMatchObject({ code: 'IN_USE' });
    expect(await leave(workspace, { successorId: workspace.rep('cy') })).toMatchObject({ code: 'REP_LEFT' });
    for (const successorId of [ann, other.rep('bob'), boss.slice(0, -2)]) {
      expect(await leave(workspace, { successorId })).toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(await offboard(workspace, { repId: other.rep('ann') })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await leave(workspace, { reason: 'x'.repeat(501) })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await checksums(app.database)).toEqual(before);
  });
});

describe('a dry run of leaving', () => {
  test.each([['dee'], [null]])('with %s as successor changes nothing and says what then happens', async (successor) => {
    const { workspace, leads } = await withLeads();
    await workspace.keyFor('REP', 'ann');
    const rest = successor === null ? {} : { successorId: workspace.rep(successor) };
    const before = await checksums(app.database);
    const foreseen = await leave(workspace, { ...rest, dryRun: true });
    expect(await checksums(app.database)).toEqual(before);
    const happened = await leave(workspace, rest);
    expect({ ...happened, report: { ...happened.report, dryRun: true } }).toEqual(foreseen);
    const { customer } = await owners(workspace, leads);
    expect(customer).toBe(successor ?? 'lead');
  });

  test('goes by the credits that the others then have', async () => {
    const byValue = COMPANY.replace('"strategy":"WEIGHTED","weightSegments":["hot"]', '"strategy":"VALUE_BALANCED"');
    expect(byValue).not.toBe(COMPANY);
    const workspace = await openWorkspace(app, byValue);
    // Ann owes for what she got by hand; Cy, who comes later, is to bear a part of it.
    const setMembers = async (keys: readonly string[]) => {
      const members = keys.map((key) => ({ repId: workspace.rep(key), weight: key === 'cy' ? 1 : 2 }));
      await workspace.mutate('setPoolMembers', { poolId: await poolId(workspace, 'main'), members }, 'pool { key }');
    };
    await setMembers(['ann', 'bob']);
    for (const { id } of await workspace.submitAll(Array(4).fill({ score: 100 }))) await workspace.assign(id, 'ann');
    await setMembers(['ann', 'bob', 'cy']);
    const foreseen = await leave(workspace, { dryRun: true });
    const happened = await leave(workspace);
    expect(happened.report.leads).toEqual(foreseen.report.leads);
    expect(happened.report.moved).toBe(4);
  });
});

describe('members who are moved to another pool', () => {
  const move = (workspace: TestWorkspace, from: string, to: string, repIds: readonly string[], dryRun = false) =>
    (async () =>
      workspace.mutate(
        'movePoolMembers',
        { fromPoolId: await poolId(workspace, from), toPoolId: await poolId(workspace, to), repIds, dryRun },
        'from { key } to { key } moved { key } alreadyThere { key } notMembers',
      ))();

  test('begin there at 0 with weight and tier; those they leave share their credits', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    await workspace.submitAll([{}, {}, {}, { score: 90 }]);
    const main = await workspace.credits();
    const other = await workspace.credits('other');
    const repIds = ['ann', 'bob', 'lead'].map((key) => workspace.rep(key));
    const before = await checksums(app.database);
    const foreseen = await move(workspace, 'main', 'other', repIds, true);
    expect(await checksums(app.database)).toEqual(before);
    const report = {
      from: { key: 'main' },
      to: { key: 'other' },
      moved: [{ key: 'ann' }],
      alreadyThere: [{ key: 'bob' }],
      notMembers: 1,
    };
    expect(foreseen).toEqual(report);
    expect(await move(workspace, 'main', 'other', repIds)).toEqual(report);
    expect(await workspace.credits()).toEqual({
      cy: expect.closeTo(
        Object.values(main).reduce((a, b) => a + b, 0),
        9,
      ),
    });
    expect(await workspace.credits('other')).toEqual({ ...other, ann: 0 });
    const { data } = await workspace.send('{ pool(key: "other") { members { rep { key } weight segmentWeights } } }');
    expect(data).toEqual({
      pool: {
        members: [
          { rep: { key: 'dee' }, weight: 1, segmentWeights: {} },
          { rep: { key: 'bob' }, weight: 1, segmentWeights: {} },
          { rep: { key: 'ann' }, weight: 2, segmentWeights: {} },
        ],
      },
    });
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });

  test('are refused where a pool is unknown or the same, or there are too many', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    expect(await move(workspace, 'main', 'main', [])).toMatchObject({ issues: ['toPoolId: must be another pool'] });
    expect(await move(workspace, 'main', 'other', Array(1_001).fill(workspace.rep('ann')))).toMatchObject({
      issues: ['repIds: has more than 1,000 reps; send them in several calls'],
    });
  });
});
