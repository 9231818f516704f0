import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followFeed } from '../../src/client/index.ts';
import { decodeId } from '../../src/graphql/ids.ts';
import { startTestApp, type TestApp, until } from '../support/app.ts';
import { claim, openClaims, say } from '../support/waiting.ts';
import type { TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const PERSON = { firstName: 'Petra', email: 'petra.private@client.example', companyName: 'Brightwave' };

/** What comes over the feed of a rep while something happens, as text. */
async function over(workspace: TestWorkspace, rep: string, count: number, work: () => Promise<unknown>) {
  const events: { kind: string; data: unknown; text: string }[] = [];
  const feed = followFeed({
    url: `${app.app.url.replace('http', 'ws')}/graphql`,
    token: await workspace.keyFor('REP', rep),
    selection: 'data lead { email } assignment { method decision { summary unmatched { why } facts { value } } }',
    onEvent: ({ kind, data, ...rest }) => void events.push({ kind, data, text: JSON.stringify(rest) }),
  });
  await feed.ready;
  await work();
  await until(() => events.length >= count, `${count} events have come`);
  await feed.close();
  return events;
}

describe('a member hears', () => {
  test('that a lead waits, and nothing of the person by whatever way', async () => {
    const workspace = await openClaims(app, { reps: ['a', 'b'] });
    const events = await over(workspace, 'a', 1, () => workspace.submit(PERSON));
    expect(events).toMatchObject([{ kind: 'LEAD_QUEUED' }]);
    expect(events[0]?.text).not.toMatch(/petra|client\.example/i);
  });

  test('who has claimed it, and that it waits no longer when it is closed or given away by hand', async () => {
    const workspace = await openClaims(app, { reps: ['a', 'b'] });
    const ids: string[] = [];
    for (const email of ['one@client.example', 'two@client.example', 'three@client.example']) {
      ids.push((await workspace.submit({ email })).id);
    }
    const [claimed = '', closed = '', given = ''] = ids;
    const events = await over(workspace, 'a', 3, async () => {
      await claim(workspace, claimed, await workspace.keyFor('REP', 'b'));
      await workspace.close(closed, 'LOST');
      await workspace.assign(given, 'b');
    });
    expect(events.map(({ kind, data }) => [kind, (data as { to: string | null }).to])).toEqual([
      ['LEAD_CLAIMED', 'b'],
      ['LEAD_CLAIMED', null],
      ['LEAD_CLAIMED', 'b'],
    ]);
  });
});

test('a second lead of a person whose first one waits takes no place and has no clock until both are claimed', async () => {
  const workspace = await openClaims(app, { reps: ['a'] });
  const [first, second] = [await workspace.submit(PERSON), await workspace.submit(PERSON)];
  const { prisma } = app.database;
  const present = () =>
    prisma.assignment.findFirstOrThrow({ where: { leadId: decodeId('Lead', second.id), endedAt: null } });
  expect(await present()).toMatchObject({ method: 'DUPLICATE', cost: 0, slaStatus: null });
  await claim(workspace, first.id, await workspace.keyFor('REP', 'a'));
  expect(await present()).toMatchObject({ cost: 1, slaStatus: 'DUE' });
});

test('why somebody is away is for them, their managers and admins', async () => {
  const workspace = await openClaims(app, { reps: ['a', 'b'] });
  const until = new Date(app.clock.now().getTime() + 86_400_000).toISOString();
  await say(workspace, 'a', { status: 'OUT_OF_OFFICE', until, note: 'surgery' });
  const noteFor = async (key?: string) => {
    const query = '{ rep(key: "a") { availability { leaves { note } } } }';
    const { data } = await workspace.send<{ rep: { availability: { leaves: { note: string | null }[] } } }>(
      query,
      {},
      key,
    );
    return data?.rep.availability.leaves[0]?.note;
  };
  expect([
    await noteFor(),
    await noteFor(await workspace.keyFor('REP', 'a')),
    await noteFor(await workspace.keyFor('REP', 'b')),
  ]).toEqual(['surgery', 'surgery', null]);
});
