import { createHash } from 'node:crypto';
import { onePool } from '../support/companies.ts';

export const ADMIN_KEY = 'fl_benchadmin_0000000000000000000000000000000000000000000';
export const BENCH_REPS = 20;
export const BENCH_COMPANY = onePool(BENCH_REPS, { capacity: 100_000 });

/** How large a company is. */
export interface Size {
  readonly reps: number;
  /** Of these the pools consist. */
  readonly poolSize: number;
  /** Steps that each ask for an industry of their own and lead to one of the pools. */
  readonly steps: number;
  readonly territories: number;
  readonly accounts: number;
}

/** A company of that size, as a file. */
export function companyOf({ reps, poolSize, steps, territories, accounts }: Size): string {
  const list = <Thing>(count: number, thing: (index: number) => Thing): Thing[] =>
    Array.from({ length: count }, (_, index) => thing(index));
  const pools = Math.ceil(reps / poolSize);
  const pool = (index: number): string => `pool-${index % pools}`;
  // JSON is YAML.
  return JSON.stringify({
    apiVersion: 'fairlead/v1',
    kind: 'Company',
    workspace: { defaultCapacity: 100_000 },
    reps: [
      { key: 'boss', name: 'The Boss', email: 'boss@fairlead.example' },
      ...list(reps, (index) => ({
        key: `rep-${index}`,
        name: `Rep ${index}`,
        email: `rep-${index}@fairlead.example`,
        manager: 'boss',
      })),
    ],
    pools: list(pools, (index) => ({
      key: pool(index),
      name: pool(index),
      strategy: 'ROUND_ROBIN',
      members: list(Math.min(poolSize, reps - index * poolSize), (member) => ({
        rep: `rep-${index * poolSize + member}`,
      })),
    })),
    territories: list(territories, (index) => ({
      key: `territory-${index}`,
      name: `Territory ${index}`,
      countries: ['DE'],
      postalPrefixes: [String(10_000 + index)],
      pool: pool(index),
    })),
    accounts: list(accounts, (index) => ({
      key: `account-${index}`,
      name: `Account ${index}`,
      kind: 'CUSTOMER',
      domains: [`account-${index}.example`],
      owner: `rep-${index % reps}`,
    })),
    plan: {
      steps: [
        ...(accounts > 0 ? [{ key: 'owner', kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } }] : []),
        ...list(steps, (index) => ({
          key: `step-${index}`,
          kind: 'SEGMENT',
          condition: { field: 'industry', operator: 'EQUALS', value: `industry-${index}` },
          target: { kind: 'POOL', pool: pool(index) },
        })),
        ...(territories > 0 ? [{ key: 'territory', kind: 'TERRITORY', target: { kind: 'TERRITORY' } }] : []),
        { key: 'rest', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'pool-0' } },
      ],
      lastResort: ['boss'],
    },
  });
}

/** Companies that leads come from which are no accounts. */
const COMPANIES = 20_000;

/** Somebody nobody has heard of, from one of many companies: as the indexes meet them, in no order. */
export function personOf(number: number): { readonly email: string } & Readonly<Record<string, unknown>> {
  const name = createHash('sha1').update(String(number)).digest('hex').slice(0, 12);
  return {
    email: `${name}@company-${(number * 7_919) % COMPANIES}.example`,
    firstName: 'Ada',
    lastName: 'Stone',
    country: 'DE',
    score: number % 100,
    requestKind: 'DEMO',
  };
}

/** A lead for a company of that size: by account, by step and by territory in turn, as far as there are any. */
export function leadFor({ steps, territories, accounts }: Size, number: number): object {
  const person = personOf(number);
  const ways = [
    ...(accounts > 0
      ? [() => ({ email: person.email.replace(/@.*/, `@account-${(number * 7_919) % accounts}.example`) })]
      : []),
    ...(steps > 0 ? [() => ({ industry: `industry-${(number * 7_919) % steps}` })] : []),
    ...(territories > 0 ? [() => ({ postalCode: String(10_000 + ((number * 7_919) % territories)) })] : []),
  ];
  return { ...person, ...ways[number % ways.length]?.() };
}
