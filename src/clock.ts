/** Where the time comes from: the machine in production, a value that can be set in tests. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
