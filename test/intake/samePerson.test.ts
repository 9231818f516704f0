import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { ADA, expectTurns, openWithPolicy } from '../support/samePerson.ts';
import type { TestWorkspace } from '../support/workspace.ts';

const DAY_MS = 86_400_000;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const open = (policy?: object, company?: string): Promise<TestWorkspace> => openWithPolicy(app, policy, company);

describe('the same person again goes to the owner', () => {
  test('ten submissions at one moment have one owner, who hears of one new lead and nine updates; one turn is taken', async () => {
    const workspace = await open();
    const all = await Promise.all(Array.from({ length: 10 }, () => workspace.submit(ADA)));
    expect(new Set(all.map(({ owner }) => owner))).toEqual(new Set(['rep-1']));
    const first = all.filter((each) => each.method === 'DEFAULT');
    const later = all.filter((each) => each.method === 'DUPLICATE');
    expect([first.length, later.length]).toEqual([1, 9]);
    expect(new Set(later.map((each) => each.first))).toEqual(new Set([first[0]?.id]));
    const events = (await workspace.events()).filter(({ kind }) => kind.startsWith('LEAD_'));
    expect(events.map(({ kind, rep }) => `${kind} ${rep}`)).toEqual([
      'LEAD_ASSIGNED rep-1',
      ...Array(9).fill('LEAD_UPDATED rep-1'),
    ]);
    expect(
      events
        .slice(1)
        .map(({ leadId }) => leadId)
        .sort(),
    ).toEqual(later.map(({ id }) => id).sort());
    expect(events[1]?.data).toEqual({ samePerson: true, source: 'api', requestKind: 'OTHER' });
    await expectTurns(workspace, 1);
    expect(await workspace.loads()).toMatchObject({ 'rep-1': 10, 'rep-2': 0, 'rep-3': 0 });
  });

  test('also inside one call of submitLeads, and whatever the owner’s limits', async () => {
    const workspace = await open({}, onePool(3, { capacity: 1 }));
    const all = await workspace.submitAll([ADA, { email: 'bo@x.example' }, ADA, ADA]);
    expect(all.map(({ owner, method }) => `${owner} ${method}`)).toEqual([
      'rep-1 DEFAULT',
      'rep-2 DEFAULT',
      'rep-1 DUPLICATE',
      'rep-1 DUPLICATE',
    ]);
    const { data } = await workspace.send(
      'query ($id: ID!) { decision(leadId: $id) { beyondCapacity duplicateOf { id } steps { stepKey } } }',
      { id: all[3]?.id },
    );
    expect(data).toEqual({ decision: { beyondCapacity: true, duplicateOf: { id: all[0]?.id }, steps: [] } });
  });

  test('also while the owner is paused', async () => {
    const workspace = await open();
    await workspace.submit(ADA);
    await workspace.updateRep('rep-1', { status: 'PAUSED' });
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-1', method: 'DUPLICATE' });
  });

  test('not to one who has left: it is routed like any other, linked, and who left hears nothing', async () => {
    const workspace = await open();
    const first = await workspace.submit(ADA);
    await workspace.updateRep('rep-1', { status: 'LEFT' });
    const second = await workspace.submit(ADA);
    expect(second).toMatchObject({ owner: 'rep-2', method: 'DEFAULT', first: first.id });
    expect((await workspace.events()).at(-1)).toMatchObject({ kind: 'LEAD_ASSIGNED', rep: 'rep-2', leadId: second.id });
  });

  test('of the owners of several open leads, to the first who is still there', async () => {
    const workspace = await open();
    const first = await workspace.submit(ADA);
    await workspace.updateRep('rep-1', { status: 'LEFT' });
    await workspace.submit(ADA);
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-2', method: 'DUPLICATE', first: first.id });
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-2', method: 'DUPLICATE', first: first.id });
  });

  test('not to one whose own address it carries: that is a person known by the phone', async () => {
    const workspace = await open();
    const phone = '+49 89 12345678';
    const first = await workspace.submit({ ...ADA, phone });
    const second = await workspace.submit({ email: `${first.owner}@fairlead.example`, phone });
    expect(second).toMatchObject({ owner: 'rep-2', method: 'DEFAULT', first: first.id });
  });

  test('of two workspaces only in its own', async () => {
    const [one, other] = [await open(), await open()];
    await one.submit(ADA);
    expect(await other.submit(ADA)).toMatchObject({ method: 'DEFAULT', first: null });
    expect(await one.submit(ADA)).toMatchObject({ method: 'DUPLICATE' });
  });
});

