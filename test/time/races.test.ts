import { afterAll, beforeAll, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectSound, MINUTE, open, policy, someone, startSecond } from '../support/time.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
let second: App;
let workspace: TestWorkspace;
const REPS = Array.from({ length: 12 }, (_, index) => `rep-${index + 1}`);
const keys = new Map<string, string>();
const NAMES = new Map(['boss', ...REPS].map((key) => [`Rep ${key}`, key]));

beforeAll(async () => {
  app = await startTestApp();
  second = await startSecond(app);
  const rung = { afterSeconds: 60, action: 'REASSIGN' as const };
  workspace = await open(app, { reps: REPS, step: { offerSeconds: 60 }, slaPolicies: [policy('p', [rung])] });
  for (const rep of REPS) keys.set(rep, await workspace.keyFor('REP', rep));
});
afterAll(async () => {
  await second.stop();
  await app.stop();
});

interface Answered {
  readonly code?: string;
  readonly message?: string;
}

/** Calls a mutation at one of the two servers. */
async function call(server: number, name: string, input: object, key: string): Promise<Answered> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename ... on Error { code message } } }`;
  const response = await fetch(`${(server % 2 === 0 ? app.app : second).url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data, errors } = (await response.json()) as { data?: Record<string, Answered>; errors?: unknown };
  const result = data?.[name];
  if (!result) throw new Error(JSON.stringify(errors));
  return result;
}

interface Owned {
  readonly id: string;
  readonly rep: string;
  readonly method: string;
  readonly offerStatus: string | null;
  readonly firstContactAt: Date | null;
  readonly assignedAt: Date;
  readonly endedAt: Date | null;
}

/** The owners of leads, in order, by the lead. */
async function ownersOf(leads: readonly string[]): Promise<Owned[][]> {
  const ids = leads.map((id) => Buffer.from(id, 'base64url').toString().replace('Lead:', ''));
  const { rows } = await app.database.pool.query<Owned & { leadId: string }>(
    `SELECT a.*, r."key" AS "rep" FROM "Assignment" a
     JOIN "Rep" r ON r."workspaceId" = a."workspaceId" AND r."id" = a."repId"
     WHERE a."workspaceId" = $1 AND a."leadId" = ANY ($2::uuid[]) ORDER BY a."number"`,
    [workspace.id, ids],
  );
  return ids.map((id) => rows.filter(({ leadId }) => leadId === id));
}

const LEADS = 50;
const TIMES = 20;

test(`${LEADS * TIMES} leads that are declined, called, given away by hand and overdue at one instant, at two servers, have one owner each; the losers hear who`, async () => {
  const won = { decline: 0, contact: 0, hand: 0, time: 0 };
  for (let time = 0; time < TIMES; time += 1) {
    const leads = (await workspace.submitAll(Array.from({ length: LEADS }, () => someone()))).map(({ id }) => id);
    const before = (await ownersOf(leads)).map(([first]) => first as Owned);
    app.clock.advance(MINUTE);

    const answers = leads.map(async (leadId, index) => {
      const { id, rep } = before[index] as Owned;
      const key = keys.get(rep) as string;
      const to = REPS[(REPS.indexOf(rep) + 1 + (index % (REPS.length - 1))) % REPS.length] as string;
      const assignmentId = Buffer.from(`Assignment:${id}`).toString('base64url');
      const all = [
        () => call(index, 'declineAssignment', { assignmentId, reason: 'No' }, key),
        () => call(index + 1, 'recordActivity', { leadId, kind: 'CALL' }, key),
        () => call(index + 2, 'assignLead', { leadId, repId: workspace.rep(to), reason: 'r' }, workspace.key),
      ];
      // Who is first differs from lead to lead.
      const started = all.map((_, at) => (at + index) % all.length).map((at) => [at, all[at]?.()] as const);
      const done = new Map(
        await Promise.all(started.map(async ([at, answer]) => [at, (await answer) as Answered] as const)),
      );
      return { to, declined: done.get(0), called: done.get(1), given: done.get(2) };
    });
    // Every other time the sweeps begin when the first answer is there and the others are under way.
    if (time % 2 === 1) await Promise.race(answers);
    const sweeps = [app.sweep(), second.sweep()];
    const told = await Promise.all(answers);
    await Promise.all(sweeps);

    for (const [index, owners] of (await ownersOf(leads)).entries()) {
      const { to, declined, called, given } = told[index] as Awaited<(typeof answers)[number]>;
      const [first, ...later] = owners as [Owned, ...Owned[]];
      // Exactly one has it now, and each got it when the former was rid of it.
      expect(owners.map(({ endedAt }) => endedAt === null)).toEqual(owners.map((_, at) => at === owners.length - 1));
      expect(owners.slice(0, -1).map(({ endedAt }) => endedAt)).toEqual(later.map(({ assignedAt }) => assignedAt));
      // By hand it always changes hands, unless that is where it was; everything else can lose.
      expect(given?.code).toBeUndefined();
      expect(owners.map(({ rep }) => rep)).toContain(to);
      const { code, message = '' } = declined ?? {};
      if (code === 'NOT_THE_OWNER') {
        const name = /^The lead has moved on; (.+) owns it now\.$/.exec(message)?.[1] ?? '';
        expect(later.map(({ rep }) => rep)).toContain(NAMES.get(name));
      } else if (code === 'NO_OFFER') expect(first.offerStatus).toBe('ACCEPTED');
      else expect(code).toBeUndefined();
      expect(first.offerStatus === 'DECLINED').toBe(code === undefined);
      // A former owner is told; one who was quick enough has answered, or it counts as anybody's.
      if (called?.code !== undefined) expect(called.code).toBe('NOT_THE_OWNER');
      if (first.firstContactAt !== null) expect([called?.code, first.offerStatus]).toEqual([undefined, 'ACCEPTED']);
      if (code === undefined) won.decline += 1;
      else if (first.firstContactAt !== null) won.contact += 1;
      else if (later[0]?.method === 'MANUAL') won.hand += 1;
      else won.time += 1;
    }
    await Promise.all(
      leads.map((leadId, index) => call(index, 'updateLeadStatus', { leadId, status: 'LOST' }, workspace.key)),
    );
  }
  // Each of them has won at times, or nothing raced.
  expect(Object.values(won).every((count) => count > 0)).toBe(true);
  expect(Object.values(won).reduce((sum, count) => sum + count, 0)).toBe(LEADS * TIMES);
  await expectSound(app, workspace);
});
