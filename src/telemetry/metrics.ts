import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Commit } from '../assignment/lane.ts';
import type { Call } from '../calls.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { ERROR_CODES } from '../domain/errors.ts';
import { REQUEST_ERRORS } from '../graphql/errors.ts';
import type { GraphQLServer } from '../graphql/server.ts';
import type { Received } from '../intake/submitLeads.ts';
import type { JobRun } from '../jobs/runner.ts';
import { createRatio } from './ratio.ts';
import { FALLBACK_REASONS, fallbackReason, firstAnswered, firstGiven } from './routed.ts';

/*
 * What Prometheus reads. Everything is counted where it becomes known: in the commit of a batch, at the end of a call.
 * Only `outbox_oldest_age_seconds` asks the database at each scrape. docs/observability.md lists the same names.
 */

/** What is looked at when the metrics are read; null for what this role does not have. */
export interface Looked {
  readonly database: Pick<Database, 'pool'>;
  readonly hub: { readonly listening: boolean };
  readonly graphql: Pick<GraphQLServer, 'clients'> | null;
  readonly jobs: { oldestSeconds(): Promise<number> } | null;
}

export interface Metrics {
  readonly registry: Registry;
  /** Says what to look at, once it is there. */
  look(at: Looked): void;
  committed(commit: Commit): void;
  received(outcome: Received): void;
  ended(call: Call): void;
  closedSlow(): void;
  ran(run: JobRun): void;
}

