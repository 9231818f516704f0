import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { checksums } from '../support/checksums.ts';
import { poolId } from '../support/moves.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const NAMES = ['ann', 'bob', 'cy', 'dee'] as const;

interface Given {
  readonly strategy?: string;
  readonly pool?: object;
  readonly members?: readonly object[];
  /** Fields of reps by key. */
  readonly reps?: Readonly<Record<string, object>>;
}

const company = ({ strategy = 'WEIGHTED', pool = {}, members, reps = {} }: Given = {}): string =>
  JSON.stringify({
    apiVersion: 'fairlead/v1',
    kind: 'Company',
    reps: ['boss', ...NAMES, 'eve'].map((key) => ({ key, name: key, email: `${key}@fairlead.example`, ...reps[key] })),
    segments: [{ key: 'hot', name: 'Hot', condition: { field: 'score', operator: 'AT_LEAST', value: 80 } }],
    pools: [
      {
        key: 'main',
        name: 'Main',
        strategy,
        ...pool,
        members: members ?? [
          { rep: 'ann', weight: 3 },
          { rep: 'bob', weight: 2 },
          { rep: 'cy', weight: 1 },
        ],
      },
    ],
    plan: {
      steps: [{ key: 'everyone', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'main' } }],
      lastResort: ['boss'],
    },
  });

interface Place {
  readonly rep: { readonly key: string };
  readonly position: number | null;
  readonly reason: string;
  readonly reasonText: string;
  readonly load: number;
  readonly limit: number;
  readonly weight: number;
  readonly expectedShare: number;
  readonly actualShare: number | null;
  readonly received: number;
  readonly credit: number;
}

interface Passed {
  readonly to: { readonly key: string };
  readonly reason: string | null;
  readonly reasonText: string | null;
  readonly grund: string | null;
  readonly rank: number | null;
  readonly creditBefore: number | null;
}

interface Rotation {
  readonly code?: string;
  readonly segment: string | null;
  readonly places: readonly Place[];
  readonly mine: Place | null;
  readonly whyNotMe: readonly Passed[];
}

const PLACE = 'rep { key } position reason reasonText load limit weight expectedShare actualShare received credit';

async function rotation(
  workspace: TestWorkspace,
  { key, segment, last, pool }: { key?: string; segment?: string; last?: number; pool?: string } = {},
): Promise<Rotation> {
  const query = `query ($poolId: ID!, $segment: String, $last: Int) { rotation(poolId: $poolId, segment: $segment) {
    ... on RotationSuccess { rotation { segment places { ${PLACE} } mine { ${PLACE} }
      whyNotMe(last: $last) { to { key } reason reasonText grund: reasonText(language: DE) rank creditBefore } } }
    ... on Error { code } } }`;
  const variables = { poolId: pool ?? (await poolId(workspace, 'main')), segment, last };
  const { data, errors } = await workspace.send<{ rotation: { rotation: Rotation } & Rotation }>(query, variables, key);
  if (!data || errors.length > 0) throw new Error(errors.map(({ message }) => message).join('; '));
  return data.rotation.rotation ?? data.rotation;
}

const order = ({ places }: Rotation): string[] =>
  places.filter(({ position }) => position !== null).map(({ rep }) => rep.key);

