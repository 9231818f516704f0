import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLanes } from '../../src/assignment/lanes.ts';
import { createLog } from '../../src/log.ts';
import { runUpkeep } from '../../src/upkeep.ts';
import { settableClock, startTestApp, TEST_SECRETS, type TestApp } from '../support/app.ts';
import { books, IN_ORDER } from '../support/books.ts';
import { checksums } from '../support/checksums.ts';
import { poolId } from '../support/moves.ts';
import { differing } from '../support/replay.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ clock: settableClock(new Date('2026-03-02T09:00:00Z')) });
});
afterAll(() => app.stop());

const DAY_MS = 86_400_000;

const company = (
  weighting: object,
  { timeZone = 'UTC', attainments = {} as Readonly<Record<string, unknown>> } = {},
): string =>
  JSON.stringify({
    apiVersion: 'fairlead/v1',
    kind: 'Company',
    workspace: { timeZone },
    reps: ['boss', 'ann', 'bob', 'cy'].map((key) => ({
      key,
      name: key,
      email: `${key}@fairlead.example`,
      ...(key in attainments ? { attributes: { quotaAttainment: attainments[key] } } : {}),
    })),
    pools: [
      {
        key: 'main',
        name: 'Main',
        strategy: 'WEIGHTED',
        weighting,
        members: [
          { rep: 'ann', weight: 10 },
          { rep: 'bob', weight: 10 },
          { rep: 'cy', weight: 10 },
        ],
      },
    ],
    plan: {
      steps: [{ key: 'everyone', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'main' } }],
      lastResort: ['boss'],
    },
  });

/** Leads that were closed by now, brought in with their owner. */
const closed = (workspace: TestWorkspace, owner: string, won: number, lost: number) =>
  workspace.submitAll([
    ...Array(won).fill({ ownerKey: owner, status: 'WON' }),
    ...Array(lost).fill({ ownerKey: owner, status: 'LOST' }),
  ]);

const weights = async ({ send }: TestWorkspace): Promise<Record<string, number>> => {
  const { data } = await send<{ pool: { members: { rep: { key: string }; weight: number }[] } }>(
    '{ pool(key: "main") { members { rep { key } weight } } }',
  );
  return Object.fromEntries((data?.pool.members ?? []).map(({ rep, weight }) => [rep.key, weight]));
};

const derive = async (workspace: TestWorkspace, dryRun = false) =>
  workspace.mutate(
    'deriveWeights',
    { poolId: await poolId(workspace, 'main'), dryRun },
    'pool { key } steps { rep { key } before after won lost value }',
  );

interface Change {
  readonly id: string;
  readonly by: string;
  readonly changedBy: string;
  readonly at: string;
  readonly revertedAt: string | null;
  readonly steps: readonly {
    readonly rep: { readonly key: string };
    readonly before: number;
    readonly after: number;
  }[];
}

const changes = async (workspace: TestWorkspace): Promise<readonly Change[]> => {
  const { data } = await workspace.send<{ weightChanges: { edges: { node: Change }[] } }>(
    'query ($poolId: ID!) { weightChanges(poolId: $poolId) { edges { node { id by changedBy at revertedAt steps { rep { key } before after } } } } }',
    { poolId: await poolId(workspace, 'main') },
  );
  return (data?.weightChanges.edges ?? []).map(({ node }) => node);
};

const told = ({ steps }: Change): Record<string, readonly [number, number]> =>
  Object.fromEntries(steps.map(({ rep, before, after }) => [rep.key, [before, after]]));

const upkeep = (): Promise<void> =>
  runUpkeep({
    database: app.database,
    secrets: TEST_SECRETS,
    lanes: createLanes({ database: app.database, clock: app.clock, committed: () => {} }),
    clock: app.clock,
    now: async () => app.clock.now(),
    log: createLog('silent'),
    committed: () => {},
  });

/** Ann has won 8 of 10, Bob 2 of 10, Cy has closed nothing: rates of 0.65, 0.35 and 0.5, drawn toward the pool's 0.5. */
async function withOutcomes(weighting: object = { by: 'WIN_RATE' }): Promise<TestWorkspace> {
  const workspace = await openWorkspace(app, company(weighting));
  await closed(workspace, 'ann', 8, 2);
  await closed(workspace, 'bob', 2, 8);
  return workspace;
}

const DERIVED = { ann: 130, bob: 70, cy: 100 };
const AS_SET = { ann: 10, bob: 10, cy: 10 };

