import { createClient } from 'graphql-ws';
import { SignJWT } from 'jose';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type App, createApp } from '../../src/app.ts';
import { ADMIN_KEY, startTestApp, type TestApp, testConfig, until } from '../support/app.ts';
import { serve } from '../support/calendarServers.ts';
import { onePool } from '../support/companies.ts';
import { keepLog } from '../support/logLines.ts';

/* What log lines have in common, and what they must not hold. */

const JWT_SECRET = 'a secret of more than thirty-two characters';
const SUBMIT = `mutation Capture($input: SubmitLeadInput!) {
  submitLead(input: $input) { __typename ... on SubmitLeadSuccess { lead { id } } }
}`;

let company: TestApp;
let app: App;
const { log, lines } = keepLog('debug');
beforeAll(async () => {
  company = await startTestApp();
  await company.apply(onePool(2));
  const config = testConfig(company.testDatabase.url, { allowPrivateAddresses: true });
  app = createApp({ config: { ...config, jwt: { ...config.jwt, secret: JWT_SECRET } }, log });
  await app.start();
});
afterAll(async () => {
  await app.stop();
  await company.stop();
});

async function send(query: string, variables: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}`, ...headers },
    body: JSON.stringify({ query, variables }),
  });
}
const withId = (id: unknown) => lines().filter(({ requestId }) => requestId === id);
const person = { email: 'grace@hopper.example', phone: '+4930901820', lastName: 'Hopper' };

/** Lets segments be unreadable meanwhile. */
async function whileBroken(work: () => Promise<void>): Promise<void> {
  await company.testDatabase.asOwner('ALTER TABLE "Segment" RENAME TO "Hidden"');
  try {
    await work();
  } finally {
    await company.testDatabase.asOwner('ALTER TABLE "Hidden" RENAME TO "Segment"');
  }
}

describe('a request', () => {
  test('has the id it came with in its answer and in its one line, which tells who did what and nothing of the person', async () => {
    const answer = await send(SUBMIT, { input: { lead: person } }, { 'x-request-id': 'web-1.a_B' });
    await answer.text();
    expect(answer.headers.get('x-request-id')).toBe('web-1.a_B');
    await until(() => withId('web-1.a_B').length > 0, 'its line');
    expect(withId('web-1.a_B')).toEqual([
      expect.objectContaining({
        operation: 'mutation',
        operationName: 'Capture',
        outcome: 'OK',
        workspaceId: company.workspaceId,
        principal: 'key:testadmin',
        ms: expect.any(Number),
      }),
    ]);
    expect(JSON.stringify(lines())).not.toMatch(/hopper|4930901820|fl_testadmin_|authorization/i);
  });

  test.each([
    ['none', undefined],
    ['one that is too long', 'a'.repeat(65)],
    ['one with other characters', 'a"},{"level":60'],
  ])('with %s gets one of the server’s own', async (_name, given) => {
    const answer = await send('{ me { name } }', {}, given === undefined ? {} : { 'x-request-id': given });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  });

  test('that fails by a fault of the server names the same id in the answer, its header and both lines', async () => {
    await whileBroken(async () => {
      const answer = await send('{ segments { edges { cursor } } }', {});
      const { errors } = (await answer.json()) as { errors: { message: string; extensions: { reference: string } }[] };
      const id = answer.headers.get('x-request-id');
      expect(errors[0]?.extensions.reference).toBe(id);
      expect(errors[0]?.message).toContain(id);
      await until(() => withId(id).length === 2, 'both lines');
      expect(withId(id).map(({ level, msg, outcome }) => [level, msg, outcome])).toEqual([
        [50, 'masked error', undefined],
        [20, 'call', 'INTERNAL'],
      ]);
    });
  });

  test('that is refused says by what code, whether by a rule or before it was looked at', async () => {
    const refusals: [string, string, object, Record<string, string>, string][] = [
      ['r-rule', SUBMIT, { input: { lead: { ...person, score: 101 } } }, {}, 'INVALID_INPUT'],
      ['r-token', '{ me { name } }', {}, { authorization: 'Bearer nobody' }, 'UNAUTHENTICATED'],
      ['r-type', '{ me { name } }', {}, { 'content-type': 'text/plain' }, 'UNSUPPORTED_MEDIA_TYPE'],
      ['r-field', '{ me { shoeSize } }', {}, {}, 'GRAPHQL_VALIDATION_FAILED'],
    ];
    for (const [id, query, variables, headers, outcome] of refusals) {
      await (await send(query, variables, { ...headers, 'x-request-id': id })).text();
      await until(() => withId(id).length === 1, `the line of ${id}`);
      expect([id, withId(id)[0]?.outcome]).toEqual([id, outcome]);
    }
  });

  test('of somebody whose token carries their address does not show it', async () => {
    const token = await new SignJWT({ sub: 'ada@lovelace.example', role: 'ADMIN' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(JWT_SECRET));
    await (await send('{ me { role } }', {}, { authorization: `Bearer ${token}`, 'x-request-id': 'jwt' })).text();
    await until(() => withId('jwt').length === 1, 'its line');
    expect(withId('jwt')[0]).toMatchObject({ outcome: 'OK', principal: 'user:[hidden]' });
    expect(JSON.stringify(lines())).not.toContain('lovelace');
  });
});

test('operations over a socket have ids of their own and that of the socket in common', async () => {
  const client = createClient({
    url: `${app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string) {
        super(address, protocols, { headers: { 'x-request-id': 'phone-7' } });
      }
    },
    connectionParams: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  const ask = (query: string) =>
    new Promise<{ errors?: readonly { extensions?: { reference?: string } }[] }>((resolve, reject) => {
      client.subscribe({ query }, { next: (result) => resolve(result as never), error: reject, complete: () => {} });
    });
  await ask('query First { me { name } }');
  await whileBroken(async () => {
    const { errors } = await ask('query Second { segments { edges { cursor } } }');
    const ofSocket = lines().filter(({ connectionId }) => connectionId === 'phone-7');
    expect(ofSocket.map(({ msg, operationName, outcome }) => [msg, operationName, outcome])).toEqual([
      ['call', 'First', 'OK'],
      ['masked error', undefined, undefined],
      ['call', 'Second', 'INTERNAL'],
    ]);
    const [first, masked, second] = ofSocket.map(({ requestId }) => requestId);
    expect(masked).toBe(errors?.[0]?.extensions?.reference);
    expect(second).toBe(masked);
    expect(first).not.toBe(second);
  });
  await client.dispose();
});

