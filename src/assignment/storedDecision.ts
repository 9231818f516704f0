import { ABSENCES, type Absence } from '../domain/availability.ts';
import { type Escalation, type Exclusion, listRotation, poolRotation, type RoutingState } from '../domain/decide.ts';
import type {
  Attempt,
  Bound,
  Considered,
  Decision,
  Method,
  PoolPlace,
  Reason,
  StepTrace,
  Turned,
} from '../domain/decision.ts';
import {
  type Earner,
  type Earners,
  EMPTY_ROTATION,
  effectiveWeight,
  type Others,
  type Rotation,
} from '../domain/rotation.ts';
import type { CompiledSettings } from '../domain/routingConfiguration.ts';
import { type CapMoment, capMoments, NEW_STANDING, recentOf, type Standing } from '../domain/standing.ts';

/*
 * Decisions as they are kept: each rep, credit and number once, and enough of the state to decide again. Reps beyond the
 * first hundred in line are counted, by reason, and those of them who earn are kept as a sum: nobody of them could have
 * been chosen.
 */

const MAX_LISTED = 100;

/** id, load, last assignment, open leads by class, moments that rate caps look at. What is empty is left out. */
type StoredRep = readonly [
  id: string,
  load: number,
  lastAssignment: number,
  classes?: Readonly<Record<string, number>> | null,
  moments?: readonly CapMoment[],
];

/**
 * Position in the list of reps, reason, limit, weight, tier, rank (0 for none, -1 for who earns and is away), held from
 * this pool, bound.
 */
type StoredConsidered = readonly [
  rep: number,
  reason: Reason,
  limit: number,
  weight?: number,
  tier?: number,
  rank?: number,
  held?: number,
  bound?: Bound | null,
];

/** Reason, end, id of the delegate, when work begins after it. */
type StoredAbsence = readonly [
  reason: Absence['reason'],
  until: number | null,
  delegateId?: string | null,
  backAt?: number | null,
];

interface StoredRotation {
  readonly id: string;
  readonly scale: string;
  readonly since: number | null;
  /** Position in the list of reps (of a list of pools: the pool's id), numerator, received. */
  readonly credits: readonly (readonly [number | string, string, number])[];
}

interface StoredAttempt extends Omit<Attempt, 'considered' | 'rotation' | 'list'> {
  readonly considered: readonly StoredConsidered[];
  readonly omitted?: Readonly<Record<string, number>>;
  /** Of those omitted, who earn. */
  readonly others?: Others;
  /** Of those others, who are listed in an earlier look, with what they weigh: deciding again meets them one by one. */
  readonly met?: readonly (readonly [rep: number, weight: number])[];
  readonly list?: readonly PoolPlace[];
}

type StoredStep = Omit<StepTrace, 'attempts'> & { readonly attempts: readonly StoredAttempt[] };

/** A turn or a charge without what the steps say already. */
type StoredTurn = Omit<Turned, 'rotation' | 'earners'> & { readonly earners?: Earners };

/** A decision as kept in the database: without what the assignment row says already. */
export interface StoredDecision {
  /** Of the configuration it went by. */
  readonly configVersion: number;
  readonly account: Decision['account'];
  readonly beyondCapacity: boolean;
  /** The open lead of the same person, to whose owner it went. */
  readonly duplicateOf?: string;
  /** Reps who were not to get the lead, and why unless they have had it. */
  readonly exclude?: readonly (string | readonly [repId: string, why: Exclusion])[];
  /** The pool it was moved to, past the plan. */
  readonly movedTo?: string;
  /** The pool among whose members it was shared after it had waited. */
  readonly pushedTo?: string;
  /** The step at which it began. */
  readonly fromStep?: string;
  readonly escalation?: Escalation;
  readonly reps: readonly StoredRep[];
  /** Of the reps who were away: position in the list, and why. */
  readonly away?: readonly (readonly [rep: number, absences: readonly StoredAbsence[]])[];
  readonly rotations: readonly StoredRotation[];
  readonly turns: readonly StoredTurn[];
  readonly steps: readonly StoredStep[];
}

/** A decision as read back. */
export interface ReadDecision {
  readonly method: Method;
  readonly configVersion: number;
  readonly account: Decision['account'];
  readonly beyondCapacity: boolean;
  readonly duplicateOf: string | null;
  readonly turns: readonly Omit<Turned, 'rotation'>[];
  readonly steps: readonly ReadStep[];
}

