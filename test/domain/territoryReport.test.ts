import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TerritoryCriteria } from '../../src/domain/territories.ts';
import { type TerritoryReport, territoryReport } from '../../src/domain/territoryReport.ts';

type Given = Partial<Omit<TerritoryCriteria, 'id' | 'key'>>;

const OPEN = Number.POSITIVE_INFINITY;

const territory = (key: string, overrides: Given = {}): TerritoryCriteria => ({
  id: `id-${key}`,
  key,
  position: 0,
  countries: [],
  regions: [],
  metros: [],
  postalPrefixes: [],
  industries: [],
  industryKeywords: [],
  employeesMin: 0,
  employeesMax: OPEN,
  ...overrides,
});

const REGIONS: Record<string, readonly string[]> = {
  us: ['us-ca', 'us-ny', 'us-tx', 'us-wa'],
  fr: ['fr-1', 'fr-2', 'fr-3', 'fr-4', 'fr-5'],
};

const report = (territories: readonly TerritoryCriteria[]): TerritoryReport =>
  territoryReport(territories, (country) => REGIONS[country] ?? []);

/** What `a` and `b` overlap on, whichever comes first; null where they do not. */
function overlap(a: Given, b: Given): string | null {
  const forward = report([territory('a', a), territory('b', b)]).overlaps[0]?.on ?? null;
  const back = report([territory('b', b), territory('a', a)]).overlaps[0]?.on ?? null;
  expect(forward === null).toBe(back === null);
  return forward;
}

const size = (employeesMin: number, employeesMax = OPEN): Given => ({ employeesMin, employeesMax });

describe('two territories overlap', () => {
  const de = { countries: ['de'] };
  test.each<[string, Given, Given, string]>([
    ['without any criteria', {}, {}, 'any lead'],
    ['in one country', { countries: ['de', 'at'] }, { countries: ['ch', 'de'] }, 'DE'],
    ['in one region', { regions: ['us-ca', 'us-ny'] }, { regions: ['us-ny'] }, 'US-NY'],
    [
      'in one region of the country that both name',
      { ...de, regions: ['de-by'] },
      { ...de, regions: ['de-by'] },
      'DE-BY',
    ],
    [
      'in one region, of which one has the country and the other an industry',
      { countries: ['us'], regions: ['us-ca'] },
      { regions: ['us-ca'], industries: ['media'] },
      'US-CA, media',
    ],
    [
      'in a region that does not say its country',
      { regions: ['bavaria'], ...de },
      { regions: ['bavaria'], ...de },
      'DE, BAVARIA',
    ],
    ['in one metro', { metros: ['munich'] }, { metros: ['munich', 'berlin'] }, 'munich'],
    [
      'in one metro, one by country and one by region in it',
      { metros: ['munich'], ...de },
      { metros: ['munich'], regions: ['de-by'] },
      'DE-BY, munich',
    ],
    ['with one prefix', { postalPrefixes: ['80', '9'] }, { postalPrefixes: ['80'] }, 'postal code 80…'],
    [
      'with one prefix and other criteria that can both hold',
      { postalPrefixes: ['sw1'], metros: ['london'] },
      { postalPrefixes: ['sw1'], countries: ['gb'] },
      'GB, london, postal code SW1…',
    ],
    ['on one industry', { ...de, industries: ['a', 'b'] }, { ...de, industries: ['b', 'c'] }, 'DE, b'],
    [
      'where one has a keyword in the industry of the other',
      { ...de, industryKeywords: ['bank'] },
      { ...de, industries: ['retail banking', 'media'] },
      'DE, retail banking',
    ],
    [
      'on one keyword',
      { ...de, industryKeywords: ['bank', 'soft'] },
      { ...de, industryKeywords: ['soft'] },
      'DE, “soft”',
    ],
    [
      'by keywords, although the industries differ',
      { ...de, industries: ['media'], industryKeywords: ['bank'] },
      { ...de, industries: ['banking'] },
      'DE, banking',
    ],
    ['on one sector', { industries: ['naics:51', 'nace:j'] }, { industries: ['naics:51'] }, 'NAICS 51'],
    ['on one size', { ...de, ...size(1, 50) }, { ...de, ...size(50) }, 'DE, 50 employees'],
    ['on a range', { ...de, ...size(0, 99) }, { ...de, ...size(50, 5_000) }, 'DE, 50–99 employees'],
    ['on a range that is open', size(1_000), size(20), '1,000 and more employees'],
    [
      'where one has the industry and the other the size',
      { ...de, industries: ['software'] },
      { ...de, ...size(50, 99) },
      'DE, software, 50–99 employees',
    ],
    [
      'on many values, which are not all spelled out',
      { countries: ['at', 'be', 'ch', 'de', 'es'] },
      { countries: ['es', 'de', 'ch', 'be', 'at'] },
      'AT or BE or CH or 2 more',
    ],
    [
      'on one of many values',
      { postalPrefixes: ['1', '2', '3', '4', '5', '6', '7', '8', '9'] },
      { postalPrefixes: ['01', '02', '03', '04', '05', '06', '07', '08', '9'] },
      'postal code 9…',
    ],
  ])('%s', (_what, a, b, on) => {
    expect(overlap(a, b)).toBe(on);
  });
});

