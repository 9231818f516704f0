import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const is = (field: string, value: string | number | boolean, operator = 'EQUALS') => ({ field, operator, value });

/** Every kind of step, of which a lead that says nothing of itself matches the last one alone. */
const COMPANY = JSON.stringify({
  apiVersion: 'fairlead/v1',
  kind: 'Company',
  reps: [
    { key: 'boss', name: 'Boss', email: 'boss@fairlead.example' },
    { key: 'ann', name: 'Ann Ash', email: 'ann@fairlead.example', manager: 'boss' },
    { key: 'bob', name: 'Bob Birch', email: 'bob@fairlead.example', manager: 'boss', status: 'PAUSED' },
    { key: 'cy', name: 'Cy Cedar', email: 'cy@fairlead.example', manager: 'boss', capacity: 1 },
    { key: 'dee', name: 'Dee Dogwood', email: 'dee@fairlead.example', manager: 'boss' },
  ],
  segments: [
    { key: 'big', name: 'Big', condition: is('employees', 500, 'AT_LEAST') },
    {
      key: 'hot',
      name: 'Hot',
      condition: { and: [is('score', 80, 'AT_LEAST'), { operator: 'MATCHES_SEGMENT', value: 'big' }] },
    },
  ],
  pools: [
    {
      key: 'main',
      name: 'Sales',
      strategy: 'WEIGHTED',
      members: [{ rep: 'ann', weight: 2 }, { rep: 'bob' }, { rep: 'cy' }, { rep: 'dee' }],
    },
    { key: 'empty', name: 'Nobody', strategy: 'WEIGHTED', members: [] },
  ],
  territories: [{ key: 'alps', name: 'The Alps', countries: ['AT', 'CH'], pool: 'main' }],
  accounts: [
    { key: 'acme', name: 'Acme', kind: 'CUSTOMER', domains: ['acme.example'], owner: 'ann' },
    { key: 'globex', name: 'Globex', kind: 'NAMED', domains: ['globex.example'], owner: 'bob' },
  ],
  plan: {
    steps: [
      { key: 'customers', kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } },
      { key: 'named', kind: 'NAMED_ACCOUNT', target: { kind: 'ACCOUNT_OWNER' } },
      { key: 'alps', kind: 'TERRITORY', target: { kind: 'TERRITORY' } },
      { key: 'dach', kind: 'SEGMENT', condition: is('country', 'DE'), target: { kind: 'POOL', pool: 'empty' } },
      {
        key: 'hot',
        kind: 'SEGMENT',
        condition: { operator: 'MATCHES_SEGMENT', value: 'hot' },
        target: { kind: 'REP', rep: 'dee' },
      },
      { key: 'everyone', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'main' } },
    ],
    lastResort: ['boss'],
  },
});

interface Told {
  readonly summary: string;
  readonly zusammenfassung: string;
  readonly unmatched: readonly { readonly stepKey: string; readonly why: string }[];
  readonly unpassend: readonly { readonly stepKey: string; readonly why: string }[];
  readonly steps: readonly {
    readonly stepKey: string | null;
    readonly yielded: boolean;
    readonly attempts: readonly {
      readonly via: string;
      readonly code: string | null;
      readonly tieBreak: string | null;
      readonly considered: readonly {
        readonly rep: { readonly key: string };
        readonly reason: string;
        readonly creditBefore: number | null;
        readonly creditAfter: number | null;
        readonly [field: string]: unknown;
      }[];
    }[];
  }[];
}

const ALL = `summary zusammenfassung: summary(language: DE)
  unmatched { stepKey why } unpassend: unmatched(language: DE) { stepKey why }
  steps { stepKey yielded attempts { via code tieBreak considered {
    rep { key } reason reasonText grund: reasonText(language: DE) load limit weight tier share received creditBefore creditAfter
    lastAssignment rank } } }`;

