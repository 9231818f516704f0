import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyCompany } from '../../src/configuration/company.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { crew, open } from '../support/time.ts';
import { claim, ENTRY, openClaims, type QueueSeen, queueSeen } from '../support/waiting.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const QUEUE =
  'key name pool { key } responsible { key } deadlineSeconds claimLimit overflow { length waitSeconds raisePriority widenTo }';

const idOf = async (workspace: TestWorkspace, kind: 'pool' | 'queue', key: string): Promise<string> => {
  const { data } = await workspace.send<Record<string, { id: string } | null>>(`{ ${kind}(key: "${key}") { id } }`);
  return data?.[kind]?.id ?? '';
};

async function remove(workspace: TestWorkspace, id: string): Promise<object | undefined> {
  const { data, errors } = await workspace.send<{ deleteQueue: object }>(
    'mutation ($id: ID!) { deleteQueue(input: { id: $id }) { ... on Error { code message } } }',
    { id },
  );
  if (!data) throw new Error(errors.map(({ message }) => message).join('; '));
  return data.deleteQueue;
}

const PERSON = {
  firstName: 'Petra',
  lastName: 'Private',
  email: 'petra.private@client.example',
  phone: '+49 30 1234567',
  message: 'secret words',
  companyName: 'Brightwave',
  country: 'DE',
  industry: 'Software',
  employees: 120,
  score: 70,
};

describe('what waits', () => {
  test('is shown to members with what there is to choose by, and nothing of the person', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const { id } = await workspace.submit(PERSON);
    const key = await workspace.keyFor('REP', 'a');
    const { entries } = await queueSeen(workspace, key);
    expect(entries).toMatchObject([
      {
        leadId: id,
        lead: null,
        companyName: 'Brightwave',
        country: 'DE',
        employees: 120,
        score: 70,
        requestKind: 'OTHER',
      },
    ]);
    const shown = JSON.stringify(entries).toLowerCase();
    for (const word of ['petra', 'private', '1234567', 'secret']) expect(shown).not.toContain(word);
    const { data } = await workspace.send(
      'query ($id: ID!) { lead(id: $id) { email } node(id: $id) { id } }',
      { id },
      key,
    );
    expect(data).toEqual({ lead: null, node: null });
    await claim(workspace, id, key);
    const own = await workspace.send('query ($id: ID!) { lead(id: $id) { email } }', { id }, key);
    expect(own.data).toEqual({ lead: { email: PERSON.email } });
  });

  test('is told to members in their feed without the person', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    await workspace.submit(PERSON);
    const told = (await workspace.events('LEAD_QUEUED')).map(({ data }) => JSON.stringify(data).toLowerCase());
    for (const word of ['petra', 'private', '1234567', 'secret']) expect(told.join()).not.toContain(word);
  });

  test.each<readonly [string, 'REP' | 'MANAGER', string | undefined, number]>([
    ['whoever answers for it', 'REP', 'boss', 1],
    ['a manager', 'MANAGER', undefined, 1],
    ['a rep who is no member', 'REP', 'b', 0],
  ])('is seen by %s: %#', async (_, role, rep, count) => {
    const workspace = await openClaims(app, { reps: ['a', 'b'], members: ['a'] });
    await workspace.submit(PERSON);
    const { waiting, entries } = await queueSeen(workspace, await workspace.keyFor(role, rep));
    expect([waiting, entries.length]).toEqual([1, count]);
    // Whoever answers for it, and who sees all leads, sees the lead itself.
    if (count > 0) expect(entries[0]?.lead).not.toBeNull();
  });

  test.each(['PARTNER', 'VIEWER'] as const)('is not seen by a %s', async (role) => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const { data, errors } = await workspace.send('{ queue(key: "line") { id } }', {}, await workspace.keyFor(role));
    expect([data, errors[0]?.extensions?.code]).toEqual([{ queue: null }, 'FORBIDDEN']);
  });

  test('of another workspace does not exist', async () => {
    const [workspace, other] = [await openClaims(app, { reps: ['a'] }), await openClaims(app, { reps: ['a'] })];
    const id = (await queueSeen(other)).id;
    const key = await workspace.keyFor('REP', 'a');
    const { data } = await workspace.send(
      'query ($id: ID!) { queue(id: $id) { id } node(id: $id) { id } }',
      { id },
      key,
    );
    expect(data).toEqual({ queue: null, node: null });
    const answer = await workspace.send<{ claimNextLead: { code: string } }>(
      'mutation ($input: ClaimNextLeadInput!) { claimNextLead(input: $input) { ... on Error { code } } }',
      { input: { queueId: id } },
      key,
    );
    expect(answer.data?.claimNextLead.code).toBe('NOT_FOUND');
  });

  test.each([0, -1, 101, 1_000_000_000])('is asked for 1 to 100 at a time, not %d', async (first) => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const { errors } = await workspace.send<{ queue: QueueSeen }>(
      `{ queue(key: "line") { entries(first: ${first}) { ${ENTRY} } } }`,
    );
    expect(errors).toMatchObject([
      { message: `first must be from 1 to 100; this is ${first}.`, extensions: { code: 'INVALID_INPUT' } },
    ]);
  });
});

