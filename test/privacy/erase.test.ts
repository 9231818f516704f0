import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { updateLeadStatus } from '../../src/assignment/changeLead.ts';
import { createLanes } from '../../src/assignment/lanes.ts';
import { eraseLead, eraseLeads } from '../../src/privacy/erase.ts';
import { eraseExpired } from '../../src/privacy/retention.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { books, IN_ORDER } from '../support/books.ts';
import { onePool } from '../support/companies.ts';
import { type Outcome, openWorkspace, type TestWorkspace } from '../support/workspace.ts';

const DAY_MS = 86_400_000;

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp({ config: { role: 'api' } });
});
afterAll(() => app.stop());
beforeEach(async () => {
  workspace = await openWorkspace(app, onePool(2));
});

/** What says who somebody is, each in a word that stands nowhere else. */
const PERSON = {
  firstName: 'Quirinia',
  lastName: 'Zwetschgenbaum',
  email: 'quirinia+news@zwetschgen.example',
  phone: '+493090182099',
  jobTitle: 'Pflaumenkönigin',
  companyName: 'Zwetschgen-Compagnie',
  companyDomain: 'zwetschgen.example',
  city: 'Obstgartenhausen',
  postalCode: '98765',
  latitude: 51.23456,
  longitude: 9.87654,
  message: 'Bitte um Rückruf unter der Pflaume',
  country: 'DE',
  attributes: { nickname: 'Zwetschgerl' },
};
const TRACES = /quirinia|zwetschg|30901820|pflaume|obstgarten|98765|51\.23456|9\.87654|heimlich/i;

