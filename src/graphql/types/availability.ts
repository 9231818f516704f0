import { cancelLeave, setAvailability } from '../../assignment/presence.ts';
import type { AvailabilityView } from '../../assignment/readAvailability.ts';
import { parse } from '../../configuration/inputs.ts';
import type { Absence } from '../../domain/availability.ts';
import { Refusal } from '../../domain/errors.ts';
import { line } from '../../intake/text.ts';
import { builder } from '../builder.ts';
import { type Context, signedIn } from '../context.ts';
import { decodeOptionalId } from '../ids.ts';
import { orRefusal, resultType } from '../results.ts';
import { teamRep } from '../teamRep.ts';
import { AbsenceReasonRef, AvailabilityStatusRef, OpenLeadsRef } from './enums.ts';
import { loadOptional, loadRequired, RepRef, type RepRow } from './refs.ts';

const toDate = (moment: number | null): Date | null => (moment === null ? null : new Date(moment));

const AbsenceRef = builder.objectRef<Absence>('Absence').implement({
  description: 'Why a rep is not there.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    reason: t.expose('reason', { type: AbsenceReasonRef }),
    until: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ends, as far as is known.',
      resolve: ({ until }) => toDate(until),
    }),
    delegate: t.field({
      type: RepRef,
      nullable: true,
      description: 'OUT_OF_OFFICE: who stands in; null for the rep’s backup.',
      resolve: ({ delegateId }, _args, { loaders }) => loadOptional(loaders.rep, delegateId),
    }),
  }),
});

type Leave = AvailabilityView['leaves'][number] & Pick<AvailabilityView, 'repId'>;

const LeaveRef = builder.objectRef<Leave>('Leave').implement({
  description: 'An absence that was declared.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    key: t.exposeString('id', { description: 'For `cancelLeave`.' }),
    from: t.field({ type: 'DateTime', resolve: ({ from }) => new Date(from) }),
    until: t.field({ type: 'DateTime', resolve: ({ until }) => new Date(until) }),
    delegate: t.field({
      type: RepRef,
      nullable: true,
      resolve: ({ delegateId }, _args, { loaders }) => loadOptional(loaders.rep, delegateId),
    }),
    note: t.string({
      nullable: true,
      description: 'For the rep, managers and admins.',
      resolve: ({ note, repId }, _args, { principal }) =>
        principal?.role !== 'REP' || principal.repId === repId ? note : null,
    }),
    openLeads: t.expose('openLeads', { type: OpenLeadsRef }),
  }),
});

export const AvailabilityRef = builder.objectRef<AvailabilityView>('Availability').implement({
  description: 'Whether a rep is there, apart from how many leads they have.',
  authScopes: { 'configuration:read': true },
  fields: (t) => ({
    available: t.boolean({
      description: 'Whether nothing keeps the rep away. A meeting counts as absence here; pools may see it otherwise.',
      resolve: ({ absences, hasLeft }) => !hasLeft && absences.length === 0,
    }),
    absences: t.field({ type: [AbsenceRef], resolve: ({ absences }) => [...absences] }),
    leaves: t.field({
      type: [LeaveRef],
      description: 'Declared, those that are over left out.',
      resolve: ({ leaves, repId }) => leaves.map((leave) => ({ ...leave, repId })),
    }),
    lastSeenAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'The last call, open socket or feed; to within a quarter of an hour, or a fifth of `notSeenAfterMinutes`.',
      resolve: ({ lastSeenAt }) => toDate(lastSeenAt),
    }),
    calendarsStale: t.exposeBoolean('calendarsStale', {
      description: 'Whether a calendar could not be read for an hour: it says nothing until it can.',
    }),
  }),
});

const SetAvailabilityInput = builder.inputType('SetAvailabilityInput', {
  fields: (t) => ({
    repId: t.id({ description: 'The caller’s own unless told; a manager’s team, an admin’s anybody.' }),
    status: t.field({ type: AvailabilityStatusRef, required: true }),
    from: t.field({ type: 'DateTime', description: 'OUT_OF_OFFICE: now unless told.' }),
    until: t.field({
      type: 'DateTime',
      description: 'Needed for BUSY and OUT_OF_OFFICE; PAUSED without it lasts until further notice.',
    }),
    delegateId: t.id({ description: 'OUT_OF_OFFICE: who stands in; the backup unless told.' }),
    note: t.string({ description: 'At most 500 characters.' }),
    openLeads: t.field({
      type: OpenLeadsRef,
      description: 'OUT_OF_OFFICE and PAUSED: what becomes of the open leads when it begins; KEEP unless told.',
    }),
  }),
});

const AvailabilitySuccess = builder.objectRef<{ readonly rep: RepRow }>('AvailabilitySuccess').implement({
  authScopes: { signedIn: true },
  fields: (t) => ({ rep: t.field({ type: RepRef, resolve: ({ rep }) => rep }) }),
});
const AvailabilityResult = resultType('Availability', AvailabilitySuccess);

const noteSchema = line(500)
  .nullish()
  .transform((note) => note ?? null);

async function repAfter(context: Context, repId: string): Promise<{ readonly rep: RepRow }> {
  context.loaders.availability.clear(repId);
  return { rep: await loadRequired(context.loaders.rep, repId) };
}

builder.mutationField('setAvailability', (t) =>
  t.field({
    type: AvailabilityResult,
    description:
      'Says whether a rep is there. AVAILABLE ends a pause, being busy and a leave that has begun. Offers that are open move on within a second.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: SetAvailabilityInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const { name, workspaceId, role, repId: own } = signedIn(context);
        const delegateId = decodeOptionalId('Rep', input.delegateId) ?? null;
        if (delegateId !== null && (await context.loaders.rep.load(delegateId)) === null) {
          throw new Refusal('NOT_FOUND', 'There is no such delegate.');
        }
        const repId = await teamRep(input.repId, context);
        const operation = setAvailability({
          repId,
          status: input.status,
          from: input.from ?? null,
          until: input.until ?? null,
          delegateId,
          note: parse(noteSchema, input.note, ['note']),
          openLeads: input.openLeads ?? 'KEEP',
          by: repId === own ? null : name,
          isSuperior: role !== 'REP',
        });
        await context.intake.lanes.run(workspaceId, operation);
        return repAfter(context, repId);
      }),
  }),
);

const CancelLeaveInput = builder.inputType('CancelLeaveInput', {
  fields: (t) => ({
    repId: t.id({ description: 'The caller’s own unless told.' }),
    leave: t.string({ required: true, description: 'Its key.' }),
  }),
});

builder.mutationField('cancelLeave', (t) =>
  t.field({
    type: AvailabilityResult,
    description: 'Takes back a leave that has not begun, or the rest of one that has.',
    authScopes: { 'leads:write': true },
    args: { input: t.arg({ type: CancelLeaveInput, required: true }) },
    resolve: (_root, { input }, context) =>
      orRefusal(async () => {
        const { workspaceId } = signedIn(context);
        const repId = await teamRep(input.repId, context);
        await context.intake.lanes.run(workspaceId, cancelLeave(repId, input.leave));
        return repAfter(context, repId);
      }),
  }),
);
