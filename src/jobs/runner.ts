import { EventEmitter } from 'node:events';
import {
  Logger,
  makeWorkerUtils,
  type Runner,
  run,
  runMigrations,
  type TaskList,
  type WorkerEvents,
  type WorkerUtils,
} from 'graphile-worker';
import type { Logger as Log } from 'pino';
import { v7 } from 'uuid';
import { newRequestId } from '../calls.ts';
import type { Database } from '../db/client.ts';

/*
 * What leaves the process is done by jobs (graphile-worker), which any server may take. A server that dies is noticed by
 * its heartbeat, and what it held is free for the others again: graphile-worker by itself waits four hours.
 */

export interface Job {
  readonly task: string;
  readonly payload: object;
  /** A job that waits under the same key is replaced. */
  readonly key: string;
  /** Jobs of one line run one after the other, so that whoever has many slow ones leaves room for others. */
  readonly line: string;
}

export interface Jobs {
  /** @param requestId of what they are caused by: their log lines carry it */
  add(jobs: readonly Job[], requestId: string): Promise<void>;
  /** For how long the job that is due longest has waited to be run; 0 where none waits. */
  oldestSeconds(): Promise<number>;
  stop(): Promise<void>;
}

export interface JobsOptions {
  readonly database: Database;
  readonly log: Log;
  /** Each gets the payload of its jobs, and a log whose lines say which job it is. */
  readonly tasks: Readonly<Record<string, (payload: unknown, log: Log) => Promise<void>>>;
  /** Told of each attempt, for who measures. */
  readonly ran?: (run: JobRun) => void;
}

/** One attempt at a job. */
export interface JobRun {
  readonly task: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly requestId: string;
  /** RETRY: it failed and is tried again later; FAILED: for good. */
  readonly outcome: 'DONE' | 'RETRY' | 'FAILED';
  /** By `performance.now()`. */
  readonly beganAt: number;
  readonly endedAt: number;
}

const HEARTBEAT_MS = 3_000;
/** A server that has been silent for so long is taken to be dead: with the interval, its work is taken over within 15 s. */
export const DEAD_AFTER_SECONDS = 10;
const CONCURRENCY = 4;
const POLL_MS = 1_000;
const MAX_ATTEMPTS = 5;
/** A statement prepared in one transaction is not there in the next one, behind a pooler such as pgbouncer. */
const ANY_POOLER = { noPreparedStatements: true } as const;

const loggerTo = (log: Log): Logger => new Logger(() => (level, message) => log.trace({ level }, message));

/** Makes the tables of graphile-worker, or brings them to this version. */
export const installJobs = ({ pool }: Pick<Database, 'pool'>, log: Log): Promise<void> =>
  runMigrations({ pgPool: pool, logger: loggerTo(log) });
/** What a server that stops has not done by then it leaves to another one, as if it had died. */
const LEAVE_AFTER_MS = 3_000;

const SELECT_OLDEST = `
  SELECT extract(epoch FROM now() - min("run_at"))::float AS "seconds" FROM graphile_worker.jobs
  WHERE "locked_at" IS NULL AND "attempts" < "max_attempts" AND "run_at" <= now()`;

