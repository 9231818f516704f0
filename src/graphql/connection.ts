import type { ObjectRef, OutputRef } from '@pothos/core';
import { workspaceTag } from '../events/cursor.ts';
import { builder } from './builder.ts';
import { requestError } from './errors.ts';
import { UUID } from './ids.ts';

/** The arguments of a page, as Relay has them. */
export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

interface Edge<Row> {
  readonly node: Row;
  readonly cursor: string;
}

export interface Page<Row> {
  readonly edges: readonly Edge<Row>[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** `first`, `after`, `last`, `before` of a list. */
export const pageArgs = builder.args((t) => ({
  first: t.int({ description: '1 to 100; 25 unless told.' }),
  after: t.string({ description: 'A cursor: only what comes behind it.' }),
  last: t.int({ description: '1 to 100.' }),
  before: t.string({ description: 'A cursor: only what comes before it.' }),
}));

/** What a page asks the database for. */
export interface PageQuery {
  readonly where: object;
  readonly orderBy: object;
  readonly take: number;
}

const PAGE_SIZE = 25;
const MAX_PAGE_SIZE = 100;

const PageInfo = builder.objectRef<Page<unknown>['pageInfo']>('PageInfo').implement({
  description: 'Where a page lies in its list.',
  authScopes: { signedIn: true },
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage'),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage'),
    startCursor: t.exposeString('startCursor', { nullable: true }),
    endCursor: t.exposeString('endCursor', { nullable: true }),
  }),
});

/** How many there may be is counted where the page is asked for. */
const EDGES = { field: 1, multiplier: 1 } as const;

/** The connection and edge types of a type. */
export function connectionType<Row>(
  name: string,
  node: OutputRef<Row>,
): ObjectRef<typeof builder.$inferSchemaTypes, Page<Row>> {
  const edge = builder.objectRef<Edge<Row>>(`${name}Edge`).implement({
    description: 'An entry of a page, with its position.',
    authScopes: { signedIn: true },
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      node: t.field({ type: node as never, resolve: (parent) => parent.node as never }),
    }),
  });
  return builder.objectRef<Page<Row>>(`${name}Connection`).implement({
    description: 'A page of a list.',
    authScopes: { signedIn: true },
    fields: (t) => ({
      edges: t.field({ type: [edge], complexity: EDGES, resolve: (parent) => [...parent.edges] }),
      pageInfo: t.field({ type: PageInfo, resolve: (parent) => parent.pageInfo }),
    }),
  });
}

/** How many entries a page may have, which is what it costs. */
export const pageComplexity = ({ first, last }: PageArgs): { field: number; multiplier: number } => ({
  field: 1,
  multiplier: Math.min(Math.max(first ?? last ?? PAGE_SIZE, 1), MAX_PAGE_SIZE),
});

/** What a row's place in a list goes by, and what a cursor may say of it: anything else would be refused by PostgreSQL. */
const isPosition = {
  id: (value: unknown) => typeof value === 'string' && UUID.test(value),
  key: (value: unknown) => typeof value === 'string' && !value.includes('\u0000'),
  number: (value: unknown) => Number.isSafeInteger(value),
  version: (value: unknown) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31,
} as const;

/**
 * One page by keyset: stable while rows come and go.
 *
 * @param order the unique field the rows are in the order of, and the direction
 * @param find reads at most `take` rows in the given order, on the given side of a position
 * @throws GraphQLError INVALID_INPUT (page size), INVALID_CURSOR
 */
export async function page<Field extends keyof typeof isPosition, Row extends Readonly<Record<Field, string | number>>>(
  args: PageArgs,
  {
    workspaceId,
    field,
    direction,
  }: { readonly workspaceId: string; readonly field: Field; readonly direction: 'asc' | 'desc' },
  find: (query: PageQuery) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const { first, after, last, before } = args;
  if (first != null && last != null) throw requestError('INVALID_INPUT', 'Give `first` or `last`, not both.');
  const backwards = last != null;
  const size = (backwards ? last : first) ?? PAGE_SIZE;
  if (size < 1 || size > MAX_PAGE_SIZE) {
    throw requestError(
      'INVALID_INPUT',
      `${backwards ? 'last' : 'first'} must be from 1 to ${MAX_PAGE_SIZE}; this is ${size}.`,
    );
  }
  const tag = `${workspaceTag(workspaceId)}:${field}:`;
  const encode = (row: Row): string => Buffer.from(`${tag}${JSON.stringify(row[field])}`).toString('base64url');
  const decode = (name: string, cursor: string): string | number => {
    const text = Buffer.from(cursor, 'base64url').toString('utf8');
    try {
      const value: unknown = text.startsWith(tag) ? JSON.parse(text.slice(tag.length)) : null;
      if (isPosition[field](value)) return value as string | number;
    } catch {
      // Not ours.
    }
    throw requestError('INVALID_CURSOR', `\`${name}\` is not a cursor of this list. Start without one.`);
  };

  const [beyond, short] = direction === 'asc' ? ['gt', 'lt'] : ['lt', 'gt'];
  const bounds = {
    ...(after == null ? {} : { [beyond]: decode('after', after) }),
    ...(before == null ? {} : { [short]: decode('before', before) }),
  };
  const opposite = direction === 'asc' ? 'desc' : 'asc';
  const rows = await find({
    where: Object.keys(bounds).length > 0 ? { [field]: bounds } : {},
    orderBy: { [field]: backwards ? opposite : direction },
    take: size + 1,
  });
  const hasMore = rows.length > size;
  const shown = rows.slice(0, size);
  const edges = (backwards ? shown.reverse() : shown).map((node) => ({ node, cursor: encode(node) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: backwards ? before != null : hasMore,
      hasPreviousPage: backwards ? hasMore : after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
