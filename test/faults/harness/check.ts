import type { Database } from '../../../src/db/client.ts';
import { books, IN_ORDER } from '../../support/books.ts';
import type { Company } from './company.ts';
import type { Device } from './devices.ts';
import type { Ledger } from './ledger.ts';

/** What is checked after a scenario. */
export interface Evidence {
  readonly database: Database;
  readonly ledgers: readonly Ledger[];
  readonly devices: readonly Device[];
  /** Whether members and weights of `main` stood still and nothing but new leads took turns there. */
  readonly stoodStill: boolean;
  /** How late a reminder may be, in ms; null where there are none. */
  readonly timersWithinMs: number | null;
}

interface Owned {
  readonly number: number;
  readonly id: string;
  readonly leadId: string;
  readonly repId: string;
  readonly poolId: string | null;
  readonly method: string;
  readonly ended: boolean;
}

/** Methods that go by a rotation, whose limits bind. */
const BY_ROTATION = new Set(['SEGMENT', 'DEFAULT', 'ESCALATION', 'REASSIGNMENT']);
/** So many of one kind of objection are shown. */
const SHOWN = 5;

/**
 * Everything that must be true after any fault, worked out from the database, from what the clients wrote down and from
 * what the devices were told.
 *
 * @returns what is wrong, a sentence each; nothing where all is as it should be
 */
export async function check(evidence: Evidence): Promise<string[]> {
  const { database, ledgers, devices, stoodStill, timersWithinMs } = evidence;
  const objections: string[] = [];
  for (const ledger of ledgers) {
    const { company } = ledger;
    const assignments = await assignmentsOf(database, company);
    objections.push(
      ...few(await againstLedger(database, ledger, assignments)),
      ...few(await againstBooks(database, company)),
      ...few(await againstFirstEvents(database, company)),
      ...(stoodStill ? few(againstShares(company, assignments)) : []),
      ...few(await againstLimits(database, company, assignments)),
      ...few(accidents(ledger)),
    );
    if (timersWithinMs !== null) objections.push(...few(await againstTimers(database, company, timersWithinMs)));
  }
  for (const device of devices) objections.push(...few(await againstDevice(database, device)));
  return objections;
}

const few = (objections: readonly string[]): string[] =>
  objections.length <= SHOWN
    ? [...objections]
    : [...objections.slice(0, SHOWN), `… and ${objections.length - SHOWN} more like these`];

async function assignmentsOf({ pool }: Database, { workspaceId }: Company): Promise<Owned[]> {
  const { rows } = await pool.query<Owned>(
    `SELECT "number"::int, "id", "leadId", "repId", "poolId", "method"::text, "endedAt" IS NOT NULL AS "ended"
     FROM "Assignment" WHERE "workspaceId" = $1 ORDER BY "number"`,
    [workspaceId],
  );
  return rows;
}

/** Each acknowledged lead is there once, with the owner that was told; nothing else is there, of nobody else. */
async function againstLedger(
  { pool }: Database,
  { company, entries }: Ledger,
  assignments: readonly Owned[],
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; idempotencyKey: string | null; email: string | null }>(
    'SELECT "id", "idempotencyKey", "email" FROM "Lead" WHERE "workspaceId" = $1',
    [company.workspaceId],
  );
  const stored = Map.groupBy(rows, ({ idempotencyKey }) => idempotencyKey);
  const told = new Map(assignments.map((assignment) => [assignment.id, assignment]));
  const sent = new Map(entries.map((entry) => [entry.idempotencyKey, entry]));
  return [
    ...entries.flatMap(({ idempotencyKey, acknowledged }) => {
      const leads = stored.get(idempotencyKey) ?? [];
      if (acknowledged === null) return [`${idempotencyKey} was never acknowledged`];
      if (leads.length !== 1) return [`${idempotencyKey} was acknowledged and is there ${leads.length} times`];
      const { leadId, assignmentId, repId } = acknowledged;
      const assignment = told.get(assignmentId);
      return leads[0]?.id === leadId && assignment?.leadId === leadId && assignment.repId === repId
        ? []
        : [`${idempotencyKey} was acknowledged with another lead or owner than is there`];
    }),
    ...rows.flatMap(({ idempotencyKey, email }) =>
      sent.get(idempotencyKey ?? '')?.email === email ? [] : [`there is a lead that nobody sent: ${email}`],
    ),
  ];
}

/** One owner each, owner changes told, counters, credits, deadlines and numbers right. */
async function againstBooks(database: Database, { workspaceId }: Company): Promise<string[]> {
  const found = await books({ database }, workspaceId);
  return Object.keys(IN_ORDER).flatMap((name) =>
    found[name as keyof typeof found].slice(0, SHOWN).map((what) => `${name}: ${what}`),
  );
}

