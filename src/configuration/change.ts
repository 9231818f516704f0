import type pg from 'pg';
import type { AuditAction } from '../audit/actions.ts';
import { appendEntry } from '../audit/auditLog.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import type { Kind } from '../db/configuration.ts';
import { isRetryable, isUnavailable, Unavailable } from '../db/errors.ts';
import { enterLane } from '../db/lane.ts';
import type { NewEvent } from '../events/kinds.ts';

/** On whose behalf a configuration is changed, and where. */
export interface ConfigurationContext {
  readonly database: Database;
  readonly workspaceId: string;
  /** Name of the principal. */
  readonly by: string;
  readonly clock: Clock;
  /** Called once after the commit, with the number of the last event. */
  readonly committed: (workspaceId: string, lastEvent: number) => void;
}

/** One transaction that changes the configuration, under the lane: no lead is decided meanwhile. */
export interface Change {
  readonly client: pg.ClientBase;
  readonly workspaceId: string;
  readonly by: string;
  readonly now: Date;
  /** Inserts rows or replaces those with the same id; what is there already as it is to be stays untouched. */
  save(table: ConfigurationTable, rows: readonly ConfigurationRow[]): Promise<void>;
  remove(table: ConfigurationTable, ids: readonly string[]): Promise<void>;
  /** Runs a statement whose first parameter is the workspace; says that `kind` has changed. */
  execute(kind: Kind, text: string, parameters?: readonly unknown[]): Promise<pg.QueryResult>;
  emit(event: NewEvent): void;
  /** Says in the audit log what the rows do not, or what was done where no row of the configuration has changed. */
  note(details: Readonly<Record<string, unknown>>): void;
  /** The number that rows of RepState and Rotation written here must carry. */
  readonly batch: number;
  /** Of the configuration as it was found. */
  readonly configVersion: number;
}

export type ConfigurationRow = Readonly<Record<string, unknown>> & { readonly id: string };

const TABLES = {
  Rep: 'reps',
  Pool: 'pools',
  Metro: 'metros',
  Territory: 'territories',
  Account: 'accounts',
  Segment: 'segments',
  Queue: 'queues',
  SlaPolicy: 'sla',
} as const satisfies Readonly<Record<string, Kind>>;
export type ConfigurationTable = keyof typeof TABLES;

const MAX_TRIES = 5;
/** Files of a hundred thousand things take seconds to look through. */
const SILENT_MS = 30_000;

/**
 * Runs `work` in one transaction under the lane and raises the versions of what it touched, so that the next decision,
 * in whatever process, uses it. Work that changes nothing raises nothing, and leaves no entry in the audit log.
 *
 * @param dryRun whether all of it is undone at the end: what it would come to, faults included
 */
export async function changeConfiguration<Result>(
  context: ConfigurationContext,
  action: AuditAction,
  work: (change: Change) => Promise<Result>,
  { dryRun = false } = {},
): Promise<Result> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt(context, action, work, dryRun);
    } catch (error) {
      const mayRepeat = isRetryable(error);
      if (isUnavailable(error) || (mayRepeat && tried === MAX_TRIES))
        throw new Unavailable(undefined, { cause: error });
      if (!mayRepeat) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** tried));
    }
  }
}

/** Leaves an entry in the audit log about what changes nothing of the configuration itself. */
export const recordAction = (context: ConfigurationContext, action: AuditAction, details: object): Promise<void> =>
  changeConfiguration(context, action, async ({ note }) => note({ ...details }));

