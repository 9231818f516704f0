import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { updateSettings } from '../../src/configuration/settings.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

const SETTINGS = `defaultCapacity timeZone leadCosts { segment cost } classLimits { segment limit }
  rateCaps { leads per timeZone } samePerson { action windowDays scope ignoreTags ignoreDots } freeMailDomains
  leadAttributes { name type values }`;

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const open = async (): Promise<void> => {
  workspace = await openWorkspace(app, COMPANY);
};

const COMPANY = `${onePool(2)}
segments:
  - { key: hot, name: Hot, condition: { field: score, operator: AT_LEAST, value: 80 } }
`;

async function settings(): Promise<Readonly<Record<string, unknown>>> {
  const { data } = await workspace.send<{ workspace: Record<string, unknown> }>(`{ workspace { ${SETTINGS} } }`);
  return data?.workspace ?? {};
}

const update = (input: object, key?: string) =>
  workspace.mutate('updateWorkspace', input, `workspace { ${SETTINGS} }`, key);

const SAME_PERSON = { action: 'CREATE', windowDays: 7, scope: 'SOURCE', ignoreTags: false, ignoreDots: 'ALWAYS' };

describe('the workspace’s settings', () => {
  beforeEach(open);

  test('have defaults; what is given is changed and told, what is left out stays', async () => {
    expect(await settings()).toEqual({
      defaultCapacity: 100_000,
      timeZone: 'UTC',
      leadCosts: [],
      classLimits: [],
      rateCaps: [],
      samePerson: {
        action: 'ROUTE_TO_OWNER',
        windowDays: 30,
        scope: 'WORKSPACE',
        ignoreTags: true,
        ignoreDots: 'GMAIL',
      },
      freeMailDomains: [],
      leadAttributes: [],
    });
    const all = {
      defaultCapacity: 7,
      timeZone: 'Europe/Berlin',
      leadCosts: [{ segment: 'hot', cost: 3 }],
      classLimits: [{ segment: 'hot', limit: 0 }],
      rateCaps: [
        { leads: 5, per: 'HOUR', timeZone: null },
        { leads: 20, per: 'MONTH', timeZone: 'Asia/Tokyo' },
      ],
      samePerson: SAME_PERSON,
      freeMailDomains: ['provider.example'],
      leadAttributes: [
        { name: 'budget', type: 'NUMBER', values: [] },
        { name: 'plan', type: 'ENUM', values: ['Gold', 'Silver'] },
      ],
    };
    expect(await update(all)).toEqual({ workspace: all });
    expect(await update({ defaultCapacity: 8 })).toEqual({ workspace: { ...all, defaultCapacity: 8 } });
    expect(await settings()).toEqual({ ...all, defaultCapacity: 8 });
  });

  test('are those of one workspace, for admins alone; everybody sees which it is', async () => {
    const other = await openWorkspace(app, COMPANY);
    await update({ defaultCapacity: 1 });
    const { data } = await other.send('{ workspace { defaultCapacity } }');
    expect(data).toEqual({ workspace: { defaultCapacity: 100_000 } });
    const rep = await workspace.keyFor('REP', 'rep-1');
    await expect(update({ defaultCapacity: 2 }, rep)).rejects.toThrow('configuration:write');
    const partner = await workspace.keyFor('PARTNER');
    expect((await workspace.send('{ workspace { key } }', {}, partner)).errors).toHaveLength(1);
    expect((await workspace.send('{ me { workspace { key } } }', {}, partner)).errors).toEqual([]);
    expect((await workspace.send('{ me { workspace { timeZone } } }', {}, partner)).errors).toHaveLength(1);
  });
});

const many = <Thing>(count: number, thing: (index: number) => Thing): Thing[] =>
  Array.from({ length: count }, (_, i) => thing(i));

