import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
beforeEach(async () => {
  workspace = await openWorkspace(app, onePool(3));
});

const lead = (name: string, brought: object = {}) => ({ email: `${name}@customer.example`, ...brought });

async function read(leadId: string): Promise<Record<string, unknown>> {
  const { data } = await workspace.send<{ lead: Record<string, unknown> }>(
    'query ($id: ID!) { lead(id: $id) { status closedAt assignment { method stepKey pool { key } reason } } }',
    { id: leadId },
  );
  return data?.lead ?? {};
}

describe('a lead that is brought in with its owner', () => {
  test('stays with the owner, takes no turn, and nobody is told of it', async () => {
    await workspace.submit(lead('first'));
    const [credits, events] = [await workspace.credits(), await workspace.events()];
    const brought = await workspace.submit(lead('old', { ownerKey: 'rep-1' }));
    expect(brought).toMatchObject({ owner: 'rep-1', method: 'MANUAL', stepKey: null, first: null });
    expect(await read(brought.id)).toEqual({
      status: 'ASSIGNED',
      closedAt: null,
      assignment: { method: 'MANUAL', stepKey: null, pool: null, reason: 'Brought in' },
    });
    expect(await workspace.credits()).toEqual(credits);
    expect(await workspace.events()).toEqual(events);
    expect(await workspace.loads()).toMatchObject({ 'rep-1': 2, 'rep-2': 0 });
  });

  test.each([
    ['ASSIGNED', 1],
    ['CONTACTED', 1],
    ['QUALIFIED', 1],
    ['OPPORTUNITY', 1],
    ['WON', 0],
    ['LOST', 0],
    ['DISQUALIFIED', 0],
  ])('as %s counts as a load of %i', async (status, load) => {
    const brought = await workspace.submit(lead('old', { ownerKey: 'rep-2', status }));
    expect(await read(brought.id)).toMatchObject({
      status,
      closedAt: load === 0 ? app.clock.now().toISOString() : null,
    });
    expect(await workspace.loads()).toMatchObject({ 'rep-2': load });
    expect(await workspace.credits()).toEqual({ 'rep-1': 0, 'rep-2': 0, 'rep-3': 0 });
  });

  test('goes beyond the owner’s capacity, and to one who is paused or in no pool', async () => {
    await workspace.updateRep('rep-1', { capacity: 0, status: 'PAUSED' });
    expect(await workspace.submit(lead('a', { ownerKey: 'rep-1' }))).toMatchObject({ owner: 'rep-1' });
    expect(await workspace.submit(lead('b', { ownerKey: 'boss' }))).toMatchObject({ owner: 'boss' });
  });

  test('is no lead received: it uses up no rate cap, and the owner has waited as long as before', async () => {
    await workspace.updateRep('rep-1', { rateCaps: [{ leads: 2, per: 'MONTH' }] });
    for (const name of ['a', 'b', 'c']) await workspace.submit(lead(name, { ownerKey: 'rep-1', status: 'WON' }));
    expect(await workspace.submit(lead('new'))).toMatchObject({ owner: 'rep-1', method: 'DEFAULT' });
  });

  test('keeps its person: the next lead of the same person goes to that owner while it is open', async () => {
    const brought = await workspace.submit(lead('ada', { ownerKey: 'rep-3' }));
    expect(await workspace.submit(lead('ada'))).toMatchObject({
      owner: 'rep-3',
      method: 'DUPLICATE',
      first: brought.id,
    });
    await workspace.submit(lead('bo', { ownerKey: 'rep-3', status: 'WON' }));
    expect(await workspace.submit(lead('bo'))).toMatchObject({ owner: 'rep-1', method: 'DEFAULT', first: null });
  });

  test('is answered again by its idempotency key, with one lead stored', async () => {
    const brought = lead('ada', { ownerKey: 'rep-3', status: 'QUALIFIED' });
    const first = await workspace.submit(brought, { idempotencyKey: 'k' });
    expect(await workspace.submit(brought, { idempotencyKey: 'k' })).toEqual({ ...first, repeated: true });
    expect(await workspace.count('Lead')).toBe(1);
  });

  test('comes beside others in submitLeads, which rotate as if it had not come', async () => {
    const all = await workspace.submitAll([
      lead('a'),
      lead('b', { ownerKey: 'rep-2' }),
      lead('c'),
      lead('d', { ownerKey: 'rep-1', status: 'LOST' }),
      lead('e'),
    ]);
    expect(all.map(({ owner, method }) => `${owner} ${method}`).filter((_, index) => index % 2 === 1)).toEqual([
      'rep-2 MANUAL',
      'rep-1 MANUAL',
    ]);
    const rotated = all.filter(({ method }) => method === 'DEFAULT').map(({ owner }) => owner);
    expect(rotated.toSorted()).toEqual(['rep-1', 'rep-2', 'rep-3']);
    expect(await workspace.credits()).toEqual({ 'rep-1': 0, 'rep-2': 0, 'rep-3': 0 });
  });
});

