import { describe, expect, test } from 'vitest';
import { compileAccounts, ownerOf } from '../../src/domain/accounts.ts';
import type { Account } from '../../src/domain/configuration.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import { settleLead } from '../../src/domain/settleLead.ts';
import { parseLead } from '../../src/intake/leadInput.ts';
import { account, compile, lead } from '../support/routing.ts';

const BRIGHTWAVE = account('brightwave', {
  name: 'Brightwave GmbH',
  aliases: ['Bright & Wave Holding AG', 'BW Licht'],
  domains: ['brightwave.example', 'brightwave-group.example'],
});
const HARBOR = account('harbor', { name: 'Blue Harbor, Inc.', domains: ['harbor.example'] });
const ALL = [BRIGHTWAVE, HARBOR];

const find = (accounts: readonly Account[], given: Partial<RoutableLead>) => {
  const match = compileAccounts(accounts).match(lead(given));
  return match && [match.account.key, match.by];
};

describe('a lead’s account is found', () => {
  test.each<[string, Partial<RoutableLead>, readonly [string, string] | null]>([
    ['by the key the source gives', { accountKey: 'harbor' }, ['harbor', 'KEY']],
    ['by its domain', { companyDomain: 'brightwave.example' }, ['brightwave', 'DOMAIN']],
    ['by any of its domains', { companyDomain: 'brightwave-group.example' }, ['brightwave', 'DOMAIN']],
    ['by its name', { companyName: 'Brightwave' }, ['brightwave', 'NAME']],
    ['by its name with another legal form', { companyName: 'BRIGHTWAVE, Ltd.' }, ['brightwave', 'NAME']],
    ['by another name it goes by', { companyName: 'Bright & Wave Holding' }, ['brightwave', 'NAME']],
    ['by yet another', { companyName: 'bw licht' }, ['brightwave', 'NAME']],
    ['by key before domain', { accountKey: 'harbor', companyDomain: 'brightwave.example' }, ['harbor', 'KEY']],
    ['by domain before name', { companyDomain: 'harbor.example', companyName: 'Brightwave' }, ['harbor', 'DOMAIN']],
    ['by domain where the key is unknown', { accountKey: 'x', companyDomain: 'harbor.example' }, ['harbor', 'DOMAIN']],
    [
      'by name where the domain is unknown',
      { companyDomain: 'x.example', companyName: 'Brightwave' },
      ['brightwave', 'NAME'],
    ],
    ['not by a name that is only similar', { companyName: 'Brightwaves' }, null],
    ['not by a name that begins the same', { companyName: 'Brightwave Logistics' }, null],
    ['not by a domain below or above', { companyDomain: 'shop.brightwave.example' }, null],
    ['not by the key in another case', { accountKey: 'Harbor' }, null],
    ['not by a name of punctuation', { companyName: '—' }, null],
    ['not of nothing', {}, null],
  ])('%s', (_what, given, expected) => {
    expect(find(ALL, given)).toEqual(expected);
  });
});

describe('a name that several accounts have tells none of them', () => {
  const twin = (key: string, name: string, aliases: readonly string[] = []): Account => account(key, { name, aliases });

  test.each<[string, readonly Account[], string, string | null]>([
    ['two of one name', [twin('a', 'Acme Inc'), twin('b', 'ACME GmbH')], 'Acme', null],
    ['three of one name', [twin('a', 'Acme'), twin('b', 'Acme AG'), twin('c', 'Acme SA')], 'Acme', null],
    ['one by name, another by alias', [twin('a', 'Acme'), twin('b', 'Apex', ['Acme Ltd'])], 'Acme', null],
    ['two by alias', [twin('a', 'Alpha', ['Acme']), twin('b', 'Beta', ['Acme'])], 'Acme', null],
    ['the names that are theirs alone still do', [twin('a', 'Acme'), twin('b', 'Apex', ['Acme Ltd'])], 'Apex', 'b'],
    ['one account twice over is no two', [twin('a', 'Acme GmbH', ['Acme', 'ACME AG'])], 'Acme', 'a'],
  ])('%s', (_what, accounts, companyName, expected) => {
    expect(find(accounts, { companyName })?.[0] ?? null).toBe(expected);
    expect(find(accounts.toReversed(), { companyName })?.[0] ?? null).toBe(expected);
  });

  test('though the domain does', () => {
    const accounts = [twin('a', 'Acme'), account('b', { name: 'Acme', domains: ['acme.example'] })];
    expect(find(accounts, { companyName: 'Acme', companyDomain: 'acme.example' })).toEqual(['b', 'DOMAIN']);
  });
});

