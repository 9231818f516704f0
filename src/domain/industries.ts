/** Where an industry belongs in both classifications; null where a source does not tell. */
export interface IndustrySectors {
  /** A key of `NAICS_SECTORS`; of a sector with several codes always the first, so that equal sectors compare equal. */
  readonly naicsSector: string | null;
  /** A key of `NACE_SECTIONS`. */
  readonly naceSection: string | null;
}

export interface NaceSection {
  readonly name: string;
  /** The first and the last of its two-digit divisions, as numbers. */
  readonly divisions: readonly [first: number, last: number];
}

/** 2022 NAICS, two digits: US Census Bureau, https://www.census.gov/naics/ */
export const NAICS_SECTORS: ReadonlyMap<string, string> = new Map([
  ['11', 'Agriculture, Forestry, Fishing and Hunting'],
  ['21', 'Mining, Quarrying, and Oil and Gas Extraction'],
  ['22', 'Utilities'],
  ['23', 'Construction'],
  ['31', 'Manufacturing'],
  ['32', 'Manufacturing'],
  ['33', 'Manufacturing'],
  ['42', 'Wholesale Trade'],
  ['44', 'Retail Trade'],
  ['45', 'Retail Trade'],
  ['48', 'Transportation and Warehousing'],
  ['49', 'Transportation and Warehousing'],
  ['51', 'Information'],
  ['52', 'Finance and Insurance'],
  ['53', 'Real Estate and Rental and Leasing'],
  ['54', 'Professional, Scientific, and Technical Services'],
  ['55', 'Management of Companies and Enterprises'],
  ['56', 'Administrative and Support and Waste Management and Remediation Services'],
  ['61', 'Educational Services'],
  ['62', 'Health Care and Social Assistance'],
  ['71', 'Arts, Entertainment, and Recreation'],
  ['72', 'Accommodation and Food Services'],
  ['81', 'Other Services (except Public Administration)'],
  ['92', 'Public Administration'],
]);

/**
 * NACE Rev. 2: Regulation (EC) No 1893/2006, Eurostat KS-RA-07-015. Not Rev. 2.1 of 2025, which gives letters from K on
 * to other sections.
 */
export const NACE_SECTIONS: ReadonlyMap<string, NaceSection> = new Map([
  ['A', { name: 'Agriculture, forestry and fishing', divisions: [1, 3] }],
  ['B', { name: 'Mining and quarrying', divisions: [5, 9] }],
  ['C', { name: 'Manufacturing', divisions: [10, 33] }],
  ['D', { name: 'Electricity, gas, steam and air conditioning supply', divisions: [35, 35] }],
  ['E', { name: 'Water supply; sewerage, waste management and remediation activities', divisions: [36, 39] }],
  ['F', { name: 'Construction', divisions: [41, 43] }],
  ['G', { name: 'Wholesale and retail trade; repair of motor vehicles and motorcycles', divisions: [45, 47] }],
  ['H', { name: 'Transportation and storage', divisions: [49, 53] }],
  ['I', { name: 'Accommodation and food service activities', divisions: [55, 56] }],
  ['J', { name: 'Information and communication', divisions: [58, 63] }],
  ['K', { name: 'Financial and insurance activities', divisions: [64, 66] }],
  ['L', { name: 'Real estate activities', divisions: [68, 68] }],
  ['M', { name: 'Professional, scientific and technical activities', divisions: [69, 75] }],
  ['N', { name: 'Administrative and support service activities', divisions: [77, 82] }],
  ['O', { name: 'Public administration and defence; compulsory social security', divisions: [84, 84] }],
  ['P', { name: 'Education', divisions: [85, 85] }],
  ['Q', { name: 'Human health and social work activities', divisions: [86, 88] }],
  ['R', { name: 'Arts, entertainment and recreation', divisions: [90, 93] }],
  ['S', { name: 'Other service activities', divisions: [94, 96] }],
  [
    'T',
    {
      name: 'Activities of households as employers; undifferentiated goods- and services-producing activities of households for own use',
      divisions: [97, 98],
    },
  ],
  ['U', { name: 'Activities of extraterritorial organisations and bodies', divisions: [99, 99] }],
]);

/**
 * NAICS → NACE, by the longest prefix of the code. A sector that lies in one section but for marginal trades goes there;
 * one that several share, such as 54 with its programmers of section J, goes nowhere until more digits tell. Judged from
 * the scope notes of both classifications; neither office publishes a crosswalk of sectors.
 */
