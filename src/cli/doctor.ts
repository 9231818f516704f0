import { parseArgs, styleText } from 'node:util';
import { examine } from '../doctor/examine.ts';
import type { Level } from '../doctor/finding.ts';

export const summary = '[--json]: check settings, machine and database, and say what to do';

const SIGNS: Readonly<Record<Level, string>> = {
  ok: styleText('green', '✓'),
  warning: styleText('yellow', '!'),
  fault: styleText('red', '✗'),
};

/** A line for each finding; with --json a JSON object each. @returns 1 when there is a fault */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } });
  let code = 0;
  for await (const finding of examine(process.env)) {
    const { check, level, text } = finding;
    console.log(values.json ? JSON.stringify(finding) : `${SIGNS[level]} ${check.padEnd(11)}  ${text}`);
    if (level === 'fault') code = 1;
  }
  return code;
}
