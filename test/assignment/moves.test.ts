import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLanes } from '../../src/assignment/lanes.ts';
import { carryOutMove, openLeadsOf } from '../../src/assignment/moves.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { books, IN_ORDER } from '../support/books.ts';
import { onePool } from '../support/companies.ts';
import { tally } from '../support/decisions.ts';
import { poolId, reassign, redistribute } from '../support/moves.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const open = (company: string): Promise<TestWorkspace> => openWorkspace(app, company);

const ids = (leads: readonly { readonly id: string }[]): string[] => leads.map(({ id }) => id);
const owners = (workspace: TestWorkspace, leads: readonly { readonly id: string }[]): Promise<string[]> =>
  Promise.all(leads.map(({ id }) => workspace.owner(id)));

const pause = async (workspace: TestWorkspace, ...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await workspace.updateRep(key, { status: 'PAUSED' });
};
const bringBack = async (workspace: TestWorkspace, ...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await workspace.updateRep(key, { status: 'ACTIVE' });
};

/** So many leads, all with the first of three reps, since the others were away. */
async function allWithTheFirst(count: number, capacity = 100): Promise<{ workspace: TestWorkspace; leads: string[] }> {
  const workspace = await open(onePool(3, { capacity }));
  await pause(workspace, 'rep-2', 'rep-3');
  const leads = await workspace.submitAll(Array.from({ length: count }, () => ({})));
  await bringBack(workspace, 'rep-2', 'rep-3');
  return { workspace, leads: ids(leads) };
}

describe('the leads of a rep that are redistributed', () => {
  test('go to the others in turn, in the order they were assigned in, and none comes back', async () => {
    const { workspace, leads } = await allWithTheFirst(5);
    const report = await redistribute(workspace, { repId: workspace.rep('rep-1') });
    expect(report).toEqual({
      dryRun: false,
      concerned: 5,
      moved: 5,
      perRep: { 'rep-2': 3, 'rep-3': 2 },
      leads: leads.map((id, index) => ({
        id,
        from: 'rep-1',
        to: index % 2 === 0 ? 'rep-2' : 'rep-3',
        method: 'REASSIGNMENT',
        stepKey: 'everyone',
      })),
    });
    expect(await workspace.loads()).toMatchObject({ 'rep-1': 0, 'rep-2': 3, 'rep-3': 2 });
  });

  test('are told to both, with who, how and why', async () => {
    const { workspace, leads } = await allWithTheFirst(1);
    const [leadId] = leads;
    await redistribute(workspace, { repId: workspace.rep('rep-1') });
    const about = { method: 'REASSIGNMENT', reason: 'moved' };
    expect(await workspace.events('LEAD_UNASSIGNED')).toEqual([
      { kind: 'LEAD_UNASSIGNED', rep: 'rep-1', leadId, data: { ...about, to: 'rep-2' } },
    ]);
    expect(await workspace.events('LEAD_REASSIGNED')).toEqual([
      { kind: 'LEAD_REASSIGNED', rep: 'rep-2', leadId, data: { ...about, from: 'rep-1' } },
    ]);
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });

  test('stay where they are when there is nobody else', async () => {
    const { workspace, leads } = await allWithTheFirst(2);
    await pause(workspace, 'rep-2', 'rep-3');
    await redistribute(workspace, { repId: workspace.rep('rep-1') });
    expect(
      await owners(
        workspace,
        leads.map((id) => ({ id })),
      ),
    ).toEqual(['boss', 'boss']);
    await pause(workspace, 'rep-1');
    const report = await redistribute(workspace, { repId: workspace.rep('boss') });
    expect(report).toMatchObject({ concerned: 2, moved: 0, perRep: {}, leads: [] });
  });

  test('that are closed are left alone', async () => {
    const { workspace, leads } = await allWithTheFirst(3);
    await workspace.close(leads[1] as string, 'WON');
    expect(await redistribute(workspace, { repId: workspace.rep('rep-1') })).toMatchObject({ concerned: 2, moved: 2 });
    expect(await workspace.owner(leads[1] as string)).toBe('rep-1');
  });

  test('that have been closed or have changed hands since they were looked up are left alone', async () => {
    const { workspace, leads } = await allWithTheFirst(3);
    const { database, clock } = app;
    const { id: repId } = await database.prisma.rep.findFirstOrThrow({
      where: { workspaceId: workspace.id, key: 'rep-1' },
    });
    const lanes = createLanes({ database, clock, committed: () => {} });
    const context = { database, clock, lanes, workspaceId: workspace.id };
    const leadIds = await openLeadsOf(context, { repId });
    await workspace.close(leads[0] as string);
    await workspace.assign(leads[1] as string, 'rep-3');
    const about = { method: 'REASSIGNMENT', reason: 'moved', by: 'test', mayStay: false } as const;
    const moved = await carryOutMove(
      context,
      { ...about, leadIds, destination: { kind: 'PLAN' }, from: new Set([repId]) },
      false,
    );
    expect(moved.map(({ leadId }) => leadId)).toEqual([leadIds[2]]);
    expect(
      await owners(
        workspace,
        leads.slice(0, 2).map((id) => ({ id })),
      ),
    ).toEqual(['rep-1', 'rep-3']);
    await lanes.close();
  });
});

