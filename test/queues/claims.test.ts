import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { look, open, someone } from '../support/time.ts';
import { claim, claimNext, expectCounted, expectInOrder, line, openClaims, queueSeen } from '../support/waiting.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const submitIds = async (workspace: TestWorkspace, leads: readonly object[]): Promise<string[]> =>
  (await workspace.submitAll(leads)).map(({ id }) => id);

describe('one lead', () => {
  test('claimed by fifty reps at once has one winner, and the others are told who it is', async () => {
    const reps = Array.from({ length: 50 }, (_, index) => `r${index + 1}`);
    const workspace = await openClaims(app, { reps });
    const [id] = (await submitIds(workspace, [someone()])) as [string];
    const keys = await Promise.all(reps.map((rep) => workspace.keyFor('REP', rep)));
    const answers = await Promise.all(keys.map((key) => claim(workspace, id, key)));
    const won = answers.filter(({ code }) => code === undefined);
    expect(won).toEqual([{ id, owner: expect.any(String), method: 'CLAIM' }]);
    const lost = answers.filter(({ code }) => code !== undefined);
    expect(new Set(lost.map(({ code, message }) => `${code} ${message}`))).toEqual(
      new Set([`NOT_QUEUED The lead does not wait; Rep ${won[0]?.owner} owns it.`]),
    );
    expect(await workspace.owner(id)).toBe(won[0]?.owner);
    await expectInOrder(app, workspace);
  });

  test('that waits is of whoever answers for it, at no cost, and of whoever claims it from then on', async () => {
    const workspace = await openClaims(app, { reps: ['a', 'b'] });
    const [id] = (await submitIds(workspace, [someone()])) as [string];
    expect((await look(workspace, id)).present).toMatchObject({ rep: 'boss', method: 'QUEUE', sla: null, offer: null });
    expect(await workspace.loads()).toEqual({ boss: 0, a: 0, b: 0 });
    await claim(workspace, id, await workspace.keyFor('REP', 'b'));
    const { present } = await look(workspace, id);
    expect(present).toMatchObject({
      rep: 'b',
      method: 'CLAIM',
      reason: 'Claimed from Line',
      sla: { policy: 'default', dueAt: new Date(app.clock.now().getTime() + 7_200_000).toISOString(), status: 'DUE' },
    });
    expect(await workspace.loads()).toEqual({ boss: 0, a: 0, b: 1 });
    expect((await queueSeen(workspace)).waiting).toBe(0);
  });

  test('is told of to whoever answers for it and to the members, and that it was claimed', async () => {
    const workspace = await openClaims(app, { reps: ['a', 'b', 'c'], members: ['a', 'b'] });
    const [id] = (await submitIds(workspace, [someone()])) as [string];
    await claim(workspace, id, await workspace.keyFor('REP', 'a'));
    const told = (await workspace.events()).filter(({ leadId }) => leadId === id);
    expect(told.map(({ kind, rep }) => `${kind} ${rep}`)).toEqual([
      'LEAD_QUEUED boss',
      'LEAD_QUEUED a',
      'LEAD_QUEUED b',
      'LEAD_UNASSIGNED boss',
      'LEAD_CLAIMED a',
      'LEAD_CLAIMED b',
    ]);
    expect(told[1]?.data).toMatchObject({ queue: 'line', waitsFor: 'CLAIM', priority: 0 });
    expect(told[5]?.data).toEqual({ queue: 'line', to: 'a', method: 'CLAIM' });
  });

  test('counts in the rotation of the pool as one that was received', async () => {
    const workspace = await openClaims(app, { reps: ['a', 'b'] });
    const [first, second] = (await submitIds(workspace, [someone(), someone()])) as [string, string];
    await claim(workspace, first, undefined, 'a');
    expect(await workspace.credits()).toEqual({ a: -0.5, b: 0.5 });
    await claim(workspace, second, undefined, 'b');
    expect(await workspace.credits()).toEqual({ a: 0, b: 0 });
    const { data } = await workspace.send<{ pool: { members: { received: number }[] } }>(
      '{ pool(key: "main") { members { received } } }',
    );
    expect(data?.pool.members.map(({ received }) => received)).toEqual([1, 1]);
  });

  test('moves no credit where the pool does not count what is claimed', async () => {
    const workspace = await openClaims(app, { reps: ['a', 'b'], main: { countManual: false } });
    const [id] = (await submitIds(workspace, [someone()])) as [string];
    await claim(workspace, id, undefined, 'a');
    expect(await workspace.credits()).toEqual({ a: 0, b: 0 });
  });

  test('takes along what else the person has asked meanwhile', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const person = someone();
    const [first, second] = [await workspace.submit(person), await workspace.submit(person)];
    expect([second.owner, second.method]).toEqual(['boss', 'DUPLICATE']);
    await claim(workspace, first.id, undefined, 'a');
    expect(await workspace.owner(second.id)).toBe('a');
    await expectInOrder(app, workspace);
  });
});

