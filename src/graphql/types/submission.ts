import { asRead } from '../../assignment/storedDecision.ts';
import type { Submitted } from '../../assignment/submit.ts';
import { Refusal } from '../../domain/errors.ts';
import { LIMITS } from '../../intake/leadInput.ts';
import { previewRouting, type SubmitOutcome, submitLead, submitLeads } from '../../intake/submitLeads.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { orRefusal, resultType } from '../results.ts';
import { LeadStatusRef, QualificationRef, RequestKindRef } from './enums.ts';
import { AssignmentRef, DecisionRef, type DecisionRow, LeadRef, loadRequired, PoolRef, RepRef } from './refs.ts';

export const LeadInput = builder.inputType('LeadInput', {
  description: 'What a source knows. Text is trimmed; empty text is as good as none.',
  fields: (t) => ({
    firstName: t.string({ description: 'At most 100 characters.' }),
    lastName: t.string({ description: 'At most 100 characters.' }),
    email: t.string({ description: '`Ada Stone <ada@example.com>` is taken apart.' }),
    phone: t.string({ description: 'With country code, unless `country` is given.' }),
    jobTitle: t.string(),
    companyName: t.string(),
    companyDomain: t.string({
      description: 'Or a web address; taken from the e-mail address unless that is free-mail.',
    }),
    accountKey: t.string({ description: 'Key of the account the source says the lead belongs to.' }),
    country: t.string({ description: 'Code or name.' }),
    region: t.string({ description: 'ISO 3166-2, or code or name within the country.' }),
    city: t.string(),
    metro: t.string({ description: 'Key or name of a metro area; worked out from the place unless told.' }),
    postalCode: t.string(),
    latitude: t.float({ description: 'Degrees; with longitude, or neither.' }),
    longitude: t.float(),
    industry: t.string({ description: 'Text, or a code of NAICS or NACE.' }),
    employees: t.int({ description: 'Company size, 0 to 10,000,000.' }),
    score: t.float({ description: '0 to 100.' }),
    priority: t.int({ description: '−1,000 to 1,000; 0 unless told. What waits with a higher one is served first.' }),
    requestKind: t.field({ type: RequestKindRef }),
    productInterest: t.string(),
    qualification: t.field({ type: QualificationRef }),
    icp: t.boolean(),
    timeZone: t.string({ description: 'IANA.' }),
    language: t.string({ description: 'BCP 47.' }),
    message: t.string({ description: 'At most 10,000 characters.' }),
    attributes: t.field({ type: 'JSON', description: 'At most 100, by name: text, numbers, booleans.' }),
    source: t.string({ description: '`api` unless told.' }),
    capturedAt: t.field({
      type: 'DateTime',
      description: 'When the source captured it; may be old, not in the future.',
    }),
    ownerKey: t.string({
      description: 'Key of the rep who owns it already: it stays so and takes no turn. Needs leads:assign.',
    }),
    status: t.field({ type: LeadStatusRef, description: 'Of a lead that comes with its owner; ASSIGNED unless told.' }),
  }),
});

const SubmitLeadInput = builder.inputType('SubmitLeadInput', {
  fields: (t) => ({
    lead: t.field({ type: LeadInput, required: true }),
    idempotencyKey: t.string({
      description: 'Unique per source, at most 200 characters. The same key is answered with the same lead.',
    }),
  }),
});

const SubmitLeadSuccess = builder.objectRef<Submitted>('SubmitLeadSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    lead: t.field({
      type: LeadRef,
      resolve: (result, _args, { loaders }) => {
        // What was just written need not be read again.
        loaders.presentAssignment.prime(result.lead.id, result.assignment);
        return result.lead;
      },
    }),
    assignment: t.field({
      type: AssignmentRef,
      resolve: (result, _args, { loaders }) => {
        loaders.lead.prime(result.lead.id, result.lead);
        loaders.presentAssignment.prime(result.lead.id, result.assignment);
        return result.assignment;
      },
    }),
    repeated: t.exposeBoolean('repeated', { description: 'Whether the idempotency key had been answered before.' }),
  }),
});

const SubmitLeadResult = resultType('SubmitLead', SubmitLeadSuccess);

builder.mutationField('submitLead', (t) =>
  t.field({
    type: SubmitLeadResult,
    description: 'Gives a lead its owner: when this answers, the rep owns it and nothing can lose it.',
    authScopes: { 'leads:submit': true },
    args: { input: t.arg({ type: SubmitLeadInput, required: true }) },
    resolve: (_root, { input }, context) => orRefusal(() => submitLead(context.intake, signedIn(context), input)),
  }),
);

