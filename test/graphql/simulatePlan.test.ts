import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { simulatePlan } from '../../src/assignment/simulatePlan.ts';
import { openDatabase } from '../../src/db/client.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { countQueries } from '../support/queries.ts';
import { type Owned, simulate, submitted } from '../support/simulation.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const STAFF = ['ada', 'bob', 'cy'];
const TO_MAIN = { key: 'all', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'main' } };
const TO_CY = { key: 'cy', kind: 'DEFAULT', target: { kind: 'REP', rep: 'cy' } };
const DE_TO_CY = { ...TO_CY, key: 'germany', condition: { field: 'country', operator: 'EQUALS', value: 'DE' } };

/** Ada and Bob in one pool, Cy beside it. */
const company = ({
  main = {},
  settings = {},
  pools = [] as object[],
  members = [{ rep: 'ada' }, { rep: 'bob' }],
} = {}) =>
  JSON.stringify({
    apiVersion: 'fairlead/v1',
    kind: 'Company',
    workspace: settings,
    reps: ['boss', ...STAFF].map((key) => ({ key, name: key, email: `${key}@fairlead.example` })),
    pools: [{ key: 'main', name: 'Main', strategy: 'ROUND_ROBIN', members, ...main }, ...pools],
    plan: { steps: [TO_MAIN], lastResort: ['boss'] },
  });

const names = (owners: readonly (Owned | null)[]): (string | undefined)[] =>
  owners.map((owner) => (typeof owner === 'object' ? owner?.rep : owner));

async function draft({ mutate }: TestWorkspace, steps: readonly object[], lastResort = ['boss']): Promise<void> {
  expect(await mutate('savePlanDraft', { steps, lastResort }, '__typename')).not.toHaveProperty('code');
}

describe('the last leads against a draft', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await openWorkspace(app, company());
    for (const country of ['DE', 'FR', 'DE', 'FR']) {
      app.clock.advance(60_000);
      await workspace.submit({ country });
    }
  });

  test('tell who got and who would get each, how many would change hands, and the counts', async () => {
    await draft(workspace, [DE_TO_CY, TO_MAIN]);
    const told = await simulate(workspace, { last: 10 });
    expect(names(told.before)).toEqual(['ada', 'bob', 'ada', 'bob']);
    expect(names(told.after)).toEqual(['cy', 'ada', 'cy', 'bob']);
    expect(told.after[0]).toEqual({ rep: 'cy', method: 'DEFAULT', stepKey: 'germany', pool: null });
    expect(told).toMatchObject({
      changed: 3,
      fallback: [0, 0],
      reps: { before: { ada: 2, bob: 2 }, after: { cy: 2, ada: 1, bob: 1 } },
      pools: { main: [4, 2, 0, 0] },
    });
    const { ids } = await simulate(workspace, { last: 10 }, { changedOnly: true });
    expect(ids).toEqual(told.ids.slice(0, 3));
  });

  test('of which nobody in a step can take one go to the last resort, and count', async () => {
    await draft(workspace, [DE_TO_CY]);
    const told = await simulate(workspace, { last: 4 });
    expect(names(told.after)).toEqual(['cy', 'boss', 'cy', 'boss']);
    expect(told.fallback).toEqual([0, 0.5]);
    expect(told.pools).toEqual({ main: [4, 0, 0, null] });
  });

  test('are the draft’s matter unless a version is named, also when a later one was published', async () => {
    await draft(workspace, [TO_CY]);
    expect(await workspace.mutate('restorePlan', { version: 1 }, 'plan { version }')).toEqual({ plan: { version: 3 } });
    expect((await simulate(workspace, { last: 4 })).reps.after).toEqual({ cy: 4 });
    expect((await simulate(workspace, { last: 4, version: 3 })).changed).toBe(0);
  });

  test('that came from the same person go where the person’s first lead would go', async () => {
    const ada = { email: 'ada@brightwave.example', country: 'FR' };
    app.clock.advance(60_000);
    await submitted(workspace, [ada, ada]);
    await draft(workspace, [TO_CY]);
    const { before, after } = await simulate(workspace, { last: 2 });
    expect(before).toMatchObject([
      { rep: 'ada', method: 'DEFAULT' },
      { rep: 'ada', method: 'DUPLICATE' },
    ]);
    expect(after).toMatchObject([
      { rep: 'cy', method: 'DEFAULT' },
      { rep: 'cy', method: 'DUPLICATE' },
    ]);
  });

  test('that came with their owner stay there', async () => {
    app.clock.advance(60_000);
    await submitted(workspace, [{ ownerKey: 'bob', status: 'WON' }]);
    await draft(workspace, [TO_CY]);
    const { after, changed } = await simulate(workspace, { last: 1 });
    expect(after).toEqual([{ rep: 'bob', method: 'MANUAL', stepKey: null, pool: null }]);
    expect(changed).toBe(0);
  });
});

