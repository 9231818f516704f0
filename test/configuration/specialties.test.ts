import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { differing } from '../support/replay.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** Ann and Bob are in Alma's team, Cy in Carl's. Health leads go to who knows health; for robots, who knows them is preferred. */
const COMPANY = JSON.stringify({
  apiVersion: 'fairlead/v1',
  kind: 'Company',
  reps: [
    { key: 'boss', name: 'Boss', email: 'boss@fairlead.example' },
    { key: 'alma', name: 'Alma', email: 'alma@fairlead.example', manager: 'boss' },
    { key: 'carl', name: 'Carl', email: 'carl@fairlead.example', manager: 'boss' },
    {
      key: 'ann',
      name: 'Ann',
      email: 'ann@fairlead.example',
      manager: 'alma',
      industries: ['retail'],
      employeesMax: 100,
    },
    { key: 'bob', name: 'Bob', email: 'bob@fairlead.example', manager: 'alma' },
    { key: 'cy', name: 'Cy', email: 'cy@fairlead.example', manager: 'carl' },
  ],
  pools: [
    { key: 'main', name: 'Main', strategy: 'ROUND_ROBIN', members: [{ rep: 'ann' }, { rep: 'bob' }, { rep: 'cy' }] },
  ],
  plan: {
    steps: [
      {
        key: 'health',
        kind: 'SPECIALIZATION',
        condition: { field: 'industry', operator: 'EQUALS', value: 'health' },
        match: [{ repField: 'industries', operator: 'CONTAINS', leadField: 'industry' }],
        target: { kind: 'POOL', pool: 'main' },
      },
      {
        key: 'everyone',
        kind: 'DEFAULT',
        prefer: [{ repField: 'products', operator: 'CONTAINS', leadField: 'productInterest' }],
        target: { kind: 'POOL', pool: 'main' },
      },
    ],
    lastResort: ['boss'],
  },
});

const SPECIALTIES = 'specialties { specialties industries regions products employeesMin employeesMax }';
const PROPOSAL = `proposal { id status note reason decidedBy createdAt decidedAt rep { key } ${SPECIALTIES} }`;

interface Proposal {
  readonly id: string;
  readonly status: string;
  readonly [field: string]: unknown;
}

const propose = async (workspace: TestWorkspace, key: string, input: object): Promise<Proposal> => {
  const { proposal, ...refused } = await workspace.mutate('proposeSpecialties', input, PROPOSAL, key);
  return (proposal ?? refused) as Proposal;
};

const decide = async (workspace: TestWorkspace, key: string, proposalId: string, approve: boolean, reason?: string) => {
  const input = { proposalId, approve, ...(reason === undefined ? {} : { reason }) };
  const { proposal, ...refused } = await workspace.mutate('decideSpecialties', input, PROPOSAL, key);
  return (proposal ?? refused) as Proposal;
};

const list = async (workspace: TestWorkspace, key: string, status?: string): Promise<(readonly [string, string])[]> => {
  const { data } = await workspace.send<{
    specialtyProposals: { edges: { node: { status: string; rep: { key: string } } }[] };
  }>(
    'query ($status: ProposalStatus) { specialtyProposals(status: $status) { edges { node { status rep { key } } } } }',
    { status },
    key,
  );
  return (data?.specialtyProposals.edges ?? []).map(({ node }) => [node.rep.key, node.status]);
};

const known = async ({ send }: TestWorkspace, key: string): Promise<unknown> =>
  (
    await send<{ rep: object }>(
      'query ($key: String!) { rep(key: $key) { specialties industries regions products employeesMin employeesMax } }',
      { key },
    )
  ).data?.rep;

const NOTHING = { specialties: [], industries: [], regions: [], products: [], employeesMin: null, employeesMax: null };

