import type { Condition } from '../../src/domain/condition.ts';
import type { Segment, Territory } from '../../src/domain/configuration.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import type { Step } from '../../src/domain/plan.ts';
import { account, market, pool, rep, type Setting, step, territory } from '../support/routing.ts';
import { median, print } from './measure.ts';

const DECISIONS = 200_000;
const DECISIONS_PER_KIND = 40_000;
const POOLS = 20;

const reps = Array.from({ length: POOLS * 7 }, (_, index) =>
  rep(`rep-${index}`, { capacity: Number.MAX_SAFE_INTEGER }),
);
const pools = Array.from({ length: POOLS }, (_, index) =>
  pool(
    `pool-${index}`,
    reps.slice(index * 7, index * 7 + 7).map(({ id }, position) => ({ repId: id, weight: 1 + ((position * 3) % 5) })),
    { strategy: 'WEIGHTED' },
  ),
);
const poolOf = (index: number): string => `pool-${index % POOLS}`;
const common: Setting = { reps: [...reps, rep('boss')], pools };
const rest = step('rest', { target: { kind: 'POOL', pool: 'pool-0' } });

/** A market with so many steps, territories and accounts, and seven reps to a pool. */
function large(size: number) {
  const steps: Step[] = [
    step('owner', { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } }),
    ...Array.from({ length: size }, (_, index) =>
      step(`step-${index}`, {
        kind: 'SEGMENT',
        condition: { field: 'industry', operator: 'EQUALS', value: `industry-${index}` },
        target: { kind: 'POOL', pool: poolOf(index) },
      }),
    ),
    step('territory', { kind: 'TERRITORY', target: { kind: 'TERRITORY' } }),
    rest,
  ];
  return market({
    ...common,
    territories: Array.from({ length: size }, (_, index) =>
      territory(`t-${index}`, { countries: ['DE'], postalPrefixes: [String(10_000 + index)], poolId: poolOf(index) }),
    ),
    accounts: Array.from({ length: size }, (_, index) =>
      account(`a-${index}`, { domains: [`company-${index}.example`], ownerId: `rep-${index % reps.length}` }),
    ),
    plan: { steps },
  });
}

/** Decisions per second, a third each by account, by a step near the end and by territory, the state moving on. */
function measure(size: number): number {
  const { decide } = large(size);
  const run = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      const at = (index * 7_919) % size;
      if (index % 3 === 0) decide({ companyDomain: `company-${at}.example` });
      else if (index % 3 === 1) decide({ industry: `Industry-${at}` });
      else decide({ country: 'DE', postalCode: String(10_000 + at) });
    }
  };
  run(DECISIONS / 4);
  const start = performance.now();
  run(DECISIONS);
  return DECISIONS / ((performance.now() - start) / 1_000);
}

/** A kind of condition: what rule number n asks for, and a lead that only this rule takes. */
interface Kind {
  readonly name: string;
  readonly rules: (size: number) => Partial<Setting>;
  readonly lead: (index: number) => Partial<RoutableLead>;
}

const byCondition = (
  name: string,
  condition: (index: number) => Condition,
  lead: Kind['lead'],
  segments: (size: number) => readonly Segment[] = () => [],
): Kind => ({
  name,
  lead,
  rules: (size) => ({
    segments: segments(size),
    plan: {
      steps: [
        ...Array.from({ length: size }, (_, index) =>
          step(`step-${index}`, { condition: condition(index), target: { kind: 'POOL', pool: poolOf(index) } }),
        ),
        rest,
      ],
    },
  }),
});

const byTerritory = (name: string, criteria: (index: number) => Partial<Territory>, lead: Kind['lead']): Kind => ({
  name,
  lead,
  rules: (size) => ({
    territories: Array.from({ length: size }, (_, index) =>
      territory(`t-${index}`, { poolId: poolOf(index), position: index, ...criteria(index) }),
    ),
    plan: { steps: [step('territory', { kind: 'TERRITORY', target: { kind: 'TERRITORY' } }), rest] },
  }),
});

