import type { Assignment } from './generated/client.ts';

/** A row as hand-written SQL gives it: as Prisma's, but int8 comes as text, since it may be beyond 2^53. */
export type RawAssignment = Omit<Assignment, 'number'> & { readonly number: string };

export const toAssignment = (row: RawAssignment): Assignment => ({ ...row, number: BigInt(row.number) });
