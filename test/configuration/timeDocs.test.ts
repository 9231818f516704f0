import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyCompany } from '../../src/configuration/company.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

test('the company of docs/time.md can be applied as it stands there, and a second time changes nothing', async () => {
  const [, file = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/time.md', 'utf8')) ?? [];
  const { context } = await openWorkspace(app, onePool(1));
  const { changes, published } = await applyCompany(context, file);
  expect(changes.map(({ kind }) => kind)).toEqual(['workspace', 'rep', 'pool', 'queue', 'slaPolicy', 'plan']);
  expect(published).toBe(2);
  expect((await applyCompany(context, file)).changes).toEqual([]);
});
