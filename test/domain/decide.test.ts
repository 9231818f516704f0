import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Condition } from '../../src/domain/condition.ts';
import type { Reason } from '../../src/domain/decision.ts';
import { decisionSummary } from '../../src/domain/decisionSummary.ts';
import { namesIn } from '../../src/domain/routingConfiguration.ts';
import { reasons } from '../support/decisions.ts';
import { account, compile, market, pool, rep, type Setting, step, territory } from '../support/routing.ts';

const REPS = [rep('boss'), rep('ada', { managerId: 'boss' }), rep('bob', { managerId: 'boss' }), rep('cy')];

const basic = (overrides: Setting = {}): Setting => ({
  reps: REPS,
  pools: [pool('main', ['ada', 'bob', 'cy']), pool('backup', ['cy'])],
  plan: { steps: [step('all')] },
  ...overrides,
});

describe('the default plan', () => {
  const full: Setting = {
    reps: [...REPS, rep('hana', { specialties: ['healthcare'] }), rep('wes'), rep('eve')],
    pools: [pool('main', ['ada', 'bob']), pool('specialists', ['hana']), pool('enterprise', ['eve'])],
    territories: [territory('west', { regions: ['US-CA'], repId: 'wes' })],
    accounts: [
      account('customer', { domains: ['known.example'], ownerId: 'cy' }),
      account('target', { domains: ['wanted.example'], ownerId: 'bob', kind: 'NAMED' }),
      account('orphan', { domains: ['orphan.example'] }),
    ],
    segments: [
      { id: 'big', key: 'big', name: 'Big', condition: { field: 'employees', operator: 'AT_LEAST', value: 500 } },
    ],
    plan: {
      steps: [
        step('owner', { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } }),
        step('named', { kind: 'NAMED_ACCOUNT', target: { kind: 'ACCOUNT_OWNER' } }),
        step('territory', { kind: 'TERRITORY', target: { kind: 'TERRITORY' } }),
        step('special', {
          kind: 'SPECIALIZATION',
          match: [{ repField: 'specialties', operator: 'CONTAINS', leadField: 'industry' }],
          target: { kind: 'POOL', pool: 'specialists' },
        }),
        step('big', {
          kind: 'SEGMENT',
          condition: { operator: 'MATCHES_SEGMENT', value: 'big' },
          target: { kind: 'POOL', pool: 'enterprise' },
        }),
        step('rest', { kind: 'DEFAULT', condition: { field: 'country', operator: 'EXISTS', value: true } }),
      ],
    },
  };

  test.each([
    [
      'the owner of a customer before everything',
      { companyDomain: 'known.example', region: 'US-CA' },
      'cy',
      'ACCOUNT_OWNER',
    ],
    ['the owner of a named account', { companyDomain: 'wanted.example', employees: 900 }, 'bob', 'NAMED_ACCOUNT'],
    [
      'nobody for an account without an owner, and goes on',
      { companyDomain: 'orphan.example', region: 'US-CA' },
      'wes',
      'TERRITORY',
    ],
    ['the territory before the specialist', { region: 'US-CA', industry: 'healthcare' }, 'wes', 'TERRITORY'],
    [
      'the specialist, whatever the case of the industry',
      { industry: 'Healthcare', employees: 900 },
      'hana',
      'SPECIALIZATION',
    ],
    ['the segment’s pool', { employees: 500, industry: 'retail' }, 'eve', 'SEGMENT'],
    ['the default pool', { employees: 499, country: 'DE' }, 'ada', 'DEFAULT'],
    ['the last resort', {}, 'boss', 'FALLBACK'],
  ] as const)('gives the lead to %s', (_what, given, owner, method) => {
    const decision = market(full).decide(given);
    expect([decision.repId, decision.method]).toEqual([owner, method]);
  });
});

