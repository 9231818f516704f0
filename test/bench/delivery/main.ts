import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Histogram } from 'hdr-histogram-js';
import { openDatabase } from '../../../src/db/client.ts';
import { startEmbedded } from '../../../src/db/embedded.ts';
import { createLog } from '../../../src/log.ts';
import { ADMIN_KEY, personOf } from '../company.ts';
import { agent, type NextLead, submit, throughput } from '../load.ts';
import { type Measure, print } from '../measure.ts';
import type { ToBare } from './bareServer.ts';
import type { Received, ToDevices } from './devices.ts';
import type { ToServer } from './server.ts';

/*
 * From commit to device, beside a bare `ws` server: how soon, how many at once, how many can lie open, and what it costs
 * when all of them come back. Server, devices and whoever submits are processes of their own.
 */

const FEEDS = 1_000;
const LATENCY_MS = 8_000;
const INTAKE_MS = 4_000;
const EVENTS = 300;
const OPEN = 10_000;

/** Sixteen fields, about 560 bytes. */
const SELECTION = `cursor number previous kind at
  rep { key name } lead { id email firstName lastName companyName country status } assignment { id number method }`;
const ALL_EVENTS = `subscription { workspaceFeed { ${SELECTION} } }`;
const OWN_EVENTS = `subscription { feed { ${SELECTION} } }`;

interface Program<Message> {
  ask<Answer>(message: Message): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts a process that answers each message with one; the first comes by itself. */
async function start<Message, Ready>(
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<Program<Message> & { readonly ready: Ready }> {
  const child: ChildProcess = fork(new URL(file, import.meta.url), {
    env: { ...process.env, ...env },
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
  });
  const answer = <Answer>(): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`${file} ended with ${code}`));
      child.once('exit', ended);
      child.once('message', (message) => {
        child.off('exit', ended);
        resolve(message as Answer);
      });
    });
  const speaksFirst = file !== './devices.ts';
  const ready = speaksFirst ? await answer<Ready>() : (undefined as Ready);
  return {
    ready,
    ask: (message) => {
      const answered = answer<never>();
      child.send(message as object);
      return answered;
    },
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.disconnect();
      }),
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const socketUrl = (url: string, path: string): string => url.replace('http', 'ws') + path;

const histogram = (): Histogram =>
  build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: 3 });

/** The next lead, of one country after the other. */
const nextLead =
  (countries: readonly string[]): NextLead =>
  (number) => ({ ...personOf(number), companyName: 'Brightwave', country: countries[number % countries.length] });

/** One POST to the bare server. */
const relay = (url: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', agent }, (response) => response.resume().on('end', resolve));
    sending.on('error', reject);
    sending.end('{}');
  });

/** Sends at a steady rate, by the clock and not by the answers. @returns how many */
async function steadily(send: () => Promise<unknown>, perSecond: number): Promise<number> {
  const start = performance.now();
  const total = Math.round((perSecond * LATENCY_MS) / 1_000);
  const pending: Promise<unknown>[] = [];
  while (pending.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * perSecond));
    while (pending.length < due) pending.push(send());
    await pause(2);
  }
  await Promise.all(pending);
  return total;
}

type Devices = Program<ToDevices>;

/** Waits until so many messages have come, or none has for five seconds. */
async function received(devices: Devices, count: number): Promise<Received> {
  let last = -1;
  for (let quiet = 0; quiet < 50; quiet += 1) {
    const heard = await devices.ask<Received>({ do: 'tell' });
    if (heard.messages >= count) return heard;
    if (heard.messages > last) quiet = 0;
    last = heard.messages;
    await pause(100);
  }
  return devices.ask({ do: 'tell' });
}

interface Parties {
  readonly server: Program<ToServer> & { readonly ready: { url: string; keys: string[]; countries: string[] } };
  readonly bare: Program<ToBare> & { readonly ready: { url: string } };
  readonly devices: Devices;
  /** When each of the bare server's rows was committed, in milliseconds since 1970. */
  readonly bareCommits: () => Promise<ReadonlyMap<number, number>>;
}

