import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { call } from './call.ts';
import { check } from './check.ts';
import { type Company, type CompanyOptions, openCompany } from './company.ts';
import { type Device, openDevice } from './devices.ts';
import { type Ledger, type LedgerOptions, openLedger } from './ledger.ts';
import { createRandom, newSeed, type Random } from './random.ts';
import type { Server } from './server.ts';
import type { Stage } from './stage.ts';
import { waitFor } from './waitFor.ts';

/** The long part has the same scenarios, with more faults and longer ones. */
export const LONG = process.env.FAULTS === 'long';
export const longOr = <Value>(long: Value, quick: Value): Value => (LONG ? long : quick);

/**
 * How long something may take. The long part has the machine to itself and takes the promise at its word; the quick one
 * shares two cores with all other tests, and only finds what never comes.
 */
export const within = (ms: number): number => longOr(ms, 6 * ms);

/** What a scenario works with. */
export interface Scene extends Pick<Stage, 'postgres' | 'servers' | 'database'> {
  /** By which the faults are chosen. */
  readonly random: Random;
  readonly company: Company;
  readonly ledger: Ledger;
  readonly devices: readonly Device[];
  /** Any of the servers. */
  any(): Server;
  /** Calls a mutation as the admin. @returns the type of the result; null where none came */
  ask(server: Server, mutation: string, input: object): Promise<string | null>;
}

export interface ScenarioOptions extends CompanyOptions, Pick<LedgerOptions, 'timeoutMs' | 'limitedShare'> {
  /** Devices for each rep of the pool `main`; 1 unless told. */
  readonly devicesPerRep?: number;
  /** False where leads are moved in the pool `main` or its members change. */
  readonly stoodStill?: boolean;
  /** How late a reminder may be, in ms; with `remindAfterSeconds`. */
  readonly timersWithinMs?: number;
}

/** What was measured, for the table: `take-over: 11.2 s`. */
export type Figures = Readonly<Record<string, string | number>>;

/** A line of the table of results. */
export interface Result {
  readonly scenario: string;
  readonly seed: number;
  readonly leads: number;
  readonly seconds: number;
  readonly figures: Figures;
  /** Those of the control left out. */
  readonly errors: Readonly<Record<string, number>>;
  readonly passed: boolean;
}

/** Longer than the server takes to say that it was not done in time. */
const ASKED_MS = 20_000;
const CATCH_UP_MS = longOr(30_000, 60_000);
/** Long enough that an event that is delivered twice would have come. */
const REPEAT_MS = 300;

/**
 * One fault, with a second company's clients and devices beside it as a control; afterwards everything is checked.
 *
 * @param body brings the fault about, and lets clients work meanwhile
 */
