import { readFileSync } from 'node:fs';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createApp } from '../../src/app.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createRatio } from '../../src/telemetry/ratio.ts';
import { ADMIN_KEY, settableClock, startTestApp, type TestApp, testConfig, until } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { keepLog } from '../support/logLines.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ config: { metricsPort: 0 } });
  await app.apply(`${onePool(3, { capacity: 1 })}
slaPolicies:
  - key: quick
    name: Quick
    position: 1
    rungs: [{ afterSeconds: 600, action: REASSIGN }]
`);
});
afterAll(() => app.stop());

/** The values by name and labels, as Prometheus would read them. */
async function scrape(url = app.app.metricsUrl): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(url as string)).text();
  const samples = text.split('\n').flatMap((line) => {
    const [, name, value] = /^(\w+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, Number(value)] as const];
  });
  return new Map(samples);
}

/** Those that begin so and are not zero. */
const about = (samples: ReadonlyMap<string, number>, prefix: string): Record<string, number> =>
  Object.fromEntries([...samples].filter(([name, value]) => name.startsWith(prefix) && value !== 0));

const SUBMIT = `mutation ($input: SubmitLeadInput!) {
  submitLead(input: $input) { ... on SubmitLeadSuccess { lead { id } } ... on Error { code } }
}`;
type Submitted = { readonly submitLead: { readonly lead: { readonly id: string } } };
const submit = async (email: string, more: object = {}): Promise<string> => {
  const input = { lead: { email, qualification: 'SQL' }, idempotencyKey: email, ...more };
  const { data } = await app.send<Submitted>(SUBMIT, { input });
  return data?.submitLead.lead?.id ?? '';
};

test('what a server has done stands in its metrics, number for number', async () => {
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c', 'd']) ids.push(await submit(`${name}@one.example`));
  await submit('a@one.example');
  await submit('a@one.example', { lead: { email: 'other@one.example' } });
  await submit('e@one.example', { lead: { email: 'no address' } });
  app.clock.advance(120_000);
  const call = `mutation ($input: RecordActivityInput!) { recordActivity(input: $input) { __typename } }`;
  for (let twice = 0; twice < 2; twice += 1) await app.send(call, { input: { leadId: ids[0], kind: 'CALL' } });
  const boss = await app.database.prisma.rep.findFirstOrThrow({ where: { key: 'boss' } });
  const byHand = `mutation ($input: AssignLeadInput!) { assignLead(input: $input) { __typename } }`;
  await app.send(byHand, { input: { leadId: ids[1], repId: encodeId('Rep', boss.id), reason: 'Knows them' } });
  const before = await scrape();
  expect(before.get('routing_failure_ratio')).toBe(0.25);
  // Six submissions, two calls and a move reached the lane.
  expect(before.get('lane_batch_operations_sum')).toBe(9);
  expect(before.get('lane_wait_seconds_count')).toBe(9);
  app.clock.advance(485_000);
  await app.sweep();
  await app.send('query AnyNameAtAll { me { name } }');
  await app.send('{ me { shoeSize } }');
  await app.send('{ me { name } }', {}, 'nobody');

  await until(
    async () => (await scrape()).get('graphql_operations_total{type="query",outcome="OK"}') === 1,
    'all calls have ended',
  );
  const samples = await scrape();
  expect(about(samples, 'leads_received_total')).toEqual({
    'leads_received_total{outcome="STORED"}': 4,
    'leads_received_total{outcome="REPEATED"}': 1,
    'leads_received_total{outcome="IDEMPOTENCY_MISMATCH"}': 1,
    'leads_received_total{outcome="INVALID_INPUT"}': 1,
  });
  expect(samples.get('lead_assignment_latency_seconds_count')).toBe(4);
  expect(samples.get('lead_assignment_latency_seconds_sum')).toBe(0);
  expect(about(samples, 'lead_first_response_seconds_count')).toEqual({
    'lead_first_response_seconds_count{qualification="SQL"}': 1,
  });
  expect(samples.get('lead_first_response_seconds_sum{qualification="SQL"}')).toBe(120);
  // The fourth found all three full.
  expect(about(samples, 'routing_fallback_total')).toEqual({ 'routing_fallback_total{reason="AT_CAPACITY"}': 1 });
  // That was ten minutes ago.
  expect(samples.get('routing_failure_ratio')).toBe(0);
  expect(samples.get('assignments_total{method="MANUAL"}')).toBe(1);
  // Three owners did not call within ten minutes: due at second 600, carried out at 605. The one by hand has longer.
  expect(samples.get('escalations_total')).toBe(3);
  expect(samples.get('deadline_lateness_seconds_count{kind="SLA"}')).toBe(3);
  expect(samples.get('deadline_lateness_seconds_sum{kind="SLA"}')).toBe(15);
  expect(about(samples, 'graphql_operations_total')).toEqual({
    'graphql_operations_total{type="mutation",outcome="OK"}': 8,
    'graphql_operations_total{type="mutation",outcome="IDEMPOTENCY_MISMATCH"}': 1,
    'graphql_operations_total{type="mutation",outcome="INVALID_INPUT"}': 1,
    'graphql_operations_total{type="query",outcome="OK"}': 1,
    'graphql_operations_total{type="none",outcome="GRAPHQL_VALIDATION_FAILED"}': 1,
    'graphql_operations_total{type="none",outcome="UNAUTHENTICATED"}': 1,
  });
  expect(samples.get('wakeup_connection_up')).toBe(1);
  expect(samples.get('outbox_oldest_age_seconds')).toBe(0);
  await until(async () => (await scrape()).get('database_waiting') === 0, 'nothing waits, the scrape itself included');
});