const SubmitLeadsInput = builder.inputType('SubmitLeadsInput', {
  fields: (t) => ({
    leads: t.field({ type: [SubmitLeadInput], required: true, description: `At most ${LIMITS.leads}.` }),
  }),
});

/** What became of one call of submitLeads. */
interface Submissions {
  readonly outcomes: readonly SubmitOutcome[];
  readonly milliseconds: number;
}

const isAccepted = (outcome: SubmitOutcome): outcome is Submitted => !(outcome instanceof Refusal);

interface Count {
  readonly id: string;
  readonly leads: number;
}

export const countBy = (ids: readonly (string | null)[]): Count[] => {
  const counts = new Map<string, number>();
  for (const id of ids) if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
  return Array.from(counts, ([id, leads]) => ({ id, leads })).sort((a, b) => b.leads - a.leads);
};

export const RepCountRef = builder.objectRef<Count>('RepCount').implement({
  description: 'How many leads a rep received.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    rep: t.field({ type: RepRef, resolve: ({ id }, _args, { loaders }) => loadRequired(loaders.rep, id) }),
    leads: t.exposeInt('leads'),
  }),
});

const PoolCountRef = builder.objectRef<Count>('PoolCount').implement({
  description: 'How many leads a pool routed.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    pool: t.field({ type: PoolRef, resolve: ({ id }, _args, { loaders }) => loadRequired(loaders.pool, id) }),
    leads: t.exposeInt('leads'),
  }),
});

const SubmitLeadsSummary = builder.objectRef<Submissions>('SubmitLeadsSummary').implement({
  description: 'What became of the leads of one call.',
  authScopes: { signedIn: true },
  fields: (t) => {
    const accepted = ({ outcomes }: Submissions): Submitted[] => outcomes.filter(isAccepted);
    const fresh = (submissions: Submissions): Submitted[] => accepted(submissions).filter(({ repeated }) => !repeated);
    return {
      accepted: t.int({ description: 'New leads.', resolve: (all) => fresh(all).length }),
      repeated: t.int({ description: 'Answered before.', resolve: (all) => accepted(all).length - fresh(all).length }),
      refused: t.int({ resolve: (all) => all.outcomes.length - accepted(all).length }),
      perRep: t.field({
        type: [RepCountRef],
        resolve: (all) => countBy(fresh(all).map(({ assignment }) => assignment.repId)),
      }),
      perPool: t.field({
        type: [PoolCountRef],
        resolve: (all) => countBy(fresh(all).map(({ assignment }) => assignment.poolId)),
      }),
      lastResort: t.int({
        description: 'That no step could place.',
        resolve: (all) => fresh(all).filter(({ assignment }) => assignment.method === 'FALLBACK').length,
      }),
      milliseconds: t.exposeInt('milliseconds', { description: 'From the call to its commit.' }),
    };
  },
});

const SubmitLeadsSuccess = builder.objectRef<Submissions>('SubmitLeadsSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({
    results: t.field({
      type: [SubmitLeadResult],
      description: 'One per lead, in order.',
      resolve: ({ outcomes }) => outcomes.map((outcome) => (isAccepted(outcome) ? outcome : { refusal: outcome })),
    }),
    summary: t.field({ type: SubmitLeadsSummary, resolve: (all) => all }),
  }),
});

builder.mutationField('submitLeads', (t) =>
  t.field({
    type: resultType('SubmitLeads', SubmitLeadsSuccess),
    description: 'As so many calls of submitLead, one after the other. One that is refused hinders no other.',
    authScopes: { 'leads:submit': true },
    args: { input: t.arg({ type: SubmitLeadsInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const start = performance.now();
        const outcomes = await submitLeads(context.intake, signedIn(context), input.leads);
        return { outcomes, milliseconds: Math.round(performance.now() - start) };
      }),
  }),
);

const PreviewRoutingSuccess = builder.objectRef<{ readonly decision: DecisionRow }>('PreviewRoutingSuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({ decision: t.field({ type: DecisionRef, resolve: ({ decision }) => decision }) }),
});

builder.queryField('previewRouting', (t) =>
  t.field({
    type: resultType('PreviewRouting', PreviewRoutingSuccess),
    description: 'Who would get this lead now, and why. Moves nothing and stores nothing.',
    authScopes: { 'configuration:read': true },
    args: {
      input: t.arg({ type: LeadInput, required: true }),
      version: t.arg.int({ description: 'Of the plan; the published one unless told.' }),
    },
    resolve: (_root, { input, version }, context) =>
      orRefusal(async () => {
        const principal = signedIn(context);
        const { intake, database } = context;
        const { decision, basis } = await previewRouting(intake, database, principal, input, version ?? null);
        return { decision: { ...decision, ...asRead(decision), basis, decided: null } };
      }),
  }),
);
