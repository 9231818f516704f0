import type { TerritoryCriteria } from './territories.ts';

/*
 * What a set of territories leaves to chance: pairs that only their position tells apart, and leads that nobody takes.
 * Every territory asks for its partners in the shortest list it can be found in, and each list is a tree of size
 * intervals: 10,000 territories of one country that differ by size, industry or place are not 50 million pairs.
 */

/** Two territories that match one lead equally well. */
export interface TerritoryOverlap {
  /** Key of the one that wins: of lower position, or given earlier where the positions are equal. */
  readonly first: string;
  readonly second: string;
  /** What both match, in words: `DE, software, 50–99 employees`. */
  readonly on: string;
}

export interface TerritoryGap {
  readonly kind: 'REGION' | 'SIZE';
  /** The country, or what the territories of different sizes have in common, in words. */
  readonly where: string;
  /** The regions, or the ranges of employees: `100–199`, `1,000 and more`. */
  readonly missing: readonly string[];
}

export interface TerritoryReport {
  /** At most 100, in the order of position. */
  readonly overlaps: readonly TerritoryOverlap[];
  /** All of them; 10,000 stands for that many or more. */
  readonly overlapCount: number;
  /** At most 100. */
  readonly gaps: readonly TerritoryGap[];
  readonly gapCount: number;
}

type Criteria = Omit<TerritoryCriteria, 'id' | 'key' | 'position'>;

const MAX_LISTED = 100;
const MAX_COUNTED = 10_000;

/** Least specific first: the last one a territory has is its geographic level. */
const PLACES = ['countries', 'regions', 'metros', 'postalPrefixes'] as const;
const INDUSTRY = PLACES.length;
const SIZE = INDUSTRY + 1;

/** @param regionsOf The regions of a country, in lower case; empty where they are not known. */
export function territoryReport(
  territories: readonly TerritoryCriteria[],
  regionsOf: (country: string) => readonly string[],
): TerritoryReport {
  const ordered = territories.toSorted((a, b) => a.position - b.position);
  const gaps = [...regionGaps(ordered, regionsOf), ...sizeGaps(ordered)];
  return { ...overlapsOf(ordered), gaps: gaps.slice(0, MAX_LISTED), gapCount: gaps.length };
}

// Overlaps

interface Entry {
  readonly territory: TerritoryCriteria;
  readonly order: number;
  /** One bit for each kind of criterion it has, places first. */
  readonly kinds: number;
}

/** A sorted array read as a balanced tree; `highest` is the highest `employeesMax` of each subtree, built when asked. */
interface Intervals {
  readonly entries: Entry[];
  highest: number[] | null;
}

/** Entries with the same kinds of criteria, as a whole and by each value of each kind but size. */
interface Group {
  readonly kinds: number;
  readonly all: Intervals;
  readonly byValue: readonly ReadonlyMap<string, Intervals>[];
}

/** @param ordered By position. */
function overlapsOf(ordered: readonly TerritoryCriteria[]): Pick<TerritoryReport, 'overlaps' | 'overlapCount'> {
  const entries = ordered.map((territory, order) => ({ territory, order, kinds: kindsOf(territory) }));
  const groups = groupByKinds(entries);
  const valuesOf = industryIndex(ordered);
  const overlaps: TerritoryOverlap[] = [];
  let overlapCount = 0;
  /** The last entry that each was compared with, as it is found under each value they share. */
  const compared = new Int32Array(entries.length).fill(-1);

  for (const entry of entries) {
    const partners: { readonly entry: Entry; readonly shared: Criteria }[] = [];
    for (const group of groups) {
      if (!equallySpecific(entry.kinds, group.kinds)) continue;
      for (const intervals of shortest(entry, group, valuesOf)) {
        eachWithin(intervals, entry.territory, (other) => {
          if (other.order <= entry.order || compared[other.order] === entry.order) return;
          compared[other.order] = entry.order;
          const shared = inCommon(entry.territory, other.territory);
          if (shared) partners.push({ entry: other, shared });
        });
      }
    }
    overlapCount += partners.length;
    if (overlaps.length < MAX_LISTED) {
      partners.sort((a, b) => a.entry.order - b.entry.order);
      for (const { entry: other, shared } of partners.slice(0, MAX_LISTED - overlaps.length)) {
        overlaps.push({ first: entry.territory.key, second: other.territory.key, on: inWords(shared) });
      }
    }
    if (overlapCount >= MAX_COUNTED) return { overlaps, overlapCount: MAX_COUNTED };
  }
  return { overlaps, overlapCount };
}

