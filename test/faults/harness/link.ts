import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Which way bytes go: from who has connected to who was connected to, or back. */
export type Direction = 'there' | 'back';

/**
 * A wire between two programs: a TCP proxy that can be slow, late, silent or cut. Silent means half-open: bytes and
 * endings do not pass, and nobody is told.
 */
export interface Link {
  /** Where to connect to, on loopback; stays the same whatever is behind it. */
  readonly port: number;
  /** Port of who is behind it. */
  target: number;
  latencyMs: number;
  /** Of each connection and direction; 0 for as fast as it goes. */
  bytesPerSecond: number;
  /** Connections open at present, silent ones included. */
  readonly connections: number;
  /** Those of the proxy's own ends of them, as who was connected to sees them. */
  readonly ports: readonly number[];
  silence(...directions: readonly Direction[]): void;
  /** Bytes and endings that waited pass again. */
  unsilence(): void;
  /** A connection that is about to carry this text to who was connected to falls silent before it, for good. */
  holdBefore(text: string | null): void;
  /** Makes all connections that are open now silent for good; new ones are as usual. */
  strand(): void;
  /** How many connections have been made silent for good so far. */
  readonly held: number;
  /** Breaks all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** A slow peer holds up who sends to it: no more than this waits here. */
const MAX_WAITING_BYTES = 65_536;

interface Connection {
  readonly sockets: readonly [Socket, Socket];
  /** Held for good. */
  held: boolean;
}

export async function openLink(target: number): Promise<Link> {
  const connections = new Set<Connection>();
  const silent = new Set<Direction>();
  let heldText: string | null = null;
  let held = 0;
  /** Resolves when silence ends. */
  let sound = Promise.withResolvers<void>();

  async function audible(connection: Connection, direction: Direction): Promise<void> {
    while (silent.has(direction) || connection.held) await sound.promise;
  }

  function hold(connection: Connection): void {
    if (!connection.held) held += 1;
    connection.held = true;
  }

  /** Carries what comes from one socket to the other, in order. */
  function carry(connection: Connection, from: Socket, to: Socket, direction: Direction): void {
    let waiting = 0;
    let last: Promise<void> = Promise.resolve();
    const then = (work: () => Promise<void> | void): void => {
      last = last.then(work).catch(() => {});
    };
    from.on('data', (chunk: Buffer) => {
      if (heldText !== null && direction === 'there' && chunk.includes(heldText)) hold(connection);
      const due = performance.now() + link.latencyMs;
      waiting += chunk.length;
      if (waiting > MAX_WAITING_BYTES) from.pause();
      then(async () => {
        const early = due - performance.now();
        if (early > 1) await sleep(early);
        if (link.bytesPerSecond > 0) await sleep((chunk.length / link.bytesPerSecond) * 1_000);
        await audible(connection, direction);
        if (!to.destroyed && !to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
        waiting -= chunk.length;
        if (waiting <= MAX_WAITING_BYTES) from.resume();
      });
    });
    from.on('end', () =>
      then(async () => {
        await audible(connection, direction);
        to.end();
      }),
    );
    from.on('close', () =>
      then(async () => {
        await audible(connection, direction);
        to.destroy();
      }),
    );
    from.on('error', () => {});
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (from) => {
    const to = connect({ port: link.target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const connection: Connection = { sockets: [from, to], held: false };
    connections.add(connection);
    const gone = (): void => {
      if (from.destroyed && to.destroyed) connections.delete(connection);
    };
    for (const socket of connection.sockets) socket.on('close', gone);
    carry(connection, from, to, 'there');
    carry(connection, to, from, 'back');
  });

  const link: Link = {
    get port() {
      return (server.address() as AddressInfo).port;
    },
    target,
    latencyMs: 0,
    bytesPerSecond: 0,
    get connections() {
      return connections.size;
    },
    get ports() {
      return [...connections].flatMap(({ sockets: [, to] }) => to.localPort ?? []);
    },
    silence: (...directions) => {
      for (const direction of directions) silent.add(direction);
    },
    unsilence: () => {
      silent.clear();
      sound.resolve();
      sound = Promise.withResolvers();
    },
    holdBefore: (text) => {
      heldText = text;
    },
    strand: () => {
      for (const connection of connections) hold(connection);
    },
    get held() {
      return held;
    },
    cut: () => {
      for (const { sockets } of connections) for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      server.close();
      link.cut();
      await once(server, 'close');
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return link;
}
