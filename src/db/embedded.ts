import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Logger } from 'pino';
import { EmbeddedPostgresError, exists, findPlace, type Place, renameUnlessThere } from './embeddedPlace.ts';

export { EmbeddedPostgresError } from './embeddedPlace.ts';

const run = promisify(execFile);

export interface EmbeddedPostgres {
  readonly url: string;
  /** Leaves the database; its last user stops it. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly log: Logger;
  /** `own`: a server, of which there is one at a time. `borrow`: a command, which may run beside a server. */
  readonly mode: 'own' | 'borrow';
  /** More settings for `postgres -c`, such as `fsync=off`. */
  readonly settings?: readonly string[];
}

/** Held by the server's session: gone with it, also after kill -9. */
const OWNER_LOCK = 0x0fa1_71ead;
/** Held shared by the session of each user; who can have it alone is the last one. */
const USERS_LOCK = 0x0fa1_71eae;
/** A killed server's session ends a moment after it. */
const OWNER_WAIT_MS = 1_000;
/** Until it answers, crash recovery included. */
const START_TIMEOUT_SECONDS = 60;
const STOP_TIMEOUT_SECONDS = 30;
const USER = 'fairlead';

/**
 * Starts the PostgreSQL that comes with the npm package, in `dataDir`, on loopback and a free port with a generated
 * password. One left running by a killed server is taken over.
 *
 * @throws EmbeddedPostgresError in one line: no binaries for this platform, data of another version, in use, …
 */
export async function startEmbedded({ dataDir, log, mode, settings = [] }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = await prepare(dataDir, log);
  const password = (await readFile(passwordFile(place.data), 'utf8')).trim();
  const { session, url, found } = await enter(place, password, settings);
  let leaving = false;
  session.on('error', (error) => {
    if (!leaving) log.warn({ err: error }, 'lost the connection that owns the embedded database');
  });
  const stop = async (): Promise<void> => {
    leaving = true;
    // Held until the database is down: who comes meanwhile waits, and starts it anew.
    if (await isLastUser(session).catch(() => mode === 'own')) await stopPostgres(place, 'fast');
    await session.end().catch(() => {});
  };
  if (mode === 'own') {
    if (!(await becomeOwner(session))) {
      await stop();
      throw new EmbeddedPostgresError(
        `Another Fairlead server is using ${dataDir}. Stop it, or give this one its own FAIRLEAD_DATA_DIR.`,
      );
    }
    if (found) log.info('took over the embedded database that was left running');
  }
  return { url, stop };
}

const passwordFile = (data: string): string => join(data, 'fairlead.password');

