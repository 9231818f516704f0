import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { HOUR, iso, MINUTE, open, pass, policy, someone } from '../support/time.ts';
import { say } from '../support/waiting.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const inMs = (milliseconds: number): string => iso(app.clock.now().getTime() + milliseconds);

interface Availability {
  readonly available: boolean;
  readonly absences: readonly {
    readonly reason: string;
    readonly until: string | null;
    delegate: { key: string } | null;
  }[];
  readonly leaves: readonly {
    readonly key: string;
    readonly from: string;
    readonly until: string;
    readonly note: string | null;
  }[];
  readonly lastSeenAt: string | null;
  readonly calendarsStale: boolean;
}

async function availability(workspace: TestWorkspace, rep: string): Promise<Availability> {
  const { data, errors } = await workspace.send<{ rep: { availability: Availability } }>(
    `query ($id: ID!) { rep(id: $id) { availability { available absences { reason until delegate { key } }
       leaves { key from until note openLeads } lastSeenAt calendarsStale } } }`,
    { id: workspace.rep(rep) },
  );
  if (!data) throw new Error(errors.map(({ message }) => message).join('; '));
  return data.rep.availability;
}
const reasons = async (workspace: TestWorkspace, rep: string): Promise<string[]> =>
  (await availability(workspace, rep)).absences.map(({ reason }) => reason);

const cancel = (workspace: TestWorkspace, rep: string, leave: string, key?: string) =>
  workspace
    .send<{ cancelLeave: { code?: string } }>(
      'mutation ($input: CancelLeaveInput!) { cancelLeave(input: $input) { ... on Error { code message } } }',
      { input: { repId: workspace.rep(rep), leave } },
      key,
    )
    .then(({ data }) => data?.cancelLeave);

describe('a rep', () => {
  test.each([
    ['BUSY', { until: HOUR }, { reason: 'BUSY', until: HOUR }],
    ['PAUSED', { until: HOUR }, { reason: 'PAUSED', until: HOUR }],
    ['PAUSED', {}, { reason: 'PAUSED', until: null }],
    ['OUT_OF_OFFICE', { until: HOUR }, { reason: 'OUT_OF_OFFICE', until: HOUR }],
    ['OUT_OF_OFFICE', { from: -HOUR, until: HOUR }, { reason: 'OUT_OF_OFFICE', until: HOUR }],
  ])(
    'who is %s is passed over with that as the reason, until it ends or they are back: %#',
    async (status, when, absence) => {
      const workspace = await open(app, { reps: ['a', 'b'] });
      const given = Object.fromEntries(Object.entries(when).map(([field, after]) => [field, inMs(after)]));
      const until = absence.until === null ? null : inMs(absence.until);
      const key = await workspace.keyFor('REP', 'a');
      expect(await say(workspace, null, { status, ...given }, key)).toEqual({});
      expect(await availability(workspace, 'a')).toMatchObject({
        available: false,
        absences: [{ reason: absence.reason, until, delegate: null }],
        calendarsStale: false,
      });
      const { id, owner } = await workspace.submit(someone());
      expect(owner).toBe('b');
      const { data } = await workspace.send<{ decision: { steps: { attempts: { considered: object[] }[] }[] } }>(
        'query ($id: ID!) { decision(leadId: $id) { steps { attempts { considered { rep { key } reason } } } } }',
        { id },
      );
      expect(data?.decision.steps[0]?.attempts[0]?.considered).toContainEqual({
        rep: { key: 'a' },
        reason: absence.reason,
      });
      expect(await say(workspace, null, { status: 'AVAILABLE' }, key)).toEqual({});
      expect(await availability(workspace, 'a')).toMatchObject({ available: true, absences: [] });
      expect((await workspace.submit(someone())).owner).toBe('a');
    },
  );

  test('is heard of in the feed, with what was said and by whom', async () => {
    const workspace = await open(app, { reps: ['a'] });
    const until = inMs(HOUR);
    await say(workspace, null, { status: 'BUSY', until }, await workspace.keyFor('REP', 'a'));
    await say(workspace, 'a', { status: 'AVAILABLE' });
    expect(await workspace.events('REP_AVAILABILITY')).toMatchObject([
      { rep: 'a', leadId: null, data: { to: 'BUSY', until, by: 'rep:a' } },
      { rep: 'a', leadId: null, data: { to: 'AVAILABLE', by: expect.stringMatching(/^key:/) } },
    ]);
  });

  test('who has left is not available, and says nothing more', async () => {
    const workspace = await open(app, { reps: ['a'] });
    await workspace.updateRep('a', { status: 'LEFT' });
    expect(await availability(workspace, 'a')).toMatchObject({ available: false, absences: [] });
    expect(await say(workspace, 'a', { status: 'AVAILABLE' })).toMatchObject({ code: 'REP_LEFT' });
  });

  test('whose status is PAUSED is told that saying AVAILABLE does not end it', async () => {
    const workspace = await open(app, { reps: ['a'] });
    await workspace.updateRep('a', { status: 'PAUSED' });
    expect(await say(workspace, 'a', { status: 'AVAILABLE' })).toEqual({
      code: 'PAUSED_BY_OTHERS',
      message: 'An admin has paused Rep a; `updateRep` with ACTIVE ends it.',
    });
    expect(await reasons(workspace, 'a')).toEqual(['PAUSED']);
  });
});

