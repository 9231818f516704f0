import { type AccountMatch, ownerOf } from './accounts.ts';
import { ABSENCES, type Absence, type AbsenceReason, DECLARED, DEFAULT_SKIPS, withStatus } from './availability.ts';
import type { FairnessWindow, PoolMember, Queue, Rep } from './configuration.ts';
import type {
  Attempt,
  AttemptVia,
  Bound,
  Considered,
  Decision,
  PoolPlace,
  Reason,
  StepCode,
  StepTrace,
  Turned,
  WaitsFor,
} from './decision.ts';
import { type RoutableLead, UNKNOWN_LEAD } from './lead.ts';
import { localTime } from './localTime.ts';
import {
  alignRotation,
  type Candidate,
  creditOf,
  type Earners,
  effectiveWeight,
  inWindow,
  type Place,
  type Rotation,
  type Turn,
  takeTurn,
} from './rotation.ts';
import {
  type CompiledPlan,
  type CompiledPool,
  type CompiledStep,
  type RoutingConfiguration,
  weightIn,
} from './routingConfiguration.ts';
import { countOf, reachedCap, type Standing } from './standing.ts';
import type { TerritoryMatch } from './territories.ts';

/** What changes with every lead, as it stands before this one. */
export interface RoutingState {
  rep(repId: string): Standing;
  /** Why a rep is away at a moment (in ms since 1970), apart from their status; empty for who is there. */
  absences(repId: string, at: number): readonly Absence[];
  /** By `poolRotation` or `listRotation`; empty for one that has not turned yet. */
  rotation(id: string): Rotation;
  /** What a pool of a list weighed, where that is known and not who of its members could have taken the lead. */
  placeInList?(rotationId: string, via: AttemptVia, poolId: string): ListPlace | undefined;
  /** Whether a member who was away earned, where that is known and not what all the others weighed. */
  earnedAway?(poolId: string, repId: string): boolean;
}

/** What a pool brings to its list: what it weighs, and how many of its members could take the lead. */
export type ListPlace = Pick<PoolPlace, 'weight' | 'eligible'>;

/** The rotation of a pool, or of its leads of one segment that has weights of its own. */
export const poolRotation = (poolId: string, weightSegment: string | null): string =>
  weightSegment === null ? poolId : `${poolId}/${weightSegment}`;

/** The rotation of the pools in a step's list. */
export const listRotation = (stepKey: string): string => `step/${stepKey}`;

/** Why somebody is not to get a lead again. */
export type Exclusion = Extract<Reason, 'ALREADY_HAD' | 'DECLINED' | 'TIMED_OUT'>;

/** Circumstances of a decision. */
export interface Circumstances {
  /** The moment, in ms since 1970. */
  readonly at: number;
  /** Reps who are not to get the lead, by id. */
  readonly exclude?: ReadonlyMap<string, Exclusion>;
  /** Key of the step at which to begin; at the top without, or where the plan has no such step. */
  readonly fromStep?: string;
}

/** One lead on its way through the plan. */
interface Case extends Circumstances {
  readonly lead: RoutableLead;
  readonly configuration: RoutingConfiguration;
  readonly state: RoutingState;
  readonly account: AccountMatch | null;
  readonly territory: TerritoryMatch | null;
  readonly cost: number;
  readonly classes: readonly string[];
}

/** What a look at a target came to. */
interface Look {
  readonly attempt: Attempt;
  readonly taken: Taken | null;
}

interface Taken {
  readonly repId: string;
  readonly beyondCapacity: boolean;
  readonly value: number;
  readonly turns: readonly Turned[];
  readonly queue: Decision['queue'];
}

/**
 * Decides who gets a lead: the first step of the plan that matches and yields a rep, else the last resort. Pure: the
 * same lead, configuration, state and circumstances give the same decision.
 *
 * @throws Error when no plan is published
 */
export function decide(
  lead: RoutableLead,
  configuration: RoutingConfiguration,
  state: RoutingState,
  circumstances: Circumstances,
): Decision {
  const { plan } = configuration;
  if (plan === null) throw new Error('no plan is published');
  const of = caseOf(lead, configuration, state, circumstances);
  const steps: StepTrace[] = [];
  const { fromStep } = circumstances;
  const begin = fromStep === undefined ? 0 : plan.steps.findIndex(({ key }) => key === fromStep);
  for (const position of plan.candidates(lead, of.at)) {
    if (position < begin) continue;
    const step = plan.steps[position] as CompiledStep;
    const looks = tryStep(step, of);
    if (looks === null) continue;
    const taken = looks.at(-1)?.taken ?? null;
    const attempts = looks.map(({ attempt }) => attempt);
    steps.push({ stepKey: step.key, kind: step.kind, yielded: taken !== null, attempts });
    if (taken === null) continue;
    const last = attempts.at(-1);
    return {
      ...common(of),
      ...taken,
      ...(taken.queue === null ? {} : WAITING),
      method: taken.queue === null ? step.kind : 'QUEUE',
      stepKey: step.key,
      poolId: taken.turns.length === 0 ? null : (last?.poolId ?? null),
      territoryId: territoryOf(step, of),
      offerSeconds: taken.queue === null && last && OFFERING.has(last.via) ? step.offerSeconds : null,
      steps,
    };
  }
  const { attempt, taken } = lastResort(plan, of);
  steps.push({ stepKey: null, kind: null, yielded: true, attempts: [attempt] });
  const nowhere = { stepKey: null, poolId: null, territoryId: null, offerSeconds: null };
  return { ...common(of), ...taken, method: 'FALLBACK', ...nowhere, steps };
}

const territoryOf = ({ target }: CompiledStep, { territory }: Case): string | null =>
  target.kind === 'TERRITORY' ? (territory?.territory.id ?? null) : null;

