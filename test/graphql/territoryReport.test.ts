import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
  const plan = `plan:
  steps: [{ key: territory, kind: TERRITORY, target: { kind: TERRITORY } }]
  lastResort: [boss]
territories:
  - { key: berlin, name: Berlin, regions: [DE-BE, DE-BB], rep: rep-1 }
  - { key: east, name: East, regions: [DE-BB, DE-SN, DE-ST, DE-TH, DE-MV, DE-SH, DE-HH, DE-NI, DE-HB], pool: main, position: 1 }
  - { key: small, name: Small, countries: [FR], employeesMax: 49, rep: rep-2 }
  - { key: large, name: Large, countries: [FR], employeesMin: 100, rep: rep-2 }
`;
  workspace = await openWorkspace(app, onePool(2).replace(/plan:[\s\S]*/, plan));
});
afterAll(() => app.stop());

test('overlaps and gaps are told, by the report and as warnings of the plan alike', async () => {
  const { data, errors } = await workspace.send<{
    territoryReport: { overlaps: object[]; gaps: { where: string; missing: string[] }[] };
    lintPlan: { publishable: boolean; warnings: { code: string; path: string; message: string }[] };
  }>(`{
    territoryReport { overlaps { first second on } gaps { where missing } }
    lintPlan { publishable warnings { code path message } }
  }`);
  expect(errors).toEqual([]);
  const { overlaps, gaps } = data?.territoryReport ?? { overlaps: [], gaps: [] };
  expect(overlaps).toEqual([{ first: 'berlin', second: 'east', on: expect.stringContaining('DE-BB') }]);
  expect(gaps.find(({ missing }) => missing.includes('DE-BY'))?.missing).not.toContain('DE-SN');
  expect(gaps.some(({ missing }) => missing.includes('50–99'))).toBe(true);
  const told = data?.lintPlan.warnings.map(({ code, path }) => `${code} ${path}`) ?? [];
  expect(told).toContain('TERRITORY_OVERLAP territories.east');
  expect(told.filter((each) => each === 'TERRITORY_GAP territories')).toHaveLength(gaps.length);
  expect(data?.lintPlan.publishable).toBe(true);
});

test('a lead that two territories match equally goes by their position', async () => {
  expect(await workspace.submit({ email: 'a@customer.example', country: 'DE', region: 'DE-BB' })).toMatchObject({
    owner: 'rep-1',
    method: 'TERRITORY',
  });
});
