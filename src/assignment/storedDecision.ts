import type { Attempt, Considered, Decision, Method, StepTrace } from '../domain/decision.ts';

/*
 * Decisions are stored compactly: a pool of seven with names spelt out for each member is 1.9 KB of JSON, as rows of
 * values 0.8 KB, and they are the largest thing written for a lead.
 */

/** Members of a pool beyond this many are counted by reason and not listed: a pool of 5,000 would be 0.5 MB a lead. */
const MAX_LISTED = 100;

type StoredConsidered = readonly [
  repId: string,
  reason: Considered['reason'],
  load: number,
  limit: number,
  ...turn:
    | []
    | [
        weight: number,
        tier: number,
        share: number,
        received: number,
        creditBefore: number,
        creditAfter: number,
        lastAssignment: number,
        rank: number | null,
      ],
];

type StoredAttempt = Omit<Attempt, 'considered'> & {
  readonly considered: readonly StoredConsidered[];
  /** How many more were passed over, by reason. */
  readonly omitted?: Readonly<Record<string, number>>;
};

type StoredStep = Omit<StepTrace, 'attempts'> & { readonly attempts: readonly StoredAttempt[] };

/** A decision as kept in the database: without what the assignment row says already. */
export interface StoredDecision {
  readonly account: Decision['account'];
  readonly beyondCapacity: boolean;
  readonly summary: string;
  readonly steps: readonly StoredStep[];
}

/** A decision as read back. */
export interface ReadDecision {
  readonly method: Method;
  readonly account: Decision['account'];
  readonly beyondCapacity: boolean;
  readonly summary: string;
  readonly steps: readonly ReadStep[];
}

export interface ReadAttempt extends Attempt {
  readonly omitted: Readonly<Record<string, number>>;
}

export interface ReadStep extends Omit<StepTrace, 'attempts'> {
  readonly attempts: readonly ReadAttempt[];
}

/** @param summary one sentence, as `decisionSummary` gives it */
export const storeDecision = (decision: Decision, summary: string): StoredDecision => ({
  account: decision.account,
  beyondCapacity: decision.beyondCapacity,
  summary,
  steps: decision.steps.map((step) => ({ ...step, attempts: step.attempts.map(storeAttempt) })),
});

export const readDecision = (stored: StoredDecision, method: Method): ReadDecision => ({
  ...stored,
  method,
  steps: stored.steps.map((step) => ({ ...step, attempts: step.attempts.map(readAttempt) })),
});

function storeAttempt(attempt: Attempt): StoredAttempt {
  const { considered } = attempt;
  if (considered.length <= MAX_LISTED) return { ...attempt, considered: considered.map(storeConsidered) };
  // Who was next in line comes first; the order of the rest stays.
  const ranked = considered.toSorted((a, b) => (a.turn?.rank ?? Infinity) - (b.turn?.rank ?? Infinity));
  const omitted: Record<string, number> = {};
  for (const { reason } of ranked.slice(MAX_LISTED)) omitted[reason] = (omitted[reason] ?? 0) + 1;
  return { ...attempt, considered: ranked.slice(0, MAX_LISTED).map(storeConsidered), omitted };
}

const readAttempt = (stored: StoredAttempt): ReadAttempt => ({
  ...stored,
  considered: stored.considered.map(readConsidered),
  omitted: stored.omitted ?? {},
});

const round = (value: number): number => Number(value.toFixed(6));

const storeConsidered = ({ repId, reason, load, limit, turn }: Considered): StoredConsidered =>
  turn === null
    ? [repId, reason, load, limit]
    : [
        repId,
        reason,
        load,
        limit,
        turn.weight,
        turn.tier,
        round(turn.share),
        turn.received,
        round(turn.creditBefore),
        round(turn.creditAfter),
        turn.lastAssignment,
        turn.rank,
      ];

function readConsidered([repId, reason, load, limit, ...turn]: StoredConsidered): Considered {
  if (turn.length === 0) return { repId, reason, load, limit, turn: null };
  const [weight, tier, share, received, creditBefore, creditAfter, lastAssignment, rank] = turn;
  return {
    repId,
    reason,
    load,
    limit,
    turn: { weight, tier, share, received, creditBefore, creditAfter, lastAssignment, rank },
  };
}
