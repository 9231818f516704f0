import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
beforeEach(async () => {
  workspace = await openWorkspace(app, onePool(2));
});

/** Ids of the leads that are related to one, for whoever asks. */
async function relatedTo(id: string, key?: string): Promise<string[]> {
  const { data } = await workspace.send<{ lead: { related: { id: string }[] } | null }>(
    'query ($id: ID!) { lead(id: $id) { related { id } } }',
    { id },
    key,
  );
  return (data?.lead?.related ?? []).map((lead) => lead.id);
}

/** Submits leads one after the other: their ids. */
async function submitted(leads: readonly object[]): Promise<string[]> {
  const ids: string[] = [];
  for (const lead of leads) ids.push((await workspace.submit(lead)).id);
  return ids;
}

test.each<[string, object, object, boolean]>([
  ['of one domain', { email: 'a@nova.example' }, { email: 'b@mail.nova.example' }, true],
  [
    'of one domain, given by address and as web address',
    { email: 'a@nova.example' },
    { companyDomain: 'www.nova.example' },
    true,
  ],
  ['of one name, without legal form', { companyName: 'Nova & Söhne GmbH' }, { companyName: 'NOVA Sohne AG' }, true],
  [
    'of one name with different domains',
    { email: 'a@n1.example', companyName: 'Nova' },
    { email: 'b@n2.example', companyName: 'Nova Ltd' },
    true,
  ],
  ['of one free-mail domain', { email: 'a@gmail.com' }, { email: 'b@gmail.com' }, false],
  ['of similar names', { companyName: 'Nova Systems' }, { companyName: 'Nova System' }, false],
  ['of which nothing is known', {}, {}, false],
])('leads %s are related: %j, %j: %j', async (_name, first, second, related) => {
  const [a, b] = [await workspace.submit(first), await workspace.submit(second)];
  expect(await relatedTo(a.id)).toEqual(related ? [b.id] : []);
  expect(await relatedTo(b.id)).toEqual(related ? [a.id] : []);
  // They are never merged: each has its own turn, and neither is the other's first.
  expect([a.owner, b.owner]).toEqual(['rep-1', 'rep-2']);
  expect([a.method, b.method, a.first, b.first]).toEqual(['DEFAULT', 'DEFAULT', null, null]);
});

test('the same lead is listed once, the newest first, at most 25, closed ones too', async () => {
  const lead = (index: number) => ({ email: `p${index}@nova.example`, companyName: 'Nova' });
  const ids = await submitted(Array.from({ length: 3 }, (_, index) => lead(index)));
  await workspace.close(ids[1] as string);
  expect(await relatedTo(ids[0] as string)).toEqual([ids[2], ids[1]]);
  // By turns of the same domain and of the same name alone.
  const more = await workspace.submitAll(
    Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? { email: `q${index}@nova.example` } : { companyName: 'Nova AG' },
    ),
  );
  const newest = more.map(({ id }) => id).slice(-25);
  expect(await relatedTo(ids[0] as string)).toEqual(newest.toReversed());
});

test('a rep is shown only those that are the rep’s own, and a manager those of the team', async () => {
  const [first, second, third] = await submitted(['a', 'b', 'c'].map((name) => ({ email: `${name}@nova.example` })));
  const rep = await workspace.keyFor('REP', 'rep-1');
  expect(await relatedTo(first as string, rep)).toEqual([third]);
  expect(await relatedTo(second as string, rep)).toEqual([]);
  const boss = await workspace.keyFor('MANAGER', 'boss');
  expect(await relatedTo(first as string, boss)).toEqual([third, second]);
  await workspace.assign(third as string, 'rep-2');
  expect(await relatedTo(first as string, rep)).toEqual([]);
});

test('those of another workspace are never shown', async () => {
  const other = await openWorkspace(app, onePool(2));
  await other.submit({ email: 'a@nova.example', companyName: 'Nova' });
  const { id } = await workspace.submit({ email: 'b@nova.example', companyName: 'Nova' });
  expect(await relatedTo(id)).toEqual([]);
});

test('a partner may not ask', async () => {
  const partner = await workspace.keyFor('PARTNER');
  const { id } = await workspace.submit({ email: 'a@nova.example' }, { key: partner });
  const { errors } = await workspace.send('query ($id: ID!) { lead(id: $id) { related { id } } }', { id }, partner);
  expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
});
