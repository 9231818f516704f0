import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatPath, InvalidInput } from '../../src/domain/errors.ts';
import { contentHash, parseLead } from '../../src/intake/leadInput.ts';

const NOW = new Date('2026-03-02T09:00:00Z');
const parse = (input: object) => parseLead(input, NOW).routable;

/** The places and messages of a refused lead. */
function faults(input: object): string[] {
  try {
    parse(input);
  } catch (error) {
    if (error instanceof InvalidInput)
      return error.issues.map(({ path, message }) => `${formatPath(path)}: ${message}`);
    throw error;
  }
  return [];
}

describe('a lead is normalised', () => {
  test.each<[object, object]>([
    [{ email: ' Ada Stone <Ada@Mail.Example.COM> ' }, { email: 'ada@mail.example.com', companyDomain: 'example.com' }],
    [{ email: 'ada@gmail.com' }, { email: 'ada@gmail.com', companyDomain: null }],
    [{ email: 'jürgen@müller.de' }, { email: 'jürgen@xn--mller-kva.de', companyDomain: 'xn--mller-kva.de' }],
    [{ companyDomain: 'https://www.Example.co.uk/about?x=1' }, { companyDomain: 'example.co.uk' }],
    [{ phone: '+49 (89) 123-45678' }, { phone: '+498912345678', country: 'DE' }],
    [
      { phone: '089 12345678', country: 'Deutschland' },
      { phone: '+498912345678', country: 'DE' },
    ],
    [
      { country: 'usa', region: 'California' },
      { country: 'US', region: 'US-CA' },
    ],
    [{ country: 'US', region: 'ca' }, { region: 'US-CA' }],
    [
      { country: 'Atlantis', region: 'North' },
      { country: null, region: null },
    ],
    [{ country: 'UK' }, { country: 'GB' }],
    [{ postalCode: '01067' }, { postalCode: '01067' }],
    [
      { firstName: '  ', lastName: ' O’Neil ' },
      { firstName: null, lastName: 'O’Neil' },
    ],
    [
      { firstName: '=1+1', companyName: '<b>Acme</b>' },
      { firstName: '=1+1', companyName: '<b>Acme</b>' },
    ],
    [{}, { source: 'api', requestKind: 'OTHER', qualification: 'NONE', icp: false, attributes: {} }],
    [
      { attributes: { budget: 100, tier: 'gold', vip: true } },
      { attributes: { budget: 100, tier: 'gold', vip: true } },
    ],
  ])('%j', (input, expected) => {
    expect(parse(input)).toMatchObject(expected);
  });
});

describe('a bad value is refused with its field and its limit', () => {
  test.each<[object, string]>([
    [{ email: 'a@b' }, 'lead.email: must be an address'],
    [{ email: 'a@@b.example' }, 'lead.email: must be an address'],
    [{ email: 'a@b.example\r\nBcc: x@y.example' }, 'lead.email: must be one line'],
    [{ email: `${'x'.repeat(65)}@b.example` }, 'at most 64 characters before it'],
    [{ email: 'a@127.0.0.1' }, 'lead.email: must be an address'],
    [{ phone: 'call me' }, 'lead.phone: must be a phone number'],
    [{ phone: '089 12345678' }, 'unless `country` is given'],
    [{ phone: '1'.repeat(40) }, 'lead.phone: must be a phone number'],
    [{ companyDomain: '10.0.0.1' }, 'lead.companyDomain: must be a domain'],
    [{ employees: -5 }, 'lead.employees: must be 0 or more'],
    [{ employees: 49.5 }, 'lead.employees: must be a whole number'],
    [{ employees: '50-499' }, 'lead.employees'],
    [{ score: Number.NaN }, 'lead.score: must be a number from 0 to 100'],
    [{ score: 101 }, 'lead.score: must be from 0 to 100'],
    [{ score: -1 }, 'lead.score: must be from 0 to 100'],
    [{ firstName: 'x'.repeat(65_536) }, 'lead.firstName: is at most 100 characters long, this has 65536'],
    [{ firstName: 'a\u0000b' }, 'lead.firstName: has a control character'],
    [{ lastName: '\ud800' }, 'lead.lastName: has half of a surrogate pair'],
    [{ timeZone: 'Mars/Olympus' }, 'lead.timeZone: must be an IANA time zone'],
    [{ language: 'not a language' }, 'lead.language: must be a BCP 47 language tag'],
    [{ capturedAt: new Date('2026-03-02T10:00:00Z') }, 'lead.capturedAt: must not be in the future'],
    [{ attributes: { 'no spaces': 1 } }, 'lead.attributes'],
    [{ attributes: { nested: { deep: 1 } } }, 'lead.attributes.nested: must be one line of text'],
    [
      { attributes: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`a${index}`, 1])) },
      'has more than 100 attributes',
    ],
    [{ shoeSize: 44 }, 'shoeSize'],
  ])('%j', (input, expected) => {
    expect(faults(input).join('\n')).toContain(expected);
  });

  test('all faults are told at once', () => {
    const paths = faults({ email: 'x', phone: 'y', score: 900, employees: -1 }).map((fault) => fault.split(':')[0]);
    expect(paths.sort()).toEqual(['lead.email', 'lead.employees', 'lead.phone', 'lead.score']);
  });
});

test('whatever comes in is taken or refused, never an accident', () => {
  const fields = [
    'email',
    'phone',
    'companyDomain',
    'country',
    'region',
    'postalCode',
    'score',
    'employees',
    'attributes',
    'timeZone',
    'language',
    'capturedAt',
    'source',
  ];
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.double(),
    fc.anything(),
    fc.emailAddress(),
    fc.webUrl(),
    fc.constant(null),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...fields), value), (input) => {
      faults(input);
      return true;
    }),
    { numRuns: 1_000 },
  );
});

test('the same content has the same hash, in whatever order its names come', () => {
  expect(contentHash({ a: 1, b: { c: [1, 2], d: null } })).toEqual(
    contentHash({ b: { d: null, c: [1, 2] }, a: 1, e: undefined }),
  );
  expect(contentHash({ a: [1, 2] })).not.toEqual(contentHash({ a: [2, 1] }));
});