describe('weights by win rate', () => {
  test('are the rate beside the mean rate of the pool, in percent, with what they go by', async () => {
    const workspace = await withOutcomes();
    expect(await derive(workspace)).toEqual({
      pool: { key: 'main' },
      steps: [
        { rep: { key: 'ann' }, before: 10, after: 130, won: 8, lost: 2, value: expect.closeTo(0.65, 9) },
        { rep: { key: 'bob' }, before: 10, after: 70, won: 2, lost: 8, value: expect.closeTo(0.35, 9) },
        { rep: { key: 'cy' }, before: 10, after: 100, won: 0, lost: 0, value: expect.closeTo(0.5, 9) },
      ],
    });
    expect(await weights(workspace)).toEqual(DERIVED);
  });

  test('stay between floor and ceiling', async () => {
    const workspace = await withOutcomes({ by: 'WIN_RATE', floor: 80, ceiling: 110 });
    await derive(workspace);
    expect(await weights(workspace)).toEqual({ ann: 110, bob: 80, cy: 100 });
  });

  test('count leads that were closed in the days that count, won or lost, by who owned them in the end', async () => {
    const workspace = await openWorkspace(app, company({ by: 'WIN_RATE', days: 30 }));
    await closed(workspace, 'cy', 40, 0);
    app.clock.advance(31 * DAY_MS);
    await closed(workspace, 'bob', 2, 8);
    const [first] = await closed(workspace, 'ann', 7, 2);
    // Neither what is still open, nor what was disqualified.
    await workspace.submitAll([{ ownerKey: 'ann' }, { ownerKey: 'cy', status: 'DISQUALIFIED' }]);
    const moving = await workspace.submit({ ownerKey: 'cy' });
    await workspace.assign(moving.id, 'ann');
    await workspace.close(moving.id, 'WON');
    await derive(workspace);
    expect(await weights(workspace)).toEqual(DERIVED);
    // Opened again, a lead no longer counts.
    await workspace.close(first?.id ?? '', 'QUALIFIED');
    expect(await derive(workspace, true)).toMatchObject({ steps: [{ rep: { key: 'ann' }, won: 7 }, {}, {}] });
  });

  test('stay as they are while nobody has won anything', async () => {
    const workspace = await openWorkspace(app, company({ by: 'WIN_RATE' }));
    await closed(workspace, 'ann', 0, 9);
    await derive(workspace);
    expect([await weights(workspace), await changes(workspace)]).toEqual([AS_SET, []]);
  });
});

describe('weights by quota', () => {
  test('are the attainment in percent; who has none keeps theirs', async () => {
    const attainments = { ann: 120, bob: 84.6, cy: 'much' };
    const workspace = await openWorkspace(app, company({ by: 'QUOTA', floor: 1, ceiling: 110 }, { attainments }));
    await derive(workspace);
    expect(await weights(workspace)).toEqual({ ann: 110, bob: 85, cy: 10 });
    expect((await changes(workspace)).map(({ by }) => by)).toEqual(['QUOTA']);
  });
});