/** A lead that waits takes no place of anybody's. */
const WAITING = { cost: 0, classes: [] } as const;

/** Whoever answers for others is given the lead and not asked. */
const OFFERING: ReadonlySet<AttemptVia> = new Set(['TARGET', 'HORIZON', 'BACKUP_POOL', 'ASSIGN_ANYWAY', 'DELEGATE']);

/** From where a lead is taken that nobody has acted upon. */
export interface Escalation {
  /** The step that routed it; null for none. */
  readonly stepKey: string | null;
  readonly ownerId: string;
  /** The pool that routed it; null for none. */
  readonly poolId: string | null;
  /** Whether the owner's backup comes before the others of the step. */
  readonly backupFirst: boolean;
}

/**
 * Who gets a lead next upon which its owner has not acted: somebody of the step that routed it, else the owner's backup,
 * else a manager of theirs; never who is excluded. Null where there is nobody: the lead stays.
 */
export function escalate(
  lead: RoutableLead,
  configuration: RoutingConfiguration,
  state: RoutingState,
  circumstances: Circumstances,
  { stepKey, ownerId, poolId, backupFirst }: Escalation,
): Decision | null {
  const of = caseOf(lead, configuration, state, circumstances);
  const { byId } = configuration.reps;
  const step = configuration.plan?.steps.find(({ key }) => key === stepKey) ?? null;
  const owner = byId.get(ownerId);
  const backup = byId.get(owner?.backupId ?? '');
  const inStep = (): Look[] => (step === null ? [] : lookAgain(step, of));
  const atBackup = (): Look[] => (backup ? [lookAtRep(backup, of, 'BACKUP', NO_RULES)] : []);
  const atManager = (): Look[] => {
    const look = owner ? managerOf([single(owner, of, because('ALREADY_HAD'))], of) : null;
    return look ? [look] : [];
  };
  const looks: Look[] = [];
  for (const ways of backupFirst ? [atBackup, inStep, atManager] : [inStep, atBackup, atManager]) {
    looks.push(...ways());
    const taken = looks.at(-1)?.taken;
    if (!taken) continue;
    const attempts = looks.map(({ attempt }) => attempt);
    const last = attempts.at(-1);
    return {
      ...common(of),
      ...taken,
      method: 'ESCALATION',
      stepKey: step?.key ?? null,
      poolId: taken.turns.length === 0 ? poolId : (last?.poolId ?? null),
      territoryId: step === null ? null : territoryOf(step, of),
      offerSeconds: null,
      steps: [{ stepKey: step?.key ?? null, kind: step?.kind ?? null, yielded: true, attempts }],
    };
  }
  return null;
}

/** A step's target and backup once more, whatever its condition; for a queue, those who could have claimed from it. */
function lookAgain(step: CompiledStep, of: Case): Look[] {
  try {
    const queueKey = queueOf(step);
    const pool = queueKey === null ? undefined : poolOfQueue(queueKey, of);
    const own = (step.target.kind === 'QUEUE' ? null : lookAtTarget(step, of)) ?? [];
    if (own.at(-1)?.taken) return own;
    const { whenNobody: next } = step;
    const backup = next.kind === 'BACKUP_POOL' ? of.configuration.pools.byKey.get(next.pool) : undefined;
    if (backup) return [...own, lookAtPool(backup, of, 'BACKUP_POOL', NO_RULES)];
    return pool ? [...own, lookAtPool(pool, of, 'QUEUE', NO_RULES)] : own;
  } catch {
    return [nobody('STEP_ERROR')];
  }
}

const queueOf = ({ target, whenNobody: next }: CompiledStep): string | null =>
  target.kind === 'QUEUE' ? target.queue : next.kind === 'QUEUE' ? next.queue : null;

const poolOfQueue = (key: string, { configuration }: Case): CompiledPool | undefined =>
  configuration.pools.byId.get(configuration.queues.byKey.get(key)?.poolId ?? '');

/** Who of a pool gets a lead that has waited for it; null where nobody can take it. */
export function push(
  lead: RoutableLead,
  pool: CompiledPool,
  stepKey: string | null,
  configuration: RoutingConfiguration,
  state: RoutingState,
  circumstances: Circumstances,
): Decision | null {
  const of = caseOf(lead, configuration, state, circumstances);
  const step = configuration.plan?.steps.find(({ key }) => key === stepKey);
  // What fits nobody who is there does not come to fit them by waiting.
  const { attempt, taken } = lookAtPool(pool, of, 'QUEUE', step ? stepRules(step, of) : NO_RULES);
  if (taken === null) return null;
  const kind = step?.kind ?? null;
  return {
    ...common(of),
    ...taken,
    method: kind ?? 'REASSIGNMENT',
    stepKey: kind === null ? null : stepKey,
    poolId: pool.id,
    territoryId: null,
    offerSeconds: null,
    steps: [{ stepKey: kind === null ? null : stepKey, kind, yielded: true, attempts: [attempt] }],
  };
}

/** Why a rep cannot take a lead of a pool; null if they can. */
export function obstacleIn(
  pool: CompiledPool,
  repId: string,
  lead: RoutableLead,
  configuration: RoutingConfiguration,
  state: RoutingState,
  circumstances: Circumstances,
): Reason | null {
  const of = caseOf(lead, configuration, state, circumstances);
  const rep = configuration.reps.byId.get(repId);
  const member = pool.members.find((each) => each.repId === repId);
  if (!rep || !member) return 'DOES_NOT_FIT';
  // Whoever claims is there.
  const rules: Rules = { ...NO_RULES, away: 'IGNORE' };
  return (unsuitable(rep, of, rules) ?? limitsIn(pool, member, rep, of))?.reason ?? null;
}

