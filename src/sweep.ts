import type { Logger } from 'pino';
import { FIRED_AT_ONCE, fireDue } from './assignment/deadlines.ts';
import type { Lanes } from './assignment/lanes.ts';
import { carryOutMove, openLeadsOf } from './assignment/moves.ts';
import { withdrawOffers } from './assignment/offers.ts';
import { awayAmong, firstThere, forgetHandOver, type HandOver } from './assignment/presence.ts';
import { SERVED_AT_ONCE, serveLeads, serveQueues } from './assignment/queues.ts';
import { newRequestId } from './calls.ts';
import type { Clock } from './clock.ts';
import type { Database } from './db/client.ts';
import { Unavailable } from './db/errors.ts';
import type { Deadline, Rep } from './db/generated/client.ts';

export interface SweepOptions {
  readonly database: Database;
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly log: Logger;
  /** The clock that all servers share: the database's, unless the time is set. */
  readonly now: () => Promise<Date>;
  /** Adds the jobs that are due by then; their lines carry the id of the sweep. */
  readonly addDueJobs: (now: Date, requestId: string) => Promise<void>;
}

const INTERVAL_MS = 1_000;
const PUT_OFF_MS = 60_000;
/** Offers of one rep that are looked at in one go. */
const MAX_OFFERS = 250;
/** Absences that begin, seen to in one go. */
const MAX_LEAVES = 100;

/** The database's clock. */
export const databaseNow = async ({ pool }: Pick<Database, 'pool'>): Promise<Date> => {
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS "now"');
  return (rows[0] as { now: Date }).now;
};

/**
 * Carries out all that is due: rungs of SLA policies, offers that time out, queues, hand-overs; lets what waits be served,
 * and offers move on whose reps have become busy. Several servers may do it at once: the lane has one order, and whatever
 * one has done is not due any more for the others.
 *
 * @param requestId what its log lines have in common
 * @throws AggregateError with what failed, after all the rest has been done
 */
export async function sweep(given: SweepOptions, requestId = newRequestId()): Promise<void> {
  const options = { ...given, log: given.log.child({ requestId }) };
  const now = await options.now();
  const { rows } = await options.database.pool.query<Pending>(SELECT_PENDING, [now]);
  const parts = [
    () => options.addDueJobs(now, requestId),
    ...rows.flatMap((pending) => partsOf(options, pending, now)),
  ];
  const outcomes = await Promise.allSettled(parts.map((part) => part()));
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  if (failures.length > 0) throw new AggregateError(failures, 'not all that is due could be carried out');
}

interface Pending {
  readonly workspaceId: string;
  readonly due: boolean;
  readonly leaves: boolean;
  readonly waiting: boolean;
  readonly offers: boolean;
}

const SELECT_PENDING = `
  SELECT * FROM (
    SELECT w."id" AS "workspaceId",
      EXISTS (SELECT FROM "Deadline" d WHERE d."workspaceId" = w."id" AND d."dueAt" <= $1 AND d."kind" <> 'LEAVE') AS "due",
      EXISTS (SELECT FROM "Deadline" d WHERE d."workspaceId" = w."id" AND d."dueAt" <= $1 AND d."kind" = 'LEAVE') AS "leaves",
      EXISTS (SELECT FROM "QueueState" q WHERE q."workspaceId" = w."id" AND q."someone" > 0) AS "waiting",
      EXISTS (SELECT FROM "Assignment" a
              WHERE a."workspaceId" = w."id" AND a."offerStatus" = 'OPEN' AND a."endedAt" IS NULL) AS "offers"
    FROM "Workspace" w
  ) pending WHERE "due" OR "leaves" OR "waiting" OR "offers"`;

/** What there is to do in one workspace, each part by itself. */
function partsOf(options: SweepOptions, pending: Pending, now: Date): (() => Promise<unknown>)[] {
  const { workspaceId, due, leaves, waiting, offers } = pending;
  return [
    ...(due ? [() => fireAll(options, workspaceId, now)] : []),
    ...(leaves ? [() => handOverAll(options, workspaceId, now)] : []),
    ...(waiting ? [() => serveWaiting(options, workspaceId, now)] : []),
    ...(offers ? [() => withdrawFromAway(options, workspaceId)] : []),
  ];
}