describe('a bad setting is refused with its place and limit, and nothing is stored', () => {
  beforeAll(open);

  test.each<[string, object, string]>([
    ['negative', { defaultCapacity: -1 }, 'defaultCapacity: must be a whole number from 0 to 100,000'],
    ['too large', { defaultCapacity: 100_001 }, 'defaultCapacity: must be a whole number from 0 to 100,000'],
    ['null', { defaultCapacity: null }, 'defaultCapacity: must be a whole number from 0 to 100,000'],
    ['unknown zone', { timeZone: 'Mars/Olympus' }, 'timeZone: must be an IANA time zone'],
    ['zone of two lines', { timeZone: 'UTC\nUTC' }, 'timeZone: must be'],
    [
      'cost 0',
      { leadCosts: [{ segment: 'hot', cost: 0 }] },
      'leadCosts[0].cost: must be a whole number from 1 to 1,000',
    ],
    [
      'cost 1,001',
      { leadCosts: [{ segment: 'hot', cost: 1_001 }] },
      'leadCosts[0].cost: must be a whole number from 1',
    ],
    ['segment that is no key', { leadCosts: [{ segment: 'Hot!', cost: 1 }] }, 'leadCosts[0].segment: must be a key'],
    [
      'segment twice',
      {
        leadCosts: [
          { segment: 'hot', cost: 1 },
          { segment: 'hot', cost: 2 },
        ],
      },
      'leadCosts: names a segment twice',
    ],
    [
      '101 costs',
      { leadCosts: many(101, (index) => ({ segment: `s${index}`, cost: 1 })) },
      'leadCosts: has more than 100 entries',
    ],
    [
      'limit −1',
      { classLimits: [{ segment: 'hot', limit: -1 }] },
      'classLimits[0].limit: must be a whole number from 0 to 100,000',
    ],
    [
      'limit of a segment twice',
      {
        classLimits: [
          { segment: 'hot', limit: 1 },
          { segment: 'hot', limit: 1 },
        ],
      },
      'classLimits: names a segment twice',
    ],
    ['cap 0', { rateCaps: [{ leads: 0, per: 'DAY' }] }, 'rateCaps[0].leads: must be a whole number from 1 to 10,000'],
    [
      'cap of an unknown zone',
      { rateCaps: [{ leads: 1, per: 'DAY', timeZone: 'Nowhere' }] },
      'rateCaps[0].timeZone: must be an IANA time zone',
    ],
    ['11 caps', { rateCaps: many(11, () => ({ leads: 1, per: 'DAY' })) }, 'rateCaps: has more than 10 rate caps'],
    [
      'window 0',
      { samePerson: { ...SAME_PERSON, windowDays: 0 } },
      'samePerson.windowDays: must be a whole number from 1 to 3,650',
    ],
    [
      'window 3,651',
      { samePerson: { ...SAME_PERSON, windowDays: 3_651 } },
      'samePerson.windowDays: must be a whole number from 1 to 3,650',
    ],
    ['no domain', { freeMailDomains: ['fine.example', 'no domain'] }, 'freeMailDomains: "no domain" is no domain'],
    [
      '1,001 domains',
      { freeMailDomains: many(1_001, (index) => `d${index}.example`) },
      'freeMailDomains: has more than 1000 entries',
    ],
    [
      'attribute’s name',
      { leadAttributes: [{ name: 'two words', type: 'TEXT' }] },
      'leadAttributes[0].name: a name is a letter followed by',
    ],
    [
      'attribute’s name too long',
      { leadAttributes: [{ name: 'x'.repeat(65), type: 'TEXT' }] },
      'leadAttributes[0].name: a name is a letter',
    ],
    [
      'attribute twice',
      {
        leadAttributes: [
          { name: 'a', type: 'TEXT' },
          { name: 'a', type: 'NUMBER' },
        ],
      },
      'leadAttributes: declares an attribute twice',
    ],
    [
      '101 attributes',
      { leadAttributes: many(101, (index) => ({ name: `a${index}`, type: 'TEXT' })) },
      'leadAttributes: has more than 100 attributes',
    ],
    [
      'ENUM without values',
      { leadAttributes: [{ name: 'a', type: 'ENUM' }] },
      'leadAttributes[0].values: has values if, and only if, the type is ENUM',
    ],
    [
      'values without ENUM',
      { leadAttributes: [{ name: 'a', type: 'TEXT', values: ['x'] }] },
      'leadAttributes[0].values: has values if, and only if',
    ],
    [
      '1,001 values',
      { leadAttributes: [{ name: 'a', type: 'ENUM', values: many(1_001, (index) => `v${index}`) }] },
      'leadAttributes[0].values: has more than 1000 entries',
    ],
  ])('%s', async (_name, bad, expected) => {
    const before = await settings();
    // What is right beside it is not stored either.
    const { code, issues } = await update({ timeZone: 'Asia/Tokyo', ...bad });
    expect(code).toBe('INVALID_INPUT');
    expect(issues).toContainEqual(expect.stringContaining(expected));
    expect(await settings()).toEqual(before);
  });

  test.each<[object, string]>([
    [{ leadCosts: [{ segment: 'cold', cost: 1 }] }, 'leadCosts: there is no segment "cold"'],
    [{ classLimits: [{ segment: 'cold', limit: 1 }] }, 'classLimits: there is no segment "cold"'],
  ])('a segment that is not there: %j', async (bad, message) => {
    const before = await settings();
    expect(await update({ defaultCapacity: 1, ...bad })).toEqual({ code: 'NOT_FOUND', message });
    expect(await settings()).toEqual(before);
  });

  test.each<[object, string]>([
    [{ defaultCapacity: 2.5 }, 'input.defaultCapacity'],
    [{ leadCosts: [{ segment: 'hot', cost: 2.5 }] }, 'input.leadCosts[0].cost'],
    [{ rateCaps: [{ leads: 1, per: 'FORTNIGHT' }] }, 'input.rateCaps[0].per'],
    [{ samePerson: { ...SAME_PERSON, action: 'MERGE' } }, 'input.samePerson.action'],
    [{ samePerson: { action: 'CREATE' } }, 'input.samePerson'],
    [{ leadAttributes: [{ name: 'a', type: 'DATE' }] }, 'input.leadAttributes[0].type'],
    [{ shoeSize: 44 }, 'shoeSize'],
  ])('what is of another type than the schema’s: %j', async (bad, place) => {
    const query = 'mutation ($input: UpdateWorkspaceInput!) { updateWorkspace(input: $input) { __typename } }';
    const { status, errors } = await workspace.send(query, { input: bad });
    expect([status, errors[0]?.extensions?.code]).toEqual([400, 'BAD_REQUEST']);
    expect(errors[0]?.message).toContain(place);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 2.5, '5', true])(
    '%s as a number, from wherever it comes',
    async (value) => {
      for (const [bad, place] of [
        [{ defaultCapacity: value }, 'defaultCapacity'],
        [{ leadCosts: [{ segment: 'hot', cost: value }] }, 'leadCosts.0.cost'],
        [{ classLimits: [{ segment: 'hot', limit: value }] }, 'classLimits.0.limit'],
        [{ rateCaps: [{ leads: value, per: 'DAY' }] }, 'rateCaps.0.leads'],
        [{ samePerson: { ...SAME_PERSON, windowDays: value } }, 'samePerson.windowDays'],
      ] as const) {
        const refusal = await updateSettings(workspace.context, bad).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(InvalidInput);
        const [issue] = (refusal as InvalidInput).issues;
        expect(issue?.path.join('.')).toBe(place);
        expect(issue?.message).toMatch(/^must be a whole number from \d+ to [\d,]+$/);
      }
    },
  );
});

