import { expect, test } from 'vitest';
import { isHoliday, isHolidayRegion } from '../../src/holidays.ts';

test.each([
  ['DE-BY', '2026-11-01', true],
  ['DE-BE', '2026-11-01', false],
  ['DE', '2026-12-25', true],
  // From two in the afternoon, and no public one.
  ['DE', '2026-12-24', false],
  ['DE-BY', '2026-11-18', false],
  // Substitute days, one of them in the year before.
  ['US', '2026-07-03', true],
  ['US', '2021-12-31', true],
  ['GB-ENG', '2027-12-28', true],
  ['TR', '2026-03-22', true],
  ['TR', '2026-03-23', false],
  ['XX', '2026-12-25', false],
])('%s, %s: %s', (region, date, expected) => expect(isHoliday(region, date)).toBe(expected));

test.each([
  ['DE', true],
  ['DE-BY', true],
  ['DE-BY-A', true],
  ...['', '-', 'DE-', 'DE-XX', 'DE-BY-X', 'DE-BY-A-B', 'XX', 'de', 'constructor', 'DE-constructor', '__proto__'].map(
    (region) => [region, false] as const,
  ),
] as const)('region "%s" exists: %s', (region, exists) => expect(isHolidayRegion(region)).toBe(exists));
