import { auditServer } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, startTestApp, type TestApp } from '../support/app.ts';

/* What the GraphQL over HTTP specification asks of a server, in the words of its reference suite. */

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

test('the server passes each audit of graphql-http, without error or warning', async () => {
  const fetchFn: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${ADMIN_KEY}`);
    return fetch(input, { ...init, headers });
  };
  const results = await auditServer({ url: `${app.app.url}/graphql`, fetchFn });
  const notPassed = results.flatMap((result) =>
    result.status === 'ok' ? [] : [`${result.status}: ${result.id} ${result.name}: ${result.reason}`],
  );
  expect(notPassed).toEqual([]);
  expect(results).toHaveLength(61);
});
