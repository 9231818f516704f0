import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setPoolMembers } from '../../src/configuration/pools.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { books, IN_ORDER } from '../support/books.ts';
import { offboard, poolId } from '../support/moves.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

interface Given {
  readonly main?: object;
  readonly target?: object;
}

const company = ({ main = {}, target = { kind: 'POOL', pool: 'main' } }: Given = {}): string =>
  JSON.stringify({
    apiVersion: 'fairlead/v1',
    kind: 'Company',
    reps: ['boss', 'ann', 'bob', 'cy', 'dee'].map((key) => ({ key, name: key, email: `${key}@fairlead.example` })),
    segments: [{ key: 'hot', name: 'Hot', condition: { field: 'score', operator: 'AT_LEAST', value: 50 } }],
    pools: [
      {
        key: 'main',
        name: 'Main',
        strategy: 'WEIGHTED',
        members: [{ rep: 'ann' }, { rep: 'bob', weight: 2 }, { rep: 'cy', weight: 3 }],
        ...main,
      },
      { key: 'other', name: 'Other', strategy: 'ROUND_ROBIN', members: [{ rep: 'dee' }, { rep: 'boss' }] },
    ],
    plan: { steps: [{ key: 'everyone', kind: 'DEFAULT', target }], lastResort: ['boss'] },
  });

/** All credits that are not 0, of all rotations, with what each has received. */
async function standing({ id }: TestWorkspace): Promise<object> {
  const { rows } = await app.database.pool.query<{
    id: string;
    scale: string;
    credits: Record<string, string>;
    received: Record<string, number>;
  }>('SELECT "id", "scale", "credits", "received" FROM "Rotation" WHERE "workspaceId" = $1 ORDER BY "id"', [id]);
  const notNothing = <Value>(values: Readonly<Record<string, Value>>, map: (value: Value) => number) =>
    Object.fromEntries(
      Object.entries(values)
        .map(([name, value]) => [name, map(value)] as const)
        .filter(([, value]) => value !== 0),
    );
  return Object.fromEntries(
    rows.flatMap((row) => {
      const credits = notNothing(
        row.credits,
        (credit) => Number((BigInt(credit) * 1_000_000n) / BigInt(row.scale)) / 1e6,
      );
      const received = notNothing(row.received, (count) => count);
      return Object.keys({ ...credits, ...received }).length === 0 ? [] : [[row.id, { credits, received }]];
    }),
  );
}

const reopen = (workspace: TestWorkspace, leadId: string): Promise<void> => workspace.close(leadId, 'QUALIFIED');

const LIST = { kind: 'POOLS', pools: [{ pool: 'main' }, { pool: 'other' }] };
const HOT = {
  weightSegments: ['hot'],
  members: [{ rep: 'ann', segmentWeights: { hot: 7 } }, { rep: 'bob' }, { rep: 'cy', segmentWeights: { hot: 2 } }],
};

