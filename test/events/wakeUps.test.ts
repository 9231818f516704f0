import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { followFeed } from '../../src/client/index.ts';
import { systemClock } from '../../src/clock.ts';
import { applyCompany } from '../../src/configuration/company.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { createWakeUps, type WakeUps } from '../../src/events/wakeUps.ts';
import { createLog } from '../../src/log.ts';
import { ADMIN_KEY, testConfig, until } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { PGBOUNCER, startPgbouncer } from '../support/pgbouncer.ts';
import { canTest } from '../support/program.ts';
import { REDIS, type Redis, redisUrl, startRedis } from '../support/redis.ts';
import { type Relay, startRelay } from '../support/relay.ts';

const hasRedis = canTest(REDIS, 'Wake-ups by Redis');
const hasPgbouncer = canTest(PGBOUNCER, 'pgbouncer');

let testDatabase: TestDatabase;
const databases: Database[] = [];
beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  for (const database of databases) await database.close();
  await testDatabase.drop();
});

/** Directly, unless told: what stands between is up to the test. */
function open(url = testDatabase.ownerUrl): Database {
  const database = openDatabase(url, { max: 2, onError: () => {} });
  databases.push(database);
  return database;
}

interface Ear {
  readonly wakeUps: WakeUps;
  readonly heard: string[];
  readonly log: string[];
}

const ears: WakeUps[] = [];
afterEach(() => {
  for (const each of ears.splice(0)) each.stop();
});

/** What one process has, with a log that can be read. */
function ear(options: { readonly url?: string; readonly redisUrl?: string | undefined } = {}): Ear {
  const heard: string[] = [];
  const log: string[] = [];
  const wakeUps = createWakeUps({
    database: open(options.url),
    redisUrl: options.redisUrl,
    log: createLog('info', { write: (line) => void log.push(line) }),
    onWakeUp: (workspaceId, number) => void heard.push(`${workspaceId}:${number}`),
    checkMs: 200,
    timeoutMs: 1_000,
  });
  ears.push(wakeUps);
  wakeUps.start();
  return { wakeUps, heard, log };
}

const listens = ({ wakeUps }: Ear): Promise<void> => until(() => wakeUps.listening, 'it listens');
const warnings = ({ log }: Ear): string[] => log.filter((line) => line.includes('"level":40'));

async function hears({ heard }: Ear, from: Ear, workspaceId: string): Promise<void> {
  await until(() => {
    from.wakeUps.send(workspaceId, 1);
    return heard.includes(`${workspaceId}:1`);
  }, `a wake-up for ${workspaceId}`);
}

const terminateListeners = () =>
  open().pool.query(
    `SELECT pg_terminate_backend("pid") FROM pg_stat_activity
     WHERE "application_name" = 'fairlead listener' AND "datname" = current_database()`,
  );

const listeners = async (): Promise<number> => {
  const { rows } = await open().pool.query(
    `SELECT FROM pg_stat_activity WHERE "application_name" = 'fairlead listener' AND "datname" = current_database()`,
  );
  return rows.length;
};

describe.each([
  { driver: 'PostgreSQL', runs: true },
  { driver: 'Redis', runs: hasRedis },
])('wake-ups by $driver', ({ driver, runs }) => {
  describe.skipIf(!runs)('', () => {
    let redis: Redis | undefined;
    let relay: Relay;
    beforeAll(async () => {
      if (driver === 'Redis') redis = await startRedis();
      relay = await startRelay(redis?.url ?? testDatabase.ownerUrl);
    });
    afterAll(async () => {
      await relay[Symbol.asyncDispose]();
      await redis?.[Symbol.asyncDispose]();
    });

    const direct = (): Ear => ear({ redisUrl: redis?.url });
    const relayed = (): Ear =>
      redis ? ear({ redisUrl: relay.through(redis.url) }) : ear({ url: relay.through(testDatabase.ownerUrl) });

    test('what one process sends the others hear; several in a row become one, with the last number', async () => {
      const [sender, receiver] = [direct(), direct()];
      await listens(sender);
      await listens(receiver);
      for (let number = 1; number <= 100; number += 1) {
        sender.wakeUps.send('one', number);
        sender.wakeUps.send('other', number);
      }
      await hears(receiver, sender, 'marker');
      expect(receiver.heard.filter((message) => !message.startsWith('marker'))).toEqual(['one:100', 'other:100']);
    });

    test('a connection that is dead without saying so is noticed and made anew', async () => {
      const [sender, receiver] = [direct(), relayed()];
      await listens(receiver);
      await hears(receiver, sender, 'before');
      relay.silence();
      await until(() => !receiver.wakeUps.listening, 'the silence is noticed');
      await listens(receiver);
      await hears(receiver, sender, 'after');
      expect(warnings(receiver)).toHaveLength(1);
      expect(warnings(receiver)[0]).toContain('no answer within 1000 ms');
    });

    test('it does not connect again after it has been stopped', async () => {
      const receiver = relayed();
      await listens(receiver);
      receiver.wakeUps.stop();
      expect(receiver.wakeUps.listening).toBe(false);
      const early = relayed();
      early.wakeUps.stop();
      await until(() => relay.connections === 0, 'the connections are closed');
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(relay.connections).toBe(0);
      expect([...warnings(receiver), ...warnings(early)]).toEqual([]);
    });
  });
});