test('lines of a job carry its id, its attempt and the id of the sweep that made it', async () => {
  const read = Promise.withResolvers<void>();
  await using calendar = await serve(async () => {
    await read.promise;
    return { status: 200, body: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n' };
  });
  const now = new Date();
  await company.database.prisma.calendar.create({
    data: {
      ...{ workspaceId: company.workspaceId, id: v7(), name: 'HR', kind: 'HR' },
      ...{
        source: JSON.stringify({ kind: 'HR', url: `${calendar.url}/hr.ics` }),
        attempt: 0,
        unmatched: 0,
        alerted: false,
      },
      ...{ nextSyncAt: now, createdAt: now, updatedAt: now },
    },
  });
  await until(() => calendar.asked.length === 1, 'the job is under way');
  const { rows } = await company.database.pool.query<{ id: string; sweep: string }>(
    `SELECT "id", "payload" ->> 'requestId' AS "sweep" FROM graphile_worker._private_jobs`,
  );
  read.resolve();
  const ofJob = () => lines().filter(({ task }) => task === 'syncCalendar');
  await until(() => ofJob().length === 1, 'the line of the job');
  expect(rows[0]?.sweep).toMatch(/^[0-9a-f-]{36}$/);
  expect(ofJob()[0]).toMatchObject({ msg: 'job done', attempt: 1, jobId: rows[0]?.id, requestId: rows[0]?.sweep });
});
