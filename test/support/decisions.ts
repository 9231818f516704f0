import type { Considered, Decision, Reason } from '../../src/domain/decision.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import type { Market } from './routing.ts';

/** Everyone whom a decision looked at, in order: who was looked at again stands there again. */
export const consideredIn = ({ steps }: Decision): readonly Considered[] =>
  steps.flatMap(({ attempts }) => attempts.flatMap(({ considered }) => considered));

/** Why each rep was taken or passed over, at the last look at them. */
export const reasons = (decision: Decision): Record<string, Reason> =>
  Object.fromEntries(consideredIn(decision).map(({ repId, reason }) => [repId, reason]));

/** The last look at a rep. */
export const lookAt = (decision: Decision, repId: string): Considered | undefined =>
  consideredIn(decision).findLast((each) => each.repId === repId);

/** Who gets so many leads, one after the other. */
export const owners = (run: Market, count: number, given: Partial<RoutableLead> = {}): string[] =>
  Array.from({ length: count }, () => run.decide(given).repId);

/** How often each name occurs. */
export const tally = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    Map.groupBy(names, (name) => name)
      .entries()
      .map(([name, all]) => [name, all.length]),
  );
