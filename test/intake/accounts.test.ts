import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type Outcome, openWorkspace, type TestWorkspace } from '../support/workspace.ts';

/** Account owners first, then a pool of one; whose manager is the boss. */
const COMPANY = `
apiVersion: fairlead/v1
kind: Company
reps:
  - { key: boss, name: Boss, email: boss@fairlead.example }
  - { key: mia, name: Mia, email: mia@fairlead.example, manager: boss }
  - { key: ada, name: Ada, email: ada@fairlead.example, manager: mia, backup: bob }
  - { key: bob, name: Bob, email: bob@fairlead.example, manager: mia }
  - { key: sdr, name: Sdr, email: sdr@fairlead.example, manager: boss }
pools:
  - { key: main, name: Main, strategy: ROUND_ROBIN, members: [{ rep: sdr }] }
accounts:
  - { key: crm-1, name: Globex Corporation, aliases: [Globex Trading Ltd], kind: CUSTOMER, domains: [globex.example], owner: ada }
  - { key: crm-2, name: Globex France SA, kind: CUSTOMER, domains: [globex-france.example], parent: crm-1 }
  - { key: crm-3, name: Globex Paris, kind: CUSTOMER, domains: [globex-paris.example], parent: crm-2, owner: bob }
  - { key: crm-4, name: Initech GmbH, kind: NAMED, domains: [initech.example], owner: bob }
  - { key: crm-5, name: Umbrella Inc., kind: CUSTOMER, domains: [umbrella.example], owner: ada }
  - { key: crm-6, name: Umbrella AG, kind: CUSTOMER, domains: [umbrella-ag.example], owner: bob }
  - { key: crm-7, name: Nobody’s, kind: CUSTOMER, domains: [nobodys.example] }
plan:
  steps:
    - { key: customers, kind: ACCOUNT_OWNER, target: { kind: ACCOUNT_OWNER }, ownerAway: WHEN_NOBODY }
    - { key: named, kind: NAMED_ACCOUNT, target: { kind: ACCOUNT_OWNER }, ownerAway: WHEN_NOBODY }
    - { key: everyone, kind: DEFAULT, target: { kind: POOL, pool: main } }
  lastResort: [boss]
`;

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
const open = async (): Promise<void> => {
  workspace = await openWorkspace(app, COMPANY);
};

interface Account {
  readonly key: string;
  readonly needsOwner: boolean;
}
interface Decision {
  readonly account: Account | null;
  readonly accountMatchedBy: string | null;
  readonly steps: readonly { readonly attempts: readonly { readonly code: string | null }[] }[];
}

async function decisionOf({ id }: Outcome): Promise<Decision> {
  const { data } = await workspace.send<{ decision: Decision }>(
    'query ($id: ID!) { decision(leadId: $id) { account { key needsOwner } accountMatchedBy steps { attempts { code } } } }',
    { id },
  );
  return data?.decision as Decision;
}

const upsert = (accounts: readonly object[]) =>
  workspace.mutate('upsertAccounts', { accounts }, 'created updated accounts { key }');

