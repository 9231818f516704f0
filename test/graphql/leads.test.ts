import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  await app.apply(onePool(2));
  const leads = [
    { email: 'a_b@one.example.org', source: 'web' },
    { email: 'axb@two.example.org', source: 'event' },
    { email: 'carl@gmail.com', companyDomain: 'acme.com', source: 'web' },
  ];
  for (const lead of leads) {
    app.clock.advance(3_600_000);
    await app.send('mutation ($lead: LeadInput!) { submitLead(input: { lead: $lead }) { __typename } }', { lead });
  }
  const { data } = await app.send<{ leads: { edges: { node: { id: string } }[] } }>(
    '{ leads(filter: { source: "event" }) { edges { node { id } } } }',
  );
  await app.send(
    'mutation ($id: ID!) { updateLeadStatus(input: { leadId: $id, status: DISQUALIFIED }) { __typename } }',
    { id: data?.leads.edges[0]?.node.id },
  );
});
afterAll(() => app.stop());

test.each<[object | null, string[]]>([
  [null, ['carl', 'axb', 'a_b']],
  [{ search: 'a_' }, ['a_b']],
  [{ search: '%' }, []],
  [{ search: 'A' }, ['axb', 'a_b']],
  [{ search: 'acme.com' }, ['carl']],
  [{ source: 'web' }, ['carl', 'a_b']],
  [{ open: true }, ['carl', 'a_b']],
  [{ status: ['DISQUALIFIED'] }, ['axb']],
  [{ method: ['FALLBACK'] }, []],
  [{ receivedFrom: '2026-03-02T11:00:00Z', receivedTo: '2026-03-02T12:00:00Z' }, ['axb']],
  [{ source: 'web', open: false }, []],
])('leads by %j are %j, newest first', async (filter, expected) => {
  const { data, errors } = await app.send<{ leads: { edges: { node: { email: string } }[] } }>(
    'query ($filter: LeadFilter) { leads(filter: $filter) { edges { node { email } } } }',
    { filter },
  );
  expect(errors).toEqual([]);
  expect(data?.leads.edges.map(({ node }) => node.email.split('@')[0])).toEqual(expected);
});
