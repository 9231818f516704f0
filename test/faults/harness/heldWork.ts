import type { ServerResponse } from 'node:http';
import { v7 } from 'uuid';
import { systemClock } from '../../../src/clock.ts';
import type { Database } from '../../../src/db/client.ts';
import { serve } from '../../support/calendarServers.ts';
import type { Company } from './company.ts';

/** A job that takes as long as one likes: a calendar to be read from somebody who answers when told to. */
export interface HeldWork {
  /** How often a server has begun it. */
  readonly begun: number;
  /** Lets one attempt, from 0, go on. */
  answer(attempt: number): void;
  /** Which attempt's answer is stored; null for none. */
  stored(): Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

const EMPTY = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Faults//EN\r\nEND:VCALENDAR\r\n';

/** Due at once. */
export async function openHeldWork({ prisma }: Database, { workspaceId }: Company): Promise<HeldWork> {
  const held: ServerResponse[] = [];
  const provider = await serve((_asked, response) => {
    held.push(response);
    return null;
  });
  const id = v7();
  const now = systemClock.now();
  await prisma.calendar.create({
    data: {
      ...{
        workspaceId,
        id,
        name: 'HR',
        kind: 'HR',
        source: JSON.stringify({ kind: 'HR', url: `${provider.url}/hr.ics` }),
      },
      ...{ attempt: 0, unmatched: 0, alerted: false, nextSyncAt: now, createdAt: now, updatedAt: now },
    },
  });
  return {
    get begun() {
      return held.length;
    },
    answer: (attempt) => {
      held[attempt]?.writeHead(200, { 'content-type': 'text/calendar', etag: `"${attempt}"` }).end(EMPTY);
    },
    stored: async () => {
      const { tag } = await prisma.calendar.findUniqueOrThrow({ where: { workspaceId_id: { workspaceId, id } } });
      return tag === null ? null : Number(JSON.parse(JSON.parse(tag).etag));
    },
    [Symbol.asyncDispose]: async () => provider[Symbol.asyncDispose](),
  };
}
