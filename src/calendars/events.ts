import ICAL from 'ical.js';
import {
  type CalendarText,
  firstProperty,
  firstText,
  firstValue,
  type JsonComponent,
  type JsonProperty,
  parameter,
  parseWall,
  propertiesOf,
  type Wall,
} from './jsonCalendar.ts';
import type { Steps } from './recurrence.ts';
import { UTC, type Zone, zonesOf } from './zones.ts';

const DAY_MS = 86_400_000;
/** A century: longer events would end when no calendar does any more. */
const MAX_DAYS = 36_525;
/** In characters; a name is looked for in it. */
const MAX_SUMMARY = 500;

/** A date or time; without a zone it means that of who reads it. */
export interface Moment extends Wall {
  readonly zone: Zone | null;
}

/** Days by the calendar, then time by the stopwatch (RFC 5545, 3.3.6). */
export interface Length {
  readonly days: number;
  readonly restMs: number;
}

/** How an event ends. */
export type Ending = { readonly end: Moment } | { readonly length: Length };

export interface Attendee {
  readonly address: string;
  readonly hasDeclined: boolean;
}

export interface CalendarEvent {
  readonly start: Moment;
  readonly ending: Ending;
  /** As jCal writes them. */
  readonly rules: readonly unknown[];
  readonly extraStarts: readonly { readonly start: Moment; readonly ending: Ending | null }[];
  readonly excluded: readonly Moment[];
  /** Which occurrence of its series it stands for; null for the series itself. */
  readonly replaces: Moment | null;
  /** Stands for the later occurrences too. */
  readonly changesFollowing: boolean;
  readonly isCancelled: boolean;
  /** Blocks no time. */
  readonly isFree: boolean;
  readonly isOutOfOffice: boolean;
  readonly attendees: readonly Attendee[];
  readonly organizer: string | null;
  readonly summary: string;
}

/** An event with those that stand for single occurrences of it. */
export interface Series {
  readonly events: readonly CalendarEvent[];
  readonly replacements: readonly CalendarEvent[];
}

/** An event that has no readable beginning is passed over. */
export function readSeries({ zones, events }: CalendarText, steps: Steps): Series[] {
  const zoneOf = zonesOf(zones, steps);
  const series = new Map<string, { events: CalendarEvent[]; replacements: CalendarEvent[] }>();
  for (const [index, component] of events.entries()) {
    const event = readEvent(component, zoneOf);
    if (!event) continue;
    const uid = firstText(component, 'uid') ?? `${index}`;
    const found = series.get(uid) ?? { events: [], replacements: [] };
    series.set(uid, found);
    (event.replaces ? found.replacements : found.events).push(event);
  }
  return [...series.values()];
}

function readEvent(component: JsonComponent, zoneOf: (tzid: string) => Zone): CalendarEvent | null {
  const momentOf = (property: JsonProperty | null, value: unknown = property?.[3]): Moment | null => {
    const wall = parseWall(value);
    if (!wall || !property) return null;
    const tzid = parameter(property, 'tzid');
    const zone = wall.isUtc ? UTC : tzid === null || tzid === '' || wall.isDate ? null : zoneOf(tzid);
    return { ...wall, zone };
  };
  const momentsOf = (name: string): Moment[] =>
    propertiesOf(component, name).flatMap((property) =>
      property.slice(3).flatMap((value) => momentOf(property, value) ?? []),
    );
  const start = momentOf(firstProperty(component, 'dtstart'));
  if (!start) return null;
  const recurrenceId = firstProperty(component, 'recurrence-id');
  const busyStatus = firstText(component, 'x-microsoft-cdo-busystatus')?.toUpperCase();
  return {
    start,
    ending: endingOf(component, start, momentOf(firstProperty(component, 'dtend'))),
    rules: propertiesOf(component, 'rrule').map(([, , , value]) => value),
    extraStarts: propertiesOf(component, 'rdate').flatMap((property) =>
      property.slice(3).flatMap((value) => {
        const [from, to] = Array.isArray(value) ? value : [value, null];
        const first = momentOf(property, from);
        if (!first) return [];
        const end = momentOf(property, to);
        return { start: first, ending: end ? { end } : to === null ? null : { length: lengthOf(to) } };
      }),
    ),
    excluded: momentsOf('exdate'),
    replaces: momentOf(recurrenceId),
    changesFollowing: recurrenceId !== null && parameter(recurrenceId, 'range')?.toUpperCase() === 'THISANDFUTURE',
    isCancelled: firstText(component, 'status')?.toUpperCase() === 'CANCELLED',
    isFree:
      firstText(component, 'transp')?.toUpperCase() === 'TRANSPARENT' ||
      busyStatus === 'FREE' ||
      busyStatus === 'WORKINGELSEWHERE',
    isOutOfOffice: busyStatus === 'OOF',
    attendees: propertiesOf(component, 'attendee').flatMap((property) => {
      const hasDeclined = parameter(property, 'partstat')?.toUpperCase() === 'DECLINED';
      return addressesOf(property).map((address) => ({ address, hasDeclined }));
    }),
    organizer: propertiesOf(component, 'organizer').flatMap(addressesOf)[0] ?? null,
    summary: (firstText(component, 'summary') ?? '').slice(0, MAX_SUMMARY),
  };
}

function endingOf(component: JsonComponent, start: Moment, end: Moment | null): Ending {
  if (end) return { end };
  const duration = firstValue(component, 'duration');
  if (duration !== undefined) return { length: lengthOf(duration) };
  return { length: { days: start.isDate ? 1 : 0, restMs: 0 } };
}

/** @param value a DURATION, such as `P1DT2H`; one that cannot be read or is negative has no length */
function lengthOf(value: unknown): Length {
  const none = { days: 0, restMs: 0 };
  if (typeof value !== 'string' || !ICAL.Duration.isValueString(value)) return none;
  try {
    const { weeks, days, hours, minutes, seconds, isNegative } = ICAL.Duration.fromString(value);
    if (isNegative) return none;
    const restMs = (hours * 3_600 + minutes * 60 + seconds) * 1_000;
    return { days: Math.min(weeks * 7 + days, MAX_DAYS), restMs: Math.min(restMs, MAX_DAYS * DAY_MS) };
  } catch {
    return none;
  }
}

/** E-mail addresses of an attendee or organizer, in lower case. */
function addressesOf(property: JsonProperty): string[] {
  const named = [property[3], parameter(property, 'email')];
  return named
    .flatMap((each) =>
      typeof each === 'string'
        ? each
            .replace(/^mailto:/i, '')
            .trim()
            .toLowerCase()
        : [],
    )
    .filter((address) => address.includes('@'));
}

/** How long an event lasts, of one that covers whole days in days. */
export function measure(start: Moment, ending: Ending, floating: Zone): Length {
  if ('length' in ending) return start.isDate ? { days: Math.max(1, ending.length.days), restMs: 0 } : ending.length;
  const { end } = ending;
  const days = Math.max(0, Math.floor((end.wall - start.wall) / DAY_MS));
  if (start.isDate) return { days: Math.max(1, days), restMs: 0 };
  const at = (moment: Moment, wall = moment.wall): number => (moment.zone ?? floating).toInstant(wall);
  if (start.zone !== end.zone) return { days: 0, restMs: Math.max(0, at(end) - at(start)) };
  return { days, restMs: Math.max(0, at(end) - at(start, start.wall + days * DAY_MS)) };
}
