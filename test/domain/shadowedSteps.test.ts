import { describe, expect, test } from 'vitest';
import type { Comparison, Condition } from '../../src/domain/condition.ts';
import type { Step } from '../../src/domain/plan.ts';
import { lint, NOTHING, withSteps } from '../support/lint.ts';
import { type Setting, step } from '../support/routing.ts';

const is = (field: string, value: string | number | boolean): Comparison => ({ field, operator: 'EQUALS', value });
const matches = (value: string): Condition => ({ operator: 'MATCHES_SEGMENT', value });
const MANAGER = { kind: 'MANAGER' } as const;
const ANYWAY = { kind: 'ASSIGN_ANYWAY' } as const;
const PRECISE = [{ repField: 'language', operator: 'EQUALS', leadField: 'language' }] as const;
const GERMAN = is('country', 'DE');

const segment = (key: string, condition: Condition) => ({ id: key, key, name: key, condition });
const SETTING: Setting = {
  segments: [
    segment('dach', { field: 'country', operator: 'IN', value: ['DE', 'AT', 'CH'] }),
    segment('circle', { and: [GERMAN, matches('circle')] }),
  ],
};

const reports = (...steps: Step[]) => {
  // What is told of fields and pools is another matter.
  const { errors, warnings } = lint({ ...SETTING, ...withSteps(...steps) });
  return [...errors, ...warnings].filter((each) => each.includes('SHADOWED'));
};

const shadowed = (position: number, by: string, kind: string, key: string): string =>
  `SHADOWED steps[${position}]: gets only leads that step "${by}" can place nowhere: that one matches all of them first and deals with them itself (whenNobody ${kind}); put "${key}" before it or remove it`;
const partly = (position: number, by: string): string =>
  `PARTLY_SHADOWED steps[${position}]: gets only leads that step "${by}" does not place: that one matches all of them first`;