describe('a person is', () => {
  const phone = '+49 89 1234567';
  test.each<[string, boolean, object, object, object]>([
    ['an address in any case, with or without a name', true, ADA, { email: 'Ada <ADA@BrightWave.example>' }, {}],
    ['an address without its tag', true, ADA, { email: 'ada+news@brightwave.example' }, {}],
    [
      'an address with its tag where that counts',
      false,
      ADA,
      { email: 'ada+news@brightwave.example' },
      { ignoreTags: false },
    ],
    [
      'the same tag where that counts',
      true,
      { email: 'a+1@x.example' },
      { email: 'a+1@x.example' },
      { ignoreTags: false },
    ],
    ['an address with its dots', false, ADA, { email: 'a.da@brightwave.example' }, {}],
    ['an address without dots at Gmail', true, { email: 'ada@gmail.com' }, { email: 'A.D.A@googlemail.com' }, {}],
    [
      'an address with dots at Gmail where they count',
      false,
      { email: 'ada@gmail.com' },
      { email: 'a.da@gmail.com' },
      { ignoreDots: 'NEVER' },
    ],
    [
      'an address without dots anywhere where they do not',
      true,
      ADA,
      { email: 'a.da@brightwave.example' },
      { ignoreDots: 'ALWAYS' },
    ],
    [
      'a phone number, however it is written',
      true,
      { phone, email: 'a@x.example' },
      { phone: '089 1234567', country: 'DE', email: 'b@y.example' },
      {},
    ],
    ['another phone number with the same address', true, { ...ADA, phone }, { ...ADA, phone: '+49 89 7654321' }, {}],
    ['no colleague of the same domain', false, ADA, { email: 'bea@brightwave.example' }, {}],
    ['no one else of a company of that name', false, { companyName: 'Brightwave' }, { companyName: 'Brightwave' }, {}],
    ['nobody in particular without address and phone', false, { firstName: 'Ada' }, { firstName: 'Ada' }, {}],
    ['known from any source', true, { ...ADA, source: 'web' }, { ...ADA, source: 'event' }, {}],
    [
      'known from the same source alone',
      false,
      { ...ADA, source: 'web' },
      { ...ADA, source: 'event' },
      { scope: 'SOURCE' },
    ],
    ['known from the same source', true, { ...ADA, source: 'web' }, { ...ADA, source: 'web' }, { scope: 'SOURCE' }],
  ])('%s (%s)', async (_name, isSame, first, second, policy) => {
    const workspace = await open(policy);
    const [before, after] = [await workspace.submit(first), await workspace.submit(second)];
    expect(after).toMatchObject(
      isSame
        ? { owner: before.owner, method: 'DUPLICATE', first: before.id }
        : { owner: 'rep-2', method: 'DEFAULT', first: null },
    );
    await expectTurns(workspace, isSame ? 1 : 2);
  });

  test('known by any of several leads: an address here, a phone there', async () => {
    const workspace = await open();
    const phone = '+49 89 1234567';
    const first = await workspace.submit(ADA);
    await workspace.submit({ ...ADA, phone });
    expect(await workspace.submit({ phone, email: 'private@y.example' })).toMatchObject({
      owner: first.owner,
      method: 'DUPLICATE',
      first: first.id,
    });
  });
});

describe('the window', () => {
  const later = (milliseconds: number): void => app.clock.advance(milliseconds);

  test('ends so many days after the person’s first lead, to the millisecond', async () => {
    const workspace = await open({ windowDays: 2 });
    await workspace.submit(ADA);
    later(2 * DAY_MS);
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-1', method: 'DUPLICATE' });
    later(1);
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-2', method: 'DEFAULT', first: null });
  });

  test('does not begin again with a later lead; the first one after it begins the next', async () => {
    const workspace = await open();
    await workspace.submit(ADA);
    later(20 * DAY_MS);
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-1', method: 'DUPLICATE' });
    later(11 * DAY_MS);
    const next = await workspace.submit(ADA);
    expect(next).toMatchObject({ owner: 'rep-2', method: 'DEFAULT', first: null });
    later(29 * DAY_MS);
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-2', method: 'DUPLICATE', first: next.id });
  });

  test('holds also for a person with more than a hundred open leads', async () => {
    const workspace = await open();
    await workspace.submitAll(Array.from({ length: 101 }, () => ADA));
    later(31 * DAY_MS);
    const next = await workspace.submit(ADA);
    expect(next).toMatchObject({ owner: 'rep-2', first: null });
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-2', method: 'DUPLICATE', first: next.id });
  });
});

describe('closed leads', () => {
  test.each(['WON', 'LOST', 'DISQUALIFIED'])('that are %s are no match', async (status) => {
    const workspace = await open();
    const first = await workspace.submit(ADA);
    await workspace.close(first.id, status);
    expect(await workspace.submit(ADA)).toMatchObject({ method: 'DEFAULT', first: null });
  });

  test('leave the later ones of the person: the third goes to their owner, is linked to the closed first, and its window counts', async () => {
    const workspace = await open();
    const first = await workspace.submit(ADA);
    app.clock.advance(DAY_MS);
    await workspace.submit(ADA);
    await workspace.close(first.id);
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-1', method: 'DUPLICATE', first: first.id });
    app.clock.advance(29 * DAY_MS + 1);
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-2', method: 'DEFAULT', first: null });
  });

  test('match again once they are opened again', async () => {
    const workspace = await open();
    const first = await workspace.submit(ADA);
    await workspace.close(first.id);
    await workspace.close(first.id, 'CONTACTED');
    expect(await workspace.submit(ADA)).toMatchObject({ owner: 'rep-1', method: 'DUPLICATE', first: first.id });
  });
});
