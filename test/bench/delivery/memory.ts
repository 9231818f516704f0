/** Bytes that the process holds once garbage is collected; pages are given back some time after. Needs `--expose-gc`. */
export async function settledRss(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return process.memoryUsage().rss;
}
