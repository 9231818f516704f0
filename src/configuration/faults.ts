import { type ErrorCode, InvalidInput, Refusal } from '../domain/errors.ts';

/** A rule that rows break among each other, told by row and field, so that a mutation and a file can each say where. */
export interface Fault {
  readonly id: string;
  readonly field: string;
  readonly message: string;
  readonly code: Extract<ErrorCode, 'INVALID_INPUT' | 'KEY_TAKEN' | 'NOT_FOUND'>;
}

/** For a mutation that is about one row: its faults, with the field as path. Throws nothing when there are none. */
export function refuseFaults(faults: readonly Fault[], path: readonly (string | number)[] = []): void {
  const [first] = faults;
  if (!first) return;
  if (first.code !== 'INVALID_INPUT') throw new Refusal(first.code, `${first.field}: ${first.message}`);
  throw new InvalidInput(faults.map(({ field, message }) => ({ path: [...path, field], message })));
}

interface Row {
  readonly id: string;
}

/** Rows that have the same value in a field as an earlier one. */
export function duplicates<R extends Row>(rows: readonly R[], field: string, read: (row: R) => string): Fault[] {
  const seen = new Map<string, string>();
  const faults: Fault[] = [];
  for (const row of rows) {
    const value = read(row);
    const first = seen.get(value);
    if (first !== undefined && first !== row.id) {
      faults.push({ id: row.id, field, code: 'KEY_TAKEN', message: `"${value}" is taken` });
    }
    seen.set(value, row.id);
  }
  return faults;
}

/** Rows whose reference leads to nothing, to themselves, or round in a circle they are part of. */
export function brokenChains<R extends Row>(
  rows: readonly R[],
  field: string,
  read: (row: R) => string | null,
  what: string,
): Fault[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const followed = new Set<string>();
  const inCircle = new Set<string>();
  for (const row of rows) {
    const chain: string[] = [];
    let at: R | undefined = row;
    while (at && !followed.has(at.id)) {
      followed.add(at.id);
      chain.push(at.id);
      at = byId.get(read(at) ?? '');
    }
    // Who leads into a circle without being part of it is not to blame.
    const start = at ? chain.indexOf(at.id) : -1;
    if (start >= 0) for (const id of chain.slice(start)) inCircle.add(id);
  }
  return rows.flatMap((row): Fault[] => {
    const first = read(row);
    if (first !== null && !byId.has(first)) {
      return [{ id: row.id, field, code: 'NOT_FOUND', message: `there is no such ${what}` }];
    }
    if (!inCircle.has(row.id)) return [];
    const message = `leads round in a circle back to the ${what} itself`;
    return [{ id: row.id, field, code: 'INVALID_INPUT', message }];
  });
}

/** Segments, by key, that a row refers to and that are not there. */
export const unknownSegments = (
  id: string,
  field: string,
  keys: readonly string[],
  known: ReadonlySet<string>,
): Fault[] =>
  keys
    .filter((key) => !known.has(key))
    .map((key) => ({ id, field, code: 'NOT_FOUND', message: `there is no segment "${key}"` }));

/** Company sizes whose ends are the wrong way round. */
export const sizeFaults = ({
  id,
  employeesMin,
  employeesMax,
}: Row & { readonly employeesMin: number | null; readonly employeesMax: number | null }): Fault[] => {
  if (employeesMin === null || employeesMax === null || employeesMin <= employeesMax) return [];
  const message = `is below employeesMin, which is ${employeesMin}`;
  return [{ id, field: 'employeesMax', code: 'INVALID_INPUT', message }];
};

/** Rows that refer to something that is not there. */
export function missing<R extends Row>(
  rows: readonly R[],
  field: string,
  read: (row: R) => string | null,
  known: ReadonlySet<string>,
  what: string,
): Fault[] {
  return rows.flatMap((row): Fault[] => {
    const id = read(row);
    if (id === null || known.has(id)) return [];
    return [{ id: row.id, field, code: 'NOT_FOUND', message: `there is no such ${what}` }];
  });
}
