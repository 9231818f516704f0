import type pg from 'pg';
import type { Database } from '../db/client.ts';
import type { Calendar } from '../db/generated/client.ts';
import { keyIdOf, type Secrets, SecretsError } from './seal.ts';

/* What is kept sealed: `source` of calendars. */

type Place = Pick<Calendar, 'workspaceId' | 'id'>;

const placeOf = ({ workspaceId, id }: Place): string => `Calendar.source/${workspaceId}/${id}`;

export const sealSource = (secrets: Secrets, place: Place, source: object): string =>
  secrets.seal(JSON.stringify(source), placeOf(place));

/** What a version without keys has stored is read as it is, until it is sealed. @throws SecretsError */
export const openSource = (secrets: Secrets, calendar: Pick<Calendar, 'workspaceId' | 'id' | 'source'>): object =>
  JSON.parse(
    keyIdOf(calendar.source) === null ? calendar.source : secrets.open(calendar.source, placeOf(calendar)),
  ) as object;

const KEY_ID = `CASE WHEN "source" LIKE 'v1:%' THEN split_part("source", ':', 2) END`;

/** One calendar of each key. */
const SAMPLES = `
  SELECT DISTINCT ON ("keyId") "workspaceId", "id", "source", "keyId", count(*) OVER (PARTITION BY "keyId")::int AS "count"
  FROM (SELECT "workspaceId", "id", "source", ${KEY_ID} AS "keyId" FROM "Calendar") AS c
  ORDER BY "keyId", "id"`;

/**
 * Looks whether everything that is kept sealed can be read.
 * @returns how many there are by key; null for what is not sealed
 * @throws SecretsError naming the key that is missing or wrong
 */
export async function checkSecrets(
  client: Pick<pg.ClientBase | pg.Pool, 'query'>,
  secrets: Secrets,
): Promise<ReadonlyMap<string | null, number>> {
  const { rows } = await (client as pg.Pool).query<Place & { source: string; keyId: string | null; count: number }>(
    SAMPLES,
  );
  const counts = new Map<string | null, number>();
  for (const { keyId, count, ...calendar } of rows) {
    counts.set(keyId, count);
    try {
      openSource(secrets, calendar);
    } catch (error) {
      if (!(error instanceof SecretsError)) throw error;
      const what = count === 1 ? '1 calendar is' : `${count} calendars are`;
      throw new SecretsError(`${error.message} ${what} encrypted with it. Start with the key that was used.`);
    }
  }
  return counts;
}

const STALE = `
  SELECT "workspaceId", "id", "source" FROM "Calendar"
  WHERE "source" NOT LIKE $1 || '%' AND "id" > $2 ORDER BY "id" LIMIT 500`;

/** Whoever changed the calendar meanwhile has sealed it with a key of their own. */
const RESEAL = `
  UPDATE "Calendar" AS c SET "source" = n."after"
  FROM json_to_recordset($1) AS n("workspaceId" uuid, "id" uuid, "before" text, "after" text)
  WHERE c."workspaceId" = n."workspaceId" AND c."id" = n."id" AND c."source" = n."before"`;

/**
 * Seals what is sealed with another key than the first, or not at all, again with that. May be done while servers run,
 * which need both keys meanwhile.
 *
 * @returns how many were sealed again
 * @throws SecretsError
 */
export async function resealAll({ pool }: Pick<Database, 'pool'>, secrets: Secrets): Promise<number> {
  if (secrets.keyId === null) return 0;
  let done = 0;
  let last = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await pool.query<Place & { source: string }>(STALE, [`v1:${secrets.keyId}:`, last]);
    if (rows.length === 0) return done;
    const sealed = rows.map((row) => ({
      ...{ workspaceId: row.workspaceId, id: row.id, before: row.source },
      after: sealSource(secrets, row, openSource(secrets, row)),
    }));
    const { rowCount } = await pool.query(RESEAL, [JSON.stringify(sealed)]);
    done += rowCount ?? 0;
    last = rows.at(-1)?.id ?? last;
  }
}
