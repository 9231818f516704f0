import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, type SamePersonPolicy } from '../../src/domain/configuration.ts';
import { type KnownLead, personEmail, personKey, samePerson } from '../../src/domain/samePerson.ts';
import { NOW } from '../support/routing.ts';

const DAY = 86_400_000;

const known = (id: string, overrides: Partial<KnownLead> = {}): KnownLead => ({
  id,
  firstId: id,
  firstReceivedAt: NOW - DAY,
  source: 'web',
  email: 'ada@brightwave.example',
  phone: '+4930123456',
  ...overrides,
});

interface Given {
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly source?: string;
}

const find = (given: Given, candidates: readonly KnownLead[], policy: Partial<SamePersonPolicy> = {}): string | null =>
  samePerson(
    { email: null, phone: null, source: 'web', ...given },
    candidates,
    { ...DEFAULT_SETTINGS.samePerson, ...policy },
    NOW,
  )?.id ?? null;

describe('who is the same person', () => {
  test.each<[string, Given, Partial<KnownLead>, boolean]>([
    ['the same address', { email: 'ada@brightwave.example' }, {}, true],
    ['the same phone alone', { phone: '+4930123456' }, { email: null }, true],
    ['the same phone, another address', { phone: '+4930123456', email: 'b@x.example' }, {}, true],
    ['the same address, another phone', { phone: '+4930999999', email: 'ada@brightwave.example' }, {}, true],
    ['the same address, no phone on either side', { email: 'ada@brightwave.example' }, { phone: null }, true],
    ['another address and phone', { email: 'b@brightwave.example', phone: '+4930999999' }, {}, false],
    ['the same domain alone', { email: 'bob@brightwave.example' }, {}, false],
    ['no address on either side', { email: null, phone: '+4930999999' }, { email: null }, false],
    ['nothing on either side', {}, { email: null, phone: null }, false],
    ['nothing known of the lead', {}, {}, false],
  ])('%s', (_what, given, of, expected) => {
    expect(find(given, [known('first', of)])).toBe(expected ? 'first' : null);
  });
});

describe('the window begins with the person’s first lead', () => {
  test.each<[string, number, number, boolean]>([
    ['just now', 30, 0, true],
    ['on its last day', 30, 30 * DAY, true],
    ['a millisecond after', 30, 30 * DAY + 1, false],
    ['a day, within', 1, DAY, true],
    ['a day, after', 1, DAY + 1, false],
    ['ten years', 3_650, 3_650 * DAY, true],
  ])('%s', (_what, windowDays, ago, expected) => {
    const candidate = known('later', { firstId: 'first', firstReceivedAt: NOW - ago });
    expect(find({ email: candidate.email }, [candidate], { windowDays })).toBe(expected ? 'later' : null);
  });
});

describe('the scope', () => {
  test.each<[SamePersonPolicy['scope'], string, boolean]>([
    ['WORKSPACE', 'web', true],
    ['WORKSPACE', 'fair', true],
    ['SOURCE', 'web', true],
    ['SOURCE', 'fair', false],
    ['SOURCE', 'Web', false],
  ])('%s: a lead from %s', (scope, source, expected) => {
    expect(find({ email: 'ada@brightwave.example', source }, [known('first')], { scope })).toBe(
      expected ? 'first' : null,
    );
  });
});

