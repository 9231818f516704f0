import { fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { build } from 'hdr-histogram-js';
import { followFeed } from '../../src/client/index.ts';
import { ADMIN_KEY } from './company.ts';
import { benchDecide } from './decide.ts';
import { type Measure, print } from './measure.ts';

// npm run bench: everything side by side in one run. One JSON line per comparison.

const CONNECTIONS = 64;
const ROUNDS = 3;
const ROUND_MS = 4_000;
const LATENCY_MS = 8_000;

const QUERY = `mutation ($input: SubmitLeadInput!) {
  submitLead(input: $input) { __typename ... on SubmitLeadSuccess { lead { id } assignment { number method } } ... on Error { message } }
}`;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
let sent = 0;

/** Submits one lead; resolves to its id. */
const submit = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const lead = {
      email: `person-${++sent}@company-${sent % 500}.example`,
      firstName: 'Ada',
      lastName: 'Stone',
      country: 'DE',
      score: sent % 100,
      requestKind: 'DEMO',
    };
    const body = JSON.stringify({ query: QUERY, variables: { input: { lead } } });
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization: `Bearer ${ADMIN_KEY}`,
    };
    const sending = request(`${url}/graphql`, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk));
      response.on('end', () => {
        const id = (JSON.parse(text) as { data?: { submitLead?: { lead?: { id: string } } } }).data?.submitLead?.lead
          ?.id;
        if (id) resolve(id);
        else reject(new Error(text));
      });
    });
    sending.on('error', reject);
    sending.end(body);
  });

/** Leads per second with 64 connections that each send one after the other. */
async function throughput(url: string): Promise<number> {
  const start = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() - start < ROUND_MS) {
        await submit(url);
        count += 1;
      }
    }),
  );
  return count / ((performance.now() - start) / 1_000);
}

/** From the moment a lead is sent, at a steady rate, to the moment its owner's device has the event. */
async function latency(url: string, repKeys: readonly string[], perSecond: number): Promise<Measure[]> {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const sentAt = new Map<string, number>();
  const arrivedAt = new Map<string, number>();
  const match = (id: string): void => {
    const [from, to] = [sentAt.get(id), arrivedAt.get(id)];
    if (from === undefined || to === undefined) return;
    histogram.recordValue(Math.max(1, Math.round((to - from) * 1_000)));
    sentAt.delete(id);
    arrivedAt.delete(id);
  };
  const feeds = repKeys.map((token) =>
    followFeed({
      url: `${url.replace('http', 'ws')}/graphql`,
      token,
      selection: 'lead { id email firstName lastName country } assignment { method }',
      onEvent: (event) => {
        const { id } = event.lead as { id: string };
        arrivedAt.set(id, performance.now());
        match(id);
      },
    }),
  );
  await Promise.all(feeds.map(({ ready }) => ready));
  const start = performance.now();
  const total = Math.round((perSecond * LATENCY_MS) / 1_000);
  const pending: Promise<void>[] = [];
  while (pending.length < total) {
    // By the clock and not by the answers: a slow server must not be sent less.
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * perSecond));
    while (pending.length < due) {
      const at = performance.now();
      pending.push(
        submit(url).then((id) => {
          sentAt.set(id, at);
          match(id);
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(pending);
  const deadline = performance.now() + 5_000;
  while (histogram.totalCount < total && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await Promise.all(feeds.map((feed) => feed.close()));
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / 1_000;
  return [
    { name: 'latency.captureToDevice', value: at(50), unit: 'ms p50' },
    { name: 'latency.captureToDevice', value: at(95), unit: 'ms p95' },
    { name: 'latency.captureToDevice', value: at(99), unit: 'ms p99' },
    { name: 'latency.captureToDevice', value: total - histogram.totalCount, unit: 'events lost' },
  ];
}

benchDecide().forEach(print);

/** How long it takes to try the published plan on the last 10,000 leads. */
async function simulation(url: string): Promise<Measure> {
  const query = `{ simulatePlan(input: { version: 1, last: 10000 }) { __typename ... on SimulatePlanSuccess { count changed fallbackRateAfter pools { leadsBefore leadsAfter giniAfter } } } }`;
  const start = performance.now();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify({ query }),
  });
  const { data } = (await response.json()) as { data?: { simulatePlan: { count?: number } } };
  const count = data?.simulatePlan.count ?? 0;
  if (count < 10_000) throw new Error(`only ${count} leads were tried`);
  return { name: 'simulatePlan.10000', value: (performance.now() - start) / 1_000, unit: 's' };
}

interface Ready {
  readonly urls: Readonly<Record<'noDatabase' | 'plainInsert' | 'submitLead' | 'oneByOne', string>>;
  readonly repKeys: readonly string[];
}
const server = fork(new URL('./server.ts', import.meta.url), { execArgv: ['--disable-warning=ExperimentalWarning'] });
const { urls, repKeys } = await new Promise<Ready>((resolve, reject) => {
  server.once('message', (message) => resolve(message as Ready));
  server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
});

const names = Object.keys(urls) as (keyof Ready['urls'])[];
const rates = new Map(names.map((name) => [name, [] as number[]]));
for (const name of names) await throughput(urls[name]);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const name of names) rates.get(name)?.push(await throughput(urls[name]));
}
const median = (name: keyof Ready['urls']): number =>
  (rates.get(name) as number[]).toSorted((a, b) => a - b)[1] as number;
const compare = (name: keyof Ready['urls'], to: keyof Ready['urls']): Measure => ({
  name: `intake.${name}`,
  value: median(name),
  unit: 'leads/s',
  ratioTo: `intake.${to}`,
  ratio: median(name) / median(to),
});
print({ name: 'intake.noDatabase', value: median('noDatabase'), unit: 'leads/s' });
print(compare('plainInsert', 'noDatabase'));
print(compare('submitLead', 'noDatabase'));
print(compare('submitLead', 'plainInsert'));
print(compare('submitLead', 'oneByOne'));
print(await simulation(urls.submitLead));
(await latency(urls.submitLead, repKeys, median('submitLead') / 2)).forEach(print);
const { seconds } = await new Promise<{ seconds: number }>((resolve) => {
  server.once('message', (message) => resolve(message as { seconds: number }));
  server.send('storm');
});
print({ name: 'deadlines.10000', value: seconds, unit: 's' });
server.removeAllListeners('exit');
server.send('stop');
agent.destroy();
