import { v7 } from 'uuid';
import {
  MAX_SIMULATED,
  type Sample,
  type Simulated,
  type SimulatedLead,
  type SimulatedOwner,
  type SimulatedPool,
  simulatePlan,
} from '../../assignment/simulatePlan.ts';
import type { IncomingLead } from '../../assignment/submit.ts';
import type { Principal } from '../../auth/principal.ts';
import type { Method } from '../../domain/decision.ts';
import { InvalidInput, type Issue } from '../../domain/errors.ts';
import { LIMITS, parseLead } from '../../intake/leadInput.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { requestError } from '../errors.ts';
import { ErrorCodeRef, orRefusal, resultType } from '../results.ts';
import { visibleLead } from '../visibleLead.ts';
import { MethodRef } from './enums.ts';
import { LeadRef, loadRequired, PoolRef, RepRef } from './refs.ts';
import { countBy, LeadInput, RepCountRef } from './submission.ts';

/** Leads of one answer. */
const MAX_LISTED = 500;

const SimulatedOwnerRef = builder.objectRef<SimulatedOwner>('SimulatedOwner').implement({
  description: 'Who got a lead, or would get it, and by what.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    rep: t.field({ type: RepRef, resolve: ({ repId }, _args, { loaders }) => loadRequired(loaders.rep, repId) }),
    method: t.field({ type: MethodRef, resolve: ({ method }) => method as Method }),
    stepKey: t.exposeString('stepKey', { nullable: true }),
    pool: t.field({
      type: PoolRef,
      nullable: true,
      resolve: ({ poolId }, _args, { loaders }) => (poolId === null ? null : loaders.pool.load(poolId)),
    }),
  }),
});

const SimulatedLeadRef = builder.objectRef<SimulatedLead>('SimulatedLead').implement({
  description: 'What one lead would come to, and what it came to.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    lead: t.field({
      type: LeadRef,
      nullable: true,
      description: 'Null for a lead that was given.',
      resolve: ({ leadId }, _args, context) => (leadId === null ? null : visibleLead(leadId, context)),
    }),
    before: t.field({ type: SimulatedOwnerRef, nullable: true, resolve: ({ before }) => before }),
    after: t.field({
      type: SimulatedOwnerRef,
      nullable: true,
      description: 'Null for a lead that would be refused.',
      resolve: ({ after }) => after,
    }),
    refused: t.expose('refused', { type: ErrorCodeRef, nullable: true, description: 'Why it would be refused.' }),
  }),
});

const SimulatedPoolRef = builder.objectRef<SimulatedPool>('SimulatedPool').implement({
  description: 'A pool’s part, as it was and as it would be.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    pool: t.field({ type: PoolRef, resolve: ({ poolId }, _args, { loaders }) => loadRequired(loaders.pool, poolId) }),
    leadsBefore: t.int({ resolve: ({ before }) => before }),
    leadsAfter: t.int({ resolve: ({ after }) => after }),
    giniBefore: t.exposeFloat('giniBefore', { nullable: true, description: 'Of leads per member, 0 is even.' }),
    giniAfter: t.exposeFloat('giniAfter', { nullable: true }),
  }),
});

const SimulatePlanSuccess = builder.objectRef<Simulated>('SimulatePlanSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    count: t.int({ description: 'Leads that were tried.', resolve: ({ leads }) => leads.length }),
    changed: t.exposeInt('changed', { description: 'Past leads that would have another owner.' }),
    fallbackRateBefore: t.exposeFloat('fallbackRateBefore', {
      nullable: true,
      description: 'Share that the last resort took; null without past leads.',
    }),
    fallbackRateAfter: t.exposeFloat('fallbackRateAfter', { nullable: true }),
    pools: t.field({ type: [SimulatedPoolRef], resolve: ({ pools }) => [...pools] }),
    repsBefore: t.field({
      type: [RepCountRef],
      description: 'Leads per rep, most first.',
      resolve: ({ leads }) => countBy(leads.map(({ before }) => before?.repId ?? null)),
    }),
    repsAfter: t.field({
      type: [RepCountRef],
      resolve: ({ leads }) => countBy(leads.map(({ after }) => after?.repId ?? null)),
    }),
    leads: t.field({
      type: [SimulatedLeadRef],
      description: `In their order, at most ${MAX_LISTED}.`,
      args: { changedOnly: t.arg.boolean({ description: 'Only those that would have another owner.' }) },
      resolve: ({ leads }, { changedOnly }) =>
        leads
          .filter(({ before, after }) => changedOnly !== true || (before !== null && before.repId !== after?.repId))
          .slice(0, MAX_LISTED),
    }),
  }),
});

