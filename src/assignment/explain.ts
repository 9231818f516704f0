import type { Assignment, Lead } from '../db/generated/client.ts';
import { decide, escalate, push } from '../domain/decide.ts';
import type { Decision, StepTrace } from '../domain/decision.ts';
import type { Language } from '../domain/decisionSummary.ts';
import { whyNot } from '../domain/explainCondition.ts';
import type { RoutableLead } from '../domain/lead.ts';
import type { Step } from '../domain/plan.ts';
import { compilePools, planOfPool, type RoutingConfiguration } from '../domain/routingConfiguration.ts';
import { toRoutable } from './carryOut.ts';
import {
  exclusionsIn,
  type ReadDecision,
  readDecision,
  type Snapshot,
  type StoredDecision,
  snapshotOf,
  storeDecision,
} from './storedDecision.ts';
import type { Basis } from './submit.ts';

/** What a decision was made of. */
export interface Decided {
  readonly lead: Lead;
  readonly assignment: Assignment;
  readonly stored: StoredDecision;
}

/** A step before the deciding one that did not match. */
export interface Unmatched {
  readonly stepKey: string;
  /** `country is FR, not DE or AT`. */
  readonly why: string;
}

/** Gives the configuration and the plan that decided; null when that version of the plan is no more. */
export type LoadConfiguration = (configVersion: number, planVersion: number) => Promise<RoutingConfiguration | null>;

/** Null for decisions that no plan has made. */
const configurationOf = (
  { assignment: { planVersion }, stored }: Decided,
  load: LoadConfiguration,
): Promise<RoutingConfiguration | null> =>
  planVersion === null || stored.steps.length === 0 ? Promise.resolve(null) : load(stored.configVersion, planVersion);

/** What a decision that was kept was made of. */
export const basisOf = (decided: Decided, load: LoadConfiguration): Basis => ({
  lead: toRoutable(decided.lead),
  derived: decided.lead.derived as Basis['derived'],
  at: decided.assignment.assignedAt.getTime(),
  configuration: async () => (decided.stored.movedTo === undefined ? configurationOf(decided, load) : null),
});

/** Why the steps before the deciding one did not match, in their order; worked out of the configuration as it was then. */
export async function unmatchedSteps(
  { lead, at, configuration }: Basis,
  decision: { readonly stepKey: string | null; readonly steps: readonly Pick<StepTrace, 'stepKey'>[] },
  language: Language,
  limit: number,
): Promise<readonly Unmatched[]> {
  const decidedBy = await configuration();
  if (!decidedBy?.plan) return [];
  const matched = new Set(decision.steps.map(({ stepKey }) => stepKey));
  const unmatched: Unmatched[] = [];
  for (const step of decidedBy.plan.steps) {
    if (unmatched.length === limit || step.key === decision.stepKey) break;
    if (matched.has(step.key)) continue;
    const why =
      whyNot(step.condition, lead, at, decidedBy.segments, language) ?? noTarget(step, lead, decidedBy, language);
    unmatched.push({ stepKey: step.key, why });
  }
  return unmatched;
}

/** Why a step whose condition holds had no target. */
function noTarget(step: Step, lead: RoutableLead, { accounts }: RoutingConfiguration, language: Language): string {
  const words = NO_TARGET[language];
  if (step.target.kind === 'TERRITORY') return words.territory;
  const match = accounts.match(lead);
  return match === null ? words.account : words.kind[match.account.kind];
}

const NO_TARGET = {
  EN: {
    territory: 'no territory matches',
    account: 'no account is known',
    kind: { CUSTOMER: 'the account is a customer, no named one', NAMED: 'the account is a named one, no customer' },
  },
  DE: {
    territory: 'kein Gebiet passt',
    account: 'kein Kunde ist bekannt',
    kind: { CUSTOMER: 'ist Kunde, kein Zielkunde', NAMED: 'ist Zielkunde, kein Kunde' },
  },
} as const;