describe('a domain at which anybody can have an address tells no company', () => {
  const domainOf = (email: string, freeMailDomains: readonly string[] = []): string | null => {
    const { routable } = parseLead({ email }, new Date(0));
    return settleLead(routable, compile({ settings: { freeMailDomains } })).lead.companyDomain;
  };

  test.each([
    'ada@gmail.com',
    'Ada <ADA@GoogleMail.com>',
    'ada@outlook.com',
    'ada@hotmail.co.uk',
    'ada@yahoo.co.jp',
    'ada@web.de',
    'ada@gmx.net',
    'ada@t-online.de',
    'ada@proton.me',
    'ada@icloud.com',
    'ada@libero.it',
    'ada@orange.fr',
    'ada@qq.com',
    'ada@mail.ru',
    'ada@wp.pl',
    'ada@uol.com.br',
    'ada@mailinator.com',
    'ada@guerrillamail.com',
    'ada@10minutemail.com',
    'ada@yopmail.com',
    'ada@inbox.mailinator.com',
  ])('%s', (email) => {
    expect(domainOf(email)).toBeNull();
  });

  test.each([
    ['ada@brightwave.example', 'brightwave.example'],
    ['ada@mail.brightwave.co.uk', 'brightwave.co.uk'],
    ['ada@gmail.brightwave.com', 'brightwave.com'],
    ['ada@notgmail.com', 'notgmail.com'],
  ])('but that of %s does', (email, domain) => {
    expect(domainOf(email)).toBe(domain);
  });

  test('a workspace has more of them, and their accounts are not found by it', () => {
    expect(domainOf('ada@isp.example', ['isp.example'])).toBeNull();
    const configuration = compile({
      settings: { freeMailDomains: ['isp.example'] },
      accounts: [account('isp', { name: 'The ISP', domains: ['isp.example'] })],
    });
    const settled = settleLead(lead({ companyDomain: 'isp.example' }), configuration).lead;
    expect(configuration.accounts.match(settled)).toBeNull();
  });
});

describe('the owner of an account', () => {
  const ofGroup = (levels: readonly (string | null)[], circle = false): readonly Account[] =>
    levels.map((ownerId, index) => {
      const next = index + 1 < levels.length ? `l${index + 1}` : circle ? 'l0' : null;
      return account(`l${index}`, { ownerId, parentId: next });
    });

  test.each<[string, readonly (string | null)[], boolean, string | null]>([
    ['is its own', ['ada', 'bob'], false, 'ada'],
    ['is its parent’s', [null, 'bob'], false, 'bob'],
    ['is the nearest of those above', [null, null, 'cy', 'dan'], false, 'cy'],
    ['is nobody', [null, null], false, null],
    ['is found before a circle closes', [null, 'bob', null], true, 'bob'],
    ['is nobody in a circle of nobody', [null, null, null], true, null],
  ])('%s', (_what, levels, circle, expected) => {
    const accounts = ofGroup(levels, circle);
    expect(ownerOf(accounts[0] as Account, compileAccounts(accounts))).toBe(expected);
  });

  test('is found however many companies stand above', () => {
    const accounts = ofGroup([...Array.from({ length: 5_000 }, () => null), 'ada']);
    expect(ownerOf(accounts[0] as Account, compileAccounts(accounts))).toBe('ada');
  });
});
