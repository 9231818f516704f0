import { describe, expect, test } from 'vitest';
import type { Rep } from '../../src/domain/configuration.ts';
import type { Reason } from '../../src/domain/decision.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import type { Step, Target } from '../../src/domain/plan.ts';
import type { Standing } from '../../src/domain/standing.ts';
import { consideredIn, owners, reasons, tally } from '../support/decisions.ts';
import { account, market, NOW, pool, rep, type Setting, step, territory } from '../support/routing.ts';

const had = (...keys: readonly string[]) => new Map(keys.map((key) => [key, 'ALREADY_HAD'] as const));

/** Ada is the target, in whatever way; cy comes with the next step, boss last. */
const onlyAda = (overrides: Partial<Step>, ada: Partial<Rep> = {}): Setting => ({
  settings: {
    classLimits: [{ segment: 'hot', limit: 1 }],
    rateCaps: [{ leads: 1, per: 'HOUR', timeZone: null }],
  },
  reps: [rep('boss'), rep('ada', { language: 'de', ...ada }), rep('cy')],
  pools: [pool('main', ['ada'], { memberCapacity: 3 }), pool('backup', ['cy'])],
  territories: [
    territory('rep', { countries: ['DE'], repId: 'ada' }),
    territory('pool', { countries: ['AT'], poolId: 'main' }),
  ],
  accounts: [account('known', { domains: ['known.example'], ownerId: 'ada' })],
  segments: [{ id: 'hot', key: 'hot', name: 'Hot', condition: { field: 'score', operator: 'AT_LEAST', value: 80 } }],
  plan: { steps: [step('all', overrides), step('next', { target: { kind: 'REP', rep: 'cy' } })] },
});

const TARGETS: Readonly<Record<string, readonly [Target, Partial<RoutableLead>, Step['kind']?]>> = {
  'a rep': [{ kind: 'REP', rep: 'ada' }, {}],
  'a pool': [{ kind: 'POOL', pool: 'main' }, {}],
  'a list of pools': [{ kind: 'POOLS', pools: [{ pool: 'main', weight: 1 }], share: 'PER_HEAD' }, {}],
  'a territory’s rep': [{ kind: 'TERRITORY' }, { country: 'DE' }],
  'a territory’s pool': [{ kind: 'TERRITORY' }, { country: 'AT' }],
  'an account’s owner': [{ kind: 'ACCOUNT_OWNER' }, { companyDomain: 'known.example' }, 'ACCOUNT_OWNER'],
};
const EACH_TARGET = Object.entries(TARGETS);

