import { v7 } from 'uuid';
import { z } from 'zod';
import type { Lanes } from '../assignment/lanes.ts';
import { setCalendarCopies } from '../assignment/presence.ts';
import type { CalendarSource, HrSource } from '../calendars/sources.ts';
import type { Calendar } from '../db/generated/client.ts';
import { InvalidInput, Refusal } from '../domain/errors.ts';
import { line } from '../intake/text.ts';
import { NO_KEYS, type Secrets } from '../secrets/seal.ts';
import { sealSource } from '../secrets/stored.ts';
import { type ConfigurationContext, changeConfiguration } from './change.ts';
import { given, parse } from './inputs.ts';

/*
 * Calendars outside that say when reps are busy. They are no part of what plans are made of: decisions go by what was
 * last read of them.
 */

export interface CalendarContext extends ConfigurationContext {
  readonly lanes: Lanes;
  readonly secrets: Secrets;
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

/** @throws InvalidInput where there is no key to keep it with */
function sealed(secrets: Secrets, place: Pick<Calendar, 'workspaceId' | 'id' | 'kind'>, source: object): string {
  if (secrets.keyId === null)
    throw new InvalidInput([{ path: [place.kind.toLowerCase()], message: `cannot be kept: ${NO_KEYS}` }]);
  return sealSource(secrets, place, source);
}

const INSERT = 'INSERT INTO "Calendar" SELECT * FROM json_populate_record(NULL::"Calendar", $1) RETURNING *';

/**
 * Adds a calendar; it is read at once.
 *
 * @param repId null for an HR feed
 * @throws InvalidInput
 */
export async function createCalendar(
  context: CalendarContext,
  repId: string | null,
  input: { readonly name: string; readonly kind: Kind },
): Promise<Calendar> {
  const { workspaceId, secrets } = context;
  const { kind } = input;
  const name = parse(nameSchema, input.name, ['name']);
  const id = v7();
  const source = sealed(
    secrets,
    { workspaceId, id, kind },
    sourceOf(kind, input as unknown as Record<string, unknown>),
  );
  return changeConfiguration(context, 'createCalendar', async ({ client, now, note }) => {
    const { rows: others } = await client.query<{ count: number }>(
      'SELECT count(*)::int AS "count" FROM "Calendar" WHERE "workspaceId" = $1 AND "repId" IS NOT DISTINCT FROM $2',
      [workspaceId, repId],
    );
    if ((others[0]?.count ?? 0) >= MAX_CALENDARS) {
      throw new InvalidInput([
        { path: ['repId'], message: `has ${MAX_CALENDARS} calendars already; remove one first` },
      ]);
    }
    const dates = { nextSyncAt: now, createdAt: now, updatedAt: now };
    const calendar = { workspaceId, id, name, repId, kind, source, ...dates, attempt: 0, unmatched: 0, alerted: false };
    const { rows } = await client.query<Calendar>(INSERT, [JSON.stringify(calendar)]);
    note({ calendar: id, name, kind, rep: repId });
    return rows[0] as Calendar;
  });
}

/* Whatever is being read from where it was before is not written any more. */
const UPDATE = `
  UPDATE "Calendar" SET
    "name" = coalesce($3, "name"), "updatedAt" = $5, "source" = coalesce($4, "source"),
    "tag" = CASE WHEN $4::text IS NULL THEN "tag" END,
    "nextSyncAt" = CASE WHEN $4::text IS NULL THEN "nextSyncAt" ELSE $5 END,
    "attempt" = CASE WHEN $4::text IS NULL THEN "attempt" ELSE "attempt" + 1 END
  WHERE "workspaceId" = $1 AND "id" = $2 RETURNING *`;

/** Changes the name, or where it is read; then it is read at once. @throws InvalidInput; Refusal NOT_FOUND */
export async function updateCalendar(
  context: CalendarContext,
  calendar: Calendar,
  input: { readonly name?: string | null | undefined },
): Promise<Calendar> {
  const { workspaceId, secrets } = context;
  const fields = given(input) as Readonly<Record<string, unknown>>;
  const hasSource = Object.keys(sources).some((kind) => fields[kind.toLowerCase()] != null);
  const name = input.name == null ? null : parse(nameSchema, input.name, ['name']);
  const source = hasSource ? sealed(secrets, calendar, sourceOf(calendar.kind, fields)) : null;
  return changeConfiguration(context, 'updateCalendar', async ({ client, now, note }) => {
    const { rows } = await client.query<Calendar>(UPDATE, [workspaceId, calendar.id, name, source, now]);
    const [updated] = rows;
    if (!updated) throw gone();
    note({ calendar: calendar.id, name: updated.name, source: hasSource });
    return updated;
  });
}

const gone = (): Refusal => new Refusal('NOT_FOUND', 'There is no such calendar.');

/** Lets a calendar be read now. */
export const readNow = ({ database, workspaceId, clock }: CalendarContext, { id }: Calendar): Promise<Calendar> =>
  database.prisma.calendar.update({
    where: { workspaceId_id: { workspaceId, id } },
    data: { nextSyncAt: clock.now() },
  });

/** Removes a calendar, and what it said. @throws Refusal NOT_FOUND */
export async function deleteCalendar(context: CalendarContext, { id, name }: Calendar): Promise<void> {
  const { workspaceId, lanes, clock } = context;
  await changeConfiguration(context, 'deleteCalendar', async ({ client, note }) => {
    const text = 'DELETE FROM "Calendar" WHERE "workspaceId" = $1 AND "id" = $2';
    const { rowCount } = await client.query(text, [workspaceId, id]);
    if (rowCount === 0) throw gone();
    note({ calendar: id, name });
  });
  await lanes.run(workspaceId, setCalendarCopies(id, clock.now(), new Map()));
}
