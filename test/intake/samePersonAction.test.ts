import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/domain/configuration.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { ADA, expectTurns, openWithPolicy } from '../support/samePerson.ts';
import type { Outcome, TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const open = (policy?: object, company?: string): Promise<TestWorkspace> => openWithPolicy(app, policy, company);

describe('REJECT', () => {
  const stored = async (workspace: TestWorkspace) =>
    Promise.all((['Lead', 'Assignment', 'Event'] as const).map((table) => workspace.count(table)));

  test('stores nothing, tells nobody and takes no turn', async () => {
    const workspace = await open({ action: 'REJECT' });
    const first = await workspace.submit(ADA);
    const before = await stored(workspace);
    const all = await Promise.all(Array.from({ length: 5 }, () => workspace.submit(ADA)));
    expect(new Set(all.map(({ code }) => code))).toEqual(new Set(['DUPLICATE_LEAD']));
    expect(await stored(workspace)).toEqual(before);
    await expectTurns(workspace, 1);
    await workspace.close(first.id);
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-2', method: 'DEFAULT' });
  });

  test('refuses inside submitLeads beside others, which rotate as if it had not come', async () => {
    const workspace = await open({ action: 'REJECT' });
    const leads = ['a', 'b', 'a', 'c', 'b', 'd'].map((name) => ({ email: `${name}@x.example` }));
    const all = await workspace.submitAll(leads);
    expect(all.map(({ code, owner }) => code ?? owner)).toEqual([
      'rep-1',
      'rep-2',
      'DUPLICATE_LEAD',
      'rep-3',
      'DUPLICATE_LEAD',
      'rep-1',
    ]);
    expect(await stored(workspace)).toEqual([4, 4, 5]);
  });
});

describe('CREATE', () => {
  test('routes like any other, links, and tells the owner of the person’s other lead', async () => {
    const workspace = await open({ action: 'CREATE' });
    const first = await workspace.submit(ADA);
    const second = await workspace.submit(ADA);
    expect(second).toMatchObject({ owner: 'rep-2', method: 'DEFAULT', first: first.id });
    await expectTurns(workspace, 2);
    expect((await workspace.events()).slice(-2)).toMatchObject([
      { kind: 'LEAD_ASSIGNED', rep: 'rep-2', leadId: second.id },
      { kind: 'LEAD_RELATED', rep: 'rep-1', leadId: second.id, data: { because: 'LAST_OWNER', to: 'rep-2' } },
    ]);
  });

  test('with leads of one person at several reps, ROUTE_TO_OWNER goes on with the owner of the earliest', async () => {
    const workspace = await open({ action: 'CREATE' });
    await workspace.submitAll([ADA, ADA, ADA]);
    await workspace.updateSettings({ samePerson: DEFAULT_SETTINGS.samePerson });
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-1', method: 'DUPLICATE' });
  });
});

describe('the idempotency key', () => {
  const answers = (all: readonly Outcome[]): string[] =>
    all.map(({ code, method, repeated }) => code ?? `${method} ${repeated}`);

  test('is asked before the person: ten retries at one moment are one lead, and no update', async () => {
    const workspace = await open();
    const all = await Promise.all(Array.from({ length: 10 }, () => workspace.submit(ADA, { idempotencyKey: 'k' })));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(answers(all).sort()).toEqual(['DEFAULT false', ...Array(9).fill('DEFAULT true')]);
    expect(await workspace.events('LEAD_UPDATED')).toEqual([]);
  });

  test('that is another makes another lead of the same person; one with another payload is refused', async () => {
    const workspace = await open();
    const all = [
      await workspace.submit(ADA, { idempotencyKey: 'k1' }),
      await workspace.submit(ADA, { idempotencyKey: 'k2' }),
      await workspace.submit({ ...ADA, score: 1 }, { idempotencyKey: 'k2' }),
      await workspace.submit(ADA, { idempotencyKey: 'k2' }),
    ];
    expect(answers(all)).toEqual(['DEFAULT false', 'DUPLICATE false', 'IDEMPOTENCY_MISMATCH', 'DUPLICATE true']);
    expect(await workspace.count('Lead')).toBe(2);
  });

  test('of the first is answered with the first where a second one is rejected; that of a rejected one stays free', async () => {
    const workspace = await open({ action: 'REJECT' });
    const first = await workspace.submit(ADA, { idempotencyKey: 'k1' });
    expect(await workspace.submit(ADA, { idempotencyKey: 'k1' })).toMatchObject({ id: first.id, repeated: true });
    expect(await workspace.submit(ADA, { idempotencyKey: 'k2' })).toMatchObject({ code: 'DUPLICATE_LEAD' });
    expect(await workspace.submit({ email: 'bo@x.example' }, { idempotencyKey: 'k2' })).toMatchObject({
      repeated: false,
      owner: 'rep-2',
    });
  });
});

test('one person’s open leads move together by hand; closed ones, and other people’s, stay', async () => {
  const workspace = await open({}, onePool(2));
  const [first, second, closed] = [
    await workspace.submit(ADA),
    await workspace.submit(ADA),
    await workspace.submit(ADA),
  ];
  await workspace.submit({ email: 'bo@x.example' });
  const other = await workspace.submit({ email: 'cy@x.example' });
  expect(other.owner).toBe('rep-1');
  await workspace.close(closed.id);
  await workspace.assign(second.id, 'rep-2');
  const owners = await Promise.all([first, second, closed, other].map(({ id }) => workspace.owner(id)));
  expect(owners).toEqual(['rep-2', 'rep-2', 'rep-1', 'rep-1']);
  expect(await workspace.loads()).toMatchObject({ 'rep-1': 1, 'rep-2': 3 });
  const moved = await workspace.events('LEAD_REASSIGNED');
  expect(moved.map(({ leadId }) => leadId)).toEqual([second.id, first.id]);
  expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-2', method: 'DUPLICATE', first: first.id });
});

const lead = (name: string) => ({ email: `${name}@customer.example` });

describe('what is asked before it is submitted', () => {
  const preview = async (workspace: TestWorkspace, given: object): Promise<Record<string, unknown> | undefined> => {
    const { data } = await workspace.send<{ previewRouting: Record<string, unknown> }>(
      `query ($input: LeadInput!) { previewRouting(input: $input) {
         ... on PreviewRoutingSuccess { decision { method rep { key } unmatched { stepKey } } } ... on Error { code } } }`,
      { input: given },
    );
    return data?.previewRouting;
  };

  test('is what then happens: the person’s owner, and a refusal where a second lead is refused', async () => {
    const workspace = await open();
    const first = await workspace.submit(lead('ada'));
    expect(await preview(workspace, lead('ada'))).toEqual({
      decision: { method: 'DUPLICATE', rep: { key: first.owner }, unmatched: [] },
    });
    expect(await preview(workspace, lead('bo'))).toMatchObject({ decision: { method: 'DEFAULT' } });
    await workspace.updateSettings({ samePerson: { ...DEFAULT_SETTINGS.samePerson, action: 'REJECT' } });
    expect(await preview(workspace, lead('ada'))).toEqual({ code: 'DUPLICATE_LEAD' });
  });
});

test('a lead of the same person that carries the new owner’s own address stays where it is', async () => {
  const workspace = await open();
  const phone = '+4930901820';
  const first = await workspace.submit({ email: 'ada@customer.example', phone });
  const other = await workspace.submit({ email: 'rep-2@fairlead.example', phone });
  expect([first.owner, other.owner, other.method]).toEqual(['rep-1', 'rep-1', 'DUPLICATE']);
  await workspace.assign(first.id, 'rep-2');
  expect([await workspace.owner(first.id), await workspace.owner(other.id)]).toEqual(['rep-2', 'rep-1']);
});

test('a rep does not reach a lead through a later one of the same person that is not theirs to see', async () => {
  const workspace = await open();
  const first = await workspace.submit(lead('ada'));
  const second = await workspace.submit(lead('ada'));
  await workspace.close(first.id);
  await workspace.assign(second.id, 'rep-2');
  const key = await workspace.keyFor('REP', 'rep-2');
  const query =
    'query ($id: ID!) { lead(id: $id) { assignments { decision { method duplicateOf { id } } } firstLead { id } } }';
  const asked = async (as?: string) =>
    (await workspace.send<{ lead: unknown }>(query, { id: second.id }, as)).data?.lead;
  const manual = { decision: { method: 'MANUAL', duplicateOf: null } };
  const joined = (duplicateOf: object | null) => ({ decision: { method: 'DUPLICATE', duplicateOf } });
  expect(await asked()).toEqual({ assignments: [joined({ id: first.id }), manual], firstLead: { id: first.id } });
  expect(await asked(key)).toEqual({ assignments: [joined(null), manual], firstLead: null });
});

test('a lead that is opened again after its owner has left has an owner who is there', async () => {
  const workspace = await open();
  const closed = await workspace.submit(lead('ada'));
  await workspace.close(closed.id);
  await workspace.updateRep(closed.owner, { status: 'LEFT' });
  await workspace.close(closed.id, 'QUALIFIED');
  expect(await workspace.owner(closed.id)).not.toBe(closed.owner);
  const [unassigned, reassigned] = (await workspace.events()).slice(-2);
  expect([unassigned?.kind, unassigned?.rep, reassigned?.kind]).toEqual([
    'LEAD_UNASSIGNED',
    closed.owner,
    'LEAD_REASSIGNED',
  ]);
  expect((await workspace.loads())[closed.owner]).toBe(0);
});
