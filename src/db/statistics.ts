import type pg from 'pg';

/*
 * What PostgreSQL knows of how large its tables are. All keys lead with the workspace, so in a table it takes for empty
 * one index is as good as another, and a connection keeps the plan of a foreign key's look-up: it walked through all leads
 * of the workspace for each new one, 0.5 ms at 2,000 leads, until autovacuum came by a minute later.
 */

/** So many assignments tell the indexes apart; ten times as many, how much is in the other tables. */
const TELLING = [500, 5_000];

/** Whether so many leads have come in for the first time that what is known of the tables is out of date. */
export const outgrows = (before: number, after: number): boolean =>
  TELLING.some((count) => before < count && after >= count);

/** Looks at the tables that grow with the leads: some 50 ms beside the intake, which need not wait for it. */
export async function analyze(pool: pg.Pool): Promise<void> {
  await pool.query('SELECT "analyzeLeads"()');
}
