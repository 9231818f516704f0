import { maySee } from '../../auth/visibility.ts';
import type { FeedEvent } from '../../events/readEvents.ts';
import { builder } from '../builder.ts';
import { type Context, signedIn } from '../context.ts';
import { requestError } from '../errors.ts';
import { eventsOf } from '../subscriptions.ts';
import { EventKindRef } from './enums.ts';
import { AssignmentRef, LeadRef, RepRef } from './refs.ts';

const EventRef = builder.objectRef<FeedEvent>('Event').implement({
  description: 'Something that has happened; see docs/feed.md.',
  authScopes: { $any: { 'feed:read': true, 'workspaceFeed:read': true } },
  fields: (t) => ({
    cursor: t.field({
      type: 'Cursor',
      description: 'Hand it to `after` to go on behind this event.',
      resolve: ({ cursor }) => cursor,
    }),
    number: t.field({
      type: 'SequenceNumber',
      description: 'In commit order; a rep’s feed has holes.',
      resolve: ({ number }) => number,
    }),
    previous: t.field({
      type: 'SequenceNumber',
      description: 'Number of the event before this one in the same feed, 0 for the first.',
      resolve: ({ previous }) => previous,
    }),
    kind: t.field({ type: EventKindRef, resolve: ({ kind }) => kind }),
    at: t.field({ type: 'DateTime', resolve: ({ at }) => at }),
    rep: t.field({
      type: RepRef,
      nullable: true,
      description: 'Whose feed it is in.',
      resolve: ({ rep }) => rep,
    }),
    lead: t.field({
      type: LeadRef,
      nullable: true,
      description: 'As it is now; null where it is not, or no longer, yours to see.',
      resolve: visibleLeadOf,
    }),
    assignment: t.field({
      type: AssignmentRef,
      nullable: true,
      description: 'As it is now; null where neither the lead is yours to see nor the assignment is your own.',
      resolve: visibleAssignmentOf,
    }),
    data: t.field({ type: 'JSON', description: 'What changed, by kind.', resolve: ({ data }) => data }),
  }),
});

/** An assignment that has not ended is the present one: no query is needed to see whose the lead is. */
async function visibleLeadOf(
  { lead, assignment }: FeedEvent,
  _args: object,
  context: Context,
): Promise<FeedEvent['lead']> {
  if (lead === null) return null;
  const visibility = await context.visibility();
  if (visibility.of === 'all') return lead;
  const present = assignment?.endedAt === null ? assignment : await context.loaders.presentAssignment.load(lead.id);
  return present && maySee(visibility, lead, present) ? lead : null;
}

/** A decision tells of the lead's person: who only hears that a lead waits, or went elsewhere, does not see it. */
async function visibleAssignmentOf(event: FeedEvent, args: object, context: Context): Promise<FeedEvent['assignment']> {
  const { assignment } = event;
  if (assignment === null) return null;
  const visibility = await context.visibility();
  const isOwn = visibility.of === 'reps' && visibility.repIds.includes(assignment.repId);
  return isOwn || (await visibleLeadOf(event, args, context)) !== null ? assignment : null;
}

const feedArgs = builder.args((t) => ({
  after: t.field({ type: 'Cursor', description: 'Go on behind this; without it only what happens from now on.' }),
}));

builder.subscriptionField('feed', (t) =>
  t.field({
    type: EventRef,
    description: 'The caller’s own feed as a rep: everything after the cursor, then live; every event once, in order.',
    authScopes: { 'feed:read': true },
    args: feedArgs,
    subscribe: async (_root, { after }, context) => {
      const { workspaceId, repId } = signedIn(context);
      if (repId === null) {
        throw requestError('FORBIDDEN', 'This key is no rep’s. Use a rep’s key, or workspaceFeed.');
      }
      return eventsOf(
        await context.hub.feed({ workspaceId, repIds: [repId], after: after ?? null, overflowed: context.closeSlow }),
      );
    },
    resolve: (event) => event,
  }),
);

builder.subscriptionField('workspaceFeed', (t) =>
  t.field({
    type: EventRef,
    description: 'The whole workspace’s feed; for a manager who is a rep, the team’s.',
    authScopes: { 'workspaceFeed:read': true },
    args: feedArgs,
    subscribe: async (_root, { after }, context) => {
      const { workspaceId } = signedIn(context);
      const visibility = await context.visibility();
      const repIds = visibility.of === 'reps' ? visibility.repIds : null;
      return eventsOf(
        await context.hub.feed({ workspaceId, repIds, after: after ?? null, overflowed: context.closeSlow }),
      );
    },
    resolve: (event) => event,
  }),
);

builder.queryField('feedCursor', (t) =>
  t.field({
    type: 'Cursor',
    description: 'The present end of the feed: what to go on from when nothing has arrived yet.',
    authScopes: { $any: { 'feed:read': true, 'workspaceFeed:read': true } },
    resolve: (_root, _args, context) => context.hub.cursor(signedIn(context).workspaceId),
  }),
);