describe('two territories do not overlap', () => {
  const de = { countries: ['de'] };
  test.each<[string, Given, Given]>([
    ['in different countries', de, { countries: ['at'] }],
    ['as one region wins over its country', { regions: ['de-by'] }, de],
    ['as a metro wins over a region', { metros: ['munich'] }, { regions: ['de-by'] }],
    ['as a postal prefix wins over a metro', { postalPrefixes: ['8'] }, { metros: ['munich'] }],
    ['as a longer prefix wins over a shorter one', { postalPrefixes: ['80'] }, { postalPrefixes: ['8'] }],
    ['as more criteria win over fewer', { ...de, industries: ['media'] }, de],
    [
      'as industries and keywords count as one',
      { ...de, industries: ['media'], industryKeywords: ['press'] },
      { ...de, industries: ['media'], ...size(5) },
    ],
    ['as one names the country of the other region', { regions: ['us-ca'], metros: ['x'] }, { ...de, metros: ['x'] }],
    [
      'as one names a country that its own region is not in',
      { ...de, regions: ['us-ca'] },
      { ...de, regions: ['us-ca'] },
    ],
    [
      'with one prefix in different countries',
      { ...de, postalPrefixes: ['8'] },
      { countries: ['us'], postalPrefixes: ['8'] },
    ],
    ['on different industries', { industries: ['media'] }, { industries: ['banking'] }],
    [
      'on different keywords, although one text may have both',
      { industryKeywords: ['bank'] },
      { industryKeywords: ['banking'] },
    ],
    ['as the keyword is longer than the industry', { industryKeywords: ['banking'] }, { industries: ['bank'] }],
    [
      'as the code of a sector has no keywords',
      { industryKeywords: ['ai', 'bio', 'web'] },
      { industries: ['naics:51'] },
    ],
    ['on sizes next to each other', size(1, 49), size(50)],
    ['as no size is both above 50 and below 10', size(50, 10), size(0, 1_000)],
    [
      'with one prefix in different metros',
      { metros: ['a', 'b', 'c'], postalPrefixes: ['8'] },
      { metros: ['d', 'e', 'f'], postalPrefixes: ['8'] },
    ],
  ])('%s', (_what, a, b) => {
    expect(overlap(a, b)).toBeNull();
  });
});

describe('the list of overlaps', () => {
  const pairs = ({ overlaps }: TerritoryReport) => overlaps.map(({ first, second }) => `${first} ${second}`);

  test('is in the order of position, or as given where it is equal', () => {
    const found = report([
      territory('third', { position: 3 }),
      territory('first', { position: 1 }),
      territory('also-first', { position: 1 }),
    ]);
    expect(pairs(found)).toEqual(['first also-first', 'first third', 'also-first third']);
  });

  test('has a pair once, however many values it shares', () => {
    const both = { postalPrefixes: ['1', '2', '2'] };
    const others = Array.from({ length: 20 }, (_, index) =>
      territory(`other-${index}`, { postalPrefixes: [`3${index}`] }),
    );
    expect(report([territory('a', both), territory('b', both), ...others])).toMatchObject({
      overlaps: [{ on: 'postal code 1… or 2…' }],
      overlapCount: 1,
    });
  });

  test('ends at 100, and the count at 10,000', () => {
    const same = (count: number) =>
      report(Array.from({ length: count }, (_, index) => territory(`${index}`, { position: count - index })));
    const some = same(20);
    expect([some.overlaps.length, some.overlapCount]).toEqual([100, 190]);
    expect(pairs(some).slice(18, 21)).toEqual(['19 0', '18 17', '18 16']);
    const many = same(1_000);
    expect([many.overlaps.length, many.overlapCount]).toEqual([100, 10_000]);
  });
});

