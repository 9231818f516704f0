import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readDecision, storeDecision } from '../../src/assignment/storedDecision.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { market, pool, rep, step } from '../support/routing.ts';

let app: TestApp;
let reps: ReadonlyMap<string, string>;
beforeAll(async () => {
  app = await startTestApp();
  await app.apply(onePool(3));
  const { data } = await app.send<{ reps: { edges: { node: { id: string; key: string } }[] } }>(
    '{ reps { edges { node { id key } } } }',
  );
  reps = new Map(data?.reps.edges.map(({ node }) => [node.key, node.id]));
});
afterAll(() => app.stop());

interface Owned {
  readonly id: string;
  readonly assignment: { readonly id: string };
  readonly owner: { readonly key: string };
}

const LEAD =
  'id status firstContactAt owner { key load } assignment { id method reason responseTimeSeconds acknowledgedAt } assignments { rep { key } endedAt }';

let lead: Owned;
/** Each lead is of another person. */
let people = 0;

beforeEach(async () => {
  const { data } = await app.send<{ submitLead: { lead: Owned } }>(
    `mutation { submitLead(input: { lead: { email: "someone-${++people}@example.org" } }) { ... on SubmitLeadSuccess { lead { ${LEAD} } } } }`,
  );
  lead = data?.submitLead.lead as Owned;
});