describe('who can take a lead', () => {
  test.each<[string, Setting, Record<string, number>, object, string, Record<string, Reason>]>([
    [
      'at the limit is full',
      basic({ settings: { defaultCapacity: 50 } }),
      { ada: 50, bob: 49 },
      {},
      'bob',
      { ada: 'AT_CAPACITY' },
    ],
    [
      'the rep’s capacity replaces the workspace’s',
      basic({ reps: [rep('boss'), rep('ada', { capacity: 2 }), rep('bob'), rep('cy')] }),
      { ada: 2 },
      {},
      'bob',
      { ada: 'AT_CAPACITY' },
    ],
    [
      'who is paused is passed over',
      basic({ reps: [rep('boss'), rep('ada', { status: 'PAUSED' }), rep('bob'), rep('cy')] }),
      {},
      {},
      'bob',
      { ada: 'PAUSED' },
    ],
    [
      'who has left is passed over',
      basic({ reps: [rep('boss'), rep('ada', { status: 'LEFT' }), rep('bob'), rep('cy')] }),
      {},
      {},
      'bob',
      { ada: 'LEFT' },
    ],
    [
      'weight 0 receives nothing',
      basic({ pools: [pool('main', [{ repId: 'ada', weight: 0 }, 'bob'])] }),
      {},
      {},
      'bob',
      { ada: 'WEIGHT_ZERO' },
    ],
    [
      'the higher tier is served first',
      basic({ pools: [pool('main', ['ada', { repId: 'bob', tier: 1 }])] }),
      {},
      {},
      'bob',
      { ada: 'LOWER_TIER' },
    ],
    [
      'the lower tier takes over when the higher is full',
      basic({ pools: [pool('main', ['ada', { repId: 'bob', tier: 1 }])] }),
      { bob: 50 },
      {},
      'ada',
      { bob: 'AT_CAPACITY' },
    ],
    [
      'nobody owns a lead with their own address',
      basic(),
      {},
      { email: 'ada@fairlead.example' },
      'bob',
      { ada: 'OWNER_EQUALS_LEAD' },
    ],
  ])('%s', (_what, setting, loads, given, owner, expected) => {
    const decision = market(setting, loads).decide(given);
    expect(decision.repId).toBe(owner);
    expect(reasons(decision)).toMatchObject(expected);
  });

  test('tells the number beside the reason', () => {
    const { steps } = market(basic(), { ada: 50 }).decide();
    const ada = steps[0]?.attempts[0]?.considered.find(({ repId }) => repId === 'ada');
    expect(ada).toMatchObject({ reason: 'AT_CAPACITY', standing: { load: 50 }, limit: 50 });
  });
});

test('a step that fails is skipped, and the decision says so', () => {
  const broken: Condition = { operator: 'MATCHES_SEGMENT', value: 'gone' };
  const decision = market(basic({ plan: { steps: [step('broken', { condition: broken }), step('all')] } })).decide();
  expect(decision.stepKey).toBe('all');
  expect(decision.steps[0]).toMatchObject({ stepKey: 'broken', yielded: false, attempts: [{ code: 'STEP_ERROR' }] });
});

test('segments that refer to segments twice over cost no more with every level', () => {
  const level = (index: number): Condition =>
    index === 0
      ? { field: 'country', operator: 'EQUALS', value: 'DE' }
      : {
          and: [
            { operator: 'MATCHES_SEGMENT', value: `s${index - 1}` },
            { operator: 'MATCHES_SEGMENT', value: `s${index - 1}` },
          ],
        };
  const segments = Array.from({ length: 60 }, (_, index) => ({
    id: `s${index}`,
    key: `s${index}`,
    name: 'S',
    condition: level(index),
  }));
  const run = market(
    basic({ segments, plan: { steps: [step('all', { condition: { operator: 'MATCHES_SEGMENT', value: 's59' } })] } }),
  );
  expect([run.decide({ country: 'DE' }).stepKey, run.decide({ country: 'FR' }).stepKey]).toEqual(['all', null]);
});

test('the same lead, configuration and state give the same decision', () => {
  expect(market(basic()).decide()).toEqual(market(basic()).decide());
});

