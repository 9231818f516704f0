import { createHash } from 'node:crypto';
import type pg from 'pg';
import { calls } from '../calls.ts';
import type { AuditAction } from './actions.ts';

/*
 * The audit log of a workspace: numbered without gaps, only ever appended to (a trigger refuses everything else), and each
 * entry with a hash over itself and the hash before it. Number and hash of the last one stand in the lane as well.
 */

/** An entry as it is kept. */
export interface AuditEntry {
  readonly number: number;
  readonly at: Date;
  /** Name of the principal, or of what the server does by itself. */
  readonly by: string;
  readonly action: string;
  /** Of the call; null for what the server does by itself. */
  readonly requestId: string | null;
  /** From which the rows that it changed hold; null where it changed none. */
  readonly configVersion: number | null;
  /** What there is to say beyond those rows. */
  readonly details: unknown;
  readonly hash: Buffer;
}

export interface NewAuditEntry {
  readonly at: Date;
  readonly by: string;
  readonly action: AuditAction;
  readonly configVersion: number | null;
  readonly details: object | null;
}

/** What an entry's hash is over, beside the hash before it and its number: as JSON, in this order. */
const contentOf = ({
  at,
  by,
  action,
  requestId,
  configVersion,
  details,
}: Omit<AuditEntry, 'number' | 'hash'>): string =>
  JSON.stringify([at.toISOString(), by, action, requestId, configVersion, details]);

/** SHA-256 of the hash before it (32 bytes, none for the first), the entry's number in digits and its content. */
export const hashOf = (previous: Buffer | null, entry: Omit<AuditEntry, 'hash'>): Buffer =>
  createHash('sha256')
    .update(previous ?? '')
    .update(`${entry.number}${contentOf(entry)}`)
    .digest();

/* The hash as `hashOf` makes it: one round trip under the lane, which knows number and hash of the entry before. */
const APPEND = `
  WITH lane AS (
    UPDATE "Lane" SET "lastAudit" = "lastAudit" + 1,
      "auditHash" = sha256(coalesce("auditHash", '') || convert_to(("lastAudit" + 1)::text || $2, 'UTF8'))
    WHERE "workspaceId" = $1 RETURNING "lastAudit", "auditHash"
  )
  INSERT INTO "AuditEntry"
    ("workspaceId", "number", "at", "by", "action", "requestId", "configVersion", "details", "hash")
  SELECT $1, lane."lastAudit", $3, $4, $5, $6, $7, $8, lane."auditHash" FROM lane`;

/** Appends an entry, in a transaction that holds the workspace's lane. */
export async function appendEntry(client: pg.ClientBase, workspaceId: string, entry: NewAuditEntry): Promise<void> {
  const requestId = calls.getStore()?.requestId ?? null;
  const { at, by, action, configVersion, details } = entry;
  const json = details === null ? null : JSON.stringify(details);
  const content = contentOf({ ...entry, requestId });
  await client.query(APPEND, [workspaceId, content, at, by, action, requestId, configVersion, json]);
}

/** What a look at the whole log came to. */
export interface AuditVerification {
  /** How many entries there are. */
  readonly entries: number;
  /** Hash of the last one, in hexadecimal; null for an empty log. Kept elsewhere, it shows a log that was made anew. */
  readonly lastHash: string | null;
  /** The first entry that is not as it was written; null for none. */
  readonly firstBad: { readonly number: number; readonly fault: AuditFault } | null;
}

/** CHANGED: the entry, or its hash, is another; MISSING: it is not there. */
export type AuditFault = 'CHANGED' | 'MISSING';

const PAGE = 1_000;

const SELECT_PAGE = `
  SELECT "number", "at", "by", "action", "requestId", "configVersion", "details", "hash" FROM "AuditEntry"
  WHERE "workspaceId" = $1 AND "number" > $2 ORDER BY "number" LIMIT $3`;

type Row = Omit<AuditEntry, 'number' | 'configVersion'> & { readonly number: string; readonly configVersion: string };

const toEntry = (row: Row): AuditEntry => ({
  ...row,
  number: Number(row.number),
  configVersion: row.configVersion === null ? null : Number(row.configVersion),
});

/** Reads the log from its beginning and makes each hash again. What is appended meanwhile is not looked at. */
export async function verifyAuditLog(pool: pg.Pool, workspaceId: string, pageSize = PAGE): Promise<AuditVerification> {
  const { rows } = await pool.query<{ lastAudit: string; auditHash: Buffer | null }>(
    'SELECT "lastAudit", "auditHash" FROM "Lane" WHERE "workspaceId" = $1',
    [workspaceId],
  );
  const entries = Number(rows[0]?.lastAudit ?? 0);
  const lastHash = rows[0]?.auditHash ?? null;
  const found = { entries, lastHash: lastHash?.toString('hex') ?? null };
  const bad = (number: number, fault: AuditFault): AuditVerification => ({ ...found, firstBad: { number, fault } });
  let previous: Buffer | null = null;
  for (let number = 1; number <= entries; ) {
    const { rows: page } = await pool.query<Row>(SELECT_PAGE, [workspaceId, number - 1, pageSize]);
    if (page.length === 0) return bad(number, 'MISSING');
    for (const entry of page.map(toEntry)) {
      if (number > entries) break;
      if (entry.number !== number) return bad(number, 'MISSING');
      const hash = hashOf(previous, entry);
      if (!hash.equals(entry.hash)) return bad(number, 'CHANGED');
      previous = hash;
      number += 1;
    }
  }
  // The last entry may have been made anew together with its hash.
  if (entries > 0 && !(previous && lastHash?.equals(previous))) return bad(entries, 'CHANGED');
  return { ...found, firstBad: null };
}

/** A row of the configuration that an entry's action has changed. */
export interface AuditedRow {
  /** Name of the table. */
  readonly kind: string;
  /** Null where it was not there before. */
  readonly before: object | null;
  /** Null where it was removed. */
  readonly after: object | null;
}

export interface AuditedRows {
  readonly count: number;
  /** The first hundred, by kind. */
  readonly rows: readonly AuditedRow[];
}

const SELECT_ROWS = `
  SELECT v."version", n."count", coalesce(c."rows", '[]') AS "rows" FROM unnest($2::bigint[]) AS v("version")
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS "count" FROM "ConfigurationHistory" h
    WHERE h."workspaceId" = $1 AND h."version" = v."version") AS n
  CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('kind', f."kind", 'before', b."row", 'after', f."row")) AS "rows" FROM (
      SELECT h."kind", h."id", h."row" FROM "ConfigurationHistory" h
      WHERE h."workspaceId" = $1 AND h."version" = v."version" ORDER BY h."kind", h."id" LIMIT 100) AS f
    LEFT JOIN LATERAL (
      SELECT h."row" FROM "ConfigurationHistory" h
      WHERE h."workspaceId" = $1 AND h."kind" = f."kind" AND h."id" = f."id" AND h."version" < v."version"
      ORDER BY h."version" DESC LIMIT 1) AS b ON true) AS c`;

/** What was changed at each of some versions of the configuration, in their order. */
export async function readAuditedRows(
  pool: pg.Pool,
  workspaceId: string,
  versions: readonly number[],
): Promise<AuditedRows[]> {
  const { rows } = await pool.query<{ version: string } & AuditedRows>(SELECT_ROWS, [workspaceId, versions]);
  const byVersion = new Map(rows.map(({ version, ...changed }) => [Number(version), changed]));
  return versions.map((version) => byVersion.get(version) ?? { count: 0, rows: [] });
}