describe('a lead that is disqualified', () => {
  test.each([
    ['a pool by number', { main: { strategy: 'ROUND_ROBIN' } }],
    ['a pool by weight', {}],
    ['a pool by value', { main: { strategy: 'VALUE_BALANCED' } }],
    ['a pool by load', { main: { strategy: 'LEAST_LOADED' } }],
    ['a rotation of a segment', { main: HOT }],
    ['a list of pools', { target: LIST }],
    ['a list of pools by their own weights', { target: { ...LIST, share: 'PER_POOL' } }],
  ] as const)('gives the turn back in %s, and takes it again when it is none, each once', async (_, given) => {
    const workspace = await openWorkspace(app, company(given));
    await workspace.submitAll([{ score: 70 }, { score: 20 }]);
    const before = await standing(workspace);
    const { id } = await workspace.submit({ score: 60 });
    const taken = await standing(workspace);
    expect(taken).not.toEqual(before);
    await workspace.close(id, 'DISQUALIFIED');
    expect(await standing(workspace)).toEqual(before);
    await workspace.close(id, 'DISQUALIFIED');
    expect(await standing(workspace)).toEqual(before);
    await reopen(workspace, id);
    expect(await standing(workspace)).toEqual(taken);
    await workspace.close(id, 'WON');
    expect(await standing(workspace)).toEqual(taken);
    await workspace.close(id, 'DISQUALIFIED');
    expect(await standing(workspace)).toEqual(before);
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });

  test('gives back what the present owner has paid by hand; what former ones paid stands', async () => {
    const workspace = await openWorkspace(app, company());
    const { id, owner } = await workspace.submit({});
    const first = await standing(workspace);
    await workspace.assign(id, 'ann');
    expect(owner).toBe('cy');
    await workspace.close(id, 'DISQUALIFIED');
    expect(await standing(workspace)).toEqual(first);
  });

  test('gives nothing back where its assignment by hand did not count', async () => {
    const workspace = await openWorkspace(app, company({ main: { countManual: false } }));
    const { id } = await workspace.submit({});
    await workspace.assign(id, 'ann');
    const before = await standing(workspace);
    await workspace.close(id, 'DISQUALIFIED');
    expect(await standing(workspace)).toEqual(before);
  });

  test('gives nothing back in a pool that does not want it', async () => {
    const workspace = await openWorkspace(app, company({ main: { returnDisqualified: false } }));
    const { id } = await workspace.submit({});
    const before = await standing(workspace);
    await workspace.close(id, 'DISQUALIFIED');
    await reopen(workspace, id);
    expect(await standing(workspace)).toEqual(before);
  });

  test.each([true, false])(
    'goes by what the pool wants at that moment, at first %s, and gives no turn back twice',
    async (wanted) => {
      const workspace = await openWorkspace(app, company({ main: { returnDisqualified: wanted } }));
      const before = await standing(workspace);
      const { id } = await workspace.submit({});
      const taken = await standing(workspace);
      const main = await poolId(workspace, 'main');
      const want = (returnDisqualified: boolean) =>
        workspace.mutate('updatePool', { id: main, returnDisqualified }, '__typename');
      await workspace.close(id, 'DISQUALIFIED');
      expect(await standing(workspace)).toEqual(wanted ? before : taken);
      await want(!wanted);
      await reopen(workspace, id);
      // A turn that was given back stays so while the pool does not want to hear of it; one that was not is not taken again.
      expect(await standing(workspace)).toEqual(wanted ? before : taken);
      await want(true);
      await workspace.close(id, 'DISQUALIFIED');
      expect(await standing(workspace)).toEqual(before);
      expect(await books(app, workspace.id)).toEqual(IN_ORDER);
    },
  );

  test.each([
    ['who paid', 'cy'],
    ['who earned', 'ann'],
  ])(
    'leaves the sum at zero when %s has left the pool since, has come back, or has left the company',
    async (_, gone) => {
      const workspace = await openWorkspace(app, company());
      const leads = await workspace.submitAll([{}, {}, {}, {}, {}, {}]);
      const [first, second, third] = leads.filter(({ owner }) => owner === 'cy').map(({ id }) => id) as [
        string,
        string,
        string,
      ];
      const { prisma } = app.database;
      const main = await prisma.pool.findFirstOrThrow({ where: { workspaceId: workspace.id, key: 'main' } });
      const reps = await prisma.rep.findMany({
        where: { workspaceId: workspace.id, key: { in: ['ann', 'bob', 'cy'] } },
      });
      const setMembers = (members: typeof reps) =>
        setPoolMembers(
          workspace.context,
          main.id,
          members.map(({ id }) => ({ repId: id })),
        );
      await setMembers(reps.filter(({ key }) => key !== gone));
      await workspace.close(first, 'DISQUALIFIED');
      expect(Object.keys(await workspace.credits())).not.toContain(gone);
      expect(await books(app, workspace.id)).toEqual(IN_ORDER);
      await setMembers(reps);
      await workspace.close(second, 'DISQUALIFIED');
      await reopen(workspace, first);
      expect(await books(app, workspace.id)).toEqual(IN_ORDER);
      await workspace.mutate(
        'updatePool',
        { id: await poolId(workspace, 'main'), strategy: 'VALUE_BALANCED' },
        '__typename',
      );
      await offboard(workspace, { repId: workspace.rep(gone) });
      await workspace.close(third, 'DISQUALIFIED');
      expect(await books(app, workspace.id)).toEqual(IN_ORDER);
    },
  );
});