describe('how addresses are compared', () => {
  type Policy = Pick<SamePersonPolicy, 'ignoreTags' | 'ignoreDots'>;
  const DEFAULT: Policy = { ignoreTags: true, ignoreDots: 'GMAIL' };
  const STRICT: Policy = { ignoreTags: false, ignoreDots: 'NEVER' };

  test.each<[string, string, Policy, boolean]>([
    ['ada@x.example', 'ADA@X.example', STRICT, true],
    ['ada+news@x.example', 'ada@x.example', DEFAULT, true],
    ['ada+news@x.example', 'ada+fair@x.example', DEFAULT, true],
    ['ada+news@x.example', 'ada@x.example', { ...DEFAULT, ignoreTags: false }, false],
    ['ada+a+b@x.example', 'ada@x.example', DEFAULT, true],
    ['+ada@x.example', '@x.example', DEFAULT, false],
    ['+ada@x.example', '+bob@x.example', DEFAULT, false],
    ['ada-news@x.example', 'ada@x.example', DEFAULT, false],
    ['ada+news@x.example', 'ada@y.example', DEFAULT, false],
    ['a.da@gmail.com', 'ada@gmail.com', DEFAULT, true],
    ['a.d.a@gmail.com', 'ada@googlemail.com', DEFAULT, true],
    ['ada@googlemail.com', 'ada@gmail.com', DEFAULT, true],
    ['a.da+news@gmail.com', 'ada@googlemail.com', DEFAULT, true],
    ['a.da@x.example', 'ada@x.example', DEFAULT, false],
    ['a.da@gmail.com', 'ada@gmail.com', { ...DEFAULT, ignoreDots: 'NEVER' }, false],
    ['ada@googlemail.com', 'ada@gmail.com', { ...DEFAULT, ignoreDots: 'NEVER' }, false],
    ['a.da@x.example', 'ada@x.example', { ...DEFAULT, ignoreDots: 'ALWAYS' }, true],
    ['a.da@gmail.com', 'ada@googlemail.com', { ...DEFAULT, ignoreDots: 'ALWAYS' }, true],
    ['ada@x.example', 'ada@xexample', { ...DEFAULT, ignoreDots: 'ALWAYS' }, false],
    ['ada@mail.gmail.com', 'a.da@mail.gmail.com', DEFAULT, false],
    ['bob@gmail.com', 'ada@gmail.com', DEFAULT, false],
  ])('%s and %s by %j: %s', (a, b, policy, same) => {
    expect(personEmail(a, policy) === personEmail(b, policy)).toBe(same);
    expect(find({ email: a }, [known('first', { email: b.toLowerCase(), phone: null })], policy)).toBe(
      same ? 'first' : null,
    );
  });

  test('whoever is the same by any policy is found by the key that leads are looked up by', () => {
    const part = fc.stringMatching(/^[ab+](\.?[ab+]){0,4}$/);
    const address = fc.tuple(part, fc.constantFrom('gmail.com', 'googlemail.com', 'x.example'));
    const policy = fc.record({ ignoreTags: fc.boolean(), ignoreDots: fc.constantFrom('NEVER', 'GMAIL', 'ALWAYS') });
    fc.assert(
      fc.property(address, address, policy, (one, other, given) => {
        const [a, b] = [one.join('@'), other.join('@')];
        return personEmail(a, given as Policy) !== personEmail(b, given as Policy) || personKey(a) === personKey(b);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('of several open leads the earliest counts', () => {
  const ofOne = [known('lead-1'), known('lead-2', { firstId: 'lead-1' }), known('lead-3', { firstId: 'lead-1' })];
  const older = known('old', { email: null, firstReceivedAt: NOW - 9 * DAY });
  const tooOld = known('too-old', { firstReceivedAt: NOW - 31 * DAY });

  test.each<[string, readonly KnownLead[], string]>([
    ['of one person', ofOne, 'lead-1'],
    ['of one person, the first being closed', ofOne.slice(1), 'lead-2'],
    ['of two, by address and by phone', [...ofOne, older], 'old'],
    ['of those within the window', [...ofOne, tooOld], 'lead-1'],
  ])('%s, in whatever order they are read', (_what, candidates, expected) => {
    const given = { email: 'ada@brightwave.example', phone: '+4930123456' };
    for (const order of [candidates, candidates.toReversed(), [...candidates.slice(1), ...candidates.slice(0, 1)]]) {
      expect(find(given, order)).toBe(expected);
    }
  });

  test('no open leads, no person', () => {
    expect(find({ email: 'ada@brightwave.example' }, [])).toBeNull();
  });
});
