import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLanes } from '../src/assignment/lanes.ts';
import { RETENTION_DAYS } from '../src/events/retention.ts';
import { createLog } from '../src/log.ts';
import { runUpkeep } from '../src/upkeep.ts';
import { startTestApp, TEST_SECRETS, type TestApp } from './support/app.ts';
import { onePool } from './support/companies.ts';
import { openWorkspace, type TestWorkspace } from './support/workspace.ts';

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const upkeep = (now = async () => app.clock.now()): Promise<void> =>
  runUpkeep({
    database: app.database,
    secrets: TEST_SECRETS,
    lanes: createLanes({ database: app.database, clock: app.clock, committed: () => {} }),
    clock: app.clock,
    now,
    log: createLog('silent'),
    committed: () => {},
  });

const planWith = (steps: string, more = ''): string =>
  onePool(2).replace(/plan:[\s\S]*/, `plan:\n  steps:\n${steps}\n  lastResort: [boss]\n${more}`);

const reviews = async (): Promise<unknown[]> => (await workspace.events('ALERT_RAISED')).map(({ data }) => data);

/** What lint says is due, and the dates that the plan shows. */
async function lint(): Promise<unknown> {
  const { data } = await workspace.send<{
    lintPlan: { publishable: boolean; warnings: { code: string; path: string; message: string }[] };
    plan: { reviewOn: string; steps: { reviewOn: string | null }[] };
  }>('{ lintPlan { publishable warnings { code path message } } plan { reviewOn steps { reviewOn } } }');
  expect(data?.plan).toEqual({ reviewOn: '2026-04-01', steps: [{ reviewOn: '2026-03-04' }, { reviewOn: null }] });
  expect(data?.lintPlan.publishable).toBe(true);
  return data?.lintPlan.warnings
    .filter(({ code }) => code === 'REVIEW_DUE')
    .map(({ path, message }) => [path, message]);
}

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
    app.clock.set(new Date('2026-03-31T15:00:00Z'));
    await upkeep();
    await upkeep();
    expect((await reviews()).slice(1)).toEqual([{ ...DUE, stepKey: null, reviewOn: '2026-04-01' }]);
  });

  test('that is due is a warning of lint from that day on, also after it was told', async () => {
    app.clock.set(new Date('2026-03-03T14:59:59Z'));
    expect(await lint()).toEqual([]);
    app.clock.set(new Date('2026-03-03T15:00:00Z'));
    await upkeep();
    expect(await lint()).toEqual([['steps[0].reviewOn', 'has come: it was to be looked at again on 2026-03-04']]);
    app.clock.set(new Date('2026-04-01T00:00:00Z'));
    expect(await lint()).toEqual([
      ['reviewOn', 'has come: it was to be looked at again on 2026-04-01'],
      ['steps[0].reviewOn', 'has come: it was to be looked at again on 2026-03-04'],
    ]);
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

test('what fails in one workspace is logged, and keeps no other from its turn', async () => {
  app.clock.set(new Date('2026-03-04T09:00:00Z'));
  const broken = await openWorkspace(app, onePool(2));
  workspace = await openWorkspace(app, planWith('    []', '  reviewOn: "2026-03-04"\n'));
  await app.database.prisma.workspace.update({ where: { id: broken.id }, data: { timeZone: 'Nowhere/Else' } });
  const lines: string[] = [];
  const log = createLog('warn', { write: (line) => void lines.push(line) });
  const now = async () => app.clock.now();
  const { database, clock } = app;
  const lanes = createLanes({ database, clock, committed: () => {} });
  await runUpkeep({ database, secrets: TEST_SECRETS, lanes, clock, now, log, committed: () => {} });
  await app.database.prisma.workspace.update({ where: { id: broken.id }, data: { timeZone: 'UTC' } });
  expect(await reviews()).toHaveLength(1);
  expect(lines.filter((line) => line.includes('failed; the next hour tries again'))).not.toEqual([]);
});

test('events older than the retention are deleted, and no younger one', async () => {
  app.clock.set(new Date('2026-06-01T00:00:00Z'));
  workspace = await openWorkspace(app, onePool(2));
  app.clock.advance(1);
  await workspace.submit({ email: 'ada@customer.example' });
  app.clock.advance(RETENTION_DAYS * 86_400_000);
  await upkeep();
  const kinds = async (): Promise<unknown[]> => (await workspace.events()).map(({ kind }) => kind);
  expect(await kinds()).toContain('LEAD_ASSIGNED');
  app.clock.advance(1);
  await upkeep();
  // It has been escalated meanwhile, by what the server does each second.
  expect(await kinds()).not.toContain('LEAD_ASSIGNED');
});

test('a server whose clock is ahead deletes no event that is young by the database’s', async () => {
  app.clock.set(new Date('2026-06-01T00:00:00Z'));
  workspace = await openWorkspace(app, onePool(2));
  const now = app.clock.now();
  await workspace.submit({ email: 'ada@customer.example' });
  app.clock.advance(40 * 86_400_000);
  await upkeep(async () => now);
  expect((await workspace.events()).map(({ kind }) => kind)).toContain('LEAD_ASSIGNED');
});
