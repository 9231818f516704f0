import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbedded } from '../../src/db/embedded.ts';
import { createLog } from '../../src/log.ts';
import { startPgbouncer } from '../support/pgbouncer.ts';
import { startProgram } from '../support/program.ts';
import { startRedis } from '../support/redis.ts';
import { type Leg, POSTGRES_15 } from './legs.ts';

// What one leg of the matrix runs on, until its input ends, as it does when who started it dies. Prints the settings for the
// tests as one line of JSON.

const SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'];
const password = randomBytes(18).toString('base64url');
const stack = new AsyncDisposableStack();

async function embedded(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-matrix-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const { url, stop } = await startEmbedded({ dataDir, log: createLog('silent'), mode: 'own', settings: SETTINGS });
  stack.defer(stop);
  return url;
}

/** PostgreSQL refuses root. */
const postgresUser = (): { uid: number; gid: number } | null => {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string): number => Number(spawnSync('id', [flag, 'postgres']).stdout);
  return { uid: id('-u'), gid: id('-g') };
};

async function postgres15(): Promise<string> {
  const as = postgresUser();
  const urlOf = (port: number): string => `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  const program = await startProgram({
    command: join(POSTGRES_15, 'postgres'),
    ...(as ? { as } : {}),
    stopSignal: 'SIGINT',
    // It takes connections before it serves them.
    isReady: async (port) => {
      const client = new pg.Client({ connectionString: urlOf(port) });
      client.on('error', () => {});
      return client.connect().then(
        () => client.end().then(() => true),
        () => false,
      );
    },
    prepare: async (folder, port) => {
      const pwfile = join(folder, 'password');
      await writeFile(pwfile, password);
      if (as) for (const path of [folder, pwfile]) await chown(path, as.uid, as.gid);
      const data = join(folder, 'data');
      const args = ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${pwfile}`, '--encoding=UTF8'];
      const { status, stderr } = spawnSync(join(POSTGRES_15, 'initdb'), [...args, '--locale=C.UTF-8'], {
        ...as,
        cwd: '/',
      });
      if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
      const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', ...SETTINGS];
      return ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
    },
  });
  stack.use(program);
  return urlOf(program.port);
}

const asUser = (url: string, username: string): string => {
  const address = new URL(url);
  address.username = username;
  address.password = password;
  return address.href;
};

/** An owner who may create databases and roles and is no superuser, and a user for servers who owns nothing. */
async function makeRoles(url: string): Promise<{ owner: string; server: string }> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  // The owner ends the sessions of servers when it drops a database.
  await admin.query(`
    CREATE ROLE fairlead_server LOGIN PASSWORD '${password}';
    CREATE ROLE fairlead_owner LOGIN CREATEDB CREATEROLE PASSWORD '${password}' IN ROLE fairlead_server`);
  await admin.end();
  return { owner: asUser(url, 'fairlead_owner'), server: asUser(url, 'fairlead_server') };
}

async function start({ postgres, unprivileged, pgbouncer, redis }: Leg): Promise<Record<string, string>> {
  const url = postgres === 15 ? await postgres15() : await embedded();
  const { owner, server } = unprivileged ? await makeRoles(url) : { owner: url, server: url };
  let appUrl = server;
  if (pgbouncer) {
    const bouncer = await startPgbouncer({ urls: [...new Set([server, owner])], poolSize: 20 });
    stack.use(bouncer);
    appUrl = bouncer.through(server);
  }
  const settings = { TEST_DATABASE_URL: owner, TEST_APP_URL: appUrl };
  return redis ? { ...settings, TEST_REDIS_URL: stack.use(await startRedis()).url } : settings;
}

process.stdin.on('end', () => void stack.disposeAsync().then(() => process.exit(0))).resume();
try {
  console.log(JSON.stringify(await start(JSON.parse(process.argv[2] ?? '') as Leg)));
} catch (error) {
  console.error(error);
  await stack.disposeAsync();
  process.exit(1);
}
