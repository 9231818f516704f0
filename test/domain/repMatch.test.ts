import { describe, expect, test } from 'vitest';
import type { Rep } from '../../src/domain/configuration.ts';
import type { AttributeValue, RoutableLead } from '../../src/domain/lead.ts';
import { MATCH_OPERATORS, type RepMatch } from '../../src/domain/plan.ts';
import { compileMatches, compileOrder, isRepField } from '../../src/domain/repMatch.ts';
import { reasons } from '../support/decisions.ts';
import { lead, market, NOW, pool, rep, step, territory } from '../support/routing.ts';

type Operator = RepMatch['operator'];

const fits = (matches: readonly RepMatch[], ofRep: Partial<Rep>, ofLead: Partial<RoutableLead>): boolean | undefined =>
  compileMatches(matches)?.(lead(ofLead), NOW)(rep('ada', ofRep));

/** An attribute of the rep against one of the lead. */
const compared = (has: AttributeValue | null, operator: Operator, wanted: AttributeValue | null): boolean | undefined =>
  fits(
    [{ repField: 'attributes.has', operator, leadField: 'attributes.wanted' }],
    { attributes: has === null ? {} : { has } },
    { attributes: wanted === null ? {} : { wanted } },
  );

describe('one value of the rep against one of the lead', () => {
  test.each<[AttributeValue, Operator, AttributeValue, boolean]>([
    ['DE', 'EQUALS', 'DE', true],
    ['de', 'EQUALS', 'DE', true],
    ['DE', 'EQUALS', 'FR', false],
    ['DE', 'EQUALS', 'DEU', false],
    ['Kraków', 'EQUALS', 'KRAKÓW', true],
    ['DE', 'CONTAINS', 'de', true],
    ['DE', 'CONTAINS', 'D', false],
    ['DE', 'NOT_EQUALS', 'FR', true],
    ['DE', 'NOT_EQUALS', 'de', false],
    ['80', 'PREFIX_OF', '80331', true],
    ['80331', 'PREFIX_OF', '80331', true],
    ['80331', 'PREFIX_OF', '80', false],
    ['01', 'PREFIX_OF', '1067', false],
    ['sw1', 'PREFIX_OF', 'SW1A 1AA', true],
    [80, 'PREFIX_OF', '80331', true],
    ['80', 'PREFIX_OF', 80_331, false],
    [5, 'EQUALS', 5, true],
    [5, 'EQUALS', 6, false],
    [5, 'EQUALS', '5', false],
    [5, 'NOT_EQUALS', 6, true],
    [5, 'NOT_EQUALS', 5, false],
    [5, 'AT_MOST', 5, true],
    [5, 'AT_MOST', 6, true],
    [5, 'AT_MOST', 4.5, false],
    [5, 'AT_LEAST', 5, true],
    [5, 'AT_LEAST', 4.5, true],
    [5, 'AT_LEAST', 6, false],
    [-1, 'AT_LEAST', -2, true],
    ['5', 'AT_LEAST', 4, false],
    [5, 'AT_LEAST', '4', false],
    ['b', 'AT_LEAST', 'a', false],
    [true, 'EQUALS', true, true],
    [false, 'EQUALS', false, true],
    [true, 'EQUALS', false, false],
    [true, 'EQUALS', 'true', false],
    [true, 'NOT_EQUALS', false, true],
    [true, 'AT_LEAST', 0, false],
  ])('%j %s %j is %j', (has, operator, wanted, expected) => {
    expect(compared(has, operator, wanted)).toBe(expected);
  });
});

describe('several values of the rep', () => {
  test.each<[AttributeValue, Operator, AttributeValue, boolean]>([
    ['DE, AT,CH', 'EQUALS', 'at', true],
    ['DE, AT,CH', 'CONTAINS', 'CH', true],
    ['DE, AT,CH', 'EQUALS', 'FR', false],
    ['DE, AT,CH', 'NOT_EQUALS', 'FR', true],
    ['DE, AT,CH', 'NOT_EQUALS', 'AT', false],
    ['10, 80', 'PREFIX_OF', '80331', true],
    ['10, 80', 'PREFIX_OF', '70173', false],
    ['10,,80', 'PREFIX_OF', '70173', false],
  ])('as text with commas: %j %s %j is %j', (has, operator, wanted, expected) => {
    expect(compared(has, operator, wanted)).toBe(expected);
  });

  test.each<[readonly string[], Operator, string, boolean]>([
    [['Retail', 'Health, care'], 'CONTAINS', 'retail', true],
    [['Retail', 'Health, care'], 'EQUALS', 'HEALTH, CARE', true],
    [['Retail', 'Health, care'], 'CONTAINS', 'care', false],
    [['Retail', 'Media'], 'CONTAINS', 'energy', false],
    [['Retail', 'Media'], 'NOT_EQUALS', 'energy', true],
    [['Retail', 'Media'], 'NOT_EQUALS', 'media', false],
    [['Fin', 'Med'], 'PREFIX_OF', 'media', true],
  ])('as a list: %j %s %j is %j', (industries, operator, industry, expected) => {
    expect(fits([{ repField: 'industries', operator, leadField: 'industry' }], { industries }, { industry })).toBe(
      expected,
    );
  });
});

