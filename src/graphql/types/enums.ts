import { OPEN_LEADS } from '../../assignment/attendance.ts';
import { AVAILABILITY_STATUSES } from '../../assignment/presence.ts';
import { ROLES } from '../../auth/principal.ts';
import { TERRITORY_FORMATS } from '../../configuration/importTerritories.ts';
import { ABSENCES } from '../../domain/availability.ts';
import { FINDINGS } from '../../domain/checkPlan.ts';
import { OPERATORS } from '../../domain/condition.ts';
import {
  ACCOUNT_KINDS,
  CATCH_UPS,
  FAIRNESS_WINDOWS,
  REP_STATUSES,
  SAME_PERSON_ACTIONS,
  SAME_PERSON_SCOPES,
  STRATEGIES,
  WEIGHTINGS,
} from '../../domain/configuration.ts';
import {
  ACCOUNT_MATCHES,
  ATTEMPT_VIAS,
  METHODS,
  REASONS,
  STEP_CODES,
  TIE_BREAKS,
  WAITS_FOR,
} from '../../domain/decision.ts';
import { LANGUAGES } from '../../domain/decisionSummary.ts';
import { FIELD_TYPES } from '../../domain/fields.ts';
import { ACTIVITY_KINDS, LEAD_STATUSES, QUALIFICATIONS, REQUEST_KINDS } from '../../domain/lead.ts';
import { PERIODS, WEEKDAYS } from '../../domain/localTime.ts';
import {
  DIRECTIONS,
  MATCH_OPERATORS,
  OWNER_AWAY,
  POOL_LIST_SHARES,
  STEP_KINDS,
  TARGET_KINDS,
  WHEN_NOBODY_KINDS,
} from '../../domain/plan.ts';
import { RUNG_ACTIONS, SLA_CLOCKS } from '../../domain/sla.ts';
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
  description:
    'To whom a step leads: a rep, a pool, a list of pools that take turns, whoever the matched account or territory belongs to, or a queue in which it waits to be claimed.',
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
  description:
    'The rep’s value stands on the left: `employeesMin AT_MOST employees`. Of several values of the rep one is enough. CONTAINS: EQUALS, for lists. PREFIX_OF: the lead’s value begins with the rep’s.',
  values: MATCH_OPERATORS,
});
export const OwnerAwayRef = builder.enumType('OwnerAway', {
  description:
    'To whom a lead goes whose account’s owner is away as declared: to the delegate, to the owner all the same, or as whenNobody says.',
  values: OWNER_AWAY,
});
export const DirectionRef = builder.enumType('Direction', {
  description: 'Who stands first: those with the highest value, or with the lowest.',
  values: DIRECTIONS,
});
export const PoolListShareRef = builder.enumType('PoolListShare', {
  description: 'What a pool of a list weighs: what its eligible members weigh together, or what the list says.',
  values: POOL_LIST_SHARES,
});
export const FairnessWindowRef = builder.enumType('FairnessWindow', {
  description: 'How often the credits of a pool begin at 0 again, by the workspace’s time zone.',
  values: FAIRNESS_WINDOWS,
});
export const WeightingByRef = builder.enumType('WeightingBy', {
  description:
    'FIXED: weights are set by hand. WIN_RATE, QUOTA: worked out each day from leads won and lost, or from the rep’s attribute quotaAttainment (percent).',
  values: WEIGHTINGS,
});
export const WeekdayRef = builder.enumType('Weekday', { description: 'A day of the week.', values: WEEKDAYS });
export const AbsenceReasonRef = builder.enumType('AbsenceReason', {
  description: 'Why a rep is not there; the most lasting first. See docs/time.md.',
  values: ABSENCES,
});
export const CatchUpRef = builder.enumType('CatchUp', {
  description:
    'What members who were away as declared catch up with: nothing, at most so many leads, or everything they would have had.',
  values: CATCH_UPS,
});
export const AvailabilityStatusRef = builder.enumType('AvailabilityStatus', {
  description: 'What a rep, or a manager, says of the rep’s being there.',
  values: AVAILABILITY_STATUSES,
});
export const OpenLeadsRef = builder.enumType('OpenLeads', {
  description:
    'What becomes of the open leads of a rep whose absence begins: they stay, go to the delegate, or are given out by the plan.',
  values: OPEN_LEADS,
});
export const WaitsForRef = builder.enumType('WaitsFor', {
  description: 'SOMEONE: nobody was there, it goes to the first who is. CLAIM: it is offered to whoever claims it.',
  values: WAITS_FOR,
});
export const SlaClockRef = builder.enumType('SlaClock', {
  description: 'REAL: time goes on day and night. WORKING: only while the owner works.',
  values: SLA_CLOCKS,
});
export const SlaStatusRef = builder.enumType('SlaStatus', {
  description: 'DUE: no contact yet, and still time. FULFILLED: in contact in time. FAILED: not.',
  values: ['DUE', 'FULFILLED', 'FAILED'] as const,
});
export const RungActionRef = builder.enumType('RungAction', {
  description: 'What happens when an owner has not been in contact for so long.',
  values: RUNG_ACTIONS,
});
export const OfferStatusRef = builder.enumType('OfferStatus', {
  description: 'What became of an offer. WITHDRAWN: the rep became busy, or the lead went elsewhere or was closed.',
  values: ['OPEN', 'ACCEPTED', 'DECLINED', 'TIMED_OUT', 'WITHDRAWN'] as const,
});
export const PeriodRef = builder.enumType('Period', { description: 'A span of time.', values: PERIODS });
export const FieldTypeRef = builder.enumType('FieldType', { description: 'What a value can be.', values: FIELD_TYPES });
export const SamePersonActionRef = builder.enumType('SamePersonAction', {
  description:
    'What becomes of a lead of a person who has an open one: it goes to the same owner, is refused, or is a new lead like any other.',
  values: SAME_PERSON_ACTIONS,
});
export const SamePersonScopeRef = builder.enumType('SamePersonScope', {
  description: 'Where the person’s open leads are looked for: anywhere, or among those of the same source.',
  values: SAME_PERSON_SCOPES,
});
export const IgnoreDotsRef = builder.enumType('IgnoreDots', {
  description: 'Whether `a.da@` is `ada@`: at Gmail, where it is so, or everywhere.',
  values: ['NEVER', 'GMAIL', 'ALWAYS'] as const,
});
export const LanguageRef = builder.enumType('Language', { description: 'Of a sentence.', values: LANGUAGES });
export const ProposalStatusRef = builder.enumType('ProposalStatus', {
  description: 'Of what a rep has proposed.',
  values: ['OPEN', 'APPROVED', 'REFUSED'] as const,
});
export const TerritoryFormatRef = builder.enumType('TerritoryFormat', {
  description: 'Of a file with territories.',
  values: TERRITORY_FORMATS,
});
export const FindingCodeRef = builder.enumType('FindingCode', {
  description: 'What may be wrong with a plan.',
  values: FINDINGS,
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
