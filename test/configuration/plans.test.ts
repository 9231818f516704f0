import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { checksums } from '../support/checksums.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

/* A plan as an admin works on it, over the API. */

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
beforeEach(async () => {
  workspace = await openWorkspace(app, onePool(3));
});

const everyone = { key: 'everyone', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'main' } };
const toRep2 = {
  key: 'germans',
  kind: 'SEGMENT',
  condition: { field: 'country', operator: 'EQUALS', value: 'DE' },
  target: { kind: 'REP', rep: 'rep-2' },
};
const lead = (name: string, more: object = {}) => ({ email: `${name}@customer.example`, country: 'DE', ...more });

const save = (input: object) =>
  workspace.mutate(
    'savePlanDraft',
    { lastResort: ['boss'], ...input },
    'plan { version revision status savedBy note }',
  );
const publish = (version: number, expectedRevision?: number) =>
  workspace.mutate('publishPlan', { version, expectedRevision }, 'plan { version status publishedBy publishedAt }');
const restore = (version: number, note?: string) =>
  workspace.mutate('restorePlan', { version, note }, 'plan { version status note steps { key } }');

async function ask<Data>(query: string, variables: object = {}): Promise<Data> {
  const { data, errors } = await workspace.send<Data>(query, variables);
  expect(errors).toEqual([]);
  return data as Data;
}

interface Previewed {
  readonly previewRouting: {
    readonly decision: {
      readonly rep: { readonly key: string };
      readonly planVersion: number;
      readonly steps: readonly {
        attempts: readonly { considered: readonly { rep: { key: string }; rank: number }[] }[];
      }[];
    };
  };
}
const preview = async (version?: number) =>
  (
    await ask<Previewed>(
      `query ($input: LeadInput!, $version: Int) { previewRouting(input: $input, version: $version) {
         ... on PreviewRoutingSuccess { decision { rep { key } planVersion steps { attempts { considered { rep { key } rank } } } } } } }`,
      { input: lead('preview'), version },
    )
  ).previewRouting.decision;