const NACE_OF_NAICS: ReadonlyMap<string, string> = new Map([
  ['11', 'A'],
  ['21', 'B'],
  ['2211', 'D'],
  ['2212', 'D'],
  ['22131', 'E'],
  ['22132', 'E'],
  ['22133', 'D'],
  ['23', 'F'],
  ['31', 'C'],
  ['32', 'C'],
  ['33', 'C'],
  ['42', 'G'],
  ['44', 'G'],
  ['45', 'G'],
  ['48', 'H'],
  ['49', 'H'],
  ['51', 'J'],
  // Libraries and archives, in 2022 and before.
  ['51921', 'R'],
  ['51912', 'R'],
  ['52', 'K'],
  ['531', 'L'],
  ['532', 'N'],
  ['533', 'N'],
  ['541', ''],
  ['5411', 'M'],
  ['5412', 'M'],
  ['5413', 'M'],
  ['5414', 'M'],
  ['5415', 'J'],
  ['5416', 'M'],
  ['5417', 'M'],
  ['5418', 'M'],
  ['5419', 'M'],
  // Holding companies, then head offices.
  ['551111', 'K'],
  ['551112', 'K'],
  ['551114', 'M'],
  ['561', 'N'],
  ['562', 'E'],
  ['61', 'P'],
  ['62', 'Q'],
  ['71', 'R'],
  ['72', 'I'],
  ['8111', 'G'],
  ['8114', 'S'],
  ['812', 'S'],
  ['813', 'S'],
  ['814', 'T'],
  ['92', 'O'],
]);

/** NACE → NAICS in the same way, by the longest prefix of the digits and then by the letter; '' is known to be open. */
const NAICS_OF_NACE: ReadonlyMap<string, string> = new Map([
  ['A', '11'],
  ['B', '21'],
  ['C', '31'],
  // Repair is 81, installation 23.
  ['33', ''],
  ['D', '22'],
  ['36', '22'],
  ['37', '22'],
  ['38', '56'],
  ['39', '56'],
  ['F', '23'],
  ['452', '81'],
  ['46', '42'],
  ['47', '44'],
  ['H', '48'],
  ['I', '72'],
  ['58', '51'],
  ['59', '51'],
  ['60', '51'],
  ['61', '51'],
  ['62', '54'],
  ['63', '51'],
  ['K', '52'],
  ['642', '55'],
  ['L', '53'],
  ['M', '54'],
  ['70', ''],
  ['701', '55'],
  ['702', '54'],
  ['77', '53'],
  ['78', '56'],
  ['79', '56'],
  ['80', '56'],
  ['81', '56'],
  ['82', '56'],
  ['O', '92'],
  ['P', '61'],
  ['Q', '62'],
  ['R', '71'],
  ['9101', '51'],
  ['S', '81'],
  ['97', '81'],
]);

