import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importSPKI, jwtVerify } from 'jose';
import type { GoogleSource, MicrosoftSource } from '../../src/calendars/sources.ts';

/*
 * Stand-ins for what calendars are read from. Each checks what it is sent as its documentation asks for, and answers an
 * error otherwise.
 */

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** What it was asked, in order. */
  readonly asked: readonly Asked[];
}

type Respond = (asked: Asked, response: ServerResponse) => Reply | null | Promise<Reply | null>;

/** @param respond null where it has seen to the answer itself */
export async function serve(respond: Respond): Promise<TestServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const each = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
    asked.push(each);
    const reply = await respond(each, response);
    if (reply) response.writeHead(reply.status, reply.headers).end(reply.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

export interface FeedServer extends TestServer {
  /** What `/calendar.ics` answers with. */
  text: string;
  etag: string | null;
  modified: string | null;
}

const HUGE_BYTES = 100_000_000;

/**
 * A feed at `/calendar.ics`, and what else an address may hold: `/private`, `/missing`, `/throttled`, `/broken`,
 * `/moved?to=…`, `/page`, `/huge` (100 MB), `/huge-undeclared`, `/silent` (never answers), `/stalled` (stops half-way).
 */
export async function serveFeed(text: string): Promise<FeedServer> {
  const state = { text, etag: '"1"' as string | null, modified: null as string | null };
  const respond: Respond = ({ method, path, headers }, response) => {
    const url = new URL(path, 'http://feed');
    if (method !== 'GET') return { status: 405 };
    switch (url.pathname) {
      case '/calendar.ics': {
        const validators = {
          ...(state.etag === null ? {} : { etag: state.etag }),
          ...(state.modified === null ? {} : { 'last-modified': state.modified }),
        };
        const isSame =
          state.etag === null
            ? state.modified !== null && headers['if-modified-since'] === state.modified
            : headers['if-none-match'] === state.etag;
        if (isSame) return { status: 304, headers: validators };
        return {
          status: 200,
          headers: { 'content-type': 'text/calendar; charset=utf-8', ...validators },
          body: state.text,
        };
      }
      case '/private':
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="calendar"' } };
      case '/throttled':
        return { status: 429, headers: { 'retry-after': '120' } };
      case '/broken':
        return { status: 500, body: 'a secret of the server' };
      case '/moved':
        return {
          status: 302,
          headers: { location: url.searchParams.get('to') ?? '/' },
          body: 'Moved. '.repeat(100_000),
        };
      case '/page':
        return { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Sign in</title>' };
      case '/huge':
      case '/huge-undeclared': {
        response.writeHead(200, url.pathname === '/huge' ? { 'content-length': String(HUGE_BYTES) } : {});
        pour(response, HUGE_BYTES);
        return null;
      }
      case '/silent':
        return null;
      case '/stalled':
        response.writeHead(200, { 'content-type': 'text/calendar' }).write('BEGIN:VCALENDAR\r\n');
        return null;
      default:
        return { status: 404 };
    }
  };
  return Object.assign(state, await serve(respond));
}

/** Writes as much as is taken. */
function pour(response: ServerResponse, bytes: number): void {
  const chunk = Buffer.alloc(100_000, 'x');
  let left = bytes;
  const go = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length;
      if (!response.write(chunk)) return void response.once('drain', go);
    }
    response.end();
  };
  go();
}

/** A provider that asks for a token. */
export interface ProviderServer extends TestServer {
  /** How many tokens it has given. */
  readonly tokens: number;
  /** What it answers next instead of what it would; in order. */
  readonly next: Reply[];
  /** The same for the request of a token. */
  readonly nextToken: Reply[];
  /** From now on it takes none of the tokens it has given. */
  forgetTokens(): void;
}

interface Provider {
  readonly isTokenPath: (path: string) => boolean;
  /** Null for credentials that are good. */
  readonly checkGrant: (asked: Asked, url: string) => Promise<Reply | null>;
  readonly answer: (asked: Asked) => Reply;
  readonly tokenLifeSeconds: number;
}

