import { CALENDAR_FAULTS, type CalendarFaultCode } from '../../calendars/fault.ts';
import {
  CALENDAR_KINDS,
  type CalendarContext,
  createCalendar,
  deleteCalendar,
  readNow,
  updateCalendar,
} from '../../configuration/calendars.ts';
import type { Calendar } from '../../db/generated/client.ts';
import { CALENDAR_STALE_MS } from '../../domain/availability.ts';
import { InvalidInput, Refusal } from '../../domain/errors.ts';
import { openSource } from '../../secrets/stored.ts';
import { builder } from '../builder.ts';
import { type Context, configurationContext, signedIn } from '../context.ts';
import { decodeId, encodeId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { teamRep } from '../teamRep.ts';
import { findNode, NodeRef } from './node.ts';
import { loadOptional, RepRef } from './refs.ts';

const CalendarKindRef = builder.enumType('CalendarKind', {
  description:
    'ICS: a feed at an address. CALDAV: a server with user and password. GOOGLE, MICROSOFT: their APIs, free and busy only. HR: a feed of the personnel department, all of whose events are absences.',
  values: CALENDAR_KINDS,
});

const CalendarFaultRef = builder.enumType('CalendarFaultCode', {
  description: 'Why a calendar could not be read.',
  values: Object.fromEntries(
    Object.entries(CALENDAR_FAULTS).map(([code, description]) => [code, { value: code, description }]),
  ) as Record<CalendarFaultCode, { value: CalendarFaultCode; description: string }>,
});

export const CalendarRef = builder.objectRef<Calendar>('Calendar').implement({
  description:
    'A calendar outside that says when a rep is busy. It is read every five minutes, and never while a lead is decided.',
  authScopes: { 'configuration:read': true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('Calendar', id) }),
    name: t.exposeString('name'),
    kind: t.expose('kind', { type: CalendarKindRef }),
    rep: t.field({
      type: RepRef,
      nullable: true,
      description: 'Whose; null for an HR feed.',
      resolve: ({ repId }, _args, { loaders }) => loadOptional(loaders.rep, repId),
    }),
    host: t.string({
      nullable: true,
      description: 'Where it is read; credentials and the rest of the address are never shown.',
      resolve: (calendar, _args, { secrets }) => hostOf(openSource(secrets, calendar)),
    }),
    syncedAt: t.expose('syncedAt', { type: 'DateTime', nullable: true, description: 'When it was last read.' }),
    nextSyncAt: t.expose('nextSyncAt', { type: 'DateTime' }),
    stale: t.boolean({
      description:
        'Whether it could not be read for an hour: it says nothing until it can, and its rep is taken to be there.',
      resolve: ({ syncedAt }, _args, { clock }) =>
        syncedAt !== null && clock.now().getTime() >= syncedAt.getTime() + CALENDAR_STALE_MS,
    }),
    fault: t.field({
      type: CalendarFaultRef,
      nullable: true,
      description: 'Why it could not be read the last time.',
      resolve: ({ faultCode }) => faultCode as CalendarFaultCode | null,
    }),
    faultMessage: t.exposeString('fault', { nullable: true, description: 'With what to do about it.' }),
    unmatched: t.exposeInt('unmatched', { description: 'HR: events that name nobody here.' }),
  }),
});

function hostOf({ url, baseUrl }: { readonly url?: string; readonly baseUrl?: string }): string | null {
  const address = url ?? baseUrl ?? '';
  return URL.canParse(address) ? new URL(address).host : null;
}

/** Whether the caller sees a calendar: their own, their team's, an admin's all; HR feeds are for who sees all. */
async function sees({ repId }: Calendar, context: Context): Promise<boolean> {
  const visibility = await context.visibility();
  if (visibility.of === 'all') return true;
  return visibility.of === 'reps' && repId !== null && visibility.repIds.includes(repId);
}

async function findCalendar(id: string, context: Context): Promise<Calendar | null> {
  const workspaceId = context.principal?.workspaceId ?? '';
  const calendar = await context.database.prisma.calendar.findUnique({
    where: { workspaceId_id: { workspaceId, id } },
  });
  return calendar && (await sees(calendar, context)) ? calendar : null;
}

findNode('Calendar', async (id, context) =>
  context.principal?.scopes.has('configuration:read') ? findCalendar(id, context) : null,
);

builder.queryField('calendars', (t) =>
  t.field({
    type: [CalendarRef],
    description: 'Those that are yours to see, by name; at most 500.',
    authScopes: { 'configuration:read': true },
    args: { repId: t.arg.id({ description: 'Only this rep’s.' }) },
    complexity: { field: 1, multiplier: 50 },
    resolve: async (_root, { repId }, context) => {
      const { workspaceId } = signedIn(context);
      const visibility = await context.visibility();
      if (visibility.of === 'none' || visibility.of === 'submitted') return [];
      return context.database.prisma.calendar.findMany({
        where: {
          workspaceId,
          AND: [
            visibility.of === 'reps' ? { repId: { in: [...visibility.repIds] } } : {},
            repId == null ? {} : { repId: decodeId('Rep', repId) },
          ],
        },
        orderBy: [{ name: 'asc' }, { id: 'asc' }],
        take: 500,
      });
    },
  }),
);