describe('a declared attribute', () => {
  const DECLARED = [
    { name: 'budget', type: 'NUMBER' },
    { name: 'vip', type: 'BOOLEAN' },
    { name: 'plan', type: 'ENUM', values: ['Gold', 'Silver'] },
    { name: 'note', type: 'TEXT' },
  ];
  beforeAll(open);
  beforeEach(() => workspace.updateSettings({ leadAttributes: DECLARED }));

  const attributesOf = async (id: string): Promise<unknown> => {
    const { data } = await workspace.send<{ lead: { attributes: unknown } }>(
      'query ($id: ID!) { lead(id: $id) { attributes } }',
      { id },
    );
    return data?.lead.attributes;
  };

  test.each<[object, object]>([
    [{ budget: 42 }, { budget: 42 }],
    [{ budget: '42' }, { budget: 42 }],
    [{ budget: ' -1.5 ' }, { budget: -1.5 }],
    [{ vip: true }, { vip: true }],
    [{ vip: 'TRUE' }, { vip: true }],
    [{ vip: 'false' }, { vip: false }],
    [{ plan: 'Gold' }, { plan: 'Gold' }],
    [{ plan: 'gOLD' }, { plan: 'Gold' }],
    [{ note: 42 }, { note: '42' }],
    [{ note: false }, { note: 'false' }],
    [
      { other: '42', another: 7 },
      { other: '42', another: 7 },
    ],
    [{ budget: '' }, {}],
  ])('%j is stored as %j', async (given, stored) => {
    const { id } = await workspace.submit({ attributes: given });
    expect(await attributesOf(id)).toEqual(stored);
  });

  test.each<[object, string]>([
    [{ budget: 'lots' }, 'lead.attributes.budget: must be of type NUMBER, as declared; this is "lots"'],
    [{ budget: true }, 'lead.attributes.budget: must be of type NUMBER, as declared; this is true'],
    [{ budget: 'Infinity' }, 'lead.attributes.budget: must be of type NUMBER, as declared; this is "Infinity"'],
    [{ vip: 1 }, 'lead.attributes.vip: must be of type BOOLEAN, as declared; this is 1'],
    [{ vip: 'yes' }, 'lead.attributes.vip: must be of type BOOLEAN, as declared; this is "yes"'],
    [{ plan: 'Bronze' }, 'lead.attributes.plan: must be one of Gold, Silver, as declared; this is "Bronze"'],
  ])('%j is refused, nothing is stored: %s', async (given, expected) => {
    const before = await workspace.count('Lead');
    expect(await workspace.submit({ attributes: given })).toMatchObject({ code: 'INVALID_INPUT', issues: [expected] });
    expect(await workspace.count('Lead')).toBe(before);
  });

  test('that is wrong is told with all others, also of one in a list, in a preview, and of a lead brought in', async () => {
    const attributes = { budget: 'lots', plan: 'Bronze' };
    const [, second] = await workspace.submitAll([{}, { attributes }]);
    expect(second?.issues?.map((issue) => issue.split(':')[0])).toEqual([
      'leads[1].lead.attributes.budget',
      'leads[1].lead.attributes.plan',
    ]);
    expect(await workspace.submit({ attributes, ownerKey: 'rep-1' })).toMatchObject({ code: 'INVALID_INPUT' });
    const { data } = await workspace.send(
      'query ($input: LeadInput!) { previewRouting(input: $input) { ... on InvalidInputError { issues { path } } } }',
      { input: { attributes } },
    );
    expect(data).toEqual({ previewRouting: { issues: [{ path: 'attributes.budget' }, { path: 'attributes.plan' }] } });
  });

  test('binds from the next lead on, and no longer when it is declared no more', async () => {
    await workspace.updateSettings({ leadAttributes: [] });
    const { id } = await workspace.submit({ attributes: { budget: '42' } });
    expect(await attributesOf(id)).toEqual({ budget: '42' });
  });
});
