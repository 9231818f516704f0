/** One line of `npm run bench`. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly ratioTo?: string;
  readonly ratio?: number;
}

const round = (value: number): number => (value >= 100 ? Math.round(value) : Number(value.toFixed(3)));

export function print({ value, ratio, ...line }: Measure): void {
  console.log(
    JSON.stringify({
      ...line,
      value: round(value),
      ...(ratio === undefined ? {} : { ratio: Number(ratio.toFixed(2)) }),
    }),
  );
}
