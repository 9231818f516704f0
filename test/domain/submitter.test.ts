import { describe, expect, test } from 'vitest';
import type { Rep } from '../../src/domain/configuration.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import type { Step } from '../../src/domain/plan.ts';
import { consideredIn, lookAt, owners, reasons } from '../support/decisions.ts';
import { account, market, NOW, pool, rep, type Setting, step, territory } from '../support/routing.ts';

const setting = (overrides: Partial<Step>, ada: Partial<Rep> = {}): Setting => ({
  reps: [rep('boss'), rep('ada', ada), rep('bob'), rep('cy')],
  pools: [pool('main', ['bob', 'cy'])],
  territories: [territory('germany', { countries: ['DE'], repId: 'bob' })],
  accounts: [account('known', { domains: ['known.example'], ownerId: 'bob' })],
  plan: { steps: [step('all', overrides), step('rest', { target: { kind: 'REP', rep: 'cy' } })] },
});

const BY_ADA: Partial<RoutableLead> = { enteredById: 'ada' };
const KEEP: Partial<Step> = { keepWithSubmitter: true };

describe('a lead entered by a rep', () => {
  test('stays with that rep where the step says so, and no turn is taken', () => {
    const run = market(setting(KEEP));
    const decision = run.decide(BY_ADA);
    expect(decision).toMatchObject({ repId: 'ada', stepKey: 'all', method: 'DEFAULT', poolId: null, turns: [] });
    expect(decision.steps[0]?.attempts.map(({ via }) => via)).toEqual(['SUBMITTER']);
    expect(owners(run, 2)).toEqual(['bob', 'cy']);
  });

  test('goes its way where the step does not', () => {
    expect(market(setting({})).decide(BY_ADA).repId).toBe('bob');
  });

  test.each<[string, Partial<RoutableLead>]>([
    ['nobody', { enteredById: null }],
    ['somebody who is no rep', { enteredById: 'gone' }],
  ])('goes its way where it was entered by %s', (_what, given) => {
    const decision = market(setting(KEEP)).decide(given);
    expect(decision.repId).toBe('bob');
    expect(decision.steps[0]?.attempts.map(({ via }) => via)).toEqual(['TARGET']);
  });

  test.each<[string, Partial<Rep>, Partial<RoutableLead>, string]>([
    ['is paused', { status: 'PAUSED' }, {}, 'PAUSED'],
    ['has left', { status: 'LEFT' }, {}, 'LEFT'],
    ['is full', { capacity: 0 }, {}, 'AT_CAPACITY'],
    ['had enough this hour', { rateCaps: [{ leads: 1, per: 'HOUR', timeZone: null }] }, {}, 'RATE_CAPPED'],
    ['is whom it is about', {}, { email: 'ada@fairlead.example' }, 'OWNER_EQUALS_LEAD'],
  ])('goes its way where the rep %s, and the decision says so', (_what, ada, given, reason) => {
    const decision = market(setting(KEEP, ada), { ada: { recent: [NOW] } }).decide({ ...BY_ADA, ...given });
    expect(decision).toMatchObject({ repId: 'bob', poolId: 'main' });
    expect(lookAt(decision, 'ada')?.reason).toBe(reason);
    expect(decision.steps[0]?.attempts.map(({ via }) => via)).toEqual(['SUBMITTER', 'TARGET']);
  });

  test('stays with a rep whom the step’s match would not fit', () => {
    const match = [{ repField: 'language', operator: 'EQUALS', leadField: 'language' }] as const;
    expect(market(setting({ ...KEEP, match })).decide({ ...BY_ADA, language: 'de' }).repId).toBe('ada');
  });
});

describe('a step that does not match keeps nothing with anybody', () => {
  test.each<[string, Partial<Step>, Partial<RoutableLead>]>([
    ['its condition does not hold', { condition: { field: 'icp', operator: 'EQUALS', value: true } }, { icp: true }],
    [
      'there is no account',
      { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } },
      { companyDomain: 'known.example' },
    ],
    ['there is no territory', { kind: 'TERRITORY', target: { kind: 'TERRITORY' } }, { country: 'DE' }],
  ])('%s', (_what, overrides, matching) => {
    const run = market(setting({ ...KEEP, ...overrides }));
    expect(run.decide({ ...BY_ADA, ...matching })).toMatchObject({ repId: 'ada', stepKey: 'all' });
    const decision = run.decide(BY_ADA);
    expect(decision).toMatchObject({ repId: 'cy', stepKey: 'rest' });
    expect(decision.steps.map(({ stepKey }) => stepKey)).toEqual(['rest']);
  });
});

