import { type Cluster, type Prepared, type ServerProcess, startCluster, startServer } from './cluster.ts';
import { companyOf, leadFor, type Size } from './company.ts';
import { makeHistory } from './history.ts';
import { submit, throughput } from './load.ts';
import { beside, type Measure, print, takeTurns, withCpu } from './measure.ts';

const ROUND_MS = 3_000;
const TEMPLATES = 101;
const FEW_LEADS = 10_000;
const MANY_LEADS = 2_000_000;

const SMALL: Size = { reps: 10, poolSize: 10, steps: 0, territories: 0, accounts: 0 };
const rulesOf = (count: number): Size => ({
  reps: 140,
  poolSize: 7,
  // With the two that lead to accounts and territories, and the last.
  steps: count - 3,
  territories: count,
  accounts: count,
});
/** Everything at once, as a start finds it. */
const LARGE: Size = { ...rulesOf(10_000), reps: 5_000, poolSize: 100 };

/** By how the companies differ. The first of each is what the others are compared with. */
const REPS = {
  '10': SMALL,
  '5000 in pools of 10': { ...SMALL, reps: 5_000 },
  '5000 in pools of 100': { ...SMALL, reps: 5_000, poolSize: 100 },
  '5000 in one pool': { ...SMALL, reps: 5_000, poolSize: 5_000 },
} as const;
const RULES = { '100': rulesOf(100), '10000': rulesOf(10_000) } as const;

/** Leads go to all of the pools. */
const spread = (size: Size): Size => ({ ...size, steps: Math.max(size.steps, Math.ceil(size.reps / size.poolSize)) });

interface Side {
  readonly size: Size;
  readonly server: ServerProcess;
}

/** The same intake in each, in turn. */
async function compare<Name extends string>(
  cluster: Cluster,
  group: string,
  sides: Readonly<Record<Name, Side>>,
): Promise<void> {
  const names = Object.keys(sides) as Name[];
  const rounds = await takeTurns(names, (name) => {
    const { server, size } = sides[name];
    return withCpu(
      () => ({ server: server.cpu(), postgres: cluster.cpu() }),
      () => throughput(server.url, ROUND_MS, (number) => leadFor(size, number)),
    );
  });
  for (const name of names) {
    await sides[name].server.stop();
    print(beside(group, rounds, name, name === names[0] ? null : (names[0] as Name)));
  }
}

async function compareSizes<Name extends string>(
  cluster: Cluster,
  group: string,
  sizes: Readonly<Record<Name, Size>>,
): Promise<void> {
  const sides = {} as Record<Name, Side>;
  for (const [name, given] of Object.entries(sizes) as [Name, Size][]) {
    const size = spread(given);
    const { url } = await cluster.database(`${group} ${name}`, companyOf(size));
    sides[name] = { size, server: await startServer({ DATABASE_URL: url }) };
  }
  await compare(cluster, group, sides);
}

/** A database with so many leads. */
async function withLeads(cluster: Cluster, name: string, count: number): Promise<Prepared> {
  const prepared = await cluster.database(name, companyOf(SMALL));
  const server = await startServer({ DATABASE_URL: prepared.url });
  for (let sent = 0; sent < TEMPLATES; sent += 1) await submit(server.url);
  await server.stop();
  await makeHistory(prepared.url, count);
  return prepared;
}

/** `npm start` on a database with all there can be, from the call to ready, and to the first lead's owner. */
async function start({ dataDir }: Cluster): Promise<Measure[]> {
  const server = await startServer({ FAIRLEAD_DATA_DIR: dataDir });
  const ready = performance.now();
  await submit(server.url);
  const firstLead = (performance.now() - ready) / 1_000;
  await server.stop();
  return [
    { name: 'start.ready', value: server.seconds, unit: 's' },
    { name: 'start.firstLead', value: firstLead, unit: 's more' },
  ];
}

/** The same intake with few leads stored and with many, in a small company and in large ones; then a start. */
export async function benchGrowth(): Promise<void> {
  const cluster = await startCluster();
  try {
    await compareSizes(cluster, 'rules', RULES);
    await compareSizes(cluster, 'reps', REPS);
    const few = await withLeads(cluster, 'few leads', FEW_LEADS);
    const begin = performance.now();
    const many = await withLeads(cluster, 'postgres', MANY_LEADS);
    print({ name: 'leads.filled', value: (performance.now() - begin) / 1_000, unit: 's to store 2,000,000 leads' });
    await compare(cluster, 'leads', {
      '10000': { size: SMALL, server: await startServer({ DATABASE_URL: few.url }) },
      '2000000': { size: SMALL, server: await startServer({ DATABASE_URL: many.url }) },
    });
    await many.apply(companyOf(LARGE));
    await cluster.pause();
    (await start(cluster)).forEach(print);
  } finally {
    await cluster.stop();
  }
}
