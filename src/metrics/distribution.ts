import type pg from 'pg';
import { gini, standardDeviation } from '../domain/fairness.ts';
import { IN_RANGE, IS_GIVEN, type MetricsRange, parameters } from './range.ts';

/** How many leads each rep was given. */
export interface Distribution {
  /** Most first. Who received none counts too, unless they have left. */
  readonly leadsPerRep: readonly { readonly id: string; readonly leads: number }[];
  readonly standardDeviation: number | null;
  readonly gini: number | null;
}

/** Counts every assignment, first or later, of the pool's members or of all reps. */
export async function distribution(pool: pg.Pool, range: MetricsRange): Promise<Distribution> {
  const { rows } = await pool.query<{ id: string; leads: number }>(
    `SELECT r."id", count(a."id")::int AS "leads"
     FROM "Rep" r
     LEFT JOIN "Assignment" a ON a."repId" = r."id" AND ${IN_RANGE} AND ${IS_GIVEN}
     WHERE r."workspaceId" = $1 AND ($5::uuid[] IS NULL OR r."id" = ANY ($5))
     GROUP BY r."workspaceId", r."id"
     HAVING count(a."id") > 0 OR (r."status" <> 'LEFT' AND ($4::uuid IS NULL OR EXISTS (
       SELECT FROM "PoolMember" m WHERE m."workspaceId" = $1 AND m."poolId" = $4 AND m."repId" = r."id" AND m."weight" > 0)))
     ORDER BY "leads" DESC, r."key"`,
    parameters(range),
  );
  const counts = rows.map(({ leads }) => leads);
  return { leadsPerRep: rows, standardDeviation: standardDeviation(counts), gini: gini(counts) };
}