function kindsOf(territory: TerritoryCriteria): number {
  let kinds = 0;
  PLACES.forEach((place, kind) => {
    if (territory[place].length > 0) kinds |= 1 << kind;
  });
  if (hasIndustry(territory)) kinds |= 1 << INDUSTRY;
  if (hasSize(territory)) kinds |= 1 << SIZE;
  return kinds;
}

const hasIndustry = (criteria: Criteria): boolean =>
  criteria.industries.length > 0 || criteria.industryKeywords.length > 0;

const hasSize = (criteria: Criteria): boolean =>
  criteria.employeesMin > 0 || criteria.employeesMax < Number.POSITIVE_INFINITY;

const placesIn = (kinds: number): number => kinds & ((1 << PLACES.length) - 1);

/** The same geographic level, which is the highest bit among the places, and as many kinds of criteria. */
function equallySpecific(a: number, b: number): boolean {
  return Math.clz32(placesIn(a)) === Math.clz32(placesIn(b)) && bits(a) === bits(b);
}

function bits(value: number): number {
  let count = 0;
  for (let rest = value; rest > 0; rest &= rest - 1) count += 1;
  return count;
}

function groupByKinds(entries: readonly Entry[]): readonly Group[] {
  return [...Map.groupBy(entries, ({ kinds }) => kinds)].map(([kinds, members]) => {
    members.sort((a, b) => a.territory.employeesMin - b.territory.employeesMin);
    const byValue = Array.from({ length: SIZE }, () => new Map<string, Intervals>());
    for (const entry of members) {
      byValue.forEach((lists, kind) => {
        for (const value of kind === INDUSTRY ? ownIndustry(entry.territory) : placeValues(entry, kind)) {
          const list = lists.get(value);
          if (list) list.entries.push(entry);
          else lists.set(value, { entries: [entry], highest: null });
        }
      });
    }
    return { kinds, all: { entries: members, highest: null }, byValue };
  });
}

const placeValues = ({ territory }: Entry, kind: number): readonly string[] => {
  const place = PLACES[kind];
  return place ? territory[place] : [];
};

/** Texts and keywords in one map, told apart by their first letter. */
const ofText = (text: string): string => `t${text}`;
const ofKeyword = (keyword: string): string => `k${keyword}`;

const ownIndustry = ({ industries, industryKeywords }: Criteria): readonly string[] => [
  ...industries.map(ofText),
  ...industryKeywords.map(ofKeyword),
];

/** The lists that hold every partner of an entry in a group, by the kind of criterion for which they are shortest. */
function shortest(
  entry: Entry,
  group: Group,
  industryOf: (territory: TerritoryCriteria) => Iterable<string>,
): readonly Intervals[] {
  let best: readonly Intervals[] = [group.all];
  let cost = group.all.entries.length;
  group.byValue.forEach((lists, kind) => {
    if ((entry.kinds & group.kinds & (1 << kind)) === 0) return;
    const found: Intervals[] = [];
    let length = 0;
    for (const value of kind === INDUSTRY ? industryOf(entry.territory) : placeValues(entry, kind)) {
      const list = lists.get(value);
      if (list) found.push(list);
      // One for the look-up itself, so that a territory with thousands of values is not slower than the whole group.
      length += 1 + (list?.entries.length ?? 0);
      if (length > cost) return;
    }
    best = found;
    cost = length;
  });
  return best;
}

