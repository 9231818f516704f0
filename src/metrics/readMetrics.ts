import type pg from 'pg';
import { type Coverage, coverage } from './coverage.ts';
import { type Distribution, distribution } from './distribution.ts';
import { type MethodOutcome, outcomeByMethod } from './outcome.ts';
import { checkRange, type MetricsRange } from './range.ts';
import { type AssignmentLatency, assignmentLatency, type ResponseTime, responseTime } from './speed.ts';

export interface Metrics extends Coverage {
  readonly range: MetricsRange;
  readonly distribution: Distribution;
  readonly assignmentLatency: AssignmentLatency | null;
  readonly responseTime: ResponseTime | null;
  readonly byMethod: readonly MethodOutcome[];
}

/** Everything measured of a range, from the rows themselves: five queries. @throws InvalidInput for a bad range */
export async function readMetrics(pool: pg.Pool, range: MetricsRange): Promise<Metrics> {
  checkRange(range);
  const [covered, shared, latency, response, byMethod] = await Promise.all([
    coverage(pool, range),
    distribution(pool, range),
    assignmentLatency(pool, range),
    responseTime(pool, range),
    outcomeByMethod(pool, range),
  ]);
  return { ...covered, range, distribution: shared, assignmentLatency: latency, responseTime: response, byMethod };
}
