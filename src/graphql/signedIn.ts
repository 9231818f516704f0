import { type Authenticate, Unauthenticated } from '../auth/authenticate.ts';

/** How often the keys and tokens behind open connections are looked at again. */
const RECHECK_MS = 15_000;
/** Looked up together: they become one query. */
const AT_ONCE = 500;

/** Sockets and event streams that lie open, by what each has signed in with. */
export interface SignedIn {
  /** @param close called when the key or token has ended @returns to be called when the connection is gone */
  add(authorization: string, close: () => void): () => void;
  stop(): void;
}

/** Whoever's key or token has ended hears nothing more; what cannot be looked up just now is looked up the next time. */
export function createSignedIn(authenticate: Authenticate): SignedIn {
  const open = new Map<string, Set<() => void>>();

  const isEnded = (authorization: string): Promise<boolean> =>
    authenticate(authorization).then(
      () => false,
      (error: unknown) => error instanceof Unauthenticated,
    );

  async function closeEnded(): Promise<void> {
    const all = [...open.keys()];
    for (let from = 0; from < all.length; from += AT_ONCE) {
      const some = all.slice(from, from + AT_ONCE);
      const ended = await Promise.all(some.map(isEnded));
      for (const [index, authorization] of some.entries()) {
        if (ended[index]) for (const close of open.get(authorization) ?? []) close();
      }
    }
  }

  const recheck = setInterval(() => void closeEnded(), RECHECK_MS);
  recheck.unref();
  return {
    add: (authorization, close) => {
      const known = open.get(authorization);
      if (known) known.add(close);
      else open.set(authorization, new Set([close]));
      return () => {
        const left = open.get(authorization);
        left?.delete(close);
        if (left?.size === 0) open.delete(authorization);
      };
    },
    stop: () => clearInterval(recheck),
  };
}
