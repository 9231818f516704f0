import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { checksums } from '../support/checksums.ts';
import { onePool } from '../support/companies.ts';
import { REPS, randomCompany, randomLead, randomLeads, withoutWaiting } from '../support/randomCompany.ts';
import { simulate, submitted } from '../support/simulation.ts';
import { HOUR } from '../support/time.ts';
import { say } from '../support/waiting.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

/* On random small companies that use everything decisions go by. */

let app: TestApp;
beforeAll(async () => {
  // Without a sweep of its own: no lead moves on by itself.
  app = await startTestApp({ config: { role: 'api' } });
});
afterAll(() => app.stop());

/** Shrinking takes longer than a test may. */
const RUNS = { numRuns: 15, endOnFailure: true };

test('given leads come to exactly what publishing the version and submitting them then comes to; nothing changes', async () => {
  await fc.assert(
    fc.asyncProperty(
      randomCompany.map(withoutWaiting),
      randomLeads(12),
      randomLeads(12),
      async ({ text, draft }, history, leads) => {
        const workspace = await openWorkspace(app, text);
        await submitted(workspace, history);
        const { plan } = await workspace.mutate('savePlanDraft', draft, 'plan { version }');
        const { version } = plan as { version: number };
        const before = await checksums(app.database);
        const { after } = await simulate(workspace, { leads });
        expect(await checksums(app.database)).toEqual(before);
        expect(await workspace.mutate('publishPlan', { version }, 'plan { version }')).toHaveProperty('plan');
        expect(after).toEqual(await submitted(workspace, leads));
      },
    ),
    RUNS,
  );
});

/** A lead that comes, and perhaps one of those that are open, by position, that is closed after it. */
const happening = fc.record({
  lead: randomLead,
  close: fc.constantFrom(null, null, 'WON', 'DISQUALIFIED'),
  which: fc.nat(),
  minutes: fc.integer({ min: 1, max: 600 }),
});

interface Leave {
  readonly rep: string;
  readonly delegate: string | null;
  /** Hours from the beginning until it begins. */
  readonly after: number;
  /** How long it lasts. */
  readonly hours: number;
}

/** A leave that is known from the beginning. */
const leave: fc.Arbitrary<Leave> = fc.record({
  rep: fc.constantFrom(...REPS),
  delegate: fc.option(fc.constantFrom(...REPS)),
  after: fc.integer({ min: 0, max: 50 }),
  hours: fc.integer({ min: 1, max: 50 }),
});

async function declare(workspace: TestWorkspace, { rep, delegate, after, hours }: Leave): Promise<void> {
  const from = app.clock.now().getTime() + after * HOUR;
  const delegateId = delegate === null || delegate === rep ? {} : { delegateId: workspace.rep(delegate) };
  const said = { from: new Date(from), until: new Date(from + hours * HOUR), ...delegateId };
  await say(workspace, rep, { status: 'OUT_OF_OFFICE', ...said });
}

test('the last leads, however many, by the published plan come to what they came to; nothing changes', async () => {
  await fc.assert(
    fc.asyncProperty(
      randomCompany.map(withoutWaiting),
      fc.array(leave, { maxLength: 3 }),
      fc.array(happening, { minLength: 2, maxLength: 25 }),
      fc.nat(),
      fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true }),
      async ({ text }, leaves, happenings, some, start) => {
        app.clock.set(start);
        const workspace = await openWorkspace(app, text);
        for (const each of leaves) await declare(workspace, each);
        const open: string[] = [];
        let stored = 0;
        for (const { lead, close, which, minutes } of happenings) {
          app.clock.advance(minutes * 60_000);
          const { id } = await workspace.submit(lead);
          if (id !== '') {
            open.push(id);
            stored += 1;
          }
          app.clock.advance(1_000);
          const [closed] = close === null || open.length === 0 ? [] : open.splice(which % open.length, 1);
          if (closed !== undefined && close !== null) await workspace.close(closed, close);
        }
        const last = stored === 0 ? 1 : (some % stored) + 1;
        const checked = await checksums(app.database);
        const { before, after, changed } = await simulate(workspace, { last });
        expect(await checksums(app.database)).toEqual(checked);
        expect(before).toHaveLength(Math.min(last, stored));
        expect(after).toEqual(before);
        expect(changed).toBe(0);
      },
    ),
    RUNS,
  );
});

test('of the last leads none goes to who was on leave then, though back by now', async () => {
  const workspace = await openWorkspace(app, onePool(2));
  await declare(workspace, { rep: 'rep-1', delegate: null, after: 0, hours: 1 });
  for (const email of ['a@one.example', 'b@two.example', 'c@three.example']) {
    await workspace.submit({ email });
    app.clock.advance(1_000);
  }
  app.clock.advance(2 * HOUR);
  const { before, after } = await simulate(workspace, { last: 3 });
  expect(after).toEqual(before);
  expect(after).toEqual(Array(3).fill(expect.objectContaining({ rep: 'rep-2', pool: 'main' })));
});