describe('a claim is refused', () => {
  test('beyond as many leads as a rep may hold from the queue, until one of them is closed', async () => {
    const workspace = await openClaims(app, { reps: ['a'] }, { claimLimit: 2 });
    const ids = await submitIds(workspace, [someone(), someone(), someone()]);
    const key = await workspace.keyFor('REP', 'a');
    for (const id of ids.slice(0, 2)) expect(await claim(workspace, id, key)).toMatchObject({ owner: 'a' });
    expect(await claim(workspace, ids[2] as string, key)).toEqual({
      code: 'CLAIM_LIMIT',
      message: 'Rep a holds 2 of 2 leads from Line.',
    });
    expect(await claimNext(workspace, key)).toMatchObject({ code: 'CLAIM_LIMIT' });
    await workspace.close(ids[0] as string);
    expect(await claim(workspace, ids[2] as string, key)).toMatchObject({ owner: 'a' });
  });

  test('beyond the rep’s places', async () => {
    const workspace = await openClaims(app, { reps: ['a'], about: { a: { capacity: 1 } } });
    const [first, second] = (await submitIds(workspace, [someone(), someone()])) as [string, string];
    const key = await workspace.keyFor('REP', 'a');
    await claim(workspace, first, key);
    expect(await claim(workspace, second, key)).toEqual({
      code: 'CANNOT_TAKE',
      message: 'Rep a cannot take it: at capacity.',
    });
  });

  test('of a closed lead', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const [id] = (await submitIds(workspace, [someone()])) as [string];
    await workspace.close(id, 'DISQUALIFIED');
    expect(await claim(workspace, id, undefined, 'a')).toMatchObject({ code: 'LEAD_CLOSED' });
  });

  test('of who is no member, whether or not anything waits', async () => {
    const workspace = await openClaims(app, { reps: ['a', 'b'], members: ['a'] });
    const key = await workspace.keyFor('REP', 'b');
    expect(await claimNext(workspace, key)).toEqual({ code: 'NOT_A_MEMBER', message: 'Rep b is no member of Line.' });
    const [id] = (await submitIds(workspace, [someone()])) as [string];
    expect(await claimNext(workspace, key)).toMatchObject({ code: 'NOT_A_MEMBER' });
    expect(await claim(workspace, id, undefined, 'b')).toMatchObject({ code: 'NOT_A_MEMBER' });
    // To the rep it does not exist.
    expect(await claim(workspace, id, key)).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of what exists in another workspace, or nowhere, or is something else, as of what does not exist', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const other = await openClaims(app, { reps: ['a'] });
    const [foreign] = (await submitIds(other, [someone()])) as [string];
    const key = await workspace.keyFor('REP', 'a');
    const none = await claim(workspace, Buffer.from(`Lead:${crypto.randomUUID()}`).toString('base64url'), key);
    expect(none).toEqual({ code: 'NOT_FOUND', message: 'There is no such lead.' });
    expect(await claim(workspace, foreign, key)).toEqual(none);
    expect((await claim(workspace, workspace.rep('a'), key)).code).toBe('NOT_FOUND');
    const [own] = (await submitIds(workspace, [someone()])) as [string];
    const { data } = await workspace.send<{ claimLead: { code: string } }>(
      'mutation ($input: ClaimLeadInput!) { claimLead(input: $input) { ... on Error { code } } }',
      { input: { leadId: own, repId: other.rep('a') } },
    );
    expect(data?.claimLead.code).toBe('NOT_FOUND');
    expect(await other.owner(foreign)).toBe('boss');
  });
});