/** Ids of the members of a pool who could take some lead now and stand foremost. */
export function whoCanTakeAny(
  pool: CompiledPool,
  configuration: RoutingConfiguration,
  state: RoutingState,
  at: number,
): readonly string[] {
  const of = caseOfAny(configuration, state, at);
  // Who weighs nothing but in some segment can take a lead of that.
  const members = pool.members.map((member) => ({
    ...member,
    weight: Math.max(member.weight, ...pool.weightSegments.map((segment) => weightIn(member, segment))),
  }));
  return sift({ ...pool, members, weightSegments: [] }, of, NO_RULES).eligible.map(({ id }) => id);
}

/**
 * The decision behind an assignment that no step has made: by hand, to the same person's owner, as it was brought in.
 * It may pass the rep's limits, and says so.
 */
export function decideWithoutStep(
  lead: RoutableLead,
  configuration: RoutingConfiguration,
  state: RoutingState,
  circumstances: Circumstances,
  made: Pick<Decision, 'repId' | 'method'> &
    Partial<Pick<Decision, 'planVersion' | 'stepKey' | 'poolId' | 'territoryId' | 'value' | 'turns'>>,
): Decision {
  const of = caseOf(lead, configuration, state, circumstances);
  const rep = configuration.reps.byId.get(made.repId);
  return {
    ...common(of),
    stepKey: null,
    poolId: null,
    territoryId: null,
    beyondCapacity: rep !== undefined && limited(rep, of, state.rep(rep.id), true) !== null,
    value: 1,
    turns: [],
    queue: null,
    offerSeconds: null,
    steps: [],
    ...made,
  };
}

/** What a decision says of the lead, whoever gets it. */
const common = ({ configuration, account, cost, classes }: Case) => ({
  planVersion: configuration.plan?.version ?? 0,
  account: account && { id: account.account.id, by: account.by },
  cost,
  classes,
});

function caseOf(
  lead: RoutableLead,
  configuration: RoutingConfiguration,
  state: RoutingState,
  circumstances: Circumstances,
): Case {
  const { accounts, territories, settings } = configuration;
  const { at } = circumstances;
  return {
    ...circumstances,
    lead,
    configuration,
    state,
    account: accounts.match(lead),
    territory: territories.match(lead),
    ...holdingOf(lead, settings, at),
  };
}

/** What a lead takes up of its owner's limits. A segment that fails at run time counts for nothing: intake never fails. */
function holdingOf(
  lead: RoutableLead,
  settings: RoutingConfiguration['settings'],
  at: number,
): Pick<Case, 'cost' | 'classes'> {
  const attempt = <Value>(work: () => Value, otherwise: Value): Value => {
    try {
      return work();
    } catch {
      return otherwise;
    }
  };
  return {
    cost: attempt(() => settings.costOf(lead, at), 1),
    classes: attempt(() => settings.classesOf(lead, at), []),
  };
}

/** Null when the step does not match. A step that fails is skipped with STEP_ERROR: intake never fails for it. */
function tryStep(step: CompiledStep, of: Case): Look[] | null {
  try {
    if (!step.matches(of.lead, of.at)) return null;
    const own = lookAtTarget(step, of);
    if (own === null) return null;
    const submitter = step.keepWithSubmitter ? lookAtSubmitter(of) : null;
    if (submitter?.taken) return [submitter];
    const looks = submitter ? [submitter, ...own] : own;
    if (own.at(-1)?.taken) return looks;
    const later = lookAtHorizon(step, of, own);
    if (later?.taken) return [...looks, later];
    const last = whenNobody(step, of, own);
    return last === null ? looks : [...looks, last];
  } catch {
    return [nobody('STEP_ERROR')];
  }
}

/** The looks at a step's own target. Null when that is an account's or territory's, and none of that kind matched. */
function lookAtTarget(step: CompiledStep, of: Case): Look[] | null {
  const { target } = step;
  const { reps, pools } = of.configuration;
  switch (target.kind) {
    case 'REP': {
      const rep = reps.byKey.get(target.rep);
      return [rep ? lookAtRep(rep, of, 'TARGET', stepRules(step, of)) : nobody('TARGET_UNKNOWN')];
    }
    case 'POOL': {
      const pool = pools.byKey.get(target.pool);
      return [pool ? lookAtPool(pool, of, 'TARGET', stepRules(step, of)) : nobody('TARGET_UNKNOWN')];
    }
    case 'POOLS':
      return lookAtPools(step, target, of);
    case 'TERRITORY': {
      const { territory } = of;
      if (territory === null) return null;
      const pool = pools.byId.get(territory.poolId ?? '');
      if (pool) return [lookAtPool(pool, of, 'TARGET', stepRules(step, of))];
      const rep = reps.byId.get(territory.repId ?? '');
      return [rep ? lookAtRep(rep, of, 'TARGET', stepRules(step, of)) : nobody('TARGET_UNKNOWN')];
    }
    case 'QUEUE':
      return [lookAtQueue(target.queue, of, 'TARGET', 'CLAIM')];
    case 'ACCOUNT_OWNER': {
      const { account } = of;
      if (account === null || account.account.kind !== (step.kind === 'NAMED_ACCOUNT' ? 'NAMED' : 'CUSTOMER'))
        return null;
      const owner = reps.byId.get(ownerOf(account.account, of.configuration.accounts) ?? '');
      return owner ? lookAtOwner(owner, step, of) : [nobody('OWNER_UNKNOWN')];
    }
  }
}

