import { expect } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { createLog } from '../../src/log.ts';
import { type TestApp, testConfig } from './app.ts';
import { books, IN_ORDER } from './books.ts';
import { differing } from './replay.ts';
import { openWorkspace, type TestWorkspace } from './workspace.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** A rung as it is given over the API. */
export interface RungInput {
  readonly afterSeconds: number;
  readonly action: 'REMIND' | 'SET_STATUS' | 'PAUSE_REP' | 'REASSIGN';
  readonly [field: string]: unknown;
}

export interface Crew {
  /** Keys; the reps of the pool `main` unless `members` says otherwise. */
  readonly reps: readonly string[];
  readonly members?: readonly string[];
  /** What is not as usual of a rep, by key. */
  readonly about?: Readonly<Record<string, object>>;
  readonly workspace?: object;
  readonly main?: object;
  readonly pools?: readonly object[];
  readonly segments?: readonly object[];
  readonly queues?: readonly object[];
  readonly slaPolicies?: readonly object[];
  /** Of the only step, which points at the pool `main`. */
  readonly step?: object;
  readonly steps?: readonly object[];
  readonly lastResort?: readonly string[];
}

/** Reps who take turns in a pool and whose manager is the boss, as a file's text. */
export const crew = ({ reps, members = reps, about = {}, main = {}, pools = [], step = {}, ...rest }: Crew): string => {
  const { steps = [], lastResort = ['boss'], ...others } = rest;
  const keys = ['boss', ...reps.filter((key) => key !== 'boss')];
  const target = { kind: 'POOL', pool: 'main' };
  return JSON.stringify({
    apiVersion: 'fairlead/v1',
    kind: 'Company',
    reps: keys.map((key) => ({
      key,
      name: `Rep ${key}`,
      email: `${key}@fairlead.example`,
      ...(key === 'boss' ? {} : { manager: 'boss' }),
      ...about[key],
    })),
    pools: [
      { key: 'main', name: 'Main', strategy: 'ROUND_ROBIN', members: members.map((rep) => ({ rep })), ...main },
      ...pools,
    ],
    plan: { steps: [{ key: 'everyone', kind: 'DEFAULT', target, ...step }, ...steps], lastResort },
    ...others,
  });
};

export const policy = (key: string, rungs: readonly RungInput[], given: object = {}): object => ({
  key,
  name: key,
  rungs,
  ...given,
});

/** An assignment as the API tells it. */
export interface Ownership {
  readonly id: string;
  readonly rep: string;
  readonly method: string;
  readonly by: string | null;
  readonly reason: string | null;
  readonly ended: boolean;
  readonly sla: { readonly policy: string; readonly dueAt: string; readonly status: string | null } | null;
  readonly offer: { readonly until: string; readonly status: string; readonly reason: string | null } | null;
}

export interface LeadNow {
  readonly owner: string;
  readonly status: string;
  /** Oldest first. */
  readonly all: readonly Ownership[];
  /** The last. */
  readonly present: Ownership;
}

type Answered = Omit<Ownership, 'rep' | 'by' | 'ended'> & {
  readonly rep: { readonly key: string };
  readonly assignedBy: string | null;
  readonly endedAt: string | null;
};

/** A lead with all its owners, as the API tells it. */
export async function look(workspace: TestWorkspace, id: string, key?: string): Promise<LeadNow> {
  interface Data {
    readonly lead: { owner: { key: string }; status: string; assignments: readonly Answered[] } | null;
  }
  const { data, errors } = await workspace.send<Data>(
    `query ($id: ID!) { lead(id: $id) { status owner { key } assignments {
       id rep { key } method assignedBy reason endedAt
       sla { policy dueAt status } offer { until status reason } } } }`,
    { id },
    key,
  );
  if (!data?.lead) throw new Error(errors.map(({ message }) => message).join('; ') || 'there is no such lead');
  const { owner, status, assignments } = data.lead;
  const all = assignments.map(({ rep, assignedBy, endedAt, ...rest }) => ({
    ...rest,
    rep: rep.key,
    by: assignedBy,
    ended: endedAt !== null,
  }));
  return { owner: owner.key, status, all, present: all.at(-1) as Ownership };
}

/** Who had a lead and how it came to them: `a DEFAULT, b ESCALATION`. */
export const trail = async (workspace: TestWorkspace, id: string): Promise<string> =>
  (await look(workspace, id)).all.map(({ rep, method }) => `${rep} ${method}`).join(', ');

let addresses = 0;
/** A lead of somebody who has not been heard of. */
export const someone = (given: object = {}): object => ({ email: `person-${++addresses}@client.example`, ...given });

/** Lets time go by, and what is due happen. */
export async function pass(app: TestApp, milliseconds: number): Promise<void> {
  app.clock.advance(milliseconds);
  await app.sweep();
}

export const activity = (workspace: TestWorkspace, leadId: string, kind: string, given: object = {}, key?: string) =>
  workspace.mutate('recordActivity', { leadId, kind, ...given }, 'activity { kind } lead { status }', key);

/** What happens at the rungs, of all leads: `ASSIGNMENT_REMINDED a`. */
export const happened = async (workspace: TestWorkspace, kinds: readonly string[]): Promise<string[]> =>
  (await workspace.events()).filter(({ kind }) => kinds.includes(kind)).map(({ kind, rep }) => `${kind} ${rep}`);

/** Every decision comes out the same when it is replayed, and credits, loads, owners and events add up. */
export async function expectSound(app: TestApp, workspace: TestWorkspace): Promise<void> {
  expect(await differing(app, workspace.id)).toEqual([]);
  expect(await books(app, workspace.id)).toEqual(IN_ORDER);
}

export const open = (app: TestApp, given: Crew): Promise<TestWorkspace> => openWorkspace(app, crew(given));

/** A moment as the API tells it. */
export const iso = (moment: number): string => new Date(moment).toISOString();

/** Another server on the same database, by the same clock. */
export async function startSecond({ testDatabase, clock }: TestApp): Promise<App> {
  const second = createApp({ config: testConfig(testDatabase.url), clock, log: createLog('silent') });
  await second.start();
  return second;
}

/** Deadlines that are due by the clock and have not been seen to. */
export async function overdue({ database, clock }: TestApp, { id }: TestWorkspace): Promise<number> {
  const where = { workspaceId: id, dueAt: { lte: clock.now() } };
  return database.prisma.deadline.count({ where });
}

/** Submits a lead that somebody is offered. */
export const offered = async (workspace: TestWorkspace, given: object = {}) => {
  const { id } = await workspace.submit(someone(given));
  return { id, assignmentId: (await look(workspace, id)).present.id };
};

export const accept = (workspace: TestWorkspace, assignmentId: string, key?: string) =>
  workspace.mutate('acceptAssignment', { assignmentId }, 'assignment { offer { status } acknowledgedAt }', key);

export const decline = (workspace: TestWorkspace, assignmentId: string, reason = 'No time', key?: string) =>
  workspace.mutate('declineAssignment', { assignmentId, reason }, 'assignment { offer { status reason } }', key);
