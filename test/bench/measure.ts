/** One line of `npm run bench`. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly ratioTo?: string;
  readonly ratio?: number;
  /** Of a lead, in microseconds. */
  readonly cpu?: Cpu;
}

/** Work that was done: other work on the machine changes it less than the rate. Null where it is not known. */
export interface Cpu {
  readonly server: number | null;
  readonly postgres: number | null;
}

/** What one round of sending came to. */
export interface Load {
  readonly leads: number;
  readonly perSecond: number;
}

export interface Round {
  readonly perSecond: number;
  readonly cpu: Cpu;
}

const round = (value: number): number => (value >= 100 ? Math.round(value) : Number(value.toFixed(3)));

export function print({ value, ratio, cpu, ...line }: Measure): void {
  console.log(
    JSON.stringify({
      ...line,
      value: round(value),
      ...(ratio === undefined ? {} : { ratio: Number(ratio.toFixed(2)) }),
      ...(cpu === undefined ? {} : { cpu }),
    }),
  );
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number;

/** @param seconds of CPU so far */
export async function withCpu(seconds: () => Cpu | Promise<Cpu>, run: () => Promise<Load>): Promise<Round> {
  const before = await seconds();
  const { leads, perSecond } = await run();
  const after = await seconds();
  const micros = (of: keyof Cpu): number | null =>
    before[of] === null || after[of] === null ? null : Math.round(((after[of] - before[of]) / leads) * 1e6);
  return { perSecond, cpu: { server: micros('server'), postgres: micros('postgres') } };
}

const ROUNDS = 3;

/** The medians of three rounds in which all take turns, so that all meet the same machine; after one to warm up. */
export async function takeTurns<Name extends string>(
  names: readonly Name[],
  run: (name: Name) => Promise<Round>,
): Promise<Readonly<Record<Name, Round>>> {
  for (const name of names) await run(name);
  const rounds = new Map<Name, Round[]>(names.map((name) => [name, []]));
  for (let count = 0; count < ROUNDS; count += 1) {
    for (const name of names) rounds.get(name)?.push(await run(name));
  }
  const medians = names.map((name): [Name, Round] => {
    const own = rounds.get(name) ?? [];
    const cpu = (of: keyof Cpu): number | null => {
      const known = own.flatMap((each) => each.cpu[of] ?? []);
      return known.length === 0 ? null : median(known);
    };
    return [
      name,
      {
        perSecond: median(own.map(({ perSecond }) => perSecond)),
        cpu: { server: cpu('server'), postgres: cpu('postgres') },
      },
    ];
  });
  return Object.fromEntries(medians) as Record<Name, Round>;
}

/** Leads per second of one, beside those of another. */
export const beside = <Name extends string>(
  group: string,
  rounds: Readonly<Record<Name, Round>>,
  name: Name,
  to: Name | null,
): Measure => ({
  name: `${group}.${name}`,
  value: rounds[name].perSecond,
  unit: 'leads/s',
  ...(to === null ? {} : { ratioTo: `${group}.${to}`, ratio: rounds[name].perSecond / rounds[to].perSecond }),
  cpu: rounds[name].cpu,
});
