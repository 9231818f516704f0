import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { accept, type Crew, decline, look, MINUTE, offered, open, pass, trail } from '../support/time.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const offering = (given: Partial<Crew> = {}): Promise<TestWorkspace> =>
  open(app, { reps: ['a', 'b', 'c'], step: { offerSeconds: 60 }, ...given });

describe('what is refused, and says why', () => {
  test('to accept or decline what has moved on: who owns it now', async () => {
    const workspace = await offering();
    const { assignmentId } = await offered(workspace);
    const key = await workspace.keyFor('REP', 'a');
    await decline(workspace, assignmentId, 'No time', key);
    const told = { code: 'NOT_THE_OWNER', message: 'The lead has moved on; Rep b owns it now.' };
    expect(await accept(workspace, assignmentId, key)).toEqual(told);
    expect(await decline(workspace, assignmentId, 'Again', key)).toEqual(told);
  });

  test('to accept after time is up', async () => {
    const workspace = await offering();
    const { assignmentId } = await offered(workspace);
    await pass(app, MINUTE);
    expect(await accept(workspace, assignmentId, await workspace.keyFor('REP', 'a'))).toEqual({
      code: 'NOT_THE_OWNER',
      message: 'The lead has moved on; Rep b owns it now.',
    });
  });

  test('to decline what was accepted, or given and not offered', async () => {
    const workspace = await offering();
    const { assignmentId } = await offered(workspace);
    await accept(workspace, assignmentId);
    expect(await decline(workspace, assignmentId)).toEqual({
      code: 'NO_OFFER',
      message: 'The offer is ACCEPTED and can not be declined.',
    });
    const usual = await offering({ step: {} });
    const given = await offered(usual);
    const nothing = { code: 'NO_OFFER', message: 'The lead was given and not offered.' };
    expect(await accept(usual, given.assignmentId)).toEqual(nothing);
    expect(await decline(usual, given.assignmentId)).toEqual(nothing);
  });

  test('to answer for a lead that is closed; opened again it is theirs, without an offer', async () => {
    const workspace = await offering();
    const { id, assignmentId } = await offered(workspace);
    await workspace.close(id);
    expect((await look(workspace, id)).present.offer?.status).toBe('WITHDRAWN');
    expect(await accept(workspace, assignmentId)).toEqual({ code: 'LEAD_CLOSED', message: 'The lead is LOST.' });
    expect(await decline(workspace, assignmentId)).toEqual({ code: 'LEAD_CLOSED', message: 'The lead is LOST.' });
    await pass(app, MINUTE);
    await workspace.close(id, 'ASSIGNED');
    await pass(app, MINUTE);
    expect(await trail(workspace, id)).toBe('a DEFAULT');
  });

  test.each([
    ['', 'reason: must not be empty'],
    ['x'.repeat(501), 'reason: is at most 500 characters long'],
  ])('a reason like "%.5s": %s', async (reason, issue) => {
    const workspace = await offering();
    const { assignmentId } = await offered(workspace);
    const refused = await decline(workspace, assignmentId, reason);
    expect(refused).toMatchObject({ code: 'INVALID_INPUT' });
    expect((refused.issues as string[])[0]).toContain(issue);
  });

  test('whose it never was, of another workspace, or what is no assignment: it does not exist', async () => {
    const [workspace, other] = [await offering(), await openWorkspace(app, onePool(1))];
    const { id, assignmentId } = await offered(workspace);
    const missing = { code: 'NOT_FOUND', message: 'There is no such assignment.' };
    const strangers = [await workspace.keyFor('REP', 'c'), await other.keyFor('REP', 'rep-1'), other.key];
    for (const key of strangers) {
      expect(await accept(workspace, assignmentId, key)).toEqual(missing);
      expect(await decline(workspace, assignmentId, 'Mine', key)).toEqual(missing);
    }
    for (const wrong of [id, 'x', Buffer.from('Assignment:0').toString('base64url')]) {
      expect(await accept(workspace, wrong)).toMatchObject({ code: expect.stringMatching(/NOT_FOUND|INVALID_INPUT/) });
    }
    expect((await look(workspace, id)).present.offer?.status).toBe('OPEN');
  });

  test('to whom it is not given to answer', async () => {
    const workspace = await offering();
    const { assignmentId } = await offered(workspace);
    for (const role of ['VIEWER', 'PARTNER'] as const) {
      await expect(accept(workspace, assignmentId, await workspace.keyFor(role))).rejects.toThrow();
    }
  });
});
