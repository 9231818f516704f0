import type { Account } from './configuration.ts';
import type { AccountMatchBy } from './decision.ts';
import type { RoutableLead } from './lead.ts';

export interface AccountMatch {
  readonly account: Account;
  readonly by: AccountMatchBy;
}

export interface AccountIndex {
  readonly byId: ReadonlyMap<string, Account>;
  /** By key, then registrable domain, then normalised name or another name it goes by. */
  match(lead: Pick<RoutableLead, 'accountKey' | 'companyDomain' | 'companyName'>): AccountMatch | null;
}

export function compileAccounts(accounts: readonly Account[]): AccountIndex {
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const byKey = new Map(accounts.map((account) => [account.key, account]));
  const byDomain = new Map(accounts.flatMap((account) => account.domains.map((domain) => [domain, account] as const)));
  const byName = new Map<string, Account | null>();
  for (const account of accounts) {
    for (const name of new Set([account.normalizedName, ...account.aliases.map(normalizeCompanyName)])) {
      // A name that two accounts share tells neither.
      if (name !== '') byName.set(name, byName.has(name) ? null : account);
    }
  }
  return {
    byId,
    match({ accountKey, companyDomain, companyName }) {
      const named = accountKey === null ? undefined : byKey.get(accountKey);
      if (named) return { account: named, by: 'KEY' };
      const ofDomain = companyDomain === null ? undefined : byDomain.get(companyDomain);
      if (ofDomain) return { account: ofDomain, by: 'DOMAIN' };
      const ofName = companyName === null ? null : byName.get(normalizeCompanyName(companyName));
      return ofName ? { account: ofName, by: 'NAME' } : null;
    },
  };
}

/** Who owns an account: its own owner, else that of the company it belongs to, and on up. Ends at a circle. */
export function ownerOf(account: Account, accounts: Pick<AccountIndex, 'byId'>): string | null {
  const seen = new Set<Account>();
  for (let at: Account | undefined = account; at && !seen.has(at); at = accounts.byId.get(at.parentId ?? '')) {
    if (at.ownerId !== null) return at.ownerId;
    seen.add(at);
  }
  return null;
}

/** Legal forms of the common countries, as they stand at the end of a normalised name; longer ones first. */
const LEGAL_FORMS = [
  'gmbh co kgaa',
  'gmbh co kg',
  'gmbh co ohg',
  'gmbh u co kg',
  'gmbh und co kg',
  'ag co kgaa',
  'ag co kg',
  'se co kgaa',
  'se co kg',
  'ug haftungsbeschrankt',
  'aktiengesellschaft',
  'gesellschaft mit beschrankter haftung',
  'limited liability company',
  'public limited company',
  'incorporated',
  'corporation',
  'company',
  'limited',
  'gmbh',
  'ggmbh',
  'mbh',
  'kgaa',
  'ohg',
  'gbr',
  'ag',
  'kg',
  'ug',
  'ev',
  'ek',
  'se',
  'llc',
  'llp',
  'inc',
  'corp',
  'ltd',
  'plc',
  'co',
  'lp',
  'pty ltd',
  'pty',
  'pte ltd',
  'pte',
  'pvt ltd',
  'pvt',
  'sarl',
  'sa rl',
  'sas',
  'sasu',
  'sca',
  'snc',
  'sa',
  'srl',
  'spa',
  's pa',
  'sl',
  'slu',
  'sau',
  'bv',
  'nv',
  'vof',
  'cv',
  'bvba',
  'oyj',
  'oy',
  'ab',
  'as',
  'asa',
  'aps',
  'is',
  'kk',
  'gk',
  'doo',
  'dd',
  'sro',
  'zoo',
  'sp zoo',
  'sp z oo',
  'spzoo',
  'kft',
  'zrt',
  'nyrt',
  'ltda',
  'eireli',
  'sab de cv',
  'sa de cv',
].toSorted((a, b) => b.length - a.length);

/**
 * `Müller & Söhne GmbH & Co. KG` → `muller sohne`: decomposed, without marks and punctuation, lower case, legal forms
 * at the end stripped, though never down to nothing.
 */
export function normalizeCompanyName(name: string): string {
  let words = name
    .replace(/ß/g, 'ss')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}|[.'’`]/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    // `A/S`, `S.A. de C.V.` and the like have lost their marks by now; single letters at the end belong together.
    .replace(/ (\p{L}) (\p{L})$/u, ' $1$2')
    .trim();
  for (;;) {
    const form = LEGAL_FORMS.find((each) => words.endsWith(` ${each}`));
    if (form === undefined) return words;
    words = words.slice(0, -form.length - 1).trimEnd();
  }
}
