import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

/** Leads of two metro areas go to one rep, those of Berlin to another, the rest to the boss. */
const COMPANY = `
apiVersion: fairlead/v1
kind: Company
reps:
  - { key: boss, name: Boss, email: boss@fairlead.example }
  - { key: ada, name: Ada, email: ada@fairlead.example }
  - { key: bob, name: Bob, email: bob@fairlead.example }
territories:
  - { key: ours, name: Ours, metros: [oslo, leipzig], rep: ada }
  - { key: berlin, name: Berlin, metros: [berlin], rep: bob }
plan:
  steps:
    - { key: territory, kind: TERRITORY, target: { kind: TERRITORY } }
  lastResort: [boss]
`;

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
const open = async (): Promise<void> => {
  workspace = await openWorkspace(app, COMPANY);
};

const FIELDS = 'metro { id key name country postalPrefixes cities latitude longitude radiusKm }';
const create = (input: object) => workspace.mutate('createMetro', input, FIELDS);
const update = (id: string, input: object) => workspace.mutate('updateMetro', { id, ...input }, FIELDS);

async function remove(id: string): Promise<unknown> {
  const query = 'mutation ($id: ID!) { deleteMetro(input: { id: $id }) { __typename ... on Error { code } } }';
  return (await workspace.send(query, { id })).data;
}

async function created(input: object): Promise<string> {
  const { metro } = (await create(input)) as { metro?: { id: string } };
  return metro?.id ?? expect.fail('it was refused');
}

async function metroOf(place: object): Promise<{ owner: string; metro: string | null }> {
  const { id, owner } = await workspace.submit(place);
  const { data } = await workspace.send<{ lead: { metro: string | null } }>(
    'query ($id: ID!) { lead(id: $id) { metro } }',
    { id },
  );
  return { owner, metro: data?.lead.metro ?? null };
}

describe('a metro area of the workspace’s own', () => {
  beforeEach(open);

  test('is where its postal codes, its cities and its circle are, and its leads go by it from the next one on', async () => {
    const inLeipzig = { postalCode: '04109', country: 'DE' };
    expect(await metroOf(inLeipzig)).toEqual({ owner: 'boss', metro: null });
    expect(await create({ key: 'leipzig', name: 'Leipzig', country: 'Germany', postalPrefixes: ['04', '04'] })).toEqual(
      {
        metro: {
          id: expect.any(String),
          key: 'leipzig',
          name: 'Leipzig',
          country: 'DE',
          postalPrefixes: ['04'],
          cities: [],
          latitude: null,
          longitude: null,
          radiusKm: null,
        },
      },
    );
    await created({ key: 'oslo', name: 'Oslo', country: 'NO', cities: ['Oslo', 'Bærum'] });
    await created({ key: 'fjord', name: 'Fjord', country: 'NO', latitude: 59.9, longitude: 10.7, radiusKm: 50 });
    expect(await metroOf(inLeipzig)).toEqual({ owner: 'ada', metro: 'leipzig' });
    expect(await metroOf({ city: 'BÆRUM', country: 'NO' })).toEqual({ owner: 'ada', metro: 'oslo' });
    expect(await metroOf({ latitude: 59.7, longitude: 10.8 })).toEqual({ owner: 'boss', metro: 'fjord' });
    expect(await metroOf({ metro: 'Leipzig' })).toEqual({ owner: 'ada', metro: 'leipzig' });
    const { data } = await workspace.send<{ metros: { edges: { node: { key: string } }[] } }>(
      '{ metros { edges { node { key } } } }',
    );
    expect(data?.metros.edges.map(({ node }) => node.key)).toEqual(['fjord', 'leipzig', 'oslo']);
  });

  test('with the key of a known one takes its place, until it is removed', async () => {
    const inBerlin = { postalCode: '10115', country: 'DE' };
    expect(await metroOf(inBerlin)).toEqual({ owner: 'bob', metro: 'berlin' });
    const id = await created({ key: 'berlin', name: 'Berlin, N.H.', country: 'US', cities: ['Berlin'] });
    expect(await metroOf(inBerlin)).toEqual({ owner: 'boss', metro: null });
    expect(await metroOf({ city: 'Berlin', country: 'US' })).toEqual({ owner: 'bob', metro: 'berlin' });
    expect(await metroOf({ postalCode: '80331', country: 'DE' })).toMatchObject({ metro: 'munich' });
    expect(await remove(id)).toEqual({ deleteMetro: { __typename: 'DeleteSuccess' } });
    expect(await metroOf(inBerlin)).toEqual({ owner: 'bob', metro: 'berlin' });
    expect(await remove(id)).toEqual({ deleteMetro: { __typename: 'RefusedError', code: 'NOT_FOUND' } });
  });

  test('keeps what a change leaves out; null clears a circle', async () => {
    const circle = { latitude: 59.9, longitude: 10.7, radiusKm: 5.5 };
    const id = await created({ key: 'oslo', name: 'Oslo', country: 'NO', cities: ['Oslo'], ...circle });
    expect(await update(id, { name: 'Greater Oslo' })).toMatchObject({
      metro: { key: 'oslo', name: 'Greater Oslo', cities: ['Oslo'], ...circle },
    });
    const none = { latitude: null, longitude: null, radiusKm: null };
    expect(await update(id, none)).toMatchObject({ metro: { cities: ['Oslo'], ...none } });
    expect(await metroOf({ latitude: 59.9, longitude: 10.7 })).toMatchObject({ metro: null });
  });

  test('is none of another workspace’s', async () => {
    const other = await openWorkspace(app, COMPANY);
    await created({ key: 'oslo', name: 'Oslo', country: 'NO', cities: ['Oslo'] });
    const { id } = await other.submit({ city: 'Oslo', country: 'NO' });
    const { data } = await other.send('query ($id: ID!) { lead(id: $id) { metro } }', { id });
    expect(data).toEqual({ lead: { metro: null } });
  });
});

