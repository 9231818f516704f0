import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCalendar } from '../../src/calendars/readers.ts';
import type { GoogleSource, ReadOptions } from '../../src/calendars/sources.ts';
import { type GoogleServer, serveGoogle } from '../support/calendarServers.ts';
import { fault, OWNER, show, span, WEEK } from '../support/calendars.ts';

const OPTIONS: ReadOptions = { ...OWNER, allowPrivate: true, previousTag: null };

const OTHER_KEY = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

let google: GoogleServer;
beforeEach(async () => {
  google = await serveGoogle();
  google.busy['ada@example.com'] = [{ start: '2026-03-02T08:00:00Z', end: '2026-03-02T09:00:00Z' }];
});
afterEach(() => google[Symbol.asyncDispose]());

async function read(window = WEEK, source: GoogleSource = google.source): Promise<string[]> {
  const reading = await readCalendar(source, window, OPTIONS);
  return reading === 'UNCHANGED' ? [reading] : show(reading.busy);
}
const queries = () =>
  google.asked.filter(({ path }) => path === '/calendar/v3/freeBusy').map(({ body }) => JSON.parse(body));

describe('Google Calendar', () => {
  test('tells when the owner is busy', async () => {
    google.busy['ada@example.com']?.push({ start: '2026-03-03T09:00:00+01:00', end: '2026-03-03T10:00:00+01:00' });
    expect(await read()).toEqual([
      'MEETING 2026-03-02T08:00Z/2026-03-02T09:00Z',
      'MEETING 2026-03-03T08:00Z/2026-03-03T09:00Z',
    ]);
  });

  test('a whole day is all day, also one that has begun', async () => {
    google.busy['ada@example.com'] = [{ start: '2026-03-01T23:00:00Z', end: '2026-03-02T23:00:00Z' }];
    expect(await read(span('2026-03-02T11:00Z', '2026-03-02T16:00Z'))).toEqual([
      'ALL_DAY 2026-03-02T11:00Z/2026-03-02T16:00Z',
    ]);
    expect(queries()).toMatchObject([{ timeMin: '2026-03-01T23:00:00.000Z', timeMax: '2026-03-02T23:00:00.000Z' }]);
  });

  test('a long window is asked for in parts', async () => {
    google.busy['ada@example.com']?.push({ start: '2026-04-01T08:00:00Z', end: '2026-06-01T08:00:00Z' });
    const busy = await read(span('2026-03-01T23:00Z', '2026-07-01T22:00Z'));
    expect(busy).toHaveLength(4);
    expect(busy[2]).toBe('ALL_DAY 2026-04-01T22:00Z/2026-05-31T22:00Z');
    expect(queries()).toHaveLength(3);
  });

  test('one token is asked for, also by readers at the same time, and used again', async () => {
    await Promise.all([read(), read(), read()]);
    await read();
    expect(google.tokens).toBe(1);
  });

  test('a token that is about to expire is not used again', async () => {
    await using short = await serveGoogle({ tokenLifeSeconds: 59 });
    short.busy['ada@example.com'] = [];
    await read(WEEK, short.source);
    await read(WEEK, short.source);
    expect(short.tokens).toBe(2);
  });

  test('a token that is refused is replaced once', async () => {
    await read();
    google.forgetTokens();
    expect(await read()).toHaveLength(1);
    expect(google.tokens).toBe(2);
  });

  test('a new token that is refused too is not replaced again', async () => {
    await read();
    google.next.push({ status: 401 }, { status: 401 });
    await expect(read()).rejects.toEqual(fault('UNAUTHORIZED', 'Calendar API is enabled'));
    expect(google.tokens).toBe(2);
  });

  test('a key copied with its line ends written out is good', async () => {
    const { serviceAccount } = google.source;
    const privateKey = serviceAccount.privateKey.replaceAll('\n', '\\n');
    expect(await read(WEEK, { ...google.source, serviceAccount: { ...serviceAccount, privateKey } })).toHaveLength(1);
  });

  test.each([
    ['that is none', (key: string) => key.slice(0, 100), /key cannot be read.*private_key/],
    ['of somebody else', () => OTHER_KEY, /refuses the service account.*\(invalid_grant\)/],
  ])('a key %s is refused', async (_, change, says) => {
    const { serviceAccount } = google.source;
    const privateKey = change(serviceAccount.privateKey);
    const asked = read(WEEK, { ...google.source, serviceAccount: { ...serviceAccount, privateKey } });
    await expect(asked).rejects.toEqual(fault('UNAUTHORIZED', says.source));
    await expect(asked).rejects.not.toThrow(/MII|a secret/);
  });

  test.each([
    ['notFound', 'NOT_FOUND', 'Share the calendar with reader-'],
    ['rateLimitExceeded', 'THROTTLED', 'too often'],
    ['internalError', 'SERVER_ERROR', '"internalError"'],
    ['<b>something</b>', 'SERVER_ERROR', 'with an error'],
  ] as const)('a calendar with the error %s', async (reason, code, says) => {
    google.reasons['ada@example.com'] = reason;
    await expect(read()).rejects.toEqual(fault(code, says));
  });

  const refused = (reason: string) =>
    JSON.stringify({ error: { code: 403, errors: [{ reason }], message: 'a secret' } });
  test.each([
    [{ status: 403, body: refused('rateLimitExceeded'), headers: { 'retry-after': '7' } }, 'THROTTLED', 7],
    [{ status: 403, body: refused('userRateLimitExceeded') }, 'THROTTLED', null],
    [{ status: 403, body: refused('forbidden') }, 'UNAUTHORIZED', null],
    [{ status: 403, body: '<html>' }, 'UNAUTHORIZED', null],
    [{ status: 404 }, 'NOT_FOUND', null],
    [{ status: 429, headers: { 'retry-after': '120' } }, 'THROTTLED', 120],
    [{ status: 500, body: 'a secret' }, 'SERVER_ERROR', null],
    [{ status: 200, body: 'a secret' }, 'SERVER_ERROR', null],
    [{ status: 200, body: '{"calendars":{}}' }, 'SERVER_ERROR', null],
    [{ status: 200, body: '{"calendars":{"a":{"busy":[{"start":"x","end":"y"}]}}}' }, 'SERVER_ERROR', null],
    [{ status: 302, headers: { location: 'http://169.254.169.254/' } }, 'REDIRECTED', null],
  ] as const)('an answer %j', async (reply, code, retryAfterSeconds) => {
    google.next.push(reply);
    const asked = read();
    await expect(asked).rejects.toMatchObject({ code, retryAfterSeconds });
    await expect(asked).rejects.not.toThrow('a secret');
  });

  test.each([
    [{ status: 429, headers: { 'retry-after': '5' } }, 'THROTTLED', 5],
    [{ status: 503 }, 'SERVER_ERROR', null],
    [{ status: 200, body: '{}' }, 'SERVER_ERROR', null],
    [{ status: 400, body: 'a secret' }, 'UNAUTHORIZED', null],
  ] as const)('for a token the answer %j, which is not remembered', async (reply, code, retryAfterSeconds) => {
    google.nextToken.push(reply);
    const asked = read();
    await expect(asked).rejects.toMatchObject({ code, retryAfterSeconds });
    await expect(asked).rejects.not.toThrow('a secret');
    expect(await read()).toHaveLength(1);
  });
});
