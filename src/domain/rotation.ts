import type { Strategy } from './configuration.ts';
import type { TieBreak } from './decision.ts';

/*
 * One machine for all strategies. On a lead of value v every eligible member i earns v × xᵢ, where xᵢ is the member's
 * share of the weights of the eligible; whoever takes the lead pays v. The sum of the credits never changes. Credits
 * are fractions over one common denominator: a float that breaks a tie shifts the whole rotation.
 */

/** The credits of one pool. A member's credit is `credits / scale`, in leads (VALUE_BALANCED: in value). */
export interface Rotation {
  /** The common denominator, above 0. */
  readonly scale: bigint;
  readonly credits: ReadonlyMap<string, bigint>;
  /** Leads received from this pool. */
  readonly received: ReadonlyMap<string, number>;
}

/** Someone who could take the lead. */
export interface Candidate {
  readonly repId: string;
  /** Above 0. */
  readonly weight: number;
  /** In the pool, from 0; the last thing that breaks a tie. */
  readonly position: number;
  /** Number of the last assignment from anywhere, 0 for none yet: who has waited longest has the lowest. */
  readonly lastAssignment: number;
  /** Open leads, and the most there may be: LEAST_LOADED goes by their ratio. */
  readonly load: number;
  readonly limit: number;
}

/** One candidate's part in a turn. */
export interface Place {
  readonly candidate: Candidate;
  /** What the member earns of each lead, 0 to 1. */
  readonly share: number;
  readonly creditBefore: number;
  readonly creditAfter: number;
}

export interface Turn {
  /** In the order in which they stand in line; the first has taken the lead. Never empty. */
  readonly line: readonly Place[];
  /** What told the first from the second. */
  readonly tieBreak: TieBreak;
  readonly rotation: Rotation;
}

export const EMPTY_ROTATION: Rotation = { scale: 1n, credits: new Map(), received: new Map() };

/**
 * Each new set of eligible members may multiply the denominator. Beyond 256 bits credits are rounded to 2⁻¹²⁸: that
 * moves nobody by more than 3e-39 of a lead, and a rounding needs some thirty changes of the set before the next.
 */
const SCALE_LIMIT = 1n << 256n;
const ROUNDED_SCALE = 1n << 128n;

const effectiveWeight = (strategy: Strategy, weight: number): number =>
  strategy === 'ROUND_ROBIN' ? Math.min(weight, 1) : weight;

/** What one candidate brings into the comparison: weight as it counts, credit before and after earning. */
interface Standing {
  readonly candidate: Candidate;
  readonly weight: bigint;
  readonly before: bigint;
  readonly earned: bigint;
  /** Tijdeman: (1 − d − credit) × scale × (2n − 2); smaller is more urgent in proportion to the weight. */
  readonly slack: bigint;
  /** Tijdeman: whether the credit has reached d. */
  readonly due: boolean;
}

/**
 * Lets one of the eligible take a lead of the given value.
 *
 * ROUND_ROBIN and WEIGHTED follow R. Tijdeman, The chairman assignment problem, Discrete Mathematics 32 (1980)
 * 323–330: with d = 1/(2n−2), among those whose credit after earning is at least d, the one with the earliest deadline
 * (1 − d − credit) / x; if nobody has reached d, the one with the most credit. While the pool stands still no credit
 * leaves ±(1 − d). VALUE_BALANCED takes the most credit, LEAST_LOADED the lowest load in proportion to the limit.
 * Ties: the heavier weight, who has waited longest, position.
 *
 * @param eligible at least one; all of the highest tier with anyone
 * @param value whole number from 1; the strategies by number take 1
 */
