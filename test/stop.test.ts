import { expect, test } from 'vitest';
import { startTestApp, until } from './support/app.ts';

test('a server whose database is gone is not ready, and stops as any other', async () => {
  const { app, database, testDatabase } = await startTestApp();
  await testDatabase.drop();
  await until(async () => (await fetch(`${app.url}/readyz`)).status === 503, 'it notices');
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  await app.stop();
  await expect(fetch(`${app.url}/healthz`)).rejects.toThrow();
  await database.close();
});