export function scenario(
  stage: () => Stage,
  name: string,
  options: ScenarioOptions,
  body: (scene: Scene) => Promise<Figures>,
): void {
  test(name, { timeout: 900_000 }, async () => {
    const start = performance.now();
    const { postgres, servers, database, mend, release, restlessness } = stage();
    const random = createRandom(newSeed());
    await mend();
    const company = await openCompany(database, options);
    const control = await openCompany(database, { weights: [1, 1, 1] });
    const urls = (): string[] => servers.map(({ url }) => url);
    const { timeoutMs, limitedShare, devicesPerRep = 1, stoodStill = true, timersWithinMs = null } = options;
    // Clients have their own randomness: they are many at once, and must not take numbers from the faults'.
    const ledger = openLedger({ company, random: createRandom(random.seed + 1), urls, timeoutMs, limitedShare });
    const beside = openLedger({ company: control, random: createRandom(random.seed + 2), urls, timeoutMs });
    const any = (): Server => random.pick(servers);
    const reps = Array.from({ length: devicesPerRep }, () => company.reps).flat();
    const devices = await Promise.all(reps.map((rep) => openDevice(company, rep, any())));
    const others = await Promise.all(control.reps.map((rep) => openDevice(control, rep, any())));
    const ask = async ({ url }: Server, mutation: string, input: object): Promise<string | null> => {
      const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
      const query = `mutation ($input: ${type}!) { result: ${mutation}(input: $input) { __typename } }`;
      const outcome = await call<{ result: { __typename: string } }>(
        url,
        company.key,
        query,
        { input },
        ledger.errors,
        ASKED_MS,
      );
      return outcome.kind === 'ANSWERED' ? outcome.data.result.__typename : null;
    };
    let figures: Figures = {};
    let objections: string[] = [];
    try {
      const besideClients = beside.startClients(1, { pauseMs: 50 });
      figures = await body({ postgres, servers, database, random, company, ledger, devices, any, ask });
      const dead = servers.filter(({ isAlive }) => !isAlive).map((server) => server.output().slice(-2_000));
      expect(dead, 'servers that died of themselves').toEqual([]);
      await mend();
      await besideClients.stop();
      if (timersWithinMs !== null) await allFired(stage(), company);
      await caughtUp(stage(), [...devices, ...others]);
      await sleep(REPEAT_MS);
      const evidence = { database, ledgers: [ledger, beside], devices: [...devices, ...others], stoodStill };
      // The control is reminded of nothing.
      const withinMs = timersWithinMs === null ? null : within(timersWithinMs);
      objections = await check({ ...evidence, timersWithinMs: withinMs });
    } catch (error) {
      const seen = JSON.stringify(Object.fromEntries(ledger.errors.counts));
      const accidents = [ledger, beside].flatMap(({ errors }) => errors.accidents).slice(0, 3);
      const more = accidents.length === 0 ? '' : `; accidents: ${accidents.map(({ detail }) => detail).join('; ')}`;
      const message = `${(error as Error).message} (seed ${random.seed}; clients saw ${seen}${more})`;
      throw new Error(message, { cause: error });
    } finally {
      for (const each of [ledger, beside]) each.abandon();
      await release();
      await Promise.all([...devices, ...others].map((device) => device.close()));
      await note({
        scenario: name,
        seed: random.seed,
        leads: ledger.entries.length + beside.entries.length,
        seconds: Math.round((performance.now() - start) / 1_000),
        figures,
        errors: Object.fromEntries(ledger.errors.counts),
        passed: objections.length === 0 && Object.keys(figures).length > 0,
      });
    }
    expect(objections, `replay with FAULTS_SEED=${random.seed}`).toEqual([]);
    if (LONG) expect(await restlessness(), 'what the servers hold').toEqual([]);
  });
}

/** For the end of a file: sockets, connections and memory of the servers are back to where they were. */
export function atRest(stage: () => Stage): void {
  test('afterwards the servers hold no more than they did at the start', async () => {
    await stage().mend();
    expect(await stage().restlessness()).toEqual([]);
  });
}

async function allFired({ database }: Stage, { workspaceId }: Company): Promise<void> {
  await waitFor('all reminders have come', 120_000, async () => {
    const left = await database.prisma.deadline.count({ where: { workspaceId } });
    return left === 0;
  });
}

/** What is missing when the time is over is an objection of the check. */
async function caughtUp({ database }: Stage, devices: readonly Device[]): Promise<void> {
  const { rows } = await database.pool.query<{ repId: string; last: number }>(
    'SELECT "repId", max("number")::int AS "last" FROM "Event" WHERE "repId" = ANY ($1::uuid[]) GROUP BY "repId"',
    [devices.map(({ repId }) => repId)],
  );
  const last = new Map(rows.map((row) => [row.repId, row.last]));
  const isLevel = ({ applied, from, repId, failure, mayEnd }: Device): boolean =>
    failure !== null || mayEnd || (applied.at(-1)?.number ?? from) >= (last.get(repId) ?? 0);
  await waitFor('the devices have caught up', CATCH_UP_MS, () => devices.every(isLevel)).catch(() => {});
}

async function note(result: Result): Promise<void> {
  if (process.env.FAULTS_RESULTS) await appendFile(process.env.FAULTS_RESULTS, `${JSON.stringify(result)}\n`);
}
