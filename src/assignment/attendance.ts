import {
  type Absence,
  type Absences,
  ALWAYS_THERE,
  absencesAt,
  type Leave,
  type Presence,
  type PresenceRules,
} from '../domain/availability.ts';
import type { RoutingConfiguration } from '../domain/routingConfiguration.ts';

const MINUTE_MS = 60_000;

/** What of the configuration it goes by. */
export interface AttendanceRules {
  readonly hours: RoutingConfiguration['hours'];
  readonly settings: Pick<RoutingConfiguration['settings'], 'notSeenAfterMinutes'>;
}

const presenceRulesOf = ({ settings }: AttendanceRules): PresenceRules => ({
  notSeenAfterMs: settings.notSeenAfterMinutes === null ? null : settings.notSeenAfterMinutes * MINUTE_MS,
});

export const OPEN_LEADS = ['KEEP', 'DELEGATE', 'REDISTRIBUTE'] as const;

/** A leave as it is kept. */
export interface KnownLeave extends Leave {
  readonly id: string;
  readonly note: string | null;
  /** Name of the principal. */
  readonly by: string;
  /** What becomes of the rep's open leads when it begins. */
  readonly openLeads: (typeof OPEN_LEADS)[number];
}

export interface KnownPresence extends Presence {
  readonly leaves: readonly KnownLeave[];
}

export const NOT_KNOWN: KnownPresence = { ...ALWAYS_THERE, leaves: [] };

/** What is worked out of a presence holds from this moment until something changes. */
interface Remembered extends Absences {
  readonly from: number;
}

/** Who is there: what is known of each rep, with what follows from it remembered until it changes. */
export class Attendance {
  readonly #presences: Map<string, KnownPresence>;
  readonly #remembered = new Map<string, Remembered>();
  #configuration: AttendanceRules | null = null;

  constructor(presences: Iterable<readonly [string, KnownPresence]> = []) {
    this.#presences = new Map(presences);
  }

  /** As planned: declared leaves alone, which are known for any moment; nobody is busy, paused or unseen. */
  asPlanned(): Attendance {
    const planned = Array.from(this.#presences, ([repId, { leaves }]) => [repId, { ...NOT_KNOWN, leaves }] as const);
    return new Attendance(planned);
  }

  presence(repId: string): KnownPresence {
    return this.#presences.get(repId) ?? NOT_KNOWN;
  }

  /** The reps of whom a calendar says something. */
  repsWith(calendarId: string): string[] {
    return [...this.#presences].flatMap(([repId, { calendars }]) =>
      Object.hasOwn(calendars, calendarId) ? [repId] : [],
    );
  }

  set(repId: string, presence: KnownPresence): void {
    this.#presences.set(repId, presence);
    this.#remembered.delete(repId);
  }

  /** @param at in ms since 1970 */
  absences(repId: string, at: number, configuration: AttendanceRules): readonly Absence[] {
    if (this.#configuration?.hours !== configuration.hours || this.#configuration.settings !== configuration.settings) {
      this.#remembered.clear();
      this.#configuration = configuration;
    }
    const known = this.#remembered.get(repId);
    if (known && known.from <= at && at < known.validUntil) return known.absences;
    const hours = configuration.hours.get(repId) ?? null;
    const worked = absencesAt(this.presence(repId), hours, at, presenceRulesOf(configuration));
    this.#remembered.set(repId, { ...worked, from: at });
    return worked.absences;
  }
}