describe('the leads of a pool that are redistributed', () => {
  test('are shared among all who are there, and who has most keeps no more than a part', async () => {
    const { workspace } = await allWithTheFirst(30);
    const report = await redistribute(workspace, { poolId: await poolId(workspace, 'main') });
    expect(report).toMatchObject({ concerned: 30, moved: 20, perRep: { 'rep-2': 10, 'rep-3': 10 } });
    expect(await workspace.loads()).toMatchObject({ 'rep-1': 10, 'rep-2': 10, 'rep-3': 10 });
  });

  test('that were shared evenly stay as they are', async () => {
    const workspace = await open(onePool(3));
    await workspace.submitAll(Array.from({ length: 9 }, () => ({})));
    const report = await redistribute(workspace, { poolId: await poolId(workspace, 'main') });
    expect(report).toMatchObject({ concerned: 9, moved: 0 });
    expect(await workspace.events('LEAD_REASSIGNED')).toEqual([]);
  });

  test('may stay with an owner whose places they fill', async () => {
    const { workspace, leads } = await allWithTheFirst(3, 3);
    await pause(workspace, 'rep-2', 'rep-3');
    const report = await redistribute(workspace, { poolId: await poolId(workspace, 'main') });
    expect(report).toMatchObject({ concerned: 3, moved: 0 });
    expect(
      await owners(
        workspace,
        leads.map((id) => ({ id })),
      ),
    ).toEqual(['rep-1', 'rep-1', 'rep-1']);
  });
});

describe('leads that are reassigned', () => {
  const fair = { filter: { source: 'fair' } };

  test.each([
    ['a rep, beyond the limits', 'rep', { 'rep-2': 4 }, null],
    ['a pool, by its rotation', 'pool', { 'rep-2': 2, 'rep-3': 2 }, 'other'],
    ['the plan', 'plan', {}, 'everyone'],
  ] as const)('go to %s', async (_, to, perRep, stepKey) => {
    const workspace = await open(
      `${onePool(3, { capacity: 2 })}`.replace(
        'plan:',
        '  - { key: other, name: Other, strategy: ROUND_ROBIN, members: [{ rep: rep-2 }, { rep: rep-3 }] }\nplan:',
      ),
    );
    await workspace.updateRep('boss', { capacity: 50 });
    await pause(workspace, 'rep-2', 'rep-3');
    await workspace.updateRep('rep-1', { capacity: 6 });
    const leads = await workspace.submitAll([...Array(4).fill({ source: 'fair' }), { source: 'web' }]);
    await bringBack(workspace, 'rep-2', 'rep-3');
    const target = {
      rep: { repId: workspace.rep('rep-2') },
      pool: { poolId: await poolId(workspace, 'other') },
      plan: {},
    }[to];
    const report = await reassign(workspace, { ...fair, ...target });
    expect(report).toMatchObject({
      concerned: 4,
      leads: report.leads.map(() => ({ method: 'REASSIGNMENT', stepKey })),
    });
    if (to !== 'plan') expect(report).toMatchObject({ moved: 4, perRep });
    const had = tally(await owners(workspace, leads.slice(0, 4)));
    expect(had).toEqual(to === 'plan' ? { 'rep-1': 2, 'rep-2': 1, 'rep-3': 1 } : perRep);
    expect(await workspace.owner(leads[4]?.id ?? '')).toBe('rep-1');
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });

  test('say that a limit was passed where a rep got them beyond it', async () => {
    const { workspace, leads } = await allWithTheFirst(2);
    await workspace.updateRep('rep-2', { capacity: 1 });
    await reassign(workspace, { filter: { ownerId: workspace.rep('rep-1') }, repId: workspace.rep('rep-2') });
    const said = await Promise.all(
      leads.map(async (leadId) => {
        const { data } = await workspace.send<{ decision: { beyondCapacity: boolean } }>(
          'query ($leadId: ID!) { decision(leadId: $leadId) { beyondCapacity } }',
          { leadId },
        );
        return data?.decision.beyondCapacity;
      }),
    );
    expect(said).toEqual([false, true]);
  });

  test('do not go to somebody whose own address they carry', async () => {
    const workspace = await open(onePool(2));
    const { id, owner } = await workspace.submit({ email: 'rep-1@fairlead.example' });
    expect(owner).toBe('rep-2');
    const report = await reassign(workspace, { filter: { open: true }, repId: workspace.rep('rep-1') });
    expect(report).toMatchObject({ concerned: 1, moved: 0 });
    expect(await workspace.owner(id)).toBe('rep-2');
  });
});

