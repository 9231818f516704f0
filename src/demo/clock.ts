import type { Clock } from '../clock.ts';

/** The machine's time, which can be put forward: hours pass while somebody watches. */
export interface DemoClock extends Clock {
  advance(milliseconds: number): void;
}

export function demoClock(): DemoClock {
  let ahead = 0;
  return {
    now: () => new Date(Date.now() + ahead),
    advance: (milliseconds) => {
      ahead += milliseconds;
    },
  };
}
