import type { Server } from 'node:http';
import type { Logger } from 'pino';
import type { Commit } from '../assignment/lane.ts';
import type { Call } from '../calls.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { CallWatch } from '../graphql/watch.ts';
import type { Received } from '../intake/submitLeads.ts';
import type { JobRun } from '../jobs/runner.ts';
import type { Looked } from './metrics.ts';

/** All that is told of a running server: to its log, to Prometheus, to OpenTelemetry. */
export interface Telemetry {
  readonly calls: CallWatch;
  committed(commit: Commit): void;
  received(outcome: Received): void;
  ran(run: JobRun): void;
  /** Says what the metrics look at. */
  look(at: Looked): void;
  /** To be opened where the metrics are wanted; null otherwise. */
  readonly metricsServer: Server | null;
  /** Sends the traces that are not sent yet. */
  stop(): Promise<void>;
}

/** Prometheus and OpenTelemetry are loaded only where the settings ask for them: 13 and 46 ms of the start. */
export async function startTelemetry(options: {
  readonly config: Pick<Config, 'metricsPort' | 'tracing'>;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<Telemetry> {
  const { config, clock, log } = options;
  const metrics = config.metricsPort === undefined ? null : (await import('./metrics.ts')).createMetrics(clock);
  const server = metrics && (await import('./metricsServer.ts')).createMetricsServer(metrics.registry, log);
  const tracing = config.tracing && (await import('./tracing.ts')).startTracing({ ...config.tracing, log });
  return {
    calls: {
      began: (call) => tracing?.began(call),
      ended: (call) => {
        writeCall(call, log);
        metrics?.ended(call);
        tracing?.ended(call);
      },
      closedSlow: () => metrics?.closedSlow(),
    },
    committed: (commit) => {
      metrics?.committed(commit);
      tracing?.committed(commit);
    },
    received: (outcome) => metrics?.received(outcome),
    ran: (run) => {
      metrics?.ran(run);
      tracing?.ran(run);
    },
    look: (at) => metrics?.look(at),
    metricsServer: server,
    stop: async () => tracing?.stop(),
  };
}

/** One line for each call. At `debug`, since at 1,500 a second each costs: 20 µs of the 500 µs of CPU that a submitted lead takes. */
function writeCall(call: Call, log: Logger): void {
  if (!log.isLevelEnabled('debug')) return;
  const { requestId, connectionId, operation, operationName, outcome, workspaceId, principal } = call;
  log.debug(
    {
      requestId,
      ...(connectionId === null ? {} : { connectionId }),
      operation,
      operationName: operationName?.slice(0, 64) ?? null,
      ms: Math.round(((call.endedAt ?? call.beganAt) - call.beganAt) * 10) / 10,
      outcome,
      workspaceId,
      principal: principal === null ? null : withoutPerson(principal),
    },
    'call',
  );
}

/** A token's subject may be the person's own address or number. */
const withoutPerson = (principal: string): string =>
  /@|^user:\+?[\d\s().-]{6,}$/.test(principal) ? 'user:[hidden]' : principal;
