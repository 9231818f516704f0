import type pg from 'pg';
import { IN_RANGE, IS_FIRST, IS_FIRST_GIVEN, IS_GIVEN, type MetricsRange, parameters } from './range.ts';

export interface Coverage {
  /** Leads that were first assigned in the range. */
  readonly leads: number;
  /** First and later ones; waiting in a queue is none. */
  readonly assignments: number;
  /** Share owned within a minute of receipt; null without leads. */
  readonly coverage: number | null;
  /** Share that no step could place; null without leads. */
  readonly fallbackRate: number | null;
}

export async function coverage(pool: pg.Pool, range: MetricsRange): Promise<Coverage> {
  const { rows } = await pool.query<Coverage>(
    `SELECT count(*) FILTER (WHERE first)::int AS "leads", count(*) FILTER (WHERE given)::int AS "assignments",
            avg((seconds <= 60)::int) FILTER (WHERE first)::float AS "coverage",
            avg((method = 'FALLBACK')::int) FILTER (WHERE "firstGiven")::float AS "fallbackRate"
     FROM (
       SELECT a."method" AS method, ${IS_FIRST} AS first, ${IS_GIVEN} AS given, (${IS_FIRST_GIVEN}) AS "firstGiven",
              extract(epoch FROM a."assignedAt" - l."receivedAt") AS seconds
       FROM "Assignment" a
       JOIN "Lead" l ON l."workspaceId" = a."workspaceId" AND l."id" = a."leadId"
       WHERE ${IN_RANGE}
     ) AS assignment`,
    parameters(range),
  );
  return rows[0] as Coverage;
}
