import type { Condition } from './condition.ts';
import type { Territory } from './configuration.ts';
import { type Reader, reader } from './fields.ts';
import type { RoutableLead } from './lead.ts';
import { compileRuleIndex } from './ruleIndex.ts';

/*
 * The most specific match wins: postal prefix before metro, region, country and none; a longer prefix before a shorter
 * one; more kinds of criteria before fewer; then position. In this order the territories are rules of which the first
 * that fits wins, found by the same index as the steps of a plan.
 */

/** What a matched territory points at, its parent's target where it has none itself. */
export interface TerritoryMatch {
  readonly territory: Territory;
  readonly repId: string | null;
  readonly poolId: string | null;
}

export interface TerritoryIndex {
  readonly byId: ReadonlyMap<string, Territory>;
  readonly byKey: ReadonlyMap<string, Territory>;
  match(lead: RoutableLead): TerritoryMatch | null;
}

/** A territory with what it inherits from its parents; lower case but for postal prefixes; an empty list means any. */
export interface TerritoryCriteria {
  readonly id: string;
  readonly key: string;
  readonly position: number;
  readonly countries: readonly string[];
  readonly regions: readonly string[];
  readonly metros: readonly string[];
  readonly postalPrefixes: readonly string[];
  /** Texts, `naics:51` and `nace:j`. */
  readonly industries: readonly string[];
  /** One of them must occur in the lead's industry: an alternative to `industries`. */
  readonly industryKeywords: readonly string[];
  /** 0 where open. */
  readonly employeesMin: number;
  /** Infinity where open. */
  readonly employeesMax: number;
}

interface Effective extends TerritoryMatch {
  readonly criteria: TerritoryCriteria;
  /** The prefixes of one length: a territory with several lengths stands once for each. */
  readonly postalPrefixes: readonly string[];
  /** Postal prefix 4, metro 3, region 2, country 1, none 0. */
  readonly level: number;
  /** How many kinds of criteria it has. */
  readonly kinds: number;
}

/** `sw1a 1aa` → `SW1A1AA`. */
export const normalizePostalCode = (code: string): string => code.toUpperCase().replace(/[\s-]/g, '');

export const SECTOR_PREFIXES = { naics: 'naics:', nace: 'nace:' } as const;

export function compileTerritories(territories: readonly Territory[]): TerritoryIndex {
  const byId = new Map(territories.map((territory) => [territory.id, territory]));
  const rules = territories.flatMap((territory) => toRules(territory, byId)).sort(bySpecificity);
  const index = compileRuleIndex(rules.map(toCondition), () => undefined, readerOf);

  function match(lead: RoutableLead): TerritoryMatch | null {
    // Territories do not go by the time.
    for (const position of index.candidates(lead, 0)) {
      const rule = rules[position] as Effective;
      if (fits(rule, lead)) return rule;
    }
    return null;
  }
  return { byId, byKey: new Map(territories.map((territory) => [territory.key, territory])), match };
}

const bySpecificity = (a: Effective, b: Effective): number =>
  b.level - a.level ||
  (b.postalPrefixes[0]?.length ?? 0) - (a.postalPrefixes[0]?.length ?? 0) ||
  b.kinds - a.kinds ||
  a.criteria.position - b.criteria.position ||
  (a.criteria.key < b.criteria.key ? -1 : 1);

const readerOf = (field: string, timeZone: string | undefined): Reader =>
  field === 'postalCode'
    ? ({ postalCode }) => (postalCode === null ? null : normalizePostalCode(postalCode))
    : reader(field, timeZone);

/** A rule as the index understands it. */
function toCondition({ criteria, postalPrefixes }: Effective): Condition | null {
  const { countries, regions, metros, industries, industryKeywords, employeesMin, employeesMax } = criteria;
  const parts: Condition[] = [];
  const oneOf = (field: string, values: readonly string[]): void => {
    if (values.length > 0) parts.push({ field, operator: 'IN', value: values });
  };
  if (postalPrefixes.length > 0) {
    parts.push({
      or: postalPrefixes.map((value): Condition => ({ field: 'postalCode', operator: 'STARTS_WITH', value })),
    });
  }
  oneOf('metro', metros);
  oneOf('region', regions);
  oneOf('country', countries);
  if (industries.length + industryKeywords.length > 0) {
    parts.push({ or: [...industries.map(industryCondition), ...industryKeywords.map(keywordCondition)] });
  }
  if (employeesMin > 0 || employeesMax < Number.POSITIVE_INFINITY) {
    parts.push({ field: 'employees', operator: 'BETWEEN', value: [employeesMin, employeesMax] });
  }
  return parts.length === 0 ? null : { and: parts };
}

const keywordCondition = (value: string): Condition => ({ field: 'industry', operator: 'CONTAINS', value });

function industryCondition(value: string): Condition {
  const { naics, nace } = SECTOR_PREFIXES;
  if (value.startsWith(naics)) return { field: 'naicsSector', operator: 'EQUALS', value: value.slice(naics.length) };
  if (value.startsWith(nace)) return { field: 'naceSection', operator: 'EQUALS', value: value.slice(nace.length) };
  return { field: 'industry', operator: 'EQUALS', value };
}

