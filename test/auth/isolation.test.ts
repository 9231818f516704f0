import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/configuration/apiKeys.ts';
import type { ConfigurationContext } from '../../src/configuration/change.ts';
import { applyCompany } from '../../src/configuration/company.ts';
import { createMetro } from '../../src/configuration/metros.ts';
import { createPool, updatePool } from '../../src/configuration/pools.ts';
import { createQueue } from '../../src/configuration/queues.ts';
import { updateRep } from '../../src/configuration/reps.ts';
import { createSlaPolicy } from '../../src/configuration/slaPolicies.ts';
import { proposeSpecialties } from '../../src/configuration/specialties.ts';
import { derivePoolWeights } from '../../src/configuration/weights.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { decodeId, encodeId, NODE_TYPES, type NodeType } from '../../src/graphql/ids.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { idPaths, leastOperation, type RootField, rootFields } from './operations.ts';
import { TWO_TEAMS } from './team.ts';

/** One global id of each type. */
type Ids = Readonly<Record<NodeType, string>>;

let app: TestApp;
/** Two companies that are alike, each with an admin's key and its own ids. */
let ours: { key: string; ids: Ids; otherPoolId: string; workspaceId: string };
let theirs: typeof ours;

beforeAll(async () => {
  app = await startTestApp();
  ours = await company('default');
  theirs = await company('other');
});
afterAll(() => app.stop());

async function company(workspace: string): Promise<typeof ours> {
  const workspaceId = await ensureWorkspace(app.database, app.clock, workspace);
  const context: ConfigurationContext = {
    database: app.database,
    workspaceId,
    by: 'test',
    clock: app.clock,
    committed: () => {},
  };
  await applyCompany(context, TWO_TEAMS);
  const { secret: key } = await createApiKey(context, { name: 'admin', role: 'ADMIN' });
  const query =
    'mutation { submitLead(input: { lead: { email: "ann@customer.example" } }) { ... on SubmitLeadSuccess { lead { id } assignment { id rep { id } pool { id } } } } }';
  const { data } = await app.send<{
    submitLead: { lead: { id: string }; assignment: { id: string; rep: { id: string }; pool: { id: string } } };
  }>(query, {}, key);
  const { lead, assignment } = data?.submitLead ?? {};
  const where = { workspaceId };
  const { prisma } = app.database;
  const someone = await prisma.rep.findFirstOrThrow({ where });
  const pool = await prisma.pool.findFirstOrThrow({ where });
  const waitingRoom = { key: 'room', name: 'Room', poolId: pool.id, responsibleId: someone.id };
  const fastLane = { key: 'fast', name: 'Fast', rungs: [{ afterSeconds: 60, action: 'REMIND' }] };
  const ids: Ids = {
    Account: encodeId('Account', (await prisma.account.findFirstOrThrow({ where })).id),
    ApiKey: encodeId('ApiKey', (await prisma.apiKey.findFirstOrThrow({ where })).id),
    Assignment: assignment?.id ?? '',
    Lead: lead?.id ?? '',
    Plan: encodeId('Plan', (await prisma.planVersion.findFirstOrThrow({ where })).id),
    Pool: assignment?.pool.id ?? '',
    Rep: assignment?.rep.id ?? '',
    Segment: encodeId('Segment', (await prisma.segment.findFirstOrThrow({ where })).id),
    Metro: encodeId('Metro', (await createMetro(context, { key: 'oslo', name: 'Oslo', country: 'NO' })).id),
    SpecialtyProposal: encodeId('SpecialtyProposal', (await proposeSpecialties(context, someone.id, {})).id),
    WeightChange: encodeId('WeightChange', (await changeWeights(context)).id),
    Territory: encodeId('Territory', (await prisma.territory.findFirstOrThrow({ where })).id),
    Queue: encodeId('Queue', (await createQueue(context, waitingRoom)).id),
    SlaPolicy: encodeId('SlaPolicy', (await createSlaPolicy(context, fastLane)).id),
    Calendar: encodeId('Calendar', (await addCalendar(context, decodeId('Rep', assignment?.rep.id ?? ''))).id),
  };
  const other = await createPool(context, { key: 'other', name: 'Other', strategy: 'WEIGHTED' });
  return { key, ids, otherPoolId: encodeId('Pool', other.id), workspaceId };
}

