import { type GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql';
import { builder } from './builder.ts';
import { requestError } from './errors.ts';

const invalid = (message: string): GraphQLError => requestError('BAD_REQUEST', message);

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

function parseDateTime(value: unknown): Date {
  const parts = typeof value === 'string' ? DATE_TIME.exec(value) : null;
  const date = parts ? new Date(value as string) : null;
  const [year, month, day] = (parts ?? []).slice(1, 4).map(Number) as [number, number, number];
  // `Date` takes 30 February for 2 March.
  const exists = parts !== null && new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  const inYears = date !== null && date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999;
  if (!date || !inYears || !exists) {
    throw invalid(
      `must be a date and time with a zone that exists, of the years 1 to 9999, such as 2026-03-01T09:30:00Z; this is ${JSON.stringify(value)}`,
    );
  }
  return date;
}

builder.addScalarType(
  'DateTime',
  new GraphQLScalarType<Date, string>({
    name: 'DateTime',
    description: 'A moment: ISO 8601 with a zone; answered in UTC with milliseconds.',
    serialize: (value) => (value as Date).toISOString(),
    parseValue: parseDateTime,
    parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : null),
  }),
);

builder.addScalarType(
  'JSON',
  new GraphQLScalarType({
    name: 'JSON',
    description: 'Any JSON value.',
    parseValue: (value) => value,
    parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
  }),
);

builder.addScalarType(
  'SequenceNumber',
  new GraphQLScalarType<number, number>({
    name: 'SequenceNumber',
    description: 'A whole number up to 2^53.',
    serialize: Number,
  }),
);

const MAX_CURSOR_LENGTH = 200;

function parseCursor(value: unknown): string {
  if (typeof value === 'string' && value.length <= MAX_CURSOR_LENGTH) return value;
  throw invalid(`must be a cursor of this feed: text of at most ${MAX_CURSOR_LENGTH} characters`);
}

builder.addScalarType(
  'Cursor',
  new GraphQLScalarType<string, string>({
    name: 'Cursor',
    description: 'A position in the feed of a workspace. Opaque: keep it and hand it back.',
    serialize: String,
    parseValue: parseCursor,
    parseLiteral: (node) => parseCursor(node.kind === Kind.STRING ? node.value : null),
  }),
);
