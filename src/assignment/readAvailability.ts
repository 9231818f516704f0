import type { Database } from '../db/client.ts';
import type { Rep as RepRow } from '../db/generated/client.ts';
import { type Absence, isStale, withStatus } from '../domain/availability.ts';
import type { Rep, Settings } from '../domain/configuration.ts';
import { compileHours } from '../domain/routingConfiguration.ts';
import { isHoliday } from '../holidays.ts';
import { Attendance, type KnownLeave, type KnownPresence, NOT_KNOWN } from './attendance.ts';

/** Whether a rep is there, to be read. */
export interface AvailabilityView {
  readonly repId: string;
  readonly hasLeft: boolean;
  readonly absences: readonly Absence[];
  /** Those that are not over. */
  readonly leaves: readonly KnownLeave[];
  readonly lastSeenAt: number | null;
  readonly calendarsStale: boolean;
}

/** Whether reps are there at a moment, by what is committed: three queries for however many. */
export async function readAvailability(
  { prisma }: Database,
  workspaceId: string,
  repIds: readonly string[],
  now: Date,
): Promise<AvailabilityView[]> {
  const [settings, reps, presences] = await Promise.all([
    prisma.workspace.findUniqueOrThrow({ where: { id: workspaceId } }),
    prisma.rep.findMany({ where: { workspaceId, id: { in: [...repIds] } } }),
    prisma.repPresence.findMany({ where: { workspaceId, repId: { in: [...repIds] } } }),
  ]);
  const attendance = new Attendance(
    presences.map(({ repId, pause, busyUntil, leaves, calendars, lastSeenAt }) => [
      repId,
      {
        ...NOT_KNOWN,
        pause: pause as KnownPresence['pause'],
        busyUntil: busyUntil?.getTime() ?? null,
        leaves: leaves as unknown as KnownPresence['leaves'],
        calendars: calendars as unknown as KnownPresence['calendars'],
        lastSeenAt: lastSeenAt?.getTime() ?? null,
      },
    ]),
  );
  const typed = settings as unknown as Settings;
  const hours = compileHours(reps as unknown as Rep[], typed, isHoliday);
  const at = now.getTime();
  return reps.map(({ id, status }: RepRow): AvailabilityView => {
    const presence = attendance.presence(id);
    const absences = attendance.absences(id, at, { hours, settings: typed });
    return {
      repId: id,
      hasLeft: status === 'LEFT',
      absences: withStatus(absences, status),
      leaves: presence.leaves.filter(({ until }) => until > at),
      lastSeenAt: presence.lastSeenAt,
      calendarsStale: Object.values(presence.calendars).some((copy) => isStale(copy, at)),
    };
  });
}
