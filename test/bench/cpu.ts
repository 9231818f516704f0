import { readdirSync, readFileSync } from 'node:fs';

/*
 * What a lead costs in work, which other work on the machine does not change as it does the rate. From /proc: on Linux
 * alone, elsewhere not known.
 */

const TICKS_PER_SECOND = 100;

interface Process {
  readonly parent: number;
  /** Seconds of its own, and of its children that have ended. */
  readonly own: number;
  readonly ended: number;
}

function read(pid: number): Process | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in brackets and may have blanks. After it come: state, parent, …, and from the 12th on the times.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11);
    return {
      parent: fields[1] ?? 0,
      own: (user + system) / TICKS_PER_SECOND,
      ended: (endedUser + endedSystem) / TICKS_PER_SECOND,
    };
  } catch {
    return null;
  }
}

/** Seconds of CPU that a process has had; null where that is not known. */
export const cpuOf = (pid: number): number | null => read(pid)?.own ?? null;

export const parentOf = (pid: number): number | null => read(pid)?.parent ?? null;

/** Seconds of CPU that a PostgreSQL has had, by the process that all its others come from. */
export function cpuOfPostgres(postmaster: number): number | null {
  const root = read(postmaster);
  if (root === null) return null;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => read(Number(name)) ?? [])
    .filter(({ parent }) => parent === postmaster);
  return children.reduce((sum, { own }) => sum + own, root.own + root.ended);
}