test('the overlaps are those that comparing all territories on all leads finds', () => {
  const some = <Value>(...values: Value[]) =>
    fc.oneof({ weight: 4, arbitrary: fc.constant<Value[]>([]) }, fc.subarray(values, { minLength: 1, maxLength: 2 }));
  const territories = fc.array(
    fc
      .record({
        position: fc.integer({ min: 0, max: 5 }),
        countries: some('de', 'us'),
        regions: some('de-by', 'us-ca', 'us-ny'),
        metros: some('munich', 'salem'),
        postalPrefixes: some('8', '80', '803', '9'),
        // No text has two keywords and no keyword another, as two keywords alone are not taken to meet.
        industries: some('banking', 'retail banking', 'media'),
        industryKeywords: some('bank', 'edi', 'soft'),
        employees: fc.option(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.constantFrom(0, 1, 2, OPEN))),
      })
      .map(({ employees, ...given }) => ({
        ...given,
        ...(employees ? size(employees[0], employees[0] + employees[1]) : {}),
      })),
    { minLength: 4, maxLength: 12, size: 'max' },
  );

  const leads = [
    ['', ''],
    ['de', ''],
    ['us', ''],
    ['de', 'de-by'],
    ['us', 'us-ca'],
    ['us', 'us-ny'],
  ].flatMap(([country = '', region = '']) =>
    ['', 'munich', 'salem'].flatMap((metro) =>
      ['', '8', '80', '803', '9'].flatMap((postalCode) =>
        ['', 'banking', 'retail banking', 'media', 'bank', 'edi', 'soft'].flatMap((industry) =>
          [0, 1, 2, 3, 4, 5, 6].map((employees) => ({ country, region, metro, postalCode, industry, employees })),
        ),
      ),
    ),
  );

  /** How specific a match is; null for none. */
  function specificity(of: TerritoryCriteria, lead: (typeof leads)[number]): string | null {
    const within = (values: readonly string[], value: string) => values.length === 0 || values.includes(value);
    const prefix = of.postalPrefixes.filter((start) => lead.postalCode.startsWith(start)).map(({ length }) => length);
    const industry = of.industries.length + of.industryKeywords.length > 0;
    const sized = of.employeesMin > 0 || of.employeesMax < OPEN;
    const matches =
      within(of.countries, lead.country) &&
      within(of.regions, lead.region) &&
      within(of.metros, lead.metro) &&
      (of.postalPrefixes.length === 0 || prefix.length > 0) &&
      (!industry ||
        of.industries.includes(lead.industry) ||
        of.industryKeywords.some((keyword) => lead.industry.includes(keyword))) &&
      lead.employees >= of.employeesMin &&
      lead.employees <= of.employeesMax;
    if (!matches) return null;
    const places = [of.countries, of.regions, of.metros, of.postalPrefixes].map(({ length }) => length > 0);
    const criteria = [...places, industry, sized].filter(Boolean).length;
    return [places.lastIndexOf(true), Math.max(0, ...prefix), criteria].join();
  }

  let overlaps = 0;
  fc.assert(
    fc.property(territories, (given) => {
      const all = given.map((each, index) => territory(`${index}`, each));
      const ordered = all.toSorted((a, b) => a.position - b.position);
      const found = new Set<string>();
      for (const lead of leads) {
        const best = Map.groupBy(ordered, (each) => specificity(each, lead));
        best.delete(null);
        for (const equal of best.values()) {
          equal.forEach((a, index) => {
            for (const b of equal.slice(index + 1)) found.add(`${a.key} ${b.key}`);
          });
        }
      }
      const expected = ordered.flatMap((a, index) =>
        ordered.slice(index + 1).flatMap((b) => (found.has(`${a.key} ${b.key}`) ? [`${a.key} ${b.key}`] : [])),
      );
      overlaps += expected.length;
      const reported = report(all);
      expect(reported.overlaps.map(({ first, second }) => `${first} ${second}`)).toEqual(expected);
      expect(reported.overlapCount).toBe(expected.length);
    }),
    { numRuns: 300 },
  );
  expect(overlaps).toBeGreaterThan(100);
});

