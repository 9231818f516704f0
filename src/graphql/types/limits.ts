import type { ClassLimit, RateCap, SegmentCost } from '../../domain/configuration.ts';
import { builder } from '../builder.ts';
import { PeriodRef } from './enums.ts';

/* Limits that workspace, reps and pools have alike. */

export const RateCapRef = builder.objectRef<RateCap>('RateCap').implement({
  description: 'At most so many leads in a period, beside the limit of open leads.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    leads: t.exposeInt('leads'),
    per: t.expose('per', { type: PeriodRef }),
    timeZone: t.exposeString('timeZone', {
      nullable: true,
      description: 'Null: any 60 minutes, 24 hours, 7 or 30 days. Else the calendar’s hour, day, week or month there.',
    }),
  }),
});

export const ClassLimitRef = builder.objectRef<ClassLimit>('ClassLimit').implement({
  description: 'The most open leads of a lead class, which is a segment, that a rep may have.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    segment: t.exposeString('segment', { description: 'Key.' }),
    limit: t.exposeInt('limit'),
  }),
});

export const SegmentCostRef = builder.objectRef<SegmentCost>('SegmentCost').implement({
  description: 'How many of a rep’s places a lead of a segment takes.',
  authScopes: { signedIn: true },
  fields: (t) => ({ segment: t.exposeString('segment', { description: 'Key.' }), cost: t.exposeInt('cost') }),
});

export const SegmentValueRef = builder
  .objectRef<{ readonly segment: string; readonly value: number }>('SegmentValue')
  .implement({
    description: 'What a lead of a segment is worth.',
    authScopes: { signedIn: true },
    fields: (t) => ({ segment: t.exposeString('segment', { description: 'Key.' }), value: t.exposeInt('value') }),
  });

export const RateCapInput = builder.inputType('RateCapInput', {
  fields: (t) => ({
    leads: t.int({ required: true, description: '1 to 10,000.' }),
    per: t.field({ type: PeriodRef, required: true }),
    timeZone: t.string({ description: 'IANA, for calendar periods; rolling ones without.' }),
  }),
});

export const ClassLimitInput = builder.inputType('ClassLimitInput', {
  fields: (t) => ({
    segment: t.string({ required: true, description: 'Key.' }),
    limit: t.int({ required: true, description: '0 to 100,000.' }),
  }),
});

export const SegmentCostInput = builder.inputType('SegmentCostInput', {
  fields: (t) => ({
    segment: t.string({ required: true, description: 'Key.' }),
    cost: t.int({ required: true, description: '1 to 1,000.' }),
  }),
});

export const SegmentValueInput = builder.inputType('SegmentValueInput', {
  fields: (t) => ({
    segment: t.string({ required: true, description: 'Key.' }),
    value: t.int({ required: true, description: '1 to 1,000,000.' }),
  }),
});