export interface ReadAttempt extends Attempt {
  readonly omitted: Readonly<Record<string, number>>;
}

export interface ReadStep extends Omit<StepTrace, 'attempts'> {
  readonly attempts: readonly ReadAttempt[];
}

const EARNING: ReadonlySet<Reason> = new Set(['CHOSEN', 'NOT_THEIR_TURN', 'TOO_FAR_AHEAD']);
const EARNS_AWAY = -1;

const earns = ([, reason, , , , rank]: StoredConsidered): boolean => EARNING.has(reason) || rank === EARNS_AWAY;

const earnsOf = ({ reason, turn }: Considered): boolean => EARNING.has(reason) || (turn?.share ?? 0) > 0;

/** The circumstances of a decision that deciding again needs. */
export type KeptCircumstances = Pick<
  StoredDecision,
  'duplicateOf' | 'exclude' | 'movedTo' | 'pushedTo' | 'fromStep' | 'escalation'
>;

export const keepExclusions = (exclude: ReadonlyMap<string, Exclusion>): Pick<StoredDecision, 'exclude'> =>
  exclude.size === 0
    ? {}
    : { exclude: Array.from(exclude, ([repId, why]) => (why === 'ALREADY_HAD' ? repId : [repId, why])) };

export const exclusionsIn = ({ exclude = [] }: Pick<StoredDecision, 'exclude'>): ReadonlyMap<string, Exclusion> =>
  new Map(exclude.map((each) => (typeof each === 'string' ? [each, 'ALREADY_HAD'] : each)));

/** The configuration a decision went by. */
export interface DecidedBy {
  readonly configVersion: number;
  readonly settings: Pick<CompiledSettings, 'capsOf'>;
  /** Why a rep was away. */
  readonly absences: (repId: string) => readonly Absence[];
}

/** A decision that is not kept, as one that was is read back. */
export const asRead = (decision: Decision): ReadDecision =>
  readDecision(
    storeDecision(decision, { configVersion: 0, settings: { capsOf: () => [] }, absences: awayIn(decision) }),
    decision.method,
  );

/** Why reps were away, as far as the decision says. */
const awayIn = ({ steps }: Pick<Decision, 'steps'>): DecidedBy['absences'] => {
  const considered = steps.flatMap(({ attempts }) => attempts.flatMap((attempt) => attempt.considered));
  const away = new Map(
    considered.flatMap(({ repId, reason, until }) => (isAbsence(reason) ? [[repId, { reason, until }]] : [])),
  );
  return (repId) => {
    const absence = away.get(repId);
    return absence ? [{ ...absence, delegateId: null }] : [];
  };
};

const isAbsence = (reason: Reason): reason is Absence['reason'] => (ABSENCES as readonly Reason[]).includes(reason);

/** Makes a decision fit to be kept. */
export function storeDecision(
  decision: Decision,
  { configVersion, settings, absences }: DecidedBy,
  circumstances: KeptCircumstances = {},
): StoredDecision {
  const reps: StoredRep[] = [];
  const away: [number, StoredAbsence[]][] = [];
  const positions = new Map<string, number>();
  const positionOf = (repId: string, standing: Standing): number => {
    const known = positions.get(repId);
    if (known !== undefined) return known;
    const { load, lastAssignment, classes } = standing;
    const hasClasses = Object.keys(classes).length > 0;
    const moments = capMoments(settings.capsOf(repId), standing);
    if (moments.length > 0) reps.push([repId, load, lastAssignment, hasClasses ? classes : null, moments]);
    else if (hasClasses) reps.push([repId, load, lastAssignment, classes]);
    else reps.push([repId, load, lastAssignment]);
    positions.set(repId, reps.length - 1);
    const kept = absences(repId).map(({ reason, until, delegateId, backAt }): StoredAbsence => {
      if (backAt !== undefined) return [reason, until, delegateId, backAt];
      return delegateId === null ? [reason, until] : [reason, until, delegateId];
    });
    if (kept.length > 0) away.push([reps.length - 1, kept]);
    return reps.length - 1;
  };
  const steps = decision.steps.map((step) => ({
    ...step,
    attempts: step.attempts.map((attempt) => storeAttempt(attempt, positionOf, positions)),
  }));
  const isTurn = decision.steps.at(-1)?.attempts.at(-1)?.rotation != null;
  const rotations = decision.steps.flatMap(({ stepKey, attempts }) =>
    attempts.flatMap(({ poolId, weightSegment, rotation, list }): StoredRotation[] => [
      ...(rotation && poolId !== null
        ? [storeRotation(poolRotation(poolId, weightSegment), rotation, (id) => positions.get(id))]
        : []),
      ...(list && stepKey !== null ? [storeRotation(listRotation(stepKey), list.rotation, (id) => id)] : []),
    ]),
  );
  return {
    configVersion,
    account: decision.account,
    beyondCapacity: decision.beyondCapacity,
    ...circumstances,
    reps,
    ...(away.length > 0 ? { away } : {}),
    rotations,
    turns: decision.turns.map(({ rotationId, paidBy, value, earners }) => ({
      rotationId,
      paidBy,
      value,
      // Past the rotation no look says who earned.
      ...(isTurn ? {} : { earners: shortened(earners) }),
    })),
    steps,
  };
}

