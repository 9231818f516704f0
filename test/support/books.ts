import type { TestApp } from './app.ts';

/*
 * What must add up in a workspace whatever has been done there: credits, loads, owners, places in queues, deadlines and
 * the stream of events, all worked out again from leads and assignments.
 */

interface Books {
  /** Rotations whose credits do not add up to zero. */
  readonly unbalanced: readonly string[];
  /** Reps whose load, leads held from pools or of classes is not that of their open leads. */
  readonly miscounted: readonly string[];
  /** Leads with no or more than one present owner. */
  readonly unowned: readonly string[];
  /** Owner changes without a `lead.reassigned` to the one and a `lead.unassigned` to the other, or the other way round. */
  readonly untold: readonly string[];
  /** Queues whose count is not that of the leads in them, and leads that wait without a place or have one and do not wait. */
  readonly misplaced: readonly string[];
  /** Deadlines that nobody waits for, and what is waited for without one; clocks and offers that run on when all is over. */
  readonly mistimed: readonly string[];
  /** Assignments and events whose number or predecessor is wrong. */
  readonly misnumbered: readonly string[];
}

/** What `books` finds where nothing is wrong. */
export const IN_ORDER: Books = {
  unbalanced: [],
  miscounted: [],
  unowned: [],
  untold: [],
  misplaced: [],
  mistimed: [],
  misnumbered: [],
};

export async function books({ database }: Pick<TestApp, 'database'>, workspaceId: string): Promise<Books> {
  const read = async <Row extends object>(text: string): Promise<Row[]> =>
    (await database.pool.query<Row>(text, [workspaceId])).rows;
  const rotations = await read<{ id: string; credits: Record<string, string> }>(
    'SELECT "id", "credits" FROM "Rotation" WHERE "workspaceId" = $1',
  );
  const sum = (credits: Readonly<Record<string, string>>): bigint =>
    Object.values(credits).reduce((total, credit) => total + BigInt(credit), 0n);
  const wrong = (rows: readonly { readonly what: string }[]): string[] => rows.map(({ what }) => what);
  return {
    unbalanced: rotations.filter(({ credits }) => sum(credits) !== 0n).map(({ id }) => id),
    miscounted: wrong(await read(MISCOUNTED)),
    unowned: wrong(await read(UNOWNED)),
    untold: wrong(await read(UNTOLD)),
    misplaced: wrong(await read(MISPLACED)),
    mistimed: wrong(await read(MISTIMED)),
    misnumbered: wrong(await read(MISNUMBERED)),
  };
}

const MISCOUNTED = `
  WITH held AS (
    SELECT a.* FROM "Assignment" a JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = a."leadId" AND l."closedAt" IS NULL
    WHERE a."workspaceId" = $1 AND a."endedAt" IS NULL
  ), sources AS (
    SELECT "repId", "poolId" AS "from" FROM held WHERE "poolId" IS NOT NULL
    UNION ALL SELECT "repId", "queueId" FROM held WHERE "method" = 'CLAIM'
  )
  SELECT r."key" AS "what" FROM "Rep" r LEFT JOIN "RepState" s ON s."workspaceId" = $1 AND s."repId" = r."id"
  WHERE r."workspaceId" = $1 AND (
    coalesce(s."load", 0) <> (SELECT coalesce(sum("cost"), 0) FROM held WHERE held."repId" = r."id")
    OR coalesce(s."held", '{}') <> coalesce((SELECT jsonb_object_agg(p."from", p."n") FROM (
      SELECT "from", count(*) AS "n" FROM sources WHERE sources."repId" = r."id" GROUP BY 1) p), '{}')
    OR coalesce(s."classes", '{}') <> coalesce((SELECT jsonb_object_agg(c."class", c."n") FROM (
      SELECT unnest("classes") AS "class", count(*) AS "n" FROM held WHERE held."repId" = r."id" GROUP BY 1) c), '{}')
    OR coalesce(s."lastAssignment", 0) <> (
      SELECT coalesce(max("number"), 0) FROM "Assignment" a
      WHERE a."workspaceId" = $1 AND a."repId" = r."id" AND a."method" <> 'QUEUE'))`;

const UNOWNED = `
  SELECT l."id" AS "what" FROM "Lead" l WHERE l."workspaceId" = $1 AND 1 <> (
    SELECT count(*) FROM "Assignment" a WHERE a."workspaceId" = $1 AND a."leadId" = l."id" AND a."endedAt" IS NULL)`;

/* All but a lead's first assignment are owner changes; what goes into a queue or comes out of it by itself is told as that. */
const UNTOLD = `
  WITH changes AS (
    SELECT a."id" AS "to", a."repId" AS "receiver", lag(a."id") OVER lead AS "from", lag(a."repId") OVER lead AS "giver",
           a."method" = 'QUEUE' OR (lag(a."method") OVER lead = 'QUEUE' AND (a."method" = 'CLAIM' OR a."assignedBy" = 'queue'))
             AS "isQueue"
    FROM "Assignment" a WHERE a."workspaceId" = $1 WINDOW lead AS (PARTITION BY a."leadId" ORDER BY a."number")
  ), told AS (
    SELECT e."kind" || ' ' || e."assignmentId" || ' ' || e."repId" AS "what" FROM "Event" e
    WHERE e."workspaceId" = $1 AND e."kind" IN ('lead.reassigned', 'lead.unassigned')
  ), due AS (
    SELECT 'lead.reassigned ' || "to" || ' ' || "receiver" AS "what" FROM changes WHERE "from" IS NOT NULL AND NOT "isQueue"
    UNION ALL SELECT 'lead.unassigned ' || "from" || ' ' || "giver" FROM changes WHERE "from" IS NOT NULL
  )
  (SELECT * FROM told EXCEPT ALL SELECT * FROM due) UNION ALL (SELECT * FROM due EXCEPT ALL SELECT * FROM told)`;

