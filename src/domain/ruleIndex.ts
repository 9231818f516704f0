import { type Comparison, type Condition, fold } from './condition.ts';
import { attributeName, isAttribute, qualifiedName, type Reader, reader } from './fields.ts';
import type { AttributeValue, RoutableLead } from './lead.ts';

/*
 * Which of ten thousand ordered rules may match a lead, without asking them all. A rule is filed under something its
 * condition cannot be true without: a value, a range, a beginning, a domain, a piece of text. Of all it needs it is
 * filed under what the fewest rules need as well.
 */

export interface RuleIndex {
  /** Positions of the rules that may match, in order; all others cannot. Their conditions are still to be asked. */
  candidates(lead: RoutableLead, at: number): Iterable<number>;
  /** By position: the part of the condition that is known to hold of whom the rule was found for; null for none. */
  readonly settled: readonly (Condition | null)[];
}

/** Something that a lead has or has not. */
type Atom =
  | { readonly kind: 'VALUE'; readonly value: AttributeValue }
  | { readonly kind: 'RANGE'; readonly low: number; readonly high: number }
  | { readonly kind: 'PREFIX' | 'DOMAIN' | 'PIECE'; readonly text: string }
  | { readonly kind: 'PRESENT' | 'ABSENT' };

/** An atom of one field. */
interface FieldAtom {
  readonly field: string;
  readonly timeZone: string | undefined;
  readonly atom: Atom;
}

/** A condition that needs one of these atoms, and how many rules will be asked for it at most. */
interface Need {
  readonly atoms: readonly FieldAtom[];
  readonly asked: number;
  /** The part that holds when one of the atoms does; null where it is still to be asked. */
  readonly settles: Condition | null;
}

/** Gives the condition of a segment; undefined for none. */
export type SegmentCondition = (key: string) => Condition | undefined;

/**
 * @param conditions of the rules, in their order; null matches every lead
 * @param readerOf reads a field of a lead
 */
export function compileRuleIndex(
  conditions: readonly (Condition | null)[],
  segment: SegmentCondition,
  readerOf: (field: string, timeZone: string | undefined) => Reader = reader,
): RuleIndex {
  const popularity = measurePopularity(conditions, segment);
  const needOf = chooser(segment, popularity);
  const unfiled: number[] = [];
  const settled: (Condition | null)[] = [];
  const drawers = new Map<string, Drawer>();
  for (const [position, condition] of conditions.entries()) {
    const need = condition && needOf(condition);
    settled.push(need?.settles ?? null);
    if (!need) {
      unfiled.push(position);
      continue;
    }
    for (const { field, timeZone, atom } of need.atoms) {
      const name = qualifiedName(field, timeZone);
      const drawer = drawers.get(name) ?? createDrawer(readerOf(field, timeZone));
      drawers.set(name, drawer);
      file(drawer, atom.kind === 'PIECE' ? { ...atom, text: popularity.rarestPiece(name, atom.text) } : atom, position);
    }
  }
  for (const drawer of drawers.values()) drawer.ranges.build();
  // A lead has few attributes: theirs are looked up by what it has, unless something is filed under having them not.
  const byAttribute = new Map<string, Drawer>();
  const always: Drawer[] = [];
  for (const [name, drawer] of drawers) {
    if (isAttribute(name) && drawer.absent.length === 0) byAttribute.set(attributeName(name), drawer);
    else always.push(drawer);
  }
  return {
    settled,
    candidates(lead, at) {
      const lists: (readonly number[])[] = unfiled.length > 0 ? [unfiled] : [];
      for (const drawer of always) collect(drawer, drawer.read(lead, at), lists);
      if (byAttribute.size > 0) {
        for (const [name, value] of Object.entries(lead.attributes)) {
          const drawer = byAttribute.get(name);
          if (drawer) collect(drawer, value, lists);
        }
      }
      if (lists.length < 2) return lists[0] ?? NOBODY;
      let count = 0;
      for (const list of lists) count += list.length;
      return count <= FEW ? merged(lists) : inOrder(lists);
    },
  };
}

const NOBODY: readonly number[] = [];

/** So many positions are sorted sooner than merged one by one. */
const FEW = 16;

const merged = (lists: readonly (readonly number[])[]): readonly number[] => {
  const all = lists.flat().sort((a, b) => a - b);
  return all.filter((position, index) => position !== all[index - 1]);
};

