import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
  const plan = 'plan: { steps: [{ key: place, kind: TERRITORY, target: { kind: TERRITORY } }], lastResort: [boss] }\n';
  workspace = await openWorkspace(app, onePool(2).replace(/plan:[\s\S]*/, plan));
});
afterAll(() => app.stop());

const TABLE = 'key;name;countries;rep\nnorth;North;DE|DK;rep-1\nsouth;South;IT;rep-2\n';
const call = (input: object) =>
  workspace.mutate('importTerritories', { format: 'CSV', ...input }, 'created updated unchanged');
const german = { country: 'DE' };

test('a table is tried, refused with each fault’s line, or brought in: the next lead goes by it', async () => {
  expect(await call({ text: TABLE, dryRun: true })).toEqual({ created: 2, updated: 0, unchanged: 0 });
  expect(await call({ text: TABLE.replace('DE|DK', 'DE|Atlantis').replace('rep-2', 'zoe') })).toMatchObject({
    code: 'INVALID_INPUT',
    issues: ['rows[2].countries: "Atlantis" is no country of ISO 3166-1'],
  });
  expect(await call({ text: TABLE.replace('rep-1', 'zoe').replace('rep-2', 'gone') })).toMatchObject({
    code: 'INVALID_INPUT',
    issues: ['rows[2].rep: there is no rep "zoe"', 'rows[3].rep: there is no rep "gone"'],
  });
  expect(await workspace.submit(german)).toMatchObject({ owner: 'boss', method: 'FALLBACK' });

  expect(await call({ text: TABLE })).toEqual({ created: 2, updated: 0, unchanged: 0 });
  expect(await workspace.submit(german)).toMatchObject({ owner: 'rep-1', method: 'TERRITORY' });
  const list = '- { key: north, name: North, countries: [DE], rep: rep-2 }';
  expect(await call({ format: 'YAML', text: list })).toEqual({ created: 0, updated: 1, unchanged: 0 });
  expect(await workspace.submit(german)).toMatchObject({ owner: 'rep-2', method: 'TERRITORY' });
  expect(await call({ text: 'key,name,countries,rep\nsouth,South,IT,rep-2\n' })).toEqual({
    created: 0,
    updated: 0,
    unchanged: 1,
  });
});
