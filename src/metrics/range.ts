import { InvalidInput } from '../domain/errors.ts';

/** Which assignments to look at: from one moment (included) to another (not included). */
export interface MetricsRange {
  readonly workspaceId: string;
  readonly from: Date;
  readonly to: Date;
  /** Only what this pool routed; null for everything. */
  readonly poolId: string | null;
  /** Only what these reps were given; null for everyone. */
  readonly repIds: readonly string[] | null;
}

const MAX_DAYS = 3_660;

/** @throws InvalidInput for a range that is empty or longer than ten years */
export function checkRange({ from, to }: MetricsRange): void {
  if (from >= to) throw new InvalidInput([{ path: ['to'], message: 'must be after `from`' }]);
  if (to.getTime() - from.getTime() > MAX_DAYS * 86_400_000) {
    throw new InvalidInput([{ path: ['to'], message: 'must be at most ten years after `from`' }]);
  }
}

/** The parameters of every query here, in this order. */
export const parameters = ({ workspaceId, from, to, poolId, repIds }: MetricsRange): unknown[] => [
  workspaceId,
  from,
  to,
  poolId,
  repIds,
];

/** The condition every query here has, on assignments named `a`. */
export const IN_RANGE = `a."workspaceId" = $1 AND a."assignedAt" >= $2 AND a."assignedAt" < $3 AND ($4::uuid IS NULL OR a."poolId" = $4)
  AND ($5::uuid[] IS NULL OR a."repId" = ANY ($5))`;

/** Whether somebody has received the lead. Who answers for one that waits has not: its time runs to claim or push. */
export const IS_GIVEN = `a."method" <> 'QUEUE'`;

const EARLIER = `SELECT FROM "Assignment" e
  WHERE e."workspaceId" = a."workspaceId" AND e."leadId" = a."leadId" AND e."number" < a."number"`;

/** The first owner of a lead, also one who only answers for it: with them it is covered. */
export const IS_FIRST = `NOT EXISTS (${EARLIER})`;

/** The first who has received a lead: latency, method and outcome are the lead's own. */
export const IS_FIRST_GIVEN = `${IS_GIVEN} AND NOT EXISTS (${EARLIER} AND e."method" <> 'QUEUE')`;
