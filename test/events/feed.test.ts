import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FeedEvent, followFeed } from '../../src/client/index.ts';
import { createHub } from '../../src/events/hub.ts';
import { pruneEvents, RETENTION_DAYS } from '../../src/events/retention.ts';
import { graphql } from '../../src/gql/gql.ts';
import { createLog } from '../../src/log.ts';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { onePool } from '../support/companies.ts';

const OwnersDocument = graphql(`
  query FeedTestOwners($rep: String!) {
    rep(key: $rep) { id }
    leads(first: 3) { edges { node { id owner { key } } } }
  }
`);
const AssignDocument = graphql(`
  mutation FeedTestAssign($input: AssignLeadInput!) {
    assignLead(input: $input) { __typename }
  }
`);

let app: TestApp;
let repKey: string;
beforeAll(async () => {
  app = await startTestApp();
  await app.apply(onePool(3));
  repKey = await app.keyFor('REP', 'rep-1');
});
afterAll(() => app.stop());

const socketUrl = (): string => `${app.app.url.replace('http', 'ws')}/graphql`;

/** Each lead is of another person. */
let people = 0;

const submit = async (count: number): Promise<void> => {
  const leads = Array.from({ length: count }, () => ({ lead: { email: `p${++people}@example.org` } }));
  await app.send('mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { __typename } }', {
    input: { leads },
  });
};

/** Follows until so many events have come. */
async function read(
  count: number,
  after: string | null,
  feed: 'feed' | 'workspaceFeed' = 'feed',
  token = repKey,
): Promise<FeedEvent[]> {
  const events: FeedEvent[] = [];
  const following = followFeed({ url: socketUrl(), token, feed, after, onEvent: (event) => void events.push(event) });
  await until(() => events.length >= count, `${count} events after ${after}`);
  await following.close();
  return events;
}

const startCursor = (): Promise<string> => {
  const hub = createHub({ database: app.database, log: createLog('silent') });
  return hub.cursor(app.workspaceId);
};

test('a feed resumed from every point misses and repeats nothing', async () => {
  const start = await startCursor();
  await submit(60);
  const all = await read(20, start);
  expect(all).toHaveLength(20);
  expect(all.map(({ previous }) => previous).slice(1)).toEqual(all.map(({ number }) => number).slice(0, -1));
  for (const [index, event] of all.slice(0, -1).entries()) {
    const rest = await read(20 - index - 1, event.cursor);
    expect(rest.map(({ number }) => number)).toEqual(all.slice(index + 1).map(({ number }) => number));
  }
});

test('a cursor that is ahead of what this process has read brings nothing twice', async () => {
  const hub = createHub({ database: app.database, log: createLog('silent') });
  const request = { workspaceId: app.workspaceId, repIds: null, after: null };
  const early = await hub.feed(request);
  // Committed by another process, and not yet read by this one.
  await submit(5);
  const late = await hub.feed({ ...request, after: await startCursor() });
  const next = late.next();
  await submit(1);
  hub.committed(app.workspaceId, Number.MAX_SAFE_INTEGER);
  const all: number[] = [];
  while (all.length < 6) all.push(...((await early.next()).value ?? []).map(({ number }) => number));
  expect((await next).value?.map(({ number }) => number)).toEqual(all.slice(-1));
  await Promise.all([early.return(), late.return()]);
});

test('the whole workspace’s feed has every number, in order', async () => {
  const start = await startCursor();
  const token = await app.keyFor('MANAGER');
  await submit(40);
  const events = await read(40, start, 'workspaceFeed', token);
  expect(events.map(({ number, previous }) => number - previous)).toEqual(Array(40).fill(1));
});

test('what happens while a device catches up comes after it, once', async () => {
  const start = await startCursor();
  await submit(300);
  const seen: number[] = [];
  const following = followFeed({
    url: socketUrl(),
    token: repKey,
    after: start,
    onEvent: async ({ number }) => {
      seen.push(number);
      if (seen.length % 10 === 0) await submit(3);
    },
  });
  await until(() => seen.length >= 108, 'old and new events');
  await following.close();
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  const { rows } = await app.database.pool.query(
    `SELECT e."number"::int FROM "Event" e JOIN "Rep" r ON r."id" = e."repId" WHERE r."key" = 'rep-1' AND e."number" BETWEEN $1 AND $2 ORDER BY 1`,
    [seen[0], seen.at(-1)],
  );
  expect(seen).toEqual(rows.map(({ number }) => number));
});

test('two devices of one rep hear the same', async () => {
  const start = await startCursor();
  await submit(9);
  const [one, two] = await Promise.all([read(3, start), read(3, start)]);
  expect(one).toEqual(two);
});