/** The rules filed under one field, each list in order. */
interface Drawer {
  readonly read: Reader;
  readonly values: Map<AttributeValue, number[]>;
  readonly prefixes: Map<string, number[]>;
  /** Lengths that prefixes have. */
  readonly prefixLengths: Set<number>;
  readonly domains: Map<string, number[]>;
  readonly pieces: Map<string, number[]>;
  /** Lengths that pieces have: 5, and less for words that are shorter. */
  readonly pieceLengths: Set<number>;
  readonly ranges: RangeIndex;
  readonly present: number[];
  readonly absent: number[];
}

const createDrawer = (read: Reader): Drawer => ({
  read,
  values: new Map(),
  prefixes: new Map(),
  prefixLengths: new Set(),
  domains: new Map(),
  pieces: new Map(),
  pieceLengths: new Set(),
  ranges: new RangeIndex(),
  present: [],
  absent: [],
});

function file(drawer: Drawer, atom: Atom, position: number): void {
  if (atom.kind === 'VALUE') append(drawer.values, atom.value, position);
  else if (atom.kind === 'RANGE') drawer.ranges.add(atom.low, atom.high, position);
  else if (atom.kind === 'PREFIX') append(drawer.prefixes, atom.text, position);
  else if (atom.kind === 'DOMAIN') append(drawer.domains, atom.text, position);
  else if (atom.kind === 'PIECE') append(drawer.pieces, atom.text, position);
  else push(atom.kind === 'PRESENT' ? drawer.present : drawer.absent, position);
  if (atom.kind === 'PREFIX') drawer.prefixLengths.add(atom.text.length);
  if (atom.kind === 'PIECE') drawer.pieceLengths.add(atom.text.length);
}

/** A rule may come under the same name twice. */
const push = (list: number[], position: number): void => {
  if (list.at(-1) !== position) list.push(position);
};

function append<Key>(map: Map<Key, number[]>, key: Key, position: number): void {
  const list = map.get(key);
  if (list) push(list, position);
  else map.set(key, [position]);
}

function collect(drawer: Drawer, value: AttributeValue | null, lists: (readonly number[])[]): void {
  if (value === null) {
    if (drawer.absent.length > 0) lists.push(drawer.absent);
    return;
  }
  if (drawer.present.length > 0) lists.push(drawer.present);
  if (typeof value === 'number') drawer.ranges.collect(value, lists);
  const folded = fold(value);
  const equal = drawer.values.get(folded);
  if (equal) lists.push(equal);
  if (typeof folded === 'string') collectText(drawer, folded, lists);
}

function collectText(drawer: Drawer, text: string, lists: (readonly number[])[]): void {
  for (const length of drawer.prefixLengths) {
    const found = length <= text.length ? drawer.prefixes.get(text.slice(0, length)) : undefined;
    if (found) lists.push(found);
  }
  if (drawer.domains.size > 0) {
    let domain = text.slice(text.lastIndexOf('@') + 1);
    for (;;) {
      const found = drawer.domains.get(domain);
      if (found) lists.push(found);
      const dot = domain.indexOf('.');
      if (dot < 0) break;
      domain = domain.slice(dot + 1);
    }
  }
  if (drawer.pieceLengths.size > 0) {
    const found = new Set<readonly number[]>();
    for (const length of drawer.pieceLengths) {
      for (let start = 0; start + length <= text.length; start += 1) {
        const list = drawer.pieces.get(text.slice(start, start + length));
        if (list) found.add(list);
      }
    }
    lists.push(...found);
  }
}

/** Merges sorted lists, each position once, without going further than the consumer does. */
function* inOrder(lists: readonly (readonly number[])[]): Generator<number> {
  const heads = lists.map(() => 0);
  let last = -1;
  for (;;) {
    let least = -1;
    let position = Number.POSITIVE_INFINITY;
    for (let list = 0; list < lists.length; list += 1) {
      const head = lists[list]?.[heads[list] as number];
      if (head !== undefined && head < position) [least, position] = [list, head];
    }
    if (least < 0) return;
    (heads[least] as number) += 1;
    if (position === last) continue;
    last = position;
    yield position;
  }
}

/**
 * Ranges of numbers by a value they contain: a segment tree over their ends, so that a look-up costs the logarithm of
 * their number, however they overlap.
 */
class RangeIndex {
  readonly #ranges: { readonly low: number; readonly high: number; readonly position: number }[] = [];
  /** The ends, in order. Slot 2i + 1 is end i itself, slot 2i what lies before it. */
  #ends: Float64Array = new Float64Array();
  #tree: (number[] | undefined)[] = [];
  #slots = 0;

  add(low: number, high: number, position: number): void {
    this.#ranges.push({ low, high, position });
  }

