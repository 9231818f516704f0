export type Level = 'ok' | 'warning' | 'fault';

/** What a check has found, in one line. */
export interface Finding {
  /** What was looked at. */
  readonly check: string;
  readonly level: Level;
  /** What was found; unless all is well, what to do about it as well. */
  readonly text: string;
}

export const ok = (check: string, text: string): Finding => ({ check, level: 'ok', text });
export const warning = (check: string, text: string): Finding => ({ check, level: 'warning', text });
export const fault = (check: string, text: string): Finding => ({ check, level: 'fault', text });

/** `1 server`, `2 servers`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
