import { v7 } from 'uuid';
import { type BusyTime, type CalendarCopy, DECLARED } from '../domain/availability.ts';
import { InvalidInput, Refusal } from '../domain/errors.ts';
import type { KnownLeave, KnownPresence } from './attendance.ts';
import type { Batch } from './batch.ts';
import { NOTHING } from './carryOut.ts';
import type { Operation } from './lane.ts';

/*
 * Whether reps are there, as they or others say, and as their being seen and their calendars tell. It changes under the
 * lane, so no lead is decided by what is no longer so.
 */

export const AVAILABILITY_STATUSES = ['AVAILABLE', 'BUSY', 'PAUSED', 'OUT_OF_OFFICE'] as const;

export interface NewAvailability {
  readonly repId: string;
  readonly status: (typeof AVAILABILITY_STATUSES)[number];
  /** OUT_OF_OFFICE: null for now. */
  readonly from: Date | null;
  /** BUSY and OUT_OF_OFFICE need it; PAUSED without it lasts until further notice. */
  readonly until: Date | null;
  readonly delegateId: string | null;
  readonly note: string | null;
  readonly openLeads: KnownLeave['openLeads'];
  /** Name of the principal; null for the rep themselves, with whatever key. */
  readonly by: string | null;
  /** Whether the principal may end what others have set. */
  readonly isSuperior: boolean;
}

/** Leaves of one rep, those that are over not counted. */
const MAX_LEAVES = 100;
const DAY_MS = 86_400_000;
const MAX_BACKDATED_MS = DAY_MS;
const MAX_LEAVE_MS = 5 * 366 * DAY_MS;
const MAX_BUSY_MS = 7 * DAY_MS;
/** How long leaves that are over are kept, for what past leads are simulated with. */
const KEEP_LEAVES_MS = 90 * 86_400_000;

/** What each status is said with; anything else has no meaning there. */
const GOES_WITH = {
  AVAILABLE: [],
  BUSY: ['until'],
  PAUSED: ['until', 'delegateId', 'openLeads'],
  OUT_OF_OFFICE: ['from', 'until', 'delegateId', 'openLeads', 'note'],
} as const satisfies Readonly<Record<NewAvailability['status'], readonly (keyof NewAvailability)[]>>;

/**
 * Sets whether a rep is there. AVAILABLE ends a pause, being busy and a leave that has begun.
 * @throws Refusal NOT_FOUND (rep, delegate), PAUSED_BY_OTHERS, REP_LEFT; InvalidInput
 */
export const setAvailability = (input: NewAvailability): Operation<KnownPresence> => ({
  ...NOTHING,
  apply: (batch) => {
    const { repId, status, until } = input;
    const { reps } = batch.memory.configuration;
    const rep = reps.byId.get(repId);
    if (!rep) throw new Refusal('NOT_FOUND', 'There is no such rep.');
    if (rep.status === 'LEFT') throw new Refusal('REP_LEFT', `${rep.name} has left.`);
    checkDelegate(batch, input);
    if (status === 'AVAILABLE' && rep.status === 'PAUSED') {
      throw new Refusal('PAUSED_BY_OTHERS', `An admin has paused ${rep.name}; \`updateRep\` with ACTIVE ends it.`);
    }
    const by = input.by ?? `rep:${rep.key}`;
    const before = batch.memory.attendance.presence(repId);
    const after = changed(batch, before, { ...input, by }, `rep:${rep.key}`);
    batch.setPresence(repId, after);
    // What has ended before its leads were handed over hands none over.
    if (status === 'AVAILABLE') {
      for (const subjectId of [repId, ...ongoing(before, batch.now.getTime()).map(({ id }) => id)]) {
        batch.cancelDeadline('LEAVE', subjectId);
      }
    }
    if (status === 'PAUSED') {
      scheduleHandOver(batch, repId, repId, batch.now, { ...input, until: until?.getTime() ?? null });
    }
    const leave = after.leaves.find(({ id }) => !before.leaves.some((each) => each.id === id));
    if (leave) scheduleHandOver(batch, leave.id, repId, new Date(leave.from), leave);
    const from = input.from === null ? {} : { from: input.from };
    const data = { to: status, ...from, ...(until === null ? {} : { until }), by };
    batch.emit({ kind: 'rep.availability', repId, leadId: null, assignmentId: null, data });
    return after;
  },
});

