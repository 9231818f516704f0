import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NOTHING } from '../../src/assignment/carryOut.ts';
import type { Operation } from '../../src/assignment/lane.ts';
import { createLanes } from '../../src/assignment/lanes.ts';
import { ADMIN_KEY, settableClock, startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { type ServerProcess, startProcess } from '../support/serverProcess.ts';

const SUBMIT = `mutation ($input: SubmitLeadInput!) {
  submitLead(input: $input) {
    __typename
    ... on SubmitLeadSuccess { repeated lead { id owner { key } } assignment { number method } }
    ... on Error { code message }
  }
}`;

interface Submitted {
  readonly submitLead: {
    readonly __typename: string;
    readonly repeated: boolean;
    readonly lead: { readonly id: string; readonly owner: { readonly key: string } };
    readonly assignment: { readonly number: number; readonly method: string };
    readonly code: string;
  };
}

const send = async (url: string, input: object): Promise<Submitted['submitLead']> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify({ query: SUBMIT, variables: { input } }),
  });
  const { data, errors } = (await response.json()) as { data: Submitted | null; errors?: unknown };
  if (!data) throw new Error(JSON.stringify(errors));
  return data.submitLead;
};

/** Runs the tasks, so many at a time. */
async function inParallel<Result>(
  count: number,
  width: number,
  task: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let index = next++; index < count; index = next++) results[index] = await task(index);
    }),
  );
  return results;
}

/** The owners of all leads, in commit order. */
const owners = async ({ database, workspaceId }: TestApp): Promise<string[]> => {
  const { rows } = await database.pool.query<{ repId: string }>(
    'SELECT "repId" FROM "Assignment" WHERE "workspaceId" = $1 AND "endedAt" IS NULL ORDER BY "number"',
    [workspaceId],
  );
  return rows.map(({ repId }) => repId);
};

/** How far the most and the least served of `n` reps are apart, at the worst prefix. */
function worstSpread(order: readonly string[], n: number): number {
  const counts = new Map<string, number>();
  let worst = 0;
  for (const rep of order) {
    counts.set(rep, (counts.get(rep) ?? 0) + 1);
    const values = [...counts.values(), ...(counts.size < n ? [0] : [])];
    worst = Math.max(worst, Math.max(...values) - Math.min(...values));
  }
  return worst;
}

describe('two server processes on one database', () => {
  let first: TestApp;
  let servers: ServerProcess[];
  beforeAll(async () => {
    // The servers go by the real time, and would delete as old what a clock of March has written.
    first = await startTestApp({ clock: settableClock(new Date()) });
    await first.apply(onePool(7));
    servers = await Promise.all([startProcess(first.testDatabase.url), startProcess(first.testDatabase.url)]);
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await first.stop();
  });

  test('give 7,000 leads from 100 parallel intakes to 7 reps, 1,000 each, every prefix within one lead', async () => {
    const urls = servers.map(({ url }) => url);
    const results = await inParallel(7_000, 100, (index) =>
      send(urls[index % 2] as string, { lead: { email: `p${index}@example.org` }, idempotencyKey: `k${index}` }),
    );
    expect(results.every(({ __typename }) => __typename === 'SubmitLeadSuccess')).toBe(true);
    expect(new Set(results.map(({ lead }) => lead.id)).size).toBe(7_000);
    expect(new Set(results.map(({ assignment }) => assignment.number)).size).toBe(7_000);
    const order = await owners(first);
    expect(order).toHaveLength(7_000);
    expect([...Map.groupBy(order, (rep) => rep).values()].map(({ length }) => length)).toEqual(Array(7).fill(1_000));
    expect(worstSpread(order, 7)).toBe(1);
    const { rows } = await first.database.pool.query(
      `SELECT count(*)::int AS leads, (SELECT count(*)::int FROM "Event" WHERE "kind" = 'lead.assigned') AS events,
              (SELECT max("number")::int - count(*)::int FROM "Event") AS gaps,
              (SELECT count(*)::int FROM "Lead" l WHERE NOT EXISTS (SELECT FROM "Assignment" a WHERE a."leadId" = l."id")) AS orphans
       FROM "Lead"`,
    );
    expect(rows[0]).toEqual({ leads: 7_000, events: 7_000, gaps: 0, orphans: 0 });
  });

  test('a configuration changed on one is what the other decides by, from the next lead on', async () => {
    const rep = await first.database.prisma.rep.findFirstOrThrow({ where: { key: 'rep-1' } });
    const id = Buffer.from(`Rep:${rep.id}`).toString('base64url');
    const pause = 'mutation ($input: UpdateRepInput!) { updateRep(input: $input) { __typename } }';
    await first.send(pause, { input: { id, status: 'PAUSED' } });
    const results = await inParallel(30, 5, () => send(servers[1]?.url as string, { lead: { source: 'after' } }));
    expect(results.map(({ lead }) => lead.owner.key)).not.toContain('rep-1');
    await first.send(pause, { input: { id, status: 'ACTIVE' } });
  });
});

