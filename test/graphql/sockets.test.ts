import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createApiKey, revokeApiKey } from '../../src/configuration/apiKeys.ts';
import { createRep, updateRep } from '../../src/configuration/reps.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { PROTOCOL_LIMITS } from '../../src/graphql/protocol.ts';
import { ADMIN_KEY, startTestApp, type TestApp, until } from '../support/app.ts';
import { onePool } from '../support/companies.ts';

const JWT_SECRET = 'a shared secret of more than 32 characters';

let app: TestApp;
let url: string;

beforeAll(async () => {
  const jwt = { secret: JWT_SECRET, jwksUrl: undefined, issuer: undefined, audience: undefined };
  app = await startTestApp({ config: { jwt } });
  await app.apply(onePool(2));
  url = `${app.app.url.replace('http', 'ws')}/graphql`;
});
afterAll(() => app.stop());

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

/** A bare socket that keeps what it is sent. */
interface Wire {
  readonly socket: WebSocket;
  readonly messages: readonly Message[];
  send(message: object): void;
  /** Resolves with the first message of an operation. */
  answer(id: string): Promise<Message>;
  readonly closed: Promise<{ code: number; reason: string }>;
}

async function open(options: { at?: string; headers?: Record<string, string> } = {}): Promise<Wire> {
  const socket = new WebSocket(options.at ?? url, 'graphql-transport-ws', { headers: options.headers ?? {} });
  const messages: Message[] = [];
  socket.on('message', (data) => void messages.push(JSON.parse(String(data)) as Message));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await once(socket, 'open');
  return {
    socket,
    messages,
    send: (message) => socket.send(JSON.stringify(message)),
    answer: async (id) => {
      await until(() => messages.some((message) => message.id === id), `an answer to ${id}`);
      return messages.find((message) => message.id === id) as Message;
    },
    closed,
  };
}

async function signIn(key = ADMIN_KEY, at = url): Promise<Wire> {
  const wire = await open({ at });
  wire.send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });
  await until(() => wire.messages.some(({ type }) => type === 'connection_ack'), 'the acknowledgement');
  return wire;
}

const FEED = 'subscription { workspaceFeed { number lead { message } } }';
const subscribe = (wire: Wire, id: string, query = FEED, variables: object = {}): void =>
  wire.send({ id, type: 'subscribe', payload: { query, variables } });

const submit = async (count: number, message = ''): Promise<void> => {
  const query =
    'mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { ... on SubmitLeadsSuccess { summary { accepted } } } }';
  const leads = Array.from({ length: count }, () => ({ lead: { message } }));
  const { data } = await app.send<{ submitLeads: { summary: { accepted: number } } }>(query, { input: { leads } });
  expect(data?.submitLeads.summary.accepted).toBe(count);
};

