import { type Authenticate, Unauthenticated } from '../auth/authenticate.ts';
import { reachOf } from '../auth/visibility.ts';
import type { Database } from '../db/client.ts';

/** How often the keys and tokens behind open connections are looked at again. */
const RECHECK_MS = 15_000;
/** Looked up together: they become one query. */
const AT_ONCE = 500;

/** What a connection was opened with, and what could be heard by it then. */
export interface Opened {
  readonly authorization: string;
  /** See `reachOf`. */
  readonly reach: string;
}

/** Connections that lie open. */
export interface SignedIn<Connection extends object> {
  add(connection: Connection, opened: Opened): void;
  delete(connection: Connection): void;
  stop(): void;
}

/**
 * Whoever's key or token has ended hears nothing more, and whose role or team is another one signs in anew. What cannot be
 * looked up just now is looked up the next time.
 */
export function createSignedIn<Connection extends object>(options: {
  readonly database: Database;
  readonly authenticate: Authenticate;
  /** The key or token has ended, or stands for something else than it did. */
  readonly close: (connection: Connection, why: 'ended' | 'changed') => void;
}): SignedIn<Connection> {
  const { database, authenticate, close } = options;
  const open = new Map<Connection, Opened>();

  /** Null when the key or token has ended; undefined when that cannot be found out. */
  const reachNow = (authorization: string): Promise<string | null | undefined> =>
    authenticate(authorization)
      .then((principal) => principal && reachOf(database, principal))
      .catch((error: unknown) => (error instanceof Unauthenticated ? null : undefined));

  async function lookAgain(): Promise<void> {
    const all = [...new Set(Array.from(open.values(), ({ authorization }) => authorization))];
    const reaches = new Map<string, string | null | undefined>();
    for (let from = 0; from < all.length; from += AT_ONCE) {
      const some = all.slice(from, from + AT_ONCE);
      const now = await Promise.all(some.map(reachNow));
      for (const [index, authorization] of some.entries()) reaches.set(authorization, now[index]);
    }
    for (const [connection, { authorization, reach }] of open) {
      const now = reaches.get(authorization);
      if (now !== undefined && now !== reach) close(connection, now === null ? 'ended' : 'changed');
    }
  }

  let isLooking = false;
  const recheck = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void lookAgain().finally(() => {
      isLooking = false;
    });
  }, RECHECK_MS);
  recheck.unref();
  return {
    add: (connection, opened) => void open.set(connection, opened),
    delete: (connection) => void open.delete(connection),
    stop: () => clearInterval(recheck),
  };
}
