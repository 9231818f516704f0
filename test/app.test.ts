import { afterEach, beforeEach, expect, test } from 'vitest';
import { type App, createApp } from '../src/app.ts';
import { openDatabase } from '../src/db/client.ts';
import { createLog } from '../src/log.ts';
import { testConfig } from './support/app.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase({ template: false });
});
afterEach(() => database.drop());

test('ten servers that start at once on an empty database are all ready, with one workspace and one admin key among them', async () => {
  const config = testConfig(database.url, { adminKey: undefined });
  const apps: App[] = Array.from({ length: 10 }, () => createApp({ config, log: createLog('silent') }));
  const started = await Promise.allSettled(apps.map((app) => app.start()));
  try {
    expect(started.filter(({ status }) => status === 'rejected')).toEqual([]);
    const ready = await Promise.all(apps.map(async ({ url }) => (await fetch(`${url}/readyz`)).status));
    expect(ready).toEqual(Array(10).fill(200));
    const [key, ...others] = apps.flatMap(({ newAdminKey }) => newAdminKey ?? []);
    expect(others).toEqual([]);
    const opened = openDatabase(database.url, { max: 1, onError: () => {} });
    const { prisma } = opened;
    expect([await prisma.workspace.count(), await prisma.apiKey.count(), await prisma.process.count()]).toEqual([
      1, 1, 10,
    ]);
    await opened.close();
    // It is good at each of them.
    for (const { url } of apps) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query: '{ me { role } }' }),
      });
      expect(await response.json()).toEqual({ data: { me: { role: 'ADMIN' } } });
    }
  } finally {
    await Promise.all(apps.map((app) => app.stop()));
  }
});
