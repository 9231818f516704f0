import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkDisk, checkNode, checkPort } from '../../src/doctor/machine.ts';
import { startTestApp, until } from '../support/app.ts';

let other: Server | null = null;
afterEach(() => {
  other?.closeAllConnections();
  other?.close();
  other = null;
});

/** Another program that answers everything alike, or nothing at all. @returns its port */
async function startOther(answer: string | null): Promise<number> {
  const server = createServer((_request, response) => {
    if (answer !== null) response.end(answer);
  });
  other = server;
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}

const host = '127.0.0.1';

test.each([
  ['24.0.0', 'ok'],
  ['26.1.0', 'ok'],
  ['22.9.0', 'fault'],
  ['8.0.0', 'fault'],
])('Node %s: %s', (version, level) => {
  expect(checkNode(version).level).toBe(level);
});

test('a port that is free is fine, and so is any', async () => {
  const port = await startOther('');
  await new Promise((closed) => other?.close(closed));
  expect(await checkPort({ port, host })).toEqual({ check: 'port', level: 'ok', text: `${port} is free` });
  expect(await checkPort({ port: 0, host })).toMatchObject({ level: 'ok' });
});

test('a port on which a Fairlead server is ready is fine; one that is not ready is a warning', async () => {
  const { app, database, testDatabase } = await startTestApp();
  const port = Number(new URL(app.url).port);
  expect(await checkPort({ port, host })).toMatchObject({ level: 'ok', text: expect.stringContaining('is ready') });
  await testDatabase.drop();
  await until(async () => (await fetch(`${app.url}/readyz`)).status === 503, 'the server notices');
  expect(await checkPort({ port, host })).toMatchObject({
    level: 'warning',
    text: expect.stringContaining('not ready'),
  });
  await app.stop();
  await database.close();
});

test.each([
  ['answers everything with a page', '<html></html>'],
  ['says nothing', null],
])('a port in use by a program that %s is a fault', async (_what, answer) => {
  const port = await startOther(answer);
  const finding = await checkPort({ port, host });
  expect(finding).toMatchObject({ level: 'fault', text: expect.stringContaining('another program') });
});

test('an address that is not of this machine is a fault', async () => {
  expect(await checkPort({ port: 0, host: '203.0.113.7' })).toEqual({
    check: 'port',
    level: 'fault',
    text: 'HOST 203.0.113.7 is no address of this machine.',
  });
});

test('the disk is that of the nearest folder that is there, and little room is a warning, less a fault', async () => {
  const folder = join(tmpdir(), 'fairlead-not-there', 'either');
  expect(await checkDisk(folder, { fault: 0, warning: 0 })).toMatchObject({ level: 'ok' });
  expect(await checkDisk(folder, { fault: 0, warning: 1e9 })).toMatchObject({ level: 'warning' });
  expect(await checkDisk(folder, { fault: 1e9, warning: 1e9 })).toMatchObject({
    level: 'fault',
    text: expect.stringContaining('set FAIRLEAD_DATA_DIR'),
  });
});
