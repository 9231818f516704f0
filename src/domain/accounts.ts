import type { Account } from './configuration.ts';
import type { AccountMatchBy } from './decision.ts';
import type { RoutableLead } from './lead.ts';

export interface AccountMatch {
  readonly account: Account;
  readonly by: AccountMatchBy;
}

export interface AccountIndex {
  readonly byId: ReadonlyMap<string, Account>;
  /** By key, then registrable domain, then normalised name. */
  match(lead: RoutableLead): AccountMatch | null;
}

export function compileAccounts(accounts: readonly Account[]): AccountIndex {
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const byKey = new Map(accounts.map((account) => [account.key, account]));
  const byDomain = new Map(accounts.flatMap((account) => account.domains.map((domain) => [domain, account] as const)));
  const byName = new Map<string, Account | null>();
  for (const account of accounts) {
    // A name that two accounts share tells neither.
    if (account.normalizedName !== '')
      byName.set(account.normalizedName, byName.has(account.normalizedName) ? null : account);
  }
  return {
    byId,
    match(lead) {
      const named = lead.accountKey === null ? undefined : byKey.get(lead.accountKey);
      if (named) return { account: named, by: 'KEY' };
      const ofDomain = lead.companyDomain === null ? undefined : byDomain.get(lead.companyDomain);
      if (ofDomain) return { account: ofDomain, by: 'DOMAIN' };
      const ofName = lead.companyName === null ? null : byName.get(normalizeCompanyName(lead.companyName));
      return ofName ? { account: ofName, by: 'NAME' } : null;
    },
  };
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
