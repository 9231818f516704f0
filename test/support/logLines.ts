import type { Logger } from 'pino';
import { createLog } from '../../src/log.ts';

export interface LogLines {
  readonly log: Logger;
  /** What was written so far. */
  lines(): Readonly<Record<string, unknown>>[];
}

/** A log that keeps its lines. */
export function keepLog(level: string): LogLines {
  const texts: string[] = [];
  return {
    log: createLog(level, { write: (text) => void texts.push(text) }),
    lines: () => texts.map((text) => JSON.parse(text) as Record<string, unknown>),
  };
}
