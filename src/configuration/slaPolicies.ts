import { v7 } from 'uuid';
import { z } from 'zod';
import { selectSegments, selectSlaPolicies } from '../db/configuration.ts';
import { segmentsIn } from '../domain/condition.ts';
import { InvalidInput, Refusal } from '../domain/errors.ts';
import type { SlaPolicy } from '../domain/sla.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { duplicates, type Fault, refuseFaults, unknownSegments } from './faults.ts';
import { given, key, LIMITS, parse, SLA_POLICY_DEFAULTS, slaPolicyFields } from './inputs.ts';
import { conditionSchema } from './segments.ts';

export const policyFields = { ...slaPolicyFields, condition: conditionSchema.nullable() };
const createSchema = z
  .strictObject({ key, ...policyFields })
  .partial()
  .required({ key: true, name: true, rungs: true });
const updateSchema = z.strictObject(policyFields).partial();

/** @throws InvalidInput; Refusal KEY_TAKEN, NOT_FOUND (a segment in the condition) */
export async function createSlaPolicy(context: ConfigurationContext, input: object): Promise<SlaPolicy> {
  const policy = { id: v7(), ...SLA_POLICY_DEFAULTS, ...given(parse(createSchema, given(input))) } as SlaPolicy;
  return changeConfiguration(context, 'createSlaPolicy', (change) => savePolicy(change, policy));
}

/** Changes what is given; deadlines that are set stay. @throws as createSlaPolicy */
export async function updateSlaPolicy(context: ConfigurationContext, id: string, input: object): Promise<SlaPolicy> {
  const fields = parse(updateSchema, given(input));
  return changeConfiguration(context, 'updateSlaPolicy', async (change) => {
    const before = (await selectSlaPolicies(change.client, change.workspaceId)).find((policy) => policy.id === id);
    if (!before) throw new Refusal('NOT_FOUND', 'There is no such policy.');
    return savePolicy(change, { ...before, ...(given(fields) as Partial<SlaPolicy>) });
  });
}

async function savePolicy(change: Change, policy: SlaPolicy): Promise<SlaPolicy> {
  const { client, workspaceId } = change;
  const others = (await selectSlaPolicies(client, workspaceId)).filter(({ id }) => id !== policy.id);
  if (others.length >= LIMITS.slaPolicies) {
    throw new InvalidInput([{ path: ['key'], message: `would be more than ${LIMITS.slaPolicies} policies` }]);
  }
  const segments = new Set((await selectSegments(client, workspaceId)).map((segment) => segment.key));
  refuseFaults(policyFaults([...others, policy], segments).filter(({ id }) => id === policy.id));
  await change.save('SlaPolicy', [{ ...policy }]);
  return policy;
}

/** Deadlines that are set stay. @throws Refusal NOT_FOUND */
export async function deleteSlaPolicy(context: ConfigurationContext, id: string): Promise<void> {
  await changeConfiguration(context, 'deleteSlaPolicy', async (change) => {
    const policies = await selectSlaPolicies(change.client, change.workspaceId);
    if (!policies.some((policy) => policy.id === id)) throw new Refusal('NOT_FOUND', 'There is no such policy.');
    await change.remove('SlaPolicy', [id]);
  });
}

/** What policies break among each other, and segments they refer to that are not there. */
export const policyFaults = (policies: readonly SlaPolicy[], segments: ReadonlySet<string>): Fault[] => [
  ...duplicates(policies, 'key', (policy) => policy.key),
  ...policies.flatMap(({ id, condition }) =>
    condition === null ? [] : unknownSegments(id, 'condition', segmentsIn(condition), segments),
  ),
];
