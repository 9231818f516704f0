import { describe, expect, test } from 'vitest';
import { type Condition, compileCondition, parseCondition } from '../../src/domain/condition.ts';
import { lead, NOW } from '../support/routing.ts';

const holds = (condition: Condition, given: Parameters<typeof lead>[0]): boolean =>
  compileCondition(condition, () => () => false)(lead(given), NOW);

describe('operators', () => {
  test.each<[Condition, Parameters<typeof lead>[0], boolean]>([
    [{ field: 'country', operator: 'EQUALS', value: 'de' }, { country: 'DE' }, true],
    [{ field: 'country', operator: 'EQUALS', value: 'DE' }, { country: null }, false],
    [{ field: 'country', operator: 'NOT_EQUALS', value: 'DE' }, { country: null }, true],
    [{ field: 'country', operator: 'IN', value: ['FR', 'DE'] }, { country: 'DE' }, true],
    [{ field: 'country', operator: 'NOT_IN', value: ['FR', 'DE'] }, { country: 'DE' }, false],
    [{ field: 'employees', operator: 'AT_LEAST', value: 50 }, { employees: 50 }, true],
    [{ field: 'employees', operator: 'GREATER_THAN', value: 50 }, { employees: 50 }, false],
    [{ field: 'employees', operator: 'AT_MOST', value: 50 }, { employees: 50 }, true],
    [{ field: 'employees', operator: 'LESS_THAN', value: 50 }, { employees: null }, false],
    [{ field: 'employees', operator: 'BETWEEN', value: [50, 499] }, { employees: 499 }, true],
    [{ field: 'jobTitle', operator: 'CONTAINS', value: 'VP' }, { jobTitle: 'Deputy vp Sales' }, true],
    [{ field: 'jobTitle', operator: 'STARTS_WITH', value: 'vp' }, { jobTitle: 'VP Sales' }, true],
    [{ field: 'email', operator: 'DOMAIN_OF', value: 'acme.example' }, { email: 'a@mail.acme.example' }, true],
    [{ field: 'email', operator: 'DOMAIN_OF', value: 'acme.example' }, { email: 'a@notacme.example' }, false],
    [{ field: 'phone', operator: 'EXISTS', value: false }, { phone: null }, true],
    [{ field: 'icp', operator: 'EQUALS', value: true }, { icp: true }, true],
    [{ field: 'attributes.plan', operator: 'EQUALS', value: 'Gold' }, { attributes: { plan: 'gold' } }, true],
    [{ field: 'attributes.toString', operator: 'EXISTS', value: true }, { attributes: {} }, false],
    [{ not: { field: 'icp', operator: 'EQUALS', value: true } }, { icp: false }, true],
    [
      {
        and: [
          { field: 'score', operator: 'AT_LEAST', value: 1 },
          { field: 'icp', operator: 'EQUALS', value: true },
        ],
      },
      { score: 5, icp: false },
      false,
    ],
    [
      {
        or: [
          { field: 'score', operator: 'AT_LEAST', value: 1 },
          { field: 'icp', operator: 'EQUALS', value: true },
        ],
      },
      { score: 5, icp: false },
      true,
    ],
  ])('%j on %j is %s', (condition, given, expected) => {
    expect(holds(condition, given)).toBe(expected);
  });
});

describe('a condition that is none is refused with its place', () => {
  test.each<[unknown, string]>([
    ['country = DE', 'c: must have `and`'],
    [{}, 'c: must have exactly one'],
    [{ and: [] }, 'c.and: must be a list of at least one'],
    [{ and: [{ field: 'country', operator: 'EQUALS', value: 'DE' }], not: {} }, 'c: must have exactly one'],
    [{ field: 'shoeSize', operator: 'EQUALS', value: 1 }, 'c.field: must be a field of the lead'],
    [{ field: '__proto__', operator: 'EXISTS', value: true }, 'c.field: must be a field of the lead'],
    [{ field: 'country', operator: 'LIKE', value: 1 }, 'c.operator: must be one of'],
    [{ field: 'country', operator: 'AT_LEAST', value: 1 }, 'c.operator: AT_LEAST compares numbers'],
    [{ field: 'employees', operator: 'CONTAINS', value: 'x' }, 'c.operator: CONTAINS compares text'],
    [{ field: 'employees', operator: 'AT_LEAST', value: Number.NaN }, 'c.value: must be a number'],
    [{ field: 'employees', operator: 'BETWEEN', value: [9, 1] }, 'c.value: must be two numbers, the lower first'],
    [{ field: 'requestKind', operator: 'EQUALS', value: 'PARTY' }, 'c.value: must be one of DEMO'],
    [{ field: 'country', operator: 'IN', value: [] }, 'c.value: must be a list of 1 to 1000'],
    [{ not: { or: [{ field: 'icp', operator: 'EQUALS', value: 'yes' }] } }, 'c.not.or[0].value: must be true or false'],
  ])('%j', (value, expected) => {
    const { condition, issues } = parseCondition(value, ['c']);
    expect(condition).toBeNull();
    const [issue] = issues;
    const path = issue?.path
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
      .join('')
      .slice(1);
    expect(`${path}: ${issue?.message}`).toContain(expected);
  });

  test('nesting 100,000 deep is refused, not a stack overflow', () => {
    let deep: object = { field: 'icp', operator: 'EQUALS', value: true };
    for (let depth = 0; depth < 100_000; depth += 1) deep = { not: deep };
    expect(parseCondition(deep, []).issues[0]?.message).toBe('is nested more than 10 deep');
  });

  test('a list nested 100,000 deep in a value is refused, not a stack overflow', () => {
    let deep: unknown = 'DE';
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    const { issues } = parseCondition({ field: 'country', operator: 'IN', value: [deep] }, []);
    expect(issues[0]?.message).toMatch(/^has a list, which must be text/);
  });

  test('more than 200 comparisons are refused', () => {
    const one = { field: 'icp', operator: 'EQUALS', value: true };
    const many = { and: [{ or: Array(150).fill(one) }, { or: Array(150).fill(one) }] };
    expect(parseCondition(many, []).issues[0]?.message).toContain('200 are the most');
  });
});