test('sockets and streams are counted while they are open', async () => {
  const client = createClient({
    url: `${app.app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  client.subscribe(
    { query: 'subscription { workspaceFeed { cursor } }' },
    { next: () => {}, error: () => {}, complete: () => {} },
  );
  const stream = new AbortController();
  await fetch(`${app.app.url}/graphql`, {
    method: 'POST',
    signal: stream.signal,
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify({ query: 'subscription { workspaceFeed { cursor } }' }),
  });
  const counted = async () => Object.values(about(await scrape(), 'subscription_clients{'));
  await until(async () => (await counted()).join() === '1,1', 'both are counted');
  await until(
    async () => (await scrape()).get('graphql_operations_total{type="subscription",outcome="OK"}') === 2,
    'both have begun',
  );
  stream.abort();
  await client.dispose();
  await until(async () => (await counted()).length === 0, 'neither is counted');
});

test('a job that waits shows with its age, and a database that does not answer leaves the other figures', async () => {
  await app.database.pool.query(
    `SELECT graphile_worker.add_job('nobodyDoesThis', run_at => now() - interval '90 seconds')`,
  );
  const age = (await scrape()).get('outbox_oldest_age_seconds') as number;
  expect(age).toBeGreaterThanOrEqual(90);
  expect(age).toBeLessThan(120);
  await app.testDatabase.asOwner('ALTER SCHEMA graphile_worker RENAME TO hidden');
  try {
    const samples = await scrape();
    expect(samples.get('outbox_oldest_age_seconds')).toBeNaN();
    expect(samples.get('wakeup_connection_up')).toBe(1);
  } finally {
    await app.testDatabase.asOwner('ALTER SCHEMA hidden RENAME TO graphile_worker');
  }
});

test('a server that only works has metrics too, and one that is not asked for them has none', async () => {
  expect((await fetch(`${app.app.url}/metrics`)).status).toBe(404);
  const worker = createApp({
    config: testConfig(app.testDatabase.url, { role: 'worker', metricsPort: 0 }),
    log: keepLog('silent').log,
  });
  await worker.start();
  const isListening = async () => (await scrape(worker.metricsUrl)).get('wakeup_connection_up') === 1;
  await until(isListening, 'its wake-up connection stands');
  await worker.stop();
  const plain = createApp({ config: testConfig(app.testDatabase.url), log: keepLog('silent').log });
  await plain.start();
  expect(plain.metricsUrl).toBeNull();
  await plain.stop();
});

test('the share of last resorts is that of the last five minutes', () => {
  const clock = settableClock();
  const ratio = createRatio(300_000, () => clock.now().getTime());
  expect(ratio.value()).toBe(0);
  ratio.add(1, 2);
  clock.advance(200_000);
  ratio.add(0, 2);
  expect(ratio.value()).toBe(0.25);
  clock.advance(100_000);
  expect(ratio.value()).toBe(0);
});

test('clients cannot make series: a code that is not in the catalogue counts as OTHER', async () => {
  const metrics = createMetrics(settableClock());
  const call = { requestId: 'a', connectionId: null, address: 'unknown', traceparent: null, beganAt: 0, endedAt: 1 };
  const about = { operationName: 'mine', workspaceId: null, principal: null };
  for (const outcome of ['MADE_UP', 'ANOTHER', 'OK']) metrics.ended({ ...call, ...about, operation: 'query', outcome });
  const { values } = (await metrics.registry.getMetricsAsJSON()).find(
    ({ name }) => name === 'graphql_operations_total',
  ) as { values: { value: number; labels: object }[] };
  expect(values.map(({ labels, value }) => [labels, value])).toEqual([
    [{ type: 'query', outcome: 'OTHER' }, 2],
    [{ type: 'query', outcome: 'OK' }, 1],
  ]);
});

/* docs and rules */

const ownNames = async (): Promise<string[]> =>
  (await createMetrics(settableClock()).registry.getMetricsAsJSON())
    .map(({ name }) => name)
    .filter((name) => !/^(process|nodejs)_/.test(name))
    .sort();

test('docs/observability.md lists the metrics there are', async () => {
  const table = readFileSync('docs/observability.md', 'utf8').matchAll(/^\| `([a-z_]+)(?:\{[a-z,]+\})?` \|/gm);
  expect(Array.from(table, ([, name]) => name).sort()).toEqual(await ownNames());
});

test('alerts go by metrics that there are', async () => {
  const names = await ownNames();
  const rules = readFileSync('ops/prometheus-rules.yaml', 'utf8');
  const used = new Set(Array.from(rules.matchAll(/\b[a-z]+(?:_[a-z]+)+\b(?=\{|\[| ==|\))/g), ([name]) => name));
  const unknown = [...used].filter((name) => !names.includes(name.replace(/_(bucket|count|sum)$/, '')));
  expect(used.size).toBeGreaterThan(7);
  expect(unknown).toEqual([]);
});
