import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { books, IN_ORDER } from '../support/books.ts';
import { differing } from '../support/replay.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

/* A decision lists a hundred of those considered; of the others it keeps how many there were, and what they weighed. */

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const SIZE = 150;
const MEMBERS = Array.from({ length: SIZE }, (_, index) => `rep-${index + 1}`);
const weightOf = (index: number): number => 1 + (index % 7);

interface Given {
  readonly strategy?: string;
  readonly pool?: object;
  readonly steps?: readonly object[];
}

const EVERYONE = { key: 'everyone', kind: 'DEFAULT', target: { kind: 'POOL', pool: 'main' } };
const MATCH = [{ repField: 'specialties', operator: 'CONTAINS', leadField: 'industry' }];

const company = ({ strategy = 'WEIGHTED', pool = {}, steps = [EVERYONE] }: Given): string =>
  JSON.stringify({
    apiVersion: 'fairlead/v1',
    kind: 'Company',
    reps: ['boss', ...MEMBERS].map((key) => ({ key, name: key, email: `${key}@fairlead.example` })),
    pools: [
      {
        key: 'main',
        name: 'Main',
        strategy,
        ...pool,
        members: MEMBERS.map((rep, index) => ({ rep, weight: weightOf(index) })),
      },
      { key: 'last', name: 'Last', strategy: 'ROUND_ROBIN', members: MEMBERS.slice(-3).map((rep) => ({ rep })) },
    ],
    plan: { steps, lastResort: ['boss'] },
  });

let people = 0;
const leads = (count: number): object[] =>
  Array.from({ length: count }, () => {
    people += 1;
    return { email: `someone-${people}@else.example`, industry: 'software', score: people % 100 };
  });

const STEPS: readonly (readonly [string, readonly object[]])[] = [
  ['in one look', [EVERYONE]],
  [
    'after a look at a few of them',
    [{ key: 'few', kind: 'SPECIALIZATION', match: MATCH, target: { kind: 'POOL', pool: 'last' } }, EVERYONE],
  ],
  [
    'after a look at all of them',
    [{ key: 'experts', kind: 'SPECIALIZATION', match: MATCH, target: { kind: 'POOL', pool: 'main' } }, EVERYONE],
  ],
];

describe.each(['ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED', 'LEAST_LOADED'])('%s in a pool of 150', (strategy) => {
  test.each(STEPS)('decides the same when replayed %s, also after turns were given back', async (_, steps) => {
    const workspace = await openWorkspace(app, company({ strategy, steps, pool: { memberCapacity: 1 } }));
    const [first, second] = await workspace.submitAll(leads(40));
    await workspace.close(first?.id ?? '', 'DISQUALIFIED');
    await workspace.close(second?.id ?? '', 'DISQUALIFIED');
    await workspace.submitAll(leads(5));
    expect(await differing(app, workspace.id)).toEqual([]);
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });
});

interface Attempt {
  readonly considered: readonly {
    readonly rank: number | null;
    readonly creditAfter: number;
    readonly share: number;
  }[];
  readonly omitted: object;
}

const lookOf = async (workspace: TestWorkspace, leadId: string, field = 'decision'): Promise<Attempt> => {
  const STEPS_OF = 'steps { attempts { considered { rank creditAfter share } omitted } }';
  const selection = field === 'decision' ? STEPS_OF : `... on ReplayDecisionSuccess { decision { ${STEPS_OF} } }`;
  const { data } = await workspace.send<Record<string, { steps: { attempts: Attempt[] }[]; decision: never }>>(
    `query ($leadId: ID!) { ${field}(leadId: $leadId) { ${selection} } }`,
    { leadId },
  );
  const { steps } = data?.[field]?.decision ?? data?.[field] ?? { steps: [] };
  return steps.at(-1)?.attempts.at(-1) as Attempt;
};

describe('what is told of it', () => {
  test('are the first hundred in line with their share of all 150, and how many more there were', async () => {
    const workspace = await openWorkspace(app, company({}));
    const { id } = await workspace.submit({});
    const look = await lookOf(workspace, id);
    const total = MEMBERS.reduce((sum, _member, index) => sum + weightOf(index), 0);
    expect(look.considered.map(({ rank }) => rank)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(look.omitted).toEqual({ NOT_THEIR_TURN: 50 });
    // All credits level, the heaviest stand first: seven in 150 weigh 7.
    expect(look.considered[0]?.share).toBeCloseTo(7 / total, 9);
    expect(look.considered[0]?.creditAfter).toBeCloseTo(7 / total - 1, 9);
  });

  test('is the same of the decision and of its replay', async () => {
    const workspace = await openWorkspace(app, company({ steps: STEPS[1]?.[1] ?? [] }));
    const { id } = await workspace.submit({ industry: 'software' });
    const [kept, again] = [await lookOf(workspace, id), await lookOf(workspace, id, 'replayDecision')];
    expect(again.considered).toEqual(kept.considered);
  });
});

describe('a lead of a pool of 150 that turns out to be none', () => {
  const creditsOf = async (workspace: TestWorkspace): Promise<Map<string, number>> =>
    new Map(Object.entries(await workspace.credits()).filter(([, credit]) => credit !== 0));

  test.each(['ROUND_ROBIN', 'WEIGHTED'])('leaves all credits as before it came, %s', async (strategy) => {
    const workspace = await openWorkspace(app, company({ strategy }));
    const { id } = await workspace.submit({});
    expect((await creditsOf(workspace)).size).toBe(SIZE);
    await workspace.close(id, 'DISQUALIFIED');
    const left = await creditsOf(workspace);
    // By name a hundred return what they earned; the others return their sum alike, so unequal weights leave a rest.
    expect(left.size).toBeLessThanOrEqual(strategy === 'ROUND_ROBIN' ? 0 : 50);
    expect([...left.values()].every((credit) => Math.abs(credit) < 0.01)).toBe(true);
  });

  test('leaves them so too when it was given by hand', async () => {
    const workspace = await openWorkspace(app, company({ strategy: 'ROUND_ROBIN' }));
    const { id } = await workspace.submit({});
    const before = await workspace.credits();
    await workspace.assign(id, 'rep-150');
    await workspace.close(id, 'DISQUALIFIED');
    const after = await workspace.credits();
    for (const rep of MEMBERS) expect([rep, after[rep]]).toEqual([rep, expect.closeTo(before[rep] as number, 9)]);
  });
});
