import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';
import type { BusyTime, Span } from '../domain/availability.ts';
import { toBusyTimes, wholeDays } from './busyTimes.ts';
import { CalendarFault } from './fault.ts';
import { type Answer, faultOf, guardedFetch, retryAfter, serverError, throttled } from './fetch.ts';
import { type Grant, parseJson, tryJson, withToken } from './oauth.ts';
import { type GoogleSource, partsOf, type ReadOptions } from './sources.ts';

/* Google Calendar: freeBusy.query with the token of a service account. It tells when, and nothing of what. */

const SCOPE = 'https://www.googleapis.com/auth/calendar.freebusy';
const THROTTLES = new Set(['rateLimitExceeded', 'userRateLimitExceeded', 'quotaExceeded']);

const REASONS = z.array(z.object({ reason: z.string() }));
const FREE_BUSY = z.object({
  calendars: z.record(
    z.string(),
    z.object({
      errors: REASONS.optional(),
      busy: z
        .array(z.object({ start: z.iso.datetime({ offset: true }), end: z.iso.datetime({ offset: true }) }))
        .optional(),
    }),
  ),
});
const ERROR = z.object({ error: z.object({ errors: REASONS }) });

export async function readGoogle(source: GoogleSource, window: Span, options: ReadOptions): Promise<BusyTime[]> {
  const timed: Span[] = [];
  for (const part of partsOf(wholeDays(window, options.timeZone)))
    timed.push(...(await queryFreeBusy(source, part, options.allowPrivate)));
  return toBusyTimes({ timed, days: [], away: [] }, window, options.timeZone);
}

async function queryFreeBusy(source: GoogleSource, part: Span, allowPrivate: boolean): Promise<Span[]> {
  const { calendarId, serviceAccount, baseUrl } = source;
  const share = `Share the calendar with ${serviceAccount.clientEmail} (at least “See only free/busy”), and check the calendar’s id.`;
  const answer = await withToken(grantOf(source, allowPrivate), (token) =>
    guardedFetch(`${baseUrl}/calendar/v3/freeBusy`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        timeMin: new Date(part.from).toISOString(),
        timeMax: new Date(part.until).toISOString(),
        timeZone: 'UTC',
        items: [{ id: calendarId }],
      }),
      allowPrivate,
    }),
  );
  if (isThrottled(answer)) throw throttled(retryAfter(answer.headers['retry-after']));
  const fault = faultOf(answer, {
    unauthorized:
      'Google refuses the service account. Check that it exists and that the Calendar API is enabled in its project.',
    notFound: share,
  });
  if (fault) throw fault;
  // Asked for one calendar, Google answers for one; it may write its id in another way.
  const [calendar] = Object.values(parseJson(answer.text, FREE_BUSY).calendars);
  const [error] = calendar?.errors ?? [];
  if (error) throw faultOfReason(error.reason, share);
  if (!calendar) throw serverError('in a form that is not documented');
  return (calendar.busy ?? []).map(({ start, end }) => ({ from: Date.parse(start), until: Date.parse(end) }));
}

/** Google throttles with 403 as well as with 429. */
const isThrottled = ({ status, text }: Answer): boolean =>
  status === 403 &&
  (ERROR.safeParse(tryJson(text)).data?.error.errors ?? []).some(({ reason }) => THROTTLES.has(reason));

function faultOfReason(reason: string, share: string): CalendarFault {
  if (reason === 'notFound')
    return new CalendarFault('NOT_FOUND', `There is no such calendar, or it is not shared. ${share}`);
  if (THROTTLES.has(reason)) return throttled(null);
  return serverError(/^\w{1,50}$/.test(reason) ? `"${reason}"` : 'with an error');
}

function grantOf({ serviceAccount }: GoogleSource, allowPrivate: boolean): Grant {
  const { clientEmail, privateKey, tokenUrl } = serviceAccount;
  return {
    credentials: ['GOOGLE', clientEmail, privateKey, tokenUrl],
    whatToDo: 'Google refuses the service account. Check its e-mail address and key, and this server’s clock.',
    ask: async () => {
      const assertion = await new SignJWT({ scope: SCOPE })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
        .setIssuer(clientEmail)
        .setAudience(tokenUrl)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(await readKey(privateKey));
      return guardedFetch(tokenUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
        allowPrivate,
      });
    },
  };
}

async function readKey(pem: string): ReturnType<typeof importPKCS8> {
  try {
    // Out of Google’s JSON file it is often copied with its line ends written as \n.
    return await importPKCS8(pem.replaceAll('\\n', '\n').trim(), 'RS256');
  } catch {
    throw new CalendarFault(
      'UNAUTHORIZED',
      'The service account’s key cannot be read. Enter `private_key` from Google’s JSON file, from BEGIN PRIVATE KEY to END PRIVATE KEY.',
    );
  }
}
