import fc from 'fast-check';
import type { GraphQLInputObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
  workspace = await openWorkspace(app, onePool(3));
});
afterAll(() => app.stop());

const FIELDS = Object.keys((schema.getType('LeadInput') as GraphQLInputObjectType).getFields());

const HUGE = 'x'.repeat(65_536);
const CONTROL = 'has a control character';
const SURROGATE = 'has half of a surrogate pair';

/** What every line of text is refused for, with the field's limit. */
const text = (limit: number): [unknown, string][] => [
  [HUGE, `is at most ${limit} characters long, this has 65536`],
  ['x'.repeat(limit + 1), `is at most ${limit} characters long, this has ${limit + 1}`],
  ['a\u0000b', CONTROL],
  ['a\u001bb', CONTROL],
  ['a\ud800b', SURROGATE],
  ['\udfffa', SURROGATE],
  ['a\r\nBcc: b@c.example', 'must be one line'],
  ['a\u2028b', 'must be one line'],
  ['a\tb', 'must be one line'],
];

/** By field, bad values and what the refusal says; null where the schema's own type refuses all there is. */
const BAD: Readonly<Record<string, [unknown, string][] | null>> = {
  firstName: text(100),
  lastName: text(100),
  email: [
    ...text(400),
    ...[
      'ada',
      'ada@',
      '@x.example',
      'ada@x',
      'ada@@x.example',
      'ada@b@x.example',
      'ada@127.0.0.1',
      'ada@[::1]',
      'a b@x.example',
    ].map((address): [unknown, string] => [address, 'must be an address']),
    ...[
      '.ada@x.example',
      'a..da@x.example',
      'ada.@x.example',
      'ada@-x.example',
      'ada@co.uk',
      '<ada@x.example> x',
      `${'a'.repeat(65)}@x.example`,
    ].map((address): [unknown, string] => [address, 'must be an address']),
  ],
  phone: [
    ...text(60),
    ['call me', 'must be a phone number'],
    ['089 12345678', 'with country code (+49 …) unless `country` is given'],
    ['+1', 'must be a phone number'],
    ['9'.repeat(40), 'must be a phone number'],
  ],
  jobTitle: text(200),
  companyName: text(300),
  companyDomain: [
    ...text(300),
    ...['10.0.0.1', 'http://10.0.0.1/', '[::1]', 'com', 'localhost', 'x y.example', '-.example'].map(
      (domain): [unknown, string] => [domain, 'must be a domain such as example.com'],
    ),
  ],
  accountKey: text(200),
  country: text(100),
  region: text(100),
  city: text(200),
  metro: text(200),
  postalCode: text(20),
  latitude: [
    [90.5, 'must be from −90 to 90 degrees'],
    [-91, 'must be from −90 to 90 degrees'],
  ],
  longitude: [
    [180.5, 'must be from −180 to 180 degrees'],
    [10, 'goes with latitude: give both or none'],
  ],
  industry: text(200),
  employees: [
    [-1, 'must be 0 or more'],
    [10_000_001, 'must be at most 10,000,000'],
  ],
  score: [
    [-0.1, 'must be from 0 to 100'],
    [100.1, 'must be from 0 to 100'],
    [1e308, 'must be from 0 to 100'],
  ],
  priority: [
    [-1_001, 'must be a whole number from -1,000 to 1,000'],
    [1_001, 'must be a whole number from -1,000 to 1,000'],
  ],
  requestKind: null,
  productInterest: text(200),
  qualification: null,
  icp: null,
  timeZone: [...text(64), ['Mars/Olympus', 'must be an IANA time zone'], ['LEAD', 'must be an IANA time zone']],
  language: [...text(35), ['not a language', 'must be a BCP 47 language tag'], ['d', 'must be a BCP 47 language tag']],
  message: [
    [HUGE, 'is at most 10000 characters long, this has 65536'],
    ['a\u0000b', CONTROL],
    ['a\ud800b', SURROGATE],
  ],
  attributes: [
    ['text', 'expected record'],
    [[1], 'expected record'],
    [{ 'two words': 1 }, 'a name is a letter followed by'],
    [{ __proto__x: 1 }, 'a name is a letter followed by'],
    [{ [HUGE]: 1 }, 'a name is a letter followed by'],
    [{ a: { b: 1 } }, 'must be one line of text of at most 1000 characters, a number, true or false'],
    [{ a: [1] }, 'must be one line of text'],
    [{ a: 'x'.repeat(1_001) }, 'must be one line of text'],
    [{ a: 'b\u0000' }, 'must be one line of text'],
    [{ a: '\ud800' }, 'must be one line of text'],
    [Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`a${index}`, 1])), 'has more than 100 attributes'],
  ],
  source: text(100),
  capturedAt: [['2036-01-01T00:00:00Z', 'must not be in the future; the server’s time is 2026-03-02T09:00:00.000Z']],
  ownerKey: text(63),
  status: [['WON', 'must name the owner of a lead that is brought in with a status']],
};

