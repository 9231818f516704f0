import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createLog } from '../../src/log.ts';
import { ADMIN_KEY, startTestApp, type TestApp, testConfig } from '../support/app.ts';
import { onePool } from '../support/companies.ts';

const SUBMIT = `mutation ($input: SubmitLeadInput!) {
  submitLead(input: $input) { __typename ... on Error { code message } ... on InvalidInputError { issues { path message } } }
}`;

let app: TestApp;
let url: string;

beforeAll(async () => {
  app = await startTestApp();
  await app.apply(onePool(3));
  url = `${app.app.url}/graphql`;
});
afterAll(() => app.stop());

interface Reply {
  readonly status: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: unknown;
    readonly extensions?: Record<string, unknown>;
  }[];
}

async function post(body: string, headers: Record<string, string> = {}, at = url): Promise<Reply> {
  const response = await fetch(at, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}`, ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, ...(text.startsWith('{') ? (JSON.parse(text) as object) : {}) };
}

const ask = (query: string, variables: object = {}, at = url): Promise<Reply> =>
  post(JSON.stringify({ query, variables }), {}, at);
const codeOf = ({ errors }: Reply): unknown => errors?.[0]?.extensions?.code;
const leads = (): Promise<number> => app.database.prisma.lead.count();

describe('an operation that attacks the server is refused with 400 and a code', () => {
  const deep = (depth: number): string =>
    `{ reps { edges { node { ${'manager { '.repeat(depth)} key ${'} '.repeat(depth)} } } } }`;
  const attacks: Record<string, string> = {
    depth: deep(30),
    'depth by fragments': `{ reps { edges { node { ...A } } } } fragment A on Rep { manager { manager { manager { manager { ...B } } } } }
      fragment B on Rep { manager { manager { manager { manager { ...C } } } } } fragment C on Rep { manager { manager { manager { manager { manager { key } } } } } }`,
    'an alias flood': `{ ${Array.from({ length: 40 }, (_, index) => `a${index}: me { name }`).join(' ')} }`,
    'an alias flood by fragments': `{ ...A ...B } fragment A on Query { ${Array.from({ length: 20 }, (_, index) => `a${index}: me { name }`).join(' ')} }
      fragment B on Query { ${Array.from({ length: 20 }, (_, index) => `b${index}: me { name }`).join(' ')} }`,
    'a directive flood': `{ me ${'@include(if: true) '.repeat(40)} { name } }`,
    'a document of too many tokens': `{ me { ${'name '.repeat(6_000)} } }`,
    'lists within lists that cost too much':
      '{ reps(first: 100) { edges { node { leads(first: 100) { edges { node { owner { leads(first: 100) { edges { node { id } } } } } } } } } } }',
  };

  for (const [name, query] of Object.entries(attacks)) {
    test(name, async () => {
      const reply = await ask(query);
      expect([reply.status, codeOf(reply)]).toEqual([400, 'BAD_REQUEST']);
      expect(reply.data ?? null).toBeNull();
    });
  }

  test('variables nested 100,000 deep', async () => {
    const nested = `${'{"not":'.repeat(100_000)}{}${'}'.repeat(100_000)}`;
    const query = 'mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { __typename } }';
    const reply = await post(
      `{"query":${JSON.stringify(query)},"variables":{"input":{"key":"a","name":"A","condition":${nested}}}}`,
    );
    expect([reply.status, codeOf(reply)]).toEqual([400, 'BAD_REQUEST']);
    expect(reply.errors?.[0]?.message).toContain('64 deep');
  });

  test('lists within lists a little less costly are answered', async () => {
    const reply = await ask(
      '{ reps(first: 100) { edges { node { leads(first: 20) { edges { node { owner { key } } } } } } } }',
    );
    expect(reply.errors).toBeUndefined();
  });
});

describe('an operation that is no sound GraphQL is refused as the protocol says: 400, or 200 for who asks for application/json', () => {
  const operations: Record<string, [query: string, code: string]> = {
    'syntax errors': ['{ me ', 'GRAPHQL_PARSE_FAILED'],
    'unknown fields': ['{ me { shoeSize } }', 'GRAPHQL_VALIDATION_FAILED'],
    'circular fragments': [
      '{ reps { edges { node { ...A } } } } fragment A on Rep { manager { ...B } } fragment B on Rep { manager { ...A } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
  };
  for (const [name, [query, code]] of Object.entries(operations)) {
    test(name, async () => {
      const body = JSON.stringify({ query });
      const standard = await post(body, { accept: 'application/graphql-response+json' });
      const older = await post(body, { accept: 'application/json' });
      expect([standard, older].map((reply) => [reply.status, codeOf(reply)])).toEqual([
        [400, code],
        [200, code],
      ]);
    });
  }
});

describe('a request', () => {
  test('of more than 1 MiB is answered with 413', async () => {
    const query = `{ me { name } } # ${'x'.repeat(1_100_000)}`;
    expect((await ask(query)).status).toBe(413);
  });

  test('of several operations in one array is refused', async () => {
    const reply = await post(JSON.stringify([{ query: '{ me { name } }' }, { query: '{ me { name } }' }]));
    expect(reply.status).toBe(400);
  });

  test('that a form in a foreign page could send is refused with 415 and stores nothing', async () => {
    const before = await leads();
    const query = 'mutation { submitLead(input: { lead: { email: "eve@evil.example" } }) { __typename } }';
    const form = new FormData();
    form.set('operations', JSON.stringify({ query }));
    form.set('map', '{}');
    const bodies: [string, BodyInit][] = [
      ['application/x-www-form-urlencoded', new URLSearchParams({ query })],
      ['text/plain', JSON.stringify({ query })],
      ['', form],
      ['application/graphql', query],
    ];
    for (const [type, body] of bodies) {
      const headers = { authorization: `Bearer ${ADMIN_KEY}`, ...(type === '' ? {} : { 'content-type': type }) };
      const response = await fetch(url, { method: 'POST', headers, body });
      const reply = (await response.json()) as Reply;
      expect([type, response.status, codeOf(reply)]).toEqual([type, 415, 'UNSUPPORTED_MEDIA_TYPE']);
    }
    expect(await leads()).toBe(before);
  });

  test('by GET may ask, but not change', async () => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, accept: 'application/json' };
    const get = (query: string) => fetch(`${url}?query=${encodeURIComponent(query)}`, { headers });
    expect(await (await get('{ me { role } }')).json()).toEqual({ data: { me: { role: 'ADMIN' } } });
    const before = await leads();
    const refused = await get('mutation { submitLead(input: { lead: { email: "eve@evil.example" } }) { __typename } }');
    expect(refused.status).toBe(405);
    expect(await leads()).toBe(before);
  });

  test('from a foreign page gets no leave to read the answer', async () => {
    const response = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    await response.text();
  });

  test('whose path or host is nonsense does not end the process', async () => {
    const raw = async (text: string): Promise<string> => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.setEncoding('utf8');
      let answer = '';
      socket.on('data', (chunk: string) => {
        answer += chunk;
      });
      socket.on('error', () => {});
      socket.write(text);
      await once(socket, 'close');
      return answer.split('\r\n')[0] ?? '';
    };
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    expect(await raw('GET // HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toContain('404');
    expect(await raw(`GET // HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`)).toContain('404');
    await raw('GET /graphql?query=%7Bme%7Bname%7D%7D HTTP/1.1\r\nHost: [::\r\nConnection: close\r\n\r\n');
    await raw('GET /graphql HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n');
    expect((await ask('{ me { role } }')).data).toEqual({ me: { role: 'ADMIN' } });
  });

  test('without a key is answered with 401 that says what to send', async () => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ me { name } }"}',
    });
    const reply = (await response.json()) as Reply;
    expect([response.status, codeOf(reply)]).toEqual([401, 'UNAUTHENTICATED']);
    expect(reply.errors?.[0]?.message).toContain('Authorization: Bearer');
  });
});