/** Calls back for those whose size meets the given one. */
function eachWithin(intervals: Intervals, { employeesMin, employeesMax }: Criteria, found: (entry: Entry) => void) {
  const { entries } = intervals;
  intervals.highest ??= highestOf(entries);
  const { highest } = intervals;
  function visit(from: number, to: number): void {
    const middle = (from + to) >>> 1;
    const entry = entries[middle];
    if (from >= to || !entry || (highest[middle] as number) < employeesMin) return;
    visit(from, middle);
    if (entry.territory.employeesMin > employeesMax) return;
    if (entry.territory.employeesMax >= employeesMin) found(entry);
    visit(middle + 1, to);
  }
  visit(0, entries.length);
}

function highestOf(entries: readonly Entry[]): number[] {
  const highest = new Array<number>(entries.length);
  function fill(from: number, to: number): number {
    const middle = (from + to) >>> 1;
    const entry = entries[middle];
    if (from >= to || !entry) return Number.NEGATIVE_INFINITY;
    const value = Math.max(entry.territory.employeesMax, fill(from, middle), fill(middle + 1, to));
    highest[middle] = value;
    return value;
  }
  fill(0, entries.length);
  return highest;
}

/** The values under which partners of a territory are listed: its own, and texts and keywords that go together. */
function industryIndex(
  territories: readonly TerritoryCriteria[],
): (territory: TerritoryCriteria) => Generator<string, void> {
  const texts = new Set(territories.flatMap(({ industries }) => industries));
  const keywords = new Set(territories.flatMap(({ industryKeywords }) => industryKeywords));
  const occurring = keywordFinder(keywords);
  const keywordsIn = new Map<string, readonly string[]>();
  const textsWith = new Map<string, string[]>();
  for (const text of texts) {
    if (SECTOR.test(text)) continue;
    const found = occurring(text);
    if (found.size > 0) keywordsIn.set(text, [...found]);
    for (const keyword of found) {
      const list = textsWith.get(keyword);
      if (list) list.push(text);
      else textsWith.set(keyword, [text]);
    }
  }
  return function* valuesOf({ industries, industryKeywords }) {
    for (const text of industries) {
      yield ofText(text);
      for (const keyword of keywordsIn.get(text) ?? []) yield ofKeyword(keyword);
    }
    for (const keyword of industryKeywords) {
      yield ofKeyword(keyword);
      for (const text of textsWith.get(keyword) ?? []) yield ofText(text);
    }
  };
}

interface Letter {
  readonly next: Map<string, Letter>;
  keyword: string | null;
}

/** Finds the keywords that occur in a text letter by letter, as trying 10,000 on 10,000 texts takes seconds. */
function keywordFinder(keywords: Iterable<string>): (text: string) => ReadonlySet<string> {
  const root: Letter = { next: new Map(), keyword: null };
  for (const keyword of keywords) {
    let at = root;
    for (let index = 0; index < keyword.length; index += 1) {
      const letter = keyword.charAt(index);
      const next = at.next.get(letter) ?? { next: new Map(), keyword: null };
      at.next.set(letter, next);
      at = next;
    }
    at.keyword = keyword;
  }
  return (text) => {
    const found = new Set<string>();
    for (let start = 0; start < text.length; start += 1) {
      let at: Letter | undefined = root;
      for (let index = start; at; index += 1) {
        if (at.keyword !== null) found.add(at.keyword);
        at = at.next.get(text.charAt(index));
      }
    }
    return found;
  };
}

/** What a lead must be for both to match it; null where no lead can be. */
function inCommon(a: Criteria, b: Criteria): Criteria | null {
  const employeesMin = Math.max(a.employeesMin, b.employeesMin);
  const employeesMax = Math.min(a.employeesMax, b.employeesMax);
  if (employeesMin > employeesMax) return null;
  const postalPrefixes = inBoth(a.postalPrefixes, b.postalPrefixes);
  const metros = postalPrefixes && inBoth(a.metros, b.metros);
  const countries = metros && inBoth(a.countries, b.countries);
  const regions = countries && inBoth(a.regions, b.regions);
  if (!regions) return null;
  const possible = regions.filter((region) => liesIn(region, countries));
  if (regions.length > 0 && possible.length === 0) return null;
  const industry = industryInBoth(a, b);
  return industry && { countries, regions: possible, metros, postalPrefixes, ...industry, employeesMin, employeesMax };
}