/** Who is back first within the horizon of the step's pool, where it has one. */
function lookAtHorizon(step: CompiledStep, of: Case, own: readonly Look[]): Look | null {
  const rules: Rules = { ...stepRules(step, of), away: 'BACK_FIRST' };
  const { byId, byKey } = of.configuration.pools;
  if (step.target.kind === 'POOLS') {
    const looksAhead = step.target.pools.some(({ pool }) => byKey.get(pool)?.horizonHours != null);
    return looksAhead ? (lookAtPools(step, step.target, of, rules).at(-1) ?? null) : null;
  }
  const pool = byId.get(own[0]?.attempt.poolId ?? '');
  return pool?.horizonHours == null ? null : lookAtPool(pool, of, 'HORIZON', rules);
}

/** The step's last look, after nobody in its target could take the lead. */
function whenNobody(step: CompiledStep, of: Case, own: readonly Look[]): Look | null {
  const { pools, reps } = of.configuration;
  const considered = own.flatMap(({ attempt }) => attempt.considered);
  switch (step.whenNobody.kind) {
    case 'NEXT_STEP':
      return null;
    case 'BACKUP_POOL': {
      const pool = pools.byKey.get(step.whenNobody.pool);
      return pool ? lookAtPool(pool, of, 'BACKUP_POOL', NO_RULES) : nobody('TARGET_UNKNOWN', 'BACKUP_POOL');
    }
    case 'ASSIGN_ANYWAY': {
      const rules: Rules =
        step.target.kind === 'ACCOUNT_OWNER'
          ? { ...NO_RULES, away: 'LEAST' }
          : { ...stepRules(step, of), away: 'LEAST' };
      if (step.target.kind === 'POOLS') return lookAtPools(step, step.target, of, rules).at(-1) ?? null;
      const pool = pools.byId.get(own[0]?.attempt.poolId ?? '');
      const rep = reps.byId.get(considered[0]?.repId ?? '');
      if (pool) return lookAtPool(pool, of, 'ASSIGN_ANYWAY', rules);
      return rep ? lookAtRep(rep, of, 'ASSIGN_ANYWAY', rules) : null;
    }
    case 'QUEUE':
      return lookAtQueue(step.whenNobody.queue, of, 'QUEUE', 'SOMEONE');
    case 'MANAGER':
      return managerOf(considered, of);
  }
}

/** Lets the lead wait in a queue. Whoever answers for it takes it whatever their availability or load. */
function lookAtQueue(key: string, of: Case, via: AttemptVia, waitsFor: WaitsFor): Look {
  const queue: Queue | undefined = of.configuration.queues.byKey.get(key);
  const rep = of.configuration.reps.byId.get(queue?.responsibleId ?? '');
  if (!queue || !rep) return nobody('TARGET_UNKNOWN', via);
  const isOwn = of.lead.email !== null && of.lead.email === rep.email;
  const obstacle = rep.status === 'LEFT' ? because('LEFT') : isOwn ? because('OWNER_EQUALS_LEAD') : null;
  const { attempt, taken } = one(rep, of, via, obstacle);
  return { attempt, taken: taken && { ...taken, beyondCapacity: false, queue: { id: queue.id, waitsFor } } };
}

/** What a step asks of reps, for one lead. */
interface Rules {
  readonly fits: ((rep: Rep) => boolean) | null;
  readonly prefers: ((rep: Rep) => boolean) | null;
  readonly compare: ((a: Rep, b: Rep) => number) | null;
  /**
   * What becomes of who is away: SKIP, passed over; LEAST, who is least away takes it if nobody is there; BACK_FIRST, who
   * is back first within the pool's horizon; IGNORE, as if they were there.
   */
  readonly away: 'SKIP' | 'LEAST' | 'BACK_FIRST' | 'IGNORE';
}

const NO_RULES: Rules = { fits: null, prefers: null, compare: null, away: 'SKIP' };

const stepRules = ({ fitsLead, prefersForLead, compareReps }: CompiledStep, { lead, at }: Case): Rules => ({
  fits: fitsLead?.(lead, at) ?? null,
  prefers: prefersForLead?.(lead, at) ?? null,
  compare: compareReps,
  away: 'SKIP',
});

const lookWithout = (
  via: AttemptVia,
  code: StepCode | null,
  considered: readonly Considered[],
  pool: InPool = NO_POOL,
): Look => ({
  attempt: { via, ...pool, list: null, code, considered, tieBreak: null },
  taken: null,
});

type InPool = Pick<Attempt, 'poolId' | 'strategy' | 'weightSegment' | 'rotation'>;

const NO_POOL: InPool = { poolId: null, strategy: null, weightSegment: null, rotation: null };

const nobody = (code: StepCode, via: AttemptVia = 'TARGET'): Look => lookWithout(via, code, []);

const limitOf = (rep: Rep, of: Case): number => rep.capacity ?? of.configuration.settings.defaultCapacity;

/** Why a rep cannot take this lead. */
interface Obstacle {
  readonly reason: Reason;
  readonly bound: Bound | null;
  /** When an absence ends, where that is known. */
  readonly until: number | null;
}

const because = (reason: Reason, bound: Bound | null = null): Obstacle => ({ reason, bound, until: null });

/** Why a rep cannot have this lead whatever their limits; null if they can. */
function unsuitable(rep: Rep, of: Case, rules: Rules, skips = DEFAULT_SKIP_SET): Obstacle | null {
  if (rep.status === 'LEFT') return because('LEFT');
  const exclusion = of.exclude?.get(rep.id);
  if (exclusion !== undefined) return because(exclusion);
  if (of.lead.email !== null && of.lead.email === rep.email) return because('OWNER_EQUALS_LEAD');
  if (rules.fits !== null && !rules.fits(rep)) return because('DOES_NOT_FIT');
  return rules.away === 'SKIP' ? awayFor(absencesOf(rep, of, skips)) : null;
}

