import { v7 } from 'uuid';
import { z } from 'zod';
import { selectPublishedPlan, selectReps, selectSegments } from '../db/configuration.ts';
import type { Rep } from '../domain/configuration.ts';
import { Refusal } from '../domain/errors.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { brokenChains, duplicates, type Fault, refuseFaults, sizeFaults, unknownSegments } from './faults.ts';
import { given, key, parse, REP_DEFAULTS, repFields } from './inputs.ts';

const references = { managerId: z.string().nullable(), backupId: z.string().nullable() };
const createSchema = z
  .strictObject({ key, ...repFields, ...references })
  .partial()
  .required({ key: true, name: true, email: true });
const updateSchema = z.strictObject({ ...repFields, ...references }).partial();

/** @throws InvalidInput; Refusal KEY_TAKEN, NOT_FOUND (manager, backup) */
export async function createRep(context: ConfigurationContext, input: object): Promise<Rep> {
  const fields = parse(createSchema, given(input));
  const rep: Rep = { id: v7(), managerId: null, backupId: null, ...REP_DEFAULTS, ...given(fields) } as Rep;
  return changeConfiguration(context, 'createRep', async (change) => {
    const reps = await selectReps(change.client, change.workspaceId);
    const segments = await segmentKeys(change);
    refuseFaults(repFaults([...reps, rep], segments).filter(({ id }) => id === rep.id));
    await saveReps(change, [rep], []);
    return rep;
  });
}

/** Changes what is given; null clears. @throws as createRep; Refusal IN_USE for the last one of the last resort to leave */
export async function updateRep(context: ConfigurationContext, id: string, input: object): Promise<Rep> {
  const fields = parse(updateSchema, given(input));
  return changeConfiguration(context, 'updateRep', async (change) => {
    const reps = await selectReps(change.client, change.workspaceId);
    const before = reps.find((rep) => rep.id === id);
    if (!before) throw new Refusal('NOT_FOUND', 'There is no such rep.');
    const rep = { ...before, ...given(fields) } as Rep;
    const all = reps.map((each) => (each.id === id ? rep : each));
    const segments = await segmentKeys(change);
    refuseFaults(repFaults(all, segments).filter((fault) => fault.id === id));
    await refuseEmptyLastResort(change, all);
    await saveReps(change, [rep], [before]);
    return rep;
  });
}

/** Removes a rep who never owned a lead. @throws Refusal NOT_FOUND, IN_USE */
export async function deleteRep(context: ConfigurationContext, id: string): Promise<void> {
  await changeConfiguration(context, 'deleteRep', async (change) => {
    const { rows } = await change.execute(
      'reps',
      `SELECT r."name",
              EXISTS (SELECT FROM "Assignment" a WHERE a."workspaceId" = $1 AND a."repId" = r."id") AS "owned",
              EXISTS (SELECT FROM "PoolMember" m WHERE m."workspaceId" = $1 AND m."repId" = r."id") AS "pooled",
              EXISTS (SELECT FROM "Territory" t WHERE t."workspaceId" = $1 AND t."repId" = r."id") AS "territory",
              EXISTS (SELECT FROM "Account" a WHERE a."workspaceId" = $1 AND a."ownerId" = r."id") AS "account",
              EXISTS (SELECT FROM "ApiKey" k WHERE k."workspaceId" = $1 AND k."repId" = r."id") AS "key",
              EXISTS (SELECT FROM "Queue" q WHERE q."workspaceId" = $1 AND q."responsibleId" = r."id") AS "queue",
              EXISTS (SELECT FROM "Calendar" c WHERE c."workspaceId" = $1 AND c."repId" = r."id") AS "calendar",
              EXISTS (SELECT FROM "Rep" o WHERE o."workspaceId" = $1 AND r."id" IN (o."managerId", o."backupId")) AS "superior",
              EXISTS (SELECT FROM "PlanVersion" p WHERE p."workspaceId" = $1 AND p."status" = 'PUBLISHED'
                      AND r."key" = ANY (p."lastResort")) AS "lastResort"
       FROM "Rep" r WHERE r."workspaceId" = $1 AND r."id" = $2`,
      [id],
    );
    const [rep] = rows;
    if (!rep) throw new Refusal('NOT_FOUND', 'There is no such rep.');
    const uses = {
      owned: 'has owned leads',
      pooled: 'is a member of a pool',
      territory: 'has a territory',
      account: 'owns an account',
      queue: 'answers for a queue',
      calendar: 'has a calendar',
      key: 'has an API key',
      superior: 'is a manager or backup',
      lastResort: 'is in the last resort of the plan',
    };
    const use = Object.entries(uses).find(([name]) => rep[name]);
    if (use) throw new Refusal('IN_USE', `${rep.name} ${use[1]}. Set the status to LEFT instead.`);
    for (const table of ['RepState', 'RepPresence', 'SpecialtyProposal']) {
      await change.execute('reps', `DELETE FROM "${table}" WHERE "workspaceId" = $1 AND "repId" = $2`, [id]);
    }
    await change.remove('Rep', [id]);
  });
}