async function serveProvider({ isTokenPath, checkGrant, answer, tokenLifeSeconds }: Provider): Promise<ProviderServer> {
  const good = new Set<string>();
  const state = { tokens: 0, next: [] as Reply[], nextToken: [] as Reply[], forgetTokens: () => good.clear() };
  const server: TestServer = await serve(async (asked) => {
    if (isTokenPath(asked.path)) {
      const instead = state.nextToken.shift();
      if (instead) return instead;
      if (asked.headers['content-type'] !== 'application/x-www-form-urlencoded')
        return json(400, { error: 'invalid_request' });
      const refusal = asked.method === 'POST' ? await checkGrant(asked, server.url) : { status: 405 };
      if (refusal) return refusal;
      const token = randomUUID();
      good.add(token);
      state.tokens += 1;
      return json(200, { access_token: token, expires_in: tokenLifeSeconds, token_type: 'Bearer' });
    }
    if (!good.has(asked.headers.authorization?.replace(/^Bearer /, '') ?? ''))
      return json(401, { error: { code: 401 } });
    if (asked.method !== 'POST' || asked.headers['content-type'] !== 'application/json') return { status: 405 };
    return state.next.shift() ?? answer(asked);
  });
  return Object.assign(state, server);
}

const KEYS = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

export interface GoogleServer extends ProviderServer {
  readonly source: GoogleSource;
  /** What each calendar holds; others do not exist. */
  readonly busy: Record<string, { readonly start: string; readonly end: string }[]>;
  /** What it says of a calendar instead. */
  readonly reasons: Record<string, string>;
}

export async function serveGoogle({ tokenLifeSeconds = 3_600 } = {}): Promise<GoogleServer> {
  const clientEmail = `reader-${randomUUID()}@project.iam.gserviceaccount.com`;
  const busy: GoogleServer['busy'] = {};
  const reasons: GoogleServer['reasons'] = {};
  const checkGrant = async ({ body }: Asked, url: string): Promise<Reply | null> => {
    const form = new URLSearchParams(body);
    try {
      if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') throw new Error('grant type');
      const { payload } = await jwtVerify(form.get('assertion') ?? '', await importSPKI(KEYS.publicKey, 'RS256'), {
        algorithms: ['RS256'],
        issuer: clientEmail,
        audience: `${url}/token`,
        requiredClaims: ['iat', 'exp', 'scope'],
        maxTokenAge: '1m',
      });
      if (Number(payload.exp) - Number(payload.iat) > 3_600) throw new Error('lives too long');
      if (payload.scope !== 'https://www.googleapis.com/auth/calendar.freebusy') throw new Error('scope');
      return null;
    } catch {
      return json(400, { error: 'invalid_grant', error_description: 'Invalid JWT: a secret' });
    }
  };
  const answer = ({ path, body }: Asked): Reply => {
    const { timeMin, timeMax, items } = JSON.parse(body);
    const isTime = (value: string): boolean => new Date(value).toISOString() === value;
    if (path !== '/calendar/v3/freeBusy' || !isTime(timeMin) || !isTime(timeMax) || items.length !== 1)
      return json(400, { error: { code: 400, errors: [{ reason: 'badRequest' }] } });
    const [{ id }] = items as [{ readonly id: string }];
    const reason = reasons[id] ?? (busy[id] ? null : 'notFound');
    const overlaps = (each: { readonly start: string; readonly end: string }): boolean =>
      Date.parse(each.start) < Date.parse(timeMax) && Date.parse(each.end) > Date.parse(timeMin);
    // Cut off at the window, as the real one does.
    const cut = (busy[id] ?? []).filter(overlaps).map(({ start, end }) => ({
      start: Date.parse(start) < Date.parse(timeMin) ? timeMin : start,
      end: Date.parse(end) > Date.parse(timeMax) ? timeMax : end,
    }));
    const calendar = reason === null ? { busy: cut } : { errors: [{ domain: 'global', reason }], busy: [] };
    return json(200, { kind: 'calendar#freeBusy', timeMin, timeMax, calendars: { [id]: calendar } });
  };
  const server = await serveProvider({
    isTokenPath: (path) => path === '/token',
    checkGrant,
    answer,
    tokenLifeSeconds,
  });
  const source: GoogleSource = {
    kind: 'GOOGLE',
    calendarId: 'ada@example.com',
    serviceAccount: { clientEmail, privateKey: KEYS.privateKey, tokenUrl: `${server.url}/token` },
    baseUrl: server.url,
  };
  return Object.assign(server, { source, busy, reasons });
}

