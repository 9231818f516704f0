import type pg from 'pg';
import { IN_RANGE, IS_FIRST, type MetricsRange, parameters } from './range.ts';

export interface Coverage {
  /** Leads that were first assigned in the range. */
  readonly leads: number;
  /** First and later assignments. */
  readonly assignments: number;
  /** Share owned within a minute of receipt; null without leads. */
  readonly coverage: number | null;
  /** Share that no step could place; null without leads. */
  readonly fallbackRate: number | null;
}

export async function coverage(pool: pg.Pool, range: MetricsRange): Promise<Coverage> {
  const { rows } = await pool.query<Coverage>(
    `SELECT count(*) FILTER (WHERE first)::int AS "leads", count(*)::int AS "assignments",
            avg((seconds <= 60)::int) FILTER (WHERE first)::float AS "coverage",
            avg((method = 'FALLBACK')::int) FILTER (WHERE first)::float AS "fallbackRate"
     FROM (
       SELECT a."method" AS method, ${IS_FIRST} AS first,
              extract(epoch FROM a."assignedAt" - l."receivedAt") AS seconds
       FROM "Assignment" a
       JOIN "Lead" l ON l."workspaceId" = a."workspaceId" AND l."id" = a."leadId"
       WHERE ${IN_RANGE}
     ) AS assignment`,
    parameters(range),
  );
  return rows[0] as Coverage;
}
