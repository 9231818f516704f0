import { type Call, calls } from '../calls.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { isRetryable, isUnavailable, Unavailable } from '../db/errors.ts';
import { enterLane } from '../db/lane.ts';
import { analyze, outgrows } from '../db/statistics.ts';
import { Refusal } from '../domain/errors.ts';
import { Batch } from './batch.ts';
import { load, type Wanted } from './loadLeads.ts';
import { type Memory, readChanged, refresh } from './memory.ts';
import { serve, serveQueues, whoCouldBeServed } from './queues.ts';
import { write } from './write.ts';

/** One thing to do under the lane. Operations that arrive while a commit is under way share the next one. */
export interface Operation<Result> extends Wanted {
  /** Leads it brings in or touches: what counts toward the limit of a batch. */
  readonly size: number;
  /** Works on the batch alone: no I/O. Refuses before it changes anything. */
  apply(batch: Batch): Result;
}

/** What operations have to see, together. */
export const wantedBy = (operations: readonly Operation<unknown>[]): Wanted => ({
  keys: operations.flatMap(({ keys }) => keys),
  leadIds: operations.flatMap(({ leadIds }) => leadIds),
  people: operations.flatMap(({ people }) => people),
  waiting: operations.flatMap(({ waiting }) => waiting),
  due: operations.reduce<Wanted['due']>((most, { due }) => (most === null ? due : most), null),
});

export interface Lane {
  /**
   * Resolves when the operation's batch has been committed.
   * @throws Refusal what the operation refused
   * @throws Unavailable the database does not answer, or too much is waiting; may be repeated
   */
  run<Result>(operation: Operation<Result>): Promise<Result>;
  /** Waits for what is under way; later calls are refused. */
  close(): Promise<void>;
}

export interface LaneOptions {
  readonly database: Database;
  readonly workspaceId: string;
  readonly clock: Clock;
  /** Called after each commit that wrote events, with the number of the last one. */
  readonly committed: (workspaceId: string, lastEvent: number) => void;
  /** Most leads in one transaction, 256 unless told. */
  readonly batchSize?: number;
  /** Told of each transaction, for who measures. */
  readonly report?: (commit: Commit) => void;
}

/** One transaction that was committed. All moments by `performance.now()`. */
export interface Commit {
  readonly batch: Batch;
  /** What it carried out: since when that waited, and in what call; undefined where the server did it by itself. */
  readonly operations: readonly { readonly enteredAt: number; readonly call: Call | undefined }[];
  /** A connection was asked for. */
  readonly beganAt: number;
  /** The lane was its own. */
  readonly lockedAt: number;
  readonly committedAt: number;
}

/** Large enough that a commit's cost is spread thin, small enough that it stays under some 50 ms. */
const BATCH_SIZE = 256;
/** Leads waiting in this process: some ten seconds of work. More are told to come again. */
const MAX_WAITING = 20_000;
const MAX_TRIES = 5;
/** A batch decides in milliseconds; with a configuration to compile, in a second or two. */
const SILENT_MS = 4_000;
/**
 * So long it goes on to the next operation; the rest is put back. A lead of a pool of 5,000 takes 10 ms, so that 256 of
 * them would come near the time after which PostgreSQL takes the lane back, and all would fail.
 */
const DECIDING_MS = 500;

/**
 * So many leads are written while the next ones are decided: PostgreSQL and this process work at the same time, where one
 * call brings hundreds. A batch of as many single calls is one portion.
 */
const PORTION = 64;

