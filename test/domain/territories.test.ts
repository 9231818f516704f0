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
    ['the parent’s size where it has none', {}, { country: 'DE', employees: 49 }, null],
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
  const some = (...values: readonly string[]) => fc.subarray([...values]);
  const size = fc.option(fc.integer({ min: 0, max: 100 }), { freq: 1 });
  const arbitrary = fc.array(
    fc.record({
      parent: fc.option(fc.integer({ min: 0, max: 11 }), { freq: 1 }),
      countries: some('DE', 'US'),
      regions: some('DE-BY', 'US-CA'),
      metros: some('Munich'),
      postalPrefixes: some('8', '80', '803'),
      industries: some('banking', 'media', 'naics:51', 'nace:J'),
      industryKeywords: some('bank'),
      employeesMin: size,
      employeesMax: size,
    }),
    { maxLength: 12 },
  );
  const given = fc.record({
    country: fc.option(fc.constantFrom('DE', 'US')),
    region: fc.option(fc.constantFrom('DE-BY', 'US-CA')),
    metro: fc.option(fc.constant('Munich')),
    postalCode: fc.option(fc.constantFrom('80331', '81000', '10115')),
    industry: fc.option(fc.constantFrom('banking', 'media')),
    naicsSector: fc.option(fc.constantFrom('51', '52')),
    naceSection: fc.option(fc.constantFrom('J', 'K')),
    employees: fc.option(fc.integer({ min: 0, max: 100 })),
  });

  /** How specific a territory is for a lead, the most important first; null where it does not match. */
  const rankOf = (line: readonly Territory[], of: RoutableLead): readonly number[] | null => {
    const first = (kind: 'countries' | 'regions' | 'metros' | 'postalPrefixes') =>
      line.find((each) => each[kind].length > 0)?.[kind] ?? [];
    const places = [first('countries'), first('regions'), first('metros')];
    const prefixes = first('postalPrefixes');
    const ofIndustry = line.find(({ industries, industryKeywords }) => industries.length + industryKeywords.length > 0);
    const sized = line.find(({ employeesMin, employeesMax }) => employeesMin !== null || employeesMax !== null);
    const [min, max] = [sized?.employeesMin ?? 0, sized?.employeesMax ?? Number.POSITIVE_INFINITY];
    // From 0 to no end is no criterion.
    const isSized = min > 0 || max < Number.POSITIVE_INFINITY;
    const prefix = prefixes
      .filter((start) => of.postalCode?.startsWith(start))
      .toSorted((a, b) => b.length - a.length)[0];
    const values = [of.country, of.region, of.metro];
    const isThere = places.every((list, index) => list.length === 0 || list.includes(values[index] ?? ''));
    const isOfIndustry =
      ofIndustry === undefined ||
      ofIndustry.industries.some((each) =>
        [of.industry, `naics:${of.naicsSector}`, `nace:${of.naceSection}`].includes(each),
      ) ||
      ofIndustry.industryKeywords.some((word) => of.industry?.includes(word));
    const isOfSize = !isSized || (of.employees !== null && of.employees >= min && of.employees <= max);
    if (!isThere || !isOfIndustry || !isOfSize || (prefixes.length > 0 && prefix === undefined)) return null;
    const lists = [...places, prefixes].map(({ length }) => length > 0);
    const kinds = [...lists, ofIndustry !== undefined, isSized].filter(Boolean).length;
    return [lists.lastIndexOf(true), prefix?.length ?? 0, kinds, -(line[0]?.position ?? 0)];
  };

  fc.assert(
    fc.property(arbitrary, given, (list, values) => {
      const territories = list.map(({ parent, ...each }, index) =>
        territory(`t${index}`, { ...each, position: index, parentId: parent === null ? null : `t${parent}` }),
      );
      const lineOf = (of: Territory, line: readonly Territory[] = []): readonly Territory[] => {
        const parent = territories.find(({ id }) => id === of.parentId);
        return line.includes(of) ? line : parent ? lineOf(parent, [...line, of]) : [...line, of];
      };
      const ranked = territories.flatMap((each) => {
        const rank = rankOf(lineOf(each), lead(values));
        return rank === null ? [] : [{ key: each.key, rank }];
      });
      ranked.sort((a, b) => {
        const differs = a.rank.findIndex((value, index) => value !== b.rank[index]);
        return differs < 0 ? 0 : (b.rank[differs] as number) - (a.rank[differs] as number);
      });
      expect(match(territories, values)).toBe(ranked[0]?.key ?? null);
    }),
    { numRuns: 2_000 },
  );
});