/** Words and phrases in English and German by sector. A stem such as `manufactur` stands for all that contains it. */
const KEYWORD_ROWS: readonly (readonly [naicsSector: string, naceSection: string, words: string])[] = [
  ['11', 'A', 'agricultur, farm, farming, forestry, fishing, landwirtschaft, forstwirtschaft'],
  ['21', 'B', 'mining, oil and gas, bergbau'],
  ['22', 'D', 'energy, energie, electricity, stadtwerke, stromversorg'],
  ['22', 'E', 'water supply, wasserversorg'],
  ['23', 'F', 'construction, bau, baugewerbe, bauunternehm, bauindustrie, bauwirtschaft, bauwesen, hochbau, tiefbau'],
  ['23', 'F', 'wohnungsbau, straßenbau'],
  [
    '31',
    'C',
    'manufactur, machinery, mechanical engineering, maschinenbau, anlagenbau, fahrzeugbau, hersteller, fabrik',
  ],
  ['31', 'C', 'automotive, automobil, aerospace, electronics, elektronik, elektrotechnik, semiconductor, halbleiter'],
  ['31', 'C', 'chemical, chemie, pharma, medical device, medizintechnik, steel, stahl, metal, plastics, kunststoff'],
  ['31', 'C', 'textil, beverage, food production, lebensmittelindustrie'],
  ['42', 'G', 'wholesale, großhandel'],
  ['44', 'G', 'retail, einzelhandel, supermarket, supermarkt, e-commerce, ecommerce, onlinehandel, versandhandel'],
  ['44', 'G', 'car dealer, automobilhandel, autohaus, pharmacy, apotheke'],
  ['48', 'H', 'logistic, logistik, transport, freight, trucking, shipping, spedition, reederei, warehous, airline'],
  ['51', 'J', 'software, saas, software engineering, software hersteller, softwarehersteller, datenbank, internet'],
  ['51', 'J', 'cloud, telecom, telekom, media, medien, publishing, verlag, broadcast, rundfunk, newspaper, zeitung'],
  ['54', 'J', 'it, it services, it dienstleist, it consult, it beratung, information technology, informatik'],
  ['54', 'J', 'informationstechnologie, data mining, cybersecurity, cyber security'],
  ['52', 'K', 'bank, banks, banken, banking, sparkasse, volksbank, finance, financial, finanz, fintech, insurance'],
  ['52', 'K', 'versicherung, investment, asset management, vermögensverwaltung, private equity, venture capital'],
  ['53', 'L', 'real estate, property management, immobilien, hausverwaltung'],
  ['53', 'N', 'car rental, autovermietung'],
  ['54', 'M', 'consult, beratung, legal, law firm, rechtsanwalt, kanzlei, accounting, steuerberat, wirtschaftsprüf'],
  ['54', 'M', 'advertising, werbung, werbeagentur, marketing, architect, architekt, engineering, ingenieurbüro'],
  ['54', 'M', 'research, forschung, biotech, veterinary, tierarzt'],
  ['56', 'N', 'staffing, recruiting, personalberatung, personalvermittlung, zeitarbeit, facility management'],
  ['56', 'N', 'security services, sicherheitsdienst, cleaning, gebäudereinigung, travel, reisebüro, tourism'],
  ['56', 'E', 'waste, recycling, entsorgung, abfall, remediation'],
  ['61', 'P', 'education, e-learning, universit, hochschule, college, school, schule, bildung'],
  [
    '62',
    'Q',
    'hospital, krankenhaus, clinic, klinik, university hospital, universitätsklinik, health, gesundheit, medical',
  ],
  ['62', 'Q', 'dentist, zahnarzt, arztpraxis, nursing, pflegedienst, pflegeheim'],
  ['71', 'R', 'entertainment, fitness, sports, theater, theatre, museum, casino'],
  ['72', 'I', 'hotel, hospitality, restaurant, gastronomie, catering, bar, café'],
  ['81', 'G', 'car repair, autowerkstatt'],
  ['81', 'S', 'nonprofit, non-profit, association, verein, verband, stiftung, church, kirche, barber, friseur'],
  ['92', 'O', 'government, public administration, public sector, behörde, öffentliche verwaltung, stadtverwaltung'],
];

/** Each word or phrase that tells an industry, with where it belongs. */
export const INDUSTRY_KEYWORDS: ReadonlyMap<string, IndustrySectors> = new Map(
  KEYWORD_ROWS.flatMap(([naicsSector, naceSection, words]) =>
    words.split(', ').map((word) => [word, { naicsSector, naceSection }] as const),
  ),
);

const NONE: IndustrySectors = { naicsSector: null, naceSection: null };

/** In characters. Intake takes no more than 200 of a lead's industry; what else comes must not cost more. */
const LONGEST_TEXT = 200;

/** `Straßenbau, Oil & Gas` → `strassenbau oil and gas`. */
const fold = (text: string): string =>
  text
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/&/g, ' and ')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** A keyword as it is searched for. */
interface Needle {
  /** With a space where a word has to begin or end. */
  readonly text: string;
  readonly length: number;
  readonly sectors: IndustrySectors;
}

/** Words shorter than this match as a whole only: `bar` is not in `barber`, `it services` not in `credit services`. */
const SUBSTRING_FROM = 5;

function needle(word: string, sectors: IndustrySectors): Needle {
  const words = word.split(' ');
  const start = (words[0] as string).length < SUBSTRING_FROM ? ' ' : '';
  const end = (words.at(-1) as string).length < SUBSTRING_FROM ? ' ' : '';
  return { text: `${start}${word}${end}`, length: word.length, sectors };
}

/** Longest first. `ä` is found as `a` and as `ae`. */
const NEEDLES: readonly Needle[] = [...INDUSTRY_KEYWORDS]
  .flatMap(([word, sectors]) => {
    const spelled = word.replace(/[äöü]/g, (letter) => `${{ ä: 'a', ö: 'o', ü: 'u' }[letter]}e`);
    return [...new Set([fold(word), fold(spelled)])].map((each) => needle(each, sectors));
  })
  .toSorted((a, b) => b.length - a.length);

/** A NAICS code's sector by its first two digits, with the section by as many digits as tell it. */
function ofNaicsDigits(digits: string): IndustrySectors | null {
  const name = NAICS_SECTORS.get(digits.slice(0, 2));
  if (name === undefined) return null;
  return { naicsSector: FIRST_CODES.get(name) as string, naceSection: longest(NACE_OF_NAICS, digits) };
}

/** 31 for 31, 32 and 33. */
const FIRST_CODES: ReadonlyMap<string, string> = new Map(
  [...NAICS_SECTORS].toReversed().map(([code, name]) => [name, code]),
);