describe('a plan', () => {
  test('goes from draft to lint, simulation and publishing, and back to an earlier version', async () => {
    const before = await workspace.submit(lead('before'));
    expect(before).toMatchObject({ owner: 'rep-1', stepKey: 'everyone' });

    const draft = await save({ steps: [toRep2], lastResort: [], note: 'Germans go to rep-2' });
    expect(draft).toEqual({
      plan: { version: 2, revision: 2, status: 'DRAFT', savedBy: expect.any(String), note: 'Germans go to rep-2' },
    });
    expect(await workspace.submit(lead('meanwhile'))).toMatchObject({ owner: 'rep-2', stepKey: 'everyone' });
    const { lintPlan } = await ask<{ lintPlan: { publishable: boolean; errors: { code: string; path: string }[] } }>(
      '{ lintPlan { publishable errors { code path } } }',
    );
    expect(lintPlan).toEqual({ publishable: false, errors: [{ code: 'LAST_RESORT_MISSING', path: 'lastResort' }] });
    expect(await publish(2)).toMatchObject({ code: 'PLAN_INVALID' });

    await save({ steps: [toRep2, everyone] });
    const sums = await checksums(app.database);
    const { simulatePlan } = await ask<{ simulatePlan: Record<string, unknown> }>(
      `{ simulatePlan(input: { last: 10 }) { ... on SimulatePlanSuccess { count changed repsBefore { rep { key } leads } repsAfter { rep { key } leads } } } }`,
    );
    expect(simulatePlan).toEqual({
      count: 2,
      changed: 1,
      repsBefore: [
        { rep: { key: 'rep-1' }, leads: 1 },
        { rep: { key: 'rep-2' }, leads: 1 },
      ],
      repsAfter: [{ rep: { key: 'rep-2' }, leads: 2 }],
    });
    expect((await preview()).rep.key).toBe('rep-3');
    expect(await preview(2)).toMatchObject({ rep: { key: 'rep-2' }, planVersion: 2 });
    expect(await checksums(app.database)).toEqual(sums);

    expect(await publish(2)).toMatchObject({
      plan: { version: 2, status: 'PUBLISHED', publishedAt: app.clock.now().toISOString() },
    });
    expect(await workspace.submit(lead('after'))).toMatchObject({ owner: 'rep-2', stepKey: 'germans' });

    expect(await restore(1, 'That was no good')).toEqual({
      plan: { version: 3, status: 'PUBLISHED', note: 'That was no good', steps: [{ key: 'everyone' }] },
    });
    expect(await workspace.submit(lead('restored'))).toMatchObject({ owner: 'rep-3', stepKey: 'everyone' });
    const { planVersions } = await ask<{ planVersions: { edges: { node: Record<string, unknown> }[] } }>(
      '{ planVersions { edges { node { version status note savedBy publishedBy } } } }',
    );
    expect(planVersions.edges.map(({ node }) => [node.version, node.status, node.note])).toEqual([
      [3, 'PUBLISHED', 'That was no good'],
      [2, 'ARCHIVED', null],
      [1, 'ARCHIVED', null],
    ]);
    for (const { node } of planVersions.edges) expect(node.publishedBy).toEqual(node.savedBy);
    const published = (await workspace.events('PLAN_PUBLISHED')).map(({ data }) => data);
    expect(published).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }]);
  });

  test('shows under any version everybody in line, in the order in which they would be served', async () => {
    await workspace.submit(lead('first'));
    const { steps } = await preview(1);
    expect(steps[0]?.attempts[0]?.considered).toEqual([
      { rep: { key: 'rep-2' }, rank: 1 },
      { rep: { key: 'rep-3' }, rank: 2 },
      { rep: { key: 'rep-1' }, rank: 3 },
    ]);
  });

  test('that two edit at once keeps the first one’s work, and tells the second', async () => {
    const first = await save({ steps: [everyone], note: 'mine', expectedRevision: 1 });
    expect(first).toMatchObject({ plan: { revision: 2 } });
    const second = await save({ steps: [toRep2], note: 'theirs', expectedRevision: 1 });
    expect(second).toMatchObject({ code: 'VERSION_CONFLICT', message: expect.stringContaining('saved revision 2') });
    const { planDraft } = await ask<{ planDraft: { note: string } }>('{ planDraft { note } }');
    expect(planDraft.note).toBe('mine');
    await save({ steps: [toRep2, everyone], expectedRevision: 2 });
    expect(await publish(2, 2)).toMatchObject({ code: 'VERSION_CONFLICT' });
    expect(await publish(2, 3)).toMatchObject({ plan: { status: 'PUBLISHED' } });
  });

  test('that is published by one while another edits is not overwritten by the older draft', async () => {
    await save({ steps: [toRep2, everyone] });
    await restore(1);
    expect(await publish(2)).toMatchObject({ code: 'VERSION_CONFLICT', message: expect.stringContaining('version 3') });
  });

  test('that is drafted is the one lint looks at, also when a later version was published', async () => {
    await save({ steps: [], lastResort: [] });
    await restore(1);
    const query = 'query ($version: Int) { lintPlan(version: $version) { publishable } }';
    expect(await ask(query)).toEqual({ lintPlan: { publishable: false } });
    expect(await ask(query, { version: 3 })).toEqual({ lintPlan: { publishable: true } });
  });

  test('that is only drafted raises no version of the configuration', async () => {
    const version = async () =>
      (await app.database.prisma.lane.findUniqueOrThrow({ where: { workspaceId: workspace.id } })).configVersion;
    const before = await version();
    await save({ steps: [toRep2, everyone] });
    expect(await version()).toBe(before);
    await publish(2);
    expect(await version()).toBe(before + 1n);
  });

  test('is looked over again where the configuration has changed since it was', async () => {
    await save({ steps: [toRep2, everyone] });
    await workspace.updateRep('rep-2', { status: 'LEFT' });
    const refused = await publish(2);
    expect([refused.code, refused.issues]).toEqual(['PLAN_INVALID', ['steps[0].target.rep: Rep rep-2 has left']]);
    expect(await preview()).toMatchObject({ planVersion: 1 });
  });
});

