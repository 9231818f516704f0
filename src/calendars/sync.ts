import type { Logger } from 'pino';
import type { Lanes } from '../assignment/lanes.ts';
import { keepCalendar, setCalendarCopies, tellCalendar } from '../assignment/presence.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import type { Calendar } from '../db/generated/client.ts';
import { type BusyTime, CALENDAR_STALE_MS } from '../domain/availability.ts';
import type { Job } from '../jobs/runner.ts';
import type { Secrets } from '../secrets/seal.ts';
import { openSource } from '../secrets/stored.ts';
import { CalendarFault } from './fault.ts';
import { readCalendar, readHr } from './readers.ts';
import type { CalendarSource, HrSource } from './sources.ts';

/*
 * Calendars are read now and then into what is known of reps, and never while a lead is decided.
 */

export interface CalendarSyncOptions {
  readonly database: Database;
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secrets: Secrets;
  /** For calendar servers in one's own network. */
  readonly allowPrivate: boolean;
}

export const SYNC_TASK = 'syncCalendar';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SYNC_EVERY_MS = 5 * MINUTE_MS;
/** After faults: twice as long each time, to half an hour. */
const MAX_BACK_OFF_MS = 30 * MINUTE_MS;
const PAST_MS = DAY_MS;
const AHEAD_MS = 30 * DAY_MS;
/** Calendars that become due together are read a second apart from each other at most. */
const DUE_AT_ONCE = 500;

/** Calendars of one workspace that are read at a time: half of what a server runs, whatever silent hosts it names. */
const LINES = 2;

/** Jobs for the calendars that are due; the next reading of each is planned. */
export async function dueCalendars({ pool }: Pick<Database, 'pool'>, now: Date): Promise<Job[]> {
  const { rows } = await pool.query<{ workspaceId: string; id: string }>(
    `UPDATE "Calendar" AS c SET "nextSyncAt" = $2 FROM (
       SELECT "workspaceId", "id" FROM "Calendar" WHERE "nextSyncAt" <= $1
       ORDER BY "nextSyncAt" LIMIT ${DUE_AT_ONCE} FOR UPDATE SKIP LOCKED
     ) AS due
     WHERE c."workspaceId" = due."workspaceId" AND c."id" = due."id" RETURNING c."workspaceId", c."id"`,
    [now, new Date(now.getTime() + SYNC_EVERY_MS)],
  );
  return rows.map(({ workspaceId, id }) => ({
    task: SYNC_TASK,
    payload: { workspaceId, id },
    key: `calendar/${id}`,
    line: `${workspaceId}/${Number.parseInt(id.slice(-1), 16) % LINES}`,
  }));
}

/** Reads one calendar. What cannot be read is noted with why, and tried again later. */
export async function syncCalendar(options: CalendarSyncOptions, workspaceId: string, id: string): Promise<void> {
  const { database, clock } = options;
  const [calendar] = await database.prisma.calendar.updateManyAndReturn({
    where: { workspaceId, id },
    data: { attempt: { increment: 1 } },
  });
  if (!calendar) return;
  const now = clock.now();
  try {
    const read = await readAny(options, calendar, now);
    // An attempt that was overtaken, by a server that took this one to be dead, writes nothing.
    const { attempt } = calendar;
    if ((await database.prisma.calendar.count({ where: { workspaceId, id, attempt } })) === 0) return;
    const told = read === 'UNCHANGED' ? keepCalendar(id, now) : setCalendarCopies(id, now, read.busy);
    await options.lanes.run(workspaceId, told);
    const news = read === 'UNCHANGED' ? {} : { tag: read.tag, unmatched: read.unmatched };
    const { count } = await database.prisma.calendar.updateMany({
      where: { workspaceId, id, attempt },
      data: { syncedAt: now, faultCode: null, fault: null, ...news },
    });
    if (count > 0) await tell(options, calendar, null);
    else if ((await database.prisma.calendar.count({ where: { workspaceId, id } })) === 0) {
      // Removed while it was read: it says nothing any more.
      await options.lanes.run(workspaceId, setCalendarCopies(id, now, new Map()));
    }
  } catch (error) {
    if (!(error instanceof CalendarFault)) throw error;
    const { code, message, retryAfterSeconds } = error;
    const since = now.getTime() - (calendar.syncedAt ?? calendar.createdAt).getTime();
    const wait = Math.max((retryAfterSeconds ?? 0) * 1_000, Math.min(Math.max(since, SYNC_EVERY_MS), MAX_BACK_OFF_MS));
    await database.prisma.calendar.updateMany({
      where: { workspaceId, id, attempt: calendar.attempt },
      data: { faultCode: code, fault: message, nextSyncAt: new Date(now.getTime() + wait) },
    });
    if (since >= CALENDAR_STALE_MS) await tell(options, calendar, code);
  }
}

/** Tells once that a calendar says nothing any more, and once that it does again. @param fault null for none */
async function tell({ database, lanes }: CalendarSyncOptions, calendar: Calendar, fault: string | null): Promise<void> {
  const { workspaceId, id } = calendar;
  const { count } = await database.prisma.calendar.updateMany({
    where: { workspaceId, id, alerted: fault === null },
    data: { alerted: fault !== null },
  });
  if (count > 0) {
    await lanes.run(workspaceId, tellCalendar(calendar, fault === null ? 'alert.resolved' : 'alert.raised', fault));
  }
}

/** What a calendar says, by rep. */
interface Read {
  readonly busy: ReadonlyMap<string, readonly BusyTime[]>;
  readonly tag: string | null;
  readonly unmatched: number;
}

async function readAny(
  { database, secrets, allowPrivate }: CalendarSyncOptions,
  calendar: Calendar,
  now: Date,
): Promise<Read | 'UNCHANGED'> {
  const { workspaceId, repId, tag } = calendar;
  const source = openSource(secrets, calendar);
  const window = { from: now.getTime() - PAST_MS, until: now.getTime() + AHEAD_MS };
  const workspace = await database.prisma.workspace.findUniqueOrThrow({ where: { id: workspaceId } });
  const options = { allowPrivate, previousTag: tag };
  if (repId === null) {
    const reps = await database.prisma.rep.findMany({ where: { workspaceId, status: { not: 'LEFT' } } });
    const people = reps.map(({ id, name, email, timeZone }) => ({
      repId: id,
      name,
      email,
      timeZone: timeZone ?? workspace.timeZone,
    }));
    const read = await readHr(source as HrSource, window, people, options);
    return read === 'UNCHANGED' ? read : { ...read, busy: read.byRep };
  }
  const rep = await database.prisma.rep.findUniqueOrThrow({ where: { workspaceId_id: { workspaceId, id: repId } } });
  const own = { ...options, timeZone: rep.timeZone ?? workspace.timeZone, email: rep.email };
  const read = await readCalendar(source as CalendarSource, window, own);
  return read === 'UNCHANGED' ? read : { busy: new Map([[repId, read.busy]]), tag: read.tag, unmatched: 0 };
}
