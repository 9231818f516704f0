import type { Step } from '../../src/domain/plan.ts';
import { account, market, pool, rep, step, territory } from '../support/routing.ts';
import type { Measure } from './measure.ts';

const DECISIONS = 200_000;
const POOLS = 20;

/** A market with so many steps, territories and accounts, and seven reps to a pool. */
function large(size: number) {
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
    step('rest', { target: { kind: 'POOL', pool: 'pool-0' } }),
  ];
  return market({
    reps: [...reps, rep('boss')],
    pools,
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

/** Sizes take turns, so that both meet the same machine; the median of three. */
export function benchDecide(): Measure[] {
  const rounds = Array.from({ length: 3 }, () => [measure(100), measure(10_000)] as const);
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[1] as number;
  const [small, big] = [median(rounds.map(([value]) => value)), median(rounds.map(([, value]) => value))];
  return [
    { name: 'decide.100', value: small, unit: 'decisions/s' },
    { name: 'decide.10000', value: big, unit: 'decisions/s', ratioTo: 'decide.100', ratio: big / small },
  ];
}
