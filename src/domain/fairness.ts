/*
 * How evenly leads were shared. Both are null below two reps, where there is nothing to compare.
 */

/** Population standard deviation. */
export function standardDeviation(counts: readonly number[]): number | null {
  if (counts.length < 2) return null;
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length);
}

/**
 * Gini coefficient: 0 when all have the same, (n − 1) / n when one has everything; null without any leads.
 * G = Σ (2i − n − 1) xᵢ / (n Σ xᵢ) over the counts in ascending order (C. Gini, Variabilità e mutabilità, 1912).
 */
export function gini(counts: readonly number[]): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length < 2 || total === 0) return null;
  const n = counts.length;
  const ranked = counts.toSorted((a, b) => a - b);
  return ranked.reduce((sum, count, index) => sum + (2 * (index + 1) - n - 1) * count, 0) / (n * total);
}
