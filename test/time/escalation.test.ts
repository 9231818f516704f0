import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  expectSound,
  HOUR,
  look,
  MINUTE,
  open,
  pass,
  policy,
  type RungInput,
  someone,
  trail,
} from '../support/time.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const reassign = (more: object = {}): RungInput => ({ afterSeconds: 60, action: 'REASSIGN', ...more });
const EACH_MINUTE = [policy('p', [reassign()])];
const BACKUP_FIRST = [policy('p', [reassign({ backupFirst: true })])];

const submit = async (workspace: TestWorkspace, given: object = {}): Promise<string> =>
  (await workspace.submit(someone(given))).id;

const kinds = async (workspace: TestWorkspace) =>
  (await workspace.events()).map(({ kind, rep, data }) => ({ kind, rep, data }));

describe('to whom a lead goes upon which nobody acts', () => {
  const cases: readonly [string, Parameters<typeof open>[1], string][] = [
    [
      'those of its step in turn, then the manager; there it stays',
      { reps: ['a', 'b', 'c'], slaPolicies: EACH_MINUTE },
      'a DEFAULT, b ESCALATION, c ESCALATION, boss ESCALATION',
    ],
    [
      'after the step the backup of whoever has it, then the manager',
      {
        reps: ['a', 'b', 'x'],
        members: ['a', 'b'],
        about: { a: { backup: 'x' }, b: { backup: 'x' } },
        slaPolicies: EACH_MINUTE,
      },
      'a DEFAULT, b ESCALATION, x ESCALATION, boss ESCALATION',
    ],
    [
      'the backup first, where the rung says so',
      { reps: ['a', 'b', 'x'], members: ['a', 'b'], about: { a: { backup: 'x' } }, slaPolicies: BACKUP_FIRST },
      'a DEFAULT, x ESCALATION, b ESCALATION, boss ESCALATION',
    ],
    [
      'a backup who has had it, or is away, is passed over',
      {
        reps: ['a', 'b', 'x'],
        members: ['a', 'b'],
        about: { a: { backup: 'x' }, b: { backup: 'a' }, x: { status: 'PAUSED' } },
        slaPolicies: BACKUP_FIRST,
      },
      'a DEFAULT, b ESCALATION, boss ESCALATION',
    ],
    [
      'on up the chain of managers',
      {
        reps: ['a', 'lead', 'head'],
        members: ['a'],
        about: { a: { manager: 'lead' }, lead: { manager: 'head' }, head: { manager: 'boss' } },
        slaPolicies: EACH_MINUTE,
      },
      'a DEFAULT, lead ESCALATION, head ESCALATION, boss ESCALATION',
    ],
    [
      'nobody who is full, paused or weighs nothing in the step',
      {
        reps: ['a', 'full', 'paused'],
        about: { full: { capacity: 0 }, paused: { status: 'PAUSED' } },
        slaPolicies: EACH_MINUTE,
      },
      'a DEFAULT, boss ESCALATION',
    ],
    [
      'nobody of a step that it did not come by',
      {
        reps: ['a', 'z'],
        members: ['a'],
        pools: [{ key: 'other', name: 'Other', strategy: 'ROUND_ROBIN', members: [{ rep: 'z' }] }],
        steps: [{ key: 'others', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'other' } }],
        slaPolicies: EACH_MINUTE,
      },
      'a DEFAULT, boss ESCALATION',
    ],
    [
      'who could have claimed it, where the step gives into a queue',
      {
        reps: ['a', 'b'],
        queues: [{ key: 'room', name: 'Room', pool: 'main', responsible: 'boss', deadlineSeconds: 60 }],
        step: { target: { kind: 'QUEUE', queue: 'room' } },
        slaPolicies: EACH_MINUTE,
      },
      'boss QUEUE, a DEFAULT, b ESCALATION, boss ESCALATION',
    ],
  ];

  test.each(cases)('%s', async (_name, given, expected) => {
    const workspace = await open(app, given);
    const id = await submit(workspace);
    for (let minute = 0; minute < 8; minute += 1) await pass(app, MINUTE);
    expect(await trail(workspace, id)).toBe(expected);
    // The last one has failed and keeps it.
    expect((await look(workspace, id)).all.at(-1)?.sla?.status).toBe('FAILED');
    const alerts = await workspace.events('ALERT_RAISED');
    expect(alerts.map(({ rep, leadId, data }) => [rep, leadId, data.alert])).toEqual([
      [expected.split(', ').at(-1)?.split(' ')[0], id, 'ESCALATION_EXHAUSTED'],
    ]);
  });

  test('a lead that was given by hand to somebody outside goes back into the step that routed it', async () => {
    const workspace = await open(app, { reps: ['a', 'b', 'z'], members: ['a', 'b'], slaPolicies: EACH_MINUTE });
    const id = await submit(workspace);
    await workspace.assign(id, 'z');
    await pass(app, MINUTE);
    expect(await trail(workspace, id)).toBe('a DEFAULT, z MANUAL, b ESCALATION');
    await expectSound(app, workspace);
  });

  test('what nobody was there for stays with the last resort, since there is no step and nobody above', async () => {
    const workspace = await open(app, { reps: ['a'], about: { a: { status: 'PAUSED' } }, slaPolicies: EACH_MINUTE });
    const id = await submit(workspace);
    await pass(app, MINUTE);
    expect(await trail(workspace, id)).toBe('boss FALLBACK');
    expect((await look(workspace, id)).present.sla?.status).toBe('FAILED');
  });
});

