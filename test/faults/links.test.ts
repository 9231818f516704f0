import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { startRestlessness } from './harness/devices.ts';
import { atRest, longOr, scenario } from './harness/scenario.ts';
import type { Server } from './harness/server.ts';
import { openStage, type Stage } from './harness/stage.ts';
import { waitFor } from './harness/waitFor.ts';

/* What devices, clients and servers make of wires that break, lag, crawl or fall silent. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const RESTLESS_MS = longOr(60_000, 5_000);
const DEVICES_PER_REP = longOr(15, 4);
scenario(
  () => stage,
  `${DEVICES_PER_REP * 7} devices break off at random for ${RESTLESS_MS / 1_000} s`,
  { devicesPerRep: DEVICES_PER_REP },
  async ({ ledger, servers, devices, random }) => {
    const clients = ledger.startClients(4);
    const restless = startRestlessness(devices, { seed: random.seed, servers, everyMs: longOr(3_000, 1_500) });
    const start = performance.now();
    while (performance.now() - start < RESTLESS_MS) {
      await sleep(random.between(500, 2_000));
      random.pick(servers).fromClients.cut();
    }
    await restless.stop();
    await clients.stop();
    const events = devices.reduce((sum, { applied }) => sum + applied.length, 0);
    const connections = devices.reduce((sum, device) => sum + device.connections, 0);
    return { connections, events };
  },
);

const CRAWLING_MS = longOr(30_000, 4_000);
scenario(
  () => stage,
  'one server is far from its clients, the other one far from PostgreSQL, on slow lines',
  { timeoutMs: 15_000 },
  async ({ ledger, servers }) => {
    const [farFromClients, farFromDatabase] = servers as [Server, Server];
    Object.assign(farFromClients.fromClients, { latencyMs: 150, bytesPerSecond: 20_000 });
    Object.assign(farFromDatabase.toDatabase, { latencyMs: 30, bytesPerSecond: 200_000 });
    const clients = ledger.startClients(6);
    await sleep(CRAWLING_MS);
    await clients.stop();
    const slowest = Math.max(...ledger.entries.map(({ acknowledged }) => acknowledged?.ms ?? 0));
    expect([...ledger.errors.counts.keys()].filter((error) => error !== 'UNAVAILABLE')).toEqual([]);
    return { 'slowest answer': seconds(slowest) };
  },
);

/** fairlead/client asks after 10 s of silence, and gives up after another 10 s. */
const NOTICED_WITHIN_MS = 30_000;
const STRANDINGS = longOr(3, 1);
scenario(
  () => stage,
  'the lines between clients and a server fall silent without being closed: devices notice and come again',
  { timeoutMs: 3_000 },
  async ({ ledger, servers, devices }) => {
    let slowest = 0;
    for (let round = 0; round < STRANDINGS; round += 1) {
      const server = servers[round % servers.length] as Server;
      const before = devices.map(({ connections }) => connections);
      const stranded = server.fromClients.connections;
      expect(stranded).toBeGreaterThan(0);
      for (const device of devices) await device.reconnect(server);
      const clients = ledger.startClients(4);
      await waitFor('all are connected', 10_000, () =>
        devices.every(({ connections }, index) => connections > (before[index] ?? 0)),
      );
      const connected = devices.map(({ connections }) => connections);
      await sleep(500);
      server.fromClients.strand();
      const ms = await waitFor('the devices have noticed', NOTICED_WITHIN_MS, () =>
        devices.every(({ connections }, index) => connections > (connected[index] ?? 0)),
      );
      slowest = Math.max(slowest, ms);
      await clients.stop();
    }
    return { 'noticed after': seconds(slowest) };
  },
);

/** A query is given up after 10 s, and so is the wake-up connection. */
const ANSWERS_WITHIN_MS = 20_000;
scenario(
  () => stage,
  'the lines between a server and PostgreSQL fall silent without being closed: it opens new ones',
  { timeoutMs: 15_000, remindAfterSeconds: 2, timersWithinMs: 20_000 },
  async ({ ledger, servers, database, devices }) => {
    const [stranded] = servers as [Server];
    for (const device of devices) await device.reconnect(stranded);
    const clients = ledger.startClients(4);
    await sleep(1_000);
    const { rows } = await database.pool.query<{ now: Date }>('SELECT now()');
    stranded.toDatabase.strand();
    const start = performance.now();
    const entry = ledger.newEntry();
    await waitFor('it answers', ANSWERS_WITHIN_MS, () => ledger.attempt(entry, stranded.url));
    const answered = performance.now() - start;
    // The other server may not be the only one that is woken up for good.
    await waitFor('its wake-up connection is a new one', 30_000, async () => {
      const { rowCount } = await database.pool.query(
        `SELECT FROM pg_stat_activity WHERE "application_name" = 'fairlead listener' AND "backend_start" > $1`,
        [rows[0]?.now],
      );
      return (rowCount ?? 0) > 0;
    });
    const listened = performance.now() - start;
    await clients.stop();
    return { 'answers again after': seconds(answered), 'woken up again after': seconds(listened) };
  },
);

atRest(() => stage);
