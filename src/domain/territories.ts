import type { Territory } from './configuration.ts';
import type { RoutableLead } from './lead.ts';

/*
 * The most specific match wins: postal prefix before metro, region, country and none; a longer prefix before a shorter
 * one; more criteria before fewer; then position. A lead is looked up by its own geography, so that ten thousand
 * territories cost what a hundred do.
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

/** A territory with what it inherits. */
interface Effective extends TerritoryMatch {
  /** Lower case; empty for any. Short as a rule, and lighter than sets: with 10,000 territories memory is what costs. */
  readonly countries: readonly string[];
  readonly regions: readonly string[];
  readonly metros: readonly string[];
  readonly postalPrefixes: readonly string[];
  readonly industries: readonly string[];
  readonly employeesMin: number;
  readonly employeesMax: number;
  readonly sized: boolean;
  /** How many kinds of criteria it has. */
  readonly criteria: number;
}

/** Territories of one place, apart by industry; `any` holds those without one. Each list has the best first. */
interface Bucket {
  byIndustry: Map<string, Effective[]> | null;
  readonly any: Effective[];
}

/** `SW1A 1AA` → `SW1A1AA`. */
export const normalizePostalCode = (code: string): string => code.toUpperCase().replace(/[\s-]/g, '');

const NONE: readonly string[] = [];

const lower = (values: readonly string[]): readonly string[] =>
  values.length === 0 ? NONE : values.map((value) => value.toLowerCase());

export function compileTerritories(territories: readonly Territory[]): TerritoryIndex {
  const byId = new Map(territories.map((territory) => [territory.id, territory]));
  const effective = territories.map((territory) => inherit(territory, byId));
  effective.sort((a, b) => b.criteria - a.criteria || a.territory.position - b.territory.position);

  const postal = new Map<string, Bucket>();
  const metros = new Map<string, Bucket>();
  const regions = new Map<string, Bucket>();
  const countries = new Map<string, Bucket>();
  const anywhere = new Map<string, Bucket>();
  let longestPrefix = 0;
  for (const territory of effective) {
    if (territory.postalPrefixes.length > 0) {
      for (const prefix of territory.postalPrefixes) longestPrefix = Math.max(longestPrefix, prefix.length);
      add(postal, territory.postalPrefixes, territory);
    } else if (territory.metros.length > 0) add(metros, territory.metros, territory);
    else if (territory.regions.length > 0) add(regions, territory.regions, territory);
    else if (territory.countries.length > 0) add(countries, territory.countries, territory);
    else add(anywhere, [''], territory);
  }

  function match(lead: RoutableLead): TerritoryMatch | null {
    if (lead.postalCode !== null) {
      const code = normalizePostalCode(lead.postalCode);
      for (let length = Math.min(code.length, longestPrefix); length > 0; length -= 1) {
        const found = best(postal.get(code.slice(0, length)), lead);
        if (found) return found;
      }
    }
    return (
      best(metros.get(lead.metro?.toLowerCase() ?? ''), lead) ??
      best(regions.get(lead.region?.toLowerCase() ?? ''), lead) ??
      best(countries.get(lead.country?.toLowerCase() ?? ''), lead) ??
      best(anywhere.get(''), lead)
    );
  }
  return { byId, byKey: new Map(territories.map((territory) => [territory.key, territory])), match };
}

function add(place: Map<string, Bucket>, names: Iterable<string>, territory: Effective): void {
  for (const name of names) {
    const bucket: Bucket = place.get(name) ?? { byIndustry: null, any: [] };
    place.set(name, bucket);
    if (territory.industries.length === 0) bucket.any.push(territory);
    for (const industry of territory.industries) {
      bucket.byIndustry ??= new Map();
      const list = bucket.byIndustry.get(industry) ?? [];
      bucket.byIndustry.set(industry, list);
      list.push(territory);
    }
  }
}

/** The best of a bucket: both lists have it first, so the better of two firsts. */
function best(bucket: Bucket | undefined, lead: RoutableLead): Effective | null {
  if (!bucket) return null;
  const ofIndustry = bucket.byIndustry
    ?.get(lead.industry?.toLowerCase() ?? '')
    ?.find((territory) => fits(territory, lead));
  const other = bucket.any.find((territory) => fits(territory, lead));
  if (!ofIndustry || !other) return ofIndustry ?? other ?? null;
  const order = ofIndustry.criteria - other.criteria || other.territory.position - ofIndustry.territory.position;
  return order >= 0 ? ofIndustry : other;
}

/** Whether all criteria hold apart from the postal prefix and the industry, by which it was found. */
function fits(territory: Effective, lead: RoutableLead): boolean {
  const { countries, regions, metros } = territory;
  if (countries.length > 0 && !countries.includes(lead.country?.toLowerCase() ?? '')) return false;
  if (regions.length > 0 && !regions.includes(lead.region?.toLowerCase() ?? '')) return false;
  if (metros.length > 0 && !metros.includes(lead.metro?.toLowerCase() ?? '')) return false;
  if (!territory.sized) return true;
  return (
    lead.employees !== null && lead.employees >= territory.employeesMin && lead.employees <= territory.employeesMax
  );
}

/** Takes from the parents what a territory leaves open: each kind of criterion, and the target. Ends at a circle. */
function inherit(territory: Territory, byId: ReadonlyMap<string, Territory>): Effective {
  const line: Territory[] = [];
  const seen = new Set<string>();
  for (let at: Territory | undefined = territory; at && !seen.has(at.id); at = byId.get(at.parentId ?? '')) {
    seen.add(at.id);
    line.push(at);
  }
  const first = (kind: 'countries' | 'regions' | 'metros' | 'postalPrefixes' | 'industries'): readonly string[] =>
    line.find((each) => each[kind].length > 0)?.[kind] ?? [];
  const sized = line.find((each) => each.employeesMin !== null || each.employeesMax !== null);
  const target = line.find((each) => each.repId !== null || each.poolId !== null);
  const lists = [
    first('countries'),
    first('regions'),
    first('metros'),
    first('postalPrefixes'),
    first('industries'),
  ] as const;
  return {
    territory,
    repId: target?.repId ?? null,
    poolId: target?.poolId ?? null,
    countries: lower(lists[0]),
    regions: lower(lists[1]),
    metros: lower(lists[2]),
    postalPrefixes: lists[3].map(normalizePostalCode),
    industries: lower(lists[4]),
    employeesMin: sized?.employeesMin ?? 0,
    employeesMax: sized?.employeesMax ?? Number.POSITIVE_INFINITY,
    sized: sized !== undefined,
    criteria: lists.filter((list) => list.length > 0).length + (sized ? 1 : 0),
  };
}
