import { describe, expect, test } from 'vitest';
import type { Account, Rep } from '../../src/domain/configuration.ts';
import type { AttemptVia, Reason } from '../../src/domain/decision.ts';
import type { Step } from '../../src/domain/plan.ts';
import type { Standing } from '../../src/domain/standing.ts';
import { lookAt, reasons } from '../support/decisions.ts';
import { account, type Market, market, NOW, pool, rep, type Setting, step } from '../support/routing.ts';

const KNOWN = { companyDomain: 'known.example' };
const away = { status: 'PAUSED' } as const;
const left = { status: 'LEFT' } as const;
const FULL = { load: 50 };

type Reps = Readonly<Record<string, Partial<Rep>>>;

/** Ada owns the account, bob stands in for her, mia and vera are above her; next takes what they cannot. */
const owned = (
  ofRep: Reps,
  overrides: Partial<Step> = {},
  accounts: readonly Account[] = [account('known', { domains: ['known.example'], ownerId: 'ada' })],
): Setting => ({
  settings: {
    classLimits: [{ segment: 'hot', limit: 1 }],
    rateCaps: [{ leads: 1, per: 'HOUR', timeZone: null }],
  },
  reps: [
    rep('boss'),
    rep('next'),
    rep('ada', { managerId: 'mia', backupId: 'bob', ...ofRep.ada }),
    ...['bob', 'vera'].map((key) => rep(key, ofRep[key])),
    rep('mia', { managerId: 'vera', ...ofRep.mia }),
  ],
  pools: [pool('main', ['next'])],
  segments: [{ id: 'hot', key: 'hot', name: 'Hot', condition: { field: 'score', operator: 'AT_LEAST', value: 80 } }],
  accounts,
  plan: {
    steps: [step('owner', { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' }, ...overrides }), step('next')],
  },
});

type Standings = Readonly<Record<string, Partial<Standing>>>;

describe('an owner who is full', () => {
  const limits: readonly [string, Partial<Standing>, Reason][] = [
    ['places', FULL, 'AT_CAPACITY'],
    ['a lead class', { classes: { hot: 1 } }, 'AT_CLASS_LIMIT'],
    ['a rate cap', { recent: [NOW] }, 'RATE_CAPPED'],
  ];

  test.each(limits)('takes the lead beyond their limits, and the decision says so: %s', (_what, ada) => {
    const decision = market(owned({}), { ada }).decide({ ...KNOWN, score: 90 });
    expect(decision).toMatchObject({ repId: 'ada', method: 'ACCOUNT_OWNER', beyondCapacity: true, turns: [] });
  });

  test.each(limits)('does not where the step says so: %s', (_what, ada, reason) => {
    const decision = market(owned({}, { ownerBeyondCapacity: false }), { ada }).decide({ ...KNOWN, score: 90 });
    expect(decision).toMatchObject({ repId: 'next', beyondCapacity: false });
    expect(reasons(decision)).toMatchObject({ ada: reason });
  });

  test.each([true, false])('a lead within the limits is none beyond them: %s', (ownerBeyondCapacity) => {
    const decision = market(owned({}, { ownerBeyondCapacity }), { ada: { load: 49 } }).decide(KNOWN);
    expect(decision).toMatchObject({ repId: 'ada', beyondCapacity: false });
  });

  test('goes on counting the leads', () => {
    const run = market(owned({}), { ada: FULL });
    expect([run.decide(KNOWN).repId, run.decide(KNOWN).repId]).toEqual(['ada', 'ada']);
    expect(run.simulation.rep('ada').load).toBe(52);
  });
});

describe('an owner who is paused', () => {
  test.each<[string, Partial<Step>, Reps, Standings, string, AttemptVia]>([
    ['is stood in for by the delegate', {}, {}, {}, 'bob', 'DELEGATE'],
    ['keeps the lead', { ownerAway: 'KEEP' }, {}, {}, 'ada', 'TARGET'],
    ['keeps it beyond the limits', { ownerAway: 'KEEP' }, {}, { ada: FULL }, 'ada', 'TARGET'],
    [
      'keeps none beyond the limits',
      { ownerAway: 'KEEP', ownerBeyondCapacity: false },
      {},
      { ada: FULL },
      'next',
      'TARGET',
    ],
    ['leaves it to the next step', { ownerAway: 'WHEN_NOBODY' }, {}, {}, 'next', 'TARGET'],
    [
      'leaves it to the manager',
      { ownerAway: 'WHEN_NOBODY', whenNobody: { kind: 'MANAGER' } },
      {},
      {},
      'mia',
      'MANAGER',
    ],
    ['and full: the delegate', {}, {}, { ada: FULL }, 'bob', 'DELEGATE'],
    ['has no delegate', {}, { ada: { backupId: null } }, {}, 'next', 'TARGET'],
    ['has a delegate who is no rep', {}, { ada: { backupId: 'gone' } }, {}, 'next', 'TARGET'],
    ['is their own delegate', {}, { ada: { backupId: 'ada' } }, {}, 'next', 'TARGET'],
    ['has a delegate who is paused too', {}, { bob: away }, {}, 'next', 'TARGET'],
    ['has a delegate who has left', {}, { bob: left }, {}, 'next', 'TARGET'],
    ['has a delegate who is full', {}, {}, { bob: FULL }, 'next', 'TARGET'],
    ['has a delegate with too many of the class', {}, {}, { bob: { classes: { hot: 1 } } }, 'next', 'TARGET'],
    ['has a delegate who had enough this hour', {}, {}, { bob: { recent: [NOW] } }, 'next', 'TARGET'],
    ['has a delegate of the lead’s address', {}, { bob: { email: 'carla@brightwave.example' } }, {}, 'next', 'TARGET'],
    [
      'has a delegate who cannot, and the manager can',
      { whenNobody: { kind: 'MANAGER' } },
      { bob: away },
      {},
      'mia',
      'MANAGER',
    ],
    [
      'has a delegate who cannot, and takes it anyway',
      { whenNobody: { kind: 'ASSIGN_ANYWAY' } },
      { bob: away },
      {},
      'ada',
      'ASSIGN_ANYWAY',
    ],
  ])('%s', (_what, overrides, ofRep, standings, owner, via) => {
    const setting = owned({ ...ofRep, ada: { ...away, ...ofRep.ada } }, overrides);
    const decision = market(setting, standings).decide({ ...KNOWN, score: 90 });
    expect([decision.repId, decision.steps.at(-1)?.attempts.at(-1)?.via]).toEqual([owner, via]);
  });

  test.each<[string, Reps, string]>([
    ['the delegate of the leave', {}, 'vera'],
    ['the backup where that delegate has left', { vera: left }, 'bob'],
    ['nobody where both have left', { vera: left, bob: left }, 'next'],
  ])('as declared, is stood in for by %s', (_who, ofRep, owner) => {
    const leave = { reason: 'OUT_OF_OFFICE', until: null, delegateId: 'vera' } as const;
    expect(market(owned(ofRep), {}, { ada: [leave] }).decide(KNOWN).repId).toBe(owner);
  });

  test('is named before the delegate', () => {
    const { steps } = market(owned({ ada: away })).decide(KNOWN);
    expect(
      steps[0]?.attempts.map(({ via, considered }) => [via, considered.map(({ repId, reason }) => [repId, reason])]),
    ).toEqual([
      ['TARGET', [['ada', 'PAUSED']]],
      ['DELEGATE', [['bob', 'CHOSEN']]],
    ]);
  });
});

describe('an owner who has left', () => {
  test.each<[string, Partial<Step>, Reps, Standings, string]>([
    ['is stood in for by the manager', {}, {}, {}, 'mia'],
    ['and not by the delegate', { ownerAway: 'DELEGATE' }, { mia: away, vera: away }, {}, 'next'],
    ['even where owners keep their leads', { ownerAway: 'KEEP' }, {}, {}, 'mia'],
    ['past a manager who is full', {}, {}, { mia: FULL }, 'vera'],
    ['past a manager who is paused', {}, { mia: away }, {}, 'vera'],
    ['past a manager who has left', {}, { mia: left }, {}, 'vera'],
    ['past a manager of the lead’s address', {}, { mia: { email: 'carla@brightwave.example' } }, {}, 'vera'],
    ['and has no manager', {}, { ada: { managerId: null } }, {}, 'next'],
    ['and is their own manager', {}, { ada: { managerId: 'ada' } }, {}, 'next'],
    ['and the managers go round in a circle', {}, { mia: { ...left, managerId: 'ada' } }, {}, 'next'],
    ['and nobody above can', {}, {}, { mia: FULL, vera: FULL }, 'next'],
    [
      'and nobody above can, so the backup does',
      { whenNobody: { kind: 'BACKUP_POOL', pool: 'main' } },
      {},
      { mia: FULL, vera: FULL },
      'next',
    ],
  ])('%s', (_what, overrides, ofRep, standings, owner) => {
    const setting = owned({ ...ofRep, ada: { ...left, ...ofRep.ada } }, overrides);
    expect(market(setting, standings).decide(KNOWN).repId).toBe(owner);
  });

  test('is told with everyone on the way up', () => {
    const decision = market(owned({ ada: left }), { mia: FULL }).decide(KNOWN);
    expect(decision).toMatchObject({ repId: 'vera', method: 'ACCOUNT_OWNER', stepKey: 'owner', turns: [] });
    expect(decision.steps[0]?.attempts).toMatchObject([
      {
        via: 'TARGET',
        code: 'OWNER_LEFT',
        considered: [
          { repId: 'ada', reason: 'LEFT' },
          { repId: 'mia', reason: 'AT_CAPACITY' },
          { repId: 'vera', reason: 'CHOSEN' },
        ],
      },
    ]);
  });
});

describe('whose account it is', () => {
  const accountsOf = (run: Market, domain = 'known.example') => run.decide({ companyDomain: domain });
  const subsidiary = (overrides: Partial<Account>): Account =>
    account('child', { domains: ['known.example'], parentId: 'parent', ...overrides });

  test.each<[string, readonly Account[], string]>([
    ['its own owner’s', [subsidiary({ ownerId: 'bob' }), account('parent', { ownerId: 'ada' })], 'bob'],
    ['the parent’s owner’s, having none itself', [subsidiary({}), account('parent', { ownerId: 'ada' })], 'ada'],
    [
      'the owner’s of the parent’s parent',
      [subsidiary({}), account('parent', { parentId: 'group' }), account('group', { ownerId: 'ada' })],
      'ada',
    ],
    [
      'the nearest parent’s owner’s',
      [subsidiary({}), account('parent', { parentId: 'group', ownerId: 'bob' }), account('group', { ownerId: 'ada' })],
      'bob',
    ],
    [
      'the manager’s of a parent’s owner who has left',
      [subsidiary({}), account('parent', { ownerId: 'vera' })],
      'boss',
    ],
    ['nobody’s', [subsidiary({}), account('parent')], 'next'],
    ['nobody’s, the parent being unknown', [subsidiary({ parentId: 'gone' })], 'next'],
    ['nobody’s, round in a circle', [subsidiary({}), account('parent', { parentId: 'child' })], 'next'],
    ['of somebody who is no rep', [subsidiary({ ownerId: 'gone' })], 'next'],
  ])('%s', (_what, accounts, owner) => {
    const run = market(owned({ vera: { ...left, managerId: 'boss' } }, {}, accounts));
    expect(accountsOf(run)).toMatchObject({ repId: owner, account: { id: 'child', by: 'DOMAIN' } });
  });

  test.each([
    ['without an owner', null],
    ['whose owner is no rep', 'gone'],
  ])('an account %s says so, and the step’s whenNobody runs', (_what, ownerId) => {
    const accounts = [account('known', { domains: ['known.example'], ownerId })];
    const overrides: Partial<Step> = { whenNobody: { kind: 'BACKUP_POOL', pool: 'main' } };
    const decision = market(owned({}, overrides, accounts)).decide(KNOWN);
    expect(decision.steps[0]?.attempts.map(({ code }) => code)).toEqual(['OWNER_UNKNOWN', null]);
    expect(decision).toMatchObject({ repId: 'next', stepKey: 'owner' });
  });

  test.each([
    ['ACCOUNT_OWNER', 'CUSTOMER', true],
    ['ACCOUNT_OWNER', 'NAMED', false],
    ['NAMED_ACCOUNT', 'NAMED', true],
    ['NAMED_ACCOUNT', 'CUSTOMER', false],
  ] as const)('a step of kind %s and an account of kind %s: %s', (kind, of, matches) => {
    const accounts = [account('known', { domains: ['known.example'], kind: of, ownerId: 'ada' })];
    const decision = market(owned({}, { kind }, accounts)).decide(KNOWN);
    expect(decision).toMatchObject(matches ? { repId: 'ada', method: kind } : { repId: 'next', method: 'DEFAULT' });
    expect(decision.steps).toHaveLength(1);
  });

  test('a lead of no account does not concern the step', () => {
    const decision = accountsOf(market(owned({})), 'other.example');
    expect(decision).toMatchObject({ repId: 'next', account: null });
    expect(decision.steps.map(({ stepKey }) => stepKey)).toEqual(['next']);
  });
});

test('an owner does not get a lead with their own address, nor back what is being taken from them', () => {
  const run = market(owned({}));
  const own = run.decide({ ...KNOWN, email: 'ada@fairlead.example' });
  expect([own.repId, lookAt(own, 'ada')?.reason]).toEqual(['next', 'OWNER_EQUALS_LEAD']);
  const taken = run.decide(KNOWN, { at: NOW + 3_600_000, exclude: new Map([['ada', 'ALREADY_HAD']]) });
  expect([taken.repId, lookAt(taken, 'ada')?.reason]).toEqual(['next', 'ALREADY_HAD']);
});
