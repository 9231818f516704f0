import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Territory } from '../../src/domain/configuration.ts';
import { compileTerritories } from '../../src/domain/territories.ts';
import { lead, territory } from '../support/routing.ts';

const match = (territories: readonly Territory[], given: Parameters<typeof lead>[0]): string | null =>
  compileTerritories(territories).match(lead(given))?.territory.key ?? null;

describe('the most specific territory wins', () => {
  const all = [
    territory('anywhere'),
    territory('germany', { countries: ['DE'] }),
    territory('bavaria', { regions: ['DE-BY'] }),
    territory('munich', { metros: ['Munich'] }),
    territory('centre', { postalPrefixes: ['80'], countries: ['DE'] }),
    territory('old-town', { postalPrefixes: ['8033'] }),
    territory('german-banks', { countries: ['DE'], industries: ['banking'] }),
    territory('large-german-banks', { countries: ['DE'], industries: ['banking'], employeesMin: 500 }),
  ];

  test.each([
    ['nothing known', {}, 'anywhere'],
    ['country', { country: 'DE' }, 'germany'],
    ['region before country', { country: 'DE', region: 'DE-BY' }, 'bavaria'],
    ['metro before region', { country: 'DE', region: 'DE-BY', metro: 'munich' }, 'munich'],
    ['postal prefix before metro', { country: 'DE', metro: 'Munich', postalCode: '80 99-9' }, 'centre'],
    ['the longer prefix', { country: 'DE', postalCode: '80331' }, 'old-town'],
    ['a prefix counts within its country', { country: 'US', postalCode: '80999' }, 'anywhere'],
    ['more criteria before fewer', { country: 'DE', industry: 'Banking' }, 'german-banks'],
    ['size as one more', { country: 'DE', industry: 'banking', employees: 500 }, 'large-german-banks'],
    ['unknown size is in no range', { country: 'DE', industry: 'banking', employees: null }, 'german-banks'],
  ])('%s', (_what, given, expected) => {
    expect(match(all, given)).toBe(expected);
  });

  test('position breaks a tie', () => {
    const twins = [
      territory('second', { countries: ['DE'], position: 2 }),
      territory('first', { countries: ['DE'], position: 1 }),
    ];
    expect(match(twins, { country: 'DE' })).toBe('first');
  });
});

describe('a child', () => {
  test('takes from its parents the criteria and the target it leaves open', () => {
    const territories = [
      territory('germany', { countries: ['DE'], poolId: 'pool-de' }),
      territory('banks', { parentId: 'germany', industries: ['banking'] }),
    ];
    const found = compileTerritories(territories).match(lead({ country: 'DE', industry: 'banking' }));
    expect([found?.territory.key, found?.poolId]).toEqual(['banks', 'pool-de']);
    expect(match(territories, { country: 'FR', industry: 'banking' })).toBeNull();
  });

  test('whose parents go round in a circle hangs nothing', () => {
    const circle = [territory('a', { parentId: 'b', countries: ['DE'] }), territory('b', { parentId: 'a' })];
    expect(match(circle, { country: 'DE' })).not.toBeNull();
  });
});

test('the index finds the same as looking at every territory', () => {
  const some = <Value>(values: readonly Value[]) => fc.subarray([...values], { maxLength: Math.min(values.length, 2) });
  const arbitrary = fc.array(
    fc.record({
      countries: some(['DE', 'US']),
      regions: some(['DE-BY', 'US-CA']),
      metros: some(['Munich']),
      postalPrefixes: some(['8', '80', '803']),
      industries: some(['banking', 'media']),
      size: fc.option(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 50, max: 100 }))),
    }),
    { maxLength: 12 },
  );
  const given = fc.record({
    country: fc.option(fc.constantFrom('DE', 'US')),
    region: fc.option(fc.constantFrom('DE-BY', 'US-CA')),
    metro: fc.option(fc.constant('Munich')),
    postalCode: fc.option(fc.constantFrom('80331', '81000', '10115')),
    industry: fc.option(fc.constantFrom('banking', 'media')),
    employees: fc.option(fc.integer({ min: 0, max: 100 })),
  });
  fc.assert(
    fc.property(arbitrary, given, (list, values) => {
      const territories = list.map(({ size, ...each }, index) =>
        territory(`t${index}`, {
          ...each,
          position: index,
          employeesMin: size?.[0] ?? null,
          employeesMax: size?.[1] ?? null,
        }),
      );
      const scored = territories.flatMap((each) => {
        const prefix = each.postalPrefixes
          .filter((start) => values.postalCode?.startsWith(start))
          .toSorted((a, b) => b.length - a.length)[0];
        const ok =
          (each.countries.length === 0 || each.countries.includes(values.country as string)) &&
          (each.regions.length === 0 || each.regions.includes(values.region as string)) &&
          (each.metros.length === 0 || each.metros.includes(values.metro as string)) &&
          (each.industries.length === 0 || each.industries.includes(values.industry as string)) &&
          (each.postalPrefixes.length === 0 || prefix !== undefined) &&
          (each.employeesMin === null ||
            (values.employees !== null &&
              values.employees >= each.employeesMin &&
              values.employees <= (each.employeesMax as number)));
        if (!ok) return [];
        const level =
          prefix !== undefined
            ? 4
            : each.metros.length > 0
              ? 3
              : each.regions.length > 0
                ? 2
                : each.countries.length > 0
                  ? 1
                  : 0;
        const criteria =
          [each.countries, each.regions, each.metros, each.postalPrefixes, each.industries].filter(
            ({ length }) => length > 0,
          ).length + (each.employeesMin === null ? 0 : 1);
        return [{ key: each.key, rank: [level, prefix?.length ?? 0, criteria, -each.position] }];
      });
      scored.sort(
        (a, b) =>
          b.rank.map((value, index) => value - (a.rank[index] as number)).find((difference) => difference !== 0) ?? 0,
      );
      return match(territories, values) === (scored[0]?.key ?? null);
    }),
    { numRuns: 1_000 },
  );
});