describe('values', () => {
  const submit = async (lead: object) => (await ask(SUBMIT, { input: { lead } })) as Reply;
  const issues = async (lead: object): Promise<unknown> => {
    const { data } = await submit(lead);
    const { issues = [] } = (data as { submitLead: { issues?: readonly { path: string }[] } }).submitLead;
    return issues.map(({ path }) => path);
  };

  test('that are no moments are refused with 400, naming the field and the form', async () => {
    for (const at of [
      '2026-03-01',
      '2026-03-01T09:00:00',
      '2026-02-30T09:00:00Z',
      '0000-01-01T00:00:00Z',
      '0001-01-01T00:00:00+14:00',
      '2026-03-01T25:00:00Z',
      'yesterday',
      '',
      1_772_355_600,
      null === undefined,
      {},
    ]) {
      const reply = await submit({ capturedAt: at });
      expect([at, reply.status, codeOf(reply)]).toEqual([at, 400, 'BAD_REQUEST']);
      expect(reply.errors?.[0]?.message).toContain('lead.capturedAt');
    }
  });

  test('of moments are read with any zone and answered in UTC with milliseconds', async () => {
    const query = `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) { ... on SubmitLeadSuccess { lead { capturedAt } } } }`;
    const { data } = await ask(query, {
      input: { lead: { email: 'a@b.example', capturedAt: '2026-03-01T09:30:00+05:30' } },
    });
    expect(data).toEqual({ submitLead: { lead: { capturedAt: '2026-03-01T04:00:00.000Z' } } });
  });

  test('with NUL or half a surrogate pair are refused by name and reach no table', async () => {
    const before = await leads();
    for (const text of ['a\u0000b', 'a\ud800b']) {
      expect(await issues({ firstName: text })).toEqual(['lead.firstName']);
      expect(await issues({ attributes: { plan: text } })).toEqual(['lead.attributes.plan']);
      expect(await issues({ attributes: { [text]: 'x' } })).toEqual([expect.stringContaining('lead.attributes')]);
      const filtered = await ask('query ($filter: LeadFilter) { leads(filter: $filter) { edges { cursor } } }', {
        filter: { search: text, source: text },
      });
      expect(filtered).toEqual({ status: 200, data: { leads: { edges: [] } } });
      for (const field of ['rep', 'pool']) {
        expect(await ask(`query ($key: String) { ${field}(key: $key) { id } }`, { key: text })).toEqual({
          status: 200,
          data: { [field]: null },
        });
      }
      for (const field of ['lead', 'node']) {
        expect(await ask(`query ($id: ID!) { ${field}(id: $id) { id } }`, { id: text })).toEqual({
          status: 200,
          data: { [field]: null },
        });
      }
      const key = await ask(SUBMIT, { input: { lead: {}, idempotencyKey: text } });
      expect(key.data).toMatchObject({ submitLead: { code: 'INVALID_INPUT', issues: [{ path: 'idempotencyKey' }] } });
    }
    expect(await leads()).toBe(before);
  });

  test('beyond a number’s type are refused with 400, naming the field', async () => {
    for (const [name, value] of Object.entries({ employees: 49.5, score: '50', icp: 'yes', requestKind: 'LUNCH' })) {
      const reply = await submit({ [name]: value });
      expect([name, reply.status, codeOf(reply)]).toEqual([name, 400, 'BAD_REQUEST']);
      expect(reply.errors?.[0]?.message).toContain(`lead.${name}`);
    }
    expect(await issues({ employees: -5, score: 101 })).toEqual(['lead.employees', 'lead.score']);
  });
});