describe('a socket', () => {
  test('that does not introduce itself within 3 s is closed with 4408', async () => {
    const start = performance.now();
    const { closed } = await open();
    expect((await closed).code).toBe(4408);
    const elapsed = performance.now() - start;
    expect(elapsed).toBeGreaterThan(2_900);
    expect(elapsed).toBeLessThan(8_000);
  });

  test('without a key, or with a wrong one, is closed with 4403 and hears nothing', async () => {
    const wrong = [
      {},
      { authorization: 'Bearer fl_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' },
      { authorization: 1 },
    ];
    for (const payload of wrong) {
      const wire = await open();
      wire.send({ type: 'connection_init', payload });
      expect((await wire.closed).code).toBe(4403);
      expect(wire.messages).toEqual([]);
    }
  });

  test('that asks before it is acknowledged is closed with 4401', async () => {
    const wire = await open();
    subscribe(wire, '1');
    expect((await wire.closed).code).toBe(4401);
  });

  test('of a page from elsewhere is refused, of our own and of none is not', async () => {
    const { host } = new URL(url);
    const upgrade = (origin: string): Promise<number | 'open'> =>
      new Promise((resolve) => {
        const socket = new WebSocket(url, 'graphql-transport-ws', { headers: { origin } });
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        socket.on('error', () => {});
        socket.on('open', () => {
          socket.close();
          resolve('open');
        });
      });
    expect(await upgrade('https://evil.example')).toBe(403);
    expect(await upgrade('null')).toBe(403);
    expect(await upgrade(`http://${host}.evil.example`)).toBe(403);
    expect(await upgrade(`http://${host}`)).toBe('open');
  });

  test('that sends more than 64 KB at once is closed with 1009', async () => {
    const wire = await signIn();
    wire.send({
      id: '1',
      type: 'subscribe',
      payload: { query: `{ me { name } } # ${'x'.repeat(PROTOCOL_LIMITS.frameBytes)}` },
    });
    expect((await wire.closed).code).toBe(1009);
  });

  test('carries 50 subscriptions and no more', async () => {
    const wire = await signIn();
    for (let index = 1; index <= 51; index += 1) subscribe(wire, `s${index}`);
    expect(await wire.answer('s51')).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' }, message: expect.stringContaining('50') }],
    });
    await submit(1);
    await until(() => wire.messages.filter(({ type }) => type === 'next').length === 50, 'the event, 50 times');
    wire.socket.close();
  });

  test('answers queries and mutations, under the limits and the masking that HTTP has', async () => {
    const wire = await signIn();
    const ask = async (id: string, query: string, variables: object = {}): Promise<Message> => {
      subscribe(wire, id, query, variables);
      return wire.answer(id);
    };
    const code = (expected: string) => ({ type: 'error', payload: [{ extensions: { code: expected } }] });
    expect(await ask('query', '{ me { role } }')).toMatchObject({
      type: 'next',
      payload: { data: { me: { role: 'ADMIN' } } },
    });
    expect(await ask('syntax', '{ me ')).toMatchObject(code('GRAPHQL_PARSE_FAILED'));
    expect(await ask('fields', '{ me { shoeSize } }')).toMatchObject(code('GRAPHQL_VALIDATION_FAILED'));
    expect(await ask('tokens', `{ me { ${'name '.repeat(5_500)} } }`)).toMatchObject(code('BAD_REQUEST'));
    const depth = `{ reps { edges { node { ${'manager { '.repeat(20)} key ${'} '.repeat(20)} } } } }`;
    expect(await ask('depth', depth)).toMatchObject(code('BAD_REQUEST'));
    const segment =
      'mutation ($c: ConditionInput!) { createSegment(input: { key: "a", name: "A", condition: $c }) { __typename } }';
    const nested = `${'{"not":'.repeat(7_000)}{}${'}'.repeat(7_000)}`;
    wire.socket.send(
      `{"id":"nested","type":"subscribe","payload":{"query":${JSON.stringify(segment)},"variables":{"c":${nested}}}}`,
    );
    expect(await wire.answer('nested')).toMatchObject(code('BAD_REQUEST'));
    const aliases = Array.from({ length: 40 }, (_, index) => `a${index}: me { name }`).join(' ');
    expect(await ask('aliases', `{ ${aliases} }`)).toMatchObject(code('BAD_REQUEST'));
    expect(await ask('cursor', '{ reps(after: "x") { edges { cursor } } }')).toMatchObject({
      payload: { errors: [{ path: ['reps'], extensions: { code: 'INVALID_CURSOR' } }] },
    });
    await app.testDatabase.asOwner('ALTER TABLE "Segment" RENAME TO "Hidden"');
    const masked = await ask('masked', '{ segments { edges { cursor } } }');
    await app.testDatabase.asOwner('ALTER TABLE "Hidden" RENAME TO "Segment"');
    expect(masked).toMatchObject({
      payload: { errors: [{ extensions: { code: 'INTERNAL', reference: expect.any(String) } }] },
    });
    expect(JSON.stringify(masked)).not.toMatch(/prisma|Hidden|Segment"/i);
    wire.socket.close();
  });

  test('with a cursor that is none is told so, and stays open', async () => {
    const wire = await signIn();
    subscribe(wire, '1', 'subscription { workspaceFeed(after: "nonsense") { number } }');
    expect(await wire.answer('1')).toMatchObject({ payload: { errors: [{ extensions: { code: 'INVALID_CURSOR' } }] } });
    subscribe(wire, '2', `subscription { workspaceFeed(after: "${'x'.repeat(300)}") { number } }`);
    expect((await wire.answer('2')).type).toBe('error');
    expect(wire.socket.readyState).toBe(WebSocket.OPEN);
    wire.socket.close();
  });

  test('speaks with the client of graphql-ws', async () => {
    const client = createClient({
      url,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: `Bearer ${ADMIN_KEY}` },
    });
    const [result] = await Array.fromAsync(client.iterate({ query: '{ me { role } }' }));
    expect(result?.data).toEqual({ me: { role: 'ADMIN' } });
    await client.dispose();
  });
});