export function takeTurn(strategy: Strategy, eligible: readonly Candidate[], rotation: Rotation, value: number): Turn {
  const [only] = eligible;
  if (only === undefined) throw new RangeError('a turn needs at least one who is eligible');
  if (eligible.length === 1) {
    const credit = toNumber(rotation.credits.get(only.repId) ?? 0n, rotation.scale);
    const place = { candidate: only, share: 1, creditBefore: credit, creditAfter: credit };
    return { line: [place], tieBreak: 'ONLY_ONE', rotation: countReceived(rotation, only.repId) };
  }

  const total = totalWeight(strategy, eligible);
  const { scale, credits } = rescale(rotation, total);
  const v = BigInt(value);
  const unit = (v * scale) / total;
  const spread = BigInt(2 * eligible.length - 2);
  const brink = (spread - 1n) * scale;
  const standings = eligible.map((candidate): Standing => {
    const weight = BigInt(effectiveWeight(strategy, candidate.weight));
    const before = credits.get(candidate.repId) ?? 0n;
    const earned = before + unit * weight;
    const spreadCredit = spread * earned;
    return { candidate, weight, before, earned, slack: brink - spreadCredit, due: spreadCredit >= scale };
  });
  const compare = COMPARE[strategy];
  standings.sort((a, b) => compare(a, b).order);
  const [first, second] = standings as [Standing, Standing];

  const after = new Map(credits);
  for (const { candidate, earned } of standings) after.set(candidate.repId, earned);
  const paid = v * scale;
  after.set(first.candidate.repId, first.earned - paid);
  const line = standings.map((standing): Place => {
    const { candidate, weight, before, earned } = standing;
    return {
      candidate,
      share: Number(weight) / Number(total),
      creditBefore: toNumber(before, scale),
      creditAfter: toNumber(standing === first ? earned - paid : earned, scale),
    };
  });
  return {
    line,
    tieBreak: compare(first, second).by,
    rotation: countReceived({ scale, credits: after, received: rotation.received }, first.candidate.repId),
  };
}

interface Comparison {
  /** Below 0 when the first of the two stands before the second. */
  readonly order: number;
  readonly by: TieBreak;
}

const compareBig = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

const byDeadline = (a: Standing, b: Standing): Comparison => {
  if (a.due !== b.due) return { order: a.due ? -1 : 1, by: 'CREDIT' };
  if (!a.due) return byCredit(a, b);
  const order = compareBig(a.slack * b.weight, b.slack * a.weight);
  return order === 0 ? byRest(a, b) : { order, by: 'DEADLINE' };
};

const byCredit = (a: Standing, b: Standing): Comparison => {
  const order = compareBig(b.earned, a.earned);
  return order === 0 ? byRest(a, b) : { order, by: 'CREDIT' };
};

const byLoad = (a: Standing, b: Standing): Comparison => {
  // load / limit, multiplied out; who is eligible has a limit above 0.
  const order = a.candidate.load * b.candidate.limit - b.candidate.load * a.candidate.limit;
  return order === 0 ? byCredit(a, b) : { order, by: 'LOAD' };
};

const byRest = (a: Standing, b: Standing): Comparison => {
  if (a.weight !== b.weight) return { order: compareBig(b.weight, a.weight), by: 'WEIGHT' };
  const waited = a.candidate.lastAssignment - b.candidate.lastAssignment;
  if (waited !== 0) return { order: waited, by: 'WAITED' };
  return { order: a.candidate.position - b.candidate.position, by: 'POSITION' };
};

const COMPARE: Readonly<Record<Strategy, (a: Standing, b: Standing) => Comparison>> = {
  ROUND_ROBIN: byDeadline,
  WEIGHTED: byDeadline,
  VALUE_BALANCED: byCredit,
  LEAST_LOADED: byLoad,
};

/** Someone who earns. */
export type Earner = Pick<Candidate, 'repId' | 'weight'>;

/**
 * An assignment that passed the rotation by but counts in it: members earn and the receiver pays as for a new lead.
 *
 * @param earners who could have taken it; the receiver need not be among them, but is a member of the pool
 */
export function charge(
  strategy: Strategy,
  earners: readonly Earner[],
  rotation: Rotation,
  receiver: string,
  value: number,
): Rotation {
  const total = totalWeight(strategy, earners);
  const counted = countReceived(rotation, receiver);
  if (total === 0n) return counted;
  const { scale, credits } = rescale(rotation, total);
  const unit = (BigInt(value) * scale) / total;
  const after = new Map(credits);
  for (const { repId, weight } of earners) {
    after.set(repId, (after.get(repId) ?? 0n) + unit * BigInt(effectiveWeight(strategy, weight)));
  }
  after.set(receiver, (after.get(receiver) ?? 0n) - BigInt(value) * scale);
  return { ...counted, scale, credits: after };
}

/**
 * Brings a rotation in line with a changed list of members: a newcomer starts at credit 0, who leaves hands the credit
 * to those who stay, by weight (alike where none has any), so that the sum stays zero.
 */