async function attempt<Result>(
  context: ConfigurationContext,
  action: AuditAction,
  work: (change: Change) => Promise<Result>,
  dryRun: boolean,
): Promise<Result> {
  const { database, workspaceId, by, clock, committed } = context;
  const client = await database.pool.connect();
  let broken: Error | undefined;
  try {
    const counters = await enterLane(client, workspaceId, SILENT_MS);
    const now = clock.now();
    const batch = counters.batch + 1;
    const touched = new Set<Kind>();
    const events: NewEvent[] = [];
    let details: Readonly<Record<string, unknown>> | null = null;
    const result = await work({
      client,
      workspaceId,
      by,
      now,
      batch,
      configVersion: counters.configVersion,
      save: async (table, rows) => {
        if (rows.length === 0) return;
        const { rowCount } = await client.query(upsert(table, Object.keys(rows[0] as object)), [
          JSON.stringify(rows.map((row) => ({ ...row, workspaceId, createdAt: now, updatedAt: now }))),
        ]);
        if (rowCount !== 0) touched.add(TABLES[table]);
      },
      remove: async (table, ids) => {
        if (ids.length === 0) return;
        touched.add(TABLES[table]);
        await client.query(`DELETE FROM "${table}" WHERE "workspaceId" = $1 AND "id" = ANY ($2::uuid[])`, [
          workspaceId,
          ids,
        ]);
      },
      execute: (kind, text, parameters = []) => {
        touched.add(kind);
        return client.query(text, [workspaceId, ...parameters]);
      },
      emit: (event) => void events.push(event),
      note: (more) => {
        details = { ...details, ...more };
      },
    });
    if (dryRun) {
      await client.query('ROLLBACK');
      return result;
    }
    const lastEvent = counters.lastEvent + events.length;
    if (events.length > 0) await insertEvents(client, workspaceId, events, counters.lastEvent, batch, now);
    if (touched.size > 0 || events.length > 0) {
      await client.query(RAISE, [workspaceId, batch, lastEvent, [...touched]]);
    }
    if (touched.size > 0 || events.length > 0 || details !== null) {
      const configVersion = touched.size > 0 ? counters.configVersion + 1 : null;
      await appendEntry(client, workspaceId, { at: now, by, action, configVersion, details });
    }
    await client.query('COMMIT');
    if (events.length > 0) committed(workspaceId, lastEvent);
    return result;
  } catch (error) {
    if (isUnavailable(error)) broken = error as Error;
    else await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    client.release(broken);
  }
}

const RAISE = `
  WITH lane AS (
    UPDATE "Lane" SET "batch" = $2, "lastEvent" = $3, "configVersion" = "configVersion" + 1 WHERE "workspaceId" = $1
    RETURNING "configVersion"
  )
  INSERT INTO "ConfigVersion" ("workspaceId", "kind", "version")
  SELECT $1, kind, lane."configVersion" FROM lane, unnest($4::text[]) AS kind
  ON CONFLICT ("workspaceId", "kind") DO UPDATE SET "version" = excluded."version"`;

/** @param columns names from this project's own code, never from an input */
function upsert(table: ConfigurationTable, columns: readonly string[]): string {
  const all = ['workspaceId', ...columns, 'createdAt', 'updatedAt'].map((name) => `"${name}"`);
  const given = columns.filter((name) => name !== 'id').map((name) => `"${name}"`);
  const replaced = [...given, '"updatedAt"'].map((name) => `${name} = excluded.${name}`);
  const listed = (of: string): string => given.map((name) => `${of}.${name}`).join(', ');
  return `
    INSERT INTO "${table}" (${all.join(', ')})
    SELECT ${all.join(', ')} FROM json_populate_recordset(NULL::"${table}", $1)
    ON CONFLICT ("workspaceId", "id") DO UPDATE SET ${replaced.join(', ')}
    WHERE (${listed(`"${table}"`)}) IS DISTINCT FROM (${listed('excluded')})`;
}

/** Appends events, each knowing its predecessor in the feed of its rep. */
async function insertEvents(
  client: pg.ClientBase,
  workspaceId: string,
  events: readonly NewEvent[],
  lastEvent: number,
  batch: number,
  now: Date,
): Promise<void> {
  const repIds = [...new Set(events.flatMap(({ repId }) => (repId === null ? [] : [repId])))];
  const { rows } = await client.query<{ repId: string; lastEvent: string }>(
    'SELECT "repId", "lastEvent" FROM "RepState" WHERE "workspaceId" = $1 AND "repId" = ANY ($2::uuid[])',
    [workspaceId, repIds],
  );
  const last = new Map(rows.map((row) => [row.repId, Number(row.lastEvent)]));
  const numbered = events.map((event, index) => {
    const number = lastEvent + 1 + index;
    const previous = event.repId === null ? 0 : (last.get(event.repId) ?? 0);
    if (event.repId !== null) last.set(event.repId, number);
    return { workspaceId, number, previous, at: now, ...event };
  });
  await client.query('INSERT INTO "Event" SELECT * FROM json_populate_recordset(NULL::"Event", $1)', [
    JSON.stringify(numbered),
  ]);
  await client.query(
    `UPDATE "RepState" AS r SET "lastEvent" = n."lastEvent", "batch" = $2
     FROM json_to_recordset($3) AS n("repId" uuid, "lastEvent" bigint)
     WHERE r."workspaceId" = $1 AND r."repId" = n."repId"`,
    [workspaceId, batch, JSON.stringify([...last].map(([repId, number]) => ({ repId, lastEvent: number })))],
  );
}
