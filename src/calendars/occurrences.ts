import type { Span } from '../domain/availability.ts';
import { type CalendarEvent, type Ending, type Length, type Moment, measure, type Series } from './events.ts';
import { type Steps, wallsOf } from './recurrence.ts';
import type { Zone } from './zones.ts';

const DAY_MS = 86_400_000;
/** Between any wall time and UTC lies less. */
const ZONE_MS = 2 * DAY_MS;
/** What telling the moment of a wall time costs. */
const CONVERSION_STEPS = 5;

/** Once an event takes place. */
export interface Occurrence extends Span {
  /** What says how: the series, or what stands for this occurrence. */
  readonly event: CalendarEvent;
  /** It names days and no times. */
  readonly isWholeDays: boolean;
}

/**
 * When the events of a series take place.
 *
 * @param within what overlaps it, in ms since 1970
 * @param floating the zone of days, and of times without one
 * @throws CalendarFault UNKNOWN_TIME_ZONE, TOO_MANY_REPEATS
 */
export function* occurrencesOf(series: Series, within: Span, floating: Zone, steps: Steps): Generator<Occurrence> {
  const { events, replacements } = series;
  const toInstant = (moment: Moment, wall = moment.wall): number => (moment.zone ?? floating).toInstant(wall);
  const following = replacements
    .flatMap((event) => (event.changesFollowing && event.replaces ? [{ event, first: event.replaces }] : []))
    .map(({ event, first }) => ({ event, from: toInstant(first), shiftMs: event.start.wall - first.wall }))
    .sort((a, b) => b.from - a.from);
  const latestBefore = (at: number) => following.find(({ from }) => from <= at);
  const shiftMs = Math.max(0, ...following.map((each) => Math.abs(each.shiftMs)));
  const lengthMs = Math.max(0, ...[...events, ...replacements].map(roughLengthMs));
  const near = { from: within.from - lengthMs - shiftMs - ZONE_MS, until: within.until + shiftMs + ZONE_MS };
  const isNear = ({ wall }: Moment): boolean => near.from <= wall && wall < near.until;

  const lengthOf = (event: CalendarEvent): Length => measure(event.start, event.ending, floating);

  function* place(event: CalendarEvent, start: Moment, { days, restMs } = lengthOf(event)): Generator<Occurrence> {
    const from = toInstant(start);
    const until = toInstant(start, start.wall + days * DAY_MS) + restMs;
    if (from < until && from < within.until && until > within.from)
      yield { from, until, event, isWholeDays: start.isDate };
  }

  /** Tells of an occurrence whether it is among some moments; a day stands for all that begin on it. */
  function among(moments: readonly Moment[]): (start: Moment) => boolean {
    const close = moments.filter(isNear);
    steps.spend(close.length * CONVERSION_STEPS);
    const days = new Set(close.filter((each) => each.isDate).map(dayOf));
    const timedDays = new Set(close.filter((each) => !each.isDate).map(dayOf));
    const instants = new Set(close.filter((each) => !each.isDate).map((each) => toInstant(each)));
    return (start) =>
      days.has(dayOf(start)) ||
      (start.isDate ? timedDays.has(dayOf(start)) : instants.size > 0 && instants.has(toInstant(start)));
  }

  const isReplaced = among(replacements.flatMap((event) => event.replaces ?? []));
  const isExcludedFromAll = among(events.flatMap((event) => event.excluded));
  for (const event of replacements) {
    const isExcluded = event.replaces !== null && isExcludedFromAll(event.replaces);
    if (isNear(event.start) && !isExcluded) yield* place(event, event.start);
  }
  for (const event of events) {
    const isExcluded = among(event.excluded);
    for (const { start, ending } of startsOf(event, near, toInstant, steps)) {
      if (!isNear(start)) continue;
      steps.spend(CONVERSION_STEPS + following.length / 100);
      if (isExcluded(start) || isReplaced(start)) continue;
      const change = following.length === 0 ? undefined : latestBefore(toInstant(start));
      if (!change) yield* place(event, start, ending ? measure(start, ending, floating) : undefined);
      else {
        const moved = { ...change.event.start, wall: start.wall + change.shiftMs };
        yield* place(change.event, moved);
      }
    }
  }
}

/** Every beginning an event has by its own rules. */
function* startsOf(
  event: CalendarEvent,
  near: Span,
  toInstant: (moment: Moment, wall?: number) => number,
  steps: Steps,
): Generator<{ readonly start: Moment; readonly ending: Ending | null }> {
  const { start, rules, extraStarts } = event;
  if (rules.length === 0) yield { start, ending: null };
  for (const rule of rules) {
    const window = { ...near, toInstant: (wall: number) => toInstant(start, wall) };
    for (const wall of wallsOf(rule, start, window, steps)) yield { start: { ...start, wall }, ending: null };
  }
  yield* extraStarts;
}

const dayOf = ({ wall }: Moment): number => Math.floor(wall / DAY_MS);

/** Not less than how long any occurrence takes. */
function roughLengthMs({ start, ending, extraStarts }: CalendarEvent): number {
  const lengthMs = (from: Moment, to: Ending): number =>
    'end' in to ? to.end.wall - from.wall + ZONE_MS : (to.length.days + 1) * DAY_MS + to.length.restMs;
  // There may be more of them than a call takes arguments.
  return extraStarts.reduce(
    (longest, each) => (each.ending ? Math.max(longest, lengthMs(each.start, each.ending)) : longest),
    lengthMs(start, ending),
  );
}
