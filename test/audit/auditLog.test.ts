import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AUDIT_ACTIONS } from '../../src/audit/actions.ts';
import { verifyAuditLog } from '../../src/audit/auditLog.ts';
import { createApiKey } from '../../src/configuration/apiKeys.ts';
import { updateSettings } from '../../src/configuration/settings.ts';
import { schema } from '../../src/graphql/schema.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp({ config: { role: 'api' } });
});
afterAll(() => app.stop());
beforeEach(async () => {
  workspace = await openWorkspace(app, onePool(2));
});

interface Entry {
  readonly number: number;
  readonly by: string;
  readonly action: string;
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
  readonly changed: number;
  readonly changes: readonly { kind: string; before: { name?: string } | null; after: { name?: string } | null }[];
  readonly hash: string;
}

async function log(filter: object = {}, key?: string): Promise<Entry[]> {
  const { data, errors } = await workspace.send<{ auditLog: { edges: { node: Entry }[] } }>(
    `query ($filter: AuditFilter) { auditLog(first: 50, filter: $filter) { edges { node {
       number at by action requestId details changed changes { kind before after } hash } } } }`,
    { filter },
    key,
  );
  if (!data) throw new Error(errors.map(({ message }) => message).join('; '));
  return data.auditLog.edges.map(({ node }) => node);
}

interface Verified {
  readonly entries: number;
  readonly lastHash: string | null;
  readonly firstBad: { readonly number: number; readonly fault: string } | null;
}
async function verify(): Promise<Verified> {
  const { data } = await workspace.send<{ verifyAuditLog: Verified }>(
    '{ verifyAuditLog { entries lastHash firstBad { number fault } } }',
  );
  return data?.verifyAuditLog as Verified;
}

/** Does what a trigger keeps even the owner of the tables from doing, unless they switch it off. */
const tamper = (sql: string): Promise<void> =>
  app.testDatabase.asOwner(
    `ALTER TABLE "AuditEntry" DISABLE TRIGGER "append_only"; ${sql.replaceAll('$1', pg.escapeLiteral(workspace.id))};
     ALTER TABLE "AuditEntry" ENABLE TRIGGER "append_only"`,
  );

