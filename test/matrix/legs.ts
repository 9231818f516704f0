import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { has } from '../support/program.ts';

/** What the suite runs on, beside the embedded PostgreSQL as it is, which is `npm test`. */
export interface Leg {
  readonly name: string;
  readonly postgres: 15 | 18;
  /** Servers run as a user who owns no table and may change none. */
  readonly unprivileged?: boolean;
  /** Servers reach the database by way of pgbouncer in transaction mode. */
  readonly pgbouncer?: boolean;
  readonly redis?: boolean;
  /** Files that are not run there, as patterns. */
  readonly without?: readonly string[];
}

/**
 * What is not run behind a pooler: it is about a session of its own, which a pooler in transaction mode takes away: LISTEN, whose
 * connection was ended, which servers are connected, and with what error PostgreSQL lets nobody in.
 */
const NEEDS_SESSIONS: readonly string[] = [
  'test/cli/doctor.test.ts',
  'test/db/client.test.ts',
  'test/doctor/database.test.ts',
  'test/doctor/work.test.ts',
  'test/faults/**',
  'test/readiness.test.ts',
  'test/telemetry/metrics.test.ts',
];

/** What is not run with Redis: it waits for a server's wake-up connection to PostgreSQL, which is not opened then. */
const NEEDS_LISTENERS: readonly string[] = [
  'test/faults/database.test.ts',
  'test/faults/links.test.ts',
  'test/faults/servers.test.ts',
];

export const LEGS: readonly Leg[] = [
  { name: 'PostgreSQL 15', postgres: 15 },
  { name: 'Redis', postgres: 18, redis: true, without: NEEDS_LISTENERS },
  { name: 'pgbouncer', postgres: 18, pgbouncer: true, without: NEEDS_SESSIONS },
  { name: 'unprivileged user', postgres: 18, unprivileged: true },
];

/** All at once: what `--quick` runs. */
export const TOGETHER: Leg = {
  name: 'all at once: PostgreSQL 15, pgbouncer, Redis, unprivileged user',
  ...{ postgres: 15, unprivileged: true, pgbouncer: true, redis: true },
  without: [...NEEDS_SESSIONS, ...NEEDS_LISTENERS],
};

/** What comes nearest to the database and to events; the rest of the suite asks the database nothing else. */
export const QUICK: readonly string[] = [
  'test/events',
  'test/jobs',
  'test/db/migrate.test.ts',
  'test/db/drift.test.ts',
  'test/assignment/lane.test.ts',
  'test/assignment/moves.test.ts',
  'test/configuration/offboarding.test.ts',
  'test/configuration/plans.test.ts',
  'test/calendars/sync.test.ts',
  'test/graphql/sockets.test.ts',
  'test/graphql/http.test.ts',
  'test/presence',
  'test/queues/claims.test.ts',
  'test/time/escalation.test.ts',
  'test/time/races.test.ts',
  'test/metrics',
  'test/upkeep.test.ts',
];

/** Where Debian has it: several versions may be installed, none of which is in the path. */
export const POSTGRES_15 = '/usr/lib/postgresql/15/bin';

/** Debian's packages that a leg needs and the machine has not. */
export const missing = ({ postgres, pgbouncer, redis }: Leg): string[] => [
  ...(postgres === 15 && !existsSync(join(POSTGRES_15, 'postgres')) ? ['postgresql-15'] : []),
  ...(pgbouncer && !has('pgbouncer') ? ['pgbouncer'] : []),
  ...(redis && !has('redis-server') ? ['redis-server'] : []),
];
