import { readdir, readFile, readlink } from 'node:fs/promises';
import { ADMIN_KEY } from '../../support/app.ts';
import { type ServerProcess, startProcess } from '../../support/serverProcess.ts';
import { type Link, openLink } from './link.ts';
import { waitFor } from './waitFor.ts';

/** What a process holds, seen from outside. */
export interface Held {
  readonly sockets: number;
  readonly rssMegabytes: number;
}

/** A server process between two links: clients reach it through one, it reaches PostgreSQL through the other. */
export interface Server {
  /** Where clients reach it, whichever process is behind it just now. */
  readonly url: string;
  /** For followFeed. */
  readonly feedUrl: string;
  readonly fromClients: Link;
  readonly toDatabase: Link;
  /** Of the process itself, past the link. */
  readonly directUrl: string;
  readonly isAlive: boolean;
  start(): Promise<void>;
  /** At once, as kill -9 does. */
  kill(): Promise<void>;
  /** Asks it to end. @returns its exit code, and how long it took in ms */
  terminate(): Promise<{ readonly code: number | null; readonly ms: number }>;
  freeze(): void;
  thaw(): void;
  /** What /readyz answers, and how long it took in ms; status 0 where nobody answers within `limitMs`. */
  readiness(limitMs?: number): Promise<{ readonly status: number; readonly ms: number }>;
  held(): Promise<Held>;
  /** What it has printed, over all its lives. */
  output(): string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** What a server has to get by with; it dies of what it never lets go of. */
const HEAP_MEGABYTES = 192;

export async function openServer(databaseUrl: string): Promise<Server> {
  const fromClients = await openLink(0);
  const toDatabase = await openLink(Number(new URL(databaseUrl).port));
  const linked = new URL(databaseUrl);
  linked.port = String(toDatabase.port);
  const env = {
    FAIRLEAD_ADMIN_KEY: ADMIN_KEY,
    FAIRLEAD_PRIVATE_ADDRESSES: 'allow',
    FAIRLEAD_DRAIN_SECONDS: '1',
    // V8 lets garbage lie where there is memory, to 550 MB here: only with a limit does what a server holds say something.
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES}`,
  };
  let running: ServerProcess | null = null;
  const outputs: string[] = [];
  const processNow = (): ServerProcess => {
    if (running === null) throw new Error('the server does not run');
    return running;
  };

  const server: Server = {
    url: `http://${HOST}:${fromClients.port}`,
    feedUrl: `ws://${HOST}:${fromClients.port}/graphql`,
    fromClients,
    toDatabase,
    get directUrl() {
      return processNow().url;
    },
    get isAlive() {
      return running !== null && running.child.exitCode === null && running.child.signalCode === null;
    },
    start: async () => {
      if (running) outputs.push(running.output());
      running = await startProcess(linked.href, env);
      if (running.url === '') throw new Error(`the server did not start: ${running.output()}`);
      fromClients.target = Number(new URL(running.url).port);
      await waitFor('the server is ready', 20_000, async () => (await server.readiness()).status === 200);
    },
    kill: async () => {
      processNow().child.kill('SIGKILL');
      await processNow().ended;
    },
    terminate: async () => {
      const start = performance.now();
      const code = await processNow().stop();
      return { code, ms: performance.now() - start };
    },
    freeze: () => void processNow().child.kill('SIGSTOP'),
    thaw: () => void running?.child.kill('SIGCONT'),
    readiness: async (limitMs = 20_000) => {
      const start = performance.now();
      const status = await fetch(`${server.directUrl}/readyz`, { signal: AbortSignal.timeout(limitMs) }).then(
        (response) => response.status,
        () => 0,
      );
      return { status, ms: performance.now() - start };
    },
    held: async () => {
      const { pid } = processNow().child;
      const names = await readdir(`/proc/${pid}/fd`);
      const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return {
        sockets: targets.filter((target) => target.startsWith('socket:')).length,
        rssMegabytes: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024),
      };
    },
    output: () => [...outputs, running?.output() ?? ''].join('\n'),
    close: async () => {
      if (server.isAlive) {
        server.thaw();
        await server.kill();
      }
      await fromClients.close();
      await toDatabase.close();
    },
  };
  return server;
}