describe('the audit log', () => {
  test('says who did what, with the request, and what was there before and after', async () => {
    await workspace.updateRep('rep-1', { name: 'Ada Lovelace' });
    const [entry] = await log();
    expect(entry).toMatchObject({
      by: expect.stringMatching(/^key:/),
      action: 'updateRep',
      requestId: expect.stringMatching(/^[\w-]{36}$/),
      details: null,
      changed: 1,
      changes: [{ kind: 'Rep', before: { name: 'Rep rep-1' }, after: { name: 'Ada Lovelace' } }],
    });
    const { rows } = await app.database.pool.query('SELECT * FROM "AuditEntry" WHERE "workspaceId" = $1', [
      workspace.id,
    ]);
    expect(rows.map(({ action }) => action)).toEqual(['applyConfiguration', 'createApiKey', 'updateRep']);
  });

  test('tells of keys all but the secret, and once that one was revoked', async () => {
    const { apiKey, secret } = await createApiKey(workspace.context, { name: 'CRM', role: 'PARTNER' });
    const revoke = { id: Buffer.from(`ApiKey:${apiKey.id}`).toString('base64url') };
    await workspace.mutate('revokeApiKey', revoke, 'apiKey { id }');
    await workspace.mutate('revokeApiKey', revoke, 'apiKey { id }');
    const entries = await log();
    expect(entries.slice(0, 2)).toMatchObject([
      { action: 'revokeApiKey', details: { keyId: apiKey.keyId, name: 'CRM' }, changed: 0 },
      { action: 'createApiKey', details: { keyId: apiKey.keyId, name: 'CRM', role: 'PARTNER' } },
    ]);
    const stored = await app.database.pool.query('SELECT string_agg(a::text, \' \') AS "all" FROM "AuditEntry" a');
    expect(stored.rows[0].all).not.toContain(secret.split('_')[2]);
  });

  test('says of plans which version, of SLA policies what they were, and of who leaves what was taken from them', async () => {
    const rungs = [{ afterSeconds: 600, action: 'REASSIGN' }];
    const policy = { key: 'fast', name: 'Fast', position: 1, clock: 'REAL', rungs };
    const { slaPolicy } = (await workspace.mutate('createSlaPolicy', policy, 'slaPolicy { id }')) as {
      slaPolicy: { id: string };
    };
    await workspace.mutate('updateSlaPolicy', { id: slaPolicy.id, name: 'Faster' }, 'slaPolicy { id }');
    await workspace.mutate('restorePlan', { version: 1 }, 'plan { version }');
    await workspace.keyFor('REP', 'rep-1');
    await workspace.mutate('offboardRep', { repId: workspace.rep('rep-1') }, 'rep { key }');
    const entries = await log();
    const [offboarded, , restored, updated, created] = entries;
    expect([created, updated, restored, offboarded]).toMatchObject([
      { action: 'createSlaPolicy', changes: [{ kind: 'SlaPolicy', before: null, after: { name: 'Fast' } }] },
      { action: 'updateSlaPolicy', changes: [{ before: { name: 'Fast' }, after: { name: 'Faster' } }] },
      { action: 'restorePlan', details: { version: 2 } },
      { action: 'offboardRep', details: { keysRevoked: 1, calendarsRemoved: 0 } },
    ]);
    for (const { action, changed, details } of entries)
      expect([action, changed > 0 || details !== null]).toEqual([action, true]);
  });

  test('has nothing of what changed nothing, was refused or only tried', async () => {
    const before = await log();
    await workspace.updateRep('rep-1', { name: 'Rep rep-1' });
    await workspace.mutate('updateRep', { id: workspace.rep('rep-1'), name: '' }, 'rep { id }');
    const tried = await workspace.mutate('offboardRep', { repId: workspace.rep('rep-1'), dryRun: true }, 'rep { key }');
    expect(tried).toEqual({ rep: { key: 'rep-1' } });
    expect((await log()).map(({ action }) => action)).toEqual(before.map(({ action }) => action));
  });

  test('is found by action, principal and time, page by page', async () => {
    for (const name of ['A', 'B', 'C']) await workspace.updateRep('rep-1', { name });
    app.clock.advance(3_600_000);
    await workspace.updateSettings({ defaultCapacity: 3 });
    expect((await log({ action: 'updateRep' })).map(({ number }) => number)).toEqual([5, 4, 3]);
    expect(await log({ by: 'test' })).toHaveLength(2);
    expect((await log({ from: app.clock.now() })).map(({ action }) => action)).toEqual(['updateWorkspace']);
    expect(await log({ by: 'nobody\u0000' })).toEqual([]);
    const query = `query ($after: String) { auditLog(first: 2, after: $after) { edges { node { number } } pageInfo { endCursor } } }`;
    type Page = { auditLog: { edges: { node: { number: number } }[]; pageInfo: { endCursor: string } } };
    const first = (await workspace.send<Page>(query)).data?.auditLog;
    const second = (await workspace.send<Page>(query, { after: first?.pageInfo.endCursor })).data?.auditLog;
    expect([first, second].map((page) => page?.edges.map(({ node }) => node.number))).toEqual([
      [6, 5],
      [4, 3],
    ]);
  });

  test('is for admins alone', async () => {
    for (const role of ['MANAGER', 'PARTNER', 'VIEWER'] as const) {
      const key = await workspace.keyFor(role, role === 'MANAGER' ? 'rep-1' : undefined);
      for (const query of ['{ auditLog { edges { cursor } } }', '{ verifyAuditLog { entries } }']) {
        const { errors } = await workspace.send(query, {}, key);
        expect(errors[0]?.extensions?.code).toBe('FORBIDDEN');
      }
    }
  });

  test('is of one workspace', async () => {
    const other = await openWorkspace(app, onePool(1));
    await other.updateRep('rep-1', { name: 'Theirs' });
    expect(JSON.stringify(await log())).not.toContain('Theirs');
  });
});

