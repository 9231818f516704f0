import type { Attempt, Considered, Decision, Reason, TieBreak } from './decision.ts';
import type { RoutingConfiguration } from './routingConfiguration.ts';

/** Names that a sentence may need, by id. */
type Names = Pick<RoutingConfiguration, 'reps' | 'pools' | 'territories' | 'accounts'>;

/** Passed-over reps beyond this many are counted, not named. */
const MAX_NAMED = 3;

/**
 * One sentence that says who, by which step, and why: `Territory "west" → Ada Stone: her credit was highest …; Bob
 * Hill passed over (open 50 of 50).`
 */
export function decisionSummary(decision: Decision, names: Names): string {
  const nameOf = (repId: string): string => names.reps.byId.get(repId)?.name ?? 'a former rep';
  const last = decision.steps.at(-1);
  const attempt = last?.attempts.at(-1);
  const passed = (last?.attempts ?? []).flatMap(({ considered }) => considered.filter(isPassedOver));
  const parts = [
    `${origin(decision, names)} → ${nameOf(decision.repId)}`,
    ...(attempt ? why(decision, attempt, names) : []),
    ...(decision.beyondCapacity ? ['taken beyond capacity'] : []),
    ...(passed.length > 0 ? [passedOver(passed, nameOf)] : []),
  ];
  const earlier = decision.steps.slice(0, -1).map(({ stepKey }) => stepKey);
  if (earlier.length > 0) parts.push(`nobody could take it in ${earlier.slice(0, MAX_NAMED).join(', ')}`);
  return `${parts.join('; ')}.`;
}

const isPassedOver = ({ reason }: Considered): boolean => reason !== 'CHOSEN' && reason !== 'NOT_THEIR_TURN';

function origin(decision: Decision, names: Names): string {
  const account = decision.account && names.accounts.byId.get(decision.account.id)?.name;
  switch (decision.method) {
    case 'ACCOUNT_OWNER':
      return `Owner of the account ${account}`;
    case 'NAMED_ACCOUNT':
      return `Owner of the named account ${account}`;
    case 'TERRITORY': {
      const territory = decision.territoryId && names.territories.byId.get(decision.territoryId)?.name;
      return territory ? `Territory ${territory}` : `Step ${decision.stepKey}`;
    }
    case 'FALLBACK':
      return 'Last resort';
    case 'MANUAL':
      return 'By hand';
    default:
      return `Step ${decision.stepKey}`;
  }
}

const VIA: Readonly<Record<Attempt['via'], string>> = {
  TARGET: '',
  BACKUP_POOL: 'backup ',
  ASSIGN_ANYWAY: 'although away, ',
  MANAGER: 'manager, since nobody else could',
  LAST_RESORT: 'takes what no step could place',
};

const TIE: Readonly<Record<TieBreak, string>> = {
  ONLY_ONE: 'the only one who could',
  DEADLINE: 'most urgent by weight and credit',
  CREDIT: 'highest credit',
  LOAD: 'lowest load',
  WEIGHT: 'credits level, the heavier weight',
  WAITED: 'credits level, has waited longest',
  POSITION: 'credits level, first in the pool',
};

/** Nothing where the step names the rep itself. */
function why(decision: Decision, attempt: Attempt, names: Names): string[] {
  if (attempt.via === 'MANAGER' || attempt.via === 'LAST_RESORT') return [VIA[attempt.via]];
  const pool = attempt.poolId && names.pools.byId.get(attempt.poolId)?.name;
  if (!pool) return attempt.code === 'OWNER_LEFT' ? ['manager of the owner, who has left'] : [];
  const turn = attempt.considered.find(({ repId }) => repId === decision.repId)?.turn;
  const credit =
    turn && turn.share < 1 ? ` (credit ${(turn.creditBefore).toFixed(2)} → ${turn.creditAfter.toFixed(2)})` : '';
  return [`${VIA[attempt.via]}pool ${pool}, ${TIE[attempt.tieBreak ?? 'ONLY_ONE']}${credit}`];
}

const REASONS: Readonly<Record<Reason, (considered: Considered) => string>> = {
  CHOSEN: () => 'chosen',
  NOT_THEIR_TURN: () => 'not their turn',
  LOWER_TIER: ({ turn }) => `tier ${turn?.tier}, served later`,
  AT_CAPACITY: ({ load, limit }) => `open ${load} of ${limit}`,
  PAUSED: () => 'paused',
  LEFT: () => 'has left',
  WEIGHT_ZERO: () => 'weight 0',
  DOES_NOT_FIT: () => 'does not fit',
  OWNER_EQUALS_LEAD: () => 'the lead’s own address',
};

function passedOver(passed: readonly Considered[], nameOf: (repId: string) => string): string {
  const named = passed.slice(0, MAX_NAMED).map((each) => `${nameOf(each.repId)} (${REASONS[each.reason](each)})`);
  const more = passed.length - named.length;
  return `passed over: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