describe('ASSIGN_ANYWAY', () => {
  const anyway = (
    name: string,
    ada: Partial<Rep>,
    standing: Partial<Standing> = {},
    more: Partial<RoutableLead> = {},
  ) => {
    const [target, given, kind = 'DEFAULT'] = TARGETS[name] as (typeof TARGETS)[string];
    const overrides: Partial<Step> = { target, kind, whenNobody: { kind: 'ASSIGN_ANYWAY' } };
    return market(onlyAda(overrides, ada), { ada: standing }).decide({ ...given, ...more });
  };

  test.each(EACH_TARGET)('takes who is paused: %s', (name) => {
    const decision = anyway(name, { status: 'PAUSED' });
    expect(decision).toMatchObject({ repId: 'ada', stepKey: 'all', beyondCapacity: false });
    expect(decision.steps[0]?.attempts.map(({ via, considered }) => [via, considered[0]?.reason])).toEqual([
      ['TARGET', 'PAUSED'],
      ['ASSIGN_ANYWAY', 'CHOSEN'],
    ]);
  });

  test.each(EACH_TARGET)('never takes who has left: %s', (name) => {
    expect(anyway(name, { status: 'LEFT' })).toMatchObject({ repId: 'cy', stepKey: 'next' });
  });

  const limits: readonly [string, Partial<Standing>, Reason][] = [
    ['places', { load: 50 }, 'AT_CAPACITY'],
    ['a lead class', { classes: { hot: 1 } }, 'AT_CLASS_LIMIT'],
    ['a rate cap', { recent: [NOW] }, 'RATE_CAPPED'],
  ];
  test.each(EACH_TARGET.flatMap(([name]) => limits.map((limit) => [name, ...limit] as const)))(
    'keeps every limit: %s, %s',
    (name, _limit, standing, reason) => {
      const decision = anyway(name, { status: 'PAUSED' }, standing, { score: 90 });
      expect(decision).toMatchObject({ repId: 'cy', stepKey: 'next' });
      expect(reasons(decision)).toMatchObject({ ada: reason });
    },
  );

  test.each(['a pool', 'a list of pools', 'a territory’s pool'])('keeps the pool’s limit: %s', (name) => {
    const decision = anyway(name, { status: 'PAUSED' }, { held: { main: 3 } });
    expect([decision.repId, reasons(decision).ada]).toEqual(['cy', 'AT_POOL_CAPACITY']);
  });

  test.each(EACH_TARGET)('gives nobody their own address: %s', (name) => {
    expect(anyway(name, { status: 'PAUSED', email: 'ada@x.example' }, {}, { email: 'ada@x.example' }).repId).toBe('cy');
  });

  test('gives nobody what does not fit them', () => {
    const match = [{ repField: 'language', operator: 'EQUALS', leadField: 'language' }] as const;
    const overrides: Partial<Step> = { match, whenNobody: { kind: 'ASSIGN_ANYWAY' } };
    const run = market(onlyAda(overrides, { status: 'PAUSED' }));
    expect([run.decide({ language: 'fr' }).repId, run.decide({ language: 'de' }).repId]).toEqual(['cy', 'ada']);
  });

  test('takes turns among those who are paused, in the pool’s rotation', () => {
    const paused = { status: 'PAUSED' } as const;
    const run = market({
      reps: [rep('boss'), rep('ada', paused), rep('bob', paused), rep('cy', { status: 'LEFT' })],
      pools: [pool('main', ['ada', 'bob', 'cy'])],
      plan: { steps: [step('all', { whenNobody: { kind: 'ASSIGN_ANYWAY' } })] },
    });
    expect(run.decide()).toMatchObject({
      repId: 'ada',
      poolId: 'main',
      turns: [{ rotationId: 'main', paidBy: 'ada' }],
    });
    expect(owners(run, 3)).toEqual(['bob', 'ada', 'bob']);
  });

  test('lets the pools of a list take turns among those who are paused', () => {
    const paused = { status: 'PAUSED' } as const;
    const target: Target = {
      kind: 'POOLS',
      pools: ['a', 'b'].map((key) => ({ pool: key, weight: 1 })),
      share: 'PER_POOL',
    };
    const run = market({
      reps: [rep('boss'), rep('ada', paused), rep('bob', paused), rep('cy', paused)],
      pools: [pool('a', ['ada']), pool('b', ['bob', 'cy'])],
      plan: { steps: [step('all', { target, whenNobody: { kind: 'ASSIGN_ANYWAY' } })] },
    });
    expect(run.decide()).toMatchObject({ repId: 'ada', turns: [{ rotationId: 'step/all' }, { rotationId: 'a' }] });
    expect(owners(run, 4)).toEqual(['bob', 'ada', 'cy', 'ada']);
  });

  test('is not asked while anyone is there', () => {
    const run = market({
      reps: [rep('boss'), rep('ada', { status: 'PAUSED' }), rep('bob')],
      pools: [pool('main', ['ada', 'bob'])],
      plan: { steps: [step('all', { whenNobody: { kind: 'ASSIGN_ANYWAY' } })] },
    });
    expect(tally(owners(run, 5))).toEqual({ bob: 5 });
  });
});

