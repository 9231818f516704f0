import { describe, expect, test } from 'vitest';
import type { Condition } from '../../src/domain/condition.ts';
import type { Plan, Step } from '../../src/domain/plan.ts';
import { lint, NOTHING, SOUND, withSteps } from '../support/lint.ts';
import { pool, rep, type Setting, step, territory } from '../support/routing.ts';

const CLEAN = withSteps(step('all'));
const withResort = (lastResort: Plan['lastResort']): Setting => ({ plan: { steps: [step('all')], lastResort } });
const is = (field: string, value: string | number | boolean): Condition => ({ field, operator: 'EQUALS', value });
const matches = (value: string): Condition => ({ operator: 'MATCHES_SEGMENT', value });

test('of a sound plan nothing is said', () => {
  expect(lint(CLEAN)).toEqual(NOTHING);
  expect(lint({ plan: { steps: [] }, pools: [] })).toEqual(NOTHING);
});

const left = { reps: [rep('boss'), rep('ada', { status: 'LEFT' }), rep('bob')] } satisfies Setting;

describe('an error', () => {
  test.each<[string, Setting, string]>([
    [
      'two steps with one key',
      withSteps(step('a', { condition: is('icp', true) }), step('a')),
      'KEY_TWICE steps[1].key: "a" is the key of steps[0] as well',
    ],
    [
      'an unknown rep',
      withSteps(step('a', { target: { kind: 'REP', rep: 'zoe' } }), step('all')),
      'UNKNOWN_REP steps[0].target.rep: there is no rep "zoe"',
    ],
    [
      'a rep who has left',
      { ...left, ...withSteps(step('a', { target: { kind: 'REP', rep: 'ada' } }), step('all')) },
      'REP_LEFT steps[0].target.rep: ada has left',
    ],
    [
      'an unknown pool',
      withSteps(step('a', { target: { kind: 'POOL', pool: 'gone' } }), step('all')),
      'UNKNOWN_POOL steps[0].target.pool: there is no pool "gone"',
    ],
    [
      'an unknown pool in a list',
      withSteps(
        step('a', {
          target: {
            kind: 'POOLS',
            share: 'PER_HEAD',
            pools: [
              { pool: 'main', weight: 1 },
              { pool: 'gone', weight: 1 },
            ],
          },
        }),
      ),
      'UNKNOWN_POOL steps[0].target.pools[1].pool: there is no pool "gone"',
    ],
    [
      'an unknown backup',
      withSteps(step('a', { whenNobody: { kind: 'BACKUP_POOL', pool: 'gone' } })),
      'UNKNOWN_POOL steps[0].whenNobody.pool: there is no pool "gone"',
    ],
    [
      'an unknown segment',
      withSteps(step('a', { condition: { or: [{ not: matches('gone') }, matches('gone')] } })),
      'UNKNOWN_SEGMENT steps[0].condition: there is no segment "gone"',
    ],
    [
      'an unknown segment in a segment',
      {
        ...withSteps(step('a', { condition: matches('s') })),
        segments: [{ id: 's', key: 's', name: 's', condition: { and: [is('icp', true), matches('gone')] } }],
      },
      'UNKNOWN_SEGMENT segments.s.condition: there is no segment "gone"',
    ],
    [
      'no last resort',
      withResort([]),
      'LAST_RESORT_MISSING lastResort: is missing: name at least one rep who takes what no step can place',
    ],
    ['an unknown rep as last resort', withResort(['boss', 'zoe']), 'UNKNOWN_REP lastResort[1]: there is no rep "zoe"'],
    [
      'a last resort of whom all have left',
      { ...left, ...withResort(['ada']) },
      'LAST_RESORT_MISSING lastResort: names only reps who have left',
    ],
    [
      'a condition that contradicts itself',
      withSteps(step('a', { condition: { and: [is('icp', true), is('icp', false)] } }), step('all')),
      'CONTRADICTION steps[0].condition: no lead can ever meet it',
    ],
    [
      'a value that a field never has',
      withSteps(step('a', { condition: { field: 'score', operator: 'AT_LEAST', value: 200 } }), step('all')),
      'CONTRADICTION steps[0].condition: no lead can ever meet it',
    ],
  ])('is %s', (_what, setting, expected) => {
    expect(lint(setting).errors).toEqual([expected]);
  });
});

