import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { TestApp } from './app.ts';
import { books, IN_ORDER } from './books.ts';
import { differing } from './replay.ts';
import { type Crew, open } from './time.ts';
import type { TestWorkspace } from './workspace.ts';

/* Leads that wait, as the API tells of them and as they are stored. */

/** What a queue is given as; `line` of the pool `main`, for which the boss answers. */
export const line = (given: object = {}): object => ({
  key: 'line',
  name: 'Line',
  pool: 'main',
  responsible: 'boss',
  ...given,
});

/** A company whose leads are offered to whoever claims them. */
export const openClaims = (app: TestApp, given: Crew, queue: object = {}): Promise<TestWorkspace> =>
  open(app, { queues: [line(queue)], ...given, step: { target: { kind: 'QUEUE', queue: 'line' }, ...given.step } });

/** A company whose leads wait where nobody of the pool is there. */
export const openWaiting = (app: TestApp, given: Crew, queue: object = {}): Promise<TestWorkspace> =>
  open(app, { queues: [line(queue)], ...given, step: { whenNobody: { kind: 'QUEUE', queue: 'line' }, ...given.step } });

export interface Claimed {
  readonly code?: string;
  readonly message?: string;
  /** Global id of the lead. */
  readonly id?: string;
  readonly owner?: string;
  readonly method?: string;
}

interface ClaimAnswer {
  readonly code?: string;
  readonly message?: string;
  readonly lead?: { readonly id: string; readonly owner: { readonly key: string } };
  readonly assignment?: { readonly method: string };
}

async function ask(
  workspace: TestWorkspace,
  name: 'claimLead' | 'claimNextLead',
  input: object,
  key?: string,
): Promise<Claimed> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const { data, errors } = await workspace.send<Record<string, ClaimAnswer>>(
    `mutation ($input: ${type}!) { ${name}(input: $input) {
       ... on ClaimSuccess { lead { id owner { key } } assignment { method } } ... on Error { code message } } }`,
    { input },
    key,
  );
  const answer = data?.[name];
  if (!answer) throw new Error(errors.map(({ message }) => message).join('; '));
  if (!answer.lead) return { code: answer.code as string, message: answer.message as string };
  return { id: answer.lead.id, owner: answer.lead.owner.key, method: answer.assignment?.method as string };
}

/** @param rep key of the rep who is to have it, where that is not whose key it is */
export const claim = (workspace: TestWorkspace, leadId: string, key?: string, rep?: string): Promise<Claimed> =>
  ask(workspace, 'claimLead', { leadId, ...(rep === undefined ? {} : { repId: workspace.rep(rep) }) }, key);

export async function claimNext(workspace: TestWorkspace, key?: string, rep?: string): Promise<Claimed> {
  const queueId = (await queueSeen(workspace)).id;
  return ask(workspace, 'claimNextLead', { queueId, ...(rep === undefined ? {} : { repId: workspace.rep(rep) }) }, key);
}

export interface Entry {
  readonly leadId: string;
  readonly lead: { readonly id: string } | null;
  readonly waitsFor: 'SOMEONE' | 'CLAIM';
  readonly priority: number;
  readonly overflowed: boolean;
  readonly dueAt: string;
  readonly [field: string]: unknown;
}

export interface QueueSeen {
  readonly id: string;
  readonly waiting: number;
  readonly entries: readonly Entry[];
}

export const ENTRY = `leadId lead { id } waitsFor priority capturedAt queuedAt dueAt overflowed
  companyName country region industry employees score requestKind source`;

export async function queueSeen(workspace: TestWorkspace, key?: string): Promise<QueueSeen> {
  const { data, errors } = await workspace.send<{ queue: QueueSeen | null }>(
    `{ queue(key: "line") { id waiting entries(first: 100) { ${ENTRY} } } }`,
    {},
    key,
  );
  if (!data?.queue) throw new Error(errors.map(({ message }) => message).join('; ') || 'there is no such queue');
  return data.queue;
}

export interface Told {
  readonly code?: string;
  readonly message?: string;
  readonly issues?: readonly string[];
}

