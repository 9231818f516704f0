import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RETENTION_DAYS } from '../src/events/retention.ts';
import { createLog } from '../src/log.ts';
import { runUpkeep } from '../src/upkeep.ts';
import { startTestApp, type TestApp } from './support/app.ts';
import { onePool } from './support/companies.ts';
import { openWorkspace, type TestWorkspace } from './support/workspace.ts';

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const upkeep = (): Promise<void> =>
  runUpkeep({ database: app.database, clock: app.clock, log: createLog('silent'), committed: () => {} });

const planWith = (steps: string, more = ''): string =>
  onePool(2).replace(/plan:[\s\S]*/, `plan:\n  steps:\n${steps}\n  lastResort: [boss]\n${more}`);

const reviews = async (): Promise<unknown[]> => (await workspace.events('ALERT_RAISED')).map(({ data }) => data);

describe('a review of the plan', () => {
  const DUE = { alert: 'PLAN_REVIEW_DUE', planVersion: 1 };
  beforeEach(async () => {
    app.clock.set(new Date('2026-03-02T09:00:00Z'));
    const steps = [
      '    - { key: soon, kind: DEFAULT, target: { kind: POOL, pool: main }, reviewOn: "2026-03-04" }',
      '    - { key: never, kind: DEFAULT, target: { kind: REP, rep: rep-1 } }',
    ];
    const text = planWith(steps.join('\n'), '  reviewOn: "2026-04-01"\n');
    workspace = await openWorkspace(app, text.replace('workspace: {', 'workspace: { timeZone: Asia/Tokyo,'));
  });

  test('is told when its day begins where the company is, once, for a step and for the whole', async () => {
    app.clock.set(new Date('2026-03-03T14:59:59Z'));
    await upkeep();
    expect(await reviews()).toEqual([]);
    // Midnight in Tokyo.
    app.clock.set(new Date('2026-03-03T15:00:00Z'));
    await upkeep();
    await upkeep();
    expect(await reviews()).toEqual([{ ...DUE, stepKey: 'soon', reviewOn: '2026-03-04' }]);
    app.clock.set(new Date('2026-05-01T00:00:00Z'));
    await upkeep();
    expect((await reviews()).at(-1)).toEqual({ ...DUE, stepKey: null, reviewOn: '2026-04-01' });
  });

  test('is told anew of a version that was published after it', async () => {
    app.clock.set(new Date('2026-03-05T00:00:00Z'));
    await upkeep();
    await workspace.mutate('restorePlan', { version: 1 }, 'plan { version }');
    await upkeep();
    expect(await reviews()).toEqual([
      { ...DUE, stepKey: 'soon', reviewOn: '2026-03-04' },
      { ...DUE, planVersion: 2, stepKey: 'soon', reviewOn: '2026-03-04' },
    ]);
  });
});

test('events older than the retention are deleted, and no younger one', async () => {
  app.clock.set(new Date('2026-06-01T00:00:00Z'));
  workspace = await openWorkspace(app, onePool(2));
  app.clock.advance(1);
  await workspace.submit({ email: 'ada@customer.example' });
  app.clock.advance(RETENTION_DAYS * 86_400_000);
  await upkeep();
  expect((await workspace.events()).map(({ kind }) => kind)).toEqual(['LEAD_ASSIGNED']);
  app.clock.advance(1);
  await upkeep();
  expect(await workspace.events()).toEqual([]);
});
