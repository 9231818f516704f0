import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeId } from '../../src/graphql/ids.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { checksums } from '../support/checksums.ts';
import { carryOut, comeToRest, everyday, happen, leaving, move, submission } from '../support/happenings.ts';
import type { Leaving, Report } from '../support/moves.ts';
import { randomCompany } from '../support/randomCompany.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  // Without a sweep of its own: nothing happens between a dry run and what it says.
  app = await startTestApp({ config: { role: 'api' } });
});
afterAll(() => app.stop());

const reportOf = (result: Report | Leaving): Report => ('report' in result ? result.report : result);

/** What it came to, but for whether anything was moved. */
function told(result: Report | Leaving): object {
  const { dryRun: _, ...report } = reportOf(result);
  return 'report' in result ? { ...result, report } : report;
}

/** The leads whose owner is not the one that a report names. What waited for somebody may have been served since. */
async function misreported({ id }: TestWorkspace, { leads = [] }: Report): Promise<string[]> {
  const { rows } = await app.database.pool.query<{ id: string; owner: string }>(
    `SELECT DISTINCT ON (a."leadId") a."leadId" AS "id", r."key" AS "owner" FROM "Assignment" a
     JOIN "Rep" r ON r."workspaceId" = $1 AND r."id" = a."repId"
     WHERE a."workspaceId" = $1 AND a."assignedBy" IS DISTINCT FROM 'queue' ORDER BY a."leadId", a."number" DESC`,
    [id],
  );
  const owners = new Map(rows.map((row) => [encodeId('Lead', row.id), row.owner]));
  return leads
    .filter(({ id: leadId, to }) => to !== owners.get(leadId ?? ''))
    .map(({ id: leadId, to }) => `${to}, not ${owners.get(leadId ?? '')}`);
}

test('a dry run of moving many leads, or of a rep’s leaving, changes nothing and says exactly what then happens', async () => {
  await fc.assert(
    fc.asyncProperty(
      randomCompany,
      fc.array(everyday, { minLength: 3, maxLength: 12 }),
      // Some of it waits, or is offered, when it is moved.
      submission,
      fc.array(fc.oneof(move, leaving), { minLength: 1, maxLength: 3 }),
      async ({ text }, history, last, moves) => {
        const workspace = await openWorkspace(app, text);
        for (const each of [...history, last]) await happen(app, workspace, each);
        for (const each of moves) {
          const before = await checksums(app.database);
          const foreseen = await carryOut(workspace, each, true);
          expect(await checksums(app.database)).toEqual(before);
          const happened = await carryOut(workspace, each);
          expect(told(happened)).toEqual(told(foreseen));
          expect(await misreported(workspace, reportOf(happened))).toEqual([]);
          await comeToRest(app);
        }
      },
    ),
    { numRuns: 10, endOnFailure: true },
  );
});
