import { type Authenticate, Unauthenticated } from '../auth/authenticate.ts';

/** How often the keys and tokens behind open connections are looked at again. */
const RECHECK_MS = 15_000;
/** Looked up together: they become one query. */
const AT_ONCE = 500;

/** Connections that lie open, and what each has signed in with. */
export interface SignedIn<Connection extends object> {
  add(connection: Connection, authorization: string): void;
  delete(connection: Connection): void;
  stop(): void;
}

/**
 * Whoever's key or token has ended hears nothing more; what cannot be looked up just now is looked up the next time.
 *
 * @param close for a connection whose key or token has ended
 */
export function createSignedIn<Connection extends object>(
  authenticate: Authenticate,
  close: (connection: Connection) => void,
): SignedIn<Connection> {
  const open = new Map<Connection, string>();

  const isEnded = (authorization: string): Promise<boolean> =>
    authenticate(authorization).then(
      () => false,
      (error: unknown) => error instanceof Unauthenticated,
    );

  async function closeEnded(): Promise<void> {
    const all = [...new Set(open.values())];
    const ended = new Set<string>();
    for (let from = 0; from < all.length; from += AT_ONCE) {
      const some = all.slice(from, from + AT_ONCE);
      const areEnded = await Promise.all(some.map(isEnded));
      for (const [index, authorization] of some.entries()) if (areEnded[index]) ended.add(authorization);
    }
    if (ended.size > 0) for (const [connection, given] of open) if (ended.has(given)) close(connection);
  }

  const recheck = setInterval(() => void closeEnded(), RECHECK_MS);
  recheck.unref();
  return {
    add: (connection, authorization) => void open.set(connection, authorization),
    delete: (connection) => void open.delete(connection),
    stop: () => clearInterval(recheck),
  };
}
