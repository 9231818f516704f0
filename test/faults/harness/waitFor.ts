import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until a condition holds.
 *
 * @returns how long it took, in ms
 * @throws Error when it does not within `limitMs`
 */
export async function waitFor(
  what: string,
  limitMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<number> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > limitMs) throw new Error(`not within ${limitMs / 1_000} s: ${what}`);
    await sleep(20);
  }
  return performance.now() - start;
}
