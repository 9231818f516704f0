import type { Logger } from 'pino';
import { createLog } from '../../src/log.ts';

/** What has no business in a log, by what it looks like. */
const FORBIDDEN: Readonly<Record<string, RegExp>> = {
  'an API key': /fl_[a-z0-9]{8,32}_[A-Za-z0-9_-]{32,}/,
  'a token': /eyJ[\w-]{10,}\.[\w-]+\.[\w-]+/,
  'an e-mail address': /[\w.+-]+@[\w-]+(\.[\w-]+)+/,
  'a phone number': /\+\d{8,15}\b/,
  'a password': /\w+:\/\/[^\s:@/]+:[^\s@/]+@/,
};

export const forbiddenIn = (line: string): string[] =>
  Object.entries(FORBIDDEN).flatMap(([what, pattern]) => (pattern.test(line) ? [what] : []));

export interface ScannedLog {
  readonly log: Logger;
  /** @throws Error with the first line that has what it must not have */
  check(): void;
}

/** Everything a server has to say, down to `trace`, which nobody sees but who looks for what must not be there. */
export function scannedLog(): ScannedLog {
  let found: string | null = null;
  const write = (line: string): void => {
    const [what] = forbiddenIn(line);
    if (what !== undefined) found ??= `${what} is in the log: ${line}`;
  };
  return {
    log: createLog('trace', { write }),
    check: () => {
      if (found !== null) throw new Error(found);
    },
  };
}
