import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeId } from '../../src/graphql/ids.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { leastOperation, type RootField, rootFields } from './operations.ts';
import { TWO_TEAMS } from './team.ts';

const CALLERS = ['admin', 'manager', 'alma', 'anna', 'partner', 'viewer'] as const;
type Caller = (typeof CALLERS)[number];

let app: TestApp;
let keys: Record<Caller, string>;
/** Global ids of one lead each, by whose it is or who submitted it. */
let leads: Record<'anna' | 'ben' | 'partner', string>;

beforeAll(async () => {
  app = await startTestApp();
  await app.apply(TWO_TEAMS);
  keys = {
    admin: await app.keyFor('ADMIN'),
    manager: await app.keyFor('MANAGER'),
    alma: await app.keyFor('MANAGER', 'alma'),
    anna: await app.keyFor('REP', 'anna'),
    partner: await app.keyFor('PARTNER'),
    viewer: await app.keyFor('VIEWER'),
  };
  const submit = async (source: string, by: Caller): Promise<string> => {
    const query = `mutation ($source: String!) {
      submitLead(input: { lead: { source: $source, email: "secret@${by}-${source}.example" } }) { ... on SubmitLeadSuccess { lead { id } } }
    }`;
    const { data } = await app.send<{ submitLead: { lead: { id: string } } }>(query, { source }, keys[by]);
    return data?.submitLead.lead.id ?? '';
  };
  leads = {
    anna: await submit('anna', 'admin'),
    ben: await submit('ben', 'admin'),
    partner: await submit('ben', 'partner'),
  };
});
afterAll(() => app.stop());

const EVERYBODY = CALLERS;
const ADMIN: readonly Caller[] = ['admin'];
const MANAGERS: readonly Caller[] = ['admin', 'manager', 'alma'];
const STAFF: readonly Caller[] = [...MANAGERS, 'anna'];
const READERS: readonly Caller[] = [...STAFF, 'partner'];

