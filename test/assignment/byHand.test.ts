import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { books, IN_ORDER } from '../support/books.ts';
import { poolId } from '../support/moves.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

interface Given {
  readonly main?: object;
  readonly other?: object;
}

/**
 * Leads go to the pool `main` of Ann, Bob and Cy by number, those of a fair to `fair` of Ann and Bob by value. Dee is in
 * neither.
 */
const company = ({ main = {}, other = {} }: Given = {}): string =>
  JSON.stringify({
    apiVersion: 'fairlead/v1',
    kind: 'Company',
    reps: ['boss', 'ann', 'bob', 'cy', 'dee'].map((key) => ({ key, name: key, email: `${key}@fairlead.example` })),
    segments: [{ key: 'hot', name: 'Hot', condition: { field: 'score', operator: 'AT_LEAST', value: 90 } }],
    pools: [
      {
        key: 'main',
        name: 'Main',
        strategy: 'WEIGHTED',
        members: [{ rep: 'ann' }, { rep: 'bob', weight: 2 }, { rep: 'cy', weight: 3 }],
        ...main,
      },
      {
        key: 'fair',
        name: 'Fair',
        strategy: 'VALUE_BALANCED',
        members: [{ rep: 'ann' }, { rep: 'bob' }],
        ...other,
      },
    ],
    plan: {
      steps: [
        {
          key: 'fair',
          kind: 'SEGMENT',
          condition: { field: 'source', operator: 'EQUALS', value: 'fair' },
          target: { kind: 'POOL', pool: 'fair' },
        },
        {
          key: 'dee',
          kind: 'SEGMENT',
          condition: { field: 'source', operator: 'EQUALS', value: 'dee' },
          target: { kind: 'REP', rep: 'dee' },
        },
        { key: 'everyone', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'main' } },
      ],
      lastResort: ['boss'],
    },
  });

type Credits = Readonly<Record<string, number>>;

/** What an assignment by hand has moved in both pools, to two digits. */
async function moved(
  workspace: TestWorkspace,
  lead: object,
  to: string,
  namedPool?: string,
): Promise<{ main: Credits; fair: Credits }> {
  const { id } = await workspace.submit(lead);
  const read = async () => ({ main: await workspace.credits('main'), fair: await workspace.credits('fair') });
  const before = await read();
  const input = {
    leadId: id,
    repId: workspace.rep(to),
    reason: 'by hand',
    ...(namedPool === undefined ? {} : { poolId: await poolId(workspace, namedPool) }),
  };
  expect(await workspace.mutate('assignLead', input, 'lead { owner { key } }')).toEqual({
    lead: { owner: { key: to } },
  });
  const after = await read();
  expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  const difference = (pool: 'main' | 'fair'): Credits =>
    Object.fromEntries(
      Object.entries(after[pool]).flatMap(([rep, credit]) => {
        const change = Math.round((credit - (before[pool][rep] ?? 0)) * 100) / 100;
        return change === 0 ? [] : [[rep, change]];
      }),
    );
  return { main: difference('main'), fair: difference('fair') };
}