describe('the next lead', () => {
  test('is the one with the highest priority, then the oldest by when it was captured', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const at = (minute: number): string => `2026-03-01T09:${String(minute).padStart(2, '0')}:00Z`;
    await submitIds(workspace, [
      someone({ companyName: 'third', capturedAt: at(30) }),
      someone({ companyName: 'second', capturedAt: at(10) }),
      someone({ companyName: 'first', capturedAt: at(50), priority: 5 }),
      someone({ companyName: 'last', capturedAt: at(1), priority: -1 }),
    ]);
    const names = new Map((await queueSeen(workspace)).entries.map(({ leadId, companyName }) => [leadId, companyName]));
    expect([...names.values()]).toEqual(['first', 'second', 'third', 'last']);
    const key = await workspace.keyFor('REP', 'a');
    const claimed: unknown[] = [];
    for (let count = 0; count < 4; count += 1) claimed.push(names.get((await claimNext(workspace, key)).id ?? ''));
    expect(claimed).toEqual(['first', 'second', 'third', 'last']);
    expect(await claimNext(workspace, key)).toEqual({ code: 'QUEUE_EMPTY', message: 'Nothing waits in Line.' });
  });

  test('passes by what the rep may not own', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const [own, other] = await submitIds(workspace, [{ email: 'a@fairlead.example' }, someone()]);
    const key = await workspace.keyFor('REP', 'a');
    expect(await claimNext(workspace, key)).toMatchObject({ id: other, owner: 'a' });
    expect(await claimNext(workspace, key)).toMatchObject({ code: 'CANNOT_TAKE' });
    expect(await workspace.owner(own as string)).toBe('boss');
  });

  test('asked for by sixty at once is another one for each', async () => {
    const reps = Array.from({ length: 60 }, (_, index) => `r${index + 1}`);
    const workspace = await openClaims(app, { reps });
    const ids = await submitIds(
      workspace,
      reps.map(() => someone()),
    );
    const { id: queueId } = await queueSeen(workspace);
    const answers = await Promise.all(
      reps.map(async (rep) => {
        const { data } = await workspace.send<{ claimNextLead: { lead?: { id: string } } }>(
          'mutation ($input: ClaimNextLeadInput!) { claimNextLead(input: $input) { ... on ClaimSuccess { lead { id } } } }',
          { input: { queueId, repId: workspace.rep(rep) } },
        );
        return data?.claimNextLead.lead?.id;
      }),
    );
    expect(new Set(answers)).toEqual(new Set(ids));
    await expectCounted(app, workspace);
  });
});

describe('who claims', () => {
  test('may be outside working hours, paused or away: whoever claims is there', async () => {
    const about = { a: { workingHours: [{ days: ['SUNDAY'], from: '08:00', to: '09:00' }] } };
    const workspace = await openClaims(app, { reps: ['a', 'b'], about });
    await workspace.updateRep('b', { status: 'PAUSED' });
    const ids = await submitIds(workspace, [someone(), someone()]);
    expect(await claim(workspace, ids[0] as string, await workspace.keyFor('REP', 'a'))).toMatchObject({ owner: 'a' });
    expect(await claim(workspace, ids[1] as string, await workspace.keyFor('REP', 'b'))).toMatchObject({ owner: 'b' });
  });

  test('is the rep whose key it is, somebody of a manager’s team, or anybody for an admin', async () => {
    const workspace = await open(app, {
      reps: ['m', 'a', 'b'],
      about: { a: { manager: 'm' } },
      members: ['a', 'b'],
      queues: [line()],
      step: { target: { kind: 'QUEUE', queue: 'line' } },
    });
    const [first, second] = (await submitIds(workspace, [someone(), someone()])) as [string, string];
    const manager = await workspace.keyFor('MANAGER', 'm');
    expect(await claim(workspace, first, manager, 'b')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await claim(workspace, first, await workspace.keyFor('REP', 'a'), 'b')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await claim(workspace, first, manager, 'a')).toMatchObject({ owner: 'a' });
    expect(await claim(workspace, second)).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await claim(workspace, second, undefined, 'b')).toMatchObject({ owner: 'b' });
    for (const role of ['PARTNER', 'VIEWER'] as const) {
      await expect(claim(workspace, second, await workspace.keyFor(role))).rejects.toThrow('leads:write');
    }
  });
});
