import { ROLES } from '../../auth/principal.ts';
import { OPERATORS } from '../../domain/condition.ts';
import { ACCOUNT_KINDS, REP_STATUSES, STRATEGIES } from '../../domain/configuration.ts';
import { ACCOUNT_MATCHES, ATTEMPT_VIAS, METHODS, REASONS, STEP_CODES, TIE_BREAKS } from '../../domain/decision.ts';
import { ACTIVITY_KINDS, LEAD_STATUSES, QUALIFICATIONS, REQUEST_KINDS } from '../../domain/lead.ts';
import { MATCH_OPERATORS, STEP_KINDS, TARGET_KINDS, WHEN_NOBODY_KINDS } from '../../domain/plan.ts';
import { EVENT_KINDS } from '../../events/kinds.ts';
import { builder } from '../builder.ts';

export const RoleRef = builder.enumType('Role', { values: ROLES });
export const RepStatusRef = builder.enumType('RepStatus', { values: REP_STATUSES });
export const StrategyRef = builder.enumType('Strategy', {
  description: 'How a pool chooses; see docs/routing.md.',
  values: STRATEGIES,
});
export const AccountKindRef = builder.enumType('AccountKind', { values: ACCOUNT_KINDS });
export const PlanStatusRef = builder.enumType('PlanStatus', { values: ['DRAFT', 'PUBLISHED', 'ARCHIVED'] as const });
export const LeadStatusRef = builder.enumType('LeadStatus', {
  description: 'WON, LOST and DISQUALIFIED are closed; the others are open and count as load.',
  values: LEAD_STATUSES,
});
export const RequestKindRef = builder.enumType('RequestKind', { values: REQUEST_KINDS });
export const QualificationRef = builder.enumType('Qualification', { values: QUALIFICATIONS });
export const MethodRef = builder.enumType('Method', { description: 'How an assignment came about.', values: METHODS });
export const ActivityKindRef = builder.enumType('ActivityKind', {
  description: 'CALL, EMAIL, MEETING and MESSAGE are contact; NOTE and ACKNOWLEDGED are not.',
  values: ACTIVITY_KINDS,
});
export const StepKindRef = builder.enumType('StepKind', { values: STEP_KINDS });
export const TargetKindRef = builder.enumType('TargetKind', { values: TARGET_KINDS });
export const WhenNobodyKindRef = builder.enumType('WhenNobodyKind', {
  description: 'What a step does when nobody in its target can take the lead.',
  values: WHEN_NOBODY_KINDS,
});
export const OperatorRef = builder.enumType('Operator', { values: OPERATORS });
export const MatchOperatorRef = builder.enumType('MatchOperator', { values: MATCH_OPERATORS });
export const ReasonRef = builder.enumType('Reason', { description: 'Why a rep was taken or passed over.', values: REASONS });
export const TieBreakRef = builder.enumType('TieBreak', {
  description: 'What told the chosen rep from the next in line.',
  values: TIE_BREAKS,
});
export const StepCodeRef = builder.enumType('StepCode', { values: STEP_CODES });
export const AttemptViaRef = builder.enumType('AttemptVia', { values: ATTEMPT_VIAS });
export const AccountMatchByRef = builder.enumType('AccountMatchBy', { values: ACCOUNT_MATCHES });

/** `lead.assigned` → `LEAD_ASSIGNED`. */
export const EventKindRef = builder.enumType('EventKind', {
  description: 'See docs/feed.md.',
  values: Object.fromEntries(EVENT_KINDS.map((kind) => [kind.toUpperCase().replace('.', '_'), { value: kind }])),
});