/** A lead's first owner hears of it, once. */
async function againstFirstEvents({ pool }: Database, { workspaceId }: Company): Promise<string[]> {
  const { rows } = await pool.query<{ leadId: string; told: number }>(
    `SELECT l."id" AS "leadId", count(e."number")::int AS "told" FROM "Lead" l
     LEFT JOIN "Event" e ON e."workspaceId" = $1 AND e."leadId" = l."id" AND e."kind" = 'lead.assigned'
     WHERE l."workspaceId" = $1 GROUP BY l."id" HAVING count(e."number") <> 1`,
    [workspaceId],
  );
  return rows.map(({ leadId, told }) => `lead ${leadId} was told ${told} times to its first owner`);
}

/** At every prefix of the commit order nobody is a whole lead from the share that the weight earns. */
function againstShares({ weights, mainPoolId }: Company, assignments: readonly Owned[]): string[] {
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
  const received = new Map<string, number>();
  const objections: string[] = [];
  let count = 0;
  for (const { poolId, method, repId, number } of assignments) {
    if (poolId !== mainPoolId || method !== 'DEFAULT') continue;
    count += 1;
    received.set(repId, (received.get(repId) ?? 0) + 1);
    for (const [id, weight] of weights) {
      const astray = (received.get(id) ?? 0) - (count * weight) / sum;
      if (Math.abs(astray) >= 1)
        objections.push(`at assignment ${number} a rep is ${astray.toFixed(2)} leads from the share`);
    }
  }
  return objections;
}

/** No rotation gave anybody more than they may have, at any prefix. */
async function againstLimits(
  { prisma }: Database,
  { workspaceId }: Company,
  assignments: readonly Owned[],
): Promise<string[]> {
  const reps = await prisma.rep.findMany({ where: { workspaceId }, select: { id: true, key: true, capacity: true } });
  const limits = new Map(reps.flatMap(({ id, key, capacity }) => (capacity === null ? [] : [[id, { key, capacity }]])));
  const owners = new Map<string, string>();
  const loads = new Map<string, number>();
  const objections: string[] = [];
  for (const { leadId, repId, method, number } of assignments) {
    const former = owners.get(leadId);
    if (former !== undefined) loads.set(former, (loads.get(former) ?? 0) - 1);
    owners.set(leadId, repId);
    const load = (loads.get(repId) ?? 0) + 1;
    loads.set(repId, load);
    const limit = limits.get(repId);
    if (limit && BY_ROTATION.has(method) && load > limit.capacity)
      objections.push(`assignment ${number} gave ${limit.key} lead ${load} of ${limit.capacity}`);
  }
  return objections;
}

/** Each reminder came once, not early, and not too late. */
async function againstTimers({ pool }: Database, { workspaceId }: Company, withinMs: number): Promise<string[]> {
  const { rows } = await pool.query<{ assignmentId: string; times: number; lateMs: number | null }>(
    `SELECT a."id" AS "assignmentId", count(e."number")::int AS "times",
            extract(epoch FROM min(e."at") - a."slaDueAt") * 1000 AS "lateMs"
     FROM "Assignment" a LEFT JOIN "Event" e
       ON e."workspaceId" = $1 AND e."assignmentId" = a."id" AND e."kind" = 'assignment.reminded'
     WHERE a."workspaceId" = $1 AND a."slaPolicy" = 'remind' AND a."endedAt" IS NULL GROUP BY a."workspaceId", a."id"`,
    [workspaceId],
  );
  return rows.flatMap(({ assignmentId, times, lateMs }) => {
    if (times !== 1) return [`the owner of assignment ${assignmentId} was reminded ${times} times`];
    const late = Number(lateMs);
    return late >= 0 && late <= withinMs
      ? []
      : [`the reminder of assignment ${assignmentId} came ${Math.round(late)} ms after it was due`];
  });
}

/** Each event of the rep behind the device's beginning, once, in order, each naming the one before. */
async function againstDevice({ pool }: Database, device: Device): Promise<string[]> {
  const { company, repId, from, applied, failure, mayEnd } = device;
  const { rows } = await pool.query<{ number: number; previous: number }>(
    `SELECT "number"::int, "previous"::int FROM "Event"
     WHERE "workspaceId" = $1 AND "repId" = $2 AND "number" > $3 ORDER BY "number"`,
    [company.workspaceId, repId, from],
  );
  const objections = failure === null || mayEnd ? [] : [`a device's feed ended: ${failure}`];
  const count = mayEnd ? applied.length : Math.max(rows.length, applied.length);
  for (let index = 0; index < count; index += 1) {
    const [stored, seen] = [rows[index], applied[index]];
    if (stored?.number === seen?.number && stored?.previous === seen?.previous) continue;
    objections.push(
      `a device's event ${index + 1} was ${seen?.number} (after ${seen?.previous}), not ${stored?.number} (after ${stored?.previous})`,
    );
    break;
  }
  for (const { email, number } of applied) {
    if (email !== null && !email.endsWith(`@${company.domain}`))
      objections.push(`event ${number} told a device of ${email}, another company's`);
  }
  return objections;
}

const accidents = ({ errors }: Ledger): string[] =>
  errors.accidents.map(({ error, detail }) => `a client was answered ${error}: ${detail}`);
