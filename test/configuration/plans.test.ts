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