/** Words of which none is part of another. */
const word = (index: number): string => `k${String(index).padStart(5, '0')}z`;
const eq = (field: string, value: string | number | boolean): Condition => ({ field, operator: 'EQUALS', value });

const KINDS: readonly Kind[] = [
  byCondition(
    'IN',
    (i) => ({ field: 'source', operator: 'IN', value: [word(i), `x${word(i)}`] }),
    (i) => ({ source: word(i) }),
  ),
  byCondition(
    'number EQUALS',
    (i) => eq('employees', i),
    (i) => ({ employees: i }),
  ),
  byCondition(
    'BETWEEN',
    (i) => ({ field: 'employees', operator: 'BETWEEN', value: [i * 10, i * 10 + 9] }),
    (i) => ({
      employees: i * 10 + 5,
    }),
  ),
  byCondition(
    'AT_LEAST and LESS_THAN',
    (i) => ({
      and: [
        { field: 'employees', operator: 'AT_LEAST', value: i * 10 },
        { field: 'employees', operator: 'LESS_THAN', value: i * 10 + 10 },
        eq('productInterest', word(i)),
      ],
    }),
    (i) => ({ employees: i * 10 + 5, productInterest: word(i) }),
  ),
  byCondition(
    'CONTAINS',
    (i) => ({ field: 'jobTitle', operator: 'CONTAINS', value: word(i) }),
    (i) => ({
      jobTitle: `Head of ${word(i)} Sales`,
    }),
  ),
  byCondition(
    'STARTS_WITH',
    (i) => ({ field: 'city', operator: 'STARTS_WITH', value: word(i) }),
    (i) => ({
      city: `${word(i)} City`,
    }),
  ),
  byCondition(
    'DOMAIN_OF',
    (i) => ({ field: 'email', operator: 'DOMAIN_OF', value: `${word(i)}.example` }),
    (i) => ({
      email: `ann@mail.${word(i)}.example`,
    }),
  ),
  byCondition(
    'or of two fields',
    (i) => ({ or: [eq('city', word(i)), eq('companyName', word(i))] }),
    (i) => (i % 2 === 0 ? { city: word(i) } : { companyName: word(i) }),
  ),
  byCondition(
    'and with not',
    (i) => ({ and: [eq('industry', word(i)), { not: eq('country', 'FR') }] }),
    (i) => ({
      industry: word(i),
      country: 'DE',
    }),
  ),
  byCondition(
    'NOT_IN beside EXISTS',
    (i) => ({
      and: [
        { field: 'country', operator: 'NOT_IN', value: ['FR', 'IT'] },
        { field: `attributes.${word(i)}`, operator: 'EXISTS', value: true },
      ],
    }),
    (i) => ({ country: 'DE', attributes: { [word(i)]: true } }),
  ),
  byCondition(
    'own attributes',
    (i) => eq('attributes.plan', word(i)),
    (i) => ({ attributes: { plan: word(i) } }),
  ),
  byCondition(
    'weekday and hour',
    (i) => ({
      and: [
        { field: 'weekday', operator: 'IN', value: ['MONDAY', 'TUESDAY'], timeZone: 'Europe/Berlin' },
        { field: 'hour', operator: 'BETWEEN', value: [9, 17], timeZone: 'Europe/Berlin' },
        eq('industry', word(i)),
      ],
    }),
    (i) => ({ industry: word(i) }),
  ),
  byCondition(
    'MATCHES_SEGMENT',
    (i) => ({ operator: 'MATCHES_SEGMENT', value: `s-${i}` }),
    (i) => ({ employees: i * 10 + 5 }),
    (size) =>
      Array.from({ length: size }, (_, index) => ({
        id: `s-${index}`,
        key: `s-${index}`,
        name: word(index),
        condition: { field: 'employees', operator: 'BETWEEN', value: [index * 10, index * 10 + 9] },
      })),
  ),
  byTerritory(
    'territory by postal prefix',
    (i) => ({ countries: ['DE'], postalPrefixes: [String(10_000 + i)] }),
    (i) => ({
      country: 'DE',
      postalCode: String(10_000 + i),
    }),
  ),
  byTerritory(
    'territory by size',
    (i) => ({ countries: ['DE'], employeesMin: i * 10, employeesMax: i * 10 + 9 }),
    (i) => ({
      country: 'DE',
      employees: i * 10 + 5,
    }),
  ),
  byTerritory(
    'territory by industry',
    (i) => ({ countries: ['DE'], industries: [word(i)] }),
    (i) => ({
      country: 'DE',
      industry: word(i),
    }),
  ),
  byTerritory(
    'territory by keyword',
    (i) => ({ industryKeywords: [word(i)] }),
    (i) => ({
      industry: `the ${word(i)} trade`,
    }),
  ),
];

