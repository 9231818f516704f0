/** Why a calendar could not be read. The message says what to do and names nothing secret. */
export const CALENDAR_FAULTS = {
  ADDRESS_REFUSED: 'The address is no web address, carries a password, or leads into a private network.',
  UNREACHABLE: 'No answer: no such host, no connection, or too slow.',
  UNAUTHORIZED: 'The other side refuses the user, key or permission.',
  NOT_FOUND: 'There is no such calendar, or it is not shared.',
  REDIRECTED: 'The address leads to another one, which is not followed.',
  THROTTLED: 'Asked too often; `retryAfterSeconds` says when to try again, where the other side does.',
  SERVER_ERROR: 'The other side failed, or answered something that is not documented.',
  TOO_LARGE: 'More than 5 MB or 10,000 events.',
  NOT_A_CALENDAR: 'The text is not an iCalendar text.',
  UNKNOWN_TIME_ZONE: 'An event names a time zone that neither the text nor the IANA list defines.',
  TOO_MANY_REPEATS: 'The events repeat too often to be counted out, such as every second.',
} as const;
export type CalendarFaultCode = keyof typeof CALENDAR_FAULTS;

export class CalendarFault extends Error {
  override readonly name = 'CalendarFault';
  readonly code: CalendarFaultCode;
  /** When the other side wants to be asked again; null where it does not say. */
  readonly retryAfterSeconds: number | null;

  constructor(code: CalendarFaultCode, message: string, retryAfterSeconds: number | null = null) {
    super(message);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
