import { describe, expect, test } from 'vitest';
import type { Pool, PoolMember, Rep } from '../../src/domain/configuration.ts';
import { attemptIn, earnersOf } from '../../src/domain/decide.ts';
import type { Reason } from '../../src/domain/decision.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import { charge } from '../../src/domain/rotation.ts';
import type { CompiledPool } from '../../src/domain/routingConfiguration.ts';
import type { Standing } from '../../src/domain/standing.ts';
import { consideredIn, owners, reasons, tally } from '../support/decisions.ts';
import { fractions } from '../support/rotation.ts';
import { lead, type Market, market, NOW, pool, rep, type Setting, step } from '../support/routing.ts';

const KEYS = ['ada', 'bob', 'cy'];

const setting = (
  ofBob: { readonly member?: Partial<PoolMember>; readonly rep?: Partial<Rep> } = {},
  ofPool: Partial<Pool> = {},
): Setting => ({
  reps: ['boss', ...KEYS].map((key) => rep(key, key === 'bob' ? ofBob.rep : {})),
  pools: [pool('main', ['ada', { repId: 'bob', ...ofBob.member }, 'cy'], ofPool)],
  segments: [{ id: 'icp', key: 'icp', name: 'ICP', condition: { field: 'icp', operator: 'EQUALS', value: true } }],
  plan: { steps: [step('all')] },
});

const poolOf = (run: Market): CompiledPool => run.configuration.pools.byId.get('main') as CompiledPool;

const earnersIn = (run: Market, given: Partial<RoutableLead> = {}) =>
  earnersOf(poolOf(run), lead(given), run.configuration, run.simulation, { at: NOW });

describe('of an assignment by hand earns who could have taken the lead as a new one', () => {
  test.each<[string, Parameters<typeof setting>, Partial<Standing> | number, Partial<RoutableLead>, readonly string[]]>(
    [
      ['everyone, where everyone could', [], 0, {}, ['ada', 'bob', 'cy']],
      ['not who is paused', [{ rep: { status: 'PAUSED' } }], 0, {}, ['ada', 'cy']],
      ['not who has left', [{ rep: { status: 'LEFT' } }], 0, {}, ['ada', 'cy']],
      ['not who is full', [], 50, {}, ['ada', 'cy']],
      ['who has one place left', [], 49, {}, ['ada', 'bob', 'cy']],
      ['who is full, where the pool only measures', [{}, { limitsCapacity: false }], 50, {}, ['ada', 'bob', 'cy']],
      [
        'not who holds as much of the pool as they may',
        [{}, { memberCapacity: 2 }],
        { held: { main: 2 } },
        {},
        ['ada', 'cy'],
      ],
      ['not who has weight 0', [{ member: { weight: 0 } }], 0, {}, ['ada', 'cy']],
      ['not who stands in a lower tier', [{ member: { tier: -1 } }], 0, {}, ['ada', 'cy']],
      ['who stands in the highest alone', [{ member: { tier: 1 } }], 0, {}, ['bob']],
      ['not who has the lead’s own address', [], 0, { email: 'bob@fairlead.example' }, ['ada', 'cy']],
      [
        'not who has weight 0 for its segment',
        [{ member: { segmentWeights: { icp: 0 } } }, { weightSegments: ['icp'] }],
        0,
        { icp: true },
        ['ada', 'cy'],
      ],
    ],
  )('%s', (_what, overrides, ofBob, given, expected) => {
    const run = market(setting(...overrides), { bob: ofBob });
    expect(earnersIn(run, given).eligible.map(({ id }) => id)).toEqual(expected);
  });

  test('also who is too far ahead for a turn: they go on earning', () => {
    const run = market(setting({}, { strategy: 'LEAST_LOADED', maxAhead: 1 }), { ada: 40, cy: 40 });
    expect(owners(run, 2)).toEqual(['bob', 'bob']);
    expect(reasons(run.decide()).bob).toBe('TOO_FAR_AHEAD');
    expect(earnersIn(run).eligible.map(({ id }) => id)).toEqual(['ada', 'bob', 'cy']);
  });

  test('and the next turns go by it', () => {
    const run = market(setting());
    expect(owners(run, 3)).toEqual(['ada', 'bob', 'cy']);
    const { rotation, eligible } = earnersIn(run);
    expect(fractions(charge('ROUND_ROBIN', eligible, rotation, 'bob', 1))).toEqual({
      ada: '1/3',
      bob: '-2/3',
      cy: '1/3',
    });
    expect(fractions(run.simulation.rotation('main'))).toEqual({});
  });
});

describe('a look at a pool', () => {
  const look = (run: Market, segment: string | null = null) =>
    attemptIn(poolOf(run), segment, run.configuration, run.simulation, NOW);
  const ranks = (run: Market, segment: string | null = null) =>
    Object.fromEntries(look(run, segment).considered.map(({ repId, turn }) => [repId, turn?.rank ?? null]));

  test('says in which order the next leads find the members', () => {
    const run = market(setting());
    expect(ranks(run)).toEqual({ ada: 1, bob: 2, cy: 3 });
    owners(run, 1);
    expect(ranks(run)).toEqual({ bob: 1, cy: 2, ada: 3 });
  });

  test('is what a lead that anybody could take then comes to', () => {
    const run = market(setting());
    owners(run, 2);
    const { considered } = look(run);
    expect(consideredIn(run.decide())).toEqual(considered);
  });

  test.each<[string, Parameters<typeof setting>, number, Reason]>([
    ['paused', [{ rep: { status: 'PAUSED' } }], 0, 'PAUSED'],
    ['full', [], 50, 'AT_CAPACITY'],
    ['of weight 0', [{ member: { weight: 0 } }], 0, 'WEIGHT_ZERO'],
    ['of a lower tier', [{ member: { tier: -1 } }], 0, 'LOWER_TIER'],
  ])('tells why who is %s has no rank', (_what, overrides, load, reason) => {
    const run = market(setting(...overrides), { bob: load });
    const bob = look(run).considered.find(({ repId }) => repId === 'bob');
    expect([bob?.reason, bob?.turn?.rank]).toEqual([reason, null]);
  });

  test('goes by the weights of a segment when asked for them, whatever the lead', () => {
    const run = market(
      setting({ member: { segmentWeights: { icp: 9 } } }, { weightSegments: ['icp'], strategy: 'WEIGHTED' }),
    );
    expect([ranks(run), ranks(run, 'icp')]).toEqual([
      { ada: 1, bob: 2, cy: 3 },
      { bob: 1, ada: 2, cy: 3 },
    ]);
    owners(run, 1, { icp: true });
    expect([fractions(look(run).rotation), fractions(look(run, 'icp').rotation)]).toEqual([
      {},
      { ada: '1/11', bob: '-2/11', cy: '1/11' },
    ]);
  });

  test('moves nothing', () => {
    const run = market(setting());
    for (let count = 0; count < 5; count += 1) look(run);
    expect(run.simulation.rotation('main').credits.size).toBe(0);
    expect(tally(owners(run, 6))).toEqual({ ada: 2, bob: 2, cy: 2 });
  });
});