describe('MANAGER', () => {
  const managed = (
    managers: Readonly<Record<string, string | null>>,
    ofRep: Readonly<Record<string, Partial<Rep>>> = {},
  ): Setting => ({
    reps: [
      rep('last'),
      rep('next'),
      ...Object.entries(managers).map(([key, managerId]) => rep(key, { managerId, ...ofRep[key] })),
    ],
    pools: [pool('main', ['ada', 'bob'])],
    plan: {
      steps: [step('all', { whenNobody: { kind: 'MANAGER' } }), step('next', { target: { kind: 'REP', rep: 'next' } })],
      lastResort: ['last'],
    },
  });
  const CHAIN = { ada: 'mia', bob: 'max', mia: 'vera', max: 'vera', vera: null };
  const away = { status: 'PAUSED' } as const;
  const out = { ada: away, bob: away };

  test.each<[string, Setting, Readonly<Record<string, number>>, string]>([
    ['of the first in the pool', managed(CHAIN, out), {}, 'mia'],
    ['on up the chain, past who is full', managed(CHAIN, out), { mia: 50 }, 'vera'],
    ['on up the chain, past who is paused', managed(CHAIN, { ...out, mia: away }), {}, 'vera'],
    ['on up the chain, past who has left', managed(CHAIN, { ...out, mia: { status: 'LEFT' } }), {}, 'vera'],
    ['not of the second, whose line is another', managed({ ...CHAIN, mia: null }, out), { mia: 50 }, 'next'],
    ['of the second, where the first has none', managed({ ...CHAIN, ada: null }, out), {}, 'max'],
    ['of nobody, where none has any', managed({ ada: null, bob: null }, out), {}, 'next'],
    ['the chain ends', managed(CHAIN, out), { mia: 50, vera: 50 }, 'next'],
    ['a circle ends', managed({ ada: 'mia', bob: null, mia: 'vera', vera: 'ada' }, out), { mia: 50, vera: 50 }, 'next'],
    [
      'a circle above ends',
      managed({ ada: 'mia', bob: null, mia: 'vera', vera: 'mia' }, out),
      { mia: 50, vera: 50 },
      'next',
    ],
    ['their own manager ends', managed({ ada: 'ada', bob: null }, out), {}, 'next'],
    ['a manager who is no rep ends', managed({ ada: 'nobody', bob: null }, out), {}, 'next'],
    ['in an empty pool there is none', { ...managed(CHAIN), pools: [pool('main', [])] }, {}, 'next'],
  ])('%s', (_what, setting, loads, owner) => {
    const decision = market(setting, loads).decide();
    expect([decision.repId, decision.stepKey]).toEqual([owner, owner === 'next' ? 'next' : 'all']);
  });

  test('asks nobody twice in a circle', () => {
    const circle = managed({ ada: 'mia', bob: null, mia: 'vera', vera: 'ada' }, out);
    const { steps } = market(circle, { mia: 50, vera: 50 }).decide();
    expect(steps[0]?.attempts[1]?.considered.map(({ repId }) => repId)).toEqual(['mia', 'vera']);
  });

  test('passes over a manager with the lead’s own address, and one who had it', () => {
    const run = market(managed(CHAIN, out));
    expect(run.decide({ email: 'mia@fairlead.example' }).repId).toBe('vera');
    expect(run.decide({}, { exclude: had('mia') }).repId).toBe('vera');
  });

  test('takes no turn, and names everyone on the way with the reason', () => {
    const decision = market(managed(CHAIN, out), { mia: 50 }).decide();
    expect(decision).toMatchObject({ poolId: null, turns: [], method: 'DEFAULT' });
    expect(decision.steps[0]?.attempts[1]?.considered.map(({ repId, reason }) => [repId, reason])).toEqual([
      ['mia', 'AT_CAPACITY'],
      ['vera', 'CHOSEN'],
    ]);
  });

  test.each(EACH_TARGET)('is that of %s', (_name, [target, given, kind = 'DEFAULT']) => {
    const setting = onlyAda({ target, kind, whenNobody: { kind: 'MANAGER' } }, { ...away, managerId: 'boss' });
    expect(market(setting).decide(given)).toMatchObject({ repId: 'boss', stepKey: 'all' });
  });
});

describe('BACKUP_POOL', () => {
  const whenNobody = { kind: 'BACKUP_POOL', pool: 'backup' } as const;

  test.each(EACH_TARGET)(
    'takes what nobody else can, under the step’s own method: %s',
    (_name, [target, given, kind = 'DEFAULT']) => {
      const decision = market(onlyAda({ target, kind, whenNobody }, { status: 'PAUSED' })).decide(given);
      expect(decision).toMatchObject({ repId: 'cy', stepKey: 'all', method: kind, poolId: 'backup' });
      expect(decision.steps[0]?.attempts.at(-1)?.via).toBe('BACKUP_POOL');
    },
  );

  test('gives its members turns, and those of the target keep theirs', () => {
    const run = market(
      {
        reps: ['boss', 'ada', 'bob', 'cy', 'dan'].map((key) => rep(key)),
        pools: [pool('main', ['ada', 'bob']), pool('backup', ['cy', 'dan'])],
        plan: { steps: [step('all', { whenNobody })] },
      },
      { ada: 49, bob: 50 },
    );
    expect(owners(run, 5)).toEqual(['ada', 'cy', 'dan', 'cy', 'dan']);
    expect(run.simulation.rotation('main').credits.get('ada') ?? 0n).toBe(0n);
  });

  test.each<[string, string, Partial<Rep>, Readonly<Record<string, number>>, string | null]>([
    ['is full', 'backup', {}, { cy: 50 }, null],
    ['is paused', 'backup', { status: 'PAUSED' }, {}, null],
    ['has left', 'backup', { status: 'LEFT' }, {}, null],
    ['does not exist', 'gone', {}, {}, 'TARGET_UNKNOWN'],
  ])('that %s leaves it to the next step', (_what, key, cy, loads, code) => {
    const run = market(
      {
        reps: [rep('boss'), rep('ada', { status: 'PAUSED' }), rep('cy', cy)],
        pools: [pool('main', ['ada']), pool('backup', ['cy'])],
        plan: {
          steps: [
            step('all', { whenNobody: { kind: 'BACKUP_POOL', pool: key } }),
            step('next', { target: { kind: 'REP', rep: 'boss' } }),
          ],
        },
      },
      loads,
    );
    const decision = run.decide();
    expect([decision.repId, decision.stepKey]).toEqual(['boss', 'next']);
    expect(decision.steps[0]?.attempts.at(-1)).toMatchObject({ via: 'BACKUP_POOL', code });
  });
});

