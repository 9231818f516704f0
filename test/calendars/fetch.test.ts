import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  checkAddresses,
  checkingAgent,
  faultOf,
  guardedFetch,
  isPublicAddress,
  retryAfter,
} from '../../src/calendars/fetch.ts';
import { type FeedServer, serve, serveFeed } from '../support/calendarServers.ts';
import { fault } from '../support/calendars.ts';

let feed: FeedServer;
beforeAll(async () => {
  feed = await serveFeed('BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n');
});
afterAll(() => feed[Symbol.asyncDispose]());

const SECRET = 'key-9f3b';
const open = (path: string, options: { readonly timeoutMs?: number } = {}) =>
  guardedFetch(`${feed.url}${path}`, { allowPrivate: true, ...options });

describe('an address', () => {
  test.each([
    ['http://calendar.example.com/a.ics', 'not encrypted.*https://'],
    ['ftp://calendar.example.com/a.ics', 'no web address'],
    ['file:///etc/passwd', 'no web address'],
    ['calendar.example.com', 'no web address'],
    ['', 'no web address'],
    [`https://ada:${SECRET}@calendar.example.com/`, 'user name or password'],
    [`https://${SECRET}@calendar.example.com/`, 'user name or password'],
    ['https://127.0.0.1/', 'private network'],
    ['https://127.1/', 'private network'],
    ['https://2130706433/', 'private network'],
    ['https://0x7f.0.0.1/', 'private network'],
    ['https://0.0.0.0/', 'private network'],
    ['https://10.1.2.3/', 'private network'],
    ['https://172.16.0.1/', 'private network'],
    ['https://192.168.1.1/', 'private network'],
    ['https://169.254.169.254/latest/meta-data', 'private network'],
    ['https://168.63.129.16/', 'private network'],
    ['https://100.64.0.1/', 'private network'],
    ['https://100.100.100.200/', 'private network'],
    ['https://192.0.0.192/', 'private network'],
    ['https://224.0.0.1/', 'private network'],
    ['https://255.255.255.255/', 'private network'],
    ['https://[::]/', 'private network'],
    ['https://[::1]/', 'private network'],
    ['https://[::ffff:127.0.0.1]/', 'private network'],
    ['https://[::ffff:a00:1]/', 'private network'],
    ['https://[64:ff9b::7f00:1]/', 'private network'],
    ['https://[2002:7f00:1::]/', 'private network'],
    ['https://[fd00:ec2::254]/', 'private network'],
    ['https://[fe80::1]/', 'private network'],
    ['https://[ff02::1]/', 'private network'],
    ['https://localhost/', 'private network'],
  ])('%s is refused', async (address, says) => {
    const asked = guardedFetch(address, { allowPrivate: false });
    await expect(asked).rejects.toEqual(fault('ADDRESS_REFUSED', says));
    await expect(asked).rejects.not.toThrow(SECRET);
  });

  test.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is one of the internet', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test('of a host is refused where one of several is private', () => {
    const [good, bad] = [
      { address: '8.8.8.8', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    expect(checkAddresses([good])).toEqual([good]);
    expect(() => checkAddresses([good, bad])).toThrow(fault('ADDRESS_REFUSED', 'private network'));
  });

  test('is connected to only where it was checked', async () => {
    let checked: readonly string[] = [];
    let given = [{ address: '127.0.0.1', family: 4 }];
    const agent = checkingAgent((addresses) => {
      checked = addresses.map(({ address }) => address);
      return given;
    });
    const ask = () =>
      request(`${feed.url.replace('127.0.0.1', 'localhost')}/missing`, { dispatcher: agent, reset: true });
    const { statusCode, body } = await ask();
    await body.dump();
    expect([statusCode, checked.includes('127.0.0.1')]).toEqual([404, true]);
    given = [{ address: '127.0.0.2', family: 4 }];
    await expect(ask()).rejects.toThrow('127.0.0.2');
    await agent.destroy();
  });

  test('is not asked before it is checked', async () => {
    await using server = await serve(() => ({ status: 200 }));
    const { port } = new URL(server.url);
    for (const scheme of ['http', 'https'])
      await expect(guardedFetch(`${scheme}://localhost:${port}/`, { allowPrivate: false })).rejects.toEqual(
        fault('ADDRESS_REFUSED'),
      );
    expect(server.asked).toEqual([]);
  });

  test('of a private network is asked where that is allowed', async () => {
    const answer = await guardedFetch(`${feed.url.replace('127.0.0.1', 'localhost')}/calendar.ics`, {
      allowPrivate: true,
    });
    expect(answer).toMatchObject({ status: 200, text: feed.text, headers: { etag: '"1"' } });
  });
});