describe('a step', () => {
  const everything = step('first', { whenNobody: MANAGER });
  const owners = (key: string, overrides: Partial<Step> = {}) =>
    step(key, { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' }, ...overrides });
  const territories = (key: string, overrides: Partial<Step> = {}) =>
    step(key, { kind: 'TERRITORY', target: { kind: 'TERRITORY' }, ...overrides });

  test.each<[string, readonly Step[], readonly string[]]>([
    [
      'is shadowed by one that matches everything and asks the manager',
      [everything, step('second')],
      [shadowed(1, 'first', 'MANAGER', 'second')],
    ],
    [
      'is shadowed by one that matches everything and assigns anyway',
      [step('first', { whenNobody: ANYWAY }), step('second', { condition: GERMAN })],
      [shadowed(1, 'first', 'ASSIGN_ANYWAY', 'second')],
    ],
    [
      'is shadowed by one for certain reps that has a backup for the others',
      [step('first', { match: PRECISE, whenNobody: { kind: 'BACKUP_POOL', pool: 'main' } }), step('second')],
      [shadowed(1, 'first', 'BACKUP_POOL', 'second')],
    ],
    [
      'is partly shadowed by one that matches everything and hands on',
      [step('first'), step('second', { condition: GERMAN })],
      [partly(1, 'first')],
    ],
    [
      'is shadowed by the later of two, where only that one deals with all itself',
      [step('first'), step('second', { whenNobody: MANAGER }), step('third', { condition: GERMAN })],
      [shadowed(2, 'second', 'MANAGER', 'third'), partly(1, 'first')],
    ],
    [
      'is shadowed by the first that takes it all, not by one beside it',
      [
        step('other', { condition: is('country', 'FR'), whenNobody: MANAGER }),
        step('dach', { condition: matches('dach'), whenNobody: MANAGER }),
        step('german', { condition: { and: [GERMAN, is('icp', true)] } }),
      ],
      [shadowed(2, 'dach', 'MANAGER', 'german')],
    ],
    [
      'is shadowed on Sundays by one for weekends',
      [
        step('weekend', {
          condition: { field: 'weekday', operator: 'IN', value: ['SATURDAY', 'SUNDAY'], timeZone: 'Europe/Berlin' },
          whenNobody: MANAGER,
        }),
        step('sunday', {
          condition: { and: [GERMAN, { ...is('weekday', 'SUNDAY'), timeZone: 'Europe/Berlin' }] },
        }),
      ],
      [shadowed(1, 'weekend', 'MANAGER', 'sunday')],
    ],
    [
      'is shadowed at any hour by one for all hours',
      [
        step('always', {
          condition: { field: 'hour', operator: 'BETWEEN', value: [0, 23], timeZone: 'UTC' },
          whenNobody: MANAGER,
        }),
        step('german', { condition: GERMAN }),
      ],
      [shadowed(1, 'always', 'MANAGER', 'german')],
    ],
    [
      'is partly shadowed by owners, where it is for the same owners',
      [owners('first'), owners('second', { condition: GERMAN })],
      [partly(1, 'first')],
    ],
    [
      'is shadowed by territories, where it is for territories too',
      [territories('first', { whenNobody: MANAGER }), territories('second', { condition: GERMAN })],
      [shadowed(1, 'first', 'MANAGER', 'second')],
    ],
    // From here on all is well.
    [
      'is not shadowed by one in another zone',
      [
        step('a', { condition: { ...is('hour', 9), timeZone: 'UTC' }, whenNobody: MANAGER }),
        step('b', { condition: { ...is('hour', 9), timeZone: 'LEAD' } }),
      ],
      [],
    ],
    [
      'is not shadowed by owners, since not every lead has one',
      [owners('first', { whenNobody: MANAGER }), step('second')],
      [],
    ],
    [
      'is not shadowed by the owners of other accounts',
      [owners('a', { whenNobody: MANAGER }), owners('b', { kind: 'NAMED_ACCOUNT' })],
      [],
    ],
    [
      'is not shadowed by territories, since not every lead is in one',
      [territories('first', { whenNobody: MANAGER }), step('second')],
      [],
    ],
    ['is not shadowed by one for certain reps', [step('first', { match: PRECISE }), step('second')], []],
    [
      'is not shadowed by one for certain reps even if away',
      [step('first', { match: PRECISE, whenNobody: ANYWAY }), step('second')],
      [],
    ],
    [
      'is not shadowed by one for some of its leads',
      [step('a', { condition: GERMAN, whenNobody: MANAGER }), step('b')],
      [],
    ],
    ['is not shadowed by one that comes later', [step('a', { condition: GERMAN }), everything], []],
    [
      'is not shadowed by one that no lead can meet',
      [step('a', { condition: is('score', 101), whenNobody: MANAGER }), step('b', { condition: is('score', 100) })],
      [],
    ],
    [
      'is not shadowed by one of which nothing is known',
      [step('a', { condition: matches('circle'), whenNobody: MANAGER }), step('b', { condition: GERMAN })],
      [],
    ],
  ])('%s', (_what, steps, expected) => {
    expect(reports(...steps)).toEqual(expected);
  });
});

test('the usual order of a plan is sound', () => {
  const steps = [
    step('owner', { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' }, whenNobody: MANAGER }),
    step('named', { kind: 'NAMED_ACCOUNT', target: { kind: 'ACCOUNT_OWNER' } }),
    step('territory', { kind: 'TERRITORY', target: { kind: 'TERRITORY' } }),
    step('specialist', { kind: 'SPECIALIZATION', match: PRECISE.map((each) => ({ ...each, repField: 'regions' })) }),
    step('dach', { kind: 'SEGMENT', condition: matches('dach') }),
    step('demo', { kind: 'SEGMENT', condition: is('requestKind', 'DEMO') }),
    step('default'),
  ];
  const { warnings, ...rest } = lint({ ...SETTING, ...withSteps(...steps) });
  expect({ ...rest, warnings: warnings.filter((each) => !each.includes('no rep has regions')) }).toEqual(NOTHING);
});

describe('of 10,000 steps no pair but those that may concern each other is compared', () => {
  /** How often the values of the conditions are looked at while a plan is looked through. */
  const looksAt = (
    conditionOf: (
      index: number,
      is: (field: string, operator: Comparison['operator'], value: Comparison['value']) => Comparison,
    ) => Condition,
    whenNobody: Step['whenNobody'],
  ) => {
    let looks = 0;
    const counted = (field: string, operator: Comparison['operator'], value: Comparison['value']): Comparison => ({
      field,
      operator,
      get value() {
        looks += 1;
        return value;
      },
    });
    const steps = Array.from({ length: 10_000 }, (_, index) =>
      step(`s${index}`, { condition: conditionOf(index, counted), whenNobody }),
    );
    const found = reports(...steps).length;
    return { looksPerStep: looks / steps.length, found };
  };

  test.each<[string, Parameters<typeof looksAt>[0], Step['whenNobody'], number, number]>([
    [
      'different cities of one country',
      (index, of) => ({ and: [of('country', 'EQUALS', 'DE'), of('city', 'EQUALS', `c${index}`)] }),
      MANAGER,
      0,
      100,
    ],
    ['ranges beside each other', (index, of) => of('attributes.x', 'BETWEEN', [index, index + 0.5]), MANAGER, 0, 100],
    ['ranges of which each takes the next', (index, of) => of('attributes.x', 'AT_LEAST', index), MANAGER, 500, 100],
    ['all alike, and each hands on', (_index, of) => of('icp', 'EQUALS', true), { kind: 'NEXT_STEP' }, 500, 100],
    ['whatever is not one thing', (index, of) => of('city', 'NOT_EQUALS', `c${index}`), MANAGER, 0, 500],
  ])('%s', (_what, conditionOf, whenNobody, found, most) => {
    const looks = looksAt(conditionOf, whenNobody);
    expect(looks.found).toBe(found);
    expect(looks.looksPerStep).toBeLessThan(most);
  });
});