describe('a lead’s account is found', () => {
  beforeEach(open);

  test.each<[string, object, string | null, string | null, string]>([
    ['by its key', { accountKey: ' crm-1 ' }, 'crm-1', 'KEY', 'ada'],
    ['by its key before the domain', { accountKey: 'crm-4', email: 'x@globex.example' }, 'crm-4', 'KEY', 'bob'],
    [
      'by the domain where the key is unknown',
      { accountKey: 'crm-99', email: 'x@globex.example' },
      'crm-1',
      'DOMAIN',
      'ada',
    ],
    ['by the domain of the address, or one below it', { email: 'x@eu.mail.globex.example' }, 'crm-1', 'DOMAIN', 'ada'],
    [
      'by the web address before the address',
      { companyDomain: 'https://www.initech.example/', email: 'x@globex.example' },
      'crm-4',
      'DOMAIN',
      'bob',
    ],
    ['by the domain before the name', { email: 'x@initech.example', companyName: 'Globex' }, 'crm-4', 'DOMAIN', 'bob'],
    ['by its name without legal form and marks', { companyName: '  GLOBEX, Inc. ' }, 'crm-1', 'NAME', 'ada'],
    ['by another name it goes by', { companyName: 'Globex Trading' }, 'crm-1', 'NAME', 'ada'],
    [
      'by the name beside a free-mail address',
      { email: 'x@gmail.com', companyName: 'Initech' },
      'crm-4',
      'NAME',
      'bob',
    ],
    ['not by a name that two accounts share', { companyName: 'Umbrella' }, null, null, 'sdr'],
    ['not by a name that is only similar', { companyName: 'Globexx' }, null, null, 'sdr'],
    ['not by another domain', { email: 'x@notglobex.example' }, null, null, 'sdr'],
  ])('%s', async (_name, given, key, by, owner) => {
    const outcome = await workspace.submit(given);
    expect(outcome.owner).toBe(owner);
    expect(await decisionOf(outcome)).toMatchObject({ account: key && { key }, accountMatchedBy: by });
  });
});

describe('an account’s owner', () => {
  beforeEach(open);

  test('is the parent’s, and on up, where it has none of its own', async () => {
    expect(await workspace.submit({ email: 'x@globex-france.example' })).toMatchObject({ owner: 'ada' });
    expect(await workspace.submit({ email: 'x@globex-paris.example' })).toMatchObject({ owner: 'bob' });
    await upsert([{ key: 'crm-3', name: 'Globex Paris', kind: 'CUSTOMER', ownerId: null }]);
    expect(await workspace.submit({ email: 'y@globex-paris.example' })).toMatchObject({ owner: 'ada' });
    await upsert([{ key: 'crm-2', name: 'Globex France', kind: 'CUSTOMER', parentKey: null }]);
    expect(await workspace.submit({ email: 'z@globex-paris.example' })).toMatchObject({ owner: 'sdr' });
  });

  test('who is none here counts as none', async () => {
    const outcome = await workspace.submit({ email: 'x@nobodys.example' });
    expect(outcome).toMatchObject({ owner: 'sdr', method: 'DEFAULT' });
    const { steps } = await decisionOf(outcome);
    expect(steps[0]?.attempts).toEqual([{ code: 'OWNER_UNKNOWN' }]);
  });

  test('who has left: the lead goes to the manager, and the account waits to be re-owned until it is', async () => {
    const toReown = async (): Promise<string[]> => {
      const { data } = await workspace.send<{ accountsToReown: { edges: { node: Account & { owner: object } }[] } }>(
        '{ accountsToReown { edges { node { key needsOwner owner { status } } } } }',
      );
      const nodes = data?.accountsToReown.edges.map(({ node }) => node) ?? [];
      expect(nodes.every(({ needsOwner, owner }) => needsOwner && 'status' in owner && owner.status === 'LEFT')).toBe(
        true,
      );
      return nodes.map(({ key }) => key);
    };
    expect(await toReown()).toEqual([]);
    await workspace.updateRep('ada', { status: 'LEFT' });
    expect(await toReown()).toEqual(['crm-1', 'crm-5']);
    const outcome = await workspace.submit({ email: 'x@globex-france.example' });
    expect(outcome).toMatchObject({ owner: 'mia', method: 'ACCOUNT_OWNER' });
    const { account, steps } = await decisionOf(outcome);
    // Its own owner has not left: it has none.
    expect(account).toEqual({ key: 'crm-2', needsOwner: false });
    expect(steps[0]?.attempts).toMatchObject([{ code: 'OWNER_LEFT' }]);
    const owner = { ownerId: workspace.rep('bob') };
    await upsert([
      { key: 'crm-1', name: 'Globex', kind: 'CUSTOMER', ...owner },
      { key: 'crm-5', name: 'Umbrella Inc.', kind: 'CUSTOMER', ...owner },
    ]);
    expect(await toReown()).toEqual([]);
    expect(await workspace.submit({ email: 'y@globex.example' })).toMatchObject({ owner: 'bob' });
  });

  test('who does not get the lead is told who did; who gets it, or has left, is not', async () => {
    const told = async () =>
      (await workspace.events('LEAD_RELATED')).map(({ rep, leadId, data }) => ({ rep, leadId, data }));
    await workspace.submit({ email: 'x@globex.example' });
    expect(await told()).toEqual([]);
    await workspace.updateRep('ada', { status: 'PAUSED' });
    const passedOn = await workspace.submit({ email: 'y@globex-france.example' });
    const expected = { rep: 'ada', leadId: passedOn.id, data: { because: 'ACCOUNT_OWNER', to: 'sdr' } };
    expect(await told()).toEqual([expected]);
    await workspace.updateRep('ada', { status: 'LEFT' });
    await workspace.submit({ email: 'z@globex.example' });
    expect(await told()).toEqual([expected]);
  });

  test('also when the person’s own owner keeps the lead; the owner’s feed has it, without the lead itself', async () => {
    const phone = '+49 89 1234567';
    await workspace.submit({ email: 'private@gmail.com', phone });
    const joined = await workspace.submit({ email: 'x@initech.example', phone });
    expect(joined).toMatchObject({ owner: 'sdr', method: 'DUPLICATE' });
    expect(await workspace.events('LEAD_RELATED')).toMatchObject([
      { rep: 'bob', leadId: joined.id, data: { to: 'sdr' } },
    ]);
    const key = await workspace.keyFor('REP', 'bob');
    const { data } = await workspace.send('query ($id: ID!) { lead(id: $id) { id } }', { id: joined.id }, key);
    expect(data).toEqual({ lead: null });
  });
});