test('through sixty owners it never comes back to anyone who had it', async () => {
  const reps = Array.from({ length: 60 }, (_, index) => `rep-${index + 1}`);
  const workspace = await open(app, { reps, slaPolicies: EACH_MINUTE });
  const id = await submit(workspace);
  for (let minute = 0; minute < 61; minute += 1) await pass(app, MINUTE);
  const { all } = await look(workspace, id);
  expect(new Set(all.map(({ rep }) => rep)).size).toBe(61);
  expect(all.map(({ rep }) => rep)).toHaveLength(61);
  expect(all.slice(0, -1).every(({ ended, sla }) => ended && sla?.status === 'FAILED')).toBe(true);
  expect(await workspace.events('ALERT_RAISED')).toHaveLength(1);
  await expectSound(app, workspace);
});

test('both reps hear of it, in one order, and the event says to whom it went and why', async () => {
  const workspace = await open(app, { reps: ['a', 'b'], slaPolicies: EACH_MINUTE });
  const id = await submit(workspace);
  await pass(app, MINUTE);
  const all = await kinds(workspace);
  const [assigned, escalated, unassigned, reassigned] = all.slice(-4);
  expect(assigned).toMatchObject({ kind: 'LEAD_ASSIGNED', rep: 'a' });
  expect(escalated).toMatchObject({
    kind: 'ASSIGNMENT_ESCALATED',
    rep: 'a',
    data: { policy: 'p', rung: 1, afterSeconds: 60, to: 'b' },
  });
  expect(unassigned).toMatchObject({ kind: 'LEAD_UNASSIGNED', rep: 'a', data: { to: 'b', method: 'ESCALATION' } });
  expect(reassigned).toMatchObject({ kind: 'LEAD_REASSIGNED', rep: 'b', data: { from: 'a', method: 'ESCALATION' } });
  expect((await look(workspace, id)).present).toMatchObject({ by: 'sla:p' });
});

test('the decision names who had it, and deciding again comes out the same', async () => {
  const workspace = await open(app, { reps: ['a', 'b', 'c'], slaPolicies: EACH_MINUTE });
  const id = await submit(workspace);
  await pass(app, MINUTE);
  await pass(app, MINUTE);
  const { data } = await workspace.send<Record<string, unknown>>(
    `query ($id: ID!) {
       decision(leadId: $id) { method stepKey rep { key } steps { stepKey attempts { via considered { rep { key } reason } } } }
       replayDecision(leadId: $id) { ... on ReplayDecisionSuccess { replayed same differences } ... on Error { message } } }`,
    { id },
  );
  expect(data).toMatchObject({
    decision: {
      ...{ method: 'ESCALATION', stepKey: 'everyone', rep: { key: 'c' } },
      steps: [
        {
          attempts: [
            {
              via: 'TARGET',
              considered: expect.arrayContaining([
                { rep: { key: 'a' }, reason: 'ALREADY_HAD' },
                { rep: { key: 'b' }, reason: 'ALREADY_HAD' },
                { rep: { key: 'c' }, reason: 'CHOSEN' },
              ]),
            },
          ],
        },
      ],
    },
    replayDecision: { replayed: true, same: true, differences: [] },
  });
});

