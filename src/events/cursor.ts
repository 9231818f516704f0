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

/** Changes when the meaning of a cursor does. */
const VERSION = 'f1';

/** Tells cursors of different workspaces apart without showing a workspace's id. */
export const workspaceTag = (workspaceId: string): string =>
  createHash('sha256').update(workspaceId).digest('base64url').slice(0, 8);

/** The position behind event `number` of a workspace: the same for each feed of that workspace. */
export const cursorOf = (workspaceId: string, number: number): string =>
  Buffer.from(`${VERSION}:${workspaceTag(workspaceId)}:${number}`).toString('base64url');

/** @throws CursorRefused INVALID_CURSOR when it is malformed or of another workspace */
export function positionOf(workspaceId: string, cursor: string): number {
  const [version, workspace, number = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split(':');
  if (version !== VERSION || workspace !== workspaceTag(workspaceId) || !/^\d{1,15}$/.test(number)) {
    throw new CursorRefused(
      'INVALID_CURSOR',
      'This is not a cursor of this feed. Start without one, or with feedCursor.',
    );
  }
  return Number(number);
}
