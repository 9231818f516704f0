import { afterAll, beforeAll, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { expectSound, MINUTE, open, overdue, policy, someone, startSecond } from '../support/time.ts';

const STORM = 2_000;
const CALL = 500;

let app: TestApp;
let second: App;
beforeAll(async () => {
  app = await startTestApp();
  second = await startSecond(app);
});
afterAll(async () => {
  await second.stop();
  await app.stop();
});

test(`${STORM.toLocaleString('en')} deadlines that are due at one moment, swept by two servers, fire once each`, async () => {
  const reps = Array.from({ length: 20 }, (_, index) => `rep-${index + 1}`);
  const slaPolicies = [
    policy('p', [
      { afterSeconds: 60, action: 'REMIND' },
      { afterSeconds: 60, action: 'REASSIGN' },
    ]),
  ];
  const workspace = await open(app, { reps, workspace: { defaultCapacity: 100_000 }, slaPolicies });
  for (let sent = 0; sent < STORM; sent += CALL) {
    const all = await workspace.submitAll(Array.from({ length: CALL }, () => someone()));
    expect(all.every(({ owner }) => owner !== '')).toBe(true);
  }
  app.clock.advance(MINUTE - 1);
  await Promise.all([app.sweep(), second.sweep()]);
  expect(await workspace.events('ASSIGNMENT_REMINDED')).toEqual([]);

  app.clock.advance(1);
  await Promise.all([app.sweep(), second.sweep()]);
  await until(async () => (await overdue(app, workspace)) === 0, 'all that is due has been seen to');

  for (const kind of ['ASSIGNMENT_REMINDED', 'ASSIGNMENT_ESCALATED', 'LEAD_REASSIGNED', 'LEAD_UNASSIGNED']) {
    const leads = (await workspace.events(kind)).map(({ leadId }) => leadId);
    expect([kind, leads.length, new Set(leads).size]).toEqual([kind, STORM, STORM]);
  }
  expect(await workspace.count('Assignment')).toBe(2 * STORM);
  // All at once they are shared as evenly as one by one.
  expect(
    new Set(Object.entries(await workspace.loads()).map(([rep, load]) => (rep === 'boss' ? null : load))).size,
  ).toBe(2);
  await expectSound(app, workspace);
});