/** From the commit, by the database's record of it, to the device. */
async function latency({ server, bare, bareCommits, devices }: Parties): Promise<Measure[]> {
  const { url, keys, countries } = server.ready;
  const next = nextLead(countries);
  const { perSecond: most } = await throughput(url, INTAKE_MS, next);
  const perSecond = most / 2;
  const own = keys.slice(0, FEEDS);

  await devices.ask({ do: 'open', url: socketUrl(url, '/graphql'), keys: own, query: OWN_EVENTS });
  await devices.ask({ do: 'begin', keepTimes: false });
  await submit(url, next);
  const { sample } = await received(devices, 1);
  const first = Number(/"number":(\d+)/.exec(sample)?.[1]);
  await devices.ask({ do: 'begin', keepTimes: true });
  const total = await steadily(() => submit(url, next), perSecond);
  const heard = await received(devices, total);
  const { commits } = await server.ask<{ commits: [number, number][] }>({ do: 'commits', after: first });
  const ours = delays(heard.times, new Map(commits));
  await devices.ask({ do: 'close' });

  await bare.ask({ do: 'prepare', text: sample.replace(/"number":\d+/, '"number":{number}') });
  await devices.ask({ do: 'open', url: socketUrl(bare.ready.url, '/'), keys: own, query: null });
  await devices.ask({ do: 'begin', keepTimes: true });
  const relayed = await steadily(() => relay(bare.ready.url), perSecond);
  const heardBare = await received(devices, relayed);
  const theirs = delays(heardBare.times, await bareCommits());
  await devices.ask({ do: 'close' });
  const lines = ([50, 95, 99] as const).map((percentile): Measure => {
    const [mine, its] = [ours, theirs].map((each) => each.getValueAtPercentile(percentile) / 1_000) as [number, number];
    return {
      name: `delivery.commitToDevice.${FEEDS}`,
      value: mine,
      unit: `ms p${percentile}`,
      ratioTo: `bare relay, ${its.toFixed(1)} ms`,
      ratio: mine / its,
    };
  });
  return [
    { name: 'delivery.rate', value: perSecond, unit: 'leads/s, half of what is taken in at most' },
    ...lines,
    { name: `delivery.commitToDevice.${FEEDS}`, value: total - ours.totalCount, unit: 'events lost' },
  ];
}

function delays(times: Received['times'], commits: ReadonlyMap<number, number>): Histogram {
  const found = histogram();
  for (const [number, at] of times) {
    const committed = commits.get(number);
    if (committed !== undefined) found.recordValue(Math.max(1, Math.round((at - committed) * 1_000)));
  }
  return found;
}

/** Messages per second when many ask for the same: all events at once, and each committed by itself. */
async function broadcast({ server, bare, devices }: Parties, count: number): Promise<Measure[]> {
  const { url } = server.ready;
  const measures: Measure[] = [];
  const rates = new Map<string, number>();
  for (const paced of [false, true]) {
    const kind = paced ? 'oneByOne' : 'atOnce';
    await devices.ask({
      do: 'open',
      url: socketUrl(url, '/graphql'),
      keys: Array(count).fill(ADMIN_KEY),
      query: ALL_EVENTS,
    });
    // Once before it counts, for both.
    let sample = '';
    for (const round of ['warm', 'measured']) {
      await devices.ask({ do: 'begin', keepTimes: false });
      const start = performance.timeOrigin + performance.now();
      await server.ask({ do: 'emit', events: EVENTS, paced });
      const heard = await received(devices, EVENTS * count);
      if (heard.messages !== EVENTS * count) throw new Error(`${heard.messages} of ${EVENTS * count} messages came`);
      sample = heard.sample;
      if (round === 'measured') rates.set(`ours.${kind}`, heard.messages / ((heard.lastAt - start) / 1_000));
    }
    await devices.ask({ do: 'close' });
    await devices.ask({ do: 'open', url: socketUrl(bare.ready.url, '/'), keys: Array(count).fill(''), query: null });
    for (const round of ['warm', 'measured']) {
      await devices.ask({ do: 'begin', keepTimes: false });
      const start = performance.timeOrigin + performance.now();
      await bare.ask({ do: 'broadcast', events: EVENTS, text: sample, paced });
      const heard = await received(devices, EVENTS * count);
      if (round === 'measured') rates.set(`bare.${kind}`, heard.messages / ((heard.lastAt - start) / 1_000));
    }
    await devices.ask({ do: 'close' });
    const [ours, its] = [rates.get(`ours.${kind}`) ?? 0, rates.get(`bare.${kind}`) ?? 1];
    measures.push({
      name: `delivery.equal.${count}.${kind}`,
      value: ours,
      unit: 'messages/s',
      ratioTo: `bare broadcast, ${Math.round(its)} messages/s of ${sample.length} bytes`,
      ratio: ours / its,
    });
  }
  return measures;
}

