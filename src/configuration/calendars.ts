import { v7 } from 'uuid';
import { z } from 'zod';
import type { Lanes } from '../assignment/lanes.ts';
import { setCalendarCopies } from '../assignment/presence.ts';
import type { CalendarSource, HrSource } from '../calendars/sources.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import type { Calendar } from '../db/generated/client.ts';
import { InvalidInput, Refusal } from '../domain/errors.ts';
import { line } from '../intake/text.ts';
import { given, parse } from './inputs.ts';

/*
 * Calendars outside that say when reps are busy. They are no part of what plans are made of: decisions go by what was
 * last read of them.
 */

export interface CalendarContext {
  readonly database: Database;
  readonly workspaceId: string;
  readonly lanes: Lanes;
  readonly clock: Clock;
}

export const CALENDAR_KINDS = ['ICS', 'CALDAV', 'GOOGLE', 'MICROSOFT', 'HR'] as const;

/** Calendars of one rep, and HR feeds of one workspace. */
const MAX_CALENDARS = 20;

const text = (max: number) =>
  line(max)
    .refine((value) => value !== null, { error: 'must not be empty' })
    .transform((value) => value as string);
const address = text(2_000).refine((value) => /^(https?|webcals?):\/\//i.test(value), {
  error: 'must be an address such as https://calendar.example.com/ada.ics',
});
const secret = z
  .string()
  .min(1, { error: 'must not be empty' })
  .max(10_000, { error: 'has more than 10,000 characters' });

const sources = {
  ICS: z.strictObject({ url: address }),
  HR: z.strictObject({ url: address }),
  CALDAV: z.strictObject({ url: address, username: text(300), password: secret }),
  GOOGLE: z.strictObject({
    calendarId: text(300),
    clientEmail: text(300),
    privateKey: secret,
    tokenUrl: address.default('https://oauth2.googleapis.com/token'),
    baseUrl: address.default('https://www.googleapis.com'),
  }),
  MICROSOFT: z.strictObject({
    mailbox: text(300),
    tenantId: text(100),
    clientId: text(100),
    clientSecret: secret,
    loginUrl: address.default('https://login.microsoftonline.com'),
    baseUrl: address.default('https://graph.microsoft.com'),
  }),
} as const;

type Kind = keyof typeof sources;

/** What is given for one kind: the field of its name, and none of the others. */
function sourceOf(kind: Kind, input: Readonly<Record<string, unknown>>): CalendarSource | HrSource {
  const field = kind.toLowerCase();
  const path = [field];
  const other = Object.keys(sources).find((name) => name !== kind && input[name.toLowerCase()] != null);
  if (other)
    throw new InvalidInput([{ path: [other.toLowerCase()], message: `is not for a calendar of kind ${kind}` }]);
  const source = input[field];
  if (source == null) throw new InvalidInput([{ path, message: `is missing for a calendar of kind ${kind}` }]);
  const fields = parse(sources[kind], withoutNulls(source as object), path);
  if (kind !== 'GOOGLE') return { kind, ...fields } as CalendarSource;
  const { calendarId, baseUrl, ...serviceAccount } = fields as z.output<(typeof sources)['GOOGLE']>;
  return { kind, calendarId, baseUrl, serviceAccount };
}

const withoutNulls = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));

const nameSchema = text(200);

/**
 * Adds a calendar; it is read at once.
 *
 * @param repId null for an HR feed
 * @throws InvalidInput
 */
export async function createCalendar(
  { database, workspaceId, clock }: CalendarContext,
  repId: string | null,
  input: { readonly name: string; readonly kind: Kind },
): Promise<Calendar> {
  const name = parse(nameSchema, input.name, ['name']);
  const source = sourceOf(input.kind, input as unknown as Record<string, unknown>);
  const count = await database.prisma.calendar.count({ where: { workspaceId, repId } });
  if (count >= MAX_CALENDARS) {
    throw new InvalidInput([{ path: ['repId'], message: `has ${MAX_CALENDARS} calendars already; remove one first` }]);
  }
  const now = clock.now();
  return database.prisma.calendar.create({
    data: {
      workspaceId,
      id: v7(),
      name,
      repId,
      kind: input.kind,
      source: source as object,
      nextSyncAt: now,
      attempt: 0,
      unmatched: 0,
      alerted: false,
      createdAt: now,
      updatedAt: now,
    },
  });
}

/** Changes the name, or where it is read; then it is read at once. @throws InvalidInput; Refusal NOT_FOUND */
export async function updateCalendar(
  { database, workspaceId, clock }: CalendarContext,
  calendar: Calendar,
  input: { readonly name?: string | null | undefined },
): Promise<Calendar> {
  const fields = given(input) as Readonly<Record<string, unknown>>;
  const hasSource = Object.keys(sources).some((kind) => fields[kind.toLowerCase()] != null);
  const now = clock.now();
  return database.prisma.calendar.update({
    where: { workspaceId_id: { workspaceId, id: calendar.id } },
    data: {
      ...(input.name == null ? {} : { name: parse(nameSchema, input.name, ['name']) }),
      // Whatever is being read from where it was before is not written any more.
      ...(hasSource && {
        source: sourceOf(calendar.kind, fields) as object,
        tag: null,
        nextSyncAt: now,
        attempt: { increment: 1 },
      }),
      updatedAt: now,
    },
  });
}

/** Lets a calendar be read now. */
export const readNow = ({ database, workspaceId, clock }: CalendarContext, { id }: Calendar): Promise<Calendar> =>
  database.prisma.calendar.update({
    where: { workspaceId_id: { workspaceId, id } },
    data: { nextSyncAt: clock.now() },
  });

/** Removes a calendar, and what it said. @throws Refusal NOT_FOUND */
export async function deleteCalendar(
  { database, workspaceId, lanes, clock }: CalendarContext,
  { id }: Calendar,
): Promise<void> {
  const { count } = await database.prisma.calendar.deleteMany({ where: { workspaceId, id } });
  if (count === 0) throw new Refusal('NOT_FOUND', 'There is no such calendar.');
  await lanes.run(workspaceId, setCalendarCopies(id, clock.now(), new Map()));
}
