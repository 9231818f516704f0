import type { RepStatus } from './configuration.ts';
import { afterWorkingTime, type WorkingHours, workingMoment } from './workingHours.ts';

/*
 * Whether a rep is there, apart from how many leads they have. Several reasons may hold at once, and pools choose which
 * of them keep somebody from a lead.
 */

/** Why somebody is not there, the most lasting first: in this order they are told. */
export const ABSENCES = [
  /** Declared by the rep or a manager, by an HR feed, or by a calendar that says so. */
  'OUT_OF_OFFICE',
  /** Has not been seen for longer than the workspace allows. */
  'NOT_SEEN',
  /** By a manager, the rep, or a rung of an SLA policy. */
  'PAUSED',
  'PUBLIC_HOLIDAY',
  'OUTSIDE_HOURS',
  /** All day, by a calendar. */
  'BUSY_ALL_DAY',
  /** As the rep says, for a while. */
  'BUSY',
  /** By a calendar. */
  'IN_MEETING',
] as const;
export type AbsenceReason = (typeof ABSENCES)[number];

/** What a pool passes members over for unless it says otherwise. */
export const DEFAULT_SKIPS: readonly AbsenceReason[] = ABSENCES.filter((reason) => reason !== 'IN_MEETING');

/** Absences that last: somebody stands in, and pools choose whether they are caught up with. */
export const DECLARED: ReadonlySet<AbsenceReason> = new Set(['OUT_OF_OFFICE', 'NOT_SEEN', 'PAUSED']);

/** From when to when, in ms since 1970; the end is not part of it. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** An absence that somebody has declared. */
export interface Leave extends Span {
  /** Who takes the rep's accounts' leads meanwhile; null for the rep's backup. */
  readonly delegateId: string | null;
}

export const BUSY_KINDS = ['MEETING', 'ALL_DAY', 'OUT_OF_OFFICE'] as const;

/** What a calendar says. */
export interface BusyTime extends Span {
  readonly kind: (typeof BUSY_KINDS)[number];
}

/** What a calendar said when it was last read. */
export interface CalendarCopy {
  /** In ms since 1970. */
  readonly syncedAt: number;
  readonly busy: readonly BusyTime[];
}

/** What is known of a rep's being there, beside their working hours. */
export interface Presence {
  /** Null when not paused. */
  readonly pause: { /** Null for until further notice. */ readonly until: number | null; readonly by: string } | null;
  /** As the rep says; null for not. */
  readonly busyUntil: number | null;
  readonly leaves: readonly Leave[];
  readonly calendars: Readonly<Record<string, CalendarCopy>>;
  /** In ms since 1970; null for never, which is no absence. */
  readonly lastSeenAt: number | null;
}

export const ALWAYS_THERE: Presence = { pause: null, busyUntil: null, leaves: [], calendars: {}, lastSeenAt: null };

/** What the workspace has set up for all. */
export interface PresenceRules {
  /** Working time without a sign of life after which a rep is taken to be away, in ms; null for never. */
  readonly notSeenAfterMs: number | null;
}

/** A calendar that could not be read for so long says nothing any more: its rep is taken to be there. */
export const CALENDAR_STALE_MS = 3_600_000;

export const isStale = ({ syncedAt }: CalendarCopy, at: number): boolean => at >= syncedAt + CALENDAR_STALE_MS;

export interface Absence {
  readonly reason: AbsenceReason;
  /** When it ends, as far as is known, in ms since 1970; null where it is not. */
  readonly until: number | null;
  /** OUT_OF_OFFICE: who stands in; null for the rep's backup. */
  readonly delegateId: string | null;
  /** Where it ends outside working hours: when work begins after it, in ms since 1970; null for never. */
  readonly backAt?: number | null;
}

/** A moment that may never come, as it is kept. */
const finite = (moment: number): number | null => (Number.isFinite(moment) ? moment : null);

export interface Absences {
  /** In the order of ABSENCES; empty for who is there. */
  readonly absences: readonly Absence[];
  /** Until when this holds, in ms since 1970; infinite where nothing is going to change. */
  readonly validUntil: number;
}

/**
 * Why a rep is not there at a moment.
 *
 * @param hours null for always
 * @param at in ms since 1970
 */
