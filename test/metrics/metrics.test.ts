import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import { readMetrics } from '../../src/metrics/readMetrics.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';

const FROM = new Date('2026-03-02T00:00:00Z');
const TO = new Date('2026-03-03T00:00:00Z');

let app: TestApp;
beforeAll(async () => {
  // Nothing is to become overdue while the clock is ahead.
  app = await startTestApp({ config: { role: 'api' } });
  await app.apply(onePool(2, { strategy: 'WEIGHTED', weights: [1, 0] }));
});
afterAll(() => app.stop());

const range = (overrides = {}) => ({
  workspaceId: app.workspaceId,
  from: FROM,
  to: TO,
  poolId: null,
  repIds: null,
  ...overrides,
});
const read = (overrides = {}) => readMetrics(app.database.pool, range(overrides));

/** Moves the moments of what has been stored: milliseconds from receipt to owner, seconds from there to contact. */
async function setTimes(
  times: readonly (readonly [latencyMs: number, responseSeconds: number | null])[],
): Promise<void> {
  await app.database.pool.query(
    `UPDATE "Assignment" a SET "assignedAt" = l."receivedAt" + t.latency * interval '1 ms',
       "firstContactAt" = l."receivedAt" + t.latency * interval '1 ms' + t.response * interval '1 s'
     FROM json_to_recordset($1) AS t(number bigint, latency int, response float), "Lead" l
     WHERE a."number" = t.number AND l."id" = a."leadId"`,
    [JSON.stringify(times.map(([latency, response], index) => ({ number: index + 1, latency, response })))],
  );
}

test('a range without leads has nulls, not NaN', async () => {
  expect(await read()).toMatchObject({
    leads: 0,
    assignments: 0,
    coverage: null,
    fallbackRate: null,
    assignmentLatency: null,
    responseTime: null,
    byMethod: [],
  });
});

test('known values come out exactly', async () => {
  for (let index = 0; index < 4; index += 1) {
    await app.send('mutation { submitLead(input: { lead: {} }) { __typename } }');
  }
  await setTimes([
    [0, 0],
    [1_000, 300],
    [10_000, 301],
    [61_000, null],
  ]);
  const metrics = await read();
  expect(metrics.assignmentLatency).toMatchObject({ meanMs: 18_000, p50Ms: 5_500, shareWithin10Seconds: 0.75 });
  expect(metrics.responseTime).toMatchObject({
    responded: 3,
    p50Seconds: 300,
    meanSeconds: 601 / 3,
    shareWithin5Minutes: 2 / 3,
  });
  expect(metrics).toMatchObject({ leads: 4, assignments: 4, coverage: 0.75, fallbackRate: 0 });
  // The boss, who is in no pool, and the rep of weight 0 received none.
  expect(metrics.distribution.leadsPerRep.map(({ leads }) => leads)).toEqual([4, 0, 0]);
  expect(metrics.distribution.gini).toBeCloseTo(2 / 3, 12);
});

test('a pool’s metrics count its members alone, and those of weight 0 not', async () => {
  const pool = await app.database.prisma.pool.findFirstOrThrow();
  const { distribution } = await read({ poolId: pool.id });
  expect(distribution.leadsPerRep.map(({ leads }) => leads)).toEqual([4]);
  expect(distribution.gini).toBeNull();
});

test('outcomes go by the method that placed a lead first', async () => {
  const leads = await app.database.prisma.lead.findMany({ orderBy: { id: 'asc' } });
  const set = (index: number, status: string) =>
    app.send('mutation ($input: UpdateLeadStatusInput!) { updateLeadStatus(input: $input) { __typename } }', {
      input: { leadId: Buffer.from(`Lead:${leads[index]?.id}`).toString('base64url'), status },
    });
  app.clock.advance(2 * 86_400_000);
  await set(0, 'WON');
  await set(1, 'LOST');
  await set(2, 'OPPORTUNITY');
  app.clock.advance(-2 * 86_400_000);
  const { byMethod } = await read();
  expect(byMethod).toEqual([
    { method: 'DEFAULT', leads: 4, open: 2, won: 1, lost: 1, winRate: 0.5, conversionRate: 0.5, meanDaysToClose: 2 },
  ]);
});

test('a reassigned lead counts once as a lead and twice as an assignment', async () => {
  const lead = await app.database.prisma.lead.findFirstOrThrow({ where: { closedAt: null } });
  const rep = await app.database.prisma.rep.findFirstOrThrow({ where: { key: 'rep-2' } });
  const id = (type: string, uuid: string) => Buffer.from(`${type}:${uuid}`).toString('base64url');
  await app.send('mutation ($input: AssignLeadInput!) { assignLead(input: $input) { __typename } }', {
    input: { leadId: id('Lead', lead.id), repId: id('Rep', rep.id), reason: 'moved' },
  });
  const metrics = await read();
  expect([metrics.leads, metrics.assignments]).toEqual([4, 5]);
  expect(metrics.byMethod.map(({ method }) => method)).toEqual(['DEFAULT']);
});

test('a manager who is a rep sees the team’s figures, who is none the workspace’s', async () => {
  await app.apply(`
apiVersion: fairlead/v1
kind: Company
reps: [{ key: other, name: Other, email: other@fairlead.example }]`);
  const query = `{ metrics(input: { from: "${FROM.toISOString()}", to: "${TO.toISOString()}" }) { assignments leadsPerRep { rep { key } leads } } }`;
  const keys = [
    await app.keyFor('MANAGER', 'boss'),
    await app.keyFor('MANAGER', 'rep-2'),
    await app.keyFor('MANAGER'),
    await app.keyFor('VIEWER'),
  ];
  const answers = await Promise.all(
    keys.map((key) =>
      app.send<{ metrics: { assignments: number; leadsPerRep: { rep: { key: string } }[] } }>(query, {}, key),
    ),
  );
  expect(answers.map(({ data }) => data?.metrics.assignments)).toEqual([5, 1, 5, 5]);
  expect(answers.map(({ data }) => data?.metrics.leadsPerRep.map(({ rep }) => rep.key).sort())).toEqual([
    ['boss', 'rep-1', 'rep-2'],
    ['rep-2'],
    ['boss', 'other', 'rep-1', 'rep-2'],
    ['boss', 'other', 'rep-1', 'rep-2'],
  ]);
});

test('the end of a range is not part of it, and another workspace sees nothing', async () => {
  const { rows } = await app.database.pool.query('SELECT min("assignedAt") AS first FROM "Assignment"');
  expect((await read({ to: rows[0].first })).leads).toBe(0);
  expect((await read({ from: rows[0].first })).leads).toBe(4);
  const other = await ensureWorkspace(app.database, app.clock, 'other');
  expect(await read({ workspaceId: other })).toMatchObject({ leads: 0, distribution: { leadsPerRep: [] } });
});

test.each([
  ['an empty range', { from: TO, to: TO }],
  ['a range of more than ten years', { from: new Date('2010-01-01T00:00:00Z') }],
])('%s is refused', async (_what, overrides) => {
  await expect(read(overrides)).rejects.toThrow(InvalidInput);
});
