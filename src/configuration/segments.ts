import { v7 } from 'uuid';
import { z } from 'zod';
import { selectSegments, selectSlaPolicies } from '../db/configuration.ts';
import { type Condition, parseCondition, segmentsIn } from '../domain/condition.ts';
import type { Segment } from '../domain/configuration.ts';
import { Refusal } from '../domain/errors.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { duplicates, type Fault, refuseFaults } from './faults.ts';
import { given, key, parse, repFields } from './inputs.ts';
import { useOfSegment } from './settings.ts';

/** A condition from any source, checked. */
export const conditionSchema = z.record(z.string(), z.unknown()).transform((value, context): Condition => {
  const { condition, issues } = parseCondition(value, []);
  for (const { path, message } of issues) context.addIssue({ code: 'custom', path: [...path], message });
  return condition as Condition;
});

const createSchema = z.strictObject({ key, name: repFields.name, condition: conditionSchema });
const updateSchema = z.strictObject({ name: repFields.name, condition: conditionSchema }).partial();

/** @throws InvalidInput; Refusal KEY_TAKEN, NOT_FOUND (a segment in the condition) */
export async function createSegment(context: ConfigurationContext, input: object): Promise<Segment> {
  const segment: Segment = { id: v7(), ...parse(createSchema, given(input)) };
  return changeConfiguration(context, 'createSegment', (change) => saveSegment(change, segment));
}

/** Changes what is given. @throws as createSegment */
export async function updateSegment(context: ConfigurationContext, id: string, input: object): Promise<Segment> {
  const fields = parse(updateSchema, given(input));
  return changeConfiguration(context, 'updateSegment', async (change) => {
    const before = (await selectSegments(change.client, change.workspaceId)).find((segment) => segment.id === id);
    if (!before) throw new Refusal('NOT_FOUND', 'There is no such segment.');
    return saveSegment(change, { ...before, ...(given(fields) as Partial<Segment>) });
  });
}

async function saveSegment(change: Change, segment: Segment): Promise<Segment> {
  const others = (await selectSegments(change.client, change.workspaceId)).filter(({ id }) => id !== segment.id);
  refuseFaults(segmentFaults([...others, segment]).filter(({ id }) => id === segment.id));
  await change.save('Segment', [{ ...segment }]);
  return segment;
}

/** @throws Refusal NOT_FOUND; IN_USE while a segment, a limit, a pool or the published plan refers to it */
export async function deleteSegment(context: ConfigurationContext, id: string): Promise<void> {
  await changeConfiguration(context, 'deleteSegment', async (change) => {
    const segments = await selectSegments(change.client, change.workspaceId);
    const segment = segments.find((each) => each.id === id);
    if (!segment) throw new Refusal('NOT_FOUND', 'There is no such segment.');
    const user = segments.find((each) => segmentsIn(each.condition).includes(segment.key));
    if (user) throw new Refusal('IN_USE', `The segment "${user.key}" refers to it.`);
    const use = await useOfSegment(change, segment.key);
    if (use !== null) throw new Refusal('IN_USE', `${use} Change that first.`);
    const { rows } = await change.client.query<{ used: boolean | null }>(
      `SELECT jsonb_path_exists("steps", '$[*].condition.** ? (@.operator == "MATCHES_SEGMENT" && @.value == $key)',
                                jsonb_build_object('key', $2::text)) AS "used"
       FROM "PlanVersion" WHERE "workspaceId" = $1 AND "status" = 'PUBLISHED'`,
      [change.workspaceId, segment.key],
    );
    const policy = (await selectSlaPolicies(change.client, change.workspaceId)).find(
      ({ condition }) => condition !== null && segmentsIn(condition).includes(segment.key),
    );
    if (policy) throw new Refusal('IN_USE', `The SLA policy "${policy.key}" refers to it. Change that first.`);
    if (rows[0]?.used) throw new Refusal('IN_USE', 'The published plan refers to it. Publish one without it first.');
    await change.remove('Segment', [id]);
  });
}

/** What segments break among each other: keys twice, references to nothing or round in a circle. */
export function segmentFaults(segments: readonly Segment[]): Fault[] {
  const byKey = new Map(segments.map((segment) => [segment.key, segment]));
  const circles = (segment: Segment): boolean => {
    const seen = new Set<string>();
    const open = segmentsIn(segment.condition);
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (name === segment.key) return true;
      const next = byKey.get(name);
      if (next && !seen.has(name)) open.push(...segmentsIn(next.condition));
      seen.add(name);
    }
    return false;
  };
  return [
    ...duplicates(segments, 'key', (segment) => segment.key),
    ...segments.flatMap((segment): Fault[] => {
      const { id } = segment;
      const unknown = segmentsIn(segment.condition).find((name) => !byKey.has(name));
      if (unknown !== undefined)
        return [{ id, field: 'condition', code: 'NOT_FOUND', message: `there is no segment "${unknown}"` }];
      if (!circles(segment)) return [];
      return [{ id, field: 'condition', code: 'INVALID_INPUT', message: 'refers, through segments, to itself' }];
    }),
  ];
}
