import { segmentsIn } from './condition.ts';
import type { Issue } from './errors.ts';
import type { Plan, Step } from './plan.ts';
import type { RoutingConfiguration } from './routingConfiguration.ts';

/** What keeps a plan from being published, and what may be wrong with it. */
export interface PlanReport {
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
}

/** Looks a plan up and down against the configuration it would be published into. */
export function checkPlan(plan: Pick<Plan, 'steps' | 'lastResort'>, configuration: RoutingConfiguration): PlanReport {
  const errors: Issue[] = [];
  const warnings: Issue[] = [];
  const { reps, pools, segments } = configuration;

  const checkRep = (key: string, path: Issue['path']): void => {
    const rep = reps.byKey.get(key);
    if (!rep) errors.push({ path, message: `there is no rep "${key}"` });
    else if (rep.status === 'LEFT') errors.push({ path, message: `${rep.name} has left` });
  };
  const checkPool = (key: string, path: Issue['path']): void => {
    const pool = pools.byKey.get(key);
    if (!pool) {
      errors.push({ path, message: `there is no pool "${key}"` });
      return;
    }
    const canReceive = pool.members.some(({ repId, weight }) => weight > 0 && reps.byId.get(repId)?.status !== 'LEFT');
    if (!canReceive) {
      const message = `pool "${key}" has nobody who could receive a lead; leads go on to whenNobody`;
      warnings.push({ path, message });
    }
  };

  const positions = new Map<string, number>();
  const checkStep = (step: Step, position: number): void => {
    const path = ['steps', position];
    const first = positions.get(step.key);
    if (first !== undefined)
      errors.push({ path: [...path, 'key'], message: `"${step.key}" is the key of step ${first} as well` });
    positions.set(step.key, position);
    if (step.target.kind === 'REP') checkRep(step.target.rep, [...path, 'target', 'rep']);
    if (step.target.kind === 'POOL') checkPool(step.target.pool, [...path, 'target', 'pool']);
    if (step.whenNobody.kind === 'BACKUP_POOL') checkPool(step.whenNobody.pool, [...path, 'whenNobody', 'pool']);
    for (const key of step.condition === null ? [] : segmentsIn(step.condition)) {
      if (!segments.byKey.has(key))
        errors.push({ path: [...path, 'condition'], message: `there is no segment "${key}"` });
    }
  };
  for (const [position, step] of plan.steps.entries()) checkStep(step, position);

  if (plan.lastResort.length === 0) {
    errors.push({
      path: ['lastResort'],
      message: 'is missing: name at least one rep who takes what no step can place',
    });
  }
  for (const [position, key] of plan.lastResort.entries()) {
    const rep = reps.byKey.get(key);
    if (!rep) errors.push({ path: ['lastResort', position], message: `there is no rep "${key}"` });
  }
  const known = plan.lastResort.map((key) => reps.byKey.get(key)).filter((rep) => rep !== undefined);
  if (known.length > 0 && known.every(({ status }) => status === 'LEFT')) {
    errors.push({ path: ['lastResort'], message: 'names only reps who have left' });
  }
  return { errors, warnings };
}