test('a reassigned lead leaves one feed for the other, and only its owner sees it', async () => {
  const start = await startCursor();
  const token = await app.keyFor('REP', 'rep-2');
  await submit(3);
  const [assigned] = await read(1, start);
  const { rep, leads } = await app.run(OwnersDocument, { rep: 'rep-2' });
  const own = leads.edges.find(({ node }) => node.owner.key === 'rep-1');
  const input = { leadId: own?.node.id ?? '', repId: rep?.id ?? '', reason: 'knows them' };
  const { assignLead } = await app.run(AssignDocument, { input });
  expect(assignLead.__typename).toBe('AssignLeadSuccess');
  const events: FeedEvent[] = [];
  const former = followFeed({
    url: socketUrl(),
    token: repKey,
    after: assigned?.cursor ?? null,
    selection: 'lead { id } data',
    onEvent: (event) => void events.push(event),
  });
  await until(() => events.length > 0, 'lead.unassigned');
  await former.close();
  expect(events[0]).toMatchObject({ kind: 'LEAD_UNASSIGNED', lead: null, data: { to: 'rep-2', reason: 'knows them' } });
  const received = await read(2, start, 'feed', token);
  expect(received.map(({ kind }) => kind)).toEqual(['LEAD_ASSIGNED', 'LEAD_REASSIGNED']);
});

test('events come by polling when the wake-up connection is gone', async () => {
  const start = await startCursor();
  const events: FeedEvent[] = [];
  const following = followFeed({
    url: socketUrl(),
    token: repKey,
    after: start,
    onEvent: (event) => void events.push(event),
  });
  // What is there before a subscription begins comes without any wake-up.
  await submit(3);
  await until(() => events.length > 0, 'the subscription is live');
  await app.database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fairlead listener' AND datname = current_database()`,
  );
  // Another process commits, and its wake-up is lost.
  const { rows } = await app.database.pool.query(
    `WITH lane AS (UPDATE "Lane" SET "lastEvent" = "lastEvent" + 1, "batch" = "batch" + 1 RETURNING *), rep AS (SELECT * FROM "Rep" WHERE "key" = 'rep-1')
     INSERT INTO "Event" SELECT lane."workspaceId", lane."lastEvent", 'rep.availability', now(), rep."id", 0, NULL, NULL, '{}' FROM lane, rep RETURNING "number"::int`,
  );
  await until(() => events.some(({ number }) => number === rows[0].number), 'the event by polling');
  await following.close();
});

test.each([
  ['a forged cursor', () => Buffer.from('f2:AAAAAAAA:1:1').toString('base64url')],
  ['text that is none', () => 'nonsense'],
  [
    'a cursor ahead of the feed',
    async () =>
      Buffer.from(
        Buffer.from(await startCursor(), 'base64url')
          .toString()
          .replace(/:\d+:/, ':999999:'),
      ).toString('base64url'),
  ],
])('%s is refused with INVALID_CURSOR', async (_what, cursor) => {
  const following = followFeed({ url: socketUrl(), token: repKey, after: await cursor(), onEvent: () => {} });
  await expect(following.done).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
});

test('a cursor from before a restore to an earlier point is refused, although the feed has grown past it since', async () => {
  const before = await startCursor();
  await submit(3);
  const lost = await startCursor();
  // As a backup has it that was made before these three.
  await app.database.pool.query(
    `WITH kept AS (SELECT "number" - 3 AS "last" FROM "Event" ORDER BY "number" DESC LIMIT 1),
       gone AS (DELETE FROM "Event" WHERE "number" > (SELECT "last" FROM kept))
     UPDATE "Lane" SET "lastEvent" = (SELECT "last" FROM kept), "batch" = "batch" + 1`,
  );
  app.clock.advance(60_000);
  await submit(5);
  const following = followFeed({ url: socketUrl(), token: repKey, after: lost, onEvent: () => {} });
  await expect(following.done).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
  const token = await app.keyFor('MANAGER');
  expect(await read(5, before, 'workspaceFeed', token)).toHaveLength(5);
});

test('a cursor older than the retention is refused loudly, with a fresh one', async () => {
  const start = await startCursor();
  await submit(6);
  const later = new Date(app.clock.now().getTime() + (RETENTION_DAYS + 1) * 86_400_000);
  expect(await pruneEvents(app.database, later)).toBeGreaterThan(0);
  const following = followFeed({ url: socketUrl(), token: repKey, after: start, onEvent: () => {} });
  const error = await following.done.catch((refused: unknown) => refused);
  expect(error).toMatchObject({ code: 'CURSOR_EXPIRED' });
  const fresh = followFeed({
    url: socketUrl(),
    token: repKey,
    after: (error as { cursor: string }).cursor,
    onEvent: () => {},
  });
  await fresh.ready;
  await fresh.close();
});

test('what is deleted while a long feed is read ends it loudly, and leaves no gap', async () => {
  const hub = createHub({ database: app.database, log: createLog('silent') });
  const after = await startCursor();
  for (let sent = 0; sent < 1_500; sent += 500) await submit(500);
  const feed = await hub.feed({ workspaceId: app.workspaceId, repIds: null, after });
  expect((await feed.next()).value).toHaveLength(500);
  const later = new Date(app.clock.now().getTime() + (RETENTION_DAYS + 1) * 86_400_000);
  await pruneEvents(app.database, later);
  await expect(feed.next()).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
});
