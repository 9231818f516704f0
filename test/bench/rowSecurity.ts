import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { startCluster } from './cluster.ts';
import { BENCH_COMPANY } from './company.ts';
import { print, takeTurns, withCpu } from './measure.ts';

/*
 * What row-level security as a second wall would cost a look-up by id: the workspace has to be told in a transaction of each
 * look-up's own, since connections are shared. Sent in one go that is one round trip; Prisma sends one after the other.
 */

const ROUND_MS = 3_000;
const ROWS = 100_000;

export async function benchRowSecurity(): Promise<void> {
  const cluster = await startCluster();
  const { url, database } = await cluster.database('postgres', BENCH_COMPANY);
  const password = randomUUID();
  await database.pool.query(`
    CREATE TABLE "Thing" ("workspaceId" uuid, "id" int, "data" text, PRIMARY KEY ("workspaceId", "id"));
    INSERT INTO "Thing" SELECT '00000000-0000-7000-8000-000000000001', n, repeat('x', 500) FROM generate_series(1, ${ROWS}) n;
    CREATE TABLE "Walled" (LIKE "Thing" INCLUDING ALL);
    INSERT INTO "Walled" SELECT * FROM "Thing";
    ANALYZE "Thing", "Walled";
    ALTER TABLE "Walled" ENABLE ROW LEVEL SECURITY;
    CREATE POLICY "workspace" ON "Walled" USING ("workspaceId" = current_setting('fairlead.workspace')::uuid);
    CREATE ROLE walled LOGIN PASSWORD '${password}';
    GRANT SELECT ON "Thing", "Walled" TO walled`);
  const address = new URL(url);
  address.username = 'walled';
  address.password = password;
  const client = new pg.Client({ connectionString: address.href, pipeline: true });
  await client.connect();
  const workspaceId = '00000000-0000-7000-8000-000000000001';
  const select = (table: string) => {
    const text = `SELECT "data" FROM "${table}" WHERE "workspaceId" = $1 AND "id" = $2`;
    const values = [workspaceId, Math.ceil(Math.random() * ROWS)];
    return client.query({ name: table, text, values });
  };
  const tell = () =>
    client.query({ name: 'tell', text: `SELECT set_config('fairlead.workspace', $1, true)`, values: [workspaceId] });
  const ways = {
    plain: () => select('Thing'),
    inOneGo: () => Promise.all([client.query('BEGIN'), tell(), select('Walled'), client.query('COMMIT')]),
    oneByOne: async () => {
      await client.query('BEGIN');
      await tell();
      await select('Walled');
      await client.query('COMMIT');
    },
  };
  const names = ['plain', 'inOneGo', 'oneByOne'] as const;
  const rounds = await takeTurns(names, (name) =>
    withCpu(
      () => ({ server: null, postgres: cluster.cpu() }),
      async () => {
        const start = performance.now();
        let count = 0;
        for (; performance.now() - start < ROUND_MS; count += 1) await ways[name]();
        return { leads: count, perSecond: (count / (performance.now() - start)) * 1_000 };
      },
    ),
  );
  for (const name of names) {
    const ratio = rounds[name].perSecond / rounds.plain.perSecond;
    const { perSecond: value, cpu } = rounds[name];
    print({ name: `rowSecurity.${name}`, value, unit: 'look-ups/s', ratioTo: 'rowSecurity.plain', ratio, cpu });
  }
  await client.end();
  await cluster.stop();
}
