import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS, type Pool, type Rep, type Settings } from '../../src/domain/configuration.ts';
import { listRotation } from '../../src/domain/decide.ts';
import { type Decision, REASONS } from '../../src/domain/decision.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import type { Step, Target } from '../../src/domain/plan.ts';
import { account, market, NOW, pool, rep, type Setting, step, territory } from '../support/routing.ts';

/*
 * Whatever the plan, the pools, the reps and their limits. What is expected is worked out beside the engine from a ledger
 * of all that was given out, as plainly as it can be said.
 */

const REPS = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5'];
const POOLS = ['p0', 'p1', 'p2'];
const HOT = 90;
const MINUTE = 60_000;
const { constantFrom, record, option, array, boolean, integer, oneof, subarray } = fc;
const few = option(integer({ min: 0, max: 4 }), { freq: 1 });
const someone = option(constantFrom(...REPS));

const anyRep = record({
  status: constantFrom('ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'PAUSED', 'LEFT'),
  capacity: few,
  rateCaps: few.map((leads) => (leads === null ? null : [{ leads: leads + 1, per: 'HOUR' as const, timeZone: null }])),
  classLimits: few.map((limit) => (limit === null ? [] : [{ segment: 'hot', limit }])),
  managerId: someone,
  backupId: someone,
  language: constantFrom('de', 'en', null),
  attributes: option(integer({ min: 1, max: 3 })).map((rate): Rep['attributes'] => (rate === null ? {} : { rate })),
});

const anyMember = record({
  weight: constantFrom(0, 1, 1, 1, 2, 3),
  tier: constantFrom(-1, 0, 0, 0, 1),
  capacity: few,
  segmentWeights: constantFrom({}, { hot: 0 }, { hot: 2 }),
});

const anyPool = record({
  strategy: constantFrom('ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED', 'LEAST_LOADED'),
  members: record(Object.fromEntries(REPS.map((key) => [key, option(anyMember)]))),
  memberCapacity: few,
  limitsCapacity: boolean(),
  maxAhead: option(constantFrom(1, 2)),
  weightSegments: constantFrom([], ['hot']),
});

const anyTarget: fc.Arbitrary<Target> = oneof(
  record({ kind: constantFrom('REP' as const), rep: constantFrom(...REPS, 'gone') }),
  record({ kind: constantFrom('POOL' as const), pool: constantFrom(...POOLS, 'gone') }),
  record({
    kind: constantFrom('POOLS' as const),
    pools: subarray([...POOLS, 'gone'], { minLength: 1 }).map((keys) => keys.map((key) => ({ pool: key, weight: 2 }))),
    share: constantFrom('PER_HEAD' as const, 'PER_POOL' as const),
  }),
  constantFrom<Target>({ kind: 'ACCOUNT_OWNER' }, { kind: 'TERRITORY' }),
);

const inGerman = { repField: 'language', operator: 'EQUALS', leadField: 'language' } as const;

const anyStep = record({
  kind: constantFrom('ACCOUNT_OWNER' as const, 'NAMED_ACCOUNT' as const),
  condition: constantFrom(null, { field: 'icp', operator: 'EQUALS', value: true } as const),
  target: anyTarget,
  whenNobody: oneof(
    constantFrom({ kind: 'NEXT_STEP' } as const, { kind: 'ASSIGN_ANYWAY' } as const, { kind: 'MANAGER' } as const),
    record({ kind: constantFrom('BACKUP_POOL' as const), pool: constantFrom(...POOLS) }),
  ),
  match: constantFrom([], [inGerman]),
  prefer: constantFrom([], [inGerman]),
  order: constantFrom([], [{ repField: 'attributes.rate', first: 'LOWEST' } as const]),
  ownerAway: constantFrom('DELEGATE', 'KEEP', 'WHEN_NOBODY'),
  ownerBeyondCapacity: boolean(),
  keepWithSubmitter: boolean(),
});

const anySetting = record({
  reps: fc.tuple(...REPS.map(() => anyRep)),
  pools: fc.tuple(...POOLS.map(() => anyPool)),
  owners: fc.tuple(someone, someone),
  territory: record({ repId: someone, poolId: option(constantFrom(...POOLS)) }),
  steps: array(anyStep, { maxLength: 5 }),
  lastResort: subarray(REPS, { minLength: 1 }),
  settings: record({
    defaultCapacity: integer({ min: 0, max: 5 }),
    classLimits: few.map((limit) => (limit === null ? [] : [{ segment: 'hot', limit }])),
    rateCaps: constantFrom([], [{ leads: 2, per: 'HOUR' as const, timeZone: null }]),
    leadCosts: constantFrom([], [{ segment: 'hot', cost: 2 }]),
  }),
});

type Drawn<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;

const toSetting = ({
  reps,
  pools,
  owners,
  steps,
  lastResort,
  settings,
  ...rest
}: Drawn<typeof anySetting>): Setting => ({
  settings,
  reps: reps.map((each, index) => rep(REPS[index] as string, each)),
  pools: pools.map(({ members, ...each }, index) =>
    pool(
      POOLS[index] as string,
      Object.entries(members).flatMap(([repId, member]) => (member ? [{ repId, ...member }] : [])),
      each,
    ),
  ),
  accounts: [
    account('customer', { domains: ['customer.example'], ownerId: owners[0] }),
    account('named', { domains: ['named.example'], kind: 'NAMED', ownerId: owners[1], parentId: 'customer' }),
  ],
  territories: [territory('germany', { countries: ['DE'], ...rest.territory })],
  segments: [{ id: 'hot', key: 'hot', name: 'Hot', condition: { field: 'score', operator: 'AT_LEAST', value: 80 } }],
  plan: { steps: steps.map((each, index) => step(`s${index}`, each)), lastResort },
});

const anyLead = record({
  icp: boolean(),
  score: constantFrom(10, HOT),
  language: constantFrom('de', 'fr', null),
  country: constantFrom('DE', 'FR'),
  companyDomain: constantFrom('customer.example', 'named.example', null),
  email: constantFrom('carla@x.example', 'r0@fairlead.example'),
  enteredById: option(constantFrom('r0', 'r1')),
});

/** A lead, so many minutes after the one before it; before that the oldest open one is closed, or not. */
const anyDay = array(record({ lead: anyLead, minutes: constantFrom(0, 1, 20, 61), closes: boolean() }), {
  maxLength: 25,
});

interface Given {
  readonly decision: Decision;
  readonly at: number;
  readonly isHot: boolean;
  open: boolean;
}

/** All that was given out, and what follows of it. */
class Ledger {
  readonly given: Given[] = [];
  readonly #setting: Setting;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  get #settings(): Settings {
    return { ...DEFAULT_SETTINGS, ...this.#setting.settings };
  }

  rep = (id: string | null): Rep | undefined => this.#setting.reps?.find((each) => each.id === id);

  pool = (id: string | null): Pool | undefined => this.#setting.pools?.find((each) => each.id === id);

  #open = (repId: string): Given[] => this.given.filter((each) => each.open && each.decision.repId === repId);

  load = (repId: string): number =>
    this.#open(repId).reduce((sum, { isHot }) => sum + (isHot && this.#settings.leadCosts.length > 0 ? 2 : 1), 0);

  held = (repId: string, poolId: string): number =>
    this.#open(repId).filter(({ decision }) => decision.poolId === poolId).length;

  mostOf = ({ members, memberCapacity }: Pool, id: string): number =>
    members.find(({ repId }) => repId === id)?.capacity ?? memberCapacity ?? Number.POSITIVE_INFINITY;

  hasPlaces({ id, capacity }: Rep, { score }: Lead): boolean {
    const cost = score === HOT && this.#settings.leadCosts.length > 0 ? 2 : 1;
    return this.load(id) + cost <= (capacity ?? this.#settings.defaultCapacity);
  }

  /** Within the class limit and the rate cap, which bind everywhere. */
  isWithinOthers({ id, classLimits, rateCaps }: Rep, { score }: Lead, at: number): boolean {
    const [ofClass] = [...classLimits, ...this.#settings.classLimits];
    const hot = this.#open(id).filter(({ isHot }) => isHot).length;
    if (ofClass && score === HOT && hot >= ofClass.limit) return false;
    const [cap] = rateCaps ?? this.#settings.rateCaps;
    const lately = this.given.filter(({ decision, at: when }) => decision.repId === id && when > at - 60 * MINUTE);
    return cap === undefined || lately.length < cap.leads;
  }

  #isThere = (rep: Rep | undefined, { email, language }: Lead, match: boolean): rep is Rep =>
    rep?.status === 'ACTIVE' && rep.email !== email && (!match || (rep.language !== null && rep.language === language));

  #canTake(id: string | null, lead: Lead, at: number, match: boolean): boolean {
    const rep = this.rep(id);
    return this.#isThere(rep, lead, match) && this.hasPlaces(rep, lead) && this.isWithinOthers(rep, lead, at);
  }

  #anyCanTake = (pool: Pool | undefined, lead: Lead, at: number, match: boolean): boolean =>
    pool?.members.some(({ repId, weight, segmentWeights }) => {
      const rep = this.rep(repId);
      const ofLead = pool.weightSegments.length > 0 && lead.score === HOT ? (segmentWeights.hot ?? weight) : weight;
      return (
        this.#isThere(rep, lead, match) &&
        ofLead > 0 &&
        this.isWithinOthers(rep, lead, at) &&
        (!pool.limitsCapacity || this.hasPlaces(rep, lead)) &&
        this.held(repId, pool.id) < this.mostOf(pool, repId)
      );
    }) ?? false;

  #ownerTakes({ kind, ownerAway, ownerBeyondCapacity }: Step, lead: Lead, at: number): boolean {
    const [customer, named] = this.#setting.accounts ?? [];
    const owner = this.rep((kind === 'NAMED_ACCOUNT' ? named?.ownerId : null) ?? customer?.ownerId ?? null);
    if (!owner || owner.email === lead.email || owner.status === 'LEFT') return false;
    if (owner.status === 'PAUSED' && ownerAway !== 'KEEP') return false;
    return ownerBeyondCapacity || (this.hasPlaces(owner, lead) && this.isWithinOthers(owner, lead, at));
  }

  /** Whether a step concerns the lead, and whether anyone whom it looks at of itself could take it. */
  look(step: Step, lead: Lead, at: number): { readonly matches: boolean; readonly someone: boolean } {
    const { target, kind, condition, keepWithSubmitter } = step;
    const match = step.match.length > 0;
    const of = (concerns: boolean, takes: () => boolean) => {
      const matches = concerns && (condition === null || lead.icp);
      const isSubmitters = keepWithSubmitter && this.#canTake(lead.enteredById, lead, at, false);
      return { matches, someone: matches && (isSubmitters || takes()) };
    };
    switch (target.kind) {
      case 'REP':
        return of(true, () => this.#canTake(target.rep, lead, at, match));
      case 'POOL':
        return of(true, () => this.#anyCanTake(this.pool(target.pool), lead, at, match));
      case 'POOLS':
        return of(true, () => target.pools.some(({ pool }) => this.#anyCanTake(this.pool(pool), lead, at, match)));
      case 'TERRITORY': {
        const [{ repId, poolId } = { repId: null, poolId: null }] = this.#setting.territories ?? [];
        return of(lead.country === 'DE', () =>
          poolId === null
            ? this.#canTake(repId, lead, at, match)
            : this.#anyCanTake(this.pool(poolId), lead, at, match),
        );
      }
      default: {
        const domain = kind === 'NAMED_ACCOUNT' ? 'named.example' : 'customer.example';
        return of(lead.companyDomain === domain, () => this.#ownerTakes(step, lead, at));
      }
    }
  }
}

type Lead = Pick<RoutableLead, 'icp' | 'score' | 'language' | 'country' | 'companyDomain' | 'email' | 'enteredById'>;

/** A decision, and what was true when it was made. */
interface Decided {
  readonly decision: Decision;
  readonly lead: Lead;
  readonly at: number;
  readonly ledger: Ledger;
  readonly steps: readonly Step[];
  readonly lastResort: readonly string[];
}

/** Looks at every decision of many days in many workspaces. */
function everyDecision(check: (decided: Decided) => void): void {
  fc.assert(
    fc.property(anySetting, anyDay, (given, day) => {
      const setting = toSetting(given);
      const run = market(setting);
      const ledger = new Ledger(setting);
      const { steps = [], lastResort = [] } = setting.plan ?? {};
      let at = NOW;
      for (const { lead, minutes, closes } of day) {
        at += minutes * MINUTE;
        const oldest = closes && ledger.given.find(({ open }) => open);
        if (oldest) {
          oldest.open = false;
          run.simulation.release(oldest.decision.repId, oldest.decision);
        }
        const decision = run.decide(lead, { at });
        check({ decision, lead, at, ledger, steps, lastResort });
        ledger.given.push({ decision, at, isHot: lead.score === HOT, open: true });
      }
      for (const id of [...POOLS, ...steps.map(({ key }) => listRotation(key))]) {
        const { credits } = run.simulation.rotation(id);
        expect([...credits.values()].reduce((sum, credit) => sum + credit, 0n)).toBe(0n);
      }
      for (const key of REPS) expect(run.simulation.rep(key).load).toBe(ledger.load(key));
    }),
    { numRuns: 150 },
  );
}

test('every lead has an owner who has not left, unless all of the last resort have', () => {
  everyDecision(({ decision: { repId, method }, ledger, lastResort }) => {
    const hasLeft = (key: string): boolean => ledger.rep(key)?.status === 'LEFT';
    expect(ledger.rep(repId)).toBeDefined();
    expect(hasLeft(repId)).toBe(hasLeft(repId) && method === 'FALLBACK' && lastResort.every(hasLeft));
  });
});

test('limits are passed by owners, the last resort and pools that only measure, and the decision says so', () => {
  everyDecision(({ decision, lead, at, ledger, steps }) => {
    const { repId, poolId, method, stepKey } = decision;
    const rep = ledger.rep(repId) as Rep;
    const [hasPlaces, isWithin] = [ledger.hasPlaces(rep, lead), ledger.isWithinOthers(rep, lead, at)];
    expect(decision.beyondCapacity).toBe(!hasPlaces || !isWithin);
    const own = steps.find(({ key }) => key === stepKey);
    const last = decision.steps.at(-1)?.attempts.at(-1);
    const isOwner = own?.target.kind === 'ACCOUNT_OWNER' && last?.via === 'TARGET' && last.code === null;
    if (method === 'FALLBACK' || (isOwner && own.ownerBeyondCapacity)) return;
    const pool = ledger.pool(poolId);
    expect([isWithin, hasPlaces || pool?.limitsCapacity === false]).toEqual([true, true]);
    if (pool) expect(ledger.held(repId, pool.id)).toBeLessThan(ledger.mostOf(pool, repId));
  });
});

test('a lead stays in the first step that concerns it and where anyone could take it', () => {
  everyDecision(({ decision, lead, at, ledger, steps }) => {
    const position = steps.findIndex(({ key }) => key === decision.stepKey);
    const before = position < 0 ? steps : steps.slice(0, position);
    const looks = before.map((each) => ledger.look(each, lead, at));
    expect(looks.map(({ someone }) => someone)).not.toContain(true);
    // The steps that concern it are told, and no others.
    const told = decision.steps.map(({ stepKey }) => stepKey);
    expect(told).toEqual([
      ...before.filter((_, index) => looks[index]?.matches).map(({ key }) => key),
      decision.stepKey,
    ]);
    const own = steps[position];
    if (own && ledger.look(own, lead, at).someone) {
      expect(['TARGET', 'SUBMITTER']).toContain(decision.steps.at(-1)?.attempts.at(-1)?.via);
    }
  });
});

test('everyone who was considered has exactly one reason, and one is chosen', () => {
  everyDecision(({ decision, ledger }) => {
    const attempts = decision.steps.flatMap((each) => each.attempts);
    for (const { considered, poolId } of attempts) {
      const looked = considered.map(({ repId }) => repId);
      expect(new Set(looked).size).toBe(looked.length);
      for (const { reason } of considered) expect(REASONS).toContain(reason);
      const members = ledger.pool(poolId)?.members.map(({ repId }) => repId) ?? looked;
      expect(looked.toSorted()).toEqual(members.toSorted());
    }
    const chosen = attempts.map(({ considered }) => considered.filter(({ reason }) => reason === 'CHOSEN'));
    expect(chosen.map(({ length }) => length)).toEqual(
      attempts.map((_, index) => (index === attempts.length - 1 ? 1 : 0)),
    );
    expect(chosen.at(-1)?.[0]?.repId).toBe(decision.repId);
  });
});