test('when neither the submitter nor the target can, whenNobody goes by the target alone', () => {
  const run = (whenNobody: Step['whenNobody']) => {
    const { reps = [], ...rest } = setting({ ...KEEP, target: { kind: 'REP', rep: 'bob' }, whenNobody });
    const away = { ada: { managerId: 'cy' }, bob: { managerId: 'boss' } };
    const paused = reps.map((each) =>
      each.key in away ? { ...each, status: 'PAUSED' as const, ...away[each.key as keyof typeof away] } : each,
    );
    return market({ ...rest, reps: paused }).decide(BY_ADA);
  };
  expect(run({ kind: 'MANAGER' }).repId).toBe('boss');
  expect(run({ kind: 'ASSIGN_ANYWAY' }).repId).toBe('bob');
  expect(reasons(run({ kind: 'NEXT_STEP' }))).toEqual({ ada: 'PAUSED', bob: 'PAUSED', cy: 'CHOSEN' });
});

describe('no rep owns a lead with the rep’s own address', () => {
  const own = { email: 'ada@fairlead.example' };
  const paused = { status: 'PAUSED' } as const;

  test.each<[string, Partial<Step>, Partial<RoutableLead>, Readonly<Record<string, Partial<Rep>>>]>([
    ['as a rep named by a step', { target: { kind: 'REP', rep: 'ada' } }, {}, {}],
    ['as a member of a pool', { target: { kind: 'POOL', pool: 'adas' } }, {}, {}],
    [
      'as a member of a pool in a list',
      { target: { kind: 'POOLS', share: 'PER_HEAD', pools: [{ pool: 'adas', weight: 1 }] } },
      {},
      {},
    ],
    ['as a territory’s rep', { target: { kind: 'TERRITORY' } }, { country: 'AT' }, {}],
    [
      'as an account’s owner',
      { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } },
      { companyDomain: 'adas.example' },
      {},
    ],
    [
      'as an owner’s delegate',
      { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } },
      { companyDomain: 'known.example' },
      { bob: { ...paused, backupId: 'ada' } },
    ],
    [
      'as the manager of an owner who has left',
      { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } },
      { companyDomain: 'known.example' },
      { bob: { status: 'LEFT', managerId: 'ada' } },
    ],
    [
      'as a manager',
      { target: { kind: 'REP', rep: 'bob' }, whenNobody: { kind: 'MANAGER' } },
      {},
      { bob: { ...paused, managerId: 'ada' } },
    ],
    [
      'as a member of a backup pool',
      { target: { kind: 'REP', rep: 'bob' }, whenNobody: { kind: 'BACKUP_POOL', pool: 'adas' } },
      {},
      { bob: paused },
    ],
    ['as who entered it', { ...KEEP, target: { kind: 'REP', rep: 'bob' } }, BY_ADA, { bob: paused }],
  ])('%s', (_what, overrides, given, ofRep) => {
    const { reps = [], pools = [], territories = [], accounts = [], ...rest } = setting(overrides);
    const run = market({
      ...rest,
      reps: reps.map((each) => ({ ...each, ...ofRep[each.key] })),
      pools: [...pools, pool('adas', ['ada'])],
      territories: [...territories, territory('austria', { countries: ['AT'], repId: 'ada' })],
      accounts: [...accounts, account('adas', { domains: ['adas.example'], ownerId: 'ada' })],
    });
    expect(run.decide(given).repId).toBe('ada');
    const decision = run.decide({ ...given, ...own });
    expect(decision.repId).toBe('cy');
    expect(
      consideredIn(decision)
        .filter(({ repId }) => repId === 'ada')
        .map(({ reason }) => reason),
    ).toEqual(['OWNER_EQUALS_LEAD']);
  });
});