const addCalendar = ({ database, workspaceId, clock }: ConfigurationContext, repId: string) =>
  database.prisma.calendar.create({
    data: {
      ...{
        workspaceId,
        id: v7(),
        name: 'Own',
        repId,
        kind: 'ICS',
        source: '{}',
        attempt: 0,
        unmatched: 0,
        alerted: false,
      },
      ...{ nextSyncAt: new Date('2100-01-01'), createdAt: clock.now(), updatedAt: clock.now() },
    },
  });

/** Derives the pool's weights from a rep's quota, so that there is a change of weights. */
async function changeWeights(context: ConfigurationContext): Promise<{ id: string }> {
  const { workspaceId } = context;
  const { prisma } = app.database;
  const ada = await prisma.rep.findFirstOrThrow({ where: { workspaceId, key: 'ada' } });
  const main = await prisma.pool.findFirstOrThrow({ where: { workspaceId, key: 'main' } });
  await updateRep(context, ada.id, { attributes: { quotaAttainment: 120 } });
  await updatePool(context, main.id, { weighting: { by: 'QUOTA' } });
  await derivePoolWeights(context, main.id);
  return prisma.weightChange.findFirstOrThrow({ where: { workspaceId } });
}

const BY_NAME: Readonly<Record<string, NodeType>> = {
  leadId: 'Lead',
  assignmentId: 'Assignment',
  repId: 'Rep',
  ownerId: 'Rep',
  managerId: 'Rep',
  backupId: 'Rep',
  poolId: 'Pool',
  parentId: 'Territory',
  proposalId: 'SpecialtyProposal',
  changeId: 'WeightChange',
  fromPoolId: 'Pool',
  toPoolId: 'Pool',
  repIds: 'Rep',
  successorId: 'Rep',
  delegateId: 'Rep',
  responsibleId: 'Rep',
  queueId: 'Queue',
};

/** Of which type an argument's or input field's id is. */
function typeOf({ field }: RootField, name: string): NodeType {
  if (name !== 'id') return BY_NAME[name] ?? expect.fail(`say in BY_NAME of which type ${name} is`);
  const word = field.name.replace(/^(create|update|delete|revoke|sync)/, '').toLowerCase();
  return word === 'node'
    ? 'Lead'
    : (NODE_TYPES.find((type) => type.toLowerCase() === word) ??
        expect.fail(`of which type is the id of ${field.name}?`));
}

const otherType = (type: NodeType): NodeType => (type === 'Rep' ? 'Pool' : 'Rep');

const places = rootFields.flatMap((field) =>
  idPaths(field).map((path) => ({ field, path, name: `${field.name}(${path.join('.')})` })),
);

async function answer(field: RootField, path: readonly string[], id: string): Promise<string> {
  const ownId = (name: string): string => (name === 'toPoolId' ? ours.otherPoolId : ours.ids[typeOf(field, name)]);
  const { query, variables } = leastOperation(field, { ownId, probe: { path, id } });
  const { status, data, errors } = await app.send(query, variables, ours.key);
  expect(errors.map(({ extensions }) => extensions?.code)).not.toContain('INTERNAL');
  return JSON.stringify({ status, data, errors });
}