describe('a queue', () => {
  test('is made, changed in what is given alone, and removed', async () => {
    const workspace = await open(app, { reps: ['a', 'b'] });
    const poolId = await idOf(workspace, 'pool', 'main');
    const made = await workspace.mutate(
      'createQueue',
      { key: 'late', name: 'Late', poolId, responsibleId: workspace.rep('boss') },
      `queue { ${QUEUE} }`,
    );
    const late = { key: 'late', name: 'Late', pool: { key: 'main' }, responsible: { key: 'boss' } };
    expect(made).toEqual({ queue: { ...late, deadlineSeconds: 3_600, claimLimit: null, overflow: null } });
    const id = await idOf(workspace, 'queue', 'late');
    const changes = { claimLimit: 3, overflow: { length: 5, widenTo: 'main' }, responsibleId: workspace.rep('a') };
    const overflow = { length: 5, waitSeconds: null, raisePriority: 0, widenTo: 'main' };
    const changed = { ...late, responsible: { key: 'a' }, deadlineSeconds: 3_600, claimLimit: 3, overflow };
    expect(await workspace.mutate('updateQueue', { id, ...changes }, `queue { ${QUEUE} }`)).toEqual({ queue: changed });
    expect(await workspace.mutate('updateQueue', { id, claimLimit: null }, `queue { ${QUEUE} }`)).toEqual({
      queue: { ...changed, claimLimit: null },
    });
    expect(await remove(workspace, id)).toEqual({});
    expect(await idOf(workspace, 'queue', 'late')).toBe('');
  });

  test.each<readonly [string, object, RegExp]>([
    ['deadlineSeconds', { deadlineSeconds: 0 }, /^deadlineSeconds: .*1/],
    ['deadlineSeconds', { deadlineSeconds: 31_622_401 }, /^deadlineSeconds: .*31,?622,?400/],
    ['claimLimit', { claimLimit: 0 }, /^claimLimit: .*1/],
    ['overflow.length', { overflow: { length: 0 } }, /^overflow\.length: /],
    ['overflow.raisePriority', { overflow: { raisePriority: 1_001 } }, /^overflow\.raisePriority: /],
    ['an overflow that never comes', { overflow: { raisePriority: 1 } }, /^overflow: never comes: /],
    ['an overflow that changes nothing', { overflow: { length: 1 } }, /^overflow: changes nothing: /],
    ['a pool that is none', { overflow: { length: 1, widenTo: 'nowhere' } }, /^overflow: there is no pool "nowhere"/],
    ['name', { name: 'x\u0000' }, /^name: /],
  ])('is refused with a fault in %s: %#', async (_, fault, issue) => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const { id } = await queueSeen(workspace);
    const refused = await workspace.mutate('updateQueue', { id, ...fault }, '__typename');
    expect(refused.issues ?? [refused.message]).toEqual([expect.stringMatching(issue)]);
  });

  test('is answered for by somebody who is here', async () => {
    const workspace = await openClaims(app, { reps: ['a', 'b'] });
    await workspace.updateRep('b', { status: 'LEFT' });
    const input = { id: (await queueSeen(workspace)).id, responsibleId: workspace.rep('b') };
    expect(await workspace.mutate('updateQueue', input, '__typename')).toEqual({
      code: 'REP_LEFT',
      message: 'Rep b has left and can not answer for a queue.',
    });
  });

  test('is not removed while a step leads to it, nor while something waits', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const { id } = await queueSeen(workspace);
    const lead = await workspace.submit(PERSON);
    expect(await remove(workspace, id)).toMatchObject({
      code: 'IN_USE',
      message: expect.stringContaining('published plan'),
    });
    await applyCompany(workspace.context, crew({ reps: ['a'] }));
    expect(await remove(workspace, id)).toMatchObject({
      code: 'IN_USE',
      message: expect.stringContaining('Leads wait'),
    });
    await workspace.close(lead.id);
    expect(await remove(workspace, id)).toEqual({});
  });

  test('is changed by an admin alone', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const { id } = await queueSeen(workspace);
    for (const role of ['MANAGER', 'REP'] as const) {
      const key = await workspace.keyFor(role, 'a');
      await expect(workspace.mutate('updateQueue', { id, name: 'Mine' }, '__typename', key)).rejects.toThrow(
        'configuration:write',
      );
    }
  });
});
