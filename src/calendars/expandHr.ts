import type { BusyTime, Span } from '../domain/availability.ts';
import { toBusyTimes, wholeDays } from './busyTimes.ts';
import { type CalendarEvent, readSeries, type Series } from './events.ts';
import { parseCalendar } from './jsonCalendar.ts';
import { occurrencesOf } from './occurrences.ts';
import { countSteps } from './recurrence.ts';
import { ianaZone, UTC, type Zone } from './zones.ts';

/** Somebody an absence may be of. */
export interface Person {
  readonly repId: string;
  readonly name: string;
  readonly email: string;
  /** IANA: of days, and of times that name no zone. */
  readonly timeZone: string;
}

export interface HrAbsences {
  /** All of kind OUT_OF_OFFICE, in order, at most 1,000 each; who has none is not listed. */
  readonly byRep: ReadonlyMap<string, readonly BusyTime[]>;
  /** How many events of the window are of nobody who is known. */
  readonly unmatched: number;
}

/**
 * Who is away by the calendar of a personnel department: each event is an absence, except cancelled ones, also one that
 * is marked as free. Days are days in the zone of who is away; times stay times.
 *
 * An event is of those who are its attendees by e-mail address, else of its organizer, else of the one whose full name
 * stands in the summary.
 *
 * @param text iCalendar (RFC 5545)
 * @param window in ms since 1970
 * @throws CalendarFault NOT_A_CALENDAR, TOO_LARGE, UNKNOWN_TIME_ZONE, TOO_MANY_REPEATS
 */
export function expandHr(text: string, window: Span, people: readonly Person[]): HrAbsences {
  const steps = countSteps();
  const peopleOf = createMatcher(people);
  const zones = new Map(people.map(({ timeZone }) => [timeZone, ianaZone(timeZone)]));
  const away = new Map<Person, Span[]>();
  const spansOf = (person: Person): Span[] => {
    const spans = away.get(person) ?? [];
    away.set(person, spans);
    return spans;
  };
  let unmatched = 0;
  const add = (
    series: Series,
    within: Span,
    floating: Zone,
    tell: (event: CalendarEvent, span: Span) => void,
  ): void => {
    for (const { event, from, until } of occurrencesOf(series, within, floating, steps))
      if (!event.isCancelled) tell(event, { from, until });
  };
  for (const series of readSeries(parseCalendar(text), steps)) {
    const events = [...series.events, ...series.replacements];
    const matches = new Map(events.map((event) => [event, peopleOf(event)]));
    for (const person of new Set([...matches.values()].flat())) {
      const within = wholeDays(window, person.timeZone);
      add(series, within, zones.get(person.timeZone) ?? UTC, (event, span) => {
        if (matches.get(event)?.includes(person)) spansOf(person).push(span);
      });
    }
    const strangers = new Set(events.filter((event) => matches.get(event)?.length === 0));
    if (strangers.size === 0) continue;
    const seen = new Set<CalendarEvent>();
    add(series, window, UTC, (event) => seen.add(event));
    unmatched += [...seen].filter((event) => strangers.has(event)).length;
  }
  const byRep = new Map<string, readonly BusyTime[]>();
  for (const [{ repId, timeZone }, spans] of away) {
    const times = toBusyTimes({ timed: [], days: [], away: spans }, window, timeZone);
    if (times.length > 0) byRep.set(repId, times);
  }
  return { byRep, unmatched };
}

function createMatcher(people: readonly Person[]): (event: CalendarEvent) => readonly Person[] {
  const byEmail = new Map(people.map((person) => [person.email.trim().toLowerCase(), person]));
  const byFirstWord = new Map<string, { readonly words: readonly string[]; readonly person: Person }[]>();
  for (const person of people) {
    for (const words of spellingsOf(person.name)) {
      const [first = ''] = words;
      byFirstWord.set(first, [...(byFirstWord.get(first) ?? []), { words, person }]);
    }
  }

  /** Nobody where several people are named, except where one name is part of a longer one. */
  function named(summary: string): readonly Person[] {
    const words = wordsOf(summary);
    const found = words.flatMap((word, from) =>
      (byFirstWord.get(word) ?? [])
        .filter((name) => name.words.every((each, index) => each === words[from + index]))
        .map(({ person, words: { length } }) => ({ person, from, to: from + length })),
    );
    const longest = found.filter(
      (name) =>
        !found.some(
          (other) => other.from <= name.from && name.to <= other.to && other.to - other.from > name.to - name.from,
        ),
    );
    const [only, ...others] = new Set(longest.map(({ person }) => person));
    return only && others.length === 0 ? [only] : [];
  }

  return ({ attendees, organizer, summary }) => {
    const attending = attendees.flatMap(({ address }) => byEmail.get(address) ?? []);
    if (attending.length > 0) return [...new Set(attending)];
    const organizing = organizer === null ? undefined : byEmail.get(organizer);
    return organizing ? [organizing] : named(summary);
  };
}

/** A full name as it may be written: `Ada Lovelace`, `Lovelace, Ada`. One word alone is no full name. */
function spellingsOf(name: string): string[][] {
  const words = wordsOf(name);
  if (words.length < 2) return [];
  return [words, [...words.slice(-1), ...words.slice(0, -1)]];
}

/** Without case and accents. */
const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
