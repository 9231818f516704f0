import type DataLoader from 'dataloader';
import type { Decided } from '../../assignment/explain.ts';
import type { ReadAttempt, ReadDecision, ReadStep } from '../../assignment/storedDecision.ts';
import type { Basis } from '../../assignment/submit.ts';
import type { OwnMetro } from '../../configuration/metros.ts';
import type { Activity, ApiKey, Assignment, Lead, PlanVersion } from '../../db/generated/client.ts';
import type { Account, Rep as DomainRep, Pool, Queue, Segment, Territory } from '../../domain/configuration.ts';
import type { SlaPolicy } from '../../domain/sla.ts';
import { builder } from '../builder.ts';

/*
 * The types that refer to each other, with what stands behind each: the row as the database or a service gives it.
 * Their fields are in the files named after them.
 */

type Loose<Row, Names extends keyof Row> = Omit<Row, Names> & Readonly<Record<Names, unknown>>;
export type RepRow = Loose<DomainRep, 'attributes' | 'rateCaps' | 'classLimits' | 'workingHours' | 'dateHours'>;
export type PoolRow = Loose<Omit<Pool, 'members'>, 'segmentValues' | 'weighting' | 'skips'>;
export type QueueRow = Loose<Queue, 'overflow'>;
export type SlaPolicyRow = Loose<SlaPolicy, 'condition' | 'rungs'>;

/** A decision together with what its assignment says. */
export interface DecisionRow extends ReadDecision {
  /** For what is worked out on request. */
  readonly basis: Basis;
  /** Null for a preview. */
  readonly decided: Decided | null;
  readonly repId: string;
  readonly planVersion: number | null;
  readonly stepKey: string | null;
  readonly poolId: string | null;
  readonly territoryId: string | null;
}

export const RepRef = builder.objectRef<RepRow>('Rep');
export const PoolRef = builder.objectRef<PoolRow>('Pool');
export const TerritoryRef = builder.objectRef<Territory>('Territory');
export const AccountRef = builder.objectRef<Omit<Account, 'normalizedName'>>('Account');
export const MetroRef = builder.objectRef<OwnMetro>('Metro');
export const SegmentRef = builder.objectRef<Pick<Segment, 'id' | 'key' | 'name'> & { readonly condition: unknown }>(
  'Segment',
);
export const QueueRef = builder.objectRef<QueueRow>('Queue');
export const SlaPolicyRef = builder.objectRef<SlaPolicyRow>('SlaPolicy');
export const PlanRef = builder.objectRef<PlanVersion>('Plan');
export const ApiKeyRef = builder.objectRef<ApiKey>('ApiKey');
export const LeadRef = builder.objectRef<Lead>('Lead');
export const AssignmentRef = builder.objectRef<Assignment>('Assignment');
export const ActivityRef = builder.objectRef<Activity>('Activity');
export const DecisionRef = builder.objectRef<DecisionRow>('Decision');
export const StepTraceRef = builder.objectRef<ReadStep>('StepTrace');
export const AttemptRef = builder.objectRef<ReadAttempt>('Attempt');

/** Follows a reference that may be empty. */
export const loadOptional = <Row>(loader: DataLoader<string, Row | null>, id: string | null): Promise<Row | null> =>
  id === null ? Promise.resolve(null) : loader.load(id);

/** Follows a reference that the database guarantees. */
export async function loadRequired<Row>(loader: DataLoader<string, Row | null>, id: string): Promise<Row> {
  const row = await loader.load(id);
  if (row === null) throw new Error(`row ${id} is gone`);
  return row;
}
