import { ROLES } from '../../auth/principal.ts';
import { OPERATORS } from '../../domain/condition.ts';
import { ACCOUNT_KINDS, REP_STATUSES, STRATEGIES } from '../../domain/configuration.ts';
import { ACCOUNT_MATCHES, ATTEMPT_VIAS, METHODS, REASONS, STEP_CODES, TIE_BREAKS } from '../../domain/decision.ts';
import { ACTIVITY_KINDS, LEAD_STATUSES, QUALIFICATIONS, REQUEST_KINDS } from '../../domain/lead.ts';
import { MATCH_OPERATORS, STEP_KINDS, TARGET_KINDS, WHEN_NOBODY_KINDS } from '../../domain/plan.ts';
import { EVENT_KINDS } from '../../events/kinds.ts';
import { builder } from '../builder.ts';

export const RoleRef = builder.enumType('Role', {
  description:
    'A named set of scopes: ADMIN everything; MANAGER the team, or the workspace when no rep; REP their own leads; PARTNER what it submitted; VIEWER metrics.',
  values: ROLES,
});
export const RepStatusRef = builder.enumType('RepStatus', {
  description: 'Only ACTIVE reps receive leads.',
  values: REP_STATUSES,
});
export const StrategyRef = builder.enumType('Strategy', {
  description: 'How a pool chooses; see docs/routing.md.',
  values: STRATEGIES,
});
export const AccountKindRef = builder.enumType('AccountKind', {
  description: 'A customer, or a company that sales has named as a target.',
  values: ACCOUNT_KINDS,
});
export const PlanStatusRef = builder.enumType('PlanStatus', {
  description: 'One version at most is the draft, one is published and decides; the others were published once.',
  values: ['DRAFT', 'PUBLISHED', 'ARCHIVED'] as const,
});
export const LeadStatusRef = builder.enumType('LeadStatus', {
  description: 'WON, LOST and DISQUALIFIED are closed; the others are open and count as load.',
  values: LEAD_STATUSES,
});
export const RequestKindRef = builder.enumType('RequestKind', {
  description: 'What the person asked for.',
  values: REQUEST_KINDS,
});
export const QualificationRef = builder.enumType('Qualification', {
  description: 'By marketing (MQL), by sales (SQL), or not yet.',
  values: QUALIFICATIONS,
});
export const MethodRef = builder.enumType('Method', { description: 'How an assignment came about.', values: METHODS });
export const ActivityKindRef = builder.enumType('ActivityKind', {
  description: 'CALL, EMAIL, MEETING and MESSAGE are contact; NOTE and ACKNOWLEDGED are not.',
  values: ACTIVITY_KINDS,
});
export const StepKindRef = builder.enumType('StepKind', {
  description: 'What a step is about: the method of the assignments it makes.',
  values: STEP_KINDS,
});
export const TargetKindRef = builder.enumType('TargetKind', {
  description: 'To whom a step leads: a rep, a pool, or whoever the matched account or territory belongs to.',
  values: TARGET_KINDS,
});
export const WhenNobodyKindRef = builder.enumType('WhenNobodyKind', {
  description: 'What a step does when nobody in its target can take the lead.',
  values: WHEN_NOBODY_KINDS,
});
export const OperatorRef = builder.enumType('Operator', {
  description:
    'How a condition compares a field of the lead with its value. A field that is empty fulfils none but NOT_EQUALS, NOT_IN and EXISTS false.',
  values: OPERATORS,
});
export const MatchOperatorRef = builder.enumType('MatchOperator', {
  description: 'EQUALS: the rep’s field is the lead’s. CONTAINS: the rep’s list has the lead’s.',
  values: MATCH_OPERATORS,
});
export const ReasonRef = builder.enumType('Reason', {
  description: 'Why a rep was taken or passed over.',
  values: REASONS,
});
export const TieBreakRef = builder.enumType('TieBreak', {
  description: 'What told the chosen rep from the next in line.',
  values: TIE_BREAKS,
});
export const StepCodeRef = builder.enumType('StepCode', {
  description: 'Why a step that matched had nobody to look at.',
  values: STEP_CODES,
});
export const AttemptViaRef = builder.enumType('AttemptVia', {
  description: 'Where a look went: the step’s own target, what its `whenNobody` turned to, or the last resort.',
  values: ATTEMPT_VIAS,
});
export const AccountMatchByRef = builder.enumType('AccountMatchBy', {
  description: 'What the account was recognised by.',
  values: ACCOUNT_MATCHES,
});

/** `lead.assigned` → `LEAD_ASSIGNED`. */
export const EventKindRef = builder.enumType('EventKind', {
  description: 'See docs/feed.md.',
  values: Object.fromEntries(EVENT_KINDS.map((kind) => [kind.toUpperCase().replace('.', '_'), { value: kind }])),
});
