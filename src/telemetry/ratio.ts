const SLOT_MS = 10_000;

/** A share over the last minutes, kept in slots of ten seconds. */
export interface Ratio {
  add(counted: number, all: number): void;
  /** 0 to 1; 0 where there was nothing. */
  value(): number;
}

/** @param now in ms since 1970 */
export function createRatio(windowMs: number, now: () => number): Ratio {
  const slots = new Map<number, { counted: number; all: number }>();
  const forget = (slot: number): void => {
    for (const old of slots.keys()) if (old <= slot - windowMs / SLOT_MS) slots.delete(old);
  };
  return {
    add: (counted, all) => {
      const slot = Math.floor(now() / SLOT_MS);
      const sum = slots.get(slot) ?? { counted: 0, all: 0 };
      slots.set(slot, { counted: sum.counted + counted, all: sum.all + all });
      forget(slot);
    },
    value: () => {
      forget(Math.floor(now() / SLOT_MS));
      let [counted, all] = [0, 0];
      for (const slot of slots.values()) {
        counted += slot.counted;
        all += slot.all;
      }
      return all === 0 ? 0 : counted / all;
    },
  };
}