const MAY: Readonly<Record<string, readonly Caller[]>> = {
  'Query.me': EVERYBODY,
  'Query.node': EVERYBODY,
  'Query.lead': READERS,
  'Query.leads': READERS,
  'Query.decision': READERS,
  'Query.rep': STAFF,
  'Query.reps': STAFF,
  'Query.pool': STAFF,
  'Query.pools': STAFF,
  'Query.territories': STAFF,
  'Query.accounts': STAFF,
  'Query.segments': STAFF,
  'Query.queue': STAFF,
  'Query.queues': STAFF,
  'Query.slaPolicy': STAFF,
  'Query.slaPolicies': STAFF,
  'Query.calendars': STAFF,
  'Query.workspace': STAFF,
  'Query.metros': STAFF,
  'Query.accountsToReown': STAFF,
  'Query.territoryReport': STAFF,
  'Query.weightChanges': STAFF,
  'Query.rotation': STAFF,
  'Query.replayDecision': STAFF,
  'Query.simulatePlan': MANAGERS,
  'Query.specialtyProposals': STAFF,
  'Query.plan': STAFF,
  'Query.planDraft': STAFF,
  'Query.planVersions': STAFF,
  'Query.lintPlan': STAFF,
  'Query.previewRouting': STAFF,
  'Query.feedCursor': STAFF,
  'Query.metrics': [...MANAGERS, 'viewer'],
  'Query.apiKeys': ADMIN,
  'Query.auditLog': ADMIN,
  'Query.verifyAuditLog': ADMIN,
  'Query.erasures': ADMIN,
  'Mutation.eraseLead': ADMIN,
  'Mutation.exportPerson': ADMIN,
  'Mutation.submitLead': [...STAFF, 'partner'],
  'Mutation.submitLeads': [...STAFF, 'partner'],
  'Mutation.recordActivity': STAFF,
  'Mutation.updateLeadStatus': STAFF,
  'Mutation.acknowledgeAssignment': STAFF,
  'Mutation.acceptAssignment': STAFF,
  'Mutation.declineAssignment': STAFF,
  'Mutation.claimLead': STAFF,
  'Mutation.claimNextLead': STAFF,
  'Mutation.setAvailability': STAFF,
  'Mutation.cancelLeave': STAFF,
  'Mutation.createCalendar': STAFF,
  'Mutation.updateCalendar': STAFF,
  'Mutation.deleteCalendar': STAFF,
  'Mutation.syncCalendar': STAFF,
  'Mutation.assignLead': MANAGERS,
  'Mutation.redistributeLeads': MANAGERS,
  'Mutation.reassignLeads': MANAGERS,
  'Mutation.proposeSpecialties': STAFF,
  'Mutation.decideSpecialties': MANAGERS,
  'Mutation.offboardRep': ADMIN,
  'Mutation.movePoolMembers': ADMIN,
  'Mutation.deriveWeights': ADMIN,
  'Mutation.revertWeights': ADMIN,
  'Mutation.updateWorkspace': ADMIN,
  'Mutation.createMetro': ADMIN,
  'Mutation.updateMetro': ADMIN,
  'Mutation.deleteMetro': ADMIN,
  'Mutation.importTerritories': ADMIN,
  'Mutation.createRep': ADMIN,
  'Mutation.updateRep': ADMIN,
  'Mutation.deleteRep': ADMIN,
  'Mutation.createPool': ADMIN,
  'Mutation.updatePool': ADMIN,
  'Mutation.setPoolMembers': ADMIN,
  'Mutation.deletePool': ADMIN,
  'Mutation.createTerritory': ADMIN,
  'Mutation.updateTerritory': ADMIN,
  'Mutation.deleteTerritory': ADMIN,
  'Mutation.upsertAccounts': ADMIN,
  'Mutation.deleteAccount': ADMIN,
  'Mutation.createSegment': ADMIN,
  'Mutation.updateSegment': ADMIN,
  'Mutation.deleteSegment': ADMIN,
  'Mutation.createQueue': ADMIN,
  'Mutation.updateQueue': ADMIN,
  'Mutation.deleteQueue': ADMIN,
  'Mutation.createSlaPolicy': ADMIN,
  'Mutation.updateSlaPolicy': ADMIN,
  'Mutation.deleteSlaPolicy': ADMIN,
  'Mutation.savePlanDraft': ADMIN,
  'Mutation.publishPlan': ADMIN,
  'Mutation.restorePlan': ADMIN,
  'Mutation.createApiKey': ADMIN,
  'Mutation.revokeApiKey': ADMIN,
  'Subscription.feed': ['alma', 'anna'],
  'Subscription.workspaceFeed': MANAGERS,
};

const UNKNOWN = '01a20ab8-76e8-7749-a6ac-ccc2d1d42498';