export interface ScheduleItem {
  readonly status: string;
  /** In UTC, without a zone: `2026-03-02T08:00:00`. */
  readonly start: string;
  readonly end: string;
}

export interface MicrosoftServer extends ProviderServer {
  readonly source: MicrosoftSource;
  readonly items: ScheduleItem[];
  /** What it says of the mailbox next instead; in order. */
  readonly responseCodes: string[];
}

const DAY_MS = 86_400_000;

export async function serveMicrosoft({ tokenLifeSeconds = 3_599 } = {}): Promise<MicrosoftServer> {
  const clientId = randomUUID();
  const items: ScheduleItem[] = [];
  const responseCodes: string[] = [];
  const checkGrant = async ({ body }: Asked, url: string): Promise<Reply | null> => {
    const form = Object.fromEntries(new URLSearchParams(body));
    if (form.grant_type !== 'client_credentials' || form.scope !== `${url}/.default`)
      return json(400, { error: 'invalid_scope', error_description: 'AADSTS70011: The scope is not valid.' });
    if (form.client_id === clientId && form.client_secret === 'the right one') return null;
    return json(401, { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret a-secret.' });
  };
  const answer = ({ path, headers, body }: Asked): Reply => {
    const { schedules, startTime, endTime, availabilityViewInterval } = JSON.parse(body);
    const from = Date.parse(`${startTime.dateTime}Z`);
    const until = Date.parse(`${endTime.dateTime}Z`);
    const isRight =
      path === '/v1.0/users/ada%40example.com/calendar/getSchedule' &&
      headers.prefer === 'outlook.timezone="UTC"' &&
      schedules.length === 1 &&
      schedules[0] === 'ada@example.com' &&
      startTime.timeZone === 'UTC' &&
      endTime.timeZone === 'UTC' &&
      availabilityViewInterval >= 5 &&
      availabilityViewInterval <= 1_440 &&
      until - from < 42 * DAY_MS;
    if (!isRight) return json(400, { error: { code: 'ErrorInvalidParameter', message: 'The parameters are wrong.' } });
    const time = (dateTime: string): object => ({ dateTime: `${dateTime}.0000000`, timeZone: 'UTC' });
    const scheduleItems = items
      .filter(({ start, end }) => Date.parse(`${start}Z`) < until && Date.parse(`${end}Z`) > from)
      .map(({ status, start, end }) => ({
        isPrivate: false,
        status,
        subject: 'A secret',
        start: time(start),
        end: time(end),
      }));
    const responseCode = responseCodes.shift();
    const schedule = responseCode === undefined ? { scheduleItems } : { error: { message: 'A secret', responseCode } };
    return json(200, { value: [{ scheduleId: 'ada@example.com', availabilityView: '', ...schedule }] });
  };
  const isTokenPath = (path: string): boolean => path === '/contoso.example/oauth2/v2.0/token';
  const server = await serveProvider({ isTokenPath, checkGrant, answer, tokenLifeSeconds });
  const source: MicrosoftSource = {
    kind: 'MICROSOFT',
    mailbox: 'ada@example.com',
    tenantId: 'contoso.example',
    clientId,
    clientSecret: 'the right one',
    loginUrl: server.url,
    baseUrl: server.url,
  };
  return Object.assign(server, { source, items, responseCodes });
}