const DEFAULT_SKIP_SET: ReadonlySet<AbsenceReason> = new Set(DEFAULT_SKIPS);

/** What keeps a rep away, as far as it counts, the most lasting first. */
function absencesOf(rep: Rep, { state, at }: Case, skips: ReadonlySet<AbsenceReason>): readonly Absence[] {
  const absences = state.absences(rep.id, at);
  const all = withStatus(absences, rep.status);
  return all.length === 0 ? all : all.filter(({ reason }) => skips.has(reason));
}

const awayFor = ([first]: readonly Absence[]): Obstacle | null =>
  first ? { reason: first.reason, bound: null, until: first.until } : null;

/** How far somebody is from being there; 0 for who is, infinite for who is too far. Who has less comes first. */
function distanceOf(absences: readonly Absence[], rules: Rules, at: number, horizonHours: number): number {
  const [first] = absences;
  if (!first || rules.away === 'IGNORE') return 0;
  if (rules.away === 'LEAST') return ABSENCES.length - ABSENCES.indexOf(first.reason);
  const back = Math.max(...absences.map(({ until, backAt = until }) => backAt ?? Number.POSITIVE_INFINITY));
  return back <= at + horizonHours * HOUR_MS ? back : Number.POSITIVE_INFINITY;
}

const HOUR_MS = 3_600_000;

/** Which of a rep's own limits is reached; null for none. */
function limited(rep: Rep, of: Case, standing: Standing, limitsCapacity: boolean): Obstacle | null {
  const { settings } = of.configuration;
  if (limitsCapacity && standing.load + of.cost > limitOf(rep, of)) return because('AT_CAPACITY');
  for (const segment of of.classes) {
    const limit = [...rep.classLimits, ...settings.classLimits].find((each) => each.segment === segment)?.limit;
    const count = countOf(standing.classes, segment);
    if (limit !== undefined && count + 1 > limit) return because('AT_CLASS_LIMIT', { count, limit, of: segment });
  }
  const caps = settings.capsOf(rep.id);
  const cap = caps.length === 0 ? null : reachedCap(caps, standing, of.at);
  return cap && because('RATE_CAPPED', { count: cap.leads, limit: cap.leads, of: cap.per });
}

/** Takes the one rep a step names, if they can. */
function lookAtRep(rep: Rep, of: Case, via: AttemptVia, rules: Rules): Look {
  const standing = of.state.rep(rep.id);
  return one(rep, of, via, unsuitable(rep, of, rules) ?? limited(rep, of, standing, true));
}

/** One rep considered by themselves: taken unless there is an obstacle. */
function one(rep: Rep, of: Case, via: AttemptVia, obstacle: Obstacle | null, code: StepCode | null = null): Look {
  const standing = of.state.rep(rep.id);
  return {
    attempt: {
      via,
      ...NO_POOL,
      list: null,
      code,
      considered: [single(rep, of, obstacle ?? because('CHOSEN'))],
      tieBreak: obstacle === null ? 'ONLY_ONE' : null,
    },
    taken:
      obstacle === null
        ? { repId: rep.id, beyondCapacity: limited(rep, of, standing, true) !== null, value: 1, turns: [], queue: null }
        : null,
  };
}

const single = (rep: Rep, of: Case, obstacle: Obstacle): Considered => ({
  repId: rep.id,
  ...obstacle,
  standing: of.state.rep(rep.id),
  limit: limitOf(rep, of),
  turn: null,
});

/** The rep who entered the lead; null where none did. */
function lookAtSubmitter(of: Case): Look | null {
  const rep = of.configuration.reps.byId.get(of.lead.enteredById ?? '');
  return rep ? lookAtRep(rep, of, 'SUBMITTER', NO_RULES) : null;
}

/**
 * An account's owner, beyond their limits unless the step says otherwise. Who is away for a short while keeps it. Who is
 * away as declared is stood in for by the delegate, who has left by the manager.
 */
function lookAtOwner(owner: Rep, step: CompiledStep, of: Case): Look[] {
  const rules: Rules = { ...NO_RULES, away: step.ownerAway === 'KEEP' ? 'IGNORE' : 'SKIP' };
  const obstacle = unsuitable(owner, of, rules, DECLARED);
  if (obstacle?.reason === 'LEFT') {
    const left = single(owner, of, obstacle);
    const { attempt, taken } = managerOf([left], of) ?? lookWithout('MANAGER', null, []);
    return [
      {
        attempt: { ...attempt, via: 'TARGET', code: 'OWNER_LEFT', considered: [left, ...attempt.considered] },
        taken,
      },
    ];
  }
  const binding = obstacle ?? (step.ownerBeyondCapacity ? null : limited(owner, of, of.state.rep(owner.id), true));
  const look = one(owner, of, 'TARGET', binding);
  const isAway = obstacle !== null && DECLARED.has(obstacle.reason as AbsenceReason);
  if (!isAway || step.ownerAway !== 'DELEGATE') return [look];
  const named = absencesOf(owner, of, DECLARED).find(({ delegateId }) => delegateId !== null)?.delegateId;
  const { byId } = of.configuration.reps;
  const standIns = [named, owner.backupId].flatMap((id) => byId.get(id ?? '') ?? []);
  const delegate = standIns.find(({ status }) => status !== 'LEFT') ?? standIns[0];
  return delegate ? [look, lookAtRep(delegate, of, 'DELEGATE', NO_RULES)] : [look];
}