describe('an answer', () => {
  test('that leads elsewhere is not followed, and only the host is told', async () => {
    await using target = await serve(() => ({ status: 200, body: 'internal' }));
    const asked = open(`/moved?to=${encodeURIComponent(`${target.url}/${SECRET}`)}`);
    await expect(asked).rejects.toEqual(fault('REDIRECTED', `${target.url},.*browser`));
    await expect(asked).rejects.not.toThrow(SECRET);
    expect(target.asked).toEqual([]);
  });

  test.each(['/huge', '/huge-undeclared'])('of 100 MB is not read to its end: %s', async (path) => {
    await expect(open(path)).rejects.toEqual(fault('TOO_LARGE', '5 MB'));
  });

  test.each(['/silent', '/stalled'])('that does not come is not waited for: %s', async (path) => {
    await expect(open(path, { timeoutMs: 200 })).rejects.toEqual(fault('UNREACHABLE', 'did not answer within 0.2 s'));
  });

  test('from where nobody listens says so', async () => {
    const gone = await serve(() => null);
    await gone[Symbol.asyncDispose]();
    await expect(guardedFetch(`${gone.url}/${SECRET}`, { allowPrivate: true })).rejects.toEqual(
      fault('UNREACHABLE', '^127.0.0.1:\\d+ cannot be reached \\(ECONNREFUSED\\)'),
    );
  });

  test('from a host that does not exist says so', async () => {
    await expect(guardedFetch('https://calendar.invalid/', { allowPrivate: false })).rejects.toEqual(
      fault('UNREACHABLE', '^calendar.invalid cannot be reached'),
    );
  });

  test.each([
    [200, {}, null],
    [204, {}, null],
    [401, {}, ['UNAUTHORIZED', null]],
    [403, {}, ['UNAUTHORIZED', null]],
    [404, {}, ['NOT_FOUND', null]],
    [410, {}, ['NOT_FOUND', null]],
    [429, {}, ['THROTTLED', null]],
    [429, { 'retry-after': '120' }, ['THROTTLED', 120]],
    [503, { 'retry-after': '30' }, ['THROTTLED', 30]],
    [503, {}, ['SERVER_ERROR', null]],
    [500, {}, ['SERVER_ERROR', null]],
    [304, {}, ['SERVER_ERROR', null]],
    [400, {}, ['SERVER_ERROR', null]],
  ] as const)('with status %d and %j', (status, headers, expected) => {
    const found = faultOf({ status, headers, text: SECRET }, { unauthorized: 'a', notFound: 'b' });
    expect(found && [found.code, found.retryAfterSeconds]).toEqual(expected);
    expect(found?.message ?? '').not.toContain(SECRET);
  });

  test.each([
    ['0', 1],
    ['1', 1],
    ['86401', 86_400],
    ['soon', null],
    [undefined, null],
    [new Date(Date.now() - 60_000).toUTCString(), 1],
    [new Date(Date.now() + 10 * 86_400_000).toUTCString(), 86_400],
  ])('asks for %j to be waited', (value, seconds) => {
    expect(retryAfter(value)).toBe(seconds);
  });
});