describe('one server', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    await app.apply(onePool(3, { capacity: 4 }));
  });
  afterAll(() => app.stop());

  test('what takes long to decide is spread over several batches, so that PostgreSQL takes the lane from none', async () => {
    const lanes = createLanes({ database: app.database, clock: app.clock, committed: () => {} });
    const deciding: Operation<string> = {
      ...NOTHING,
      apply: () => {
        for (const began = performance.now(); performance.now() - began < 450; );
        return 'decided';
      },
    };
    // The first goes alone; the others together would take five seconds.
    const results = await Promise.all(Array.from({ length: 12 }, () => lanes.run(app.workspaceId, deciding)));
    expect(results).toEqual(Array(12).fill('decided'));
    await lanes.close();
  });

  test('one idempotency key sent fifty times at once makes one lead', async () => {
    const input = { lead: { email: 'one@example.org', attributes: { b: 1, a: 2 } }, idempotencyKey: 'same' };
    const results = await Promise.all(Array.from({ length: 50 }, () => send(app.app.url, input)));
    expect(new Set(results.map(({ lead }) => lead.id)).size).toBe(1);
    expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1);
    const reordered = { ...input, lead: { attributes: { a: 2, b: 1 }, email: 'one@example.org' } };
    expect((await send(app.app.url, reordered)).repeated).toBe(true);
    expect((await send(app.app.url, { ...input, lead: { email: 'two@example.org' } })).code).toBe(
      'IDEMPOTENCY_MISMATCH',
    );
    expect((await send(app.app.url, { ...input, lead: { ...input.lead, source: 'other' } })).repeated).toBe(false);
  });

  test('with ten free places, a hundred leads at once fill them and not one more', async () => {
    const results = await inParallel(100, 100, (index) =>
      send(app.app.url, { lead: { email: `c${index}@example.org` } }),
    );
    const { rows } = await app.database.pool.query<{ key: string; load: number }>(
      'SELECT r."key", s."load" FROM "RepState" s JOIN "Rep" r ON r."id" = s."repId" ORDER BY r."key"',
    );
    expect(rows.filter(({ key }) => key !== 'boss').map(({ load }) => load)).toEqual([4, 4, 4]);
    expect(results.filter(({ assignment }) => assignment.method === 'DEFAULT')).toHaveLength(10);
    expect(results.filter(({ assignment }) => assignment.method === 'FALLBACK')).toHaveLength(90);
  });

  test('a closed lead frees its place, and an opened one takes it back', async () => {
    const { data } = await app.send<{
      leads: { edges: { node: { id: string; owner: { key: string; load: number } } }[] };
    }>('{ leads(first: 1, filter: { method: [DEFAULT] }) { edges { node { id owner { key load } } } } }');
    const lead = data?.leads.edges[0]?.node;
    const set =
      'mutation ($input: UpdateLeadStatusInput!) { updateLeadStatus(input: $input) { ... on UpdateLeadStatusSuccess { lead { closedAt owner { load } } } } }';
    const closed = await app.send(set, { input: { leadId: lead?.id, status: 'LOST' } });
    expect(closed.data).toMatchObject({ updateLeadStatus: { lead: { owner: { load: 3 } } } });
    expect((await send(app.app.url, { lead: {} })).lead.owner.key).toBe(lead?.owner.key);
    const opened = await app.send(set, { input: { leadId: lead?.id, status: 'QUALIFIED' } });
    expect(opened.data).toMatchObject({ updateLeadStatus: { lead: { closedAt: null, owner: { load: 5 } } } });
  });

  test('one lead that the database refuses hurts nobody else', async () => {
    await app.testDatabase.asOwner(
      `ALTER TABLE "Lead" ADD CONSTRAINT poison CHECK ("city" IS DISTINCT FROM 'Poisonville')`,
    );
    const cities = ['Fresno', 'Poisonville', 'Tampa', 'Reno', 'Boise'];
    const results = await Promise.allSettled(cities.map((city) => send(app.app.url, { lead: { city } })));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(String((results[1] as PromiseRejectedResult).reason)).toContain('INTERNAL');
    await app.testDatabase.asOwner('ALTER TABLE "Lead" DROP CONSTRAINT poison');
  });

  test('backends that are terminated cost a retry, no lead and no server', async () => {
    const stop = { now: false };
    const killing = (async () => {
      while (!stop.now) {
        await app.database.pool
          .query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'fairlead%' AND random() < 0.3`)
          .catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const results = await inParallel(200, 10, async (index) => {
      const input = { lead: { email: `k${index}@example.org` }, idempotencyKey: `kill-${index}` };
      for (;;) {
        const answer = await send(app.app.url, input).catch((error: Error) => {
          if (!/UNAVAILABLE/.test(error.message)) throw error;
          return null;
        });
        if (answer) return answer.lead.id;
      }
    });
    stop.now = true;
    await killing;
    expect(new Set(results).size).toBe(200);
    const stored = await app.database.prisma.lead.count({ where: { idempotencyKey: { startsWith: 'kill-' } } });
    expect(stored).toBe(200);
  });
});

test('five hundred leads in one call rotate exactly like five hundred calls', async () => {
  const [bulk, single] = await Promise.all([startTestApp(), startTestApp()]);
  await bulk.apply(onePool(5, { strategy: 'WEIGHTED', weights: [7, 3, 1, 1, 5] }));
  await single.apply(onePool(5, { strategy: 'WEIGHTED', weights: [7, 3, 1, 1, 5] }));
  const leads = Array.from({ length: 500 }, (_, index) => ({ lead: { email: `p${index}@example.org` } }));
  const { data } = await bulk.send<{
    submitLeads: { results: { lead: { email: string; owner: { key: string } } }[]; summary: object };
  }>(
    `mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { ... on SubmitLeadsSuccess {
      results { ... on SubmitLeadSuccess { lead { email owner { key } } } } summary { accepted refused repeated lastResort } } } }`,
    { input: { leads } },
  );
  const order: string[] = [];
  for (const { lead } of leads) order.push((await send(single.app.url, { lead })).lead.owner.key);
  expect(data?.submitLeads.results.map(({ lead }) => lead.owner.key)).toEqual(order);
  expect(data?.submitLeads.results.map(({ lead }) => lead.email)).toEqual(leads.map(({ lead }) => lead.email));
  expect(data?.submitLeads.summary).toEqual({ accepted: 500, refused: 0, repeated: 0, lastResort: 0 });
  await Promise.all([bulk.stop(), single.stop()]);
});
