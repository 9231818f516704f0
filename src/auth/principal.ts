export const ROLES = ['ADMIN', 'MANAGER', 'REP', 'PARTNER', 'VIEWER'] as const;
export type Role = (typeof ROLES)[number];

/** What a caller may do, as `resource:verb`. */
export const SCOPES = [
  'leads:submit',
  'leads:read',
  'leads:write',
  'leads:assign',
  'configuration:read',
  'configuration:write',
  'metrics:read',
  'feed:read',
  'workspaceFeed:read',
  'keys:write',
  'audit:read',
  'people:erase',
  'people:export',
  'specialties:propose',
  'specialties:decide',
] as const;
export type Scope = (typeof SCOPES)[number];

/** A role is a named set of scopes; which rows it sees is said in visibility.ts. */
export const ROLE_SCOPES: Readonly<Record<Role, ReadonlySet<Scope>>> = {
  ADMIN: new Set(SCOPES),
  MANAGER: new Set([
    'leads:submit',
    'leads:read',
    'leads:write',
    'leads:assign',
    'configuration:read',
    'metrics:read',
    'feed:read',
    'workspaceFeed:read',
    'specialties:propose',
    'specialties:decide',
  ]),
  REP: new Set(['leads:submit', 'leads:read', 'leads:write', 'configuration:read', 'feed:read', 'specialties:propose']),
  PARTNER: new Set(['leads:submit', 'leads:read']),
  VIEWER: new Set(['metrics:read']),
};

/** Whoever calls: the same value for HTTP, SSE and sockets. */
export interface Principal {
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
