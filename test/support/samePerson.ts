import { expect } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/domain/configuration.ts';
import type { TestApp } from './app.ts';
import { onePool } from './companies.ts';
import { openWorkspace, type TestWorkspace } from './workspace.ts';

/** Three reps in one rotation, and what becomes of the same person again. */
export async function openWithPolicy(app: TestApp, policy: object = {}, company = onePool(3)): Promise<TestWorkspace> {
  const workspace = await openWorkspace(app, company);
  // Days pass here: nobody is to lose a lead over them.
  await workspace.updateSettings({
    samePerson: { ...DEFAULT_SETTINGS.samePerson, ...policy },
    defaultSla: false,
  });
  return workspace;
}

export const ADA = { email: 'ada@brightwave.example' };

/** Credits when `turns` leads have been given out by the rotation of three. */
const CREDITS_AFTER = [
  [0, 0, 0],
  [-2 / 3, 1 / 3, 1 / 3],
  [-1 / 3, -1 / 3, 2 / 3],
  [0, 0, 0],
] as const;
export async function expectTurns(workspace: TestWorkspace, turns: 0 | 1 | 2 | 3): Promise<void> {
  const credits = await workspace.credits();
  const rounded = ['rep-1', 'rep-2', 'rep-3'].map((key) => credits[key]?.toFixed(6));
  expect(rounded).toEqual(CREDITS_AFTER[turns].map((credit) => credit.toFixed(6)));
}
