import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { checksums } from '../support/checksums.ts';
import { carryOut, everyday, happen, leaving, move } from '../support/happenings.ts';
import type { Leaving, Report } from '../support/moves.ts';
import { randomCompany } from '../support/randomCompany.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const reportOf = (result: Report | Leaving): Report => ('report' in result ? result.report : result);

/** What it came to, but for whether anything was moved. */
function told(result: Report | Leaving): object {
  const { dryRun: _, ...report } = reportOf(result);
  return 'report' in result ? { ...result, report } : report;
}

/** The leads whose owner is not the one that a report names. */
async function misreported(workspace: TestWorkspace, { leads = [] }: Report): Promise<string[]> {
  const owners = await Promise.all(leads.map(async ({ id, to }) => ({ to, owner: await workspace.owner(id ?? '') })));
  return owners.filter(({ to, owner }) => to !== owner).map(({ to, owner }) => `${to}, not ${owner}`);
}

test('a dry run of moving many leads, or of a rep’s leaving, changes nothing and says exactly what then happens', async () => {
  await fc.assert(
    fc.asyncProperty(
      randomCompany,
      fc.array(everyday, { minLength: 3, maxLength: 12 }),
      fc.array(fc.oneof(move, leaving), { minLength: 1, maxLength: 3 }),
      async ({ text }, history, moves) => {
        const workspace = await openWorkspace(app, text);
        for (const each of history) await happen(app, workspace, each);
        for (const each of moves) {
          const before = await checksums(app.database);
          const foreseen = await carryOut(workspace, each, true);
          expect(await checksums(app.database)).toEqual(before);
          const happened = await carryOut(workspace, each);
          expect(told(happened)).toEqual(told(foreseen));
          expect(await misreported(workspace, reportOf(happened))).toEqual([]);
        }
      },
    ),
    { numRuns: 10, endOnFailure: true },
  );
});
