import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { books, IN_ORDER } from '../support/books.ts';
import { differing } from '../support/replay.ts';
import { MINUTE, pass } from '../support/time.ts';
import { say } from '../support/waiting.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

/* A decision lists a hundred of those considered; of the others it keeps how many there were, and what they weighed. */

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const SIZE = 150;
const STRATEGIES = ['ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED', 'LEAST_LOADED'];
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

describe.each(STRATEGIES)('%s in a pool of 150', (strategy) => {
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

const mindful = fc.record({
  strategy: fc.constantFrom(...STRATEGIES),
  catchUp: fc.constantFrom('NONE', 'BOUNDED', 'FULL'),
  catchUpLeads: fc.integer({ min: 1, max: 2 }),
  maxAhead: fc.option(fc.integer({ min: 1, max: 2 })),
  skips: fc.constantFrom(['OUT_OF_OFFICE', 'PAUSED'], ['PAUSED'], []),
  horizonHours: fc.option(fc.constantFrom(1, 100)),
  memberCapacity: fc.option(fc.integer({ min: 1, max: 3 })),
});
const offering = fc.record({
  offerSeconds: fc.option(fc.constant(60)),
  whenNobody: fc.constantFrom({ kind: 'NEXT_STEP' }, { kind: 'ASSIGN_ANYWAY' }),
});
/** Every so many members are away or back, from one of them on; so many leads come; so many minutes go by. */
const event = fc.oneof(
  fc.record({
    kind: fc.constantFrom('PAUSED', 'OUT_OF_OFFICE', 'AVAILABLE'),
    count: fc.integer({ min: 2, max: 9 }),
    from: fc.nat({ max: SIZE - 1 }),
  }),
  fc.record({ kind: fc.constant('LEADS'), count: fc.integer({ min: 1, max: 15 }), from: fc.constant(0) }),
  fc.record({ kind: fc.constant('MINUTES'), count: fc.constantFrom(2, 130), from: fc.constant(0) }),
);

async function happen(workspace: TestWorkspace, { kind, count, from }: { kind: string; count: number; from: number }) {
  if (kind === 'LEADS') {
    const [first] = await workspace.submitAll(leads(count));
    if (count % 3 === 0) await workspace.close(first?.id ?? '', 'DISQUALIFIED');
  } else if (kind === 'MINUTES') await pass(app, count * MINUTE);
  else {
    const until = kind === 'OUT_OF_OFFICE' ? { until: new Date(app.clock.now().getTime() + count * 60 * MINUTE) } : {};
    const some = MEMBERS.filter((_member, index) => index >= from && index % count === 0);
    await Promise.all(some.map((rep) => say(workspace, rep, { status: kind, ...until })));
  }
}

test('decides the same when replayed whatever it minds and catches up with, while members come and go', async () => {
  await fc.assert(
    fc.asyncProperty(mindful, offering, fc.array(event, { minLength: 4, maxLength: 10 }), async (pool, step, story) => {
      const workspace = await openWorkspace(app, company({ pool, steps: [{ ...EVERYONE, ...step }] }));
      for (const each of [...story, { kind: 'LEADS', count: 3, from: 0 }]) await happen(workspace, each);
      expect(await differing(app, workspace.id)).toEqual([]);
      expect(await books(app, workspace.id)).toEqual(IN_ORDER);
    }),
    { numRuns: 4, endOnFailure: true },
  );
});

test('decides the same when replayed, also where who is away has earned as much as they may', async () => {
  // Looked at one by one before, so that they are known one by one, and of others only what they weigh together.
  const steps = STEPS[1]?.[1] ?? [];
  const workspace = await openWorkspace(app, company({ pool: { catchUp: 'BOUNDED', catchUpLeads: 1 }, steps }));
  for (const rep of MEMBERS.slice(-2)) await say(workspace, rep, { status: 'PAUSED' });
  await workspace.submitAll(leads(310));
  expect(await differing(app, workspace.id)).toEqual([]);
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
