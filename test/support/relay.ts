import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Relay extends AsyncDisposable {
  /** The same place by way of the relay. */
  through(url: string): string;
  /** From now on nothing passes on the connections there are, and neither side hears that; new ones work. */
  silence(): void;
  /** Those that work. */
  readonly connections: number;
}

/** Passes bytes on to the server of a URL. */
export async function startRelay(target: string): Promise<Relay> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<readonly [Socket, Socket]>();
  const silent: Socket[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.pipe(upstream).pipe(client);
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(pair);
        for (const each of pair) each.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listening = server.address() as AddressInfo;
  return {
    through: (url) => {
      const address = new URL(url);
      address.host = `127.0.0.1:${listening.port}`;
      return address.href;
    },
    silence: () => {
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream);
        upstream.unpipe(client);
        for (const socket of [client, upstream]) silent.push(socket.pause());
      }
      pairs.clear();
    },
    get connections() {
      return pairs.size;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of [...silent, ...[...pairs].flat()]) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
