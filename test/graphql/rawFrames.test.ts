import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { PROTOCOL_LIMITS } from '../../src/graphql/protocol.ts';
import { ADMIN_KEY, startTestApp, type TestApp, until } from '../support/app.ts';

/*
 * Sockets that do not keep to graphql-transport-ws
 * (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md), or not to WebSocket itself (RFC 6455).
 */

let app: TestApp;
let url: string;
/** Of somebody who does nothing wrong. */
let bystander: Wire;

interface Wire {
  readonly socket: WebSocket;
  readonly received: readonly string[];
  readonly closed: Promise<number>;
}

async function connect(): Promise<Wire> {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  const received: string[] = [];
  socket.on('message', (data) => void received.push(String(data)));
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'open');
  return { socket, received, closed };
}

const INIT = JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${ADMIN_KEY}` } });

async function signIn(): Promise<Wire> {
  const wire = await connect();
  wire.socket.send(INIT);
  await until(() => wire.received.length > 0, 'the acknowledgement');
  return wire;
}

const answers = async ({ socket, received }: Wire): Promise<boolean> => {
  const before = received.length;
  socket.send('{"id":"me","type":"subscribe","payload":{"query":"{ me { role } }"}}');
  await until(() => received.slice(before).some((text) => text.includes('"complete"')), 'an answer');
  return received.slice(before).some((text) => text.includes('ADMIN'));
};

beforeAll(async () => {
  app = await startTestApp();
  url = `${app.app.url.replace('http', 'ws')}/graphql`;
  bystander = await signIn();
});
afterAll(() => app.stop());

const subscribe = (id: unknown, payload: unknown): string => JSON.stringify({ id, type: 'subscribe', payload });
const QUERY = { query: '{ me { role } }' };
const ENDLESS = { query: 'subscription { workspaceFeed { number } }' };
const DEEP = 30_000;

describe('a signed-in socket is closed, and nobody else is disturbed,', () => {
  const messages: readonly (readonly [what: string, messages: readonly (string | Buffer)[], code: number])[] = [
    ['that sends no JSON', ['hello'], 4400],
    ['that sends nothing', [''], 4400],
    ['that sends a number', ['1'], 4400],
    ['that sends null', ['null'], 4400],
    ['that sends several messages as one', [`[${subscribe('1', QUERY)}]`], 4400],
    ['that sends a message of no type', ['{}'], 4400],
    ['that sends a message of an unknown type', ['{"type":"start","id":"1"}'], 4400],
    ['that sends what only servers send', ['{"type":"next","id":"1","payload":{"data":null}}'], 4400],
    ['that acknowledges itself', ['{"type":"connection_ack"}'], 4400],
    ['that asks without an id', [subscribe(undefined, QUERY)], 4400],
    ['that asks under an id that is none', [subscribe(1, QUERY)], 4400],
    ['that asks under an empty id', [subscribe('', QUERY)], 4400],
    ['that asks for nothing', [subscribe('1', undefined)], 4400],
    ['that asks by something else than text', [subscribe('1', { query: { me: 1 } })], 4400],
    ['with variables that are no object', [subscribe('1', { ...QUERY, variables: 'x' })], 4400],
    ['with an operation name that is no text', [subscribe('1', { ...QUERY, operationName: 1 })], 4400],
    ['with extensions that are no object', [subscribe('1', { ...QUERY, extensions: 1 })], 4400],
    ['that completes without an id', ['{"type":"complete"}'], 4400],
    ['that pings with something else than an object', ['{"type":"ping","payload":1}'], 4400],
    ['that sends bytes', [Buffer.from([0, 1, 2, 255])], 4400],
    ['that sends arrays within arrays', [`${'['.repeat(DEEP)}${']'.repeat(DEEP)}`], 4400],
    ['that introduces itself twice', [INIT], 4429],
    ['that uses an id which is in use', [subscribe('1', ENDLESS), subscribe('1', ENDLESS)], 4409],
  ];
  test.each(messages)('%s', async (_what, sent, code) => {
    const wire = await signIn();
    for (const message of sent) wire.socket.send(message);
    expect(await wire.closed).toBe(code);
    expect(wire.received.join()).not.toContain('INTERNAL');
    expect(await answers(bystander)).toBe(true);
  });

  const MASK = [0, 0, 0, 0];
  const frames: readonly (readonly [what: string, bytes: readonly number[], code: number])[] = [
    ['whose frame is not masked', [0x81, 2, 0x7b, 0x7d], 1002],
    ['whose frame is of a kind that does not exist', [0x83, 0x80, ...MASK], 1002],
    ['whose frame has a bit set that stands for nothing', [0xc1, 0x80, ...MASK], 1002],
    ['whose ping is in pieces', [0x09, 0x80, ...MASK], 1002],
    ['whose ping is longer than a ping may be', [0x89, 0xfe, 0, 126, ...MASK], 1002],
    ['whose text goes on with what was not begun', [0x80, 0x80, ...MASK], 1002],
    ['whose text is not UTF-8', [0x81, 0x82, ...MASK, 0xc3, 0x28], 1007],
    ['whose frame says that it is of 4 GB', [0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, ...MASK], 1009],
  ];
  test.each(frames)('%s', async (_what, bytes, code) => {
    const wire = await signIn();
    (wire.socket as unknown as { readonly _socket: Socket })._socket.write(Buffer.from(bytes));
    expect(await wire.closed).toBe(code);
    expect(await answers(bystander)).toBe(true);
  });

  test('whose message is beyond 64 KB in pieces that are not', async () => {
    const wire = await signIn();
    const piece = ' '.repeat(PROTOCOL_LIMITS.frameBytes / 2);
    for (let sent = 0; sent < 3; sent += 1) wire.socket.send(piece, { fin: false });
    expect(await wire.closed).toBe(1009);
    expect(await answers(bystander)).toBe(true);
  });
});

test('a socket that names no protocol is closed with 4406', async () => {
  const socket = new WebSocket(url);
  const [code] = (await once(socket, 'close')) as [number];
  expect(code).toBe(4406);
  expect(await answers(bystander)).toBe(true);
});

test('a socket that completes what it never asked for, and pongs that nobody asked for, are let be', async () => {
  const wire = await signIn();
  wire.socket.send('{"type":"complete","id":"never"}');
  wire.socket.send('{"type":"pong"}');
  wire.socket.send('{"type":"ping","payload":{"a":1}}');
  wire.socket.pong();
  expect(await answers(wire)).toBe(true);
  expect(wire.received).toContainEqual(expect.stringContaining('"pong"'));
  wire.socket.close();
});

test('ten thousand pings are answered in their turn while others are served', async () => {
  const wire = await signIn();
  for (let sent = 0; sent < 10_000; sent += 1) wire.socket.send('{"type":"ping"}');
  expect(await answers(bystander)).toBe(true);
  await until(() => wire.received.length > 10_000, 'every pong');
  wire.socket.close();
});
