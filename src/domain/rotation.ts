import type { Strategy } from './configuration.ts';
import type { TieBreak } from './decision.ts';

/*
 * One machine for all strategies. On a lead of value v every eligible member i earns v × xᵢ, where xᵢ is the member's
 * share of the weights of the eligible; whoever takes the lead pays v. The sum of the credits never changes. Credits
 * are fractions over one common denominator: a float that breaks a tie shifts the whole rotation.
 */

/** The credits of a pool, of its leads of one segment, or of a list of pools. */
export interface Rotation {
  /** The common denominator, above 0. */
  readonly scale: bigint;
  /** By id of the member: `credit / scale`, in leads (VALUE_BALANCED: in value). */
  readonly credits: ReadonlyMap<string, bigint>;
  /** Leads received in this rotation. */
  readonly received: ReadonlyMap<string, number>;
  /** When the credits last began at 0, in ms since 1970: with a fairness window, or another strategy. Null for never. */
  readonly since: number | null;
  /** Eligible members whom a stored decision no longer names one by one. */
  readonly others?: Others;
}

/** Eligible members who are not looked at one by one: they earn, and do not win. */
export interface Others {
  readonly count: number;
  /** What they weigh together. */
  readonly weight: number;
  /** Number of the last assignment that any of them has received. */
  readonly lastAssignment?: number;
}

/** Someone who could take the lead: a rep, or a pool in a list of pools. */
export interface Candidate {
  readonly id: string;
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
  /** Who was too far ahead: they have earned, and could not take it. */
  readonly ahead: readonly Place[];
  /** Who is away and has earned all the same. */
  readonly away: readonly Place[];
  /** What told the first from the second. */
  readonly tieBreak: TieBreak;
  readonly rotation: Rotation;
}

export const EMPTY_ROTATION: Rotation = { scale: 1n, credits: new Map(), received: new Map(), since: null };

/**
 * Each new set of eligible members may multiply the denominator. Beyond 256 bits credits are rounded to 2⁻¹²⁸: that
 * moves nobody by more than 3e-39 of a lead, and a rounding needs some thirty changes of the set before the next.
 */
const SCALE_LIMIT = 1n << 256n;
const ROUNDED_SCALE = 1n << 128n;

/** ROUND_ROBIN takes every weight above 0 as 1. */
export const effectiveWeight = (strategy: Strategy, weight: number): number =>
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
 * @param maxAhead who is more than so much behind the largest credit is passed over for this one, and earns all the same
 */
export function takeTurn(
  strategy: Strategy,
  eligible: readonly Candidate[],
  rotation: Rotation,
  value: number,
  maxAhead: number | null = null,
  catchUp: CatchUp = NO_CATCH_UP,
): Turn {
  const { away, isPaced } = catchUp;
  const [only] = eligible;
  if (only === undefined) throw new RangeError('a turn needs at least one who is eligible');
  const { others = NO_OTHERS } = rotation;
  const count = eligible.length + others.count + away.length;
  if (count === 1) {
    const credit = toNumber(rotation.credits.get(only.id) ?? 0n, rotation.scale);
    const place = { candidate: only, share: 1, creditBefore: credit, creditAfter: credit };
    return { line: [place], ahead: [], away: [], tieBreak: 'ONLY_ONE', rotation: countReceived(rotation, only.id) };
  }

  const total = totalWeight(strategy, eligible) + totalWeight(strategy, away) + BigInt(others.weight);
  const { scale, credits } = rescale(rotation, total);
  const v = BigInt(value);
  const unit = (v * scale) / total;
  const spread = BigInt(2 * count - 2);
  const brink = (spread - 1n) * scale;
  const toStanding = (candidate: Candidate): Standing => {
    const weight = BigInt(effectiveWeight(strategy, candidate.weight));
    const before = credits.get(candidate.id) ?? 0n;
    const earned = before + unit * weight;
    const spreadCredit = spread * earned;
    return { candidate, weight, before, earned, slack: brink - spreadCredit, due: spreadCredit >= scale };
  };
  const standings = eligible.map(toStanding);
  const absent = away.map(toStanding);
  const givesWay = isPaced && BY_NUMBER.has(strategy);
  const isAhead = aheadOf(standings, scale, maxAhead, givesWay);
  const queue = isAhead === null ? standings : standings.filter((standing) => !isAhead(standing));
  const compare = COMPARE[strategy];
  queue.sort((a, b) => compare(a, b).order);
  const gaveWay = givesWay && mustGiveWay(queue, scale, total, others.lastAssignment ?? 0);
  if (gaveWay) queue.splice(0, 2, queue[1] as Standing, queue[0] as Standing);
  const [first, second] = queue as [Standing, ...Standing[]];

  const after = new Map(credits);
  for (const { candidate, earned } of [...standings, ...absent]) after.set(candidate.id, earned);
  const paid = v * scale;
  after.set(first.candidate.id, first.earned - paid);
  const toPlace = (standing: Standing): Place => ({
    candidate: standing.candidate,
    share: Number(standing.weight) / Number(total),
    creditBefore: toNumber(standing.before, scale),
    creditAfter: toNumber(standing === first ? standing.earned - paid : standing.earned, scale),
  });
  return {
    line: queue.map(toPlace),
    ahead: isAhead === null ? [] : standings.filter(isAhead).map(toPlace),
    away: absent.map(toPlace),
    tieBreak: gaveWay ? 'GAVE_WAY' : second ? compare(first, second).by : 'ONLY_ONE',
    rotation: countReceived(round({ ...rotation, scale, credits: after }), first.candidate.id),
  };
}

