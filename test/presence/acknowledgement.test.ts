import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { TWO_TEAMS } from '../auth/team.ts';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { activity, HOUR, look, MINUTE, open, pass, someone } from '../support/time.ts';
import { openClaims } from '../support/waiting.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const ACKNOWLEDGE = `mutation ($input: AcknowledgeAssignmentInput!) { acknowledgeAssignment(input: $input) {
  ... on AcknowledgeAssignmentSuccess { assignment { id acknowledgedAt } } ... on Error { code message } } }`;

interface FeedEvent {
  readonly kind: string;
  readonly assignment: { readonly id: string } | null;
  readonly lead: { readonly id: string } | null;
  readonly data: unknown;
}

/** A rep's device: one socket with the feed on it, over which anything else is sent too. */
async function device(key: string) {
  let sockets = 0;
  const client = createClient({
    url: `${app.app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${key}` },
    on: {
      connected: () => {
        sockets += 1;
      },
    },
  });
  const events: FeedEvent[] = [];
  const stop = client.subscribe<{ feed: FeedEvent }>(
    { query: 'subscription { feed { kind data assignment { id } lead { id } } }' },
    { next: ({ data }) => void (data && events.push(data.feed)), error: () => {}, complete: () => {} },
  );
  await until(() => sockets > 0, 'a socket');
  const send = (query: string, variables: Record<string, unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      client.subscribe({ query, variables }, { next: ({ data }) => resolve(data), error: reject, complete: () => {} });
    });
  return {
    events,
    send,
    sockets: () => sockets,
    close: async () => {
      stop();
      await client.dispose();
    },
  };
}

const acknowledge = async (workspace: TestWorkspace, assignmentId: string, key?: string) =>
  (
    await workspace.send<{ acknowledgeAssignment: { code?: string; message?: string } }>(
      ACKNOWLEDGE,
      { input: { assignmentId } },
      key,
    )
  ).data?.acknowledgeAssignment;

describe('an assignment', () => {
  test('is acknowledged over the socket on which it was told, at the moment it was', async () => {
    const workspace = await open(app, { reps: ['a'] });
    const rep = await device(await workspace.keyFor('REP', 'a'));
    try {
      // What comes before the subscription has begun is not told on it.
      await until(async () => {
        await workspace.submit(someone());
        return rep.events.length > 0;
      }, 'a lead in the feed');
      const assignmentId = rep.events[0]?.assignment?.id as string;
      app.clock.advance(42_000);
      const acknowledgedAt = app.clock.now().toISOString();
      const answer = { acknowledgeAssignment: { assignment: { id: assignmentId, acknowledgedAt } } };
      expect(await rep.send(ACKNOWLEDGE, { input: { assignmentId } })).toEqual(answer);
      await until(() => rep.events.some(({ kind }) => kind === 'ASSIGNMENT_ACKNOWLEDGED'), 'the acknowledgement');
      app.clock.advance(MINUTE);
      // Twice is as good as once.
      expect(await rep.send(ACKNOWLEDGE, { input: { assignmentId } })).toEqual(answer);
      expect(await workspace.events('ASSIGNMENT_ACKNOWLEDGED')).toMatchObject([{ rep: 'a' }]);
      expect(rep.sockets()).toBe(1);
    } finally {
      await rep.close();
    }
  });

  test('that has moved on cannot be acknowledged: who had it is told who owns the lead, others nothing', async () => {
    const workspace = await open(app, { reps: ['a', 'b', 'c'], members: ['a'] });
    const { id } = await workspace.submit(someone());
    const assignmentId = (await look(workspace, id)).present.id;
    await workspace.assign(id, 'b');
    expect(await acknowledge(workspace, assignmentId, await workspace.keyFor('REP', 'a'))).toEqual({
      code: 'NOT_THE_OWNER',
      message: 'The lead has moved on; Rep b owns it now.',
    });
    const unknown = { code: 'NOT_FOUND', message: 'There is no such assignment.' };
    expect(await acknowledge(workspace, assignmentId, await workspace.keyFor('REP', 'c'))).toEqual(unknown);
    const other = await open(app, { reps: ['a'] });
    expect(await acknowledge(other, assignmentId)).toEqual(unknown);
    expect(await workspace.events('ASSIGNMENT_ACKNOWLEDGED')).toEqual([]);
  });

  test('of a lead that waits is told to members without the lead', async () => {
    const workspace = await openClaims(app, { reps: ['a'] });
    const rep = await device(await workspace.keyFor('REP', 'a'));
    try {
      await until(async () => {
        await workspace.submit({ ...someone(), firstName: 'Petra', message: 'secret words' });
        return rep.events.length > 0;
      }, 'a lead in the feed');
      expect(rep.events[0]).toMatchObject({ kind: 'LEAD_QUEUED', lead: null });
      expect(JSON.stringify(rep.events)).not.toMatch(/Petra|secret|person-/);
    } finally {
      await rep.close();
    }
  });
});

describe('a manager finds', () => {
  const found = async (workspace: TestWorkspace, filter: object, key?: string): Promise<string[]> => {
    const { data, errors } = await workspace.send<{ leads: { edges: { node: { id: string } }[] } }>(
      'query ($filter: LeadFilter) { leads(first: 100, filter: $filter) { edges { node { id } } } }',
      { filter },
      key,
    );
    if (!data) throw new Error(errors.map(({ message }) => message).join('; '));
    return data.leads.edges.map(({ node }) => node.id).sort();
  };

  test('the leads of the team that nobody has acknowledged, and none of another', async () => {
    const workspace = await openWorkspace(app, TWO_TEAMS);
    const leads = await workspace.submitAll([someone(), someone(), someone()]);
    const of = (owner: string): string => leads.find((lead) => lead.owner === owner)?.id ?? '';
    const alma = await workspace.keyFor('MANAGER', 'alma');
    expect(await found(workspace, { acknowledged: false }, alma)).toEqual([of('ada'), of('anna')].sort());
    const { present } = await look(workspace, of('ada'));
    await acknowledge(workspace, present.id, await workspace.keyFor('REP', 'ada'));
    expect(await found(workspace, { acknowledged: false }, alma)).toEqual([of('anna')]);
    expect(await found(workspace, { acknowledged: true }, alma)).toEqual([of('ada')]);
    expect(await found(workspace, { acknowledged: false })).toEqual([of('anna'), of('ben')].sort());
    // With a new owner nobody has acknowledged it.
    await workspace.assign(of('ada'), 'anna');
    expect(await found(workspace, { acknowledged: false }, alma)).toEqual([of('ada'), of('anna')].sort());
  });

  test('leads by what has become of their time to the first contact', async () => {
    const workspace = await openWorkspace(app, TWO_TEAMS);
    const leads = await workspace.submitAll([someone(), someone(), someone()]);
    const of = (owner: string): string => leads.find((lead) => lead.owner === owner)?.id ?? '';
    const alma = await workspace.keyFor('MANAGER', 'alma');
    await activity(workspace, of('ada'), 'CALL', { repId: workspace.rep('ada') });
    expect(await found(workspace, { slaStatus: ['FULFILLED'] }, alma)).toEqual([of('ada')]);
    expect(await found(workspace, { slaStatus: ['DUE'] }, alma)).toEqual([of('anna')]);
    expect(await found(workspace, { slaStatus: ['DUE', 'FULFILLED'] })).toHaveLength(3);
    await pass(app, 2 * HOUR);
    expect(await found(workspace, { slaStatus: ['FAILED'] }, alma)).toEqual([]);
  });

  test('leads by what has become of their offer', async () => {
    const workspace = await open(app, { reps: ['a', 'b'], step: { offerSeconds: 60 } });
    const [first, second] = (await workspace.submitAll([someone(), someone()])).map(({ id }) => id) as [string, string];
    const { present } = await look(workspace, first);
    await workspace.mutate('acceptAssignment', { assignmentId: present.id }, '__typename');
    const key = await workspace.keyFor('MANAGER', 'boss');
    expect(await found(workspace, { offerStatus: ['OPEN'] }, key)).toEqual([second]);
    expect(await found(workspace, { offerStatus: ['ACCEPTED'] }, key)).toEqual([first]);
    expect(await found(workspace, { offerStatus: [] }, key)).toEqual([]);
  });
});
