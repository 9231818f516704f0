import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Territory } from '../../src/domain/configuration.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
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

describe('each criterion', () => {
  test.each<[string, Partial<Territory>, Partial<RoutableLead>, boolean]>([
    ['one of the countries', { countries: ['DE', 'AT'] }, { country: 'AT' }, true],
    ['another country', { countries: ['DE', 'AT'] }, { country: 'CH' }, false],
    ['a country that is not known', { countries: ['DE'] }, { country: null }, false],
    ['a region in any case', { regions: ['us-ca'] }, { region: 'US-CA' }, true],
    ['a metro area in any case', { metros: ['Munich'] }, { metro: 'munich' }, true],
    ['a postal code that begins so', { postalPrefixes: ['80', '81'] }, { postalCode: '81667' }, true],
    ['a postal code that has it elsewhere', { postalPrefixes: ['80'] }, { postalCode: '18055' }, false],
    ['a postal code with leading zeros', { postalPrefixes: ['01'] }, { postalCode: '01067' }, true],
    ['a postal code without them', { postalPrefixes: ['01'] }, { postalCode: '1067' }, false],
    ['a postal code with spaces and dashes', { postalPrefixes: ['sw1a 1'] }, { postalCode: 'SW1A-1AA' }, true],
    ['a postal code shorter than the beginning', { postalPrefixes: ['80331'] }, { postalCode: '80' }, false],
    ['a postal code that is not known', { postalPrefixes: ['80'] }, { postalCode: null }, false],
    ['an industry as a text in any case', { industries: ['Retail'] }, { industry: 'RETAIL' }, true],
    ['an industry that only contains it', { industries: ['Retail'] }, { industry: 'Retail trade' }, false],
    ['a sector of NAICS', { industries: ['naics:51'] }, { industry: 'x', naicsSector: '51' }, true],
    ['another sector of NAICS', { industries: ['naics:51'] }, { industry: 'x', naicsSector: '52' }, false],
    ['a section of NACE', { industries: ['nace:J'] }, { industry: 'x', naceSection: 'J' }, true],
    ['a word that occurs in the industry', { industryKeywords: ['Trade'] }, { industry: 'Retail trade' }, true],
    ['a word that does not', { industryKeywords: ['Trade'] }, { industry: 'Retail' }, false],
    [
      'words as an alternative to industries',
      { industries: ['naics:51'], industryKeywords: ['soft'] },
      { industry: 'Software' },
      true,
    ],
    [
      'industries as an alternative to words',
      { industries: ['media'], industryKeywords: ['soft'] },
      { industry: 'Media' },
      true,
    ],
    ['an industry that is not known', { industryKeywords: ['trade'] }, { industry: null }, false],
    ['a size at the lower end', { employeesMin: 50, employeesMax: 500 }, { employees: 50 }, true],
    ['a size at the upper end', { employeesMin: 50, employeesMax: 500 }, { employees: 500 }, true],
    ['a size below', { employeesMin: 50 }, { employees: 49 }, false],
    ['a size above', { employeesMax: 500 }, { employees: 501 }, false],
    ['a size open above', { employeesMin: 50 }, { employees: 10_000_000 }, true],
    ['a size open below', { employeesMax: 500 }, { employees: 0 }, true],
    ['a size that is not known', { employeesMin: 0, employeesMax: 500 }, { employees: null }, false],
    [
      'all of them',
      { countries: ['DE'], industries: ['media'], employeesMin: 5 },
      { country: 'DE', industry: 'media', employees: 5 },
      true,
    ],
    [
      'all but one',
      { countries: ['DE'], industries: ['media'], employeesMin: 5 },
      { country: 'DE', industry: 'media', employees: 4 },
      false,
    ],
    ['none', {}, {}, true],
  ])('%s', (_what, criteria, given, expected) => {
    expect(match([territory('only', criteria)], given)).toBe(expected ? 'only' : null);
  });
});

