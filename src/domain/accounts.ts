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

/** Legal forms without marks and spaces, as they are looked for at the end of a name. */
const LEGAL_FORMS: ReadonlySet<string> = new Set(
  [
    // German
    'ag kg kgaa gmbh ggmbh mbh gesmbh gesellschaftmbh ohg og gbr ug ughaftungsbeschrankt ev ek ekfm ekfr eg partg partgmbb',
    'aktiengesellschaft gesellschaftmitbeschrankterhaftung kommanditgesellschaft co uco undco cie undcie se',
    // English
    'inc incorporated corp corporation company andco andcompany ltd limited privatelimited privateltd proprietarylimited pvt pty pte',
    'llc lllp llp lp pllc plc pbc ulc dac cic bhd sdnbhd pcl publiccompanylimited',
    'limitedliabilitycompany limitedliabilitypartnership publiclimitedcompany',
    // French, Italian
    'sa sas sasu sarl eurl sca scs snc sprl asbl etcie etco ltee',
    'spa srl srls sapa sagl scarl societaperazioni societaaresponsabilitalimitata',
    // Spanish, Portuguese
    'sl slu sll sau cia ycia sapi sderl sadecv sapidecv sabdecv sderldecv',
    'lda unipessoallda ltda eireli ecia',
    // Dutch
    'bv nv vof cv bvba cvba vzw',
    // Scandinavian, Finnish
    'ab publ aktiebolag as asa aps is ivs oy oyj',
    // Central and eastern European, Turkish
    'spzoo spolkazoo spolkazograniczonaodpowiedzialnoscia spolkaakcyjna spj spk',
    'sro spolsro vos dd doo jdoo kft bt zrt nyrt eood ood ead ltdsti anonimsirketi',
    // Japanese
    'kk gk',
  ].flatMap((forms) => forms.split(' ')),
);

/** `S. de R. L. de C. V.` */
const MOST_WORDS_OF_A_FORM = 7;

/** Letters that Unicode does not take for another one with a mark, as they are written where there is no key for them. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};

/**
 * `Müller & Söhne GmbH & Co. KG` → `muller sohne`: without accents and punctuation, lower case, legal forms at the end
 * stripped, though never down to nothing.
 */
export function normalizeCompanyName(name: string): string {
  const plain = name
    .replace(/[.'’‘ʼ´`]/g, '')
    .replace(/[™℠]/g, ' ')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[ßæœøłđðþı]/g, (letter) => PLAIN_LETTERS[letter] as string)
    // Accents alone: the marks of other scripts are letters, without which different names would be the same.
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
  let words = plain.split(' ');
  for (;;) {
    const rest = withoutLegalForm(words);
    if (rest === null) return words.join(' ');
    words = rest;
  }
}

/** The words before the legal form, the longest there is; null without one. */
function withoutLegalForm(words: readonly string[]): string[] | null {
  for (let start = Math.max(1, words.length - MOST_WORDS_OF_A_FORM); start < words.length; start += 1) {
    // However it is spaced: `S.p.A.`, `S. p. A.`.
    if (LEGAL_FORMS.has(words.slice(start).join(''))) return words.slice(0, start);
  }
  return null;
}