describe('who is next', () => {
  const member = fc.record({ weight: fc.integer({ min: 0, max: 4 }), tier: fc.integer({ min: 0, max: 1 }) });
  const given = fc.record({
    strategy: fc.constantFrom('ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED', 'LEAST_LOADED'),
    members: fc
      .tuple(...NAMES.map((rep) => member.map((fields) => ({ rep, ...fields }))))
      .filter((list) => list.some(({ weight }) => weight > 0)),
    pool: fc.record({
      maxAhead: fc.constantFrom(null, 1),
      memberCapacity: fc.constantFrom(null, 3),
      fairnessWindow: fc.constantFrom('NEVER', 'DAY'),
    }),
    reps: fc.record({ ann: fc.constantFrom({}, { capacity: 2 }), bob: fc.constantFrom({}, { status: 'PAUSED' }) }),
  });

  test('by the rotation is who a preview says and who then gets the lead, whatever the pool', async () => {
    await fc.assert(
      fc.asyncProperty(given, async (fields) => {
        const workspace = await openWorkspace(app, company(fields));
        for (let count = 0; count < 8; count += 1) {
          const [next = 'boss'] = order(await rotation(workspace));
          const { data } = await workspace.send<{ previewRouting: { decision: { rep: { key: string } } } }>(
            '{ previewRouting(input: {}) { ... on PreviewRoutingSuccess { decision { rep { key } } } } }',
          );
          const { owner } = await workspace.submit({});
          expect([next, data?.previewRouting.decision.rep.key]).toEqual([owner, owner]);
        }
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });

  test('stands first, the others in line after, and then who could not take a lead, with the reason', async () => {
    const workspace = await openWorkspace(
      app,
      company({
        members: [
          { rep: 'eve', weight: 0 },
          { rep: 'dee', tier: -1 },
          { rep: 'cy' },
          { rep: 'bob', weight: 2 },
          { rep: 'ann', weight: 3 },
          { rep: 'boss' },
        ],
        reps: { boss: { capacity: 0 } },
      }),
    );
    const { places } = await rotation(workspace);
    expect(places.map(({ rep, position, reason, reasonText }) => [rep.key, position, reason, reasonText])).toEqual([
      ['ann', 1, 'CHOSEN', 'chosen'],
      ['bob', 2, 'NOT_THEIR_TURN', 'number 2 in line'],
      ['cy', 3, 'NOT_THEIR_TURN', 'number 3 in line'],
      ['eve', null, 'WEIGHT_ZERO', 'weight 0'],
      ['dee', null, 'LOWER_TIER', 'tier -1, served later'],
      ['boss', null, 'AT_CAPACITY', 'open 0 of 0'],
    ]);
  });

  test('can be asked as often as one likes: it moves nothing', async () => {
    const workspace = await openWorkspace(app, company());
    await workspace.submitAll([{}, {}]);
    const before = await checksums(app.database);
    const first = await rotation(workspace);
    expect(await rotation(workspace)).toEqual(first);
    expect(await checksums(app.database)).toEqual(before);
  });
});

describe('what everybody has had', () => {
  test('stands beside what they should have had, with load, limit and credit', async () => {
    const workspace = await openWorkspace(app, company({ reps: { ann: { capacity: 10 } } }));
    const before = await rotation(workspace);
    expect(before.places.map(({ actualShare }) => actualShare)).toEqual([null, null, null]);
    const leads = await workspace.submitAll(Array.from({ length: 7 }, () => ({})));
    await workspace.close(leads[0]?.id ?? '');
    const { places, mine, segment } = await rotation(workspace);
    expect([segment, mine]).toEqual([null, null]);
    const told = Object.fromEntries(places.map(({ rep, ...place }) => [rep.key, place]));
    // After six leads all were level again; the seventh was Ann's.
    expect(told.ann).toMatchObject({
      weight: 3,
      expectedShare: 1 / 2,
      actualShare: 4 / 7,
      received: 4,
      load: 3,
      limit: 10,
    });
    expect(told.bob).toMatchObject({
      weight: 2,
      expectedShare: 1 / 3,
      actualShare: 2 / 7,
      received: 2,
      load: 2,
      limit: 50,
    });
    expect(told.cy).toMatchObject({
      weight: 1,
      expectedShare: 1 / 6,
      actualShare: 1 / 7,
      received: 1,
      load: 1,
      limit: 50,
    });
    expect([told.ann?.credit, told.bob?.credit, told.cy?.credit]).toEqual([-1 / 2, 1 / 3, 1 / 6]);
  });

  test('by number, every weight above 0 is expected to get the same', async () => {
    const workspace = await openWorkspace(app, company({ strategy: 'ROUND_ROBIN' }));
    const { places } = await rotation(workspace);
    expect(places.map(({ expectedShare }) => expectedShare)).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  test('is told of a segment’s own rotation beside the others', async () => {
    const members = [{ rep: 'ann', segmentWeights: { hot: 3 } }, { rep: 'bob' }];
    const workspace = await openWorkspace(app, company({ pool: { weightSegments: ['hot'] }, members }));
    await workspace.submitAll([{ score: 90 }, { score: 90 }, { score: 90 }, { score: 90 }, {}, {}]);
    const shares = ({ places }: Rotation) =>
      places.map(({ rep, weight, received, expectedShare }) => [rep.key, weight, received, expectedShare]);
    const hot = await rotation(workspace, { segment: 'hot' });
    expect([hot.segment, shares(hot)]).toEqual([
      'hot',
      [
        ['ann', 3, 3, 3 / 4],
        ['bob', 1, 1, 1 / 4],
      ],
    ]);
    expect(shares(await rotation(workspace)).toSorted()).toEqual([
      ['ann', 1, 1, 1 / 2],
      ['bob', 1, 1, 1 / 2],
    ]);
  });

  test('is unknown of a pool that is not there, and of a segment without weights of its own', async () => {
    const workspace = await openWorkspace(app, company());
    const other = await openWorkspace(app, company());
    const unknown = { code: 'NOT_FOUND' };
    expect(await rotation(workspace, { segment: 'hot' })).toEqual(unknown);
    expect(await rotation(workspace, { segment: 'cold' })).toEqual(unknown);
    expect(await rotation(workspace, { pool: await poolId(other, 'main') })).toEqual(unknown);
    expect(await rotation(workspace, { pool: workspace.rep('ann') })).toEqual(unknown);
  });
});

describe('a rep', () => {
  test('sees the own place, and of the last leads why they went elsewhere, in either language', async () => {
    const workspace = await openWorkspace(app, company({ reps: { cy: { capacity: 1 } } }));
    const cy = await workspace.keyFor('REP', 'cy');
    const leads = await workspace.submitAll(Array.from({ length: 5 }, () => ({})));
    expect(leads.map(({ owner }) => owner)).toEqual(['ann', 'bob', 'ann', 'cy', 'bob']);
    await workspace.updateRep('cy', { status: 'PAUSED' });
    await workspace.submit({});
    const { mine, whyNotMe } = await rotation(workspace, { key: cy });
    expect(mine).toMatchObject({
      rep: { key: 'cy' },
      position: null,
      reason: 'PAUSED',
      received: 1,
      load: 1,
      limit: 1,
    });
    expect(
      whyNotMe.map(({ to, reason, reasonText, grund, rank }) => [to.key, reason, reasonText, grund, rank]),
    ).toEqual([
      ['ann', 'PAUSED', 'paused', 'pausiert', null],
      ['bob', 'AT_CAPACITY', 'open 1 of 1', '1 von 1 offen', null],
      ['cy', 'CHOSEN', 'chosen', 'ausgewählt', 1],
      ['ann', 'NOT_THEIR_TURN', 'number 2 in line', 'auf Platz 2', 2],
      ['bob', 'NOT_THEIR_TURN', 'number 2 in line', 'auf Platz 2', 2],
      ['ann', 'NOT_THEIR_TURN', 'number 3 in line', 'auf Platz 3', 3],
    ]);
    expect(whyNotMe.map(({ creditBefore }) => creditBefore).at(-1)).toBe(0);
    expect((await rotation(workspace, { key: cy, last: 2 })).whyNotMe).toEqual(whyNotMe.slice(0, 2));
  });

  test('who was no member then, or whom somebody passed by hand, is told to whom it went and nothing else', async () => {
    const workspace = await openWorkspace(app, company());
    const { id } = await workspace.submit({});
    await workspace.assign(id, 'bob');
    const members = [{ repId: workspace.rep('ann') }, { repId: workspace.rep('eve') }];
    await workspace.mutate('setPoolMembers', { poolId: await poolId(workspace, 'main'), members }, 'pool { key }');
    const { mine, whyNotMe } = await rotation(workspace, { key: await workspace.keyFor('REP', 'eve') });
    expect(mine).toMatchObject({ received: 0, credit: 0 });
    expect(whyNotMe.map(({ to, reason, reasonText, rank }) => [to.key, reason, reasonText, rank])).toEqual([
      ['bob', null, null, null],
      ['ann', null, null, null],
    ]);
  });

  test('who is no member sees how the pool stands, and has no place in it; who is no rep neither', async () => {
    const workspace = await openWorkspace(app, company());
    await workspace.submit({});
    const seen = await rotation(workspace, { key: await workspace.keyFor('REP', 'eve') });
    expect([seen.mine, order(seen)]).toEqual([null, order(await rotation(workspace))]);
    expect(await rotation(workspace)).toMatchObject({ mine: null, whyNotMe: [] });
  });
});