test('a domain the workspace takes for free-mail tells no account and no company; the name still does', async () => {
  await open();
  await workspace.updateSettings({ freeMailDomains: ['WWW.Globex.example', 'globex.example'] });
  const { data } = await workspace.send<{ workspace: object }>('{ workspace { freeMailDomains } }');
  expect(data?.workspace).toEqual({ freeMailDomains: ['globex.example'] });
  expect(await workspace.submit({ email: 'x@globex.example' })).toMatchObject({ owner: 'sdr' });
  expect(await workspace.submit({ email: 'y@globex.example', companyName: 'Globex' })).toMatchObject({ owner: 'ada' });
  await workspace.updateSettings({ freeMailDomains: [] });
  expect(await workspace.submit({ email: 'z@globex.example' })).toMatchObject({ owner: 'ada' });
});

describe('accounts are suggested', () => {
  beforeEach(open);

  const suggested = async (given: object): Promise<{ key: string; score: number }[]> => {
    const { id } = await workspace.submit(given);
    const { data } = await workspace.send<{
      lead: { accountSuggestions: { account: Account; score: number }[] };
    }>('query ($id: ID!) { lead(id: $id) { accountSuggestions { account { key } score } } }', { id });
    return (data?.lead.accountSuggestions ?? []).map(({ account: { key }, score }) => ({ key, score }));
  };

  test('by similar names from 0.6 on, the most similar first, and nothing is routed by it', async () => {
    await upsert([
      { key: 's-1', name: 'Brightwave Solutions', kind: 'CUSTOMER', ownerId: workspace.rep('ada') },
      { key: 's-2', name: 'Brightwave Solution', kind: 'CUSTOMER', ownerId: workspace.rep('bob') },
      { key: 's-3', name: 'Brightwave', kind: 'CUSTOMER' },
    ]);
    const found = await suggested({ companyName: 'Brightwave Solutionz Ltd' });
    expect(found.map(({ key }) => key)).toEqual(['s-2', 's-1']);
    expect(found.every(({ score }, index) => score >= 0.6 && score <= (found[index - 1]?.score ?? 1))).toBe(true);
    expect(await workspace.submit({ companyName: 'Brightwave Solutionz Ltd' })).toMatchObject({ owner: 'sdr' });
  });

  test('where two share the name, both with 1; at most five; none where one was recognised or there is no name', async () => {
    const same = { score: 1 };
    expect(await suggested({ companyName: 'Umbrella GmbH' })).toEqual([
      { key: 'crm-5', ...same },
      { key: 'crm-6', ...same },
    ]);
    await upsert(Array.from({ length: 7 }, (_, index) => ({ key: `u-${index}`, name: 'Umbrella', kind: 'NAMED' })));
    expect(await suggested({ companyName: 'Umbrella GmbH' })).toHaveLength(5);
    expect(await suggested({ companyName: 'Umbrella GmbH', accountKey: 'crm-4' })).toEqual([]);
    expect(await suggested({ email: 'x@umbrella-more.example' })).toEqual([]);
  });

  test('never of another workspace', async () => {
    const other = await openWorkspace(app, COMPANY);
    await other.mutate(
      'upsertAccounts',
      { accounts: [{ key: 'a', name: 'Zorblat Systems', kind: 'NAMED' }] },
      'created',
    );
    expect(await suggested({ companyName: 'Zorblat System' })).toEqual([]);
  });
});

