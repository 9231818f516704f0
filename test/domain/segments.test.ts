import { describe, expect, test } from 'vitest';
import type { Condition } from '../../src/domain/condition.ts';
import { compileSegments, SegmentFault, type Segments } from '../../src/domain/routingConfiguration.ts';
import { lead, NOW } from '../support/routing.ts';

const matches = (value: string): Condition => ({ operator: 'MATCHES_SEGMENT', value });
const IS_ICP: Condition = { field: 'icp', operator: 'EQUALS', value: true };
const IS_GERMAN: Condition = { field: 'country', operator: 'EQUALS', value: 'DE' };
const IS_LARGE: Condition = { field: 'employees', operator: 'AT_LEAST', value: 500 };

const compileAll = (conditions: Readonly<Record<string, Condition>>): Segments =>
  compileSegments(Object.entries(conditions).map(([key, condition]) => ({ id: key, key, name: key, condition })));

const SEGMENTS = compileAll({
  icp: IS_ICP,
  large: IS_LARGE,
  'large-german': { and: [matches('large'), IS_GERMAN] },
  best: { or: [matches('large-german'), { and: [matches('icp'), matches('large')] }] },
  'not-best': { not: matches('best') },
  broken: matches('gone'),
  'broken-behind-icp': { and: [matches('icp'), matches('gone')] },
  circle: { and: [IS_ICP, matches('other-half')] },
  'other-half': { or: [IS_GERMAN, matches('circle')] },
  itself: { not: matches('itself') },
});

describe('a segment', () => {
  test.each<[string, Parameters<typeof lead>[0], boolean]>([
    ['icp', { icp: true }, true],
    ['icp', {}, false],
    ['large-german', { employees: 500, country: 'de' }, true],
    ['large-german', { employees: 499, country: 'DE' }, false],
    ['large-german', { employees: 500 }, false],
    ['best', { employees: 500, country: 'DE' }, true],
    ['best', { employees: 500, icp: true }, true],
    ['best', { employees: 1, icp: true, country: 'DE' }, false],
    ['not-best', { employees: 500, icp: true }, false],
    ['not-best', {}, true],
    // What is missing or goes in a circle is met only by who comes that far.
    ['broken-behind-icp', { icp: false }, false],
    ['circle', { icp: false }, false],
    ['circle', { icp: true, country: 'DE' }, true],
  ])('%s holds of %j: %s', (key, given, expected) => {
    expect(SEGMENTS.predicate(key)(lead(given), NOW)).toBe(expected);
  });

  test.each<[string, Parameters<typeof lead>[0], SegmentFault['kind'], string]>([
    ['gone', {}, 'UNKNOWN', 'gone'],
    ['broken', {}, 'UNKNOWN', 'gone'],
    ['broken-behind-icp', { icp: true }, 'UNKNOWN', 'gone'],
    ['circle', { icp: true }, 'CIRCLE', 'circle'],
    ['other-half', { icp: true }, 'CIRCLE', 'other-half'],
    ['itself', {}, 'CIRCLE', 'itself'],
  ])('%s fails of %j, saying what is wrong', (key, given, kind, culprit) => {
    const ask = () => SEGMENTS.predicate(key)(lead(given), NOW);
    expect(ask).toThrow(expect.objectContaining({ kind, key: culprit }));
    // And again: a failure leaves nothing behind.
    expect(ask).toThrow(SegmentFault);
  });

  test('is asked anew of every lead, and at every moment', () => {
    const predicate = SEGMENTS.predicate('best');
    const yes = lead({ employees: 500, country: 'DE' });
    const no = lead();
    expect([yes, no, yes, no, no, yes].map((each) => predicate(each, NOW))).toEqual([
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
    const { predicate: byHour } = compileAll({
      morning: { field: 'hour', operator: 'LESS_THAN', value: 12, timeZone: 'UTC' },
    });
    const one = lead();
    const noon = Date.UTC(2026, 0, 1, 12);
    expect([noon - 1, noon, noon - 1].map((at) => byHour('morning')(one, at))).toEqual([true, false, true]);
  });

  test('may refer to others twice over without doubling the work with every level', () => {
    // 2^60 questions without remembering.
    const levels = Array.from({ length: 60 }, (_, level): [string, Condition] => [
      `s${level}`,
      level === 59 ? IS_ICP : { and: [matches(`s${level + 1}`), { not: { not: matches(`s${level + 1}`) } }] },
    ]);
    const { predicate } = compileAll(Object.fromEntries(levels));
    expect([true, false].map((icp) => predicate('s0')(lead({ icp }), NOW))).toEqual([true, false]);
  });
});
