import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { openHeldWork } from './harness/heldWork.ts';
import { atRest, longOr, type Scene, scenario, within } from './harness/scenario.ts';
import type { Server } from './harness/server.ts';
import { openStage, type Stage } from './harness/stage.ts';
import { waitFor } from './harness/waitFor.ts';

/* What goes on by itself: deadlines, jobs and moves of many leads, while servers die and freeze. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const TAKEN_OVER_WITHIN_MS = 15_000;
const FROZEN_MS = longOr(60_000, 10_000);
scenario(
  () => stage,
  `a server that holds a job is frozen for ${FROZEN_MS / 1_000} s: another does its work, and it does nothing twice`,
  { remindAfterSeconds: 2, timersWithinMs: 10_000, timeoutMs: 5_000 },
  async ({ ledger, servers, database, company }) => {
    const [frozen, other] = servers as [Server, Server];
    await other.kill();
    await using work = await openHeldWork(database, company);
    await waitFor('the server does the job', within(10_000), () => work.begun === 1);
    await other.start();
    const clients = ledger.startClients(4);
    await sleep(1_000);
    const start = performance.now();
    frozen.freeze();
    await waitFor('the other one does the job', within(TAKEN_OVER_WITHIN_MS), () => work.begun === 2);
    const takeOver = performance.now() - start;
    work.answer(1);
    await waitFor('the job is done', within(10_000), async () => (await work.stored()) === 1);
    await sleep(Math.max(0, FROZEN_MS - (performance.now() - start)));
    frozen.thaw();
    // It reads on where it stood still, and what it has read is of yesterday.
    work.answer(0);
    await waitFor('it is ready again', within(20_000), async () => (await frozen.readiness()).status === 200);
    await sleep(2_000);
    await clients.stop();
    expect([work.begun, await work.stored()]).toEqual([2, 1]);
    return { 'job taken over after': seconds(takeOver) };
  },
);

const DUE_AT_ONCE = longOr(2_000, 60);
const REMIND_AFTER_SECONDS = longOr(12, 4);
scenario(
  () => stage,
  `${DUE_AT_ONCE.toLocaleString('en')} deadlines come while no server is there, one is killed, one frozen and one started twice`,
  { remindAfterSeconds: REMIND_AFTER_SECONDS, timersWithinMs: 30_000, timeoutMs: 5_000 },
  async ({ ledger, servers, database, company }) => {
    const [first, second] = servers as [Server, Server];
    const { workspaceId } = company;
    const left = (): Promise<number> => database.prisma.deadline.count({ where: { workspaceId } });
    const due = (): Promise<number> =>
      database.prisma.deadline.count({ where: { workspaceId, dueAt: { lte: new Date() } } });
    /** However many have come and gone while the leads came in. */
    const allLeftAreDue = async (): Promise<boolean> => (await due()) === (await left());

    // Nobody is there when they come; then both start at once, and one is killed over them.
    await ledger.submitMany(DUE_AT_ONCE, 30);
    await first.kill();
    await second.kill();
    await waitFor('what is left is due', within(60_000), allLeftAreDue);
    const missed = await left();
    const start = performance.now();
    await Promise.all([first.start(), second.start()]);
    await waitFor('some have fired', within(20_000), async () => (await left()) < missed);
    await first.kill();
    await waitFor('the rest has fired', within(60_000), async () => (await left()) === 0);
    const caughtUp = performance.now() - start;

    // One is frozen when they come; it wakes up later and finds nothing to do.
    await first.start();
    await ledger.submitMany(DUE_AT_ONCE / 2, 30);
    first.freeze();
    await waitFor('all have fired', within(60_000), async () => (await left()) === 0);
    first.thaw();

    // Both are frozen when they come, and wake up at the same moment.
    await ledger.submitMany(DUE_AT_ONCE / 2, 30);
    for (const server of servers) server.freeze();
    await waitFor('what is left is due', within(60_000), allLeftAreDue);
    const asleep = await left();
    for (const server of servers) server.thaw();
    expect([missed, asleep].map((count) => count > 0)).toEqual([true, true]);
    return { missed, 'caught up after a start in': seconds(caughtUp), 'due while both were frozen': asleep };
  },
);

const MOVED = longOr(4_000, 800);
const MOVES = longOr(5, 1);