describe('the database', () => {
  test('that does not let a lead through for 10 s has its callers told to come again, those who queue too', async () => {
    const client = await app.database.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM "Lane" FOR UPDATE');
    const start = performance.now();
    const first = ask(SUBMIT, { input: { lead: { email: 'first@b.example' } } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const second = ask(SUBMIT, { input: { lead: { email: 'second@b.example' } } });
    const replies = await Promise.all([first, second]);
    const seconds = (performance.now() - start) / 1_000;
    await client.query('ROLLBACK');
    client.release();
    expect(replies.map((reply) => [reply.status, codeOf(reply)])).toEqual([
      [503, 'UNAVAILABLE'],
      [503, 'UNAVAILABLE'],
    ]);
    expect(seconds).toBeLessThan(13);
    expect(replies[0]?.errors?.[0]?.message).toContain('Repeat the call');
  });

  test('that breaks in an unforeseen way is masked, with a reference that stands in the log', async () => {
    const lines: string[] = [];
    const log = createLog('error', { write: (text) => void lines.push(text) });
    const broken = createApp({ config: testConfig(app.testDatabase.url), clock: app.clock, log });
    await broken.start();
    await app.testDatabase.asOwner('ALTER TABLE "Segment" RENAME TO "Hidden"');
    try {
      const reply = await ask('{ segments { edges { cursor } } }', {}, `${broken.url}/graphql`);
      const { message, extensions, path } = reply.errors?.[0] ?? { message: '' };
      expect(extensions?.code).toBe('INTERNAL');
      expect(path).toEqual(['segments']);
      expect(JSON.stringify(reply)).not.toMatch(/Segment"|prisma|select|stack/i);
      expect(message).toContain(extensions?.reference as string);
      expect(lines.filter((text) => text.includes(extensions?.reference as string))).toHaveLength(1);
    } finally {
      await app.testDatabase.asOwner('ALTER TABLE "Hidden" RENAME TO "Segment"');
      await broken.stop();
    }
  });
});

describe('in production', () => {
  let production: ReturnType<typeof createApp>;
  let at: string;
  beforeAll(async () => {
    production = createApp({
      config: { ...testConfig(app.testDatabase.url), production: true },
      clock: app.clock,
      log: createLog('silent'),
    });
    await production.start();
    at = `${production.url}/graphql`;
  });
  afterAll(() => production.stop());

  const anonymous = async (query: string): Promise<Reply> => {
    const response = await fetch(at, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return { status: response.status, ...((await response.json()) as object) };
  };
  const INTROSPECTION = '{ __schema { queryType { name } } }';

  test('introspection is closed to who is not signed in, and open to who is', async () => {
    const reply = await anonymous(INTROSPECTION);
    expect([reply.data, codeOf(reply)]).toEqual([undefined, 'GRAPHQL_VALIDATION_FAILED']);
    expect((await ask(INTROSPECTION, {}, at)).data).toEqual({ __schema: { queryType: { name: 'Query' } } });
  });

  test('a misspelt field is not put right for who is not signed in', async () => {
    expect(JSON.stringify(await anonymous('{ mee { name } }'))).not.toMatch(/did you mean/i);
    expect(JSON.stringify(await ask('{ mee { name } }'))).toMatch(/did you mean/i);
  });

  test('there is no GraphiQL, and out of production there is', async () => {
    const page = async (address: string) => (await fetch(address, { headers: { accept: 'text/html' } })).text();
    expect(await page(at)).not.toMatch(/graphiql/i);
    expect(await page(url)).toMatch(/graphiql/i);
  });
});