describe('what either side does not know fits nobody', () => {
  const unknown: readonly (AttributeValue | null)[] = [null, '', ' ', ' , '];
  test.each(MATCH_OPERATORS)('%s', (operator) => {
    for (const has of unknown) expect([has, compared(has, operator, 'x')]).toEqual([has, false]);
    for (const has of ['x', 5, true] as const) expect([has, compared(has, operator, null)]).toEqual([has, false]);
    const list: RepMatch = { repField: 'regions', operator, leadField: 'region' };
    expect(fits([list], { regions: [] }, { region: 'US-CA' })).toBe(false);
    const number: RepMatch = { repField: 'employeesMin', operator, leadField: 'employees' };
    expect(fits([number], { employeesMin: null }, { employees: 5 })).toBe(false);
    expect(fits([number], { employeesMin: 5 }, { employees: null })).toBe(false);
  });

  test('the number 0 and false are known', () => {
    expect([compared(0, 'EQUALS', 0), compared(false, 'EQUALS', false), compared(0, 'AT_MOST', 3)]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('an attribute is what the rep has, not what every object has', () => {
    const match: RepMatch = { repField: 'attributes.constructor', operator: 'NOT_EQUALS', leadField: 'industry' };
    expect(fits([match], {}, { industry: 'retail' })).toBe(false);
  });
});

describe('each field of the rep', () => {
  test.each<[string, Operator, string, Partial<Rep>, Partial<RoutableLead>]>([
    ['specialties', 'CONTAINS', 'industry', { specialties: ['healthcare'] }, { industry: 'Healthcare' }],
    ['industries', 'CONTAINS', 'industry', { industries: ['retail'] }, { industry: 'Retail' }],
    ['regions', 'CONTAINS', 'region', { regions: ['US-CA', 'US-NV'] }, { region: 'US-NV' }],
    ['products', 'CONTAINS', 'productInterest', { products: ['Cloud'] }, { productInterest: 'cloud' }],
    ['employeesMin', 'AT_MOST', 'employees', { employeesMin: 50 }, { employees: 50 }],
    ['employeesMax', 'AT_LEAST', 'employees', { employeesMax: 500 }, { employees: 500 }],
    ['language', 'EQUALS', 'language', { language: 'pt-BR' }, { language: 'pt-br' }],
    ['timeZone', 'EQUALS', 'timeZone', { timeZone: 'Europe/Berlin' }, { timeZone: 'Europe/Berlin' }],
    ['attributes.country', 'EQUALS', 'country', { attributes: { country: 'de,at' } }, { country: 'AT' }],
    ['attributes.vip', 'EQUALS', 'icp', { attributes: { vip: true } }, { icp: true }],
    ['attributes.minScore', 'AT_MOST', 'score', { attributes: { minScore: 60 } }, { score: 60.5 }],
  ])('%s %s %s', (repField, operator, leadField, ofRep, ofLead) => {
    expect(isRepField(repField)).toBe(true);
    expect(fits([{ repField, operator, leadField }], ofRep, ofLead)).toBe(true);
    expect(fits([{ repField, operator, leadField }], {}, ofLead)).toBe(false);
  });

  test('all of several must hold', () => {
    const sizes: RepMatch[] = [
      { repField: 'employeesMin', operator: 'AT_MOST', leadField: 'employees' },
      { repField: 'employeesMax', operator: 'AT_LEAST', leadField: 'employees' },
    ];
    const range = { employeesMin: 50, employeesMax: 500 };
    expect([49, 50, 500, 501].map((employees) => fits(sizes, range, { employees }))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test('no match at all asks nothing', () => {
    expect([compileMatches([]), compileOrder([])]).toEqual([null, null]);
  });
});

describe('a step’s match', () => {
  const match: RepMatch[] = [{ repField: 'industries', operator: 'CONTAINS', leadField: 'industry' }];
  const reps = [rep('boss'), rep('ada', { industries: ['retail'] }), rep('bob', { industries: ['media'] })];
  const pools = [pool('main', ['ada', 'bob'])];

  test.each([
    ['retail', 'ada', { ada: 'CHOSEN', bob: 'DOES_NOT_FIT' }],
    ['media', 'bob', { ada: 'DOES_NOT_FIT', bob: 'CHOSEN' }],
    ['energy', 'boss', { ada: 'DOES_NOT_FIT', bob: 'DOES_NOT_FIT' }],
    [null, 'boss', { ada: 'DOES_NOT_FIT', bob: 'DOES_NOT_FIT' }],
  ])('leaves a pool those who fit: %s', (industry, owner, expected) => {
    const decision = market({ reps, pools, plan: { steps: [step('all', { match })] } }).decide({ industry });
    expect(decision.repId).toBe(owner);
    expect(reasons(decision)).toMatchObject(expected);
  });

  test.each([
    ['a rep', { kind: 'REP', rep: 'ada' } as const],
    ['a territory’s rep', { kind: 'TERRITORY' } as const],
    ['a list of pools', { kind: 'POOLS', pools: [{ pool: 'main', weight: 1 }], share: 'PER_HEAD' } as const],
  ])('binds %s too', (_what, target) => {
    const territories = [territory('all', { repId: 'ada' })];
    const run = market({ reps, pools, territories, plan: { steps: [step('all', { match, target })] } });
    expect(run.decide({ industry: 'retail' }).repId).toBe('ada');
    expect(reasons(run.decide({ industry: 'energy' }))).toMatchObject({ ada: 'DOES_NOT_FIT', boss: 'CHOSEN' });
  });
});
