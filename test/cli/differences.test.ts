import { describe, expect, test } from 'vitest';
import { differences } from '../../src/cli/differences.ts';

const told = (before: unknown, after: unknown): string[] =>
  [...differences('x', before, after)].map(
    ({ path, before: was, after: is }) => `${path}: ${JSON.stringify(was)} → ${JSON.stringify(is)}`,
  );

const step = (key: string, more: object = {}) => ({
  key,
  kind: 'DEFAULT',
  target: { kind: 'POOL', pool: 'main' },
  ...more,
});

describe('two values', () => {
  test.each<[string, unknown, unknown, string[]]>([
    ['that are the same', { a: 1, b: [2] }, { b: [2], a: 1 }, []],
    ['that are single', 120, 100, ['x: 120 → 100']],
    ['of which one is not there', undefined, 5, ['x: undefined → 5']],
    ['inside others', { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3, d: 4 } }, ['x.a.c: 2 → 3', 'x.a.d: undefined → 4']],
    ['of plain lists', ['DE', 'AT'], ['DE'], ['x: ["DE","AT"] → ["DE"]']],
    [
      'of steps',
      [step('a'), step('b')],
      [step('a'), step('b', { target: { kind: 'POOL', pool: 'south' } })],
      ['x[b].target.pool: "main" → "south"'],
    ],
    [
      'of members',
      [{ rep: 'ada' }, { rep: 'bob' }],
      [{ rep: 'ada', weight: 2 }, { rep: 'bob' }],
      ['x[ada].weight: undefined → 2'],
    ],
    [
      'of members who come and go',
      [{ rep: 'ada' }, { rep: 'bob' }],
      [{ rep: 'bob' }, { rep: 'cy' }],
      ['x[ada]: {"rep":"ada"} → undefined', 'x[cy]: undefined → {"rep":"cy"}'],
    ],
    [
      'in another order',
      [step('a'), step('b'), step('c')],
      [step('c'), step('a'), step('b')],
      ['x, their order: ["a","b","c"] → ["c","a","b"]'],
    ],
    ['without names of their own', [{ per: 'DAY' }], [{ per: 'HOUR' }], ['x[0].per: "DAY" → "HOUR"']],
    [
      'of which two are called the same',
      [{ key: 'a' }],
      [{ key: 'a' }, { key: 'a' }],
      ['x: [{"key":"a"}] → [{"key":"a"},{"key":"a"}]'],
    ],
  ])('%s', (_what, before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
  });
});