describe('who edits a plan that another has changed is told', () => {
  test('also without a draft, when the other has published one', async () => {
    await save({ steps: [toRep2, everyone], expectedRevision: 1 });
    await publish(2);
    const late = await save({ steps: [everyone], expectedRevision: 1 });
    expect(late).toMatchObject({ code: 'VERSION_CONFLICT', message: expect.stringMatching(/published revision 2/) });
    expect(await save({ steps: [everyone], expectedRevision: 2 })).toMatchObject({ plan: { version: 3, revision: 3 } });
  });

  test('also when it is the draft of another that has the same number', async () => {
    await save({ steps: [everyone] });
    await restore(1);
    await save({ steps: [toRep2, everyone] });
    expect(await save({ steps: [], expectedRevision: 2 })).toMatchObject({ code: 'VERSION_CONFLICT' });
  });

  test('and the draft that is saved again goes on behind what was published', async () => {
    await save({ steps: [toRep2, everyone] });
    await restore(1);
    expect(await save({ steps: [toRep2, everyone] })).toMatchObject({ plan: { version: 4, revision: 4 } });
    expect(await publish(4)).toMatchObject({ plan: { version: 4, status: 'PUBLISHED' } });
  });
});

describe('publishing', () => {
  test('by two at once succeeds for one', async () => {
    await save({ steps: [toRep2, everyone] });
    const [first, second] = await Promise.all([publish(2), publish(2)]);
    expect([first, second].filter((result) => 'plan' in result)).toHaveLength(1);
    expect([first, second].find((result) => 'code' in result)).toMatchObject({ code: 'VERSION_CONFLICT' });
    const where = { workspaceId: workspace.id, status: 'PUBLISHED' } as const;
    expect(await app.database.prisma.planVersion.count({ where })).toBe(1);
  });

  test('amid leads is one moment: those before it go by the old version, those after it by the new one', async () => {
    await save({ steps: [toRep2, everyone] });
    const leads = (from: number) =>
      Array.from({ length: 30 }, (_, index) => workspace.submit(lead(`l${from + index}`)));
    await Promise.all(leads(0));
    await Promise.all([...leads(30), publish(2), ...leads(60)]);
    await Promise.all(leads(90));
    const { rows } = await app.database.pool.query(
      `SELECT a."planVersion", r."key" AS "rep" FROM "Assignment" a
       JOIN "Rep" r ON r."workspaceId" = a."workspaceId" AND r."id" = a."repId"
       WHERE a."workspaceId" = $1 ORDER BY a."number"`,
      [workspace.id],
    );
    const versions = rows.map(({ planVersion }) => planVersion);
    expect(versions).toHaveLength(120);
    expect(versions).toEqual(versions.toSorted());
    expect(new Set(versions)).toEqual(new Set([1, 2]));
    expect(rows.filter(({ planVersion, rep }) => planVersion === 2 && rep !== 'rep-2')).toEqual([]);
  });
});

describe('is refused', () => {
  beforeEach(() => save({ steps: [everyone] }));

  test.each<[string, () => Promise<Record<string, unknown>>, object]>([
    ['restoring a draft', () => restore(2), { code: 'NOT_FOUND' }],
    ['restoring what never was', () => restore(9), { code: 'NOT_FOUND' }],
    [
      'a reason that is no text',
      () => restore(1, 'because\u0000'),
      { code: 'INVALID_INPUT', issues: ['note: has a control character'] },
    ],
    [
      'a reason without end',
      () => restore(1, 'x'.repeat(2_001)),
      { code: 'INVALID_INPUT', issues: ['note: is at most 2000 characters long, this has 2001'] },
    ],
    ['publishing what is no draft', () => publish(1), { code: 'VERSION_CONFLICT' }],
    [
      'saving another draft than the one there is',
      () => save({ steps: [], expectedVersion: 7 }),
      { code: 'VERSION_CONFLICT' },
    ],
    [
      'a review on a day that does not exist',
      () => save({ steps: [{ ...everyone, reviewOn: '2027-02-30' }], reviewOn: 'soon' }),
      {
        code: 'INVALID_INPUT',
        issues: [
          'steps[0].reviewOn: must be a day that exists, as YYYY-MM-DD',
          'reviewOn: must be a day that exists, as YYYY-MM-DD',
        ],
      },
    ],
  ])('%s', async (_what, call, expected) => {
    const before = await checksums(app.database);
    expect(await call()).toMatchObject(expected);
    expect(await checksums(app.database)).toEqual(before);
  });
});