test('every field of a lead has bad values here', () => {
  expect(Object.keys(BAD).toSorted()).toEqual(FIELDS.toSorted());
});

/** Where the fault is told, when it is not the field itself. */
const PLACE: Readonly<Record<string, string>> = { status: 'ownerKey' };

describe('a bad value is refused with the field and the limit, nothing is stored, and others of the call are', () => {
  test.each(FIELDS.filter((field) => BAD[field] !== null))('%s', async (field) => {
    const bad = BAD[field] as [unknown, string][];
    const before = await workspace.count('Lead');
    const outcomes = await workspace.submitAll([...bad.map(([value]) => ({ [field]: value })), {}]);
    expect(outcomes.pop()).toMatchObject({ method: 'DEFAULT' });
    expect(await workspace.count('Lead')).toBe(before + 1);
    const told = outcomes.map(({ code, issues }) => ({ code, issues: issues?.join('\n') }));
    expect(told).toEqual(
      bad.map(([, message], index) => ({
        code: 'INVALID_INPUT',
        issues: expect.stringMatching(
          new RegExp(`^leads\\[${index}\\]\\.lead\\.${PLACE[field] ?? field}.*: .*${RegExp.escape(message)}`, 'm'),
        ),
      })),
    );
  });

  test('all faults of a lead are told at once', async () => {
    const { issues } = await workspace.submit({
      email: 'x',
      phone: 'y',
      score: 900,
      latitude: 1,
      firstName: 'a\nb',
      ownerKey: 'é'.repeat(64),
    });
    expect(issues?.map((issue) => issue.split(':')[0]).toSorted()).toEqual([
      'lead.email',
      'lead.firstName',
      'lead.longitude',
      'lead.ownerKey',
      'lead.phone',
      'lead.score',
    ]);
  });
});

describe('what is no value of the schema’s type is refused as a whole, with its place', () => {
  test.each<[string, unknown]>([
    ['firstName', 5],
    ['employees', 49.5],
    ['employees', '50-499'],
    ['employees', 3_000_000_000],
    ['score', '80'],
    ['score', true],
    ['latitude', 'north'],
    ['icp', 'yes'],
    ['requestKind', 'GIFT'],
    ['qualification', 'mql'],
    ['status', 'OPEN'],
    ['capturedAt', '2026-02-30T00:00:00Z'],
    ['capturedAt', '2026-02-01T00:00:00'],
    ['capturedAt', 1_700_000_000],
    ['shoeSize', 44],
  ])('%s: %j', async (field, value) => {
    const query = 'mutation ($lead: LeadInput!) { submitLead(input: { lead: $lead }) { __typename } }';
    const { status, errors } = await workspace.send(query, { lead: { [field]: value } });
    expect([status, errors[0]?.extensions?.code]).toEqual([400, 'BAD_REQUEST']);
    expect(errors[0]?.message).toContain(field);
  });
});

test.each<[string, string]>([
  ['x'.repeat(201), 'idempotencyKey: is at most 200 characters long, this has 201'],
  ['a\u0000', 'idempotencyKey: has a control character'],
  ['a\nb', 'idempotencyKey: must be one line, without line breaks or tabs'],
  ['\udc00', 'idempotencyKey: has half of a surrogate pair, which is no character'],
])('an idempotency key that is %j is refused', async (idempotencyKey, expected) => {
  const { code, issues } = await workspace.submit({}, { idempotencyKey });
  expect([code, issues]).toEqual(['INVALID_INPUT', [expected]]);
});