describe('an id of another workspace', () => {
  test('can be tried in many places', () => {
    expect(places.length).toBeGreaterThan(35);
  });

  for (const { field, path, name } of places) {
    test(`is answered by ${name} like an unknown one, like one of another type and like nonsense`, async () => {
      const type = typeOf(field, path.at(-1) as string);
      const unknown = await answer(field, path, encodeId(type, v7()));
      const alike = {
        foreign: theirs.ids[type],
        ofAnotherType: ours.ids[otherType(type)],
        ofAnotherTypeOfTheirs: theirs.ids[otherType(type)],
        noUuid: Buffer.from(`${type}:1`).toString('base64url'),
        sql: Buffer.from(`${type}:' OR 1=1 --`).toString('base64url'),
        noType: Buffer.from('x').toString('base64url'),
        bareUuid: Buffer.from(theirs.ids[type], 'base64url').toString().split(':')[1] as string,
        empty: '',
        nul: '\u0000',
      };
      for (const [kind, id] of Object.entries(alike)) {
        // Any type's id is good for `node`, ours at least.
        if (field.field.name === 'node' && kind === 'ofAnotherType') continue;
        expect([kind, await answer(field, path, id)]).toEqual([kind, unknown]);
      }
      const isDeadly = /^(delete|revoke|offboard|erase)/.test(field.field.name);
      if (!isDeadly) expect(await answer(field, path, ours.ids[type])).not.toBe(unknown);
    });
  }

  test('is no node, of whatever type, while each of ours is one', async () => {
    for (const type of NODE_TYPES) {
      const node = async (id: string) =>
        (await app.send('query ($id: ID!) { node(id: $id) { __typename id } }', { id }, ours.key)).data;
      expect(await node(ours.ids[type])).toEqual({ node: { __typename: type, id: ours.ids[type] } });
      expect(await node(theirs.ids[type])).toEqual({ node: null });
    }
  });
});

describe('two workspaces', () => {
  test('of which one has been tried in every way leave the other as it was', async () => {
    const rows = async () => {
      const tables = [
        'Rep',
        'Pool',
        'PoolMember',
        'Territory',
        'Account',
        'Segment',
        'Metro',
        'Workspace',
        'SpecialtyProposal',
        'WeightChange',
        'ConfigurationHistory',
        'PlanVersion',
        'Lead',
        'Assignment',
        'Activity',
        'Rotation',
        'Event',
      ];
      const counts = await Promise.all(
        tables.map(async (table) => {
          const { rows: found } = await app.database.pool.query(
            `SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS sum FROM "${table}" t
             WHERE "${table === 'Workspace' ? 'id' : 'workspaceId'}" = $1`,
            [theirs.workspaceId],
          );
          return [table, found[0].sum];
        }),
      );
      return Object.fromEntries(counts);
    };
    const before = await rows();
    for (const { field, path } of places.filter(({ field: { root } }) => root === 'Mutation')) {
      await answer(field, path, theirs.ids[typeOf(field, path.at(-1) as string)]);
    }
    expect(await rows()).toEqual(before);
  });

  test('each have their own lists', async () => {
    for (const list of [
      'reps',
      'pools',
      'territories',
      'accounts',
      'segments',
      'metros',
      'specialtyProposals',
      'planVersions',
      'leads',
      'apiKeys',
    ]) {
      const ids = async (key: string): Promise<string[]> => {
        const { data } = await app.send<Record<string, { edges: { node: { id: string } }[] }>>(
          `{ ${list}(first: 100) { edges { node { id } } } }`,
          {},
          key,
        );
        return (data?.[list]?.edges ?? []).map(({ node }) => node.id);
      };
      const [a, b] = await Promise.all([ids(ours.key), ids(theirs.key)]);
      expect(b.length, list).toBeGreaterThan(0);
      expect(a.filter((id) => b.includes(id))).toEqual([]);
    }
  });

  test('refuse each other’s cursors', async () => {
    for (const list of ['reps', 'leads', 'planVersions']) {
      const { data } = await app.send<Record<string, { pageInfo: { endCursor: string } }>>(
        `{ ${list} { pageInfo { endCursor } } }`,
        {},
        theirs.key,
      );
      const after = data?.[list]?.pageInfo.endCursor;
      const { errors } = await app.send(
        `query ($after: String) { ${list}(after: $after) { edges { cursor } } }`,
        { after },
        ours.key,
      );
      expect(errors).toMatchObject([{ path: [list], extensions: { code: 'INVALID_CURSOR' } }]);
    }
    const feed = await app.send<{ feedCursor: string }>('{ feedCursor }', {}, theirs.key);
    const headers = {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${ours.key}`,
    };
    const body = JSON.stringify({
      query: 'subscription ($after: Cursor) { workspaceFeed(after: $after) { number } }',
      variables: { after: feed.data?.feedCursor },
    });
    const response = await fetch(`${app.app.url}/graphql`, { method: 'POST', headers, body });
    expect(await response.text()).toContain('INVALID_CURSOR');
  });
});