/** Who stands in is somebody else who is here. */
function checkDelegate({ memory }: Batch, { repId, delegateId, openLeads }: NewAvailability): void {
  if (delegateId === null) {
    const hasBackup = memory.configuration.reps.byId.get(repId)?.backupId != null;
    if (openLeads === 'DELEGATE' && !hasBackup) throw fault('delegateId', 'is missing: the rep has no backup either');
    return;
  }
  const delegate = memory.configuration.reps.byId.get(delegateId);
  if (!delegate) throw new Refusal('NOT_FOUND', 'There is no such delegate.');
  if (delegateId === repId) throw fault('delegateId', 'must be somebody else');
  if (delegate.status === 'LEFT') throw new Refusal('REP_LEFT', `${delegate.name} has left.`);
}

type Declared = NewAvailability & { readonly by: string };

const ongoing = ({ leaves }: KnownPresence, now: number): readonly KnownLeave[] =>
  leaves.filter(({ from, until }) => from <= now && now < until);

/** @param own the name under which the rep sets it themselves */
function changed(batch: Batch, before: KnownPresence, input: Declared, own: string): KnownPresence {
  const { status, until, by, isSuperior } = input;
  const now = batch.now.getTime();
  refuseMeaningless(input);
  if (until !== null && until.getTime() <= now) throw fault('until', 'must be in the future');
  const { pause } = before;
  const isPaused = pause !== null && (pause.until === null || now < pause.until);
  if (isPaused && pause.by !== own && !isSuperior && (status === 'AVAILABLE' || status === 'PAUSED')) {
    const isBusy = before.busyUntil !== null && now < before.busyUntil;
    // What they have said themselves they can take back.
    if (status === 'AVAILABLE' && isBusy) return { ...before, busyUntil: null };
    throw pausedByOthers(pause);
  }
  switch (status) {
    case 'AVAILABLE':
      return {
        ...before,
        pause: null,
        busyUntil: null,
        // What somebody else says is no sign of life; but who was not seen for too long is there again.
        lastSeenAt: by === own ? now : null,
        leaves: before.leaves.map((leave) =>
          leave.from <= now && now < leave.until ? { ...leave, until: now } : leave,
        ),
      };
    case 'BUSY':
      if (until === null) throw fault('until', 'is missing: say until when');
      if (until.getTime() > now + MAX_BUSY_MS)
        throw fault('until', 'must be at most a week ahead; beyond that use PAUSED');
      return { ...before, busyUntil: until.getTime() };
    case 'PAUSED':
      return { ...before, pause: { until: until?.getTime() ?? null, by } };
    case 'OUT_OF_OFFICE':
      return { ...before, leaves: withLeave(before.leaves, input, now) };
  }
}

function pausedByOthers({ by, until }: NonNullable<KnownPresence['pause']>): Refusal {
  const policy = /^sla:(.*)$/.exec(by)?.[1];
  const who = policy === undefined ? 'Somebody else' : `The SLA policy "${policy}"`;
  const lasts = until === null ? '' : ` until ${new Date(until).toISOString()}`;
  return new Refusal('PAUSED_BY_OTHERS', `${who} has paused the rep${lasts}; a manager or admin can end it.`);
}

