import { describe, expect, test } from 'vitest';
import type { Condition } from '../../src/domain/condition.ts';
import type { AttributeDeclaration } from '../../src/domain/configuration.ts';
import { lint, NOTHING, withSteps } from '../support/lint.ts';
import { rep, type Setting, step } from '../support/routing.ts';

const is = (field: string, value: string | number | boolean): Condition => ({ field, operator: 'EQUALS', value });
const matches = (value: string): Condition => ({ operator: 'MATCHES_SEGMENT', value });

describe('fields', () => {
  const declare = (name: string, type: AttributeDeclaration['type'], values: string[] = []): AttributeDeclaration => ({
    name,
    type,
    values,
  });
  const settings: Setting['settings'] = {
    leadAttributes: [
      declare('size', 'NUMBER'),
      declare('plan', 'ENUM', ['Gold', 'Silver']),
      declare('note', 'TEXT'),
      declare('vip', 'BOOLEAN'),
    ],
  };
  const only = (condition: Condition): Setting => ({ settings, ...withSteps(step('a', { condition }), step('all')) });
  const compare = (
    field: string,
    operator: 'EQUALS' | 'NOT_IN' | 'AT_LEAST' | 'CONTAINS' | 'STARTS_WITH' | 'EXISTS',
    value: string | number | boolean | string[],
  ): Condition => ({ field: `attributes.${field}`, operator, value });

  test.each<[Condition, string]>([
    [
      is('attributes.other', 1),
      'UNKNOWN_ATTRIBUTE steps[0].condition: attributes.other is not declared in the workspace',
    ],
    [
      { not: { or: [is('icp', true), is('attributes.other', 1)] } },
      'UNKNOWN_ATTRIBUTE steps[0].condition: attributes.other is not declared in the workspace',
    ],
    [
      compare('size', 'EQUALS', '5'),
      'WRONG_TYPE steps[0].condition: attributes.size is of type NUMBER, so comparing it with "5" tells nothing',
    ],
    [
      compare('size', 'CONTAINS', '5'),
      'WRONG_TYPE steps[0].condition: attributes.size is of type NUMBER, so comparing it with "5" tells nothing',
    ],
    [
      compare('note', 'AT_LEAST', 5),
      'WRONG_TYPE steps[0].condition: attributes.note is of type TEXT, so comparing it with 5 tells nothing',
    ],
    [
      compare('vip', 'EQUALS', 'true'),
      'WRONG_TYPE steps[0].condition: attributes.vip is of type BOOLEAN, so comparing it with "true" tells nothing',
    ],
    [
      compare('plan', 'EQUALS', 'Bronze'),
      'WRONG_TYPE steps[0].condition: attributes.plan is one of Gold, Silver, so comparing it with "Bronze" tells nothing',
    ],
    [
      compare('plan', 'NOT_IN', ['gold', 'bronze']),
      'WRONG_TYPE steps[0].condition: attributes.plan is one of Gold, Silver, so comparing it with "bronze" tells nothing',
    ],
    [
      compare('plan', 'EQUALS', 5),
      'WRONG_TYPE steps[0].condition: attributes.plan is one of Gold, Silver, so comparing it with 5 tells nothing',
    ],
    [
      compare('plan', 'AT_LEAST', 5),
      'WRONG_TYPE steps[0].condition: attributes.plan is one of Gold, Silver, so comparing it with 5 tells nothing',
    ],
    [
      compare('plan', 'STARTS_WITH', 'br'),
      'WRONG_TYPE steps[0].condition: attributes.plan is one of Gold, Silver, so comparing it with "br" tells nothing',
    ],
  ])('that are not what they were declared to be: %j', (condition, expected) => {
    expect(lint(only(condition))).toEqual({ errors: [], warnings: [expected] });
  });

  test.each<[Condition]>([
    [compare('size', 'AT_LEAST', 5)],
    [compare('plan', 'EQUALS', 'gold')],
    [compare('plan', 'STARTS_WITH', 'go')],
    [compare('plan', 'CONTAINS', 'LV')],
    [compare('note', 'CONTAINS', '5')],
    [compare('vip', 'EQUALS', false)],
    [compare('size', 'EXISTS', true)],
  ])('that are: %j', (condition) => {
    expect(lint(only(condition))).toEqual(NOTHING);
  });

  test('are not missed where no attribute is declared at all', () => {
    expect(lint(withSteps(step('a', { condition: is('attributes.any', 1) }), step('all')))).toEqual(NOTHING);
  });

  const knowledge = { filled: new Set(['country', 'language', 'attributes.size']), regionsOf: () => [] };
  const speaks = { repField: 'language', operator: 'EQUALS', leadField: 'language' } as const;
  test('that no lead has had, or no rep has, are told wherever they stand', () => {
    const steps = [
      step('a', { condition: { and: [is('country', 'DE'), { or: [is('city', 'Bonn'), is('city', 'Ulm')] }] } }),
      step('b', {
        condition: { and: [is('country', 'AT'), { field: 'hour', operator: 'AT_LEAST', value: 9, timeZone: 'UTC' }] },
      }),
      step('c', { match: [speaks, { repField: 'attributes.skills', operator: 'EQUALS', leadField: 'industry' }] }),
      step('d', {
        prefer: [{ repField: 'products', operator: 'CONTAINS', leadField: 'attributes.other' }],
        condition: is('country', 'CH'),
      }),
      step('e', {
        order: [
          { repField: 'attributes.level', first: 'HIGHEST' },
          { repField: 'attributes.seniority', first: 'LOWEST' },
        ],
      }),
    ];
    const reps = [
      rep('boss', { language: 'de', attributes: { level: 0 } }),
      rep('ada', { products: [] }),
      rep('bob', { status: 'LEFT', products: ['crm'], attributes: { skills: 'x', seniority: 3 } }),
    ];
    expect(lint({ settings, reps, ...withSteps(...steps) }, knowledge)).toEqual({
      errors: [],
      warnings: [
        'FIELD_NOT_FILLED steps[0].condition: none of the last leads had city',
        'FIELD_NOT_FILLED steps[2].match[1].repField: no rep has attributes.skills',
        'FIELD_NOT_FILLED steps[2].match[1].leadField: none of the last leads had industry',
        'FIELD_NOT_FILLED steps[3].prefer[0].repField: no rep has products',
        'UNKNOWN_ATTRIBUTE steps[3].prefer[0].leadField: attributes.other is not declared in the workspace',
        'FIELD_NOT_FILLED steps[4].order[1].repField: no rep has attributes.seniority',
      ],
    });
  });

  test('of segments that steps refer to are told once, with the segment', () => {
    const segment = (key: string, condition: Condition) => ({ id: key, key, name: key, condition });
    const segments = [
      segment('one', { and: [matches('two'), is('attributes.other', 1)] }),
      segment('two', { or: [is('city', 'Bonn'), matches('one')] }),
      segment('unused', is('attributes.nowhere', 1)),
    ];
    const steps = [
      step('a', { condition: matches('one') }),
      step('b', { condition: { not: matches('two') } }),
      step('all'),
    ];
    expect(lint({ settings, segments, ...withSteps(...steps) }, knowledge)).toEqual({
      errors: [],
      warnings: [
        'UNKNOWN_ATTRIBUTE segments.one.condition: attributes.other is not declared in the workspace',
        'FIELD_NOT_FILLED segments.two.condition: none of the last leads had city',
      ],
    });
  });
});
