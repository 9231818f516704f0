import { fork } from 'node:child_process';
import { build } from 'hdr-histogram-js';
import { followFeed } from '../../src/client/index.ts';
import { bulkThroughput, call, submit, throughput } from './load.ts';
import { beside, type Cpu, type Measure, print, takeTurns, withCpu } from './measure.ts';

const ROUND_MS = 4_000;
const LATENCY_MS = 8_000;

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

/** How long it takes to try the published plan on the last 10,000 leads. */
async function simulation(url: string): Promise<Measure> {
  const query = `{ simulatePlan(input: { version: 1, last: 10000 }) { __typename ... on SimulatePlanSuccess { count changed fallbackRateAfter pools { leadsBefore leadsAfter giniAfter } } } }`;
  const start = performance.now();
  const { simulatePlan } = await call<{ simulatePlan: { count?: number } }>(url, query);
  const count = simulatePlan.count ?? 0;
  if (count < 10_000) throw new Error(`only ${count} leads were tried`);
  return { name: 'simulatePlan.10000', value: (performance.now() - start) / 1_000, unit: 's' };
}

interface Ready {
  readonly urls: Readonly<Record<'noDatabase' | 'plainInsert' | 'submitLead' | 'oneByOne' | 'limited', string>>;
  readonly repKeys: readonly string[];
}

/** The mutation complete, beside what it consists of; then what happens to leads once they are there. */
export async function benchIntake(): Promise<void> {
  const server = fork(new URL('./server.ts', import.meta.url), { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const answer = <Answer>(question?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const fail = (code: number | null): void => reject(new Error(`the server ended with ${code}`));
      server.once('exit', fail);
      server.once('message', (message) => {
        server.off('exit', fail);
        resolve(message as Answer);
      });
      if (question !== undefined) server.send(question);
    });
  const { urls, repKeys } = await answer<Ready>();
  const names = ['noDatabase', 'plainInsert', 'submitLead', 'submitLeads', 'oneByOne', 'limited'] as const;
  const rounds = await takeTurns(names, (name) =>
    withCpu(
      () => answer<Cpu>('cpu'),
      () => (name === 'submitLeads' ? bulkThroughput(urls.submitLead, ROUND_MS) : throughput(urls[name], ROUND_MS)),
    ),
  );
  print(beside('intake', rounds, 'noDatabase', null));
  print(beside('intake', rounds, 'plainInsert', 'noDatabase'));
  print(beside('intake', rounds, 'submitLead', 'noDatabase'));
  print(beside('intake', rounds, 'submitLead', 'plainInsert'));
  print(beside('intake', rounds, 'submitLead', 'oneByOne'));
  print(beside('intake', rounds, 'limited', 'submitLead'));
  print(beside('intake', rounds, 'submitLeads', 'submitLead'));
  print(await simulation(urls.submitLead));
  (await latency(urls.submitLead, repKeys, rounds.submitLead.perSecond / 2)).forEach(print);
  const { seconds } = await answer<{ seconds: number }>('storm');
  print({ name: 'deadlines.10000', value: seconds, unit: 's' });
  server.send('stop');
  await new Promise((resolve) => server.once('exit', resolve));
}
