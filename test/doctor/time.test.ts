import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../../src/doctor/database.ts';
import { checkClock, checkTimeZones, compareTimeZones, type Offsets } from '../../src/doctor/time.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';

let app: TestApp;
let client: pg.Client;
beforeAll(async () => {
  app = await startTestApp();
  await app.apply(onePool(2));
  client = await connect(app.testDatabase.url);
});
afterAll(async () => {
  await client.end();
  await app.stop();
});

test.each([
  [0, 'ok', /^this machine's is 0\.\d s/],
  [-3_000, 'warning', /^this machine's is (2\.9|3\.0|3\.1) s behind.*too early/],
  [3_000, 'warning', /ahead.*too late/],
  [8_000, 'fault', /ahead.*too late.*NTP/],
  [-60_000, 'fault', /behind.*too early.*NTP/],
])('a clock that is off by %i ms: %s', async (off, level, text) => {
  const clock = { now: () => new Date(Date.now() + off) };
  expect(await checkClock(client, clock)).toEqual({ check: 'clock', level, text: expect.stringMatching(text) });
});

describe('time zones', () => {
  beforeEach(async () => {
    await client.query(`UPDATE "Workspace" SET "timeZone" = 'UTC', "rateCaps" = '[]'`);
  });

  const find = () => checkTimeZones(client, new Date('2026-11-25T00:00:00Z'));

  test('those of settings, reps, rate caps, conditions and policies are looked at, but not "of the lead"', async () => {
    await client.query(
      `UPDATE "Workspace" SET "timeZone" = 'Europe/Berlin', "rateCaps" = '[{"timeZone": "Asia/Tokyo"}]'`,
    );
    await client.query(`UPDATE "Rep" SET "timeZone" = 'Africa/Lagos' WHERE "key" = 'rep-1'`);
    await client.query(
      `UPDATE "PlanVersion" SET "steps" = jsonb_set("steps", '{0,condition}',
         '{"and": [{"field": "hour", "timeZone": "Asia/Dubai"}, {"field": "hour", "timeZone": "LEAD"}]}')`,
    );
    expect(await find()).toEqual({
      check: 'time zones',
      level: 'ok',
      text: expect.stringMatching(/agree about Africa\/Lagos, Asia\/Dubai, Asia\/Tokyo, Europe\/Berlin$/),
    });
  });

  test('one that Node does not know is a fault', async () => {
    await client.query(`UPDATE "Workspace" SET "timeZone" = 'Mars/Olympus'`);
    expect(await find()).toMatchObject({ level: 'fault', text: expect.stringContaining('does not know Mars/Olympus') });
  });

  // Hours from UTC now, in half a year, and at five changes of zones. As seen on 25 November 2026: Node 24.21
  // (2026c) beside PostgreSQL 15 of Debian 12 (2025b).
  const node: Offsets = new Map([
    ['America/Edmonton', [-6, -6, -6, -6, -6, -6, -6]],
    ['America/Vancouver', [-7, -7, -7, -7, -7, -7, -7]],
    ['America/Asuncion', [-3, -3, -3, -3, -3, -3, -3]],
    ['Asia/Almaty', [5, 5, 6, 5, 5, 5, 5]],
    ['America/Mexico_City', [-6, -6, -6, -6, -6, -6, -6]],
    ['Europe/Berlin', [1, 2, 2, 2, 2, 1, 1]],
    ['CET', [1, 2, 2, 2, 2, 1, 1]],
  ]);
  const postgres: Offsets = new Map([
    ...node,
    ['America/Edmonton', [-7, -6, -6, -6, -6, -7, -7]],
    ['America/Vancouver', [-8, -7, -7, -7, -7, -8, -8]],
    ['CET', [1, 1, 1, 1, 1, 1, 1]],
  ]);

  test('a difference in a zone in use is a warning that says who is older', () => {
    const zones = ['America/Edmonton', 'Europe/Berlin'];
    expect(compareTimeZones(zones, node, postgres)).toMatchObject({
      level: 'warning',
      text: expect.stringMatching(
        /about America\/Edmonton: America\/Edmonton is -6 h and -6 h for Node now and in half a year, -7 h and -6 h for PostgreSQL.*PostgreSQL’s data are older/,
      ),
    });
    expect(compareTimeZones(zones, postgres, node).text).toContain('Node’s data');
  });

  test('a zone that PostgreSQL alone does not know is a warning', () => {
    const without: Offsets = new Map([...postgres, ['Europe/Berlin', null]]);
    expect(compareTimeZones(['Europe/Berlin'], node, without)).toMatchObject({
      level: 'warning',
      text: expect.stringContaining('unknown for PostgreSQL'),
    });
  });

  test('differences in zones that are not in use, and names that PostgreSQL takes for abbreviations, are none', () => {
    expect(compareTimeZones(['Europe/Berlin', 'CET'], node, postgres).level).toBe('ok');
  });
});
