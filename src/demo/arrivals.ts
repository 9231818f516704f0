/** A lead on its way to a device. */
interface Waiting {
  readonly at: number;
  arrive(milliseconds: number): void;
}

const ARRIVAL_MS = 5_000;

/** Tells how long leads take from a moment to the device of whoever owns them. */
export class Arrivals {
  readonly #waiting = new Map<string, Waiting>();
  /** Of leads that came sooner than the answer. */
  readonly #early = new Map<string, number>();

  arrived(leadId: string): void {
    const waiting = this.#waiting.get(leadId);
    if (waiting) waiting.arrive(performance.now() - waiting.at);
    else this.#early.set(leadId, performance.now());
  }

  /** @param at when it was sent, by `performance.now()` @returns milliseconds; null for one that has not come in time */
  async of(leadId: string, at: number): Promise<number | null> {
    const early = this.#early.get(leadId);
    this.#early.delete(leadId);
    if (early !== undefined) return early - at;
    const milliseconds = await new Promise<number | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), ARRIVAL_MS);
      this.#waiting.set(leadId, {
        at,
        arrive: (time) => {
          clearTimeout(timer);
          resolve(time);
        },
      });
    });
    this.#waiting.delete(leadId);
    return milliseconds;
  }
}