/** Everything in every table, row by row. */
async function everything(): Promise<string> {
  const { rows: tables } = await app.database.pool.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS "name" FROM information_schema.tables
     WHERE table_schema IN ('public', 'graphile_worker') AND table_type = 'BASE TABLE'`,
  );
  const all = await Promise.all(
    tables.map(async ({ name }) => {
      const { rows } = await app.database.pool.query(`SELECT t::text AS "row" FROM ${name} t`);
      return rows.map(({ row }) => `${name} ${row}`);
    }),
  );
  return all.flat().join('\n');
}
const traces = async (): Promise<string[]> =>
  (await everything())
    .split('\n')
    .filter((row) => TRACES.test(row) && (row.includes(workspace.id) || !row.startsWith('public')));

const tablesOf = (rows: readonly string[]): string[] =>
  [...new Set(rows.map((row) => /"(\w+)"/.exec(row)?.[1] ?? row))].sort();

/** A lead that has been worked on by several, who have written about the person. */
async function workedOn(): Promise<string> {
  const { id: leadId } = await workspace.submit(PERSON, { idempotencyKey: 'quirinia-1' });
  for (const kind of ['NOTE', 'CALL']) {
    await workspace.mutate(
      'recordActivity',
      { leadId, kind, note: 'Quirinia mag heimlich Birnen' },
      'activity { kind }',
    );
  }
  for (const rep of ['rep-1', 'rep-2']) {
    const reason = 'Quirinia kennt ihn';
    await workspace.mutate('assignLead', { leadId, repId: workspace.rep(rep), reason }, 'assignment { id }');
  }
  return leadId;
}

const erase = (leadId: string, more: object = {}, key?: string) =>
  workspace.mutate('eraseLead', { leadId, ...more }, 'erased', key);
const exported = (leadId: string, key?: string) => workspace.mutate('exportPerson', { leadId }, 'leads', key);

describe('an erased lead', () => {
  test('leaves no trace of the person in any table, and stays in what is counted', async () => {
    const leadId = await workedOn();
    expect(tablesOf(await traces())).toEqual(['Activity', 'Assignment', 'Event', 'Lead']);
    const credits = await workspace.credits();
    const assignments = await workspace.count('Assignment');
    expect(await erase(leadId)).toEqual({ erased: 1 });
    expect(await traces()).toEqual([]);
    expect(await workspace.count('Assignment')).toBe(assignments);
    expect(Object.values(await workspace.loads()).every((load) => load === 0)).toBe(true);
    expect(Object.keys(await workspace.credits())).toEqual(Object.keys(credits));
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
    const { data } = await workspace.send(
      'query ($id: ID!) { lead(id: $id) { status erasedAt email firstName company: companyName country activities { kind note } } }',
      { id: leadId },
    );
    expect(data).toEqual({
      lead: {
        status: 'DISQUALIFIED',
        erasedAt: app.clock.now().toISOString(),
        ...{ email: null, firstName: null, company: null, country: 'DE' },
        activities: [
          { kind: 'NOTE', note: null },
          { kind: 'CALL', note: null },
        ],
      },
    });
  });

  test('is told to the device of its owner, who had it taken away first', async () => {
    const leadId = await workedOn();
    const before = (await workspace.events()).length;
    await erase(leadId);
    expect((await workspace.events()).slice(before).map(({ kind, rep }) => [kind, rep])).toEqual([
      ['LEAD_UPDATED', 'rep-2'],
      ['LEAD_ERASED', 'rep-2'],
    ]);
  });

  test('can be explained, and nothing more can be done with it', async () => {
    const leadId = await workedOn();
    await erase(leadId);
    const { data, errors } = await workspace.send(
      `query ($id: ID!) {
        decision(leadId: $id) { method account { key } }
        replayDecision(leadId: $id) { ... on ReplayDecisionSuccess { replayed same } }
      }`,
      { id: leadId },
    );
    expect([data, errors]).toEqual([
      { decision: { method: 'MANUAL', account: null }, replayDecision: { replayed: false, same: true } },
      [],
    ]);
    const attempts = [
      workspace.mutate('recordActivity', { leadId, kind: 'NOTE', note: 'Quirinia' }, 'activity { kind }'),
      workspace.mutate('updateLeadStatus', { leadId, status: 'ASSIGNED' }, 'lead { id }'),
    ];
    expect((await Promise.all(attempts)).map(({ code }) => code)).toEqual(['LEAD_ERASED', 'LEAD_ERASED']);
    expect(await erase(leadId)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await exported(leadId)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await traces()).toEqual([]);
  });

  test('takes the other leads of the person with it, unless told otherwise, and nobody else’s', async () => {
    const [first, second, closed] = [
      await workspace.submit(PERSON),
      await workspace.submit({ ...PERSON, email: 'quirinia@zwetschgen.example' }),
      await workspace.submit(PERSON),
    ];
    await workspace.close(closed.id);
    const other = await workspace.submit({ email: 'somebody@else.example', phone: '+49891234567' });
    expect(await erase(second.id, { onlyThis: true })).toEqual({ erased: 1 });
    expect(await erase(first.id)).toEqual({ erased: 2 });
    expect(await traces()).toEqual([]);
    expect(await exported(other.id)).toMatchObject({ leads: [{ email: 'somebody@else.example' }] });
  });

  test('takes all leads of the person with it, however many portions they are looked for in', async () => {
    const lanes = createLanes({ database: app.database, clock: app.clock, committed: () => {} });
    for (const portion of [1, 2, 3, 6, 7]) {
      const leads = await workspace.submitAll(Array(6).fill(PERSON));
      const leadId = Buffer.from(leads[2]?.id ?? '', 'base64url')
        .toString()
        .slice('Lead:'.length);
      expect([portion, await eraseLead({ ...workspace.context, lanes }, leadId, { portion })]).toEqual([portion, 6]);
      expect(await traces()).toEqual([]);
    }
    await lanes.close();
  });

  test('is found again by the address alone, and stands in the audit log without it', async () => {
    const leadId = await workedOn();
    await erase(leadId);
    const erasures = async (email: string) =>
      (
        await workspace.send(
          'query ($email: String!) { erasures(email: $email) { ... on ErasuresSuccess { erasures { leadId } } } }',
          { email },
        )
      ).data;
    expect(await erasures('Quirinia@zwetschgen.example')).toEqual({ erasures: { erasures: [{ leadId }] } });
    expect(await erasures('somebody@else.example')).toEqual({ erasures: { erasures: [] } });
    const { rows } = await app.database.pool.query(
      `SELECT "details" FROM "AuditEntry" WHERE "workspaceId" = $1 AND "action" = 'eraseLead'`,
      [workspace.id],
    );
    expect(rows).toEqual([{ details: { leads: [expect.stringMatching(/^[0-9a-f-]{36}$/)] } }]);
    // In another workspace the same address has another hash.
    const there = await openWorkspace(app, onePool(1));
    const { id } = await there.submit(PERSON);
    await there.mutate('eraseLead', { leadId: id }, 'erased');
    const hashes = await app.database.pool.query(
      'SELECT DISTINCT "personHash" FROM "Lead" WHERE "personHash" IS NOT NULL',
    );
    expect(hashes.rows.length).toBeGreaterThan(1);
  });

  test('is for admins, and only of their own workspace', async () => {
    const leadId = await workedOn();
    for (const role of ['MANAGER', 'REP', 'PARTNER', 'VIEWER'] as const) {
      const key = await workspace.keyFor(role, role === 'REP' || role === 'MANAGER' ? 'rep-1' : undefined);
      await expect(erase(leadId, {}, key)).rejects.toThrow(/people:erase|may not/);
      await expect(exported(leadId, key)).rejects.toThrow(/people:export|may not/);
    }
    const there = await openWorkspace(app, onePool(1));
    expect(await erase(leadId, {}, there.key)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await exported(leadId, there.key)).toMatchObject({ code: 'NOT_FOUND' });
    expect(tablesOf(await traces())).toEqual(['Activity', 'Assignment', 'Event', 'Lead']);
    await erase(leadId);
  });

  test('that is opened again just before is closed again first, so that no place of its owner’s stays taken', async () => {
    const [{ id }] = (await workspace.submitAll([PERSON])) as [Outcome];
    const leadId = Buffer.from(id, 'base64url').toString().slice('Lead:'.length);
    const lanes = createLanes({ database: app.database, clock: app.clock, committed: () => {} });
    let opened = 0;
    const late: typeof lanes = {
      ...lanes,
      run: async (workspaceId, operation) => {
        const result = await lanes.run(workspaceId, operation);
        if (opened < 2) await lanes.run(workspaceId, updateLeadStatus(leadId, 'QUALIFIED'));
        opened += 1;
        return result;
      },
    };
    expect(await eraseLeads({ ...workspace.context, lanes: late }, 'eraseLead', [leadId])).toBe(1);
    await lanes.close();
    expect(opened).toBe(3);
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
    expect(Object.values(await workspace.loads())).toEqual([0, 0, 0]);
    expect(await traces()).toEqual([]);
  });

  test('is whole or not at all while the same person’s leads come in, change hands and are opened again', async () => {
    const leads = await Promise.all(Array.from({ length: 12 }, () => workspace.submit(PERSON)));
    const done = await Promise.allSettled([
      ...leads.map(({ id }) => erase(id, { onlyThis: true })),
      ...leads.map(({ id }) =>
        workspace.mutate('updateLeadStatus', { leadId: id, status: 'QUALIFIED' }, 'lead { id }'),
      ),
      ...leads.map(({ id }) =>
        workspace.mutate(
          'assignLead',
          { leadId: id, repId: workspace.rep('rep-1'), reason: 'Quirinia' },
          'assignment { id }',
        ),
      ),
      ...leads.map(({ id }) =>
        workspace.mutate('recordActivity', { leadId: id, kind: 'CALL', note: 'Quirinia' }, 'activity { kind }'),
      ),
      ...Array.from({ length: 12 }, () => workspace.submit(PERSON)),
    ]);
    expect(done.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
    const stored = await app.database.prisma.lead.findMany({
      where: { workspaceId: workspace.id },
      include: { activities: true },
    });
    expect(stored).toHaveLength(24);
    const erased = stored.filter(({ erasedAt }) => erasedAt !== null);
    expect(erased).toHaveLength(12);
    expect(JSON.stringify(erased)).not.toMatch(TRACES);
    const rest = stored.find(({ erasedAt }) => erasedAt === null)?.id ?? '';
    await erase(Buffer.from(`Lead:${rest}`).toString('base64url'));
    expect(await traces()).toEqual([]);
  });
});

test('the export of a person has all that is kept of them', async () => {
  const leadId = await workedOn();
  await workspace.submit({ ...PERSON, email: 'quirinia@zwetschgen.example', message: 'noch einmal' });
  const { leads } = (await exported(leadId)) as { leads: Record<string, unknown>[] };
  expect(leads).toHaveLength(2);
  expect(leads[0]).toMatchObject({
    firstName: 'Quirinia',
    email: PERSON.email,
    payload: { jobTitle: 'Pflaumenkönigin' },
    attributes: { nickname: 'Zwetschgerl' },
    assignments: [
      { rep: 'Rep rep-1', method: 'DEFAULT', reason: null },
      { rep: 'Rep rep-2', method: 'MANUAL', reason: 'Quirinia kennt ihn', endedAt: null },
    ],
    activities: [{ kind: 'NOTE', note: 'Quirinia mag heimlich Birnen' }, { kind: 'CALL' }],
  });
  const { rows } = await app.database.pool.query(
    `SELECT "details" FROM "AuditEntry" WHERE "workspaceId" = $1 AND "action" = 'exportPerson'`,
    [workspace.id],
  );
  expect(rows).toEqual([{ details: { lead: expect.any(String), leads: 2 } }]);
  await erase(leadId);
});

test('leads are erased when nothing has happened with them for as long as their status is kept, and no others', async () => {
  const lanes = createLanes({ database: app.database, clock: app.clock, committed: () => {} });
  const context = { ...workspace.context, lanes };
  await workspace.updateSettings({
    retention: [
      { status: 'LOST', days: 30 },
      { status: 'ASSIGNED', days: 90 },
    ],
  });
  const names = ['lost', 'won', 'open', 'called'];
  const submitted = await workspace.submitAll(names.map((name) => ({ email: `${name}@kept.example`, message: name })));
  const [lost, won, open, called] = submitted as unknown as [Outcome, Outcome, Outcome, Outcome];
  app.clock.advance(10 * DAY_MS);
  await workspace.close(lost.id);
  await workspace.close(won.id, 'WON');
  const kept = async (): Promise<unknown[]> =>
    (
      await app.database.prisma.lead.findMany({
        where: { workspaceId: workspace.id, erasedAt: null },
        orderBy: { id: 'asc' },
      })
    ).map(({ message }) => message);
  app.clock.advance(29 * DAY_MS);
  expect(await eraseExpired(context, app.clock.now())).toBe(0);
  app.clock.advance(2 * DAY_MS);
  expect(await eraseExpired(context, app.clock.now())).toBe(1);
  expect(await kept()).toEqual(['won', 'open', 'called']);
  await workspace.mutate('recordActivity', { leadId: called.id, kind: 'NOTE' }, 'activity { kind }');
  app.clock.advance(60 * DAY_MS);
  expect(await eraseExpired(context, app.clock.now())).toBe(1);
  expect(await kept()).toEqual(['won', 'called']);
  const { data } = await workspace.send('query ($id: ID!) { lead(id: $id) { status } }', { id: open.id });
  expect(data).toEqual({ lead: { status: 'DISQUALIFIED' } });
  app.clock.advance(40 * DAY_MS);
  expect(await eraseExpired(context, app.clock.now())).toBe(1);
  expect(await kept()).toEqual(['won']);
  // Nothing to do twice.
  expect(await eraseLeads(context, 'eraseExpired', [])).toBe(0);
  expect(await eraseExpired(context, app.clock.now())).toBe(0);
  await lanes.close();
  app.clock.advance(-141 * DAY_MS);
});

test('a retention must name each status once, with days from 1 to 36,500', async () => {
  for (const [retention, path] of [
    [[{ status: 'LOST', days: 0 }], 'retention[0].days'],
    [[{ status: 'LOST', days: 36_501 }], 'retention[0].days'],
    [
      [
        { status: 'LOST', days: 1 },
        { status: 'LOST', days: 2 },
      ],
      'retention',
    ],
  ] as const) {
    const { issues } = await workspace.mutate('updateWorkspace', { retention }, 'workspace { key }');
    expect(issues).toEqual([expect.stringMatching(new RegExp(`^${path.replace(/[[\]]/g, '\\$&')}: `))]);
  }
});