describe('a warning', () => {
  const backup = (key: string, overrides: Partial<Step> = {}): Step =>
    step('a', { whenNobody: { kind: 'BACKUP_POOL', pool: key }, ...overrides });
  const empty = 'has nobody who could receive a lead';
  const circle = 'is its own backup: who could not take the lead is asked again';
  const ofTerritory: Setting = { territories: [territory('west', { poolId: 'main' })] };
  test.each<[string, Setting, string]>([
    ['an empty pool', { ...CLEAN, pools: [pool('main', [])] }, `POOL_EMPTY steps[0].target.pool: pool "main" ${empty}`],
    [
      'a pool whose members have left',
      { ...left, ...CLEAN, pools: [pool('main', ['ada'])] },
      `POOL_EMPTY steps[0].target.pool: pool "main" ${empty}`,
    ],
    [
      'a pool whose members have no weight',
      { ...CLEAN, pools: [pool('main', [{ repId: 'ada', weight: 0 }])] },
      `POOL_EMPTY steps[0].target.pool: pool "main" ${empty}`,
    ],
    [
      'an empty pool in a list',
      {
        pools: [...(SOUND.pools ?? []), pool('none', [])],
        ...withSteps(
          step('a', {
            target: {
              kind: 'POOLS',
              share: 'PER_POOL',
              pools: [
                { pool: 'main', weight: 1 },
                { pool: 'none', weight: 1 },
              ],
            },
          }),
        ),
      },
      `POOL_EMPTY steps[0].target.pools[1].pool: pool "none" ${empty}`,
    ],
    [
      'an empty backup',
      { pools: [...(SOUND.pools ?? []), pool('none', [])], ...withSteps(backup('none')) },
      `POOL_EMPTY steps[0].whenNobody.pool: pool "none" ${empty}`,
    ],
    [
      'an empty pool of a territory',
      { pools: [pool('main', [])], ...ofTerritory, ...withSteps(step('a', { target: { kind: 'TERRITORY' } })) },
      `POOL_EMPTY territories.west: pool "main" ${empty}`,
    ],
    [
      'a pool that is its own backup',
      withSteps(backup('main')),
      `BACKUP_CIRCLE steps[0].whenNobody.pool: pool "main" ${circle}`,
    ],
    [
      'a pool of a list that is its backup',
      withSteps(backup('main', { target: { kind: 'POOLS', share: 'PER_HEAD', pools: [{ pool: 'main', weight: 1 }] } })),
      `BACKUP_CIRCLE steps[0].whenNobody.pool: pool "main" ${circle}`,
    ],
    [
      'the pool of all territories that is its own backup',
      { ...ofTerritory, ...withSteps(backup('main', { target: { kind: 'TERRITORY' } })) },
      `BACKUP_CIRCLE steps[0].whenNobody.pool: pool "main" ${circle}`,
    ],
    [
      'a pool that nothing leads to',
      { ...CLEAN, pools: [...(SOUND.pools ?? []), pool('spare', ['ada'])] },
      'POOL_UNREACHABLE pools.spare: no step, backup or territory leads to the pool "spare"',
    ],
    [
      'a pool of territories that no step asks',
      {
        ...CLEAN,
        pools: [...(SOUND.pools ?? []), pool('spare', ['ada'])],
        territories: [territory('west', { poolId: 'spare' })],
      },
      'POOL_UNREACHABLE pools.spare: no step, backup or territory leads to the pool "spare"',
    ],
    [
      'a last resort of whom some have left',
      { ...left, ...withResort(['ada', 'boss']) },
      'REP_LEFT lastResort[0]: ada has left',
    ],
    [
      'a territory of a rep who has left',
      {
        ...left,
        ...withSteps(step('a', { target: { kind: 'TERRITORY' } }), step('all')),
        territories: [territory('west', { repId: 'ada' })],
      },
      'TERRITORY_REP_LEFT territories.west: points at ada, who has left',
    ],
    [
      'two territories that only their position tells apart',
      {
        ...withSteps(step('a', { target: { kind: 'TERRITORY' } }), step('all')),
        territories: ['b', 'a'].map((key) => territory(key, { countries: ['DE'], repId: 'ada' })),
      },
      'TERRITORY_OVERLAP territories.a: "b" and "a" both match DE; their position alone decides for "b"',
    ],
  ])('is %s', (_what, setting, expected) => {
    expect(lint(setting)).toEqual({ errors: [], warnings: [expected] });
  });

  test('is a region of a country that is shared out', () => {
    const setting: Setting = {
      ...withSteps(step('a', { target: { kind: 'TERRITORY' } }), step('all')),
      territories: [territory('west', { regions: ['US-CA', 'US-NY'], repId: 'ada' })],
    };
    expect(lint(setting, { filled: null, regionsOf: () => ['us-ca', 'us-ny', 'us-tx'] }).warnings).toEqual([
      'TERRITORY_GAP territories: in US nobody has US-TX',
    ]);
  });

  test('is a pool that only steps lead to which no lead can meet', () => {
    const never: Condition = { and: [is('icp', true), is('icp', false)] };
    const pools = [...(SOUND.pools ?? []), ...['one', 'two', 'three'].map((key) => pool(key, ['ada']))];
    const steps = [
      step('a', { condition: never, target: { kind: 'POOL', pool: 'one' } }),
      backup('two', { key: 'b', condition: never }),
      step('c', { condition: never, target: { kind: 'TERRITORY' } }),
    ];
    const { warnings } = lint({
      pools,
      territories: [territory('t', { poolId: 'three' })],
      ...withSteps(...steps, step('all')),
    });
    expect(warnings).toEqual(
      ['one', 'two', 'three'].map(
        (key) => `POOL_UNREACHABLE pools.${key}: only steps that no lead can meet lead to the pool "${key}"`,
      ),
    );
  });
});