/** Shared values, where an empty list has any; null for none. */
function inBoth(a: readonly string[], b: readonly string[]): readonly string[] | null {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const shared = among(a, b);
  return shared.length > 0 ? shared : null;
}

function among(a: readonly string[], b: readonly string[]): string[] {
  // A set is worth building only for long lists, such as a hundred postal prefixes.
  if (b.length < 8) return a.filter((value) => b.includes(value));
  const set = new Set(b);
  return a.filter((value) => set.has(value));
}

/** `us-ca` → `us`; null for a region whose name does not say it. */
const countryOf = (region: string): string | null => {
  const dash = region.indexOf('-');
  return dash > 0 ? region.slice(0, dash) : null;
};

const liesIn = (region: string, countries: readonly string[]): boolean => {
  const country = countryOf(region);
  return countries.length === 0 || country === null || countries.includes(country);
};

function industryInBoth(a: Criteria, b: Criteria): Pick<Criteria, 'industries' | 'industryKeywords'> | null {
  if (!hasIndustry(a)) return { industries: b.industries, industryKeywords: b.industryKeywords };
  if (!hasIndustry(b)) return { industries: a.industries, industryKeywords: a.industryKeywords };
  const industries = [
    ...among(a.industries, b.industries),
    ...withKeyword(a.industries, b.industryKeywords),
    ...withKeyword(b.industries, a.industryKeywords),
  ];
  // Two keywords may well occur in one text, but to report each such pair would bury those that are meant to differ.
  const industryKeywords = among(a.industryKeywords, b.industryKeywords);
  return industries.length > 0 || industryKeywords.length > 0 ? { industries, industryKeywords } : null;
}

/** A sector's code among the industries is no text, so that the keyword `ai` does not occur in `naics:51`. */
const SECTOR = /^(?:naics|nace):/;

const withKeyword = (texts: readonly string[], keywords: readonly string[]): string[] =>
  keywords.length === 0
    ? []
    : texts.filter((text) => !SECTOR.test(text) && keywords.some((keyword) => text.includes(keyword)));

// Gaps

/** The kinds of criteria, see `kindsOf`, of territories that take all leads of a place; a region may name its country. */
const WHOLE_COUNTRY = 1 << PLACES.indexOf('countries');
const WHOLE_REGION = WHOLE_COUNTRY | (1 << PLACES.indexOf('regions'));

/**
 * Countries shared out by region of which some regions were forgotten. One that is named with an industry, a size or a
 * part of it was not: its rest is left out on purpose, or a matter of sizes.
 */
function* regionGaps(
  territories: readonly TerritoryCriteria[],
  regionsOf: (country: string) => readonly string[],
): Generator<TerritoryGap, void> {
  const named = new Set<string>();
  const taken = new Set<string>();
  const takenCountries = new Set<string>();
  const countries = new Set<string>();
  for (const territory of territories) {
    const kinds = kindsOf(territory);
    if (kinds === WHOLE_COUNTRY) for (const country of territory.countries) takenCountries.add(country);
    const whole = (kinds | WHOLE_COUNTRY) === WHOLE_REGION;
    for (const region of territory.regions) {
      if (!liesIn(region, territory.countries)) continue;
      named.add(region);
      const country = countryOf(region);
      if (!whole || country === null) continue;
      taken.add(region);
      countries.add(country);
    }
  }
  for (const country of countries) {
    if (takenCountries.has(country)) continue;
    const all = regionsOf(country);
    const missing = all.filter((region) => !named.has(region));
    if (missing.length === 0 || all.filter((region) => taken.has(region)).length * 2 < all.length) continue;
    yield { kind: 'REGION', where: country.toUpperCase(), missing: missing.map((region) => region.toUpperCase()) };
  }
}

