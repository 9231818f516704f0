import type { AccountMatch } from './accounts.ts';
import type { Pool, Rep } from './configuration.ts';
import type { Attempt, Considered, Decision, Reason, StepCode, StepTrace } from './decision.ts';
import type { RoutableLead } from './lead.ts';
import { type Candidate, creditOf, type Rotation, takeTurn } from './rotation.ts';
import type { CompiledPlan, CompiledStep, RoutingConfiguration } from './routingConfiguration.ts';
import type { TerritoryMatch } from './territories.ts';

/** What changes with every lead, as it stands before this one. */
export interface RoutingState {
  rep(repId: string): { readonly load: number; readonly lastAssignment: number };
  rotation(poolId: string): Rotation;
}

/** One lead on its way through the plan. */
interface Case {
  readonly lead: RoutableLead;
  readonly configuration: RoutingConfiguration;
  readonly state: RoutingState;
  readonly account: AccountMatch | null;
  readonly territory: TerritoryMatch | null;
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
  readonly rotation: Rotation | null;
}

/**
 * Decides who gets a lead: the first step of the plan that matches and yields a rep, else the last resort. Pure: the
 * same lead, configuration and state give the same decision.
 *
 * @throws Error when no plan is published
 */
export function decide(lead: RoutableLead, configuration: RoutingConfiguration, state: RoutingState): Decision {
  const { plan } = configuration;
  if (plan === null) throw new Error('no plan is published');
  const account = configuration.accounts.match(lead);
  const territory = configuration.territories.match(lead);
  const of: Case = { lead, configuration, state, account, territory };
  const common = {
    planVersion: plan.version,
    account: account && { id: account.account.id, by: account.by },
  };
  const steps: StepTrace[] = [];
  for (const step of plan.candidates(lead)) {
    const looks = tryStep(step, of);
    if (looks === null) continue;
    const taken = looks.at(-1)?.taken ?? null;
    const attempts = looks.map(({ attempt }) => attempt);
    steps.push({ stepKey: step.key, kind: step.kind, yielded: taken !== null, attempts });
    if (taken === null) continue;
    return {
      ...common,
      ...taken,
      method: step.kind,
      stepKey: step.key,
      poolId: taken.rotation === null ? null : (attempts.at(-1)?.poolId ?? null),
      territoryId: step.target.kind === 'TERRITORY' ? (territory?.territory.id ?? null) : null,
      steps,
    };
  }
  const { attempt, taken } = lastResort(plan, of);
  steps.push({ stepKey: null, kind: null, yielded: true, attempts: [attempt] });
  return { ...common, ...taken, method: 'FALLBACK', stepKey: null, poolId: null, territoryId: null, steps };
}

/** Null when the step does not match. A step that fails is skipped with STEP_ERROR: intake never fails for it. */
function tryStep(step: CompiledStep, of: Case): Look[] | null {
  try {
    if (!step.matches(of.lead)) return null;
    const look = lookAtTarget(step, of);
    if (look === null || look.taken !== null) return look && [look];
    const second = whenNobody(step, of, look.attempt);
    return second === null ? [look] : [look, second];
  } catch {
    return [nobody('STEP_ERROR')];
  }
}

/** Null when the target is an account's or territory's, and none of that kind matched. */
function lookAtTarget(step: CompiledStep, of: Case): Look | null {
  const { target } = step;
  const { reps, pools } = of.configuration;
  switch (target.kind) {
    case 'REP': {
      const rep = reps.byKey.get(target.rep);
      return rep ? lookAtRep(rep, of, step) : nobody('TARGET_UNKNOWN');
    }
    case 'POOL': {
      const pool = pools.byKey.get(target.pool);
      return pool ? lookAtPool(pool, of, step) : nobody('TARGET_UNKNOWN');
    }
    case 'TERRITORY': {
      const { territory } = of;
      if (territory === null) return null;
      const pool = pools.byId.get(territory.poolId ?? '');
      if (pool) return lookAtPool(pool, of, step);
      const rep = reps.byId.get(territory.repId ?? '');
      return rep ? lookAtRep(rep, of, step) : nobody('TARGET_UNKNOWN');
    }
    case 'ACCOUNT_OWNER': {
      const { account } = of;
      if (account === null || account.account.kind !== (step.kind === 'NAMED_ACCOUNT' ? 'NAMED' : 'CUSTOMER'))
        return null;
      const owner = reps.byId.get(account.account.ownerId ?? '');
      return owner ? lookAtOwner(owner, of) : nobody('OWNER_UNKNOWN');
    }
  }
}