test('more than 500 leads in a call are refused with the limit, and none is stored', async () => {
  const before = await workspace.count('Lead');
  const query =
    'mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { ... on InvalidInputError { issues { path message } } } }';
  const { data } = await workspace.send(query, { input: { leads: Array.from({ length: 501 }, () => ({ lead: {} })) } });
  expect(data).toEqual({
    submitLeads: { issues: [{ path: 'leads', message: 'has 501 leads; 500 are the most in one call' }] },
  });
  expect(await workspace.count('Lead')).toBe(before);
});

/* Whatever it is, of the schema's types. */
const strange = fc.constantFrom(
  '\u0000',
  '\ud83d',
  '\udc00\ud800',
  '\r\n',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\uffff',
  '😀',
  '=cmd()',
  '<script>',
  '{{x}}',
  '%00',
  "';--",
  '__proto__',
  'constructor',
  'null',
  'NaN',
  ' ',
  '<a@b.example>',
  '@',
  '+',
  '://',
  'ß',
  'İ',
  'ﷺ',
  '\u0301',
  HUGE,
);
const textual = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.oneof(strange, fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 4 })
      .map((parts) => parts.join('')),
  },
  fc.emailAddress(),
  fc.webUrl(),
  fc.domain(),
  fc.stringMatching(/^\+?[0-9 ()/-]{0,30}$/),
  fc.constantFrom('DE', 'Deutschland', 'US-CA', 'Europe/Berlin', 'de-DE', '80331', 'berlin', 'rep-1', 'acme.example'),
);
const whole = fc.oneof(fc.integer(), fc.integer({ min: 0, max: 10_000_000 }));
const float = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 100, noNaN: true }),
);
const json = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(
    fc.oneof(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,8}$/), textual),
    fc.oneof(textual, float, fc.boolean(), fc.constant(null)),
    { maxKeys: 4 },
  ),
);
const moment = fc
  .date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
  .map((date) => date.toISOString());

const BY_TYPE: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  String: textual,
  Int: whole,
  Float: float,
  Boolean: fc.boolean(),
  JSON: json,
  DateTime: moment,
  RequestKind: fc.constantFrom('DEMO', 'OTHER'),
  Qualification: fc.constantFrom('NONE', 'SQL'),
  LeadStatus: fc.constantFrom('NEW', 'ASSIGNED', 'WON'),
};

/** More often as it should be than any other text is. */
const BY_NAME: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  email: fc.oneof(textual, fc.emailAddress()),
  companyDomain: fc.oneof(textual, fc.domain(), fc.webUrl()),
  phone: fc.oneof(textual, fc.stringMatching(/^\+49[0-9]{7,10}$/)),
};

const anyLead = fc.record(
  Object.fromEntries(
    Object.entries((schema.getType('LeadInput') as GraphQLInputObjectType).getFields()).map(([name, { type }]) => {
      const arbitrary = BY_NAME[name] ?? BY_TYPE[String(type)] ?? expect.fail(`say in BY_TYPE what ${type} can be`);
      return [name, fc.option(arbitrary, { freq: 6 })];
    }),
  ),
  { requiredKeys: [] },
);
/** Most fields left out, so that many are sound but for one. */
const sparseLead = fc
  .tuple(anyLead, fc.subarray(['email', 'phone', 'companyDomain', ...FIELDS], { maxLength: 5 }))
  .map(([lead, kept]) => Object.fromEntries(Object.entries(lead).filter(([name]) => kept.includes(name))));

test('whatever comes in is taken with an owner or refused with the place of each fault, never an accident', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(anyLead, { weight: 3, arbitrary: sparseLead }), { minLength: 10, maxLength: 20 }),
      async (leads) => {
        const before = await workspace.count('Lead');
        const outcomes = await workspace.submitAll(leads);
        expect(outcomes).toHaveLength(leads.length);
        for (const [index, { code, owner, issues }] of outcomes.entries()) {
          if (code === undefined) expect(owner).not.toBe('');
          else if (code === 'INVALID_INPUT') {
            expect(issues).not.toEqual([]);
            for (const issue of issues ?? []) expect(issue).toMatch(new RegExp(`^leads\\[${index}\\]\\.lead\\.\\w+`));
          } else expect(['OWNER_EQUALS_LEAD']).toContain(code);
        }
        expect(await workspace.count('Lead')).toBe(before + outcomes.filter(({ code }) => code === undefined).length);
      },
    ),
    { numRuns: 60 },
  );
});