/* What waits is owned by whoever answers for it, takes no place and is pushed at its deadline at the latest. */
const MISPLACED = `
  SELECT 'queue ' || q."key" AS "what" FROM "Queue" q
  LEFT JOIN "QueueState" s ON s."workspaceId" = $1 AND s."queueId" = q."id"
  WHERE q."workspaceId" = $1 AND (coalesce(s."someone", 0), coalesce(s."claim", 0)) <> (
    SELECT count(*) FILTER (WHERE "waitsFor" = 'SOMEONE'), count(*) FILTER (WHERE "waitsFor" = 'CLAIM')
    FROM "QueuedLead" p WHERE p."workspaceId" = $1 AND p."queueId" = q."id")
  UNION ALL
  SELECT 'lead ' || coalesce(a."leadId", p."leadId") AS "what" FROM (
    SELECT a.* FROM "Assignment" a JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = a."leadId" AND l."closedAt" IS NULL
    WHERE a."workspaceId" = $1 AND a."endedAt" IS NULL AND a."method" = 'QUEUE'
  ) a
  FULL JOIN (SELECT * FROM "QueuedLead" WHERE "workspaceId" = $1) p ON p."assignmentId" = a."id" AND p."leadId" = a."leadId"
  LEFT JOIN "Deadline" d ON d."workspaceId" = $1 AND d."kind" = 'QUEUE' AND d."subjectId" = a."id" AND d."leadId" = a."leadId"
  WHERE a."id" IS NULL OR p."leadId" IS NULL OR d."dueAt" IS NULL OR a."queueId" <> p."queueId"
    OR a."cost" <> 0 OR a."classes" <> '{}' OR a."slaStatus" IS NOT NULL OR a."offerStatus" IS NOT NULL
    OR CASE WHEN p."overflowed" THEN d."dueAt" <> p."dueAt" ELSE d."dueAt" > p."dueAt" END`;

/* A clock that is past the moment of contact may have rungs to come. */
const MISTIMED = `
  WITH present AS (
    SELECT a.* FROM "Assignment" a JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = a."leadId" AND l."closedAt" IS NULL
    WHERE a."workspaceId" = $1 AND a."endedAt" IS NULL
  ), due AS (
    SELECT 'SLA' AS "kind", "id", "leadId", "repId", NULL::timestamptz AS "at", "slaStatus" = 'FAILED' AS "mayBeOver"
    FROM present WHERE "slaStatus" IN ('DUE', 'FAILED') AND "firstContactAt" IS NULL
    UNION ALL SELECT 'OFFER', "id", "leadId", "repId", "offerUntil", false FROM present WHERE "offerStatus" = 'OPEN'
    UNION ALL SELECT 'QUEUE', "id", "leadId", NULL, NULL, false FROM present WHERE "method" = 'QUEUE'
  )
  SELECT coalesce(due."kind", d."kind"::text) || ' ' || coalesce(due."id", d."subjectId") AS "what" FROM due
  FULL JOIN (SELECT * FROM "Deadline" WHERE "workspaceId" = $1 AND "kind" <> 'LEAVE') d
    ON d."kind"::text = due."kind" AND d."subjectId" = due."id"
  WHERE due."id" IS NULL OR (d."subjectId" IS NULL AND NOT due."mayBeOver")
    OR d."leadId" <> due."leadId" OR d."repId" IS DISTINCT FROM due."repId" AND d."subjectId" IS NOT NULL
    OR d."dueAt" <> due."at"
  UNION ALL
  SELECT 'over ' || a."id" AS "what" FROM "Assignment" a
  WHERE a."workspaceId" = $1 AND (a."slaStatus" = 'DUE' OR a."offerStatus" = 'OPEN')
    AND a."id" NOT IN (SELECT "id" FROM present)`;

const MISNUMBERED = `
  SELECT 'assignment ' || "number" AS "what" FROM (
    SELECT "number", row_number() OVER (ORDER BY "number") AS "expected" FROM "Assignment" WHERE "workspaceId" = $1
  ) a WHERE "number" <> "expected"
  UNION ALL
  SELECT 'event ' || "number" AS "what" FROM (
    SELECT "number", "repId", "previous", row_number() OVER (ORDER BY "number") AS "expected",
           coalesce(lag("number") OVER (PARTITION BY "repId" ORDER BY "number"), 0) AS "before"
    FROM "Event" WHERE "workspaceId" = $1
  ) e WHERE "number" <> "expected" OR ("repId" IS NOT NULL AND "previous" <> "before")`;
