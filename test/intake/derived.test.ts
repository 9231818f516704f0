import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
  workspace = await openWorkspace(app, onePool(1));
  await workspace.updateSettings({ freeMailDomains: ['provider.example'] });
  await workspace.mutate('upsertAccounts', { accounts: [ACCOUNT] }, 'created');
});
afterAll(() => app.stop());

const ACCOUNT = { key: 'acc-1', name: 'Acme GmbH', kind: 'NAMED', domains: ['acme.example'] };

interface Read {
  readonly lead: { readonly derived: object } & Readonly<Record<string, unknown>>;
  readonly decision: { readonly facts: readonly { field: string; value: string; from: string | null }[] };
}

const FIELDS = 'companyDomain country region metro naicsSector naceSection industry derived';

test.each<[object, object, string[]]>([
  [{ firstName: 'Ada' }, {}, []],
  [
    { industry: 'Software' },
    { naicsSector: '51', naceSection: 'J' },
    ['naicsSector 51 industry', 'naceSection J industry'],
  ],
  [{ industry: '5112' }, { naicsSector: '51' }, ['naicsSector 51 industry', 'naceSection J industry']],
  [{ industry: 'naics:51' }, { naicsSector: '51' }, ['naicsSector 51 industry', 'naceSection J industry']],
  [{ industry: 'nace:J' }, { naceSection: 'J' }, ['naceSection J industry']],
  [{ industry: 'Basket weaving under water' }, { naicsSector: null, naceSection: null }, []],
  [{ email: 'ada@mail.nova.example' }, { companyDomain: 'nova.example' }, ['companyDomain nova.example email']],
  [{ email: 'ada@gmail.com' }, { companyDomain: null }, []],
  [{ email: 'ada@provider.example' }, { companyDomain: null }, []],
  [{ companyDomain: 'https://www.nova.example/' }, { companyDomain: 'nova.example' }, []],
  [{ phone: '+43 1 5123456' }, { country: 'AT' }, ['country AT phone']],
  [{ phone: '+43 1 5123456', country: 'Germany' }, { country: 'DE' }, []],
  [{ phone: '+43 1 5123456', country: 'Atlantis' }, { country: null }, []],
  [{ postalCode: '80331', country: 'DE' }, { metro: 'munich' }, ['metro munich postalCode']],
  [{ city: 'Wien', country: 'AT' }, { metro: 'vienna' }, ['metro vienna city']],
  [{ latitude: 52.5, longitude: 13.4 }, { metro: 'berlin' }, ['metro berlin latitude, longitude']],
  [{ metro: 'Berlin' }, { metro: 'berlin' }, []],
  [{ metro: 'Nowhere' }, { metro: 'Nowhere' }, []],
  [{ accountKey: 'acc-1' }, {}, ['account acc-1 accountKey']],
  [{ companyName: 'ACME Ltd.' }, {}, ['account ACME Ltd. companyName']],
  [{ email: 'ada@acme.example' }, {}, ['companyDomain acme.example email', 'account acme.example companyDomain']],
])('%j is stored with %j and says %j', async (given, expected, facts) => {
  const { id } = await workspace.submit(given);
  const { data } = await workspace.send<Read>(
    `query ($id: ID!) { lead(id: $id) { ${FIELDS} } decision(leadId: $id) { facts { field value from } } }`,
    { id },
  );
  expect(data?.lead).toMatchObject(expected);
  const told = data?.decision.facts.map(({ field, value, from }) => `${field} ${value} ${from}`) ?? [];
  expect(told.toSorted()).toEqual(facts.toSorted());
  const derived = Object.entries(data?.lead.derived ?? {}).map(
    ([field, from]) => `${field} ${data?.lead[field]} ${from}`,
  );
  expect(derived.toSorted()).toEqual(facts.filter((fact) => !fact.startsWith('account ')).toSorted());
});

test('a preview says the same as the lead does', async () => {
  const given = { email: 'ada@provider.example', industry: 'Software', city: 'Wien', phone: '+43 1 5123456' };
  const { data } = await workspace.send<{ previewRouting: Read }>(
    'query ($input: LeadInput!) { previewRouting(input: $input) { ... on PreviewRoutingSuccess { decision { facts { field value from } } } } }',
    { input: given },
  );
  const { id } = await workspace.submit(given);
  const stored = await workspace.send<Read>(
    'query ($id: ID!) { decision(leadId: $id) { facts { field value from } } }',
    { id },
  );
  expect(data?.previewRouting.decision.facts).toHaveLength(4);
  expect(data?.previewRouting.decision.facts.toSorted(byField)).toEqual(stored.data?.decision.facts.toSorted(byField));
});

const byField = (a: { readonly field: string }, b: { readonly field: string }): number => (a.field < b.field ? -1 : 1);
