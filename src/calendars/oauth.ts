import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CalendarFault } from './fault.ts';
import { type Answer, retryAfter, serverError, throttled } from './fetch.ts';

/*
 * Access tokens, each asked for once and used until shortly before it expires, also by readers that ask at the same
 * time.
 */

interface Token {
  readonly value: string;
  /** In ms since 1970. */
  readonly goodUntil: number;
}

const MARGIN_MS = 60_000;
const MAX_TOKENS = 1_000;
const tokens = new Map<string, Promise<Token>>();

const GRANT = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce
    .number()
    .positive()
    .max(86_400 * 365),
});
const REFUSAL = z.object({ error: z.string(), error_description: z.string().optional() });

export interface Grant {
  /** Whatever the token depends on; only a digest of it is kept. */
  readonly credentials: unknown;
  readonly ask: () => Promise<Answer>;
  /** What to do when the credentials are refused. */
  readonly whatToDo: string;
}

/**
 * Asks with an access token, and once more with a new one where the token is refused.
 *
 * @throws CalendarFault UNAUTHORIZED, THROTTLED, SERVER_ERROR, and what asking throws
 */
export async function withToken(grant: Grant, use: (token: string) => Promise<Answer>): Promise<Answer> {
  const key = createHash('sha256').update(JSON.stringify(grant.credentials)).digest('base64');
  const token = await tokenFor(key, grant);
  const answer = await use(token.value);
  if (answer.status !== 401) return answer;
  // Another reader may have a new one already.
  if ((await tokens.get(key)) === token) tokens.delete(key);
  return use((await tokenFor(key, grant)).value);
}

async function tokenFor(key: string, grant: Grant): Promise<Token> {
  const earlier = tokens.get(key);
  if (earlier) {
    const token = await earlier;
    if (Date.now() < token.goodUntil) return token;
    // Another reader may be asking for a new one already.
    if (tokens.get(key) === earlier) tokens.delete(key);
    return tokenFor(key, grant);
  }
  if (tokens.size >= MAX_TOKENS) tokens.clear();
  const asked = ask(grant);
  tokens.set(key, asked);
  try {
    return await asked;
  } catch (error) {
    if (tokens.get(key) === asked) tokens.delete(key);
    throw error;
  }
}

async function ask({ ask, whatToDo }: Grant): Promise<Token> {
  const answer = await ask();
  const { status, headers } = answer;
  if (status === 200) {
    const grant = parseJson(answer.text, GRANT);
    return { value: grant.access_token, goodUntil: Date.now() + grant.expires_in * 1_000 - MARGIN_MS };
  }
  const retryAfterSeconds = retryAfter(headers['retry-after']);
  if (status === 429) throw throttled(retryAfterSeconds);
  if (status >= 500) throw serverError(`the request for a token with status ${status}`, retryAfterSeconds);
  throw new CalendarFault('UNAUTHORIZED', `${whatToDo}${reasonIn(answer.text)}`);
}

/** The code of a refusal, such as ` (invalid_grant)`; nothing else of it may be repeated. */
function reasonIn(text: string): string {
  const { data } = REFUSAL.safeParse(tryJson(text));
  const codes = [
    /^[a-z_]{1,50}$/.exec(data?.error ?? '')?.[0],
    /\bAADSTS\d{1,10}\b/.exec(data?.error_description ?? '')?.[0],
  ];
  const known = codes.filter((code) => code !== undefined);
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
}

/** @throws CalendarFault SERVER_ERROR for what is not of the form that is documented */
export function parseJson<Shape extends z.ZodType>(text: string, shape: Shape): z.output<Shape> {
  const { data, success } = shape.safeParse(tryJson(text));
  if (!success) throw serverError('in a form that is not documented');
  return data;
}

export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