describe('accounts are refused, all of a call, with the place of each fault', () => {
  beforeAll(open);
  const fine = { key: 'fine', name: 'Fine', kind: 'NAMED', domains: ['fine.example'] };
  const given = (faulty: object): object[] => [fine, { key: 'new', name: 'New', kind: 'NAMED', ...faulty }];

  test.each<[object, string]>([
    [{ domains: ['gmail.com'] }, 'accounts[1].domains: "gmail.com" is no domain of one company'],
    [{ domains: ['https://new.example'] }, 'accounts[1].domains: "https://new.example" is no domain of one company'],
    [{ domains: ['new.example/path'] }, 'accounts[1].domains: "new.example/path" is no domain'],
    [{ domains: ['new.example:8080'] }, 'accounts[1].domains: "new.example:8080" is no domain'],
    [{ domains: ['new.example.'] }, 'accounts[1].domains: "new.example." is no domain'],
    [{ domains: ['10.0.0.1'] }, 'accounts[1].domains: "10.0.0.1" is no domain'],
    [{ domains: ['fine.example'] }, 'accounts[1].domains: "fine.example" belongs to the account "fine"'],
    [{ domains: ['globex.example'] }, 'accounts[1].domains: "globex.example" belongs to the account "crm-1"'],
    [{ key: 'fine' }, 'accounts[1].key: "fine" stands here twice'],
    [{ key: ' ' }, 'accounts[1].key: must not be empty'],
    [{ key: 'x'.repeat(201) }, 'accounts[1].key: is at most 200 characters long'],
    [{ name: '' }, 'accounts[1].name: must not be empty'],
    [{ name: 'a\nb' }, 'accounts[1].name: must be one line'],
    [{ name: 'a\u0000b' }, 'accounts[1].name: has a control character'],
    [
      { aliases: Array.from({ length: 101 }, (_, index) => `a${index}`) },
      'accounts[1].aliases: has more than 100 entries',
    ],
    [{ ownerId: 'bm9ib2R5' }, 'accounts[1].ownerId: there is no such rep'],
    [{ parentKey: 'nowhere' }, 'accounts[1].parentKey: there is no account "nowhere"'],
    [{ parentKey: 'new' }, 'accounts[1].parentKey: leads round in a circle'],
  ])('%j', async (faulty, expected) => {
    const { code, issues } = await upsert(given(faulty));
    expect(code).toBe('INVALID_INPUT');
    expect(issues).toEqual([expect.stringContaining(expected)]);
    expect(await workspace.count('Account')).toBe(7);
  });

  test('a circle of several, also through what is stored', async () => {
    const { issues } = await upsert([{ key: 'crm-1', name: 'Globex', kind: 'CUSTOMER', parentKey: 'crm-3' }]);
    expect(issues).toEqual(['accounts[0].parentKey: leads round in a circle back to the account itself']);
    expect(
      await upsert([
        { ...fine, parentKey: 'second' },
        { ...fine, key: 'second', domains: [] },
      ]),
    ).toMatchObject({
      created: 2,
    });
  });
});