interface Waiting {
  readonly operation: Operation<unknown>;
  readonly enteredAt: number;
  readonly call: Call | undefined;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

type Outcome = { readonly result: unknown } | { readonly refusal: Refusal };

function attempt(operation: Operation<unknown>, batch: Batch): Outcome {
  try {
    return { result: operation.apply(batch) };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

/** Whether it brings leads in: what waits is served before them. */
const arrives = ({ keys, people }: Operation<unknown>): boolean => keys.length + people.length > 0;

const sizeOf = (list: readonly Waiting[]): number => list.reduce((sum, { operation }) => sum + operation.size, 0);

/** This process's side of a workspace's lane: one batch at a time, in the order of arrival. */
export function createLane(options: LaneOptions): Lane {
  const { database, workspaceId, clock, committed, batchSize = BATCH_SIZE, report } = options;
  const queue: Waiting[] = [];
  let waitingLeads = 0;
  let memory: Memory | null = null;
  /** Whether another process had the lane before the last batch. */
  let isShared = false;
  let running: Promise<void> | null = null;
  let closed = false;

  function takeBatch(): Waiting[] {
    let size = 0;
    let count = 0;
    for (const { operation } of queue) {
      if (count > 0 && size + operation.size > batchSize) break;
      size += operation.size;
      count += 1;
    }
    waitingLeads -= size;
    return queue.splice(0, count);
  }

  /** Whether somebody may have room, or be there, for whom leads wait. */
  let freed = false;
  /** Who could have taken what waits when it was last looked at in vain; null where much has changed since. */
  let lookedFor: string | null = null;

  async function drain(): Promise<void> {
    while (queue.length > 0 || freed) {
      freed = false;
      await commit(takeBatch());
    }
    running = null;
  }

  /**
   * Commits the operations together, or the first of them, the rest being put back. If that fails for any of them, one by
   * one, so that a poisoned one hurts nobody else.
   */
  async function commit(batch: readonly Waiting[]): Promise<void> {
    let outcomes: Outcome[];
    try {
      outcomes = await transact(batch);
    } catch (error) {
      if (batch.length > 1 && !isUnavailable(error)) {
        for (const waiting of batch) await commit([waiting]);
        return;
      }
      for (const waiting of batch)
        waiting.reject(isUnavailable(error) ? new Unavailable(undefined, { cause: error }) : error);
      return;
    }
    const rest = batch.slice(outcomes.length);
    queue.unshift(...rest);
    waitingLeads += sizeOf(rest);
    for (const [index, outcome] of outcomes.entries()) {
      const waiting = batch[index] as Waiting;
      if ('refusal' in outcome) waiting.reject(outcome.refusal);
      else waiting.resolve(outcome.result);
    }
  }

  async function transact(batch: readonly Waiting[]): Promise<Outcome[]> {
    for (let tried = 1; ; tried += 1) {
      try {
        let outcomes: Outcome[] | null;
        do outcomes = await transactOnce(batch);
        while (outcomes === null);
        return outcomes;
      } catch (error) {
        if (!isRetryable(error)) throw error;
        if (tried === MAX_TRIES) throw new Unavailable(undefined, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** tried));
      }
    }
  }

  /** Null where so much waited that nothing else had its turn. */
  async function transactOnce(taken: readonly Waiting[]): Promise<Outcome[] | null> {
    const operations = taken.map(({ operation }) => operation);
    const beganAt = performance.now();
    const client = await database.pool.connect();
    let broken: Error | undefined;
    /** The portion that PostgreSQL is at. */
    let writing: Promise<void> | null = null;
    try {
      // Sent together: what comes after the lock is read when it is held.
      const entering = enterLane(client, workspaceId, SILENT_MS);
      const loading = load(client, workspaceId, wantedBy(operations));
      const changing = memory !== null && isShared ? readChanged(client, workspaceId, memory.counters.batch) : null;
      const [before, loaded] = await Promise.all([entering, loading, changing]);
      const lockedAt = performance.now();
      const { lastAssignment, lastEvent } = before;
      isShared = memory !== null && memory.counters.batch !== before.batch;
      if (memory?.counters.batch !== before.batch || operations.includes(serveQueues)) lookedFor = null;
      const current = await refresh(client, workspaceId, memory, before, changing);
      // From here on the memory runs ahead of the database: it is good again only after the commit.
      memory = null;
      const now = clock.now();
      // What waits is served before what arrives; what nobody could take is not looked at again for the same people.
      const who = whoCouldBeServed(current, now);
      const serving = who !== '' && who !== lookedFor ? serve(current.configuration) : null;
      const served = serving && (await load(client, workspaceId, wantedBy([serving, ...operations])));
      const batch = new Batch(workspaceId, current, now, served ?? loaded);
      const isFirst = serving?.apply(batch) ?? false;
      lookedFor = who;
      const hasServed = batch.takeFreed();
      let hasFreed = false;
      const outcomes: Outcome[] = [];
      const began = performance.now();
      for (const operation of isFirst ? [] : operations) {
        if (outcomes.length > 0 && performance.now() - began > DECIDING_MS) break;
        if (outcomes.length > 0 && hasFreed && arrives(operation) && whoCouldBeServed(current, now) !== '') break;
        outcomes.push(attempt(operation, batch));
        hasFreed = batch.takeFreed() || hasFreed;
        if (batch.writes.insertedAssignments.length < PORTION || outcomes.length === operations.length) continue;
        await writing;
        writing = write(client, workspaceId, batch.takeWrites(), null);
      }
      await writing;
      if (!batch.isEmpty) current.counters.batch += 1;
      // Sent together: where the writing fails, COMMIT takes all of it back.
      const last = batch.isEmpty ? null : write(client, workspaceId, batch.writes, batch);
      await Promise.all([last, client.query('COMMIT')]);
      memory = current;
      const committedAt = performance.now();
      report?.({ batch, operations: taken.slice(0, outcomes.length), beganAt, lockedAt, committedAt });
      if (hasServed || hasFreed) lookedFor = null;
      freed ||= (hasServed || hasFreed) && whoCouldBeServed(current, now) !== '';
      // Autovacuum would do it too, only later: that it failed is no news.
      if (outgrows(lastAssignment, current.counters.lastAssignment)) analyze(database.pool).catch(() => {});
      if (current.counters.lastEvent > lastEvent) committed(workspaceId, current.counters.lastEvent);
      return isFirst ? null : outcomes;
    } catch (error) {
      // The error may be another's; the connection is needed for the end of the transaction.
      await writing?.catch(() => {});
      if (isUnavailable(error)) broken = error as Error;
      else await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  return {
    run: <Result>(operation: Operation<Result>) =>
      new Promise<Result>((resolve, reject) => {
        if (closed) return reject(new Unavailable('The server is shutting down. Repeat the call.'));
        if (waitingLeads > MAX_WAITING) {
          return reject(new Unavailable('Too many leads are waiting. Repeat the call in a few seconds.'));
        }
        waitingLeads += operation.size;
        const enteredAt = performance.now();
        queue.push({
          operation,
          enteredAt,
          call: calls.getStore(),
          resolve: resolve as (result: unknown) => void,
          reject,
        });
        running ??= drain();
      }),
    close: async () => {
      closed = true;
      await running;
    },
  };
}