describe('the state that the last leads begin with is the one before the first of them', () => {
  test('for rate caps', async () => {
    const capped = company({ members: [{ rep: 'ada' }], settings: { rateCaps: [{ leads: 1, per: 'HOUR' }] } });
    const workspace = await openWorkspace(app, capped);
    for (const minutes of [0, 30, 40]) {
      app.clock.advance(minutes * 60_000);
      await workspace.submit({});
    }
    expect(names((await simulate(workspace, { last: 3 })).after)).toEqual(['ada', 'boss', 'ada']);
    expect(names((await simulate(workspace, { last: 2 })).after)).toEqual(['boss', 'ada']);
  });

  test.each([
    [true, ['ada', 'bob', 'ada']],
    [false, ['ada', 'bob', 'bob']],
  ])('for turns that disqualified leads gave back (returnDisqualified: %s)', async (returnDisqualified, expected) => {
    const workspace = await openWorkspace(app, company({ main: { strategy: 'VALUE_BALANCED', returnDisqualified } }));
    const first = await workspace.submit({ score: 90 });
    app.clock.advance(60_000);
    await workspace.submit({ score: 10 });
    app.clock.advance(60_000);
    await workspace.close(first.id, 'DISQUALIFIED');
    app.clock.advance(60_000);
    await workspace.submit({ score: 10 });
    for (const last of [3, 2, 1]) {
      const { before, after } = await simulate(workspace, { last });
      expect(names(before)).toEqual(expected.slice(-last));
      expect(after).toEqual(before);
    }
  });
});

test('Gini tells per pool how uneven leads were and would be among its members', async () => {
  const weighted = company({
    members: [
      { rep: 'ada', weight: 3 },
      { rep: 'bob', weight: 1 },
    ] as never,
    main: { strategy: 'WEIGHTED' },
    pools: [
      { key: 'even', name: 'Even', strategy: 'ROUND_ROBIN', members: STAFF.slice(0, 2).map((rep) => ({ rep })) },
      {
        key: 'three',
        name: 'Three',
        strategy: 'WEIGHTED',
        members: [{ rep: 'cy' }, { rep: 'ada', tier: 1 }, { rep: 'bob' }],
      },
    ],
  });
  const workspace = await openWorkspace(app, weighted);
  await submitted(workspace, [{}, {}, {}, {}]);
  await draft(workspace, [{ ...TO_MAIN, target: { kind: 'POOL', pool: 'even' } }]);
  // 3 and 1 of 4: (3 − 1) / (2 × 4).
  expect((await simulate(workspace, { last: 4 })).pools).toEqual({ main: [4, 0, 0.25, null], even: [0, 4, null, 0] });
  await draft(workspace, [{ ...TO_MAIN, target: { kind: 'POOL', pool: 'three' } }]);
  // One of three has everything: (3 − 1) / 3.
  const { pools } = await simulate(workspace, { last: 4 });
  expect(pools.three).toEqual([0, 4, null, expect.closeTo(2 / 3, 12)]);
});