describe('deriving weights', () => {
  test('is recorded once for each change, with who did it', async () => {
    const workspace = await withOutcomes();
    await derive(workspace);
    await derive(workspace);
    const [change, ...more] = await changes(workspace);
    expect(more).toEqual([]);
    expect(change).toMatchObject({ by: 'WIN_RATE', at: app.clock.now().toISOString(), revertedAt: null });
    expect(change?.changedBy).toMatch(/^key:/);
    expect(told(change as Change)).toEqual({ ann: [10, 130], bob: [10, 70], cy: [10, 100] });
  });

  test('dry, says the same and changes nothing', async () => {
    const workspace = await withOutcomes();
    const before = await checksums(app.database);
    const foreseen = await derive(workspace, true);
    expect(await checksums(app.database)).toEqual(before);
    expect(await derive(workspace)).toEqual(foreseen);
  });

  test('is refused for weights that are set by hand, and for a pool that does not exist', async () => {
    const workspace = await openWorkspace(app, company({ by: 'FIXED' }));
    expect(await derive(workspace)).toMatchObject({ code: 'WEIGHTS_FIXED' });
    const other = await withOutcomes();
    const foreign = { poolId: await poolId(other, 'main') };
    expect(await workspace.mutate('deriveWeights', foreign, 'pool { key }')).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('leads to shares by the new weights from the next lead on; credits stay, and what was decided can be replayed', async () => {
    const workspace = await withOutcomes();
    await workspace.submitAll([{}, {}]);
    const before = await workspace.credits();
    await derive(workspace);
    expect(await workspace.credits()).toEqual(before);
    const { id } = await workspace.submit({});
    const { data } = await workspace.send<{
      decision: { steps: { attempts: { considered: { rep: { key: string }; weight: number; share: number }[] }[] }[] };
    }>(
      'query ($id: ID!) { decision(leadId: $id) { steps { attempts { considered { rep { key } weight share } } } } }',
      { id },
    );
    const considered = data?.decision.steps[0]?.attempts[0]?.considered ?? [];
    expect(Object.fromEntries(considered.map(({ rep, weight }) => [rep.key, weight]))).toEqual(DERIVED);
    expect(considered.find(({ rep }) => rep.key === 'ann')?.share).toBeCloseTo(130 / 300, 9);
    expect(await differing(app, workspace.id)).toEqual([]);
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });
});

describe('weights that are taken back', () => {
  const revert = (workspace: TestWorkspace, changeId: string) =>
    workspace.mutate('revertWeights', { changeId }, 'pool { key weighting { by days } }');

  test('are those from before, fixed from then on, and that is recorded too', async () => {
    const workspace = await withOutcomes({ by: 'WIN_RATE', days: 20 });
    await derive(workspace);
    const [change] = (await changes(workspace)) as [Change];
    expect(await revert(workspace, change.id)).toEqual({ pool: { key: 'main', weighting: { by: 'FIXED', days: 20 } } });
    expect(await weights(workspace)).toEqual(AS_SET);
    const [reverted, first] = (await changes(workspace)) as [Change, Change];
    expect(reverted).toMatchObject({ by: 'REVERTED', revertedAt: null });
    expect(told(reverted)).toEqual({ ann: [130, 10], bob: [70, 10], cy: [100, 10] });
    expect(first.revertedAt).toBe(app.clock.now().toISOString());
    expect(await revert(workspace, change.id)).toMatchObject({ code: 'ALREADY_REVERTED' });
    app.clock.advance(DAY_MS);
    await upkeep();
    expect(await weights(workspace)).toEqual(AS_SET);
  });

  test('are those of who is still a member', async () => {
    const workspace = await withOutcomes();
    await derive(workspace);
    const [change] = (await changes(workspace)) as [Change];
    const members = ['ann', 'boss'].map((key, index) => ({ repId: workspace.rep(key), weight: 5 + index }));
    await workspace.mutate('setPoolMembers', { poolId: await poolId(workspace, 'main'), members }, 'pool { key }');
    await revert(workspace, change.id);
    expect(await weights(workspace)).toEqual({ ann: 10, boss: 6 });
  });

  test('are nobody’s where the change is another workspace’s', async () => {
    const [workspace, other] = [await withOutcomes(), await withOutcomes()];
    await derive(other);
    const [change] = (await changes(other)) as [Change];
    expect(await revert(workspace, change.id)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await weights(other)).toEqual(DERIVED);
  });
});

describe('each day', () => {
  test('weights are derived once, by the day of the workspace’s time zone', async () => {
    app.clock.set(new Date('2026-06-10T21:00:00Z'));
    const workspace = await openWorkspace(app, company({ by: 'WIN_RATE' }, { timeZone: 'Europe/Berlin' }));
    await closed(workspace, 'ann', 8, 2);
    await closed(workspace, 'bob', 2, 8);
    await upkeep();
    expect(await weights(workspace)).toEqual(DERIVED);
    const [change] = (await changes(workspace)) as [Change];
    expect(change.changedBy).toBe('upkeep');
    // 23:59 in Berlin, the same day still: what has changed meanwhile waits.
    await closed(workspace, 'cy', 10, 0);
    app.clock.set(new Date('2026-06-10T21:59:00Z'));
    await upkeep();
    expect(await weights(workspace)).toEqual(DERIVED);
    // Midnight there.
    app.clock.set(new Date('2026-06-10T22:00:00Z'));
    await upkeep();
    const next = await weights(workspace);
    expect(next).not.toEqual(DERIVED);
    expect(await changes(workspace)).toHaveLength(2);
    await closed(workspace, 'cy', 0, 10);
    app.clock.set(new Date('2026-06-11T21:59:00Z'));
    await upkeep();
    expect(await weights(workspace)).toEqual(next);
  });

  test('pools with fixed weights are left alone, and what comes out as it is leaves no record', async () => {
    const [fixed, idle] = [
      await openWorkspace(app, company({ by: 'FIXED' })),
      await openWorkspace(app, company({ by: 'WIN_RATE' })),
    ];
    await closed(fixed, 'ann', 8, 2);
    app.clock.advance(DAY_MS);
    await upkeep();
    for (const workspace of [fixed, idle]) {
      expect([await weights(workspace), await changes(workspace)]).toEqual([AS_SET, []]);
    }
  });
});
