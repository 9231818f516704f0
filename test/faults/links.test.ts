import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Device, startRestlessness } from './harness/devices.ts';
import { atRest, longOr, scenario, within } from './harness/scenario.ts';
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
/** A query is given up after 10 s. */
const ANSWERED_WITHIN_MS = 20_000;
/** The wake-up connection is asked every 8 s, and given up after 5 s without an answer. */
const WOKEN_WITHIN_MS = 15_000;
const STRANDINGS = longOr(4, 1);
scenario(
  () => stage,
  'the lines between clients and one server, and between the other one and PostgreSQL, fall silent without being closed',
  { timeoutMs: 15_000, remindAfterSeconds: 2, timersWithinMs: 20_000 },
  async ({ ledger, servers, database, devices }) => {
    let [noticed, answered, woken] = [0, 0, 0];
    for (let round = 0; round < STRANDINGS; round += 1) {
      const awayFromClients = servers[(round + 1) % servers.length] as Server;
      const awayFromDatabase = servers[round % servers.length] as Server;
      const before = devices.map(({ connections }) => connections);
      for (const device of devices) await device.reconnect(awayFromClients);
      const clients = ledger.startClients(4);
      await allConnectedSince(devices, before, within(10_000));
      await sleep(500);

      const connected = devices.map(({ connections }) => connections);
      const { rows } = await database.pool.query<{ now: Date }>('SELECT now()');
      awayFromClients.fromClients.strand();
      awayFromDatabase.toDatabase.strand();
      const entry = ledger.newEntry();
      const [devicesMs, answerMs, wakeUpMs] = await Promise.all([
        allConnectedSince(devices, connected, within(NOTICED_WITHIN_MS)),
        waitFor('it answers', within(ANSWERED_WITHIN_MS), () => ledger.attempt(entry, awayFromDatabase.url)),
        waitFor('its wake-up connection is a new one', within(WOKEN_WITHIN_MS), async () => {
          const { rowCount } = await database.pool.query(
            `SELECT FROM pg_stat_activity WHERE "application_name" = 'fairlead listener' AND "backend_start" > $1`,
            [rows[0]?.now],
          );
          return (rowCount ?? 0) > 0;
        }),
      ]);
      [noticed, answered, woken] = [
        Math.max(noticed, devicesMs),
        Math.max(answered, answerMs),
        Math.max(woken, wakeUpMs),
      ];
      await clients.stop();
      for (const { fromClients, toDatabase } of servers) {
        fromClients.cut();
        toDatabase.cut();
      }
    }
    return {
      'devices back after': seconds(noticed),
      'answers again after': seconds(answered),
      'woken up again after': seconds(woken),
    };
  },
);

const allConnectedSince = (devices: readonly Device[], before: readonly number[], limitMs: number): Promise<number> =>
  waitFor('the devices are connected again', limitMs, () =>
    devices.every(({ connections }, index) => connections > (before[index] ?? 0)),
  );

atRest(() => stage);