async function decision<Data = Told>(workspace: TestWorkspace, leadId: string, fields = ALL): Promise<Data> {
  const { data, errors } = await workspace.send<{ decision: Data }>(
    `query ($leadId: ID!) { decision(leadId: $leadId) { ${fields} } }`,
    { leadId },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.decision;
}

const why = (steps: readonly { readonly stepKey: string; readonly why: string }[]): Record<string, string> =>
  Object.fromEntries(steps.map((step) => [step.stepKey, step.why]));

describe('the steps before the one that decided', () => {
  test.each([
    [
      'a lead that says nothing',
      {},
      {
        customers: 'no account is known',
        named: 'no account is known',
        alps: 'no territory matches',
        dach: 'country is not known',
        hot: 'not in the segment hot (score is not known; not in the segment big (employees is not known))',
      },
      {
        customers: 'kein Kunde ist bekannt',
        named: 'kein Kunde ist bekannt',
        alps: 'kein Gebiet passt',
        dach: 'country ist nicht bekannt',
      },
    ],
    [
      'a lead of a named account, whose owner is away',
      { companyDomain: 'globex.example', country: 'FR', employees: 20, score: 90 },
      {
        customers: 'the account is a named one, no customer',
        alps: 'no territory matches',
        dach: 'country is FR, not DE',
      },
      { customers: 'ist Zielkunde, kein Kunde', dach: 'country ist FR, nicht DE' },
    ],
    ['a lead of a customer', { companyDomain: 'acme.example' }, {}, {}],
    [
      'a lead of the territory',
      { country: 'AT' },
      { customers: 'no account is known', named: 'no account is known' },
      {},
    ],
  ])('are told with why they did not match: %s', async (_, lead, english, german) => {
    const workspace = await openWorkspace(app, COMPANY);
    const { id } = await workspace.submit(lead);
    const { unmatched, unpassend, steps } = await decision(workspace, id);
    expect(why(unmatched)).toMatchObject(english);
    expect(why(unpassend)).toMatchObject(german);
    const tried = [...unmatched, ...steps].map(({ stepKey }) => stepKey);
    const all = ['customers', 'named', 'alps', 'dach', 'hot', 'everyone'];
    expect(new Set(tried)).toEqual(new Set(all.slice(0, all.indexOf(steps.at(-1)?.stepKey ?? '') + 1)));
    // In the plan's order, each as often as it was tried.
    expect(unmatched.map(({ stepKey }) => stepKey)).toEqual(
      all.filter((key) => unmatched.some(({ stepKey }) => stepKey === key)),
    );
    expect(tried).toHaveLength(new Set(tried).size);
  });

  test('are told by the plan and the segments as they were then', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const { id } = await workspace.submit({ score: 90, employees: 400 });
    const before = await decision(workspace, id, 'unmatched { stepKey why }');
    const { data } = await workspace.send<{ segments: { edges: { node: { id: string; key: string } }[] } }>(
      '{ segments { edges { node { id key } } } }',
    );
    const big = data?.segments.edges.find(({ node }) => node.key === 'big')?.node.id;
    const condition = is('employees', 100, 'AT_LEAST');
    expect(await workspace.mutate('updateSegment', { id: big, condition }, 'segment { key }')).toEqual({
      segment: { key: 'big' },
    });
    expect(await decision(workspace, id, 'unmatched { stepKey why }')).toEqual(before);
    const again = await workspace.submit({ score: 90, employees: 400 });
    expect(again.stepKey).toBe('hot');
  });

  test('are told as many as are asked for', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const { id } = await workspace.submit({});
    const counts = await decision<Record<string, readonly object[]>>(
      workspace,
      id,
      'two: unmatched(first: 2) { why } none: unmatched(first: 0) { why } all: unmatched(first: 1000) { why }',
    );
    expect(Object.entries(counts).map(([name, { length }]) => [name, length])).toEqual([
      ['two', 2],
      ['none', 1],
      ['all', 5],
    ]);
  });
});

describe('a step that matched and yielded nobody', () => {
  test('is told with why nobody in it took the lead', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const { id } = await workspace.submit({ companyDomain: 'globex.example', country: 'DE' });
    const { steps, summary, zusammenfassung } = await decision(workspace, id);
    expect(steps.map(({ stepKey, yielded, attempts }) => [stepKey, yielded, attempts.map(({ code }) => code)])).toEqual(
      [
        ['named', false, [null]],
        ['dach', false, ['POOL_EMPTY']],
        ['everyone', true, [null]],
      ],
    );
    expect(steps[0]?.attempts[0]?.considered).toMatchObject([
      { rep: { key: 'bob' }, reason: 'PAUSED', reasonText: 'paused', grund: 'pausiert' },
    ]);
    expect(summary).toContain('nobody could take it in named, dach');
    expect(zusammenfassung).toContain('vorher konnte ihn niemand übernehmen: named, dach');
  });
});