/** Whether all criteria hold. Flat lists and no functions made for each: with 10,000 territories memory is what costs. */
function fits({ criteria, postalPrefixes }: Effective, lead: RoutableLead): boolean {
  const { countries, regions, metros, industries, industryKeywords, employeesMin, employeesMax } = criteria;
  if (postalPrefixes.length > 0) {
    const code = lead.postalCode === null ? '' : normalizePostalCode(lead.postalCode);
    if (!postalPrefixes.some((prefix) => code.startsWith(prefix))) return false;
  }
  if (!holds(countries, lead.country) || !holds(regions, lead.region) || !holds(metros, lead.metro)) return false;
  if (industries.length + industryKeywords.length > 0 && !isOfIndustry(criteria, lead)) return false;
  if (employeesMin === 0 && employeesMax === Number.POSITIVE_INFINITY) return true;
  return lead.employees !== null && lead.employees >= employeesMin && lead.employees <= employeesMax;
}

const holds = (values: readonly string[], value: string | null): boolean =>
  values.length === 0 || (value !== null && values.includes(value.toLowerCase()));

function isOfIndustry({ industries, industryKeywords }: TerritoryCriteria, lead: RoutableLead): boolean {
  const { naics, nace } = SECTOR_PREFIXES;
  const industry = lead.industry?.toLowerCase();
  return (
    (industry !== undefined && industries.includes(industry)) ||
    (lead.naicsSector !== null && industries.includes(naics + lead.naicsSector)) ||
    (lead.naceSection !== null && industries.includes(nace + lead.naceSection.toLowerCase())) ||
    (industry !== undefined && industryKeywords.some((keyword) => industry.includes(keyword)))
  );
}

/** One list for all that have none: 10,000 territories with five empty lists each would be read from cold memory. */
const NONE: readonly string[] = [];

const lower = (values: readonly string[]): readonly string[] =>
  values.length === 0 ? NONE : values.map((value) => value.toLowerCase());

/** Takes from the parents what a territory leaves open: each kind of criterion. Ends at a circle. */
export function criteriaOf(territory: Territory, byId: ReadonlyMap<string, Territory>): TerritoryCriteria {
  const line = withParents(territory, byId);
  const first = (kind: 'countries' | 'regions' | 'metros' | 'postalPrefixes'): readonly string[] =>
    line.find((each) => each[kind].length > 0)?.[kind] ?? [];
  const ofIndustry = line.find(({ industries, industryKeywords }) => industries.length + industryKeywords.length > 0);
  const sized = line.find((each) => each.employeesMin !== null || each.employeesMax !== null);
  const prefixes = first('postalPrefixes');
  return {
    id: territory.id,
    key: territory.key,
    position: territory.position,
    countries: lower(first('countries')),
    regions: lower(first('regions')),
    metros: lower(first('metros')),
    postalPrefixes: prefixes.length === 0 ? NONE : prefixes.map(normalizePostalCode),
    industries: lower(ofIndustry?.industries ?? []),
    industryKeywords: lower(ofIndustry?.industryKeywords ?? []),
    employeesMin: sized?.employeesMin ?? 0,
    employeesMax: sized?.employeesMax ?? Number.POSITIVE_INFINITY,
  };
}

function withParents(territory: Territory, byId: ReadonlyMap<string, Territory>): readonly Territory[] {
  const line = new Set<Territory>();
  for (let at: Territory | undefined = territory; at && !line.has(at); at = byId.get(at.parentId ?? '')) line.add(at);
  return [...line];
}

/** How specific a territory's place is, and how many kinds of criteria it has. */
export function specificityOf(criteria: TerritoryCriteria): { readonly level: number; readonly kinds: number } {
  const { countries, regions, metros, postalPrefixes, industries, industryKeywords } = criteria;
  const places = [countries, regions, metros, postalPrefixes];
  const sized = criteria.employeesMin > 0 || criteria.employeesMax < Number.POSITIVE_INFINITY;
  return {
    level: places.findLastIndex((list) => list.length > 0) + 1,
    kinds:
      places.filter((list) => list.length > 0).length +
      (industries.length + industryKeywords.length > 0 ? 1 : 0) +
      (sized ? 1 : 0),
  };
}

function toRules(territory: Territory, byId: ReadonlyMap<string, Territory>): Effective[] {
  const target = withParents(territory, byId).find((each) => each.repId !== null || each.poolId !== null);
  const criteria = criteriaOf(territory, byId);
  const rule = {
    territory,
    repId: target?.repId ?? null,
    poolId: target?.poolId ?? null,
    criteria,
    ...specificityOf(criteria),
  };
  const byLength = Map.groupBy(criteria.postalPrefixes, (prefix) => prefix.length);
  if (byLength.size === 0) return [{ ...rule, postalPrefixes: NONE }];
  return Array.from(byLength.values(), (postalPrefixes) => ({ ...rule, postalPrefixes }));
}