export function absencesAt(
  presence: Presence,
  hours: WorkingHours | null,
  at: number,
  { notSeenAfterMs }: PresenceRules,
): Absences {
  const { pause, busyUntil, leaves, lastSeenAt } = presence;
  const absences: Absence[] = [];
  let validUntil = Number.POSITIVE_INFINITY;
  const changesAt = (moment: number): void => {
    if (moment > at && moment < validUntil) validUntil = moment;
  };
  const add = (reason: AbsenceReason, until: number | null, delegateId: string | null = null): void => {
    const absence = { reason, until: until === null ? null : finite(until), delegateId };
    const after = absence.until === null || hours === null ? null : workingMoment(hours, absence.until);
    absences.push(after === null || after.working ? absence : { ...absence, backAt: finite(after.until) });
  };

  const copies = Object.values(presence.calendars);
  for (const copy of copies) changesAt(copy.syncedAt + CALENDAR_STALE_MS);
  const busy = copies.filter((copy) => !isStale(copy, at)).flatMap((copy) => copy.busy);
  const ofKind = (kind: BusyTime['kind']): readonly BusyTime[] => busy.filter((time) => time.kind === kind);

  const away = [...leaves, ...ofKind('OUT_OF_OFFICE').map((time) => ({ ...time, delegateId: null }))];
  const leave = covering(away, at, changesAt);
  // A calendar may show the same leave for longer, and names nobody.
  const delegating = covering(
    leaves.filter(({ delegateId }) => delegateId !== null),
    at,
    changesAt,
  );
  if (leave) add('OUT_OF_OFFICE', endOf(away, leave), delegating?.delegateId ?? null);
  if (lastSeenAt !== null && notSeenAfterMs !== null) {
    const unseenFrom =
      hours === null ? lastSeenAt + notSeenAfterMs : afterWorkingTime(hours, lastSeenAt, notSeenAfterMs);
    changesAt(unseenFrom);
    if (unseenFrom <= at) add('NOT_SEEN', null);
  }
  if (pause !== null && (pause.until === null || at < pause.until)) {
    if (pause.until !== null) changesAt(pause.until);
    add('PAUSED', pause.until);
  }
  if (hours !== null) {
    const { working, holiday, until } = workingMoment(hours, at);
    changesAt(until);
    if (!working) {
      // In the course of a holiday it changes, by the week, whether it is the holiday that keeps from work.
      changesAt(workingMoment({ ...hours, isHoliday: () => false }, at).until);
      add(holiday ? 'PUBLIC_HOLIDAY' : 'OUTSIDE_HOURS', until);
    }
  }
  const allDay = ofKind('ALL_DAY');
  const day = covering(allDay, at, changesAt);
  if (day) add('BUSY_ALL_DAY', endOf(allDay, day));
  if (busyUntil !== null && at < busyUntil) {
    changesAt(busyUntil);
    add('BUSY', busyUntil);
  }
  const meetings = ofKind('MEETING');
  const meeting = covering(meetings, at, changesAt);
  if (meeting) add('IN_MEETING', endOf(meetings, meeting));
  return { absences, validUntil };
}

const PAUSED_BY_STATUS: Absence = { reason: 'PAUSED', until: null, delegateId: null };

/** With what the rep's status says, in the order of ABSENCES. */
export const withStatus = (absences: readonly Absence[], status: RepStatus): readonly Absence[] =>
  status === 'PAUSED'
    ? [PAUSED_BY_STATUS, ...absences].sort((a, b) => ABSENCES.indexOf(a.reason) - ABSENCES.indexOf(b.reason))
    : absences;

/** The span a moment lies in, of several the one that lasts longest; tells of each when it begins or ends. */
function covering<Each extends Span>(
  spans: readonly Each[],
  at: number,
  changesAt: (moment: number) => void,
): Each | undefined {
  let longest: Each | undefined;
  for (const span of spans) {
    changesAt(span.from);
    changesAt(span.until);
    if (span.from <= at && at < span.until && (longest === undefined || span.until > longest.until)) longest = span;
  }
  return longest;
}

/** When spans that follow each other without a gap end. */
function endOf(spans: readonly Span[], first: Span): number {
  let { until } = first;
  for (;;) {
    const next = spans.find((span) => span.from <= until && span.until > until);
    if (!next) return until;
    until = next.until;
  }
}