/** What deciding again came to. */
export interface Replay {
  /** Whether there was anything to decide: by hand, by the same person's owner, or by name there is not. */
  readonly replayed: boolean;
  readonly same: boolean;
  /** Where it differs from what is stored. */
  readonly differences: readonly string[];
  readonly decision: ReadDecision & Pick<Decision, 'repId' | 'planVersion' | 'stepKey' | 'poolId' | 'territoryId'>;
}

/**
 * Decides again from what was kept: the lead, the configuration of that version, the state as far as it was looked at.
 * @returns null when that configuration is no more
 */
export async function replayDecision(decided: Decided, load: LoadConfiguration): Promise<Replay | null> {
  const { assignment, stored } = decided;
  const { repId, planVersion, stepKey, poolId, territoryId, method } = assignment;
  const kept = { ...readDecision(stored, method), repId, planVersion: planVersion ?? 0, stepKey, poolId, territoryId };
  // What an erased lead was decided by is no more.
  if (stored.steps.length === 0 || decided.lead.erasedAt !== null)
    return { replayed: false, same: true, differences: [], decision: kept };
  const configuration = await configurationOf(decided, load);
  if (configuration === null) return null;
  const snapshot = snapshotOf(stored);
  const at = assignment.assignedAt.getTime();
  const again = decideAgain(decided, configuration, snapshot, at);
  const decidedBy = {
    ...configuration,
    configVersion: stored.configVersion,
    absences: (rep: string) => snapshot.absences(rep, at),
  };
  const readAgain = {
    ...readDecision(storeDecision(again, decidedBy), method),
    repId: again.repId,
    planVersion: again.planVersion,
    stepKey: again.stepKey,
    poolId: again.poolId,
    territoryId: again.territoryId,
  };
  const differences = differencesOf(kept, readAgain);
  return { replayed: true, same: differences.length === 0, differences, decision: readAgain };
}

function decideAgain(
  { lead, assignment, stored }: Decided,
  configuration: RoutingConfiguration,
  snapshot: Snapshot,
  at: number,
): Decision {
  // Members who were only counted could not have been chosen; their earning is in the snapshot's rotations.
  const pools = compilePools(
    Array.from(configuration.pools.byId.values(), (pool) => ({
      ...pool,
      members: pool.members.filter(({ repId }) => snapshot.knows(pool.id, repId)),
    })),
    configuration.segments,
  );
  const plan = stored.movedTo === undefined ? configuration.plan : planOfPool(configuration, stored.movedTo);
  const { pushedTo, fromStep, escalation } = stored;
  const circumstances = { at, exclude: exclusionsIn(stored), ...(fromStep === undefined ? {} : { fromStep }) };
  const known = { ...configuration, pools, plan };
  const routable = toRoutable(lead);
  if (escalation !== undefined) return found(escalate(routable, known, snapshot, circumstances, escalation));
  const pool = pools.byId.get(pushedTo ?? '');
  if (pool) return found(push(routable, pool, assignment.stepKey, known, snapshot, circumstances));
  return decide(routable, known, snapshot, circumstances);
}

function found(decision: Decision | null): Decision {
  if (decision === null) throw new Error('what was decided then is not to be decided now');
  return decision;
}

type Comparable = Replay['decision'];

function differencesOf(kept: Comparable, again: Comparable): string[] {
  const told = (decision: Comparable) => ({
    owner: decision.repId,
    step: decision.stepKey,
    pool: decision.poolId,
    pools: decision.steps
      .at(-1)
      ?.attempts.at(-1)
      ?.list?.line.map(({ poolId, creditBefore, creditAfter }) => [poolId, creditBefore, creditAfter]),
    steps: decision.steps.map(({ stepKey, yielded, attempts }) => ({
      stepKey,
      yielded,
      attempts: attempts.map(({ via, considered }) => ({
        via,
        considered: considered.map(({ repId, reason, turn }) => [
          repId,
          reason,
          turn?.rank ?? null,
          turn?.creditBefore ?? null,
          turn?.creditAfter ?? null,
        ]),
      })),
    })),
  });
  const [before, after] = [told(kept), told(again)];
  return (Object.keys(before) as (keyof typeof before)[]).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}
