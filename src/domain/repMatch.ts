import { fold } from './condition.ts';
import type { Rep } from './configuration.ts';
import { isAttribute, reader } from './fields.ts';
import type { AttributeValue, RoutableLead } from './lead.ts';
import type { RepMatch, RepOrder } from './plan.ts';

/** The rep's fields that a dynamic match or an order can name, beside `attributes.<name>`. */
export const REP_FIELDS = [
  'specialties',
  'industries',
  'regions',
  'products',
  'employeesMin',
  'employeesMax',
  'language',
  'timeZone',
] as const;

export const isRepField = (name: string): boolean => REP_FIELDS.some((field) => field === name) || isAttribute(name);

type RepValue = AttributeValue | readonly string[] | null;

function repReader(name: string): (rep: Rep) => RepValue {
  const field = REP_FIELDS.find((each) => each === name);
  if (field !== undefined) return (rep) => rep[field];
  const attribute = name.slice('attributes.'.length);
  return (rep) => (Object.hasOwn(rep.attributes, attribute) ? (rep.attributes[attribute] ?? null) : null);
}

/** Whether a rep fits one lead. */
export type Fit = (rep: Rep) => boolean;

/** Compares leads with reps; null where there is nothing to compare. What either side does not know fits nobody. */
export function compileMatches(matches: readonly RepMatch[]): ((lead: RoutableLead, at: number) => Fit) | null {
  if (matches.length === 0) return null;
  const compiled = matches.map(({ repField, operator, leadField }) => ({
    ofRep: repReader(repField),
    ofLead: reader(leadField, undefined),
    test: TESTS[operator],
  }));
  return (lead, at) => {
    const wanted = compiled.map(({ ofRep, ofLead, test }) => {
      const value = ofLead(lead, at);
      return { ofRep, test, value: value === null ? null : fold(value) };
    });
    return (rep) =>
      wanted.every(({ ofRep, test, value }) => {
        if (value === null) return false;
        const has = valuesOf(ofRep(rep));
        return has.length > 0 && test(has, value);
      });
  };
}

/** What a rep has, in lower case; nothing where nothing is known. */
function valuesOf(has: RepValue): readonly AttributeValue[] {
  if (has === null) return [];
  if (typeof has === 'number' || typeof has === 'boolean') return [has];
  const texts = typeof has === 'string' ? has.split(',') : has;
  return texts.map((text) => text.trim().toLowerCase()).filter((text) => text !== '');
}

type Test = (has: readonly AttributeValue[], wanted: AttributeValue) => boolean;

const equals: Test = (has, wanted) => has.includes(wanted);
const numeric =
  (compare: (has: number, wanted: number) => boolean): Test =>
  (has, wanted) =>
    typeof wanted === 'number' && has.some((each) => typeof each === 'number' && compare(each, wanted));

const TESTS: Readonly<Record<RepMatch['operator'], Test>> = {
  EQUALS: equals,
  CONTAINS: equals,
  NOT_EQUALS: (has, wanted) => !has.includes(wanted),
  AT_LEAST: numeric((has, wanted) => has >= wanted),
  AT_MOST: numeric((has, wanted) => has <= wanted),
  PREFIX_OF: (has, wanted) => typeof wanted === 'string' && has.some((each) => wanted.startsWith(String(each))),
};

/** Compares reps by a step's order: below 0 when the first of the two stands before the second. */
export type Compare = (a: Rep, b: Rep) => number;

/** Null where a step orders nobody. Who has no value stands last; numbers stand before text. */
export function compileOrder(order: readonly RepOrder[]): Compare | null {
  if (order.length === 0) return null;
  const compiled = order.map(({ repField, first }) => ({
    read: repReader(repField),
    sign: first === 'HIGHEST' ? -1 : 1,
  }));
  return (a, b) => {
    for (const { read, sign } of compiled) {
      const compared = compareValues(single(read(a)), single(read(b)), sign);
      if (compared !== 0) return compared;
    }
    return 0;
  };
}

/** A list is compared by how long it is; an empty one says nothing. */
const single = (value: RepValue): AttributeValue | null =>
  Array.isArray(value) ? value.length || null : (value as AttributeValue | null);

function compareValues(a: AttributeValue | null, b: AttributeValue | null, sign: number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const [x, y] = [comparable(a), comparable(b)];
  if (typeof x === 'number' && typeof y === 'number') return sign * Math.sign(x - y);
  if (typeof x !== typeof y) return typeof x === 'number' ? -1 : 1;
  return x === y ? 0 : x < y ? -sign : sign;
}

const comparable = (value: AttributeValue): string | number =>
  typeof value === 'boolean' ? Number(value) : typeof value === 'string' ? value.toLowerCase() : value;
