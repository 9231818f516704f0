import { type DestinationStream, type Logger, pino } from 'pino';

/** What must never be written to a log, wherever it stands in an object. */
const SECRETS = ['authorization', 'email', 'phone', 'token', 'secret', 'password', 'connectionString'];

/** Not the whole error: PostgreSQL's `detail` shows the row that was refused, with the person in it. */
const describeError = (error: Error & { readonly code?: unknown }): object => ({
  type: error.name,
  message: error.message,
  code: error.code,
  stack: error.stack,
});

/** @param level as pino's: trace, debug, info, warn, error, fatal, silent */
export const createLog = (level: string, destination?: DestinationStream): Logger => {
  const options = {
    level,
    base: null,
    serializers: { err: describeError },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[hidden]' },
  };
  return destination ? pino(options, destination) : pino(options);
};