async function fireAll(options: SweepOptions, workspaceId: string, now: Date): Promise<void> {
  let fired: number;
  do {
    fired = await options.lanes.run(workspaceId, fireDue(now)).catch((error: unknown) => {
      if (error instanceof Unavailable) throw error;
      return fireApart(options, workspaceId, now);
    });
  } while (fired >= FIRED_AT_ONCE);
}

/** One after the other: a deadline that cannot be carried out is put off, and holds up no other. */
async function fireApart(options: SweepOptions, workspaceId: string, now: Date): Promise<number> {
  const { database, lanes } = options;
  const due = await database.prisma.deadline.findMany({
    where: { workspaceId, dueAt: { lte: now }, kind: { not: 'LEAVE' } },
    orderBy: [{ dueAt: 'asc' }, { subjectId: 'asc' }],
    take: FIRED_AT_ONCE,
  });
  for (const deadline of due) {
    await orPutOff(options, deadline, now, () => lanes.run(workspaceId, fireDue(now, deadline.subjectId)));
  }
  return due.length;
}

async function orPutOff(
  { database, log }: SweepOptions,
  { workspaceId, kind, subjectId, leadId, repId }: Deadline,
  now: Date,
  carryOut: () => Promise<unknown>,
): Promise<void> {
  try {
    await carryOut();
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    const about = { err: error, kind, leadId, repId };
    log.error(about, 'a deadline could not be carried out; it is tried again in a minute');
    const dueAt = new Date(now.getTime() + PUT_OFF_MS);
    await database.prisma.deadline.updateMany({ where: { workspaceId, kind, subjectId }, data: { dueAt } });
  }
}

/**
 * Serves what waits; also what stands behind more leads than are looked at with a batch, none of which anybody can take: a
 * part of it each second, one after the other.
 */
async function serveWaiting({ database, lanes }: SweepOptions, workspaceId: string, now: Date): Promise<void> {
  await lanes.run(workspaceId, serveQueues);
  const { rows: queues } = await database.pool.query<{ queueId: string; behind: number }>(
    `SELECT "queueId", "someone" - ${SERVED_AT_ONCE} AS "behind" FROM "QueueState"
     WHERE "workspaceId" = $1 AND "someone" > ${SERVED_AT_ONCE} ORDER BY "queueId"`,
    [workspaceId],
  );
  const turn = Math.floor(now.getTime() / INTERVAL_MS);
  const queue = queues[turn % queues.length];
  if (!queue) return;
  const part = Math.floor(turn / queues.length) % Math.ceil(queue.behind / SERVED_AT_ONCE);
  const { rows } = await database.pool.query<{ leadId: string }>(
    `SELECT "leadId" FROM "QueuedLead" WHERE "workspaceId" = $1 AND "queueId" = $2 AND "waitsFor" = 'SOMEONE'
     ORDER BY "priority" DESC, "capturedAt", "leadId" OFFSET $3 LIMIT ${SERVED_AT_ONCE}`,
    [workspaceId, queue.queueId, (part + 1) * SERVED_AT_ONCE],
  );
  const leadIds = rows.map(({ leadId }) => leadId);
  await lanes.run(workspaceId, serveLeads(leadIds));
}