const NO_OTHERS: Others = { count: 0, weight: 0 };

const BY_NUMBER: ReadonlySet<Strategy> = new Set(['ROUND_ROBIN', 'WEIGHTED']);

/** How a pool catches up with those who were away. */
export interface CatchUp {
  /** Who is away, earns all the same and cannot take the lead. */
  readonly away: readonly Candidate[];
  /**
   * Whether who has a whole lead of credit or more, and less than half of the weight, does not receive two leads one
   * after the other: they give way to the next in line, so that nobody is flooded.
   */
  readonly isPaced: boolean;
}

const NO_CATCH_UP: CatchUp = { away: [], isPaced: false };

/** Whether the first in line catches up and has received a lead after all others there. */
function mustGiveWay(queue: readonly Standing[], scale: bigint, total: bigint, lastOfOthers: number): boolean {
  const [first, ...rest] = queue;
  if (first === undefined || rest.length === 0 || first.before < scale || 2n * first.weight >= total) return false;
  const { lastAssignment } = first.candidate;
  return lastOfOthers < lastAssignment && rest.every(({ candidate }) => candidate.lastAssignment < lastAssignment);
}

/**
 * Whether one is too far ahead; null where nobody is. Whoever has the largest credit never is. Where members are caught
 * up with, all are measured by those who have less than a lead of credit: or all of them would be passed over for who has
 * been away for long.
 */
