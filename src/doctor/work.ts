import type pg from 'pg';
import { DEAD_AFTER_SECONDS } from '../jobs/runner.ts';
import { LISTENER, SERVER } from './database.ts';
import { type Finding, fault, ok, plural, warning } from './finding.ts';

/* Whether what is to be done by itself is being done. */

/** Fired each second; what is tried again after a failure has been put off, and is not overdue. */
const OVERDUE_SECONDS = 60;
/** No task takes so long. */
const HELD_SECONDS = 900;

/** The servers connected, and those that carry out what is due. */
export async function checkServers(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query(
    `SELECT count(*) FILTER (WHERE "seenAt" >= clock_timestamp() - make_interval(secs => $1))::int AS "workers",
       count(*) FILTER (WHERE "seenAt" < clock_timestamp() - make_interval(secs => $1))::int AS "dead",
       (SELECT count(*)::int FROM pg_stat_activity
        WHERE "datname" = current_database() AND "application_name" = $2) AS "listening",
       (SELECT count(*)::int FROM pg_stat_activity
        WHERE "datname" = current_database() AND "application_name" = $3) AS "sessions"
     FROM "Process"`,
    [DEAD_AFTER_SECONDS, LISTENER, SERVER],
  );
  const { workers, dead, listening, sessions } = rows[0];
  // With Redis nobody listens here: then it is known that there are servers, and not how many.
  const connected = Math.max(listening, workers, Math.min(sessions, 1));
  if (workers > 0) {
    return ok('servers', `${plural(connected, 'server')} connected, ${workers} of them carry out what is due`);
  }
  if (connected > 0) {
    return fault(
      'servers',
      `${plural(connected, 'server')} connected, none of which carries out what is due: deadlines do not fire. Start one with FAIRLEAD_ROLE=all or worker.`,
    );
  }
  if (dead > 0)
    return warning(
      'servers',
      `${plural(dead, 'server')} died, and none is connected. The next that starts takes over the work.`,
    );
  return ok('servers', 'none is connected');
}

/** Deadlines that should have fired. */
export async function checkDeadlines(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query(
    `SELECT count(*)::int AS "overdue", coalesce(extract(epoch FROM clock_timestamp() - min("dueAt")), 0)::int AS "seconds"
     FROM "Deadline" WHERE "dueAt" < clock_timestamp() - make_interval(secs => $1)`,
    [OVERDUE_SECONDS],
  );
  const { overdue, seconds } = rows[0];
  if (overdue === 0) return ok('deadlines', 'none is overdue');
  return warning(
    'deadlines',
    `${plural(overdue, 'deadline')} overdue, the oldest by ${inWords(seconds)}. Start a server; one that runs says in its log why it does not keep up.`,
  );
}

/** Jobs that failed for good, wait too long, or are held by nobody who lives. */
export async function checkJobs(client: pg.Client): Promise<Finding> {
  const { rows: found } = await client.query(`SELECT to_regclass('graphile_worker.jobs') IS NOT NULL AS "there"`);
  if (!found[0].there) return ok('jobs', 'none yet');
  const { rows } = await client.query(
    `SELECT "task_identifier" AS "task",
       count(*) FILTER (WHERE "attempts" >= "max_attempts")::int AS "failed",
       count(*) FILTER (WHERE "attempts" < "max_attempts" AND "locked_at" IS NULL
         AND "run_at" < clock_timestamp() - make_interval(secs => $1))::int AS "late",
       count(*) FILTER (WHERE "locked_at" < clock_timestamp() - make_interval(secs => $2))::int AS "held"
     FROM graphile_worker.jobs GROUP BY "task_identifier" ORDER BY "task_identifier"`,
    [OVERDUE_SECONDS, HELD_SECONDS],
  );
  const faults = rows.flatMap(({ task, failed, late, held }) => [
    ...(failed > 0 ? [`${failed} × ${task} failed for good (see "last_error" in graphile_worker.jobs)`] : []),
    ...(late > 0 ? [`${late} × ${task} waits for more than a minute (does a server run?)`] : []),
    ...(held > 0 ? [`${held} × ${task} under way for more than 15 minutes (restart the server that has it)`] : []),
  ]);
  return faults.length === 0 ? ok('jobs', 'none is stuck') : warning('jobs', `${faults.join('; ')}.`);
}

/** Whether somebody takes what nobody else can, in each workspace. */
export async function checkLastResort(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query(
    `SELECT w."key", p."version", EXISTS (
         SELECT FROM "Rep" r WHERE r."workspaceId" = w."id" AND r."key" = ANY (p."lastResort") AND r."status" <> 'LEFT') AS "present"
     FROM "Workspace" w LEFT JOIN "PlanVersion" p ON p."workspaceId" = w."id" AND p."status" = 'PUBLISHED'
     ORDER BY w."key"`,
  );
  const keysOf = (list: readonly { key: string }[]): string => list.map(({ key }) => key).join(', ');
  const gone = rows.filter(({ version, present }) => version !== null && !present);
  if (gone.length > 0) {
    return fault(
      'last resort',
      `Nobody in the last resort of the published plan is left: workspace ${keysOf(gone)}. Publish a plan that names somebody who has not left.`,
    );
  }
  const without = rows.filter(({ version }) => version === null);
  if (without.length > 0) {
    return warning(
      'last resort',
      `No plan is published, so leads are refused: workspace ${keysOf(without)}. Apply a company (npm run fairlead -- config apply FILE.yaml), or publish a plan.`,
    );
  }
  return ok('last resort', `somebody takes what nobody else can, in ${plural(rows.length, 'workspace')}`);
}

const inWords = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7_200
      ? `${Math.floor(seconds / 60)} min`
      : `${Math.floor(seconds / 3_600)} h`;
