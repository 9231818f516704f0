import { describe, expect, test } from 'vitest';
import type { AttributeDeclaration } from '../../src/domain/configuration.ts';
import type { AttributeValue, RoutableLead } from '../../src/domain/lead.ts';
import { accountOwner, settleLead } from '../../src/domain/settleLead.ts';
import { account, compile, lead, rep } from '../support/routing.ts';

const declared = (type: AttributeDeclaration['type'], values: readonly string[] = []): AttributeDeclaration => ({
  name: 'given',
  type,
  values,
});

const settleAttributes = (attributes: RoutableLead['attributes'], leadAttributes: readonly AttributeDeclaration[]) =>
  settleLead(lead({ attributes }), compile({ settings: { leadAttributes } }));

describe('a declared attribute comes to its type where that loses nothing', () => {
  const PLANS = declared('ENUM', ['Basic', 'Pro']);

  test.each<[AttributeDeclaration, AttributeValue, AttributeValue]>([
    [declared('NUMBER'), 42, 42],
    [declared('NUMBER'), '42', 42],
    [declared('NUMBER'), ' 4.5 ', 4.5],
    [declared('NUMBER'), '-0.5', -0.5],
    [declared('NUMBER'), '1e3', 1_000],
    [declared('NUMBER'), 0, 0],
    [declared('BOOLEAN'), true, true],
    [declared('BOOLEAN'), false, false],
    [declared('BOOLEAN'), 'True', true],
    [declared('BOOLEAN'), ' FALSE ', false],
    [declared('TEXT'), 'as it is ', 'as it is '],
    [declared('TEXT'), 42, '42'],
    [declared('TEXT'), false, 'false'],
    [PLANS, 'Pro', 'Pro'],
    [PLANS, ' pro', 'Pro'],
    [declared('ENUM', ['1', '2']), 2, '2'],
    [declared('ENUM', ['true']), true, 'true'],
  ])('%j takes %j as %j', (declaration, given, expected) => {
    expect(settleAttributes({ given }, [declaration])).toMatchObject({
      lead: { attributes: { given: expected } },
      issues: [],
    });
  });

  test.each<[AttributeDeclaration, AttributeValue, string]>([
    [declared('NUMBER'), 'many', 'of type NUMBER'],
    [declared('NUMBER'), '4,5', 'of type NUMBER'],
    [declared('NUMBER'), '', 'of type NUMBER'],
    [declared('NUMBER'), '  ', 'of type NUMBER'],
    [declared('NUMBER'), true, 'of type NUMBER'],
    [declared('NUMBER'), 'Infinity', 'of type NUMBER'],
    [declared('BOOLEAN'), 'yes', 'of type BOOLEAN'],
    [declared('BOOLEAN'), 1, 'of type BOOLEAN'],
    [declared('BOOLEAN'), 'truely', 'of type BOOLEAN'],
    [PLANS, 'Enterprise', 'one of Basic, Pro'],
    [PLANS, '', 'one of Basic, Pro'],
  ])('%j refuses %j', (declaration, given, wanted) => {
    expect(settleAttributes({ given }, [declaration]).issues).toEqual([
      { path: ['attributes', 'given'], message: `must be ${wanted}, as declared; this is ${JSON.stringify(given)}` },
    ]);
  });

  test('all that are wrong are told at once, and the others stay as they came', () => {
    const declarations = [
      declared('NUMBER'),
      { name: 'plan', type: 'ENUM', values: ['Pro'] } as const,
      { name: 'vip', type: 'BOOLEAN', values: [] } as const,
    ];
    const { lead: settled, issues } = settleAttributes(
      { given: 'x', plan: 'y', vip: 'true', other: '42' },
      declarations,
    );
    expect(issues.map(({ path }) => path[1])).toEqual(['given', 'plan']);
    expect(settled.attributes).toMatchObject({ vip: true, other: '42' });
  });

  test('what comes after one that is not there is looked at all the same', () => {
    const declarations = [{ ...declared('TEXT'), name: 'absent' }, declared('NUMBER')];
    expect(settleAttributes({ given: '42' }, declarations).lead.attributes).toEqual({ given: 42 });
  });

  test('what a lead does not bring is not made up', () => {
    expect(settleAttributes({}, [declared('BOOLEAN')])).toMatchObject({ lead: { attributes: {} }, issues: [] });
    const inherited: AttributeDeclaration = { name: 'constructor', type: 'NUMBER', values: [] };
    expect(settleAttributes({}, [inherited]).issues).toEqual([]);
  });
});

describe('the metro area', () => {
  test.each<[string, Partial<RoutableLead>, string | null, string | undefined]>([
    ['from the postal code', { country: 'DE', postalCode: '80331' }, 'munich', 'postalCode'],
    ['from the city', { country: 'DE', city: 'München' }, 'munich', 'city'],
    ['from the place on the map', { latitude: 48.14, longitude: 11.58 }, 'munich', 'latitude, longitude'],
    ['as it was given, by name', { metro: 'Munich' }, 'munich', undefined],
    ['as it was given, unknown', { metro: 'Atlantis' }, 'Atlantis', undefined],
    ['nowhere', {}, null, undefined],
  ])('%s', (_what, given, metro, from) => {
    const settled = settleLead(lead(given), compile({}));
    expect([settled.lead.metro, settled.derived.metro]).toEqual([metro, from]);
  });
});

test('what was worked out before stays told, but for a domain that tells no company', () => {
  const configuration = compile({ settings: { freeMailDomains: ['isp.example'] } });
  const derived = { companyDomain: 'email', country: 'phone' };
  const settle = (companyDomain: string) => settleLead(lead({ companyDomain }), configuration, derived).derived;
  expect([settle('brightwave.example'), settle('isp.example')]).toEqual([derived, { country: 'phone' }]);
});

test('a lead stays as it is otherwise', () => {
  const given = lead({ companyDomain: 'brightwave.example', industry: 'Retail', attributes: { plan: 'Pro' } });
  expect(settleLead(given, compile({}))).toEqual({ lead: given, derived: {}, issues: [] });
});

describe('the owner who hears of a lead of their account', () => {
  const configuration = compile({
    reps: [rep('ada'), rep('bob', { status: 'LEFT' }), rep('cy', { status: 'PAUSED' })],
    accounts: [
      account('a', { domains: ['a.example'], ownerId: 'ada' }),
      account('b', { domains: ['b.example'], ownerId: 'bob' }),
      account('c', { domains: ['c.example'], ownerId: 'cy' }),
      account('none', { domains: ['none.example'] }),
      account('child', { domains: ['child.example'], parentId: 'a' }),
      account('gone', { domains: ['gone.example'], ownerId: 'gone' }),
    ],
  });

  test.each([
    ['is its owner', 'a.example', 'ada'],
    ['is its owner, though paused', 'c.example', 'cy'],
    ['is its parent’s owner', 'child.example', 'ada'],
    ['is nobody who has left', 'b.example', null],
    ['is nobody where there is none', 'none.example', null],
    ['is nobody who is no rep', 'gone.example', null],
    ['is nobody for a lead of no account', 'other.example', null],
  ])('%s', (_what, companyDomain, expected) => {
    expect(accountOwner(lead({ companyDomain }), configuration)).toBe(expected);
  });
});