const shortened = ({ listed, others }: Earners): Earners => {
  const rest = listed.slice(MAX_LISTED);
  return {
    listed: listed.slice(0, MAX_LISTED).map(({ id, weight }): Earner => ({ id, weight })),
    others: {
      count: others.count + rest.length,
      weight: rest.reduce((sum, { weight }) => sum + weight, others.weight),
    },
  };
};

function storeAttempt(
  { rotation, list, considered, ...attempt }: Attempt,
  positionOf: (repId: string, standing: Standing) => number,
  positions: ReadonlyMap<string, number>,
): StoredAttempt {
  // Who was next in line comes first; the order of the rest stays.
  const ranked =
    considered.length <= MAX_LISTED
      ? considered
      : considered.toSorted((a, b) => (a.turn?.rank ?? Number.MAX_VALUE) - (b.turn?.rank ?? Number.MAX_VALUE));
  const stored = ranked.slice(0, MAX_LISTED).map((each): StoredConsidered => {
    const position = positionOf(each.repId, each.standing);
    const { reason, limit, bound, turn } = each;
    if (turn === null) return bound === null ? [position, reason, limit] : [position, reason, limit, 0, 0, 0, 0, bound];
    const held = attempt.poolId === null ? 0 : (each.standing.held[attempt.poolId] ?? 0);
    const rank = turn.rank ?? (earnsOf(each) && !EARNING.has(reason) ? EARNS_AWAY : 0);
    const common = [position, reason, limit, turn.weight, turn.tier, rank, held] as const;
    return bound === null ? common : [...common, bound];
  });
  const rest = ranked.slice(MAX_LISTED);
  const omitted: Record<string, number> = {};
  for (const { reason } of rest) omitted[reason] = (omitted[reason] ?? 0) + 1;
  const weightOf = ({ turn }: Considered): number =>
    attempt.strategy === null ? 0 : effectiveWeight(attempt.strategy, turn?.weight ?? 0);
  const earning = rest.filter(earnsOf);
  // Deciding again, those others who were a sum already stay one.
  const { count, weight, lastAssignment = 0 } = rotation?.others ?? { count: 0, weight: 0 };
  const others: Others = {
    count: count + earning.length,
    weight: earning.reduce((sum, each) => sum + weightOf(each), weight),
    lastAssignment: earning
      .filter(({ turn }) => turn?.rank != null)
      .reduce((last, { standing }) => Math.max(last, standing.lastAssignment), lastAssignment),
  };
  const met = earning.flatMap((each) => {
    const position = positions.get(each.repId);
    return position === undefined ? [] : [[position, weightOf(each)] as const];
  });
  return {
    ...attempt,
    considered: stored,
    ...(list ? { list: list.line } : {}),
    ...(rest.length > 0 ? { omitted } : {}),
    ...(others.count > 0 ? { others } : {}),
    ...(met.length > 0 ? { met } : {}),
  };
}