test('a sentence says who, why, and who was passed over with the number', () => {
  const setting = basic();
  const decision = market(setting, { ada: 50 }).decide();
  expect(decisionSummary(decision, namesIn(compile(setting)))).toBe(
    'Step all → bob; pool main, credits level, first in the pool (credit 0.00 → -0.50); passed over: ada (open 50 of 50).',
  );
});

describe('for any plan', () => {
  const keys = ['ada', 'bob', 'cy', 'boss'];
  const industries = ['retail', 'media', 'energy', 'health'];
  const countries = ['DE', 'US', 'FR'];
  const condition: fc.Arbitrary<Condition> = fc.letrec<{ node: Condition }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({
        field: fc.constant('industry'),
        operator: fc.constantFrom('EQUALS', 'NOT_EQUALS'),
        value: fc.constantFrom(...industries),
      }) as fc.Arbitrary<Condition>,
      fc.record({
        field: fc.constant('country'),
        operator: fc.constantFrom('IN', 'NOT_IN'),
        value: fc.subarray(countries, { minLength: 1 }),
      }) as fc.Arbitrary<Condition>,
      fc.record({
        field: fc.constant('employees'),
        operator: fc.constantFrom('AT_LEAST', 'LESS_THAN'),
        value: fc.integer({ min: 0, max: 100 }),
      }) as fc.Arbitrary<Condition>,
      fc.record({ and: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ or: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ not: tie('node') }),
    ),
  })).node;
  const steps = fc.array(fc.tuple(condition, fc.constantFrom(...keys)), { maxLength: 12 });
  const given = fc.record({
    industry: fc.option(fc.constantFrom(...industries.map((name) => name.toUpperCase()))),
    country: fc.option(fc.constantFrom(...countries)),
    employees: fc.option(fc.integer({ min: 0, max: 100 })),
  });

  /** Asked one after the other, as the plan reads. */
  const holds = (
    each: Condition,
    lead: { industry: string | null; country: string | null; employees: number | null },
  ): boolean => {
    if ('and' in each) return each.and.every((part) => holds(part, lead));
    if ('or' in each) return each.or.some((part) => holds(part, lead));
    if ('not' in each) return !holds(each.not, lead);
    const value = lead[each.field as 'industry'];
    switch (each.operator) {
      case 'EQUALS':
        return value?.toLowerCase() === each.value;
      case 'NOT_EQUALS':
        return value?.toLowerCase() !== each.value;
      case 'IN':
        return value !== null && (each.value as string[]).includes(value);
      case 'NOT_IN':
        return value === null || !(each.value as string[]).includes(value);
      case 'AT_LEAST':
        return lead.employees !== null && lead.employees >= (each.value as number);
      default:
        return lead.employees !== null && lead.employees < (each.value as number);
    }
  };

  test('the index finds the same step as asking one by one', () => {
    fc.assert(
      fc.property(steps, given, (list, lead) => {
        const plan = {
          steps: list.map(([each, key], index) =>
            step(`s${index}`, { condition: each, target: { kind: 'REP', rep: key } }),
          ),
        };
        const expected = list.findIndex(([each]) => holds(each, lead));
        const decision = market({ reps: REPS, plan }).decide(lead);
        return decision.stepKey === (expected < 0 ? null : `s${expected}`);
      }),
      { numRuns: 500 },
    );
  });

  test('every lead has an owner, and no rotation gives more than the limit', () => {
    fc.assert(
      fc.property(
        steps,
        fc.array(given, { maxLength: 40 }),
        fc.integer({ min: 0, max: 5 }),
        (list, leads, capacity) => {
          const plan = { steps: list.map(([each], index) => step(`s${index}`, { condition: each })) };
          const run = market({ ...basic(), settings: { defaultCapacity: capacity }, plan });
          for (const lead of leads) {
            const { repId, method } = run.decide(lead);
            if (method !== 'FALLBACK' && run.simulation.rep(repId).load > capacity) return false;
          }
          return keys.reduce((sum, key) => sum + run.simulation.rep(key).load, 0) === leads.length;
        },
      ),
      { numRuns: 200 },
    );
  });
});
