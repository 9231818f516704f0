import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INDUSTRY_KEYWORDS, NACE_SECTIONS, NAICS_SECTORS, sectorsOf } from '../../src/domain/industries.ts';

/** `51 J`; `-` for null. */
const told = (industry: string | null): string => {
  const { naicsSector, naceSection } = sectorsOf(industry);
  return `${naicsSector ?? '-'} ${naceSection ?? '-'}`;
};

describe('a NAICS code', () => {
  test.each([
    ['51', '51 J'],
    ['511210', '51 J'],
    ['NAICS 51', '51 J'],
    ['naics:51', '51 J'],
    ['  NAICS:511210 ', '51 J'],
    ['524', '52 K'],
    ['5221', '52 K'],
    ['62', '62 Q'],
    // All codes of a sector are its first.
    ['33', '31 C'],
    ['325412', '31 C'],
    ['45', '44 G'],
    ['492', '48 H'],
    ['31-33', '31 C'],
    ['NAICS 44–45', '44 G'],
    // Nothing of two sectors, and no such sector.
    ['31-45', '- -'],
    ['33-31', '- -'],
    ['99', '- -'],
    ['naics 990000', '- -'],
    ['7372', '- -'],
    ['5', '- -'],
    ['5112101', '- -'],
  ])('%s is %s', (industry, expected) => {
    expect(told(industry)).toBe(expected);
  });

  test.each([
    ['54 has programmers of section J', '54', '54 -'],
    ['and they alone are', '541511', '54 J'],
    ['the others are M', '5411', '54 M'],
    ['which three digits do not tell', '541', '54 -'],
    ['22 has water works of section E', '22', '22 -'],
    ['and power plants of D', '2211', '22 D'],
    ['51 has libraries of section R, marginal in the whole', '519210', '51 R'],
    ['56 is N and waste E', '562', '56 E'],
  ])('tells the NACE section where that is unambiguous: %s', (_why, industry, expected) => {
    expect(told(industry)).toBe(expected);
  });
});

describe('a NACE code', () => {
  test.each([
    ['J', '- J'],
    ['j62', '54 J'],
    ['J 62', '54 J'],
    ['J62.01', '54 J'],
    ['J.62.01', '54 J'],
    ['62.01', '54 J'],
    ['62.01.9', '54 J'],
    ['NACE J', '- J'],
    ['nace:J', '- J'],
    ['NACE 62', '54 J'],
    ['nace:6201', '54 J'],
    ['64.19', '52 K'],
    ['10.11', '31 C'],
    // Holding companies are a sector of their own in NAICS.
    ['64.20', '55 K'],
    ['K', '52 K'],
    ['G', '- G'],
    ['47.1', '44 G'],
    ['33.12', '- C'],
    ['A01', '11 A'],
    ['99.00', '- U'],
    // A section that is not that of the division, and no such division.
    ['A62', '- -'],
    ['04.1', '- -'],
    ['J34', '- -'],
    ['V', '- -'],
    ['nace', '- -'],
  ])('%s is %s', (industry, expected) => {
    expect(told(industry)).toBe(expected);
  });

  test('is what has a dot; a bare number is NAICS', () => {
    expect([told('62'), told('6201'), told('62.01'), told('70'), told('35')]).toEqual([
      '62 Q',
      '62 Q',
      '54 J',
      '- -',
      '- -',
    ]);
  });
});

describe('a name', () => {
  test.each([
    ['Manufacturing', '31 C'],
    ['construction', '23 F'],
    ['Finance and Insurance', '52 K'],
    ['Arts, Entertainment, and Recreation', '71 R'],
    ['ARTS ENTERTAINMENT & RECREATION', '71 R'],
    ['Information', '51 J'],
    ['Information and communication', '- J'],
    ['Utilities', '22 -'],
    // Not public administration, which it has for a keyword.
    ['Other Services (except Public Administration)', '81 -'],
  ])('%s is %s', (industry, expected) => {
    expect(told(industry)).toBe(expected);
  });

  test('of every sector and section finds it', () => {
    for (const [code, name] of NAICS_SECTORS) {
      expect(NAICS_SECTORS.get(sectorsOf(name).naicsSector ?? ''), name).toBe(name);
      expect(NAICS_SECTORS.get(sectorsOf(code).naicsSector ?? ''), code).toBe(name);
    }
    for (const [letter, { name }] of NACE_SECTIONS) {
      expect(sectorsOf(name).naceSection, name).toBe(letter);
      expect(sectorsOf(letter).naceSection).toBe(letter);
    }
  });
});