describe('of two that match', () => {
  test.each<[string, Partial<Territory>, Partial<Territory>]>([
    [
      'a metro area before more criteria',
      { metros: ['munich'] },
      { regions: ['DE-BY'], countries: ['DE'], industries: ['media'] },
    ],
    [
      'a region before more criteria',
      { regions: ['DE-BY'] },
      { countries: ['DE'], industries: ['media'], employeesMin: 1 },
    ],
    ['a country before more criteria', { countries: ['DE'] }, { industries: ['media'], employeesMin: 1 }],
    [
      'a longer prefix before more criteria',
      { postalPrefixes: ['803'] },
      { postalPrefixes: ['80'], countries: ['DE'], metros: ['munich'] },
    ],
    [
      'the prefix that fits of several lengths',
      { postalPrefixes: ['9', '8033'] },
      { postalPrefixes: ['803', '99999'] },
    ],
    [
      'more kinds of criteria before position',
      { countries: ['DE'], employeesMin: 1 },
      { countries: ['DE'], position: 0 },
    ],
    [
      'industries and words being one kind, the lower position',
      { industries: ['media'], countries: ['DE'], position: 1 },
      { industries: ['media'], industryKeywords: ['x'], countries: ['DE'], position: 2 },
    ],
    ['the lower position', { countries: ['DE'], position: 1 }, { countries: ['DE'], position: 2 }],
  ])('%s wins', (_what, winner, other) => {
    const pair = [territory('winner', { position: 9, ...winner }), territory('another', { position: 0, ...other })];
    const given = {
      country: 'DE',
      region: 'DE-BY',
      metro: 'munich',
      postalCode: '80331',
      industry: 'media',
      employees: 5,
    };
    expect(match(pair, given)).toBe('winner');
    expect(match(pair.toReversed(), given)).toBe('winner');
  });

  test('level in all, the key decides, in whatever order they stand', () => {
    const pair = [territory('b', { countries: ['DE'] }), territory('a', { countries: ['DE'] })];
    expect([match(pair, { country: 'DE' }), match(pair.toReversed(), { country: 'DE' })]).toEqual(['a', 'a']);
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

  const GERMANY = { countries: ['DE'], employeesMin: 50, employeesMax: 500, repId: 'ada' };

  test.each<[string, Partial<Territory>, Partial<RoutableLead>, string | null]>([
    ['its own criterion instead of the parent’s', { countries: ['AT'] }, { country: 'AT', employees: 50 }, 'child'],
    [
      'the parent’s criteria where it has none',
      { industries: ['media'] },
      { country: 'DE', industry: 'media', employees: 50 },
      'child',
    ],
    [
      'the parent’s criteria bind it',
      { industries: ['media'] },
      { country: 'AT', industry: 'media', employees: 50 },
      null,
    ],
    ['a size of its own as a whole', { employeesMin: 900 }, { country: 'DE', employees: 5_000 }, 'child'],
    ['a size of its own as a whole, open below', { employeesMax: 20 }, { country: 'DE', employees: 10 }, 'child'],
    [
      'industries of its own without the parent’s words',
      { parentId: 'words', industries: ['media'] },
      { industry: 'software' },
      'words',
    ],
    ['nothing of its own', {}, { country: 'DE', employees: 50 }, 'child'],
    ['what the parent’s parent says', { parentId: 'mid' }, { country: 'DE', employees: 50, region: 'DE-BY' }, 'child'],
  ])('has %s', (_what, criteria, given, expected) => {
    const all = [
      territory('germany', { ...GERMANY, position: 5 }),
      territory('mid', { parentId: 'germany', regions: ['DE-BY'], position: 5 }),
      territory('words', { industryKeywords: ['soft'], position: 5 }),
      territory('child', { parentId: 'germany', ...criteria }),
    ];
    expect(match(all, given)).toBe(expected);
  });

  test.each<[string, Partial<Territory>, readonly (string | null)[]]>([
    ['its own rep', { repId: 'bob' }, ['bob', null]],
    ['its own pool, and not the parent’s rep beside it', { poolId: 'main' }, [null, 'main']],
    ['the parent’s', {}, ['ada', null]],
  ])('points at %s', (_what, target, expected) => {
    const all = [
      territory('germany', GERMANY),
      territory('child', { parentId: 'germany', regions: ['DE-BY'], ...target }),
    ];
    const found = compileTerritories(all).match(lead({ country: 'DE', region: 'DE-BY', employees: 50 }));
    expect([found?.territory.key, found?.repId, found?.poolId]).toEqual(['child', ...expected]);
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
