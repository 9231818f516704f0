import { createHash } from 'node:crypto';

/** A cursor that cannot be resumed from; it always ends the subscription loudly. */
export class CursorRefused extends Error {
  override readonly name = 'CursorRefused';
  readonly code: 'CURSOR_EXPIRED' | 'INVALID_CURSOR';
  /** For CURSOR_EXPIRED: the present end of the feed, to start again from after reading everything anew. */
  readonly cursor: string | null;

  constructor(code: 'CURSOR_EXPIRED' | 'INVALID_CURSOR', message: string, cursor: string | null = null) {
    super(message);
    this.code = code;
    this.cursor = cursor;
  }
}

/**
 * Behind which event a feed goes on. Its time tells whether it is still that event: numbers are given anew when a
 * database was restored to an earlier point.
 */
export interface Position {
  readonly number: number;
  /** Null before the first event. */
  readonly at: Date | null;
}

/** Changes when the meaning of a cursor does. */
const VERSION = 'f2';

/** Tells cursors of different workspaces apart without showing a workspace's id. */
export const workspaceTag = (workspaceId: string): string =>
  createHash('sha256').update(workspaceId).digest('base64url').slice(0, 8);

/** The position behind an event of a workspace: the same for each feed of that workspace. */
export const cursorOf = (workspaceId: string, { number, at }: Position): string =>
  Buffer.from(`${VERSION}:${workspaceTag(workspaceId)}:${number}:${at?.getTime() ?? ''}`).toString('base64url');

/** @throws CursorRefused INVALID_CURSOR when it is malformed or of another workspace */
export function positionOf(workspaceId: string, cursor: string): Position {
  const [version, workspace, number = '', at = '', ...rest] = Buffer.from(cursor, 'base64url')
    .toString('latin1')
    .split(':');
  const isOurs = version === VERSION && workspace === workspaceTag(workspaceId) && rest.length === 0;
  if (!isOurs || !/^\d{1,15}$/.test(number) || !/^(-?\d{1,15})?$/.test(at)) {
    throw new CursorRefused(
      'INVALID_CURSOR',
      'This is not a cursor of this feed. Start without one, or with feedCursor.',
    );
  }
  return { number: Number(number), at: at === '' ? null : new Date(Number(at)) };
}