describe('bringing in is refused', () => {
  const nothingIsStored = async () => expect(await workspace.count('Lead')).toBe(0);

  test.each<[string, object, string]>([
    ['for an owner who is not there', { ownerKey: 'nobody' }, 'lead.ownerKey: there is no rep "nobody"'],
    ['for a status without an owner', { status: 'WON' }, 'lead.ownerKey: must name the owner'],
    ['for a status with a blank owner', { ownerKey: ' ', status: 'WON' }, 'lead.ownerKey: must name the owner'],
    ['for a lead that is owned and NEW', { ownerKey: 'rep-1', status: 'NEW' }, 'lead.status: must not be NEW'],
    ['for an owner’s key of two lines', { ownerKey: 'rep-1\nx' }, 'lead.ownerKey: must be one line'],
    ['for an owner’s key that is too long', { ownerKey: 'x'.repeat(64) }, 'lead.ownerKey: is at most 63 characters'],
  ])('%s', async (_name, brought, expected) => {
    const { code, issues } = await workspace.submit(lead('ada', brought));
    expect(code).toBe('INVALID_INPUT');
    expect(issues).toEqual([expect.stringContaining(expected)]);
    await nothingIsStored();
  });

  test('for the owner whose own address it carries, open or closed', async () => {
    const own = { email: 'Rep One <REP-1@fairlead.example>', ownerKey: 'rep-1' };
    for (const status of ['ASSIGNED', 'WON']) {
      expect(await workspace.submit({ ...own, status })).toMatchObject({ code: 'OWNER_EQUALS_LEAD' });
    }
    await nothingIsStored();
  });

  test('for an owner who has left, unless it is closed: that is history', async () => {
    await workspace.updateRep('rep-2', { status: 'LEFT' });
    expect(await workspace.submit(lead('a', { ownerKey: 'rep-2' }))).toMatchObject({ code: 'REP_LEFT' });
    await nothingIsStored();
    expect(await workspace.submit(lead('b', { ownerKey: 'rep-2', status: 'WON' }))).toMatchObject({ owner: 'rep-2' });
  });

  test.each(['REP', 'PARTNER'] as const)('for a %s, who may not assign', async (role) => {
    const key = await workspace.keyFor(role, role === 'REP' ? 'rep-1' : undefined);
    const { issues } = await workspace.submit(lead('ada', { ownerKey: 'rep-1' }), { key });
    expect(issues).toEqual(['lead.ownerKey: needs the scope leads:assign']);
    await nothingIsStored();
  });

  test('not for a MANAGER, who may', async () => {
    const key = await workspace.keyFor('MANAGER');
    expect(await workspace.submit(lead('ada', { ownerKey: 'rep-1' }), { key })).toMatchObject({ owner: 'rep-1' });
  });

  test('in submitLeads with its place there, and hinders no other', async () => {
    const all = await workspace.submitAll([
      lead('a'),
      lead('b', { ownerKey: 'nobody' }),
      lead('c', { status: 'WON' }),
      { email: 'rep-3@fairlead.example', ownerKey: 'rep-3' },
      lead('d'),
    ]);
    expect(all.map(({ code, owner, issues }) => issues?.[0]?.split(':')[0] ?? code ?? owner)).toEqual([
      'rep-1',
      'leads[1].lead.ownerKey',
      'leads[2].lead.ownerKey',
      'OWNER_EQUALS_LEAD',
      'rep-2',
    ]);
    expect(await workspace.count('Lead')).toBe(2);
  });
});
