import type { SubmitLeadInput } from '../gql/graphql.ts';
import {
  AvailabilityDocument,
  CallbacksDocument,
  ClaimDocument,
  OwnerDocument,
  request,
  SubmitDocument,
} from './api.ts';
import type { Arrivals } from './arrivals.ts';
import type { DemoClock } from './clock.ts';

/** A line of what is shown. */
export interface Line {
  /** What has happened before; empty where nothing has. */
  readonly note: string;
  readonly what: string;
  readonly method: string;
  readonly rep: string;
  /** To the device; null for what was lost. */
  readonly milliseconds: number | null;
  readonly why: string;
}

export interface TimeStage {
  readonly url: string;
  readonly adminKey: string;
  /** By id of the rep. */
  readonly repKeys: ReadonlyMap<string, string>;
  readonly clock: DemoClock;
  readonly arrivals: Arrivals;
}

type Lead = SubmitLeadInput['lead'];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * What time does to leads: somebody out of office is passed over; who does not act within two hours loses the lead; a
 * callback waits until somebody takes it.
 *
 * @param lead one that a pool has shared out, and to whom
 */
export async function* playTime(
  stage: TimeStage,
  lead: Lead,
  owner: { readonly id: string; readonly name: string },
): AsyncGenerator<Line> {
  const { url, adminKey, clock, arrivals, repKeys } = stage;
  const until = new Date(clock.now().getTime() + 3 * DAY_MS);
  const away = { repId: owner.id, status: 'OUT_OF_OFFICE', until: until.toISOString() } as const;
  const { setAvailability } = await request(url, adminKey, AvailabilityDocument, { input: away });
  if (setAvailability.__typename !== 'AvailabilitySuccess') throw new Error(setAvailability.message);

  const another = { ...lead, firstName: 'Noor', lastName: 'Haddad', email: `noor.haddad@${lead.email?.split('@')[1]}` };
  const skipped = await submit(stage, another);
  yield { ...skipped, note: `${owner.name} is out of office for three days.` };

  clock.advance(2 * HOUR_MS);
  const at = performance.now();
  const milliseconds = await arrivals.of(skipped.leadId, at);
  const { lead: moved } = await request(url, adminKey, OwnerDocument, { id: skipped.leadId });
  const { method = '', rep, decision } = moved?.assignment ?? {};
  yield {
    note: 'Two hours later nobody has called.',
    what: skipped.what,
    method,
    rep: rep?.name ?? '',
    milliseconds,
    why: decision?.summary ?? '',
  };

  const { queue } = await request(url, adminKey, CallbacksDocument, {});
  const callback = { firstName: 'Paul', lastName: 'Winter', email: 'paul.winter@oakridge.example', source: 'callback' };
  const waiting = await submit(stage, callback);
  yield { ...waiting, note: 'A callback waits until somebody takes it.' };
  const claimant = queue?.pool.members.map((member) => member.rep.id).find((id) => id !== owner.id) ?? '';
  const claimedAt = performance.now();
  const claimed = await request(url, repKeys.get(claimant) ?? adminKey, ClaimDocument, {
    input: { queueId: queue?.id ?? '', repId: claimant },
  });
  const { claimNextLead } = claimed;
  if (claimNextLead.__typename !== 'ClaimSuccess') throw new Error(claimNextLead.message);
  const { assignment } = claimNextLead;
  yield {
    note: '',
    what: waiting.what,
    method: assignment.method,
    rep: assignment.rep.name,
    milliseconds: await arrivals.of(waiting.leadId, claimedAt),
    why: assignment.reason ?? '',
  };
  await request(url, adminKey, AvailabilityDocument, { input: { repId: owner.id, status: 'AVAILABLE' } });
}

async function submit({ url, adminKey, arrivals }: TimeStage, lead: Lead): Promise<Line & { readonly leadId: string }> {
  const at = performance.now();
  const { submitLead } = await request(url, adminKey, SubmitDocument, { input: { lead } });
  if (submitLead.__typename !== 'SubmitLeadSuccess') throw new Error(submitLead.message);
  const { method, rep, decision } = submitLead.assignment;
  const leadId = submitLead.lead.id;
  const milliseconds = await arrivals.of(leadId, at);
  const what = [`${lead.firstName} ${lead.lastName}`, lead.companyName ?? lead.email].filter(Boolean).join(', ');
  return { note: '', what, leadId, method, rep: rep.name, milliseconds, why: decision.summary };
}