describe('what makes no sense is refused, and changes nothing:', () => {
  test.each<readonly [string, (workspace: TestWorkspace) => object, string]>([
    ['being busy without an end', () => ({ status: 'BUSY' }), 'until: is missing: say until when'],
    ['a leave without an end', () => ({ status: 'OUT_OF_OFFICE' }), 'until: is missing: say until when'],
    ['an end in the past', () => ({ status: 'PAUSED', until: inMs(-1) }), 'until: must be in the future'],
    [
      'being busy for more than a week',
      () => ({ status: 'BUSY', until: inMs(7 * 24 * HOUR + 1) }),
      'until: must be at most a week ahead; beyond that use PAUSED',
    ],
    [
      'a leave that lasts for ever',
      () => ({ status: 'OUT_OF_OFFICE', until: inMs(5 * 366 * 24 * HOUR + 1) }),
      'until: must be at most five years ahead',
    ],
    [
      'a leave that began long ago',
      () => ({ status: 'OUT_OF_OFFICE', from: inMs(-24 * HOUR - 1), until: inMs(HOUR) }),
      'from: must be at most a day ago',
    ],
    ['an end that is now', () => ({ status: 'BUSY', until: inMs(0) }), 'until: must be in the future'],
    [
      'a leave that ends before it begins',
      () => ({ status: 'OUT_OF_OFFICE', from: inMs(2 * HOUR), until: inMs(HOUR) }),
      'until: must be after `from`',
    ],
    [
      'a leave of no length',
      () => ({ status: 'OUT_OF_OFFICE', from: inMs(HOUR), until: inMs(HOUR) }),
      'until: must be after `from`',
    ],
    [
      'oneself as delegate',
      (workspace) => ({ status: 'OUT_OF_OFFICE', until: inMs(HOUR), delegateId: workspace.rep('a') }),
      'delegateId: must be somebody else',
    ],
    [
      'a delegate for being busy',
      (workspace) => ({ status: 'BUSY', until: inMs(HOUR), delegateId: workspace.rep('b') }),
      'delegateId: does not go with BUSY',
    ],
    [
      'being busy from later on',
      () => ({ status: 'BUSY', from: inMs(MINUTE), until: inMs(HOUR) }),
      'from: does not go with BUSY',
    ],
    [
      'being available until then',
      () => ({ status: 'AVAILABLE', until: inMs(HOUR) }),
      'until: does not go with AVAILABLE',
    ],
    [
      'leads of who is busy',
      () => ({ status: 'BUSY', until: inMs(HOUR), openLeads: 'REDISTRIBUTE' }),
      'openLeads: does not go with BUSY',
    ],
  ])('%s', async (_, input, issue) => {
    const workspace = await open(app, { reps: ['a', 'b'] });
    expect(await say(workspace, 'a', input(workspace))).toMatchObject({ code: 'INVALID_INPUT', issues: [issue] });
    expect(await reasons(workspace, 'a')).toEqual([]);
    expect(await workspace.events('REP_AVAILABILITY')).toEqual([]);
  });

  test('a delegate who has left, or is of another workspace', async () => {
    const [workspace, other] = [await open(app, { reps: ['a', 'b'] }), await open(app, { reps: ['a'] })];
    await workspace.updateRep('b', { status: 'LEFT' });
    const leave = { status: 'OUT_OF_OFFICE', until: inMs(HOUR) };
    expect(await say(workspace, 'a', { ...leave, delegateId: workspace.rep('b') })).toMatchObject({ code: 'REP_LEFT' });
    const foreign = await say(workspace, 'a', { ...leave, delegateId: other.rep('a') });
    expect(foreign).toMatchObject({ code: 'NOT_FOUND' });
    const pause = { status: 'PAUSED', openLeads: 'DELEGATE', delegateId: other.rep('a') };
    expect(await say(workspace, 'a', pause)).toEqual(foreign);
    expect(await say(workspace, 'a', { ...leave, note: 'x'.repeat(501) })).toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('more than a hundred leaves to come', async () => {
    const workspace = await open(app, { reps: ['a'] });
    const leave = (day: number): object => ({
      status: 'OUT_OF_OFFICE',
      from: inMs(day * HOUR),
      until: inMs(day * HOUR + 1),
    });
    for (let day = 1; day <= 100; day += 1) expect(await say(workspace, 'a', leave(day))).toEqual({});
    expect(await say(workspace, 'a', leave(101))).toMatchObject({
      issues: ['from: would be more than 100 leaves to come'],
    });
    expect((await availability(workspace, 'a')).leaves).toHaveLength(100);
  });
});

describe('whose availability may be set:', () => {
  test('one’s own, a manager’s team’s, anybody’s by an admin; for a key that is nobody’s the rep is named', async () => {
    const about = { a: { manager: 'm' } };
    const workspace = await open(app, { reps: ['m', 'a', 'b'], about });
    const busy = { status: 'BUSY', until: inMs(HOUR) };
    const manager = await workspace.keyFor('MANAGER', 'm');
    expect(await say(workspace, 'a', busy, manager)).toEqual({});
    expect(await say(workspace, null, busy, manager)).toEqual({});
    const other = await say(workspace, 'b', busy, manager);
    expect(other).toEqual({ code: 'NOT_FOUND', message: 'There is no such rep.' });
    expect(await say(workspace, 'b', busy, await workspace.keyFor('REP', 'a'))).toEqual(other);
    expect(await say(workspace, null, busy)).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await say(workspace, 'b', busy)).toEqual({});
    for (const role of ['PARTNER', 'VIEWER'] as const) {
      await expect(say(workspace, 'b', busy, await workspace.keyFor(role))).rejects.toThrow('leads:write');
    }
  });
});

describe('a pause', () => {
  test('set by others is ended by others, and not made another by the rep', async () => {
    const workspace = await open(app, { reps: ['a'] });
    const key = await workspace.keyFor('REP', 'a');
    await say(workspace, 'a', { status: 'PAUSED' });
    for (const status of ['AVAILABLE', 'PAUSED']) {
      expect(await say(workspace, null, { status }, key)).toMatchObject({ code: 'PAUSED_BY_OTHERS' });
    }
    expect(await say(workspace, null, { status: 'BUSY', until: inMs(HOUR) }, key)).toEqual({});
    expect(await reasons(workspace, 'a')).toEqual(['PAUSED', 'BUSY']);
    expect(await say(workspace, 'a', { status: 'AVAILABLE' }, await workspace.keyFor('MANAGER', 'boss'))).toEqual({});
    expect(await reasons(workspace, 'a')).toEqual([]);
  });

  test('of one’s own is ended with any key of one’s own', async () => {
    const workspace = await open(app, { reps: ['a'] });
    await say(workspace, null, { status: 'PAUSED' }, await workspace.keyFor('REP', 'a'));
    expect(await say(workspace, null, { status: 'AVAILABLE' }, await workspace.keyFor('REP', 'a'))).toEqual({});
    expect(await reasons(workspace, 'a')).toEqual([]);
  });

  test('by a policy that is over keeps the rep from nothing', async () => {
    const rungs = [{ afterSeconds: 60, action: 'PAUSE_REP', pauseSeconds: 600 } as const];
    const workspace = await open(app, { reps: ['a'], slaPolicies: [policy('strict', rungs)] });
    const key = await workspace.keyFor('REP', 'a');
    await workspace.submit(someone());
    await pass(app, MINUTE);
    expect(await say(workspace, null, { status: 'AVAILABLE' }, key)).toEqual({
      code: 'PAUSED_BY_OTHERS',
      message: `The SLA policy "strict" has paused the rep until ${inMs(600_000)}; a manager or admin can end it.`,
    });
    await pass(app, 10 * MINUTE);
    expect(await reasons(workspace, 'a')).toEqual([]);
    expect(await say(workspace, null, { status: 'AVAILABLE' }, key)).toEqual({});
  });
});

describe('a leave', () => {
  test('that is to come is listed, begins by itself and is taken back', async () => {
    const workspace = await open(app, { reps: ['a', 'b'] });
    const [from, until] = [inMs(HOUR), inMs(3 * HOUR)];
    await say(workspace, 'a', { status: 'OUT_OF_OFFICE', from, until, note: 'Away', delegateId: workspace.rep('b') });
    const { leaves, available } = await availability(workspace, 'a');
    expect([available, leaves]).toEqual([
      true,
      [{ key: expect.any(String), from, until, note: 'Away', openLeads: 'KEEP' }],
    ]);
    await pass(app, HOUR);
    expect((await availability(workspace, 'a')).absences).toEqual([
      { reason: 'OUT_OF_OFFICE', until, delegate: { key: 'b' } },
    ]);
    const key = leaves[0]?.key as string;
    expect(await cancel(workspace, 'a', key, await workspace.keyFor('REP', 'b'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await cancel(workspace, 'a', 'no-such-leave')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await cancel(workspace, 'a', key, await workspace.keyFor('REP', 'a'))).toEqual({});
    expect(await availability(workspace, 'a')).toMatchObject({ available: true, leaves: [] });
    expect(await cancel(workspace, 'a', key)).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('that is over is no longer listed', async () => {
    const workspace = await open(app, { reps: ['a'] });
    await say(workspace, 'a', { status: 'OUT_OF_OFFICE', until: inMs(HOUR) });
    await pass(app, HOUR);
    expect(await availability(workspace, 'a')).toMatchObject({ available: true, leaves: [] });
  });
});