/** The manager of the first who has one, and on up the chain, to the first who can take the lead. */
function managerOf(considered: readonly Considered[], of: Case): Look | null {
  const { byId } = of.configuration.reps;
  const start = considered.map(({ repId }) => byId.get(repId)).find((rep) => rep?.managerId != null);
  if (!start) return null;
  const tried: Considered[] = [];
  const seen = new Set([start.id]);
  for (let at = byId.get(start.managerId ?? ''); at && !seen.has(at.id); at = byId.get(at.managerId ?? '')) {
    seen.add(at.id);
    const look = lookAtRep(at, of, 'MANAGER', NO_RULES);
    tried.push(...look.attempt.considered);
    if (look.taken) return { attempt: { ...look.attempt, considered: tried }, taken: look.taken };
  }
  return lookWithout('MANAGER', null, tried);
}

/** Who of a pool could take the lead, and who was passed over. */
export interface Sifted {
  readonly weightSegment: string | null;
  /** Who could take it and stands foremost: they alone earn of it. */
  readonly eligible: readonly Candidate[];
  readonly tier: number;
  readonly passed: readonly Passed[];
  /** Who of those passed over earns all the same: away as declared, and caught up with. */
  readonly earning: readonly Candidate[];
}

interface Passed {
  readonly candidate: Candidate;
  readonly tier: number;
  readonly obstacle: Obstacle;
}

function sift(pool: CompiledPool, of: Case, rules: Rules): Sifted {
  const { fits: _, prefers, compare } = rules;
  const { byId } = of.configuration.reps;
  const weightSegment = pool.weightSegments.length === 0 ? null : pool.weightSegmentOf(of.lead, of.at);
  const passed: Passed[] = [];
  const able: Able[] = [];
  const caughtUp: (Passed & { readonly rep: Rep })[] = [];
  const isCaughtUp = ({ reason }: Obstacle): boolean =>
    pool.catchUp !== 'NONE' && DECLARED.has(reason as AbsenceReason);
  let highestOfPool = Number.NEGATIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const [position, member] of pool.members.entries()) {
    const rep = byId.get(member.repId);
    if (!rep) continue;
    const standing = of.state.rep(rep.id);
    const weight = weightIn(member, weightSegment);
    const { load, lastAssignment } = standing;
    const candidate: Candidate = { id: rep.id, weight, position, lastAssignment, load, limit: limitOf(rep, of) };
    const unfit = weight === 0 ? because('WEIGHT_ZERO') : unsuitable(rep, of, rules, pool.skipped);
    const obstacle = unfit ?? limitsIn(pool, member, rep, of);
    const preferred = prefers?.(rep) ?? false;
    const tier = member.tier + (preferred ? 1 : 0);
    if (obstacle !== null) {
      passed.push({ candidate, tier: member.tier, obstacle });
      if (isCaughtUp(obstacle) && limitsIn(pool, member, rep, of) === null) {
        caughtUp.push({ candidate, tier, obstacle, rep });
      }
      continue;
    }
    const absences = rules.away === 'SKIP' ? NOT_AWAY : absencesOf(rep, of, pool.skipped);
    const distance = absences.length === 0 ? 0 : distanceOf(absences, rules, of.at, pool.horizonHours ?? 0);
    able.push({ candidate, tier, rep, preferred, absences, distance });
  }
  const nearest = nearestOf(able);
  for (const { tier, preferred, distance } of able) {
    if (distance !== nearest) continue;
    const own = tier - (preferred ? 1 : 0);
    if (own > highestOfPool) highestOfPool = own;
    if (tier > highest) highest = tier;
  }
  const foremost =
    compare === null
      ? null
      : firstOf(
          able.filter(({ tier, distance }) => tier === highest && distance === nearest),
          compare,
        );
  const eligible: Candidate[] = [];
  for (const { candidate, tier, rep, preferred, absences, distance } of able) {
    if (distance !== nearest || nearest === Number.POSITIVE_INFINITY) {
      const obstacle = awayFor(absences) ?? because('NOT_THEIR_TURN');
      passed.push({ candidate, tier, obstacle });
      if (isCaughtUp(obstacle)) caughtUp.push({ candidate, tier, obstacle, rep });
    } else if (tier < highest) {
      // Who would stand in front but for the preference.
      const reason = !preferred && tier === highestOfPool ? 'NOT_PREFERRED' : 'LOWER_TIER';
      passed.push({ candidate, tier, obstacle: because(reason) });
    } else if (foremost !== null && compare !== null && compare(rep, foremost) > 0) {
      passed.push({ candidate, tier, obstacle: because('ORDERED_BEHIND') });
    } else eligible.push(candidate);
  }
  // Who would not be among the foremost if they were there has nothing to catch up with.
  const earning = caughtUp
    .filter(({ tier, rep }) => tier === highest && (foremost === null || compare?.(rep, foremost) === 0))
    .map(({ candidate }) => candidate);
  return { weightSegment, eligible, tier: highest, passed, earning };
}

interface Able {
  readonly candidate: Candidate;
  readonly tier: number;
  readonly rep: Rep;
  readonly preferred: boolean;
  /** Those that were not held against them. */
  readonly absences: readonly Absence[];
  readonly distance: number;
}

const NOT_AWAY: readonly Absence[] = [];

const nearestOf = (able: readonly Able[]): number =>
  able.reduce((least, { distance }) => (distance < least ? distance : least), Number.POSITIVE_INFINITY);

/** Which limit keeps a member from one more lead of a pool; null for none. */
function limitsIn(pool: CompiledPool, member: PoolMember, rep: Rep, of: Case): Obstacle | null {
  const standing = of.state.rep(rep.id);
  return (
    limited(rep, of, standing, pool.limitsCapacity) ??
    heldTooMany(member.capacity ?? pool.memberCapacity, standing.held[pool.id] ?? 0)
  );
}