const SimulatePlanInput = builder.inputType('SimulatePlanInput', {
  description: 'Either the last leads or given ones.',
  fields: (t) => ({
    version: t.int({ description: 'The draft unless told; the published one where there is none.' }),
    last: t.int({
      description: `The last so many leads that came in, at most ${MAX_SIMULATED.toLocaleString('en')}: decided again in their order.`,
    }),
    leads: t.field({
      type: [LeadInput],
      description: `At most ${LIMITS.leads}: decided on the state as it is now, one after the other.`,
    }),
  }),
});

builder.queryField('simulatePlan', (t) =>
  t.field({
    type: resultType('SimulatePlan', SimulatePlanSuccess),
    description: 'Who would get what by a version of the plan, and what would be different. Changes nothing.',
    authScopes: { $all: { 'configuration:read': true, 'leads:read': true } },
    // It tries up to 10,000 leads, whatever is asked of the answer.
    complexity: { field: 100 },
    args: { input: t.arg({ type: SimulatePlanInput, required: true }) },
    resolve: (_root, { input: { version, last, leads } }, context) => {
      const principal = signedIn(context);
      if (principal.role === 'REP') throw requestError('FORBIDDEN', 'A rep sees only their own leads. Ask a manager.');
      return orRefusal(async () => {
        const now = context.clock.now();
        const sample = sampleOf(last ?? null, leads ?? null, principal, now);
        return simulatePlan(context.database, principal.workspaceId, version ?? null, sample, now);
      });
    },
  }),
);

/** @throws InvalidInput */
function sampleOf(last: number | null, leads: readonly object[] | null, principal: Principal, now: Date): Sample {
  if (last !== null && leads === null) {
    if (last >= 1 && last <= MAX_SIMULATED) return { kind: 'LAST', count: last };
    const message = `must be from 1 to ${MAX_SIMULATED.toLocaleString('en')}; this is ${last}`;
    throw new InvalidInput([{ path: ['last'], message }]);
  }
  if (last !== null || leads === null) {
    throw new InvalidInput([{ path: ['last'], message: 'or leads must be given: one of the two' }]);
  }
  if (leads.length > LIMITS.leads) {
    const message = `has ${leads.length} leads; ${LIMITS.leads} are the most`;
    throw new InvalidInput([{ path: ['leads'], message }]);
  }
  const issues: Issue[] = [];
  const incoming = leads.flatMap((lead, index): IncomingLead[] => {
    try {
      return [toIncoming(lead, ['leads', index], principal, now)];
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      issues.push(...error.issues);
      return [];
    }
  });
  if (issues.length > 0) throw new InvalidInput(issues);
  return { kind: 'GIVEN', leads: incoming };
}

/** As if it were submitted by who asks. @throws InvalidInput */
function toIncoming(lead: object, path: Issue['path'], { repId, name }: Principal, now: Date): IncomingLead {
  const parsed = parseLead(lead, now, path);
  return {
    ...parsed,
    routable: { ...parsed.routable, enteredById: repId },
    path,
    id: v7(),
    idempotencyKey: null,
    payloadHash: new Uint8Array(),
    payload: lead,
    submittedBy: name,
    receivedAt: now,
  };
}