describe('a text', () => {
  test.each([
    ['Computer Software', '51 J'],
    ['B2B-SaaS', '51 J'],
    ['Softwareentwicklung', '51 J'],
    ['Software-Hersteller', '51 J'],
    ['Maschinen- und Anlagenbau', '31 C'],
    ['Sondermaschinenbau', '31 C'],
    ['Bank', '52 K'],
    ['Private Banking', '52 K'],
    ['Rückversicherung', '52 K'],
    ['Krankenhaus', '62 Q'],
    ['Hospital & Health Care', '62 Q'],
    ['Lebensmitteleinzelhandel', '44 G'],
    ['Großhandel', '42 G'],
    ['GROSSHANDEL', '42 G'],
    ['Logistikdienstleister', '48 H'],
    ['Straßenbau', '23 F'],
    ['Bau', '23 F'],
    ['Hotels', '72 I'],
    ['University', '61 P'],
    ['Universitäten', '61 P'],
    ['Universitätsklinikum', '62 Q'],
    ['Universitaetsklinik', '62 Q'],
    ['Gebaudereinigung', '56 N'],
    ['Erneuerbare Energien', '22 D'],
    ['Oil & Gas', '21 B'],
    ['Pharma', '31 C'],
    ['Automotive', '31 C'],
    ['IT', '54 J'],
    ['IT-Beratung', '54 J'],
    ['Information Technology & Services', '54 J'],
    ['Snack bar & grill', '72 I'],
  ])('%s is %s', (industry, expected) => {
    expect(told(industry)).toBe(expected);
  });

  test.each([
    ['bar is not in barber', 'Barbershop', '81 S'],
    ['nor in a word that is no keyword', 'Barrister', '- -'],
    ['bank is not in Bankett', 'Bankett', '- -'],
    ['bau is not in Bauern', 'Bauern', '- -'],
    ['IT services are not in credit services', 'Credit services', '- -'],
    ['nor is IT in Italian', 'Italian', '- -'],
  ])('has short words as a whole only: %s', (_why, industry, expected) => {
    expect(told(industry)).toBe(expected);
  });

  test.each([
    ['databases are no banks', 'Datenbanken', '51 J'],
    ['hospitality is no hospital', 'Hospitality', '72 I'],
    ['a pharmacy makes no pharmaceuticals', 'Pharmacy', '44 G'],
    ['nor is transport sports', 'Transports', '48 H'],
    ['management consulting of a bank', 'Bank consulting', '54 M'],
    ['of equally long ones the first', 'Software for hospitals', '51 J'],
    ['the other way round too', 'Hospital software', '62 Q'],
  ])('is told by its longest keyword: %s', (_why, industry, expected) => {
    expect(told(industry)).toBe(expected);
  });

  test('that is a keyword finds the sectors of that keyword, which exist', () => {
    for (const [keyword, sectors] of INDUSTRY_KEYWORDS) {
      expect(sectorsOf(keyword.toUpperCase()), keyword).toEqual(sectors);
      expect(NAICS_SECTORS.has(sectors.naicsSector ?? ''), keyword).toBe(true);
      expect(NACE_SECTIONS.has(sectors.naceSection ?? ''), keyword).toBe(true);
    }
  });

  test.each([null, '', '   ', '-', 'Miscellaneous', 'constructor', '__proto__', '業界', '51 or 52'])(
    'without any says nothing: %j',
    (industry) => {
      expect(sectorsOf(industry)).toEqual({ naicsSector: null, naceSection: null });
    },
  );
});

test('whatever comes, the answer is of both classifications or null', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('naics', 'nace', ':', ' ', '.', '-', '31', '62', 'J', 'ß', 'Bau', ...INDUSTRY_KEYWORDS.keys()),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const { naicsSector, naceSection } = sectorsOf(pieces.join(''));
      expect(naicsSector === null || NAICS_SECTORS.has(naicsSector)).toBe(true);
      expect(naceSection === null || NACE_SECTIONS.has(naceSection)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('the divisions of NACE overlap nowhere', () => {
  const divisions = [...NACE_SECTIONS.values()].flatMap(({ divisions: [first, last] }) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
  expect(new Set(divisions).size).toBe(divisions.length);
  // As many as Regulation (EC) No 1893/2006 has.
  expect(divisions.length).toBe(88);
});
