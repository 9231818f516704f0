import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { redistribute } from '../support/moves.ts';
import { type Crew, look, MINUTE, open, pass, someone, trail } from '../support/time.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const ROOM = { key: 'room', name: 'Room', pool: 'main', responsible: 'boss', deadlineSeconds: 600 };
const waiting = (given: Partial<Crew> = {}): Promise<TestWorkspace> =>
  open(app, { reps: ['a', 'b'], queues: [ROOM], step: { whenNobody: { kind: 'QUEUE', queue: 'room' } }, ...given });

test('who answers for a lead that waits may be given it by hand: then it waits no longer, and the clock begins', async () => {
  const workspace = await waiting({ step: { target: { kind: 'QUEUE', queue: 'room' } } });
  const { id } = await workspace.submit(someone());
  await workspace.assign(id, 'boss');
  expect(await trail(workspace, id)).toBe('boss QUEUE, boss MANUAL');
  expect((await look(workspace, id)).present.sla?.status).toBe('DUE');
  await workspace.assign(id, 'boss');
  await pass(app, 20 * MINUTE);
  expect(await trail(workspace, id)).toBe('boss QUEUE, boss MANUAL');
});

describe('leads that are redistributed while nobody is there', () => {
  test('wait, also those of the rep who answers for the queue', async () => {
    const workspace = await waiting();
    const { id } = await workspace.submit(someone());
    await workspace.assign(id, 'boss');
    for (const rep of ['a', 'b']) await workspace.updateRep(rep, { status: 'PAUSED' });
    await redistribute(workspace, { repId: workspace.rep('boss') });
    expect(await trail(workspace, id)).toBe('a DEFAULT, boss MANUAL, boss QUEUE');
    // Once more changes nothing: it waits there.
    await redistribute(workspace, { repId: workspace.rep('boss') });
    expect(await trail(workspace, id)).toBe('a DEFAULT, boss MANUAL, boss QUEUE');
    await workspace.updateRep('b', { status: 'ACTIVE' });
    await app.sweep();
    expect(await trail(workspace, id)).toBe('a DEFAULT, boss MANUAL, boss QUEUE, b DEFAULT');
  });

  test('the person’s other leads are with whoever answers for it meanwhile, and come along when it is taken', async () => {
    const workspace = await waiting();
    const again = { email: 'again@client.example' };
    const { id } = await workspace.submit(again);
    const { id: second } = await workspace.submit(again);
    for (const rep of ['a', 'b']) await workspace.updateRep(rep, { status: 'PAUSED' });
    await redistribute(workspace, { repId: workspace.rep('a') });
    expect(await trail(workspace, id)).toBe('a DEFAULT, boss QUEUE');
    expect(await trail(workspace, second)).toBe('a DUPLICATE, boss REASSIGNMENT');
    await workspace.updateRep('b', { status: 'ACTIVE' });
    await app.sweep();
    expect([await workspace.owner(id), await workspace.owner(second)]).toEqual(['b', 'b']);
  });
});