/** What ten thousand feeds of ten thousand reps hold, and what it costs when all of them come back. */
async function manyOpen({ server, bare, devices }: Parties): Promise<Measure[]> {
  const { url, keys } = server.ready;
  const rss = async (program: Program<{ readonly do: 'memory' }>): Promise<number> =>
    (await program.ask<{ rss: number }>({ do: 'memory' })).rss;
  const settle = (): Promise<void> => pause(3_000);
  const feeds = { do: 'open', url: socketUrl(url, '/graphql'), keys: keys.slice(0, OPEN), query: OWN_EVENTS } as const;

  // What the server knows of ten thousand reps is no feed's. One lead alone: what many leave behind would be used again.
  await submit(url, nextLead(server.ready.countries));
  const before = await rss(server);
  await devices.ask(feeds);
  await settle();
  const held = ((await rss(server)) - before) / OPEN / 1_024;
  await devices.ask({ do: 'close' });
  await settle();

  const { queries } = await server.ask<{ queries: number }>({ do: 'queries' });
  const start = performance.now();
  await devices.ask(feeds);
  const seconds = (performance.now() - start) / 1_000;
  await pause(500);
  const after = await server.ask<{ queries: number }>({ do: 'queries' });
  await devices.ask({ do: 'close' });

  const bareBefore = await rss(bare);
  await devices.ask({ do: 'open', url: socketUrl(bare.ready.url, '/'), keys: feeds.keys, query: null });
  await settle();
  const bareHeld = ((await rss(bare)) - bareBefore) / OPEN / 1_024;
  await devices.ask({ do: 'close' });
  return [
    {
      name: `delivery.open.${OPEN}`,
      value: held,
      unit: 'KB a feed',
      ratioTo: `bare sockets, ${bareHeld.toFixed(1)} KB`,
      ratio: held / bareHeld,
    },
    { name: `delivery.reconnect.${OPEN}`, value: (after.queries - queries) / OPEN, unit: 'queries each' },
    { name: `delivery.reconnect.${OPEN}`, value: seconds, unit: 's for all' },
  ];
}

export async function benchDelivery(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-bench-delivery-'));
  const settings = ['track_commit_timestamp=on'];
  const embedded = await startEmbedded({ dataDir, log: createLog('warn'), mode: 'own', settings });
  const env = { DATABASE_URL: embedded.url };
  const server = await start<ToServer, Parties['server']['ready']>('./server.ts', env);
  const bare = await start<ToBare, Parties['bare']['ready']>('./bareServer.ts', env);
  const devices = await start<ToDevices, undefined>('./devices.ts', {});
  const database = openDatabase(embedded.url, { max: 1, onError: () => {} });
  const bareCommits = async (): Promise<ReadonlyMap<number, number>> => {
    const { rows } = await database.pool.query<{ number: number; at: number }>(
      `SELECT "number"::int, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 * 1000 AS "at" FROM "Bare"`,
    );
    return new Map(rows.map(({ number, at }) => [number, at]));
  };
  const parties = { server, bare, bareCommits, devices };
  // First, while the process is as it has started.
  (await manyOpen(parties)).forEach(print);
  (await latency(parties)).forEach(print);
  for (const count of [100, 1_000]) (await broadcast(parties, count)).forEach(print);
  await database.close();
  for (const program of [devices, server, bare]) await program.stop();
  await embedded.stop();
  await rm(dataDir, { recursive: true, force: true });
}
