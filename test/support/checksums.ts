import type { Database } from '../../src/db/client.ts';

/** Who was seen, by which batch, and which servers live: that changes whatever is done. */
const ALIVE = ['Process', 'RepPresence'];

/** A checksum of each table's rows, but for when a key was last used: what has changed nothing leaves them as they are. */
export async function checksums({ pool }: Database): Promise<Readonly<Record<string, string>>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT table_name AS "name" FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> ALL ($1) ORDER BY 1`,
    [ALIVE],
  );
  const sums = tables.map(async ({ name }): Promise<[string, string]> => {
    const { rows } = await pool.query<{ sum: string }>(
      `SELECT count(*) || ' rows, ' || coalesce(md5(string_agg(t."row", E'\\n' ORDER BY t."row")), '') AS "sum"
       FROM (SELECT (to_jsonb(r) - $1::text[])::text AS "row" FROM "${name}" r) t`,
      [name === 'Lane' ? ['batch'] : ['lastUsedAt']],
    );
    return [name, rows[0]?.sum ?? ''];
  });
  return Object.fromEntries(await Promise.all(sums));
}
