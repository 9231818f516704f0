import type { DateHours, DayStretch, WeekStretch } from '../../domain/workingHours.ts';
import { builder } from '../builder.ts';
import { WeekdayRef } from './enums.ts';

const DayStretchRef = builder.objectRef<DayStretch>('DayStretch').implement({
  description:
    'From when to when, by the clock of the rep’s time zone; an end at or before the beginning is that of the next day.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    from: t.exposeString('from', { description: '`HH:MM`.' }),
    to: t.exposeString('to', { description: '`HH:MM`, up to `24:00`.' }),
  }),
});

export const WeekStretchRef = builder.objectRef<WeekStretch>('WeekStretch').implement({
  description: 'When somebody works on some days of the week.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    days: t.field({ type: [WeekdayRef], resolve: ({ days }) => [...days] }),
    from: t.exposeString('from', { description: '`HH:MM`.' }),
    to: t.exposeString('to', {
      description: '`HH:MM`, up to `24:00`; at or before `from` it is that of the next day.',
    }),
  }),
});

export const DateHoursRef = builder.objectRef<DateHours>('DateHours').implement({
  description: 'A day that is not like its weekday; without stretches nobody works.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    date: t.exposeString('date', { description: '`YYYY-MM-DD`.' }),
    stretches: t.field({ type: [DayStretchRef], resolve: ({ stretches }) => [...stretches] }),
  }),
});

const DayStretchInput = builder.inputType('DayStretchInput', {
  fields: (t) => ({
    from: t.string({ required: true, description: '`HH:MM`.' }),
    to: t.string({ required: true, description: '`HH:MM`, up to `24:00`.' }),
  }),
});

export const WeekStretchInput = builder.inputType('WeekStretchInput', {
  fields: (t) => ({
    days: t.field({ type: [WeekdayRef], required: true }),
    from: t.string({ required: true, description: '`HH:MM`.' }),
    to: t.string({
      required: true,
      description: '`HH:MM`, up to `24:00`; at or before `from` it is that of the next day.',
    }),
  }),
});

export const DateHoursInput = builder.inputType('DateHoursInput', {
  fields: (t) => ({
    date: t.string({ required: true, description: '`YYYY-MM-DD`.' }),
    stretches: t.field({ type: [DayStretchInput], description: 'At most 10; none for a day off.' }),
  }),
});
