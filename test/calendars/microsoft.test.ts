import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCalendar } from '../../src/calendars/readers.ts';
import type { MicrosoftSource, ReadOptions } from '../../src/calendars/sources.ts';
import { type MicrosoftServer, serveMicrosoft } from '../support/calendarServers.ts';
import { fault, OWNER, show, span, WEEK } from '../support/calendars.ts';

const OPTIONS: ReadOptions = { ...OWNER, allowPrivate: true, previousTag: null };

let microsoft: MicrosoftServer;
beforeEach(async () => {
  microsoft = await serveMicrosoft();
});
afterEach(() => microsoft[Symbol.asyncDispose]());

async function read(window = WEEK, source: MicrosoftSource = microsoft.source): Promise<string[]> {
  const reading = await readCalendar(source, window, OPTIONS);
  return reading === 'UNCHANGED' ? [reading] : show(reading.busy);
}
const item = (status: string, start = '2026-03-02T08:00:00', end = '2026-03-02T09:00:00') => ({ status, start, end });
const AT_NINE = '2026-03-02T08:00Z/2026-03-02T09:00Z';

describe('Microsoft 365', () => {
  test.each([
    ['busy', [`MEETING ${AT_NINE}`]],
    ['Busy', [`MEETING ${AT_NINE}`]],
    ['tentative', [`MEETING ${AT_NINE}`]],
    ['oof', [`OUT_OF_OFFICE ${AT_NINE}`]],
    ['Oof', [`OUT_OF_OFFICE ${AT_NINE}`]],
    ['free', []],
    ['workingElsewhere', []],
    ['unknown', []],
  ])('an item that is %s', async (status, expected) => {
    microsoft.items.push(item(status));
    expect(await read()).toEqual(expected);
  });

  test('a whole day is all day, also one that has begun, and an absence is one', async () => {
    microsoft.items.push(item('busy', '2026-03-01T23:00:00', '2026-03-02T23:00:00'));
    microsoft.items.push(item('oof', '2026-03-01T23:00:00', '2026-03-02T23:00:00'));
    expect(await read(span('2026-03-02T11:00Z', '2026-03-02T16:00Z'))).toEqual([
      'ALL_DAY 2026-03-02T11:00Z/2026-03-02T16:00Z',
      'OUT_OF_OFFICE 2026-03-02T11:00Z/2026-03-02T16:00Z',
    ]);
  });

  test('a long window is asked for in parts of less than 42 days', async () => {
    microsoft.items.push(item('busy', '2026-04-01T08:00:00', '2026-06-01T08:00:00'));
    const busy = await read(span('2026-03-01T23:00Z', '2026-07-01T22:00Z'));
    expect(busy).toContain('ALL_DAY 2026-04-01T22:00Z/2026-05-31T22:00Z');
    expect(busy).toHaveLength(3);
  });

  test('one token is used for all readings, and replaced once where it is refused', async () => {
    await Promise.all([read(), read()]);
    expect(microsoft.tokens).toBe(1);
    microsoft.forgetTokens();
    await read();
    expect(microsoft.tokens).toBe(2);
  });

  test('a secret that is wrong is refused with Microsoft’s code, and nothing else of its answer', async () => {
    const asked = read(WEEK, { ...microsoft.source, clientSecret: 'a-secret' });
    await expect(asked).rejects.toEqual(
      fault('UNAUTHORIZED', 'client secret, which may have expired. \\(invalid_client, AADSTS7000215\\)'),
    );
    await expect(asked).rejects.not.toThrow('a-secret');
  });

  test.each([
    ['ErrorMailRecipientNotFound', 'NOT_FOUND', 'Check the mailbox'],
    ['ErrorNoFreeBusyAccess', 'UNAUTHORIZED', 'Calendars.Read'],
    ['ErrorServerBusy', 'THROTTLED', 'too often'],
    ['ErrorFreeBusyGenerationFailed', 'SERVER_ERROR', '"ErrorFreeBusyGenerationFailed"'],
    ['<b>', 'SERVER_ERROR', 'with an error'],
  ] as const)('a mailbox with the error %s', async (responseCode, code, says) => {
    microsoft.responseCodes.push(responseCode);
    const asked = read();
    await expect(asked).rejects.toEqual(fault(code, says));
    await expect(asked).rejects.not.toThrow('A secret');
  });

  test.each([
    [{ status: 403, body: 'A secret' }, 'UNAUTHORIZED', null],
    [{ status: 404 }, 'NOT_FOUND', null],
    [{ status: 429, headers: { 'retry-after': '120' } }, 'THROTTLED', 120],
    [{ status: 503, headers: { 'retry-after': '9' } }, 'THROTTLED', 9],
    [{ status: 500 }, 'SERVER_ERROR', null],
    [{ status: 200, body: '{"value":[]}' }, 'SERVER_ERROR', null],
    [{ status: 200, body: 'A secret' }, 'SERVER_ERROR', null],
    [{ status: 307, headers: { location: 'http://10.0.0.1/' } }, 'REDIRECTED', null],
  ] as const)('an answer %j', async (reply, code, retryAfterSeconds) => {
    microsoft.next.push(reply);
    const asked = read();
    await expect(asked).rejects.toMatchObject({ code, retryAfterSeconds });
    await expect(asked).rejects.not.toThrow('A secret');
  });
});
