import type pg from 'pg';
import type { Method } from '../domain/decision.ts';
import { IN_RANGE, IS_FIRST_GIVEN, type MetricsRange, parameters } from './range.ts';

/** What became of the leads that a method placed first. */
export interface MethodOutcome {
  readonly method: Method;
  readonly leads: number;
  readonly open: number;
  readonly won: number;
  readonly lost: number;
  /** Won of won and lost; null before the first of either. */
  readonly winRate: number | null;
  /** Share that has become an opportunity or was won. */
  readonly conversionRate: number;
  /** From receipt to WON; null before the first. */
  readonly meanDaysToClose: number | null;
}

export async function outcomeByMethod(pool: pg.Pool, range: MetricsRange): Promise<MethodOutcome[]> {
  const { rows } = await pool.query<MethodOutcome>(
    `SELECT a."method", count(*)::int AS "leads",
            count(*) FILTER (WHERE l."closedAt" IS NULL)::int AS "open",
            count(*) FILTER (WHERE l."status" = 'WON')::int AS "won",
            count(*) FILTER (WHERE l."status" = 'LOST')::int AS "lost",
            avg((l."status" = 'WON')::int) FILTER (WHERE l."status" IN ('WON', 'LOST'))::float AS "winRate",
            avg((l."status" IN ('OPPORTUNITY', 'WON'))::int)::float AS "conversionRate",
            avg(extract(epoch FROM l."closedAt" - l."receivedAt") / 86400) FILTER (WHERE l."status" = 'WON')::float AS "meanDaysToClose"
     FROM "Assignment" a
     JOIN "Lead" l ON l."workspaceId" = a."workspaceId" AND l."id" = a."leadId"
     WHERE ${IN_RANGE} AND ${IS_FIRST_GIVEN}
     GROUP BY a."method" ORDER BY a."method"`,
    parameters(range),
  );
  return rows;
}
