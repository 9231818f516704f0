import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { systemClock } from '../clock.ts';
import { type Config, ConfigError, readConfig } from '../config.ts';
import { EmbeddedPostgresError, startEmbedded } from '../db/embedded.ts';
import { createLog } from '../log.ts';
import {
  checkConnections,
  checkDatabase,
  checkMigrations,
  checkRights,
  checkWakeUps,
  connect,
  unreachable,
} from './database.ts';
import { type Finding, fault, ok } from './finding.ts';
import { checkDisk, checkNode, checkPort } from './machine.ts';
import { checkSecrets } from './secrets.ts';
import { checkClock, checkTimeZones } from './time.ts';
import { checkDeadlines, checkJobs, checkLastResort, checkServers } from './work.ts';

/**
 * Looks at all that a server needs and changes nothing, beside a running one or without; what cannot be looked at after a
 * fault is left out. Each finding as it comes.
 *
 * @param env as `process.env`
 */
export async function* examine(env: Readonly<Record<string, string | undefined>>): AsyncGenerator<Finding> {
  yield checkNode(process.versions.node);
  let config: Config;
  try {
    config = readConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const line of error.message.split('\n')) yield fault('settings', line);
    return;
  }
  yield ok(
    'settings',
    `role ${config.role}, ${config.databaseUrl === undefined ? `the database that comes along, in ${config.dataDir}` : 'DATABASE_URL is set'}`,
  );
  yield await guarded('port', () => checkPort(config));
  if (config.databaseUrl !== undefined) {
    yield* examineDatabase(config.databaseUrl, config);
    return;
  }
  yield await guarded('disk', () => checkDisk(config.dataDir));
  yield* examineEmbedded(config);
}

async function* examineEmbedded(config: Config): AsyncGenerator<Finding> {
  const { dataDir } = config;
  const isThere = await stat(join(dataDir, 'postgres')).catch(() => null);
  if (isThere === null) {
    yield ok('database', `none in ${dataDir} yet; the first start makes it`);
    return;
  }
  let embedded: Awaited<ReturnType<typeof startEmbedded>>;
  try {
    embedded = await startEmbedded({ dataDir, log: createLog('silent'), mode: 'borrow' });
  } catch (error) {
    if (!(error instanceof EmbeddedPostgresError)) throw error;
    yield fault('database', error.message);
    return;
  }
  try {
    yield* examineDatabase(embedded.url, config);
  } finally {
    await embedded.stop();
  }
}

async function* examineDatabase(url: string, config: Config): AsyncGenerator<Finding> {
  const clients: pg.Client[] = [];
  try {
    for (let count = 0; count < 2; count += 1) clients.push(await connect(url));
    yield* examineWith(clients as [pg.Client, pg.Client], config);
  } catch (error) {
    yield unreachable(error);
  } finally {
    for (const client of clients) await client.end().catch(() => {});
  }
}

async function* examineWith([client, other]: readonly [pg.Client, pg.Client], config: Config): AsyncGenerator<Finding> {
  const database = await checkDatabase(client);
  yield database;
  if (database.level === 'fault') return;
  yield await guarded('rights', () => checkRights(client));
  yield await guarded('connections', () => checkConnections(client));
  yield await guarded('wake-ups', () => checkWakeUps(other, client));
  yield await guarded('clock', () => checkClock(client, systemClock));
  const { finding, complete } = await checkMigrations(client);
  yield finding;
  if (!complete) return;
  yield await guarded('time zones', () => checkTimeZones(client, systemClock.now()));
  yield await guarded('secrets', () => checkSecrets(client, config));
  yield await guarded('servers', () => checkServers(client));
  yield await guarded('deadlines', () => checkDeadlines(client));
  yield await guarded('jobs', () => checkJobs(client));
  yield await guarded('last resort', () => checkLastResort(client));
}

/** What a check cannot look at is a fault of that check, and the others go on. */
const guarded = (check: string, look: () => Promise<Finding>): Promise<Finding> =>
  look().catch((error: Error) => fault(check, `Could not be looked at: ${error.message}.`));