const firstOf = (able: readonly { readonly rep: Rep }[], compare: (a: Rep, b: Rep) => number): Rep | null =>
  able.reduce<Rep | null>((first, { rep }) => (first === null || compare(rep, first) < 0 ? rep : first), null);

const heldTooMany = (limit: number | null, count: number): Obstacle | null =>
  limit !== null && count + 1 > limit ? because('AT_POOL_CAPACITY', { count, limit, of: null }) : null;

/** Who earns of a lead that is given by hand to a member of a pool: those who could have taken it as a new one. */
export function earnersOf(
  pool: CompiledPool,
  lead: RoutableLead,
  configuration: RoutingConfiguration,
  state: RoutingState,
  circumstances: Circumstances,
): { readonly rotationId: string; readonly rotation: Rotation; readonly eligible: readonly Candidate[] } {
  const of = caseOf(lead, configuration, state, circumstances);
  const { eligible, earning, weightSegment } = sift(pool, of, NO_RULES);
  const rotationId = poolRotation(pool.id, weightSegment);
  const rotation = current(pool, rotationId, of);
  const away = whoEarnsAway(pool, eligible, earning, rotation, pool.valueOf(lead, of.at), state);
  return { rotationId, rotation, eligible: [...eligible, ...away] };
}

/** How a pool would choose for a lead that anybody could take. */
export function attemptIn(
  pool: CompiledPool,
  weightSegment: string | null,
  configuration: RoutingConfiguration,
  state: RoutingState,
  at: number,
): { readonly considered: readonly Considered[]; readonly rotation: Rotation } {
  const of = caseOfAny(configuration, state, at);
  const chosen = weightSegment === null ? [] : [weightSegment];
  const { attempt } = lookAtPool(
    { ...pool, weightSegments: chosen, weightSegmentOf: () => weightSegment },
    of,
    'TARGET',
    NO_RULES,
  );
  return { considered: attempt.considered, rotation: current(pool, poolRotation(pool.id, weightSegment), of) };
}

/** A lead of which nothing is known. */
const caseOfAny = (configuration: RoutingConfiguration, state: RoutingState, at: number): Case => ({
  lead: UNKNOWN_LEAD,
  configuration,
  state,
  at,
  account: null,
  territory: null,
  cost: 1,
  classes: [],
});

/** A pool's rotation as its fairness window has it. */
const current = (pool: CompiledPool, rotationId: string, { state, at, configuration }: Case): Rotation =>
  inWindow(state.rotation(rotationId), windowBegan(pool.fairnessWindow, at, configuration.settings.timeZone), at);

const windowBegan = (window: FairnessWindow, at: number, timeZone: string): number | null =>
  window === 'NEVER' ? null : localTime(at, timeZone).began[window];

/** Lets the pool's rotation choose among those who can take the lead. */
function lookAtPool(pool: CompiledPool, of: Case, via: AttemptVia, rules: Rules): Look {
  const { weightSegment, eligible, tier, passed, earning } = sift(pool, of, rules);
  const rotationId = poolRotation(pool.id, weightSegment);
  const rotation = current(pool, rotationId, of);
  const place = (
    { id, weight, limit }: Candidate,
    obstacle: Obstacle,
    turn: Pick<NonNullable<Considered['turn']>, 'tier' | 'share' | 'creditBefore' | 'creditAfter' | 'rank'>,
  ): Considered => {
    const received = rotation.received.get(id) ?? 0;
    return { repId: id, ...obstacle, standing: of.state.rep(id), limit, turn: { weight, received, ...turn } };
  };
  const passOver = (credits: ReadonlyMap<string, Place>): Considered[] =>
    passed.map(({ candidate, tier: own, obstacle }) => {
      const credit = creditOf(rotation, candidate.id);
      const { share, creditAfter } = credits.get(candidate.id) ?? { share: 0, creditAfter: credit };
      return place(candidate, obstacle, { tier: own, share, creditBefore: credit, creditAfter, rank: null });
    });
  const named: InPool = { poolId: pool.id, strategy: pool.strategy, weightSegment, rotation };
  if (eligible.length === 0) {
    return lookWithout(via, pool.members.length === 0 ? 'POOL_EMPTY' : null, passOver(new Map()), named);
  }
  const value = pool.valueOf(of.lead, of.at);
  const away = whoEarnsAway(pool, eligible, earning, rotation, value, of.state);
  const turn = takeTurn(pool.strategy, eligible, rotation, value, pool.maxAhead, {
    away,
    isPaced: pool.catchUp !== 'NONE',
  });
  const inTurn = ({ candidate, ...credits }: Place, reason: Reason, rank: number | null): Considered =>
    place(candidate, because(reason), { tier, ...credits, rank });
  const line = turn.line.map((each, index) => inTurn(each, index === 0 ? 'CHOSEN' : 'NOT_THEIR_TURN', index + 1));
  const [chosen] = line as [Considered];
  const considered = [
    ...line,
    ...turn.ahead.map((each) => inTurn(each, 'TOO_FAR_AHEAD', null)),
    ...passOver(new Map(turn.away.map((each) => [each.candidate.id, each]))),
  ];
  const rep = of.configuration.reps.byId.get(chosen.repId) as Rep;
  return {
    attempt: { via, ...named, list: null, code: null, considered, tieBreak: turn.tieBreak },
    taken: {
      repId: chosen.repId,
      // Possible only where the pool measures capacity without limiting.
      beyondCapacity: !pool.limitsCapacity && limited(rep, of, of.state.rep(rep.id), true) !== null,
      value,
      turns: [turned(rotationId, turn, [...eligible, ...away], rotation, value)],
      queue: null,
    },
  };
}