/** Lets offers move on whose reps are away by now. */
async function withdrawFromAway({ database, lanes }: SweepOptions, workspaceId: string): Promise<void> {
  const { rows } = await database.pool.query<{ repId: string }>(
    `SELECT DISTINCT "repId" FROM "Assignment"
     WHERE "workspaceId" = $1 AND "offerStatus" = 'OPEN' AND "endedAt" IS NULL`,
    [workspaceId],
  );
  const away = await lanes.run(workspaceId, awayAmong(rows.map(({ repId }) => repId)));
  for (const repId of away) {
    const offers = await database.pool.query<{ leadId: string }>(
      `SELECT "leadId" FROM "Assignment"
       WHERE "workspaceId" = $1 AND "repId" = $2 AND "offerStatus" = 'OPEN' AND "endedAt" IS NULL
       ORDER BY "number" LIMIT ${MAX_OFFERS}`,
      [workspaceId, repId],
    );
    const leadIds = offers.rows.map(({ leadId }) => leadId);
    await lanes.run(workspaceId, withdrawOffers(leadIds, repId));
  }
}

/** Hands over the open leads of reps whose absence begins; one that fails is put off, and holds up no other. */
async function handOverAll(options: SweepOptions, workspaceId: string, now: Date): Promise<void> {
  const due = await options.database.prisma.deadline.findMany({
    where: { workspaceId, kind: 'LEAVE', dueAt: { lte: now } },
    orderBy: { dueAt: 'asc' },
    take: MAX_LEAVES,
  });
  for (const deadline of due) await orPutOff(options, deadline, now, () => handOver(options, deadline, now));
}

/** Repeated after a failure, it moves what is left. Of an absence that is over by then, nothing is handed over. */
async function handOver(options: SweepOptions, { workspaceId, subjectId, repId, data }: Deadline, now: Date) {
  const { database, lanes, clock } = options;
  const absence = data as unknown as HandOver;
  const isOver = absence.until !== null && absence.until <= now.getTime();
  const rep =
    repId === null || isOver
      ? null
      : await database.prisma.rep.findUnique({ where: { workspaceId_id: { workspaceId, id: repId } } });
  if (rep) {
    const standIn = await standInOf(options, rep, absence);
    const move = {
      leadIds: await ownLeadsOf(options, rep),
      destination: standIn === null ? ({ kind: 'PLAN' } as const) : ({ kind: 'REP', repId: standIn } as const),
      method: 'REASSIGNMENT' as const,
      from: new Set([rep.id]),
      mayStay: false,
      reason: `${rep.name} is away`,
      by: 'absence',
    };
    await carryOutMove({ database, workspaceId, lanes, clock }, move, false);
  }
  await lanes.run(workspaceId, forgetHandOver(subjectId));
}

/** Who gets the leads of a rep who is away: the delegate, else the backup, unless away as well; null for nobody. */
async function standInOf(
  { lanes }: SweepOptions,
  { workspaceId, backupId }: Pick<Rep, 'workspaceId' | 'backupId'>,
  { openLeads, delegateId }: HandOver,
): Promise<string | null> {
  const named = openLeads === 'DELEGATE' ? [delegateId, backupId].filter((id) => id !== null) : [];
  return named.length === 0 ? null : lanes.run(workspaceId, firstThere(named));
}

/** The open leads of a rep but for those that wait in a queue: they go to whoever claims them, or is there. */
async function ownLeadsOf({ database }: SweepOptions, { workspaceId, id }: Pick<Rep, 'workspaceId' | 'id'>) {
  const leadIds = await openLeadsOf({ database, workspaceId }, { repId: id });
  const { rows } = await database.pool.query<{ leadId: string }>(
    'SELECT "leadId" FROM "QueuedLead" WHERE "workspaceId" = $1 AND "leadId" = ANY ($2::uuid[])',
    [workspaceId, leadIds],
  );
  const waiting = new Set(rows.map(({ leadId }) => leadId));
  return leadIds.filter((leadId) => !waiting.has(leadId));
}

/** Sweeps each second, until stopped. What fails is logged, and the next second tries again. */
export function startSweep(options: SweepOptions): { stop(): Promise<void> } {
  let running: Promise<void> | null = null;
  const run = (): void => {
    const requestId = newRequestId();
    running ??= sweep(options, requestId)
      .catch((error) =>
        options.log.warn({ err: error, requestId }, 'sweeping what is due failed; the next second tries again'),
      )
      .finally(() => {
        running = null;
      });
  };
  const timer = setInterval(run, INTERVAL_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
