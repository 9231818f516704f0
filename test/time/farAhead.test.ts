import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { HOUR, happened, open, pass, policy, someone } from '../support/time.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

test('what is due in more than 2^31 milliseconds, which a timer takes for at once, waits for its day', async () => {
  const days = 30;
  const reminded = ['ASSIGNMENT_REMINDED'];
  const rung = { afterSeconds: days * 24 * 3_600, action: 'REMIND' as const };
  const workspace = await open(app, { reps: ['a'], slaPolicies: [policy('p', [rung])] });
  await workspace.submit(someone());
  await pass(app, 0);
  await pass(app, days * 24 * HOUR - 1);
  expect(await happened(workspace, reminded)).toEqual([]);
  await pass(app, 1);
  expect(await happened(workspace, reminded)).toEqual(['ASSIGNMENT_REMINDED a']);
});
