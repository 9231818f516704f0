import { ERROR_CODES } from '../../../src/domain/errors.ts';
import { REQUEST_ERRORS } from '../../../src/graphql/errors.ts';

/** What a client learns of a call: an answer, or that it cannot know what became of it. */
export type Outcome<Data> =
  | { readonly kind: 'ANSWERED'; readonly data: Data }
  /** `error` is a code of docs/errors.md, or `connection` or `timeout`. */
  | { readonly kind: 'UNKNOWN'; readonly error: string };

/** What clients were told that no page describes: an accident of the server. */
export interface Accident {
  readonly error: string;
  readonly detail: string;
}

/** The errors that the clients of a scenario saw. */
export interface Errors {
  /** How often each. */
  readonly counts: Map<string, number>;
  readonly accidents: Accident[];
  /** The longest that a client waited for a refusal, in ms. */
  slowestMs: number;
}

export const noErrors = (): Errors => ({ counts: new Map(), accidents: [], slowestMs: 0 });

const isClassified = (code: string): boolean => code !== 'INTERNAL' && (code in REQUEST_ERRORS || code in ERROR_CODES);

interface Response {
  readonly data?: object | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Sends an operation and says what can be known of it; each error is noted. */
export async function call<Data>(
  url: string,
  key: string,
  query: string,
  variables: object,
  errors: Errors,
  timeoutMs: number,
): Promise<Outcome<Data>> {
  const start = performance.now();
  const unknown = (error: string, detail: string | null = null): Outcome<Data> => {
    errors.counts.set(error, (errors.counts.get(error) ?? 0) + 1);
    errors.slowestMs = Math.max(errors.slowestMs, performance.now() - start);
    if (detail !== null) errors.accidents.push({ error, detail });
    return { kind: 'UNKNOWN', error };
  };
  let status: number;
  let text: string;
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    return unknown((error as Error).name === 'TimeoutError' ? 'timeout' : 'connection');
  }
  let body: Response;
  try {
    body = JSON.parse(text);
  } catch {
    return unknown(`HTTP ${status}`, text.slice(0, 200));
  }
  const [error] = body.errors ?? [];
  if (error) {
    const code = error.extensions?.code ?? 'none';
    return unknown(code, isClassified(code) ? null : `${error.message} (HTTP ${status})`);
  }
  if (body.data == null) return unknown(`HTTP ${status}`, text.slice(0, 200));
  return { kind: 'ANSWERED', data: body.data as Data };
}
