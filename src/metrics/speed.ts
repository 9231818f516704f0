import type pg from 'pg';
import { IN_RANGE, IS_FIRST_GIVEN, type MetricsRange, parameters } from './range.ts';

/** From a lead's receipt to the first who received it. */
export interface AssignmentLatency {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** 0 to 1. */
  readonly shareWithin10Seconds: number;
}

/** Null when no lead was received. Percentiles are exact. */
export async function assignmentLatency(pool: pg.Pool, range: MetricsRange): Promise<AssignmentLatency | null> {
  const { rows } = await pool.query<AssignmentLatency & { count: number }>(
    `SELECT count(*)::int AS "count", avg(ms)::float AS "meanMs",
            percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS "p50Ms",
            percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) AS "p95Ms",
            percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS "p99Ms",
            avg((ms <= 10000)::int)::float AS "shareWithin10Seconds"
     FROM (
       SELECT greatest(extract(epoch FROM a."assignedAt" - l."receivedAt")::float * 1000, 0) AS ms
       FROM "Assignment" a
       JOIN "Lead" l ON l."workspaceId" = a."workspaceId" AND l."id" = a."leadId"
       WHERE ${IN_RANGE} AND ${IS_FIRST_GIVEN}
     ) AS latency`,
    parameters(range),
  );
  return present(rows[0]);
}

/** From an assignment to its owner's first contact. */
export interface ResponseTime {
  readonly meanSeconds: number;
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  readonly p99Seconds: number;
  /** 0 to 1, of those that were answered. */
  readonly shareWithin5Minutes: number;
  /** Assignments answered. */
  readonly responded: number;
}

/** Null when none was answered. Zero seconds is a time, not a missing one. */
export async function responseTime(pool: pg.Pool, range: MetricsRange): Promise<ResponseTime | null> {
  const { rows } = await pool.query<ResponseTime & { count: number }>(
    `SELECT count(*)::int AS "count", count(*)::int AS "responded", avg(seconds)::float AS "meanSeconds",
            percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS "p50Seconds",
            percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS "p95Seconds",
            percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds) AS "p99Seconds",
            avg((seconds <= 300)::int)::float AS "shareWithin5Minutes"
     FROM (
       SELECT extract(epoch FROM a."firstContactAt" - a."assignedAt")::float AS seconds
       FROM "Assignment" a
       WHERE ${IN_RANGE} AND a."firstContactAt" IS NOT NULL
     ) AS response`,
    parameters(range),
  );
  return present(rows[0]);
}

function present<Row extends { readonly count: number }>(row: Row | undefined): Row | null {
  return row === undefined || row.count === 0 ? null : row;
}
