import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TWO_TEAMS } from '../auth/team.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { checksums } from '../support/checksums.ts';
import { poolId, reassign, redistribute } from '../support/moves.ts';
import { type Outcome, openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** One lead each of Ada, Anna (both in Alma's team) and Ben, by the pool; and Alma's key. */
async function teams(): Promise<{
  workspace: TestWorkspace;
  alma: string;
  leads: Record<'ada' | 'anna' | 'ben', string>;
}> {
  const workspace = await openWorkspace(app, TWO_TEAMS);
  const leads = await workspace.submitAll([{}, {}, {}]);
  const of = (key: string): string => leads.find(({ owner }: Outcome) => owner === key)?.id ?? '';
  return {
    workspace,
    alma: await workspace.keyFor('MANAGER', 'alma'),
    leads: { ada: of('ada'), anna: of('anna'), ben: of('ben') },
  };
}

describe('a manager', () => {
  test('redistributes the leads of a rep of the team, and sees of them where they went', async () => {
    const { workspace, alma, leads } = await teams();
    await workspace.updateRep('ben', { status: 'PAUSED' });
    const report = await redistribute(workspace, { repId: workspace.rep('anna') }, alma);
    expect(report.leads).toEqual([
      { id: leads.anna, from: 'anna', to: 'ada', method: 'REASSIGNMENT', stepKey: 'everyone' },
    ]);
  });

  test('is told of a lead that has left the team who has it, and not what it is', async () => {
    const { workspace, alma } = await teams();
    await workspace.updateRep('ada', { status: 'PAUSED' });
    const report = await redistribute(workspace, { repId: workspace.rep('anna') }, alma);
    expect(report.leads).toMatchObject([{ id: null, from: 'anna', to: 'ben' }]);
  });

  test('does not move the leads of another team: their rep is unknown', async () => {
    const { workspace, alma } = await teams();
    const ben = workspace.rep('ben');
    const other = await openWorkspace(app, TWO_TEAMS);
    const before = await checksums(app.database);
    const unknown = await redistribute(workspace, { repId: other.rep('ben') }, alma);
    expect(unknown).toMatchObject({ code: 'NOT_FOUND' });
    expect(await redistribute(workspace, { repId: ben }, alma)).toEqual(unknown);
    expect(await reassign(workspace, { filter: { ownerId: ben } }, alma)).toEqual(unknown);
    expect(await reassign(workspace, { filter: { open: true }, repId: ben }, alma)).toEqual(unknown);
    expect(await checksums(app.database)).toEqual(before);
  });

  test('moves of a pool, or of all open leads, those of the team alone', async () => {
    const { workspace, alma, leads } = await teams();
    const ada = { repId: workspace.rep('ada') };
    const pool = await poolId(workspace, 'main');
    const ofPool = await redistribute(workspace, { poolId: pool, dryRun: true }, alma);
    const ofAll = await redistribute(workspace, { poolId: pool, dryRun: true });
    expect([ofPool.concerned, ofAll.concerned]).toEqual([2, 3]);
    const open = await reassign(workspace, { filter: { open: true }, ...ada }, alma);
    expect(open).toMatchObject({ concerned: 2, moved: 1, perRep: { ada: 1 } });
    expect(await Promise.all(Object.values(leads).map((id) => workspace.owner(id)))).toEqual(['ada', 'ada', 'ben']);
  });

  test('does not move what has left the team in between', async () => {
    const { workspace, alma, leads } = await teams();
    await workspace.assign(leads.anna, 'ben');
    expect(await reassign(workspace, { filter: { open: true }, repId: workspace.rep('ada') }, alma)).toMatchObject({
      concerned: 1,
      moved: 0,
    });
    expect(await workspace.owner(leads.anna)).toBe('ben');
  });
});

describe('moving many leads is refused', () => {
  const ask = async (workspace: TestWorkspace, name: 'redistributeLeads' | 'reassignLeads', input: object) => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const { data } = await workspace.send<
      Record<string, { code: string; issues?: { path: string; message: string }[] }>
    >(
      `mutation ($input: ${type}!) { ${name}(input: $input) { ... on Error { code } ... on InvalidInputError { issues { path message } } } }`,
      { input },
    );
    const { code, issues = [] } = data?.[name] ?? {};
    return [code, ...issues.map(({ path }) => path)];
  };

  test('unless it says which, whereto and why', async () => {
    const { workspace } = await teams();
    const repId = workspace.rep('ben');
    const pool = await poolId(workspace, 'main');
    const reason = 'for a reason';
    const before = await checksums(app.database);
    const invalid = (path: string) => ['INVALID_INPUT', path];
    expect(await ask(workspace, 'redistributeLeads', { reason })).toEqual(invalid('repId'));
    expect(await ask(workspace, 'redistributeLeads', { reason, repId, poolId: pool })).toEqual(invalid('repId'));
    expect(await ask(workspace, 'redistributeLeads', { reason: ' ', repId })).toEqual(invalid('reason'));
    expect(await ask(workspace, 'redistributeLeads', { reason: 'x'.repeat(501), repId })).toEqual(invalid('reason'));
    expect(await ask(workspace, 'redistributeLeads', { reason, poolId: repId })).toEqual(['NOT_FOUND']);
    expect(await ask(workspace, 'reassignLeads', { reason, filter: {} })).toEqual(invalid('filter'));
    expect(await ask(workspace, 'reassignLeads', { reason, filter: { ownerId: null } })).toEqual(invalid('filter'));
    expect(await ask(workspace, 'reassignLeads', { reason, filter: { open: true }, repId, poolId: pool })).toEqual(
      invalid('poolId'),
    );
    expect(await ask(workspace, 'reassignLeads', { reason: '', filter: { open: true } })).toEqual(invalid('reason'));
    expect(await ask(workspace, 'reassignLeads', { reason, filter: { ownerId: pool } })).toEqual(['NOT_FOUND']);
    expect(await ask(workspace, 'reassignLeads', { reason, filter: { open: true }, poolId: repId })).toEqual([
      'NOT_FOUND',
    ]);
    expect(await checksums(app.database)).toEqual(before);
    await workspace.updateRep('ben', { status: 'LEFT' });
    expect(await ask(workspace, 'reassignLeads', { reason, filter: { open: true }, repId })).toEqual(['REP_LEFT']);
  });
});
