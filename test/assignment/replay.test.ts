import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { books, IN_ORDER } from '../support/books.ts';
import { happen, happening } from '../support/happenings.ts';
import { moment, randomCompany } from '../support/randomCompany.ts';
import { differing, replayAll } from '../support/replay.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const story = fc.array(happening, { minLength: 5, maxLength: 25 });

test('every decision comes out the same when it is replayed, whatever happens in a company, and its books stay in order', async () => {
  await fc.assert(
    fc.asyncProperty(randomCompany, moment, story, async ({ text }, start, steps) => {
      app.clock.set(start);
      const workspace = await openWorkspace(app, text);
      for (const each of steps) await happen(app, workspace, each);
      expect(await differing(app, workspace.id)).toEqual([]);
      expect(await books(app, workspace.id)).toEqual(IN_ORDER);
    }),
    { numRuns: 12, endOnFailure: true },
  );
});

/** Three pools in turn, the last of which is larger than what a decision lists. */
const inTurn = ({ share = 'PER_HEAD', whenNobody = 'NEXT_STEP', status = 'ACTIVE' } = {}): string => {
  const members = { small: 2, middle: 3, large: 120 };
  const repsOf = (pool: string, count: number) => Array.from({ length: count }, (_, index) => `${pool}-${index + 1}`);
  return JSON.stringify({
    apiVersion: 'fairlead/v1',
    kind: 'Company',
    reps: [
      { key: 'boss', name: 'Boss', email: 'boss@fairlead.example' },
      ...Object.entries(members).flatMap(([pool, count]) =>
        repsOf(pool, count).map((key) => ({ key, name: key, email: `${key}@fairlead.example`, capacity: 4, status })),
      ),
    ],
    pools: [
      ...Object.entries(members).map(([key, count]) => ({
        key,
        name: key,
        strategy: key === 'middle' ? 'ROUND_ROBIN' : 'WEIGHTED',
        members: repsOf(key, count).map((rep, index) => ({ rep, weight: 1 + (index % 3) })),
      })),
      { key: 'empty', name: 'empty', strategy: 'WEIGHTED', members: [] },
    ],
    plan: {
      steps: [
        {
          key: 'in-turn',
          kind: 'DEFAULT',
          target: {
            kind: 'POOLS',
            share,
            pools: [{ pool: 'empty' }, { pool: 'small', weight: 3 }, { pool: 'middle' }, { pool: 'large', weight: 2 }],
          },
          whenNobody: { kind: whenNobody },
        },
      ],
      lastResort: ['boss'],
    },
  });
};

const people = (from: number, count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({ email: `someone-${from + index}@else.example` }));

const pause = async (workspace: TestWorkspace, keys: readonly string[]): Promise<void> => {
  for (const key of keys) await workspace.updateRep(key, { status: 'PAUSED' });
};

describe('the decisions of a list of pools', () => {
  test.each(['PER_HEAD', 'PER_POOL'])(
    'that share %s come out the same, while pools fill up and members pause',
    async (share) => {
      const workspace = await openWorkspace(app, inTurn({ share }));
      const leads = await workspace.submitAll(people(0, 20));
      await pause(workspace, ['small-1', 'middle-1', 'middle-2', 'middle-3']);
      await workspace.submitAll(people(20, 15));
      await workspace.close(leads[0]?.id ?? '', 'DISQUALIFIED');
      await workspace.submitAll(people(35, 5));
      const replays = await replayAll(app, workspace.id);
      expect(replays.filter(({ replay }) => !replay?.same)).toEqual([]);
      const lists = replays.map(({ replay }) => replay?.decision.steps[0]?.attempts.at(-1)?.list?.line.length);
      expect([...new Set(lists)]).toEqual(expect.arrayContaining([3, 2]));
    },
  );

  test('come out the same when all are away and it is assigned anyway', async () => {
    const workspace = await openWorkspace(app, inTurn({ whenNobody: 'ASSIGN_ANYWAY', status: 'PAUSED' }));
    await workspace.submitAll(people(0, 15));
    const replays = await replayAll(app, workspace.id);
    expect(replays.filter(({ replay }) => !replay?.same)).toEqual([]);
    expect(replays.map(({ replay }) => replay?.decision.steps[0]?.attempts.at(-1)?.via)).toEqual(
      Array(15).fill('ASSIGN_ANYWAY'),
    );
  });

  test('are replayed with all the pools in line, their weights and credits', async () => {
    const workspace = await openWorkspace(app, inTurn());
    const [lead] = await workspace.submitAll(people(0, 3));
    const PLACES = 'steps { attempts { pools { pool { key } weight eligible share creditBefore creditAfter } } }';
    const { data } = await workspace.send<{ decision: object; replayDecision: object }>(
      `query ($leadId: ID!) { decision(leadId: $leadId) { ${PLACES} }
        replayDecision(leadId: $leadId) { ... on ReplayDecisionSuccess { replayed same differences decision { ${PLACES} } } } }`,
      { leadId: lead?.id },
    );
    expect(data?.replayDecision).toEqual({ replayed: true, same: true, differences: [], decision: data?.decision });
    // Six members of every 120 weigh 1, 2, 3 … in turn.
    expect(JSON.stringify(data?.decision)).toContain('"key":"large"},"weight":240,"eligible":120');
  });
});

describe('a replay', () => {
  test('says what differs from what was kept', async () => {
    const workspace = await openWorkspace(app, inTurn());
    await workspace.submit({});
    // As if who was chosen had been full.
    await app.database.pool.query(
      `UPDATE "Decision" SET "data" = jsonb_set("data"::jsonb, '{reps,0,1}', '4') WHERE "workspaceId" = $1`,
      [workspace.id],
    );
    expect(await differing(app, workspace.id)).toEqual([{ number: 1, differences: ['owner', 'steps'] }]);
  });
});