function storeRotation(
  id: string,
  { scale, credits, received, since }: Rotation,
  keyOf: (id: string) => number | string | undefined,
): StoredRotation {
  const stored: [number | string, string, number][] = [];
  for (const [member, credit] of credits) {
    const key = keyOf(member);
    const count = received.get(member) ?? 0;
    if (key !== undefined && (credit !== 0n || count > 0)) stored.push([key, credit.toString(), count]);
  }
  for (const [member, count] of received) {
    const key = keyOf(member);
    if (key !== undefined && count > 0 && !credits.has(member)) stored.push([key, '0', count]);
  }
  return { id, scale: scale.toString(), since, credits: stored };
}

const standingOf = ([, load, lastAssignment, classes, moments]: StoredRep, held: Standing['held'] = {}): Standing => ({
  load,
  lastAssignment,
  held,
  classes: classes ?? {},
  recent: recentOf(moments ?? []),
});

/** The rotations a decision looked at, as far as they were kept. */
export function rotationsIn({ reps, rotations }: StoredDecision): ReadonlyMap<string, Rotation> {
  return new Map(
    rotations.map(({ id, scale, since, credits }): [string, Rotation] => {
      const named = credits.map(
        ([key, credit, received]) =>
          [typeof key === 'number' ? (reps[key]?.[0] ?? '') : key, credit, received] as const,
      );
      return [
        id,
        {
          scale: BigInt(scale),
          since,
          credits: new Map(named.map(([key, credit]) => [key, BigInt(credit)])),
          received: new Map(named.map(([key, , received]) => [key, received])),
        },
      ];
    }),
  );
}

/** Reads a decision back, with the numbers that follow from what was kept. */
export function readDecision(stored: StoredDecision, method: Method): ReadDecision {
  const rotations = rotationsIn(stored);
  const values = new Map(stored.turns.map(({ rotationId, value }) => [rotationId, value]));
  const steps = stored.steps.map((step): ReadStep => {
    const lastOfStep = step.attempts.length - 1;
    return {
      ...step,
      attempts: step.attempts.map((attempt, index) =>
        readAttempt(attempt, stored, rotations, step.stepKey, step.yielded && index === lastOfStep ? values : null),
      ),
    };
  });
  return {
    method,
    configVersion: stored.configVersion,
    account: stored.account,
    beyondCapacity: stored.beyondCapacity,
    duplicateOf: stored.duplicateOf ?? null,
    turns: stored.turns.map(({ earners, ...turn }) => ({
      ...turn,
      earners: earners ?? earnersIn(stored, turn.rotationId),
    })),
    steps,
  };
}

/** Who earned in the attempt that decided. */
function earnersIn({ steps, reps }: StoredDecision, rotationId: string): Earners {
  const last = steps.at(-1);
  const attempt = last?.attempts.at(-1);
  if (last && attempt?.list && last.stepKey !== null && rotationId === listRotation(last.stepKey)) {
    return {
      listed: attempt.list.map(({ poolId, weight }) => ({ id: poolId, weight })),
      others: { count: 0, weight: 0 },
    };
  }
  return {
    listed: (attempt?.considered ?? [])
      .filter(earns)
      .map(([position, , , weight = 0]) => ({ id: reps[position]?.[0] ?? '', weight })),
    others: attempt?.others ?? { count: 0, weight: 0 },
  };
}