describe('nothing is said', () => {
  const backup: Step['whenNobody'] = { kind: 'BACKUP_POOL', pool: 'main' };
  test.each<[string, Setting]>([
    [
      'of a pool whose members have weight for a segment alone',
      { ...CLEAN, pools: [pool('main', [{ repId: 'ada', weight: 0, segmentWeights: { big: 3 } }])] },
    ],
    [
      'of a pool whose members are paused',
      { ...CLEAN, reps: [rep('boss'), rep('ada', { status: 'PAUSED' })], pools: [pool('main', ['ada'])] },
    ],
    [
      'of a pool that is the backup for those who do not fit',
      withSteps(
        step('a', { match: [{ repField: 'language', operator: 'EQUALS', leadField: 'language' }], whenNobody: backup }),
      ),
    ],
    [
      'of a backup that belongs to another step',
      withSteps(
        step('a', { condition: is('icp', true), target: { kind: 'REP', rep: 'ada' }, whenNobody: backup }),
        step('all'),
      ),
    ],
    [
      'of a backup that is the pool of one territory, and helps the others',
      {
        territories: [territory('west', { poolId: 'main' }), territory('east', { countries: ['DE'], repId: 'ada' })],
        ...withSteps(step('a', { target: { kind: 'TERRITORY' }, whenNobody: backup })),
      },
    ],
    [
      'of overlaps and gaps of territories that no step asks',
      { ...CLEAN, territories: ['a', 'b'].map((key) => territory(key, { countries: ['DE'], repId: 'ada' })) },
    ],
  ])('%s', (_what, setting) => {
    const reps = setting.reps ?? [rep('boss'), rep('ada', { language: 'de' }), rep('bob')];
    expect(lint({ ...setting, reps })).toEqual(NOTHING);
  });
});

test('of very many findings there are 500, and of pools 20', () => {
  const steps = Array.from({ length: 600 }, (_, index) => step(`s${index}`, { target: { kind: 'REP', rep: 'zoe' } }));
  expect(lint({ ...withSteps(...steps), pools: [] }).errors).toHaveLength(500);
  const pools = Array.from({ length: 25 }, (_, index) => pool(`p${index}`, ['ada']));
  const { warnings } = lint({ pools, plan: { steps: [] } });
  expect(warnings).toHaveLength(20);
  expect(warnings[0]).toBe(
    'POOL_UNREACHABLE pools.p0: no step, backup or territory leads to the pool "p0" (5 more are like this)',
  );
});
