import { checkPlan, type Finding, type Knowledge } from '../../src/domain/checkPlan.ts';
import { formatPath } from '../../src/domain/errors.ts';
import type { Plan, Step } from '../../src/domain/plan.ts';
import { compile, pool, rep, type Setting } from './routing.ts';

/** A company in which a plan can have no fault of its own making: a boss, and two reps in the pool of every step. */
export const SOUND: Setting = {
  reps: [rep('boss'), rep('ada', { managerId: 'boss' }), rep('bob', { managerId: 'boss' })],
  pools: [pool('main', ['ada', 'bob'])],
};

export interface Linted {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

const said = ({ code, path, message }: Finding): string => `${code} ${formatPath(path)}: ${message}`;

/** What lint says of a plan, each as `CODE steps[0].target: message`. What is not given is sound. */
export function lint(setting: Setting, knowledge?: Knowledge): Linted {
  const plan: Pick<Plan, 'steps' | 'lastResort'> = { steps: [], lastResort: ['boss'], ...setting.plan };
  const { errors, warnings } = checkPlan(plan, compile({ ...SOUND, ...setting, plan: {} }), knowledge);
  return { errors: errors.map(said), warnings: warnings.map(said) };
}

export const NOTHING: Linted = { errors: [], warnings: [] };

export const withSteps = (...steps: readonly Step[]): Setting => ({ plan: { steps } });
