import { z } from 'zod';
import type { BusyTime, Span } from '../domain/availability.ts';
import { toBusyTimes, wholeDays } from './busyTimes.ts';
import { CalendarFault } from './fault.ts';
import { faultOf, guardedFetch, serverError, throttled } from './fetch.ts';
import { type Grant, parseJson, withToken } from './oauth.ts';
import { type MicrosoftSource, partsOf, type ReadOptions } from './sources.ts';

/* Microsoft 365: getSchedule of Microsoft Graph with the token of an application. */

const TIME = z.object({
  dateTime: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/),
  timeZone: z.literal('UTC'),
});
const SCHEDULES = z.object({
  value: z.array(
    z.object({
      error: z.object({ responseCode: z.string().nullish() }).nullish(),
      scheduleItems: z.array(z.object({ status: z.string(), start: TIME, end: TIME })).nullish(),
    }),
  ),
});

const SHARE =
  'Check the mailbox’s address, and that the application has the permission Calendars.ReadBasic or Calendars.Read with an administrator’s consent.';

export async function readMicrosoft(source: MicrosoftSource, window: Span, options: ReadOptions): Promise<BusyTime[]> {
  const timed: Span[] = [];
  const away: Span[] = [];
  for (const part of partsOf(wholeDays(window, options.timeZone))) {
    for (const { status, start, end } of await getSchedule(source, part, options.allowPrivate)) {
      const span = { from: toInstant(start), until: toInstant(end) };
      // The documentation writes them in small letters and with a capital.
      if (status.toLowerCase() === 'oof') away.push(span);
      else if (['busy', 'tentative'].includes(status.toLowerCase())) timed.push(span);
    }
  }
  return toBusyTimes({ timed, days: [], away }, window, options.timeZone);
}

type ScheduleItem = NonNullable<z.output<typeof SCHEDULES>['value'][number]['scheduleItems']>[number];

async function getSchedule(
  source: MicrosoftSource,
  part: Span,
  allowPrivate: boolean,
): Promise<readonly ScheduleItem[]> {
  const { mailbox, baseUrl } = source;
  const time = (at: number): object => ({ dateTime: new Date(at).toISOString().slice(0, 19), timeZone: 'UTC' });
  const answer = await withToken(grantOf(source, allowPrivate), (token) =>
    guardedFetch(`${baseUrl}/v1.0/users/${encodeURIComponent(mailbox)}/calendar/getSchedule`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        prefer: 'outlook.timezone="UTC"',
      },
      body: JSON.stringify({
        schedules: [mailbox],
        startTime: time(part.from),
        endTime: time(part.until),
        // As coarse as can be: the merged view is not read.
        availabilityViewInterval: 1_440,
      }),
      allowPrivate,
    }),
  );
  const fault = faultOf(answer, { unauthorized: `Microsoft refuses the application. ${SHARE}`, notFound: SHARE });
  if (fault) throw fault;
  const [schedule] = parseJson(answer.text, SCHEDULES).value;
  if (!schedule) throw serverError('in a form that is not documented');
  if (schedule.error) throw faultOfCode(schedule.error.responseCode ?? '');
  return schedule.scheduleItems ?? [];
}

function faultOfCode(code: string): CalendarFault {
  if (/NotFound|InvalidSmtpAddress|NonExistentMailbox/.test(code))
    return new CalendarFault('NOT_FOUND', `Microsoft knows no such mailbox. ${SHARE}`);
  if (/AccessDenied|NoFreeBusyAccess/.test(code))
    return new CalendarFault('UNAUTHORIZED', `Microsoft does not show the mailbox’s calendar. ${SHARE}`);
  if (/ServerBusy|TooManyRequests|Throttled/.test(code)) return throttled(null);
  return serverError(/^\w{1,80}$/.test(code) ? `"${code}"` : 'with an error');
}

const toInstant = ({ dateTime }: z.output<typeof TIME>): number => Date.parse(`${dateTime.slice(0, 23)}Z`);

function grantOf(source: MicrosoftSource, allowPrivate: boolean): Grant {
  const { tenantId, clientId, clientSecret, loginUrl, baseUrl } = source;
  return {
    credentials: ['MICROSOFT', tenantId, clientId, clientSecret, loginUrl, baseUrl],
    whatToDo:
      'Microsoft refuses the application. Check tenant, application (client) id and client secret, which may have expired.',
    ask: () =>
      guardedFetch(`${loginUrl}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: clientSecret,
          scope: `${baseUrl}/.default`,
        }).toString(),
        allowPrivate,
      }),
  };
}
