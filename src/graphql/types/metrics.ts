import type { MethodOutcome } from '../../metrics/outcome.ts';
import { type Metrics, readMetrics } from '../../metrics/readMetrics.ts';
import type { AssignmentLatency, ResponseTime } from '../../metrics/speed.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { decodeOptionalId } from '../ids.ts';
import { MethodRef } from './enums.ts';
import { RepCountRef } from './submission.ts';

const AssignmentLatencyRef = builder.objectRef<AssignmentLatency>('AssignmentLatency').implement({
  description: 'From a lead’s receipt to its first owner.',
  authScopes: { 'metrics:read': true },
  fields: (t) => ({
    meanMs: t.exposeFloat('meanMs'),
    p50Ms: t.exposeFloat('p50Ms'),
    p95Ms: t.exposeFloat('p95Ms'),
    p99Ms: t.exposeFloat('p99Ms'),
    shareWithin10Seconds: t.exposeFloat('shareWithin10Seconds', { description: '0 to 1.' }),
  }),
});

const ResponseTimeRef = builder.objectRef<ResponseTime>('ResponseTime').implement({
  description: 'From an assignment to its owner’s first contact.',
  authScopes: { 'metrics:read': true },
  fields: (t) => ({
    meanSeconds: t.exposeFloat('meanSeconds'),
    p50Seconds: t.exposeFloat('p50Seconds'),
    p95Seconds: t.exposeFloat('p95Seconds'),
    p99Seconds: t.exposeFloat('p99Seconds'),
    shareWithin5Minutes: t.exposeFloat('shareWithin5Minutes', { description: '0 to 1, of those answered.' }),
    responded: t.exposeInt('responded', { description: 'Assignments answered.' }),
  }),
});

const MethodOutcomeRef = builder.objectRef<MethodOutcome>('MethodOutcome').implement({
  description: 'What became of the leads that a method placed first.',
  authScopes: { 'metrics:read': true },
  fields: (t) => ({
    method: t.expose('method', { type: MethodRef }),
    leads: t.exposeInt('leads'),
    open: t.exposeInt('open'),
    won: t.exposeInt('won'),
    lost: t.exposeInt('lost'),
    winRate: t.exposeFloat('winRate', {
      nullable: true,
      description: 'Won of won and lost; null before the first of either.',
    }),
    conversionRate: t.exposeFloat('conversionRate', {
      description: 'Share that has become an opportunity or was won.',
    }),
    meanDaysToClose: t.exposeFloat('meanDaysToClose', { nullable: true, description: 'From receipt to WON.' }),
  }),
});

const MetricsRef = builder.objectRef<Metrics>('Metrics').implement({
  description: 'What was measured of the assignments made in a range.',
  authScopes: { 'metrics:read': true },
  fields: (t) => ({
    from: t.field({ type: 'DateTime', resolve: ({ range }) => range.from }),
    to: t.field({ type: 'DateTime', resolve: ({ range }) => range.to }),
    leads: t.exposeInt('leads', { description: 'Leads first assigned in the range.' }),
    assignments: t.exposeInt('assignments', { description: 'First and later ones.' }),
    leadsPerRep: t.field({
      type: [RepCountRef],
      description: 'Most first; who received none counts too, unless they have left.',
      resolve: ({ distribution }) => [...distribution.leadsPerRep],
    }),
    leadsPerRepStandardDeviation: t.float({
      nullable: true,
      description: 'Population; null below two reps.',
      resolve: ({ distribution }) => distribution.standardDeviation,
    }),
    leadsPerRepGini: t.float({
      nullable: true,
      description: '0 (all alike) to 1; null below two reps or without leads.',
      resolve: ({ distribution }) => distribution.gini,
    }),
    assignmentLatency: t.field({
      type: AssignmentLatencyRef,
      nullable: true,
      resolve: (metrics) => metrics.assignmentLatency,
    }),
    responseTime: t.field({ type: ResponseTimeRef, nullable: true, resolve: (metrics) => metrics.responseTime }),
    byMethod: t.field({ type: [MethodOutcomeRef], resolve: ({ byMethod }) => [...byMethod] }),
    fallbackRate: t.exposeFloat('fallbackRate', {
      nullable: true,
      description: 'Share that no step could place, 0 to 1.',
    }),
    coverage: t.exposeFloat('coverage', {
      nullable: true,
      description: 'Share owned within a minute of receipt, 0 to 1.',
    }),
  }),
});

const MetricsInput = builder.inputType('MetricsInput', {
  fields: (t) => ({
    from: t.field({ type: 'DateTime', required: true, description: 'Included.' }),
    to: t.field({ type: 'DateTime', required: true, description: 'Not included; at most ten years later.' }),
    poolId: t.id({ description: 'Only what this pool routed.' }),
  }),
});

builder.queryField('metrics', (t) =>
  t.field({
    type: MetricsRef,
    description: 'How fast and how fair it was; for a manager who is a rep, in the team.',
    authScopes: { 'metrics:read': true },
    args: { input: t.arg({ type: MetricsInput, required: true }) },
    resolve: async (_root, { input: { from, to, poolId } }, context) => {
      const { workspaceId } = signedIn(context);
      const visibility = await context.visibility();
      return readMetrics(context.database.pool, {
        workspaceId,
        from,
        to,
        poolId: decodeOptionalId('Pool', poolId) ?? null,
        repIds: visibility.of === 'reps' ? visibility.repIds : null,
      });
    },
  }),
);
