/** The types that have a global id. */
export const NODE_TYPES = [
  'Account',
  'ApiKey',
  'Assignment',
  'Calendar',
  'Lead',
  'Metro',
  'Plan',
  'Pool',
  'Queue',
  'Rep',
  'Segment',
  'SlaPolicy',
  'SpecialtyProposal',
  'Territory',
  'WeightChange',
] as const;
export type NodeType = (typeof NODE_TYPES)[number];

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A global id, as Relay has it: opaque to the caller, type and UUID to us. */
export const encodeId = (type: NodeType, id: string): string => Buffer.from(`${type}:${id}`).toString('base64url');

/** Null for what is no global id of this server. */
export function parseId(id: string): { readonly type: NodeType; readonly id: string } | null {
  const [name, uuid = ''] = Buffer.from(id, 'base64url').toString('latin1').split(':');
  const type = NODE_TYPES.find((each) => each === name);
  return type && UUID.test(uuid) ? { type, id: uuid } : null;
}

/** No row has it: every id is a UUID of version 7. */
export const NO_ID = '00000000-0000-0000-0000-000000000000';

/**
 * The UUID in a global id of a given type. What is malformed, or an id of another type, becomes one that does not
 * exist, so that whoever looks it up answers alike for all three and for the ids of other workspaces.
 */
export function decodeId(type: NodeType, id: string): string {
  const parsed = parseId(id);
  return parsed?.type === type ? parsed.id : NO_ID;
}

/** As `decodeId`, for an id that may be left out or cleared. */
export const decodeOptionalId = <Given extends string | null | undefined>(
  type: NodeType,
  id: Given,
): string | Exclude<Given, string> => (typeof id === 'string' ? decodeId(type, id) : (id as Exclude<Given, string>));
