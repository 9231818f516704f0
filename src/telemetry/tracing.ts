import {
  type Context,
  DiagLogLevel,
  diag,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { Commit } from '../assignment/lane.ts';
import type { Call } from '../calls.ts';
import type { JobRun } from '../jobs/runner.ts';

/*
 * Spans for OpenTelemetry. This file, with the packages it needs, is loaded only where traces are wanted.
 */

export interface Tracing {
  began(call: Call): void;
  ended(call: Call): void;
  committed(commit: Commit): void;
  ran(run: JobRun): void;
  /** Sends what is not sent yet, for two seconds at most. */
  stop(): Promise<void>;
}

export interface TracingOptions {
  /** Where OTLP/HTTP is taken, with its path. */
  readonly url: string;
  /** Of the traces that begin here, 0 to 1; one that a caller has begun is followed as the caller says. */
  readonly share: number;
  readonly log: Logger;
}

/** A trace that a server's end would wait for is not worth the wait. */
const STOP_MS = 2_000;
/** Faults of the server, not of the caller. */
const FAULTS: ReadonlySet<string> = new Set(['INTERNAL', 'UNAVAILABLE']);

export function startTracing({ url, share, log }: TracingOptions): Tracing {
  const say = (message: string): void => log.warn({ reason: message.slice(0, 500) }, 'traces could not be sent');
  const quiet = (): void => {};
  diag.setLogger({ error: say, warn: say, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'fairlead' }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
  });
  const tracer = provider.getTracer('fairlead');
  const spans = new WeakMap<Call, Span>();

  return {
    began: (call) => {
      const startTime = timeOf(call.beganAt);
      spans.set(call, tracer.startSpan('graphql', { kind: SpanKind.SERVER, startTime }, parentOf(call)));
    },
    ended: (call) => {
      const span = spans.get(call);
      if (!span) return;
      if (call.operation !== null) span.updateName(call.operation);
      span.setAttributes(
        present({
          'graphql.operation.type': call.operation,
          'graphql.operation.name': call.operationName,
          'fairlead.request_id': call.requestId,
          'fairlead.connection_id': call.connectionId,
          'fairlead.workspace_id': call.workspaceId,
          'fairlead.outcome': call.outcome,
        }),
      );
      if (FAULTS.has(call.outcome)) span.setStatus({ code: SpanStatusCode.ERROR, message: call.outcome });
      span.end(timeOf(call.endedAt ?? performance.now()));
    },
    committed: ({ batch, operations, beganAt, lockedAt, committedAt }) => {
      // In the trace of the first call that it served, with links to those of the others.
      const served = operations.flatMap(({ call }) => (call && spans.get(call)) ?? []);
      const [first, ...others] = [...new Set(served)];
      const span = tracer.startSpan(
        'lane.commit',
        {
          startTime: timeOf(beganAt),
          links: others.map((other) => ({ context: other.spanContext() })),
          attributes: {
            'fairlead.workspace_id': batch.workspaceId,
            'fairlead.operations': operations.length,
            'fairlead.leads': batch.all('insertedLeads').length,
          },
        },
        first ? trace.setSpan(ROOT_CONTEXT, first) : ROOT_CONTEXT,
      );
      span.addEvent('locked', timeOf(lockedAt));
      span.end(timeOf(committedAt));
    },
    ran: ({ task, jobId, attempt, requestId, outcome, beganAt, endedAt }) => {
      const attributes = {
        'fairlead.job_id': jobId,
        'fairlead.attempt': attempt,
        'fairlead.request_id': requestId,
        'fairlead.outcome': outcome,
      };
      const kind = SpanKind.CONSUMER;
      const span = tracer.startSpan(`job ${task}`, { kind, startTime: timeOf(beganAt), attributes }, ROOT_CONTEXT);
      if (outcome !== 'DONE') span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(timeOf(endedAt));
    },
    stop: async () => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, STOP_MS).unref());
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      diag.disable();
    },
  };
}

/** In ms since 1970. */
const timeOf = (moment: number): number => performance.timeOrigin + moment;

/** The span of the caller, if `traceparent` names one. */
function parentOf({ traceparent }: Call): Context {
  const [, traceId = '', spanId = '', flags = ''] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})\b/.exec(traceparent ?? '') ?? [];
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  const spanContext = { traceId, spanId, traceFlags, isRemote: true };
  return isSpanContextValid(spanContext) ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : ROOT_CONTEXT;
}

const present = (attributes: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