/** Who of those who are away and caught up with goes on earning: nobody past the leads they may catch up with. */
function whoEarnsAway(
  pool: CompiledPool,
  eligible: readonly Candidate[],
  earning: readonly Candidate[],
  { scale, credits }: Rotation,
  value: number,
  state: RoutingState,
): readonly Candidate[] {
  if (pool.catchUp !== 'BOUNDED' || earning.length === 0) return earning;
  const weightOf = ({ weight }: Candidate): bigint => BigInt(effectiveWeight(pool.strategy, weight));
  const most = BigInt(pool.catchUpLeads * (pool.strategy === 'VALUE_BALANCED' ? pool.defaultValue : 1)) * scale;
  const there = eligible.reduce((sum, candidate) => sum + weightOf(candidate), 0n);
  return earning.filter((candidate) => {
    const known = state.earnedAway?.(pool.id, candidate.id);
    if (known !== undefined) return known;
    // The largest share they can have: whoever else earns makes it smaller.
    const total = there + weightOf(candidate);
    const earned = BigInt(value) * scale * weightOf(candidate);
    return (credits.get(candidate.id) ?? 0n) * total + earned <= most * total;
  });
}

const turned = (
  rotationId: string,
  { line, rotation: after }: Turn,
  eligible: readonly Candidate[],
  { others = { count: 0, weight: 0 } }: Rotation,
  value: number,
): Turned => {
  const earners: Earners = { listed: eligible, others };
  return { rotationId, rotation: after, paidBy: line[0]?.candidate.id ?? '', value, earners };
};

/** @param listed what the list says that it weighs; null for what its eligible members weigh together */
function placeOf(pool: CompiledPool, listed: number | null, of: Case, rules: Rules): ListPlace {
  const { eligible } = sift(pool, of, rules);
  const heads = (): number => eligible.reduce((sum, { weight }) => sum + effectiveWeight(pool.strategy, weight), 0);
  return { weight: listed ?? heads(), eligible: eligible.length };
}

const VIA_OF = { SKIP: 'TARGET', LEAST: 'ASSIGN_ANYWAY', BACK_FIRST: 'HORIZON', IGNORE: 'TARGET' } as const;

/** Lets the pools of a list take turns, then the reps of the one whose turn it is. */
function lookAtPools(
  step: CompiledStep,
  { pools: list, share }: Extract<CompiledStep['target'], { kind: 'POOLS' }>,
  of: Case,
  rules: Rules = stepRules(step, of),
): Look[] {
  const via = VIA_OF[rules.away];
  const rotationId = listRotation(step.key);
  const looks: Look[] = [];
  const able: { readonly pool: CompiledPool; readonly eligible: number; readonly candidate: Candidate }[] = [];
  for (const [position, { pool: key, weight: listed }] of list.entries()) {
    const pool = of.configuration.pools.byKey.get(key);
    if (!pool) {
      looks.push(nobody('TARGET_UNKNOWN', via));
      continue;
    }
    const { weight, eligible } =
      of.state.placeInList?.(rotationId, via, pool.id) ??
      placeOf(pool, share === 'PER_HEAD' ? null : listed, of, rules);
    if (eligible === 0) looks.push(lookAtPool(pool, of, via, rules));
    // Pools wait by their turns in the list alone.
    else
      able.push({ pool, eligible, candidate: { id: pool.id, weight, position, lastAssignment: 0, load: 0, limit: 1 } });
  }
  if (able.length === 0) return looks;
  const members = list.flatMap(({ pool, weight }) => {
    const id = of.configuration.pools.byKey.get(pool)?.id;
    return id === undefined ? [] : [{ id, weight }];
  });
  const stored = of.state.rotation(rotationId);
  // A list changes with the plan, so its rotation is brought in line when it is next used.
  const rotation = [...stored.credits.keys()].every((id) => members.some((member) => member.id === id))
    ? stored
    : alignRotation(stored, 'WEIGHTED', members);
  const candidates = able.map(({ candidate }) => candidate);
  const turn = takeTurn('WEIGHTED', candidates, rotation, 1);
  const winner = able.find(({ pool }) => pool.id === turn.line[0]?.candidate.id) as (typeof able)[number];
  const { attempt, taken } = lookAtPool(winner.pool, of, via, rules);
  const inList = turn.line.map(({ candidate, ...place }): PoolPlace => {
    const eligible = able.find(({ pool }) => pool.id === candidate.id)?.eligible ?? 0;
    return { poolId: candidate.id, weight: candidate.weight, eligible, ...place };
  });
  return [
    ...looks,
    {
      attempt: { ...attempt, list: { rotation, line: inList } },
      taken: taken && { ...taken, turns: [turned(rotationId, turn, candidates, rotation, 1), ...taken.turns] },
    },
  ];
}

/** The first of the chain who has not left, whatever their availability or load; the last one if all have. */
function lastResort(plan: CompiledPlan, of: Case): { attempt: Attempt; taken: Taken } {
  const chain = plan.lastResort.map((key) => of.configuration.reps.byKey.get(key)).filter((rep) => rep !== undefined);
  const obstacleOf = (rep: Rep): Obstacle | null => unsuitable(rep, of, { ...NO_RULES, away: 'IGNORE' });
  const rep =
    chain.find((each) => obstacleOf(each) === null) ?? chain.find((each) => each.status !== 'LEFT') ?? chain.at(-1);
  if (!rep) throw new Error('the published plan has no last resort');
  const { attempt, taken } = one(rep, of, 'LAST_RESORT', null);
  const passed = chain
    .slice(0, chain.indexOf(rep))
    .map((each) => single(each, of, obstacleOf(each) ?? because('NOT_THEIR_TURN')));
  return { attempt: { ...attempt, considered: [...passed, ...attempt.considered] }, taken: taken as Taken };
}