describe('a metro area is refused, with the place of the fault, and nothing is stored', () => {
  beforeAll(open);
  const fine = { key: 'oslo', name: 'Oslo', country: 'NO' };
  const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `0${index}`);

  test.each<[object, string]>([
    [{ key: 'Oslo!' }, 'key: must be a key'],
    [{ key: '' }, 'key: must be a key'],
    [{ name: ' ' }, 'name: must not be empty'],
    [{ name: 'x'.repeat(65_536) }, 'name: is at most 200 characters long, this has 65536'],
    [{ name: '\ud800' }, 'name: has half of a surrogate pair'],
    [{ country: 'Atlantis' }, 'country: "Atlantis" is no country of ISO 3166-1'],
    [{ postalPrefixes: ['--'] }, 'postalPrefixes: "--" is no beginning of a postal code'],
    [{ postalPrefixes: many(1_001) }, 'postalPrefixes: has more than 1000 entries'],
    [{ cities: many(1_001) }, 'cities: has more than 1000 entries'],
    [{ cities: ['a\nb'] }, 'cities[0]: must be one line'],
    [{ latitude: 91, longitude: 0, radiusKm: 1 }, 'latitude: must be from −90 to 90 degrees'],
    [{ latitude: 0, longitude: -181, radiusKm: 1 }, 'longitude: must be from −180 to 180 degrees'],
    [{ latitude: 0, longitude: 0, radiusKm: 0 }, 'radiusKm: must be above 0'],
    [{ latitude: 0, longitude: 0, radiusKm: -1 }, 'radiusKm: must be above 0'],
    [{ latitude: 0, longitude: 0, radiusKm: 2_000.5 }, 'radiusKm: must be at most 2,000 km'],
    [{ latitude: 0, longitude: 0 }, 'radiusKm: goes with latitude and longitude'],
    [{ radiusKm: 10 }, 'radiusKm: goes with latitude and longitude'],
  ])('%j', async (bad, expected) => {
    const { code, issues } = await create({ ...fine, ...bad });
    expect(code).toBe('INVALID_INPUT');
    expect(issues).toContainEqual(expect.stringContaining(expected));
    expect(await workspace.count('Metro')).toBe(0);
  });

  test('also in a change, which leaves it as it was, and with a key that is taken', async () => {
    const id = await created({ ...fine, latitude: 59.9, longitude: 10.7, radiusKm: 5 });
    for (const bad of [{ radiusKm: null }, { name: null }, { country: 'Nowhere' }, { latitude: 100 }]) {
      expect(await update(id, bad)).toMatchObject({ code: 'INVALID_INPUT' });
    }
    expect(await update(id, {})).toMatchObject({ metro: { name: 'Oslo', country: 'NO', radiusKm: 5 } });
    expect(await create(fine)).toEqual({ code: 'KEY_TAKEN', message: 'key: "oslo" is taken' });
    expect(await workspace.count('Metro')).toBe(1);
  });
});