/** The keys of the workspace's segments. */
export async function segmentKeys({ client, workspaceId }: Change): Promise<ReadonlySet<string>> {
  return new Set((await selectSegments(client, workspaceId)).map((segment) => segment.key));
}

/** What the reps break among each other, and with segments. */
export const repFaults = (reps: readonly Rep[], segments: ReadonlySet<string>): Fault[] => [
  ...duplicates(reps, 'key', (rep) => rep.key),
  ...duplicates(reps, 'email', (rep) => rep.email),
  ...brokenChains(reps, 'managerId', (rep) => rep.managerId, 'rep'),
  ...brokenChains(reps, 'backupId', (rep) => rep.backupId, 'rep'),
  ...reps.flatMap(({ id, classLimits, employeesMin, employeesMax }): Fault[] => [
    ...unknownSegments(
      id,
      'classLimits',
      classLimits.map(({ segment }) => segment),
      segments,
    ),
    ...sizeFaults({ id, employeesMin, employeesMax }),
  ]),
];

/** Writes reps, with an empty state for new ones, and tells those whose status has changed. */
export async function saveReps(change: Change, reps: readonly Rep[], before: readonly Rep[]): Promise<void> {
  await change.save(
    'Rep',
    reps.map((rep) => ({ ...rep })),
  );
  const known = new Map(before.map((rep) => [rep.id, rep]));
  const added = reps.filter((rep) => !known.has(rep.id));
  if (added.length > 0) {
    await change.execute(
      'reps',
      `INSERT INTO "RepState" ("workspaceId", "repId", "load", "held", "classes", "lastAssignment", "lastEvent", "batch")
       SELECT $1::uuid, id, 0, '{}', '{}', 0, 0, $2::bigint FROM unnest($3::uuid[]) AS id`,
      [change.batch, added.map(({ id }) => id)],
    );
  }
  for (const rep of reps) {
    const from = known.get(rep.id)?.status;
    if (from === undefined || from === rep.status) continue;
    change.emit({
      kind: 'rep.availability',
      repId: rep.id,
      leadId: null,
      assignmentId: null,
      data: { from, to: rep.status },
    });
  }
}

/** The published plan's last resort must keep somebody: every lead has an owner. */
export async function refuseEmptyLastResort(change: Change, reps: readonly Rep[]): Promise<void> {
  const plan = await selectPublishedPlan(change.client, change.workspaceId);
  if (!plan) return;
  const chain = reps.filter((rep) => plan.lastResort.includes(rep.key));
  if (chain.every(({ status }) => status === 'LEFT')) {
    throw new Refusal(
      'IN_USE',
      'This rep is the last one of the plan’s last resort who has not left. Publish a plan with another last resort first.',
    );
  }
}
