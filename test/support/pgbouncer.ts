import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Program, startProgram } from './program.ts';

/* A real pgbouncer, the package of Debian, in transaction mode. */

export const PGBOUNCER = 'pgbouncer';

export interface Pgbouncer extends Program {
  /** The same place by way of pgbouncer. @param url of a database of the server behind it */
  through(url: string): string;
}

export interface PgbouncerOptions {
  /** URLs of the server behind it, one for each user. */
  readonly urls: readonly string[];
  /** Connections to a database that a user's clients share. */
  readonly poolSize: number;
}

export async function startPgbouncer({ urls, poolSize }: PgbouncerOptions): Promise<Pgbouncer> {
  const servers = urls.map((url) => new URL(url));
  const program = await startProgram({
    command: PGBOUNCER,
    prepare: async (folder, port) => {
      const users = join(folder, 'users.txt');
      const lines = servers.map(({ username, password }) => `"${username}" "${decodeURIComponent(password)}"\n`);
      await writeFile(users, lines.join(''));
      const config = join(folder, 'pgbouncer.ini');
      const settings = {
        listen_addr: '127.0.0.1',
        listen_port: port,
        unix_socket_dir: '',
        auth_type: 'scram-sha-256',
        auth_file: users,
        pool_mode: 'transaction',
        default_pool_size: poolSize,
        max_client_conn: 2_000,
        // Many short-lived databases must not use up the server's connections.
        server_idle_timeout: 5,
      };
      const [behind] = servers;
      await writeFile(
        config,
        [
          '[databases]',
          `* = host=${behind?.hostname} port=${behind?.port}`,
          '[pgbouncer]',
          ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
        ].join('\n'),
      );
      // It refuses to be root.
      return [...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []), config];
    },
  });
  return {
    ...program,
    through: (url) => {
      const address = new URL(url);
      address.host = `127.0.0.1:${program.port}`;
      return address.href;
    },
  };
}