describe('NEXT_STEP', () => {
  test.each(EACH_TARGET)(
    'goes on from %s, and the decision keeps both steps',
    (_name, [target, given, kind = 'DEFAULT']) => {
      const decision = market(onlyAda({ target, kind }, { status: 'PAUSED' })).decide(given);
      expect(decision.steps.map(({ stepKey, yielded }) => [stepKey, yielded])).toEqual([
        ['all', false],
        ['next', true],
      ]);
      expect(reasons(decision)).toEqual({ ada: 'PAUSED', cy: 'CHOSEN' });
    },
  );

  test('goes on from an empty pool, and says that it is empty', () => {
    const decision = market({ ...onlyAda({}), pools: [pool('main', [])] }).decide();
    expect([decision.repId, decision.steps[0]?.attempts[0]?.code]).toEqual(['cy', 'POOL_EMPTY']);
  });

  test.each([
    ['a rep', { kind: 'REP', rep: 'gone' } as const],
    ['a pool', { kind: 'POOL', pool: 'gone' } as const],
    ['a territory without a target', { kind: 'TERRITORY' } as const],
  ])('goes on from %s that is not there', (_what, target) => {
    const setting = { ...onlyAda({ target }), territories: [territory('void')] };
    const decision = market(setting).decide();
    expect([decision.repId, decision.steps[0]?.attempts[0]?.code]).toEqual(['cy', 'TARGET_UNKNOWN']);
  });
});

describe('the last resort', () => {
  const chain = (ofRep: Readonly<Record<string, Partial<Rep>>>): Setting => ({
    reps: ['ada', 'bob', 'cy'].map((key) => rep(key, ofRep[key])),
    plan: { steps: [], lastResort: ['ada', 'bob', 'cy'] },
  });
  const left = { status: 'LEFT' } as const;

  test.each<[string, Readonly<Record<string, Partial<Rep>>>, Readonly<Record<string, number>>, string]>([
    ['is the first of the chain', {}, {}, 'ada'],
    ['whatever their load', { ada: { capacity: 0 } }, { ada: 900 }, 'ada'],
    ['whatever their availability', { ada: { status: 'PAUSED' } }, {}, 'ada'],
    ['who has not left', { ada: left }, {}, 'bob'],
    ['and not the one after', { ada: left, bob: { status: 'PAUSED' } }, { bob: 900 }, 'bob'],
    ['the last of the chain when all have left', { ada: left, bob: left, cy: left }, {}, 'cy'],
  ])('%s', (_what, ofRep, loads, owner) => {
    const decision = market(chain(ofRep), loads).decide();
    expect(decision).toMatchObject({ repId: owner, method: 'FALLBACK', stepKey: null, poolId: null, turns: [] });
    expect(consideredIn(decision).map(({ repId, reason }) => (reason === 'CHOSEN' ? repId : reason))).toEqual([
      ...['ada', 'bob', 'cy'].slice(0, ['ada', 'bob', 'cy'].indexOf(owner)).map(() => 'LEFT'),
      owner,
    ]);
  });

  test.each<[string, Partial<Rep>[], string]>([
    ['somebody else of the chain', [], 'bob'],
    ['that one, when the others have left', [left, left], 'ada'],
  ])('does not own a lead with their own address while there is %s', (_what, [bob = {}, cy = {}], owner) => {
    expect(market(chain({ bob, cy })).decide({ email: 'ada@fairlead.example' }).repId).toBe(owner);
  });

  test('does not get back what is being taken from them while there is somebody else', () => {
    expect(market(chain({})).decide({}, { exclude: had('ada', 'bob') }).repId).toBe('cy');
    expect(market(chain({ cy: left })).decide({}, { exclude: had('ada', 'bob') }).repId).toBe('ada');
  });

  test('skips names that are no reps', () => {
    const setting = chain({});
    expect(market({ ...setting, plan: { steps: [], lastResort: ['gone', 'cy'] } }).decide().repId).toBe('cy');
  });
});