const IcsInput = builder.inputType('IcsCalendarInput', {
  fields: (t) => ({ url: t.string({ required: true, description: 'https or webcal.' }) }),
});
const CaldavInput = builder.inputType('CaldavCalendarInput', {
  fields: (t) => ({
    url: t.string({ required: true, description: 'Of one calendar, or of a server, all of whose calendars are read.' }),
    username: t.string({ required: true }),
    password: t.string({ required: true, description: 'Never shown again.' }),
  }),
});
const GoogleInput = builder.inputType('GoogleCalendarInput', {
  fields: (t) => ({
    calendarId: t.string({
      required: true,
      description: 'Mostly the person’s address; shared with the service account.',
    }),
    clientEmail: t.string({ required: true, description: 'Of the service account.' }),
    privateKey: t.string({ required: true, description: 'PEM; never shown again.' }),
    tokenUrl: t.string(),
    baseUrl: t.string(),
  }),
});
const MicrosoftInput = builder.inputType('MicrosoftCalendarInput', {
  fields: (t) => ({
    mailbox: t.string({ required: true }),
    tenantId: t.string({ required: true }),
    clientId: t.string({ required: true }),
    clientSecret: t.string({ required: true, description: 'Never shown again.' }),
    loginUrl: t.string(),
    baseUrl: t.string(),
  }),
});

const CreateCalendarInput = builder.inputType('CreateCalendarInput', {
  description: 'Give the field of the kind, and none of the others.',
  fields: (t) => ({
    name: t.string({ required: true }),
    kind: t.field({ type: CalendarKindRef, required: true }),
    repId: t.id({ description: 'The caller’s own unless told; a manager’s team, an admin’s anybody. Not with HR.' }),
    ics: t.field({ type: IcsInput }),
    caldav: t.field({ type: CaldavInput }),
    google: t.field({ type: GoogleInput }),
    microsoft: t.field({ type: MicrosoftInput }),
    hr: t.field({ type: IcsInput, description: 'For admins.' }),
  }),
});

const UpdateCalendarInput = builder.inputType('UpdateCalendarInput', {
  description: 'What is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    ics: t.field({ type: IcsInput }),
    caldav: t.field({ type: CaldavInput }),
    google: t.field({ type: GoogleInput }),
    microsoft: t.field({ type: MicrosoftInput }),
    hr: t.field({ type: IcsInput }),
  }),
});

const CalendarSuccess = builder.objectRef<{ readonly calendar: Calendar }>('CalendarSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({ calendar: t.field({ type: CalendarRef, resolve: ({ calendar }) => calendar }) }),
});
const CalendarResult = resultType('Calendar', CalendarSuccess);

const calendarContext = (context: Context): CalendarContext => ({
  ...configurationContext(context),
  lanes: context.intake.lanes,
  secrets: context.secrets,
});

/** @throws Refusal NOT_FOUND */
async function requireCalendar(id: string, context: Context): Promise<Calendar> {
  const calendar = await findCalendar(decodeId('Calendar', id), context);
  if (!calendar) throw new Refusal('NOT_FOUND', 'There is no such calendar.');
  return calendar;
}

builder.mutationField('createCalendar', (t) =>
  t.field({
    type: CalendarResult,
    description: 'Adds a calendar; it is read within seconds.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: CreateCalendarInput, required: true }) },
    resolve: (_root, { input: { repId: given, ...input } }, context) =>
      orRefusal(async () => {
        const isHr = input.kind === 'HR';
        if (isHr && !signedIn(context).scopes.has('configuration:write')) {
          throw new Refusal('NOT_FOUND', 'HR feeds are set up by an admin.');
        }
        if (isHr && given != null)
          throw new InvalidInput([{ path: ['repId'], message: 'is not for a calendar of kind HR' }]);
        const repId = isHr ? null : await teamRep(given, context);
        return { calendar: await createCalendar(calendarContext(context), repId, input) };
      }),
  }),
);

builder.mutationField('updateCalendar', (t) =>
  t.field({
    type: CalendarResult,
    description: 'Changes a calendar.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: UpdateCalendarInput, required: true }) },
    resolve: (_root, { input: { id, ...input } }, context) =>
      orRefusal(async () => {
        const calendar = await requireCalendar(id, context);
        return { calendar: await updateCalendar(calendarContext(context), calendar, input) };
      }),
  }),
);

const SyncCalendarInput = builder.inputType('SyncCalendarInput', {
  fields: (t) => ({ id: t.id({ required: true }) }),
});

builder.mutationField('syncCalendar', (t) =>
  t.field({
    type: CalendarResult,
    description: 'Lets a calendar be read now, within seconds, and not at its next time.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: SyncCalendarInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => ({
        calendar: await readNow(calendarContext(context), await requireCalendar(input.id, context)),
      })),
  }),
);

const DeleteCalendarInput = builder.inputType('DeleteCalendarInput', {
  fields: (t) => ({ id: t.id({ required: true }) }),
});

builder.mutationField('deleteCalendar', (t) =>
  t.field({
    type: resultType(
      'DeleteCalendar',
      builder.objectRef<{ readonly id: string }>('DeleteCalendarSuccess').implement({
        authScopes: { signedIn: true },
        fields: (f) => ({ id: f.id({ resolve: ({ id }) => encodeId('Calendar', id) }) }),
      }),
    ),
    description: 'Removes a calendar, and what it said.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: DeleteCalendarInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const calendar = await requireCalendar(input.id, context);
        await deleteCalendar(calendarContext(context), calendar);
        return { id: calendar.id };
      }),
  }),
);