/** Says whether a rep is there. */
export async function say(workspace: TestWorkspace, rep: string | null, input: object, key?: string): Promise<Told> {
  const repId = rep === null ? {} : { repId: workspace.rep(rep) };
  interface Answer extends Omit<Told, 'issues'> {
    readonly issues?: readonly { readonly path: string; readonly message: string }[];
  }
  const { data, errors } = await workspace.send<{ setAvailability: Answer }>(
    `mutation ($input: SetAvailabilityInput!) { setAvailability(input: $input) {
       ... on InvalidInputError { issues { path message } } ... on Error { code message } } }`,
    { input: { ...repId, ...input } },
    key,
  );
  if (!data) throw new Error(errors.map(({ message }) => message).join('; '));
  const { issues, ...told } = data.setAvailability;
  return issues ? { ...told, issues: issues.map(({ path, message }) => `${path}: ${message}`) } : told;
}

/**
 * Every decision comes out the same when it is replayed, what is counted is what waits, and reps hold what they own and have
 * claimed.
 */
export async function expectInOrder(app: TestApp, workspace: TestWorkspace): Promise<void> {
  expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  expect(await differing(app, workspace.id)).toEqual([]);
  await expectCounted(app, workspace);
  const { rows } = await app.database.pool.query(HELD, [workspace.id]);
  expect(rows.filter(({ counted, held }) => !isDeepStrictEqual(counted, held))).toEqual([]);
}

const HELD = `
  WITH held AS (
    SELECT a.* FROM "Assignment" a JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = a."leadId" AND l."closedAt" IS NULL
    WHERE a."workspaceId" = $1 AND a."endedAt" IS NULL
  ), sources AS (
    SELECT "repId", "poolId" AS "from" FROM held WHERE "poolId" IS NOT NULL
    UNION ALL SELECT "repId", "queueId" FROM held WHERE "method" = 'CLAIM'
  )
  SELECT r."key", jsonb_build_object('load', coalesce(s."load", 0), 'held', coalesce(s."held", '{}')) AS "counted",
    jsonb_build_object(
      'load', (SELECT coalesce(sum("cost"), 0) FROM held WHERE held."repId" = r."id"),
      'held', coalesce((SELECT jsonb_object_agg("from", "n") FROM (
        SELECT "from", count(*) AS "n" FROM sources WHERE sources."repId" = r."id" GROUP BY 1) AS each), '{}')
    ) AS "held"
  FROM "Rep" r LEFT JOIN "RepState" s ON s."workspaceId" = $1 AND s."repId" = r."id" WHERE r."workspaceId" = $1`;

/** What is counted is what waits, and each that waits is an open lead with somebody who answers for it and a deadline. */
export async function expectCounted({ database }: TestApp, { id }: TestWorkspace): Promise<void> {
  const { rows } = await database.pool.query(
    `SELECT
       (SELECT coalesce(sum("someone"), 0)::int FROM "QueueState" WHERE "workspaceId" = $1) AS "someone",
       (SELECT coalesce(sum("claim"), 0)::int FROM "QueueState" WHERE "workspaceId" = $1) AS "claim",
       (SELECT count(*)::int FROM "Assignment" a JOIN "Lead" l ON l."workspaceId" = $1 AND l."id" = a."leadId"
        WHERE a."workspaceId" = $1 AND a."method" = 'QUEUE' AND a."endedAt" IS NULL AND l."closedAt" IS NULL) AS "owned",
       (SELECT count(*)::int FROM "QueuedLead" q JOIN "Assignment" a ON a."workspaceId" = $1 AND a."id" = q."assignmentId"
        WHERE q."workspaceId" = $1 AND a."method" = 'QUEUE' AND a."endedAt" IS NULL AND a."queueId" = q."queueId"
          AND a."cost" = 0) AS "places",
       (SELECT count(*)::int FROM "Deadline" WHERE "workspaceId" = $1 AND "kind" = 'QUEUE') AS "deadlines"`,
    [id],
  );
  const queued = await database.prisma.queuedLead.groupBy({
    by: ['waitsFor'],
    where: { workspaceId: id },
    _count: true,
  });
  const of = (kind: string): number => queued.find(({ waitsFor }) => waitsFor === kind)?._count ?? 0;
  const all = of('SOMEONE') + of('CLAIM');
  expect(rows[0]).toEqual({
    someone: of('SOMEONE'),
    claim: of('CLAIM'),
    owned: all,
    places: all,
    deadlines: all,
  });
}
