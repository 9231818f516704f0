import type { SamePersonPolicy } from './configuration.ts';

/*
 * The same person again: an open lead with the same e-mail address or phone, within the window, which begins with the
 * person's first lead.
 */

/** What is known of an open lead that may be of the same person. */
export interface KnownLead {
  /** UUID v7: later leads have higher ones. */
  readonly id: string;
  /** The person's first lead; its own id where it is that. */
  readonly firstId: string;
  readonly firstReceivedAt: number;
  readonly source: string;
  /** Lower case. */
  readonly email: string | null;
  /** E.164. */
  readonly phone: string | null;
}

const DAY_MS = 86_400_000;
const GMAIL: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com']);

/**
 * The loosest form of an address, by which candidates are looked up: without tags and dots. `Ada.Stone+news@x.example`
 * and `adastone@x.example` have the same.
 */
export const personKey = (email: string): string => personEmail(email, { ignoreTags: true, ignoreDots: 'ALWAYS' });

/** An address as the policy compares it. */
export function personEmail(email: string, policy: Pick<SamePersonPolicy, 'ignoreTags' | 'ignoreDots'>): string {
  const at = email.lastIndexOf('@');
  let local = email.slice(0, at).toLowerCase();
  const domain = email.slice(at + 1).toLowerCase();
  const plus = local.indexOf('+');
  if (policy.ignoreTags && plus > 0) local = local.slice(0, plus);
  const gmail = GMAIL.has(domain);
  if (policy.ignoreDots === 'ALWAYS' || (policy.ignoreDots === 'GMAIL' && gmail)) local = local.replaceAll('.', '');
  // Google's two domains are one post-box.
  return `${local}@${gmail && policy.ignoreDots !== 'NEVER' ? 'gmail.com' : domain}`;
}

/**
 * The earliest open lead of the same person; null for none.
 *
 * @param candidates open leads with the same `personKey` or phone
 * @param at now, in ms since 1970
 */
export function samePerson<Known extends KnownLead>(
  lead: { readonly email: string | null; readonly phone: string | null; readonly source: string },
  candidates: readonly Known[],
  policy: SamePersonPolicy,
  at: number,
): Known | null {
  const email = lead.email === null ? null : personEmail(lead.email, policy);
  let first: Known | null = null;
  for (const known of candidates) {
    if (at - known.firstReceivedAt > policy.windowDays * DAY_MS) continue;
    if (policy.scope === 'SOURCE' && known.source !== lead.source) continue;
    const same =
      (email !== null && known.email !== null && personEmail(known.email, policy) === email) ||
      (lead.phone !== null && known.phone === lead.phone);
    if (!same) continue;
    if (first === null || isEarlier(known, first)) first = known;
  }
  return first;
}

/** Of one person's leads, all of which have the same first, ids tell the order. */
const isEarlier = (a: KnownLead, b: KnownLead): boolean =>
  a.firstReceivedAt === b.firstReceivedAt ? a.id < b.id : a.firstReceivedAt < b.firstReceivedAt;
