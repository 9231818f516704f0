import { describe, expect, test } from 'vitest';
import { decide, type RoutingState } from '../../src/domain/decide.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import { EMPTY_ROTATION, parseRotation, serializeRotation } from '../../src/domain/rotation.ts';
import type { RoutingConfiguration } from '../../src/domain/routingConfiguration.ts';
import { NEW_STANDING, withAssignment, withLead } from '../../src/domain/standing.ts';
import { owners } from '../support/decisions.ts';
import { random, sumOf } from '../support/rotation.ts';
import { compile, lead, type Market, market, NOW, pool, rep, type Setting, step } from '../support/routing.ts';

/** A state of which nothing is kept between two leads but text, as in a database. */
class StoredState implements RoutingState {
  readonly #configuration: RoutingConfiguration;
  readonly #rows = new Map<string, string>();
  #lastAssignment = 0;

  constructor(configuration: RoutingConfiguration) {
    this.#configuration = configuration;
  }

  rep(repId: string) {
    return JSON.parse(this.#rows.get(`rep ${repId}`) ?? JSON.stringify(NEW_STANDING));
  }

  absences() {
    return [];
  }

  rotation(id: string) {
    const row = this.#rows.get(`rotation ${id}`);
    if (row === undefined) return EMPTY_ROTATION;
    const { since, ...rest } = JSON.parse(row);
    return parseRotation({ ...rest, since: since === null ? null : new Date(since) });
  }

  route(given: RoutableLead, at: number): string {
    const decision = decide(given, this.#configuration, this, { at });
    const { repId } = decision;
    for (const { rotationId, rotation } of decision.turns) {
      this.#rows.set(`rotation ${rotationId}`, JSON.stringify(serializeRotation(rotation)));
    }
    this.#lastAssignment += 1;
    const moments = this.#configuration.settings.momentsOf(repId);
    const standing = withAssignment(withLead(this.rep(repId), decision), this.#lastAssignment, at, moments);
    this.#rows.set(`rep ${repId}`, JSON.stringify(standing));
    return repId;
  }
}

const KEYS = ['ada', 'bob', 'cy', 'dee', 'eli', 'fay'];

/** Everything at once that turns: weights for a segment, values, loads, lists, guards, windows, limits. */
const SETTING: Setting = {
  settings: { defaultCapacity: 70, rateCaps: [{ leads: 40, per: 'HOUR', timeZone: null }] },
  reps: [rep('boss', { capacity: 10_000 }), ...KEYS.map((key) => rep(key))],
  pools: [
    pool(
      'weighted',
      KEYS.slice(0, 4).map((repId, index) => ({ repId, weight: 7 * index + 2, segmentWeights: { icp: 9 - index } })),
      {
        strategy: 'WEIGHTED',
        weightSegments: ['icp'],
      },
    ),
    pool('valued', KEYS.slice(2), { strategy: 'VALUE_BALANCED', maxAhead: 60, fairnessWindow: 'DAY' }),
    pool('loaded', KEYS, { strategy: 'LEAST_LOADED', memberCapacity: 30 }),
  ],
  segments: [{ id: 'icp', key: 'icp', name: 'ICP', condition: { field: 'icp', operator: 'EQUALS', value: true } }],
  plan: {
    steps: [
      step('trials', {
        condition: { field: 'requestKind', operator: 'EQUALS', value: 'TRIAL' },
        target: { kind: 'POOL', pool: 'valued' },
      }),
      step('events', {
        condition: { field: 'requestKind', operator: 'EQUALS', value: 'EVENT' },
        target: { kind: 'POOL', pool: 'loaded' },
      }),
      step('rest', {
        target: {
          kind: 'POOLS',
          pools: ['weighted', 'valued', 'loaded'].map((key) => ({ pool: key, weight: 1 })),
          share: 'PER_HEAD',
        },
      }),
    ],
  },
};

const ROTATIONS = ['weighted', 'weighted/icp', 'valued', 'loaded', 'step/rest'];

const leads = (count: number): { given: Partial<RoutableLead>; at: number }[] => {
  const next = random(7);
  return Array.from({ length: count }, (_, index) => ({
    given: {
      requestKind: (['TRIAL', 'EVENT', 'DEMO', 'PRICING'] as const)[Math.floor(next() * 4)] ?? 'DEMO',
      icp: next() < 0.3,
      score: Math.floor(next() * 101),
    },
    at: NOW + index * 600_000,
  }));
};

describe('500 leads in a row', () => {
  const given = leads(500);

  test('go where 500 leads go between which the state was stored and read back', () => {
    const run = market(SETTING);
    const state = new StoredState(compile(SETTING));
    const inARow = given.map(({ given: each, at }) => run.decide(each, { at }).repId);
    expect(given.map(({ given: each, at }) => state.route(lead(each), at))).toEqual(inARow);
    for (const id of ROTATIONS) {
      expect(state.rotation(id)).toEqual(run.simulation.rotation(id));
      expect([run.simulation.rotation(id).credits.size > 1, sumOf(run.simulation.rotation(id))]).toEqual([true, 0n]);
    }
    for (const key of [...KEYS, 'boss']) expect(state.rep(key)).toEqual(run.simulation.rep(key));
    // The limits have been reached, too.
    expect(new Set(inARow)).toContain('boss');
  });

  test('go the same way the second time', () => {
    const all = (run: Market) => given.map(({ given: each, at }) => run.decide(each, { at }).repId);
    expect(all(market(SETTING))).toEqual(all(market(SETTING)));
  });
});

test('1,000 leads for a pool of seven: every prefix as even as it can be', () => {
  const members = Array.from({ length: 7 }, (_, index) => `rep${index}`);
  const run = market({
    settings: { defaultCapacity: 1_000 },
    reps: [rep('boss'), ...members.map((key) => rep(key))],
    pools: [pool('main', members)],
    plan: { steps: [step('all')] },
  });
  const received = new Map(members.map((key) => [key, 0]));
  for (const owner of owners(run, 1_000)) {
    received.set(owner, (received.get(owner) ?? 0) + 1);
    const counts = [...received.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  }
});