/* Cy gets the first lead of `main`, being the heaviest, and Ann that of `fair`, standing first. */
describe('an assignment by hand', () => {
  test.each([
    // The lead's source, the receiver, the pool named, and what moves in either pool.
    ['web', 'ann', undefined, { main: { ann: -0.83, bob: 0.33, cy: 0.5 }, fair: {} }],
    ['web', 'bob', undefined, { main: { ann: 0.17, bob: -0.67, cy: 0.5 }, fair: {} }],
    ['fair', 'bob', undefined, { main: {}, fair: { ann: 40, bob: -40 } }],
    // In the pool named, at what the lead is worth there; in no other.
    ['web', 'ann', 'fair', { main: {}, fair: { ann: -40, bob: 40 } }],
    ['fair', 'bob', 'main', { main: { ann: 0.17, bob: -0.67, cy: 0.5 }, fair: {} }],
    ['fair', 'cy', 'main', { main: { ann: 0.17, bob: 0.33, cy: -0.5 }, fair: {} }],
    // A lead that no pool has routed counts where it is said, or nowhere.
    ['dee', 'ann', 'main', { main: { ann: -0.83, bob: 0.33, cy: 0.5 }, fair: {} }],
    ['dee', 'ann', undefined, { main: {}, fair: {} }],
    // Who is no member there takes no turn.
    ['web', 'dee', undefined, { main: {}, fair: {} }],
    ['fair', 'cy', undefined, { main: {}, fair: {} }],
    ['web', 'dee', 'fair', { main: {}, fair: {} }],
  ] as const)(
    'of a lead from %s to %s counts as a new one in its own pool, or in the one named: %s',
    async (source, to, named, expected) => {
      const workspace = await openWorkspace(app, company());
      expect(await moved(workspace, { source, score: 80 }, to, named)).toEqual(expected);
    },
  );

  test.each([
    [{ main: { countManual: false } }, 'web', 'ann', undefined, { main: {}, fair: {} }],
    [{ main: { countManual: false } }, 'fair', 'bob', undefined, { main: {}, fair: { ann: 40, bob: -40 } }],
    [{ main: { countManual: false } }, 'fair', 'bob', 'main', { main: {}, fair: {} }],
    [{ other: { countManual: false } }, 'fair', 'bob', 'main', { main: { ann: 0.17, bob: -0.67, cy: 0.5 }, fair: {} }],
  ] as const)(
    'counts where the pool does not say otherwise (%j): from %s to %s, pool %s',
    async (given, source, to, named, expected) => {
      const workspace = await openWorkspace(app, company(given));
      expect(await moved(workspace, { source, score: 80 }, to, named)).toEqual(expected);
    },
  );

  test('lets only those earn who could have taken the lead, and what the former owner paid stands', async () => {
    const workspace = await openWorkspace(app, company());
    await workspace.updateRep('bob', { status: 'PAUSED' });
    const { id, owner } = await workspace.submit({});
    const paid = await workspace.credits();
    expect([owner, paid]).toEqual(['cy', { ann: 0.25, bob: 0, cy: -0.25 }]);
    await workspace.assign(id, 'ann');
    expect(await workspace.credits()).toEqual({ ann: -0.5, bob: 0, cy: 0.5 });
  });

  test('counts in the weights of the lead’s segment', async () => {
    const main = {
      weightSegments: ['hot'],
      members: [
        { rep: 'ann', segmentWeights: { hot: 3 } },
        { rep: 'bob', segmentWeights: { hot: 1 } },
      ],
    };
    const workspace = await openWorkspace(app, company({ main }));
    const { id } = await workspace.submit({ score: 95 });
    await workspace.assign(id, 'bob');
    expect(await workspace.credits()).toEqual({ ann: 0, bob: 0 });
    const { data } = await workspace.send(
      'query ($poolId: ID!) { rotation(poolId: $poolId, segment: "hot") { ... on RotationSuccess { rotation { places { rep { key } credit } } } } }',
      { poolId: await poolId(workspace, 'main') },
    );
    // Each has had one lead, and they earn 3 : 1.
    const places = [
      { rep: { key: 'ann' }, credit: 0.5 },
      { rep: { key: 'bob' }, credit: -0.5 },
    ];
    expect(data).toEqual({ rotation: { rotation: { places } } });
  });

  test('is refused for a pool or a rep that does not exist', async () => {
    const workspace = await openWorkspace(app, company());
    const { id } = await workspace.submit({});
    const input = { leadId: id, repId: workspace.rep('ann'), reason: 'by hand' };
    const other = await openWorkspace(app, company());
    for (const foreign of [{ poolId: await poolId(other, 'main') }, { repId: other.rep('ann') }]) {
      expect(await workspace.mutate('assignLead', { ...input, ...foreign }, '__typename')).toMatchObject({
        code: 'NOT_FOUND',
      });
    }
    expect(await workspace.owner(id)).toBe('cy');
  });

  test('takes the same person’s other leads along, of which none counts twice', async () => {
    const workspace = await openWorkspace(app, company());
    const leads = [];
    for (let count = 0; count < 3; count += 1) leads.push(await workspace.submit({ email: 'x@one.example' }));
    expect(leads.map(({ owner, method }) => [owner, method])).toEqual([
      ['cy', 'DEFAULT'],
      ['cy', 'DUPLICATE'],
      ['cy', 'DUPLICATE'],
    ]);
    await workspace.assign(leads[2]?.id ?? '', 'bob');
    expect(await Promise.all(leads.map(({ id }) => workspace.owner(id)))).toEqual(['bob', 'bob', 'bob']);
    // The last of them came by no pool; the first, which did, has only moved along.
    expect(await workspace.credits()).toEqual({ ann: 1 / 6, bob: 1 / 3, cy: -1 / 2 });
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });
});