describe('the chain of hashes', () => {
  test('is whole after fifty writers at once, with numbers without gaps', async () => {
    const writers = Array.from({ length: 50 }, (_, index) =>
      index % 2 === 0
        ? updateSettings(workspace.context, { defaultCapacity: 1_000 + index })
        : createApiKey(workspace.context, { name: `writer ${index}`, role: 'VIEWER' }),
    );
    await Promise.all(writers);
    const verified = await verify();
    expect(verified).toMatchObject({ entries: 52, firstBad: null });
    const entries = await log();
    expect(entries.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, index) => 52 - index));
    expect(entries[0]?.hash).toBe(verified.lastHash);
  });

  test.each<[string, string, Verified['firstBad']]>([
    [
      'changed',
      `UPDATE "AuditEntry" SET "by" = 'nobody' WHERE "workspaceId" = $1 AND "number" = 3`,
      { number: 3, fault: 'CHANGED' },
    ],
    [
      'dated back',
      `UPDATE "AuditEntry" SET "at" = "at" - interval '1 ms' WHERE "workspaceId" = $1 AND "number" = 2`,
      { number: 2, fault: 'CHANGED' },
    ],
    [
      'told otherwise',
      `UPDATE "AuditEntry" SET "details" = '{"keyId":"x"}' WHERE "workspaceId" = $1 AND "number" = 2`,
      { number: 2, fault: 'CHANGED' },
    ],
    [
      'removed in the middle',
      `DELETE FROM "AuditEntry" WHERE "workspaceId" = $1 AND "number" = 3`,
      { number: 3, fault: 'MISSING' },
    ],
    [
      'removed at the beginning',
      `DELETE FROM "AuditEntry" WHERE "workspaceId" = $1 AND "number" = 1`,
      { number: 1, fault: 'MISSING' },
    ],
    [
      'removed at the end',
      `DELETE FROM "AuditEntry" WHERE "workspaceId" = $1 AND "number" = 5`,
      { number: 5, fault: 'MISSING' },
    ],
    ['removed altogether', `DELETE FROM "AuditEntry" WHERE "workspaceId" = $1`, { number: 1, fault: 'MISSING' }],
    [
      'given another number',
      `UPDATE "AuditEntry" SET "number" = "number" + 100 WHERE "workspaceId" = $1 AND "number" = 4`,
      { number: 4, fault: 'MISSING' },
    ],
  ])('shows an entry that was %s', async (_what, sql, firstBad) => {
    for (const name of ['A', 'B', 'C']) await workspace.updateRep('rep-1', { name });
    expect(await verify()).toMatchObject({ entries: 5, firstBad: null });
    await tamper(sql);
    expect(await verify()).toMatchObject({ entries: 5, firstBad });
  });

  test('shows one that was made anew together with its hash, and what follows, by the last hash', async () => {
    await workspace.updateRep('rep-1', { name: 'A' });
    const { lastHash } = await verify();
    await tamper(
      `UPDATE "AuditEntry" SET "hash" = sha256('made up') WHERE "workspaceId" = $1 AND "number" = 3;
       UPDATE "Lane" SET "auditHash" = sha256('made up') WHERE "workspaceId" = $1`,
    );
    const { firstBad, ...now } = await verify();
    expect(firstBad).toEqual({ number: 3, fault: 'CHANGED' });
    expect(now.lastHash).not.toBe(lastHash);
  });

  test('goes over many pages', async () => {
    for (let index = 0; index < 10; index += 1) await workspace.updateRep('rep-1', { name: `Name ${index}` });
    expect(await verifyAuditLog(app.database.pool, workspace.id, 3)).toMatchObject({ entries: 12, firstBad: null });
  });
});

test.each(['UPDATE "AuditEntry" SET "by" = \'x\'', 'DELETE FROM "AuditEntry"', 'TRUNCATE "AuditEntry"'])(
  'the database refuses %s, even from the owner of the tables',
  async (sql) => {
    await expect(app.testDatabase.asOwner(sql)).rejects.toThrow('can only be appended to');
  },
);

test.each([
  'UPDATE "ConfigurationHistory" SET "row" = NULL',
  'DELETE FROM "ConfigurationHistory"',
  'TRUNCATE "ConfigurationHistory"',
])('the database refuses %s: what things were is part of the log', async (sql) => {
  await expect(app.testDatabase.asOwner(sql)).rejects.toThrow('can only be appended to');
});

test('every mutation is in the log, unless it is about single leads or what changes by itself', () => {
  const ABOUT_LEADS = [
    'acceptAssignment',
    'acknowledgeAssignment',
    'assignLead',
    'claimLead',
    'claimNextLead',
    'declineAssignment',
    'recordActivity',
    'submitLead',
    'submitLeads',
    'updateLeadStatus',
  ];
  const PRESENCE = ['cancelLeave', 'setAvailability', 'syncCalendar'];
  const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
  const logged = mutations.filter((name) => ![...ABOUT_LEADS, ...PRESENCE].includes(name));
  const BY_ITSELF = ['applyConfiguration', 'ensureAdminKey', 'eraseExpired', 'raiseReviews'];
  expect([...logged, ...BY_ITSELF].sort()).toEqual([...AUDIT_ACTIONS].sort());
});
