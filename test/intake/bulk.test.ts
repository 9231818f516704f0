import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { type Outcome, openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const COMPANY = `${onePool(3, { strategy: 'WEIGHTED', weights: [3, 2, 1], capacity: 4 })}
accounts:
  - { key: acme, name: Acme, kind: NAMED, domains: [acme.example], owner: rep-3 }
`.replace('  steps:\n', '  steps:\n    - { key: named, kind: NAMED_ACCOUNT, target: { kind: ACCOUNT_OWNER } }\n');

const QUERY = `mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { ... on SubmitLeadsSuccess {
  results { __typename ... on SubmitLeadSuccess { lead { email } } ... on Error { code } }
  summary { accepted repeated refused lastResort milliseconds perRep { rep { key } leads } perPool { pool { key } leads } }
} } }`;

test('a call says what became of each lead, in order, and of all together', async () => {
  const workspace = await openWorkspace(app, COMPANY);
  const lead = (name: string, fields: object = {}) => ({ lead: { email: `${name}@x.example`, ...fields } });
  const leads = [
    { ...lead('a'), idempotencyKey: 'a' },
    lead('bad', { score: 101 }),
    { ...lead('a'), idempotencyKey: 'a' },
    lead('a'),
    lead('old', { ownerKey: 'rep-2', status: 'WON' }),
    { lead: { email: 'x@acme.example' } },
    ...Array.from({ length: 12 }, (_, index) => lead(`b${index}`)),
    { ...lead('other'), idempotencyKey: 'a' },
  ];
  const { data } = await workspace.send<{ submitLeads: { results: object[]; summary: object } }>(QUERY, {
    input: { leads },
  });
  const { results, summary } = data?.submitLeads ?? {};
  expect(results).toEqual(
    leads.map(({ lead: { email } }, index) => {
      if (index === 1) return { __typename: 'InvalidInputError', code: 'INVALID_INPUT' };
      if (index === 18) return { __typename: 'RefusedError', code: 'IDEMPOTENCY_MISMATCH' };
      return { __typename: 'SubmitLeadSuccess', lead: { email } };
    }),
  );
  // Three reps have 4 places each: of 16 leads, one repeats a person, one is the account's, one was closed long ago.
  expect(summary).toEqual({
    accepted: 16,
    repeated: 1,
    refused: 2,
    lastResort: 3,
    milliseconds: expect.any(Number),
    perRep: [
      { rep: { key: 'rep-2' }, leads: 5 },
      { rep: { key: 'rep-1' }, leads: 4 },
      { rep: { key: 'rep-3' }, leads: 4 },
      { rep: { key: 'boss' }, leads: 3 },
    ],
    perPool: [{ pool: { key: 'main' }, leads: 10 }],
  });
});

const anyLead = fc.record({
  email: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f').map((name) => `${name}@x.example`),
  accountKey: fc.constantFrom(null, null, null, 'acme'),
  phone: fc.constantFrom(null, null, '+49 89 1234567'),
  ownerKey: fc.constantFrom(null, null, null, null, 'rep-2', 'nobody'),
  score: fc.constantFrom(null, 50, 101),
});

/** What became of leads, with the person's first lead by its place. */
const told = (outcomes: readonly Outcome[]): object[] =>
  outcomes.map(({ owner, method, stepKey, first, code }) => {
    return { owner, method, stepKey, code, first: outcomes.findIndex(({ id }) => id !== '' && id === first) };
  });

const stateOf = async (workspace: TestWorkspace): Promise<object> => ({
  credits: await workspace.credits(),
  loads: await workspace.loads(),
  events: (await workspace.events()).map(({ kind, rep, data }) => ({ kind, rep, data })),
});

test('bulk equals single: the same leads one by one have the same owners, and leave the same credits, loads and events', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyLead, { minLength: 10, maxLength: 16 }), async (leads) => {
      const [bulk, single] = [await openWorkspace(app, COMPANY), await openWorkspace(app, COMPANY)];
      const inBulk = await bulk.submitAll(leads);
      const oneByOne: Outcome[] = [];
      for (const lead of leads) oneByOne.push(await single.submit(lead));
      expect(told(inBulk)).toEqual(told(oneByOne));
      expect(await stateOf(bulk)).toEqual(await stateOf(single));
    }),
    { numRuns: 8 },
  );
});
