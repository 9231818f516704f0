import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeConfiguration } from '../../src/configuration/change.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { type Outcome, openWorkspace, type TestWorkspace } from '../support/workspace.ts';

const COMPANY = `${onePool(2).replace(
  '  steps:\n',
  `  steps:
    - { key: large, kind: SEGMENT, condition: { operator: MATCHES_SEGMENT, value: large }, target: { kind: REP, rep: boss } }
`,
)}
segments:
  - { key: large, name: Large, condition: { field: employees, operator: AT_LEAST, value: 500 } }
  - { key: hot, name: Hot, condition: { field: score, operator: AT_LEAST, value: 80 } }
`;

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
  workspace = await openWorkspace(app, COMPANY);
});
afterAll(() => app.stop());

const LARGE_AND_HOT = { employees: 1_000, score: 90 };

/** Lets a segment refer to itself, which no mutation does. */
const breakSegment = (key: string) =>
  changeConfiguration(workspace.context, 'updateSegment', (change) =>
    change.execute('segments', `UPDATE "Segment" SET "condition" = $2 WHERE "workspaceId" = $1 AND "key" = $3`, [
      JSON.stringify({ operator: 'MATCHES_SEGMENT', value: key }),
      key,
    ]),
  );

async function stepsOf({ id }: Outcome): Promise<unknown> {
  const { data } = await workspace.send<{ decision: { steps: unknown } }>(
    'query ($id: ID!) { decision(leadId: $id) { steps { stepKey yielded attempts { code considered { reason } } } } }',
    { id },
  );
  return data?.decision.steps;
}

const alerts = async () =>
  (await workspace.events('ALERT_RAISED')).map(({ rep, leadId, data }) => ({ rep, leadId, data }));

test('a step that fails is skipped with STEP_ERROR, and told once for each version of the plan', async () => {
  expect(await workspace.submit(LARGE_AND_HOT)).toMatchObject({ owner: 'boss', stepKey: 'large' });
  await breakSegment('large');
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => workspace.submit(LARGE_AND_HOT)));
  outcomes.push(...(await workspace.submitAll([LARGE_AND_HOT, LARGE_AND_HOT])));
  expect(outcomes.every(({ stepKey }) => stepKey === 'everyone')).toBe(true);
  expect(await stepsOf(outcomes[11] as Outcome)).toEqual([
    { stepKey: 'large', yielded: false, attempts: [{ code: 'STEP_ERROR', considered: [] }] },
    {
      stepKey: 'everyone',
      yielded: true,
      attempts: [{ code: null, considered: [{ reason: 'CHOSEN' }, { reason: 'NOT_THEIR_TURN' }] }],
    },
  ]);
  const first = { rep: null, leadId: null, data: { alert: 'STEP_ERROR', planVersion: 1, stepKey: 'large' } };
  expect(await alerts()).toEqual([first]);

  // Another change of the configuration is not another version of the plan.
  await workspace.updateSettings({ defaultCapacity: 1_000 });
  await workspace.submit(LARGE_AND_HOT);
  expect(await alerts()).toEqual([first]);

  expect(await workspace.mutate('restorePlan', { version: 1 }, 'plan { version }')).toEqual({ plan: { version: 2 } });
  await workspace.submit(LARGE_AND_HOT);
  await workspace.submit(LARGE_AND_HOT);
  expect(await alerts()).toEqual([first, { ...first, data: { ...first.data, planVersion: 2 } }]);
});

test('a lead is taken in as well when a segment fails by which it would cost more, or count in a class', async () => {
  const settings = { leadCosts: [{ segment: 'hot', cost: 5 }], classLimits: [{ segment: 'hot', limit: 0 }] };
  await workspace.updateSettings(settings);
  expect(await workspace.submit(LARGE_AND_HOT)).toMatchObject({ method: 'FALLBACK' });
  await breakSegment('hot');
  const before = await workspace.loads();
  const { owner, method } = await workspace.submit(LARGE_AND_HOT);
  expect(method).toBe('DEFAULT');
  expect((await workspace.loads())[owner]).toBe((before[owner] ?? 0) + 1);
});