describe('the reps who were considered', () => {
  test('are told with every number, also those who were passed over', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const leads = await workspace.submitAll([{}, {}, {}, {}]);
    const { steps, summary, zusammenfassung } = await decision(workspace, leads[3]?.id ?? '');
    const [attempt] = steps[0]?.attempts ?? [];
    // Ann, heaviest, then Cy and Dee, level and in this order; Cy is full from then on, and Ann and Dee earn 2/3 and 1/3.
    expect(leads.map(({ owner }) => owner)).toEqual(['ann', 'cy', 'dee', 'ann']);
    expect(attempt).toMatchObject({ via: 'TARGET', code: null, tieBreak: 'CREDIT' });
    const nothing = { weight: 1, tier: 0, share: 0, rank: null };
    expect(attempt?.considered).toEqual([
      {
        rep: { key: 'ann' },
        reason: 'CHOSEN',
        reasonText: 'chosen',
        grund: 'ausgewählt',
        load: 1,
        limit: 50,
        weight: 2,
        tier: 0,
        share: expect.closeTo(2 / 3, 9),
        received: 1,
        creditBefore: expect.closeTo(2 / 3, 6),
        creditAfter: expect.closeTo(1 / 3, 6),
        lastAssignment: 1,
        rank: 1,
      },
      expect.objectContaining({
        rep: { key: 'dee' },
        reason: 'NOT_THEIR_TURN',
        reasonText: 'number 2 in line',
        rank: 2,
      }),
      expect.objectContaining({
        ...nothing,
        rep: { key: 'bob' },
        reason: 'PAUSED',
        load: 0,
        received: 0,
        lastAssignment: 0,
      }),
      expect.objectContaining({
        ...nothing,
        rep: { key: 'cy' },
        reason: 'AT_CAPACITY',
        reasonText: 'open 1 of 1',
        grund: '1 von 1 offen',
        load: 1,
        limit: 1,
        received: 1,
        lastAssignment: 2,
      }),
    ]);
    expect(summary).toMatch(
      /^Step everyone → Ann Ash; pool Sales, highest credit .*; passed over: Bob Birch \(paused\), Cy Cedar \(open 1 of 1\)/,
    );
    expect(zusammenfassung).toMatch(
      /^Schritt everyone → Ann Ash; Pool Sales, höchstes Guthaben .*; übergangen: Bob Birch \(pausiert\), Cy Cedar \(1 von 1 offen\)/,
    );
  });

  test.each(['ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED', 'LEAST_LOADED'])(
    'earn together what the one chosen pays, %s',
    async (strategy) => {
      const workspace = await openWorkspace(app, COMPANY.replace('"strategy":"WEIGHTED"', `"strategy":"${strategy}"`));
      const leads = await workspace.submitAll([70, 20, 33, 95, 5, 60].map((score) => ({ score })));
      for (const { id } of leads) {
        const { steps } = await decision(workspace, id);
        const considered = steps.at(-1)?.attempts.at(-1)?.considered ?? [];
        const changes = considered.map(({ creditBefore, creditAfter }) => (creditAfter ?? 0) - (creditBefore ?? 0));
        expect(changes.filter((change) => Math.abs(change) > 1e-6).length).toBeGreaterThan(1);
        expect(changes.reduce((sum, change) => sum + change, 0)).toBeCloseTo(0, 6);
        // Nobody but the one chosen loses any.
        expect(changes.map((change) => change < 0)).toEqual(considered.map(({ reason }) => reason === 'CHOSEN'));
      }
    },
  );

  test('stand as a preview of the same lead had them', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const lead = { companyDomain: 'globex.example', score: 90, industry: 'software' };
    const { data } = await workspace.send<{ previewRouting: { decision: Told } }>(
      `query ($input: LeadInput!) { previewRouting(input: $input) { ... on PreviewRoutingSuccess { decision { ${ALL} } } } }`,
      { input: lead },
    );
    const { id } = await workspace.submit(lead);
    expect(await decision(workspace, id)).toEqual(data?.previewRouting.decision);
  });
});

describe('a decision that no step has made', () => {
  test('has no steps, and says by what it came about', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const { id } = await workspace.submit({ email: 'x@one.example' });
    const second = await workspace.submit({ email: 'x@one.example' });
    await workspace.assign(id, 'dee');
    const fields = 'method stepKey steps { stepKey } unmatched { stepKey } duplicateOf { id } summary';
    const bare = { stepKey: null, steps: [], unmatched: [] };
    expect(await decision(workspace, id, fields)).toEqual({
      ...bare,
      // The step that had routed it: an escalation begins there.
      stepKey: 'everyone',
      method: 'MANUAL',
      duplicateOf: null,
      summary: 'By hand → Dee Dogwood.',
    });
    const other = await workspace.submit({ email: 'x@one.example' });
    expect([second.owner, other.owner]).toEqual(['ann', 'dee']);
    expect(await decision(workspace, other.id, fields)).toEqual({
      ...bare,
      method: 'DUPLICATE',
      duplicateOf: { id },
      summary: 'The same person again → Dee Dogwood.',
    });
    const { data } = await workspace.send(
      'query ($leadId: ID!) { replayDecision(leadId: $leadId) { ... on ReplayDecisionSuccess { replayed same differences } } }',
      { leadId: id },
    );
    expect(data).toEqual({ replayDecision: { replayed: false, same: true, differences: [] } });
  });
});

describe('who may see inside', () => {
  test('are those who work there; a partner who brought the lead is refused', async () => {
    const workspace = await openWorkspace(app, COMPANY);
    const partner = await workspace.keyFor('PARTNER');
    const { id, owner } = await workspace.submit({}, { key: partner });
    const ask = async (key: string) => {
      const { data, errors } = await workspace.send<Record<string, { summary?: string; code?: string } | null>>(
        `query ($leadId: ID!) { decision(leadId: $leadId) { summary } replayDecision(leadId: $leadId) { ... on ReplayDecisionSuccess { same } ... on Error { code } } }`,
        { leadId: id },
        key,
      );
      return { data, codes: errors.map(({ extensions }) => extensions?.code) };
    };
    expect(await ask(partner)).toMatchObject({ data: null, codes: expect.arrayContaining(['FORBIDDEN']) });
    expect(await ask(await workspace.keyFor('REP', owner))).toMatchObject({
      data: { decision: { summary: expect.stringContaining('→ Ann Ash') }, replayDecision: { same: true } },
    });
    // To a rep whose lead it is not, it does not exist.
    expect(await ask(await workspace.keyFor('REP', 'dee'))).toMatchObject({
      data: { decision: null, replayDecision: { code: 'NOT_FOUND' } },
    });
  });
});