describe('given leads', () => {
  test('are decided on the state as it is, and have no before', async () => {
    const workspace = await openWorkspace(app, company());
    await workspace.submit({});
    const { before, after, ids, changed, fallback } = await simulate(workspace, { leads: [{}, {}] });
    expect([before, ids]).toEqual([
      [null, null],
      [null, null],
    ]);
    expect(names(after)).toEqual(['bob', 'ada']);
    expect([changed, fallback]).toEqual([0, [null, 0]]);
  });

  test('of the same person go to the owner, or are refused where the workspace does so', async () => {
    const ada = { email: 'ada@brightwave.example' };
    const workspace = await openWorkspace(app, company());
    expect((await simulate(workspace, { leads: [ada, ada, {}] })).after).toMatchObject([
      { rep: 'ada', method: 'DEFAULT' },
      { rep: 'ada', method: 'DUPLICATE' },
      { rep: 'bob', method: 'DEFAULT' },
    ]);
    const samePerson = { action: 'REJECT', windowDays: 30, scope: 'WORKSPACE', ignoreTags: true, ignoreDots: 'GMAIL' };
    await workspace.updateSettings({ samePerson });
    const { after, fallback } = await simulate(workspace, { leads: [ada, ada] });
    expect(after).toMatchObject([{ rep: 'ada' }, 'DUPLICATE_LEAD']);
    expect(fallback).toEqual([null, 0]);
  });

  test('that are faulty are named, all at once', async () => {
    const workspace = await openWorkspace(
      app,
      company({ settings: { leadAttributes: [{ name: 'seats', type: 'NUMBER' }] } }),
    );
    await expect(simulate(workspace, { leads: [{ score: 200 }, {}, { email: 'nobody' }] })).rejects.toThrow(
      /INVALID_INPUT: leads\[0\]\.score: must be from 0 to 100; leads\[2\]\.email: must be an address/,
    );
    await expect(simulate(workspace, { leads: [{}, { attributes: { seats: 'many' } }] })).rejects.toThrow(
      'leads[1].attributes.seats: must be of type NUMBER',
    );
  });
});

describe('is refused', () => {
  let workspace: TestWorkspace;
  beforeAll(async () => {
    workspace = await openWorkspace(app, company());
  });

  test.each<[string, object, string]>([
    ['more than 10,000 leads', { last: 10_001 }, 'INVALID_INPUT: last: must be from 1 to 10,000; this is 10001'],
    ['no leads', { last: 0 }, 'INVALID_INPUT: last: must be from 1 to 10,000; this is 0'],
    [
      'more than 500 given leads',
      { leads: Array(501).fill({}) },
      'INVALID_INPUT: leads: has 501 leads; 500 are the most',
    ],
    ['neither', {}, 'INVALID_INPUT: last: or leads must be given: one of the two'],
    ['both', { last: 1, leads: [{}] }, 'INVALID_INPUT: last: or leads must be given: one of the two'],
    ['a version that is not there', { last: 1, version: 9 }, 'NOT_FOUND: There is no version 9.'],
  ])('%s', async (_what, input, message) => {
    await expect(simulate(workspace, input)).rejects.toThrow(message);
  });

  test.each([
    ['none', []],
    ['somebody who is not there', ['zoe']],
  ])('a draft whose last resort names %s, and so is its preview', async (_who, lastResort) => {
    const drafted = await openWorkspace(app, company());
    await draft(drafted, [], lastResort);
    const fault = 'PLAN_INVALID: lastResort: names nobody who is there';
    await expect(simulate(drafted, { last: 1 })).rejects.toThrow(fault);
    const { data } = await drafted.send<{ previewRouting: object }>(
      '{ previewRouting(input: {}, version: 2) { ... on Error { code message } } }',
    );
    expect(data?.previewRouting).toMatchObject({ code: 'PLAN_INVALID' });
  });

  test.each(['REP', 'PARTNER', 'VIEWER'] as const)('to a %s', async (role) => {
    const key = await workspace.keyFor(role, role === 'REP' ? 'ada' : undefined);
    const { data, errors } = await workspace.send('{ simulatePlan(input: { last: 1 }) { __typename } }', {}, key);
    expect(data ?? null).toBeNull();
    expect(errors[0]?.extensions?.code).toBe('FORBIDDEN');
  });
});

test('of few leads and of many takes as many queries', async () => {
  const workspace = await openWorkspace(app, company());
  await submitted(workspace, Array(400).fill({}));
  const database = openDatabase(app.testDatabase.url, { onError: () => {} });
  const queries = countQueries(database.pool);
  const queriesFor = async (count: number): Promise<number> => {
    const before = queries();
    const { leads } = await simulatePlan(database, workspace.id, null, { kind: 'LAST', count }, app.clock.now());
    expect(leads).toHaveLength(count);
    return queries() - before;
  };
  expect(await queriesFor(5)).toBe(await queriesFor(400));
  expect(queries()).toBeGreaterThan(10);
  await database.close();
});
