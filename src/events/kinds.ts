/** Every kind of event, as stored and as named in docs/feed.md. */
export const EVENT_KINDS = [
  'lead.assigned',
  'lead.reassigned',
  'lead.unassigned',
  'lead.updated',
  'lead.related',
  'lead.queued',
  'lead.claimed',
  'lead.erased',
  'assignment.acknowledged',
  'assignment.accepted',
  'assignment.reminded',
  'assignment.escalated',
  'rep.availability',
  'plan.published',
  'alert.raised',
  'alert.resolved',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** What an event says of itself; number, moment and predecessor are given when it joins the stream. */
export interface NewEvent {
  readonly kind: EventKind;
  /** Whose feed it belongs to; null for the workspace's alone. */
  readonly repId: string | null;
  readonly leadId: string | null;
  readonly assignmentId: string | null;
  /** By kind, as in docs/feed.md; names things by their keys. */
  readonly data: object;
}