function measureKind({ rules, lead }: Kind, size: number): number {
  const { decide } = market({ ...common, ...rules(size) });
  const leads = Array.from({ length: size }, (_, index) => lead(index));
  const run = (count: number): void => {
    for (let index = 0; index < count; index += 1) decide(leads[(index * 7_919) % size] as Partial<RoutableLead>);
  };
  run(DECISIONS_PER_KIND / 2);
  const start = performance.now();
  run(DECISIONS_PER_KIND);
  return DECISIONS_PER_KIND / ((performance.now() - start) / 1_000);
}

/** How many reps there are, in pools of what size. */
interface Pools {
  readonly reps: number;
  readonly poolSize: number;
  readonly decisions: number;
}

const REPS: Readonly<Record<string, Pools>> = {
  '10': { reps: 10, poolSize: 10, decisions: 40_000 },
  '5000 in pools of 10': { reps: 5_000, poolSize: 10, decisions: 40_000 },
  '5000 in pools of 100': { reps: 5_000, poolSize: 100, decisions: 4_000 },
  '5000 in one pool': { reps: 5_000, poolSize: 5_000, decisions: 80 },
};

/** Decisions per second, each by a step to one of the pools. */
function measureReps({ reps: count, poolSize, decisions }: Pools): number {
  const many = Array.from({ length: count }, (_, index) => rep(`rep-${index}`, { capacity: Number.MAX_SAFE_INTEGER }));
  const all = Array.from({ length: count / poolSize }, (_, index) =>
    pool(
      `pool-${index}`,
      many.slice(index * poolSize, (index + 1) * poolSize).map(({ id }) => id),
    ),
  );
  const { decide } = market({
    reps: [...many, rep('boss')],
    pools: all,
    plan: {
      steps: all.map(({ key }, index) =>
        step(`step-${index}`, {
          condition: { field: 'industry', operator: 'EQUALS', value: `industry-${index}` },
          target: { kind: 'POOL', pool: key },
        }),
      ),
    },
  });
  const run = (times: number): void => {
    for (let index = 0; index < times; index += 1) decide({ industry: `industry-${(index * 7_919) % all.length}` });
  };
  run(decisions / 2);
  const start = performance.now();
  run(decisions);
  return decisions / ((performance.now() - start) / 1_000);
}

/** Sizes take turns, so that all meet the same machine; the median of three rounds, beside that of the first size. */
function compare<Size>(name: string, sizes: Readonly<Record<string, Size>>, run: (size: Size) => number): void {
  const rounds = Array.from({ length: 3 }, () => Object.values(sizes).map(run));
  const medians = Object.keys(sizes).map((_, index) => median(rounds.map((each) => each[index] ?? 0)));
  const [first] = Object.keys(sizes);
  for (const [index, size] of Object.keys(sizes).entries()) {
    const value = medians[index] ?? 0;
    const ratio = index === 0 ? {} : { ratioTo: `${name}.${first}`, ratio: value / (medians[0] ?? 0) };
    print({ name: `${name}.${size}`, value, unit: 'decisions/s', ...ratio });
  }
}

const SIZES = { '100': 100, '10000': 10_000 } as const;

export function benchDecide(): void {
  compare('decide', SIZES, measure);
  compare('decide reps', REPS, measureReps);
  for (const kind of KINDS) compare(`decide ${kind.name}`, SIZES, (size) => measureKind(kind, size));
}