/** The step's second look, after nobody in its target could take the lead. */
function whenNobody(step: CompiledStep, of: Case, first: Attempt): Look | null {
  const { pools } = of.configuration;
  switch (step.whenNobody.kind) {
    case 'NEXT_STEP':
      return null;
    case 'BACKUP_POOL': {
      const pool = pools.byKey.get(step.whenNobody.pool);
      const look = pool ? lookAtPool(pool, of, null) : nobody('TARGET_UNKNOWN');
      return { ...look, attempt: { ...look.attempt, via: 'BACKUP_POOL' } };
    }
    case 'ASSIGN_ANYWAY': {
      const pool = pools.byId.get(first.poolId ?? '');
      const rep = of.configuration.reps.byId.get(first.considered[0]?.repId ?? '');
      const look = pool ? lookAtPool(pool, of, step, true) : rep ? lookAtRep(rep, of, step, true) : null;
      return look && { ...look, attempt: { ...look.attempt, via: 'ASSIGN_ANYWAY' } };
    }
    case 'MANAGER':
      return managerOf(first.considered, of);
  }
}

const lookWithout = (code: StepCode | null, considered: readonly Considered[], poolId: string | null = null): Look => ({
  attempt: { via: 'TARGET', poolId, code, considered, tieBreak: null },
  taken: null,
});

const nobody = (code: StepCode): Look => lookWithout(code, []);

const limitOf = (rep: Rep, of: Case): number => rep.capacity ?? of.configuration.defaultCapacity;

/** Why a rep cannot take this lead at all; null if they can. */
function obstacle(
  rep: Rep,
  of: Case,
  load: number,
  fits: ((rep: Rep) => boolean) | null,
  evenIfAway: boolean,
): Reason | null {
  if (rep.status === 'LEFT') return 'LEFT';
  if (of.lead.email !== null && of.lead.email === rep.email) return 'OWNER_EQUALS_LEAD';
  if (fits !== null && !fits(rep)) return 'DOES_NOT_FIT';
  if (rep.status === 'PAUSED' && !evenIfAway) return 'PAUSED';
  return load + 1 > limitOf(rep, of) ? 'AT_CAPACITY' : null;
}

/** Takes the one rep a step names, if they can. */
function lookAtRep(rep: Rep, of: Case, step: CompiledStep | null, evenIfAway = false): Look {
  const { load } = of.state.rep(rep.id);
  const reason = obstacle(rep, of, load, step?.fits?.(of.lead) ?? null, evenIfAway);
  return one(rep, of, reason, reason === null ? 'CHOSEN' : reason);
}

/** One rep considered by themselves: taken unless there is an obstacle. */
function one(rep: Rep, of: Case, obstacle: Reason | null, reason: Reason, code: StepCode | null = null): Look {
  const { load } = of.state.rep(rep.id);
  const limit = limitOf(rep, of);
  return {
    attempt: {
      via: 'TARGET',
      poolId: null,
      code,
      considered: [{ repId: rep.id, reason, load, limit, turn: null }],
      tieBreak: obstacle === null ? 'ONLY_ONE' : null,
    },
    taken: obstacle === null ? { repId: rep.id, beyondCapacity: load + 1 > limit, value: 1, rotation: null } : null,
  };
}

/** An account's owner: taken beyond capacity; who has left is stood in for by the manager. */
function lookAtOwner(owner: Rep, of: Case): Look {
  const { load } = of.state.rep(owner.id);
  const reason = obstacle(owner, of, load, null, false);
  if (reason !== 'LEFT') {
    const binds = reason !== null && reason !== 'AT_CAPACITY' ? reason : null;
    return one(owner, of, binds, binds ?? 'CHOSEN');
  }
  const left: Considered = { repId: owner.id, reason: 'LEFT', load, limit: limitOf(owner, of), turn: null };
  const { attempt, taken } = managerOf([left], of) ?? lookWithout(null, []);
  return {
    attempt: { ...attempt, via: 'TARGET', code: 'OWNER_LEFT', considered: [left, ...attempt.considered] },
    taken,
  };
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
    const look = lookAtRep(at, of, null);
    tried.push(...look.attempt.considered);
    if (look.taken) return { attempt: { ...look.attempt, via: 'MANAGER', considered: tried }, taken: look.taken };
  }
  const look = lookWithout(null, tried);
  return { ...look, attempt: { ...look.attempt, via: 'MANAGER' } };
}

/** Called for each member who is passed over. */
type Pass = (candidate: Candidate, tier: number, reason: Reason) => void;

