import type { BusyTime, Span } from '../domain/availability.ts';

/** Where a calendar is read, with what it takes. Plain data; secrets stand in it as they are. */
export type CalendarSource = IcsSource | CaldavSource | GoogleSource | MicrosoftSource;

/** A feed at an address: https, or webcal, which means the same. */
export interface IcsSource {
  readonly kind: 'ICS';
  readonly url: string;
}

/** The feed of a personnel department, for all. */
export interface HrSource {
  readonly kind: 'HR';
  readonly url: string;
}

export interface CaldavSource {
  readonly kind: 'CALDAV';
  /** Of one calendar, or of a server, all of whose calendars of the user are read. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** A calendar that is shared with a service account. */
export interface GoogleSource {
  readonly kind: 'GOOGLE';
  /** Mostly the person’s e-mail address. */
  readonly calendarId: string;
  readonly serviceAccount: {
    readonly clientEmail: string;
    /** PEM, PKCS #8. */
    readonly privateKey: string;
    /** `https://oauth2.googleapis.com/token` */
    readonly tokenUrl: string;
  };
  /** `https://www.googleapis.com` */
  readonly baseUrl: string;
}

/** A mailbox of a tenant that has given an application the permission Calendars.ReadBasic or Calendars.Read. */
export interface MicrosoftSource {
  readonly kind: 'MICROSOFT';
  /** Its address or user principal name. */
  readonly mailbox: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** `https://login.microsoftonline.com` */
  readonly loginUrl: string;
  /** `https://graph.microsoft.com` */
  readonly baseUrl: string;
}

export interface ReadOptions {
  /** IANA: the owner’s. */
  readonly timeZone: string;
  /** The owner’s. */
  readonly email: string;
  readonly allowPrivate: boolean;
  /** As the reading before gave it; null for none. */
  readonly previousTag: string | null;
}

export interface CalendarReading {
  readonly busy: readonly BusyTime[];
  /** To be handed back with the next reading; null where the source has none. */
  readonly tag: string | null;
}

const DAY_MS = 86_400_000;
/** Microsoft answers for less than 42 days at a time (62 since 2024). */
const PART_MS = 41 * DAY_MS;

/** A window in parts that a provider answers for at once. */
export function partsOf({ from, until }: Span): Span[] {
  const parts: Span[] = [];
  for (let start = from; start < until; start += PART_MS)
    parts.push({ from: start, until: Math.min(until, start + PART_MS) });
  return parts;
}
