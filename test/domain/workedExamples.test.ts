import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../src/domain/configuration.ts';
import type { Decision, TieBreak } from '../../src/domain/decision.ts';
import type { Rotation } from '../../src/domain/rotation.ts';
import { lookAt } from '../support/decisions.ts';
import { type Market, market, pool, rep, type Setting, step } from '../support/routing.ts';

// docs/routing.md itself is read, so that its tables cannot say anything but what the engine does.
const page = await readFile(join(import.meta.dirname, '../../docs/routing.md'), 'utf8');
const examples = page.slice(page.indexOf('### Worked examples'), page.indexOf('\n## Weights'));

/** The paragraph that introduces a strategy's table, and the table's rows by their headings. */
function example(strategy: Strategy): { readonly setting: string; readonly rows: readonly Record<string, string>[] } {
  const text = examples.slice(examples.indexOf(`\`${strategy}\``));
  const [setting = '', table = ''] = text.split('\n\n');
  const [headings = [], , ...rows] = table
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('−', '-')),
    );
  return {
    setting,
    rows: rows.map((cells) => Object.fromEntries(headings.map((heading, index) => [heading, cells[index] ?? '']))),
  };
}

const NAMES = ['Ada', 'Bob', 'Cy'];

const three = (
  strategy: Strategy,
  weights: readonly number[] = [1, 1, 1],
  capacities: readonly number[] = [],
): Setting => ({
  reps: [rep('boss'), ...NAMES.map((name, index) => rep(name, { capacity: capacities[index] ?? 50 }))],
  pools: [
    pool(
      'main',
      NAMES.map((repId, index) => ({ repId, weight: weights[index] ?? 1 })),
      { strategy },
    ),
  ],
  plan: { steps: [step('all')] },
});

/** `-2/3` or `26.7` as a fraction. */
const fraction = (text: string): [bigint, bigint] => {
  const [, numerator = '', decimals = '', denominator = '1'] = /^(-?\d+)(?:\.(\d+))?(?:\/(\d+))?$/.exec(text) ?? [];
  return [BigInt(numerator + decimals), BigInt(denominator) * 10n ** BigInt(decimals.length)];
};

/** Whether a credit is what a cell says, exactly, or to the decimals it has. */
function expectCredit({ scale, credits }: Rotation, name: string, cell: string): void {
  const [numerator, denominator] = fraction(cell);
  const off = (credits.get(name) ?? 0n) * denominator - numerator * scale;
  const isRounded = cell.includes('.');
  // Half of the last decimal, or nothing.
  expect([name, cell, isRounded ? 2n * (off < 0n ? -off : off) <= scale : off === 0n]).toEqual([name, cell, true]);
}

/** What the last column says of why, in the words of the page. */
const WHY: readonly [string, TieBreak][] = [
  ['so position', 'POSITION'],
  ['waited longest', 'WAITED'],
  ['earliest deadline', 'DEADLINE'],
  ['more credit', 'CREDIT'],
  ['the most credit', 'CREDIT'],
];

function expectTaker({ repId, steps }: Decision, cell: string): void {
  const [name] = cell.split(':');
  expect(repId).toBe(name);
  const why = WHY.find(([words]) => cell.includes(words))?.[1];
  if (why) expect([cell, steps[0]?.attempts[0]?.tieBreak]).toEqual([cell, why]);
}

const numbers = (text: string): number[] => text.split(', ').map(Number);

function expectCredits(run: Market, rows: readonly Record<string, string>[]): void {
  for (const row of rows) {
    const decision = run.decide({ score: row.Score === undefined ? null : Number(row.Score) });
    const [before, after] = [decision.steps[0]?.attempts[0]?.rotation, decision.turns[0]?.rotation];
    for (const name of NAMES) {
      const [from = '', to = ''] = row[name]?.split(' → ') ?? [];
      expectCredit(before as Rotation, name, from);
      expectCredit(after as Rotation, name, to);
    }
    expectTaker(decision, row['Takes it'] ?? '');
  }
}

describe('the worked examples of docs/routing.md are what the engine does', () => {
  test('ROUND_ROBIN', () => {
    const { setting, rows } = example('ROUND_ROBIN');
    expect(setting).toContain('Each earns 1/3');
    expect(rows).toHaveLength(4);
    expectCredits(market(three('ROUND_ROBIN')), rows);
  });

  test('WEIGHTED', () => {
    const { setting, rows } = example('WEIGHTED');
    const [, weights = '', shares = ''] = /weights ([\d, ]+)\. They earn ([\d/, ]+):/.exec(setting) ?? [];
    expect(rows).toHaveLength(6);
    const run = market(three('WEIGHTED', numbers(weights)));
    const decision = run.decide();
    expect(NAMES.map((name) => lookAt(decision, name)?.turn?.share)).toEqual(
      shares.split(', ').map((share) => Number(fraction(share)[0]) / Number(fraction(share)[1])),
    );
    expectCredits(market(three('WEIGHTED', numbers(weights))), rows);
  });

  test('VALUE_BALANCED', () => {
    const { setting, rows } = example('VALUE_BALANCED');
    expect(setting).toContain('equal weights, by score');
    expect(rows).toHaveLength(6);
    expectCredits(market(three('VALUE_BALANCED')), rows);
    const received = NAMES.map((name) =>
      rows.filter((row) => row['Takes it']?.startsWith(name)).reduce((sum, row) => sum + Number(row.Score), 0),
    );
    const [, said = '', total = ''] = /now ([\d, and]+) of (\d+)/.exec(rows.at(-1)?.['Takes it'] ?? '') ?? [];
    expect([received, received.reduce((sum, value) => sum + value)]).toEqual([
      numbers(said.replace(' and', ',')),
      Number(total),
    ]);
  });

  test('LEAST_LOADED', () => {
    const { setting, rows } = example('LEAST_LOADED');
    const places = [...setting.matchAll(/(\d+) of (\d+)/g)].map(
      ([, load, limit]) => [Number(load), Number(limit)] as const,
    );
    expect([places.length, rows.length]).toEqual([3, 4]);
    const run = market(
      three(
        'LEAST_LOADED',
        [1, 1, 1],
        places.map(([, limit]) => limit),
      ),
      Object.fromEntries(places.map(([load], index) => [NAMES[index], load])),
    );
    for (const row of rows) {
      const decision = run.decide();
      for (const name of NAMES) {
        const [, places = null, percent] = /^(?:(\d+\/\d+) = )?([\d.]+) %$/.exec(row[name] ?? '') ?? [];
        const { standing, limit } = lookAt(decision, name) ?? { standing: { load: Number.NaN }, limit: 1 };
        expect([name, Number(percent)]).toEqual([name, (100 * standing.load) / limit]);
        if (places !== null) expect(places).toBe(`${standing.load}/${limit}`);
      }
      expectTaker(decision, row['Takes it'] ?? '');
    }
  });
});