/** By division: `62` → `J`. */
const SECTION_OF_DIVISION: ReadonlyMap<string, string> = new Map(
  [...NACE_SECTIONS].flatMap(
    ([
      letter,
      {
        divisions: [first, last],
      },
    ]) =>
      Array.from({ length: last - first + 1 }, (_, index) => [`${first + index}`.padStart(2, '0'), letter] as const),
  ),
);

function ofNaceDigits(digits: string): IndustrySectors | null {
  const naceSection = SECTION_OF_DIVISION.get(digits.slice(0, 2));
  if (naceSection === undefined) return null;
  return { naicsSector: longest(NAICS_OF_NACE, digits, naceSection), naceSection };
}

/** What the longest known prefix of at least two digits says, else what `otherwise` does; null where that is open. */
function longest(crosswalk: ReadonlyMap<string, string>, digits: string, otherwise = ''): string | null {
  for (let length = digits.length; length >= 2; length -= 1) {
    const found = crosswalk.get(digits.slice(0, length));
    if (found !== undefined) return found || null;
  }
  return crosswalk.get(otherwise) || null;
}

const ofNaceLetter = (letter: string): IndustrySectors => ({
  naicsSector: NAICS_OF_NACE.get(letter) || null,
  naceSection: letter,
});

/** By folded name. `Manufacturing`, of both classifications, gives both. */
const BY_NAME: ReadonlyMap<string, IndustrySectors> = (() => {
  const byName = new Map(
    [...NAICS_SECTORS].map(([code, name]) => [fold(name), ofNaicsDigits(code) as IndustrySectors]),
  );
  for (const [letter, { name }] of NACE_SECTIONS) {
    const naicsSector = byName.get(fold(name))?.naicsSector ?? ofNaceLetter(letter).naicsSector;
    byName.set(fold(name), { naicsSector, naceSection: letter });
  }
  return byName;
})();

/** `51`, `511210`, `NAICS 51`, `naics:51`, and the Census Bureau's `31-33`. */
const NAICS_CODE = /^(?:naics[\s:]*)?(\d{2,6}|(\d\d)\s?[-–]\s?(\d\d))$/;
/** `J`, `J62`, `62.01`, `62.01.1` of a national version, `NACE J`, `nace:J`, `nace 6201`. */
const NACE_CODE = /^(nace[\s:]*)?([a-u])?[\s.]?(\d\d(?:\.?\d{1,2})?(?:\.\d{1,2})*)?$/;

function ofNaicsCode(text: string): IndustrySectors | null {
  const [, code, first, last] = NAICS_CODE.exec(text) ?? [];
  if (code === undefined) return null;
  if (first === undefined || last === undefined) return ofNaicsDigits(code);
  // A range is a sector's own or none: `24-48` is not even of the same name at both ends.
  return first < last && NAICS_SECTORS.get(first) === NAICS_SECTORS.get(last) ? ofNaicsDigits(first) : null;
}

function ofNaceCode(text: string): IndustrySectors | null {
  const [, prefix, lowerLetter, code] = NACE_CODE.exec(text) ?? [];
  const letter = lowerLetter?.toUpperCase();
  if (code === undefined) return letter === undefined ? null : ofNaceLetter(letter);
  // A number alone is no NACE code without a dot.
  if (prefix === undefined && letter === undefined && !code.includes('.')) return null;
  const sectors = ofNaceDigits(code.replaceAll('.', ''));
  return letter === undefined || sectors?.naceSection === letter ? sectors : null;
}

/** By the longest keyword; of equally long ones by the one that comes first in the text. */
function ofKeywords(folded: string): IndustrySectors | null {
  const text = ` ${folded} `;
  let best: Needle | null = null;
  let bestAt = 0;
  for (const each of NEEDLES) {
    if (best !== null && each.length < best.length) break;
    const at = text.indexOf(each.text);
    if (at < 0 || (best !== null && at >= bestAt)) continue;
    best = each;
    bestAt = at;
  }
  return best?.sectors ?? null;
}

/**
 * Where an industry belongs, as a lead or a territory names it: a NAICS or NACE code, the name of a sector or section, or
 * any text with a keyword. A bare number is NAICS, one with a dot NACE. Both null where it says nothing.
 */
export function sectorsOf(industry: string | null): IndustrySectors {
  const text = industry?.slice(0, LONGEST_TEXT).trim().toLowerCase() ?? '';
  if (text === '') return NONE;
  const ofCode = ofNaicsCode(text) ?? ofNaceCode(text);
  if (ofCode !== null) return ofCode;
  const folded = fold(text);
  return BY_NAME.get(folded) ?? ofKeywords(folded) ?? NONE;
}