describe('the leads of one person', () => {
  test('move together, and the first of them decides', async () => {
    const { workspace } = await allWithTheFirst(0);
    await pause(workspace, 'rep-2', 'rep-3');
    const person = await workspace.submitAll(Array.from({ length: 3 }, () => ({ email: 'x@one.example' })));
    const [other] = await workspace.submitAll([{ email: 'y@two.example' }]);
    await bringBack(workspace, 'rep-2', 'rep-3');
    const report = await redistribute(workspace, { repId: workspace.rep('rep-1') });
    expect(report).toMatchObject({ concerned: 4, moved: 4, perRep: { 'rep-2': 3, 'rep-3': 1 } });
    expect(await owners(workspace, [...person, other as (typeof person)[number]])).toEqual([
      'rep-2',
      'rep-2',
      'rep-2',
      'rep-3',
    ]);
  });

  test('stay together, where the first of them stays', async () => {
    const workspace = await open(onePool(2));
    const one = { email: 'x@one.example', source: 'fair' };
    const person = await workspace.submitAll([one, one]);
    await workspace.submit({});
    // All level, and the first rep has waited longest; a second lead would be the other one's.
    const report = await reassign(workspace, { filter: { source: 'fair' } });
    expect(report).toMatchObject({ concerned: 2, moved: 0 });
    expect(await owners(workspace, person)).toEqual(['rep-1', 'rep-1']);
  });

  test('move once, also where they are far apart among many', async () => {
    const workspace = await open(onePool(3, { capacity: 1_000 }));
    const person = { email: 'x@one.example' };
    const leads = await workspace.submitAll([person, ...Array(300).fill({}), person]);
    const foreseen = await reassign(workspace, { filter: { open: true }, dryRun: true });
    const report = await reassign(workspace, { filter: { open: true } });
    expect({ ...report, dryRun: true }).toEqual(foreseen);
    const [first, last] = [await workspace.owner(leads[0]?.id ?? ''), await workspace.owner(leads.at(-1)?.id ?? '')];
    expect(last).toBe(first);
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });
});

describe('new leads', () => {
  test('that come in while many are moved have an owner too, and nobody’s books are wrong', async () => {
    const { workspace } = await allWithTheFirst(400, 2_000);
    let done = false;
    const moving = redistribute(workspace, { repId: workspace.rep('rep-1') }).finally(() => {
      done = true;
    });
    const submitted: string[] = [];
    while (!done) submitted.push(...ids(await workspace.submitAll([{}, {}])));
    expect(await moving).toMatchObject({ concerned: 400, moved: 400 });
    expect(submitted.length).toBeGreaterThan(0);
    const { rows } = await app.database.pool.query<{ open: number }>(
      `SELECT count(*)::int AS "open" FROM "Assignment" WHERE "workspaceId" = $1 AND "endedAt" IS NULL`,
      [workspace.id],
    );
    expect(rows[0]?.open).toBe(400 + submitted.length);
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });
});

describe('more than 10,000 leads', () => {
  test('are refused before anything is moved, by whatever way', async () => {
    const { workspace, leads } = await allWithTheFirst(1);
    await multiply(workspace, 10_000);
    const before = await workspace.count('Event');
    const refused = { code: 'TOO_MANY_LEADS' };
    const repId = workspace.rep('rep-1');
    expect(await redistribute(workspace, { repId })).toMatchObject(refused);
    expect(await redistribute(workspace, { poolId: await poolId(workspace, 'main') })).toMatchObject(refused);
    expect(await reassign(workspace, { filter: { open: true } })).toMatchObject(refused);
    expect(await workspace.mutate('offboardRep', { repId }, '__typename')).toMatchObject(refused);
    expect(await workspace.count('Event')).toBe(before);
    const rep = await app.database.prisma.rep.findFirstOrThrow({ where: { workspaceId: workspace.id, key: 'rep-1' } });
    expect(rep.status).toBe('ACTIVE');
    // One fewer is not too many.
    await workspace.close(leads[0] as string);
    const of = { database: app.database, workspaceId: workspace.id };
    expect(await openLeadsOf(of, { repId: rep.id })).toHaveLength(10_000);
  });
});

/** Makes copies of the only lead there is, with its owner. As the owner: a server’s queries have a time limit. */
async function multiply({ id }: TestWorkspace, count: number): Promise<void> {
  await app.testDatabase.asOwner(
    `WITH copies AS (
       SELECT md5($1 || n)::uuid AS "id", n FROM generate_series(1, $2::int) AS n
     ), leads AS (
       INSERT INTO "Lead" SELECT r.* FROM "Lead" l, copies c, jsonb_populate_record(l, jsonb_build_object('id', c."id")) r
       WHERE l."workspaceId" = $1::uuid
     )
     INSERT INTO "Assignment" SELECT r.* FROM "Assignment" a, copies c, jsonb_populate_record(a,
       jsonb_build_object('id', gen_random_uuid(), 'leadId', c."id", 'number', a."number" + c.n)) r
     WHERE a."workspaceId" = $1::uuid`,
    [id, count],
  );
}