describe('10,000 territories of one country', () => {
  const many = (given: (index: number) => Given) =>
    report(
      Array.from({ length: 10_000 }, (_, index) =>
        territory(`t${index}`, { position: index, countries: ['de'], ...given(index) }),
      ),
    );

  test.each<[string, number, (index: number) => Given]>([
    ['different sizes', 0, (index) => size(index * 10, index * 10 + 9)],
    ['sizes that each meet the next', 9_999, (index) => size(index * 10, index * 10 + 10)],
    ['different industries', 0, (index) => ({ industries: [`industry ${index}`] })],
    ['different keywords', 0, (index) => ({ industryKeywords: [`industry ${index}`] })],
    [
      'a keyword for each industry',
      5_000,
      (index) => (index < 5_000 ? { industryKeywords: [`<${index}>`] } : { industries: [`no <${index - 5_000}>`] }),
    ],
    [
      '100 sizes of each of 100 industries',
      0,
      (index) => ({
        industries: [`industry ${index % 100}`],
        ...size(index - (index % 100), index - (index % 100) + 99),
      }),
    ],
    ['different metros under one prefix', 0, (index) => ({ metros: [`m${index}`], postalPrefixes: ['1'] })],
  ])('are compared where they have %s', (_what, count, given) => {
    expect(many(given).overlapCount).toBe(count);
  });
});

test('many sizes overlap as comparing all of them finds', () => {
  const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.constantFrom(0, 1, 5, 50, OPEN)), {
    minLength: 5,
    maxLength: 40,
  });
  fc.assert(
    fc.property(sizes, (given) => {
      const all = given.map(([min, length], index) => territory(`${index}`, size(min, min + length)));
      const pairs = all.flatMap((a, index) =>
        all.slice(index + 1).filter((b) => a.employeesMin <= b.employeesMax && b.employeesMin <= a.employeesMax),
      );
      expect(report(all).overlapCount).toBe(pairs.length);
    }),
  );
});

describe('a country shared out by region has a gap', () => {
  const gaps = (...given: Given[]) =>
    report(given.map((each, index) => territory(`t${index}`, each))).gaps.filter(({ kind }) => kind === 'REGION');
  const half = { regions: ['us-ca', 'us-ny'] };

  test('when half of its regions are taken and others are not named', () => {
    expect(gaps(half)).toEqual([{ kind: 'REGION', where: 'US', missing: ['US-TX', 'US-WA'] }]);
    expect(gaps({ regions: ['us-ca'] }, { regions: ['us-ny'], countries: ['us'] })).toHaveLength(1);
    expect(gaps(half, { regions: ['us-tx'], industries: ['media'] })).toMatchObject([{ missing: ['US-WA'] }]);
  });

  test.each<[string, Given[]]>([
    ['fewer than half of them are taken', [{ regions: ['fr-1', 'fr-2'] }]],
    ['all are', [half, { regions: ['us-tx', 'us-wa'] }]],
    ['a territory takes the whole country', [half, { countries: ['us'] }]],
    ['half are named, but only with an industry', [{ ...half, industries: ['media'] }]],
    ['half are named, but only with a size', [{ ...half, ...size(10) }]],
    ['half are named, but only some of their metros', [{ ...half, metros: ['salem'] }]],
    ['half are named, but by a territory of another country', [{ ...half, countries: ['de'] }]],
    ['its regions are not known', [{ regions: ['xx-1'] }]],
    ['its regions do not say their country', [{ regions: ['bavaria'] }]],
  ])('but not when %s', (_what, given) => {
    expect(gaps(...given)).toEqual([]);
  });

  test('also when a territory takes a part of the country, or another one', () => {
    expect(gaps(half, { countries: ['us'], industries: ['media'] }, { countries: ['de'] })).toHaveLength(1);
  });
});

