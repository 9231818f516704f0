import { startCluster, startServer } from './cluster.ts';
import { companyOf, leadFor, type Size } from './company.ts';
import { throughput } from './load.ts';
import { beside, print, takeTurns, withCpu } from './measure.ts';

const ROUND_MS = 4_000;
const MEMBERS = 7;
const SIZE: Size = { reps: MEMBERS, poolSize: MEMBERS, steps: 0, territories: 0, accounts: 0 };

/** Leads per second of one server, and of two on the same database that share the connections; and who received them. */
export async function benchProcesses(): Promise<void> {
  const cluster = await startCluster();
  try {
    const { url, database } = await cluster.database('postgres', companyOf(SIZE));
    const servers = [await startServer({ DATABASE_URL: url }), await startServer({ DATABASE_URL: url })] as const;
    const urls = { one: [servers[0].url], two: servers.map((server) => server.url) };
    const rounds = await takeTurns(['one', 'two'], (name) =>
      withCpu(
        () => ({
          server: servers.reduce<number | null>((sum, { cpu }) => add(sum, cpu()), 0),
          postgres: cluster.cpu(),
        }),
        () => throughput(urls[name], ROUND_MS, (number) => leadFor(SIZE, number)),
      ),
    );
    for (const server of servers) await server.stop();
    print(beside('processes', rounds, 'one', null));
    print(beside('processes', rounds, 'two', 'one'));
    const { rows } = await database.pool.query<{ repId: string }>('SELECT "repId" FROM "Assignment" ORDER BY "number"');
    print({ name: 'processes.furthestFromShare', value: furthest(rows.map(({ repId }) => repId)), unit: 'leads' });
  } finally {
    await cluster.stop();
  }
}

const add = (sum: number | null, value: number | null): number | null =>
  sum === null || value === null ? null : sum + value;

/** How far any member was from an equal share after any of the assignments. @param owners in their order */
function furthest(owners: readonly string[]): number {
  const received = new Map<string, number>();
  let most = 0;
  for (const [index, owner] of owners.entries()) {
    received.set(owner, (received.get(owner) ?? 0) + 1);
    const share = (index + 1) / MEMBERS;
    if (received.size < MEMBERS) most = Math.max(most, share);
    for (const count of received.values()) most = Math.max(most, Math.abs(count - share));
  }
  return most;
}