function aheadOf(
  standings: readonly Standing[],
  scale: bigint,
  maxAhead: number | null,
  givesWay: boolean,
): ((standing: Standing) => boolean) | null {
  if (maxAhead === null) return null;
  const level = givesWay ? standings.filter(({ before }) => before < scale) : standings;
  const [first, ...rest] = level.length > 0 ? level : standings;
  const largest = rest.reduce((most, { before }) => (before > most ? before : most), first?.before ?? 0n);
  const least = largest - BigInt(maxAhead) * scale;
  return standings.some(({ before }) => before < least) ? ({ before }) => before < least : null;
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
  const [{ load, limit }, { load: otherLoad, limit: otherLimit }] = [a.candidate, b.candidate];
  // load / limit, multiplied out. Without a place (in a pool that only measures) one is as full as can be.
  const order = limit === 0 || otherLimit === 0 ? otherLimit - limit : load * otherLimit - otherLoad * limit;
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
export type Earner = Pick<Candidate, 'id' | 'weight'>;

/** Who earned of a lead, by what weight: what it takes to give the turn back. */
export interface Earners {
  readonly listed: readonly Earner[];
  readonly others: Others;
}

/**
 * An assignment that passed the rotation by but counts in it: members earn and the receiver pays as for a new lead.
 *
 * @param earners who could have taken it; the receiver need not be among them, but is a member of the pool
 */
export const charge = (
  strategy: Strategy,
  earners: readonly Earner[],
  rotation: Rotation,
  receiver: string,
  value: number,
): Rotation =>
  countReceived(move(strategy, { listed: earners, others: NO_OTHERS }, rotation, receiver, value), receiver);

/** A turn that was taken, as it was kept. */
export interface PastTurn {
  readonly strategy: Strategy;
  readonly earners: Earners;
  readonly paidBy: string;
  readonly value: number;
  /** When, in ms since 1970. Credits that began at 0 since know nothing of it. */
  readonly at: number;
}

/**
 * Undoes a turn or a charge: who earned returns it, who paid gets it back. Who has left the rotation since is stood in
 * for by those who have their credit; earners who are not listed, by the members who are not.
 */
export const giveBack = (turn: PastTurn, rotation: Rotation, members: readonly Earner[]): Rotation =>
  repeat(turn, rotation, members, -1);

/** Takes a turn again that was given back. */
export const takeAgain = (turn: PastTurn, rotation: Rotation, members: readonly Earner[]): Rotation =>
  repeat(turn, rotation, members, 1);

function repeat(
  { strategy, earners, paidBy, value, at }: PastTurn,
  rotation: Rotation,
  members: readonly Earner[],
  sign: 1 | -1,
): Rotation {
  const isForgotten = rotation.since !== null && at < rotation.since;
  const moved = isForgotten ? rotation : move(strategy, earners, rotation, paidBy, sign * value);
  const received = new Map(moved.received).set(paidBy, Math.max(0, (moved.received.get(paidBy) ?? 0) + sign));
  return alignRotation({ ...moved, received }, strategy, members);
}

/** Lets the earners share a value, of either sign, that the receiver pays. Alone, nobody earns and nobody pays. */
function move(
  strategy: Strategy,
  { listed, others }: Earners,
  rotation: Rotation,
  receiver: string,
  value: number,
): Rotation {
  const total = totalWeight(strategy, listed) + BigInt(others.weight);
  const isAlone = listed.length + others.count <= 1 && (listed[0]?.id ?? receiver) === receiver;
  if (total === 0n || isAlone) return rotation;
  const named = new Set(listed.map(({ id }) => id));
  const unnamed = [...rotation.credits.keys()].filter((id) => !named.has(id));
  // The unlisted share alike what they earned together: over `total × their number` every part is whole.
  const parts = others.weight === 0 || unnamed.length === 0 ? 1n : BigInt(unnamed.length);
  const denominator = total * parts;
  const { scale, credits } = rescale(rotation, denominator);
  const unit = (BigInt(value) * scale) / denominator;
  const after = new Map(credits);
  const add = (id: string, amount: bigint): void => void after.set(id, (after.get(id) ?? 0n) + amount);
  for (const { id, weight } of listed) add(id, unit * parts * BigInt(effectiveWeight(strategy, weight)));
  if (others.weight > 0)
    for (const id of unnamed.length > 0 ? unnamed : [receiver]) add(id, unit * BigInt(others.weight));
  add(receiver, -BigInt(value) * scale);
  return round({ ...rotation, scale, credits: after });
}

/**
 * Brings a rotation in line with a changed list of members: a newcomer starts at credit 0, who leaves hands the credit
 * to those who stay, by weight (alike where none has any), so that the sum stays zero. Where nobody stays the newcomers
 * share it.
 */
export function alignRotation(rotation: Rotation, strategy: Strategy, members: readonly Earner[]): Rotation {
  const staying = new Set(members.map(({ id }) => id));
  const left = [...rotation.credits].filter(([id]) => !staying.has(id));
  const received = new Map(members.map(({ id }) => [id, rotation.received.get(id) ?? 0]));
  const credits = new Map(members.map(({ id }) => [id, rotation.credits.get(id) ?? 0n]));
  const handedOver = left.reduce((sum, [, credit]) => sum + credit, 0n);
  const { since } = rotation;
  if (handedOver === 0n || members.length === 0) {
    return { scale: members.length === 0 ? 1n : rotation.scale, credits, received, since };
  }
  const stayed = members.filter(({ id }) => rotation.received.has(id) || rotation.credits.has(id));
  const heirs = new Set(stayed.length > 0 ? stayed : members);
  const weighs = Array.from(heirs).some(({ weight }) => weight > 0);
  const weightOf = (member: Earner): bigint => {
    if (!heirs.has(member)) return 0n;
    return weighs ? BigInt(effectiveWeight(strategy, member.weight)) : 1n;
  };
  const total = members.reduce((sum, member) => sum + weightOf(member), 0n);
  // Over `scale × total` every part of the credit handed over is whole.
  const scaled = members.map((member): [string, bigint] => [
    member.id,
    (credits.get(member.id) as bigint) * total + handedOver * weightOf(member),
  ]);
  return round({ scale: rotation.scale * total, credits: new Map(scaled), received, since });
}

/** Lets all credits begin at 0. @param at in ms since 1970 */
export const restart = (rotation: Rotation, at: number): Rotation => ({
  ...rotation,
  since: at,
  scale: 1n,
  credits: new Map(),
});

/**
 * Lets all credits begin at 0 unless they have since the present fairness window began; null for no window. They begin
 * at this moment and not with the window: turns taken before the window was switched on are not in them.
 */
export const inWindow = (rotation: Rotation, began: number | null, at: number): Rotation =>
  began === null || (rotation.since !== null && rotation.since >= began) ? rotation : restart(rotation, at);

const totalWeight = (strategy: Strategy, earners: readonly Earner[]): bigint => {
  let total = 0;
  for (const { weight } of earners) total += effectiveWeight(strategy, weight);
  return BigInt(total);
};

const countReceived = (rotation: Rotation, id: string): Rotation => ({
  ...rotation,
  received: new Map(rotation.received).set(id, (rotation.received.get(id) ?? 0) + 1),
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
  const { scale, credits } = rotation;
  const factor = total / greatestCommonDivisor(scale, total);
  const scaled = new Map<string, bigint>();
  for (const [id, credit] of credits) scaled.set(id, credit * factor);
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
  const parts = [...credits].map(([id, credit]) => {
    const product = credit * ROUNDED_SCALE;
    const rest = ((product % scale) + scale) % scale;
    missing += rest;
    return { id, credit: (product - rest) / scale, rest };
  });
  // The rests add up to whole units, since the credits add up to a whole number (zero).
  const units = Number(missing / scale);
  const order = parts.toSorted((a, b) => compareBig(b.rest, a.rest) || (a.id < b.id ? -1 : 1));
  const raised = new Set(order.slice(0, units));
  return {
    ...rotation,
    scale: ROUNDED_SCALE,
    credits: new Map(parts.map((part) => [part.id, raised.has(part) ? part.credit + 1n : part.credit])),
  };
}

/** A rotation as text, for storage: numbers of any size in decimal digits. */
export interface StoredRotation {
  readonly scale: string;
  readonly credits: Readonly<Record<string, string>>;
  readonly received: Readonly<Record<string, number>>;
  readonly since: Date | null;
}

export const serializeRotation = ({ scale, credits, received, since }: Rotation): StoredRotation => ({
  scale: scale.toString(),
  credits: Object.fromEntries(Array.from(credits, ([id, credit]) => [id, credit.toString()])),
  received: Object.fromEntries(received),
  since: since === null ? null : new Date(since),
});

export const parseRotation = ({ scale, credits, received, since }: StoredRotation): Rotation => ({
  scale: BigInt(scale),
  credits: new Map(Object.entries(credits).map(([id, credit]) => [id, BigInt(credit)])),
  received: new Map(Object.entries(received)),
  since: since === null ? null : since.getTime(),
});

/** A member's credit, for people to read. */
export const creditOf = ({ scale, credits }: Rotation, id: string): number => toNumber(credits.get(id) ?? 0n, scale);
