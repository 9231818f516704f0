import { Refusal } from '../domain/errors.ts';

/** The types that have a global id. */
export const NODE_TYPES = ['Account', 'ApiKey', 'Assignment', 'Lead', 'Plan', 'Pool', 'Rep', 'Segment', 'Territory'] as const;
export type NodeType = (typeof NODE_TYPES)[number];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A global id, as Relay has it: opaque to the caller, type and UUID to us. */
export const encodeId = (type: NodeType, id: string): string => Buffer.from(`${type}:${id}`).toString('base64url');

/** Null for what is no global id of this server. */
export function parseId(id: string): { readonly type: NodeType; readonly id: string } | null {
  const [name, uuid = ''] = Buffer.from(id, 'base64url').toString('latin1').split(':');
  const type = NODE_TYPES.find((each) => each === name);
  return type && UUID.test(uuid) ? { type, id: uuid } : null;
}

/**
 * The UUID in a global id of a given type. A malformed one, or one of another type, is answered exactly like one that
 * does not exist.
 * @throws Refusal NOT_FOUND
 */
export function decodeId(type: NodeType, id: string): string {
  const parsed = parseId(id);
  if (parsed?.type !== type) throw new Refusal('NOT_FOUND', `There is no such ${type.toLowerCase()}.`);
  return parsed.id;
}

/** As `decodeId`, for an id that may be left out or cleared. */
export const decodeOptionalId = <Given extends string | null | undefined>(
  type: NodeType,
  id: Given,
): string | Exclude<Given, string> => (typeof id === 'string' ? decodeId(type, id) : (id as Exclude<Given, string>));