  build(): void {
    if (this.#ranges.length === 0) return;
    const finite = this.#ranges.flatMap(({ low, high }) => [low, high]).filter(Number.isFinite);
    this.#ends = Float64Array.from(new Set(finite)).sort();
    this.#slots = 2 * this.#ends.length + 1;
    this.#tree = new Array<number[] | undefined>(2 * this.#slots);
    for (const { low, high, position } of this.#ranges) {
      // Half-open, as the tree wants it.
      let left = this.#slots + (low === Number.NEGATIVE_INFINITY ? 0 : this.#slotOf(low));
      let right = this.#slots + (high === Number.POSITIVE_INFINITY ? this.#slots : this.#slotOf(high) + 1);
      for (; left < right; left >>= 1, right >>= 1) {
        if (left & 1) this.#put(left++, position);
        if (right & 1) this.#put(--right, position);
      }
    }
    this.#ranges.length = 0;
  }

  #put(node: number, position: number): void {
    const list = this.#tree[node];
    if (list) push(list, position);
    else this.#tree[node] = [position];
  }

  #slotOf(value: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ends[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return 2 * low + (this.#ends[low] === value ? 1 : 0);
  }

  collect(value: number, lists: (readonly number[])[]): void {
    if (this.#slots === 0) return;
    for (let node = this.#slots + this.#slotOf(value); node > 0; node >>= 1) {
      const list = this.#tree[node];
      if (list) lists.push(list);
    }
  }
}

/** What a comparison needs: one of these; null for one that is true of what it does not name. */
function atomsOf({ field, operator, value, timeZone }: Comparison): readonly FieldAtom[] | null {
  if (field === undefined) return null;
  const of = (atom: Atom): FieldAtom => ({ field, timeZone, atom });
  const range = (low: number, high: number): readonly FieldAtom[] => [of({ kind: 'RANGE', low, high })];
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  switch (operator) {
    case 'EQUALS':
    case 'IN':
      return (Array.isArray(value) ? value : [value]).map((each) => of({ kind: 'VALUE', value: fold(each) }));
    // The ends may be one too many: the rule is asked all the same.
    case 'LESS_THAN':
    case 'AT_MOST':
      return range(Number.NEGATIVE_INFINITY, value as number);
    case 'GREATER_THAN':
    case 'AT_LEAST':
      return range(value as number, Number.POSITIVE_INFINITY);
    case 'BETWEEN': {
      const [low, high] = value as readonly [number, number];
      return range(low, high);
    }
    case 'STARTS_WITH':
      return [of({ kind: 'PREFIX', text })];
    case 'DOMAIN_OF':
      return [of({ kind: 'DOMAIN', text })];
    case 'CONTAINS':
      return [of({ kind: 'PIECE', text })];
    case 'EXISTS':
      return [of({ kind: value === true ? 'PRESENT' : 'ABSENT' })];
    default:
      return null;
  }
}

/** With three letters 10,000 words would share them by the dozen. */
const PIECE = 5;

/** The pieces of five letters that a text consists of; the text itself when it is shorter. */
const piecesOf = (text: string): readonly string[] =>
  text.length <= PIECE
    ? [text]
    : Array.from({ length: text.length - PIECE + 1 }, (_, start) => text.slice(start, start + PIECE));

/** Whoever is found by the atoms of these fulfils them. */
const EXACT: ReadonlySet<Comparison['operator']> = new Set([
  'EQUALS',
  'IN',
  'AT_MOST',
  'AT_LEAST',
  'BETWEEN',
  'STARTS_WITH',
  'DOMAIN_OF',
  'EXISTS',
]);

/** How many rules could be filed under each atom. */
interface Popularity {
  of(atom: FieldAtom): number;
  rarestPiece(drawer: string, text: string): string;
}

