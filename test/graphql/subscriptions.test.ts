import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Authenticate, createAuthenticate } from '../../src/auth/authenticate.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { createHub, type Hub } from '../../src/events/hub.ts';
import { createContext } from '../../src/graphql/context.ts';
import { schema } from '../../src/graphql/schema.ts';
import { createSubscriptions, type Executed, Subscription } from '../../src/graphql/subscriptions.ts';
import { createLog } from '../../src/log.ts';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { countQueries } from '../support/queries.ts';

let app: TestApp;
let database: Database;
let queries: () => number;
let hub: Hub;
let authenticate: Authenticate;

beforeAll(async () => {
  app = await startTestApp();
  await app.apply(onePool(3));
  database = openDatabase(app.testDatabase.url, { onError: () => {} });
  queries = countQueries(database.pool);
  const log = createLog('silent');
  hub = createHub({ database, log });
  await hub.start();
  const jwt = { secret: undefined, jwksUrl: undefined, issuer: undefined, audience: undefined };
  authenticate = createAuthenticate({ database, clock: app.clock, log, jwt });
});
afterAll(async () => {
  await hub.stop();
  await database.close();
  await app.stop();
});

/** What sockets are given, without the sockets. */
function subscriptions(): (query: string, key: string, variables?: object) => Promise<Subscription> {
  const services = { database, clock: app.clock, hub, intake: { lanes: { run: neverRun }, clock: app.clock } };
  const { subscribe } = createSubscriptions({ services: services as never, log: createLog('silent') });
  const documents = new Map<string, ReturnType<typeof parse>>();
  return async (query, key, variables = {}) => {
    const document = documents.get(query) ?? parse(query);
    documents.set(query, document);
    const contextValue = createContext(services as never, await authenticate(`Bearer ${key}`), () => {});
    const begun = await subscribe({ schema, document, contextValue, variableValues: { ...variables } });
    if (begun instanceof Subscription) return begun;
    throw new Error(begun.errors?.[0]?.message);
  };
}
const neverRun = (): never => {
  throw new Error('nothing is changed here');
};

let people = 0;
async function submit(count: number): Promise<void> {
  const leads = Array.from({ length: count }, () => ({ lead: { email: `s${++people}@example.org`, country: 'DE' } }));
  const query = 'mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { __typename } }';
  await app.send(query, { input: { leads } });
  hub.committed(app.workspaceId, Number.MAX_SAFE_INTEGER);
}

/** The next so many events. */
async function take(subscription: Subscription, count: number): Promise<Executed[]> {
  const taken: Executed[] = [];
  while (taken.length < count) taken.push(...((await subscription.next()).value ?? []));
  return taken;
}

const ALL =
  'subscription ($after: Cursor) { workspaceFeed(after: $after) { number previous rep { key } lead { email } } }';

