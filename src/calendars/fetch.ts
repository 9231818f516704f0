import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, type Dispatcher, request } from 'undici';
import { CalendarFault } from './fault.ts';

/*
 * HTTP to addresses that somebody has entered. The server asks them from inside its own network, so that no address
 * may lead back into it: every address a host has is checked, and the connection goes to one that was.
 */

export interface FetchOptions {
  /** In capitals. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For who runs the calendar server next to this one: also http, loopback and private networks. */
  readonly allowPrivate: boolean;
  /** For the whole answer. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** Gives a redirect as the answer it is, for who knows what to make of it. */
  readonly tellsRedirects?: boolean;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const TIMEOUT_MS = 20_000;
const MAX_BYTES = 5_000_000;
/** Longer than a day nobody needs to wait. */
const MAX_RETRY_SECONDS = 86_400;

const LIMITS = { connectTimeout: TIMEOUT_MS, keepAliveTimeout: 4_000, maxHeaderSize: 16_384 } as const;

/** Azure’s own services at an address that looks public. */
const METADATA = ['168.63.129.16'];

/**
 * Asks once; whatever the answer’s status, except for redirects, which are not followed.
 *
 * @throws CalendarFault ADDRESS_REFUSED, UNREACHABLE, REDIRECTED, TOO_LARGE
 */
export async function guardedFetch(address: string, options: FetchOptions): Promise<Answer> {
  const { allowPrivate, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = options;
  const url = checkAddress(address, allowPrivate);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await request(url, {
      dispatcher: allowPrivate ? OPEN : GUARDED,
      method: (options.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: { 'user-agent': 'Fairlead', ...options.headers },
      body: options.body ?? null,
      signal,
    });
    const headers = plainHeaders(response.headers);
    const { location } = headers;
    const isRedirect = response.statusCode >= 300 && response.statusCode < 400 && location !== undefined;
    if (isRedirect) {
      // What is not read is not waited for either, nor is its end an error.
      response.body.on('error', () => {}).destroy();
      if (!options.tellsRedirects) throw redirected(location, url);
      return { status: response.statusCode, headers, text: '' };
    }
    return { status: response.statusCode, headers, text: await readBody(response.body, maxBytes) };
  } catch (error) {
    throw asFault(error, url, signal, timeoutMs);
  }
}

/** The fault an answer stands for; null for a good one. */
export function faultOf(
  { status, headers }: Answer,
  whatToDo: { readonly unauthorized: string; readonly notFound: string },
): CalendarFault | null {
  if (status >= 200 && status < 300) return null;
  const retryAfterSeconds = retryAfter(headers['retry-after']);
  if (status === 429 || (status === 503 && retryAfterSeconds !== null)) return throttled(retryAfterSeconds);
  if (status === 401 || status === 403) return new CalendarFault('UNAUTHORIZED', whatToDo.unauthorized);
  if (status === 404 || status === 410) return new CalendarFault('NOT_FOUND', whatToDo.notFound);
  return serverError(`with status ${status}`, retryAfterSeconds);
}

export const throttled = (retryAfterSeconds: number | null): CalendarFault =>
  new CalendarFault(
    'THROTTLED',
    retryAfterSeconds === null
      ? 'The calendar’s server was asked too often. Try again later, or read calendars less often.'
      : `The calendar’s server was asked too often. Try again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
  );

/** @param how such as `with status 500` */
export const serverError = (how: string, retryAfterSeconds: number | null = null): CalendarFault =>
  new CalendarFault(
    'SERVER_ERROR',
    `The calendar’s server answered ${how}. Try again later; if it stays, ask who runs it.`,
    retryAfterSeconds,
  );

/** @param value of `Retry-After`: seconds, or a date */
export function retryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : Math.ceil((Date.parse(value) - Date.now()) / 1_000);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), MAX_RETRY_SECONDS) : null;
}

/** Whether an address is one of the public internet. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // `process` also unwraps IPv4 written as IPv6.
  const parsed = ipaddr.process(address);
  return parsed.range() === 'unicast' && !METADATA.includes(parsed.toString());
}

function checkAddress(address: string, allowPrivate: boolean): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !(url.protocol === 'https:' || url.protocol === 'http:'))
    throw refused('The address is no web address. Enter one that begins with https://.');
  if (url.protocol === 'http:' && !allowPrivate)
    throw refused('The address is not encrypted. Enter one that begins with https://.');
  if (url.username !== '' || url.password !== '')
    throw refused(
      'The address has a user name or password in it. Enter them in their own fields, or use an address without.',
    );
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // Node does not look up what is an IP address already.
  if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) throw refusedHost();
  return url;
}

const refused = (message: string): CalendarFault => new CalendarFault('ADDRESS_REFUSED', message);

const refusedHost = (): CalendarFault =>
  refused(
    'The address leads into a private network. Enter one that can be reached from the internet; who runs this server can allow private addresses.',
  );

/**
 * The addresses of a host, where all of them may be asked: which of them is connected to is not known before.
 *
 * @throws CalendarFault ADDRESS_REFUSED
 */
export function checkAddresses(addresses: readonly LookupAddress[]): readonly LookupAddress[] {
  if (addresses.every(({ address }) => isPublicAddress(address))) return addresses;
  throw refusedHost();
}

/**
 * An agent that connects only to addresses that were checked: what a host leads to may be another from one moment to the
 * next.
 */
export function checkingAgent(check: typeof checkAddresses): Agent {
  const checkedLookup: LookupFunction = (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      try {
        if (error) throw error;
        const [...checked] = check(addresses);
        if (options.all) callback(null, checked);
        else callback(null, checked[0]?.address ?? '', checked[0]?.family);
      } catch (fault) {
        callback(fault as NodeJS.ErrnoException, '', 0);
      }
    });
  };
  return new Agent({ ...LIMITS, connect: { lookup: checkedLookup } });
}

const GUARDED = checkingAgent(checkAddresses);
const OPEN = new Agent(LIMITS);

const tooLarge = (maxBytes: number): CalendarFault =>
  new CalendarFault(
    'TOO_LARGE',
    `The answer has more than ${maxBytes / 1_000_000} MB. Share a calendar with fewer events, such as one without the past years.`,
  );

async function readBody(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

/** Of the new address only the host is told: the rest may hold a secret. */
function redirected(location: string, from: URL): CalendarFault {
  const target = URL.canParse(location, from.href) ? new URL(location, from) : null;
  return new CalendarFault(
    'REDIRECTED',
    `The address leads on to ${target ? target.origin : 'somewhere else'}, which is not followed. Open it in a browser and enter the address it ends at.`,
  );
}

function asFault(error: unknown, url: URL, signal: AbortSignal, timeoutMs: number): CalendarFault {
  if (error instanceof CalendarFault) return error;
  if (signal.aborted)
    return new CalendarFault(
      'UNREACHABLE',
      `${url.host} did not answer within ${timeoutMs / 1_000} s. Check the address, or try again later.`,
    );
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
  return new CalendarFault(
    'UNREACHABLE',
    `${url.host} cannot be reached (${code}). Check the address, or try again later.`,
  );
}
