import { afterAll, beforeAll, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { type FeedEvent, followFeed } from '../../src/client/index.ts';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { books, IN_ORDER } from '../support/books.ts';
import { crew, startSecond } from '../support/time.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

/* What many callers do at once at two servers on one database. */

let app: TestApp;
let servers: readonly App[];
beforeAll(async () => {
  app = await startTestApp();
  servers = [app.app, await startSecond(app)];
});
afterAll(async () => {
  await servers[1]?.stop();
  await app.stop();
});

interface Answered {
  readonly code?: string;
  readonly repeated?: boolean;
  readonly lead?: { readonly id: string; readonly email: string; readonly owner: { readonly key: string } };
  readonly assignment?: { readonly number: number; readonly method: string };
}

let people = 0;
const someone = (): object => ({ email: `p${++people}@client.example` });

/** Submits a lead at one of the two servers. */
async function submit({ key }: TestWorkspace, server: number, input: object): Promise<Answered> {
  const query = `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) {
    ... on SubmitLeadSuccess { repeated lead { id email owner { key } } assignment { number method } } ... on Error { code } } }`;
  const response = await fetch(`${servers[server % 2]?.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data, errors } = (await response.json()) as { data?: { submitLead: Answered }; errors?: unknown };
  if (!data) throw new Error(JSON.stringify(errors));
  return data.submitLead;
}

test('one idempotency key sent fifty times at once with two payloads makes one lead; of the other payload nothing is stored', async () => {
  const workspace = await openWorkspace(app, crew({ reps: ['a', 'b'] }));
  const payloads = [someone(), someone()];
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      submit(workspace, index, { lead: payloads[index % 3 === 0 ? 1 : 0] as object, idempotencyKey: 'one' }),
    ),
  );
  const [first] = answers.filter(({ repeated }) => repeated === false);
  expect(await workspace.count('Lead')).toBe(1);
  for (const [index, { code, lead }] of answers.entries()) {
    const isSame = (payloads[index % 3 === 0 ? 1 : 0] as { email: string }).email === first?.lead?.email;
    expect([code, lead]).toEqual(isSame ? [undefined, first?.lead] : ['IDEMPOTENCY_MISMATCH', undefined]);
  }
  expect(await workspace.count('Event')).toBe(2);
});

test('ten reps with one free place each get ten of a hundred leads at once, and what is for nobody the other ninety', async () => {
  const full = Array.from({ length: 10 }, (_, index) => `full-${index}`);
  const company = crew({
    reps: [...full, 'spare'],
    members: full,
    about: { spare: { capacity: 1_000 } },
    workspace: { defaultCapacity: 1 },
    pools: [{ key: 'spare', name: 'Spare', strategy: 'ROUND_ROBIN', members: [{ rep: 'spare' }] }],
    step: { whenNobody: { kind: 'BACKUP_POOL', pool: 'spare' } },
  });
  const workspace = await openWorkspace(app, company);
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => submit(workspace, index, { lead: someone() })),
  );
  const owners = answers.map(({ lead }) => lead?.owner.key ?? 'none');
  expect(owners.filter((key) => key !== 'spare').sort()).toEqual(full);
  expect(owners.filter((key) => key === 'spare')).toHaveLength(90);
  expect(await books(app, workspace.id)).toEqual(IN_ORDER);
});

test('whoever follows at one server hears in commit order what is done at both, each event once', async () => {
  const workspace = await openWorkspace(app, crew({ reps: ['a', 'b', 'c'] }));
  const { data } = await workspace.send<{ feedCursor: string }>('{ feedCursor }');
  const feeds = servers.map(({ url }) => {
    const heard: FeedEvent[] = [];
    const feed = followFeed({
      url: `${url.replace('http', 'ws')}/graphql`,
      token: workspace.key,
      feed: 'workspaceFeed',
      after: data?.feedCursor ?? null,
      onEvent: (event) => void heard.push(event),
    });
    return { heard, feed };
  });
  const before = await workspace.count('Event');
  await Promise.all([
    ...Array.from({ length: 300 }, (_, index) => submit(workspace, index, { lead: someone() })),
    // A change of the configuration takes its numbers in a transaction of another kind.
    ...['PAUSED', 'ACTIVE', 'PAUSED', 'ACTIVE'].map((status) => workspace.updateRep('a', { status })),
  ]);
  const count = (await workspace.count('Event')) - before;
  expect(count).toBeGreaterThanOrEqual(300);
  for (const { heard, feed } of feeds) {
    await until(() => heard.length >= count, 'all events');
    await feed.close();
    expect(heard.map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, index) => before + 1 + index));
  }
});

test('a thousand leads while a rep is paused, weights change and the pool is edited: each is decided by what was committed before it', async () => {
  const company = crew({
    reps: ['a', 'b', 'c', 'd', 'e', 'f'],
    members: ['a', 'b', 'c', 'd', 'e'],
    main: { strategy: 'WEIGHTED' },
    workspace: { defaultCapacity: 1_000 },
  });
  const workspace = await openWorkspace(app, company);
  const { data } = await workspace.send<{ pool: { id: string } }>('{ pool(key: "main") { id } }');
  const setMembers = async (weights: Readonly<Record<string, number>>): Promise<void> => {
    const all = Object.entries(weights).map(([rep, weight]) => ({ repId: workspace.rep(rep), weight }));
    const answer = await workspace.mutate('setPoolMembers', { poolId: data?.pool.id, members: all }, 'pool { key }');
    expect(answer).toEqual({ pool: { key: 'main' } });
  };
  const configVersion = async (): Promise<number> => {
    const { rows } = await app.database.pool.query('SELECT "configVersion"::int FROM "Lane" WHERE "workspaceId" = $1', [
      workspace.id,
    ]);
    return rows[0].configVersion;
  };
  /** What is done after so many leads, and the weights that hold from then on. */
  const changes = [
    { after: 200, run: () => workspace.updateRep('a', { status: 'PAUSED' }), weights: { b: 1, c: 1, d: 1, e: 1 } },
    { after: 400, run: () => setMembers({ a: 1, b: 5, c: 2, d: 1, e: 1 }), weights: { b: 5, c: 2, d: 1, e: 1 } },
    { after: 600, run: () => setMembers({ a: 1, b: 1, c: 2, d: 1, f: 3 }), weights: { b: 1, c: 2, d: 1, f: 3 } },
    {
      after: 800,
      run: () => workspace.updateRep('a', { status: 'ACTIVE' }),
      weights: { a: 1, b: 1, c: 2, d: 1, f: 3 },
    },
  ];
  const eras = [
    { from: await configVersion(), weights: { a: 1, b: 1, c: 1, d: 1, e: 1 } as Readonly<Record<string, number>> },
  ];
  /** The last version that was known when a lead was sent, by the lead. */
  const known = new Map<string, number>();

  let sent = 0;
  const intake = Array.from({ length: 20 }, async () => {
    while (sent < 1_000) {
      const server = sent++;
      const version = eras.at(-1)?.from as number;
      const { lead } = await submit(workspace, server, { lead: someone() });
      known.set(lead?.id ?? '', version);
    }
  });
  const change = async (): Promise<void> => {
    for (const { after, run, weights } of changes) {
      await until(() => known.size >= after, `${after} leads`);
      await run();
      eras.push({ from: await configVersion(), weights });
    }
  };
  await Promise.all([...intake, change()]);

  const { rows } = await app.database.pool.query<{ rep: string; leadId: string; version: number }>(
    `SELECT r."key" AS "rep", a."leadId", (d."data"->>'configVersion')::int AS "version" FROM "Assignment" a
     JOIN "Decision" d ON d."workspaceId" = $1 AND d."assignmentId" = a."id"
     JOIN "Rep" r ON r."workspaceId" = $1 AND r."id" = a."repId"
     WHERE a."workspaceId" = $1 ORDER BY a."number"`,
    [workspace.id],
  );
  expect(rows).toHaveLength(1_000);
  expect(rows.map(({ version }) => version)).toEqual(rows.map(({ version }) => version).toSorted((a, b) => a - b));
  for (const { leadId, version } of rows) {
    expect(version).toBeGreaterThanOrEqual(known.get(Buffer.from(`Lead:${leadId}`).toString('base64url')) as number);
  }
  for (const [index, { from, weights }] of eras.entries()) {
    const next = eras[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const order = rows.filter(({ version }) => version >= from && version < next).map(({ rep }) => rep);
    expect(order.length).toBeGreaterThan(50);
    expect([...new Set(order)].sort()).toEqual(Object.keys(weights));
    expect(farthest(order, weights)).toBeLessThan(2);
  }
  expect(await books(app, workspace.id)).toEqual(IN_ORDER);
});

/** How many leads anybody is away from what the weights have earned, at the worst moment. */
function farthest(order: readonly string[], weights: Readonly<Record<string, number>>): number {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  const received = new Map<string, number>();
  let worst = 0;
  for (const [index, owner] of order.entries()) {
    received.set(owner, (received.get(owner) ?? 0) + 1);
    for (const [rep, weight] of Object.entries(weights)) {
      worst = Math.max(worst, Math.abs((received.get(rep) ?? 0) - ((index + 1) * weight) / sum));
    }
  }
  return worst;
}