describe('an event', () => {
  test('is executed once for all who ask for the same, wherever they began', async () => {
    const follow = subscriptions();
    const after = await hub.cursor(app.workspaceId);
    await submit(2);
    const keys = await Promise.all(Array.from({ length: 4 }, () => app.keyFor('ADMIN')));
    const live = await Promise.all(keys.map((key) => follow(ALL, key)));
    const late = await follow(ALL, keys[0] as string, { after });
    expect(await take(late, 2)).toHaveLength(2);
    const heard = Promise.all([...live, late].map((each) => take(each, 3)));
    await submit(3);
    const [first, ...others] = await heard;
    expect(first).toHaveLength(3);
    for (const other of others) for (const [index, each] of other.entries()) expect(each).toBe(first?.[index]);
    await Promise.all([...live, late].map((each) => each.return()));
  });

  test('costs as many queries for fifty who ask for the same as for one', async () => {
    const follow = subscriptions();
    const key = await app.keyFor('ADMIN');
    const queriesFor = async (count: number): Promise<number> => {
      const all = await Promise.all(Array.from({ length: count }, () => follow(ALL, key)));
      const heard = Promise.all(all.map((each) => take(each, 1)));
      const before = queries();
      await submit(1);
      await heard;
      const used = queries() - before;
      await Promise.all(all.map((each) => each.return()));
      return used;
    };
    // A poll each second may come in between.
    await until(async () => Math.abs((await queriesFor(50)) - (await queriesFor(1))) <= 1, 'as many queries');
  });

  test('is executed anew for another selection, other variables, and for whoever sees other things', async () => {
    const follow = subscriptions();
    const [admin, manager, rep] = await Promise.all([
      app.keyFor('ADMIN'),
      app.keyFor('MANAGER', 'rep-1'),
      app.keyFor('REP', 'rep-1'),
    ]);
    const with_ = 'subscription ($yes: Boolean!) { workspaceFeed { number lead @include(if: $yes) { email } } }';
    const own = 'subscription { feed { number lead { email } } }';
    const all = await Promise.all([
      follow(with_, admin, { yes: true }),
      follow(with_, admin, { yes: false }),
      follow(with_, manager, { yes: true }),
      follow(own, manager),
      follow(own, rep),
    ]);
    // Three leads for three reps: one of them is rep-1's.
    const heard = Promise.all(all.map((each, index) => take(each, index < 2 ? 3 : 1)));
    await submit(3);
    const taken = await heard;
    expect(new Set(taken.flat()).size).toBe(3 + 3 + 1 + 1 + 1);
    const emails = taken.map((each) => each.flatMap(({ text }) => text.match(/s\d+@example\.org/g) ?? []).length);
    expect(emails).toEqual([3, 0, 1, 1, 1]);
    await Promise.all(all.map((each) => each.return()));
  });

  test('of a team names the one before it in that team’s feed, for who was there and who came later', async () => {
    await app.database.pool.query(
      `UPDATE "Rep" SET "managerId" = (SELECT "id" FROM "Rep" WHERE "key" = 'rep-1') WHERE "key" = 'rep-2'`,
    );
    const follow = subscriptions();
    const manager = await app.keyFor('MANAGER', 'rep-1');
    const after = await hub.cursor(app.workspaceId);
    const early = await follow(ALL, manager, { after });
    await submit(6);
    const first = await take(early, 4);
    const late = await follow(ALL, manager, { after });
    const again = await take(late, 4);
    await submit(3);
    const [next, nextLate] = [await take(early, 2), await take(late, 2)];
    const numbers = (executed: readonly Executed[]) =>
      executed.map(({ result }) => (result.data?.workspaceFeed ?? null) as { number: number; previous: number });
    expect(numbers(again)).toEqual(numbers(first));
    expect(nextLate).toEqual(next);
    const all = [...numbers(first), ...numbers(next)];
    expect(all.slice(1).map(({ previous }) => previous)).toEqual(all.slice(0, -1).map(({ number }) => number));
    await Promise.all([early.return(), late.return()]);
  });
});

test('a device that comes back costs two queries, its key’s and one that finds its place and reads what it missed', async () => {
  const follow = subscriptions();
  const [key, other] = [await app.keyFor('REP', 'rep-1'), await app.keyFor('REP', 'rep-2')];
  // Somebody else listens all the time.
  const listening = await follow('subscription { feed { number } }', other);
  const after = await hub.cursor(app.workspaceId);
  await submit(30);
  await take(listening, 10);
  // That a key was used is noted once a minute.
  await authenticate(`Bearer ${key}`);
  await until(async () => {
    const { rows } = await app.database.pool.query('SELECT FROM "ApiKey" WHERE "lastUsedAt" IS NULL');
    return rows.length === 0;
  }, 'the use of the keys is noted');
  const fresh = createAuthenticate({
    database,
    clock: app.clock,
    log: createLog('silent'),
    jwt: { secret: undefined, jwksUrl: undefined, issuer: undefined, audience: undefined },
  });
  const before = queries();
  await fresh(`Bearer ${key}`);
  const authenticated = queries() - before;
  const comeBack = async (): Promise<number> => {
    const known = queries();
    const query = 'subscription ($after: Cursor) { feed(after: $after) { number kind lead { email } } }';
    const again = await follow(query, key, { after });
    expect(await take(again, 10)).toHaveLength(10);
    await again.return();
    return queries() - known;
  };
  // Once a second the hub looks for what it was not told of, which may fall into one of them.
  expect([authenticated, Math.min(await comeBack(), await comeBack())]).toEqual([1, 1]);
  await listening.return();
});
