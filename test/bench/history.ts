import pg from 'pg';
import { RETENTION_DAYS } from '../../src/events/retention.ts';

/*
 * A past for a workspace: as many leads as one likes, a tenth of them open, spread over a year. Each is a copy of one
 * that a server has really taken in, with its assignment, decision and events, under an id, person, company and moment of
 * its own: so the tables are as the intake would have left them, and no table has to be described here.
 */

/** Companies that the leads come from. */
const COMPANIES = 20_000;

/** What is different in each copy `c` of an `old` row, by table and column, and by which column a row belongs to a copy. */
const TABLES: Readonly<Record<string, { readonly of: string; readonly columns: Readonly<Record<string, string>> }>> = {
  Lead: {
    of: 'old."id" = c."oldLead"',
    columns: {
      id: 'c."leadId"',
      status: `(CASE WHEN c."isOpen" THEN 'CONTACTED' ELSE 'LOST' END)::"LeadStatus"`,
      payloadHash: 'sha256(c."number"::text::bytea)',
      email: 'c."email"',
      personKey: 'c."email"',
      companyDomain: 'c."domain"',
      capturedAt: 'c."at"',
      receivedAt: 'c."at"',
      firstContactAt: `c."at" + interval '1 hour'`,
      closedAt: `CASE WHEN c."isOpen" THEN NULL ELSE c."at" + interval '5 days' END`,
    },
  },
  Assignment: {
    of: 'old."id" = c."oldAssignment"',
    columns: {
      id: 'c."assignmentId"',
      number: 'c."number"',
      leadId: 'c."leadId"',
      assignedAt: 'c."at"',
      slaDueAt: `c."at" + interval '2 hours'`,
      slaStatus: `'FULFILLED'::"SlaStatus"`,
      firstContactAt: `c."at" + interval '1 hour'`,
    },
  },
  Decision: {
    of: 'old."assignmentId" = c."oldAssignment"',
    columns: { assignmentId: 'c."assignmentId"' },
  },
  Event: {
    // Older ones have been deleted.
    of: `old."assignmentId" = c."oldAssignment" AND c."at" > now() - interval '${RETENTION_DAYS - 1} days'`,
    columns: {
      number: 'c."lastEvent" + row_number() OVER (ORDER BY c."number", old."number")',
      at: 'c."at"',
      leadId: 'c."leadId"',
      assignmentId: 'c."assignmentId"',
    },
  },
};

/** An id of version 7, in the order of time like real ones. */
const idOf = (what: string): string =>
  `(lpad(to_hex((extract(epoch FROM "at") * 1000)::bigint), 12, '0') || '7' || substr(md5('${what}' || "number"), 1, 3)
    || '8' || substr(md5('${what}' || "number"), 4, 15))::uuid`;

const copies = (count: number): string => `
  CREATE TEMP TABLE "copy" AS
  SELECT *, ${idOf('lead')} AS "leadId", ${idOf('assignment')} AS "assignmentId", "number" % 10 = 0 AS "isOpen",
    substr(md5('person' || "number"), 1, 12) || '@' || "domain" AS "email"
  FROM (
    SELECT "lastAssignment" + i AS "number", "lastEvent", i % (SELECT count(*) FROM "oldAssignment") AS "template",
      'company-' || (i * 7919 % ${COMPANIES}) || '.example' AS "domain",
      date_trunc('milliseconds', now() - interval '1 minute' - (${count} - i) * (interval '365 days' / ${count})) AS "at"
    FROM "Lane", generate_series(1, ${count}::bigint) AS i
  ) AS s
  JOIN (
    SELECT row_number() OVER (ORDER BY "number") - 1 AS "template", "leadId" AS "oldLead", "id" AS "oldAssignment"
    FROM "oldAssignment"
  ) AS t USING ("template")`;

/* What is kept beside the leads: who has how many, and the counters. */
const COUNT = `
  UPDATE "Event" e SET "previous" = p."previous" FROM (
    SELECT "number", coalesce(lag("number") OVER (PARTITION BY "repId" ORDER BY "number"), 0) AS "previous" FROM "Event"
    WHERE "repId" IS NOT NULL
  ) AS p WHERE e."number" = p."number";
  UPDATE "RepState" s SET "load" = a."open", "held" = a."held", "lastAssignment" = a."last", "lastEvent" = (
    SELECT coalesce(max(e."number"), 0) FROM "Event" e WHERE e."workspaceId" = s."workspaceId" AND e."repId" = s."repId")
  FROM (
    SELECT "repId", sum("open") AS "open", jsonb_object_agg("poolId", "open") AS "held", max("last") AS "last" FROM (
      SELECT a."repId", a."poolId", max(a."number") AS "last", count(*) FILTER (WHERE l."closedAt" IS NULL) AS "open"
      FROM "Assignment" a JOIN "Lead" l ON l."workspaceId" = a."workspaceId" AND l."id" = a."leadId" GROUP BY 1, 2
    ) AS p GROUP BY 1
  ) AS a WHERE s."repId" = a."repId";
  UPDATE "Lane" SET "batch" = "batch" + 1, "lastAssignment" = (SELECT max("number") FROM "Assignment"),
    "lastEvent" = (SELECT max("number") FROM "Event")`;

/** Copies the leads that are there so many times. No server may run on the database meanwhile. */
export async function makeHistory(url: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'; SET synchronous_commit = off");
    // Without foreign keys: each of millions would be looked up, and is right as it is made.
    await client.query('SET session_replication_role = replica');
    const names = Object.keys(TABLES);
    for (const name of names) await client.query(`CREATE TEMP TABLE "old${name}" AS SELECT * FROM "${name}"`);
    await client.query(copies(count));
    await client.query('ANALYZE "copy"');
    const indexes = await client.query<{ name: string; definition: string }>(
      `SELECT indexname AS "name", indexdef AS "definition" FROM pg_indexes WHERE schemaname = 'public'
       AND tablename = ANY ($1) AND indexname NOT IN (SELECT conname FROM pg_constraint)`,
      [names],
    );
    for (const { name } of indexes.rows) await client.query(`DROP INDEX "${name}"`);
    for (const [name, { of, columns }] of Object.entries(TABLES)) {
      const { fields } = await client.query(`SELECT * FROM "${name}" LIMIT 0`);
      const values = fields.map((field) => columns[field.name] ?? `old."${field.name}"`);
      await client.query(
        `INSERT INTO "${name}" SELECT ${values.join(', ')} FROM "copy" AS c JOIN "old${name}" AS old ON ${of}
         ORDER BY c."number"`,
      );
    }
    for (const { definition } of indexes.rows) await client.query(definition);
    await client.query(COUNT);
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}