function withLeave(
  leaves: readonly KnownLeave[],
  { from, until, delegateId, note, openLeads, by }: Declared,
  now: number,
): KnownLeave[] {
  if (until === null) throw fault('until', 'is missing: say until when');
  const begin = from?.getTime() ?? now;
  if (until.getTime() <= begin) throw fault('until', 'must be after `from`');
  if (begin < now - MAX_BACKDATED_MS) throw fault('from', 'must be at most a day ago');
  if (until.getTime() > now + MAX_LEAVE_MS) throw fault('until', 'must be at most five years ahead');
  const toCome = leaves.filter((leave) => leave.until > now);
  if (toCome.length >= MAX_LEAVES) throw fault('from', `would be more than ${MAX_LEAVES} leaves to come`);
  const over = leaves.filter((leave) => leave.until <= now && leave.until > now - KEEP_LEAVES_MS).slice(-MAX_LEAVES);
  return [...over, ...toCome, { id: v7(), from: begin, until: until.getTime(), delegateId, note, by, openLeads }];
}

/** @throws InvalidInput */
function refuseMeaningless(input: NewAvailability): void {
  const goesWith: readonly string[] = GOES_WITH[input.status];
  const { from, until, delegateId, note, openLeads } = input;
  const given = { from, until, delegateId, note, openLeads: openLeads === 'KEEP' ? null : openLeads };
  const issues = Object.entries(given)
    .filter(([field, value]) => value !== null && !goesWith.includes(field))
    .map(([field]) => ({ path: [field], message: `does not go with ${input.status}` }));
  if (issues.length > 0) throw new InvalidInput(issues);
}

const fault = (field: string, message: string): InvalidInput => new InvalidInput([{ path: [field], message }]);

/** Lets the open leads be handed over when the absence begins. */
function scheduleHandOver(
  batch: Batch,
  subjectId: string,
  repId: string,
  dueAt: Date,
  { openLeads, delegateId, until }: HandOver,
): void {
  if (openLeads === 'KEEP') return;
  const data = { openLeads, delegateId, until } satisfies HandOver;
  batch.setDeadline({ kind: 'LEAVE', subjectId, leadId: null, repId, dueAt, data });
}

/** What a deadline of kind LEAVE says. */
export interface HandOver {
  readonly openLeads: KnownLeave['openLeads'];
  /** Null for the rep's backup. */
  readonly delegateId: string | null;
  /** When the absence ends, in ms since 1970; null for a pause until further notice. */
  readonly until: number | null;
}

/** Takes back a leave that has not begun, or the rest of one. @throws Refusal NOT_FOUND */
export const cancelLeave = (repId: string, leaveId: string): Operation<KnownPresence> => ({
  ...NOTHING,
  apply: (batch) => {
    const before = batch.memory.attendance.presence(repId);
    const now = batch.now.getTime();
    const leave = before.leaves.find(({ id, until }) => id === leaveId && until > now);
    if (!leave) throw new Refusal('NOT_FOUND', 'There is no such leave to come.');
    const others = before.leaves.filter((each) => each !== leave);
    const after = { ...before, leaves: leave.from < now ? [...others, { ...leave, until: now }] : others };
    batch.setPresence(repId, after);
    batch.cancelDeadline('LEAVE', leaveId);
    const data = { to: 'AVAILABLE', cancelled: { from: new Date(leave.from), until: new Date(leave.until) } };
    batch.emit({ kind: 'rep.availability', repId, leadId: null, assignmentId: null, data });
    return after;
  },
});

/** Who was seen so lately is not noted again, unless a fifth of what the workspace allows is less. */
const SEEN_AGAIN_MS = 15 * 60_000;

/** Notes that reps have been seen. */
export const noteSeen = (repIds: readonly string[]): Operation<void> => ({
  ...NOTHING,
  size: repIds.length,
  apply: (batch) => {
    const { configuration, attendance } = batch.memory;
    const { notSeenAfterMinutes } = configuration.settings;
    const again = Math.min(SEEN_AGAIN_MS, (notSeenAfterMinutes ?? Number.POSITIVE_INFINITY) * 12_000);
    const now = batch.now.getTime();
    for (const repId of repIds) {
      const presence = attendance.presence(repId);
      const isLately = presence.lastSeenAt !== null && Math.abs(now - presence.lastSeenAt) < again;
      if (isLately || !configuration.reps.byId.has(repId)) continue;
      batch.setPresence(repId, { ...presence, lastSeenAt: now });
    }
  },
});