/** The members who could take the lead and stand in the highest tier with anyone: they alone earn of it. */
function sift(
  pool: Pool,
  of: Case,
  fits: ((rep: Rep) => boolean) | null,
  evenIfAway: boolean,
  pass: Pass,
): { readonly eligible: readonly Candidate[]; readonly tier: number } {
  const able: { readonly candidate: Candidate; readonly tier: number }[] = [];
  let highest = Number.NEGATIVE_INFINITY;
  for (const [position, { repId, weight, tier }] of pool.members.entries()) {
    const rep = of.configuration.reps.byId.get(repId);
    if (!rep) continue;
    const { load, lastAssignment } = of.state.rep(repId);
    const candidate = { repId, weight, position, lastAssignment, load, limit: limitOf(rep, of) };
    const reason = weight === 0 ? 'WEIGHT_ZERO' : obstacle(rep, of, load, fits, evenIfAway);
    if (reason !== null) {
      pass(candidate, tier, reason);
      continue;
    }
    able.push({ candidate, tier });
    highest = Math.max(highest, tier);
  }
  const eligible: Candidate[] = [];
  for (const { candidate, tier } of able) {
    if (tier === highest) eligible.push(candidate);
    else pass(candidate, tier, 'LOWER_TIER');
  }
  return { eligible, tier: highest };
}

/** Who earns of a lead that is given by hand to a member of a pool: those who could have taken it as a new one. */
export const earnersOf = (
  pool: Pool,
  lead: RoutableLead,
  configuration: RoutingConfiguration,
  state: RoutingState,
): readonly Candidate[] =>
  sift(pool, { lead, configuration, state, account: null, territory: null }, null, false, () => {}).eligible;

/** Lets the pool's rotation choose among those who can take the lead. */
function lookAtPool(pool: Pool, of: Case, step: CompiledStep | null, evenIfAway = false): Look {
  const rotation = of.state.rotation(pool.id);
  const considered: Considered[] = [];
  const pass: Pass = ({ repId, load, limit, weight, lastAssignment }, tier, reason) => {
    const credit = creditOf(rotation, repId);
    const received = rotation.received.get(repId) ?? 0;
    const credits = { creditBefore: credit, creditAfter: credit };
    const turn = { weight, tier, share: 0, received, ...credits, lastAssignment, rank: null };
    considered.push({ repId, reason, load, limit, turn });
  };
  const { eligible, tier } = sift(pool, of, step?.fits?.(of.lead) ?? null, evenIfAway, pass);
  if (eligible.length === 0) return lookWithout(pool.members.length === 0 ? 'POOL_EMPTY' : null, considered, pool.id);

  const value = leadValue(of.lead, pool);
  const turn = takeTurn(pool.strategy, eligible, rotation, value);
  const line = turn.line.map(
    ({ candidate, ...place }, index): Considered => ({
      repId: candidate.repId,
      reason: index === 0 ? 'CHOSEN' : 'NOT_THEIR_TURN',
      load: candidate.load,
      limit: candidate.limit,
      turn: {
        weight: candidate.weight,
        tier,
        ...place,
        received: rotation.received.get(candidate.repId) ?? 0,
        lastAssignment: candidate.lastAssignment,
        rank: index + 1,
      },
    }),
  );
  const [chosen] = line as [Considered];
  return {
    attempt: {
      via: 'TARGET',
      poolId: pool.id,
      code: null,
      considered: [...line, ...considered],
      tieBreak: turn.tieBreak,
    },
    taken: { repId: chosen.repId, beyondCapacity: false, value, rotation: turn.rotation },
  };
}

/** What whoever takes the lead pays: 1 by number; in VALUE_BALANCED the score, at least 1, or the pool's default. */
export const leadValue = (lead: Pick<RoutableLead, 'score'>, pool: Pool): number =>
  pool.strategy === 'VALUE_BALANCED' ? Math.max(1, Math.round(lead.score ?? pool.defaultValue)) : 1;

/** The first of the chain who has not left, whatever their availability or load; the last one if all have. */
function lastResort(plan: CompiledPlan, of: Case): { attempt: Attempt; taken: Taken } {
  const chain = plan.lastResort.map((key) => of.configuration.reps.byKey.get(key)).filter((rep) => rep !== undefined);
  const suitable = chain.find((rep) => rep.status !== 'LEFT' && rep.email !== of.lead.email);
  const rep = suitable ?? chain.find((each) => each.status !== 'LEFT') ?? chain.at(-1);
  if (!rep) throw new Error('the published plan has no last resort');
  const { attempt, taken } = one(rep, of, null, 'CHOSEN');
  const passed = chain.slice(0, chain.indexOf(rep)).map((each): Considered => {
    const { load } = of.state.rep(each.id);
    const reason = each.status === 'LEFT' ? 'LEFT' : 'OWNER_EQUALS_LEAD';
    return { repId: each.id, reason, load, limit: limitOf(each, of), turn: null };
  });
  return {
    attempt: { ...attempt, via: 'LAST_RESORT', considered: [...passed, ...attempt.considered] },
    taken: taken as Taken,
  };
}