function readAttempt(
  { considered, omitted = {}, others, met: _, list, ...attempt }: StoredAttempt,
  { reps, away = [] }: StoredDecision,
  rotations: ReadonlyMap<string, Rotation>,
  stepKey: string | null,
  values: ReadonlyMap<string, number> | null,
): ReadAttempt {
  const rotationId = attempt.poolId === null ? null : poolRotation(attempt.poolId, attempt.weightSegment);
  const rotation = rotationId === null ? null : (rotations.get(rotationId) ?? EMPTY_ROTATION);
  const { strategy } = attempt;
  const effective = (weight: number): number => (strategy === null ? weight : effectiveWeight(strategy, weight));
  const ends = new Map(away);
  const earning = considered.filter(earns);
  const total = earning.reduce((sum, [, , , weight = 0]) => sum + effective(weight), others?.weight ?? 0);
  const isAlone = earning.length + (others?.count ?? 0) <= 1;
  const value = (rotationId === null ? undefined : values?.get(rotationId)) ?? 0;
  const readConsidered = (entry: StoredConsidered): Considered => {
    const [position, reason, limit, ...rest] = entry;
    const until = ends.get(position)?.find(([why]) => why === reason)?.[1] ?? null;
    const [weight = 0, tier = 0, rank = 0, held = 0, bound = null] = rest;
    const stored = reps[position] ?? ['', 0, 0];
    const [repId] = stored;
    const { poolId } = attempt;
    const standing = standingOf(stored, poolId !== null && held > 0 ? { [poolId]: held } : {});
    if (rotation === null) return { repId, reason, standing, limit, bound, until, turn: null };
    const creditBefore = toNumber(rotation, repId);
    const share = earns(entry) && total > 0 ? effective(weight) / total : 0;
    const creditAfter = isAlone ? creditBefore : round(creditBefore + value * share - (rank === 1 ? value : 0));
    const received = rotation.received.get(repId) ?? 0;
    const turn = { weight, tier, share, received, creditBefore, creditAfter, rank: rank > 0 ? rank : null };
    return { repId, reason, standing, limit, bound, until, turn };
  };
  const ofList = stepKey === null ? undefined : rotations.get(listRotation(stepKey));
  return {
    ...attempt,
    rotation,
    list: list ? { rotation: ofList ?? EMPTY_ROTATION, line: list } : null,
    considered: considered.map(readConsidered),
    omitted,
  };
}

/** Of a sum of binary fractions, for people to read. */
const round = (value: number): number => Number(value.toFixed(9));

const toNumber = ({ scale, credits }: Rotation, repId: string): number => {
  const credit = credits.get(repId) ?? 0n;
  return Number((credit * 1_000_000_000n) / scale) / 1_000_000_000;
};

/** The state a decision was made in, as far as it was looked at. */
export interface Snapshot extends RoutingState {
  /** Whether a member of a pool was looked at one by one: the others could not have been chosen. */
  knows(poolId: string, repId: string): boolean;
}

export function snapshotOf(stored: StoredDecision): Snapshot {
  const rotations = new Map(rotationsIn(stored));
  const held = new Map<number, Record<string, number>>();
  const known = new Set<string>();
  const earned = new Set<string>();
  const places = new Map<string, PoolPlace>();
  const nameOf = (poolId: string, position: number): string => `${poolId}/${stored.reps[position]?.[0]}`;
  for (const { stepKey, attempts } of stored.steps) {
    for (const { via, poolId, weightSegment, considered, others, met = [], list = [] } of attempts) {
      for (const place of list) places.set(`${listRotation(stepKey ?? '')}/${via}/${place.poolId}`, place);
      if (poolId === null) continue;
      for (const [position, , , , , rank, count = 0] of considered) {
        known.add(nameOf(poolId, position));
        if (rank === EARNS_AWAY) earned.add(nameOf(poolId, position));
        if (count > 0) held.set(position, { ...held.get(position), [poolId]: count });
      }
      for (const [position] of met) {
        known.add(nameOf(poolId, position));
        earned.add(nameOf(poolId, position));
      }
      if (!others) continue;
      const id = poolRotation(poolId, weightSegment);
      const weight = met.reduce((rest, [, each]) => rest - each, others.weight);
      rotations.set(id, {
        ...(rotations.get(id) ?? EMPTY_ROTATION),
        others: { ...others, count: others.count - met.length, weight },
      });
    }
  }
  const standings = new Map(
    stored.reps.map((rep, position): [string, Standing] => [rep[0], standingOf(rep, held.get(position))]),
  );
  const absences = new Map(
    (stored.away ?? []).map(([position, list]): [string, Absence[]] => [
      stored.reps[position]?.[0] ?? '',
      list.map(
        ([reason, until, delegateId = null, backAt]): Absence =>
          backAt === undefined ? { reason, until, delegateId } : { reason, until, delegateId, backAt },
      ),
    ]),
  );
  return {
    absences: (repId) => absences.get(repId) ?? [],
    rep: (repId) => standings.get(repId) ?? NEW_STANDING,
    rotation: (id) => rotations.get(id) ?? EMPTY_ROTATION,
    placeInList: (rotationId, via, poolId) => places.get(`${rotationId}/${via}/${poolId}`),
    earnedAway: (poolId, repId) => earned.has(`${poolId}/${repId}`),
    knows: (poolId, repId) => known.has(`${poolId}/${repId}`),
  };
}