/** A deadline of kind LEAVE has been seen to. */
export const forgetHandOver = (subjectId: string): Operation<void> => ({
  ...NOTHING,
  apply: (batch) => batch.cancelDeadline('LEAVE', subjectId),
});

/** Which of these reps are away for whatever reason: what is offered to them may have to move on. */
export const awayAmong = (repIds: readonly string[]): Operation<readonly string[]> => ({
  ...NOTHING,
  apply: (batch) => {
    const { reps } = batch.memory.configuration;
    const at = batch.now.getTime();
    return repIds.filter((repId) => reps.byId.get(repId)?.status !== 'ACTIVE' || batch.absences(repId, at).length > 0);
  },
});

/** The first of these reps who has not left and is not away as declared; null for none. */
export const firstThere = (repIds: readonly string[]): Operation<string | null> => ({
  ...NOTHING,
  apply: (batch) => {
    const { reps } = batch.memory.configuration;
    const at = batch.now.getTime();
    const isThere = (repId: string): boolean =>
      reps.byId.get(repId)?.status === 'ACTIVE' &&
      !batch.absences(repId, at).some(({ reason }) => DECLARED.has(reason));
    return repIds.find(isThere) ?? null;
  },
});

/**
 * What a calendar says of reps, as it was read: of all of whom it says something now. Of others it says nothing any more.
 *
 * @param busy by rep
 */
export const setCalendarCopies = (
  calendarId: string,
  syncedAt: Date,
  busy: ReadonlyMap<string, readonly BusyTime[]>,
): Operation<void> => ({
  ...NOTHING,
  apply: (batch) => {
    const { attendance, configuration } = batch.memory;
    for (const repId of attendance.repsWith(calendarId)) {
      if (busy.has(repId)) continue;
      const presence = attendance.presence(repId);
      const { [calendarId]: _, ...calendars } = presence.calendars;
      batch.setPresence(repId, { ...presence, calendars });
    }
    for (const [repId, times] of busy) {
      if (!configuration.reps.byId.has(repId)) continue;
      setCopy(batch, calendarId, repId, { syncedAt: syncedAt.getTime(), busy: times });
    }
  },
});

/** A calendar says what it has said before. */
export const keepCalendar = (calendarId: string, syncedAt: Date): Operation<void> => ({
  ...NOTHING,
  apply: (batch) => {
    const { attendance } = batch.memory;
    for (const repId of attendance.repsWith(calendarId)) {
      const copy = attendance.presence(repId).calendars[calendarId];
      if (copy) setCopy(batch, calendarId, repId, { ...copy, syncedAt: syncedAt.getTime() });
    }
  },
});

function setCopy(batch: Batch, calendarId: string, repId: string, copy: CalendarCopy): void {
  const presence = batch.memory.attendance.presence(repId);
  batch.setPresence(repId, { ...presence, calendars: { ...presence.calendars, [calendarId]: copy } });
}

/** Managers hear of a calendar that could not be read for too long, and of one that can be again. */
export const tellCalendar = (
  { id, name, repId }: { readonly id: string; readonly name: string; readonly repId: string | null },
  kind: 'alert.raised' | 'alert.resolved',
  code: string | null,
): Operation<void> => ({
  ...NOTHING,
  apply: (batch) => {
    const rep = batch.memory.configuration.reps.byId.get(repId ?? '')?.key ?? null;
    const data = { alert: 'CALENDAR_STALE', calendar: name, calendarId: id, rep, code };
    batch.emit({ kind, repId, leadId: null, assignmentId: null, data });
  },
});