describe('who pays for it', () => {
  test('in the step the one whose turn it is; who had it keeps the turn paid', async () => {
    const workspace = await open(app, { reps: ['a', 'b', 'c'], slaPolicies: EACH_MINUTE });
    await submit(workspace);
    const before = await workspace.credits();
    await pass(app, MINUTE);
    const { a, b, c } = await workspace.credits();
    // Two could take it: each earns half a lead, and one of them pays for it.
    expect(a).toBe(before.a);
    expect(b).toBeCloseTo((before.b as number) - 0.5);
    expect(c).toBeCloseTo((before.c as number) + 0.5);
    await expectSound(app, workspace);
  });

  test('the backup in the pool that routed it, being a member', async () => {
    const about = { a: { backup: 'c' } };
    const workspace = await open(app, { reps: ['a', 'b', 'c'], about, slaPolicies: BACKUP_FIRST });
    const id = await submit(workspace);
    await pass(app, MINUTE);
    expect(await trail(workspace, id)).toBe('a DEFAULT, c ESCALATION');
    const { c } = await workspace.credits();
    expect(c).toBeLessThan(0);
    await expectSound(app, workspace);
  });

  test('not where the pool does not count what is given past it', async () => {
    const about = { a: { backup: 'c' } };
    const main = { countManual: false };
    const workspace = await open(app, { reps: ['a', 'b', 'c'], about, main, slaPolicies: BACKUP_FIRST });
    await submit(workspace);
    const before = await workspace.credits();
    await pass(app, MINUTE);
    expect(await workspace.credits()).toEqual(before);
    await expectSound(app, workspace);
  });

  test('also where somebody outside the pool had it in between', async () => {
    const about = { a: { backup: 'x' }, x: { backup: 'b' } };
    const given = { reps: ['a', 'b', 'x'], members: ['a', 'b'], about, slaPolicies: BACKUP_FIRST };
    const workspace = await open(app, given);
    const id = await submit(workspace);
    await pass(app, MINUTE);
    const before = await workspace.credits();
    await pass(app, MINUTE);
    expect(await trail(workspace, id)).toBe('a DEFAULT, x ESCALATION, b ESCALATION');
    expect((await workspace.credits()).b).toBeLessThan(before.b as number);
    await expectSound(app, workspace);
  });
});

describe('one person’s leads', () => {
  const AGAIN = { email: 'again@client.example' };

  test('go together: the one that was in contact goes along, and its owner hears of both', async () => {
    const workspace = await open(app, { reps: ['a', 'b'], slaPolicies: EACH_MINUTE });
    const first = await submit(workspace, AGAIN);
    app.clock.advance(30_000);
    const second = await submit(workspace, AGAIN);
    await pass(app, 30_000);
    expect(await trail(workspace, first)).toBe('a DEFAULT, b ESCALATION');
    expect(await trail(workspace, second)).toBe('a DUPLICATE, b ESCALATION');
    const moved = await workspace.events('LEAD_REASSIGNED');
    expect(moved.map(({ rep, leadId }) => [rep, leadId])).toEqual([
      ['b', first],
      ['b', second],
    ]);
    // The clock of the second began again with its new owner.
    await pass(app, 30_000);
    expect((await look(workspace, second)).present).toMatchObject({ rep: 'b', sla: { status: 'DUE' } });
    await expectSound(app, workspace);
  });

  test('due at one moment they move once', async () => {
    const workspace = await open(app, { reps: ['a', 'b', 'c'], slaPolicies: EACH_MINUTE });
    const [first, second] = [await submit(workspace, AGAIN), await submit(workspace, AGAIN)];
    await pass(app, HOUR);
    expect(await trail(workspace, first)).toBe('a DEFAULT, b ESCALATION');
    expect(await trail(workspace, second)).toBe('a DUPLICATE, b ESCALATION');
    await expectSound(app, workspace);
  });

  test('closed ones and those of others stay', async () => {
    const workspace = await open(app, { reps: ['a', 'b', 'c'], slaPolicies: EACH_MINUTE });
    const [first, second] = [await submit(workspace, AGAIN), await submit(workspace, AGAIN)];
    await workspace.close(second);
    await pass(app, MINUTE);
    expect(await trail(workspace, first)).toBe('a DEFAULT, b ESCALATION');
    expect(await trail(workspace, second)).toBe('a DUPLICATE');
  });
});

test('one that is unlucky does not keep others: a lead closed, moved or contacted meanwhile is left alone', async () => {
  const workspace = await open(app, { reps: ['a', 'b', 'c', 'd'], slaPolicies: EACH_MINUTE });
  const [closed, moved, contacted, due] = await workspace.submitAll(Array.from({ length: 4 }, () => someone()));
  await workspace.close(closed?.id as string);
  await workspace.assign(moved?.id as string, 'd');
  const repId = workspace.rep('c');
  await workspace.mutate('recordActivity', { leadId: contacted?.id, kind: 'CALL', repId }, '__typename');
  await pass(app, MINUTE - 1);
  expect(await workspace.events('ASSIGNMENT_ESCALATED')).toEqual([]);
  await pass(app, 1);
  const escalated = (await workspace.events('ASSIGNMENT_ESCALATED')).map(({ leadId }) => leadId);
  // What was moved has a clock of its own, that began at the same moment.
  expect(escalated.sort()).toEqual([due?.id, moved?.id].sort());
  await expectSound(app, workspace);
});
