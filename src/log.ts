import { type DestinationStream, type Logger, pino } from 'pino';

/** What must never be written to a log, wherever it stands in an object. */
const SECRETS = ['authorization', 'email', 'phone', 'token', 'secret', 'password', 'connectionString'];

/** @param level as pino's: trace, debug, info, warn, error, fatal, silent */
export const createLog = (level: string, destination?: DestinationStream): Logger => {
  const options = {
    level,
    base: null,
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[hidden]' },
  };
  return destination ? pino(options, destination) : pino(options);
};
