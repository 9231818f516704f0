import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { ADMIN_KEY, startTestApp, type TestApp, testConfig, until } from '../support/app.ts';
import { serve } from '../support/calendarServers.ts';
import { onePool } from '../support/companies.ts';
import { keepLog } from '../support/logLines.ts';

interface SentSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly links?: readonly { readonly spanId: string }[];
}
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: SentSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

let company: TestApp;
beforeAll(async () => {
  company = await startTestApp();
  await company.apply(onePool(2));
});
afterAll(() => company.stop());

const SUBMIT = `mutation Capture($input: SubmitLeadInput!) { submitLead(input: $input) { __typename } }`;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

async function submit(url: string, email: string, headers: Record<string, string> = {}): Promise<unknown> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}`, ...headers },
    body: JSON.stringify({ query: SUBMIT, variables: { input: { lead: { email } } } }),
  });
  return ((await answer.json()) as { data: { submitLead: { __typename: string } } }).data.submitLead.__typename;
}

const attributeOf = ({ attributes }: Pick<SentSpan, 'attributes'>, key: string): unknown =>
  Object.values(attributes.find((attribute) => attribute.key === key)?.value ?? {})[0];

test('an operation and its commit are spans of the caller’s trace, also when the receiver could not take them at first', async () => {
  const taken: Export[] = [];
  let refused = 0;
  await using receiver = await serve(({ method, path, headers, body }) => {
    if (method !== 'POST' || path !== '/v1/traces' || headers['content-type'] !== 'application/json')
      return { status: 400 };
    if (refused === 0) {
      refused += 1;
      return { status: 503 };
    }
    taken.push(JSON.parse(body) as Export);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' };
  });
  const { log } = keepLog('silent');
  const tracing = { url: `${receiver.url}/v1/traces`, share: 1 };
  const app = createApp({ config: testConfig(company.testDatabase.url, { tracing, role: 'api' }), log });
  await app.start();
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, 'x-request-id': 'traced' };
  expect(await submit(app.url, 'ada@one.example', headers)).toBe('SubmitLeadSuccess');
  expect(await submit(app.url, 'unsampled@one.example', { traceparent: `00-${'1'.repeat(32)}-${PARENT}-00` })).toBe(
    'SubmitLeadSuccess',
  );
  expect(await submit(app.url, 'forged@one.example', { traceparent: '00-nonsense' })).toBe('SubmitLeadSuccess');
  await until(() => taken.length > 0, 'the spans that were refused once');
  await app.stop();

  const spans = taken.flatMap(({ resourceSpans }) => resourceSpans).flatMap(({ scopeSpans }) => scopeSpans);
  const all = spans.flatMap((scope) => scope.spans);
  const [resource] = taken[0]?.resourceSpans ?? [];
  expect(attributeOf(resource?.resource as SentSpan, 'service.name')).toBe('fairlead');
  const ofTrace = all.filter(({ traceId }) => traceId === TRACE);
  const operation = ofTrace.find(({ name }) => name === 'mutation');
  const commit = ofTrace.find(({ name }) => name === 'lane.commit');
  expect(operation?.parentSpanId).toBe(PARENT);
  expect(commit?.parentSpanId).toBe(operation?.spanId);
  expect(attributeOf(operation as SentSpan, 'graphql.operation.name')).toBe('Capture');
  expect(attributeOf(operation as SentSpan, 'fairlead.request_id')).toBe('traced');
  expect(attributeOf(operation as SentSpan, 'fairlead.outcome')).toBe('OK');
  expect(attributeOf(commit as SentSpan, 'fairlead.leads')).toBe(1);
  // Of what the caller does not follow nothing is sent; who sends nonsense begins a trace.
  expect(all.filter(({ traceId }) => traceId === '1'.repeat(32))).toEqual([]);
  expect(all.filter(({ name }) => name === 'mutation')).toHaveLength(2);
  expect(JSON.stringify(taken)).not.toMatch(/ada@|fl_testadmin/);
});

test('a receiver that is down costs no answer, and no stop', async () => {
  const { log } = keepLog('silent');
  const tracing = { url: 'http://127.0.0.1:9/v1/traces', share: 1 };
  const app = createApp({ config: testConfig(company.testDatabase.url, { tracing, role: 'api' }), log });
  await app.start();
  expect(await submit(app.url, 'grace@one.example')).toBe('SubmitLeadSuccess');
  const began = Date.now();
  await app.stop();
  expect(Date.now() - began).toBeLessThan(5_000);
});

test('without being asked for, neither OpenTelemetry’s SDK nor the Prometheus library is loaded', () => {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    await import('./src/app.ts');
    const { startTelemetry } = await import('./src/telemetry/telemetry.ts');
    await startTelemetry({ config: { metricsPort: METRICS, tracing: null }, clock: { now: () => new Date() }, log: {} });
    console.log(loaded.filter((url) => /@opentelemetry.sdk|prom-client/.test(url)).length > 0);
    process.exit(0);`;
  const run = (metricsPort: string): string =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script.replace('METRICS', metricsPort)], {
      encoding: 'utf8',
    }).stdout.trim();
  expect(run('undefined')).toBe('false');
  expect(run('0')).toBe('true');
});