describe('territories that differ by size', () => {
  const de = { countries: ['de'] };
  const gaps = (...given: Given[]) =>
    report(given.map((each, index) => territory(`t${index}`, each))).gaps.filter(({ kind }) => kind === 'SIZE');
  const missing = (...given: Given[]) => gaps(...given).flatMap((gap) => gap.missing);

  test.each<[string, Given[], string[]]>([
    ['leave out what is between them', [size(0, 99), size(200)], ['100–199']],
    ['leave out one size', [size(0, 99), size(101)], ['100']],
    ['leave out what is below and above them', [size(10, 99), size(100, 999)], ['0–9', '1,000 and more']],
    ['leave out nothing where they meet', [size(0, 99), size(100)], []],
    ['leave out nothing where one covers the others', [size(0, 9), size(0, 500), size(20, 30), size(501)], []],
    ['leave out nothing when one without a size takes the rest', [size(0, 99), size(200), {}], []],
    ['leave out the rest when one without a size takes another country', [size(0, 99), size(200), de], ['100–199']],
    ['do not count where no size is in them', [size(0, 9), size(20, 12), size(30)], ['10–29']],
    ['are no split when there is but one', [size(500)], []],
    ['are no split in different places', [size(500), { ...de, ...size(0, 99) }], []],
  ])('%s', (_what, given, expected) => {
    expect(missing(...given)).toEqual(expected);
  });

  test('are told by what they have in common, in whatever order it is given', () => {
    const shared = { countries: ['de', 'at'], industries: ['software'], industryKeywords: ['saas'] };
    expect(gaps({ ...shared, ...size(0, 99) }, { ...shared, countries: ['at', 'de'], ...size(200) })).toEqual([
      { kind: 'SIZE', where: 'AT or DE, software or “saas”', missing: ['100–199'] },
    ]);
    expect(gaps(size(0, 99), size(200))).toMatchObject([{ where: 'any lead' }]);
  });

  test('have a rest that one of the same or any industry takes, and one of another does not', () => {
    const split = [
      { ...de, industries: ['media'], ...size(0, 99) },
      { ...de, industries: ['media'], ...size(200) },
    ];
    expect(missing(...split, de)).toEqual([]);
    expect(missing(...split, { ...de, industries: ['media'] })).toEqual([]);
    expect(missing(...split, { ...de, industries: ['banking'] })).toEqual(['100–199']);
  });

  test('leave out exactly those numbers of employees that none of them takes', () => {
    const part = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.constantFrom(0, 1, 3, 8, OPEN));
    fc.assert(
      fc.property(fc.array(part, { minLength: 2, maxLength: 5 }), (parts) => {
        const sizes = parts.map(([min, length]) => size(min, min + length));
        fc.pre(sizes.every(({ employeesMin, employeesMax }) => employeesMin !== 0 || employeesMax !== OPEN));
        const taken = (employees: number) =>
          parts.some(([min, length]) => employees >= min && employees <= min + length);
        const within = (employees: number) =>
          missing(...sizes).some((text) => {
            const [from, to] = text.endsWith('and more') ? [parseInt(text, 10), OPEN] : text.split('–').map(Number);
            return employees >= (from as number) && employees <= (to ?? (from as number));
          });
        for (let employees = 0; employees < 40; employees += 1) expect(within(employees)).toBe(!taken(employees));
      }),
    );
  });
});

test('at most 100 gaps are listed, and all are counted', () => {
  const split = (country: string) => [
    territory(`${country}-small`, { countries: [country], ...size(0, 9) }),
    territory(`${country}-large`, { countries: [country], ...size(20) }),
  ];
  const found = report(Array.from({ length: 150 }, (_, index) => split(`c${index}`)).flat());
  expect([found.gaps.length, found.gapCount]).toEqual([100, 150]);
});