const RATIO_WINDOW_MS = 300_000;
/** Clients choose neither operation names nor codes: what is not in these tables counts as OTHER. */
const OUTCOMES: ReadonlySet<string> = new Set([
  'OK',
  'ABORTED',
  ...Object.keys(REQUEST_ERRORS),
  ...Object.keys(ERROR_CODES),
]);

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const QUICK = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(clock: Clock): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  let looked: Looked | null = null;

  const leadsReceived = new Counter({
    name: 'leads_received_total',
    help: 'Leads that came in, by what became of them: STORED, REPEATED, or the code of the refusal.',
    labelNames: ['outcome'],
    registers,
  });
  const assignments = new Counter({
    name: 'assignments_total',
    help: 'Assignments, by method; QUEUE for leads that wait.',
    labelNames: ['method'],
    registers,
  });
  const latency = new Histogram({
    name: 'lead_assignment_latency_seconds',
    help: 'From a lead’s receipt to the commit by which it has its first owner; of one that waited, to claim or push.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, MINUTE, 5 * MINUTE, HOUR, DAY],
    registers,
  });
  const firstResponse = new Histogram({
    name: 'lead_first_response_seconds',
    help: 'From a lead’s receipt to its first contact, by its qualification.',
    labelNames: ['qualification'],
    buckets: [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, DAY, 7 * DAY],
    registers,
  });
  const fallbacks = new Counter({
    name: 'routing_fallback_total',
    help: 'Leads whose first owner is the last resort, by why the last step that matched had nobody.',
    labelNames: ['reason'],
    registers,
  });
  // A series that begins with its first event has no rate.
  for (const reason of FALLBACK_REASONS) fallbacks.inc({ reason }, 0);
  const failures = createRatio(RATIO_WINDOW_MS, () => clock.now().getTime());
  new Gauge({
    name: 'routing_failure_ratio',
    help: 'Share of last resorts among the leads that this process gave an owner in the last five minutes.',
    registers,
    collect() {
      this.set(failures.value());
    },
  });
  const escalations = new Counter({
    name: 'escalations_total',
    help: 'Leads upon which nobody acted in time and that were to be given to the next.',
    registers,
  });
  const lateness = new Histogram({
    name: 'deadline_lateness_seconds',
    help: 'From the moment a deadline was due to the commit that carried it out.',
    labelNames: ['kind'],
    buckets: [0.5, 1, 2, 5, 15, MINUTE, 5 * MINUTE, HOUR],
    registers,
  });
  const batchOperations = new Histogram({
    name: 'lane_batch_operations',
    help: 'Operations that shared a commit.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    registers,
  });
  const laneWait = new Histogram({
    name: 'lane_wait_seconds',
    help: 'From the arrival of an operation to the moment its batch held the lane.',
    buckets: QUICK,
    registers,
  });
  const laneHold = new Histogram({
    name: 'lane_hold_seconds',
    help: 'How long a batch held the lane: reading, deciding, writing, committing.',
    buckets: QUICK,
    registers,
  });
  const operations = new Counter({
    name: 'graphql_operations_total',
    help: 'Operations, by type (none: refused before it was known) and outcome; subscriptions as they begin.',
    labelNames: ['type', 'outcome'],
    registers,
  });
  const operationSeconds = new Histogram({
    name: 'graphql_operation_seconds',
    help: 'How long operations took; subscriptions until they had begun.',
    labelNames: ['type'],
    buckets: QUICK,
    registers,
  });
  new Gauge({
    name: 'subscription_clients',
    help: 'Open sockets and event streams.',
    labelNames: ['transport'],
    registers,
    collect() {
      const { websocket = 0, sse = 0 } = looked?.graphql?.clients() ?? {};
      this.set({ transport: 'websocket' }, websocket);
      this.set({ transport: 'sse' }, sse);
    },
  });
  const closedSlow = new Counter({
    name: 'subscription_clients_closed_slow_total',
    help: 'Sockets and streams that were closed because they did not read their events.',
    registers,
  });
  const jobRuns = new Counter({
    name: 'job_runs_total',
    help: 'Attempts at jobs, by task and outcome: DONE, RETRY, FAILED (for good).',
    labelNames: ['task', 'outcome'],
    registers,
  });
  const jobSeconds = new Histogram({
    name: 'job_run_seconds',
    help: 'How long attempts at jobs took.',
    labelNames: ['task'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 30, MINUTE],
    registers,
  });
  new Gauge({
    name: 'database_connections',
    help: 'Connections of the pool, by whether they are in use.',
    labelNames: ['state'],
    registers,
    collect() {
      const { totalCount = 0, idleCount = 0 } = looked?.database.pool ?? {};
      this.set({ state: 'in_use' }, totalCount - idleCount);
      this.set({ state: 'idle' }, idleCount);
    },
  });
  new Gauge({
    name: 'database_waiting',
    help: 'What waits for a connection of the pool.',
    registers,
    collect() {
      this.set(looked?.database.pool.waitingCount ?? 0);
    },
  });
  // After those of the connections, which are read in this order: its own query must not show among them.
  new Gauge({
    name: 'outbox_oldest_age_seconds',
    help: 'For how long the job that is due longest has waited to be run; 0 where none waits. Where jobs run.',
    registers,
    async collect() {
      this.reset();
      // A database that does not answer must not make all other figures fail, nor show as an empty outbox.
      await looked?.jobs?.oldestSeconds().then(
        (seconds) => this.set(seconds),
        () => this.set(Number.NaN),
      );
    },
  });
  new Gauge({
    name: 'wakeup_connection_up',
    help: '1 while the connection stands over which servers wake each other; events come by polling otherwise.',
    registers,
    collect() {
      this.set(looked?.hub.listening ? 1 : 0);
    },
  });

  function countRouted(commit: Commit, now: number): void {
    const given = firstGiven(commit);
    const last = new Set(given.flatMap(({ assignment: { method, id } }) => (method === 'FALLBACK' ? [id] : [])));
    for (const { lead } of given) latency.observe(secondsBetween(lead.receivedAt, now));
    failures.add(last.size, given.length);
    if (last.size === 0) return;
    for (const { assignmentId, data } of commit.batch.all('decisions')) {
      if (last.has(assignmentId)) fallbacks.inc({ reason: fallbackReason(data) });
    }
  }

  return {
    registry,
    look: (at) => {
      looked = at;
    },
    committed: (commit) => {
      const { batch, operations: carriedOut, lockedAt, committedAt } = commit;
      const now = clock.now().getTime();
      batchOperations.observe(carriedOut.length);
      laneHold.observe((committedAt - lockedAt) / 1_000);
      for (const { enteredAt } of carriedOut) laneWait.observe(Math.max(0, lockedAt - enteredAt) / 1_000);
      for (const { method } of batch.all('insertedAssignments')) assignments.inc({ method });
      countRouted(commit, now);
      for (const { receivedAt, firstContactAt, qualification } of firstAnswered(commit)) {
        firstResponse.observe({ qualification }, secondsBetween(receivedAt, (firstContactAt as Date).getTime()));
      }
      for (const { kind, dueAt } of batch.fired) lateness.observe({ kind }, secondsBetween(dueAt, now));
      for (const { kind } of batch.all('events')) if (kind === 'assignment.escalated') escalations.inc();
    },
    received: (outcome) => leadsReceived.inc({ outcome }),
    ended: ({ operation, outcome, beganAt, endedAt }) => {
      const type = operation ?? 'none';
      operations.inc({ type, outcome: OUTCOMES.has(outcome) ? outcome : 'OTHER' });
      operationSeconds.observe({ type }, ((endedAt ?? beganAt) - beganAt) / 1_000);
    },
    closedSlow: () => closedSlow.inc(),
    ran: ({ task, outcome, beganAt, endedAt }) => {
      jobRuns.inc({ task, outcome });
      jobSeconds.observe({ task }, (endedAt - beganAt) / 1_000);
    },
  };
}

/** Not below zero: clocks of several machines differ, and a contact may have been before the lead came in. */
const secondsBetween = (from: Date, to: number): number => Math.max(0, to - from.getTime()) / 1_000;
