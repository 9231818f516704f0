import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { pass, someone, trail } from '../support/time.ts';
import { expectInOrder, openWaiting, say } from '../support/waiting.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ config: { role: 'api' } });
});
afterAll(() => app.stop());

test('what waits is served before what arrives together with the call that makes room', async () => {
  const workspace = await openWaiting(app, { reps: ['a'], about: { a: { capacity: 1 } } });
  const held = await workspace.submit(someone());
  const waits = await workspace.submit(someone());
  // Whatever comes while a commit is under way shares the next one.
  const underWay = workspace.submit(someone());
  const closing = workspace.close(held.id);
  const arriving = [underWay, ...Array.from({ length: 30 }, () => workspace.submit(someone()))];
  await closing;
  expect(new Set((await Promise.all(arriving)).map(({ owner }) => owner))).toEqual(new Set(['boss']));
  await until(async () => (await workspace.owner(waits.id)) === 'a', 'what has waited is served');
  await expectInOrder(app, workspace);
});

test('who does not fit a lead by its step does not get it by its having waited', async () => {
  const workspace = await openWaiting(app, {
    reps: ['a', 'b'],
    about: { a: { language: 'de' }, b: { language: 'fr', status: 'PAUSED' } },
    step: { match: [{ repField: 'language', operator: 'EQUALS', leadField: 'language' }] },
  });
  const { id, method } = await workspace.submit(someone({ language: 'fr' }));
  expect(method).toBe('QUEUE');
  await app.sweep();
  expect(await trail(workspace, id)).toBe('boss QUEUE');
  await workspace.updateRep('b', { status: 'ACTIVE' });
  await app.sweep();
  expect(await trail(workspace, id)).toBe('boss QUEUE, b DEFAULT');
  await expectInOrder(app, workspace);
});

test('more leads than are looked at in one go that nobody may take do not hide one that somebody may', async () => {
  const workspace = await openWaiting(app, {
    reps: ['a'],
    workspace: { defaultCapacity: 1_000, classLimits: [{ segment: 'big', limit: 1 }] },
    segments: [{ key: 'big', name: 'Big', condition: { field: 'employees', operator: 'AT_LEAST', value: 1_000 } }],
  });
  const big = () => Array.from({ length: 100 }, () => someone({ employees: 5_000, priority: 1 }));
  for (let count = 0; count < 6; count += 1) await workspace.submitAll(big());
  await say(workspace, 'a', { status: 'PAUSED' });
  const { id, method } = await workspace.submit(someone({ employees: 5 }));
  expect(method).toBe('QUEUE');
  await say(workspace, 'a', { status: 'AVAILABLE' });
  // A part of what stands behind the first 200 each second.
  for (let count = 0; count < 2; count += 1) await pass(app, 1_000);
  expect(await trail(workspace, id)).toBe('boss QUEUE, a DEFAULT');
});