/** Territories that differ by size alone and leave some sizes out. One of its own is no split: it may be all one wants. */
function* sizeGaps(territories: readonly TerritoryCriteria[]): Generator<TerritoryGap, void> {
  const key = (criteria: Criteria): string =>
    JSON.stringify(
      [...PLACES, 'industries' as const, 'industryKeywords' as const].map((kind) =>
        [...new Set(criteria[kind])].toSorted(),
      ),
    );
  const ofAnyIndustry = (criteria: Criteria): Criteria => ({ ...criteria, industries: [], industryKeywords: [] });
  // Keys of long lists are slow to make, so these only once a split asks for them.
  let unsized: ReadonlySet<string> | null = null;
  for (const [criteria, parts] of Map.groupBy(territories.filter(hasSize), key)) {
    const [part] = parts;
    const missing = rangesBetween(parts);
    if (!part || parts.length < 2 || missing.length === 0) continue;
    unsized ??= new Set(territories.filter((territory) => !hasSize(territory)).map(key));
    if (unsized.has(criteria) || unsized.has(key(ofAnyIndustry(part)))) continue;
    const where = inWords({ ...part, employeesMin: 0, employeesMax: Number.POSITIVE_INFINITY });
    yield { kind: 'SIZE', where, missing };
  }
}

/** The ranges of employees in none of the intervals. */
function rangesBetween(parts: readonly Criteria[]): readonly string[] {
  const ranges: string[] = [];
  let next = 0;
  for (const { employeesMin, employeesMax } of parts.toSorted((a, b) => a.employeesMin - b.employeesMin)) {
    if (employeesMin > employeesMax) continue;
    if (employeesMin > next) ranges.push(range(next, employeesMin - 1));
    next = Math.max(next, employeesMax + 1);
  }
  if (next < Number.POSITIVE_INFINITY) ranges.push(range(next, Number.POSITIVE_INFINITY));
  return ranges;
}

// Words

const number = new Intl.NumberFormat('en-US');

function range(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return `${number.format(min)} and more`;
  return min === max ? number.format(min) : `${number.format(min)}–${number.format(max)}`;
}

const SPELLED_OUT = 3;

/** `a or b or c or 2 more`. */
function some(values: readonly string[]): string {
  const different = [...new Set(values)].toSorted();
  const spelledOut = different.slice(0, SPELLED_OUT);
  const rest = different.length - spelledOut.length;
  return [...spelledOut, ...(rest > 0 ? [`${rest} more`] : [])].join(' or ');
}

const upper = (values: readonly string[]): readonly string[] => values.map((value) => value.toUpperCase());

/** `naics:51` → `NAICS 51`. */
const industryInWords = (industry: string): string =>
  SECTOR.test(industry) ? industry.replace(':', ' ').toUpperCase() : industry;

/** From the widest place to the smallest, then industry and size. */
function inWords(criteria: Criteria): string {
  const { countries, regions, metros, postalPrefixes, industries, industryKeywords } = criteria;
  const words: string[] = [];
  // `US-CA` says the country already.
  if (countries.length > 0 && (regions.length === 0 || regions.some((region) => countryOf(region) === null))) {
    words.push(some(upper(countries)));
  }
  if (regions.length > 0) words.push(some(upper(regions)));
  if (metros.length > 0) words.push(some(metros));
  if (postalPrefixes.length > 0) words.push(`postal code ${some(upper(postalPrefixes).map((start) => `${start}…`))}`);
  if (hasIndustry(criteria))
    words.push(some([...industries.map(industryInWords), ...industryKeywords.map((each) => `“${each}”`)]));
  if (hasSize(criteria)) {
    const size = range(criteria.employeesMin, criteria.employeesMax);
    words.push(`${size} ${size === '1' ? 'employee' : 'employees'}`);
  }
  return words.length > 0 ? words.join(', ') : 'any lead';
}