export function alignRotation(rotation: Rotation, members: readonly Earner[]): Rotation {
  const staying = new Set(members.map(({ repId }) => repId));
  const left = [...rotation.credits].filter(([repId]) => !staying.has(repId));
  const received = new Map(members.map(({ repId }) => [repId, rotation.received.get(repId) ?? 0]));
  const credits = new Map(members.map(({ repId }) => [repId, rotation.credits.get(repId) ?? 0n]));
  const handedOver = left.reduce((sum, [, credit]) => sum + credit, 0n);
  if (handedOver === 0n || members.length === 0) {
    return { scale: members.length === 0 ? 1n : rotation.scale, credits, received };
  }
  const weighs = members.some(({ weight }) => weight > 0);
  const weightOf = ({ weight }: Earner): bigint => (weighs ? BigInt(weight) : 1n);
  const total = members.reduce((sum, member) => sum + weightOf(member), 0n);
  // Over `scale × total` every part of the credit handed over is whole.
  const scaled = members.map((member): [string, bigint] => [
    member.repId,
    (credits.get(member.repId) as bigint) * total + handedOver * weightOf(member),
  ]);
  return round({ scale: rotation.scale * total, credits: new Map(scaled), received });
}

const totalWeight = (strategy: Strategy, earners: readonly Earner[]): bigint => {
  let total = 0;
  for (const { weight } of earners) total += effectiveWeight(strategy, weight);
  return BigInt(total);
};

const countReceived = (rotation: Rotation, repId: string): Rotation => ({
  ...rotation,
  received: new Map(rotation.received).set(repId, (rotation.received.get(repId) ?? 0) + 1),
});

/** Credit as a number, for people to read; never to decide by. */
const toNumber = (credit: bigint, scale: bigint): number => {
  if (scale < MAX_SAFE) return Number(credit) / Number(scale);
  return Number((credit * PRECISION) / scale) / Number(PRECISION);
};
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const PRECISION = 1_000_000_000_000n;

/** Multiplies the denominator, where needed, so that a total of weights divides it. */
function rescale(rotation: Rotation, total: bigint): Pick<Rotation, 'scale' | 'credits'> {
  if (rotation.scale % total === 0n) return rotation;
  const { scale, credits } = round(rotation);
  const factor = total / greatestCommonDivisor(scale, total);
  const scaled = new Map<string, bigint>();
  for (const [repId, credit] of credits) scaled.set(repId, credit * factor);
  return { scale: scale * factor, credits: scaled };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** Keeps the denominator bounded: rounds down, and hands what is missing to those who lost most, so that the sum stays. */
function round(rotation: Rotation): Rotation {
  const { scale, credits } = rotation;
  if (scale <= SCALE_LIMIT) return rotation;
  let missing = 0n;
  const parts = [...credits].map(([repId, credit]) => {
    const product = credit * ROUNDED_SCALE;
    const rest = ((product % scale) + scale) % scale;
    missing += rest;
    return { repId, credit: (product - rest) / scale, rest };
  });
  // The rests add up to whole units, since the credits add up to a whole number (zero).
  const units = Number(missing / scale);
  const order = parts.toSorted((a, b) => compareBig(b.rest, a.rest));
  const raised = new Set(order.slice(0, units));
  return {
    ...rotation,
    scale: ROUNDED_SCALE,
    credits: new Map(parts.map((part) => [part.repId, raised.has(part) ? part.credit + 1n : part.credit])),
  };
}

/** A rotation as text, for storage: numbers of any size in decimal digits. */
export interface StoredRotation {
  readonly scale: string;
  readonly credits: Readonly<Record<string, string>>;
  readonly received: Readonly<Record<string, number>>;
}

export const serializeRotation = ({ scale, credits, received }: Rotation): StoredRotation => ({
  scale: scale.toString(),
  credits: Object.fromEntries(Array.from(credits, ([repId, credit]) => [repId, credit.toString()])),
  received: Object.fromEntries(received),
});

export const parseRotation = ({ scale, credits, received }: StoredRotation): Rotation => ({
  scale: BigInt(scale),
  credits: new Map(Object.entries(credits).map(([repId, credit]) => [repId, BigInt(credit)])),
  received: new Map(Object.entries(received)),
});

/** A member's credit, for people to read. */
export const creditOf = ({ scale, credits }: Rotation, repId: string): number =>
  toNumber(credits.get(repId) ?? 0n, scale);
