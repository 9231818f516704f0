import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import WebSocket from 'ws';
import { atRest, longOr, type Scene, scenario, within } from './harness/scenario.ts';
import type { Server } from './harness/server.ts';
import { openStage, type Stage } from './harness/stage.ts';
import { waitFor } from './harness/waitFor.ts';

/* What happens to leads, owners and feeds when servers die, stop and work side by side. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const stored = async ({ database, company }: Scene): Promise<number> =>
  database.prisma.lead.count({ where: { workspaceId: company.workspaceId } });

const LEADS = longOr(7_000, 700);
scenario(
  () => stage,
  `${LEADS.toLocaleString('en')} leads from 100 clients at two servers go to seven reps, as many to each`,
  { weights: [1, 1, 1, 1, 1, 1, 1], limitedShare: 0 },
  async ({ ledger, company }) => {
    const start = performance.now();
    await ledger.submitMany(LEADS, 100);
    const seconds = (performance.now() - start) / 1_000;
    const shares = Map.groupBy(ledger.entries, ({ acknowledged }) => acknowledged?.repId);
    expect(company.reps.map(({ id }) => shares.get(id)?.length)).toEqual(Array(7).fill(LEADS / 7));
    return { 'leads/s': Math.round(LEADS / seconds) };
  },
);

const KILLS = longOr(20, 2);
scenario(
  () => stage,
  `one of two servers is killed, ${KILLS} times, while leads come in`,
  { remindAfterSeconds: 3, timersWithinMs: 6_000 },
  async ({ ledger, random, any }) => {
    const clients = ledger.startClients(8);
    for (let killed = 0; killed < KILLS; killed += 1) {
      await sleep(random.between(300, 1_200));
      const server = any();
      await server.kill();
      await sleep(random.between(0, 500));
      await server.start();
    }
    await clients.stop();
    return { 'most attempts for a lead': Math.max(...ledger.entries.map(({ attempts }) => attempts)) };
  },
);

const ANSWERS = longOr(5, 1);
scenario(
  () => stage,
  'a server is killed between the commit and the answer: the retry is told the same lead and owner',
  {},
  async (scene) => {
    const { ledger, servers, any } = scene;
    let repeated = 0;
    for (let round = 0; round < ANSWERS; round += 1) {
      const server = any();
      const before = await stored(scene);
      server.fromClients.silence('back');
      const entries = Array.from({ length: 30 }, () => ledger.newEntry());
      const attempts = entries.map((entry) => ledger.attempt(entry, server.url));
      await waitFor('the leads are there', 10_000, async () => (await stored(scene)) === before + entries.length);
      await server.kill();
      server.fromClients.cut();
      server.fromClients.unsilence();
      expect(new Set(await Promise.all(attempts))).toEqual(new Set([false]));
      const other = servers.find((each) => each !== server) as Server;
      for (const entry of entries) expect(await ledger.attempt(entry, other.url)).toBe(true);
      repeated += entries.filter(({ acknowledged }) => acknowledged?.repeated).length;
      expect(await stored(scene)).toBe(before + entries.length);
      await server.start();
    }
    expect(repeated).toBe(ANSWERS * 30);
    return { 'answered again': repeated };
  },
);

const WAKE_UPS = longOr(10, 1);
/** A poll each second, and two for a busy machine. */
const DELIVERED_WITHIN_MS = 3_000;
scenario(
  () => stage,
  `a server is killed between the commit and the wake-up, ${WAKE_UPS === 1 ? 'once' : `${WAKE_UPS} times`}: the other one delivers in 3 s`,
  { limitedShare: 0 },
  async ({ ledger, servers, devices }) => {
    const [killed, other] = servers as [Server, Server];
    for (const device of devices) await device.reconnect(other);
    let slowest = 0;
    for (let round = 0; round < WAKE_UPS; round += 1) {
      const entry = ledger.newEntry();
      const before = devices.map(({ applied }) => applied.length);
      killed.toDatabase.holdBefore('pg_notify');
      const heldBefore = killed.toDatabase.held;
      expect(await ledger.attempt(entry, killed.url)).toBe(true);
      await waitFor('the wake-up is held', 5_000, () => killed.toDatabase.held > heldBefore);
      await killed.kill();
      killed.toDatabase.holdBefore(null);
      killed.toDatabase.cut();
      const repId = entry.acknowledged?.repId;
      const index = devices.findIndex((device) => device.repId === repId);
      await waitFor(
        'the event is delivered',
        20_000,
        () => (devices[index]?.applied.length ?? 0) > (before[index] ?? 0),
      );
      slowest = Math.max(slowest, devices[index]?.applied.at(-1)?.delayMs ?? 0);
      await killed.start();
    }
    expect(slowest).toBeLessThan(within(DELIVERED_WITHIN_MS));
    return { 'slowest delivery': `${(slowest / 1_000).toFixed(1)} s` };
  },
);

const RESTARTS = longOr(8, 1);
const STOPPED_WITHIN_MS = 10_000;
scenario(
  () => stage,
  'servers are restarted one after the other by SIGTERM under load, and no client has to know',
  {},
  async ({ ledger, servers }) => {
    const clients = ledger.startClients(8);
    let slowest = 0;
    for (let restarted = 0; restarted < RESTARTS; restarted += 1) {
      const server = servers[restarted % servers.length] as Server;
      await sleep(500);
      const socket = await openSocket(server);
      const closed = new Promise<number>((resolve) => socket.once('close', resolve));
      const watch = watchReadiness(server);
      const { code, ms } = await server.terminate();
      expect(code).toBe(0);
      expect([1001, 1012]).toContain(await closed);
      expect(watch.stop()).toMatch(/^(ready )*(not ready )+(refused )*$/);
      slowest = Math.max(slowest, ms);
      await server.start();
    }
    await clients.stop();
    expect(slowest).toBeLessThan(within(STOPPED_WITHIN_MS));
    return { restarts: RESTARTS, 'slowest stop': `${(slowest / 1_000).toFixed(1)} s` };
  },
);

/** A socket of somebody who says nothing, straight to the process. */
async function openSocket({ directUrl }: Server): Promise<WebSocket> {
  const socket = new WebSocket(`${directUrl.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

/** What a load balancer sees that asks all the time: `ready ready not ready refused `. */
function watchReadiness(server: Server): { stop(): string } {
  const { directUrl } = server;
  let seen = '';
  let isOver = false;
  void (async () => {
    while (!isOver) {
      seen += await fetch(`${directUrl}/readyz`).then(
        ({ status }) => (status === 200 ? 'ready ' : 'not ready '),
        () => 'refused ',
      );
      await sleep(20);
    }
  })();
  return {
    stop: () => {
      isOver = true;
      return seen;
    },
  };
}

atRest(() => stage);
