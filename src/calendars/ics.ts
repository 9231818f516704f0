import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Span } from '../domain/availability.ts';
import { faultOf, guardedFetch } from './fetch.ts';
import { tryJson } from './oauth.ts';

/*
 * A feed at an address, asked for only where it has changed. That it has not is of use only to who has its busy times
 * for the whole window: the tag tells which window those were worked out for.
 */

export interface Feed {
  readonly text: string;
  /** Null where the server gives none. */
  readonly tag: string | null;
}

const TAG = z.object({
  of: z.string(),
  from: z.number(),
  until: z.number(),
  etag: z.string().nullable(),
  modified: z.string().nullable(),
});
const MAX_HEADER = 1_000;

/**
 * @param settings what else the busy times depend on, such as the time zone
 * @returns UNCHANGED only where the window lies within that of the previous tag
 * @throws CalendarFault
 */
export async function fetchFeed(
  url: string,
  window: Span,
  settings: readonly unknown[],
  options: { readonly allowPrivate: boolean; readonly previousTag: string | null },
): Promise<Feed | 'UNCHANGED'> {
  const of = createHash('sha256')
    .update(JSON.stringify([url, settings]))
    .digest('base64url')
    .slice(0, 22);
  const { data: previous } = TAG.safeParse(tryJson(options.previousTag ?? ''));
  const isCovered = previous?.of === of && previous.from <= window.from && window.until <= previous.until;
  const answer = await guardedFetch(url.replace(/^webcals?:/i, 'https:'), {
    headers: {
      accept: 'text/calendar, */*;q=0.1',
      ...(isCovered && previous.etag !== null ? { 'if-none-match': previous.etag } : {}),
      ...(isCovered && previous.modified !== null ? { 'if-modified-since': previous.modified } : {}),
    },
    allowPrivate: options.allowPrivate,
  });
  if (answer.status === 304 && isCovered) return 'UNCHANGED';
  const fault = faultOf(answer, {
    unauthorized: 'The calendar is not public. Copy its secret address in iCal format instead, or publish it.',
    notFound:
      'There is no calendar at the address; it may have been reset. Copy the calendar’s address in iCal format anew.',
  });
  if (fault) throw fault;
  const etag = short(answer.headers.etag);
  const modified = short(answer.headers['last-modified']);
  const tag = etag === null && modified === null ? null : JSON.stringify({ of, ...window, etag, modified });
  return { text: answer.text, tag };
}

const short = (value: string | undefined): string | null =>
  value !== undefined && value.length <= MAX_HEADER ? value : null;