/** An event stream over HTTP: what has come, and whether it has ended. */
async function stream(key: string, at = app.app.url, query = FEED) {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${key}` };
  const response = await fetch(`${at}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  const seen = { text: '', ended: false };
  const read = async (): Promise<void> => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) seen.text += chunk;
  };
  void read()
    .catch(() => {})
    .finally(() => {
      seen.ended = true;
    });
  return seen;
}

describe('whose rights change', () => {
  test('loses sockets and event streams within 30 s: 4403 where key, token or rep have ended, 1012 where role or team are others', async () => {
    const { database, workspaceId, clock } = app;
    const context = { database, workspaceId, by: 'test', clock, committed: () => {} };
    const inAMinute = new Date(clock.now().getTime() + 60_000);
    const rep = (key: string, rest: object = {}) =>
      createRep(context, { key, name: key, email: `${key}@fairlead.example`, ...rest });
    const [offboarded, left, boss] = [await rep('offboarded'), await rep('left'), await rep('head')];
    const member = await rep('member', { managerId: boss.id });
    const make = (name: string, rest: object = {}) => createApiKey(context, { name, role: 'ADMIN', ...rest });
    const sign = (claims: object, seconds: number): Promise<string> =>
      new SignJWT({ role: 'ADMIN', ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime(clock.now().getTime() / 1_000 + seconds)
        .sign(new TextEncoder().encode(JWT_SECRET));
    const revoked = await make('revoked');
    const role = await make('of another role');
    const cases: readonly (readonly [what: string, token: string, code: number | null])[] = [
      ['a key that is revoked', revoked.secret, 4403],
      ['a key that expires', (await make('expiring', { expiresAt: inAMinute })).secret, 4403],
      // 10 s ago by then: as much may clocks differ.
      ['a token that ends', await sign({}, 50), 4403],
      ['a key whose rep is offboarded', (await make('offboarded', { repId: offboarded.id })).secret, 4403],
      ['a key whose rep has left', (await make('left', { repId: left.id })).secret, 4403],
      ['a token whose rep has left', await sign({ rep: 'left' }, 3_600), 4403],
      ['a key of another role', role.secret, 1012],
      ['a manager who loses somebody', (await make('head', { role: 'MANAGER', repId: boss.id })).secret, 1012],
      ['a token that lasts', await sign({}, 3_600), null],
      ['a key that lasts', (await make('lasting')).secret, null],
    ];
    const sockets = await Promise.all(cases.map(([, token]) => signIn(token)));
    const streams = await Promise.all(cases.map(([, token]) => stream(token)));
    for (const wire of sockets) subscribe(wire, '1');
    const ends = cases.flatMap(([, , code], index) => (code === null ? [] : [index]));

    await revokeApiKey(context, revoked.apiKey.id);
    await app.send('mutation ($input: OffboardRepInput!) { offboardRep(input: $input) { __typename } }', {
      input: { repId: encodeId('Rep', offboarded.id) },
    });
    await updateRep(context, left.id, { status: 'LEFT' });
    await updateRep(context, member.id, { managerId: null });
    await database.prisma.apiKey.updateMany({ where: { id: role.apiKey.id }, data: { role: 'MANAGER' } });
    clock.advance(60_000);
    const start = performance.now();
    const closed = new Map<string, number>();
    for (const index of ends) {
      const what = cases[index]?.[0] as string;
      void sockets[index]?.closed.then(({ code }) => closed.set(what, code));
    }
    await until(() => closed.size === ends.length, 'the sockets are closed').catch(() => {});
    expect(Object.fromEntries(closed)).toEqual(
      Object.fromEntries(cases.flatMap(([what, , code]) => (code === null ? [] : [[what, code]]))),
    );
    await until(() => ends.every((index) => streams[index]?.ended), 'the end of the streams');
    expect(performance.now() - start).toBeLessThan(30_000);

    await submit(1);
    const leadsOn = ({ messages }: Wire): unknown[] =>
      messages.filter(({ payload }) => JSON.stringify(payload ?? null).includes('"lead":{'));
    const lasting = cases.map(([, , code]) => (code === null ? 1 : 0));
    await until(
      () => lasting.every((lasts, index) => !lasts || leadsOn(sockets[index] as Wire).length > 0),
      'the event on the lasting sockets',
    );
    await until(
      () => lasting.every((lasts, index) => !lasts || streams[index]?.text.includes('"lead":{')),
      'the event on the lasting streams',
    );
    // That somebody has left was an event too, before the sockets were closed.
    expect(sockets.map((wire) => leadsOn(wire).length)).toEqual(lasting);
    expect(streams.map(({ text }) => Number(text.includes('"lead":{')))).toEqual(lasting);
    for (const { socket } of sockets) socket.close();
  });
});

describe('a device that stops reading', () => {
  test('is cut off and disturbs no other; what it missed is there when it comes again', async () => {
    const [stalled, lively] = [await signIn(), await signIn()];
    const { data } = await app.send<{ feedCursor: string }>('{ feedCursor }');
    // About 15 KB an event: more than the system's own buffers take up.
    const names = Array.from({ length: 10 }, (_, index) => `m${index}: message`).join(' ');
    subscribe(stalled, '1', `subscription { workspaceFeed { lead { ${names} } } }`);
    subscribe(lively, '1', 'subscription { workspaceFeed { number } }');
    await submit(1);
    await until(() => stalled.messages.some(({ id }) => id === '1'), 'the first event');
    stalled.socket.pause();
    const count = 3_000;
    for (let sent = 0; sent < count; sent += 500) await submit(500, 'x'.repeat(1_500));
    await until(
      () => lively.messages.filter(({ type }) => type === 'next').length === count + 1,
      'all events on the other',
    );
    // Whoever does not read does not see the closing frame either: the connection is ended for it.
    const before = stalled.messages.length;
    stalled.socket.resume();
    const { code } = await stalled.closed;
    expect([1006, 1013]).toContain(code);
    expect(stalled.messages.length).toBeGreaterThanOrEqual(before);
    expect(stalled.messages.filter(({ type }) => type === 'next').length).toBeLessThan(count);
    const again = await signIn();
    subscribe(again, '1', 'subscription ($after: Cursor) { workspaceFeed(after: $after) { number } }', {
      after: data?.feedCursor,
    });
    await until(() => again.messages.filter(({ type }) => type === 'next').length === count + 1, 'all that was missed');
    again.socket.close();
    lively.socket.close();
  });
});

describe('a server that stops', () => {
  test('says so with 1001, ends event streams, and does not wait for who does not read', async () => {
    const other = await startTestApp();
    await other.apply(onePool(1));
    const at = `${other.app.url.replace('http', 'ws')}/graphql`;
    const [reading, stalled] = [await signIn(ADMIN_KEY, at), await signIn(ADMIN_KEY, at)];
    const events = await stream(ADMIN_KEY, other.app.url);
    for (const wire of [reading, stalled]) subscribe(wire, '1');
    stalled.socket.pause();
    const start = performance.now();
    await other.stop();
    expect(performance.now() - start).toBeLessThan(5_000);
    expect((await reading.closed).code).toBe(1001);
    await until(() => events.ended, 'the end of the stream');
    stalled.socket.terminate();
  });
});
