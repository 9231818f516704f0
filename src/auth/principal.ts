import type { Role } from '../db/generated/enums.ts';

/** What a caller may do, as `resource:verb`. A role is a named set of these. */
export const SCOPES = [
  'leads:submit',
  'leads:read',
  'leads:write',
  'leads:assign',
  'configuration:read',
  'configuration:write',
  'plans:write',
  'metrics:read',
  'feed:read',
  'workspaceFeed:read',
  'keys:write',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Whoever calls: the same value for HTTP, SSE and sockets. */
export interface Principal {
  readonly kind: 'apiKey' | 'user';
  readonly workspaceId: string;
  /** For logs and "submitted by": `key:<keyId>` or `user:<subject>`. */
  readonly name: string;
  readonly role: Role;
  readonly scopes: ReadonlySet<Scope>;
  /** The rep the caller is, if they are one. */
  readonly repId: string | null;
  /** When the key or token ends; null for never. */
  readonly expiresAt: Date | null;
}
