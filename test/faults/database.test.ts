import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { openHeldWork } from './harness/heldWork.ts';
import { atRest, longOr, type Scene, scenario, within } from './harness/scenario.ts';
import { openStage, type Stage } from './harness/stage.ts';
import { waitFor } from './harness/waitFor.ts';

/* What clients see, and what is there afterwards, when PostgreSQL stops, loses connections or stands still. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const listeners = async ({ database }: Scene): Promise<number> => {
  const { rows } = await database.pool.query<{ count: number }>(
    `SELECT count(*)::int AS "count" FROM pg_stat_activity WHERE "application_name" = 'fairlead listener'`,
  );
  return rows[0]?.count ?? 0;
};

/** Both servers live on, with wake-ups and jobs as before; clients were told nothing but to come again. */
async function expectAllBack(scene: Scene): Promise<void> {
  const { servers, ledger, database, company } = scene;
  expect(servers.map(({ isAlive }) => isAlive)).toEqual(servers.map(() => true));
  await waitFor(
    'the wake-up connections stand',
    within(10_000),
    async () => (await listeners(scene)) === servers.length,
  );
  await using work = await openHeldWork(database, company);
  await waitFor('jobs are done', within(15_000), () => work.begun === 1);
  work.answer(0);
  await waitFor('the job is done', within(10_000), async () => (await work.stored()) === 0);
  expect([...ledger.errors.counts.keys()]).toEqual(['UNAVAILABLE']);
}

const STOPS = longOr(10, 2);
scenario(
  () => stage,
  `PostgreSQL is stopped in the middle of everything and started again, ${STOPS} times`,
  // Between two stops there may be less than a second in which anything can be done.
  { remindAfterSeconds: 2, timersWithinMs: 60_000 },
  async (scene) => {
    const { ledger, postgres, servers, random } = scene;
    const clients = ledger.startClients(8);
    let slowest = 0;
    for (let stopped = 0; stopped < STOPS; stopped += 1) {
      await sleep(random.between(300, 1_500));
      await postgres.stopImmediately();
      expect((await servers[0]?.readiness())?.status).toBe(503);
      await sleep(random.between(0, longOr(12_000, 1_000)));
      await postgres.start();
      const start = performance.now();
      for (const server of servers) {
        await waitFor('the server is ready', within(20_000), async () => (await server.readiness()).status === 200);
      }
      slowest = Math.max(slowest, performance.now() - start);
    }
    await clients.stop();
    await expectAllBack(scene);
    return { 'ready again after': seconds(slowest) };
  },
);

const TERMINATING_MS = longOr(60_000, 4_000);
scenario(
  () => stage,
  `connections to PostgreSQL are ended at random for ${TERMINATING_MS / 1_000} s`,
  { remindAfterSeconds: 1, timersWithinMs: 20_000 },
  async (scene) => {
    const { ledger, database, random } = scene;
    const clients = ledger.startClients(8);
    const start = performance.now();
    let ended = 0;
    while (performance.now() - start < TERMINATING_MS) {
      await sleep(random.between(20, 300));
      const { rowCount } = await database.pool.query(
        `SELECT pg_terminate_backend("pid") FROM pg_stat_activity
         WHERE "application_name" LIKE 'fairlead%' AND "client_port" = ANY ($1::int[]) AND random() < 0.3`,
        [await portsOfServers(scene)],
      );
      ended += rowCount ?? 0;
    }
    await clients.stop();
    await expectAllBack(scene);
    return { 'connections ended': ended };
  },
);

/** Of their connections, so that the tests' own are left alone. */
async function portsOfServers({ servers }: Scene): Promise<number[]> {
  return servers.flatMap(({ toDatabase }) => toDatabase.ports);
}

const FROZEN_MS = longOr(30_000, 12_000);
/** A look-up of the key waits for a connection, and the operation then has ten seconds. */
const REFUSED_WITHIN_MS = 16_000;
const NOT_READY_WITHIN_MS = 3_000;
scenario(
  () => stage,
  `PostgreSQL stands still for ${FROZEN_MS / 1_000} s while 200 clients ask`,
  { timeoutMs: 60_000 },
  async (scene) => {
    const { ledger, postgres, servers } = scene;
    const clients = ledger.startClients(200);
    await sleep(500);
    const before = await Promise.all(servers.map((server) => server.held()));
    const start = performance.now();
    await postgres.freeze();
    const readiness = await Promise.all(servers.map((server) => server.readiness()));
    let grown = 0;
    while (performance.now() - start < FROZEN_MS) {
      const held = await Promise.all(servers.map((server) => server.held()));
      for (const [index, { rssMegabytes }] of held.entries())
        grown = Math.max(grown, rssMegabytes - (before[index]?.rssMegabytes ?? 0));
      await sleep(500);
    }
    await postgres.thaw();
    const thawed = performance.now();
    for (const server of servers) {
      await waitFor('the server is ready', within(20_000), async () => (await server.readiness()).status === 200);
    }
    const ready = performance.now() - thawed;
    await clients.stop();
    await expectAllBack(scene);
    expect(readiness.map(({ status }) => status)).toEqual(servers.map(() => 503));
    expect(Math.max(...readiness.map(({ ms }) => ms))).toBeLessThan(within(NOT_READY_WITHIN_MS));
    expect(ledger.errors.slowestMs).toBeLessThan(within(REFUSED_WITHIN_MS));
    expect(grown).toBeLessThan(150);
    return {
      'not ready after': seconds(Math.max(...readiness.map(({ ms }) => ms))),
      'slowest refusal': seconds(ledger.errors.slowestMs),
      'grown by': `${grown} MB`,
      'ready again after': seconds(ready),
    };
  },
);

atRest(() => stage);