test('a listener whose session is ended listens again', async () => {
  const [sender, receiver] = [ear(), ear()];
  await listens(receiver);
  await terminateListeners();
  await until(() => !receiver.wakeUps.listening, 'it is noticed');
  await listens(receiver);
  await hears(receiver, sender, 'again');
  expect(warnings(receiver)).toHaveLength(1);
});

/** A lead is sent, and the event comes. */
async function eventArrives(url: string): Promise<void> {
  const database = open();
  const workspaceId = await ensureWorkspace(database, systemClock);
  await applyCompany({ database, workspaceId, by: 'test', clock: systemClock, committed: () => {} }, onePool(1));
  const kinds: string[] = [];
  const following = followFeed({
    url: `${url.replace('http', 'ws')}/graphql`,
    token: ADMIN_KEY,
    feed: 'workspaceFeed',
    onEvent: ({ kind }) => void kinds.push(kind),
  });
  await following.ready;
  await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify({ query: 'mutation { submitLead(input: { lead: { companyName: "A" } }) { __typename } }' }),
  });
  await until(() => kinds.includes('LEAD_ASSIGNED'), 'the event');
  await following.close();
}

describe.skipIf(!hasRedis)('Redis', () => {
  test('that is killed and comes back delays nobody, is warned of once, and wakes again', async () => {
    const first = await startRedis();
    const [sender, receiver] = [ear({ redisUrl: first.url }), ear({ redisUrl: first.url })];
    await listens(sender);
    await listens(receiver);
    expect(await listeners()).toBe(0);
    await first.kill();
    await until(() => !sender.wakeUps.listening && !receiver.wakeUps.listening, 'both have noticed');
    sender.wakeUps.send('meanwhile', 1);
    // Long enough for more than one attempt.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await using second = await startRedis(first.port);
    await listens(sender);
    await listens(receiver);
    await hears(receiver, sender, 'again');
    expect(warnings(receiver)).toHaveLength(1);
    expect(receiver.log.at(-1)).toContain('wake-ups come again');
    expect(receiver.log.join('')).not.toContain(new URL(second.url).password);
    await first[Symbol.asyncDispose]();
  });

  test.each([
    ['hangs', true],
    ['is not there', false],
  ])('that %s holds up no start, no lead and no event', async (_what, hangs) => {
    const redis = await startRedis();
    if (hangs) redis.child.kill('SIGSTOP');
    else await redis.kill();
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => void lines.push(line) });
    const app = createApp({ config: { ...testConfig(testDatabase.url), redisUrl: redis.url }, log });
    const startedAt = performance.now();
    await app.start();
    // A connection may take five seconds: nobody has waited for it.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
    await eventArrives(app.url);
    await until(() => lines.some((line) => line.includes('no wake-ups')), 'the warning');
    if (hangs) redis.child.kill('SIGCONT');
    await using again = hangs ? redis : await startRedis(redis.port);
    await until(() => lines.some((line) => line.includes('wake-ups come again')), 'it connects');
    expect(lines.filter((line) => line.includes('no wake-ups'))).toHaveLength(1);
    expect(lines.join('')).not.toContain(new URL(again.url).password);
    await app.stop();
    if (!hangs) await redis[Symbol.asyncDispose]();
  });

  test('whose password is refused is warned of without the password', async () => {
    await using redis = await startRedis();
    const refused = ear({ redisUrl: redisUrl(redis.port).replace('pass-word', 'wrong-word') });
    await until(() => warnings(refused).length === 1, 'the warning');
    expect(warnings(refused)[0]).toContain('WRONGPASS');
    expect(refused.log.join('')).not.toContain('wrong-word');
  });
});

test.skipIf(!hasPgbouncer)(
  'LISTEN by way of pgbouncer, which would hear nothing, is noticed and said once',
  async () => {
    await using bouncer = await startPgbouncer({ urls: [inject('serverUrl')], poolSize: 2 });
    const receiver = ear({ url: bouncer.through(testDatabase.ownerUrl) });
    await until(() => warnings(receiver).length > 0, 'the warning');
    expect(warnings(receiver)[0]).toContain('Set FAIRLEAD_REDIS_URL');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(receiver.wakeUps.listening).toBe(false);
    expect(warnings(receiver)).toHaveLength(1);
  },
);
