import { type ExecutionResult, execute, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLanes } from '../../src/assignment/lanes.ts';
import { createAuthenticate } from '../../src/auth/authenticate.ts';
import type { Principal } from '../../src/auth/principal.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { createHub, type Hub } from '../../src/events/hub.ts';
import { type Context, createContext } from '../../src/graphql/context.ts';
import { schema } from '../../src/graphql/schema.ts';
import { createSubscriptions, Subscription } from '../../src/graphql/subscriptions.ts';
import { createLog } from '../../src/log.ts';
import { startTestApp, TEST_SECRETS, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';

/*
 * How often the resolvers go to the database. They have a pool of their own here, so that what they take from it can be
 * told from what the feed reads.
 */

let app: TestApp;
let resolvers: Database;
let feed: Database;
let hub: Hub;
let acquired = 0;

beforeAll(async () => {
  app = await startTestApp();
  await app.apply(onePool(7));
  resolvers = openDatabase(app.testDatabase.url, { max: 4, onError: () => {} });
  resolvers.pool.on('acquire', () => {
    acquired += 1;
  });
  feed = openDatabase(app.testDatabase.url, { max: 2, onError: () => {} });
  hub = createHub({ database: feed, log: createLog('silent') });
  await hub.start();
});
afterAll(async () => {
  await hub.stop();
  await feed.close();
  await resolvers.close();
  await app.stop();
});

const principalOf = async (key: string): Promise<Principal | null> =>
  createAuthenticate({
    database: app.database,
    clock: app.clock,
    log: createLog('silent'),
    jwt: { secret: undefined, jwksUrl: undefined, issuer: undefined, audience: undefined },
  })(`Bearer ${key}`);

function contextOf(principal: Principal | null, isSubscription = false): Context {
  const { clock } = app;
  const lanes = createLanes({ database: resolvers, clock, committed: hub.committed });
  return createContext(
    { database: resolvers, clock, hub, secrets: TEST_SECRETS, intake: { lanes, clock } },
    principal,
    isSubscription ? () => {} : null,
  );
}

const submit = async (count: number): Promise<void> => {
  const leads = Array.from({ length: count }, () => ({ lead: { country: 'NO', companyName: 'Nordlys AS' } }));
  await app.send('mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { __typename } }', {
    input: { leads },
  });
};

describe('the database is asked', () => {
  test('no more often for 100 leads than for 5, with owners, assignments, pools, decisions, accounts and related leads', async () => {
    await submit(100);
    const principal = await principalOf(await app.keyFor('ADMIN'));
    const query = parse(`query ($first: Int!) {
      leads(first: $first) { edges { node {
        owner { name manager { name } backup { name } load pools { key } }
        account { name owner { name } }
        activities { kind }
        assignments { rep { name } lead { id } }
        assignment { pool { name } territory { name } decision { rep { name } steps { stepKey } unmatched { stepKey } } }
        related { id } accountSuggestions { account { key } }
      } } }
    }`);
    const count = async (first: number): Promise<number> => {
      const before = acquired;
      const { data, errors } = (await execute({
        schema,
        document: query,
        variableValues: { first },
        contextValue: contextOf(principal),
      })) as ExecutionResult<{
        leads: { edges: unknown[] };
      }>;
      expect([errors, data?.leads.edges.length]).toEqual([undefined, first]);
      return acquired - before;
    };
    const few = await count(5);
    expect(few).toBeGreaterThan(5);
    expect(few).toBeLessThan(20);
    expect(await count(100)).toBeLessThanOrEqual(few);
  });

  test('not at all to hand out an event with what its lead and assignment say of themselves', async () => {
    const document = parse(`subscription { feed {
      cursor number previous kind at data
      lead { id email status receivedAt score companyName attributes }
      assignment { id number method stepKey planVersion assignedAt acknowledgedAt }
    } }`);
    const principal = await principalOf(await app.keyFor('REP', 'rep-1'));
    const contextValue = contextOf(principal, true);
    const events = await createSubscriptions({ services: contextValue, log: createLog('silent') }).subscribe({
      schema,
      document,
      contextValue,
    });
    if (!(events instanceof Subscription)) expect.fail(JSON.stringify(events));
    const before = acquired;
    await submit(21);
    const seen: ExecutionResult<{ feed: { lead: unknown; assignment: unknown } }>[] = [];
    while (seen.length < 3) {
      for (const { result } of (await events.next()).value ?? []) seen.push(result as (typeof seen)[number]);
    }
    expect(seen.map(({ errors, data }) => [errors, data?.feed.lead !== null, data?.feed.assignment !== null])).toEqual(
      Array.from({ length: 3 }, () => [undefined, true, true]),
    );
    expect(acquired - before).toBe(0);
    await events.return();
  });
});