describe('what a rep proposes', () => {
  test('counts from the next lead on once it is approved, where steps compare and where they prefer', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const [bob, alma] = [await workspace.keyFor('REP', 'bob'), await workspace.keyFor('MANAGER', 'alma')];
    const leads = [{ industry: 'health' }, { productInterest: 'robots' }];
    const before = await workspace.submitAll(leads);
    expect(before.map(({ owner, stepKey }) => [owner, stepKey])).toEqual([
      ['ann', 'everyone'],
      ['bob', 'everyone'],
    ]);
    const { id, status } = await propose(workspace, bob, { industries: ['Health'], products: ['robots'] });
    expect([status, await known(workspace, 'bob')]).toEqual(['OPEN', NOTHING]);
    expect((await workspace.submitAll(leads)).map(({ stepKey }) => stepKey)).toEqual(['everyone', 'everyone']);
    app.clock.advance(60_000);
    expect(await decide(workspace, alma, id, true, 'well earned')).toMatchObject({
      status: 'APPROVED',
      reason: 'well earned',
      decidedBy: expect.stringMatching(/^key:/),
      decidedAt: app.clock.now().toISOString(),
    });
    expect(await known(workspace, 'bob')).toEqual({ ...NOTHING, industries: ['Health'], products: ['robots'] });
    const after = await workspace.submitAll([...leads, ...leads]);
    expect(after.map(({ owner, stepKey }) => [owner, stepKey])).toEqual([
      ['bob', 'health'],
      ['bob', 'everyone'],
      ['bob', 'health'],
      ['bob', 'everyone'],
    ]);
    expect(await differing(app, workspace.id)).toEqual([]);
  });

  test('leaves what it does not name as it is, and clears what is emptied', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const ann = await workspace.keyFor('REP', 'ann');
    const said = await propose(workspace, ann, { regions: ['DE-BE', 'DE-BE'], employeesMin: 10, note: ' my\nhome ' });
    expect(said).toMatchObject({
      note: 'my\nhome',
      rep: { key: 'ann' },
      specialties: { ...NOTHING, industries: ['retail'], regions: ['DE-BE'], employeesMin: 10, employeesMax: 100 },
    });
    await decide(workspace, workspace.key, said.id, true);
    const cleared = await propose(workspace, ann, { industries: [], employeesMax: null });
    await decide(workspace, workspace.key, cleared.id, true);
    expect(await known(workspace, 'ann')).toEqual({ ...NOTHING, regions: ['DE-BE'], employeesMin: 10 });
  });

  test('leaves alone what was changed meanwhile and it does not name', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const { id } = await propose(workspace, await workspace.keyFor('REP', 'ann'), { employeesMin: 10 });
    await workspace.updateRep('ann', { industries: ['mining'], products: ['drills'] });
    expect(await decide(workspace, workspace.key, id, true)).toMatchObject({
      specialties: { industries: ['mining'], products: ['drills'], employeesMin: 10 },
    });
    expect(await known(workspace, 'ann')).toMatchObject({
      industries: ['mining'],
      products: ['drills'],
      employeesMin: 10,
    });
  });

  test('cannot be approved when it no longer fits what the rep is known for', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const { id } = await propose(workspace, await workspace.keyFor('REP', 'ann'), { employeesMin: 50 });
    await workspace.updateRep('ann', { employeesMax: 20 });
    expect(await decide(workspace, workspace.key, id, true)).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await list(workspace, workspace.key)).toEqual([['ann', 'OPEN']]);
  });

  test('changes nothing when it is refused', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const { id } = await propose(workspace, await workspace.keyFor('REP', 'ann'), { industries: ['health'] });
    const before = await known(workspace, 'ann');
    expect(await decide(workspace, workspace.key, id, false, 'not yet')).toMatchObject({
      status: 'REFUSED',
      reason: 'not yet',
    });
    expect(await known(workspace, 'ann')).toEqual(before);
    expect((await workspace.submit({ industry: 'health' })).stepKey).toBe('everyone');
  });

  test.each([true, false])('is decided once, at first by %s', async (approve) => {
    const workspace = await openWorkspace(app, COMPANY);
    const { id } = await propose(workspace, await workspace.keyFor('REP', 'ann'), { industries: ['health'] });
    const { status } = await decide(workspace, workspace.key, id, approve);
    const after = await known(workspace, 'ann');
    for (const again of [true, false]) {
      expect(await decide(workspace, workspace.key, id, again)).toMatchObject({ code: 'PROPOSAL_DECIDED' });
    }
    expect([await list(workspace, workspace.key), await known(workspace, 'ann')]).toEqual([[['ann', status]], after]);
  });

  test('is decided by one of several who decide at the same moment', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const { id } = await propose(workspace, await workspace.keyFor('REP', 'ann'), { industries: ['health'] });
    const answers = await Promise.all(
      [true, false, true].map((approve) => decide(workspace, workspace.key, id, approve)),
    );
    expect(answers.filter(({ code }) => code === 'PROPOSAL_DECIDED')).toHaveLength(2);
    const [decided] = answers.filter(({ code }) => code === undefined);
    expect(await list(workspace, workspace.key)).toEqual([['ann', decided?.status]]);
  });

  test('replaces what the same rep had proposed and nobody has decided; what was decided stays', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const [ann, bob] = [await workspace.keyFor('REP', 'ann'), await workspace.keyFor('REP', 'bob')];
    const refused = await propose(workspace, ann, { industries: ['mining'] });
    await decide(workspace, workspace.key, refused.id, false);
    const first = await propose(workspace, ann, { industries: ['health'] });
    await propose(workspace, bob, { industries: ['health'] });
    const many = await Promise.all(['a', 'b', 'c'].map((product) => propose(workspace, ann, { products: [product] })));
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set(['OPEN']));
    expect(await list(workspace, workspace.key, 'OPEN')).toEqual([
      ['ann', 'OPEN'],
      ['bob', 'OPEN'],
    ]);
    expect(await list(workspace, workspace.key)).toHaveLength(3);
    expect(await decide(workspace, workspace.key, first.id, true)).toMatchObject({ code: 'NOT_FOUND' });
  });

  test.each<[string, object, RegExp]>([
    ['sizes the wrong way round', { employeesMin: 50, employeesMax: 10 }, /employeesMax/],
    ['a size beside what is known', { employeesMin: 200 }, /employeesMax/],
    ['too long a list', { industries: Array.from({ length: 101 }, (_, index) => `i${index}`) }, /industries/],
    ['too long a note', { note: 'x'.repeat(2_001) }, /note/],
    ['an empty entry', { regions: [' '] }, /^regions\[0\]: must not be empty$/],
  ])('is refused for %s', async (_, input, issue) => {
    const workspace = await openWorkspace(app, COMPANY);
    const ann = await workspace.keyFor('REP', 'ann');
    const { code, issues } = await propose(workspace, ann, input);
    expect([code, String(issues)]).toEqual(['INVALID_INPUT', expect.stringMatching(issue)]);
    expect(await list(workspace, ann)).toEqual([]);
  });

  test('is refused of a key that is no rep’s', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    expect(await propose(workspace, workspace.key, { industries: ['health'] })).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('whose proposals one sees and decides', () => {
  test('are one’s own to see, and those of the team to decide, never one’s own', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const [ann, cy, alma, manager] = [
      await workspace.keyFor('REP', 'ann'),
      await workspace.keyFor('REP', 'cy'),
      await workspace.keyFor('MANAGER', 'alma'),
      await workspace.keyFor('MANAGER'),
    ];
    const wanted = { industries: ['health'] };
    const [anns, cys, almas] = [
      await propose(workspace, ann, wanted),
      await propose(workspace, cy, wanted),
      await propose(workspace, alma, wanted),
    ];
    const seen = async (key: string) => (await list(workspace, key)).map(([rep]) => rep);
    expect(await seen(ann)).toEqual(['ann']);
    expect(await seen(alma)).toEqual(['alma', 'ann']);
    expect(await seen(manager)).toEqual(['alma', 'cy', 'ann']);

    const unknown = await decide(workspace, alma, cys.id.slice(0, -4), true);
    expect(unknown.code).toBe('NOT_FOUND');
    expect(await decide(workspace, alma, cys.id, true)).toEqual(unknown);
    expect(await decide(workspace, alma, almas.id, true)).toEqual(unknown);
    expect((await decide(workspace, alma, anns.id, true)).status).toBe('APPROVED');
    expect((await decide(workspace, manager, cys.id, true)).status).toBe('APPROVED');
    expect(await list(workspace, workspace.key, 'OPEN')).toEqual([['alma', 'OPEN']]);
    const node = async (id: string, key: string) =>
      (await workspace.send<{ node: object | null }>('query ($id: ID!) { node(id: $id) { id } }', { id }, key)).data
        ?.node;
    expect([await node(anns.id, ann), await node(cys.id, ann), await node(almas.id, ann)]).toEqual([
      { id: anns.id },
      null,
      null,
    ]);
  });
});
