import { Temporal } from 'temporal-polyfill';
import { isTimeZone } from '../domain/localTime.ts';
import { CalendarFault } from './fault.ts';
import { firstText, firstValue, type JsonComponent, parseWall, propertiesOf } from './jsonCalendar.ts';
import { type Steps, wallsOf } from './recurrence.ts';

/*
 * From what the clock on the wall shows to a moment. A wall time is the number of ms since 1970 there would be were the
 * clock one of UTC. What a change of the clock leaves out is read with the offset from before it; of two moments the
 * first is meant (RFC 5545, 3.3.5).
 */

export interface Zone {
  /**
   * @param wall as above
   * @returns ms since 1970
   * @throws CalendarFault UNKNOWN_TIME_ZONE
   */
  toInstant(wall: number): number;
}

export const UTC: Zone = { toInstant: (wall) => wall };

/** @param name IANA */
export function ianaZone(name: string): Zone {
  return {
    toInstant: (wall) =>
      // As UTC has neither gaps nor repeats, its clock shows every wall time.
      Temporal.Instant.fromEpochMilliseconds(wall)
        .toZonedDateTimeISO('UTC')
        .toPlainDateTime()
        .toZonedDateTime(name, { disambiguation: 'compatible' }).epochMilliseconds,
  };
}

/** What the calendar itself says of a zone comes first, then the IANA list. */
export function zonesOf(definitions: readonly JsonComponent[], steps: Steps): (tzid: string) => Zone {
  const defined = new Map(definitions.map((definition) => [firstText(definition, 'tzid') ?? '', definition]));
  const zones = new Map<string, Zone>();
  return (tzid) => {
    const known = zones.get(tzid);
    if (known) return known;
    const definition = defined.get(tzid);
    const zone = (definition && definedZone(definition, steps)) ?? namedZone(tzid);
    zones.set(tzid, zone);
    return zone;
  };
}

/** Some programs put their own name before that of the zone: `/mozilla.org/20050126_1/Europe/Berlin`. */
function namedZone(tzid: string): Zone {
  const parts = tzid.split('/');
  for (let from = 0; from < Math.min(parts.length, 8); from += 1) {
    const name = parts.slice(from).join('/');
    if (name !== '' && isTimeZone(name)) return ianaZone(name);
  }
  return {
    toInstant: () => {
      throw new CalendarFault(
        'UNKNOWN_TIME_ZONE',
        `An event is in the time zone "${tzid.slice(0, 100)}", which the calendar does not define and nobody else knows. ` +
          'Give the event a zone such as Europe/Berlin, or have the calendar exported with its time zones (VTIMEZONE).',
      );
    },
  };
}

/** From when on an offset holds. */
interface Onset {
  /** The first wall time that is read with the offset. */
  readonly wall: number;
  readonly offsetMs: number;
  readonly offsetBeforeMs: number;
}

/** Between these the changes of a zone that go on for ever are worked out. */
const FIRST_WALL = Date.UTC(1990, 0, 1);
const LAST_WALL = Date.UTC(2050, 0, 1);

/** A zone as a VTIMEZONE defines it; null for one that says nothing. */
function definedZone([, , observances]: JsonComponent, steps: Steps): Zone | null {
  let onsets: readonly Onset[] | null = null;
  const workOut = (): readonly Onset[] =>
    observances.flatMap((observance) => onsetsOf(observance, steps)).sort((a, b) => a.wall - b.wall);
  if (!observances.some((observance) => offsetOf(observance, 'tzoffsetto') !== null)) return null;
  return {
    toInstant: (wall) => {
      onsets ??= workOut();
      steps.spend(onsets.length / 100);
      const next = onsets.findIndex((onset) => onset.wall > wall);
      const last = onsets.at(next === -1 ? -1 : next - 1);
      if (next === 0 || last === undefined) return wall - (onsets[0]?.offsetBeforeMs ?? 0);
      return wall - last.offsetMs;
    },
  };
}

function onsetsOf(observance: JsonComponent, steps: Steps): Onset[] {
  const offsetMs = offsetOf(observance, 'tzoffsetto');
  const offsetBeforeMs = offsetOf(observance, 'tzoffsetfrom') ?? offsetMs;
  const start = parseWall(firstValue(observance, 'dtstart'));
  if (offsetMs === null || offsetBeforeMs === null || start === null) return [];
  const walls = [start.wall];
  for (const [, , , ...values] of propertiesOf(observance, 'rdate'))
    walls.push(...values.map((value) => parseWall(value)?.wall ?? start.wall));
  for (const [, , , value] of propertiesOf(observance, 'rrule')) {
    // Of those that have ended, the last one holds for ever.
    const from = hasEnd(value) ? Number.NEGATIVE_INFINITY : FIRST_WALL;
    const toInstant = (wall: number): number => wall - offsetBeforeMs;
    for (const wall of wallsOf(value, start, { from, until: LAST_WALL, toInstant }, steps)) walls.push(wall);
  }
  // Put forward, the clock leaves out the times in between, which are read with the offset from before.
  const leftOutMs = Math.max(0, offsetMs - offsetBeforeMs);
  return walls.map((wall) => ({ wall: wall + leftOutMs, offsetMs, offsetBeforeMs }));
}

const hasEnd = (rule: unknown): boolean =>
  typeof rule === 'object' && rule !== null && ('until' in rule || 'count' in rule);

/** In ms; null for one that is missing or cannot be. */
function offsetOf(observance: JsonComponent, name: 'tzoffsetto' | 'tzoffsetfrom'): number | null {
  const parts = /^([+-])(\d\d):?([0-5]\d)(?::?([0-5]\d))?$/.exec(firstText(observance, name) ?? '');
  if (!parts) return null;
  const [, sign, hours, minutes, seconds = 0] = parts;
  const offsetMs = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  if (offsetMs >= 86_400_000) return null;
  return sign === '-' ? -offsetMs : offsetMs;
}