function measurePopularity(conditions: readonly (Condition | null)[], segment: SegmentCondition): Popularity {
  const counts = new Map<string, number>();
  const ranges = new Map<string, { readonly lows: number[]; readonly highs: number[] }>();
  const atomsIn = collector(segment);
  for (const condition of conditions) {
    for (const { field, timeZone, atom } of condition === null ? [] : atomsIn(condition)) {
      const drawer = qualifiedName(field, timeZone);
      if (atom.kind === 'RANGE') {
        const known = ranges.get(drawer) ?? { lows: [], highs: [] };
        ranges.set(drawer, known);
        known.lows.push(atom.low);
        known.highs.push(atom.high);
        continue;
      }
      for (const name of namesOf(drawer, atom)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  for (const { lows, highs } of ranges.values()) {
    lows.sort((a, b) => a - b);
    highs.sort((a, b) => a - b);
  }
  const countOf = (name: string): number => counts.get(name) ?? 0;
  const rarestPiece = (drawer: string, text: string): string =>
    piecesOf(text).reduce((best, piece) =>
      countOf(pieceName(drawer, piece)) < countOf(pieceName(drawer, best)) ? piece : best,
    );
  return {
    rarestPiece,
    of({ field, timeZone, atom }) {
      const drawer = qualifiedName(field, timeZone);
      switch (atom.kind) {
        case 'RANGE': {
          const known = ranges.get(drawer);
          if (!known) return 0;
          // How many ranges contain one of its ends: those that began by then, without those that ended before.
          const containing = (value: number): number =>
            countBelow(known.lows, value, true) - countBelow(known.highs, value, false);
          return Math.max(containing(atom.low), containing(atom.high));
        }
        case 'PIECE':
          return countOf(pieceName(drawer, rarestPiece(drawer, atom.text)));
        default:
          return Math.max(...namesOf(drawer, atom).map(countOf));
      }
    },
  };
}

const pieceName = (drawer: string, piece: string): string => `${drawer}\u0000PIECE\u0000${piece}`;

function namesOf(drawer: string, atom: Exclude<Atom, { kind: 'RANGE' }>): readonly string[] {
  switch (atom.kind) {
    case 'VALUE':
      return [`${drawer}\u0000VALUE\u0000${typeof atom.value}\u0000${atom.value}`];
    case 'PIECE':
      return piecesOf(atom.text).map((piece) => pieceName(drawer, piece));
    case 'PREFIX':
    case 'DOMAIN':
      return [`${drawer}\u0000${atom.kind}\u0000${atom.text}`];
    default:
      return [`${drawer}\u0000${atom.kind}`];
  }
}

/** How many of the sorted values are below a value, or equal to it where that counts. */
function countBelow(sorted: readonly number[], value: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = sorted[middle] as number;
    if (at < value || (orEqual && at === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All atoms a condition names, through segments. Each segment is looked through once; a circle ends at its beginning. */
function collector(segment: SegmentCondition): (condition: Condition) => readonly FieldAtom[] {
  const known = new Map<string, readonly FieldAtom[]>();
  const atomsIn = (condition: Condition): readonly FieldAtom[] => {
    if ('and' in condition) return condition.and.flatMap(atomsIn);
    if ('or' in condition) return condition.or.flatMap(atomsIn);
    if ('not' in condition) return [];
    if (condition.operator !== 'MATCHES_SEGMENT') return atomsOf(condition) ?? [];
    const key = condition.value as string;
    const before = known.get(key);
    if (before) return before;
    known.set(key, []);
    const inside = segment(key);
    // Each atom once, or segments that refer to segments twice over would double with every level.
    const atoms = inside ? [...new Map(atomsIn(inside).map((atom) => [JSON.stringify(atom), atom])).values()] : [];
    known.set(key, atoms);
    return atoms;
  };
  return atomsIn;
}

/**
 * What each rule is best filed under. With the first that comes, 10,000 rules of one country that differ by industry
 * would all be asked: 1,942 decisions a second and not 154,592.
 */
function chooser(segment: SegmentCondition, popularity: Popularity): (condition: Condition) => Need | null {
  const known = new Map<string, Need | null>();
  const needOf = (condition: Condition): Need | null => {
    if ('and' in condition) {
      let best: Need | null = null;
      for (const part of condition.and) {
        const need = needOf(part);
        if (need && (best === null || need.asked < best.asked)) best = need;
      }
      return best;
    }
    if ('or' in condition) {
      const needs = condition.or.map(needOf);
      if (needs.includes(null)) return null;
      return {
        atoms: needs.flatMap((need) => (need as Need).atoms),
        asked: needs.reduce((sum, need) => sum + (need as Need).asked, 0),
        settles: needs.every((need, index) => need?.settles === condition.or[index]) ? condition : null,
      };
    }
    if ('not' in condition) return 'not' in condition.not ? needOf(condition.not.not) : null;
    if (condition.operator === 'MATCHES_SEGMENT') {
      const key = condition.value as string;
      const inside = segment(key);
      let need = known.get(key);
      if (need === undefined) {
        known.set(key, null);
        need = inside ? needOf(inside) : null;
        known.set(key, need);
      }
      return need && { ...need, settles: need.settles === inside ? condition : null };
    }
    const atoms = atomsOf(condition);
    if (atoms === null) return null;
    let asked = 0;
    for (const atom of atoms) asked = Math.max(asked, popularity.of(atom));
    return { atoms, asked, settles: EXACT.has(condition.operator) ? condition : null };
  };
  return needOf;
}