/** The code of the first error; null when there is none. A subscription is open once its stream begins. */
async function refusal(field: RootField, key: string | null): Promise<unknown> {
  const operation = leastOperation(field, { ownId: () => encodeId('Lead', UNKNOWN) });
  if (field.root !== 'Subscription') {
    const { errors } = await app.send(operation.query, operation.variables, key);
    return errors[0]?.extensions?.code ?? null;
  }
  const abort = new AbortController();
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
  };
  const response = await fetch(`${app.app.url}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify(operation),
    signal: abort.signal,
  });
  const text = response.body?.pipeThrough(new TextDecoderStream());
  let read = '';
  for await (const chunk of text ?? []) {
    read += chunk;
    if (read.includes('\n\n')) break;
  }
  abort.abort();
  return /"code":"(\w+)"/.exec(read)?.[1] ?? null;
}

describe('a role', () => {
  test('is looked at for each field of Query, Mutation and Subscription', () => {
    expect(rootFields.map(({ name }) => name).sort()).toEqual(Object.keys(MAY).sort());
  });

  for (const field of rootFields) {
    const may = MAY[field.name] ?? [];
    test(`may use ${field.name}: ${may.join(', ')}`, async () => {
      const refusals = await Promise.all(
        CALLERS.map(async (caller) => [caller, await refusal(field, keys[caller])] as const),
      );
      const forbidden = refusals.filter(([, code]) => code === 'FORBIDDEN').map(([caller]) => caller);
      expect(forbidden).toEqual(CALLERS.filter((caller) => !may.includes(caller)));
      expect(refusals.filter(([, code]) => code === 'INTERNAL' || code === 'BAD_REQUEST')).toEqual([]);
      expect(await refusal(field, null)).toBe('UNAUTHENTICATED');
    });
  }

  test('that lacks a scope is told which', async () => {
    const { errors } = await app.send(
      'mutation { createPool(input: { key: "a", name: "A", strategy: WEIGHTED }) { __typename } }',
      {},
      keys.anna,
    );
    expect(errors[0]?.message).toContain('configuration:write');
  });
});

describe('whose leads one sees', () => {
  const seen: readonly [Caller, readonly (keyof typeof leads)[]][] = [
    ['admin', ['anna', 'ben', 'partner']],
    ['manager', ['anna', 'ben', 'partner']],
    ['alma', ['anna']],
    ['anna', ['anna']],
    ['partner', ['partner']],
    ['viewer', []],
  ];
  for (const [caller, expected] of seen) {
    test(`${caller} sees ${expected.length > 0 ? `the leads of ${expected.join(', ')}` : 'none'}, by whatever way`, async () => {
      const names = ['anna', 'ben', 'partner'] as const;
      const query = `query ($lead: ID!, $assignment: ID!) {
        lead(id: $lead) { id } node(id: $lead) { id } decision(leadId: $lead) { method } assignment: node(id: $assignment) { id }
      }`;
      for (const name of names) {
        const leadId = Buffer.from(leads[name], 'base64url').toString().split(':')[1] as string;
        const [row] = await app.database.prisma.assignment.findMany({ where: { leadId } });
        const assignment = encodeId('Assignment', row?.id ?? '');
        const { data } = await app.send<Record<string, { id: string } | null>>(
          query,
          { lead: leads[name], assignment },
          keys[caller],
        );
        const isSeen = expected.includes(name);
        expect([caller, name, data?.lead?.id ?? null, data?.node?.id ?? null, data?.assignment?.id ?? null]).toEqual([
          caller,
          name,
          isSeen ? leads[name] : null,
          isSeen ? leads[name] : null,
          isSeen ? assignment : null,
        ]);
        expect(data?.decision !== null).toBe(isSeen && caller !== 'partner');
      }
      const list = await app.send<{ leads: { edges: { node: { id: string } }[] } }>(
        '{ leads(filter: { search: "secret@" }) { edges { node { id } } } }',
        {},
        keys[caller],
      );
      expect(list.data?.leads.edges.map(({ node }) => node.id).sort() ?? []).toEqual(
        expected.map((name) => leads[name]).sort(),
      );
    });
  }

  test('anna does not come to ben’s leads through ben', async () => {
    const query = '{ rep(key: "ben") { key load leads { edges { node { email } } } } }';
    const { data } = await app.send(query, {}, keys.anna);
    expect(data).toEqual({ rep: { key: 'ben', load: expect.any(Number), leads: { edges: [] } } });
  });

  test('what is not theirs to see cannot be changed, and is answered like what does not exist', async () => {
    const answers = async (leadId: string, caller: Caller): Promise<unknown> => {
      const query = `mutation ($leadId: ID!, $repId: ID!) {
        recordActivity(input: { leadId: $leadId, kind: CALL }) { __typename ... on Error { code message } }
        updateLeadStatus(input: { leadId: $leadId, status: WON }) { __typename ... on Error { code message } }
        ${caller === 'alma' ? 'assignLead(input: { leadId: $leadId, repId: $repId, reason: "mine" }) { __typename ... on Error { code message } }' : ''}
      }`.replace(', $repId: ID!', caller === 'alma' ? ', $repId: ID!' : '');
      const rep = await app.database.prisma.rep.findFirstOrThrow({ where: { key: 'anna' } });
      return (await app.send(query, { leadId, repId: encodeId('Rep', rep.id) }, keys[caller])).data;
    };
    for (const caller of ['alma', 'anna'] as const) {
      const unknown = await answers(encodeId('Lead', UNKNOWN), caller);
      expect(unknown).toMatchObject({ recordActivity: { code: 'NOT_FOUND' }, updateLeadStatus: { code: 'NOT_FOUND' } });
      expect(await answers(leads.ben, caller)).toEqual(unknown);
    }
    const { status } = await app.database.prisma.lead.findFirstOrThrow({ where: { source: 'ben' } });
    expect(status).toBe('ASSIGNED');
  });

  test('alma gives leads to her own team only', async () => {
    const assign = async (key: string): Promise<unknown> => {
      const rep = await app.database.prisma.rep.findFirstOrThrow({ where: { key } });
      const query =
        'mutation ($input: AssignLeadInput!) { assignLead(input: $input) { __typename ... on Error { code } } }';
      const input = { leadId: leads.anna, repId: encodeId('Rep', rep.id), reason: 'test' };
      return ((await app.send<{ assignLead: object }>(query, { input }, keys.alma)).data as { assignLead: object })
        .assignLead;
    };
    expect(await assign('ben')).toEqual({ __typename: 'RefusedError', code: 'NOT_FOUND' });
    expect(await assign('ada')).toEqual({ __typename: 'AssignLeadSuccess' });
    expect(await assign('anna')).toEqual({ __typename: 'AssignLeadSuccess' });
  });

  test('a partner reads back who took the lead, and nothing of how the company works', async () => {
    const ask = (fields: string) =>
      app.send(`query ($id: ID!) { lead(id: $id) { ${fields} } }`, { id: leads.partner }, keys.partner);
    const { data, errors } = await ask('email status owner { key name } assignment { method pool { key } }');
    expect([data, errors]).toEqual([
      {
        lead: {
          email: 'secret@partner-ben.example',
          status: 'ASSIGNED',
          owner: { key: 'ben', name: 'Ben' },
          assignment: { method: 'SEGMENT', pool: null },
        },
      },
      [],
    ]);
    const hidden = [
      'activities { note }',
      'assignments { id }',
      'assignment { reason }',
      'assignment { decision { summary } }',
      'owner { email }',
      'owner { manager { key } }',
      'owner { pools { members { credit } } }',
      'owner { load }',
    ];
    for (const fields of hidden) {
      const answer = await ask(fields);
      expect([fields, answer.errors[0]?.extensions?.code]).toEqual([fields, 'FORBIDDEN']);
    }
  });

  test('a viewer sees how many leads each rep received, and nothing else of them', async () => {
    const metrics = (fields: string) =>
      app.send<{ metrics: object }>(
        `{ metrics(input: { from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" }) { leadsPerRep { leads rep { ${fields} } } } }`,
        {},
        keys.viewer,
      );
    expect((await metrics('key')).errors).toEqual([]);
    for (const fields of ['email', 'load', 'pools { key }', 'leads { edges { node { email } } }']) {
      expect((await metrics(fields)).errors[0]?.extensions?.code).toBe('FORBIDDEN');
    }
  });
});

describe('a key with scopes of its own', () => {
  test('may do only what they say', async () => {
    const query = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreateApiKeySuccess { secret } } }`;
    const input = { name: 'metrics of a manager', role: 'MANAGER', scopes: ['metrics:read'] };
    const { data } = await app.send<{ createApiKey: { secret: string } }>(query, { input }, keys.admin);
    const key = data?.createApiKey.secret ?? '';
    const allowed = await Promise.all(
      rootFields
        .filter(({ root }) => root === 'Query')
        .map(async (field) => [(await refusal(field, key)) === 'FORBIDDEN', field.name] as const),
    );
    expect(
      allowed
        .filter(([isForbidden]) => !isForbidden)
        .map(([, name]) => name)
        .sort(),
    ).toEqual(['Query.me', 'Query.metrics', 'Query.node']);
  });
});
