import ICAL from 'ical.js';
import { CalendarFault } from './fault.ts';

/*
 * iCalendar texts as jCal (RFC 7265). Each event is parsed by itself, so that one that is broken does not hide the
 * others.
 */

/** Name, parameters, type, values. */
export type JsonProperty = readonly [string, Readonly<Record<string, unknown>>, string, ...unknown[]];
/** Name, properties, components. */
export type JsonComponent = readonly [string, readonly JsonProperty[], readonly JsonComponent[]];

export const MAX_TEXT_BYTES = 5_000_000;
export const MAX_EVENTS = 10_000;

export interface CalendarText {
  readonly zones: readonly JsonComponent[];
  readonly events: readonly JsonComponent[];
}

/** @throws CalendarFault NOT_A_CALENDAR, TOO_LARGE */
export function parseCalendar(text: string): CalendarText {
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES) throw tooLarge('has more than 5 MB');
  // Some begin with a byte order mark.
  if (!/^\uFEFF?\s*BEGIN:VCALENDAR\s/i.test(text)) {
    throw new CalendarFault(
      'NOT_A_CALENDAR',
      /^\uFEFF?\s*</.test(text)
        ? 'The address answers with a web page instead of a calendar. Copy the calendar’s address in iCal format; it mostly ends in .ics.'
        : 'The address answers with something that is no calendar. Copy the calendar’s address in iCal format; it mostly ends in .ics.',
    );
  }
  const zones: JsonComponent[] = [];
  const events: JsonComponent[] = [];
  let count = 0;
  for (const [name, part] of partsOf(text)) {
    if (name === 'VEVENT') count += 1;
    if (count > MAX_EVENTS) throw tooLarge('has more than 10,000 events');
    const component = parsePart(part);
    if (component) (name === 'VEVENT' ? events : zones).push(component);
  }
  return { zones, events };
}

const tooLarge = (what: string): CalendarFault =>
  new CalendarFault(
    'TOO_LARGE',
    `The calendar ${what}. Share one with fewer events, such as one without the past years.`,
  );

/** The events and time zones of a text, as they stand there. */
function* partsOf(text: string): Generator<readonly [name: 'VEVENT' | 'VTIMEZONE', part: string]> {
  let open: { readonly name: 'VEVENT' | 'VTIMEZONE'; readonly from: number } | null = null;
  for (const { 0: line, 1: step, 2: component, index } of text.matchAll(
    /^(BEGIN|END):(VEVENT|VTIMEZONE)[ \t]*\r?$/gim,
  )) {
    const name = component?.toUpperCase() === 'VEVENT' ? 'VEVENT' : 'VTIMEZONE';
    if (step?.toUpperCase() === 'BEGIN') open = { name, from: index };
    else if (open?.name === name) {
      yield [name, text.slice(open.from, index + line.length)];
      open = null;
    }
  }
}

function parsePart(part: string): JsonComponent | null {
  try {
    return ICAL.parse(part.trim()) as unknown as JsonComponent;
  } catch {
    return null;
  }
}

export const propertiesOf = ([, properties]: JsonComponent, name: string): readonly JsonProperty[] =>
  properties.filter((property) => property[0] === name);

export const firstProperty = ([, properties]: JsonComponent, name: string): JsonProperty | null =>
  properties.find((property) => property[0] === name) ?? null;

export const firstValue = (component: JsonComponent, name: string): unknown => firstProperty(component, name)?.[3];

export function firstText(component: JsonComponent, name: string): string | null {
  const value = firstValue(component, name);
  return typeof value === 'string' ? value.trim() : null;
}

export function parameter([, parameters]: JsonProperty, name: string): string | null {
  const value = parameters[name];
  return typeof value === 'string' ? value.trim() : null;
}

export interface Wall {
  /** The ms since 1970 there would be, were the clock one of UTC. */
  readonly wall: number;
  readonly isDate: boolean;
  readonly isUtc: boolean;
}

const WALL = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(Z)?)?$/;

/** A date or time as jCal writes it; null for one that does not exist. */
export function parseWall(value: unknown): Wall | null {
  const parts = typeof value === 'string' ? WALL.exec(value) : null;
  if (!parts) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const exists = month >= 1 && month <= 12 && new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 60) return null;
  return { wall, isDate: parts[4] === undefined, isUtc: parts[7] === 'Z' };
}