const moved = async ({ database, company }: Scene, method: string): Promise<number> =>
  database.prisma.assignment.count({ where: { workspaceId: company.workspaceId, method: method as never } });

const ownedBy = async ({ database, company }: Scene, repId: string): Promise<number> =>
  database.prisma.assignment.count({ where: { workspaceId: company.workspaceId, repId, endedAt: null } });

scenario(
  () => stage,
  `${MOVED.toLocaleString('en')} leads are moved by a server that is killed half-way: who asks again moves the rest`,
  { weights: [6, 1, 1], stoodStill: false },
  async (scene) => {
    const { ledger, company, servers, any, ask } = scene;
    await ledger.submitMany(MOVED, 50);
    let parts = 0;
    for (let round = 0; round < MOVES; round += 1) {
      const rep = company.reps[round % company.reps.length] as (typeof company.reps)[number];
      const had = await ownedBy(scene, rep.id);
      const before = await moved(scene, 'REASSIGNMENT');
      const input = { repId: rep.globalId, reason: 'To be moved' };
      const server = any();
      // Slow enough to be killed in between.
      server.toDatabase.latencyMs = 10;
      const asked = ask(server, 'redistributeLeads', input);
      // What it answers before it is killed says why nothing has moved.
      const tooSoon = asked.then((answer) => Promise.reject(new Error(`answered ${answer} before it was killed`)));
      tooSoon.catch(() => {});
      const partMoved = async (): Promise<boolean> => (await moved(scene, 'REASSIGNMENT')) > before;
      await Promise.race([waitFor('a part has moved', within(20_000), partMoved), tooSoon]);
      await server.kill();
      server.toDatabase.latencyMs = 0;
      expect(await asked).toBeNull();
      const done = (await moved(scene, 'REASSIGNMENT')) - before;
      if (done < had) parts += 1;
      const other = servers.find((each) => each !== server) as Server;
      expect(await ask(other, 'redistributeLeads', input)).toBe('MoveReportSuccess');
      // Each of them moved once, and nobody else's.
      expect([await ownedBy(scene, rep.id), (await moved(scene, 'REASSIGNMENT')) - before]).toEqual([0, had]);
      await server.start();
    }
    expect(parts).toBeGreaterThan(0);
    return { moves: MOVES, 'killed half-way': parts };
  },
);

const LEAVING = longOr(3_000, 500);
scenario(
  () => stage,
  'a rep is offboarded at two servers at once, one of which is killed, while leads come in',
  { weights: [2, 1, 1, 1], stoodStill: false },
  async (scene) => {
    const { ledger, company, servers, database, devices, ask } = scene;
    const [rep] = company.reps as [(typeof company.reps)[number]];
    await ledger.submitMany(LEAVING, 50);
    const clients = ledger.startClients(4);
    const [killed, other] = servers as [Server, Server];
    for (const server of servers) server.toDatabase.latencyMs = 5;
    const input = { repId: rep.globalId, reason: 'Leaves' };
    for (const device of devices) device.mayEnd = device.repId === rep.id;
    const asked = servers.map((server) => ask(server, 'offboardRep', input));
    await waitFor('a part has moved', within(20_000), async () => (await moved(scene, 'OFFBOARDING')) > 0);
    await killed.kill();
    for (const server of servers) server.toDatabase.latencyMs = 0;
    await Promise.all(asked);
    expect(await ask(other, 'offboardRep', input)).toBe('OffboardRepSuccess');
    await killed.start();
    await clients.stop();
    expect(await ownedBy(scene, rep.id)).toBe(0);
    // From the first lead that was moved on, nobody gave the rep another one; and each lead left once.
    const { rows } = await database.pool.query<{ late: number; twice: number }>(
      `SELECT count(*) FILTER (WHERE "repId" = $2 AND "number" > (
                SELECT min("number") FROM "Assignment" WHERE "workspaceId" = $1 AND "method" = 'OFFBOARDING'))::int AS "late",
              (count(*) FILTER (WHERE "method" = 'OFFBOARDING')
                - count(DISTINCT "leadId") FILTER (WHERE "method" = 'OFFBOARDING'))::int AS "twice"
       FROM "Assignment" WHERE "workspaceId" = $1`,
      [company.workspaceId, rep.id],
    );
    expect(rows[0]).toEqual({ late: 0, twice: 0 });
    return { moved: await moved(scene, 'OFFBOARDING') };
  },
);

atRest(() => stage);
