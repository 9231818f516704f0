import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type Outcome, openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const REPS = ['a', 'b', 'c', 'd'];

/** Four reps in one pool; who cannot be placed there goes to the last resort, or to a second pool where it says so. */
const company = ({ rep = '', pool = '', backup = '', whenNobody = '' }): string => `
apiVersion: fairlead/v1
kind: Company
reps:
  - { key: boss, name: Boss, email: boss@fairlead.example }
${[...REPS, 'x'].map((key) => `  - { key: ${key}, name: ${key}, email: ${key}@fairlead.example, manager: boss${key === 'x' ? ', capacity: 5' : rep} }`).join('\n')}
pools:
  - { key: main, name: Main, strategy: ROUND_ROBIN${pool}, members: [${REPS.map((key) => `{ rep: ${key} }`).join(', ')}] }
${backup}
segments:
  - { key: hot, name: Hot, condition: { field: score, operator: AT_LEAST, value: 80 } }
plan:
  steps:
    - { key: everyone, kind: DEFAULT, target: { kind: POOL, pool: main }${whenNobody} }
  lastResort: [boss]
`;

/** A hundred leads at once: fifty calls of their own, beside five calls of ten each. */
async function hundred(workspace: TestWorkspace, lead: object = {}): Promise<Outcome[]> {
  const [single, bulk] = await Promise.all([
    Promise.all(Array.from({ length: 50 }, () => workspace.submit(lead))),
    Promise.all(Array.from({ length: 5 }, () => workspace.submitAll(Array.from({ length: 10 }, () => lead)))),
  ]);
  return [...single, ...bulk.flat()];
}

/** How many leads each rep was given, as `method owner: count`. */
function given(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, owner } of outcomes) {
    const name = `${method} ${owner}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const each = (count: number, rest: number): Record<string, number> => ({
  ...Object.fromEntries(REPS.map((key) => [`DEFAULT ${key}`, count])),
  'FALLBACK boss': rest,
});

const HOT = { score: 90 };
const CAP = { rateCaps: [{ leads: 3, per: 'HOUR' }] };

describe('of a hundred leads at once the rotation gives each rep exactly as many as there may be, with', () => {
  test.each<[string, { company?: object; settings?: object; lead?: object }, number]>([
    ['a capacity of the rep’s own', { company: { rep: ', capacity: 7' } }, 7],
    ['the workspace’s capacity', { settings: { defaultCapacity: 6 } }, 6],
    ['a capacity of 0', { settings: { defaultCapacity: 0 } }, 0],
    ['a limit of the pool', { company: { pool: ', memberCapacity: 2' } }, 2],
    [
      'a limit of the pool, and a lower one of the rep',
      { company: { pool: ', memberCapacity: 9', rep: ', capacity: 4' } },
      4,
    ],
    ['a class limit', { settings: { classLimits: [{ segment: 'hot', limit: 5 }] }, lead: HOT }, 5],
    [
      'a class limit of the rep’s own instead',
      {
        company: { rep: ', classLimits: [{ segment: hot, limit: 3 }]' },
        settings: { classLimits: [{ segment: 'hot', limit: 5 }] },
        lead: HOT,
      },
      3,
    ],
    ['a rate cap', { settings: CAP }, 3],
    [
      'a rate cap of the rep’s own instead',
      { company: { rep: ', rateCaps: [{ leads: 4, per: DAY, timeZone: UTC }]' }, settings: CAP },
      4,
    ],
    [
      'the tightest of several rate caps',
      {
        settings: {
          rateCaps: [
            { leads: 9, per: 'HOUR' },
            { leads: 2, per: 'WEEK' },
          ],
        },
      },
      2,
    ],
    [
      'leads that cost 3 of 10 places',
      { settings: { defaultCapacity: 10, leadCosts: [{ segment: 'hot', cost: 3 }] }, lead: HOT },
      3,
    ],
    [
      'leads that cost more than there are',
      { settings: { defaultCapacity: 10, leadCosts: [{ segment: 'hot', cost: 11 }] }, lead: HOT },
      0,
    ],
  ])('%s', async (_name, { company: set = {}, settings = {}, lead = {} }, count) => {
    const workspace = await openWorkspace(app, company(set));
    await workspace.updateSettings(settings);
    const outcomes = await hundred(workspace, lead);
    const expected = each(count, 100 - 4 * count);
    for (const [name, none] of Object.entries(expected)) if (none === 0) delete expected[name];
    expect(given(outcomes)).toEqual(expected);
  });
});

test('what does not fit goes as whenNobody says, within the limits there, and only then to the last resort', async () => {
  const workspace = await openWorkspace(
    app,
    company({
      rep: ', capacity: 2',
      backup: '  - { key: second, name: Second, strategy: ROUND_ROBIN, members: [{ rep: x }, { rep: a }] }',
      whenNobody: ', whenNobody: { kind: BACKUP_POOL, pool: second }',
    }),
  );
  expect(given(await hundred(workspace))).toEqual({ ...each(2, 87), 'DEFAULT x': 5 });
  expect(await workspace.loads()).toEqual({ a: 2, b: 2, c: 2, d: 2, x: 5, boss: 87 });
});

test('leads of another class, and cheaper ones, still fit beside', async () => {
  const workspace = await openWorkspace(app, company({}));
  await workspace.updateSettings({
    defaultCapacity: 10,
    leadCosts: [{ segment: 'hot', cost: 3 }],
    classLimits: [{ segment: 'hot', limit: 2 }],
  });
  expect(given(await hundred(workspace, HOT))).toEqual(each(2, 92));
  expect(given(await hundred(workspace, { score: 10 }))).toEqual(each(4, 84));
  expect(await workspace.loads()).toMatchObject({ a: 10, b: 10, c: 10, d: 10 });
});

test('a place that becomes free is given out once, also when it is asked for a hundred times at once', async () => {
  const workspace = await openWorkspace(app, company({ rep: ', capacity: 1' }));
  const first = (await hundred(workspace)).find(({ owner }) => owner === 'c');
  await workspace.close(first?.id as string);
  expect(given(await hundred(workspace))).toEqual({ 'DEFAULT c': 1, 'FALLBACK boss': 99 });
});

test('a rate cap lets as many come again when its time is over, to the millisecond, and closed leads still count', async () => {
  const workspace = await openWorkspace(app, company({}));
  await workspace.updateSettings(CAP);
  const outcomes = await hundred(workspace);
  expect(given(outcomes)).toEqual(each(3, 88));
  for (const { id, method } of outcomes) if (method === 'DEFAULT') await workspace.close(id);
  app.clock.advance(3_600_000 - 1);
  expect(given(await hundred(workspace))).toEqual({ 'FALLBACK boss': 100 });
  app.clock.advance(1);
  expect(given(await hundred(workspace))).toEqual(each(3, 88));
});
