import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalizeCompanyName } from '../../src/domain/accounts.ts';
import { gini, standardDeviation } from '../../src/domain/fairness.ts';

test.each<[readonly number[], number | null]>([
  [[30, 0], 0.5],
  [[11, 19], 4 / 30],
  [[7, 7, 7], 0],
  [[0, 0, 9], 2 / 3],
  [[9, 0, 0], 2 / 3],
  [[0, 0, 0, 1], 3 / 4],
  [[1, 2, 3, 4], 1 / 4],
  [[4, 1, 3, 2], 1 / 4],
  [[400, 100, 300, 200], 1 / 4],
  [[1, 1_000_000], 0.5 - 1 / 1_000_001],
  [[0, 0], null],
  [[0], null],
  [[5], null],
  [[], null],
])('the Gini coefficient of %j is %s', (counts, expected) => {
  if (expected === null) expect(gini(counts)).toBeNull();
  else expect(gini(counts)).toBeCloseTo(expected, 12);
});

test.each<[readonly number[], number | null]>([
  [[2, 4, 4, 4, 5, 5, 7, 9], 2],
  [[0, 0], 0],
  [[3, 1], 1],
  [[3], null],
  [[], null],
])('the standard deviation of %j is %s', (counts, expected) => {
  expect(standardDeviation(counts)).toBe(expected);
});

test('the Gini coefficient lies between 0 for all alike and (n − 1)/n for one with everything', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000), { minLength: 2, maxLength: 30 }), (counts) => {
      const value = gini(counts);
      fc.pre(value !== null);
      const most = (counts.length - 1) / counts.length;
      const holding = counts.filter((count) => count > 0).length;
      expect([value >= 0, value <= most + 1e-12]).toEqual([true, true]);
      expect(value > most - 1e-12).toBe(holding === 1);
      expect(value === 0).toBe(new Set(counts).size === 1);
    }),
  );
});

test('counts are left in the order they came in', () => {
  const counts = [3, 1, 2];
  gini(counts);
  expect(counts).toEqual([3, 1, 2]);
});

test('the Gini coefficient is the mean difference of all pairs over twice the mean', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000), { minLength: 2, maxLength: 30 }), (counts) => {
      const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
      const value = gini(counts);
      if (mean === 0) return value === null;
      const pairs = counts.flatMap((a) => counts.map((b) => Math.abs(a - b)));
      return (
        Math.abs((value as number) - pairs.reduce((sum, gap) => sum + gap, 0) / (2 * counts.length ** 2 * mean)) < 1e-9
      );
    }),
  );
});

test.each([
  ['Müller & Söhne GmbH & Co. KG', 'muller sohne'],
  ['Siemens Aktiengesellschaft', 'siemens'],
  ['ACME, Inc.', 'acme'],
  ['Dom Sp. z o.o.', 'dom'],
  ['Neri S.p.A.', 'neri'],
  ['Auer GmbH und Co. KG', 'auer'],
  ['Otto Kaiser e.K.', 'otto kaiser'],
  ['Sato K.K.', 'sato'],
  ['Novo A/S', 'novo'],
  ['Café Zoë S.r.l.', 'cafe zoe'],
  ['The Co', 'the'],
  ['AG', 'ag'],
  ['Straße AG', 'strasse'],
])('the company %s is compared as "%s"', (name, expected) => {
  expect(normalizeCompanyName(name)).toBe(expected);
});