/** Runs jobs of the database until stopped, and adds them. */
export async function startJobs({ database, log, tasks, ran }: JobsOptions): Promise<Jobs> {
  const { pool: pgPool } = database;
  const logger = loggerTo(log);
  const events: WorkerEvents = new EventEmitter();
  const id = v7();
  let poolId: string | null = null;
  events.on('pool:create', ({ workerPool }) => {
    poolId = workerPool.id;
  });
  /** Lets go of the jobs under way: each fails, and is tried again by whoever takes it. */
  const leave = new Set<(reason: Error) => void>();
  const taskList: TaskList = Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [name, (payload, { job }) => attempt(name, task, payload, job)]),
  );

  /** Fails when the server leaves the job to another one, although the work goes on. */
  function orLeft(work: Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    leave.add(reject);
    void work.then(resolve, reject).finally(() => leave.delete(reject));
    return promise;
  }

  /** Errors are written once: as a warning while it is tried again, as an error when it is not. */
  async function attempt(
    task: string,
    work: JobsOptions['tasks'][string],
    payload: unknown,
    job: { readonly id: string; readonly attempts: number; readonly max_attempts: number },
  ): Promise<void> {
    const { requestId = newRequestId() } = payload as { requestId?: string };
    const about = { requestId, task, jobId: job.id, attempt: job.attempts };
    const jobLog = log.child(about);
    const beganAt = performance.now();
    const end = (outcome: JobRun['outcome']): void => ran?.({ ...about, outcome, beganAt, endedAt: performance.now() });
    try {
      await orLeft(work(payload, jobLog));
      end('DONE');
      jobLog.debug({ ms: Math.round(performance.now() - beganAt) }, 'job done');
    } catch (error) {
      const isLast = job.attempts >= job.max_attempts;
      end(isLast ? 'FAILED' : 'RETRY');
      if (isLast) jobLog.error({ err: error }, 'a job failed for good');
      else jobLog.warn({ err: error }, 'a job failed; it is tried again');
      throw error;
    }
  }

  const runner: Runner = await run({
    pgPool,
    taskList,
    logger,
    events,
    concurrency: CONCURRENCY,
    pollInterval: POLL_MS,
    noHandleSignals: true,
    ...ANY_POOLER,
  });
  const utils = await makeWorkerUtils({ pgPool, logger, ...ANY_POOLER });
  const beat = (): Promise<void> =>
    heartbeat(database, utils, id, poolId).catch((error: unknown) => log.warn({ err: error }, 'the heartbeat failed'));
  await beat();
  let beating: Promise<void> | null = null;
  const timer = setInterval(() => {
    beating ??= beat().finally(() => {
      beating = null;
    });
  }, HEARTBEAT_MS);
  return {
    add: async (jobs, requestId) => {
      if (jobs.length === 0) return;
      await utils.addJobs(
        jobs.map(({ task, payload, key, line }) => ({
          identifier: task,
          payload: { ...payload, requestId },
          jobKey: key,
          queueName: line,
          maxAttempts: MAX_ATTEMPTS,
        })),
      );
    },
    oldestSeconds: async () => {
      const { rows } = await pgPool.query<{ seconds: number }>(SELECT_OLDEST);
      return Math.max(0, rows[0]?.seconds ?? 0);
    },
    stop: async () => {
      clearInterval(timer);
      await beating;
      const leaving = setTimeout(() => {
        for (const reject of leave) reject(new Error('the server stops before the job is done'));
      }, LEAVE_AFTER_MS);
      await runner.stop();
      clearTimeout(leaving);
      await utils.release();
      // Without a database it is left behind, and taken for dead in ten seconds; the rest has to be stopped all the same.
      await database.prisma.process
        .deleteMany({ where: { id } })
        .catch((error: unknown) => log.warn({ err: error }, 'the heartbeat is left behind'));
    },
  };
}

/** Says that this server lives, and lets go of what dead ones held. By the database's clock. */
export async function heartbeat(
  { pool }: Pick<Database, 'pool'>,
  utils: Pick<WorkerUtils, 'forceUnlockWorkers'>,
  id: string,
  poolId: string | null,
): Promise<void> {
  await pool.query(
    `INSERT INTO "Process" ("id", "poolId", "startedAt", "seenAt") VALUES ($1, $2, now(), now())
     ON CONFLICT ("id") DO UPDATE SET "seenAt" = now(), "poolId" = excluded."poolId"`,
    [id, poolId],
  );
  const { rows } = await pool.query<{ poolId: string | null }>(
    `DELETE FROM "Process" WHERE "seenAt" < now() - make_interval(secs => ${DEAD_AFTER_SECONDS}) RETURNING "poolId"`,
  );
  const dead = rows.flatMap((row) => (row.poolId === null ? [] : [row.poolId]));
  if (dead.length > 0) await utils.forceUnlockWorkers(dead);
}