async function prepare(dataDir: string, log: Logger): Promise<Place> {
  try {
    const place = await findPlace(dataDir, log);
    if (await exists(place.data)) await checkVersion(place);
    else await initialize(place);
    return place;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new EmbeddedPostgresError(
      `The embedded database cannot use its folder: ${(error as Error).message}. Give it another FAIRLEAD_DATA_DIR, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

/** Makes the data directory, beside its place and then renamed: of two starts at once one wins. */
async function initialize(place: Place): Promise<void> {
  const { binaries, data, substitute } = place;
  const partial = await mkdtemp(`${data}.new-`);
  const pwfile = `${partial}.password`;
  try {
    await writeFile(pwfile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
    if (substitute) {
      await chown(partial, substitute.uid, substitute.gid);
      await chown(pwfile, substitute.uid, substitute.gid);
    }
    const args = [
      '-D',
      partial,
      '-U',
      USER,
      '--auth=scram-sha-256',
      `--pwfile=${pwfile}`,
      '--encoding=UTF8',
      '--locale=C',
    ];
    await runAs(place, binaries.initdb, [...args, '--locale-provider=builtin', '--builtin-locale=C.UTF-8']);
    await rename(pwfile, passwordFile(partial));
    await renameUnlessThere(partial, data);
  } catch (error) {
    await rm(pwfile, { force: true });
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function checkVersion({ binaries, data }: Place): Promise<void> {
  const { stdout } = await run(binaries.initdb, ['--version'], { cwd: '/' });
  const ours = /(\d+)\.\d+/.exec(stdout)?.[1];
  const theirs = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  if (ours !== theirs) {
    throw new EmbeddedPostgresError(
      `The data in ${data} are of PostgreSQL ${theirs}, this is ${ours}. Move them over with pg_dump of ${theirs}, or use another FAIRLEAD_DATA_DIR.`,
    );
  }
}

async function runAs({ substitute }: Place, file: string, args: readonly string[]): Promise<void> {
  try {
    // Any folder that the other user can be in.
    await run(file, args, { ...substitute, cwd: '/', env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } });
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    const words = (stderr || stdout || String(error)).trim().split('\n').join(' ');
    throw new EmbeddedPostgresError(`PostgreSQL's ${basename(file)} failed: ${words}`, { cause: error });
  }
}

const pgCtl = (place: Place, args: readonly string[]): Promise<void> =>
  runAs(place, place.binaries.pg_ctl, ['-D', place.data, '-s', ...args]);

/** Comes in as a user of the running database, or starts it; one on its way down is waited for. */
async function enter(
  place: Place,
  password: string,
  settings: readonly string[],
): Promise<{ session: pg.Client; url: string; found: boolean }> {
  const deadline = Date.now() + START_TIMEOUT_SECONDS * 1_000;
  for (;;) {
    const running = await findRunning(place, password);
    const url = running ?? (await start(place, password, settings));
    const session = new pg.Client({ connectionString: url, application_name: 'fairlead owner', keepAlive: true });
    session.on('error', () => {});
    try {
      await session.connect();
      await session.query('SELECT pg_advisory_lock_shared($1)', [USERS_LOCK]);
      return { session, url, found: running !== null };
    } catch (error) {
      await session.end().catch(() => {});
      if (isPassing(error) && Date.now() < deadline) continue;
      if (running === null) await stopPostgres(place, 'fast');
      throw new EmbeddedPostgresError(
        `The embedded database does not let us in with the password in ${passwordFile(place.data)}: ${(error as Error).message}.`,
        { cause: error },
      );
    }
  }
}

async function becomeOwner(session: pg.Client): Promise<boolean> {
  for (const deadline = Date.now() + OWNER_WAIT_MS; ; await sleep(50)) {
    const { rows } = await session.query('SELECT pg_try_advisory_lock($1) AS done', [OWNER_LOCK]);
    if (rows[0].done || Date.now() > deadline) return rows[0].done;
  }
}

async function isLastUser(session: pg.Client): Promise<boolean> {
  await session.query('SELECT pg_advisory_unlock_shared($1)', [USERS_LOCK]);
  const { rows } = await session.query('SELECT pg_try_advisory_lock($1) AS done', [USERS_LOCK]);
  return rows[0].done;
}

/**
 * Stops the database and waits until it is gone. Not with pg_ctl's own wait: that reads the lock file anew each time,
 * and then waits a minute for one that has been started meanwhile.
 *
 * @param how `fast` finishes properly; `immediate` leaves recovery to the next start
 */
async function stopPostgres(place: Place, how: 'fast' | 'immediate'): Promise<void> {
  const postmaster = await findPostmaster(place);
  if (postmaster === null) return;
  const { pid } = postmaster;
  await pgCtl(place, ['stop', '-m', how, '-W']).catch(async (error: unknown) => {
    // It may have died at this very moment.
    if (await isPostmaster(pid, place)) throw error;
  });
  const deadline = Date.now() + STOP_TIMEOUT_SECONDS * 1_000;
  while (await isPostmaster(pid, place)) {
    if (Date.now() > deadline) throw new EmbeddedPostgresError(`PostgreSQL (process ${pid}) does not stop.`);
    await sleep(20);
  }
}

/** Of an error: the database is starting, recovering, going down or gone; a moment later it will be otherwise. */
function isPassing(error: unknown): boolean {
  const { code = '', message } = error as { code?: string; message: string };
  return (
    ['57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET'].includes(code) ||
    message === 'Connection terminated unexpectedly'
  );
}

const urlOf = (port: number, password: string): string => `postgresql://${USER}:${password}@127.0.0.1:${port}/postgres`;

/** The address of a database that runs on these data; one that does not answer is stopped. */
async function findRunning(place: Place, password: string): Promise<string | null> {
  const deadline = Date.now() + START_TIMEOUT_SECONDS * 1_000;
  for (;;) {
    const postmaster = await findPostmaster(place);
    if (postmaster === null) return null;
    const url = urlOf(postmaster.port, password);
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return url;
    } catch (error) {
      if (!isPassing(error) || Date.now() > deadline) break;
    } finally {
      await client.end().catch(() => {});
    }
    await sleep(100);
  }
  await stopPostgres(place, 'immediate').catch(() => {});
  return null;
}

/** The postmaster that lives on these data, as its lock file says. */
async function findPostmaster(place: Place): Promise<{ pid: number; port: number } | null> {
  const file = join(place.data, 'postmaster.pid');
  const read = (): Promise<string> => readFile(file, 'utf8').catch(() => '');
  const text = await read();
  const lines = text.split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!pid || !port || !isAlive(pid)) return null;
  if (await isPostmaster(pid, place)) return { pid, port };
  // After a reboot, in a container above all, the number is another program's. PostgreSQL would not start, and
  // pg_ctl would send its signals to that program. Only if it still says so: PostgreSQL ends when its file is gone.
  if ((await read()) === text) await rm(file, { force: true });
  return null;
}

/** Whether a process is the postmaster of these data, and no zombie. */
async function isPostmaster(pid: number, { data }: Place): Promise<boolean> {
  return isAlive(pid) && (process.platform === 'win32' || (await commandOf(pid)).includes(data));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The command line of a process; empty when it is gone or a zombie. */
async function commandOf(pid: number): Promise<string> {
  // Slim container images have no ps.
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return run('ps', ['-p', String(pid), '-o', 'command=']).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

async function start(place: Place, password: string, settings: readonly string[]): Promise<string> {
  const options = ['listen_addresses=127.0.0.1', "unix_socket_directories=''", 'max_connections=200', ...settings];
  const logFile = join(place.data, 'server.log');
  for (let tried = 1; ; tried += 1) {
    const port = await freePort();
    const postgresOptions = [`-p ${port}`, ...options.map((option) => `-c ${option}`)].join(' ');
    try {
      await pgCtl(place, ['start', '-w', '-t', String(START_TIMEOUT_SECONDS), '-l', logFile, '-o', postgresOptions]);
      return urlOf(port, password);
    } catch (error) {
      // Somebody took the port in between, or a second server started on the same data at the same moment.
      const other = await findRunning(place, password);
      if (other !== null) return other;
      if (tried === 3) throw await withLastWords(error as Error, logFile);
    }
  }
}

/** pg_ctl only says where to look. */
async function withLastWords(error: Error, logFile: string): Promise<Error> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).split('\n');
  const words = lines.findLast((line) => /(FATAL|PANIC): /.test(line));
  return words === undefined
    ? error
    : new EmbeddedPostgresError(`${error.message} ${logFile}: ${words}`, { cause: error });
}

const freePort = (): Promise<number> =>
  new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
