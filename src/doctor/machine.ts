import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { startFault } from '../server.ts';
import { type Finding, fault, ok, warning } from './finding.ts';

/* What is looked at on this machine, without a database. */

const OLDEST_NODE = 24;
const ANSWER_MS = 2_000;
const GIB = 2 ** 30;

/** @param version as `process.versions.node` */
export const checkNode = (version: string): Finding =>
  Number.parseInt(version, 10) >= OLDEST_NODE
    ? ok('node', `Node ${version}`)
    : fault('node', `This is Node ${version}; Fairlead needs ${OLDEST_NODE}. Call it through npm, or install Node 24.`);

/** Whether a server could listen there, or who does. */
export async function checkPort({ port, host }: Pick<Config, 'port' | 'host'>): Promise<Finding> {
  const error = await listenError(port, host);
  if (error === null) return ok('port', port === 0 ? 'any free one is taken' : `${port} is free`);
  if (error.code !== 'EADDRINUSE') return fault('port', startFault(error) ?? error.message);
  const ready = await readinessAt(port, host);
  if (ready === null) return fault('port', `${port} is in use by another program. Stop that one, or set PORT.`);
  return ready
    ? ok('port', `a Fairlead server listens on ${port} and is ready`)
    : warning('port', `A Fairlead server listens on ${port} and is not ready. Look at its log, and at what follows.`);
}

const listenError = (port: number, host: string): Promise<NodeJS.ErrnoException | null> =>
  new Promise((resolved) => {
    const server = createServer();
    server.once('error', resolved);
    server.listen(port, host, () => server.close(() => resolved(null)));
  });

/** Whether the Fairlead server there is ready; null where it is none. */
async function readinessAt(port: number, host: string): Promise<boolean | null> {
  // A server listens on all addresses; a question goes to one.
  const address = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host] ?? (host.includes(':') ? `[${host}]` : host);
  const get = (path: string): Promise<Response> =>
    fetch(`http://${address}:${port}${path}`, { signal: AbortSignal.timeout(ANSWER_MS), redirect: 'error' });
  try {
    const alive = await get('/healthz');
    if (!alive.ok || (await alive.text()).trim() !== 'ok') return null;
    const { status } = await get('/readyz');
    return status === 200 ? true : status === 503 ? false : null;
  } catch {
    return null;
  }
}

/**
 * The room left where the embedded database keeps its data.
 *
 * @param least GiB below which it is a fault or a warning
 */
export async function checkDisk(dataDir: string, least = { fault: 0.25, warning: 2 }): Promise<Finding> {
  const { bavail, bsize } = await statfsAbove(join(resolve(dataDir), 'postgres'));
  const free = (bavail * bsize) / GIB;
  const text = `${free.toFixed(1)} GiB are free where ${dataDir} is`;
  if (free >= least.warning) return ok('disk', text);
  const advice = 'a full disk stops PostgreSQL. Make room, or move the folder and set FAIRLEAD_DATA_DIR.';
  return (free < least.fault ? fault : warning)('disk', `${text}: ${advice}`);
}

/** Of the path, or of the nearest folder above it that is there. */
const statfsAbove = (path: string): Promise<StatsFs> =>
  statfs(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || path === dirname(path)) throw error;
    return statfsAbove(dirname(path));
  });
