/** The database cannot be asked just now, or not for this long: the same call may be repeated. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly code = 'UNAVAILABLE';

  constructor(
    message = 'The database does not answer at the moment. Repeat the call; with an idempotency key nothing is done twice.',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** SQLSTATE, Prisma's own code or Node's; Prisma hides the first of them in its message. */
function codeOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const hidden = typeof message === 'string' ? /Code: `(\w{5})`/.exec(message)?.[1] : undefined;
  return hidden ?? (typeof code === 'string' ? code : '');
}

/** Serialization failure, deadlock, lock timeout, Prisma's write conflict: the whole transaction may be tried again. */
export const isRetryable = (error: unknown): boolean => ['40001', '40P01', '55P03', 'P2034'].includes(codeOf(error));

/**
 * The connection broke, could not be made, or the query took too long. SQLSTATE classes 08 (connection),
 * 57P (shutdown, crash recovery), 53 (out of connections or memory), 57014 (cancelled), 25P03 (silent in a transaction); Node's own socket
 * errors; and node-postgres, which gives its connection errors no code.
 */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof Unavailable ||
  /^(08|57P|53|57014|25P03|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|P1001|P1002|P1008|P1017|P2024)/.test(
    codeOf(error),
  ) ||
  (error instanceof Error &&
    /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|not queryable|ended the connection/.test(
      error.message,
    ));