/** Calls a mutation that answers with a lead, or refuses. */
async function call(name: string, input: object, key?: string): Promise<Record<string, unknown>> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { ... on ${type}Success { lead { ${LEAD} } } ... on Error { code message } } }`;
  const { data, errors } = await app.send<Record<string, Record<string, unknown>>>(query, { input }, key);
  return data?.[name] ?? { errors };
}

const others = (): string[] => ['rep-1', 'rep-2', 'rep-3'].filter((key) => key !== lead.owner.key);

const credits = async (): Promise<Record<string, number>> => {
  const { data } = await app.send<{ pool: { members: { rep: { key: string }; credit: number }[] } }>(
    '{ pool(key: "main") { members { rep { key } credit } } }',
  );
  return Object.fromEntries(data?.pool.members.map(({ rep: { key }, credit }) => [key, credit]) ?? []);
};

describe('assigning by hand', () => {
  test('gives the lead to the other rep, ends the first assignment and says why', async () => {
    const [other] = others() as [string];
    const result = await call('assignLead', { leadId: lead.id, repId: reps.get(other), reason: 'speaks Polish' });
    expect(result).toMatchObject({
      lead: {
        owner: { key: other },
        assignment: { method: 'MANUAL', reason: 'speaks Polish' },
        assignments: [
          { rep: { key: lead.owner.key }, endedAt: expect.any(String) },
          { rep: { key: other }, endedAt: null },
        ],
      },
    });
  });

  test('counts toward the receiver’s share: members earn and the receiver pays', async () => {
    const before = await credits();
    const [other, third] = others() as [string, string];
    await call('assignLead', { leadId: lead.id, repId: reps.get(other), reason: 'knows them' });
    const after = await credits();
    expect((after[other] as number) - (before[other] as number)).toBeCloseTo(1 / 3 - 1, 9);
    expect((after[third] as number) - (before[third] as number)).toBeCloseTo(1 / 3, 9);
    expect((after[lead.owner.key] as number) - (before[lead.owner.key] as number)).toBeCloseTo(1 / 3, 9);
  });

  test('lets only those earn who could have taken the lead', async () => {
    const [other, third] = others() as [string, string];
    const set = 'mutation ($input: UpdateRepInput!) { updateRep(input: $input) { __typename } }';
    await app.send(set, { input: { id: reps.get(third), status: 'PAUSED' } });
    const before = await credits();
    await call('assignLead', { leadId: lead.id, repId: reps.get(other), reason: 'knows them' });
    const after = await credits();
    await app.send(set, { input: { id: reps.get(third), status: 'ACTIVE' } });
    expect((after[third] as number) - (before[third] as number)).toBeCloseTo(0, 9);
    expect((after[other] as number) - (before[other] as number)).toBeCloseTo(1 / 2 - 1, 9);
  });

  test('to the present owner changes nothing', async () => {
    const before = await credits();
    const result = await call('assignLead', { leadId: lead.id, repId: reps.get(lead.owner.key), reason: 'again' });
    expect(result).toMatchObject({ lead: { assignment: { id: lead.assignment.id } } });
    expect(await credits()).toEqual(before);
  });

  test('refuses a closed lead, a rep who has left, and a rep with the lead’s own address', async () => {
    const repId = reps.get('boss');
    const { data } = await app.send<{ submitLead: { lead: Owned } }>(
      'mutation { submitLead(input: { lead: { email: "boss@fairlead.example" } }) { ... on SubmitLeadSuccess { lead { id } } } }',
    );
    expect(await call('assignLead', { leadId: data?.submitLead.lead.id, repId, reason: 'r' })).toMatchObject({
      code: 'OWNER_EQUALS_LEAD',
    });
    const leave = 'mutation ($input: UpdateRepInput!) { updateRep(input: $input) { __typename } }';
    const [other] = others() as [string];
    await app.send(leave, { input: { id: reps.get(other), status: 'LEFT' } });
    expect(await call('assignLead', { leadId: lead.id, repId: reps.get(other), reason: 'r' })).toMatchObject({
      code: 'REP_LEFT',
    });
    await app.send(leave, { input: { id: reps.get(other), status: 'ACTIVE' } });
    await call('updateLeadStatus', { leadId: lead.id, status: 'WON' });
    expect(await call('assignLead', { leadId: lead.id, repId: reps.get(other), reason: 'r' })).toMatchObject({
      code: 'LEAD_CLOSED',
    });
  });

  test('fifty at the same instant leave one owner, and as many assignments as owner changes', async () => {
    const targets = Array.from({ length: 50 }, (_, index) => reps.get(`rep-${(index % 3) + 1}`));
    await Promise.all(targets.map((repId) => call('assignLead', { leadId: lead.id, repId, reason: 'race' })));
    const { rows } = await app.database.pool.query(
      `SELECT count(*) FILTER (WHERE "endedAt" IS NULL)::int AS current,
              count(*)::int - 1 - (SELECT count(*)::int FROM "Event" e WHERE e."leadId" = a."leadId" AND e."kind" = 'lead.reassigned') AS difference
       FROM "Assignment" a WHERE a."leadId" = $1 GROUP BY a."leadId"`,
      [Buffer.from(lead.id, 'base64url').toString().slice('Lead:'.length)],
    );
    expect(rows[0]).toEqual({ current: 1, difference: 0 });
    const { rows: loads } = await app.database.pool.query(
      `SELECT bool_and(s."load" = (SELECT count(*) FROM "Assignment" a JOIN "Lead" l ON l."id" = a."leadId"
         WHERE a."repId" = s."repId" AND a."endedAt" IS NULL AND l."closedAt" IS NULL)) AS right FROM "RepState" s`,
    );
    expect(loads[0].right).toBe(true);
  });
});

describe('activities', () => {
  test('a contact by the owner is the response, in seconds', async () => {
    app.clock.advance(90_000);
    const key = await app.keyFor('REP', lead.owner.key);
    expect(await call('recordActivity', { leadId: lead.id, kind: 'CALL', note: 'Spoke\nto her' }, key)).toMatchObject({
      lead: { status: 'CONTACTED', firstContactAt: expect.any(String), assignment: { responseTimeSeconds: 90 } },
    });
  });

  test('zero seconds is a time', async () => {
    const key = await app.keyFor('REP', lead.owner.key);
    const result = await call('recordActivity', { leadId: lead.id, kind: 'EMAIL' }, key);
    expect(result).toMatchObject({ lead: { assignment: { responseTimeSeconds: 0 } } });
  });

  test('a note is no contact, and somebody else’s contact is not the owner’s response', async () => {
    const key = await app.keyFor('REP', lead.owner.key);
    expect(await call('recordActivity', { leadId: lead.id, kind: 'NOTE' }, key)).toMatchObject({
      lead: { status: 'ASSIGNED', firstContactAt: null },
    });
    expect(await call('recordActivity', { leadId: lead.id, kind: 'CALL', repId: reps.get('boss') })).toMatchObject({
      lead: { firstContactAt: expect.any(String), assignment: { responseTimeSeconds: null } },
    });
  });
});

describe('acknowledging', () => {
  const acknowledge = async (key?: string) => {
    const query =
      'mutation ($input: AcknowledgeAssignmentInput!) { acknowledgeAssignment(input: $input) { ... on AcknowledgeAssignmentSuccess { assignment { acknowledgedAt } } ... on Error { code message } } }';
    const { data } = await app.send<{ acknowledgeAssignment: object }>(
      query,
      { input: { assignmentId: lead.assignment.id } },
      key,
    );
    return data?.acknowledgeAssignment;
  };

  test('twice is as good as once', async () => {
    const key = await app.keyFor('REP', lead.owner.key);
    const first = await acknowledge(key);
    expect(first).toMatchObject({ assignment: { acknowledgedAt: app.clock.now().toISOString() } });
    app.clock.advance(5_000);
    expect(await acknowledge(key)).toEqual(first);
  });

  test('who no longer owns the lead is told who does', async () => {
    const key = await app.keyFor('REP', lead.owner.key);
    const [other] = others() as [string];
    await call('assignLead', { leadId: lead.id, repId: reps.get(other), reason: 'moved' });
    expect(await acknowledge(key)).toEqual({
      code: 'NOT_THE_OWNER',
      message: `The lead has moved on; Rep ${other} owns it now.`,
    });
  });

  test('for another rep the assignment does not exist', async () => {
    const key = await app.keyFor('REP', others()[0]);
    expect(await acknowledge(key)).toMatchObject({ code: 'NOT_FOUND' });
  });
});

test('previewRouting tells who would be next, and moves nothing', async () => {
  const preview = '{ previewRouting(input: {}) { ... on PreviewRoutingSuccess { decision { rep { key } summary } } } }';
  const [first, second] = [await app.send(preview), await app.send(preview)];
  expect(first.data).toEqual(second.data);
  const { data } = await app.send<{ submitLead: { lead: Owned } }>(
    'mutation { submitLead(input: { lead: {} }) { ... on SubmitLeadSuccess { lead { owner { key } } } } }',
  );
  expect(first.data).toMatchObject({ previewRouting: { decision: { rep: data?.submitLead.lead.owner } } });
});

describe('a stored decision', () => {
  test('is read back as it was', () => {
    const decision = market({
      reps: [rep('boss'), rep('ada'), rep('bob', { status: 'PAUSED' })],
      pools: [pool('main', ['ada', 'bob'])],
      plan: { steps: [step('all')] },
    }).decide();
    const read = readDecision(
      JSON.parse(
        JSON.stringify(
          storeDecision(decision, { configVersion: 7, settings: { capsOf: () => [] }, absences: () => [] }),
        ),
      ),
      decision.method,
    );
    expect(read.steps).toEqual(
      decision.steps.map((each) => ({
        ...each,
        attempts: each.attempts.map((attempt) => ({ ...attempt, omitted: {} })),
      })),
    );
    expect(read.configVersion).toBe(7);
  });

  test('of a large pool lists the first hundred in line and counts the rest', () => {
    const keys = Array.from({ length: 300 }, (_, index) => `r${index}`);
    const decision = market({
      reps: [rep('boss'), ...keys.map((key) => rep(key))],
      pools: [pool('main', keys)],
      plan: { steps: [step('all')] },
    }).decide();
    const [attempt] =
      readDecision(
        storeDecision(decision, { configVersion: 1, settings: { capsOf: () => [] }, absences: () => [] }),
        'DEFAULT',
      ).steps[0]?.attempts ?? [];
    expect(attempt?.considered).toHaveLength(100);
    expect(attempt?.considered[0]?.reason).toBe('CHOSEN');
    expect(attempt?.omitted).toEqual({ NOT_THEIR_TURN: 200 });
  });
});
